//! An account as read from the directory; protected or not, and why.

use super::identity::{Dn, ObjectGuid, Sid};
use super::operator::Operator;
use super::time::Filetime;
use std::collections::HashSet;

/// `userAccountControl` and `msDS-User-Account-Control-Computed`, or'ed (MS-ADTS 2.2.16).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AccountFlags(pub u32);
impl AccountFlags {
    /// ACCOUNTDISABLE (0x2).
    pub fn disabled(self) -> bool {
        self.0 & 0x2 != 0
    }
    /// LOCKOUT, computed (0x10).
    pub fn locked(self) -> bool {
        self.0 & 0x10 != 0
    }
    /// PASSWORD_EXPIRED, computed (0x800000).
    pub fn password_expired(self) -> bool {
        self.0 & 0x80_0000 != 0
    }
    // … PASSWD_NOTREQD 0x20, NORMAL_ACCOUNT 0x200, INTERDOMAIN_TRUST 0x800, WORKSTATION_TRUST 0x1000, SERVER_TRUST 0x2000,
    // DONT_EXPIRE_PASSWORD 0x10000, SMARTCARD_REQUIRED 0x40000, TRUSTED_FOR_DELEGATION 0x80000, TRUSTED_TO_AUTH 0x1000000
}

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
    pub password_version: Option<super::settling::PasswordVersion>,
    /// msDS-… effective rights of the service account: may it write pwdLastSet / lockoutTime here (allowedAttributesEffective)?
    pub may_write_pwd_last_set: bool,
    /// See above, for lockoutTime.
    pub may_write_lockout_time: bool,
    /// The DC that was read; the write goes to it.
    pub dc: DcName,
}

/// A domain controller as the settings name it (host:port), for the record and for "the same DC again".
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DcName(pub String);

/// Groups whose members Keyward never touches: SIDs of built-in protected groups of this domain, plus configured ones.
#[derive(Debug, Clone, Default)]
pub struct ProtectedGroups(pub HashSet<Sid>);
impl ProtectedGroups {
    /// The built-in ones of a domain: Domain Admins (512), Enterprise Admins (519), Schema Admins (518), Cert Publishers (517),
    /// Domain Controllers (516), RODCs (521), Key Admins (526, 527), Group Policy Creator Owners (520), and of BUILTIN Administrators (544), Account
    /// Operators (548), Server Operators (549), Print Operators (550), Backup Operators (551), Replicator (552) … (MS-ADTS 3.1.1.6.1.2).
    pub fn of_domain(domain: &Sid) -> Self {
        todo!()
    }
}

/// Why an account is not to be touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// The operator's own account.
    Yourself,
    /// Keyward's service account.
    ServiceAccount,
    /// Built-in account (Administrator 500, Guest 501, krbtgt 502, …: RID < 1000).
    BuiltIn,
    /// Member of a protected group now (nested or primary).
    ProtectedGroup,
    /// adminCount = 1 without present membership.
    AdminCount,
    /// A fellow operator.
    Operator,
    /// A computer account.
    Computer,
    /// A (group) managed service account.
    ManagedServiceAccount,
    /// A trust account.
    Trust,
    /// Logs on with a smart card only.
    SmartCard,
    /// Trusted for delegation.
    Delegation,
    /// Shadow admin: somebody with rights at the domain head (DCSync, WriteDACL …).
    DomainRights,
}

/// Who Keyward itself is, and which groups matter, for [`protection`].
#[derive(Debug, Clone)]
pub struct ProtectionContext {
    /// Built-in and configured protected groups.
    pub groups: ProtectedGroups,
    /// The service account's SID.
    pub service_account: Sid,
    /// Groups whose members are operators.
    pub operator_groups: HashSet<Sid>,
    /// SIDs (accounts or groups) that hold dangerous rights at the domain head by ACE.
    pub domain_rights: HashSet<Sid>,
}

/// Whether `account` is protected from this operator, and why: the first reason in the order of [`Protection`].
pub fn protection(
    account: &Account,
    operator: &Operator,
    context: &ProtectionContext,
) -> Option<Protection> {
    todo!()
}
