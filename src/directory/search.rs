//! The search box: what may be typed, the filter that it becomes, and what a row says. Where is searched
//! is in `search_scope`, and how rows are read and judged in `search_rows`.

use super::account::{is_person, object_classes};
use super::decode::{Always, Entry, Malformed};
use crate::domain::account::AccountFlags;
use crate::domain::identity::ObjectGuid;
use jiff::Timestamp;
use ldap3_proto::proto::{LdapFilter, LdapSubstringFilter};
use std::str::FromStr;

/// What is read of a row.
pub(super) const ROW: &[&str] = &[
    "distinguishedName",
    "memberOf",
    "primaryGroupID",
    "manager",
    "objectGUID",
    "objectClass",
    "displayName",
    "cn",
    "sAMAccountName",
    "department",
    "physicalDeliveryOfficeName",
    "userAccountControl",
    "msDS-User-Account-Control-Computed",
    "pwdLastSet",
    "accountExpires",
    "adminCount",
];

/// The text of the search box, parsed: at least 2 characters, no control characters, at most 64.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchText(String);

/// Not something to search for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "plain words")]
pub enum InvalidSearch {
    TooShort,
    TooLong,
    Control,
}

impl FromStr for SearchText {
    type Err = InvalidSearch;

    fn from_str(text: &str) -> Result<Self, InvalidSearch> {
        let text = text.trim();
        if text.chars().any(char::is_control) {
            return Err(InvalidSearch::Control);
        }
        match text.chars().count() {
            0 | 1 => Err(InvalidSearch::TooShort),
            2..=64 => Ok(Self(text.to_owned())),
            _ => Err(InvalidSearch::TooLong),
        }
    }
}

/// A line of a search result.
#[derive(Debug, Clone, PartialEq)]
#[allow(
    missing_docs,
    clippy::struct_excessive_bools,
    reason = "as in Account; each is a chip of the row"
)]
pub struct Hit {
    pub guid: ObjectGuid,
    pub name: String,
    pub sam: String,
    pub department: Option<String>,
    pub office: Option<String>,
    pub flags: AccountFlags,
    pub must_change: bool,
    pub expired: bool,
    pub admin_count: bool,
    pub kind_is_person: bool,
}

/// At most 50 hits, sorted by name, and whether there are more.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "plain words")]
pub struct Hits {
    pub hits: Vec<Hit>,
    pub more: bool,
}

/// Persons whose name, account, mail or sign-in name begins like the text. Ambiguous name
/// resolution is AD's own way (MS-ADTS 3.1.1.3.1.3); it does not cover mail and UPN.
pub(super) fn persons(text: &SearchText) -> Vec<LdapFilter> {
    let begins = |attribute: &str| {
        let begin = LdapSubstringFilter {
            initial: Some(text.0.clone()),
            ..LdapSubstringFilter::default()
        };
        LdapFilter::Substring(attribute.to_owned(), begin)
    };
    vec![
        equals("objectCategory", "person"),
        equals("objectClass", "user"),
        LdapFilter::Or(vec![
            equals("anr", &text.0),
            begins("mail"),
            begins("userPrincipalName"),
        ]),
    ]
}

/// `(attribute=value)`, with `value` as data whatever it holds.
pub(super) fn equals(attribute: &str, value: &str) -> LdapFilter {
    LdapFilter::Equality(attribute.to_owned(), value.to_owned())
}

/// The row of an entry. Flags that may not be read are an error, as they are for the account's page.
pub(super) fn hit(entry: &Entry, now: Timestamp) -> Result<Hit, Malformed> {
    let flags = entry.flags()?;
    let expires = entry.filetime("accountExpires")?.timestamp();
    Ok(Hit {
        guid: entry.binary("objectGUID")?.always("objectGUID")?,
        name: entry.person_name()?,
        sam: entry.text("sAMAccountName")?.always("sAMAccountName")?,
        department: entry.filled("department")?,
        office: entry.filled("physicalDeliveryOfficeName")?,
        flags,
        must_change: entry.filetime("pwdLastSet")?.0 == 0,
        expired: expires.is_some_and(|at| at <= now),
        admin_count: entry.bits("adminCount")? != 0,
        kind_is_person: is_person(&object_classes(entry)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn search_text_is_two_to_sixty_four_characters_without_control_characters() {
        let parse = |text: &str| text.parse::<SearchText>();
        assert_eq!(parse(" a "), Err(InvalidSearch::TooShort));
        assert_eq!(parse(""), Err(InvalidSearch::TooShort));
        assert_eq!(parse(" Äb "), Ok(SearchText("Äb".to_owned())));
        assert!(parse(&"ä".repeat(64)).is_ok());
        assert_eq!(parse(&"ä".repeat(65)), Err(InvalidSearch::TooLong));
        for text in ["a\0b", "a\u{7f}b", "a\nb", "a\u{85}b"] {
            assert_eq!(parse(text), Err(InvalidSearch::Control), "{text:?}");
        }
    }

    #[test]
    fn what_is_typed_stays_data_in_the_filter() {
        let text: SearchText = "*)(objectClass=*".parse().unwrap();
        let parts = persons(&text);
        let Some(LdapFilter::Or(either)) = parts.get(2) else {
            panic!("no alternatives")
        };
        assert_eq!(either[0], equals("anr", "*)(objectClass=*"));
        let LdapFilter::Substring(_, mail) = &either[1] else {
            panic!("no beginning")
        };
        assert_eq!(mail.initial.as_deref(), Some("*)(objectClass=*"));
        assert!(mail.any.is_empty() && mail.final_.is_none());
    }
}
