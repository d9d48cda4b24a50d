//! Samples of the audit log's pages.

use super::samples::{Samples, house, signed_in};
use super::*;
use crate::domain::audit::tree::{Hash, leaf_hash};
use crate::domain::audit::{
    Actions, AuditAction, AuditOperator, AuditResult, AuditTarget, Entry, Phase, Record, Seq,
};
use crate::domain::identity::ObjectGuid;
use crate::domain::roles::Roles;
use crate::domain::samples::{now, sid_of};
use crate::store::{
    Archived, ArchivedFile, AuditPage, AuditProof, FoundRecord, KeptRecord, RecordFlaw, Standing,
    StoredCheckpoint,
};
use crate::web::words;
use jiff::SignedDuration;

pub(super) fn auditor(house: &House, roles: Roles) -> PageContext<'_> {
    let mut context = signed_in(house);
    if let Some(operator) = &mut context.operator {
        operator.roles = roles;
    }
    context
}

fn entry(action: AuditAction, phase: Phase, result: Option<AuditResult>) -> Entry {
    Entry {
        phase,
        result,
        operator: Some(AuditOperator {
            sid: Some(sid_of(1100)),
            name: "olindqvist".to_owned(),
        }),
        client: Some("192.0.2.7".parse().unwrap()),
        ..Entry::new(action)
    }
}

fn on(entry: Entry, name: &str) -> Entry {
    Entry {
        target: Some(AuditTarget {
            guid: ObjectGuid::from([7; 16]),
            sid: Some(sid_of(1201)),
            name: Some(name.to_owned()),
            dn: Some(format!("CN={name},OU=Staff,DC=example,DC=com")),
        }),
        dc: Some("dc1.northwind.example".to_owned()),
        ..entry
    }
}

fn records() -> Vec<Record> {
    let reset = |phase, result| {
        let mut entry = on(entry(AuditAction::ResetPassword, phase, result), "aable");
        entry.rule = Some("reset_group".to_owned());
        entry.reason = Some("call 4711: \"forgotten\" <after holiday>".to_owned());
        entry
    };
    let mut attempt = reset(Phase::Attempt, None);
    attempt
        .details
        .insert("must_change".to_owned(), true.into());
    attempt
        .details
        .insert("version_before".to_owned(), 4_u32.into());
    let mut outcome = reset(Phase::Outcome, Some(AuditResult::Ok));
    outcome.attempt = Some(Seq(1));
    let mut refused = on(
        entry(
            AuditAction::UnlockAccount,
            Phase::Event,
            Some(AuditResult::Refused),
        ),
        "<b>Bob</b>\u{202e}",
    );
    refused.code = Some("protected_group".to_owned());
    refused
        .details
        .insert("seconds_ago".to_owned(), 58_u32.into());
    refused
        .details
        .insert("suppressed".to_owned(), 3_u32.into());
    let mut unknown = entry(
        AuditAction::SignIn,
        Phase::Event,
        Some(AuditResult::Refused),
    );
    unknown.operator = Some(AuditOperator {
        sid: None,
        name: "?".to_owned(),
    });
    unknown.code = Some("unknown_name".to_owned());
    let mut lost = reset(Phase::Outcome, Some(AuditResult::Unknown));
    lost.attempt = Some(Seq(0));
    lost.code = Some("answer_lost".to_owned());
    let entries = [
        Entry::new(AuditAction::ServiceStarted),
        attempt,
        outcome,
        refused,
        unknown,
        lost,
    ];
    let numbered = entries.into_iter().zip(0_u32..).map(|(entry, at)| Record {
        seq: Seq(at.into()),
        time: now() - SignedDuration::from_secs(7_000 - 1_000 * i64::from(at)),
        entry,
    });
    let mut all: Vec<Record> = numbered.collect();
    all.reverse();
    all
}

fn found(record: &Record) -> FoundRecord {
    FoundRecord {
        seq: record.seq,
        record: Some(record.clone()),
        standing: Standing::AsWritten,
    }
}

