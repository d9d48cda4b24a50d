//! Gathers a report: the groups once, the operators, then everybody below the OU page by page.
//!
//! Memberships are computed here from `memberOf` and the primary group, for ten thousand people in
//! some pages; of a few people the domain controller's own answer is read as well and compared.

use super::document::{AccessReport, Denied, Operator, Person};
use super::{Why, Words};
use crate::directory::{Directory, DirectoryError, Member};
use crate::domain::account::{Account, AccountFlags};
use crate::domain::authorize::{Done, Grounds, Refusal, authorize};
use crate::domain::ground::Ground;
use crate::domain::identity::{ObjectGuid, Sid};
use crate::domain::least_privilege::LeastPrivilege;
use crate::domain::operator;
use crate::domain::rules::{Action, Occasion, Written};
use crate::domain::time::Filetime;
use jiff::Timestamp;
use std::sync::Arc;

/// People of whom the domain controller's own answer is compared.
const COMPARED: usize = 20;

/// What the settings name.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Who may do what to whom.
    pub rules: Written,
    /// `[ad] reset_group`
    pub reset_group: String,
}

/// Why there is no report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// The directory.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// What is computed here and what the domain controller says do not agree.
    #[error(
        "the groups of {0}, computed from memberOf, lead to another decision than those that the domain controller \
         computes: the service account may not read all memberships, so nothing is reported"
    )]
    GroupsDiffer(String),
}

/// A decision on one account.
type Decision = Result<(), Why>;

struct Decider {
    ground: Ground,
    /// Somebody in the group who can act, whoever it is: the rule is the same for all of them.
    stand_in: operator::Operator,
    rights: LeastPrivilege,
    now: Timestamp,
}

/// Reads and decides. `progress` hears how many accounts were read; `words` gives each reason its
/// word and sentence.
///
/// # Errors
/// [`ReportError`]: half a report is none.
pub async fn gather(
    directory: &Directory,
    asked: &Asked,
    words: Words,
    now: Timestamp,
    mut progress: impl FnMut(u64),
) -> Result<AccessReport, ReportError> {
    let ground = directory.ground(&asked.rules).await?;
    let scope = ground.scope.clone();
    let reset_group = named(directory, &asked.reset_group, "ad.reset_group").await?;
    let groups = Arc::new(directory.groups().await?);
    let members = directory.members(&reset_group, &groups).await?;

    let rule = ground.rules.first().map(|rule| rule.name.clone());
    let mut report = AccessReport::new(
        format!("{now:.0}"),
        rule.unwrap_or_default(),
        asked.reset_group.clone(),
        scope.as_str().to_owned(),
    );
    report.operators = members
        .iter()
        .map(|member| operator_row(member, words, now))
        .collect();
    let Some(stand_in) = members
        .into_iter()
        .next()
        .map(|member| able(member.person, now))
    else {
        report
            .notes
            .push("nobody is in the group, so nobody can be reset by anybody".to_owned());
        return Ok(report);
    };
    let decider = Decider {
        ground,
        stand_in,
        rights: LeastPrivilege::Proven { at: now },
        now,
    };
    let mut people = directory.people(&scope, groups).await?;
    let mut read = 0_u64;
    let mut compared = Vec::new();
    while let Some(page) = people.next().await? {
        read += u64::try_from(page.len()).unwrap_or(0);
        progress(read);
        for account in page {
            if compared.len() < COMPARED {
                compared.push((account.guid, account.sam.clone(), decider.decide(&account)));
            }
            add(&mut report, &account, decider.decide(&account), words);
        }
    }
    compare_with_the_controller(directory, &decider, compared).await?;
    sort(&mut report);
    report.notes.extend(notes(&report));
    Ok(report)
}

impl Decider {
    /// What the web would answer; `None`: it is not there for the rule at all.
    fn decide(&self, account: &Account) -> Option<Decision> {
        let grounds = Grounds {
            scope: &self.ground.scope,
            rules: &self.ground.rules,
            auditors: &self.ground.auditors,
            protection: &self.ground.protection,
            rights: &self.rights,
            done: &Done::default(),
            occasion: Occasion {
                at: None,
                from: None,
                house: &self.ground.house,
            },
            now: self.now,
        };
        match authorize(Action::ResetPassword, &self.stand_in, account, &grounds) {
            Ok(_permit) => Some(Ok(())),
            Err(Refusal::Protected(why)) => Some(Err(Why::Protected(why))),
            Err(Refusal::WouldNotHelp(why)) => Some(Err(Why::WouldNotHelp(why))),
            Err(_) => None,
        }
    }
}

