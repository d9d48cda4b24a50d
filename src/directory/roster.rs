//! Many people at once, page by page: those below an OU as the decision needs them, those in a group.
//! Group memberships come from [`Groups`], which is read once, instead of one read of `tokenGroups` for
//! each person.

use super::account::{
    MEMBER, PERSON, decode_account, decode_operator, descriptor_control, with_reset_right,
};
use super::decode::Entry;
use super::paging::{Paged, Pages, patience};
use super::reading::{ReadFailure, Search};
use super::search::equals;
use super::{Directory, DirectoryError, DomainFacts};
use crate::domain::account::{Account, DcName, GroupSids};
use crate::domain::identity::{Dn, ObjectGuid, Sid};
use crate::domain::membership::{Group, Groups};
use crate::domain::operator::Operator;
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{LdapFilter, LdapSearchResultEntry, LdapSearchScope};
use std::sync::Arc;

/// `GROUP_TYPE_SECURITY_ENABLED` of groupType (MS-ADTS 2.2.12): others are in no token.
pub(super) const SECURITY: u32 = 0x8000_0000;
/// Groups that one filter asks about; a filter of some thousand parts is refused.
const GROUPS_AT_ONCE: usize = 100;
/// Neighbours that are listed.
const NEIGHBOURS: u16 = 20;

/// A member of a group, and by way of which others.
#[derive(Debug, Clone)]
pub struct Member {
    /// The person, with all groups.
    pub person: Operator,
    /// Names of the groups from the one that they are in directly to the one that was asked for.
    pub way: Vec<String>,
}

/// The accounts below an OU, page by page.
pub struct People {
    pages: Pages,
    dc: DcName,
    groups: Arc<Groups>,
    facts: Arc<DomainFacts>,
}

impl People {
    /// The next page; `None` at the end. Order is the server's.
    ///
    /// # Errors
    /// [`DirectoryError`]: what was read is not the whole then.
    pub async fn next(&mut self) -> Result<Option<Vec<Account>>, DirectoryError> {
        let page = self.pages.next().await.map_err(ReadFailure::into_error)?;
        let decode = |entry: LdapSearchResultEntry| {
            let entry = Entry::from(entry);
            let groups = groups_of(&entry, &self.groups, &self.facts.sid)?;
            let account = decode_account(&entry, groups.0.into_iter().collect(), &self.dc)?;
            let service = &self.facts.service_token;
            let whole = account.map(|account| with_reset_right(account, &entry, service));
            Ok(whole.transpose()?)
        };
        let decode = |page: Vec<LdapSearchResultEntry>| {
            let all = page.into_iter().map(decode);
            all.filter_map(Result::transpose)
                .collect::<Result<Vec<Account>, ReadFailure>>()
        };
        page.map(decode)
            .transpose()
            .map_err(ReadFailure::into_error)
    }
}

