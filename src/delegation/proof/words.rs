//! What a rule says and what could be done with it, in plain words.

use crate::domain::identity::Dn;
use crate::domain::schema::Schema;
use crate::domain::security_descriptor::{Ace, RightGuid, Rights};

/// Rights that change nothing.
const READING: Rights = Rights(0x0002_0094);
/// Rights from which every other follows.
const MASTERY: Rights = Rights(0x000c_0000);

/// A rule on an object of some class.
pub(super) struct Ruled<'a> {
    pub schema: &'a Schema,
    pub rule: &'a Ace,
    pub object: &'a Dn,
    /// lDAPDisplayName of the object's class.
    pub class: &'a str,
}

impl Ruled<'_> {
    /// What the rule lets somebody do, after "may": `write “member” on CN=…`.
    pub fn may(&self) -> String {
        format!("{} {}", self.rights(), self.reach())
    }

    /// What could be done with it.
    pub fn consequence(&self) -> String {
        let rights = self.rule.rights.mapped();
        let said = if READING.contains(rights) {
            Some("With it one can read what other users cannot; it changes nothing.")
        } else if self.is_admin_sd_holder() {
            Some(
                "Within the hour AD copies this rule to every administrator's account and group: with it one can take the domain over.",
            )
        } else if rights.intersects(MASTERY) {
            Some(self.mastery())
        } else {
            self.of_property(rights)
                .or_else(|| self.of_control_right(rights))
                .or_else(|| self.of_children(rights))
        };
        match said {
            Some(said) => said.to_owned(),
            None => format!(
                "With it one can {}, which other users cannot.",
                self.rights()
            ),
        }
    }

    fn rights(&self) -> String {
        let rights = self.rule.rights.mapped();
        if self.rule.object.is_none() && rights.contains(Rights::EVERYTHING) {
            return "do everything".to_owned();
        }
        let object = self.rule.object.map(|guid| match self.name(guid) {
            Some(name) => format!("“{name}”"),
            None => format!("“{guid}”"),
        });
        let of = |all: &str| object.clone().unwrap_or_else(|| all.to_owned());
        let of_class = |all: &str| match &object {
            Some(class) => format!("class {class}"),
            None => all.to_owned(),
        };
        let both = Rights::READ_PROPERTY.union(Rights::WRITE_PROPERTY);
        let mut words = Vec::new();
        if rights.contains(both) {
            words.push(format!("read and write {}", of("every property")));
        } else if rights.intersects(Rights::WRITE_PROPERTY) {
            words.push(format!("write {}", of("every property")));
        } else if rights.intersects(Rights::READ_PROPERTY) {
            words.push(format!("read {}", of("every property")));
        }
        if rights.intersects(Rights::CONTROL_ACCESS) {
            words.push(match &object {
                Some(object) => format!("use the control right {object}"),
                None => "use every control right, “Reset Password” among them,".to_owned(),
            });
        }
        if rights.intersects(Rights::VALIDATED_WRITE) {
            words.push(format!("make validated writes of {}", of("every kind")));
        }
        if rights.intersects(Rights::CREATE_CHILD) {
            words.push(format!("make objects of {} below", of_class("every class")));
        }
        if rights.intersects(Rights::DELETE_CHILD) {
            words.push(format!(
                "delete objects of {} below",
                of_class("every class")
            ));
        }
        let told = Rights(0x13b);
        let rest = rights.without(told).names();
        words.extend(rest.into_iter().map(str::to_owned));
        listed(&words)
    }

    fn reach(&self) -> String {
        let flags = self.rule.flags;
        let object = self.object;
        if !flags.inherits_to_containers() {
            return format!("on {object}");
        }
        let class = self
            .rule
            .inherited_by
            .and_then(|class| self.schema.name(class));
        let below = match (class, self.rule.inherited_by) {
            (Some(class), _) => format!("every object of class {class} below"),
            (None, Some(class)) => format!("every object of class {class} below"),
            (None, None) => "everything below".to_owned(),
        };
        if flags.inherit_only() {
            format!("on {below} {object}")
        } else {
            format!("on {object} and {below} it")
        }
    }

    /// What a type is called: by the name that people find when they search for it, where it is known for misuse.
    fn name(&self, guid: RightGuid) -> Option<&str> {
        let known = KNOWN.iter().find(|(known, _)| *known == guid);
        let known = known.map(|(_, name)| *name);
        known.or_else(|| self.schema.name(guid))
    }

    fn is_admin_sd_holder(&self) -> bool {
        self.object
            .common_name()
            .eq_ignore_ascii_case("AdminSDHolder")
    }

    fn is_class(&self, classes: &[&str]) -> bool {
        // A rule that is for objects below alone says nothing of this one.
        let inherited_by = self
            .rule
            .inherited_by
            .and_then(|class| self.schema.name(class));
        let class = if self.rule.flags.inherit_only() {
            inherited_by.unwrap_or("")
        } else {
            self.class
        };
        classes
            .iter()
            .any(|known| known.eq_ignore_ascii_case(class))
    }

    fn mastery(&self) -> &'static str {
        if self.is_class(&["domainDNS"]) {
            "With it one can give oneself every right over the domain: copy all passwords, become administrator."
        } else if self.is_class(&["groupPolicyContainer"]) {
            "With it one can change the group policy, and so run programs on every machine that it is linked to."
        } else if self.is_class(&["group"]) {
            "With it one can make anybody a member of the group, and so have every right of the group."
        } else if self.is_class(&["user", "inetOrgPerson"]) {
            "With it one can set the account's password or add a key to it, and sign in as its owner."
        } else if self.is_class(&["computer", "msDS-GroupManagedServiceAccount"]) {
            "With it one can sign in to the machine as anybody, or as the machine itself."
        } else {
            "With it one can give oneself every right over the object and over everything below it."
        }
    }

    fn of_property(&self, rights: Rights) -> Option<&'static str> {
        let writes = rights.intersects(Rights::WRITE_PROPERTY);
        let validated = rights.intersects(Rights::VALIDATED_WRITE);
        if !writes && !validated {
            return None;
        }
        let said = PROPERTIES.iter().find(|(name, _)| self.touches(name));
        match (said, self.rule.object) {
            (_, None) if writes => Some(if self.is_class(&["groupPolicyContainer", "group"]) {
                self.mastery()
            } else if self.is_class(&["domainDNS", "organizationalUnit"]) {
                "With it one can link group policies here, and so run programs on every machine below."
            } else if self.is_class(&["user", "inetOrgPerson", "computer"]) {
                "With it one can add a key or a service name to the account, or let others act for it, and sign in as its owner."
            } else {
                "With it one can change whatever the object says, up to what guards it."
            }),
            (Some((_, said)), Some(_)) => Some(said),
            _ => None,
        }
    }

    /// Whether the rule's type is this attribute, or a property set that holds it.
    fn touches(&self, attribute: &str) -> bool {
        let Some(object) = self.rule.object else {
            return false;
        };
        let named = |known: &str| known.eq_ignore_ascii_case(attribute);
        if self.name(object).is_some_and(named) {
            return true;
        }
        let mut members = self.schema.attributes.iter();
        members.any(|(guid, known)| {
            (*guid == object || known.property_set == Some(object)) && named(&known.name)
        })
    }

    fn of_control_right(&self, rights: Rights) -> Option<&'static str> {
        if !rights.intersects(Rights::CONTROL_ACCESS) {
            return None;
        }
        if self.rule.object.is_none() && self.is_class(&["domainDNS"]) {
            return Some(REPLICATION);
        }
        let known = CONTROL_RIGHTS
            .iter()
            .find(|(guid, _)| Some(*guid) == self.rule.object);
        known.map(|(_, said)| *said).or(match self.rule.object {
            None => Some("With it one can set the passwords of the accounts that it reaches, and sign in as their owners."),
            Some(_) => None,
        })
    }

    fn of_children(&self, rights: Rights) -> Option<&'static str> {
        let deletes = Rights(0x0001_0042);
        if rights.intersects(Rights::CREATE_CHILD) {
            let class = self.rule.object.and_then(|class| self.schema.name(class));
            Some(match class.unwrap_or("") {
                "computer" => "With it one can add machines, and use them to act as others.",
                "group" | "groupOfNames" => "With it one can make groups and be their owner.",
                _ => {
                    "With it one can make accounts and other objects, and do everything with them as their owner."
                }
            })
        } else if rights.intersects(deletes) {
            Some(
                "With it one can delete accounts and other objects: people cannot sign in any more.",
            )
        } else {
            None
        }
    }
}

