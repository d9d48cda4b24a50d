//! One decision under many rules, by somebody in many groups: no directory, no store, only `domain::authorize`.

use crate::measure::{Samples, limit};
use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use keyward::domain::account::{
    Account, AccountFlags, DcName, GroupSids, ProtectedGroups, ProtectionContext,
};
use keyward::domain::authorize::{Done, Grounds, decide, explain};
use keyward::domain::identity::{Dn, ObjectGuid, Sid};
use keyward::domain::least_privilege::LeastPrivilege;
use keyward::domain::limits::Limits;
use keyward::domain::operator::Operator;
use keyward::domain::rules::{Action, Effect, Line, Occasion, Rule, Target, Terms};
use keyward::domain::time::{Clock, Filetime};
use std::collections::HashSet;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

/// Rules, and groups of the operator and of the person.
const MANY: u32 = 1000;
const ROUNDS: usize = 500;

/// Prints how long it takes, in milliseconds.
pub fn print() -> Result<()> {
    let scope: Dn = "OU=Staff,DC=example,DC=com".parse()?;
    let (operator, account) = (operator()?, account()?);
    let protection = ProtectionContext {
        groups: ProtectedGroups::of_domain(&"S-1-5-21-1-2-3".parse()?),
        accounts: HashSet::new(),
        service_account: sid(9)?,
        domain_rights: HashSet::new(),
    };
    let (house, now) = (TimeZone::UTC, Clock::system().now());
    let (auditors, done) = (HashSet::from([sid(8)?]), Done::default());
    let rights = LeastPrivilege::Proven {
        at: Timestamp::UNIX_EPOCH,
    };
    // Each of them is about the operator; all but the last reach somebody else.
    let rules: Vec<Arc<Rule>> = (0..MANY).map(rule).collect::<Result<_>>()?;
    let grounds = Grounds {
        scope: &scope,
        rules: &rules,
        auditors: &auditors,
        protection: &protection,
        rights: &rights,
        done: &done,
        occasion: Occasion {
            at: Some(now),
            from: Some([10, 0, 0, 1].into()),
            house: &house,
        },
        now,
    };
    let (mut decided, mut explained) = (Samples::default(), Samples::default());
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let decision = decide(Action::ResetPassword, &operator, &account, &grounds);
        decided.since(start);
        match black_box(decision) {
            Ok(rule) if rule.name == format!("rule-{}", MANY - 1) => {}
            other => bail!("another decision: {other:?}"),
        }
        let start = Instant::now();
        black_box(explain(&operator, &account, &grounds));
        explained.since(start);
    }
    limit(
        "a decision under 1,000 rules, 1,000 groups",
        decided.median_ms(),
        "ms",
        1.0,
    );
    limit(
        "… its slowest of a hundred",
        decided.quantile_ms(0.99),
        "ms",
        1.0,
    );
    limit(
        "… with what each rule said, for three actions",
        explained.median_ms(),
        "ms",
        5.0,
    );
    Ok(())
}

fn sid(rid: u32) -> Result<Sid> {
    let domain: Sid = "S-1-5-21-1-2-3".parse()?;
    domain.with_rid(rid).context("a SID")
}

fn groups(from: u32) -> Result<GroupSids> {
    let all = (from..from + MANY).map(sid);
    Ok(GroupSids(all.collect::<Result<_>>()?))
}

/// Of every kind of target; each has exceptions, hours and networks.
fn rule(number: u32) -> Result<Arc<Rule>> {
    let last = number + 1 == MANY;
    let elsewhere: Dn =
        format!("OU=Team {number},OU=Elsewhere,OU=Staff,DC=example,DC=com").parse()?;
    let mut targets = vec![
        Target::Below(elsewhere.clone()),
        Target::In(sid(90_000 + number)?),
        Target::OwnOu,
        Target::DirectReports,
    ];
    if last {
        targets.push(Target::Reports);
    }
    let deny = number % 10 == 3;
    Ok(Arc::new(Rule {
        name: format!("rule-{number}"),
        effect: if deny { Effect::Deny } else { Effect::Allow },
        operators: vec![sid(70_000 + number)?, sid(10_000 + number)?],
        targets,
        except: vec![Target::Below(elsewhere), Target::In(sid(80_000 + number)?)],
        actions: Action::ALL.to_vec(),
        hours: vec!["Mon-Sun 00:00-24:00 Europe/Vienna".parse()?],
        networks: vec!["10.0.0.0/8".parse()?],
        terms: Terms::default(),
        limits: Limits::default(),
        also_operators_of: Vec::new(),
    }))
}

const LEAD: &str = "CN=Lead,OU=Leads,DC=example,DC=com";

fn operator() -> Result<Operator> {
    Ok(Operator {
        sid: sid(1200)?,
        guid: ObjectGuid::from([8; 16]),
        dn: LEAD.parse()?,
        sam: "lead".to_owned(),
        name: "Lead".to_owned(),
        flags: AccountFlags(0x200),
        account_expires: Filetime(0),
        password_last_set: Filetime::from_timestamp(Clock::system().now()),
        bad_password_count: 0,
        bad_password_time: Filetime(0),
        resultant_pso: None,
        groups: groups(10_000)?,
    })
}

/// A person thirty steps below the operator.
fn account() -> Result<Account> {
    let step = |at: usize| format!("CN=Manager {at},OU=Staff,DC=example,DC=com").parse();
    let mut managers: Vec<Dn> = (1..Line::LONGEST).map(step).collect::<Result<_, _>>()?;
    managers.push(LEAD.parse()?);
    Ok(Account {
        guid: ObjectGuid::from([7; 16]),
        sid: sid(1105)?,
        dn: "CN=Alice,OU=Deep,OU=Staff,DC=example,DC=com".parse()?,
        sam: "alice".to_owned(),
        upn: None,
        name: "Alice".to_owned(),
        given_name: None,
        surname: None,
        department: None,
        title: None,
        office: None,
        mail: None,
        manager: None,
        line: Line {
            managers,
            is_whole: true,
        },
        flags: AccountFlags(0x200),
        object_classes: vec!["user".to_owned()],
        password_last_set: Filetime(1),
        lockout_time: Filetime(0),
        bad_password_count: 0,
        account_expires: Filetime(0),
        password_expires: Filetime(0),
        last_logon: Filetime(0),
        admin_count: false,
        primary_group: Some(513),
        cannot_change_password: Some(false),
        resultant_pso: None,
        groups: groups(20_000)?,
        password_version: None,
        may_reset_password: Some(true),
        may_write_pwd_last_set: true,
        may_write_lockout_time: true,
        dc: DcName("dc1.example.com:636".to_owned()),
    })
}
