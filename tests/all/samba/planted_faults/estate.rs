//! An estate of its own in the test domain: people to help, others who must not be touched, and a
//! service account that `keyward delegation apply` made.

use super::faults::Plant;
use crate::support::administrator::{add, administrator, delete, descriptor, modify, sd_flags};
use crate::support::directory::Scene;
use crate::support::ldap::{Ldap, change, replace};
use keyward::domain::identity::Sid;
use keyward::domain::security_descriptor::{Ace, Descriptor, SecurityDescriptor, sddl};
use ldap3_proto::LdapResultCode;
use ldap3_proto::proto::LdapModifyType;
use serde_json::Value;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// The service account that is made.
pub const SERVICE: &str = "svc_planted";

/// What there is: kind of object, and its name below the estate.
const OBJECTS: [(&str, &str); 12] = [
    ("organizationalUnit", "OU=People"),
    ("organizationalUnit", "OU=Branch,OU=People"),
    ("user", "CN=planted.one,OU=People"),
    ("user", "CN=planted.two,OU=Branch,OU=People"),
    ("user", "CN=planted.three,OU=Branch,OU=People"),
    ("organizationalUnit", "OU=Elsewhere"),
    ("organizationalUnit", "OU=Deep,OU=Elsewhere"),
    ("user", "CN=planted.far,OU=Deep,OU=Elsewhere"),
    ("computer", "CN=PLANTED-PC,OU=Elsewhere"),
    ("group", "CN=Planted Inner,OU=Elsewhere"),
    ("group", "CN=Planted Outer,OU=Elsewhere"),
    ("group", "CN=DnsAdmins,OU=Elsewhere"),
];

/// A finding, as it is printed.
pub struct Finding {
    /// `excess` or `missing`.
    pub kind: String,
    pub sentence: String,
    /// All that is said of it.
    pub text: String,
    /// What mends it.
    pub command: String,
}

/// The estate, and the administrator's hand in it.
pub struct Estate {
    admin: Ldap,
    admin_password: String,
    base: String,
    head: String,
    domain: Sid,
    service: Sid,
    folder: TempDir,
}

impl Estate {
    /// Makes it; what an earlier run left goes first. The delegation is applied by the program.
    pub async fn found(scene: &Scene) -> Self {
        let mut admin = administrator(scene).await;
        let head = scene.people["base_dn"].as_str().unwrap().to_owned();
        let base = format!("OU=Planted,{head}");
        delete(&mut admin, &base).await;
        add(&mut admin, &base, "organizationalUnit", &[]).await;
        for (class, name) in OBJECTS {
            let dn = format!("{name},{base}");
            let sam = name.split([',', '=']).nth(1).unwrap();
            match class {
                "organizationalUnit" => add(&mut admin, &dn, class, &[]).await,
                _ => add(&mut admin, &dn, class, &[("sAMAccountName", sam)]).await,
            }
        }
        let folder = settings(scene, &base);
        let admin_password = scene.people["administrator"]["password"].as_str().unwrap();
        let (status, said) = run(
            folder.path(),
            &["delegation", "apply", "--admin", "Administrator"],
            admin_password,
        );
        assert_eq!(status, 0, "apply: {said}");
        let account = format!("CN={SERVICE},OU=Service,{base}");
        let service = admin.read(&account, &["objectSid"]).await;
        let service = service.sids("objectSid").pop().unwrap();
        Self {
            admin,
            admin_password: admin_password.to_owned(),
            domain: scene.people["domain_sid"]
                .as_str()
                .unwrap()
                .parse()
                .unwrap(),
            base,
            head,
            service,
            folder,
        }
    }

