//! Gathers a report: the groups once, the operators, then everybody below the OU page by page.
//!
//! Memberships are computed here from `memberOf` and the primary group, for ten thousand people in
//! some pages; of a few people the domain controller's own answer is read as well and compared.

use super::decide::{Decider, Outcome, Row, about};
use super::document::{About, AccessReport, By, Denied, Operator, Person, RuleRow};
use super::{Why, Words};
use crate::directory::{Directory, DirectoryError, Member};
use crate::domain::account::Account;
use crate::domain::ground::Ground;
use crate::domain::identity::{ObjectGuid, Sid};
use crate::domain::membership::Groups;
use crate::domain::rules::{Rule, TargetName, Written, WrittenRule};
use crate::domain::text::hex;
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// People, and operators, of whom the domain controller's own answer is compared.
const COMPARED: usize = 20;

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

/// Somebody in a group of a rule that allows, with the ways into each of those groups.
struct Found {
    member: Member,
    ways: HashMap<Sid, Vec<String>>,
}

/// Reads and decides. `progress` hears how many accounts were read; `words` gives each reason its
/// word and sentence.
///
/// # Errors
/// [`ReportError`]: half a report is none.
pub async fn gather(
    directory: &Directory,
    written: &Written,
    words: Words,
    now: Timestamp,
    progress: impl FnMut(u64),
) -> Result<AccessReport, ReportError> {
    let ground = directory.ground(written).await?;
    let groups = Arc::new(directory.groups().await?);
    let found = operators(directory, &ground, &groups).await?;
    same_as_the_controller(directory, &ground, &found).await?;
    let decider = Decider::new(&ground, found.iter().map(|one| &one.member.person), now);
    let mut gathering = Gathering {
        report: AccessReport::new(
            format!("{now:.0}"),
            ground.scope.as_str().to_owned(),
            hex(&written.digest()),
            written.rules.iter().map(rule_row).collect(),
        ),
        decider: &decider,
        known: HashMap::new(),
        found: &found,
        ground: &ground,
        words,
    };
    gathering.report.operators = found
        .iter()
        .map(|one| operator_row(one, &ground, words, now))
        .collect();
    let compared = gathering.read_all(directory, groups, progress).await?;
    compare_with_the_controller(directory, &ground, &decider, compared).await?;
    let mut report = gathering.report;
    sort(&mut report);
    report.notes = notes(&report);
    Ok(report)
}

/// Everybody in the groups of the rules that allow, by SID.
async fn operators(
    directory: &Directory,
    ground: &Ground,
    groups: &Groups,
) -> Result<Vec<Found>, DirectoryError> {
    let allowing = ground.rules.iter().filter(|rule| rule.allows());
    let mut named: Vec<&Sid> = allowing.flat_map(|rule| &rule.operators).collect();
    named.sort_by_cached_key(ToString::to_string);
    named.dedup();
    let mut found: BTreeMap<String, Found> = BTreeMap::new();
    for group in named {
        for member in directory.members(group, groups).await? {
            let way = member.way.clone();
            let one = found
                .entry(member.person.sid.to_string())
                .or_insert_with(|| Found {
                    member,
                    ways: HashMap::new(),
                });
            one.ways.insert(group.clone(), way);
        }
    }
    Ok(found.into_values().collect())
}

/// A report in the making.
struct Gathering<'a> {
    report: AccessReport,
    decider: &'a Decider<'a>,
    /// Many accounts have the same operators: each list is there once.
    known: HashMap<Vec<(usize, usize)>, Arc<[By]>>,
    found: &'a [Found],
    ground: &'a Ground,
    words: Words,
}

impl Gathering<'_> {
    /// Everybody below the OU; of some, what was decided, for a comparison.
    async fn read_all(
        &mut self,
        directory: &Directory,
        groups: Arc<Groups>,
        mut progress: impl FnMut(u64),
    ) -> Result<Vec<(ObjectGuid, String, Row)>, DirectoryError> {
        let mut people = directory.people(&self.ground.scope, groups).await?;
        let mut read = 0_u64;
        let mut compared = Vec::new();
        while let Some(mut page) = people.next().await? {
            if self.ground.asks_for_lines() {
                directory.with_lines(&mut page).await?;
            }
            read += u64::try_from(page.len()).unwrap_or(0);
            progress(read);
            for account in page {
                let row = self.decider.row(&account);
                let outcome = self.decider.outcome(&row);
                if compared.len() < COMPARED {
                    compared.push((account.guid, account.sam.clone(), row));
                }
                self.add(account, outcome);
            }
        }
        Ok(compared)
    }

    fn add(&mut self, account: Account, outcome: Outcome) {
        let (guid, dn) = (account.guid.to_string(), account.dn.as_str().to_owned());
        let (sam, name) = (account.sam, account.name);
        let why = match outcome {
            Outcome::Somebody(pairs) => {
                for (operator, _) in &pairs {
                    if let Some(operator) = self.report.operators.get_mut(*operator) {
                        operator.people += 1;
                    }
                }
                let by = self.shared(pairs);
                return self.report.targets.push(Person {
                    guid,
                    account: sam,
                    name,
                    dn,
                    by,
                });
            }
            Outcome::Nobody(why) => why,
        };
        let (reason, because) = (self.words)(why);
        let list = match why {
            Why::Protected(_) => &mut self.report.protected,
            Why::WouldNotHelp(_) => &mut self.report.not_now,
            _ => &mut self.report.not_allowed,
        };
        list.push(Denied {
            guid,
            account: sam,
            name,
            dn,
            reason: reason.to_owned(),
            because: because.to_owned(),
        });
    }

    fn shared(&mut self, pairs: Vec<(usize, usize)>) -> Arc<[By]> {
        if let Some(known) = self.known.get(&pairs) {
            return Arc::clone(known);
        }
        let mut by_rule: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (operator, rule) in &pairs {
            let (Some(found), Some(rule)) =
                (self.found.get(*operator), self.ground.rules.get(*rule))
            else {
                continue;
            };
            let operators = by_rule.entry(&rule.name).or_default();
            operators.push(found.member.person.sam.clone());
        }
        let by = by_rule.into_iter().map(|(rule, mut operators)| {
            operators.sort_unstable();
            By {
                rule: rule.to_owned(),
                operators,
            }
        });
        let by: Arc<[By]> = by.collect();
        self.known.insert(pairs, Arc::clone(&by));
        by
    }
}

