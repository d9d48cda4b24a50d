//! A new domain as the setup of a domain controller leaves it: containers, built-in groups and
//! accounts, the usual rights. `test_domain.rs` and `sample_company.rs` fill it with people.

use super::defaults::{ACCOUNTS, ALIASES, CONTROLLERS, GROUPS, IN_CONFIGURATION};
use super::policy::flag;
use super::rule_list::RuleList;
use super::schema::Class;
use super::tree::{DomainNames, NewEntry, Tree};
use crate::domain::identity::{Dn, ObjectGuid, Sid};
use jiff::{SignedDuration, Timestamp};

/// Steps of 100 ns in a minute and in a day, as AD's intervals count them.
const MINUTE: i64 = 600_000_000;
const DAY: i64 = 1_440 * MINUTE;

/// A domain that is being filled.
pub(super) struct Founding {
    pub tree: Tree,
    pub now: Timestamp,
    /// `CN=Users`.
    pub users: ObjectGuid,
    policies: ObjectGuid,
}

/// Rules for passwords and lockouts, as people speak of them.
pub(super) struct PolicyNumbers {
    pub min_length: i64,
    pub history: i64,
    pub max_age_days: i64,
    pub lockout_threshold: i64,
    pub lockout_minutes: i64,
    pub window_minutes: i64,
}

/// An account to be made.
pub(super) struct NewAccount<'a> {
    pub class: Class,
    pub parent: ObjectGuid,
    pub sam: &'a str,
    pub cn: &'a str,
    /// Bits of userAccountControl.
    pub flags: u32,
    /// Empty: none.
    pub password: &'a str,
}

impl Founding {
    /// A domain without people but the built-in ones.
    pub(super) fn new(names: DomainNames, policy: &PolicyNumbers, now: Timestamp) -> Self {
        let tree = Tree::new(names, now);
        let head = tree.head();
        let mut founding = Self {
            tree,
            now,
            users: head,
            policies: head,
        };
        founding.tree.put_default_access(head);
        founding.rules(policy);
        founding.users = founding.container(Class::Container, head, "Users");
        let computers = founding.container(Class::Container, head, "Computers");
        for guid in [founding.users, computers] {
            founding.own_access(guid, ACCOUNTS);
        }
        let builtin = founding.container(Class::Builtin, head, "Builtin");
        let system = founding.container(Class::Container, head, "System");
        let controllers = founding.container(Class::OrganizationalUnit, head, "Domain Controllers");
        founding.own_access(controllers, CONTROLLERS);
        founding.policies = founding.container(
            Class::PasswordSettingsContainer,
            system,
            "Password Settings Container",
        );
        founding.groups(builtin);
        founding.built_in_accounts();
        founding.foreign_principals();
        founding.system(system);
        founding.controller(controllers);
        founding.configuration();
        founding
    }

    /// An OU or container.
    pub(super) fn container(&mut self, class: Class, parent: ObjectGuid, name: &str) -> ObjectGuid {
        self.with_sid(class, parent, name, None)
    }

    /// An object that is no account and no group, with a SID.
    pub(super) fn with_sid(
        &mut self,
        class: Class,
        parent: ObjectGuid,
        name: &str,
        sid: Option<Sid>,
    ) -> ObjectGuid {
        self.add(&NewEntry {
            class,
            parent,
            name,
            sam: "",
            sid,
            owner: None,
        })
    }

    /// An object of somebody else than Domain Admins.
    pub(super) fn owned(
        &mut self,
        class: Class,
        parent: ObjectGuid,
        name: &str,
        owner: Option<&Sid>,
    ) -> ObjectGuid {
        self.add(&NewEntry {
            class,
            parent,
            name,
            sam: "",
            sid: None,
            owner: owner.cloned(),
        })
    }

    /// Gives an object these rights in place of those of its class.
    pub(super) fn own_access(&mut self, guid: ObjectGuid, sddl: &str) {
        if let Some(entry) = self.tree.entry_mut(guid) {
            entry.rules = RuleList::default();
        }
        self.tree.add_access(guid, sddl, None);
    }

    /// A global security group.
    pub(super) fn group(&mut self, parent: ObjectGuid, name: &str) -> ObjectGuid {
        self.group_with_sid(parent, name, None)
    }

    /// An account with what the directory writes into a new one.
    pub(super) fn account(&mut self, new: &NewAccount<'_>) -> ObjectGuid {
        self.account_with_sid(new, None)
    }

