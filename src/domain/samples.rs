//! An account and an operator for unit tests: alice, whom nothing keeps from being helped, and olga, who may.

use super::account::{
    Account, AccountFlags, DcName, GroupSids, ProtectedGroups, ProtectionContext,
};
use super::identity::{Dn, ObjectGuid, Sid};
use super::limits::Limits;
use super::operator::Operator;
use super::rules::{Action, Effect, Line, Rule, Target, Terms};
use super::settling::PasswordVersion;
use super::time::Filetime;
use jiff::Timestamp;
use std::collections::HashSet;

/// A SID from its text.
pub(crate) fn sid(text: &str) -> Sid {
    text.parse().unwrap()
}

/// A SID of the sample domain.
pub(crate) fn sid_of(rid: u32) -> Sid {
    sid("S-1-5-21-1-2-3").with_rid(rid).unwrap()
}

/// A DN from its text.
pub(crate) fn dn(text: &str) -> Dn {
    text.parse().unwrap()
}

/// A time from its text.
pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Noon of the day on which the samples live.
pub(crate) fn now() -> Timestamp {
    time("2026-03-02T12:00:00Z")
}

/// The FILETIME of a time's text.
pub(crate) fn filetime(text: &str) -> Filetime {
    Filetime::from_timestamp(time(text))
}

/// Alice Able of Staff: enabled, not locked, a password from February.
pub(crate) fn alice() -> Account {
    Account {
        guid: ObjectGuid::from([7; 16]),
        sid: sid_of(1105),
        dn: dn("CN=Alice Able,OU=Staff,DC=example,DC=com"),
        sam: "alice".to_owned(),
        upn: None,
        name: "Alice Able".to_owned(),
        given_name: None,
        surname: None,
        department: None,
        title: None,
        office: None,
        mail: None,
        manager: None,
        line: Line::of_manager(None),
        flags: AccountFlags(0x200),
        object_classes: ["top", "person", "organizationalperson", "user"]
            .map(str::to_owned)
            .to_vec(),
        password_last_set: filetime("2026-02-01T08:00:00Z"),
        lockout_time: Filetime(0),
        bad_password_count: 0,
        account_expires: Filetime(i64::MAX),
        password_expires: filetime("2026-05-01T08:00:00Z"),
        last_logon: filetime("2026-02-27T08:00:00Z"),
        admin_count: false,
        primary_group: Some(513),
        cannot_change_password: Some(false),
        resultant_pso: None,
        groups: GroupSids(HashSet::from([sid_of(513), sid("S-1-5-32-545")])),
        password_version: Some(PasswordVersion {
            version: 3,
            changed: time("2026-02-01T08:00:00Z"),
        }),
        may_reset_password: Some(true),
        may_write_pwd_last_set: true,
        may_write_lockout_time: true,
        dc: DcName("dc1.example.com:636".to_owned()),
    }
}

/// Olga, a member of the reset group (RID 2001).
pub(crate) fn olga() -> Operator {
    Operator {
        sid: sid_of(1200),
        guid: ObjectGuid::from([8; 16]),
        dn: dn("CN=Olga,OU=Leads,DC=example,DC=com"),
        sam: "olga".to_owned(),
        name: "Olga Orlova".to_owned(),
        flags: AccountFlags(0x200),
        account_expires: Filetime(0),
        password_last_set: filetime("2026-02-01T08:00:00Z"),
        bad_password_count: 0,
        bad_password_time: Filetime(0),
        resultant_pso: None,
        groups: GroupSids(HashSet::from([sid_of(513), sid_of(2001)])),
    }
}

/// The reset group may reset and unlock below Staff.
pub(crate) fn rule() -> Rule {
    Rule {
        name: "reset_group".to_owned(),
        effect: Effect::Allow,
        operators: vec![sid_of(2001)],
        targets: vec![Target::Below(dn("OU=Staff,DC=example,DC=com"))],
        except: Vec::new(),
        actions: Action::ALL.to_vec(),
        hours: Vec::new(),
        networks: Vec::new(),
        terms: Terms::default(),
        limits: Limits::default(),
        also_operators_of: Vec::new(),
    }
}

/// The sample domain's protected groups; the service account has RID 1999, an account that the settings protect 1777.
pub(crate) fn context() -> ProtectionContext {
    ProtectionContext {
        groups: ProtectedGroups::of_domain(&sid("S-1-5-21-1-2-3")),
        service_account: sid_of(1999),
        accounts: HashSet::from([sid_of(1777)]),
        domain_rights: HashSet::new(),
    }
}
