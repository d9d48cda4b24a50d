//! Exactly the rights that the settings call for.

use crate::domain::identity::{Dn, Sid};
use crate::domain::security_descriptor::{Ace, AceFlags, AceKind, RightGuid, Rights};

/// Class `user` (MS-ADSC 2.263): who inherits the rules.
pub const USER_CLASS: RightGuid = RightGuid(0xbf96_7aba_0de6_11d0_a285_00aa_0030_49e2);
/// Class `inetOrgPerson`: people too, who do not inherit what is for users.
pub const INET_ORG_PERSON_CLASS: RightGuid = RightGuid(0x4828_cc14_1437_45bc_9b07_ad6f_015e_5f28);
/// Attribute `pwdLastSet`.
pub const PWD_LAST_SET: RightGuid = RightGuid(0xbf96_7a0a_0de6_11d0_a285_00aa_0030_49e2);
/// Attribute `lockoutTime`.
pub const LOCKOUT_TIME: RightGuid = RightGuid(0x2863_0ebf_41d5_11d1_a9c1_0000_f803_67c1);

/// What the settings call for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needs {
    /// The OUs whose people may be helped.
    pub targets: Vec<Dn>,
    /// Unlocking is wanted too.
    pub unlock: bool,
}

/// One needed right on a user below a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Right {
    /// Control right Reset Password.
    ResetPassword,
    /// Read and write `pwdLastSet`: force a change at next logon.
    PwdLastSet,
    /// Read and write `lockoutTime`: unlock.
    LockoutTime,
}

impl Needs {
    /// The needed rights, in the order in which they are written.
    pub fn rights(&self) -> Vec<Right> {
        let mut rights = vec![Right::ResetPassword, Right::PwdLastSet];
        rights.extend(self.unlock.then_some(Right::LockoutTime));
        rights
    }

    /// The rules to write on each target, for the service account.
    pub fn rules(&self, account: &Sid) -> Vec<Ace> {
        self.rights()
            .into_iter()
            .map(|right| right.rule(account))
            .collect()
    }
}

impl Right {
    /// The attribute or control right.
    pub fn guid(self) -> RightGuid {
        match self {
            Self::ResetPassword => RightGuid::RESET_PASSWORD,
            Self::PwdLastSet => PWD_LAST_SET,
            Self::LockoutTime => LOCKOUT_TIME,
        }
    }

    /// What it takes: the control right, or reading and writing the attribute.
    pub fn mask(self) -> Rights {
        match self {
            Self::ResetPassword => Rights::CONTROL_ACCESS,
            Self::PwdLastSet | Self::LockoutTime => Rights(0x30),
        }
    }

    /// The rule that gives it to `account`, inherited by users below only.
    pub fn rule(self, account: &Sid) -> Ace {
        Ace {
            kind: AceKind::Allow,
            // CONTAINER_INHERIT | INHERIT_ONLY
            flags: AceFlags(0x0a),
            rights: self.mask(),
            object: Some(self.guid()),
            inherited_by: Some(USER_CLASS),
            trustee: account.clone(),
        }
    }
}
