//! Who holds rights over administrators: by the rules of `AdminSDHolder`, of the groups that make
//! administrators, of their members, of the domain controllers and of the OUs above them, and of the
//! service account. Which rights give an object away is the domain's to say.

use super::account::{by_sid, descriptor_control, object_classes};
use super::decode::Entry;
use super::domain_facts::DomainFacts;
use super::groups_below::leading_to;
use super::reading::{ReadFailure, Reading, Search};
use super::search::equals;
use crate::domain::account::ProtectedGroups;
use crate::domain::identity::{Dn, Sid};
use crate::domain::security_descriptor::{Controlled, SecurityDescriptor};
use ldap3_proto::proto::{LdapFilter, LdapSearchScope};
use std::collections::HashSet;

const ATTRIBUTES: &[&str] = &["distinguishedName", "objectClass", "nTSecurityDescriptor"];
/// Parts of one filter.
const IN_ONE_FILTER: usize = 100;
/// Objects of one page: each may have a long list of rules.
const PAGE: u16 = 100;
/// Objects that are looked at for one filter; a domain with that many administrators has other worries.
const MOST: usize = 1000;

/// Who holds rights over administrators, as far as it could be read.
#[derive(Default)]
pub(super) struct RightsOver {
    /// Accounts and groups.
    pub holders: HashSet<Sid>,
    /// Objects whose rules could not be read.
    pub unread: usize,
}

/// Reads it. The service account itself is left out: it is protected for what it is.
pub(super) async fn rights_over(
    reading: Reading,
    facts: &DomainFacts,
) -> Result<RightsOver, ReadFailure> {
    let mut look = Look {
        reading: &reading,
        facts,
        found: RightsOver::default(),
        seen: HashSet::new(),
        above: HashSet::new(),
    };
    look.holder_of_rules().await?;
    let service = by_sid(&facts.service_account);
    let own = reading.object(service, ATTRIBUTES, vec![descriptor_control()]);
    look.judge(own.await?.as_ref(), &[Controlled::Account])?;
    look.groups_and_members().await?;
    look.places().await?;
    let RightsOver {
        mut holders,
        unread,
    } = look.found;
    holders.remove(&facts.service_account);
    if unread > 0 {
        tracing::info!(
            unread,
            "access rules of administrators' objects may not be read: who has rights there is not known"
        );
    }
    Ok(RightsOver { holders, unread })
}

struct Look<'a> {
    reading: &'a Reading,
    facts: &'a DomainFacts,
    found: RightsOver,
    seen: HashSet<Dn>,
    /// The containers that members and domain controllers are in.
    above: HashSet<Dn>,
}

impl Look<'_> {
    /// `AdminSDHolder`, whose rules are stamped on accounts and groups alike (MS-ADTS 3.1.1.6.1).
    async fn holder_of_rules(&mut self) -> Result<(), ReadFailure> {
        let system = self.facts.head.child("CN", "System");
        let Ok(holder) = system.and_then(|dn| dn.child("CN", "AdminSDHolder")) else {
            return Ok(());
        };
        let control = vec![descriptor_control()];
        let base = holder.as_str().to_owned();
        let entry = self.reading.object(base, ATTRIBUTES, control).await?;
        self.judge(entry.as_ref(), &[Controlled::Account, Controlled::Group])
    }

    /// The groups that make administrators, those nested in them, and who is in one of these.
    async fn groups_and_members(&mut self) -> Result<(), ReadFailure> {
        let domain = &self.facts.sid;
        let named = ProtectedGroups::of_administrators(domain);
        let groups = leading_to(self.reading, &self.facts.head, &named).await?;
        let sids: HashSet<Sid> = named
            .iter()
            .flat_map(|sid| groups.leading_to(sid))
            .map(|group| group.sid.clone())
            .collect();
        let found: Vec<_> = sids.iter().filter_map(|sid| groups.by_sid(sid)).collect();
        let by_sid = found
            .iter()
            .map(|group| equals("objectSid", &group.sid.to_string()));
        let members = found
            .iter()
            .map(|group| equals("memberOf", group.dn.as_str()));
        let primary = sids
            .iter()
            .filter(|sid| sid.domain().as_ref() == Some(domain))
            .filter_map(Sid::rid)
            .map(|rid| equals("primaryGroupID", &rid.to_string()));
        for filters in [by_sid.collect(), members.collect(), primary.collect()] {
            self.objects(filters).await?;
        }
        Ok(())
    }

    /// The OUs above members and domain controllers, up to the domain's head, which has its own question.
    async fn places(&mut self) -> Result<(), ReadFailure> {
        let above = self.above.iter();
        let names = above.map(|dn| equals("distinguishedName", dn.as_str()));
        let names = names.collect();
        self.objects(names).await
    }

    /// Judges the objects for which one of the filters is true, each once.
    async fn objects(&mut self, either: Vec<LdapFilter>) -> Result<(), ReadFailure> {
        for some in either.chunks(IN_ONE_FILTER) {
            let (mut cookie, mut looked) = (Vec::new(), 0);
            loop {
                let search = Search {
                    base: self.facts.head.as_str().to_owned(),
                    scope: LdapSearchScope::Subtree,
                    filter: LdapFilter::Or(some.to_vec()),
                    attributes: ATTRIBUTES,
                    limit: PAGE,
                    controls: vec![descriptor_control()],
                };
                let Some(page) = self.reading.page(search, cookie).await? else {
                    break;
                };
                for entry in &page.entries {
                    self.object(entry)?;
                }
                looked += page.entries.len();
                cookie = page.cookie;
                if cookie.is_empty() {
                    break;
                }
                if looked >= MOST {
                    self.found.unread += 1;
                    break;
                }
            }
        }
        Ok(())
    }

    fn object(&mut self, entry: &Entry) -> Result<(), ReadFailure> {
        let Some(dn) = entry.dn("distinguishedName")? else {
            self.found.unread += 1;
            return Ok(());
        };
        if !self.seen.insert(dn.clone()) {
            return Ok(());
        }
        let classes = object_classes(entry)?;
        let is = |class: &str| classes.iter().any(|one| one == class);
        let of = if is("user") {
            let mut above = dn.parent();
            while let Some(dn) = above.filter(|dn| dn.is_below(&self.facts.head)) {
                above = dn.parent();
                self.above.insert(dn);
            }
            Controlled::Account
        } else if is("group") {
            Controlled::Group
        } else if self.above.contains(&dn) {
            Controlled::Container
        } else {
            // Somebody of another domain, or a contact: nothing here that could be taken over.
            return Ok(());
        };
        self.judge(Some(entry), &[of])
    }

    fn judge(&mut self, entry: Option<&Entry>, of: &[Controlled]) -> Result<(), ReadFailure> {
        let rules: Option<SecurityDescriptor> = match entry {
            Some(entry) => entry.binary("nTSecurityDescriptor")?,
            None => None,
        };
        let Some(rules) = rules else {
            self.found.unread += 1;
            return Ok(());
        };
        for kind in of {
            let holders = rules.controllers(*kind, &self.facts.sid);
            self.found.holders.extend(holders);
        }
        Ok(())
    }
}
