//! One record of the audit log, with what proves that it is in it.

use super::audit::tone_of;
use super::{AccessPage, Frame, PageContext};
use crate::domain::audit::{AuditAction, Detail, Entry, Record};
use crate::store::{FoundRecord, KeptRecord, RecordFlaw, Standing};
use crate::web::words::{self, When, label, shown};
use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// `GET /audit/{seq}`.
#[derive(Debug, Clone, Template)]
#[template(path = "audit_record.html")]
#[allow(missing_docs, reason = "plain words")]
pub struct AuditRecordPage {
    pub frame: Frame,
    pub heading: String,
    /// What is wrong with it, or empty; and what to do.
    pub wrong: &'static str,
    pub wrong_next: &'static str,
    /// Empty for a record that is in an archive.
    pub sentence: String,
    pub state: &'static str,
    pub tone: &'static str,
    pub icon: &'static str,
    pub facts: Vec<RecordFact>,
    /// A sentence about the archive, or empty.
    pub archive: String,
    /// The line, byte for byte as far as it is text; empty for a record that is in an archive.
    pub line: String,
    /// Base64, as in checkpoints.
    pub leaf: String,
    /// What the tree has in its place, where that is another one; empty: it is the same.
    pub in_tree: String,
    /// Number of records of the tree that the proof leads to; empty: no checkpoint covers it yet.
    pub tree_size: String,
    /// The inclusion proof in the order of RFC 6962, base64.
    pub proof: Vec<String>,
    /// The signed note.
    pub checkpoint: String,
    pub commands: [String; 2],
}

/// A member of the record.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "plain words")]
pub struct RecordFact {
    pub term: String,
    pub value: String,
    /// Where it leads; empty: nowhere.
    pub link: String,
    pub link_text: &'static str,
}

impl AuditRecordPage {
    /// The page of a record.
    pub fn new(context: &PageContext<'_>, kept: &KeptRecord) -> Self {
        let heading = format!("{} {}", label::RECORD, kept.seq.0);
        let record = kept.record.as_ref();
        let result = record.and_then(|record| record.entry.result);
        let (tone, icon) = tone_of(result);
        let checkpoint = kept.proof.as_ref().map(|proof| &proof.checkpoint);
        let (wrong, wrong_next) = kept.flaw.map_or(("", ""), words::record_flaw);
        Self {
            frame: Frame::new(heading.clone(), context),
            heading,
            wrong,
            wrong_next,
            sentence: record
                .map(|record| words::audit_sentence(&record.entry))
                .unwrap_or_default(),
            state: record.map_or("", |it| words::audit_state(it.entry.phase, result)),
            tone,
            icon,
            facts: record
                .map(|record| facts(record, kept.other_half.as_ref(), &context.when()))
                .unwrap_or_default(),
            archive: kept
                .archive
                .as_ref()
                .map(|it| words::in_archive(kept.seq.0, &it.file, it.removed))
                .unwrap_or_default(),
            line: kept
                .line
                .as_ref()
                .map(|line| String::from_utf8_lossy(line).into_owned())
                .unwrap_or_default(),
            leaf: STANDARD.encode(kept.leaf.0),
            in_tree: match kept.flaw {
                Some(RecordFlaw::Changed(hash)) => STANDARD.encode(hash.0),
                Some(RecordFlaw::Gone | RecordFlaw::Unproven) | None => String::new(),
            },
            tree_size: checkpoint.map(|it| it.size.to_string()).unwrap_or_default(),
            proof: kept
                .proof
                .iter()
                .flat_map(|proof| &proof.hashes)
                .map(|hash| STANDARD.encode(hash.0))
                .collect(),
            checkpoint: checkpoint.map(|it| it.note.clone()).unwrap_or_default(),
            commands: words::how_to_prove(kept.seq.0),
        }
    }
}

impl RecordFact {
    fn new(term: &str, value: impl Into<String>) -> Self {
        Self {
            term: term.to_owned(),
            value: value.into(),
            link: String::new(),
            link_text: "",
        }
    }

