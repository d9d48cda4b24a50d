//! Who does what to whom, from where: what every record of one action has in common.

use super::Client;
use crate::domain::account::Account;
use crate::domain::audit::{
    AuditAction, AuditOperator, AuditResult, AuditTarget, Detail, Entry, Phase, Record, Seq,
};
use crate::domain::identity::ObjectGuid;
use crate::domain::operator::Operator;
use crate::store::Session;
use std::collections::BTreeMap;

/// Details of a record.
pub(super) type Details = BTreeMap<String, Detail>;

/// The common part of an action's records.
#[derive(Debug, Clone)]
pub(super) struct Case {
    common: Entry,
}

impl Case {
    /// Of a signed-in operator.
    pub(super) fn of(action: AuditAction, session: &Session, client: Option<Client>) -> Self {
        Self::new(action, client).by(AuditOperator {
            sid: Some(session.operator.clone()),
            name: session.sam.clone(),
        })
    }

    /// Of a sign-in by somebody whom the directory does not know. What was typed is not
    /// recorded: it may be a password in the wrong box.
    pub(super) fn of_nobody(client: Client) -> Self {
        Self::new(AuditAction::SignIn, Some(client)).by(AuditOperator {
            sid: None,
            name: "?".to_owned(),
        })
    }

    /// Of a sign-in.
    pub(super) fn of_sign_in(who: &Operator, client: Client) -> Self {
        Self::new(AuditAction::SignIn, Some(client)).by(AuditOperator {
            sid: Some(who.sid.clone()),
            name: who.sam.clone(),
        })
    }

    /// Of the service itself.
    pub(super) fn of_service(action: AuditAction) -> Self {
        Self {
            common: Entry::new(action),
        }
    }

    /// Of an attempt that is on the disk.
    pub(super) fn of_record(record: &Record) -> Self {
        let common = Entry {
            attempt: None,
            result: None,
            code: None,
            details: Details::new(),
            ..record.entry.clone()
        };
        Self { common }
    }

    fn new(action: AuditAction, client: Option<Client>) -> Self {
        let common = Entry {
            client: client.map(|client| client.address),
            ..Entry::new(action)
        };
        Self { common }
    }

    fn by(mut self, operator: AuditOperator) -> Self {
        self.common.operator = Some(operator);
        self
    }

    /// On an account that was not found.
    pub(super) fn on_guid(mut self, guid: ObjectGuid) -> Self {
        self.common.target = Some(AuditTarget {
            guid,
            sid: None,
            name: None,
            dn: None,
        });
        self
    }

    /// On an account as just read.
    pub(super) fn on(mut self, account: &Account) -> Self {
        self.common.target = Some(AuditTarget {
            guid: account.guid,
            sid: Some(account.sid.clone()),
            name: Some(account.sam.clone()),
            dn: Some(account.dn.as_str().to_owned()),
        });
        self.common.dc = Some(account.dc.0.clone());
        self
    }

    pub(super) fn because(mut self, reason: Option<String>) -> Self {
        self.common.reason = reason;
        self
    }

    pub(super) fn under(mut self, rule: &str) -> Self {
        self.common.rule = Some(rule.to_owned());
        self
    }

    pub(super) fn at(mut self, dc: &str) -> Self {
        self.common.dc = Some(dc.to_owned());
        self
    }

    /// Before the directory is touched.
    pub(super) fn attempt(&self, details: Details) -> Entry {
        Entry {
            phase: Phase::Attempt,
            details,
            ..self.common.clone()
        }
    }

    /// After it; the store sets which attempt it belongs to.
    pub(super) fn outcome(&self, result: AuditResult, code: Option<&str>) -> Entry {
        Entry {
            phase: Phase::Outcome,
            result: Some(result),
            code: code.map(str::to_owned),
            ..self.common.clone()
        }
    }

    /// Something that was refused before anything was attempted.
    pub(super) fn refused(&self, code: &str) -> Entry {
        Entry {
            phase: Phase::Event,
            result: Some(AuditResult::Refused),
            code: Some(code.to_owned()),
            ..self.common.clone()
        }
    }

    /// Something that happened.
    pub(super) fn event(&self) -> Entry {
        Entry {
            phase: Phase::Event,
            result: Some(AuditResult::Ok),
            ..self.common.clone()
        }
    }
}

/// Whether an attempt is this operator's own write.
pub(super) fn is_own_write(record: &Record, session: &Session, seq: Seq) -> bool {
    let entry = &record.entry;
    let a_write = matches!(
        entry.action,
        AuditAction::ResetPassword | AuditAction::UnlockAccount
    );
    let own = entry
        .operator
        .as_ref()
        .is_some_and(|operator| operator.sid.as_ref() == Some(&session.operator));
    record.seq == seq && entry.phase == Phase::Attempt && a_write && own
}
