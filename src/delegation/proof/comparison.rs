//! The comparison, object by object, without any input or output: fed with everything there is, it
//! keeps what is wrong and nothing else.

use super::lacks::{Guarded, Lacks, Person, Reach};
use super::named::Naming;
use super::origins::{Origins, Seen};
use super::parties::Parties;
use super::weigh::{Place, Weighed, WeighedRule, given, is_self, weigh, weigh_own};
use crate::delegation::needs::{Needs, Right};
use crate::directory::ServiceToken;
use crate::directory::survey::Surveyed;
use crate::domain::identity::{Dn, Sid};
use crate::domain::schema::Schema;
use crate::domain::security_descriptor::{Ace, Descriptor, SecurityDescriptor};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

/// Descriptors whose verdict is kept. More different ones are weighed each time.
const MOST_VERDICTS: usize = 20_000;
/// Accounts with lower RIDs come with the domain (MS-SAMR 3.1.1.9.1).
const FIRST_RID_OF_OUR_OWN: u32 = 1_000;
/// Objects whose rules may not be read that are named.
const UNREADABLE_NAMED: usize = 2;
/// Owned objects that are kept for each owner.
const MOST_OWNED: usize = 1_000;

/// The comparison so far.
pub(super) struct Comparison {
    pub parties: Parties,
    pub objects: u64,
    pub people: u64,
    pub rules: Origins,
    pub owned: HashMap<Sid, Owned>,
    /// What other objects' attributes say of the account.
    pub naming: Naming,
    pub lacks: Lacks,
    pub targets: Vec<Target>,
    /// Objects whose rules may not be read.
    pub unreadable: Reach,
    /// Such objects at or below a target.
    pub unreadable_within: Reach,
    /// People of class `inetOrgPerson` below targets whose accounts do not give what is needed.
    pub other_people: Reach,
    heads: Vec<Dn>,
    /// Rules at the domain's head for `SELF`: every new user has them on itself.
    self_rules: Vec<Ace>,
    own: Option<Surveyed>,
    verdicts: HashMap<(u64, u64, Place), Arc<Verdict>>,
    keys: (RandomState, RandomState),
}

/// Objects that one trustee owns.
#[derive(Debug, Default)]
pub(super) struct Owned {
    pub objects: Vec<(Dn, String)>,
    pub more: u64,
}

/// A target of the settings.
pub(super) struct Target {
    pub dn: Dn,
    pub seen: bool,
    pub readable: bool,
    pub people: u64,
    /// Needed rights that users below get, by whatever rule.
    pub given: Vec<Right>,
    /// Those that a rule of the target gives to the account itself, and nothing else with it.
    pub exact: Vec<Right>,
}

struct Verdict {
    weighed: Weighed,
    blocks: bool,
}

impl Comparison {
    /// `heads`: the naming contexts; the domain's is among them.
    pub fn new(needs: Needs, token: ServiceToken, schema: Schema, heads: Vec<Dn>) -> Self {
        let account = token.account.sid.clone();
        let targets = needs.targets.iter().map(|dn| Target {
            dn: dn.clone(),
            seen: false,
            readable: false,
            people: 0,
            given: Vec::new(),
            exact: Vec::new(),
        });
        Self {
            targets: targets.collect(),
            objects: 0,
            people: 0,
            rules: Origins::new(&account),
            owned: HashMap::new(),
            naming: Naming::default(),
            lacks: Lacks::new(&account),
            unreadable: Reach::default(),
            unreadable_within: Reach::default(),
            other_people: Reach::default(),
            heads,
            self_rules: Vec::new(),
            own: None,
            verdicts: HashMap::new(),
            keys: (RandomState::new(), RandomState::new()),
            parties: Parties::new(needs, token, schema),
        }
    }

    /// Weighs one object.
    pub fn look_at(&mut self, object: Surveyed) {
        self.objects += 1;
        let Ok(dn) = object.dn.parse::<Dn>() else {
            self.see_unreadable(&object.dn, false);
            return;
        };
        let within = self.parties.is_within(&dn);
        let place = self.place(&object, &dn, within);
        self.count(&dn, place);
        for target in self.targets.iter_mut().filter(|target| target.dn == dn) {
            target.seen = true;
        }
        let is_own = self.is_own(&object, &dn);
        // Who may act at the account itself is a setting of the account.
        if !is_own {
            self.naming.see(&self.parties, &dn, &object.lists);
        }
        let Some(bytes) = object.descriptor.as_deref() else {
            self.see_unreadable(&object.dn, within);
            return;
        };
        if is_own {
            self.own = Some(object);
            return;
        }
        let Some(verdict) = self.verdict(bytes, place) else {
            self.see_unreadable(&object.dn, within);
            return;
        };
        self.see_target(&dn, bytes);
        self.see_head(&dn, bytes);
        self.take(&object, &dn, place, &verdict);
    }

    /// The accounts with adminCount = 1 that lack a right: are they guarded today?
    pub fn doubtful(&self) -> &[Guarded] {
        &self.lacks.guarded
    }

    /// Everything was seen: weighs the account's own object.
    pub fn complete(&mut self) {
        let Some(own) = self.own.take() else {
            return;
        };
        let (Ok(dn), Some(Ok(descriptor))) = (
            own.dn.parse::<Dn>(),
            own.descriptor.as_deref().map(SecurityDescriptor::try_from),
        ) else {
            self.see_unreadable(&own.dn, false);
            return;
        };
        let within = self.parties.is_within(&dn);
        let weighed = weigh_own(&self.parties, &descriptor, within, &self.self_rules);
        self.take_rules(&own, &dn, &weighed);
    }

