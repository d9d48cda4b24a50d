//! Needed rights that are missing: one finding for each cause.

use super::comparison::{Comparison, Target};
use super::excess::whom;
use super::finding::{Cause, Finding, Missing, Note, What, id};
use super::lacks::{Guarded, Reach};
use super::origins::{Origin, Origins};
use super::words::listed;
use crate::delegation::change::Change;
use crate::delegation::needs::Right;
use crate::domain::identity::Dn;
use crate::domain::security_descriptor::AceFlags;
use crate::domain::text::counted;
use std::collections::{BTreeMap, HashSet};

/// What was found, and of how many no finding was made. `protected`: those of [`Comparison::doubtful`] that are in a protected group today.
pub(super) fn missing(
    comparison: &mut Comparison,
    protected: &HashSet<Dn>,
) -> (Vec<Finding>, Vec<Note>, u64) {
    let account = comparison.parties.token.account.sid.clone();
    let denied = std::mem::replace(&mut comparison.lacks.denied, Origins::new(&account));
    let (denied, left_out) = denied.resolve();
    let comparison = &*comparison;
    let lacks = &comparison.lacks;
    let mut causes = Causes::default();
    for target in &comparison.targets {
        of_target(comparison, target, &mut causes);
    }
    for (container, reach) in &lacks.absent {
        of_container(comparison, container, reach, &mut causes);
    }
    let mut notes = Vec::new();
    let (guarded, stale): (Vec<&Guarded>, Vec<&Guarded>) = lacks
        .guarded
        .iter()
        .partition(|guarded| protected.contains(&guarded.dn));
    notes.extend(of_protected(&guarded, lacks.more_guarded));
    let mut found = causes.into_findings(comparison);
    found.extend(
        lacks
            .blocked
            .iter()
            .map(|(at, reach)| blocked(comparison, at, reach)),
    );
    found.extend(stale.iter().map(|guarded| of_stale(comparison, guarded)));
    found.extend(denied.iter().map(|origin| of_denial(comparison, origin)));
    notes.extend(comparison.targets.iter().filter_map(empty));
    let more = lacks.more_blocked + left_out.values().sum::<u64>();
    (found, notes, more)
}

/// Causes that several containers share.
#[derive(Default)]
struct Causes(BTreeMap<(String, u8), (Dn, Cause, Reach)>);

impl Causes {
    fn add(&mut self, at: &Dn, cause: Cause, reach: Reach) {
        let kind = match cause {
            Cause::NotDelegated => 0,
            Cause::NotPassedOn => 1,
            _ => 2,
        };
        let key = (at.as_str().to_lowercase(), kind);
        let known = self.0.entry(key);
        let known = known.or_insert_with(|| (at.clone(), cause, Reach::default()));
        known.2.join(reach);
    }

    fn into_findings(self, comparison: &Comparison) -> Vec<Finding> {
        let causes = self.0.into_values();
        let findings = causes.map(|(at, cause, reach)| match cause {
            Cause::BlockedInheritance => blocked(comparison, &at, &reach),
            cause => not_given(comparison, &at, cause, &reach),
        });
        findings.collect()
    }
}

fn of_target(comparison: &Comparison, target: &Target, causes: &mut Causes) {
    if !target.seen {
        causes.add(&target.dn, Cause::NoSuchTarget, all_rights(comparison));
        return;
    }
    let needed = comparison.parties.needs.rights();
    let lacking = needed
        .into_iter()
        .filter(|right| !target.given.contains(right));
    let lacking: Vec<Right> = lacking.collect();
    if target.readable && !lacking.is_empty() {
        let reach = Reach {
            rights: lacking.into_iter().collect(),
            ..Reach::default()
        };
        causes.add(&target.dn, Cause::NotDelegated, reach);
    }
}

fn all_rights(comparison: &Comparison) -> Reach {
    Reach {
        rights: comparison.parties.needs.rights().into_iter().collect(),
        ..Reach::default()
    }
}