impl Directory {
    /// Every security group of the domain.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub async fn groups(&self) -> Result<Groups, DirectoryError> {
        let facts = self.domain_facts().await?;
        let filter = equals("objectClass", "group");
        let (_, pages) = self
            .pages(&facts.head, "domain", filter, GROUP, Vec::new())
            .await?;
        let entries = pages.all().await.map_err(ReadFailure::into_error)?;
        let groups: Result<Vec<_>, _> = entries.iter().map(group).collect();
        let groups = groups.map_err(ReadFailure::into_error)?;
        Ok(Groups::new(groups.into_iter().flatten().collect()))
    }

    /// The people in a group: directly, by way of others, or because it is their primary group;
    /// sorted by name. Members from other domains are not among them: they cannot sign in here.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub async fn members(
        &self,
        group: &Sid,
        groups: &Groups,
    ) -> Result<Vec<Member>, DirectoryError> {
        let facts = self.domain_facts().await?;
        let mut members = Vec::new();
        for some in groups.leading_to(group).chunks(GROUPS_AT_ONCE) {
            let filter = LdapFilter::And(vec![
                equals("objectClass", "user"),
                LdapFilter::Or(
                    some.iter()
                        .flat_map(|group| in_group(group, &facts.sid))
                        .collect(),
                ),
            ]);
            let found = self
                .pages(&facts.head, "domain", filter, MEMBER, Vec::new())
                .await?;
            for entry in found.1.all().await.map_err(ReadFailure::into_error)? {
                let member = member(&entry, group, groups, &facts.sid);
                members.extend(member.map_err(ReadFailure::into_error)?);
            }
        }
        members.sort_by_cached_key(|member| {
            (
                member.person.name.to_lowercase(),
                member.person.sid.to_string(),
            )
        });
        members.dedup_by(|one, next| one.person.sid == next.person.sid);
        Ok(members)
    }

    /// Begins to read every account below `base`, with all that a decision needs.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub async fn people(&self, base: &Dn, groups: Arc<Groups>) -> Result<People, DirectoryError> {
        let facts = self.domain_facts().await?;
        let filter = equals("objectClass", "user");
        let controls = vec![descriptor_control()];
        let (dc, pages) = self
            .pages(base, "user_ou", filter, PERSON, controls)
            .await?;
        Ok(People {
            pages,
            dc,
            groups,
            facts,
        })
    }

    /// How many people there are below `base`.
    ///
    /// # Errors
    /// [`DirectoryError`]; `NotFound` where there is no `base`.
    pub async fn count_people(&self, base: &Dn) -> Result<u64, DirectoryError> {
        let filter = LdapFilter::And(vec![
            equals("objectCategory", "person"),
            equals("objectClass", "user"),
        ]);
        let (_, mut pages) = self
            .pages(base, "user_ou", filter, &["objectGUID"], Vec::new())
            .await?;
        let mut count = 0;
        while let Some(page) = pages.next().await.map_err(ReadFailure::into_error)? {
            count += u64::try_from(page.len()).unwrap_or(0);
        }
        Ok(count)
    }

    /// Names of the accounts straight below `parent`, but for `own`; at most 20, and whether there
    /// are more.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub async fn accounts_beside(
        &self,
        parent: &Dn,
        own: ObjectGuid,
    ) -> Result<(Vec<String>, bool), DirectoryError> {
        let work = async |reading: super::reading::Reading| {
            let found = reading
                .search(Search {
                    base: parent.as_str().to_owned(),
                    scope: LdapSearchScope::OneLevel,
                    filter: LdapFilter::And(vec![
                        equals("objectClass", "user"),
                        LdapFilter::Not(Box::new(equals("objectGUID", &own.to_string()))),
                    ]),
                    attributes: &["sAMAccountName"],
                    limit: NEIGHBOURS,
                    controls: Vec::new(),
                })
                .await?
                .ok_or(DirectoryError::NotFound {
                    what: "service_account",
                })?;
            let names = found
                .entries
                .iter()
                .map(|entry| entry.text("sAMAccountName"));
            let names: Result<Vec<_>, _> = names.collect();
            Ok((names?.into_iter().flatten().collect(), found.more))
        };
        self.0.servers.read(work).await
    }

    async fn pages(
        &self,
        base: &Dn,
        what: &'static str,
        filter: LdapFilter,
        attributes: &'static [&'static str],
        controls: Vec<LdapControl>,
    ) -> Result<(DcName, Pages), DirectoryError> {
        let servers = &self.0.servers;
        let (server, connection) = servers.alone().await?;
        let paged = Paged {
            base: base.as_str().to_owned(),
            scope: LdapSearchScope::Subtree,
            filter,
            attributes,
            controls,
            what,
        };
        let search = Pages::new(connection, patience(servers), paged);
        Ok((server.name.clone(), search))
    }
}

/// What is read of a group.
pub(super) const GROUP: &[&str] = &[
    "distinguishedName",
    "objectSid",
    "sAMAccountName",
    "groupType",
    "memberOf",
];

/// A security group; `None` for others.
pub(super) fn group(entry: &Entry) -> Result<Option<Group>, ReadFailure> {
    let is_security = entry.bits("groupType")? & SECURITY != 0;
    let (Some(dn), Some(sid)) = (entry.dn("distinguishedName")?, entry.sid("objectSid")?) else {
        return Ok(None);
    };
    let name = entry.filled("sAMAccountName")?;
    let group = Group {
        name: name.unwrap_or_else(|| sid.to_string()),
        member_of: entry.dns("memberOf")?,
        dn,
        sid,
    };
    Ok(is_security.then_some(group))
}

/// Direct members, and those whose primary group it is, which `memberOf` leaves out.
fn in_group(group: &Group, domain: &Sid) -> Vec<LdapFilter> {
    let mut either = vec![equals("memberOf", group.dn.as_str())];
    if group.sid.domain().as_ref() == Some(domain)
        && let Some(rid) = group.sid.rid()
    {
        either.push(equals("primaryGroupID", &rid.to_string()));
    }
    either
}

fn member(
    entry: &Entry,
    group: &Sid,
    groups: &Groups,
    domain: &Sid,
) -> Result<Option<Member>, ReadFailure> {
    let Some(mut person) = decode_operator(entry)? else {
        return Ok(None);
    };
    person.groups = groups_of(entry, groups, domain)?;
    let primary = primary_group(entry, domain)?;
    let way = groups.way(&entry.dns("memberOf")?, primary.as_ref(), group);
    let is_member = person.is_in(group);
    Ok(is_member.then_some(Member { person, way }))
}

fn groups_of(entry: &Entry, groups: &Groups, domain: &Sid) -> Result<GroupSids, ReadFailure> {
    let primary = primary_group(entry, domain)?;
    Ok(groups.above(&entry.dns("memberOf")?, primary.as_ref()))
}

/// Everybody has a primary group: where it cannot be read, nobody can say whether the account is
/// protected.
fn primary_group(entry: &Entry, domain: &Sid) -> Result<Option<Sid>, ReadFailure> {
    let rid = entry
        .parsed("primaryGroupID")?
        .ok_or(DirectoryError::NotDelegated {
            operation: "read primaryGroupID",
        })?;
    Ok(domain.with_rid(rid))
}
