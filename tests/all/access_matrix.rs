//! A domain of five hundred people and forty rules, made from a seed: what Keyward decides for each operator, person and
//! action is what `tests/access_matrix.py` decides, which was written from docs/rules.md and reads the raw entries. Nothing
//! of the decision is shared: the script knows no code of Keyward's, and Keyward none of the script's.

use crate::support::directory::Scene;
use crate::support::estate::Estate;
use crate::support::ldap::{Ldap, change};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keyward::directory::Directory;
use keyward::domain::account::Account;
use keyward::domain::authorize::{Done, Grounds, decide};
use keyward::domain::ground::Ground;
use keyward::domain::identity::Sid;
use keyward::domain::least_privilege::LeastPrivilege;
use keyward::domain::operator::Operator;
use keyward::domain::rules::{Action, Occasion};
use keyward::domain::time::Clock;
use ldap3_proto::proto::{LdapModifyType, LdapResultCode};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::sync::Arc;

/// What the script is told of each entry, as the directory has it.
const RAW: [&str; 14] = [
    "objectClass",
    "objectSid",
    "sAMAccountName",
    "cn",
    "member",
    "memberOf",
    "primaryGroupID",
    "manager",
    "distinguishedName",
    "userAccountControl",
    "adminCount",
    "accountExpires",
    "pwdLastSet",
    "lockoutTime",
];

/// What the domain of each seed must have, so that nothing is compared that never happens.
const REASONS: [&str; 14] = [
    "operator cannot act",
    "denied",
    "none allows",
    "oneself",
    "protected group",
    "adminCount",
    "protected account",
    "smart card or delegation",
    "auditor",
    "operator",
    "operator by name",
    "operator below",
    "disabled or expired",
    "not locked",
];

const ADDRESS: &str = "192.0.2.7";