/// Accounts in this container have some rights by no rule: why?
fn of_container(comparison: &Comparison, container: &Dn, reach: &Reach, causes: &mut Causes) {
    let target = comparison.parties.target_of(container);
    let target = comparison
        .targets
        .iter()
        .find(|known| Some(&known.dn) == target);
    let Some(target) = target else {
        return;
    };
    let part = |rights: Vec<Right>| Reach {
        rights: rights.into_iter().collect(),
        ..reach.clone()
    };
    let rights = reach.rights.iter().copied();
    let (given, not_given): (Vec<Right>, Vec<Right>) =
        rights.partition(|right| target.given.contains(right));
    if !not_given.is_empty() {
        causes.add(&target.dn, Cause::NotDelegated, part(not_given));
    }
    if given.is_empty() {
        return;
    }
    if let Some(barrier) = comparison.lacks.barrier(container, &target.dn) {
        causes.add(barrier, Cause::BlockedInheritance, part(given));
    } else {
        causes.add(container, Cause::NotPassedOn, part(given));
    }
}

/// The rights in words: `“Reset Password”, reading and writing “pwdLastSet”`.
fn rights_in_words(rights: &[Right]) -> String {
    let words = rights.iter().map(|right| match right {
        Right::ResetPassword => "“Reset Password”".to_owned(),
        Right::PwdLastSet => "reading and writing “pwdLastSet”".to_owned(),
        Right::LockoutTime => "reading and writing “lockoutTime”".to_owned(),
    });
    listed(&words.collect::<Vec<_>>())
}

fn consequence(rights: &[Right]) -> String {
    let fails = rights.iter().map(|right| match right {
        Right::ResetPassword => "reset no password".to_owned(),
        Right::PwdLastSet => "force no change at the next sign-in".to_owned(),
        Right::LockoutTime => "unlock nobody".to_owned(),
    });
    format!("There Keyward can {}.", listed(&fails.collect::<Vec<_>>()))
}

fn not_given(comparison: &Comparison, at: &Dn, cause: Cause, reach: &Reach) -> Finding {
    let account = &comparison.parties.token.account;
    let rights: Vec<Right> = reach.rights.iter().copied().collect();
    let in_words = rights_in_words(&rights);
    let people = people(reach);
    let (sentence, origin, mend) = match cause {
        Cause::NoSuchTarget => (
            format!("{at}, which the settings name, is not there, or {} may not see it.", account.sam),
            "The settings name the organisational units whose people may be helped: correct the name, or make the unit.".to_owned(),
            Vec::new(),
        ),
        Cause::NotPassedOn => (
            format!("{in_words} is missing in {at}{people}."),
            "A rule further up gives it and nothing is in the way, but the accounts have not taken it over: they may have been moved, or the directory is still at it.".to_owned(),
            vec![Change::AddRules {
                object: at.clone(),
                whom: account.sam.clone(),
                rules: rights.iter().map(|right| right.rule(&account.sid)).collect(),
            }],
        ),
        _ => (
            format!("{} was not given {in_words} on {at}{people}.", account.sam),
            "No rule on it, or above it, gives this to the account for users below.".to_owned(),
            vec![Change::AddRules {
                object: at.clone(),
                whom: account.sam.clone(),
                rules: rights.iter().map(|right| right.rule(&account.sid)).collect(),
            }],
        ),
    };
    finding(at, cause, reach, sentence, origin, mend)
}

fn people(reach: &Reach) -> String {
    match reach.objects {
        0 => String::new(),
        objects => format!(
            ", for {}, such as {}",
            counted(objects, "account", "accounts"),
            reach.examples.first().map_or("", String::as_str)
        ),
    }
}

