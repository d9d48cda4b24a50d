//! What the proof can say.

use crate::delegation::change::Change;
use crate::delegation::needs::Right;
use crate::domain::identity::Dn;
use crate::domain::security_descriptor::Ace;
use sha2::{Digest, Sha256};

/// Something that is not as it should be, with the change that mends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Eight hexadecimal digits, the same while the cause is the same: what `delegation mend` is given.
    pub id: String,
    /// What it is.
    pub what: What,
    /// One sentence: what it is, on which object.
    pub sentence: String,
    /// One sentence: where it comes from.
    pub origin: String,
    /// One sentence: what whoever gets hold of the service account could do with it (excess), or what does not work (missing).
    pub consequence: String,
    /// What mends it, in this order. Empty: nothing that a command could do; `origin` says what then.
    pub mend: Vec<Change>,
}

/// Missing or too much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A needed right is missing.
    Missing(Missing),
    /// A right too many.
    Excess(Excess),
}

/// A needed right that some accounts do not give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Which rights.
    pub rights: Vec<Right>,
    /// Why.
    pub cause: Cause,
    /// The object where the cause is.
    pub at: Dn,
    /// How many accounts.
    pub accounts: u64,
    /// The first few, as distinguished names.
    pub examples: Vec<String>,
}

/// Why a needed right is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The target is not there, or the service account may not see it.
    NoSuchTarget,
    /// No rule gives it.
    NotDelegated,
    /// A rule further up gives it, nothing is in the way, and yet the account has not taken it over.
    NotPassedOn,
    /// The object takes nothing over from above.
    BlockedInheritance,
    /// `adminCount` is 1 and the rules are those of `AdminSDHolder`, though the account is in no protected group any more.
    AdminSdHolder,
    /// This rule denies it.
    Denied(Ace),
}

/// Where a right too many comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Excess {
    /// A rule for the account itself.
    Rule {
        /// The object that has the rule.
        object: Dn,
        /// The rule.
        rule: Ace,
        /// How many objects have it by inheritance.
        reaches: u64,
    },
    /// A membership, by what the group is or by the rights that it has somewhere.
    Membership {
        /// The group that the account is a direct member of.
        group: String,
        /// What comes with it, the first few.
        rights: Vec<GroupRight>,
        /// How many more there are.
        more: u64,
    },
    /// It owns an object.
    Owner {
        /// The object.
        object: Dn,
    },
    /// An attribute of another object names it as one who may act there as anybody, or read a password.
    Named {
        /// The object.
        object: Dn,
        /// lDAPDisplayName.
        attribute: &'static str,
    },
    /// A flag or attribute of the account itself.
    Account {
        /// Which, such as `TRUSTED_FOR_DELEGATION` or `servicePrincipalName`.
        attribute: &'static str,
    },
}

/// A right that comes with a membership.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRight {
    /// The object.
    pub object: Dn,
    /// The rule; `None`: the group owns the object.
    pub rule: Option<Ace>,
    /// From the account to the group that it is for: `svc → Inner → Outer`.
    pub through: String,
}

/// Nothing wrong, but worth knowing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// A sentence.
    pub sentence: String,
}

/// The id of a finding: the same for the same cause, whatever else is found.
pub(super) fn id(kind: &str, object: &Dn, detail: &str) -> String {
    let object = object.as_str().to_lowercase();
    let digest = Sha256::digest(format!("{kind}\n{object}\n{detail}"));
    let first = digest.iter().take(4);
    let number = first.fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
    format!("{number:08x}")
}

impl Finding {
    /// What it is, without names that only an administrator may see.
    pub fn in_general(&self) -> &'static str {
        match &self.what {
            What::Missing(_) => "A right that the service account needs is missing.",
            What::Excess(Excess::Rule { .. }) => {
                "An access rule gives the service account a right that it does not need."
            }
            What::Excess(Excess::Membership { .. }) => {
                "A group that the service account is in gives it rights that it does not need."
            }
            What::Excess(Excess::Owner { .. }) => {
                "The service account owns an object of the directory."
            }
            What::Excess(Excess::Named { .. }) => {
                "Another account or computer trusts the service account more than it needs."
            }
            What::Excess(Excess::Account { .. }) => {
                "The service account has a setting that makes it dangerous."
            }
        }
    }
}
