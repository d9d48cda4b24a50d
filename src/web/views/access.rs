//! Who may do what to an account, and why, for auditors.

use super::account::facts;
use super::{Fact, Frame, PageContext, Said, StandingLine, Wrong};
use crate::actions::{Access, AccessAnswer, AccessView};
use crate::domain::authorize::Explained;
use crate::domain::rules::{Action, Rule, WhyNot};
use crate::web::words::{self, When, isolated, label, shown};
use askama::Template;
use std::net::IpAddr;
use std::sync::Arc;

/// `GET /accounts/{guid}/access`.
#[derive(Debug, Clone, Template)]
#[template(path = "access.html")]
#[allow(missing_docs, reason = "plain words")]
pub struct AccessPage {
    pub frame: Frame,
    /// "Who may help Alice Able?"
    pub heading: String,
    pub facts: Vec<Fact>,
    /// Where the form leads.
    pub address: String,
    pub operator: String,
    /// Nobody has that name.
    pub operator_wrong: Wrong,
    pub from: String,
    pub from_wrong: Wrong,
    pub answer: Option<AccessShown>,
    /// The account's own page, for auditors who help; empty for others.
    pub person: String,
    pub history: String,
}

/// What one person may do.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "plain words")]
pub struct AccessShown {
    /// "Olga Orlova · olga"
    pub name: String,
    /// At what time, and from where.
    pub as_of: String,
    pub frozen: Option<Said>,
    pub decisions: Vec<Decided>,
    pub matching: Vec<RuleShown>,
    pub others: Vec<RuleShown>,
}

/// One action: yes or no, and by what.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "plain words")]
pub struct Decided {
    pub action: &'static str,
    pub line: StandingLine,
    /// What they see; empty where they may.
    pub code: &'static str,
}

/// One rule.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "plain words")]
pub struct RuleShown {
    pub name: String,
    /// "allows", "denies"
    pub effect: &'static str,
    pub line: StandingLine,
    /// What was used of its limits; empty: it has none, or is about others.
    pub used: String,
}

/// What stood in the fields.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "plain words")]
pub struct AccessAsked {
    pub operator: String,
    pub from: String,
    /// What `from` means.
    pub address: Option<IpAddr>,
    /// It means nothing.
    pub unfit: bool,
}

impl AccessPage {
    /// The page for an account as just read.
    pub fn new(context: &PageContext<'_>, view: &AccessView, asked: AccessAsked) -> Self {
        let account = &view.account;
        let heading = words::who_may_help(&isolated(&account.name));
        let when = context.when();
        let person = format!("/accounts/{}", account.guid);
        Self {
            frame: Frame::new(heading.clone(), context),
            heading,
            facts: facts(account),
            address: format!("{person}/access"),
            operator_wrong: match view.answer {
                AccessAnswer::Nobody => wrong(words::NOBODYS_NAME),
                AccessAnswer::NotAsked | AccessAnswer::Of(_) => Wrong::default(),
            },
            from_wrong: if asked.unfit {
                wrong(words::NOT_AN_ADDRESS)
            } else {
                Wrong::default()
            },
            operator: asked.operator,
            from: asked.from,
            answer: match &view.answer {
                AccessAnswer::Of(access) => Some(AccessShown::new(access, asked.address, &when)),
                AccessAnswer::NotAsked | AccessAnswer::Nobody => None,
            },
            person: if context.helps() {
                person
            } else {
                String::new()
            },
            history: format!("/audit?target={}", account.guid),
        }
    }

    /// The address of the page about an account, with an operator in its field.
    pub(super) fn address(guid: &str, operator: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("operator", operator);
        format!("/accounts/{guid}/access?{}", query.finish())
    }
}

fn wrong((text, code): (&'static str, words::Code)) -> Wrong {
    let code = code.as_str();
    Wrong { text, code }
}

impl AccessShown {
    fn new(access: &Access, from: Option<IpAddr>, when: &When) -> Self {
        let rules = rules(access);
        let (matching, others) = rules.into_iter().partition(|(matches, _)| *matches);
        let shown_ones = |rules: Vec<(bool, RuleShown)>| rules.into_iter().map(|it| it.1).collect();
        let operator = &access.operator;
        Self {
            name: format!("{} · {}", isolated(&operator.name), isolated(&operator.sam)),
            as_of: words::as_of(from, when),
            frozen: access.frozen.as_ref().map(|frozen| Said {
                title: label::STOPPED.to_owned(),
                happened: words::frozen(frozen.since, &frozen.by, when),
                next: words::how_to_thaw(&operator.sam),
                code: words::Code::Frozen.as_str(),
            }),
            decisions: access.explained.iter().map(Decided::new).collect(),
            matching: shown_ones(matching),
            others: shown_ones(others),
        }
    }
}

impl Decided {
    fn new(explained: &Explained) -> Self {
        let (tone, icon, text, code) = match &explained.decision {
            Ok(rule) => ("proof", "check", words::allowed(&rule.name), ""),
            Err(why) => {
                let (sentence, code) = words::refused(*why);
                ("stop", "stop", words::not_allowed(sentence), code.as_str())
            }
        };
        Self {
            action: words::action(explained.action),
            line: StandingLine { icon, tone, text },
            code,
        }
    }
}

/// Each rule with what it says of all actions, and whether it matches for any.
fn rules(access: &Access) -> Vec<(bool, RuleShown)> {
    let Some(first) = access.explained.first() else {
        return Vec::new();
    };
    let of = |at: usize| -> Vec<(Action, Result<(), WhyNot>)> {
        let all = access.explained.iter();
        all.filter_map(|it| Some((it.action, it.rules.get(at)?.1)))
            .collect()
    };
    let shown = |(at, (rule, _)): (usize, &(Arc<Rule>, Result<(), WhyNot>))| {
        let outcomes = of(at);
        let matches = outcomes.iter().any(|(_, outcome)| outcome.is_ok());
        (matches, RuleShown::new(rule, &outcomes, access))
    };
    first.rules.iter().enumerate().map(shown).collect()
}

impl RuleShown {
    fn new(rule: &Rule, outcomes: &[(Action, Result<(), WhyNot>)], access: &Access) -> Self {
        let matches = outcomes.iter().any(|(_, outcome)| outcome.is_ok());
        let (tone, icon) = match (matches, rule.allows()) {
            (true, true) => ("proof", "check"),
            (true, false) => ("stop", "stop"),
            (false, _) => ("calm", "info"),
        };
        let usage = access.used.get(&rule.name).copied().unwrap_or_default();
        Self {
            name: shown(&rule.name),
            effect: if rule.allows() {
                label::ALLOWS
            } else {
                label::DENIES
            },
            line: StandingLine {
                icon,
                tone,
                text: words::of_a_rule(outcomes),
            },
            used: if rule.is_about(&access.operator) {
                words::used(&rule.limits, usage)
            } else {
                String::new()
            },
        }
    }
}
