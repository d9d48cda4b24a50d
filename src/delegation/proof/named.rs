//! Attributes of other objects that give the account something without any rule of access: who may act
//! at a service as anybody (MS-KILE 3.3.5.7.2), and who may read the password of a managed account
//! (MS-ADTS 3.1.1.4.5.39). Their values are security descriptors.

use super::comparison::Comparison;
use super::excess::whom;
use super::finding::{Excess, Finding, What, id};
use super::membership;
use super::parties::Parties;
use super::words::listed;
use crate::delegation::change::Change;
use crate::domain::identity::{Dn, Sid};
use crate::domain::security_descriptor::{AceKind, SecurityDescriptor};

/// That are kept; more are counted.
const MOST: usize = 1_000;
const ACT: &str = "msDS-AllowedToActOnBehalfOfOtherIdentity";

/// All such attributes that name the account or one of its groups.
#[derive(Debug, Default)]
pub(super) struct Naming {
    named: Vec<Named>,
    /// How many were not kept.
    pub more: u64,
}

#[derive(Debug)]
struct Named {
    object: Dn,
    attribute: &'static str,
    /// The account, or groups that it is in.
    trustees: Vec<Sid>,
    /// Nobody else is named there.
    alone: bool,
}

impl Naming {
    /// Takes note of the attributes of one object.
    pub fn see(&mut self, parties: &Parties, object: &Dn, lists: &[(&'static str, Vec<u8>)]) {
        for (attribute, bytes) in lists {
            let Some((trustees, alone)) = named_in(parties, bytes) else {
                continue;
            };
            if self.named.len() >= MOST {
                self.more += 1;
                continue;
            }
            self.named.push(Named {
                object: object.clone(),
                attribute,
                trustees,
                alone,
            });
        }
    }
}

/// Who of the account's token is let in and no newly made user is, and whether nobody else is.
fn named_in(parties: &Parties, bytes: &[u8]) -> Option<(Vec<Sid>, bool)> {
    let list = SecurityDescriptor::try_from(bytes).ok()?;
    let held = list.held_by(&parties.token.token, None).granted(&[]);
    let usual = list.held_by(&parties.token.newly_made, None).granted(&[]);
    if usual.contains(held) {
        return None;
    }
    let rules = list.rules().iter();
    let (own, others): (Vec<_>, Vec<_>) = rules
        .filter(|rule| rule.kind == AceKind::Allow)
        .map(|rule| rule.trustee.clone())
        .partition(|trustee| parties.extra.contains(trustee));
    (!own.is_empty()).then_some((own, others.is_empty()))
}

/// One finding for each.
pub(super) fn findings(comparison: &Comparison) -> Vec<Finding> {
    let named = comparison.naming.named.iter();
    named.map(|named| finding(comparison, named)).collect()
}

fn finding(comparison: &Comparison, named: &Named) -> Finding {
    let Named {
        object, attribute, ..
    } = named;
    let sam = &comparison.parties.token.account.sam;
    let trustees = named.trustees.iter();
    let trustees: Vec<String> = trustees.map(|sid| whom(comparison, sid)).collect();
    let trustees = listed(&trustees);
    let mend = mend(comparison, named);
    let by_hand = if mend.is_empty() {
        " Others are named there too, or it comes with a group: take it out there by hand."
    } else {
        ""
    };
    let (sentence, consequence) = if *attribute == ACT {
        (
            format!("{sam} may act as any user at {object}."),
            "With it one can sign in there as an administrator, and so has whatever runs there.",
        )
    } else {
        (
            format!("{sam} may read the password of {object}."),
            "With it one can sign in as this managed account, and has its rights.",
        )
    };
    Finding {
        id: id("named", object, attribute),
        what: What::Excess(Excess::Named {
            object: object.clone(),
            attribute,
        }),
        sentence,
        origin: format!("{attribute} of {object} names {trustees}.{by_hand}"),
        consequence: consequence.to_owned(),
        mend,
    }
}

/// The attribute goes where it names nobody but the account; the account leaves the group where the
/// attribute names one. What would take something from others is no mend.
fn mend(comparison: &Comparison, named: &Named) -> Vec<Change> {
    let token = &comparison.parties.token;
    let [trustee] = named.trustees.as_slice() else {
        return Vec::new();
    };
    if *trustee != token.account.sid {
        let group = token.groups.iter().find(|group| group.sid == *trustee);
        return group.map_or_else(Vec::new, |group| membership::mend(comparison, group));
    }
    if !named.alone {
        return Vec::new();
    }
    vec![Change::RemoveValues {
        object: named.object.clone(),
        attribute: named.attribute,
        values: Vec::new(),
    }]
}
