//! Needed rights that people's accounts do not give, gathered by their cause.

use super::origins::{Origins, Seen};
use super::weigh::Lacking;
use crate::delegation::needs::Right;
use crate::domain::identity::{Dn, ObjectGuid, Sid};
use std::collections::BTreeSet;

/// Causes of a kind that are kept one by one.
const MOST: usize = 1_000;
/// Accounts that are named.
const EXAMPLES: usize = 5;

/// What one cause reaches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Reach {
    /// Objects.
    pub objects: u64,
    /// The needed rights that they lack.
    pub rights: BTreeSet<Right>,
    /// The first few, by name.
    pub examples: Vec<String>,
}

impl Reach {
    pub fn one(object: &str, rights: &[Right]) -> Self {
        Self {
            objects: 1,
            rights: rights.iter().copied().collect(),
            examples: vec![object.to_owned()],
        }
    }

    pub fn is_nothing(&self) -> bool {
        self.objects == 0
    }

    pub fn join(&mut self, other: Self) {
        self.objects += other.objects;
        self.rights.extend(other.rights);
        let room = EXAMPLES.saturating_sub(self.examples.len());
        self.examples.extend(other.examples.into_iter().take(room));
    }
}

/// A person's account as far as missing rights are concerned.
pub(super) struct Person<'a> {
    pub dn: &'a Dn,
    pub guid: Option<ObjectGuid>,
    pub class: &'a str,
    pub admin_count: bool,
    /// It takes nothing over from above.
    pub blocks: bool,
}

/// An account that has, or had, `AdminSDHolder`'s rules.
#[derive(Debug, Clone)]
pub(super) struct Guarded {
    pub dn: Dn,
    pub guid: Option<ObjectGuid>,
    pub rights: Vec<Right>,
    pub blocks: bool,
}

/// What is missing so far.
pub(super) struct Lacks {
    /// Denied, by the rule that does it.
    pub denied: Origins,
    /// Accounts that take nothing over.
    pub blocked: Vec<(Dn, Reach)>,
    /// How many more.
    pub more_blocked: u64,
    /// Accounts with adminCount = 1.
    pub guarded: Vec<Guarded>,
    /// How many more.
    pub more_guarded: u64,
    /// Given by no rule, by the container of the accounts.
    pub absent: Vec<(Dn, Reach)>,
    /// Containers at and below targets that take nothing over from above.
    pub barriers: Vec<Dn>,
}

impl Lacks {
    pub fn new(account: &Sid) -> Self {
        Self {
            denied: Origins::new(account),
            blocked: Vec::new(),
            more_blocked: 0,
            guarded: Vec::new(),
            more_guarded: 0,
            absent: Vec::new(),
            barriers: Vec::new(),
        }
    }

    /// A container at or below a target that takes nothing over from above.
    pub fn see_barrier(&mut self, dn: &Dn) {
        if self.barriers.len() < MOST {
            self.barriers.push(dn.clone());
        }
    }

    /// A person's account that does not give all that is needed.
    pub fn see(&mut self, person: &Person<'_>, lacking: &[Lacking]) {
        let denied = lacking.iter().filter(|lack| !lack.denied_by.is_empty());
        let denied: Vec<&Lacking> = denied.collect();
        let absent = lacking.iter().filter(|lack| lack.denied_by.is_empty());
        let absent: Vec<Right> = absent.map(|lack| lack.right).collect();
        if person.admin_count {
            let rights = lacking.iter().map(|lack| lack.right).collect();
            self.see_guarded(person, rights);
            return;
        }
        self.see_denied(person, &denied);
        if absent.is_empty() {
            return;
        }
        let reach = Reach::one(person.dn.as_str(), &absent);
        if !person.blocks {
            self.see_absent(person.dn, reach);
        } else if self.blocked.len() < MOST {
            self.blocked.push((person.dn.clone(), reach));
        } else {
            self.more_blocked += 1;
        }
    }

    fn see_guarded(&mut self, person: &Person<'_>, rights: Vec<Right>) {
        if self.guarded.len() >= MOST {
            self.more_guarded += 1;
            return;
        }
        self.guarded.push(Guarded {
            dn: person.dn.clone(),
            guid: person.guid,
            rights,
            blocks: person.blocks,
        });
    }

    /// One rule may deny several rights: it is one cause.
    fn see_denied(&mut self, person: &Person<'_>, denied: &[&Lacking]) {
        let mut rules: Vec<_> = denied.iter().flat_map(|lack| &lack.denied_by).collect();
        rules.dedup();
        for (at, rule) in rules.iter().enumerate() {
            if rules.iter().take(at).any(|earlier| earlier == rule) {
                continue;
            }
            let by_this = denied.iter().filter(|lack| lack.denied_by.contains(rule));
            let rights: Vec<Right> = by_this.map(|lack| lack.right).collect();
            self.denied.see(Seen {
                object: person.dn,
                class: person.class,
                guarded: false,
                rule,
                wrong: true,
                reach: Reach::one(person.dn.as_str(), &rights),
            });
        }
    }

    fn see_absent(&mut self, person: &Dn, reach: Reach) {
        let Some(container) = person.parent() else {
            return;
        };
        if let Some((_, known)) = self.absent.iter_mut().find(|(at, _)| *at == container) {
            known.join(reach);
        } else if self.absent.len() < MOST {
            self.absent.push((container, reach));
        } else if let Some((_, last)) = self.absent.last_mut() {
            last.join(reach);
        }
    }

    /// The nearest container from `at` up to, and without, `target` that takes nothing over from above.
    pub fn barrier(&self, at: &Dn, target: &Dn) -> Option<&Dn> {
        let barriers = self.barriers.iter();
        barriers
            .filter(|barrier| barrier.is_below(target) && (at == *barrier || at.is_below(barrier)))
            .max_by_key(|barrier| barrier.as_str().len())
    }
}
