//! Everything there is in a naming context, page by page, with access rules. The next page is asked
//! for while the caller works on this one; nothing of an earlier page is kept.

use super::account::descriptor_control;
use super::paging::{Paged, Pages, patience};
use super::reading::ReadFailure;
use super::servers::Servers;
use super::{Directory, DirectoryError};
use crate::domain::identity::{Dn, ObjectGuid, Sid};
use ldap3_proto::proto::{LdapFilter, LdapSearchResultEntry, LdapSearchScope};
use std::sync::Arc;
use tokio_util::task::AbortOnDropHandle;

const ATTRIBUTES: &[&str] = &[
    "objectGUID",
    "objectSid",
    "objectClass",
    "nTSecurityDescriptor",
    "userAccountControl",
    "adminCount",
    "msDS-AllowedToActOnBehalfOfOtherIdentity",
    "msDS-GroupMSAMembership",
];

/// An object as the proof looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surveyed {
    /// distinguishedName, as the server writes it. Text, since most are never looked at.
    pub dn: String,
    /// objectGUID; `None` where it may not be read.
    pub guid: Option<ObjectGuid>,
    /// objectSid of a security principal.
    pub sid: Option<Sid>,
    /// The most special value of objectClass, as the server writes it; empty where it may not be read.
    pub class: String,
    /// All of objectClass has `user` in it.
    pub is_user: bool,
    /// nTSecurityDescriptor (owner, group, DACL); `None` where it may not be read.
    pub descriptor: Option<Vec<u8>>,
    /// userAccountControl; 0 where there is none or it may not be read.
    pub user_account_control: u32,
    /// adminCount is 1.
    pub admin_count: bool,
    /// Attributes that are security descriptors themselves and say who may do what with the object:
    /// msDS-AllowedToActOnBehalfOfOtherIdentity and msDS-GroupMSAMembership, where they are set.
    pub lists: Vec<(&'static str, Vec<u8>)>,
}

/// A survey in progress. Two pages are held at most: the caller's, and the one that is on its way.
pub struct Survey {
    coming: Option<Coming>,
    estimate: Option<u64>,
}

/// The page that is on its way, and the search to go on with.
type Coming = AbortOnDropHandle<Result<(Vec<Surveyed>, Pages), DirectoryError>>;

impl Survey {
    /// The next page; `None` at the end. Order is the server's.
    ///
    /// # Errors
    /// [`DirectoryError`]: the survey is over then, and what was read is not the whole.
    pub async fn next(&mut self) -> Result<Option<Vec<Surveyed>>, DirectoryError> {
        let Some(coming) = self.coming.take() else {
            return Ok(None);
        };
        let (page, pages) = coming.await.map_err(|_| DirectoryError::Protocol)??;
        self.estimate = pages.estimate();
        if !pages.is_over() {
            self.coming = Some(AbortOnDropHandle::new(tokio::spawn(fetch(pages))));
            // The request goes out before the caller begins to work without a pause.
            tokio::task::yield_now().await;
        }
        Ok(Some(page))
    }

    /// How many objects there are in all, where the server says so after the first page.
    pub fn estimate(&self) -> Option<u64> {
        self.estimate
    }
}

impl Directory {
    /// The naming contexts of the first domain controller that answers: domain, configuration, schema …
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub async fn naming_contexts(&self) -> Result<Vec<Dn>, DirectoryError> {
        let attributes = &["namingContexts"];
        let contexts = self
            .0
            .servers
            .read(async |reading| {
                let root = reading
                    .object(String::new(), attributes, Vec::new())
                    .await?
                    .ok_or(DirectoryError::Protocol)?;
                Ok(root.texts("namingContexts")?)
            })
            .await?;
        let parsed = contexts.iter().map(|context| context.parse());
        parsed
            .collect::<Result<_, _>>()
            .map_err(|_| DirectoryError::Protocol)
    }

    /// Begins to read everything in `context`, as the service account, over a connection of its
    /// own. The read has a deadline for each page, not for the whole.
    pub fn survey(&self, context: &Dn) -> Survey {
        let first = begin(Arc::clone(&self.0.servers), context.clone());
        Survey {
            coming: Some(AbortOnDropHandle::new(tokio::spawn(first))),
            estimate: None,
        }
    }
}

async fn begin(
    servers: Arc<Servers>,
    context: Dn,
) -> Result<(Vec<Surveyed>, Pages), DirectoryError> {
    let (_, connection) = servers.alone().await?;
    let everything = Paged {
        base: context.as_str().to_owned(),
        scope: LdapSearchScope::Subtree,
        filter: LdapFilter::Present("objectClass".to_owned()),
        attributes: ATTRIBUTES,
        controls: vec![descriptor_control()],
        what: "naming context",
    };
    fetch(Pages::new(connection, patience(&servers), everything)).await
}

