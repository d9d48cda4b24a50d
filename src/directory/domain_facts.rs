//! What the domain says of itself: its names, its policy, its lockout rules, who is dangerous.

use super::account::descriptor_control;
use super::decode::{Always, Entry, Malformed};
use super::error::DirectoryError;
use super::lookup;
use super::reading::{ReadFailure, Reading, Search};
use super::search::equals;
use crate::domain::identity::{Dn, Sid};
use crate::domain::password::PasswordPolicy;
use crate::domain::security_descriptor::{SecurityDescriptor, Token};
use jiff::SignedDuration;
use ldap3_proto::proto::{LdapFilter, LdapSearchScope};
use std::collections::HashSet;
use std::time::Duration;

/// `LDAP_SERVER_POLICY_HINTS`: a reset that minds the password history (MS-ADTS 3.1.1.3.4.1.27).
pub(super) const POLICY_HINTS: &str = "1.2.840.113556.1.4.2239";

const ROOT: &[&str] = &[
    "defaultNamingContext",
    "configurationNamingContext",
    "supportedControl",
    "tokenGroups",
];
const HEAD: &[&str] = &[
    "objectSid",
    "lockoutThreshold",
    "lockOutObservationWindow",
    "lockoutDuration",
    "minPwdLength",
    "pwdProperties",
    "pwdHistoryLength",
    "nTSecurityDescriptor",
];
/// More naming contexts than any forest has.
const CROSS_REFERENCES: u16 = 500;

/// What the domain says of itself; read at start, refreshed every few minutes.
#[derive(Debug, Clone, PartialEq)]
pub struct DomainFacts {
    /// defaultNamingContext.
    pub head: Dn,
    /// DNS name of the domain.
    pub dns_name: String,
    /// NetBIOS name of the domain.
    pub netbios_name: String,
    /// Domain SID.
    pub sid: Sid,
    /// userPrincipalName suffixes: the DNS domain plus those of the forest.
    pub upn_suffixes: Vec<String>,
    /// lockoutThreshold; 0 = never locks.
    pub lockout_threshold: u32,
    /// lockOutObservationWindow.
    pub lockout_window: Duration,
    /// lockoutDuration; None = until unlocked by hand.
    pub lockout_duration: Option<SignedDuration>,
    /// The domain's password policy.
    pub policy: PasswordPolicy,
    /// SIDs with dangerous rights at the domain head, or over what is more privileged than others
    /// (`administrators`).
    pub domain_rights: HashSet<Sid>,
    /// Privileged objects whose access rules may not be read, or that were too many: whoever has
    /// rights over one of these is not among [`Self::domain_rights`].
    pub rights_unread: usize,
    /// The service account's own SID.
    pub service_account: Sid,
    /// The service account's SID and those of its groups, as the domain controller counts them for
    /// this very connection.
    pub service_token: Token,
    /// `POLICY_HINTS` is in supportedControl.
    pub policy_hints: bool,
}

/// Reads everything anew. `service_account` is the name in the settings.
pub(super) async fn read(
    reading: Reading,
    service_account: &str,
) -> Result<DomainFacts, ReadFailure> {
    let root = reading.object(String::new(), ROOT, Vec::new()).await?;
    let root = root.ok_or(DirectoryError::Protocol)?;
    let head: Dn = root
        .dn("defaultNamingContext")?
        .always("defaultNamingContext")?;
    let configuration: Dn = root
        .dn("configurationNamingContext")?
        .always("configurationNamingContext")?;
    let entry = reading
        .object(head.as_str().to_owned(), HEAD, vec![descriptor_control()])
        .await?
        .ok_or(DirectoryError::NotFound { what: "domain" })?;
    let names = names(&reading, &head, &configuration).await?;
    let own = lookup::account_sid(&reading, &head, service_account).await?;
    let service_account = own.ok_or(DirectoryError::NotFound {
        what: "service_account",
    })?;
    let sid = entry.sid("objectSid")?.always("objectSid")?;
    let controls = root.texts("supportedControl")?;
    let mut token: HashSet<Sid> = root.sids("tokenGroups")?.into_iter().collect();
    token.insert(service_account.clone());
    Ok(DomainFacts {
        dns_name: names.dns,
        netbios_name: names.netbios,
        upn_suffixes: names.suffixes,
        lockout_threshold: entry.bits("lockoutThreshold")?,
        lockout_window: interval(&entry, "lockOutObservationWindow")?
            .and_then(|window| Duration::try_from(window).ok())
            .unwrap_or_default(),
        lockout_duration: interval(&entry, "lockoutDuration")?,
        policy: PasswordPolicy {
            min_length: entry.bits("minPwdLength")?,
            // DOMAIN_PASSWORD_COMPLEX (MS-SAMR 2.2.1).
            complexity: entry.bits("pwdProperties")? & 1 != 0,
            history: entry.bits("pwdHistoryLength")?,
            known: true,
        },
        domain_rights: domain_rights(&entry, &sid)?,
        rights_unread: 0,
        service_token: Token(token),
        policy_hints: controls.iter().any(|control| control == POLICY_HINTS),
        head,
        sid,
        service_account,
    })
}

