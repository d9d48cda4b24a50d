//! `[[rule]]`: who may do what to whom.

use std::path::Path;

use super::document::{Document, Raw};
use super::error::Problem;
use super::limits::{Count, Limits as LimitSettings};
use super::protect::GroupNames;
use super::section::{Reader, read_list, section};
use super::value::Value;
use super::web::Networks;
use super::{Ad, Reset};
use crate::domain::identity::Dn;
use crate::domain::limits::{Limits, WhenReached};
use crate::domain::reason::{ReasonPattern, ReasonRule};
use crate::domain::rules::{
    AUDITORS, Action, Effect, Hours, MustChange, PasswordKind, TargetName, Terms, WrittenRule,
};

section! {
    /// Who may do what to whom; there can be several, in any order. Without any, members of `[ad] reset_group`
    /// may help the people below `[ad] user_ou`, and the record calls that rule `reset_group`; with the first
    /// one, that is gone. `docs/rules.md` says how rules come to a decision.
    RuleTable = list "rule" {
        /// Its name, in the record and on the pages: 1 to 40 letters, digits, `-` and `_`.
        name: RuleName,
        /// `allow`, or `deny`: then nothing that other rules allow helps.
        effect: Effect = "allow",
        /// The groups whose members it is about, nested ones too: `sAMAccountName`, CN or DN.
        operators: GroupNames,
        /// Whom it reaches: OUs by DN, groups by name or DN, `own-ou`, `direct-reports`, `reports`.
        targets: TargetNames,
        /// Whom it does not reach all the same: OUs and groups.
        except: TargetNames = "",
        /// What it is about: `view`, `reset`, `unlock`. To be allowed to reset or unlock brings `view` with it.
        actions: Actions = "view;reset;unlock",
        /// When it holds, such as `["Mon-Fri 08:00-18:00", "Sat 09:00-12:00 Europe/Vienna"]`. Without a time
        /// zone it is that of `[web] time_zone`. Empty: always.
        hours: HourList = "",
        /// From where it holds, as in `[web] allowed_networks`. Empty: from everywhere.
        networks: Networks = "",
        /// Whether a reason must be given. Left out: as in `[reset] reason_required`.
        require_reason: Option<bool>,
        /// What a reason must look like. Left out: as in `[reset] reason_pattern`.
        reason_pattern: Option<ReasonPattern>,
        /// Whether the new password must be changed at the next logon: `always`, `never`, or `default`, the
        /// operator's choice, which begins as `[password] must_change` says.
        must_change: MustChange = "default",
        /// Where the new password comes from: `generated`, `typed` by the operator if they want to, or `fixed`,
        /// that of `[ad] new_password`. Left out: `fixed` where `[ad] new_password` is set, else `generated`.
        password: Option<PasswordKind>,
        /// Names of rules whose operators it reaches, though they are no less than the operator; `auditors`
        /// stands for those who read the audit log.
        also_operators_of: RuleNames = "",
        /// Resets by one operator in 60 minutes; 0: as many as they like. Left out: as in `[limits]`.
        resets_per_hour: Option<Count>,
        /// Resets by one operator in 24 hours; as above.
        resets_per_day: Option<Count>,
        /// Different people whom one operator resets in 24 hours; as above.
        people_per_day: Option<Count>,
        /// Above a limit: `refuse` or `freeze`. Left out: as in `[limits]`.
        when_reached: Option<WhenReached>,
    }
}

/// What the rules take from other sections.
pub(super) struct House<'a> {
    pub ad: &'a Ad,
    pub reset: &'a Reset,
    pub limits: &'a LimitSettings,
}

/// Every rule, with the errors of all of them; the article's one where there is none.
pub(super) fn read(document: &mut Document, house: &House<'_>) -> Option<Vec<WrittenRule>> {
    let mut names: Vec<(String, Effect)> = Vec::new();
    let mut also: Vec<Vec<String>> = Vec::new();
    let rules = read_list(document, &RuleTable::TABLE, |reader| {
        let written = RuleTable::read(reader)?;
        let name = &written.name.0;
        if names.iter().any(|(taken, _)| taken == name) || RESERVED.contains(&name.as_str()) {
            reader.object("name", Problem::NameTaken);
            return None;
        }
        names.push((name.clone(), written.effect));
        also.push(written.also_operators_of.0.clone());
        written.put_together(reader, house)
    })?;
    if rules.is_empty() {
        return Some(vec![article(house)]);
    }
    known(document, &names, &also).then_some(rules)
}

/// The article's rule, and what stands for auditors.
const RESERVED: [&str; 2] = [WrittenRule::ARTICLE, AUDITORS];
const OF_ALLOW: &str = "effect = \"allow\"";
const OF_TARGETS: &str = "targets";