fn blocked(comparison: &Comparison, at: &Dn, reach: &Reach) -> Finding {
    let rights: Vec<Right> = reach.rights.iter().copied().collect();
    let sentence = if reach
        .examples
        .first()
        .is_some_and(|first| first == at.as_str())
    {
        format!(
            "{at} does not give {} to {}.",
            rights_in_words(&rights),
            comparison.parties.token.account.sam
        )
    } else {
        format!(
            "{} is missing below {at}{}.",
            rights_in_words(&rights),
            people(reach)
        )
    };
    let origin =
        "Inheritance is switched off on the object: it takes no rules over from above.".to_owned();
    let mend = vec![Change::AllowInheritance { object: at.clone() }];
    finding(at, Cause::BlockedInheritance, reach, sentence, origin, mend)
}

fn of_stale(comparison: &Comparison, guarded: &Guarded) -> Finding {
    let at = &guarded.dn;
    let reach = Reach::one(at.as_str(), &guarded.rights);
    let sentence = format!(
        "{at} does not give {} to {}.",
        rights_in_words(&guarded.rights),
        comparison.parties.token.account.sam
    );
    let origin = "The account was in a protected group once (adminCount is 1) and is not any more, but AD left it the rules of AdminSDHolder, without those from above.".to_owned();
    let mut mend = Vec::new();
    if guarded.blocks {
        mend.push(Change::AllowInheritance { object: at.clone() });
    }
    mend.push(Change::RemoveValues {
        object: at.clone(),
        attribute: "adminCount",
        values: Vec::new(),
    });
    finding(at, Cause::AdminSdHolder, &reach, sentence, origin, mend)
}

fn of_denial(comparison: &Comparison, origin: &Origin) -> Finding {
    let rule = &origin.rule;
    let at = &origin.object;
    let name = whom(comparison, &rule.trustee);
    let rights: Vec<Right> = origin.reach.rights.iter().copied().collect();
    let sentence = format!(
        "A rule on {at} denies {} to {name}{}.",
        rights_in_words(&rights),
        people(&origin.reach)
    );
    let from = format!("{rule}. What is denied comes before what is given.");
    let mend = vec![Change::RemoveRules {
        object: at.clone(),
        whom: name,
        rules: origin.rules(),
    }];
    finding(
        at,
        Cause::Denied(rule.clone()),
        &origin.reach,
        sentence,
        from,
        mend,
    )
}

fn finding(
    at: &Dn,
    cause: Cause,
    reach: &Reach,
    sentence: String,
    origin: String,
    mend: Vec<Change>,
) -> Finding {
    let rights: Vec<Right> = reach.rights.iter().copied().collect();
    let kind = match &cause {
        Cause::Denied(rule) => {
            let flags = AceFlags(rule.flags.0 & !AceFlags::INHERITED);
            format!(
                "denied {}",
                crate::domain::security_descriptor::Ace {
                    flags,
                    ..rule.clone()
                }
            )
        }
        cause => format!("{cause:?}"),
    };
    Finding {
        id: id("missing", at, &kind),
        sentence,
        origin,
        consequence: consequence(&rights),
        mend,
        what: What::Missing(Missing {
            rights,
            cause,
            at: at.clone(),
            accounts: reach.objects,
            examples: reach.examples.clone(),
        }),
    }
}

fn of_protected(guarded: &[&Guarded], more: u64) -> Option<Note> {
    let first = guarded.first()?;
    let count = u64::try_from(guarded.len())
        .unwrap_or(u64::MAX)
        .saturating_add(more);
    Some(Note {
        sentence: format!(
            "{} below the targets, such as {}, cannot be helped: AD guards the members of its protected groups, and Keyward refuses them anyway.",
            counted(count, "account", "accounts"),
            first.dn
        ),
    })
}

fn empty(target: &Target) -> Option<Note> {
    (target.seen && target.people == 0).then(|| Note {
        sentence: format!(
            "Nobody's account is below {}: there is nobody to help.",
            target.dn
        ),
    })
}
