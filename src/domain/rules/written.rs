//! The rules as the settings have them: names, which the directory turns into SIDs and DNs.

use super::{Action, Effect, Hours, Terms};
use crate::domain::identity::Dn;
use crate::domain::limits::Limits;
use ipnet::IpNet;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

/// Stands in `also_operators_of` for those who read the audit log.
pub const AUDITORS: &str = "auditors";

/// A target by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetName {
    /// A container, or a group that is named by its DN.
    Dn(Dn),
    /// A group: sAMAccountName or CN.
    Group(String),
    /// `own-ou`
    OwnOu,
    /// `direct-reports`
    DirectReports,
    /// `reports`
    Reports,
}

impl TargetName {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Dn(dn) => dn.as_str(),
            Self::Group(name) => name,
            Self::OwnOu => "own-ou",
            Self::DirectReports => "direct-reports",
            Self::Reports => "reports",
        }
    }
}

/// A rule by names; each field as in [`Rule`](super::Rule).
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "as in Rule")]
pub struct WrittenRule {
    pub name: String,
    pub effect: Effect,
    pub operators: Vec<String>,
    pub targets: Vec<TargetName>,
    pub except: Vec<TargetName>,
    pub actions: Vec<Action>,
    pub hours: Vec<Hours>,
    pub networks: Vec<IpNet>,
    pub terms: Terms,
    pub limits: Limits,
    pub also_operators_of: Vec<String>,
}

/// All that the settings say of who may do what to whom.
#[derive(Debug, Clone)]
pub struct Written {
    /// The OU that every rule stays below.
    pub user_ou: Dn,
    /// The rules; without any in the settings, the article's one.
    pub rules: Vec<WrittenRule>,
    /// Further protected groups: sAMAccountName, CN or DN.
    pub protected_groups: Vec<String>,
    /// Protected accounts: account name, UPN or DN.
    pub protected_accounts: Vec<String>,
    /// The auditors' groups.
    pub auditors: Vec<String>,
    /// The time zone of hours that name none.
    pub house: TimeZone,
}

impl WrittenRule {
    /// What [`article`](Self::article) is called in the record.
    pub const ARTICLE: &str = "reset_group";

    /// The rule of the article: members of a group may help the people below an OU.
    pub fn article(group: String, user_ou: Dn) -> Self {
        Self {
            name: Self::ARTICLE.to_owned(),
            effect: Effect::Allow,
            operators: vec![group],
            targets: vec![TargetName::Dn(user_ou)],
            except: Vec::new(),
            actions: Action::ALL.to_vec(),
            hours: Vec::new(),
            networks: Vec::new(),
            terms: Terms::default(),
            limits: Limits::default(),
            also_operators_of: Vec::new(),
        }
    }

    /// SHA-256 over all of it as it was understood.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(format!("{self:?}")).into()
    }
}

impl Written {
    /// One rule and no further protection.
    pub fn of_article(group: String, user_ou: Dn) -> Self {
        Self {
            rules: vec![WrittenRule::article(group, user_ou.clone())],
            user_ou,
            protected_groups: Vec::new(),
            protected_accounts: Vec::new(),
            auditors: Vec::new(),
            house: TimeZone::UTC,
        }
    }

    /// SHA-256 over all of it as it was understood. Comments and the order of the rules do not count.
    pub fn digest(&self) -> [u8; 32] {
        let mut rules: Vec<String> = self.rules.iter().map(|rule| format!("{rule:?}")).collect();
        rules.sort_unstable();
        let zone = self.house.iana_name().unwrap_or_default();
        let mut hash = Sha256::new();
        let rest = format!(
            "{}\n{:?}\n{:?}\n{:?}\n{zone}\n",
            self.user_ou, self.protected_groups, self.protected_accounts, self.auditors
        );
        hash.update(rest);
        for rule in rules {
            hash.update(rule);
            hash.update("\n");
        }
        hash.finalize().into()
    }
}
