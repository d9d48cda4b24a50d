//! The one decision: may this operator do this to that account now? A [`Permit`] or a [`Refusal`]; and for those who
//! ask why, what each rule said.

use super::account::{Account, Protection, ProtectionContext, protection};
use super::identity::{Dn, ObjectGuid, Sid};
use super::least_privilege::LeastPrivilege;
use super::limits::{Reached, Usage, WhenReached};
use super::operator::{Operator, OutOfAction};
use super::preflight::{Obstacle, obstacle};
use super::rules::{
    AUDITORS, Action, ByRules, Occasion, Question, Rank, Rule, Subject, WhyNot, choose, holds,
    judge, rank,
};
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Proof that `action` on `target` was allowed to `operator`. Only [`authorize`] makes one; every write takes one, by value: one use.
#[derive(Debug)]
pub struct Permit {
    target: ObjectGuid,
    action: Action,
    operator: Sid,
    rule: Arc<Rule>,
}

impl Permit {
    /// The account that may be written.
    pub fn target(&self) -> ObjectGuid {
        self.target
    }

    /// What may be done.
    pub fn action(&self) -> Action {
        self.action
    }

    /// Who asked.
    pub fn operator(&self) -> &Sid {
        &self.operator
    }

    /// The rule that decided.
    pub fn rule(&self) -> &Arc<Rule> {
        &self.rule
    }
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No longer (or never) member of a rule's group.
    NotAnOperator,
    /// The operator's own account is out of action.
    OperatorOutOfAction(OutOfAction),
    /// The operator is stopped until an administrator lifts it.
    Frozen,
    /// The service account may do more than it needs, so nothing is done with it.
    ExcessRights,
    /// Nobody can say yet whether the service account may do more than it needs.
    RightsNotProven,
    /// No rule shows the target to the operator: treated as not there.
    OutOfScope,
    /// The target is protected.
    Protected(Protection),
    /// A rule denies it, or none allows it, now, from here, or once more.
    ByRules(ByRules),
    /// The action would not help: unlock of an account that is not locked, reset of a disabled one …
    WouldNotHelp(Obstacle),
}

/// What a decision stands on, apart from operator and account.
#[derive(Debug, Clone, Copy)]
pub struct Grounds<'a> {
    /// Every rule stays below it.
    pub scope: &'a Dn,
    /// Who may do what to whom, in any order.
    pub rules: &'a [Arc<Rule>],
    /// Who reads the audit log.
    pub auditors: &'a HashSet<Sid>,
    /// Who is never touched.
    pub protection: &'a ProtectionContext,
    /// What the last proof said of the service account.
    pub rights: &'a LeastPrivilege,
    /// What the operator did already.
    pub done: &'a Done,
    /// When and from where the operator asks, for the rules.
    pub occasion: Occasion<'a>,
    /// The time of the decision.
    pub now: Timestamp,
}

/// What an operator did already.
#[derive(Debug, Clone, Default)]
pub struct Done {
    /// Stopped until an administrator lifts it.
    pub frozen: bool,
    /// By each rule, by its name.
    pub used: HashMap<String, Usage>,
}

/// Decides.
///
/// # Errors
/// The first [`Refusal`] that applies, in the order of its variants.
pub fn authorize(
    action: Action,
    operator: &Operator,
    account: &Account,
    grounds: &Grounds<'_>,
) -> Result<Permit, Refusal> {
    let rule = decide(action, operator, account, grounds)?;
    Ok(Permit {
        target: account.guid,
        action,
        operator: operator.sid.clone(),
        rule: Arc::clone(rule),
    })
}

/// The decision without a permit: the rule that decides.
///
/// # Errors
/// As [`authorize`].
pub fn decide<'a>(
    action: Action,
    operator: &Operator,
    account: &Account,
    grounds: &Grounds<'a>,
) -> Result<&'a Arc<Rule>, Refusal> {
    let rule = allowed_by(action, operator, account, grounds)?;
    match obstacle(action, account, grounds.now) {
        Some(reason) => Err(Refusal::WouldNotHelp(reason)),
        None => Ok(rule),
    }
}

