//! The report as a document: what it holds, and its JSON form, which scripts may rely on.

use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The shape of the document. A reader of another version must not guess.
const VERSION: u32 = 2;

/// Who can reset whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessReport {
    version: u32,
    /// When it was made, RFC 3339.
    pub at: String,
    /// The OU below which they may help.
    pub user_ou: String,
    /// SHA-256 of rules, protection and auditors as they were understood.
    pub sha256: String,
    /// The rules, as they are written.
    pub rules: Vec<RuleRow>,
    /// The operators: who can reset most people comes first, then by name.
    pub operators: Vec<Operator>,
    /// Whom somebody can reset, by name.
    pub targets: Vec<Person>,
    /// Whom nobody can reset, as they are protected, by name.
    pub protected: Vec<Denied>,
    /// Whom nobody can reset, as it would not help as they stand now, by name.
    pub not_now: Vec<Denied>,
    /// Whom nobody can reset by the rules: no rule reaches them, one denies it, those who could are out of action, or
    /// there are different reasons for different operators.
    pub not_allowed: Vec<Denied>,
    /// What the report does not know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleRow {
    /// Its name.
    pub name: String,
    /// `allow` or `deny`.
    pub effect: String,
    /// What it is about: `view`, `reset`, `unlock`.
    pub actions: Vec<String>,
    /// The groups whose members it is about, as the settings name them.
    pub operators: Vec<String>,
    /// Whom it reaches, as the settings name it.
    pub targets: Vec<String>,
    /// Whom it does not reach all the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<String>,
    /// SHA-256 of all of it as it was understood.
    pub sha256: String,
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
    /// How many people they can reset now.
    pub people: usize,
    /// The rules that are about them, by name.
    pub rules: Vec<About>,
}

/// A rule that is about somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// Its name.
    pub rule: String,
    /// The groups from the one that they are in directly to the one that the rule names; left out for a rule that denies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub through: Vec<String>,
}

/// An account below the OU that somebody can reset.
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
    /// Who can reset it, by rule. Many accounts have the same.
    #[serde(with = "shared")]
    pub by: Arc<[By]>,
}

/// Operators who can reset an account by one rule.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct By {
    /// The rule that decides.
    pub rule: String,
    /// Account names of the operators.
    pub operators: Vec<String>,
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

/// A list that many have in common.
mod shared {
    use super::{Arc, By, Deserialize};
    use serde::{Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(by: &Arc<[By]>, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(by.iter())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Arc<[By]>, D::Error> {
        Vec::deserialize(from).map(Arc::from)
    }
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
    pub(super) fn new(at: String, user_ou: String, sha256: String, rules: Vec<RuleRow>) -> Self {
        Self {
            version: VERSION,
            at,
            user_ou,
            sha256,
            rules,
            operators: Vec::new(),
            targets: Vec::new(),
            protected: Vec::new(),
            not_now: Vec::new(),
            not_allowed: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// How many operators can act.
    pub fn active(&self) -> usize {
        self.operators.iter().filter(|one| one.active).count()
    }

    /// Everybody whom nobody can reset.
    pub fn nobody(&self) -> impl Iterator<Item = &Denied> {
        let all = [&self.protected, &self.not_now, &self.not_allowed];
        all.into_iter().flatten()
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

    pub(in crate::report) fn by(rule: &str, operators: &[&str]) -> By {
        By {
            rule: rule.to_owned(),
            operators: operators.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    pub(in crate::report) fn person(number: u8) -> Person {
        Person {
            guid: format!("guid-{number}"),
            account: format!("person{number}"),
            name: format!("Person {number}"),
            dn: format!("CN=Person {number},OU=Staff"),
            by: Arc::from([by("leads", &["lead1", "lead2"])]),
        }
    }

    pub(in crate::report) fn operator(number: u8) -> Operator {
        Operator {
            sid: format!("S-1-5-21-{number}"),
            account: format!("lead{number}"),
            name: format!("Lead {number}"),
            active: true,
            reason: None,
            people: 3,
            rules: vec![About {
                rule: "leads".to_owned(),
                through: vec!["Desk".to_owned(), "Resetters".to_owned()],
            }],
        }
    }

    pub(in crate::report) fn rule(name: &str, operators: &str) -> RuleRow {
        RuleRow {
            name: name.to_owned(),
            effect: "allow".to_owned(),
            actions: ["view", "reset", "unlock"].map(str::to_owned).to_vec(),
            operators: vec![operators.to_owned()],
            targets: vec!["OU=Staff".to_owned()],
            except: Vec::new(),
            sha256: format!("{name} {operators}"),
        }
    }

    pub(in crate::report) fn report() -> AccessReport {
        let mut report = AccessReport::new(
            "2026-03-01T08:00:00Z".to_owned(),
            "OU=Staff".to_owned(),
            "ab12".to_owned(),
            vec![rule("leads", "Resetters")],
        );
        report.operators = vec![operator(1), operator(2)];
        report.targets = vec![person(1), person(2), person(3)];
        let Person {
            guid,
            account,
            name,
            dn,
            ..
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
        for other in [1, 3] {
            let version = format!("\"version\": {other}");
            let json = json.replacen("\"version\": 2", &version, 1);
            assert_eq!(
                AccessReport::parse(&json),
                Err(InvalidReport::Version(other))
            );
        }
        for other in ["", "{}", "[]", "{\"version\": 2}"] {
            assert_eq!(AccessReport::parse(other), Err(InvalidReport::NotAReport));
        }
    }

    #[test]
    fn the_document_has_each_account_with_the_operators_and_the_rule() {
        let json: serde_json::Value = serde_json::from_str(&report().json().unwrap()).unwrap();
        let by = &json["targets"][0]["by"][0];
        assert_eq!(by["rule"], "leads");
        assert_eq!(by["operators"][1], "lead2");
        assert_eq!(json["operators"][0]["people"], 3);
    }
}
