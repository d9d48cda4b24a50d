//! OUs, groups and people that a test makes for itself, over LDAP as an administrator, in any directory. The service
//! account gets its three rights there; all of it is gone at the end.

use super::administrator;
use super::directory::Scene;
use super::ldap::{Ldap, change, quoted, replace};
use keyward::actions::ActionSettings;
use keyward::cli::parts::action_settings;
use keyward::config::Settings;
use keyward::domain::identity::{ObjectGuid, Sid};
use keyward::domain::secret::SecretSource;
use keyward::domain::security_descriptor::{Descriptor, sddl};
use ldap3_proto::proto::{LdapModifyType, LdapResultCode};
use secrecy::ExposeSecret as _;
use serde_json::json;

/// The password of everybody who has one.
pub const PASSWORD: &str = "Estate-Pass-4711!";

/// Every estate that some test makes.
const NAMES: [&str; 5] = ["School", "Company", "Firm", "Matrix", "Ways"];

const RIGHTS: &str = "(OA;CIIO;CR;00299570-246d-11d0-a768-00aa006e0529;bf967aba-0de6-11d0-a285-00aa003049e2;SID)\
    (OA;CIIO;RPWP;bf967a0a-0de6-11d0-a285-00aa003049e2;bf967aba-0de6-11d0-a285-00aa003049e2;SID)\
    (OA;CIIO;RPWP;28630ebf-41d5-11d1-a9c1-0000f80367c1;bf967aba-0de6-11d0-a285-00aa003049e2;SID)";

/// An OU below the domain's head with everything in it.
pub struct Estate {
    pub admin: Ldap,
    /// Its DN.
    pub top: String,
    /// Whether the directory stays when the test is over.
    lasts: bool,
}

impl Estate {
    /// Makes `OU=name`, anew where it is there.
    pub async fn new(scene: &Scene, name: &str) -> Self {
        assert!(NAMES.contains(&name));
        let mut admin = Ldap::administrator(scene).await;
        super::secrets::know("the password of an estate", PASSWORD);
        let top = format!("OU={name},{}", scene.people["base_dn"].as_str().unwrap());
        // What a test that failed has left behind has names that this one needs.
        for old in NAMES {
            let old = top.replacen(name, old, 1);
            if !admin.read(&old, &["ou"]).await.entries.is_empty() {
                remove(&mut admin, &old).await;
            }
        }
        let lasts = scene.lasts();
        let mut estate = Self { admin, top, lasts };
        let top = estate.top.clone();
        estate.add(&top, "organizationalUnit", &[]).await;
        estate.give_rights(scene).await;
        estate
    }

    async fn give_rights(&mut self, scene: &Scene) {
        let service = scene.sid("svc_passwordreset");
        let rights = RIGHTS.replace(";SID)", &format!(";{service})"));
        let rights = sddl::rules(&rights, &"S-1-5-21-1-2-3".parse().unwrap()).unwrap();
        let mut found = Descriptor::try_from(&self.admin.descriptor(&self.top).await[..]).unwrap();
        found.add(&rights).unwrap();
        let top = self.top.clone();
        let result = self.admin.write_descriptor(&top, found.to_bytes(), 4).await;
        assert_eq!(result.code, LdapResultCode::Success, "{}", result.message);
    }

    /// Settings with these rules for this directory; `{top}` in them stands for the DN of the estate.
    pub fn file(&self, scene: &Scene, rules: &str) -> String {
        let settings = &scene.settings;
        let SecretSource::Value(password) = &settings.service_password else {
            panic!("the fixtures hold the password itself");
        };
        let text = format!(
            "[ad]\nserver = \"ldaps://{}\"\nca_file = \"{}\"\ndomain = \"{}\"\nuser_ou = \"{{top}}\"\n\
             reset_group = \"Nobody\"\n[service_account]\nusername = \"{}\"\npassword = \"{}\"\n{rules}",
            settings.servers[0],
            settings.ca_file.as_ref().unwrap().display(),
            settings.domain,
            settings.service_account,
            password.expose_secret(),
        );
        text.replace("{top}", &self.top)
    }

    /// What the actions work by where these are the rules.
    pub fn settings(&self, scene: &Scene, rules: &str) -> ActionSettings {
        let text = self.file(scene, rules);
        action_settings(&Settings::parse("keyward.toml".as_ref(), &text, &[]).unwrap())
    }

    /// The DN of a place: `Class 5a/Pupils` is `OU=Class 5a,OU=Pupils,` and the top.
    pub fn place(&self, path: &str) -> String {
        let ous = path.split('/').filter(|name| !name.is_empty());
        let ous: Vec<String> = ous.map(|name| format!("OU={name},")).collect();
        ous.concat() + &self.top
    }

    /// Makes an object.
    pub async fn add(&mut self, dn: &str, class: &str, more: &[(&str, Vec<u8>)]) {
        let class = ("objectClass", vec![class.as_bytes().to_vec()]);
        let more = more
            .iter()
            .map(|(name, value)| (*name, vec![value.clone()]));
        let attributes = std::iter::once(class).chain(more).collect();
        let result = self.admin.add(dn, attributes).await;
        assert_eq!(
            result.code,
            LdapResultCode::Success,
            "{dn}: {}",
            result.message
        );
    }

