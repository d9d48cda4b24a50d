//! The signed-in person and the SIDs of all their groups.

use super::account::{AccountFlags, GroupSids};
use super::identity::{Dn, ObjectGuid, Sid};
use super::time::Filetime;
use jiff::Timestamp;

/// A person who signs in or acts, as the directory has them now.
#[derive(Debug, Clone)]
pub struct Operator {
    /// objectSid: who they are.
    pub sid: Sid,
    /// objectGUID.
    pub guid: ObjectGuid,
    /// distinguishedName as just read.
    pub dn: Dn,
    /// sAMAccountName.
    pub sam: String,
    /// displayName, else cn.
    pub name: String,
    /// Status flags.
    pub flags: AccountFlags,
    /// accountExpires.
    pub account_expires: Filetime,
    /// pwdLastSet.
    pub password_last_set: Filetime,
    /// badPwdCount on the DC read.
    pub bad_password_count: u32,
    /// badPasswordTime: the count above stands until this plus the domain's window, and stays visible after it.
    pub bad_password_time: Filetime,
    /// msDS-ResultantPSO, where a fine-grained policy applies.
    pub resultant_pso: Option<Dn>,
    /// tokenGroups.
    pub groups: GroupSids,
}

/// Why an operator cannot act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutOfAction {
    /// Disabled.
    Disabled,
    /// Locked out.
    Locked,
    /// accountExpires passed.
    Expired,
    /// pwdLastSet = 0.
    MustChangePassword,
    /// Password expired.
    PasswordExpired,
}

impl Operator {
    /// Why this person may not act now, whatever their groups: disabled, locked, expired, must change. `None`: fine.
    pub fn out_of_action(&self, now: Timestamp) -> Option<OutOfAction> {
        if self.flags.disabled() {
            Some(OutOfAction::Disabled)
        } else if self.flags.locked() {
            Some(OutOfAction::Locked)
        } else if self.account_expires.has_passed(now) {
            Some(OutOfAction::Expired)
        } else if self.flags.must_change_password(self.password_last_set) {
            Some(OutOfAction::MustChangePassword)
        } else if self.flags.password_expired() {
            Some(OutOfAction::PasswordExpired)
        } else {
            None
        }
    }

    /// Whether they are in `group`, directly or not.
    pub fn is_in(&self, group: &Sid) -> bool {
        self.groups.0.contains(group)
    }
}
