//! An explanation as a document: what it holds, and its JSON form (`docs/rules.md`).

use std::net::IpAddr;

use serde::Serialize;

use super::Read;
use crate::actions::codes;
use crate::domain::authorize::{Explained, Grounds, Refusal, is_operator};
use crate::domain::limits::{FrozenBy, Limits, Usage, WhenReached};
use crate::domain::rules::{AUDITORS, Action, MustChange, PasswordKind, Rule, WhyNot};
use crate::web::words;

/// The shape of the document.
const VERSION: u32 = 1;

/// What one operator may do to one person, and why.
#[derive(Debug, Serialize)]
pub(super) struct Explanation {
    version: u32,
    /// The moment that is asked about, RFC 3339.
    pub(super) at: String,
    /// From where; left out: from wherever a rule wants it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) from: Option<IpAddr>,
    pub(super) operator: Who,
    pub(super) target: Whom,
    /// Whether the store could be read.
    pub(super) limits_known: bool,
    /// `view`, `reset`, `unlock`.
    pub(super) actions: Vec<Decided>,
    /// As they are written.
    pub(super) rules: Vec<Said>,
    pub(super) notes: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Who {
    pub(super) sid: String,
    pub(super) account: String,
    pub(super) name: String,
    pub(super) dn: String,
    /// In a group of a rule that allows.
    pub(super) is_operator: bool,
    /// Why they cannot act, in the word of the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) out_of_action: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) frozen: Option<Stopped>,
}

#[derive(Debug, Serialize)]
pub(super) struct Stopped {
    pub(super) since: String,
    /// `command`, or the limit.
    pub(super) by: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rule: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Whom {
    pub(super) guid: String,
    pub(super) sid: String,
    pub(super) account: String,
    pub(super) name: String,
    pub(super) dn: String,
    pub(super) below_user_ou: bool,
    /// The rules that make the person an operator too, and `auditors`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) operator_by: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Decided {
    pub(super) action: &'static str,
    #[serde(skip)]
    pub(super) heading: &'static str,
    pub(super) allowed: bool,
    /// The rule that decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rule: Option<String>,
    /// What it asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) asks: Option<Asks>,
    #[serde(flatten)]
    pub(super) refused: Option<Refused>,
}

#[derive(Debug, Serialize)]
pub(super) struct Refused {
    /// The word of the record.
    pub(super) reason: &'static str,
    /// The code of the page.
    pub(super) code: &'static str,
    /// What the page says to the operator.
    pub(super) because: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct Asks {
    pub(super) reason_required: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason_pattern: Option<String>,
    #[serde(flatten)]
    pub(super) reset: Option<AsksOfReset>,
}

#[derive(Debug, Serialize)]
pub(super) struct AsksOfReset {
    pub(super) must_change: &'static str,
    pub(super) password: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) limits: Option<LimitsOf>,
}

/// The limits of the rule, and what the operator did by it.
#[derive(Debug, Serialize)]
pub(super) struct LimitsOf {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) resets_per_hour: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) resets_per_day: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) people_per_day: Option<u32>,
    pub(super) when_reached: &'static str,
    pub(super) resets_last_hour: u32,
    pub(super) resets_last_day: u32,
    pub(super) people_last_day: u32,
}

#[derive(Debug, Serialize)]
pub(super) struct Said {
    pub(super) rule: String,
    pub(super) effect: &'static str,
    /// Of each action, in the order of the decisions.
    pub(super) actions: Vec<Judged>,
}

#[derive(Debug, Serialize)]
pub(super) struct Judged {
    pub(super) action: &'static str,
    pub(super) matches: bool,
    /// Why not, in a word: `operators`, `action`, `targets`, `except`, `hours`, `networks`, or a limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) why_not: Option<&'static str>,
    /// The same in a few words.
    pub(super) says: &'static str,
}

impl Explanation {
    pub(super) fn new(read: &Read, grounds: &Grounds<'_>, explained: &[Explained]) -> Self {
        let at = grounds.occasion.at.unwrap_or(grounds.now);
        let decided = explained.iter().map(|one| {
            let used = |rule: &Rule| grounds.done.used.get(&rule.name).copied();
            Decided::of(one, used)
        });
        Self {
            version: VERSION,
            at: format!("{at:.0}"),
            from: grounds.occasion.from,
            operator: Who::of(read, grounds),
            target: Whom::of(read, grounds),
            limits_known: read.usage.is_some(),
            actions: decided.collect(),
            rules: said(explained),
            notes: read.notes.clone(),
        }
    }

