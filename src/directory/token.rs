//! Who the service account is in the directory's eyes, and who a newly made user would be.

use super::account::by_sid;
use super::decode::Always;
use super::domain_facts::DomainFacts;
use super::groups::{Group, above, describe};
use super::reading::{ReadFailure, Reading};
use super::{Directory, DirectoryError};
use crate::domain::identity::{Dn, ObjectGuid, Sid};
use crate::domain::security_descriptor::Token;
use crate::domain::time::Filetime;
use std::collections::HashSet;
use tokio::time::Instant;

/// RID of Domain Users, the primary group of a new user (MS-ADTS 6.1.1.6).
const DOMAIN_USERS: u32 = 513;
/// RID of Users within BUILTIN.
const USERS: u32 = 545;

/// SIDs that every sign-in over the network brings (MS-DTYP 2.4.2.4): Everyone, Authenticated
/// Users, Network, This Organization.
const EVERY_SIGN_IN: [&str; 4] = ["S-1-1-0", "S-1-5-11", "S-1-5-2", "S-1-5-15"];

/// SIDs that say how somebody signed in, not who they are: they count for a new user where the
/// domain controller gave them to the service account. Local, console; NTLM, Schannel, Digest and
/// this certificate; asserted identity; a token with claims.
const SOME_SIGN_INS: [&str; 11] = [
    "S-1-2-0",
    "S-1-2-1",
    "S-1-5-64-10",
    "S-1-5-64-14",
    "S-1-5-64-21",
    "S-1-5-65-1",
    "S-1-18-1",
    "S-1-18-2",
    "S-1-5-21-0-0-0-496",
    "S-1-5-21-0-0-0-497",
    "S-1-16-8192",
];

const OWN: &[&str] = &[
    "distinguishedName",
    "objectSid",
    "objectGUID",
    "sAMAccountName",
    "userAccountControl",
    "servicePrincipalName",
    "msDS-AllowedToDelegateTo",
    "msDS-AllowedToActOnBehalfOfOtherIdentity",
    "sIDHistory",
    "primaryGroupID",
    "pwdLastSet",
    "whenCreated",
    "memberOf",
];

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
    /// The service account's own object, read now.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub async fn service_account(&self) -> Result<ServiceAccount, DirectoryError> {
        let own = self.domain_facts().await?.service_account.clone();
        let work = async |reading: Reading| account(&reading, &own).await;
        self.0.servers.read(work).await
    }

    /// Both tokens, read now, over a connection of its own.
    ///
    /// # Errors
    /// [`DirectoryError`]; `NotDelegated` where group memberships may not be read.
    pub async fn service_token(&self) -> Result<ServiceToken, DirectoryError> {
        let facts = self.domain_facts().await?;
        let servers = &self.0.servers;
        let (server, connection) = servers.alone().await?;
        let until = Instant::now() + super::paging::patience(servers);
        let reading = Reading::new(server, connection, until);
        let read = read(&reading, &facts).await;
        read.map_err(ReadFailure::into_error)
    }
}

async fn read(reading: &Reading, facts: &DomainFacts) -> Result<ServiceToken, ReadFailure> {
    let own = &facts.service_account;
    let account = account(reading, own).await?;
    let computed = computed(reading, own).await?;
    let newly_made = newly_made(reading, facts, &computed).await?;
    let mut token = computed;
    token.insert(own.clone());
    token.extend(account.sid_history.iter().cloned());
    token.extend(well_known(&EVERY_SIGN_IN));
    token.insert(Sid::builtin(USERS));
    let beyond: Vec<Sid> = token
        .difference(&newly_made)
        .filter(|sid| *sid != own && !account.sid_history.contains(sid))
        .cloned()
        .collect();
    let found = describe(reading, &beyond).await?;
    let (groups, direct) = arrange(&account, &facts.sid, &found);
    Ok(ServiceToken {
        account,
        token: Token(token),
        newly_made: Token(newly_made),
        groups,
        direct,
    })
}