/// Names that servers give differently, or that older schemas lack.
const KNOWN: [(RightGuid, &str); 4] = [
    (RightGuid::GET_CHANGES, "Replicating Directory Changes"),
    (
        RightGuid::GET_CHANGES_ALL,
        "Replicating Directory Changes All",
    ),
    (
        RightGuid(0x5b47_d60f_6090_40b2_9f37_2a4d_e88f_3063),
        "msDS-KeyCredentialLink",
    ),
    (
        RightGuid(0x3f78_c3e5_f79a_46bd_a0b8_9d18_116d_dc79),
        "msDS-AllowedToActOnBehalfOfOtherIdentity",
    ),
];

const REPLICATION: &str = "With it one can copy the passwords of all accounts by replication (“DCSync”), the administrators' among them.";

/// Attributes whose writing gives more than it seems, the worst first.
const PROPERTIES: [(&str, &str); 13] = [
    (
        "member",
        "With it one can make anybody a member of the group, and so have every right of the group.",
    ),
    (
        "msDS-KeyCredentialLink",
        "With it one can add a key to the account and sign in as its owner.",
    ),
    (
        "msDS-AllowedToActOnBehalfOfOtherIdentity",
        "With it one can sign in to the machine as anybody.",
    ),
    (
        "msDS-AllowedToDelegateTo",
        "With it one can let the account act as others.",
    ),
    (
        "unicodePwd",
        "With it one can write the account's password.",
    ),
    (
        "altSecurityIdentities",
        "With it one can have a certificate of one's own accepted as the account's.",
    ),
    (
        "userAccountControl",
        "With it one can enable accounts, switch off what guards them, and let them act as others.",
    ),
    (
        "servicePrincipalName",
        "With it one can give the account a service name, have a ticket made for it, and guess its password from that.",
    ),
    (
        "gPLink",
        "With it one can link group policies, and so run programs on every machine below.",
    ),
    (
        "gPCFileSysPath",
        "With it one can have the group policy load from elsewhere, and so run programs on every machine that it is linked to.",
    ),
    (
        "scriptPath",
        "With it one can have a program run when the account's owner signs in.",
    ),
    (
        "lockoutTime",
        "With it one can unlock accounts, and so go on guessing their passwords.",
    ),
    (
        "pwdLastSet",
        "With it one can make passwords expire, or keep them from expiring.",
    ),
];

const CONTROL_RIGHTS: [(RightGuid, &str); 5] = [
    (RightGuid::GET_CHANGES_ALL, REPLICATION),
    (
        RightGuid::GET_CHANGES,
        "With it one can read the whole directory by replication, and together with “Replicating Directory Changes All” every password.",
    ),
    // Replicating Directory Changes In Filtered Set.
    (
        RightGuid(0x89e9_5b76_444d_4c62_991a_0fac_beda_640c),
        "With it one can read by replication what is kept from read-only domain controllers, secrets among it.",
    ),
    // Reset Password.
    (
        RightGuid(0x0029_9570_246d_11d0_a768_00aa_006e_0529),
        "With it one can set the passwords of accounts that are none of Keyward's business, and sign in as their owners.",
    ),
    // Apply Group Policy.
    (
        RightGuid(0xedac_fd8f_ffb3_11d1_b41d_00a0_c968_f939),
        "With it the group policy applies to the account.",
    ),
];

/// `a, b and c`.
pub(super) fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
