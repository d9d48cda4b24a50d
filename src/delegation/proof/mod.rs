//! The proof: what the service account may do, compared with what it needs and with what a newly
//! made user may do.
//!
//! [`prove`] reads; everything else is free of input and output: `comparison` is fed object by
//! object, `weigh` weighs one descriptor, `origins` and `lacks` gather what is wrong by its cause,
//! `excess`, `membership`, `account` and `missing` put it into findings.

mod account;
mod comparison;
mod excess;
pub mod finding;
mod lacks;
mod leaves;
mod membership;
mod missing;
mod named;
mod origins;
mod parties;
mod privileged;
mod weigh;
mod words;

pub use finding::{Cause, Excess, Finding, GroupRight, Missing, Note, What};

use super::needs::Needs;
use crate::directory::{Directory, DirectoryError};
use crate::domain::account::ProtectedGroups;
use crate::domain::identity::Dn;
use crate::domain::text::counted;
use comparison::Comparison;
use jiff::Timestamp;
use std::collections::HashSet;

/// Findings that are listed; more are counted.
const MOST_FINDINGS: usize = 1_000;

/// What the proof found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// When it was begun.
    pub at: Timestamp,
    /// What is missing and what is too much; empty: exactly the needed rights.
    pub findings: Vec<Finding>,
    /// Findings that are not listed, because there are too many.
    pub more: u64,
    /// What an administrator should know without anything being wrong.
    pub notes: Vec<Note>,
    /// Objects looked at.
    pub objects: u64,
    /// Users below the targets.
    pub people: u64,
}

impl Proof {
    /// The findings of rights too many.
    pub fn excess(&self) -> impl Iterator<Item = &Finding> {
        let is_excess = |finding: &&Finding| matches!(finding.what, What::Excess(_));
        self.findings.iter().filter(is_excess)
    }
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Objects looked at so far.
    pub objects: u64,
    /// About how many there are, where that is known.
    pub of: Option<u64>,
}

impl Proof {
    /// Whether the account has exactly the needed rights.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    /// The findings of needed rights that are missing.
    pub fn missing(&self) -> impl Iterator<Item = &Finding> {
        let is_missing = |finding: &&Finding| matches!(finding.what, What::Missing(_));
        self.findings.iter().filter(is_missing)
    }
}

/// Reads the whole directory as the service account and compares. Memory does not grow with the directory.
///
/// # Errors
/// [`DirectoryError`]: there is no proof then, neither good nor bad.
pub async fn prove(
    directory: &Directory,
    needs: &Needs,
    at: Timestamp,
    mut progress: impl FnMut(Progress),
) -> Result<Proof, DirectoryError> {
    let token = directory.service_token().await?;
    let schema = directory.schema().await?;
    let heads = directory.naming_contexts().await?;
    let domain = token.account.sid.domain();
    let mut comparison = Comparison::new(needs.clone(), token, schema, heads.clone());
    for head in &heads {
        let before = comparison.objects;
        let mut survey = directory.survey(head);
        while let Some(page) = survey.next().await? {
            for object in page {
                comparison.look_at(object);
            }
            progress(Progress {
                objects: comparison.objects,
                of: survey.estimate().map(|more| before.saturating_add(more)),
            });
        }
    }
    let groups = domain.map(|domain| ProtectedGroups::of_domain(&domain));
    let mut protected = HashSet::new();
    for guarded in comparison.doubtful() {
        let account = match guarded.guid {
            Some(guid) => directory.account(&needs.targets, guid).await?,
            None => None,
        };
        // Who is gone meanwhile, or may not be looked at, counts as guarded: Keyward does not act there.
        let guards = account.is_none_or(|account| {
            let mut all = account.all_groups();
            all.any(|group| {
                groups
                    .as_ref()
                    .is_some_and(|groups| groups.contains(&group))
            })
        });
        if guards {
            protected.insert(guarded.dn.clone());
        }
    }
    Ok(conclude(comparison, &protected, at))
}

/// Puts what was found into findings. `protected`: those of [`Comparison::doubtful`] that are in a protected group.
fn conclude(mut comparison: Comparison, protected: &HashSet<Dn>, at: Timestamp) -> Proof {
    comparison.complete();
    let mut findings = account::account(&comparison.parties.token.account);
    let (excess, more_excess) = excess::excesses(&mut comparison);
    findings.extend(excess);
    let (missing, mut notes, more_missing) = missing::missing(&mut comparison, protected);
    findings.extend(missing);
    let over = findings.len().saturating_sub(MOST_FINDINGS);
    findings.truncate(MOST_FINDINGS);
    notes.extend(other_people(&comparison));
    notes.extend(unreadable(&comparison));
    Proof {
        at,
        more: more_excess + more_missing + u64::try_from(over).unwrap_or(u64::MAX),
        findings,
        notes,
        objects: comparison.objects,
        people: comparison.people,
    }
}

fn other_people(comparison: &Comparison) -> Option<Note> {
    let people = &comparison.other_people;
    (!people.is_nothing()).then(|| Note {
        sentence: format!(
            "{} of class inetOrgPerson below the targets, such as {}, cannot be helped: such accounts do not take over rules for users. Rules for their class would be no excess.",
            counted(people.objects, "account", "accounts"),
            people.examples.first().map_or("", String::as_str)
        ),
    })
}

fn unreadable(comparison: &Comparison) -> Option<Note> {
    let unreadable = &comparison.unreadable;
    let within = &comparison.unreadable_within;
    if unreadable.is_nothing() {
        return None;
    }
    let people = match within.objects {
        0 => String::new(),
        within => format!(
            " {within} of them are at or below a target: whether the needed rights are there cannot be seen either."
        ),
    };
    Some(Note {
        sentence: format!(
            "The access rules of {} may not be read: a right too many there would not be seen.{people} Among them: {}.",
            counted(unreadable.objects, "object", "objects"),
            unreadable.examples.join("; ")
        ),
    })
}

#[cfg(test)]
mod tests;
