//! One change to the directory that an administrator is to make: planned by `apply`, `revoke` and
//! the proof's mends; carried out over LDAPS, or printed as a script.

use crate::domain::identity::{Dn, Sid};
use crate::domain::security_descriptor::Ace;

/// A change. Each is idempotent: what is already so stays so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Make an organisational unit.
    CreateOu {
        /// Where.
        dn: Dn,
    },
    /// Make the service account: enabled, password never expires, not "must change", not delegated, and the new
    /// password comes from the password file.
    CreateAccount {
        /// Where.
        dn: Dn,
        /// sAMAccountName.
        sam: String,
    },
    /// Make a global security group.
    CreateGroup {
        /// Where.
        dn: Dn,
        /// sAMAccountName.
        sam: String,
    },
    /// Set and clear bits of userAccountControl.
    SetFlags {
        /// The account.
        account: Dn,
        /// Bits to set.
        set: u32,
        /// Bits to clear.
        clear: u32,
    },
    /// Add access rules to an object.
    AddRules {
        /// The object.
        object: Dn,
        /// Whom the rules are for, for people and for commands that take no SID: sAMAccountName, or the SID where
        /// there is no name.
        whom: String,
        /// The rules.
        rules: Vec<Ace>,
    },
    /// Take exactly these access rules off an object.
    RemoveRules {
        /// The object.
        object: Dn,
        /// Whom the rules are for, for people and for commands that take no SID: sAMAccountName, or the SID where
        /// there is no name.
        whom: String,
        /// The rules.
        rules: Vec<Ace>,
    },
    /// Let an object take over the rules from above again.
    AllowInheritance {
        /// The object.
        object: Dn,
    },
    /// Give an object another owner.
    SetOwner {
        /// The object.
        object: Dn,
        /// The new owner.
        owner: Sid,
    },
    /// Take an account out of a group.
    RemoveMember {
        /// The group.
        group: Dn,
        /// The member.
        member: Dn,
    },
    /// Make another group the primary one, and leave the old one.
    SetPrimaryGroup {
        /// The account.
        account: Dn,
        /// The RID of the new primary group.
        rid: u32,
        /// The group that is primary now, to be left.
        leave: Option<Dn>,
    },
    /// Remove values of an attribute (all where none is named).
    RemoveValues {
        /// The object.
        object: Dn,
        /// lDAPDisplayName.
        attribute: &'static str,
        /// The values.
        values: Vec<String>,
    },
}