/// The computed groups must lead to the same decision as the controller's. An account that changed
/// meanwhile is no contradiction: it is compared only where the directory still has it.
async fn compare_with_the_controller(
    directory: &Directory,
    decider: &Decider,
    compared: Vec<(ObjectGuid, String, Option<Decision>)>,
) -> Result<(), ReportError> {
    for (guid, name, ours) in compared {
        let account = directory
            .account(std::slice::from_ref(&decider.ground.scope), guid)
            .await?;
        let theirs = account.map(|account| decider.decide(&account));
        if theirs.is_some_and(|theirs| theirs != ours) {
            return Err(ReportError::GroupsDiffer(name));
        }
    }
    Ok(())
}

async fn named(directory: &Directory, name: &str, what: &str) -> Result<Sid, DirectoryError> {
    let found = directory.group_sid(name).await?;
    found.ok_or_else(|| DirectoryError::NoGroup {
        what: what.to_owned(),
        name: name.to_owned(),
    })
}

/// The same person with nothing that keeps them from acting: what the group may do does not depend on
/// whether the first of its members is on leave.
fn able(person: operator::Operator, now: Timestamp) -> operator::Operator {
    operator::Operator {
        flags: AccountFlags(0x200),
        account_expires: Filetime(0),
        password_last_set: Filetime::from_timestamp(now),
        ..person
    }
}

fn operator_row(member: &Member, words: Words, now: Timestamp) -> Operator {
    let out = member.person.out_of_action(now);
    Operator {
        sid: member.person.sid.to_string(),
        account: member.person.sam.clone(),
        name: member.person.name.clone(),
        active: out.is_none(),
        reason: out.map(|why| words(Why::OutOfAction(why)).0.to_owned()),
        through: member.way.clone(),
    }
}

fn add(report: &mut AccessReport, account: &Account, decision: Option<Decision>, words: Words) {
    let Some(decision) = decision else {
        return;
    };
    let (guid, name) = (account.guid.to_string(), account.name.clone());
    let (sam, dn) = (account.sam.clone(), account.dn.as_str().to_owned());
    let denied = |why| {
        let (reason, because) = words(why);
        Denied {
            guid: guid.clone(),
            account: sam.clone(),
            name: name.clone(),
            dn: dn.clone(),
            reason: reason.to_owned(),
            because: because.to_owned(),
        }
    };
    match decision {
        Err(why @ Why::Protected(_)) => report.protected.push(denied(why)),
        Err(why) => report.not_now.push(denied(why)),
        Ok(()) => report.targets.push(Person {
            guid,
            account: sam,
            name,
            dn,
        }),
    }
}

fn sort(report: &mut AccessReport) {
    report
        .targets
        .sort_by_cached_key(|one| (one.name.to_lowercase(), one.guid.clone()));
    for denied in [&mut report.protected, &mut report.not_now] {
        denied.sort_by_cached_key(|one| (one.name.to_lowercase(), one.guid.clone()));
    }
}

fn notes(report: &AccessReport) -> Vec<String> {
    let mut notes = vec![
        "members of the group from other domains are not listed: they cannot sign in here"
            .to_owned(),
        "whether the service account holds its rights is told by keyward delegation verify"
            .to_owned(),
    ];
    if report.active() == 0 {
        notes.push("none of the operators can act at the moment".to_owned());
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::Protection;
    use crate::domain::membership::Groups;
    use crate::domain::samples::{alice, context, dn, now, olga, rule};
    use jiff::tz::TimeZone;
    use std::collections::HashSet;

    fn decider() -> Decider {
        Decider {
            ground: Ground {
                scope: dn("OU=Staff,DC=example,DC=com"),
                auditors: HashSet::new(),
                rules: vec![Arc::new(rule())],
                protection: context(),
                groups: Groups::default(),
                house: TimeZone::UTC,
            },
            stand_in: olga(),
            rights: LeastPrivilege::Proven { at: now() },
            now: now(),
        }
    }

    #[test]
    fn each_account_is_decided_as_the_web_decides() {
        let decider = decider();
        assert_eq!(decider.decide(&alice()), Some(Ok(())));
        let mut admin = alice();
        admin.admin_count = true;
        let protected = Some(Err(Why::Protected(Protection::AdminCount)));
        assert_eq!(decider.decide(&admin), protected);
        let mut disabled = alice();
        disabled.flags = AccountFlags(0x202);
        assert!(matches!(
            decider.decide(&disabled),
            Some(Err(Why::WouldNotHelp(_)))
        ));
        let mut elsewhere = alice();
        elsewhere.dn = "CN=Alice,OU=Other,DC=example,DC=com".parse().unwrap();
        assert_eq!(decider.decide(&elsewhere), None);
    }

    #[test]
    fn what_the_group_may_do_does_not_depend_on_its_first_member_being_locked() {
        let mut locked = olga();
        locked.flags = AccountFlags(0x210);
        locked.password_last_set = Filetime(0);
        assert_eq!(able(locked, now()).out_of_action(now()), None);
    }
}
