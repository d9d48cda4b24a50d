//! `[protect]`: who is never touched.

use std::path::Path;

use super::document::Raw;
use super::section::section;
use super::value::Value;

section! {
    /// Accounts that Keyward never touches, in addition to administrators and the like, which it
    /// recognises by itself.
    Protect = "protect" {
        /// Groups whose members, nested ones too, are protected: `sAMAccountName`, CN or DN. In
        /// INI they are separated by semicolons.
        groups: GroupNames = "",
        /// Single accounts: account name, UPN or DN. In INI they are separated by semicolons.
        accounts: AccountNames = "",
    }
}

/// Names of accounts, as they were written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountNames(GroupNames);

impl AccountNames {
    /// Each name.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter()
    }
}

impl Value for AccountNames {
    const EXPECTED: &'static str = r#"a list of account names, such as ["boss", "EXAMPLE\owner"]"#;
    fn parse(raw: &Raw, base: &Path) -> Result<Self, &'static str> {
        let names = GroupNames::parse(raw, base);
        names.map(Self).map_err(|_| Self::EXPECTED)
    }
}

/// Names of groups, as they were written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupNames(Vec<String>);

impl GroupNames {
    /// Each name.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl Value for GroupNames {
    const EXPECTED: &'static str = r#"a list of group names, such as ["Payroll", "Board"]"#;
    fn parse(raw: &Raw, _: &Path) -> Result<Self, &'static str> {
        let names = raw.list(&[';']).ok_or(Self::EXPECTED)?;
        let is_name = |name: &&str| !name.trim().is_empty() && !name.contains(char::is_control);
        if names.iter().all(is_name) {
            Ok(Self(
                names
                    .into_iter()
                    .map(|name| name.trim().to_owned())
                    .collect(),
            ))
        } else {
            Err(Self::EXPECTED)
        }
    }
}
