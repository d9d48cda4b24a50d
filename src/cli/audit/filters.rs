//! The filters of `keyward audit list`. They mean what the filters of the page in the browser mean.

use std::convert::Infallible;

use anyhow::Context as _;
use clap::builder::{NonEmptyStringValueParser, PossibleValuesParser, TypedValueParser as _};

use super::range::Log;
use crate::cli::output::warn;
use crate::domain::audit::{Actions, AuditResult, AuditSearch, Who};
use crate::domain::identity::ObjectGuid;
use crate::domain::moment::Moment;
use crate::domain::time::Clock;

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Filters")]
pub(super) struct Filters {
    /// What was written since: 2026-03-01, 2026-03-01T14:30:00Z, or how long ago: 90m, 2h, 7d, 4w
    #[arg(long, value_name = "WHEN")]
    since: Option<Moment>,
    /// What was written until: as above, a day to its end
    #[arg(long, value_name = "WHEN")]
    until: Option<Moment>,
    /// What this operator did, by account name or SID
    #[arg(long, value_name = "WHO", value_parser = |text: &str| Ok::<_, Infallible>(Who::of(text)))]
    operator: Option<Who>,
    /// What was done to this person, by account name or GUID
    #[arg(long, value_name = "WHOM", value_parser = |text: &str| Ok::<_, Infallible>(Whom::of(text)))]
    target: Option<Whom>,
    #[arg(long, value_parser = actions(), help = "What was done; not_sign_in is all but sign-ins")]
    action: Option<Actions>,
    /// How it ended
    #[arg(long, value_parser = results())]
    result: Option<AuditResult>,
    #[arg(long, value_parser = code, help = "Why it was not done, as the record's word: wrong_password")]
    code: Option<String>,
    /// What this rule decided
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    rule: Option<String>,
}

/// A person, as somebody may write one.
#[derive(Debug, Clone)]
enum Whom {
    Guid(ObjectGuid),
    Name(String),
}

/// A text that is no word for a cause.
#[derive(Debug, thiserror::Error)]
#[error("expected the word that the record has, in small letters, such as wrong_password")]
struct NoCode;

impl Filters {
    /// What is asked for; `None`: it is about somebody of whom the log knows nothing, which is said.
    ///
    /// # Errors
    /// It makes no sense, or the store cannot be read.
    pub(super) async fn search(&self, log: &Log) -> anyhow::Result<Option<AuditSearch>> {
        let (zone, now) = (&log.settings.web.time_zone, Clock::system().now());
        let from = self.since.map(|since| since.begins(zone, now));
        let to = self.until.map(|until| until.ends(zone, now));
        if let (Some(from), Some(to)) = (from, to) {
            anyhow::ensure!(
                from < to,
                "--since is {from:.0}, and --until is not after that: {to:.0}"
            );
        }
        let operator = match &self.operator {
            Some(Who::Name(name)) => match self.sid(log, name).await? {
                Some(who) => Some(who),
                None => return Ok(None),
            },
            other => other.clone(),
        };
        let target = match &self.target {
            Some(Whom::Name(name)) => match self.guid(log, name).await? {
                Some(guid) => Some(guid),
                None => return Ok(None),
            },
            Some(Whom::Guid(guid)) => Some(*guid),
            None => None,
        };
        Ok(Some(AuditSearch {
            text: None,
            action: self.action,
            result: self.result,
            code: self.code.clone(),
            rule: self.rule.clone(),
            operator,
            target,
            from,
            to,
        }))
    }

    async fn sid(&self, log: &Log, name: &str) -> anyhow::Result<Option<Who>> {
        let sid = log.reader.operator_named(name).await;
        let sid = sid.with_context(|| log.place.clone())?;
        if sid.is_none() {
            warn(&format!(
                "--operator {name}: nobody of this account name did anything in this log"
            ));
        }
        Ok(sid.map(Who::Sid))
    }

    async fn guid(&self, log: &Log, name: &str) -> anyhow::Result<Option<ObjectGuid>> {
        let guids = log.reader.targets_named(name).await;
        match guids.with_context(|| log.place.clone())?.as_slice() {
            [] => {
                warn(&format!(
                    "--target {name}: nothing was done to anybody of this account name in this log"
                ));
                Ok(None)
            }
            [guid] => Ok(Some(*guid)),
            several => {
                let guids: Vec<String> = several.iter().map(ToString::to_string).collect();
                anyhow::bail!(
                    "--target {name}: that was the name of several accounts; give one of {}",
                    guids.join(", ")
                )
            }
        }
    }
}

impl Whom {
    fn of(text: &str) -> Self {
        text.parse()
            .map_or_else(|_| Self::Name(text.to_owned()), Self::Guid)
    }
}

fn actions() -> impl clap::builder::TypedValueParser<Value = Actions> {
    PossibleValuesParser::new(Actions::all().map(Actions::word))
        .try_map(|word| Actions::from_word(&word).ok_or(NoCode))
}

fn results() -> impl clap::builder::TypedValueParser<Value = AuditResult> {
    PossibleValuesParser::new(AuditResult::ALL.iter().map(|it| it.word()))
        .try_map(|word| AuditResult::from_word(&word).ok_or(NoCode))
}

fn code(text: &str) -> Result<String, NoCode> {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if text.is_empty() || !text.chars().all(is_word) {
        return Err(NoCode);
    }
    Ok(text.to_owned())
}
