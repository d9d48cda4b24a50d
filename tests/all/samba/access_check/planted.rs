//! Accounts and objects with odd rules, in an OU of their own that is deleted afterwards.

use crate::support::administrator::{add, delete, descriptor, modify, sd_flags};
use crate::support::directory::Scene;
use crate::support::ldap::{Ldap, change, quoted, replace};
use keyward::domain::identity::Sid;
use keyward::domain::security_descriptor::{Ace, sddl};
use ldap3_proto::LdapResultCode;
use ldap3_proto::proto::LdapModifyType;
use std::collections::HashMap;

pub const PASSWORD: &str = "Weigh-Pass-1234!";

/// Each account, and the group that it is put in.
const ACCOUNTS: [(&str, Option<&str>); 7] = [
    ("weigh.person", None),
    ("weigh.nested", Some("CN=weigh.inner,{ou}")),
    ("weigh.owner", None),
    (
        "weigh.accounts",
        Some("CN=Account Operators,CN=Builtin,{base}"),
    ),
    (
        "weigh.backup",
        Some("CN=Backup Operators,CN=Builtin,{base}"),
    ),
    (
        "weigh.server",
        Some("CN=Server Operators,CN=Builtin,{base}"),
    ),
    ("weigh.admin", Some("CN=Domain Admins,CN=Users,{base}")),
];

/// The names of the accounts; [`PASSWORD`] is everybody's.
pub fn accounts() -> impl Iterator<Item = &'static str> {
    ACCOUNTS.iter().map(|(name, _)| *name)
}

/// Rules without which nobody would see the object.
const SEEN: &str = "(A;;GA;;;DA)(A;;GA;;;SY)(A;;RPLCLORC;;;AU)";

/// An object: class, whose it is, whether it takes rules from above, and its own rules in their order.
struct Plant {
    name: &'static str,
    class: &'static str,
    owner: Option<&'static str>,
    inherits: bool,
    rules: &'static str,
}

/// What is there now.
pub struct Planted {
    ou: String,
    sids: HashMap<String, Sid>,
}