    /// Makes an OU and returns its DN.
    pub async fn ou(&mut self, path: &str) -> String {
        let dn = self.place(path);
        self.add(&dn, "organizationalUnit", &[]).await;
        dn
    }

    /// Makes a group and returns its DN.
    pub async fn group(&mut self, name: &str, path: &str) -> String {
        let dn = format!("CN={name},{}", self.place(path));
        let more = [("sAMAccountName", name.as_bytes().to_vec())];
        self.add(&dn, "group", &more).await;
        dn
    }

    /// Makes somebody who can sign in, known to the scene from now on, and returns their DN.
    pub async fn person(&mut self, scene: &mut Scene, sam: &str, path: &str) -> String {
        let dn = format!("CN={sam},{}", self.place(path));
        self.person_at(scene, sam, &dn).await;
        dn
    }

    /// The same, under this very name.
    pub async fn person_at(&mut self, scene: &mut Scene, sam: &str, dn: &str) {
        let upn = format!("{sam}@example.test");
        let more = [
            ("sAMAccountName", sam.as_bytes().to_vec()),
            ("userPrincipalName", upn.into_bytes()),
            ("userAccountControl", b"512".to_vec()),
            ("unicodePwd", quoted(PASSWORD)),
        ];
        self.add(dn, "user", &more).await;
        self.know(scene, sam, dn).await;
    }

    /// Makes somebody without a password, which is quicker, and returns their DN.
    pub async fn extra(&mut self, sam: &str, path: &str, flags: u32) -> String {
        let dn = format!("CN={sam},{}", self.place(path));
        self.extra_at(sam, &dn, flags).await;
        dn
    }

    /// The same, under this very name.
    pub async fn extra_at(&mut self, sam: &str, dn: &str, flags: u32) {
        let more = [
            ("sAMAccountName", sam.as_bytes().to_vec()),
            (
                "userAccountControl",
                (0x220 | flags).to_string().into_bytes(),
            ),
        ];
        self.add(dn, "user", &more).await;
    }

    /// Tells the scene about somebody, or about somebody's new name.
    pub async fn know(&mut self, scene: &mut Scene, sam: &str, dn: &str) {
        let asked = ["objectGUID", "objectSid", "distinguishedName"];
        let found = self.admin.read(dn, &asked).await;
        let dn = found.texts("distinguishedName").remove(0);
        let guid = ObjectGuid::try_from(found.bytes("objectGUID")[0].as_slice()).unwrap();
        let sid = found.sids("objectSid").remove(0);
        scene.people["accounts"][sam] = json!({
            "dn": dn, "guid": guid.to_string(), "sid": sid.to_string(), "sam": sam,
            "password": PASSWORD, "display_name": sam, "cn": sam, "note": "",
        });
    }

    /// The SID of an object.
    pub async fn sid(&mut self, dn: &str) -> Sid {
        self.admin
            .read(dn, &["objectSid"])
            .await
            .sids("objectSid")
            .remove(0)
    }

    /// Puts somebody into a group.
    pub async fn join(&mut self, member: &str, group: &str) {
        self.change(group, LdapModifyType::Add, "member", member)
            .await;
    }

    /// Takes somebody out of a group.
    pub async fn leave(&mut self, member: &str, group: &str) {
        self.change(group, LdapModifyType::Delete, "member", member)
            .await;
    }

    /// Makes `manager` the manager of somebody.
    pub async fn report(&mut self, who: &str, manager: &str) {
        self.set(who, "manager", manager).await;
    }

    /// Replaces an attribute by one value.
    pub async fn set(&mut self, dn: &str, attribute: &str, value: &str) {
        let result = self.admin.modify(dn, vec![replace(attribute, value)]).await;
        assert_eq!(
            result.code,
            LdapResultCode::Success,
            "{dn}: {}",
            result.message
        );
    }

    /// Moves or renames an object.
    pub async fn rename(&mut self, dn: &str, rdn: &str, above: Option<&str>) {
        let result = self.admin.rename(dn, rdn, above).await;
        assert_eq!(
            result.code,
            LdapResultCode::Success,
            "{dn}: {}",
            result.message
        );
    }

    async fn change(&mut self, dn: &str, kind: LdapModifyType, attribute: &str, value: &str) {
        let result = self
            .admin
            .modify(dn, vec![change(kind, attribute, value)])
            .await;
        assert_eq!(
            result.code,
            LdapResultCode::Success,
            "{dn}: {}",
            result.message
        );
    }

    /// Removes it all.
    pub async fn end(mut self) {
        if !self.lasts {
            return;
        }
        remove(&mut self.admin, &self.top).await;
    }
}

/// Removes an OU with all that is in it. A group is not deleted while it is somebody's primary one.
async fn remove(admin: &mut Ldap, top: &str) {
    let by_primary = "(&(objectClass=user)(!(primaryGroupID=513)))";
    for entry in admin.find(top, by_primary, &["cn"]).await.entries {
        let change = vec![replace("primaryGroupID", "513")];
        let result = admin.modify(&entry.dn, change).await;
        assert_eq!(result.code, LdapResultCode::Success, "{}", result.message);
    }
    let result = administrator::delete(admin, top).await;
    assert_eq!(result.code, LdapResultCode::Success, "{}", result.message);
}
