//! One domain controller, looked at by itself: for `doctor` and for the rotation.

use super::account::by_guid;
use super::decode::Always;
use super::opener::OpenFailure;
use super::reading::{ReadFailure, Reading};
use super::{Directory, DirectoryError};
use crate::domain::account::DcName;
use crate::domain::certificate;
use crate::domain::identity::ObjectGuid;
use crate::domain::time::Filetime;
use jiff::Timestamp;
use rustls::ProtocolVersion;
use tokio::time::Instant;

const ROOT: &[&str] = &["dnsHostName", "currentTime", "supportedCapabilities"];
const OWN: &[&str] = &["lastLogon", "logonCount", "pwdLastSet"];
/// Only read-only domain controllers have it (`LDAP_CAP_ACTIVE_DIRECTORY_PARTIAL_SECRETS_OID`, MS-ADTS 3.1.1.3.4.3).
const PARTIAL_SECRETS: &str = "1.2.840.113556.1.4.1920";

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
    /// The service account's `lastLogon` on this DC. On Samba a simple bind such as
    /// Keyward's own moves it only after a wrong password, and never moves the count below.
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

    /// Asks exactly this one, over a service connection; the TLS facts come from a second connection
    /// without a bind. `account` is the service account.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub async fn dc_status(
        &self,
        dc: &DcName,
        account: ObjectGuid,
    ) -> Result<DcStatus, DirectoryError> {
        let handshake = self.handshake(dc).await?;
        let work = |reading| read(reading, account, &handshake);
        self.0.servers.read_on(dc, work).await
    }

    /// What TLS says of exactly this one, on a connection that nobody signs in on: a look must not
    /// count as a logon.
    async fn handshake(&self, dc: &DcName) -> Result<Handshake, DirectoryError> {
        let server = self.0.servers.exactly(dc)?;
        let opener = self.0.servers.opener();
        let deadline = Instant::now() + opener.connect_timeout;
        let stream = opener.trust.connect(&server.address, deadline).await;
        let stream = stream.map_err(|why| OpenFailure::from(why).into_error(&server.address, 1))?;
        let (_, tls) = stream.get_ref();
        let own = tls.peer_certificates().and_then(<[_]>::first);
        let validity = own.and_then(|own| certificate::validity(own));
        let version = match tls.protocol_version() {
            Some(ProtocolVersion::TLSv1_3) => "TLSv1.3",
            Some(ProtocolVersion::TLSv1_2) => "TLSv1.2",
            // The client offers no other.
            _ => return Err(DirectoryError::Protocol),
        };
        Ok(Handshake {
            version,
            ends: validity.ok_or(DirectoryError::Protocol)?.until,
        })
    }
}

struct Handshake {
    version: &'static str,
    ends: Timestamp,
}

async fn read(
    reading: Reading,
    account: ObjectGuid,
    handshake: &Handshake,
) -> Result<DcStatus, ReadFailure> {
    let root = reading.object(String::new(), ROOT, Vec::new()).await?;
    let root = root.ok_or(DirectoryError::Protocol)?;
    let own = reading.object(by_guid(account), OWN, Vec::new()).await?;
    let own = own.ok_or(DirectoryError::NotFound {
        what: "service_account",
    })?;
    let capabilities = root.texts("supportedCapabilities")?;
    Ok(DcStatus {
        host_name: root.text("dnsHostName")?.always("dnsHostName")?,
        writable: !capabilities.iter().any(|known| known == PARTIAL_SECRETS),
        clock: root.time("currentTime")?.always("currentTime")?,
        tls: handshake.version.to_owned(),
        certificate_ends: handshake.ends,
        last_logon: own.filetime("lastLogon")?,
        logon_count: own.bits("logonCount")?,
        password_last_set: own.filetime("pwdLastSet")?,
    })
}