async fn fetch(mut pages: Pages) -> Result<(Vec<Surveyed>, Pages), DirectoryError> {
    let page = pages.next().await.map_err(ReadFailure::into_error)?;
    let page = page.unwrap_or_default().into_iter().map(surveyed).collect();
    Ok((page, pages))
}

/// Takes the entry apart without copying its values: there may be a hundred thousand. What has no
/// form that the schema allows counts as not readable.
fn surveyed(entry: LdapSearchResultEntry) -> Surveyed {
    let mut seen = Surveyed {
        dn: entry.dn,
        guid: None,
        sid: None,
        class: String::new(),
        is_user: false,
        descriptor: None,
        user_account_control: 0,
        admin_count: false,
        lists: Vec::new(),
    };
    for mut attribute in entry.attributes {
        let is = |name: &str| attribute.atype.eq_ignore_ascii_case(name);
        if is("objectClass") {
            seen.is_user = attribute
                .vals
                .iter()
                .any(|class| class.eq_ignore_ascii_case(b"user"));
            let class = attribute.vals.pop().map(String::from_utf8);
            seen.class = class.and_then(Result::ok).unwrap_or_default();
            continue;
        }
        let known = ATTRIBUTES.iter().find(|name| is(name)).copied();
        let Some(value) = attribute.vals.pop() else {
            continue;
        };
        match known {
            Some("objectGUID") => seen.guid = ObjectGuid::try_from(value.as_slice()).ok(),
            Some("objectSid") => seen.sid = Sid::try_from(value.as_slice()).ok(),
            Some("nTSecurityDescriptor") => seen.descriptor = Some(value),
            Some("userAccountControl") => seen.user_account_control = bits(&value).unwrap_or(0),
            Some("adminCount") => seen.admin_count = value == b"1",
            Some(list) => seen.lists.push((list, value)),
            None => {}
        }
    }
    seen
}

/// A 32-bit number; AD writes it signed, so the top bit is a minus.
fn bits(value: &[u8]) -> Option<u32> {
    let number: i64 = std::str::from_utf8(value).ok()?.parse().ok()?;
    let unsigned = u32::try_from(number).ok();
    unsigned.or_else(|| i32::try_from(number).ok().map(i32::cast_unsigned))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ldap3_proto::proto::LdapPartialAttribute;

    fn entry(attributes: &[(&str, &[&[u8]])]) -> LdapSearchResultEntry {
        let attribute = |(name, values): &(&str, &[&[u8]])| LdapPartialAttribute {
            atype: (*name).to_owned(),
            vals: values.iter().map(|value| value.to_vec()).collect(),
        };
        LdapSearchResultEntry {
            dn: "CN=Ann,DC=example,DC=test".to_owned(),
            attributes: attributes.iter().map(attribute).collect(),
        }
    }

    #[test]
    fn what_is_not_readable_is_absent_and_no_mistake() {
        let seen = surveyed(entry(&[]));
        assert_eq!(seen.dn, "CN=Ann,DC=example,DC=test");
        assert_eq!((seen.sid, seen.descriptor), (None, None));
        assert_eq!(seen.class, "");
        assert!(!seen.is_user && !seen.admin_count);
        assert_eq!(seen.user_account_control, 0);
    }

    #[test]
    fn the_class_is_the_most_special_one_and_a_computer_is_a_user() {
        let classes: &[&[u8]] = &[
            b"top",
            b"person",
            b"organizationalPerson",
            b"user",
            b"computer",
        ];
        let seen = surveyed(entry(&[
            ("objectclass", classes),
            ("NTSECURITYDESCRIPTOR", &[&[7; 40]]),
            ("adminCount", &[b"1"]),
            ("userAccountControl", &[b"-2147483136"]),
            ("objectGUID", &[&[3; 16]]),
            ("msds-groupmsamembership", &[&[9; 20]]),
        ]));
        assert_eq!(seen.class, "computer");
        assert!(seen.is_user && seen.admin_count);
        assert_eq!(seen.descriptor, Some(vec![7; 40]));
        assert_eq!(seen.user_account_control, 0x8000_0200);
        assert_eq!(seen.guid, Some(ObjectGuid::from([3; 16])));
        assert_eq!(seen.lists, [("msDS-GroupMSAMembership", vec![9; 20])]);
    }
}