/// The rule that decides, whether or not the action would help.
///
/// # Errors
/// As [`authorize`], but for [`Refusal::WouldNotHelp`].
pub fn allowed_by<'a>(
    action: Action,
    operator: &Operator,
    account: &Account,
    grounds: &Grounds<'a>,
) -> Result<&'a Arc<Rule>, Refusal> {
    may_ask(operator, grounds)?;
    if action != Action::View
        && let Some(reason) = of_rights(grounds.rights)
    {
        return Err(reason);
    }
    let primary = account.primary_sid();
    let subject = account.subject(primary.as_ref());
    let seen = may_see(operator, subject, grounds)?;
    if action == Action::View {
        return Ok(seen);
    }
    let rank = rank(&subject, operator, grounds.rules, grounds.auditors);
    let question = question(action, operator, subject, grounds);
    // Rules that reach people of this rank; without one among all that reach the account, it is protected.
    let reaches_rank = |rule: &Rule| reaches(rule, &rank);
    let by_rank = match &rank {
        Rank::NotBelow(names) if !reached_by_name(&question, grounds, reaches_rank) => {
            Some(of_rank(names))
        }
        Rank::NotBelow(_) | Rank::Below => None,
    };
    if let Some(reason) = protection(account, operator, grounds.protection, by_rank) {
        return Err(Refusal::Protected(reason));
    }
    choose(grounds.rules, &question, reaches_rank).map_err(Refusal::ByRules)
}

/// Whether a rule shows this row of a search, or this account, to the operator.
///
/// # Errors
/// [`Refusal::OutOfScope`], or a rule would at another time or from elsewhere.
pub fn may_see<'a>(
    operator: &Operator,
    subject: Subject<'_>,
    grounds: &Grounds<'a>,
) -> Result<&'a Arc<Rule>, Refusal> {
    if !subject.dn.is_below(grounds.scope) {
        return Err(Refusal::OutOfScope);
    }
    let question = question(Action::View, operator, subject, grounds);
    choose(grounds.rules, &question, |_| true).map_err(|why| match why {
        ByRules::OutsideHours | ByRules::OtherNetwork => Refusal::ByRules(why),
        ByRules::Denied | ByRules::NoneAllows | ByRules::Limit(_) => Refusal::OutOfScope,
    })
}

/// Whether this person may ask for anything at all.
///
/// # Errors
/// Not an operator, out of action, or frozen.
pub fn may_ask(operator: &Operator, grounds: &Grounds<'_>) -> Result<(), Refusal> {
    if !is_operator(operator, grounds.rules) {
        return Err(Refusal::NotAnOperator);
    }
    if let Some(reason) = operator.out_of_action(grounds.now) {
        return Err(Refusal::OperatorOutOfAction(reason));
    }
    if grounds.done.frozen {
        return Err(Refusal::Frozen);
    }
    Ok(())
}

/// Whether any rule about this operator holds now and from here.
///
/// # Errors
/// None does: not at this hour, or not from here.
pub fn in_force(operator: &Operator, grounds: &Grounds<'_>) -> Result<(), ByRules> {
    let rules = grounds
        .rules
        .iter()
        .filter(|rule| rule.allows() && rule.is_about(operator));
    let found: Vec<Result<(), ByRules>> = rules.map(|rule| holds(rule, grounds.occasion)).collect();
    match found.iter().find_map(|one| one.err()) {
        Some(why) if found.iter().all(Result::is_err) => Err(why),
        _ => Ok(()),
    }
}

/// The rule that would allow a reset if its limit were not reached, where that freezes the operator.
pub fn limit_that_freezes<'a>(
    operator: &Operator,
    account: &Account,
    grounds: &Grounds<'a>,
) -> Option<(&'a Arc<Rule>, Reached)> {
    let primary = account.primary_sid();
    let subject = account.subject(primary.as_ref());
    let question = question(Action::ResetPassword, operator, subject, grounds);
    let rank = rank(&subject, operator, grounds.rules, grounds.auditors);
    let freezes =
        |rule: &&Arc<Rule>| rule.limits.when_reached == WhenReached::Freeze && reaches(rule, &rank);
    let mut rules = grounds.rules.iter().filter(freezes);
    rules.find_map(|rule| match judge(rule, &question) {
        Err(WhyNot::Limit(reached)) => Some((rule, reached)),
        _ => None,
    })
}