async fn account(reading: &Reading, own: &Sid) -> Result<ServiceAccount, ReadFailure> {
    let entry = reading.object(by_sid(own), OWN, Vec::new()).await?;
    let entry = entry.ok_or(DirectoryError::NotFound {
        what: "service_account",
    })?;
    entry
        .value("userAccountControl")?
        .ok_or(DirectoryError::NotDelegated {
            operation: "read the service account's own userAccountControl",
        })?;
    Ok(ServiceAccount {
        dn: entry.dn("distinguishedName")?.always("distinguishedName")?,
        sid: entry.sid("objectSid")?.always("objectSid")?,
        guid: entry.binary("objectGUID")?.always("objectGUID")?,
        sam: entry.text("sAMAccountName")?.always("sAMAccountName")?,
        flags: entry.bits("userAccountControl")?,
        spns: entry.texts("servicePrincipalName")?,
        delegates_to: entry.texts("msDS-AllowedToDelegateTo")?,
        acted_for: !entry
            .values("msDS-AllowedToActOnBehalfOfOtherIdentity")?
            .is_empty(),
        sid_history: entry.sids("sIDHistory")?,
        primary_group: entry.bits("primaryGroupID")?,
        password_last_set: entry.filetime("pwdLastSet")?,
        created: entry.time("whenCreated")?.always("whenCreated")?,
        member_of: entry.dns("memberOf")?,
    })
}

/// What the DC computes: for the object, and for this very connection (MS-ADTS 3.1.1.4.5.19,
/// 3.1.1.3.2). Everybody has a primary group, so none at all means that they may not be read.
async fn computed(reading: &Reading, own: &Sid) -> Result<HashSet<Sid>, ReadFailure> {
    let asked = &["tokenGroups"];
    let of_object = reading.object(by_sid(own), asked, Vec::new()).await?;
    let of_connection = reading.object(String::new(), asked, Vec::new()).await?;
    let of_object = match of_object {
        Some(entry) => entry.sids("tokenGroups")?,
        None => Vec::new(),
    };
    if of_object.is_empty() {
        return Err(DirectoryError::NotDelegated {
            operation: "read tokenGroups",
        }
        .into());
    }
    let mut all: HashSet<Sid> = of_object.into_iter().collect();
    if let Some(root) = of_connection {
        all.extend(root.sids("tokenGroups")?);
    }
    Ok(all)
}

/// Domain Users and what any sign-in brings, with every group that holds one of them.
async fn newly_made(
    reading: &Reading,
    facts: &DomainFacts,
    computed: &HashSet<Sid>,
) -> Result<HashSet<Sid>, ReadFailure> {
    let mut start: HashSet<Sid> = well_known(&EVERY_SIGN_IN).collect();
    start.extend(well_known(&SOME_SIGN_INS).filter(|sid| computed.contains(sid)));
    start.insert(Sid::builtin(USERS));
    start.extend(facts.sid.with_rid(DOMAIN_USERS));
    above(reading, &facts.head, start).await
}

fn well_known(texts: &[&str]) -> impl Iterator<Item = Sid> {
    texts.iter().filter_map(|text| text.parse().ok())
}

/// The groups with the edges among them; those that the account is a direct member of come first.
fn arrange(account: &ServiceAccount, domain: &Sid, found: &[Group]) -> (Vec<TokenGroup>, Vec<Sid>) {
    let primary = (account.primary_group != DOMAIN_USERS)
        .then(|| domain.with_rid(account.primary_group))
        .flatten();
    let is_direct = |group: &Group| {
        let named = group
            .dn
            .as_ref()
            .is_some_and(|dn| account.member_of.contains(dn));
        named || primary.as_ref() == Some(&group.sid)
    };
    let sid_of = |dn: &Dn| {
        let holder = found.iter().find(|group| group.dn.as_ref() == Some(dn));
        holder.map(|group| group.sid.clone())
    };
    let mut ordered: Vec<&Group> = found.iter().collect();
    ordered.sort_by_cached_key(|group| (!is_direct(group), group.name.to_lowercase()));
    let direct = ordered.iter().filter(|group| is_direct(group));
    let direct = direct.map(|group| group.sid.clone()).collect();
    let groups = ordered.into_iter().map(|group| TokenGroup {
        sid: group.sid.clone(),
        dn: group.dn.clone(),
        name: group.name.clone(),
        member_of: group.member_of.iter().filter_map(sid_of).collect(),
    });
    (groups.collect(), direct)
}