    fn leading(self, link: String, link_text: &'static str) -> Self {
        Self {
            link,
            link_text,
            ..self
        }
    }
}

fn facts(record: &Record, other_half: Option<&FoundRecord>, when: &When) -> Vec<RecordFact> {
    let entry = &record.entry;
    let mut facts = vec![
        RecordFact::new(
            label::WHEN,
            format!("{} ({:.6})", when.exact(record.time), record.time),
        ),
        RecordFact::new(label::WHAT, words::audit_action(entry.action)),
        RecordFact::new(label::STANDS, words::audit_phase(entry.phase)),
    ];
    if let Some(other) = other_half {
        let sentence = match (&other.record, other.standing) {
            (Some(record), Standing::AsWritten) => words::audit_sentence(&record.entry),
            (_, standing) => words::audit_standing(standing).to_owned(),
        };
        let link = format!("/audit/{}", other.seq.0);
        let (term, text) = if other.seq > record.seq {
            (label::OUTCOME, label::TO_OUTCOME)
        } else {
            (label::ATTEMPT, label::TO_ATTEMPT)
        };
        facts.push(RecordFact::new(term, sentence).leading(link, text));
    }
    facts.extend(people(entry));
    facts.extend(access(entry));
    let code = entry.code.as_deref().map(|code| match words::cause(code) {
        Some(cause) => format!("{} ({code})", cause.short),
        None => code.to_owned(),
    });
    let client = entry.client.map(|client| client.to_string());
    for (term, value) in [
        (label::CODE, code.as_deref()),
        (label::RULE, entry.rule.as_deref()),
        (label::REASON, entry.reason.as_deref()),
        (label::CLIENT, client.as_deref()),
        (label::CONTROLLER, entry.dc.as_deref()),
    ] {
        facts.extend(value.map(|value| RecordFact::new(term, shown(value))));
    }
    let details = entry.details.iter();
    facts.extend(details.map(|(name, value)| RecordFact::new(&shown(name), detail(value))));
    facts
}

fn people(entry: &Entry) -> Vec<RecordFact> {
    let mut facts = Vec::new();
    if let Some(operator) = &entry.operator {
        let name = shown(&operator.name);
        facts.push(match &operator.sid {
            None => RecordFact::new(label::WHO, name),
            Some(sid) => RecordFact::new(label::WHO, format!("{name} · {sid}"))
                .leading(format!("/audit?operator={sid}"), label::ALL_BY),
        });
    }
    if let Some(target) = &entry.target {
        let sid = target.sid.as_ref().map(ToString::to_string);
        let parts = [
            target.name.as_deref().map(shown),
            target.dn.as_deref().map(shown),
            sid,
            Some(target.guid.to_string()),
        ];
        let value: Vec<String> = parts.into_iter().flatten().collect();
        let link = format!("/audit?target={}", target.guid);
        facts.push(RecordFact::new(label::WHOM, value.join(" · ")).leading(link, label::ALL_ABOUT));
    }
    facts
}

/// Of what an operator did with a person: what they may do now.
fn access(entry: &Entry) -> Option<RecordFact> {
    let about_a_person = matches!(
        entry.action,
        AuditAction::ViewAccount | AuditAction::ResetPassword | AuditAction::UnlockAccount
    );
    let operator = entry.operator.as_ref().filter(|it| it.sid.is_some())?;
    let target = entry.target.as_ref().filter(|_| about_a_person)?;
    let link = AccessPage::address(&target.guid.to_string(), &operator.name);
    Some(RecordFact::new(label::ACCESS, "").leading(link, label::ACCESS_NOW))
}

fn detail(value: &Detail) -> String {
    match value {
        Detail::Flag(true) => label::YES.to_owned(),
        Detail::Flag(false) => label::NO.to_owned(),
        Detail::Number(number) => number.to_string(),
        Detail::Text(text) => shown(text),
    }
}
