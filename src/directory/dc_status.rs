//! One domain controller, looked at by itself: for `doctor` and for the rotation.

use super::{Directory, DirectoryError};
use crate::domain::account::DcName;
use crate::domain::identity::ObjectGuid;
use crate::domain::time::Filetime;
use jiff::Timestamp;

/// What a domain controller says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DcStatus {
    /// Its DNS name (`dnsHostName` of the rootDSE).
    pub host_name: String,
    /// It takes writes (not a read-only one).
    pub writable: bool,
    /// Its clock (`currentTime`), to the second.
    pub clock: Timestamp,
    /// The protocol version that was agreed, such as `TLSv1.3`.
    pub tls: String,
    /// When its certificate ends.
    pub certificate_ends: Timestamp,
    /// The service account's `lastLogon` on this DC.
    pub last_logon: Filetime,
    /// The service account's `logonCount` on this DC.
    pub logon_count: u32,
    /// The service account's `pwdLastSet` as this DC knows it.
    pub password_last_set: Filetime,
}

impl Directory {
    /// The domain controllers of the settings, in order.
    pub fn domain_controllers(&self) -> Vec<DcName> {
        self.0.servers.names()
    }

    /// Asks exactly this one, over a service connection. `account` is the service account.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub async fn dc_status(
        &self,
        dc: &DcName,
        account: ObjectGuid,
    ) -> Result<DcStatus, DirectoryError> {
        let _ = (dc, account);
        todo!()
    }
}