impl AuditLogPage {
    pub(super) fn samples() -> Samples<Self> {
        let house = house();
        let context = auditor(&house, Roles::OperatorAndAuditor);
        let all = AuditPage {
            records: records().iter().map(found).collect(),
            next: Some(Seq(0)),
            ..AuditPage::default()
        };
        let nobody = AuditFilters {
            q: "<Zebediah>".to_owned(),
            action: Some(Actions::Only(AuditAction::ResetPassword)),
            from: "2026-03-01".to_owned(),
            ..AuditFilters::default()
        };
        let history = AuditFilters {
            target: Some(ObjectGuid::from([7; 16])),
            result: Some(AuditResult::Refused),
            code: "protected_group".to_owned(),
            rule: "<Desk>".to_owned(),
            ..AuditFilters::default()
        };
        let cut = AuditPage {
            records: records()[2..].iter().map(found).collect(),
            next: Some(Seq(480_000)),
            cut: true,
            more_names: true,
            ..AuditPage::default()
        };
        let archived = AuditPage {
            archived: Some(Archived {
                before: Seq(480_000),
                until: now(),
            }),
            ..AuditPage::default()
        };
        let mut tampered = all.clone();
        tampered.records[0].standing = Standing::Misfiled;
        tampered.records[2].standing = Standing::Changed;
        tampered.records[3].standing = Standing::Changed;
        tampered.records[3].record = None;
        let only = auditor(&house, Roles::Auditor);
        let wrong = AuditComplaints {
            q: Some(words::search(crate::actions::InvalidSearch::TooLong)),
            from: Some(words::NOT_A_DATE),
            to: Some(words::DAYS_BACKWARDS),
        };
        let page = |filters, before, found| Self::found(&context, filters, before, found);
        vec![
            ("audit", page(&AuditFilters::default(), None, &all)),
            ("audit-nothing", page(&nobody, None, &archived)),
            ("audit-history", page(&history, Some(Seq(500_000)), &cut)),
            (
                "audit-tampered",
                page(&AuditFilters::default(), None, &tampered),
            ),
            ("audit-wrong", Self::refused(&only, &nobody, wrong)),
        ]
    }
}

impl AuditRecordPage {
    pub(super) fn samples() -> Samples<Self> {
        let house = house();
        let context = auditor(&house, Roles::Auditor);
        let mut all = records();
        all.reverse();
        let kept = |at: usize, other: Option<usize>| KeptRecord {
            seq: all[at].seq,
            line: Some(all[at].to_line().into_bytes()),
            record: Some(all[at].clone()),
            other_half: other.map(|other| found(&all[other])),
            leaf: leaf_hash(all[at].to_line()),
            proof: None,
            archive: None,
            flaw: None,
        };
        let proven = KeptRecord {
            proof: Some(AuditProof {
                start: leaf_hash(all[1].to_line()),
                root: Hash([4; 32]),
                hashes: vec![Hash([1; 32]), Hash([2; 32]), Hash([3; 32])],
                checkpoint: StoredCheckpoint {
                    size: 6,
                    note: "keyward/NORTHWIND\n6\nBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ=\n\n\
                           \u{2014} keyward/NORTHWIND c2lnbmF0dXJl\n"
                        .to_owned(),
                },
            }),
            ..kept(1, Some(2))
        };
        let archived = KeptRecord {
            line: None,
            record: None,
            archive: Some(ArchivedFile {
                first: 0,
                next: 1000,
                file: "audit-000000000000-000000001000.jsonl.zst".to_owned(),
                newest: now(),
                removed: false,
            }),
            ..proven.clone()
        };
        let mut changed = KeptRecord {
            flaw: Some(RecordFlaw::Changed(Hash([9; 32]))),
            ..kept(1, Some(2))
        };
        if let Some(other) = &mut changed.other_half {
            other.standing = Standing::Misfiled;
        }
        vec![
            ("audit-record", Self::new(&context, &proven)),
            ("audit-record-new", Self::new(&context, &kept(5, None))),
            ("audit-record-odd", Self::new(&context, &kept(3, None))),
            ("audit-record-archived", Self::new(&context, &archived)),
            ("audit-record-changed", Self::new(&context, &changed)),
        ]
    }
}
