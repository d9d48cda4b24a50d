//! The rootDSE: what a domain controller says of itself, also to strangers (MS-ADTS 3.1.1.3.2).

use super::access::Token;
use super::attributes::generalized_time;
use super::tree::Tree;
use crate::domain::identity::Sid;
use jiff::Timestamp;
use ldap3_proto::proto::LdapPartialAttribute;

pub(super) const PAGED_RESULTS: &str = "1.2.840.113556.1.4.319";
pub(super) const SD_FLAGS: &str = "1.2.840.113556.1.4.801";
pub(super) const POLICY_HINTS: &str = "1.2.840.113556.1.4.2239";
pub(super) const OLD_POLICY_HINTS: &str = "1.2.840.113556.1.4.2066";
pub(super) const WHO_AM_I: &str = "1.3.6.1.4.1.4203.1.11.3";

/// The controls that are offered; `POLICY_HINTS` is left out where the options say so.
pub(super) fn supported_controls(policy_hints: bool) -> impl Iterator<Item = &'static str> {
    let hints = [POLICY_HINTS, OLD_POLICY_HINTS];
    [PAGED_RESULTS, SD_FLAGS]
        .into_iter()
        .chain(hints.into_iter().filter(move |_| policy_hints))
}

/// The attributes of the rootDSE that were asked for; all but `tokenGroups` for none or `*`.
pub(super) fn read(
    tree: &Tree,
    token: Option<&Token>,
    asked: &[String],
    policy_hints: bool,
    now: Timestamp,
) -> Vec<LdapPartialAttribute> {
    let everything = asked.is_empty() || asked.iter().any(|name| name == "*" || name == "+");
    let named = |name: &str| asked.iter().any(|asked| asked.eq_ignore_ascii_case(name));
    let mut attributes: Vec<LdapPartialAttribute> = facts(tree, policy_hints, now)
        .into_iter()
        .filter(|(name, _)| everything || named(name))
        .map(|(name, values)| LdapPartialAttribute {
            atype: name.to_owned(),
            vals: values.into_iter().map(String::into_bytes).collect(),
        })
        .collect();
    if let Some(token) = token.filter(|_| named("tokenGroups")) {
        let sids = std::iter::once(&token.sid).chain(&token.groups);
        attributes.push(LdapPartialAttribute {
            atype: "tokenGroups".to_owned(),
            vals: sids.map(Sid::to_bytes).collect(),
        });
    }
    attributes
}

fn facts(tree: &Tree, policy_hints: bool, now: Timestamp) -> Vec<(&'static str, Vec<String>)> {
    let head = tree.names.head.to_string();
    let below = |path: &str| {
        let mut names = path.split('/');
        let dn = names.try_fold(tree.names.head.clone(), |dn, name| dn.child("CN", name));
        dn.map(|dn| dn.to_string()).unwrap_or_default()
    };
    let configuration = below("Configuration");
    let schema = below("Configuration/Schema");
    let server = "Configuration/Sites/Default-First-Site-Name/Servers/DC1";
    let contexts = vec![head.clone(), configuration.clone(), schema.clone()];
    let controls = supported_controls(policy_hints)
        .map(str::to_owned)
        .collect();
    let list = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
    vec![
        ("currentTime", vec![generalized_time(now)]),
        (
            "subschemaSubentry",
            vec![below("Configuration/Schema/Aggregate")],
        ),
        (
            "dsServiceName",
            vec![below(&[server, "/NTDS Settings"].concat())],
        ),
        ("namingContexts", contexts),
        ("defaultNamingContext", vec![head.clone()]),
        ("rootDomainNamingContext", vec![head]),
        ("configurationNamingContext", vec![configuration]),
        ("schemaNamingContext", vec![schema]),
        ("supportedControl", controls),
        ("supportedExtension", list(&[WHO_AM_I])),
        ("supportedLDAPVersion", list(&["3", "2"])),
        ("supportedCapabilities", list(&CAPABILITIES)),
        ("highestCommittedUSN", vec![tree.highest_usn().to_string()]),
        ("dnsHostName", vec![["dc1.", &tree.names.dns].concat()]),
        ("serverName", vec![below(server)]),
        ("isSynchronized", list(&["TRUE"])),
        ("isGlobalCatalogReady", list(&["TRUE"])),
        ("domainFunctionality", list(&["7"])),
        ("forestFunctionality", list(&["7"])),
        ("domainControllerFunctionality", list(&["7"])),
    ]
}

/// Active Directory since Windows 2000, with signing, since 2003, 2008, 2008 R2
/// and 2012 (MS-ADTS 3.1.1.3.4.3).
const CAPABILITIES: [&str; 6] = [
    "1.2.840.113556.1.4.800",
    "1.2.840.113556.1.4.1791",
    "1.2.840.113556.1.4.1670",
    "1.2.840.113556.1.4.1935",
    "1.2.840.113556.1.4.2080",
    "1.2.840.113556.1.4.2237",
];
