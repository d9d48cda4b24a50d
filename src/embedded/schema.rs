//! The attributes that this directory knows, with their syntax. A name that is not here is unknown
//! to searches and refused by writes, as with AD's schema. Object classes are in `classes.rs`.

use super::schema_tables;
use crate::domain::security_descriptor::RightGuid;
use std::collections::HashMap;
use std::sync::LazyLock;

pub(super) use super::classes::Class;

/// How values of an attribute are compared and written (MS-ADTS 3.1.1.2.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    /// Unicode, compared without regard to case and accents.
    Text,
    /// Decimal number, 32 or 64 bits.
    Integer,
    /// `TRUE` or `FALSE`.
    Boolean,
    /// `20260131120000.0Z`.
    Time,
    /// Bytes.
    Octets,
    /// Another object.
    Link,
}

/// Who makes an attribute's value, and who may see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Stored, writable by whoever has the right.
    Stored,
    /// Stored, written by the directory alone.
    System,
    /// Computed at each read, and only when it is asked for by name (MS-ADTS 3.1.1.4.5).
    Constructed,
    /// Written, never read.
    Secret,
}

/// One attribute of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attribute {
    /// lDAPDisplayName.
    pub name: &'static str,
    pub syntax: Syntax,
    pub kind: Kind,
    /// The ATTRTYP of the replication metadata; 0 where no version is kept (MS-DRSR 5.16.4).
    pub attid: u32,
}

impl Attribute {
    /// What access rules call it, most special first: itself and its property set.
    pub(super) fn path(&self) -> Vec<RightGuid> {
        let row = schema_tables::attribute(self.name);
        row.into_iter()
            .flat_map(|row| std::iter::once(row.guid).chain(row.set))
            .collect()
    }
}

const fn stored(name: &'static str, syntax: Syntax) -> Attribute {
    Attribute {
        name,
        syntax,
        kind: Kind::Stored,
        attid: 0,
    }
}
const fn text(name: &'static str) -> Attribute {
    stored(name, Syntax::Text)
}
const fn number(name: &'static str) -> Attribute {
    stored(name, Syntax::Integer)
}
const fn system(name: &'static str, syntax: Syntax) -> Attribute {
    Attribute {
        kind: Kind::System,
        ..stored(name, syntax)
    }
}
const fn constructed(name: &'static str, syntax: Syntax) -> Attribute {
    Attribute {
        kind: Kind::Constructed,
        ..stored(name, syntax)
    }
}
const fn tracked(attribute: Attribute, attid: u32) -> Attribute {
    Attribute { attid, ..attribute }
}
const fn secret(name: &'static str) -> Attribute {
    Attribute {
        kind: Kind::Secret,
        ..stored(name, Syntax::Octets)
    }
}

/// ATTRTYP of `unicodePwd`.
pub(super) const UNICODE_PWD: u32 = 589_914;

