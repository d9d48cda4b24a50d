//! One descriptor, weighed: which of its rules give the service account more than a newly made user
//! has and more than it needs, and which needed rights it does not give.

use super::leaves::Leaf;
use super::parties::{Parties, descriptor_of, is_of_people};
use crate::delegation::needs::{Right, USER_CLASS};
use crate::domain::identity::Sid;
use crate::domain::security_descriptor::{
    Ace, AceKind, Held, RightGuid, Rights, SecurityDescriptor, Token,
};

/// What of an object's place matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Place {
    /// A person's account (class `user` or `inetOrgPerson`) or something else.
    pub person: bool,
    /// A target or below one.
    pub within: bool,
    /// Above the service account's own object: what stands here for `SELF` may reach it.
    pub above_own: bool,
}

/// What a descriptor comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Weighed {
    /// The rules that matter.
    pub rules: Vec<WeighedRule>,
    /// The owner, where it is the account or one of its groups.
    pub owner: Option<Sid>,
    /// Needed rights that a person's account does not give.
    pub lacking: Vec<Lacking>,
    /// Explicit rules that deny a needed right to objects below.
    pub denials: Vec<Ace>,
}

/// A rule that gives, or hands down, a right too many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WeighedRule {
    pub rule: Ace,
    /// Too many on this very object.
    pub here: bool,
    /// Too many on objects below, be there any or not.
    pub below: bool,
}

/// A needed right that is not given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lacking {
    pub right: Right,
    /// The rules that deny what others give; empty: no rule gives it.
    pub denied_by: Vec<Ace>,
}

impl Weighed {
    /// Whether there is anything to say.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// `PRINCIPAL SELF`.
pub(super) fn is_self(sid: &Sid) -> bool {
    sid.is(5, &[10])
}

/// Weighs a descriptor of any object but the account's own.
pub(super) fn weigh(parties: &Parties, descriptor: &SecurityDescriptor, place: Place) -> Weighed {
    let sides = Sides {
        parties,
        service: descriptor.held_by(&parties.token.token, None),
        new_user: vec![descriptor.held_by(&parties.token.newly_made, None)],
    };
    let matters = |rule: &&Ace| {
        parties.extra.contains(&rule.trustee) || (place.above_own && is_self(&rule.trustee))
    };
    let rules = descriptor.rules().iter().filter(matters);
    let rules = rules.filter(|rule| rule.kind == AceKind::Allow);
    let lacking = if place.person && place.within {
        lacking(parties, &sides.service)
    } else {
        Vec::new()
    };
    Weighed {
        rules: rules
            .filter_map(|rule| sides.weigh(descriptor, rule, place))
            .collect(),
        owner: owner(parties, descriptor),
        lacking,
        denials: denials(parties, descriptor),
    }
}

/// Weighs the descriptor of the account's own object. `from_above`: rules that reach every new user
/// of the domain from its head.
pub(super) fn weigh_own(
    parties: &Parties,
    descriptor: &SecurityDescriptor,
    within: bool,
    from_above: &[Ace],
) -> Weighed {
    let account = &parties.token.account.sid;
    let oneself = Token(std::iter::once(account.clone()).collect());
    let mut usual = parties.default_rules(USER_CLASS).to_vec();
    usual.extend(reaching(from_above, Some(USER_CLASS)));
    let usual = descriptor_of(usual);
    let sides = Sides {
        parties,
        service: descriptor.held_by(&parties.token.token, Some(account)),
        new_user: vec![
            descriptor.held_by(&parties.token.newly_made, None),
            usual.held_by(&oneself, Some(account)),
        ],
    };
    let place = Place {
        person: true,
        within,
        above_own: false,
    };
    let rules = descriptor.rules().iter();
    let rules = rules.filter(|rule| {
        rule.kind == AceKind::Allow
            && (parties.extra.contains(&rule.trustee) || is_self(&rule.trustee))
    });
    Weighed {
        rules: rules
            .filter_map(|rule| sides.weigh(descriptor, rule, place))
            .collect(),
        owner: owner(parties, descriptor),
        ..Weighed::default()
    }
}

/// The needed rights that a target gives to users below, by whatever rule, and those among them that it gives to
/// the account itself by a rule that says exactly this.
pub(super) fn given(
    parties: &Parties,
    descriptor: &SecurityDescriptor,
) -> (Vec<Right>, Vec<Right>) {
    let lasting = descriptor.rules().iter();
    let lasting = lasting.filter(|rule| {
        rule.kind == AceKind::Allow && !rule.flags.no_propagate() && rule.reaches(USER_CLASS)
    });
    let given = |rules: Vec<Ace>| {
        let child = descriptor_of(rules);
        let held = child.held_by(&parties.token.token, None);
        let needed = parties.needed.iter();
        let held = needed.filter(|(_, path, mask)| held.granted(path).contains(*mask));
        held.map(|(right, ..)| *right).collect()
    };
    let all: Vec<Ace> = lasting
        .filter_map(|rule| rule.on_child(USER_CLASS))
        .collect();
    let own = descriptor.explicit_rules().filter(|rule| {
        rule.kind == AceKind::Allow
            && !rule.flags.no_propagate()
            && rule.trustee == parties.token.account.sid
            && rule.inherited_by == Some(USER_CLASS)
            && parties.is_exactly_needed(rule)
    });
    let own = own.filter_map(|rule| rule.on_child(USER_CLASS)).collect();
    (given(all), given(own))
}

struct Sides<'a> {
    parties: &'a Parties,
    service: Held<'a>,
    /// Whatever a newly made user has by one of these.
    new_user: Vec<Held<'a>>,
}