impl Planted {
    /// Makes everything; what an earlier run left is deleted first.
    pub async fn plant(admin: &mut Ldap, scene: &Scene) -> Self {
        let base = scene.people["base_dn"].as_str().unwrap();
        let ou = format!("OU=Weighing,{base}");
        let mut planted = Self {
            ou,
            sids: HashMap::new(),
        };
        delete(admin, &planted.ou).await;
        add(admin, &planted.ou, "organizationalUnit", &[]).await;
        for name in ["weigh.inner", "weigh.outer"] {
            planted.add(admin, name, "group").await;
        }
        for (name, _) in ACCOUNTS {
            planted.account(admin, name).await;
        }
        let nested = [("weigh.inner", Some("CN=weigh.outer,{ou}"))];
        for (name, group) in ACCOUNTS.into_iter().chain(nested) {
            if let Some(group) = group {
                let group = group.replace("{ou}", &planted.ou).replace("{base}", base);
                let member = planted.dn(name);
                modify(
                    admin,
                    &group,
                    vec![change(LdapModifyType::Add, "member", member)],
                    None,
                )
                .await;
            }
        }
        let domain: Sid = scene.people["domain_sid"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        for plant in &PLANTS {
            planted.grow(admin, plant, &domain).await;
        }
        planted
    }

    /// Deletes everything.
    pub async fn remove(self, admin: &mut Ldap) {
        let result = delete(admin, &self.ou).await;
        assert_eq!(result.code, LdapResultCode::Success, "{}", result.message);
    }

    /// Where an object of this name is: `a/b` is b below a.
    fn dn(&self, name: &str) -> String {
        let above_first = name.split('/');
        above_first.fold(self.ou.clone(), |above, name| {
            let kind = if name.starts_with("ou") { "OU" } else { "CN" };
            format!("{kind}={name},{above}")
        })
    }

    async fn add(&mut self, admin: &mut Ldap, name: &str, class: &str) {
        let dn = self.dn(name);
        let sam = name.rsplit('/').next().unwrap();
        match class {
            "user" | "group" | "computer" => {
                add(admin, &dn, class, &[("sAMAccountName", sam)]).await;
            }
            _ => add(admin, &dn, class, &[]).await,
        }
        if let Some(sid) = admin
            .read(&dn, &["objectSid"])
            .await
            .sids("objectSid")
            .pop()
        {
            self.sids.insert(name.to_owned(), sid);
        }
    }

    async fn account(&mut self, admin: &mut Ldap, name: &str) {
        self.add(admin, name, "user").await;
        let changes = vec![
            replace("unicodePwd", quoted(PASSWORD)),
            replace("userAccountControl", "512"),
        ];
        modify(admin, &self.dn(name), changes, None).await;
    }

    async fn grow(&mut self, admin: &mut Ldap, plant: &Plant, domain: &Sid) {
        if !self.sids.contains_key(plant.name) {
            self.add(admin, plant.name, plant.class).await;
        }
        let rules = self.rules(plant.rules, domain);
        let owner = plant.owner.map(|name| self.sids[name].clone());
        let flags = if owner.is_some() { 5 } else { 4 };
        let bytes = descriptor(owner.as_ref(), !plant.inherits, &rules);
        let changes = vec![replace("nTSecurityDescriptor", bytes)];
        modify(admin, &self.dn(plant.name), changes, Some(sd_flags(flags))).await;
    }

    fn rules(&self, text: &str, domain: &Sid) -> Vec<Ace> {
        let names = [
            ("{person}", "weigh.person"),
            ("{nested}", "weigh.nested"),
            ("{outer}", "weigh.outer"),
            ("{owner}", "weigh.owner"),
        ];
        let types = [
            ("{user}", "bf967aba-0de6-11d0-a285-00aa003049e2"),
            ("{computer}", "bf967a86-0de6-11d0-a285-00aa003049e2"),
            ("{personal}", "77b5b886-944a-11d1-aebd-0000f80367c1"),
            ("{telephone}", "bf967a49-0de6-11d0-a285-00aa003049e2"),
            ("{pwdlastset}", "bf967a0a-0de6-11d0-a285-00aa003049e2"),
            ("{reset}", "00299570-246d-11d0-a768-00aa006e0529"),
        ];
        let mut text = format!("{text}{SEEN}");
        for (name, account) in names {
            text = text.replace(name, &self.sids[account].to_string());
        }
        for (name, guid) in types {
            text = text.replace(name, guid);
        }
        sddl::rules(&text, domain).unwrap()
    }
}

const fn plant(name: &'static str, class: &'static str, rules: &'static str) -> Plant {
    Plant {
        name,
        class,
        owner: None,
        inherits: false,
        rules,
    }
}

const fn owned(name: &'static str, class: &'static str, rules: &'static str) -> Plant {
    Plant {
        owner: Some("weigh.owner"),
        ..plant(name, class, rules)
    }
}

const fn below(name: &'static str, class: &'static str) -> Plant {
    Plant {
        inherits: true,
        ..plant(name, class, "")
    }
}

/// The odd rules.
const PLANTS: [Plant; 44] = [
    // Types: an attribute, its property set, the class, something else.
    plant("attribute", "user", "(OA;;WP;{telephone};;{person})"),
    plant("set", "user", "(OA;;WP;{personal};;{outer})"),
    plant("class", "user", "(OA;;WP;{user};;{person})"),
    plant("class of others", "computer", "(OA;;WP;{user};;{person})"),
    plant("control right", "user", "(OA;;CRWP;{reset};;{person})"),
    plant(
        "child",
        "container",
        "(OA;;CC;{user};;{person})(A;;CC;;;{outer})",
    ),
    plant(
        "child of anybody",
        "container",
        "(OD;;CC;{user};;{person})(A;;CC;;;{person})",
    ),
    // Order: what comes first decides, canonical or not.
    plant(
        "deny all",
        "user",
        "(D;;WP;;;{outer})(A;;GA;;;{nested})(A;;WP;;;{person})",
    ),
    plant(
        "deny one",
        "user",
        "(OD;;WP;{telephone};;{person})(OA;;WP;{personal};;{person})",
    ),
    plant(
        "deny one late",
        "user",
        "(OA;;WP;{personal};;{person})(OD;;WP;{telephone};;{person})",
    ),
    plant(
        "deny a set",
        "user",
        "(OD;;WP;{personal};;WD)(A;;GW;;;{person})",
    ),
    plant(
        "deny a set late",
        "user",
        "(A;;GW;;;{person})(OD;;WP;{personal};;WD)",
    ),
    plant(
        "deny a class",
        "user",
        "(OD;;WP;{user};;{person})(A;;WP;;;AU)",
    ),
    plant(
        "deny the owner's",
        "group",
        "(D;;WDWO;;;{outer})(A;;WDWO;;;AU)",
    ),
    // Generic rights.
    plant(
        "generic write",
        "user",
        "(A;;GW;;;{person})(A;;GR;;;{outer})(A;;GX;;;{owner})",
    ),
    plant("generic denial", "user", "(D;;GW;;;{person})(A;;GA;;;AU)"),
    plant("generic type", "user", "(OA;;GA;{personal};;{person})"),
    plant("all rights", "user", "(A;;0xf01ff;;;{person})"),
    // SELF, on an account, and on a group for its members.
    plant("weigh.person", "user", "(A;;WP;;;PS)"),
    plant(
        "weigh.nested",
        "user",
        "(OA;;WP;{personal};;PS)(D;;WD;;;PS)",
    ),
    plant("weigh.inner", "group", "(A;;WPWD;;;PS)"),
    plant(
        "weigh.outer",
        "group",
        "(OA;;WP;bf9679c0-0de6-11d0-a285-00aa003049e2;;PS)",
    ),
    plant("self without a sid", "container", "(A;;GA;;;PS)"),
    // Ownership.
    owned("owned", "user", ""),
    owned("owned and denied", "group", "(D;;GA;;;{owner})"),
    owned("owned computer", "computer", ""),
    Plant {
        owner: Some("weigh.outer"),
        ..plant("owned by a group", "group", "")
    },
    owned("creator owner", "container", "(A;;GA;;;CO)(A;;GA;;;CG)"),
    // OWNER RIGHTS, where the DC goes its own way.
    owned("owner rights", "group", "(A;;RP;;;OW)"),
    owned("owner writes", "user", "(OA;;WP;{telephone};;OW)"),
    owned("owner denied", "user", "(D;;WD;;;OW)(A;;GA;;;{owner})"),
    owned("owner rights below", "group", "(A;CIIO;RP;;;OW)"),
    plant("owner rights of others", "user", "(A;;GA;;;OW)"),
    // Inheritance.
    plant(
        "ou1",
        "organizationalUnit",
        "(OA;CIIO;WP;{telephone};{user};{person})(A;CIIO;WD;;;{outer})(A;CI;WO;;;{owner})\
         (A;CINPIO;CC;;;{person})(OD;CIIO;WP;{pwdlastset};{user};{outer})(OA;CIIO;GA;;{computer};{person})\
         (A;CIIO;GA;;;CO)",
    ),
    below("ou1/user1", "user"),
    below("ou1/computer1", "computer"),
    below("ou1/ou2", "organizationalUnit"),
    below("ou1/ou2/user2", "user"),
    below("ou1/ou2/computer2", "computer"),
    Plant {
        owner: Some("weigh.owner"),
        ..below("ou1/ou2/group2", "group")
    },
    plant("ou1/ou3", "organizationalUnit", "(A;CI;WP;;;{person})"),
    below("ou1/ou3/user3", "user"),
    plant(
        "ou4",
        "organizationalUnit",
        "(OA;CI;WP;;{user};{person})(OA;CINP;CC;{user};{user};{outer})",
    ),
    below("ou4/user4", "user"),
];
