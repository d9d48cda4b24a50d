//! Which object a rule comes from. Objects arrive in any order, so what was inherited waits for its
//! origin; what waits is folded together, so that memory stays bounded.

use super::lacks::Reach;
use crate::domain::identity::{Dn, Sid};
use crate::domain::security_descriptor::{Ace, AceFlags, AceKind, RightGuid, Rights};
use std::collections::HashMap;

/// Explicit rules kept of the account itself; of each group a part.
const MOST_OF_THE_ACCOUNT: usize = 1_000;
const MOST_OF_A_GROUP: usize = 50;
/// Different rules that are kept; of those with which something is wrong twice as many, so that rules that
/// do no harm take no room from them.
const MOST_RULES: usize = 4_000;
/// Places of one rule that wait for their origin.
const MOST_WAITING: usize = 64;

/// How a rule was seen on an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sight {
    /// It is set on the object itself.
    Explicit,
    /// It is inherited there, and nothing above was seen with it.
    Inherited,
    /// It is inherited by objects below.
    InheritedBelow,
}

/// A rule with the object that it comes from.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    pub object: Dn,
    /// The object's class.
    pub class: String,
    pub rule: Ace,
    /// The rules as they stand there, where a domain controller has split the one in two.
    pub split: Vec<Ace>,
    /// How the object comes to be the origin.
    pub sight: Sight,
    /// Something is wrong with the rule on the object itself or for objects below in general.
    pub wrong: bool,
    /// The object is guarded by `AdminSDHolder`: its rules are a copy.
    pub guarded: bool,
    /// What else has it by inheritance.
    pub reach: Reach,
    /// Where AD copied a rule of `AdminSDHolder` to.
    pub copies: Vec<Copy>,
}

/// A copy of a rule.
#[derive(Debug, Clone)]
pub(super) struct Copy {
    pub object: Dn,
    pub rules: Vec<Ace>,
}

/// One sight of a rule.
pub(super) struct Seen<'a> {
    pub object: &'a Dn,
    pub class: &'a str,
    pub guarded: bool,
    pub rule: &'a Ace,
    /// As in [`Origin`].
    pub wrong: bool,
    /// What this object adds to the rule's reach.
    pub reach: Reach,
}

/// What stays the same while a rule is handed down. The class that inherits it is not in it:
/// servers differ in keeping it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    trustee: Sid,
    kind: AceKind,
    rights: Rights,
    object: Option<RightGuid>,
}

#[derive(Default)]
struct Places {
    explicit: Vec<Origin>,
    waiting: Vec<Origin>,
}

/// Rules and where they come from.
pub(super) struct Origins {
    account: Sid,
    rules: HashMap<Key, Places>,
    /// How many explicit ones, by whom they are for and whether something is wrong with them there.
    kept: HashMap<(Sid, bool), usize>,
    left_out: HashMap<Sid, u64>,
}

impl Origins {
    pub fn new(account: &Sid) -> Self {
        Self {
            account: account.clone(),
            rules: HashMap::new(),
            kept: HashMap::new(),
            left_out: HashMap::new(),
        }
    }

    /// Takes note of a rule on an object.
    pub fn see(&mut self, seen: Seen<'_>) {
        let key = Key::of(seen.rule);
        let inherited = seen.rule.flags.inherited();
        let most = if seen.wrong {
            MOST_RULES * 2
        } else {
            MOST_RULES
        };
        let full = self.rules.len() >= most && !self.rules.contains_key(&key);
        let whom = (seen.rule.trustee.clone(), seen.wrong);
        if full || (!inherited && !self.has_room(&whom)) {
            if seen.wrong {
                *self.left_out.entry(seen.rule.trustee.clone()).or_default() += 1;
            }
            return;
        }
        let places = self.rules.entry(key).or_default();
        if inherited {
            places.see_inherited(seen);
        } else {
            *self.kept.entry(whom).or_default() += 1;
            places.explicit.push(Origin::of(seen, Sight::Explicit));
        }
    }

    fn has_room(&self, whom: &(Sid, bool)) -> bool {
        let kept = self.kept.get(whom).copied().unwrap_or(0);
        let most = if whom.0 == self.account {
            MOST_OF_THE_ACCOUNT
        } else {
            MOST_OF_A_GROUP
        };
        kept < most
    }

    /// Every rule with which something is wrong, with its origin, and how many were not kept, by whom they are for.
    pub fn resolve(self) -> (Vec<Origin>, HashMap<Sid, u64>) {
        let mut found = Vec::new();
        for mut places in self.rules.into_values() {
            for waiting in std::mem::take(&mut places.waiting) {
                if let Some(origin) =
                    places.origin_of(&waiting.object, waiting.sight, &waiting.rule)
                {
                    origin.reach.join(waiting.reach);
                } else {
                    found.push(waiting);
                }
            }
            places.join_split();
            places.fold_copies();
            let wrong = places.explicit.into_iter();
            found.extend(wrong.filter(|origin| origin.wrong || !origin.reach.is_nothing()));
        }
        found.sort_by_cached_key(|origin| {
            let depth = origin.object.as_str().matches(',').count();
            let name = origin.object.as_str().to_lowercase();
            (depth, name, origin.rule.to_string())
        });
        (found, self.left_out)
    }
}

impl Origin {
    fn of(seen: Seen<'_>, sight: Sight) -> Self {
        Self {
            object: seen.object.clone(),
            class: seen.class.to_owned(),
            rule: seen.rule.clone(),
            split: Vec::new(),
            sight,
            wrong: seen.wrong,
            guarded: seen.guarded,
            reach: seen.reach,
            copies: Vec::new(),
        }
    }

