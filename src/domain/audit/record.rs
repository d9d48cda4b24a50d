//! A record and the canonical bytes of its line (contract.md "Audit record").

use super::json::Object;
use super::{AuditAction, AuditOperator, AuditResult, AuditTarget, Detail, Entry, Phase, Seq};
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// A line is never longer.
pub const MAX_LINE_BYTES: usize = 64 * 1024;

// Characters of each text. An escape has six bytes, so that all of them together fit a line.
const MOST_OF_A_WORD: usize = 64;
const MOST_OF_A_NAME: usize = 256;
const MOST_OF_A_DN: usize = 2048;
const MOST_OF_A_REASON: usize = 500;
const MOST_OF_A_DETAIL: usize = 200;
const MOST_DETAILS: usize = 16;

/// A whole record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its place in the log.
    pub seq: Seq,
    /// When it was written; the line has whole microseconds.
    pub time: Timestamp,
    /// What it says.
    pub entry: Entry,
}

/// Not a line of this log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRecord {
    /// Longer than [`MAX_LINE_BYTES`].
    #[error("an audit record has at most {MAX_LINE_BYTES} bytes")]
    TooLong,
    /// No JSON object with the members of a record.
    #[error("not an audit record")]
    NotARecord,
    /// A member whose value makes no sense.
    #[error("not an audit record: `{0}`")]
    Member(&'static str),
    /// Means a record, and is not how that record is written.
    #[error("not written as an audit record is")]
    NotCanonical,
}

impl Record {
    /// The canonical line, without the line feed: keys in order, no spaces, absent ones left out,
    /// control and bidi characters in text escaped as `\uXXXX`. Texts that are too long end in `…`.
    pub fn to_line(&self) -> String {
        let entry = &self.entry;
        Object::new()
            .number("seq", Some(self.seq.0))
            .text("time", Some(&format!("{:.6}", self.time)))
            .text("action", Some(entry.action.word()))
            .text("phase", Some(entry.phase.word()))
            .number("attempt", entry.attempt.map(|attempt| attempt.0))
            .text("result", entry.result.map(AuditResult::word))
            .text(
                "code",
                cut(entry.code.as_deref(), MOST_OF_A_WORD).as_deref(),
            )
            .object("operator", entry.operator.as_ref().map(operator))
            .object("target", entry.target.as_ref().map(target))
            .text(
                "client",
                entry.client.map(|client| client.to_string()).as_deref(),
            )
            .text(
                "rule",
                cut(entry.rule.as_deref(), MOST_OF_A_NAME).as_deref(),
            )
            .text(
                "reason",
                cut(entry.reason.as_deref(), MOST_OF_A_REASON).as_deref(),
            )
            .text("dc", cut(entry.dc.as_deref(), MOST_OF_A_NAME).as_deref())
            .object("details", details(&entry.details))
            .close()
    }

    /// Parses a line; accepts exactly what [`to_line`](Self::to_line) writes.
    ///
    /// # Errors
    /// [`InvalidRecord`].
    pub fn parse(line: impl AsRef<[u8]>) -> Result<Self, InvalidRecord> {
        let line = line.as_ref();
        if line.len() > MAX_LINE_BYTES {
            return Err(InvalidRecord::TooLong);
        }
        let members: Members =
            serde_json::from_slice(line).map_err(|_| InvalidRecord::NotARecord)?;
        let record = members.into_record()?;
        // Order, spaces, doubled keys, escapes, number and time formats: all in one comparison.
        if record.to_line().as_bytes() == line {
            Ok(record)
        } else {
            Err(InvalidRecord::NotCanonical)
        }
    }
}

fn operator(operator: &AuditOperator) -> Object {
    Object::new()
        .text(
            "sid",
            operator.sid.as_ref().map(ToString::to_string).as_deref(),
        )
        .text("name", cut(Some(&operator.name), MOST_OF_A_NAME).as_deref())
}

fn target(target: &AuditTarget) -> Object {
    Object::new()
        .text("guid", Some(&target.guid.to_string()))
        .text(
            "sid",
            target.sid.as_ref().map(ToString::to_string).as_deref(),
        )
        .text(
            "name",
            cut(target.name.as_deref(), MOST_OF_A_NAME).as_deref(),
        )
        .text("dn", cut(target.dn.as_deref(), MOST_OF_A_DN).as_deref())
}