    fn is_own(&self, object: &Surveyed, dn: &Dn) -> bool {
        let account = &self.parties.token.account;
        object.guid == Some(account.guid) || *dn == account.dn
    }

    fn place(&self, object: &Surveyed, dn: &Dn, within: bool) -> Place {
        Place {
            person: object.class.eq_ignore_ascii_case("user") || is_inet_org_person(object),
            within,
            above_own: self.parties.token.account.dn.is_below(dn),
        }
    }

    fn count(&mut self, dn: &Dn, place: Place) {
        if !(place.person && place.within) {
            return;
        }
        self.people += 1;
        let targets = self.targets.iter_mut();
        for target in targets.filter(|target| dn.is_below(&target.dn)) {
            target.people += 1;
        }
    }

    fn see_unreadable(&mut self, dn: &str, within: bool) {
        let reaches = [
            Some(&mut self.unreadable),
            within.then_some(&mut self.unreadable_within),
        ];
        for reach in reaches.into_iter().flatten() {
            reach.objects += 1;
            if reach.examples.len() < UNREADABLE_NAMED {
                reach.examples.push(dn.to_owned());
            }
        }
    }

    /// Equal descriptors in equal places are weighed once. The keys of the hash are random, so that
    /// nobody can make two descriptors that are taken for one.
    fn verdict(&mut self, bytes: &[u8], place: Place) -> Option<Arc<Verdict>> {
        let key = (
            self.keys.0.hash_one(bytes),
            self.keys.1.hash_one(bytes),
            place,
        );
        if let Some(known) = self.verdicts.get(&key) {
            return Some(Arc::clone(known));
        }
        let descriptor = SecurityDescriptor::try_from(bytes).ok()?;
        let verdict = Arc::new(Verdict {
            weighed: weigh(&self.parties, &descriptor, place),
            blocks: Descriptor::try_from(bytes).ok()?.blocks_inheritance(),
        });
        if self.verdicts.len() < MOST_VERDICTS {
            self.verdicts.insert(key, Arc::clone(&verdict));
        }
        Some(verdict)
    }

    fn see_target(&mut self, dn: &Dn, bytes: &[u8]) {
        let Some(target) = self.targets.iter_mut().find(|target| target.dn == *dn) else {
            return;
        };
        if let Ok(descriptor) = SecurityDescriptor::try_from(bytes) {
            target.readable = true;
            (target.given, target.exact) = given(&self.parties, &descriptor);
        }
    }

    fn see_head(&mut self, dn: &Dn, bytes: &[u8]) {
        let is_head = self.heads.contains(dn) && self.parties.token.account.dn.is_below(dn);
        if let (true, Ok(descriptor)) = (is_head, SecurityDescriptor::try_from(bytes)) {
            let rules = descriptor.rules().iter();
            self.self_rules = rules
                .filter(|rule| is_self(&rule.trustee))
                .cloned()
                .collect();
        }
    }

    fn take(&mut self, object: &Surveyed, dn: &Dn, place: Place, verdict: &Verdict) {
        if verdict.blocks && place.within && !place.person {
            self.lacks.see_barrier(dn);
        }
        if verdict.weighed.is_nothing() {
            return;
        }
        self.take_rules(object, dn, &verdict.weighed);
        for rule in &verdict.weighed.denials {
            self.lacks.denied.see(Seen {
                object: dn,
                class: &object.class,
                guarded: false,
                rule,
                wrong: false,
                reach: Reach::default(),
            });
        }
        let lacking = &verdict.weighed.lacking;
        // Keyward never touches built-in accounts.
        let rid = object.sid.as_ref().and_then(Sid::rid);
        let built_in = rid.is_some_and(|rid| rid < FIRST_RID_OF_OUR_OWN);
        if !lacking.is_empty() && is_inet_org_person(object) {
            self.other_people.join(Reach::one(&object.dn, &[]));
        } else if !lacking.is_empty() && !built_in {
            let person = Person {
                dn,
                guid: object.guid,
                class: &object.class,
                admin_count: object.admin_count,
                blocks: verdict.blocks,
            };
            self.lacks.see(&person, lacking);
        }
    }

    fn take_rules(&mut self, object: &Surveyed, dn: &Dn, weighed: &Weighed) {
        for WeighedRule { rule, here, below } in &weighed.rules {
            let inherited = rule.flags.inherited();
            let reach = if inherited && *here {
                Reach::one(dn.as_str(), &[])
            } else {
                Reach::default()
            };
            self.rules.see(Seen {
                object: dn,
                class: &object.class,
                guarded: object.admin_count,
                rule,
                wrong: *here || *below,
                reach,
            });
        }
        if let Some(owner) = &weighed.owner {
            let owned = self.owned.entry(owner.clone()).or_default();
            if owned.objects.len() < MOST_OWNED {
                owned.objects.push((dn.clone(), object.class.clone()));
            } else {
                owned.more += 1;
            }
        }
    }
}

fn is_inet_org_person(object: &Surveyed) -> bool {
    object.class.eq_ignore_ascii_case("inetOrgPerson")
}