    /// What `keyward delegation verify` finds, as the service account itself.
    pub fn prove(&self) -> Vec<Finding> {
        let (status, said) = run(self.folder.path(), &["delegation", "verify", "--json"], "");
        let document: Value = serde_json::from_str(&said).unwrap_or_else(|_| panic!("{said}"));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let findings = document["findings"].as_array().unwrap().iter();
        let findings: Vec<_> = findings
            .map(|finding| Finding {
                kind: text(&finding["kind"]),
                sentence: text(&finding["sentence"]),
                text: ["sentence", "origin", "consequence"]
                    .map(|part| text(&finding[part]))
                    .join(" "),
                command: text(&finding["mend_command"]),
            })
            .collect();
        assert_eq!(status, i32::from(!findings.is_empty()), "{said}");
        findings
    }

    /// `text` with the names of this estate.
    pub fn named(&self, text: &str) -> String {
        text.replace("{estate}", &self.base)
            .replace("{head}", &self.head)
            .replace("{svc}", &self.service.to_string())
            .replace(
                "{service}",
                &format!("CN={SERVICE},OU=Service,{}", self.base),
            )
    }

    /// Plants part of a fault.
    pub async fn plant(&mut self, plant: &Plant) {
        match plant {
            Plant::Rule(object, rule) => {
                let rules = self.rules(rule).await;
                self.edit(object, |descriptor| {
                    assert_eq!(descriptor.add(&rules), Ok(true), "{object}: {rules:?}");
                })
                .await;
            }
            Plant::WithoutRule(object, rule) => {
                let rules = self.rules(rule).await;
                self.edit(object, |descriptor| assert!(descriptor.remove(&rules)))
                    .await;
            }
            Plant::Owner(object) => self.own(object).await,
            Plant::Blocked(object) => self.block(object).await,
            Plant::Stamped(object) => self.stamp(object).await,
            Plant::Value(object, attribute, value) => {
                let (dn, value) = (self.named(object), self.named(value));
                let add = change(LdapModifyType::Add, attribute, value);
                modify(&mut self.admin, &dn, vec![add], None).await;
            }
            Plant::Replaced(object, attribute, value) => {
                let (dn, value) = (self.named(object), self.named(value));
                modify(&mut self.admin, &dn, vec![replace(attribute, value)], None).await;
            }
            Plant::Flag(flag) => self.flag(*flag).await,
            Plant::PrimaryGroup(group) => self.primary(group).await,
        }
    }

    /// Runs the command that was printed with a finding.
    pub fn mend(&self, finding: &Finding) -> (i32, String) {
        let words: Vec<&str> = finding
            .command
            .split_whitespace()
            .skip(1)
            .map(|word| {
                if word == "NAME" {
                    "Administrator"
                } else {
                    word
                }
            })
            .collect();
        run(self.folder.path(), &words, &self.admin_password)
    }

    /// Deletes it all.
    pub async fn remove(mut self) {
        let result = delete(&mut self.admin, &self.base).await;
        assert_eq!(result.code, LdapResultCode::Success, "{}", result.message);
    }

    async fn rules(&mut self, text: &str) -> Vec<Ace> {
        let mut text = self.named(text);
        for (name, group) in [
            ("{outer}", "CN=Planted Outer,OU=Elsewhere"),
            ("{inner}", "CN=Planted Inner,OU=Elsewhere"),
        ] {
            if text.contains(name) {
                let dn = format!("{group},{}", self.base);
                let sid = self.admin.read(&dn, &["objectSid"]).await;
                text = text.replace(name, &sid.sids("objectSid").pop().unwrap().to_string());
            }
        }
        sddl::rules(&text, &self.domain).unwrap()
    }

    async fn descriptor(&mut self, object: &str, parts: i32) -> (String, Vec<u8>) {
        let dn = self.named(object);
        let request = crate::support::ldap::search(
            &dn,
            ldap3_proto::proto::LdapSearchScope::Base,
            crate::support::ldap::filter("(objectClass=*)"),
            &["nTSecurityDescriptor"],
        );
        let found = self.admin.ask(request, vec![sd_flags(parts)]).await;
        (dn, found.bytes("nTSecurityDescriptor").pop().unwrap())
    }

