//! The report as a document: what it holds, and its JSON form, which scripts may rely on.

use serde::{Deserialize, Serialize};

/// The shape of the document. A reader of another version must not guess.
const VERSION: u32 = 1;

/// Who can reset whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessReport {
    version: u32,
    /// When it was made, RFC 3339.
    pub at: String,
    /// The rule that decides.
    pub rule: String,
    /// The group whose members are operators, as the settings name it.
    pub group: String,
    /// The OU below which they may help.
    pub user_ou: String,
    /// The operators, by name.
    pub operators: Vec<Operator>,
    /// Whom each operator who can act may reset, by name.
    pub targets: Vec<Person>,
    /// Whom nobody may reset here, with the reason, by name.
    pub protected: Vec<Denied>,
    /// Whom a reset would not help as they stand now, with the reason, by name.
    pub not_now: Vec<Denied>,
    /// What the report does not know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Somebody who may help.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operator {
    /// objectSid.
    pub sid: String,
    /// sAMAccountName.
    pub account: String,
    /// The name for people.
    pub name: String,
    /// Whether they can act now.
    pub active: bool,
    /// Why not, in a word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The groups from the one that they are in directly to the reset group.
    pub through: Vec<String>,
}

/// An account below the OU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// objectGUID.
    pub guid: String,
    /// sAMAccountName.
    pub account: String,
    /// The name for people.
    pub name: String,
    /// distinguishedName.
    pub dn: String,
}

/// An account that is not reset, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Denied {
    /// objectGUID.
    pub guid: String,
    /// sAMAccountName.
    pub account: String,
    /// The name for people.
    pub name: String,
    /// distinguishedName.
    pub dn: String,
    /// The reason in a word that stays.
    pub reason: String,
    /// The reason in a sentence.
    pub because: String,
}

/// Not a report that this program can compare with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidReport {
    /// Another version of the document.
    #[error("the report has version {0} of the format; this program knows version {VERSION}")]
    Version(u32),
    /// Something else.
    #[error("this is no report of keyward access report --format json")]
    NotAReport,
}

impl AccessReport {
    /// An empty one.
    pub(super) fn new(at: String, rule: String, group: String, user_ou: String) -> Self {
        Self {
            version: VERSION,
            at,
            rule,
            group,
            user_ou,
            operators: Vec::new(),
            targets: Vec::new(),
            protected: Vec::new(),
            not_now: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// How many operators can act.
    pub fn active(&self) -> usize {
        self.operators.iter().filter(|one| one.active).count()
    }

    /// One JSON document, with a line feed at its end.
    ///
    /// # Errors
    /// Only where memory runs out.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// An earlier report.
    ///
    /// # Errors
    /// [`InvalidReport`].
    pub fn parse(json: &str) -> Result<Self, InvalidReport> {
        #[derive(Deserialize)]
        struct Head {
            version: u32,
        }
        let head: Head = serde_json::from_str(json).map_err(|_| InvalidReport::NotAReport)?;
        if head.version != VERSION {
            return Err(InvalidReport::Version(head.version));
        }
        serde_json::from_str(json).map_err(|_| InvalidReport::NotAReport)
    }
}

#[cfg(test)]
pub(super) mod samples {
    use super::*;

    pub(in crate::report) fn person(number: u8) -> Person {
        Person {
            guid: format!("guid-{number}"),
            account: format!("person{number}"),
            name: format!("Person {number}"),
            dn: format!("CN=Person {number},OU=Staff"),
        }
    }

    pub(in crate::report) fn operator(number: u8) -> Operator {
        Operator {
            sid: format!("S-1-5-21-{number}"),
            account: format!("lead{number}"),
            name: format!("Lead {number}"),
            active: true,
            reason: None,
            through: vec!["Desk".to_owned(), "Resetters".to_owned()],
        }
    }

    pub(in crate::report) fn report() -> AccessReport {
        let mut report = AccessReport::new(
            "2026-03-01T08:00:00Z".to_owned(),
            "reset_group".to_owned(),
            "Resetters".to_owned(),
            "OU=Staff".to_owned(),
        );
        report.operators = vec![operator(1), operator(2)];
        report.targets = vec![person(1), person(2), person(3)];
        let Person {
            guid,
            account,
            name,
            dn,
        } = person(9);
        report.protected = vec![Denied {
            guid,
            account,
            name,
            dn,
            reason: "admin_count".to_owned(),
            because: "This account has administrative rights.".to_owned(),
        }];
        report
    }
}

#[cfg(test)]
mod tests {
    use super::samples::report;
    use super::*;

    #[test]
    fn a_report_comes_back_from_its_json() {
        let json = report().json().unwrap();
        assert_eq!(AccessReport::parse(&json), Ok(report()));
    }

    #[test]
    fn another_version_or_document_is_not_compared_with() {
        let json = report().json().unwrap();
        let newer = json.replacen("\"version\": 1", "\"version\": 2", 1);
        assert_eq!(AccessReport::parse(&newer), Err(InvalidReport::Version(2)));
        for other in ["", "{}", "[]", "{\"version\": 1}"] {
            assert_eq!(AccessReport::parse(other), Err(InvalidReport::NotAReport));
        }
    }
}
