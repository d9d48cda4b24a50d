//! An account as read from the directory: what it is, how it stands, and whether it is protected.

mod flags;
mod kind;
mod protected_groups;
mod protection;

pub use flags::AccountFlags;
pub use kind::AccountKind;
pub use protected_groups::ProtectedGroups;
pub use protection::{Protection, ProtectionContext, protection};

use super::identity::{Dn, ObjectGuid, Sid};
use super::rules::{Line, Subject};
use super::settling::PasswordVersion;
use super::time::Filetime;
use jiff::Timestamp;
use std::collections::HashSet;

/// SIDs of all groups of an account as `tokenGroups` has them: nested and primary ones too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupSids(pub HashSet<Sid>);

/// A user account, read afresh. Text fields are as in the directory: show them only through escaping templates.
#[derive(Debug, Clone)]
pub struct Account {
    /// objectGUID.
    pub guid: ObjectGuid,
    /// objectSid.
    pub sid: Sid,
    /// distinguishedName as just read; writes go to it.
    pub dn: Dn,
    /// sAMAccountName.
    pub sam: String,
    /// userPrincipalName.
    pub upn: Option<String>,
    /// displayName, else cn.
    pub name: String,
    /// givenName.
    pub given_name: Option<String>,
    /// sn.
    pub surname: Option<String>,
    /// department.
    pub department: Option<String>,
    /// title.
    pub title: Option<String>,
    /// physicalDeliveryOfficeName.
    pub office: Option<String>,
    /// mail.
    pub mail: Option<String>,
    /// The manager's name for people (first RDN of `manager`).
    pub manager: Option<String>,
    /// `manager`, and those above as far as a rule asks for them.
    pub line: Line,
    /// userAccountControl | computed.
    pub flags: AccountFlags,
    /// Lower-cased objectClass values.
    pub object_classes: Vec<String>,
    /// pwdLastSet; 0 = must change at next logon.
    pub password_last_set: Filetime,
    /// lockoutTime.
    pub lockout_time: Filetime,
    /// badPwdCount on the DC that was read.
    pub bad_password_count: u32,
    /// accountExpires.
    pub account_expires: Filetime,
    /// msDS-UserPasswordExpiryTimeComputed.
    pub password_expires: Filetime,
    /// lastLogonTimestamp (up to 14 days late).
    pub last_logon: Filetime,
    /// adminCount = 1.
    pub admin_count: bool,
    /// primaryGroupID.
    pub primary_group: Option<u32>,
    /// A deny ACE on "Change Password" for SELF or Everyone; `None` where the descriptor could not be read.
    pub cannot_change_password: Option<bool>,
    /// msDS-ResultantPSO, where a fine-grained policy applies.
    pub resultant_pso: Option<Dn>,
    /// tokenGroups.
    pub groups: GroupSids,
    /// What the replication metadata say of unicodePwd (attid 589914); `None` where unreadable.
    pub password_version: Option<PasswordVersion>,
    /// May the service account reset the password here, by the account's access rules? `None` where they could not be read.
    pub may_reset_password: Option<bool>,
    /// May the service account write pwdLastSet here (allowedAttributesEffective)?
    pub may_write_pwd_last_set: bool,
    /// See above, for lockoutTime.
    pub may_write_lockout_time: bool,
    /// The DC that was read; the write goes to it.
    pub dc: DcName,
}

/// A domain controller as the settings name it (host:port), for the record and for "the same DC again".
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DcName(pub String);

impl Account {
    /// A person's account, a computer's, …
    pub fn kind(&self) -> AccountKind {
        AccountKind::of(&self.object_classes, self.flags)
    }

    /// Whether the person has to choose a new password at the next logon.
    pub fn must_change_password(&self) -> bool {
        self.flags.must_change_password(self.password_last_set)
    }

    /// Whether accountExpires has passed.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.account_expires.has_passed(now)
    }

    /// Whether a reset with must-change would leave the person unable to log on: they would have to change a
    /// password that they may not change.
    pub fn would_be_stuck(&self, must_change: bool) -> bool {
        must_change
            && self.cannot_change_password == Some(true)
            && !self.flags.ignores_must_change()
    }

    /// Whether "must change at next logon" has an effect, and one that the person can follow.
    pub fn must_change_works(&self) -> bool {
        !self.flags.ignores_must_change() && !self.would_be_stuck(true)
    }

    /// The primary group's SID.
    pub fn primary_sid(&self) -> Option<Sid> {
        self.sid.domain()?.with_rid(self.primary_group?)
    }

    /// As rules see it; `primary` is [`primary_sid`](Self::primary_sid).
    pub fn subject<'a>(&'a self, primary: Option<&'a Sid>) -> Subject<'a> {
        Subject {
            dn: &self.dn,
            groups: &self.groups,
            primary,
            line: &self.line,
        }
    }

    /// All groups, the primary one included even where `tokenGroups` should lack it.
    pub(crate) fn all_groups(&self) -> impl Iterator<Item = Sid> {
        self.groups.0.iter().cloned().chain(self.primary_sid())
    }
}
