//! Groups by SID, and the groups that hold them, as far up as it goes.

use super::account::by_sid;
use super::decode::Entry;
use super::error::DirectoryError;
use super::reading::{ReadFailure, Reading, Search};
use super::roster::SECURITY;
use super::search::equals;
use crate::domain::identity::{Dn, Sid};
use futures_util::future::try_join_all;
use ldap3_proto::proto::{LdapFilter, LdapSearchScope};
use std::collections::HashSet;

/// Groups that hold Domain Users or Everyone in some way; a domain has a handful.
const MOST: usize = 5000;
/// Stand-ins of well-known SIDs; each has one.
const STAND_INS: u16 = 100;
/// Reads at once.
const AT_ONCE: usize = 16;

const ATTRIBUTES: &[&str] = &[
    "distinguishedName",
    "objectSid",
    "sAMAccountName",
    "groupType",
    "memberOf",
];

/// What a SID is called, and what holds it directly.
pub(super) struct Group {
    pub sid: Sid,
    pub dn: Option<Dn>,
    pub name: String,
    pub member_of: Vec<Dn>,
}

/// An object as it is read on the way up.
struct Step {
    sid: Option<Sid>,
    in_tokens: bool,
    group: Option<Group>,
}

/// `start` and the SID of every security group of the domain below `head` that holds one of them,
/// directly or not. Circles end where they began.
pub(super) async fn above(
    reading: &Reading,
    head: &Dn,
    start: HashSet<Sid>,
) -> Result<HashSet<Sid>, ReadFailure> {
    let mut sids = start;
    let mut seen = HashSet::new();
    let (own, foreign): (Vec<_>, Vec<_>) = sids.iter().cloned().partition(is_own);
    let own: Vec<String> = own.iter().map(by_sid).collect();
    let mut found: Vec<Step> = steps(reading, &own).await?.into_iter().flatten().collect();
    found.extend(stand_ins(reading, head, &foreign).await?);
    while !found.is_empty() {
        let mut holders = Vec::new();
        for step in found {
            let Some(sid) = step.sid else { continue };
            if !step.in_tokens && !sids.contains(&sid) {
                continue;
            }
            sids.insert(sid);
            holders.extend(step.group.into_iter().flat_map(|group| group.member_of));
        }
        let next: Vec<String> = holders
            .into_iter()
            .filter(|dn| seen.insert(dn.clone()))
            .map(|dn| dn.as_str().to_owned())
            .collect();
        if seen.len() > MOST {
            return Err(DirectoryError::Protocol.into());
        }
        found = steps(reading, &next).await?.into_iter().flatten().collect();
    }
    Ok(sids)
}

/// A group of the domain or of BUILTIN, which is an object with this SID and the only one.
fn is_own(sid: &Sid) -> bool {
    sid.is_of_a_domain() || sid.domain() == Sid::builtin(0).domain()
}

/// The objects that stand for Everyone, Authenticated Users and the like where groups hold them
/// (`foreignSecurityPrincipal`). The configuration has other objects with the same SIDs, so they
/// are searched for below the domain's head.
async fn stand_ins(reading: &Reading, head: &Dn, sids: &[Sid]) -> Result<Vec<Step>, ReadFailure> {
    let either = sids.iter().map(|sid| equals("objectSid", &sid.to_string()));
    let found = reading
        .search(Search {
            base: head.as_str().to_owned(),
            scope: LdapSearchScope::Subtree,
            filter: LdapFilter::And(vec![
                equals("objectClass", "foreignSecurityPrincipal"),
                LdapFilter::Or(either.collect()),
            ]),
            attributes: ATTRIBUTES,
            limit: STAND_INS,
            controls: Vec::new(),
        })
        .await?;
    let entries = found.map(|found| found.entries).unwrap_or_default();
    entries.iter().map(decode).collect()
}

/// What the directory says of each of `sids`, in their order.
pub(super) async fn describe(reading: &Reading, sids: &[Sid]) -> Result<Vec<Group>, ReadFailure> {
    let bases: Vec<String> = sids.iter().map(by_sid).collect();
    let found = steps(reading, &bases).await?;
    let groups = sids.iter().zip(found).map(|(sid, step)| {
        let group = step.and_then(|step| step.group);
        group.unwrap_or_else(|| Group {
            sid: sid.clone(),
            dn: None,
            name: sid.to_string(),
            member_of: Vec::new(),
        })
    });
    Ok(groups.collect())
}

async fn steps(reading: &Reading, bases: &[String]) -> Result<Vec<Option<Step>>, ReadFailure> {
    let mut all = Vec::with_capacity(bases.len());
    for some in bases.chunks(AT_ONCE) {
        all.extend(try_join_all(some.iter().map(|base| step(reading, base))).await?);
    }
    Ok(all)
}

async fn step(reading: &Reading, base: &str) -> Result<Option<Step>, ReadFailure> {
    let entry = reading
        .object(base.to_owned(), ATTRIBUTES, Vec::new())
        .await?;
    entry.as_ref().map(decode).transpose()
}

fn decode(entry: &Entry) -> Result<Step, ReadFailure> {
    let sid = entry.sid("objectSid")?;
    let dn = entry.dn("distinguishedName")?;
    let member_of = entry.dns("memberOf")?;
    let name = entry.filled("sAMAccountName")?;
    let group = sid.clone().map(|sid| Group {
        name: name.unwrap_or_else(|| sid.to_string()),
        sid,
        dn,
        member_of,
    });
    Ok(Step {
        sid,
        in_tokens: entry.bits("groupType")? & SECURITY != 0,
        group,
    })
}
