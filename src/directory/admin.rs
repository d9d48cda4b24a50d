//! A directory in an administrator's hands: a connection that is bound as them, for `delegation
//! apply`, `revoke` and `mend`. Their password is used for the bind and dropped.

use super::{BindRefusal, Directory, DirectoryError};
use crate::domain::account::DcName;
use crate::domain::identity::{Dn, Sid};
use crate::domain::password::NewPassword;
use crate::domain::security_descriptor::NotEditable;
use secrecy::SecretString;

/// A connection bound as an administrator, to one domain controller.
pub struct Admin {
    _private: (),
}

/// What can go wrong in an administrator's hands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdminError {
    /// Name or password were refused, or the account cannot sign in.
    #[error("the administrator cannot sign in: {0:?}")]
    Refused(BindRefusal),
    /// The administrator's account lacks a right for this (50).
    #[error("the administrator's account may not do this")]
    NotAllowed,
    /// There is an object of that name already (68).
    #[error("an object of this name is there already")]
    AlreadyThere,
    /// The object is not there (32).
    #[error("the object is not there")]
    NotThere,
    /// The domain's policy refuses the password (19, `0000052D`).
    #[error("the domain's policy refuses the password")]
    PasswordPolicy,
    /// The directory answered that it was done, and shows afterwards that it is not so.
    #[error("the directory said that it was done, and shows that it is not so")]
    NotSo,
    /// The object's rules cannot be changed.
    #[error(transparent)]
    NotEditable(#[from] NotEditable),
    /// The answer to a write was lost: it may or may not have been done; the same command again finds out and completes it.
    #[error("the answer was lost: it may or may not have been done")]
    AnswerLost,
    /// Anything else.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
}

/// One change to an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttributeChange {
    /// These values and no others; none: the attribute goes.
    Replace(&'static str, Vec<Vec<u8>>),
    /// These values more.
    Add(&'static str, Vec<Vec<u8>>),
    /// These values less.
    Delete(&'static str, Vec<Vec<u8>>),
}

/// What an administrator's read of an object shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminObject {
    /// distinguishedName.
    pub dn: Dn,
    /// sAMAccountName; empty where there is none.
    pub sam: String,
    /// objectClass, lower case.
    pub classes: Vec<String>,
    /// objectSid.
    pub sid: Option<Sid>,
    /// nTSecurityDescriptor: owner, group and DACL.
    pub descriptor: Vec<u8>,
    /// userAccountControl, 0 where there is none.
    pub flags: u32,
    /// primaryGroupID, 0 where there is none.
    pub primary_group: u32,
    /// member, as DNs.
    pub members: Vec<Dn>,
    /// servicePrincipalName.
    pub spns: Vec<String>,
}

impl Directory {
    /// Binds as `name` (as in the settings: sAMAccountName, `DOMAIN\name`, UPN or DN), on a connection of its own, to the first DC that answers.
    ///
    /// # Errors
    /// [`AdminError`]; `Refused` where the administrator cannot sign in.
    pub async fn as_admin(&self, name: &str, password: SecretString) -> Result<Admin, AdminError> {
        let _ = (name, password);
        todo!()
    }
}

impl Admin {
    /// The domain controller that is used.
    pub fn dc(&self) -> &DcName {
        todo!()
    }

    /// The head of the domain (`defaultNamingContext`).
    pub fn head(&self) -> &Dn {
        todo!()
    }

    /// The object at `dn`; `None` where there is none. `dn` may be `<SID=…>` or `<GUID=…>`.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn object(&self, dn: &str) -> Result<Option<AdminObject>, AdminError> {
        let _ = dn;
        todo!()
    }

    /// The account or group with this sAMAccountName; with this userPrincipalName where `sam` has
    /// an `@`.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn principal(&self, sam: &str) -> Result<Option<AdminObject>, AdminError> {
        let _ = sam;
        todo!()
    }

    /// The group that the settings name: by sAMAccountName, CN or DN, as [`Directory::group_sid`]
    /// finds it.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn group(&self, name: &str) -> Result<Option<AdminObject>, AdminError> {
        let _ = name;
        todo!()
    }

    /// The values of one attribute of an object; none where it has none, or is not there.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn values(
        &self,
        dn: &Dn,
        attribute: &'static str,
    ) -> Result<Vec<Vec<u8>>, AdminError> {
        let _ = (dn, attribute);
        todo!()
    }

    /// Whether `member` is a direct member of `group` (its `memberOf` says so, however many members the group has).
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn is_member(&self, group: &Dn, member: &Dn) -> Result<bool, AdminError> {
        let _ = (group, member);
        todo!()
    }

    /// Makes an object.
    ///
    /// # Errors
    /// [`AdminError`]; nothing was made then.
    pub async fn add(
        &self,
        dn: &Dn,
        attributes: Vec<(&'static str, Vec<Vec<u8>>)>,
    ) -> Result<(), AdminError> {
        let _ = (dn, attributes);
        todo!()
    }

    /// Makes a user account with its password, in one add.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub async fn add_account(
        &self,
        dn: &Dn,
        attributes: Vec<(&'static str, Vec<Vec<u8>>)>,
        password: &NewPassword,
    ) -> Result<(), AdminError> {
        let _ = (dn, attributes, password);
        todo!()
    }

    /// Changes an object, all or nothing.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn modify(&self, dn: &Dn, changes: Vec<AttributeChange>) -> Result<(), AdminError> {
        let _ = (dn, changes);
        todo!()
    }

    /// Gives an account another password (a reset, no "must change").
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn set_password(&self, dn: &Dn, password: &NewPassword) -> Result<(), AdminError> {
        let _ = (dn, password);
        todo!()
    }

    /// Writes the DACL (`SD_FLAGS` 4) of an object.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn write_dacl(&self, dn: &Dn, descriptor: Vec<u8>) -> Result<(), AdminError> {
        let _ = (dn, descriptor);
        todo!()
    }

    /// Writes the owner (`SD_FLAGS` 1) of an object.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn write_owner(&self, dn: &Dn, descriptor: Vec<u8>) -> Result<(), AdminError> {
        let _ = (dn, descriptor);
        todo!()
    }

    /// Deletes an object (tests and an undo).
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn delete(&self, dn: &Dn) -> Result<(), AdminError> {
        let _ = dn;
        todo!()
    }
}