/// The rule that denies an action, or the look at the account; of several the first by name.
pub fn denied_by<'a>(
    action: Action,
    operator: &Operator,
    account: &Account,
    grounds: &Grounds<'a>,
) -> Option<&'a Arc<Rule>> {
    let primary = account.primary_sid();
    let subject = account.subject(primary.as_ref());
    let denies = |rule: &&Arc<Rule>| {
        let matches = |action| judge(rule, &question(action, operator, subject, grounds)).is_ok();
        !rule.allows() && (matches(action) || matches(Action::View))
    };
    let rules = grounds.rules.iter().filter(denies);
    rules.min_by(|one, next| one.name.cmp(&next.name))
}

/// What is decided of one action, and what each rule said.
#[derive(Debug, Clone)]
pub struct Explained {
    /// Of which action.
    pub action: Action,
    /// The rule that decides, or why none does.
    pub decision: Result<Arc<Rule>, Refusal>,
    /// Each rule, in the order in which they are written: whether it matches, or why not.
    pub rules: Vec<(Arc<Rule>, Result<(), WhyNot>)>,
}

/// Why each action is allowed or not: the same decision, and what it was made from.
pub fn explain(operator: &Operator, account: &Account, grounds: &Grounds<'_>) -> Vec<Explained> {
    let primary = account.primary_sid();
    let subject = account.subject(primary.as_ref());
    let explained = |action| {
        let question = question(action, operator, subject, grounds);
        let judged = |rule: &Arc<Rule>| (Arc::clone(rule), judge(rule, &question));
        Explained {
            action,
            decision: decided_openly(action, operator, account, grounds),
            rules: grounds.rules.iter().map(judged).collect(),
        }
    };
    Action::ALL.into_iter().map(explained).collect()
}

/// The decision as those may know it who ask for others: that a rule denies even the look, where the operator is told of
/// nobody.
///
/// # Errors
/// As [`authorize`], but for a look that a rule denies: [`ByRules::Denied`].
pub fn decided_openly(
    action: Action,
    operator: &Operator,
    account: &Account,
    grounds: &Grounds<'_>,
) -> Result<Arc<Rule>, Refusal> {
    match decide(action, operator, account, grounds) {
        Err(Refusal::OutOfScope) if denied_by(action, operator, account, grounds).is_some() => {
            Err(Refusal::ByRules(ByRules::Denied))
        }
        decision => decision.cloned(),
    }
}

/// Why the service account's rights forbid every change; `None`: they do not.
pub fn of_rights(rights: &LeastPrivilege) -> Option<Refusal> {
    match rights {
        LeastPrivilege::Proven { .. } | LeastPrivilege::ExcessAllowed(_) => None,
        LeastPrivilege::Excess(_) => Some(Refusal::ExcessRights),
        LeastPrivilege::NotProvenYet => Some(Refusal::RightsNotProven),
    }
}

/// Whether this person is an operator at all (member of any group of a rule that allows).
pub fn is_operator(operator: &Operator, rules: &[Arc<Rule>]) -> bool {
    let mut allowing = rules.iter().filter(|rule| rule.allows());
    allowing.any(|rule| rule.is_about(operator))
}

fn question<'q>(
    action: Action,
    operator: &'q Operator,
    subject: Subject<'q>,
    grounds: &Grounds<'q>,
) -> Question<'q> {
    Question {
        action,
        operator,
        subject,
        occasion: grounds.occasion,
        used: &grounds.done.used,
    }
}

/// Whether a rule that reaches the account names all that make it somebody of this rank, whatever the hour.
fn reached_by_name(
    question: &Question<'_>,
    grounds: &Grounds<'_>,
    reaches_rank: impl Fn(&Rule) -> bool,
) -> bool {
    let mut rules = grounds.rules.iter().filter(|rule| rule.allows());
    rules.any(|rule| {
        let whenever = matches!(
            judge(rule, question),
            Ok(()) | Err(WhyNot::Hours | WhyNot::Networks | WhyNot::Limit(_))
        );
        reaches_rank(rule) && whenever
    })
}

/// Whether a rule reaches people of this rank.
fn reaches(rule: &Rule, rank: &Rank) -> bool {
    match rank {
        Rank::Below => true,
        Rank::NotBelow(names) => names
            .iter()
            .all(|name| rule.also_operators_of.contains(name)),
    }
}

fn of_rank(names: &[String]) -> Protection {
    if names.iter().all(|name| name == AUDITORS) {
        Protection::Auditor
    } else {
        Protection::Operator
    }
}

#[cfg(test)]
mod tests;