/// The computed groups must make the same operators as the controller's.
async fn same_as_the_controller(
    directory: &Directory,
    ground: &Ground,
    found: &[Found],
) -> Result<(), ReportError> {
    let names = |rules: Vec<Arc<Rule>>| -> Vec<String> {
        rules.into_iter().map(|rule| rule.name.clone()).collect()
    };
    for one in found.iter().take(COMPARED) {
        let ours = &one.member.person;
        let theirs = directory.operator(&ours.sid).await?;
        let differs = |theirs| names(about(ground, &theirs)) != names(about(ground, ours));
        if theirs.is_some_and(differs) {
            return Err(ReportError::GroupsDiffer(ours.sam.clone()));
        }
    }
    Ok(())
}

/// The computed groups must lead to the same decisions as the controller's. An account that changed
/// meanwhile is no contradiction: it is compared only where the directory still has it.
async fn compare_with_the_controller(
    directory: &Directory,
    ground: &Ground,
    decider: &Decider<'_>,
    compared: Vec<(ObjectGuid, String, Row)>,
) -> Result<(), ReportError> {
    let scope = std::slice::from_ref(&ground.scope);
    let names = |row: Row| -> Vec<_> {
        let each = row.into_iter();
        each.map(|decision| decision.map(|rule| rule.name.clone()))
            .collect()
    };
    for (guid, name, ours) in compared {
        let Some(mut account) = directory.account(scope, guid).await? else {
            continue;
        };
        if ground.asks_for_lines() {
            account = directory.with_line(account).await?;
        }
        if names(decider.row(&account)) != names(ours) {
            return Err(ReportError::GroupsDiffer(name));
        }
    }
    Ok(())
}

fn rule_row(rule: &WrittenRule) -> RuleRow {
    let names = |targets: &[TargetName]| {
        let names = targets.iter().map(TargetName::as_str);
        names.map(str::to_owned).collect()
    };
    RuleRow {
        name: rule.name.clone(),
        effect: rule.effect.word().to_owned(),
        actions: rule
            .actions
            .iter()
            .map(|action| action.word().to_owned())
            .collect(),
        operators: rule.operators.clone(),
        targets: names(&rule.targets),
        except: names(&rule.except),
        sha256: hex(&rule.digest()),
    }
}

fn operator_row(found: &Found, ground: &Ground, words: Words, now: Timestamp) -> Operator {
    let person = &found.member.person;
    let out = person.out_of_action(now);
    let rules = about(ground, person).into_iter().map(|rule| About {
        through: rule
            .operators
            .iter()
            .filter(|_| rule.allows())
            .find_map(|group| found.ways.get(group).cloned())
            .unwrap_or_default(),
        rule: rule.name.clone(),
    });
    Operator {
        sid: person.sid.to_string(),
        account: person.sam.clone(),
        name: person.name.clone(),
        active: out.is_none(),
        reason: out.map(|why| words(Why::OutOfAction(why)).0.to_owned()),
        people: 0,
        rules: rules.collect(),
    }
}

fn sort(report: &mut AccessReport) {
    report.operators.sort_by_cached_key(|one| {
        let most_first = usize::MAX - one.people;
        (most_first, one.name.to_lowercase(), one.sid.clone())
    });
    report
        .targets
        .sort_by_cached_key(|one| (one.name.to_lowercase(), one.guid.clone()));
    for denied in [
        &mut report.protected,
        &mut report.not_now,
        &mut report.not_allowed,
    ] {
        denied.sort_by_cached_key(|one| (one.name.to_lowercase(), one.guid.clone()));
    }
}

fn notes(report: &AccessReport) -> Vec<String> {
    let mut notes = vec![
        "this is what may happen at any hour and from any network; a rule that denies at some hours or from some \
         networks only counts as if it were not there"
            .to_owned(),
        "what limits leave, and who is frozen, is not looked at: keyward access explain and keyward access frozen do"
            .to_owned(),
        "members of the groups from other domains are not listed: they cannot sign in here"
            .to_owned(),
        "whether the service account holds its rights is told by keyward delegation verify"
            .to_owned(),
    ];
    if report.operators.is_empty() {
        notes.push(
            "nobody is in the groups of the rules, so nobody can be reset by anybody".to_owned(),
        );
    } else if report.active() == 0 {
        notes.push("none of the operators can act at the moment".to_owned());
    }
    notes
}