    /// Replaces an attribute by one text.
    pub(super) fn put(&mut self, guid: ObjectGuid, name: &str, text: &str) {
        self.tree.put_text(guid, name, Some(text), self.now);
    }

    /// A fine-grained password policy for one account or group.
    pub(super) fn fine_grained(
        &mut self,
        name: &str,
        precedence: i64,
        applies_to: ObjectGuid,
        policy: &PolicyNumbers,
    ) {
        let guid = self.container(Class::PasswordSettings, self.policies, name);
        for (attribute, number) in [
            ("msDS-PasswordSettingsPrecedence", precedence),
            ("msDS-PasswordHistoryLength", policy.history),
            ("msDS-MinimumPasswordLength", policy.min_length),
            ("msDS-MinimumPasswordAge", 0),
            ("msDS-MaximumPasswordAge", -policy.max_age_days * DAY),
            ("msDS-LockoutThreshold", policy.lockout_threshold),
            (
                "msDS-LockoutObservationWindow",
                -policy.window_minutes * MINUTE,
            ),
            ("msDS-LockoutDuration", -policy.lockout_minutes * MINUTE),
        ] {
            self.put(guid, attribute, &number.to_string());
        }
        self.put(guid, "msDS-PasswordReversibleEncryptionEnabled", "FALSE");
        self.put(guid, "msDS-PasswordComplexityEnabled", "TRUE");
        self.tree
            .set_links(guid, "msDS-PSOAppliesTo", &[applies_to]);
    }

    /// Gives the built-in administrator a password.
    pub(super) fn set_administrator(&mut self, password: &str) {
        if let Some(guid) = self.tree.by_sam("Administrator").map(|entry| entry.guid) {
            self.tree.set_password(guid, password, self.now);
        }
    }

    /// A second userPrincipalName suffix of the forest.
    pub(super) fn set_upn_suffix(&mut self, suffix: &str) {
        let partitions = self.tree.names.head.child("CN", "Configuration");
        let partitions = partitions.and_then(|dn| dn.child("CN", "Partitions"));
        let found = partitions
            .ok()
            .and_then(|dn| self.tree.by_dn(&dn))
            .map(|entry| entry.guid);
        if let Some(guid) = found {
            self.put(guid, "uPNSuffixes", suffix);
        }
    }

    /// The cross-reference that says how the domain is called (MS-ADTS 6.1.1.2.1.1.1).
    pub(super) fn partitions(&mut self, configuration: ObjectGuid) {
        let owner = self.tree.names.sid.with_rid(519);
        let partitions = self.owned(
            Class::PartitionContainer,
            configuration,
            "Partitions",
            owner.as_ref(),
        );
        self.own_access(partitions, IN_CONFIGURATION);
        let (dns, netbios) = (self.tree.names.dns.clone(), self.tree.names.netbios.clone());
        let domain = self.owned(Class::CrossRef, partitions, &netbios, owner.as_ref());
        self.tree.set_links(domain, "nCName", &[self.tree.head()]);
        self.put(domain, "dnsRoot", &dns);
        self.put(domain, "nETBIOSName", &netbios);
        // FLAG_CR_NTDS_NC | FLAG_CR_NTDS_DOMAIN (MS-ADTS 2.2.10).
        self.put(domain, "systemFlags", "3");
    }

    fn add(&mut self, new: &NewEntry<'_>) -> ObjectGuid {
        // A name that is taken is a slip in this folder's tables; a test counts who is there.
        self.tree.add(new, self.now).unwrap_or(self.tree.head())
    }

    fn rules(&mut self, policy: &PolicyNumbers) {
        let head = self.tree.head();
        for (attribute, number) in [
            ("minPwdLength", policy.min_length),
            ("pwdProperties", 1),
            ("pwdHistoryLength", policy.history),
            ("lockoutThreshold", policy.lockout_threshold),
            ("lockoutDuration", -policy.lockout_minutes * MINUTE),
            ("lockOutObservationWindow", -policy.window_minutes * MINUTE),
            ("maxPwdAge", -policy.max_age_days * DAY),
            ("minPwdAge", 0),
            ("msDS-Behavior-Version", 7),
        ] {
            self.put(head, attribute, &number.to_string());
        }
    }

