//! Who is compared with whom: the service account, a newly made user, and what the settings call for.

use super::leaves::{Leaves, path};
use crate::delegation::needs::{INET_ORG_PERSON_CLASS, Needs, Right, USER_CLASS};
use crate::directory::ServiceToken;
use crate::domain::identity::{Dn, Sid};
use crate::domain::schema::Schema;
use crate::domain::security_descriptor::{Ace, Dacl, RightGuid, Rights, SecurityDescriptor, sddl};
use std::collections::{HashMap, HashSet};

/// Both sides of the comparison.
pub(super) struct Parties {
    pub needs: Needs,
    pub token: ServiceToken,
    pub schema: Schema,
    pub leaves: Leaves,
    /// What the service account is and a newly made user is not.
    pub extra: HashSet<Sid>,
    /// Each needed right with its path and what it takes.
    pub needed: Vec<(Right, Vec<RightGuid>, Rights)>,
    /// What new objects of a class bring with them.
    defaults: HashMap<RightGuid, Vec<Ace>>,
}

impl Parties {
    pub fn new(needs: Needs, token: ServiceToken, schema: Schema) -> Self {
        let extra = token.token.0.difference(&token.newly_made.0);
        let extra = extra.cloned().chain([token.account.sid.clone()]).collect();
        let needed = needs.rights().into_iter();
        let needed = needed.map(|right| (right, path(&schema, right.guid()), right.mask()));
        Self {
            needed: needed.collect(),
            defaults: defaults(&schema, &token.account.sid),
            leaves: Leaves::new(&schema),
            extra,
            needs,
            token,
            schema,
        }
    }

    /// The domain's SID.
    pub fn domain(&self) -> Option<Sid> {
        self.token.account.sid.domain()
    }

    /// Whether it is a target or below one.
    pub fn is_within(&self, object: &Dn) -> bool {
        self.needs
            .targets
            .iter()
            .any(|target| object == target || object.is_below(target))
    }

    /// The nearest target above.
    pub fn target_of(&self, object: &Dn) -> Option<&Dn> {
        let targets = self.needs.targets.iter();
        targets
            .filter(|target| object == *target || object.is_below(target))
            .max_by_key(|target| target.as_str().len())
    }

    /// The rules of a new object of this class.
    pub fn default_rules(&self, class: RightGuid) -> &[Ace] {
        self.defaults.get(&class).map_or(&[], Vec::as_slice)
    }

    /// What is needed of a leaf of a user below a target.
    pub fn needed_of(&self, leaf: &[RightGuid]) -> Rights {
        let first = leaf.first();
        let mut needed = self.needed.iter();
        needed
            .find(|(right, ..)| Some(&right.guid()) == first)
            .map_or(Rights::NONE, |(_, _, mask)| *mask)
    }

    /// Whether the rule says no more than is needed: one needed right, for people below.
    pub fn is_exactly_needed(&self, rule: &Ace) -> bool {
        let object = rule.object.as_slice();
        is_of_people(rule.inherited_by)
            && rule.flags.inherits_to_containers()
            && !object.is_empty()
            && self.needed_of(object).contains(rule.rights.mapped())
    }
}

/// Whether objects of this class are people: `user` or `inetOrgPerson`, and neither computers nor
/// managed service accounts.
pub(super) fn is_of_people(class: Option<RightGuid>) -> bool {
    class == Some(USER_CLASS) || class == Some(INET_ORG_PERSON_CLASS)
}

fn defaults(schema: &Schema, account: &Sid) -> HashMap<RightGuid, Vec<Ace>> {
    let Some(domain) = account.domain() else {
        return HashMap::new();
    };
    let classes = schema.classes.iter();
    let rules = classes.filter_map(|(guid, class)| {
        let text = class.default_descriptor.as_deref()?;
        Some((*guid, sddl::rules(text, &domain).ok()?))
    });
    rules.collect()
}

/// A descriptor of these rules that nobody owns.
pub(super) fn descriptor_of(rules: Vec<Ace>) -> SecurityDescriptor {
    SecurityDescriptor {
        owner: None,
        dacl: Dacl::Rules(rules),
    }
}