/// Whether each name in `also_operators_of` is that of a rule that allows.
fn known(document: &mut Document, names: &[(String, Effect)], also: &[Vec<String>]) -> bool {
    let is_known = |name: &String| {
        let allowed = (name.clone(), Effect::Allow);
        name == AUDITORS || names.contains(&allowed)
    };
    let mut all = also.iter();
    read_list(document, &RuleTable::TABLE, |reader| {
        let known = all.next().is_none_or(|names| names.iter().all(is_known));
        if !known {
            reader.object("also_operators_of", Problem::Wrong(RuleNames::EXPECTED));
        }
        known.then_some(())
    })
    .is_some()
}

/// Members of the reset group may help the people below the user OU.
fn article(house: &House<'_>) -> WrittenRule {
    let group = house.ad.reset_group.as_str().to_owned();
    WrittenRule {
        terms: house.terms(None, None, MustChange::Default, None),
        limits: house.limits.rule(),
        ..WrittenRule::article(group, house.ad.user_ou.clone())
    }
}

impl House<'_> {
    fn terms(
        &self,
        require_reason: Option<bool>,
        pattern: Option<ReasonPattern>,
        must_change: MustChange,
        password: Option<PasswordKind>,
    ) -> Terms {
        let fixed = self.ad.new_password.is_some();
        Terms {
            reason: ReasonRule {
                required: require_reason.unwrap_or(self.reset.reason_required),
                pattern: pattern.or_else(|| self.reset.reason_pattern.clone()),
            },
            must_change,
            password: password.unwrap_or(if fixed {
                PasswordKind::Fixed
            } else {
                PasswordKind::Generated
            }),
        }
    }
}

impl RuleTable {
    /// Settings that a rule that denies has no use for.
    fn strange(&self) -> impl Iterator<Item = &'static str> {
        let given = [
            ("require_reason", self.require_reason.is_some()),
            ("reason_pattern", self.reason_pattern.is_some()),
            ("must_change", self.must_change != MustChange::Default),
            ("password", self.password.is_some()),
            ("also_operators_of", !self.also_operators_of.0.is_empty()),
            ("resets_per_hour", self.resets_per_hour.is_some()),
            ("resets_per_day", self.resets_per_day.is_some()),
            ("people_per_day", self.people_per_day.is_some()),
            ("when_reached", self.when_reached.is_some()),
        ];
        let denies = self.effect == Effect::Deny;
        given
            .into_iter()
            .filter_map(move |(key, given)| (denies && given).then_some(key))
    }

    /// What is at odds with another setting; each is named.
    fn is_well(&self, reader: &mut Reader<'_>, house: &House<'_>) -> bool {
        let mut well = true;
        let mut object = |key: &str, problem: Problem| {
            reader.object(key, problem);
            well = false;
        };
        for key in self.strange() {
            object(key, Problem::ForAnother(OF_ALLOW));
        }
        if self.password == Some(PasswordKind::Fixed) && house.ad.new_password.is_none() {
            object("password", Problem::MissingOther("[ad] new_password"));
        }
        if self.operators.iter().next().is_none() {
            object("operators", Problem::Missing(GroupNames::EXPECTED));
        }
        if self.targets.0.is_empty() {
            object("targets", Problem::Missing(TargetNames::EXPECTED));
        }
        let relative = |target: &TargetName| {
            matches!(
                target,
                TargetName::OwnOu | TargetName::DirectReports | TargetName::Reports
            )
        };
        if self.except.0.iter().any(relative) {
            object("except", Problem::ForAnother(OF_TARGETS));
        }
        let ou = &house.ad.user_ou;
        let outside = |dn: &Dn| dn.is_ou() && dn != ou && !dn.is_below(ou);
        let strays = |target: &TargetName| matches!(target, TargetName::Dn(dn) if outside(dn));
        for (key, targets) in [("targets", &self.targets), ("except", &self.except)] {
            if targets.0.iter().any(strays) {
                object(key, Problem::OutsideUserOu);
            }
        }
        well
    }

    fn put_together(self, reader: &mut Reader<'_>, house: &House<'_>) -> Option<WrittenRule> {
        if !self.is_well(reader, house) {
            return None;
        }
        let common = house.limits.rule();
        let limit = |own: Option<Count>, common| own.map_or(common, Count::limit);
        Some(WrittenRule {
            name: self.name.0,
            effect: self.effect,
            operators: self.operators.iter().map(str::to_owned).collect(),
            targets: self.targets.0,
            except: self.except.0,
            actions: self.actions.0,
            hours: self.hours.0,
            networks: self.networks.as_slice().to_vec(),
            terms: house.terms(
                self.require_reason,
                self.reason_pattern,
                self.must_change,
                self.password,
            ),
            limits: match self.effect {
                Effect::Deny => Limits::default(),
                Effect::Allow => Limits {
                    resets_per_hour: limit(self.resets_per_hour, common.resets_per_hour),
                    resets_per_day: limit(self.resets_per_day, common.resets_per_day),
                    people_per_day: limit(self.people_per_day, common.people_per_day),
                    when_reached: self.when_reached.unwrap_or(common.when_reached),
                },
            },
            also_operators_of: self.also_operators_of.0,
        })
    }
}