    fn groups(&mut self, builtin: ObjectGuid) {
        for (rid, name) in GROUPS {
            let sid = self.tree.names.sid.with_rid(rid);
            self.group_with_sid(self.users, name, sid);
        }
        for (sid, name) in ALIASES {
            let guid = self.group_with_sid(builtin, name, sid.parse().ok());
            self.put(guid, "sAMAccountType", "536870912");
        }
        for (member, group) in [
            ("Domain Admins", "Administrators"),
            ("Enterprise Admins", "Administrators"),
            ("Domain Users", "Users"),
            ("Domain Guests", "Guests"),
        ] {
            self.join(member, group);
        }
    }

    fn built_in_accounts(&mut self) {
        for (rid, name, flags) in [
            (500, "Administrator", flag::NORMAL | flag::NEVER_EXPIRES),
            (
                501,
                "Guest",
                flag::NORMAL | flag::NEVER_EXPIRES | flag::NOT_REQUIRED | flag::DISABLED,
            ),
            (502, "krbtgt", flag::NORMAL | flag::DISABLED),
        ] {
            let (class, parent) = (Class::User, self.users);
            let new = NewAccount {
                class,
                parent,
                sam: name,
                cn: name,
                flags,
                password: "",
            };
            let sid = self.tree.names.sid.with_rid(rid);
            self.account_with_sid(&new, sid);
        }
        for group in [
            "Domain Admins",
            "Enterprise Admins",
            "Schema Admins",
            "Administrators",
        ] {
            self.join("Administrator", group);
        }
    }

    /// Puts an account or group into a group, both by name.
    pub(super) fn join(&mut self, member: &str, group: &str) {
        let guid = |name| self.tree.by_sam(name).map(|entry| entry.guid);
        if let (Some(member), Some(group)) = (guid(member), guid(group)) {
            self.tree.join(member, group, self.now);
        }
    }

    fn group_with_sid(&mut self, parent: ObjectGuid, name: &str, sid: Option<Sid>) -> ObjectGuid {
        let guid = self.add(&NewEntry {
            class: Class::Group,
            parent,
            name,
            sam: name,
            sid,
            owner: None,
        });
        self.put(guid, "groupType", "-2147483646");
        self.put(guid, "sAMAccountType", "268435456");
        guid
    }

    pub(super) fn account_with_sid(
        &mut self,
        new: &NewAccount<'_>,
        sid: Option<Sid>,
    ) -> ObjectGuid {
        let NewAccount {
            class,
            parent,
            sam,
            cn,
            flags,
            password,
        } = *new;
        let guid = self.add(&NewEntry {
            class,
            parent,
            name: cn,
            sam,
            sid,
            owner: None,
        });
        fill_account(&mut self.tree, guid, flags, self.now);
        if !password.is_empty() {
            self.tree.set_password(guid, password, self.now);
        }
        guid
    }

    /// A moment before now, as AD writes it.
    pub(super) fn days_ago(&self, days: i64) -> Timestamp {
        self.now - SignedDuration::from_hours(24 * days)
    }
}

/// The names of a domain whose head is `DC=` for each label of `dns`.
pub(super) fn domain_names(dns: &str, netbios: &str, sid: &str) -> Option<DomainNames> {
    let labels: Vec<String> = dns
        .split('.')
        .map(|label| ["DC=", label].concat())
        .collect();
    Some(DomainNames {
        dns: dns.to_owned(),
        netbios: netbios.to_owned(),
        head: labels.join(",").parse::<Dn>().ok()?,
        sid: sid.parse().ok()?,
    })
}

/// Attributes of a new account.
pub(super) fn fill_account(tree: &mut Tree, guid: ObjectGuid, flags: u32, now: Timestamp) {
    let class = tree.entry(guid).map_or(Class::User, |entry| entry.class);
    let (kind, primary) = match class {
        Class::User | Class::InetOrgPerson if flags & flag::TRUSTS != 0 => ("805306370", "513"),
        Class::User | Class::InetOrgPerson => ("805306368", "513"),
        _ => ("805306369", "515"),
    };
    for (attribute, text) in [
        ("userAccountControl", flags.to_string().as_str()),
        ("sAMAccountType", kind),
        ("primaryGroupID", primary),
        ("accountExpires", "9223372036854775807"),
        ("pwdLastSet", "0"),
        ("badPwdCount", "0"),
        ("badPasswordTime", "0"),
        ("lastLogon", "0"),
        ("logonCount", "0"),
        ("codePage", "0"),
        ("countryCode", "0"),
    ] {
        tree.put_text(guid, attribute, Some(text), now);
    }
}
