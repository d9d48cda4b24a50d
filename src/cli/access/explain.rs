//! `keyward access explain`: what one operator may do to one person, and what each rule says of it.

mod document;
mod text;

use std::net::IpAddr;

use anyhow::Context as _;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::super::output::print;
use super::super::parts::directory_settings;
use super::super::settings::ConfigFile;
use super::super::{Verdict, logging};
use crate::config::Settings;
use crate::directory::{Directory, DirectoryError};
use crate::domain::account::Account;
use crate::domain::authorize::{Done, Grounds, explain};
use crate::domain::ground::Ground;
use crate::domain::identity::SignInName;
use crate::domain::least_privilege::LeastPrivilege;
use crate::domain::operator::Operator;
use crate::domain::rules::Occasion;
use crate::domain::time::Clock;
use crate::store::{AuditReader, OperatorUsage};
use document::Explanation;

pub(super) const ABOUT: &str = "\
Say what one operator may do to one person and why: what is decided, and what each rule says.

It is decided by the code that the pages use, from what the directory says now. Nothing is changed and nothing \
is recorded. The exit status is 0 whatever the answer is.

    keyward access explain lead.lena alice.able
    keyward access explain 'EXAMPLE\\lead.lena' alice@example.com --at 2026-03-02T22:30";

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    file: ConfigFile,
    /// Who would do it: as at a sign-in, by account name, DOMAIN\name or user principal name
    #[arg(value_name = "OPERATOR")]
    operator: String,
    /// To whom: account name, user principal name, distinguished name or objectGUID
    #[arg(value_name = "TARGET")]
    target: String,
    /// When, for the hours of rules: 2026-03-02T22:30 in the time zone of `[web] time_zone`, or with an offset
    /// [default: now]
    #[arg(long, value_name = "TIME", value_parser = at)]
    at: Option<At>,
    /// From which address, for the networks of rules [default: from wherever a rule wants it]
    #[arg(long, value_name = "ADDRESS")]
    from: Option<IpAddr>,
    /// Print one JSON document instead
    #[arg(long)]
    json: bool,
}

/// A time as people write it.
#[derive(Debug, Clone, Copy)]
enum At {
    Exact(Timestamp),
    /// In the house's time zone.
    Local(DateTime),
}

fn at(text: &str) -> Result<At, &'static str> {
    let exact = text.parse().map(At::Exact);
    exact
        .or_else(|_| text.parse().map(At::Local))
        .map_err(|_| "expected a time, such as 2026-03-02T22:30 or 2026-03-02T22:30:00+01:00")
}

impl At {
    fn time(self, zone: &TimeZone) -> anyhow::Result<Timestamp> {
        match self {
            Self::Exact(time) => Ok(time),
            Self::Local(local) => zone.to_timestamp(local).context("--at"),
        }
    }
}

/// What was read for one explanation.
pub(super) struct Read {
    pub(super) operator: Operator,
    pub(super) account: Account,
    pub(super) ground: Ground,
    /// `None`: the store cannot be read, for the reason in the notes.
    pub(super) usage: Option<OperatorUsage>,
    pub(super) notes: Vec<String>,
}

/// # Errors
/// The settings cannot be used, no domain controller answers, or one of the two is nobody.
pub(super) async fn run(arguments: &Arguments) -> anyhow::Result<Verdict> {
    let settings = arguments.file.settings()?;
    logging::start_if_asked();
    let now = Clock::system().now();
    let zone = &settings.web.time_zone;
    let at = arguments.at.map(|at| at.time(zone)).transpose()?;
    let directory = Directory::new(directory_settings(&settings), Clock::system());
    let read = read(&directory, &settings, arguments, now).await;
    directory.close().await;
    let read = read?;
    let usage = read.usage.as_ref();
    let done = Done {
        frozen: usage.is_some_and(|usage| usage.frozen.is_some()),
        used: usage.map(|usage| usage.by_rule.clone()).unwrap_or_default(),
    };
    let occasion = Occasion {
        at: Some(at.unwrap_or(now)),
        from: arguments.from,
        house: &read.ground.house,
    };
    let grounds = Grounds {
        scope: &read.ground.scope,
        rules: &read.ground.rules,
        auditors: &read.ground.auditors,
        protection: &read.ground.protection,
        // The proof reads the whole domain: a command of its own.
        rights: &LeastPrivilege::Proven { at: now },
        done: &done,
        occasion,
        now,
    };
    let explained = explain(&read.operator, &read.account, &grounds);
    let found = Explanation::new(&read, &grounds, &explained);
    print(&if arguments.json {
        found.json()?
    } else {
        text::text(&found, zone)
    })?;
    Ok(Verdict::Well)
}