struct Names {
    dns: String,
    netbios: String,
    suffixes: Vec<String>,
}

/// The names of this domain, and every UPN suffix of the forest, from the Partitions container
/// (MS-ADTS 6.1.1.2).
async fn names(reading: &Reading, head: &Dn, configuration: &Dn) -> Result<Names, ReadFailure> {
    let found = reading
        .search(Search {
            base: configuration.as_str().to_owned(),
            scope: LdapSearchScope::Subtree,
            filter: LdapFilter::Or(vec![
                equals("objectClass", "crossRefContainer"),
                LdapFilter::And(vec![
                    equals("objectClass", "crossRef"),
                    LdapFilter::Present("nETBIOSName".to_owned()),
                ]),
            ]),
            attributes: &["nCName", "dnsRoot", "nETBIOSName", "uPNSuffixes"],
            limit: CROSS_REFERENCES,
            controls: Vec::new(),
        })
        .await?
        .ok_or(DirectoryError::Protocol)?;
    let mut own = None;
    let mut suffixes = Vec::new();
    for entry in &found.entries {
        suffixes.extend(entry.texts("uPNSuffixes")?);
        let dns = entry.texts("dnsRoot")?.into_iter().next();
        suffixes.extend(dns.clone());
        if entry.dn("nCName")?.as_ref() == Some(head) {
            own = dns.zip(entry.text("nETBIOSName")?);
        }
    }
    let (dns, netbios) = own.ok_or(DirectoryError::Protocol)?;
    Ok(Names {
        dns,
        netbios,
        suffixes,
    })
}

/// The domain head has a descriptor: none means that it may not be read, and then nobody can say
/// who is dangerous.
fn domain_rights(entry: &Entry, domain: &Sid) -> Result<HashSet<Sid>, ReadFailure> {
    let descriptor: Option<SecurityDescriptor> = entry.binary("nTSecurityDescriptor")?;
    let found = descriptor.ok_or(DirectoryError::NotDelegated {
        operation: "read the domain head's access rules",
    })?;
    Ok(found.dangerous_trustees(domain))
}

/// A length of time as AD stores it: negative, in steps of 100 ns. `None` where it is 0 or the
/// smallest number, AD's ways of saying "for ever".
pub(super) fn interval(
    entry: &Entry,
    attribute: &'static str,
) -> Result<Option<SignedDuration>, Malformed> {
    let steps: i64 = entry.parsed(attribute)?.unwrap_or(0);
    if steps == 0 || steps == i64::MIN {
        return Ok(None);
    }
    let steps = steps.checked_neg().filter(|steps| *steps > 0);
    let steps = steps.ok_or(Malformed { attribute })?;
    let nanos = i32::try_from(steps % 10_000_000 * 100).map_err(|_| Malformed { attribute })?;
    Ok(Some(SignedDuration::new(steps / 10_000_000, nanos)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ldap3_proto::proto::LdapSearchResultEntry;

    #[test]
    fn a_domain_head_whose_rules_cannot_be_read_does_not_pass_for_harmless() {
        let entry = Entry::from(LdapSearchResultEntry {
            dn: "DC=example,DC=test".to_owned(),
            attributes: Vec::new(),
        });
        let rights = domain_rights(&entry, &"S-1-5-21-1-2-3".parse().unwrap());
        assert!(rights.is_err());
    }
}