fn details(details: &BTreeMap<String, Detail>) -> Option<Object> {
    let first = details.iter().take(MOST_DETAILS);
    let object = first.fold(Object::new(), |object, (key, detail)| match detail {
        Detail::Flag(flag) => object.flag(key, *flag),
        Detail::Number(number) => object.number(key, Some(*number)),
        Detail::Text(text) => object.text(key, cut(Some(text), MOST_OF_A_DETAIL).as_deref()),
    });
    (!details.is_empty()).then_some(object)
}

/// At most `most` characters, the last of them `…` where some were left out.
fn cut(text: Option<&str>, most: usize) -> Option<String> {
    let text = text?;
    if text.chars().nth(most).is_none() {
        return Some(text.to_owned());
    }
    Some(text.chars().take(most - 1).chain(['…']).collect())
}

/// The members as JSON has them, in whatever order.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Members {
    seq: u64,
    time: String,
    action: String,
    phase: String,
    attempt: Option<u64>,
    result: Option<String>,
    code: Option<String>,
    operator: Option<OperatorMembers>,
    target: Option<TargetMembers>,
    client: Option<String>,
    rule: Option<String>,
    reason: Option<String>,
    dc: Option<String>,
    #[serde(default)]
    details: BTreeMap<String, Detail>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OperatorMembers {
    sid: Option<String>,
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TargetMembers {
    guid: String,
    sid: Option<String>,
    name: Option<String>,
    dn: Option<String>,
}

impl Members {
    fn into_record(self) -> Result<Record, InvalidRecord> {
        let result = |word: String| known(AuditResult::from_word(&word), "result");
        Ok(Record {
            seq: Seq(self.seq),
            time: parsed(&self.time, "time")?,
            entry: Entry {
                action: known(AuditAction::from_word(&self.action), "action")?,
                phase: known(Phase::from_word(&self.phase), "phase")?,
                attempt: self.attempt.map(Seq),
                result: self.result.map(result).transpose()?,
                code: self.code,
                operator: self
                    .operator
                    .map(OperatorMembers::into_operator)
                    .transpose()?,
                target: self.target.map(TargetMembers::into_target).transpose()?,
                client: optional::<IpAddr>(self.client.as_deref(), "client")?,
                rule: self.rule,
                reason: self.reason,
                dc: self.dc,
                details: self.details,
            },
        })
    }
}

impl OperatorMembers {
    fn into_operator(self) -> Result<AuditOperator, InvalidRecord> {
        Ok(AuditOperator {
            sid: optional(self.sid.as_deref(), "operator.sid")?,
            name: self.name,
        })
    }
}

impl TargetMembers {
    fn into_target(self) -> Result<AuditTarget, InvalidRecord> {
        Ok(AuditTarget {
            guid: parsed(&self.guid, "target.guid")?,
            sid: optional(self.sid.as_deref(), "target.sid")?,
            name: self.name,
            dn: self.dn,
        })
    }
}

fn known<T>(word: Option<T>, member: &'static str) -> Result<T, InvalidRecord> {
    word.ok_or(InvalidRecord::Member(member))
}

fn parsed<T: std::str::FromStr>(text: &str, member: &'static str) -> Result<T, InvalidRecord> {
    text.parse().map_err(|_| InvalidRecord::Member(member))
}

fn optional<T: std::str::FromStr>(
    text: Option<&str>,
    member: &'static str,
) -> Result<Option<T>, InvalidRecord> {
    text.map(|text| parsed(text, member)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples::{alice, olga, time};
    use proptest::option::of;
    use proptest::prelude::*;

    fn outcome() -> Record {
        Record {
            seq: Seq(42),
            time: time("2026-03-02T12:00:00.12Z"),
            entry: Entry {
                phase: Phase::Outcome,
                attempt: Some(Seq(41)),
                result: Some(AuditResult::Failed),
                code: Some("not_delegated".to_owned()),
                operator: Some(AuditOperator {
                    sid: Some(olga().sid),
                    name: "olga".to_owned(),
                }),
                target: Some(AuditTarget {
                    guid: alice().guid,
                    sid: Some(alice().sid),
                    name: Some("Alice \"Able\"".to_owned()),
                    dn: Some(r"CN=Able\, Alice,OU=Staff,DC=example,DC=com".to_owned()),
                }),
                client: Some("::ffff:10.0.0.1".parse().unwrap()),
                rule: Some("reset_group".to_owned()),
                reason: Some("she\ncalled".to_owned()),
                dc: Some("dc1.example.com:636".to_owned()),
                details: BTreeMap::from([
                    ("unlock".to_owned(), true.into()),
                    ("seconds".to_owned(), Detail::from(-3_i64)),
                    ("version".to_owned(), "7".into()),
                ]),
                ..Entry::new(AuditAction::ResetPassword)
            },
        }
    }

    const OUTCOME: &str = concat!(
        r#"{"seq":42,"time":"2026-03-02T12:00:00.120000Z","action":"reset_password","phase":"outcome","attempt":41,"#,
        r#""result":"failed","code":"not_delegated","operator":{"sid":"S-1-5-21-1-2-3-1200","name":"olga"},"#,
        r#""target":{"guid":"07070707-0707-0707-0707-070707070707","sid":"S-1-5-21-1-2-3-1105","#,
        r#""name":"Alice \"Able\"","dn":"CN=Able\\, Alice,OU=Staff,DC=example,DC=com"},"#,
        r#""client":"::ffff:10.0.0.1","rule":"reset_group","reason":"she\u000acalled","dc":"dc1.example.com:636","#,
        r#""details":{"seconds":-3,"unlock":true,"version":"7"}}"#
    );

    #[test]
    fn a_line_has_the_bytes_of_the_contract() {
        assert_eq!(outcome().to_line(), OUTCOME);
        assert_eq!(Record::parse(OUTCOME), Ok(outcome()));
    }

    #[test]
    fn what_is_absent_is_left_out() {
        let record = Record {
            seq: Seq(0),
            time: time("2026-03-02T12:00:00Z"),
            entry: Entry::new(AuditAction::ServiceStarted),
        };
        let line = r#"{"seq":0,"time":"2026-03-02T12:00:00.000000Z","action":"service_started","phase":"event"}"#;
        assert_eq!(record.to_line(), line);
        assert_eq!(Record::parse(line), Ok(record));
    }

    #[test]
    fn the_time_has_six_digits_and_is_cut_not_rounded() {
        let mut record = outcome();
        for (exact, written) in [
            (
                "2026-12-31T23:59:59.999999999Z",
                "2026-12-31T23:59:59.999999Z",
            ),
            (
                "2026-03-02T12:00:00.000001999Z",
                "2026-03-02T12:00:00.000001Z",
            ),
            ("2026-03-02T13:00:00+01:00", "2026-03-02T12:00:00.000000Z"),
        ] {
            record.time = time(exact);
            let line = record.to_line();
            assert!(line.contains(&format!(r#""time":"{written}""#)), "{line}");
            assert!(Record::parse(&line).is_ok());
        }
    }

    #[test]
    fn another_spelling_of_the_same_record_is_refused() {
        let spellings = [
            ("\"seq\":42", "\"seq\": 42"),
            ("\"seq\":42", "\"seq\":42.0"),
            ("\"seq\":42", "\"seq\":42,\"seq\":42"),
            ("{\"seq\":42,", "{\"rule\":\"x\",\"seq\":42,"),
            (".120000Z", ".12Z"),
            (".120000Z", ".120000+00:00"),
            ("2026-03-02T", "2026-03-02 "),
            ("\"olga\"", "\"\\u006flga\""),
            ("\\u000a", "\\n"),
            ("\\u000a", "\\u000A"),
            ("07070707-0707", "{07070707-0707"),
            ("S-1-5-21-1-2-3-1200", "S-1-5-21-1-2-3-01200"),
            ("::ffff:10.0.0.1", "::FFFF:10.0.0.1"),
            (
                "\"seconds\":-3,\"unlock\":true",
                "\"unlock\":true,\"seconds\":-3",
            ),
            ("\"seconds\":-3", "\"seconds\":-3.0"),
            ("\"seconds\":-3", "\"seconds\":null"),
            ("\"seconds\":-3", "\"seconds\":{}"),
            ("\"rule\":\"reset_group\",", "\"rule\":null,"),
            ("\"rule\":", "\"role\":"),
            ("\"reset_password\"", "\"reset_passwords\""),
            ("\"outcome\"", "\"end\""),
            ("\"failed\"", "\"\""),
            ("}}", "}}\n"),
            ("}}", "},\"details\":{}}"),
            ("}}", "}"),
        ];
        for (from, to) in spellings {
            assert!(OUTCOME.contains(from), "{from}");
            let changed = OUTCOME.replacen(from, to, 1);
            assert!(Record::parse(&changed).is_err(), "{from} -> {to}");
        }
    }

    #[test]
    fn long_texts_are_cut_so_that_every_line_can_be_read_again() {
        let mut record = outcome();
        let endless = "\u{202e}".repeat(70_000);
        let target = record.entry.target.as_mut().unwrap();
        target.name = Some(endless.clone());
        target.dn = Some(endless.clone());
        record.entry.operator.as_mut().unwrap().name = endless.clone();
        for text in [
            &mut record.entry.code,
            &mut record.entry.rule,
            &mut record.entry.reason,
            &mut record.entry.dc,
        ] {
            *text = Some(endless.clone());
        }
        for number in 0..100 {
            let key = format!("detail_{number}");
            record.entry.details.insert(key, endless.as_str().into());
        }
        let line = record.to_line();
        assert!(line.len() <= MAX_LINE_BYTES, "{}", line.len());
        let read = Record::parse(&line).unwrap();
        assert_eq!(read.to_line(), line);
        let reason = read.entry.reason.unwrap();
        assert_eq!(reason.chars().count(), 500);
        assert!(reason.ends_with('…'));
    }

    #[test]
    fn a_line_that_is_too_long_is_refused_before_it_is_parsed() {
        let long = " ".repeat(MAX_LINE_BYTES + 1);
        assert_eq!(Record::parse(&long), Err(InvalidRecord::TooLong));
        assert_eq!(
            Record::parse("[".repeat(60_000)),
            Err(InvalidRecord::NotARecord)
        );
    }

    fn detail() -> impl Strategy<Value = Detail> {
        prop_oneof![
            any::<bool>().prop_map(Detail::from),
            any::<i64>().prop_map(Detail::from),
            ".{0,8}".prop_map(Detail::from),
        ]
    }

    prop_compose! {
        fn text()(text in of("(?s).{0,12}")) -> Option<String> { text }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]
        #[test]
        fn each_record_survives_its_line(
            (seq, microseconds) in (any::<u64>(), -62_135_596_800_000_000..253_402_207_200_000_000_i64),
            (action, phase, result) in (0..AuditAction::ALL.len(), 0..3_usize, of(0..4_usize)),
            (attempt, client) in (of(any::<u64>()), of(any::<IpAddr>())),
            (code, rule, reason, dc) in (text(), text(), text(), text()),
            operator in of((any::<bool>(), "(?s).{0,12}")),
            target in of((any::<[u8; 16]>(), any::<bool>(), text(), text())),
            details in proptest::collection::btree_map("(?s).{0,8}", detail(), 0..4),
        ) {
            let written = Record {
                seq: Seq(seq),
                time: Timestamp::from_microsecond(microseconds).unwrap(),
                entry: Entry {
                    action: AuditAction::ALL[action],
                    phase: Phase::ALL[phase],
                    attempt: attempt.map(Seq),
                    result: result.map(|place| AuditResult::ALL[place]),
                    code, client, rule, reason, dc, details,
                    operator: operator.map(|(known, name)| AuditOperator {
                        sid: known.then(|| olga().sid),
                        name,
                    }),
                    target: target.map(|(guid, known, name, dn)| AuditTarget {
                        guid: guid.into(),
                        sid: known.then(|| alice().sid),
                        name,
                        dn,
                    }),
                },
            };
            let line = written.to_line();
            prop_assert!(!line.contains(|c: char| c.is_control()), "{}", line);
            prop_assert_eq!(Record::parse(&line), Ok(written));
        }
    }
}