    fn is_other_half(&self, other: &Self) -> bool {
        self.split.is_empty()
            && self.object == other.object
            && self.rule.inherited_by == other.rule.inherited_by
            && self.rule.flags.inherit_only() != other.rule.flags.inherit_only()
    }

    fn join_half(&mut self, other: Self) {
        self.split = vec![self.rule.clone(), other.rule.clone()];
        let below = if other.rule.flags.inherit_only() {
            other.rule
        } else {
            self.rule.clone()
        };
        let flags = AceFlags(below.flags.0 & !AceFlags::INHERIT_ONLY);
        self.rule = Ace { flags, ..below };
        self.wrong |= other.wrong;
        self.reach.join(other.reach);
    }

    /// The rules as they stand on the object.
    pub fn rules(&self) -> Vec<Ace> {
        if self.split.is_empty() {
            vec![self.rule.clone()]
        } else {
            self.split.clone()
        }
    }

    /// The object that AD copies the rules of its administrators from.
    fn is_admin_sd_holder(&self) -> bool {
        let parent = self.object.parent();
        self.object
            .common_name()
            .eq_ignore_ascii_case("AdminSDHolder")
            && parent.is_some_and(|parent| parent.common_name().eq_ignore_ascii_case("System"))
    }
}

impl Key {
    fn of(rule: &Ace) -> Self {
        Self {
            trustee: rule.trustee.clone(),
            kind: rule.kind,
            rights: rule.rights.mapped(),
            object: rule.object,
        }
    }
}

impl Places {
    fn see_inherited(&mut self, seen: Seen<'_>) {
        if let Some(origin) = self.origin_of(seen.object, Sight::Inherited, seen.rule) {
            origin.reach.join(seen.reach);
            return;
        }
        let above = |origin: &&mut Origin| {
            *seen.object == origin.object || seen.object.is_below(&origin.object)
        };
        if let Some(above) = self.waiting.iter_mut().find(above) {
            above.reach.join(seen.reach);
            return;
        }
        self.wait(Origin::of(seen, Sight::Inherited));
        if self.waiting.len() > MOST_WAITING {
            self.fold_waiting();
        }
    }

    /// Adds a place that nothing above is waiting for; those below it become part of it.
    fn wait(&mut self, mut topmost: Origin) {
        for other in std::mem::take(&mut self.waiting) {
            if other.object == topmost.object || other.object.is_below(&topmost.object) {
                topmost.reach.join(other.reach);
            } else {
                self.waiting.push(other);
            }
        }
        self.waiting.push(topmost);
    }

    /// Makes room: the places become those one level up, deepest first.
    fn fold_waiting(&mut self) {
        let depth = |dn: &Dn| dn.as_str().matches(',').count();
        while self.waiting.len() > MOST_WAITING / 2 {
            let deepest = self.waiting.iter().map(|place| depth(&place.object)).max();
            let Some(deepest) = deepest.filter(|deepest| *deepest > 0) else {
                return;
            };
            for mut place in std::mem::take(&mut self.waiting) {
                if depth(&place.object) == deepest
                    && let Some(parent) = place.object.parent()
                {
                    place.object = parent;
                    place.sight = Sight::InheritedBelow;
                }
                let above = |origin: &&mut Origin| {
                    place.object == origin.object || place.object.is_below(&origin.object)
                };
                match self.waiting.iter_mut().find(above) {
                    Some(above) => above.reach.join(place.reach),
                    None => self.wait(place),
                }
            }
        }
    }

    /// The nearest object above that has the rule explicitly for objects below; one for the same class first.
    fn origin_of(&mut self, object: &Dn, sight: Sight, rule: &Ace) -> Option<&mut Origin> {
        let explicit = self.explicit.iter_mut();
        let above = explicit.filter(|origin| {
            let reaches = object.is_below(&origin.object)
                || (sight == Sight::InheritedBelow && *object == origin.object);
            origin.rule.flags.inherits_to_containers() && reaches
        });
        above.max_by_key(|origin| {
            let same_class = origin.rule.inherited_by == rule.inherited_by;
            (origin.object.as_str().len(), same_class)
        })
    }

    /// A rule with generic rights for an object and those below it becomes two when it is written: one
    /// for the object, one for those below (MS-DTYP 2.5.3.4.4). They are one cause.
    fn join_split(&mut self) {
        for origin in std::mem::take(&mut self.explicit) {
            let known = self
                .explicit
                .iter_mut()
                .find(|known| known.is_other_half(&origin));
            match known {
                Some(known) => known.join_half(origin),
                None => self.explicit.push(origin),
            }
        }
    }

    /// Copies of a rule of `AdminSDHolder` count as its reach.
    fn fold_copies(&mut self) {
        let at = self.explicit.iter().position(Origin::is_admin_sd_holder);
        let Some(at) = at else {
            return;
        };
        let mut holder = self.explicit.swap_remove(at);
        let (copies, rest) = std::mem::take(&mut self.explicit)
            .into_iter()
            .partition(|origin: &Origin| origin.guarded);
        for copy in copies {
            let copy: Origin = copy;
            holder.reach.join(Reach::one(copy.object.as_str(), &[]));
            holder.copies.push(Copy {
                object: copy.object.clone(),
                rules: copy.rules(),
            });
            holder.reach.join(copy.reach);
        }
        self.explicit = rest;
        self.explicit.push(holder);
    }
}
