//! Everything there is in a naming context, page by page, with access rules. The next page is asked
//! for while the caller works on this one; nothing of an earlier page is kept.

use super::{Directory, DirectoryError};
use crate::domain::identity::{Dn, ObjectGuid, Sid};

/// An object as the proof looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surveyed {
    /// distinguishedName, as the server writes it. Text, since most are never looked at.
    pub dn: String,
    /// objectGUID.
    pub guid: ObjectGuid,
    /// objectSid of a security principal.
    pub sid: Option<Sid>,
    /// The most special value of objectClass, as the server writes it.
    pub class: String,
    /// All of objectClass has `user` in it.
    pub is_user: bool,
    /// nTSecurityDescriptor (owner, group, DACL); `None` where it may not be read.
    pub descriptor: Option<Vec<u8>>,
    /// userAccountControl; 0 where there is none or it may not be read.
    pub user_account_control: u32,
    /// adminCount is 1.
    pub admin_count: bool,
}

/// A survey in progress.
pub struct Survey {
    _private: (),
}

impl Survey {
    /// The next page; `None` at the end. Order is the server's.
    ///
    /// # Errors
    /// [`DirectoryError`]: the survey is over then, and what was read is not the whole.
    pub async fn next(&mut self) -> Result<Option<Vec<Surveyed>>, DirectoryError> {
        todo!()
    }
}

impl Directory {
    /// The naming contexts of the first domain controller that answers: domain, configuration, schema …
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub async fn naming_contexts(&self) -> Result<Vec<Dn>, DirectoryError> {
        todo!()
    }

    /// Begins to read everything in `context`, as the service account. The read has a deadline for each page, not for the whole.
    pub fn survey(&self, context: &Dn) -> Survey {
        let _ = context;
        todo!()
    }
}