#[rustfmt::skip]
static ATTRIBUTES: &[Attribute] = &[
    Attribute { kind: Kind::System, attid: 0x0009_030e, ..text("objectCategory") },
    system("objectClass", Syntax::Text), system("distinguishedName", Syntax::Link),
    system("objectGUID", Syntax::Octets), system("objectSid", Syntax::Octets),
    Attribute { attid: 3, ..system("cn", Syntax::Text) },
    system("name", Syntax::Text), system("ou", Syntax::Text), system("dc", Syntax::Text),
    system("instanceType", Syntax::Integer), system("whenCreated", Syntax::Time),
    system("whenChanged", Syntax::Time), system("uSNCreated", Syntax::Integer),
    system("uSNChanged", Syntax::Integer), system("badPwdCount", Syntax::Integer),
    system("badPasswordTime", Syntax::Integer), system("lastLogon", Syntax::Integer),
    system("lastLogonTimestamp", Syntax::Integer), system("logonCount", Syntax::Integer),
    system("sAMAccountType", Syntax::Integer), system("isCriticalSystemObject", Syntax::Boolean),
    system("msDS-Behavior-Version", Syntax::Integer),
    tracked(text("sAMAccountName"), 590_045),
    tracked(text("userPrincipalName"), 590_480),
    tracked(text("displayName"), 131_085),
    tracked(text("description"), 13),
    tracked(number("userAccountControl"), 589_832),
    tracked(number("pwdLastSet"), 589_920),
    tracked(number("accountExpires"), 589_983),
    tracked(number("lockoutTime"), 590_486),
    tracked(number("primaryGroupID"), 589_922),
    tracked(stored("member", Syntax::Link), 31),
    tracked(secret("unicodePwd"), UNICODE_PWD), secret("userPassword"), secret("ntPwdHistory"),
    secret("supplementalCredentials"), secret("dBCSPwd"), secret("lmPwdHistory"),
    text("givenName"), text("sn"), text("initials"), text("department"), text("title"), text("company"),
    text("employeeID"), text("mail"), text("proxyAddresses"), text("info"), text("c"), text("co"),
    tracked(text("servicePrincipalName"), 590_595), text("userWorkstations"),
    tracked(stored("sIDHistory", Syntax::Octets), 590_433), tracked(text("gPLink"), 590_715),
    number("gPOptions"), text("msDS-AllowedToDelegateTo"), text("scriptPath"), text("homeDirectory"),
    stored("msDS-AllowedToActOnBehalfOfOtherIdentity", Syntax::Octets), text("msDS-KeyCredentialLink"),
    text("altSecurityIdentities"), text("profilePath"), text("dNSHostName"), text("homePhone"), text("pager"),
    text("facsimileTelephoneNumber"), text("st"), text("wWWHomePage"), text("url"), text("comment"),
    stored("userCertificate", Syntax::Octets), text("userParameters"), text("homeDrive"),
    stored("msDS-GroupMSAMembership", Syntax::Octets), text("displayNamePrintable"), text("adminDescription"),
    text("gPCFileSysPath"), number("gPCFunctionalityVersion"), number("versionNumber"), number("flags"),
    stored("showInAdvancedViewOnly", Syntax::Boolean), text("lDAPDisplayName"), text("adminDisplayName"),
    stored("schemaIDGUID", Syntax::Octets), stored("attributeSecurityGUID", Syntax::Octets),
    text("defaultSecurityDescriptor"), stored("systemOnly", Syntax::Boolean), stored("isDefunct", Syntax::Boolean), number("searchFlags"),
    system("linkID", Syntax::Integer), system("attributeID", Syntax::Text), system("governsID", Syntax::Text),
    text("rightsGuid"), number("validAccesses"), text("dSHeuristics"), number("ms-DS-MachineAccountQuota"),
    system("serverReferenceBL", Syntax::Link), system("objectVersion", Syntax::Integer),
    text("telephoneNumber"), text("mobile"), text("physicalDeliveryOfficeName"),
    text("streetAddress"), text("l"), text("postalCode"),
    stored("logonHours", Syntax::Octets), stored("thumbnailPhoto", Syntax::Octets),
    stored("manager", Syntax::Link), stored("managedBy", Syntax::Link),
    tracked(number("adminCount"), 589_974), number("groupType"), number("codePage"), number("countryCode"),
    number("msDS-SupportedEncryptionTypes"), number("msDS-ManagedPasswordInterval"),
    number("minPwdLength"), number("pwdProperties"), number("pwdHistoryLength"),
    number("lockoutThreshold"), number("lockoutDuration"), number("lockOutObservationWindow"),
    number("maxPwdAge"), number("minPwdAge"), text("uPNSuffixes"),
    stored("msDS-PSOAppliesTo", Syntax::Link), number("msDS-PasswordSettingsPrecedence"),
    stored("msDS-PasswordReversibleEncryptionEnabled", Syntax::Boolean),
    number("msDS-PasswordHistoryLength"), stored("msDS-PasswordComplexityEnabled", Syntax::Boolean),
    number("msDS-MinimumPasswordLength"), number("msDS-MinimumPasswordAge"),
    number("msDS-MaximumPasswordAge"), number("msDS-LockoutThreshold"),
    number("msDS-LockoutObservationWindow"), number("msDS-LockoutDuration"),
    text("nETBIOSName"), text("dnsRoot"), stored("nCName", Syntax::Link), number("systemFlags"),
    constructed("memberOf", Syntax::Link), constructed("directReports", Syntax::Link),
    constructed("tokenGroups", Syntax::Octets),
    constructed("msDS-User-Account-Control-Computed", Syntax::Integer),
    constructed("msDS-UserPasswordExpiryTimeComputed", Syntax::Integer),
    constructed("msDS-ResultantPSO", Syntax::Link),
    constructed("primaryGroupToken", Syntax::Integer),
    constructed("allowedAttributesEffective", Syntax::Text),
    constructed("sDRightsEffective", Syntax::Integer),
    constructed("replPropertyMetaData", Syntax::Octets),
    tracked(constructed("nTSecurityDescriptor", Syntax::Octets), 131_353),
];

static BY_NAME: LazyLock<HashMap<String, &'static Attribute>> = LazyLock::new(|| {
    let named = ATTRIBUTES.iter();
    named
        .flat_map(|attribute| {
            let names = [
                attribute.name.to_owned(),
                attribute.name.to_ascii_lowercase(),
            ];
            names.map(|name| (name, attribute))
        })
        .collect()
});

/// The attribute called `name`, in any case.
pub(super) fn attribute(name: &str) -> Option<&'static Attribute> {
    // Nearly everybody writes it as the schema does.
    let found = BY_NAME.get(name);
    found
        .or_else(|| BY_NAME.get(&name.to_ascii_lowercase()))
        .copied()
}

/// Every attribute.
pub(super) fn all() -> impl Iterator<Item = &'static Attribute> {
    ATTRIBUTES.iter()
}

/// Attributes that somebody can be given the right to write.
pub(super) fn writable() -> impl Iterator<Item = &'static Attribute> {
    ATTRIBUTES
        .iter()
        .filter(|attribute| matches!(attribute.kind, Kind::Stored | Kind::Secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_identifiers_of_the_schema_are_unique_and_well_formed() {
        for (at, one) in ATTRIBUTES.iter().enumerate() {
            for other in &ATTRIBUTES[at + 1..] {
                assert!(!one.name.eq_ignore_ascii_case(other.name), "{}", one.name);
                assert!(one.attid == 0 || one.attid != other.attid, "{}", one.name);
            }
        }
        assert_eq!(attribute("PWDLASTSET").map(|a| a.attid), Some(589_920));
        assert_eq!(attribute("nonsense"), None);
    }
}
