//! When each person's password was changed last, as the replication metadata have it: what finds
//! resets that were made without Keyward. Page by page; nothing of an earlier page is kept.

use super::account::by_guid;
use super::decode::{Entry, Malformed};
use super::metadata::{AttributeVersion, PWD_LAST_SET, UNICODE_PWD, attribute_version};
use super::paging::{Paged, Pages, patience};
use super::reading::{ReadFailure, Reading};
use super::search::equals;
use super::{Directory, DirectoryError};
use crate::domain::identity::{Dn, ObjectGuid, Sid};
use crate::domain::time::Filetime;
use jiff::Timestamp;
use ldap3_proto::proto::{LdapFilter, LdapSearchResultEntry, LdapSearchScope};

/// Of one account, whose name no search result tells.
const OF_ONE: &[&str] = &[
    "distinguishedName",
    "objectGUID",
    "objectSid",
    "sAMAccountName",
    "displayName",
    "cn",
    "name",
    "whenCreated",
    "pwdLastSet",
    "replPropertyMetaData",
];
const ATTRIBUTES: &[&str] = match OF_ONE {
    [_, rest @ ..] => rest,
    [] => &[],
};

/// An account's password in the replication metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordChange {
    /// distinguishedName, as the server writes it.
    pub dn: String,
    /// objectGUID; `None` where it may not be read.
    pub guid: Option<ObjectGuid>,
    /// objectSid; `None` where it may not be read.
    pub sid: Option<Sid>,
    /// The name for people; the DN where no name may be read.
    pub name: String,
    /// sAMAccountName; the name for people where it may not be read.
    pub sam: String,
    /// whenCreated; `None` where it may not be read.
    pub created: Option<Timestamp>,
    /// `unicodePwd`; `None` where no password was ever set, or the metadata may not be read.
    pub password: Option<AttributeVersion>,
    /// `pwdLastSet` in the metadata: it rises when a password is set *and* when "must change" is.
    pub last_set: Option<AttributeVersion>,
    /// The value of `pwdLastSet`; 0: must be changed at the next sign-in.
    pub last_set_value: Filetime,
}

/// A read of password changes in progress.
pub struct PasswordChanges {
    directory: Directory,
    base: Dn,
    since: Option<Timestamp>,
    pages: Option<Pages>,
}

impl PasswordChanges {
    /// Only passwords that were set since then, or that must be changed at the next sign-in,
    /// whenever they were set: whichever way a password is changed, `pwdLastSet` is one of the two.
    #[must_use]
    pub fn since(self, since: Timestamp) -> Self {
        let since = Some(since);
        Self { since, ..self }
    }

    /// The next page; `None` at the end. Order is the server's.
    ///
    /// # Errors
    /// [`DirectoryError`]: the read is over then, and what was read is not the whole.
    pub async fn next(&mut self) -> Result<Option<Vec<PasswordChange>>, DirectoryError> {
        let mut pages = match self.pages.take() {
            Some(pages) => pages,
            None => self.begin().await?,
        };
        let page = pages.next().await.map_err(ReadFailure::into_error)?;
        self.pages = Some(pages);
        let Some(page) = page else { return Ok(None) };
        let changes = page.into_iter().map(of_page).collect::<Result<_, _>>();
        let changes = changes.map_err(|malformed| ReadFailure::from(malformed).into_error());
        changes.map(Some)
    }

    async fn begin(&self) -> Result<Pages, DirectoryError> {
        let servers = &self.directory.0.servers;
        let (_, connection) = servers.alone().await?;
        let people = Paged {
            base: self.base.as_str().to_owned(),
            scope: LdapSearchScope::Subtree,
            filter: LdapFilter::And(self.filter()),
            attributes: ATTRIBUTES,
            controls: Vec::new(),
            what: "user_ou",
        };
        Ok(Pages::new(connection, patience(servers), people))
    }

    fn filter(&self) -> Vec<LdapFilter> {
        let mut all = vec![
            equals("objectCategory", "person"),
            equals("objectClass", "user"),
        ];
        all.extend(self.since.map(|since| {
            let since = Filetime::from_timestamp(since).0.max(1).to_string();
            LdapFilter::Or(vec![
                equals("pwdLastSet", "0"),
                LdapFilter::GreaterOrEqual("pwdLastSet".to_owned(), since),
            ])
        }));
        all
    }
}

impl Directory {
    /// Begins to read the password changes of all users below `base`, over a connection of its own
    /// on the first domain controller that answers.
    pub fn password_changes(&self, base: &Dn) -> PasswordChanges {
        PasswordChanges {
            directory: self.clone(),
            base: base.clone(),
            since: None,
            pages: None,
        }
    }

    /// The last password change of one account, wherever it is now. `None`: it is not there, or may not be read.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub async fn password_change(
        &self,
        guid: ObjectGuid,
    ) -> Result<Option<PasswordChange>, DirectoryError> {
        let work = |reading| of_one(reading, guid);
        self.0.servers.read(work).await
    }
}

async fn of_one(reading: Reading, guid: ObjectGuid) -> Result<Option<PasswordChange>, ReadFailure> {
    let entry = reading.object(by_guid(guid), OF_ONE, Vec::new()).await?;
    let Some(entry) = entry else { return Ok(None) };
    let dn = entry.filled("distinguishedName")?.unwrap_or_default();
    Ok(Some(decode(dn, &entry)?))
}

fn of_page(entry: LdapSearchResultEntry) -> Result<PasswordChange, Malformed> {
    decode(entry.dn.clone(), &Entry::from(entry))
}

fn decode(dn: String, entry: &Entry) -> Result<PasswordChange, Malformed> {
    let blob = entry.value("replPropertyMetaData")?;
    let version = |attribute| match blob {
        Some(blob) => attribute_version(blob, attribute).map_err(|_| Malformed {
            attribute: "replPropertyMetaData",
        }),
        None => Ok(None),
    };
    let name = entry.person_name().unwrap_or_else(|_| dn.clone());
    Ok(PasswordChange {
        guid: entry.binary("objectGUID")?,
        sid: entry.sid("objectSid")?,
        sam: entry
            .filled("sAMAccountName")?
            .unwrap_or_else(|| name.clone()),
        created: entry.time("whenCreated")?,
        name,
        password: version(UNICODE_PWD)?,
        last_set: version(PWD_LAST_SET)?,
        last_set_value: entry.filetime("pwdLastSet")?,
        dn,
    })
}
