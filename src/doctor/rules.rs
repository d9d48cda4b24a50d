//! The rules: is everything that they name there, is anybody an operator by each of them, and does each reach somebody.

use super::check::Check;
use super::words::rules as words;
use crate::directory::{Directory, DirectoryError};
use crate::domain::account::Account;
use crate::domain::ground::Ground;
use crate::domain::identity::Sid;
use crate::domain::membership::Groups;
use crate::domain::operator::Operator;
use crate::domain::rules::{Action, Occasion, Question, Rule, WhyNot, Written, WrittenRule, judge};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// How a rule stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Standing {
    pub name: String,
    /// People whom it is about.
    pub operators: usize,
    /// Of those, who can act.
    pub active: usize,
    /// Whether it reaches somebody below the OU, for one of them at least.
    pub reaches: bool,
}

/// Looks at all of it.
pub(super) async fn look(directory: &Directory, written: &Written, now: Timestamp) -> Check {
    let told = match missing(directory, written).await {
        Ok(missing) if missing.is_empty() => match standing(directory, written, now).await {
            Ok(rules) => words::rules(&rules),
            Err(error) => super::words::unread(&error),
        },
        Ok(missing) => words::missing(&missing),
        Err(error) => super::words::unread(&error),
    };
    told.named("scope.rules")
}

/// Everything that the rules and the protection name and the directory does not have: what names it, a sentence each.
async fn missing(directory: &Directory, written: &Written) -> Result<Vec<String>, DirectoryError> {
    let nothing = Written {
        rules: Vec::new(),
        protected_groups: Vec::new(),
        protected_accounts: Vec::new(),
        auditors: Vec::new(),
        ..written.clone()
    };
    let of_rules = written.rules.iter().flat_map(each_name);
    let of_rules = of_rules.map(|rule| Written {
        rules: vec![rule],
        ..nothing.clone()
    });
    let groups = written.protected_groups.iter().map(|name| Written {
        protected_groups: vec![name.clone()],
        ..nothing.clone()
    });
    let accounts = written.protected_accounts.iter().map(|name| Written {
        protected_accounts: vec![name.clone()],
        ..nothing.clone()
    });
    let mut missing = Vec::new();
    for one in of_rules.chain(groups).chain(accounts) {
        match directory.ground(&one).await {
            Err(error) if error.is_of_the_settings() => missing.push(error.to_string()),
            read => drop(read?),
        }
    }
    Ok(missing)
}

/// The rule once for each name in it, so that all that are missing are found.
fn each_name(rule: &WrittenRule) -> Vec<WrittenRule> {
    let empty = WrittenRule {
        operators: Vec::new(),
        targets: Vec::new(),
        except: Vec::new(),
        ..rule.clone()
    };
    let operators = rule.operators.iter().map(|name| WrittenRule {
        operators: vec![name.clone()],
        ..empty.clone()
    });
    let targets = rule.targets.iter().map(|name| WrittenRule {
        targets: vec![name.clone()],
        ..empty.clone()
    });
    let except = rule.except.iter().map(|name| WrittenRule {
        except: vec![name.clone()],
        ..empty.clone()
    });
    operators.chain(targets).chain(except).collect()
}

async fn standing(
    directory: &Directory,
    written: &Written,
    now: Timestamp,
) -> Result<Vec<Standing>, DirectoryError> {
    let ground = directory.ground(written).await?;
    let groups = Arc::new(directory.groups().await?);
    let mut looked = Vec::new();
    for rule in &ground.rules {
        looked.push(Looked {
            operators: operators(directory, rule, &groups).await?,
            reaches: false,
            rule: Arc::clone(rule),
        });
    }
    let mut people = directory.people(&ground.scope, groups).await?;
    while let Some(mut page) = people.next().await? {
        if looked.iter().all(|one| one.reaches) {
            break;
        }
        if ground.asks_for_lines() {
            directory.with_lines(&mut page).await?;
        }
        for one in looked.iter_mut().filter(|one| !one.reaches) {
            one.reaches = page.iter().any(|account| one.reaches(account, &ground));
        }
    }
    let standing = looked.into_iter().map(|one| Standing {
        name: one.rule.name.clone(),
        operators: one.operators.len(),
        active: one
            .operators
            .iter()
            .filter(|operator| operator.out_of_action(now).is_none())
            .count(),
        reaches: one.reaches,
    });
    Ok(standing.collect())
}

/// Everybody whom a rule is about, once.
async fn operators(
    directory: &Directory,
    rule: &Rule,
    groups: &Groups,
) -> Result<Vec<Operator>, DirectoryError> {
    let mut all: BTreeMap<String, Operator> = BTreeMap::new();
    for group in &rule.operators {
        let members = directory.members(group, groups).await?;
        let by_sid = members.into_iter().map(|member| member.person);
        all.extend(by_sid.map(|person| (text(&person.sid), person)));
    }
    Ok(all.into_values().collect())
}

fn text(sid: &Sid) -> String {
    sid.to_string()
}

struct Looked {
    rule: Arc<Rule>,
    operators: Vec<Operator>,
    reaches: bool,
}

impl Looked {
    /// Whether somebody whom the rule is about is reached with it to this account, at whatever hour and from wherever.
    fn reaches(&self, account: &Account, ground: &Ground) -> bool {
        let primary = account.primary_sid();
        let used = HashMap::new();
        let action = self.rule.actions.first().copied().unwrap_or(Action::View);
        self.operators.iter().any(|operator| {
            let question = Question {
                action,
                operator,
                subject: account.subject(primary.as_ref()),
                occasion: Occasion {
                    at: None,
                    from: None,
                    house: &ground.house,
                },
                used: &used,
            };
            account.sid != operator.sid
                && matches!(
                    judge(&self.rule, &question),
                    Ok(()) | Err(WhyNot::Hours | WhyNot::Networks | WhyNot::Limit(_))
                )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::rules::TargetName;

    #[test]
    fn each_name_of_a_rule_is_looked_for_by_itself() {
        let mut rule = WrittenRule::article("Leads".to_owned(), "OU=Staff".parse().unwrap());
        rule.operators.push("Desk".to_owned());
        rule.except = vec![TargetName::Group("Board".to_owned())];
        let each = each_name(&rule);
        let counts: Vec<_> = each
            .iter()
            .map(|one| (one.operators.len(), one.targets.len(), one.except.len()))
            .collect();
        assert_eq!(counts, [(1, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)]);
        assert_eq!(each[1].operators, ["Desk"]);
    }
}
