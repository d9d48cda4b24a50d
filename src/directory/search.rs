//! The search box: what may be typed, the filter that it becomes, and the rows that come back.

use super::account::{is_person, object_classes};
use super::decode::{Always, Entry, Malformed};
use super::error::DirectoryError;
use super::reading::{ReadFailure, Reading, Search};
use crate::domain::account::AccountFlags;
use crate::domain::identity::{Dn, ObjectGuid};
use futures_util::future::try_join_all;
use jiff::Timestamp;
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{LdapFilter, LdapSearchScope, LdapSubstringFilter};
use std::collections::HashSet;
use std::str::FromStr;

/// Rows at most.
const ROWS: u16 = 50;

const ATTRIBUTES: &[&str] = &[
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

/// Searches below each of `bases`; an account that is below two of them is one hit.
pub(super) async fn search(
    reading: Reading,
    bases: &[Dn],
    text: &SearchText,
    now: Timestamp,
) -> Result<Hits, ReadFailure> {
    let below = bases.iter().map(|base| search_below(&reading, base, text));
    let found = try_join_all(below).await?;
    let mut seen = HashSet::new();
    let mut hits = Vec::new();
    let mut more = false;
    for (entries, cut) in found {
        more |= cut;
        for entry in entries {
            let hit = decode(&entry, now)?;
            if seen.insert(hit.guid) {
                hits.push(hit);
            }
        }
    }
    hits.sort_by_cached_key(|hit| (hit.name.to_lowercase(), hit.sam.to_lowercase()));
    more |= hits.len() > usize::from(ROWS);
    hits.truncate(usize::from(ROWS));
    Ok(Hits { hits, more })
}

async fn search_below(
    reading: &Reading,
    base: &Dn,
    text: &SearchText,
) -> Result<(Vec<Entry>, bool), ReadFailure> {
    let found = reading
        .search(Search {
            base: base.as_str().to_owned(),
            scope: LdapSearchScope::Subtree,
            filter: filter(text),
            attributes: ATTRIBUTES,
            limit: ROWS,
            // A page one longer than is shown: a server that ignores the size limit stops here.
            controls: vec![LdapControl::SimplePagedResults {
                size: i64::from(ROWS) + 1,
                cookie: Vec::new(),
            }],
        })
        .await?;
    let found = found.ok_or(DirectoryError::NotFound { what: "user_ou" })?;
    Ok((found.entries, found.more))
}

/// Persons whose name, account, mail or sign-in name begins like the text. Ambiguous name
/// resolution is AD's own way (MS-ADTS 3.1.1.3.1.3); it does not cover mail and UPN.
fn filter(text: &SearchText) -> LdapFilter {
    let begins = |attribute: &str| {
        let begin = LdapSubstringFilter {
            initial: Some(text.0.clone()),
            ..LdapSubstringFilter::default()
        };
        LdapFilter::Substring(attribute.to_owned(), begin)
    };
    LdapFilter::And(vec![
        equals("objectCategory", "person"),
        equals("objectClass", "user"),
        LdapFilter::Or(vec![
            equals("anr", &text.0),
            begins("mail"),
            begins("userPrincipalName"),
        ]),
    ])
}

/// `(attribute=value)`, with `value` as data whatever it holds.
pub(super) fn equals(attribute: &str, value: &str) -> LdapFilter {
    LdapFilter::Equality(attribute.to_owned(), value.to_owned())
}

fn decode(entry: &Entry, now: Timestamp) -> Result<Hit, Malformed> {
    let flags = entry.readable_flags()?;
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
        let LdapFilter::And(parts) = filter(&text) else {
            panic!("not a conjunction")
        };
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
