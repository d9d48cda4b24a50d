//! What an administrator writes. Each operation is sent once.

use super::super::error::DirectoryError;
use super::super::{diagnostics, unicode_pwd};
use super::{Admin, AdminError, AttributeChange};
use crate::domain::identity::Dn;
use crate::domain::password::NewPassword;
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{
    LdapAddRequest, LdapModify, LdapModifyRequest, LdapModifyType, LdapOp, LdapPartialAttribute,
};
use tokio::time::Instant;

impl Admin {
    /// Makes an object.
    ///
    /// # Errors
    /// [`AdminError`]; nothing was made then, except after `AnswerLost`.
    pub async fn add(
        &self,
        dn: &Dn,
        attributes: Vec<(&'static str, Vec<Vec<u8>>)>,
    ) -> Result<(), AdminError> {
        let attributes = attributes
            .into_iter()
            .map(|(name, values)| attribute(name, values));
        let add = LdapAddRequest {
            dn: dn.as_str().to_owned(),
            attributes: attributes.collect(),
        };
        self.write(LdapOp::AddRequest(add), Vec::new()).await
    }

    /// Makes a user account with its password, in one add.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub async fn add_account(
        &self,
        dn: &Dn,
        mut attributes: Vec<(&'static str, Vec<Vec<u8>>)>,
        password: &NewPassword,
    ) -> Result<(), AdminError> {
        let value = std::mem::take(&mut *unicode_pwd::encode(password));
        attributes.push(("unicodePwd", vec![value]));
        self.add(dn, attributes).await
    }

    /// Changes an object, all or nothing.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn modify(&self, dn: &Dn, changes: Vec<AttributeChange>) -> Result<(), AdminError> {
        self.change(dn, changes, Vec::new()).await
    }

    /// Gives an account another password (a reset, no "must change").
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn set_password(&self, dn: &Dn, password: &NewPassword) -> Result<(), AdminError> {
        let value = std::mem::take(&mut *unicode_pwd::encode(password));
        let change = AttributeChange::Replace("unicodePwd", vec![value]);
        self.modify(dn, vec![change]).await
    }

    /// Writes the DACL (`SD_FLAGS` 4) of an object.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn write_dacl(&self, dn: &Dn, descriptor: Vec<u8>) -> Result<(), AdminError> {
        self.write_descriptor(dn, descriptor, 4).await
    }

    /// Writes the owner (`SD_FLAGS` 1) of an object.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn write_owner(&self, dn: &Dn, descriptor: Vec<u8>) -> Result<(), AdminError> {
        self.write_descriptor(dn, descriptor, 1).await
    }

    /// Deletes an object (tests and an undo).
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn delete(&self, dn: &Dn) -> Result<(), AdminError> {
        let delete = LdapOp::DelRequest(dn.as_str().to_owned());
        self.write(delete, Vec::new()).await
    }

    async fn write_descriptor(
        &self,
        dn: &Dn,
        descriptor: Vec<u8>,
        flags: i32,
    ) -> Result<(), AdminError> {
        let change = AttributeChange::Replace("nTSecurityDescriptor", vec![descriptor]);
        let part = LdapControl::SdFlags {
            criticality: true,
            flags,
        };
        self.change(dn, vec![change], vec![part]).await
    }

    async fn change(
        &self,
        dn: &Dn,
        changes: Vec<AttributeChange>,
        controls: Vec<LdapControl>,
    ) -> Result<(), AdminError> {
        let modify = LdapModifyRequest {
            dn: dn.as_str().to_owned(),
            changes: changes.into_iter().map(LdapModify::from).collect(),
        };
        self.write(LdapOp::ModifyRequest(modify), controls).await
    }

    /// Sent once.
    async fn write(&self, op: LdapOp, controls: Vec<LdapControl>) -> Result<(), AdminError> {
        let deadline = Instant::now() + self.patience;
        let answer = self.connection.run(op, controls, 0, deadline).await;
        match answer {
            Ok(answer) => {
                let result = answer.result.ok_or(AdminError::AnswerLost)?;
                diagnostics::admin_result(&result)
            }
            Err(lost) => {
                self.connection.cut();
                Err(if lost.sent {
                    AdminError::AnswerLost
                } else {
                    DirectoryError::Unreachable { tried: 1 }.into()
                })
            }
        }
    }
}

impl From<AttributeChange> for LdapModify {
    fn from(change: AttributeChange) -> Self {
        let (operation, (name, values)) = match change {
            AttributeChange::Replace(name, values) => (LdapModifyType::Replace, (name, values)),
            AttributeChange::Add(name, values) => (LdapModifyType::Add, (name, values)),
            AttributeChange::Delete(name, values) => (LdapModifyType::Delete, (name, values)),
        };
        Self {
            operation,
            modification: attribute(name, values),
        }
    }
}

fn attribute(name: &str, vals: Vec<Vec<u8>>) -> LdapPartialAttribute {
    LdapPartialAttribute {
        atype: name.to_owned(),
        vals,
    }
}