/// 1 to 40 letters, digits, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleName(String);

fn is_rule_name(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (1..=40).contains(&text.len()) && text.bytes().all(fits)
}

impl Value for RuleName {
    const EXPECTED: &'static str = "a name of at most 40 letters, digits, - and _";
    fn parse(raw: &Raw, _: &Path) -> Result<Self, &'static str> {
        let text = raw.text().map(str::trim).ok_or(Self::EXPECTED)?;
        if is_rule_name(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Self::EXPECTED)
        }
    }
}

/// Names of rules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleNames(Vec<String>);

impl Value for RuleNames {
    const EXPECTED: &'static str =
        r#"a list of names of rules that allow, or "auditors", such as ["teachers", "auditors"]"#;
    fn parse(raw: &Raw, _: &Path) -> Result<Self, &'static str> {
        let names = raw.list(&[' ', ',', ';']).ok_or(Self::EXPECTED)?;
        if names.iter().all(|name| is_rule_name(name)) {
            Ok(Self(names.into_iter().map(str::to_owned).collect()))
        } else {
            Err(Self::EXPECTED)
        }
    }
}

/// Whom a rule reaches, by names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TargetNames(Vec<TargetName>);

impl Value for TargetNames {
    const EXPECTED: &'static str = r#"a list of OUs, groups, "own-ou", "direct-reports" and "reports", such as ["OU=Graz,DC=example,DC=com", "Class 5a"]"#;
    fn parse(raw: &Raw, _: &Path) -> Result<Self, &'static str> {
        let names = raw.list(&[';']).ok_or(Self::EXPECTED)?;
        let target = |name: &str| {
            let name = name.trim();
            let is_name = !name.is_empty() && !name.contains(char::is_control);
            match name.to_ascii_lowercase().as_str() {
                "own-ou" => Some(TargetName::OwnOu),
                "direct-reports" => Some(TargetName::DirectReports),
                "reports" => Some(TargetName::Reports),
                // A slip, or a group that is then named by its DN.
                "own ou" | "own_ou" | "direct reports" | "direct_reports" => None,
                _ => is_name.then(|| {
                    name.parse()
                        .map_or_else(|_| TargetName::Group(name.to_owned()), TargetName::Dn)
                }),
            }
        };
        let targets: Option<_> = names.into_iter().map(target).collect();
        targets.map(Self).ok_or(Self::EXPECTED)
    }
}

/// What a rule is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actions(Vec<Action>);

impl Value for Actions {
    const EXPECTED: &'static str = r#"a list of "view", "reset" and "unlock""#;
    fn parse(raw: &Raw, _: &Path) -> Result<Self, &'static str> {
        let names = raw.list(&[' ', ',', ';']).ok_or(Self::EXPECTED)?;
        let known = |name: &str| Action::ALL.into_iter().find(|action| action.word() == name);
        let actions: Option<Vec<Action>> =
            names.into_iter().map(|name| known(name.trim())).collect();
        let actions = actions.filter(|actions| !actions.is_empty());
        actions.map(Self).ok_or(Self::EXPECTED)
    }
}

/// When a rule holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HourList(Vec<Hours>);

impl Value for HourList {
    const EXPECTED: &'static str = r#"a list of days with a time, such as ["Mon-Fri 08:00-18:00", "Sat 09:00-12:00 Europe/Vienna"]"#;
    fn parse(raw: &Raw, _: &Path) -> Result<Self, &'static str> {
        let hours = raw.list(&[';']).ok_or(Self::EXPECTED)?;
        let hours: Option<_> = hours.into_iter().map(|text| text.parse().ok()).collect();
        hours.map(Self).ok_or(Self::EXPECTED)
    }
}

/// A value that is one of some words.
macro_rules! words {
    ($type:ty, $expected:literal, $($word:literal => $value:expr),+) => {
        impl Value for $type {
            const EXPECTED: &'static str = $expected;
            fn parse(raw: &Raw, _: &Path) -> Result<Self, &'static str> {
                match raw.text().map(str::trim) {
                    $(Some($word) => Ok($value),)+
                    _ => Err(Self::EXPECTED),
                }
            }
        }
    };
}

words!(Effect, "\"allow\" or \"deny\"", "allow" => Self::Allow, "deny" => Self::Deny);
words!(
    MustChange, "\"always\", \"default\" or \"never\"",
    "always" => Self::Always, "default" => Self::Default, "never" => Self::Never
);
words!(
    PasswordKind, "\"generated\", \"typed\" or \"fixed\"",
    "generated" => Self::Generated, "typed" => Self::Typed, "fixed" => Self::Fixed
);
words!(WhenReached, "\"refuse\" or \"freeze\"", "refuse" => Self::Refuse, "freeze" => Self::Freeze);

#[cfg(test)]
#[path = "rule_tests.rs"]
mod tests;