async fn read(
    directory: &Directory,
    settings: &Settings,
    arguments: &Arguments,
    now: Timestamp,
) -> anyhow::Result<Read> {
    let ground = directory.ground(&settings.written_rules()).await?;
    let operator = operator(directory, &arguments.operator).await?;
    let account = account(directory, &ground, &arguments.target).await?;
    let mut notes = vec![
        "whether the service account holds its rights, and no others, is told by keyward delegation verify".to_owned(),
    ];
    let usage = usage(settings, &operator, &account, now).await;
    let usage = usage
        .inspect_err(|error| {
            notes.push(format!(
                "limits and whether the operator is frozen were not looked at: {error:#}"
            ));
        })
        .ok();
    let again = settings.limits.again_after();
    let ago = usage.as_ref().and_then(|usage| usage.target_reset_ago);
    if again.zip(ago).is_some_and(|(within, ago)| ago < within) {
        notes.push(
            "this person's password was reset a short while ago: once more needs a reason"
                .to_owned(),
        );
    }
    Ok(Read {
        operator,
        account,
        ground,
        usage,
        notes,
    })
}

async fn operator(directory: &Directory, name: &str) -> anyhow::Result<Operator> {
    let nobody = || format!("OPERATOR: nobody signs in as {name}, or several people do");
    let parsed: SignInName = name.parse().with_context(nobody)?;
    let found = directory.resolve_sign_in(&parsed).await?;
    found.with_context(nobody)
}

/// Below the OU as a page reads it; else anywhere in the domain, to say that it is outside.
async fn account(directory: &Directory, ground: &Ground, name: &str) -> anyhow::Result<Account> {
    let nobody = || format!("TARGET: there is no account {name}, or there are several");
    let guid = directory.find_account_guid(name).await?;
    let guid = guid.with_context(nobody)?;
    let head = directory.domain_facts().await?.head.clone();
    let mut found = None;
    for base in [&ground.scope, &head] {
        found = match directory.account(std::slice::from_ref(base), guid).await {
            Err(DirectoryError::NotFound { .. }) if *base == head => None,
            read => read?,
        };
        if found.is_some() {
            break;
        }
    }
    let account = found.with_context(nobody)?;
    if ground.asks_for_lines() {
        return Ok(directory.with_line(account).await?);
    }
    Ok(account)
}

/// What the store knows of the operator; nothing before the service has run for the first time.
async fn usage(
    settings: &Settings,
    operator: &Operator,
    account: &Account,
    now: Timestamp,
) -> anyhow::Result<OperatorUsage> {
    let database = settings.store.url.path();
    let place = || format!("the store {}", database.display());
    if !database.try_exists().with_context(place)? {
        return Ok(OperatorUsage::default());
    }
    let reader = AuditReader::open(database).await.with_context(place)?;
    let usage = reader.usage(&operator.sid, Some(account.guid), now).await;
    usage.with_context(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_without_an_offset_is_one_of_the_house() {
        let vienna = TimeZone::get("Europe/Vienna").unwrap();
        for (text, expected) in [
            ("2026-03-02T22:30", "2026-03-02T21:30:00Z"),
            ("2026-07-02 22:30:15", "2026-07-02T20:30:15Z"),
            ("2026-03-02T22:30:00Z", "2026-03-02T22:30:00Z"),
            ("2026-03-02T22:30:00-05:00", "2026-03-03T03:30:00Z"),
        ] {
            let time = at(text).unwrap().time(&vienna).unwrap();
            assert_eq!(time.to_string(), expected, "{text}");
        }
        assert!(at("yesterday").is_err() && at("25:00").is_err());
    }
}
