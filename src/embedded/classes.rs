//! The object classes that this directory knows.

use super::schema_tables;
use crate::domain::security_descriptor::RightGuid;

/// The structural class of an object: the last value of objectClass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
    Builtin,
    ForeignSecurityPrincipal,
    GroupPolicyContainer,
    Schema,
    SchemaClassEntry,
    AttributeSchema,
    ControlAccessRight,
    SitesContainer,
    Site,
    ServersContainer,
    Server,
    DirectoryService,
    Contact,
}

impl Class {
    /// All of them.
    pub(super) const ALL: [Self; 27] = [
        Self::User,
        Self::InetOrgPerson,
        Self::Computer,
        Self::ManagedServiceAccount,
        Self::GroupManagedServiceAccount,
        Self::Group,
        Self::OrganizationalUnit,
        Self::Container,
        Self::Domain,
        Self::Configuration,
        Self::PartitionContainer,
        Self::CrossRef,
        Self::PasswordSettingsContainer,
        Self::PasswordSettings,
        Self::Builtin,
        Self::ForeignSecurityPrincipal,
        Self::GroupPolicyContainer,
        Self::Schema,
        Self::SchemaClassEntry,
        Self::AttributeSchema,
        Self::ControlAccessRight,
        Self::SitesContainer,
        Self::Site,
        Self::ServersContainer,
        Self::Server,
        Self::DirectoryService,
        Self::Contact,
    ];

    /// The class with this lDAPDisplayName, in any case.
    pub(super) fn named(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|class| class.name().eq_ignore_ascii_case(name))
    }

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
            Self::Contact => &["top", "person", "organizationalPerson", "contact"],
            Self::Group => &["top", "group"],
            Self::OrganizationalUnit => &["top", "organizationalUnit"],
            Self::Container => &["top", "container"],
            Self::Domain => &["top", "domain", "domainDNS"],
            Self::Configuration => &["top", "configuration"],
            Self::PartitionContainer => &["top", "crossRefContainer"],
            Self::CrossRef => &["top", "crossRef"],
            Self::PasswordSettingsContainer => &["top", "msDS-PasswordSettingsContainer"],
            Self::PasswordSettings => &["top", "msDS-PasswordSettings"],
            Self::Builtin => &["top", "builtinDomain"],
            Self::ForeignSecurityPrincipal => &["top", "foreignSecurityPrincipal"],
            Self::GroupPolicyContainer => &["top", "container", "groupPolicyContainer"],
            Self::Schema => &["top", "dMD"],
            Self::SchemaClassEntry => &["top", "classSchema"],
            Self::AttributeSchema => &["top", "attributeSchema"],
            Self::ControlAccessRight => &["top", "controlAccessRight"],
            Self::SitesContainer => &["top", "sitesContainer"],
            Self::Site => &["top", "site"],
            Self::ServersContainer => &["top", "serversContainer"],
            Self::Server => &["top", "server"],
            Self::DirectoryService => &["top", "nTDSDSA"],
        }
    }

    /// lDAPDisplayName.
    pub(super) fn name(self) -> &'static str {
        self.chain().last().copied().unwrap_or_default()
    }

    /// The class that `objectCategory` points to, by its CN: `(objectCategory=person)` finds users
    /// and not computers (MS-ADTS 3.1.1.3.1.3.5).
    pub(super) fn category(self) -> &'static str {
        match self {
            Self::User | Self::InetOrgPerson | Self::Contact => "Person",
            other => schema_tables::class(other.name()).map_or("Top", |row| row.cn),
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

    /// schemaIDGUID.
    pub(super) fn guid(self) -> RightGuid {
        schema_tables::class(self.name()).map_or(RightGuid(0), |row| row.guid)
    }

    /// The rights of a new object, in SDDL.
    pub(super) fn default_access(self) -> &'static str {
        schema_tables::class(self.name()).map_or("", |row| row.access)
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

    /// Whether objects of this class are the head of a naming context.
    pub(super) fn is_context(self) -> bool {
        matches!(self, Self::Domain | Self::Configuration | Self::Schema)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn computers_are_users_by_class_and_not_by_category() {
        assert!(Class::Computer.chain().contains(&"user"));
        assert_eq!(Class::Computer.category(), "Computer");
        assert_eq!(Class::InetOrgPerson.category(), "Person");
        assert!(Class::GroupManagedServiceAccount.is_account());
        assert!(!Class::OrganizationalUnit.is_principal());
    }

    #[test]
    fn a_class_is_found_by_its_name_in_any_case() {
        for class in Class::ALL {
            assert_eq!(Class::named(&class.name().to_uppercase()), Some(class));
        }
        assert_eq!(Class::named("noSuchClass"), None);
    }
}
