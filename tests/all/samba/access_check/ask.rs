//! Searches with access rules, page by page.

use crate::support::administrator::sd_flags;
use crate::support::ldap::{Ldap, filter, search};
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{LdapFilter, LdapSearchResultEntry, LdapSearchScope};

/// Owner, group and rules, without the audit rules.
const SD_FLAGS: i32 = 7;

/// An entry.
pub struct Entry {
    pub dn: String,
    attributes: Vec<(String, Vec<Vec<u8>>)>,
}

impl Entry {
    /// The first value of an attribute.
    pub fn first(&self, name: &str) -> Option<&[u8]> {
        self.values(name).first().map(Vec::as_slice)
    }

    /// All values of an attribute, as text.
    pub fn texts(&self, name: &str) -> Vec<String> {
        let values = self.values(name).iter();
        values
            .map(|value| String::from_utf8(value.clone()).unwrap())
            .collect()
    }

    fn values(&self, name: &str) -> &[Vec<u8>] {
        let mut found = self.attributes.iter().filter(|(own, _)| own == name);
        found.next().map_or(&[], |(_, values)| values)
    }
}

impl From<LdapSearchResultEntry> for Entry {
    fn from(entry: LdapSearchResultEntry) -> Self {
        let attributes = entry.attributes.into_iter();
        Self {
            dn: entry.dn,
            attributes: attributes.map(|found| (found.atype, found.vals)).collect(),
        }
    }
}

/// Everything below `base`, itself too, without what lies in another naming context.
pub async fn everything(
    ldap: &mut Ldap,
    base: &str,
    wanted: &str,
    attributes: &[&str],
) -> Vec<Entry> {
    let (mut entries, mut cookie) = (Vec::new(), Vec::new());
    loop {
        let request = search(base, LdapSearchScope::Subtree, filter(wanted), attributes);
        let page = LdapControl::SimplePagedResults { size: 500, cookie };
        let found = ldap.ask(request, vec![page, sd_flags(SD_FLAGS)]).await;
        assert_eq!(found.result.code, ldap3_proto::LdapResultCode::Success);
        entries.extend(found.entries.into_iter().map(Entry::from));
        cookie = found
            .controls
            .into_iter()
            .find_map(|control| match control {
                LdapControl::SimplePagedResults { cookie, .. } => Some(cookie),
                _ => None,
            })
            .unwrap_or_default();
        if cookie.is_empty() {
            return entries;
        }
    }
}

/// One object; `None` where it is gone.
pub async fn one(ldap: &mut Ldap, dn: &str, attributes: &[&str]) -> Option<Entry> {
    let all = LdapFilter::Present("objectClass".to_owned());
    let request = search(dn, LdapSearchScope::Base, all, attributes);
    let found = ldap.ask(request, vec![sd_flags(SD_FLAGS)]).await;
    found.entries.into_iter().next().map(Entry::from)
}