fn script(arguments: &[&str], input: &str) -> Value {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/access_matrix.py");
    let mut child = Command::new("python3")
        .arg(file)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writing = std::thread::spawn(move || stdin.write_all(input.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writing.join().unwrap();
    assert!(output.status.success(), "{arguments:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn texts(value: &Value) -> Vec<&str> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one.as_str().unwrap())
        .collect()
}

/// Makes what the plan says.
async fn made(scene: &mut Scene, estate: &mut Estate, plan: &Value) {
    for ou in texts(&plan["ous"]) {
        estate.add(ou, "organizationalUnit", &[]).await;
    }
    for group in plan["groups"].as_array().unwrap() {
        let sam = group["sam"].as_str().unwrap().as_bytes().to_vec();
        estate
            .add(
                group["dn"].as_str().unwrap(),
                "group",
                &[("sAMAccountName", sam)],
            )
            .await;
    }
    for person in plan["people"].as_array().unwrap() {
        let (sam, dn) = (
            person["sam"].as_str().unwrap(),
            person["dn"].as_str().unwrap(),
        );
        let is = |what: &str| person[what] == true;
        let flags = u32::try_from(person["flags"].as_u64().unwrap()).unwrap();
        if is("password") {
            estate.person_at(scene, sam, dn).await;
            if flags != 0 {
                estate
                    .set(dn, "userAccountControl", &(0x200 | flags).to_string())
                    .await;
            }
        } else {
            estate.extra_at(sam, dn, flags).await;
        }
        for (what, attribute, value) in [
            ("expired", "accountExpires", "132000000000000000"),
            ("admin_count", "adminCount", "1"),
            ("must_change", "pwdLastSet", "0"),
        ] {
            if is(what) {
                estate.set(dn, attribute, value).await;
            }
        }
    }
    // All members of a group at once: each write costs a domain controller a transaction.
    let mut groups: BTreeMap<&str, Vec<Vec<u8>>> = BTreeMap::new();
    for pair in plan["members"].as_array().unwrap() {
        let [group, member] = texts(pair)[..] else {
            panic!()
        };
        groups.entry(group).or_default().push(member.into());
    }
    for (group, members) in groups {
        let mut all = change(LdapModifyType::Add, "member", "");
        all.modification.vals = members;
        let result = estate.admin.modify(group, vec![all]).await;
        assert_eq!(result.code, LdapResultCode::Success, "{}", result.message);
    }
    for pair in plan["managers"].as_array().unwrap() {
        let [who, manager] = texts(pair)[..] else {
            panic!()
        };
        estate.report(who, manager).await;
    }
    for pair in plan["primary"].as_array().unwrap() {
        let [who, group] = texts(pair)[..] else {
            panic!()
        };
        let rid = estate.sid(group).await.rid().unwrap();
        estate.set(who, "primaryGroupID", &rid.to_string()).await;
    }
    for person in plan["people"].as_array().unwrap() {
        if person["locked"] == true {
            lock_out(scene, person["sam"].as_str().unwrap()).await;
        }
    }
}

/// Tries wrong passwords until the account is locked.
async fn lock_out(scene: &Scene, sam: &str) {
    let mut somebody = Ldap::to(scene).await;
    for _ in 0..5 {
        somebody.bind(&format!("{sam}@example.test"), "wrong").await;
    }
}

/// Everything below the domain's head that the script asks about.
async fn raw(scene: &Scene, estate: &mut Estate) -> Vec<Value> {
    let head = scene.people["base_dn"].as_str().unwrap();
    let head_entry = estate.admin.read(head, &RAW).await.entries;
    let mut entries = head_entry;
    for kind in [
        "(objectClass=group)",
        "(objectClass=organizationalUnit)",
        "(objectClass=user)",
    ] {
        let found = estate.admin.find(head, kind, &RAW).await;
        assert!(found.entries.len() > 20, "{kind}");
        entries.extend(found.entries);
    }
    let raw = |entry: ldap3_proto::proto::LdapSearchResultEntry| {
        let values = |vals: Vec<Vec<u8>>| vals.iter().map(|val| STANDARD.encode(val)).collect();
        let attributes: BTreeMap<String, Vec<String>> = entry
            .attributes
            .into_iter()
            .map(|attribute| (attribute.atype, values(attribute.vals)))
            .collect();
        json!({ "dn": entry.dn, "attributes": attributes })
    };
    entries.into_iter().map(raw).collect()
}

/// What Keyward decides.
struct Product<'a> {
    directory: &'a Directory,
    ground: Ground,
    now: jiff::Timestamp,
}

impl Product<'_> {
    fn decisions(&self, operator: &Operator, account: &Account) -> [String; 3] {
        let done = Done::default();
        let rights = LeastPrivilege::Proven { at: self.now };
        let grounds = Grounds {
            scope: &self.ground.scope,
            rules: &self.ground.rules,
            auditors: &self.ground.auditors,
            protection: &self.ground.protection,
            rights: &rights,
            done: &done,
            occasion: Occasion {
                at: Some(self.now),
                from: Some(ADDRESS.parse().unwrap()),
                house: &self.ground.house,
            },
            now: self.now,
        };
        Action::ALL.map(|action| match decide(action, operator, account, &grounds) {
            Ok(rule) => rule.name.clone(),
            Err(_) => "-".to_owned(),
        })
    }

    async fn everybody(&self) -> Vec<Account> {
        let groups = Arc::new(self.directory.groups().await.unwrap());
        let mut roster = self
            .directory
            .people(&self.ground.scope, groups)
            .await
            .unwrap();
        let mut all = Vec::new();
        while let Some(mut page) = roster.next().await.unwrap() {
            self.directory.with_lines(&mut page).await.unwrap();
            all.extend(page);
        }
        all
    }
}

/// Compares both, pair by pair.
pub async fn the_matrix_is_that_of_a_second_implementation(mut scene: Scene, seed: u64) {
    let mut estate = Estate::new(&scene, "Matrix").await;
    let plan = script(&["plan", &seed.to_string(), &estate.top], "");
    made(&mut scene, &mut estate, &plan).await;
    let rules = plan["settings"].as_str().unwrap();
    let settings = estate.settings(&scene, rules);
    let directory = scene.directory();
    let written = settings.rules;
    let ground = directory.ground(&written).await.unwrap();
    let product = Product {
        directory: &directory,
        ground,
        now: Clock::system().now(),
    };

    let given = json!({
        "entries": raw(&scene, &mut estate).await, "settings": rules, "user_ou": estate.top,
        "now": product.now.to_string(), "address": ADDRESS,
    });
    let judged = script(&["judge"], &given.to_string());
    let everybody = product.everybody().await;
    assert_eq!(everybody.len(), plan["people"].as_array().unwrap().len());
    let mut different = Vec::new();
    let mut allowed = 0;
    for (name, row) in judged["matrix"].as_object().unwrap() {
        let sid: Sid = scene.sid(name);
        let operator = directory.operator(&sid).await.unwrap().unwrap();
        for account in &everybody {
            let found = product.decisions(&operator, account);
            let expected = texts(&row[&account.sam]);
            allowed += found.iter().filter(|one| *one != "-").count();
            if found != *expected.as_slice() {
                different.push(format!(
                    "{name} {}: Keyward {found:?}, from the text {expected:?}",
                    account.sam
                ));
            }
        }
        // And the way that a page takes: one account, read afresh.
        for account in everybody.iter().skip(different.len() % 7).step_by(251) {
            let fresh = directory
                .account(std::slice::from_ref(&product.ground.scope), account.guid)
                .await;
            let fresh = directory.with_line(fresh.unwrap().unwrap()).await.unwrap();
            assert_eq!(
                product.decisions(&operator, &fresh),
                product.decisions(&operator, account)
            );
        }
    }
    let shown: Vec<&String> = different.iter().take(30).collect();
    assert!(
        different.is_empty(),
        "seed {seed}: {} pairs differ:\n{shown:#?}\n{rules}",
        different.len()
    );
    assert!(allowed > 5_000, "seed {seed}: {allowed}");
    for reason in REASONS {
        assert!(
            judged["reasons"][reason].as_u64() > Some(0),
            "seed {seed} has nothing of: {reason}"
        );
    }
    let reported = reported(&estate.file(&scene, rules)).await;
    assert_eq!(reported, judged["resets"], "seed {seed}: the report");
    estate.end().await;
}

/// What `keyward access report` says of who can reset whom, at whatever hour and from wherever.
async fn reported(settings: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keyward.toml");
    std::fs::write(&file, settings).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_keyward"));
    command.args(["access", "report", "--format", "json", "--config"]);
    command.arg(&file).current_dir(folder.path()).env_clear();
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await;
    let output = output.unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rules = |person: &Value| {
        let by = person["by"].as_array().unwrap().iter();
        by.map(|by| {
            (
                by["rule"].as_str().unwrap().to_owned(),
                by["operators"].clone(),
            )
        })
        .collect::<Map<_, _>>()
    };
    let people = report["targets"].as_array().unwrap().iter();
    people
        .map(|person| {
            (
                person["account"].as_str().unwrap().to_owned(),
                Value::from(rules(person)),
            )
        })
        .collect::<Map<_, _>>()
        .into()
}

#[cfg(feature = "demo")]
mod embedded {
    use crate::support::directory::Scene;

    #[tokio::test(flavor = "multi_thread")]
    async fn the_matrix_of_500_people_and_40_rules_is_that_of_a_second_implementation() {
        let seed = std::env::var("KEYWARD_MATRIX_SEED").map_or(1, |seed| seed.parse().unwrap());
        super::the_matrix_is_that_of_a_second_implementation(Scene::embedded().await, seed).await;
    }
}