    async fn edit(&mut self, object: &str, edit: impl FnOnce(&mut Descriptor)) {
        let (dn, bytes) = self.descriptor(object, 4).await;
        let mut descriptor = Descriptor::try_from(&bytes[..]).unwrap();
        edit(&mut descriptor);
        self.write(&dn, descriptor.to_bytes(), 4).await;
    }

    async fn own(&mut self, object: &str) {
        let (dn, bytes) = self.descriptor(object, 7).await;
        let mut descriptor = Descriptor::try_from(&bytes[..]).unwrap();
        descriptor.set_owner(&self.service);
        self.write(&dn, descriptor.to_bytes(), 1).await;
    }

    /// The object takes nothing over from above any more.
    async fn block(&mut self, object: &str) {
        self.rules_alone(object, object).await;
    }

    /// As `SDProp` does it.
    async fn stamp(&mut self, object: &str) {
        self.rules_alone("CN=AdminSDHolder,CN=System,{head}", object)
            .await;
    }

    /// `SE_DACL_PROTECTED`, and no rules but the own ones of `from`.
    async fn rules_alone(&mut self, from: &str, object: &str) {
        let (_, bytes) = self.descriptor(from, 4).await;
        let before = SecurityDescriptor::try_from(&bytes[..]).unwrap();
        let own: Vec<Ace> = before.explicit_rules().cloned().collect();
        let dn = self.named(object);
        self.write(&dn, descriptor(None, true, &own), 4).await;
    }

    async fn write(&mut self, dn: &str, descriptor: Vec<u8>, parts: i32) {
        let change = replace("nTSecurityDescriptor", descriptor);
        modify(&mut self.admin, dn, vec![change], Some(sd_flags(parts))).await;
    }

    async fn flag(&mut self, flag: u32) {
        let dn = self.named("{service}");
        let found = self.admin.read(&dn, &["userAccountControl"]).await;
        let flags: u32 = found.texts("userAccountControl")[0].parse().unwrap();
        let flags = (flags | flag).to_string();
        let change = replace("userAccountControl", flags);
        modify(&mut self.admin, &dn, vec![change], None).await;
    }

    async fn primary(&mut self, group: &str) {
        let (dn, group) = (self.named("{service}"), self.named(group));
        let join = change(LdapModifyType::Add, "member", dn.clone());
        modify(&mut self.admin, &group, vec![join], None).await;
        let found = self.admin.read(&group, &["objectSid"]).await;
        let rid = found.sids("objectSid").pop().unwrap().rid().unwrap();
        let change = replace("primaryGroupID", rid.to_string());
        modify(&mut self.admin, &dn, vec![change], None).await;
    }
}

/// The article's settings, with the password in a file that is not there yet.
fn settings(scene: &Scene, base: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let server = &scene.settings.servers[0];
    let text = format!(
        "[ad]\nserver = ldaps://{}:{}\ndomain = EXAMPLE\nuser_ou = OU=People,{base}\n\
         reset_group = Planted Resetters\nca_file = {}\n\n[service_account]\nusername = {SERVICE}\n\
         password_file = service-password\n\n[delegation]\naccount_ou = OU=Service,{base}\n\n\
         [store]\nurl = sqlite://keyward.db\n",
        server.host,
        server.port,
        scene.settings.ca_file.as_ref().unwrap().display(),
    );
    let mut file = std::fs::OpenOptions::new();
    let file = file.write(true).create_new(true).mode(0o600);
    let mut file = file.open(folder.path().join("config.ini")).unwrap();
    file.write_all(text.as_bytes()).unwrap();
    folder
}

/// Runs the program in `folder`; the administrator's password comes from standard input.
fn run(folder: &std::path::Path, words: &[&str], admin_password: &str) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keyward"));
    command.args(words).current_dir(folder).env_clear();
    if words.contains(&"--admin") {
        command.arg("--admin-password-stdin");
    }
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // A command that asks for nothing may have ended already.
    writeln!(stdin, "{admin_password}").ok();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    (output.status.code().unwrap(), said)
}
