//! The attributes that this directory knows, with their syntax, and the object classes. A name
//! that is not here is unknown to searches and refused by writes, as with AD's schema.

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
    /// schemaIDGUID and the property set's GUID, where access entries name them; else empty.
    pub guids: [&'static str; 2],
}

/// schemaIDGUID of the class `user`.
pub(super) const USER_CLASS: &str = "bf967aba-0de6-11d0-a285-00aa003049e2";
const RESTRICTIONS: &str = "4c164200-20c0-11d0-a768-00aa006e0529";
const PERSONAL: &str = "77b5b886-944a-11d1-aebd-0000f80367c1";

const fn stored(name: &'static str, syntax: Syntax) -> Attribute {
    Attribute {
        name,
        syntax,
        kind: Kind::Stored,
        attid: 0,
        guids: ["", ""],
    }
}
const fn text(name: &'static str) -> Attribute {
    stored(name, Syntax::Text)
}
const fn personal(name: &'static str) -> Attribute {
    Attribute {
        guids: ["", PERSONAL],
        ..text(name)
    }
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
const fn tracked(
    attribute: Attribute,
    attid: u32,
    schema: &'static str,
    set: &'static str,
) -> Attribute {
    Attribute {
        attid,
        guids: [schema, set],
        ..attribute
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
    tracked(text("sAMAccountName"), 590_045, "3e0abfd0-126a-11d0-a060-00aa006c33ed", ""),
    tracked(text("userPrincipalName"), 590_480, "28630ebb-41d5-11d1-a9c1-0000f80367c1", ""),
    tracked(text("displayName"), 131_085, "bf967953-0de6-11d0-a285-00aa003049e2", ""),
    tracked(text("description"), 13, "bf967950-0de6-11d0-a285-00aa003049e2", ""),
    tracked(number("userAccountControl"), 589_832, "bf967a68-0de6-11d0-a285-00aa003049e2", RESTRICTIONS),
    tracked(number("pwdLastSet"), 589_920, "bf967a0a-0de6-11d0-a285-00aa003049e2", RESTRICTIONS),
    tracked(number("accountExpires"), 589_983, "bf967915-0de6-11d0-a285-00aa003049e2", RESTRICTIONS),
    tracked(number("lockoutTime"), 590_486, "28630ebf-41d5-11d1-a9c1-0000f80367c1", ""),
    tracked(number("primaryGroupID"), 589_922, "bf967a00-0de6-11d0-a285-00aa003049e2", ""),
    tracked(stored("member", Syntax::Link), 31, "bf9679c0-0de6-11d0-a285-00aa003049e2", ""),
    tracked(Attribute { kind: Kind::Secret, ..stored("unicodePwd", Syntax::Octets) },
        UNICODE_PWD, "bf9679e1-0de6-11d0-a285-00aa003049e2", ""),
    Attribute { kind: Kind::Secret, ..text("userPassword") },
    Attribute { kind: Kind::Secret, ..stored("ntPwdHistory", Syntax::Octets) },
    Attribute { kind: Kind::Secret, ..stored("supplementalCredentials", Syntax::Octets) },
    text("givenName"), text("sn"), text("initials"), text("department"), text("title"), text("company"),
    text("employeeID"), text("mail"), text("proxyAddresses"), text("info"), text("c"), text("co"),
    text("servicePrincipalName"), text("userWorkstations"), text("sIDHistory"), text("gPLink"),
    personal("telephoneNumber"), personal("mobile"), personal("physicalDeliveryOfficeName"),
    personal("streetAddress"), personal("l"), personal("postalCode"),
    stored("logonHours", Syntax::Octets), stored("thumbnailPhoto", Syntax::Octets),
    stored("manager", Syntax::Link), stored("managedBy", Syntax::Link),
    number("adminCount"), number("groupType"), number("codePage"), number("countryCode"),
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
    constructed("allowedAttributesEffective", Syntax::Text),
    constructed("sDRightsEffective", Syntax::Integer),
    constructed("replPropertyMetaData", Syntax::Octets),
    constructed("nTSecurityDescriptor", Syntax::Octets),
];

/// The attribute called `name`, in any case.
pub(super) fn attribute(name: &str) -> Option<&'static Attribute> {
    ATTRIBUTES
        .iter()
        .find(|attribute| attribute.name.eq_ignore_ascii_case(name))
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

/// The structural class of an object: the last value of objectClass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    User,
    InetOrgPerson,
    Computer,
    ManagedServiceAccount,
    GroupManagedServiceAccount,
    Group,
    OrganizationalUnit,
    Container,
    Domain,
    Configuration,
    PartitionContainer,
    CrossRef,
    PasswordSettingsContainer,
    PasswordSettings,
}

impl Class {
    /// objectClass, from `top` down.
    pub(super) fn chain(self) -> &'static [&'static str] {
        match self {
            Self::User => &["top", "person", "organizationalPerson", "user"],
            Self::InetOrgPerson => &[
                "top",
                "person",
                "organizationalPerson",
                "user",
                "inetOrgPerson",
            ],
            Self::Computer => &["top", "person", "organizationalPerson", "user", "computer"],
            Self::ManagedServiceAccount => &[
                "top",
                "person",
                "organizationalPerson",
                "user",
                "computer",
                "msDS-ManagedServiceAccount",
            ],
            Self::GroupManagedServiceAccount => &[
                "top",
                "person",
                "organizationalPerson",
                "user",
                "computer",
                "msDS-GroupManagedServiceAccount",
            ],
            Self::Group => &["top", "group"],
            Self::OrganizationalUnit => &["top", "organizationalUnit"],
            Self::Container => &["top", "container"],
            Self::Domain => &["top", "domain", "domainDNS"],
            Self::Configuration => &["top", "configuration"],
            Self::PartitionContainer => &["top", "crossRefContainer"],
            Self::CrossRef => &["top", "crossRef"],
            Self::PasswordSettingsContainer => &["top", "msDS-PasswordSettingsContainer"],
            Self::PasswordSettings => &["top", "msDS-PasswordSettings"],
        }
    }

    /// The class that `objectCategory` points to: `(objectCategory=person)` finds users and
    /// not computers (MS-ADTS 3.1.1.3.1.3.5).
    pub(super) fn category(self) -> &'static str {
        match self {
            Self::User | Self::InetOrgPerson => "Person",
            Self::Computer => "Computer",
            Self::ManagedServiceAccount => "ms-DS-Managed-Service-Account",
            Self::GroupManagedServiceAccount => "ms-DS-Group-Managed-Service-Account",
            Self::Group => "Group",
            Self::OrganizationalUnit => "Organizational-Unit",
            Self::Container => "Container",
            Self::Domain => "Domain-DNS",
            Self::Configuration => "Configuration",
            Self::PartitionContainer => "Cross-Ref-Container",
            Self::CrossRef => "Cross-Ref",
            Self::PasswordSettingsContainer => "ms-DS-Password-Settings-Container",
            Self::PasswordSettings => "ms-DS-Password-Settings",
        }
    }

    /// The attribute of the object's own RDN.
    pub(super) fn rdn_attribute(self) -> &'static str {
        match self {
            Self::OrganizationalUnit => "OU",
            Self::Domain => "DC",
            _ => "CN",
        }
    }

    /// schemaIDGUID, where access entries name the class; else empty.
    pub(super) fn guid(self) -> &'static str {
        match self {
            Self::User => USER_CLASS,
            Self::InetOrgPerson => "4828cc14-1437-45bc-9b07-ad6f015e5f28",
            Self::Computer => "bf967a86-0de6-11d0-a285-00aa003049e2",
            Self::Group => "bf967a9c-0de6-11d0-a285-00aa003049e2",
            Self::OrganizationalUnit => "bf967aa5-0de6-11d0-a285-00aa003049e2",
            _ => "",
        }
    }

    /// Whether objects of this class have a SID and a sAMAccountName.
    pub(super) fn is_principal(self) -> bool {
        self.is_account() || self == Self::Group
    }

    /// Whether objects of this class sign in.
    pub(super) fn is_account(self) -> bool {
        matches!(
            self,
            Self::User
                | Self::InetOrgPerson
                | Self::Computer
                | Self::ManagedServiceAccount
                | Self::GroupManagedServiceAccount
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identity::ObjectGuid;

    #[test]
    fn names_and_identifiers_of_the_schema_are_unique_and_well_formed() {
        for (at, one) in ATTRIBUTES.iter().enumerate() {
            for guid in one.guids.iter().filter(|guid| !guid.is_empty()) {
                assert!(guid.parse::<ObjectGuid>().is_ok(), "{}", one.name);
            }
            for other in &ATTRIBUTES[at + 1..] {
                assert!(!one.name.eq_ignore_ascii_case(other.name), "{}", one.name);
                assert!(one.attid == 0 || one.attid != other.attid, "{}", one.name);
            }
        }
        assert_eq!(attribute("PWDLASTSET").map(|a| a.attid), Some(589_920));
        assert_eq!(attribute("nonsense"), None);
    }

    #[test]
    fn computers_are_users_by_class_and_not_by_category() {
        assert!(Class::Computer.chain().contains(&"user"));
        assert_eq!(Class::Computer.category(), "Computer");
        assert_eq!(Class::InetOrgPerson.category(), "Person");
        assert!(Class::GroupManagedServiceAccount.is_account());
        assert!(!Class::OrganizationalUnit.is_principal());
    }
}