    /// One JSON document, with a line feed at its end.
    pub(super) fn json(&self) -> anyhow::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

impl Who {
    fn of(read: &Read, grounds: &Grounds<'_>) -> Self {
        let Read {
            operator, usage, ..
        } = read;
        let frozen = usage.as_ref().and_then(|usage| usage.frozen.as_ref());
        Self {
            sid: operator.sid.to_string(),
            account: operator.sam.clone(),
            name: operator.name.clone(),
            dn: operator.dn.as_str().to_owned(),
            is_operator: is_operator(operator, grounds.rules),
            out_of_action: operator
                .out_of_action(grounds.now)
                .map(codes::of_out_of_action),
            frozen: frozen.map(|frozen| {
                let (rule, reason) = match &frozen.by {
                    FrozenBy::Command { reason } => (None, reason.clone()),
                    FrozenBy::Limit { rule, .. } => (Some(rule.clone()), None),
                };
                Stopped {
                    since: format!("{:.0}", frozen.since),
                    by: frozen.by.word(),
                    rule,
                    reason,
                }
            }),
        }
    }
}

impl Whom {
    fn of(read: &Read, grounds: &Grounds<'_>) -> Self {
        let account = &read.account;
        let primary = account.primary_sid();
        let subject = account.subject(primary.as_ref());
        let rules = grounds.rules.iter().filter(|rule| rule.allows());
        let about = rules
            .filter(|rule| rule.operators.iter().any(|group| subject.is_in(group)))
            .map(|rule| rule.name.clone());
        let mut operator_by: Vec<String> = about.collect();
        if grounds.auditors.iter().any(|group| subject.is_in(group)) {
            operator_by.push(AUDITORS.to_owned());
        }
        Self {
            guid: account.guid.to_string(),
            sid: account.sid.to_string(),
            account: account.sam.clone(),
            name: account.name.clone(),
            dn: account.dn.as_str().to_owned(),
            below_user_ou: account.dn.is_below(grounds.scope),
            operator_by,
        }
    }
}

impl Decided {
    fn of(explained: &Explained, used: impl Fn(&Rule) -> Option<Usage>) -> Self {
        let action = explained.action;
        let (rule, refused) = match &explained.decision {
            Ok(rule) => (Some(rule), None),
            Err(refusal) => (None, Some(Refused::of(*refusal))),
        };
        Self {
            action: action.word(),
            heading: words::action(action),
            allowed: rule.is_some(),
            rule: rule.map(|rule| rule.name.clone()),
            asks: rule
                .filter(|_| action != Action::View)
                .map(|rule| Asks::of(action, rule, used(rule).unwrap_or_default())),
            refused,
        }
    }
}

impl Refused {
    fn of(refusal: Refusal) -> Self {
        let (because, code) = words::refused(refusal);
        Self {
            reason: codes::of_refusal(refusal),
            code: code.as_str(),
            because,
        }
    }
}

impl Asks {
    fn of(action: Action, rule: &Rule, used: Usage) -> Self {
        let terms = &rule.terms;
        let limits = (!rule.limits.is_none()).then(|| LimitsOf::of(&rule.limits, used));
        Self {
            reason_required: terms.reason.required,
            reason_pattern: terms
                .reason
                .pattern
                .as_ref()
                .map(|pattern| pattern.as_str().to_owned()),
            reset: (action == Action::ResetPassword).then_some(AsksOfReset {
                must_change: match terms.must_change {
                    MustChange::Default => "default",
                    MustChange::Never => "never",
                    MustChange::Always => "always",
                },
                password: match terms.password {
                    PasswordKind::Generated => "generated",
                    PasswordKind::Typed => "typed",
                    PasswordKind::Fixed => "fixed",
                },
                limits,
            }),
        }
    }
}

impl LimitsOf {
    fn of(limits: &Limits, used: Usage) -> Self {
        Self {
            resets_per_hour: limits.resets_per_hour.map(u32::from),
            resets_per_day: limits.resets_per_day.map(u32::from),
            people_per_day: limits.people_per_day.map(u32::from),
            when_reached: match limits.when_reached {
                WhenReached::Refuse => "refuse",
                WhenReached::Freeze => "freeze",
            },
            resets_last_hour: used.hour,
            resets_last_day: used.day,
            people_last_day: used.people,
        }
    }
}

/// Each rule with what it says of each action.
fn said(explained: &[Explained]) -> Vec<Said> {
    let first = explained.first().map(|one| one.rules.as_slice());
    let rules = first.unwrap_or_default().iter().enumerate();
    let said = rules.map(|(at, (rule, _))| Said {
        rule: rule.name.clone(),
        effect: rule.effect.word(),
        actions: explained
            .iter()
            .filter_map(|one| {
                let (_, outcome) = one.rules.get(at)?;
                Some(Judged {
                    action: one.action.word(),
                    matches: outcome.is_ok(),
                    why_not: outcome.err().map(why_not),
                    says: words::judged(*outcome),
                })
            })
            .collect(),
    });
    said.collect()
}

fn why_not(why: WhyNot) -> &'static str {
    match why {
        WhyNot::Operators => "operators",
        WhyNot::Action => "action",
        WhyNot::Targets => "targets",
        WhyNot::Except => "except",
        WhyNot::Hours => "hours",
        WhyNot::Networks => "networks",
        WhyNot::Limit(reached) => reached.word(),
    }
}
