//! Who the service account is in the directory's eyes, and who a newly made user would be.

use super::{Directory, DirectoryError};
use crate::domain::identity::{Dn, ObjectGuid, Sid};
use crate::domain::security_descriptor::Token;
use crate::domain::time::Filetime;

/// The service account's own object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceAccount {
    /// distinguishedName.
    pub dn: Dn,
    /// objectSid.
    pub sid: Sid,
    /// objectGUID.
    pub guid: ObjectGuid,
    /// sAMAccountName.
    pub sam: String,
    /// userAccountControl as stored (MS-ADTS 2.2.16).
    pub flags: u32,
    /// servicePrincipalName.
    pub spns: Vec<String>,
    /// msDS-AllowedToDelegateTo.
    pub delegates_to: Vec<String>,
    /// msDS-AllowedToActOnBehalfOfOtherIdentity is set.
    pub acted_for: bool,
    /// sIDHistory.
    pub sid_history: Vec<Sid>,
    /// primaryGroupID.
    pub primary_group: u32,
    /// pwdLastSet.
    pub password_last_set: Filetime,
    /// whenCreated.
    pub created: jiff::Timestamp,
    /// Direct groups by `memberOf`, without the primary one.
    pub member_of: Vec<Dn>,
}

/// A group in the token that a newly made user does not have, or through which one is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenGroup {
    /// objectSid.
    pub sid: Sid,
    /// distinguishedName; `None` for what is not in this domain.
    pub dn: Option<Dn>,
    /// sAMAccountName or the SID.
    pub name: String,
    /// SIDs of those groups in the token that hold this one directly.
    pub member_of: Vec<Sid>,
}

/// The two tokens that the proof compares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceToken {
    /// The account.
    pub account: ServiceAccount,
    /// All SIDs of the account's own token, as the DC computes it for the bound connection and for the object.
    pub token: Token,
    /// All SIDs that a user made now would have, without an own one: Domain Users, Everyone,
    /// Authenticated Users … and every group that holds one of these.
    pub newly_made: Token,
    /// What the account is in beyond that. Direct membership first.
    pub groups: Vec<TokenGroup>,
    /// SIDs among `groups` that the account is a direct member of (`memberOf`, primary group).
    pub direct: Vec<Sid>,
}

impl Directory {
    /// Both tokens, read now.
    ///
    /// # Errors
    /// [`DirectoryError`]; `NotDelegated` where group memberships may not be read.
    pub async fn service_token(&self) -> Result<ServiceToken, DirectoryError> {
        todo!()
    }
}