impl Sides<'_> {
    fn weigh(
        &self,
        descriptor: &SecurityDescriptor,
        rule: &Ace,
        place: Place,
    ) -> Option<WeighedRule> {
        let exact = place.within && self.parties.is_exactly_needed(rule);
        let handed_down = rule.flags.inherits_to_containers() && !exact;
        let concerns = self.parties.extra.contains(&rule.trustee);
        let needed_here = place.within && place.person;
        let in_force = !rule.flags.inherit_only() && (place.person || !exact);
        let here = in_force && (concerns || !place.above_own) && self.exceeds(rule, needed_here);
        let below = handed_down && concerns && self.exceeds_below(descriptor, rule, place.within);
        // What is handed down may be too many further down only, where other rules are in force.
        let matters = here || below || (handed_down && !rule.flags.inherited());
        matters.then(|| WeighedRule {
            rule: rule.clone(),
            here,
            below,
        })
    }

    /// Whether some leaf of the rule gives the service account what a newly made user has not, needed rights apart.
    fn exceeds(&self, rule: &Ace, needed_here: bool) -> bool {
        let mut leaves = self.parties.leaves.of(&self.parties.schema, rule);
        leaves.any(|Leaf { path, rights }| {
            if rights.is_none() {
                return false;
            }
            let mut more = self.service.granted(&path).intersection(rights);
            if needed_here {
                more = more.without(self.parties.needed_of(&path));
            }
            !more.is_none() && !self.new_user_has(&path, more)
        })
    }

    fn new_user_has(&self, path: &[RightGuid], rights: Rights) -> bool {
        let held = self.new_user.iter().map(|held| held.granted(path));
        held.fold(Rights::NONE, Rights::union).contains(rights)
    }

    /// The same on an object below, as it would be made now.
    fn exceeds_below(&self, descriptor: &SecurityDescriptor, rule: &Ace, within: bool) -> bool {
        let class = rule.inherited_by;
        let usual = class.map_or(&[][..], |class| self.parties.default_rules(class));
        let mut rules = usual.to_vec();
        rules.extend(reaching(descriptor.rules(), class));
        let child = descriptor_of(rules);
        let sides = Sides {
            parties: self.parties,
            service: child.held_by(&self.parties.token.token, None),
            new_user: vec![child.held_by(&self.parties.token.newly_made, None)],
        };
        sides.exceeds(rule, within && is_of_people(class))
    }
}

/// The rules that are in force on a child of this class; of any class: those for all classes.
fn reaching(rules: &[Ace], class: Option<RightGuid>) -> impl Iterator<Item = Ace> {
    // No class has the GUID 0.
    let class = class.unwrap_or(RightGuid(0));
    let rules = rules.iter().filter_map(move |rule| rule.on_child(class));
    rules.filter(|rule| !rule.flags.inherit_only())
}

fn owner(parties: &Parties, descriptor: &SecurityDescriptor) -> Option<Sid> {
    let owner = descriptor.owner.as_ref();
    owner.filter(|owner| parties.extra.contains(owner)).cloned()
}

fn lacking(parties: &Parties, held: &Held) -> Vec<Lacking> {
    let mut lacking = Vec::new();
    for (right, path, mask) in &parties.needed {
        let missing = mask.without(held.granted(path));
        if missing.is_none() {
            continue;
        }
        let of_kind = |kind| {
            held.rules().iter().copied().filter(move |rule: &&Ace| {
                rule.kind == kind && rule.object.is_none_or(|object| path.contains(&object))
            })
        };
        let granted = of_kind(AceKind::Allow).fold(held.implicit(), |rights, rule| {
            rights.union(rule.rights.mapped())
        });
        let denied_by = if granted.contains(*mask) {
            let denials = of_kind(AceKind::Deny);
            let denials = denials.filter(|rule| rule.rights.mapped().intersects(missing));
            denials.cloned().collect()
        } else {
            Vec::new()
        };
        lacking.push(Lacking {
            right: *right,
            denied_by,
        });
    }
    lacking
}

fn denials(parties: &Parties, descriptor: &SecurityDescriptor) -> Vec<Ace> {
    let explicit = descriptor.explicit_rules().filter(|rule| {
        rule.kind == AceKind::Deny
            && rule.flags.inherits_to_containers()
            && parties.token.token.0.contains(&rule.trustee)
    });
    let needed = |rule: &&Ace| {
        parties.needed.iter().any(|(_, path, mask)| {
            rule.rights.mapped().intersects(*mask)
                && rule.object.is_none_or(|object| path.contains(&object))
        })
    };
    explicit.filter(needed).cloned().collect()
}
