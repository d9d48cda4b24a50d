//! The service account changes its own password: delete the old value, add the new one, in one
//! modify (MS-ADTS 3.1.1.3.1.5.1). No right is needed but to know the old one.

use super::{BindVerdict, Directory, DirectoryError, WriteError};
use crate::domain::account::DcName;
use secrecy::SecretString;

impl Directory {
    /// Changes the service account's own password on exactly this DC, over a new connection that is
    /// bound with `old`. Sent once.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn change_own_password(
        &self,
        dc: &DcName,
        old: &SecretString,
        new: &SecretString,
    ) -> Result<(), WriteError> {
        let _ = (dc, old, new);
        todo!()
    }

    /// Whether the service account can bind to exactly this DC with `password`, on a new
    /// connection. One try: the caller counts them.
    ///
    /// # Errors
    /// [`DirectoryError`] where the DC did not say.
    pub async fn try_own_password(
        &self,
        dc: &DcName,
        password: &SecretString,
    ) -> Result<BindVerdict, DirectoryError> {
        let _ = (dc, password);
        todo!()
    }
}
