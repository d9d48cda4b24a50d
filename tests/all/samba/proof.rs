//! The proof against the real domain controller, with an OU and a service account of its own: clean at
//! first, then one fault at a time, each found where it stands and nothing else with it.

use crate::support::administrator::{add, administrator, delete, modify};
use crate::support::directory::{Scene, secret};
use crate::support::ldap::{Ldap, change, quoted, replace};
use keyward::delegation::needs::{Needs, Right};
use keyward::delegation::proof::{Cause, Excess, Finding, Missing, Proof, What, prove};
use keyward::directory::Directory;
use keyward::domain::identity::{Dn, Sid};
use keyward::domain::security_descriptor::{Ace, Descriptor, SecurityDescriptor, sddl};
use keyward::domain::time::Clock;
use ldap3_proto::LdapResultCode;
use ldap3_proto::proto::LdapModifyType;

const PASSWORD: &str = "Prove-Pass-1234!";
const RESET: &str = "00299570-246d-11d0-a768-00aa006e0529";
const MEMBER: &str = "bf9679c0-0de6-11d0-a285-00aa003049e2";
const USER: &str = "bf967aba-0de6-11d0-a285-00aa003049e2";

/// What is in the OU.
struct Ground {
    scene: Scene,
    admin: Ldap,
    ou: String,
    sid: Sid,
    group: Sid,
}

impl Ground {
    /// Makes it afresh, with exactly the needed rights. `name` is of this test alone.
    async fn prepare(name: &str) -> Self {
        let scene = Scene::samba();
        let mut admin = administrator(&scene).await;
        let ou = format!("OU={name},{}", scene.people["base_dn"].as_str().unwrap());
        delete(&mut admin, &ou).await;
        for unit in ["", "OU=Team,", "OU=Deep,OU=Team,", "OU=Others,"] {
            add(
                &mut admin,
                &format!("{unit}{ou}"),
                "organizationalUnit",
                &[],
            )
            .await;
        }
        for (at, account) in [
            ("CN=svc", format!("svc.{name}")),
            ("CN=Ann,OU=Team", format!("ann.{name}")),
            ("CN=Ben,OU=Deep,OU=Team", format!("ben.{name}")),
            ("CN=Cat,OU=Others", format!("cat.{name}")),
        ] {
            let dn = format!("{at},{ou}");
            add(&mut admin, &dn, "user", &[("sAMAccountName", &account)]).await;
            let changes = vec![
                replace("unicodePwd", quoted(PASSWORD)),
                replace("userAccountControl", "512"),
            ];
            modify(&mut admin, &dn, changes, None).await;
        }
        for group in ["inner", "outer"] {
            let (dn, sam) = (format!("CN={group},{ou}"), format!("{group}.{name}"));
            add(&mut admin, &dn, "group", &[("sAMAccountName", &sam)]).await;
        }
        let sid = sid_of(&mut admin, &format!("CN=svc,{ou}")).await;
        let group = sid_of(&mut admin, &format!("CN=outer,{ou}")).await;
        let mut ground = Self {
            scene,
            admin,
            ou,
            sid,
            group,
        };
        let rules = ground.needs().rules(&ground.sid);
        ground
            .edit("OU=Team", |descriptor| {
                descriptor.add(&rules).unwrap();
            })
            .await;
        ground
    }

    fn needs(&self) -> Needs {
        Needs {
            targets: vec![self.dn("OU=Team")],
            unlock: true,
        }
    }

    fn dn(&self, at: &str) -> Dn {
        format!("{at},{}", self.ou).parse().unwrap()
    }

    fn directory(&self) -> Directory {
        self.scene.directory_with(|settings| {
            let name = self.ou.trim_start_matches("OU=").split(',').next().unwrap();
            settings.service_account = format!("svc.{name}");
            settings.service_password = secret(PASSWORD);
        })
    }

    async fn prove(&self) -> Proof {
        let at = Clock::system().now();
        let proof = prove(&self.directory(), &self.needs(), at, |_| ()).await;
        proof.unwrap()
    }

    /// The only finding.
    async fn one(&self) -> Finding {
        let proof = self.prove().await;
        assert_eq!(proof.findings.len(), 1, "{:#?}", proof.findings);
        proof.findings.into_iter().next().unwrap()
    }

    /// Changes an object's descriptor; gives back the former one.
    async fn edit(&mut self, at: &str, edit: impl FnOnce(&mut Descriptor)) -> Vec<u8> {
        let dn = self.full(at);
        let before = self.admin.descriptor(&dn).await;
        let mut descriptor = Descriptor::try_from(before.as_slice()).unwrap();
        edit(&mut descriptor);
        let result = self
            .admin
            .write_descriptor(&dn, descriptor.to_bytes(), 5)
            .await;
        assert_eq!(
            result.code,
            LdapResultCode::Success,
            "{dn}: {}",
            result.message
        );
        before
    }

    async fn restore(&mut self, at: &str, before: Vec<u8>) {
        let dn = self.full(at);
        let result = self.admin.write_descriptor(&dn, before, 5).await;
        assert_eq!(
            result.code,
            LdapResultCode::Success,
            "{dn}: {}",
            result.message
        );
    }

    /// Something of the OU, or a whole name.
    fn full(&self, at: &str) -> String {
        if at.contains("DC=") {
            at.to_owned()
        } else {
            format!("{at},{}", self.ou)
        }
    }

    fn rules(&self, text: &str) -> Vec<Ace> {
        let text = text
            .replace("SVC", &self.sid.to_string())
            .replace("OUTER", &self.group.to_string());
        sddl::rules(&text, &self.sid.domain().unwrap()).unwrap()
    }

    async fn remove(mut self) {
        let result = delete(&mut self.admin, &self.ou).await;
        assert_eq!(result.code, LdapResultCode::Success, "{}", result.message);
    }
}

async fn sid_of(admin: &mut Ldap, dn: &str) -> Sid {
    let found = admin.read(dn, &["objectSid"]).await;
    found.sids("objectSid").pop().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_with_exactly_the_needed_rights_is_proven_clean() {
    let ground = Ground::prepare("proofclean").await;
    let proof = ground.prove().await;
    assert_eq!(proof.findings, []);
    assert_eq!(proof.people, 2);
    assert!(proof.objects > 1_000, "{}", proof.objects);
    ground.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_rule_too_many_is_found_where_it_stands_and_nothing_else_with_it() {
    let mut ground = Ground::prepare("proofrules").await;
    let base = ground.scene.people["base_dn"].as_str().unwrap().to_owned();
    let holder = format!("CN=AdminSDHolder,CN=System,{base}");
    let policy =
        format!("CN={{31B2F340-016D-11D2-945F-00C04FB984F9}},CN=Policies,CN=System,{base}");
    let configuration = format!("CN=Configuration,{base}");
    for (at, rule, reaches) in [
        ("CN=Cat,OU=Others", "(A;;GA;;;SVC)", 0),
        ("OU=Others", "(A;CI;GA;;;SVC)", 1),
        ("CN=outer", &*format!("(OA;;WP;{MEMBER};;SVC)"), 0),
        ("OU=Others", &*format!("(OA;;CC;{USER};;SVC)"), 0),
        ("CN=Ann,OU=Team", "(A;;WD;;;SVC)", 0),
        (
            base.as_str(),
            "(OA;;CR;1131f6ad-9c07-11d1-f79f-00c04fc2dcd2;;SVC)",
            0,
        ),
        (holder.as_str(), "(A;;RPWP;;;SVC)", 0),
        (policy.as_str(), "(A;;WP;;;SVC)", 0),
        (configuration.as_str(), "(A;;CC;;;SVC)", 0),
    ] {
        let rules = ground.rules(rule);
        let before = ground
            .edit(at, |descriptor| {
                descriptor.add(&rules).unwrap();
            })
            .await;
        let found = ground.one().await;
        ground.restore(at, before).await;
        let What::Excess(Excess::Rule {
            object,
            reaches: reached,
            ..
        }) = &found.what
        else {
            panic!("{rule}: {found:#?}");
        };
        assert_eq!(*object, ground.full(at).parse().unwrap(), "{rule}");
        assert_eq!(*reached, reaches, "{rule}");
    }
    assert_eq!(ground.prove().await.findings, []);
    ground.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_with_groups_ownership_and_the_account_itself_is_found() {
    let mut ground = Ground::prepare("proofgroups").await;
    let (svc, inner, outer) = (
        ground.full("CN=svc"),
        ground.full("CN=inner"),
        ground.full("CN=outer"),
    );
    for (group, member) in [(&inner, &svc), (&outer, &inner)] {
        let changes = vec![change(LdapModifyType::Add, "member", member.as_str())];
        modify(&mut ground.admin, group, changes, None).await;
    }
    assert_eq!(ground.prove().await.findings, [], "harmless groups");
    let rules = ground.rules("(A;;GA;;;OUTER)");
    let before = ground
        .edit("CN=Cat,OU=Others", |descriptor| {
            descriptor.add(&rules).unwrap();
        })
        .await;
    let found = ground.one().await;
    assert!(
        found
            .origin
            .contains("inner.proofgroups → outer.proofgroups"),
        "{}",
        found.origin
    );
    ground.restore("CN=Cat,OU=Others", before).await;

    let sid = ground.sid.clone();
    let before = ground
        .edit("CN=Cat,OU=Others", |descriptor| descriptor.set_owner(&sid))
        .await;
    let found = ground.one().await;
    assert!(
        matches!(found.what, What::Excess(Excess::Owner { .. })),
        "{found:#?}"
    );
    ground.restore("CN=Cat,OU=Others", before).await;

    let base = ground.scene.people["base_dn"].as_str().unwrap();
    let operators = format!("CN=Account Operators,CN=Builtin,{base}");
    let join = vec![change(LdapModifyType::Add, "member", svc.as_str())];
    modify(&mut ground.admin, &operators, join, None).await;
    let found = ground.one().await;
    let leave = vec![change(LdapModifyType::Delete, "member", svc.as_str())];
    modify(&mut ground.admin, &operators, leave, None).await;
    let What::Excess(Excess::Membership { group, more, .. }) = &found.what else {
        panic!("{found:#?}");
    };
    assert_eq!(group, "Account Operators");
    assert!(*more > 0, "its rules on everybody are counted: {found:#?}");

    let spn = vec![replace("servicePrincipalName", "HTTP/proof.example.test")];
    modify(&mut ground.admin, &svc, spn, None).await;
    let found = ground.one().await;
    let expected = Excess::Account {
        attribute: "servicePrincipalName",
    };
    assert_eq!(found.what, What::Excess(expected));
    ground.remove().await;
}

type Edit = Box<dyn FnOnce(&mut Descriptor)>;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_told_with_its_cause() {
    let mut ground = Ground::prepare("proofmissing").await;
    let all = ground.needs().rights();
    let without_pwd = vec![Right::PwdLastSet.rule(&ground.sid)];
    let denial = ground.rules(&format!("(OD;CIIO;CR;{RESET};{USER};WD)"));
    let cases: Vec<(&str, Edit, &str, Vec<Right>, u64)> = vec![
        (
            "OU=Team",
            Box::new(move |descriptor| assert!(descriptor.remove(&without_pwd))),
            "NotDelegated",
            vec![Right::PwdLastSet],
            2,
        ),
        (
            "OU=Deep,OU=Team",
            Box::new(block),
            "BlockedInheritance",
            all.clone(),
            1,
        ),
        (
            "CN=Ann,OU=Team",
            Box::new(block),
            "BlockedInheritance",
            all.clone(),
            1,
        ),
        (
            "OU=Team",
            Box::new(move |descriptor| assert!(descriptor.add(&denial).unwrap())),
            "Denied",
            vec![Right::ResetPassword],
            2,
        ),
    ];
    for (at, edit, expected, rights, accounts) in cases {
        let before = ground.edit(at, edit).await;
        let found = ground.one().await;
        ground.restore(at, before).await;
        let What::Missing(missing) = &found.what else {
            panic!("{found:#?}");
        };
        let Missing { cause, .. } = missing;
        let cause = match cause {
            Cause::Denied(_) => "Denied".to_owned(),
            other => format!("{other:?}"),
        };
        assert_eq!((cause.as_str(), &missing.at), (expected, &ground.dn(at)));
        assert_eq!(
            (&missing.rights, missing.accounts),
            (&rights, accounts),
            "{at}"
        );
    }
    assert_eq!(ground.prove().await.findings, []);
    ground.remove().await;
}

/// Takes nothing over from above any more, and keeps only what stands there itself.
fn block(descriptor: &mut Descriptor) {
    let before = descriptor.to_bytes();
    let parsed = SecurityDescriptor::try_from(before.as_slice()).unwrap();
    // Header with DACL_PRESENT, PROTECTED and SELF_RELATIVE, owner, an empty list.
    let owner = parsed.owner.clone().unwrap().to_bytes();
    let dacl_at = u8::try_from(20 + owner.len()).unwrap();
    let header = [
        1, 0, 0x04, 0x90, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, dacl_at, 0, 0, 0,
    ];
    let bytes = [&header[..], &owner, &[4, 0, 8, 0, 0, 0, 0, 0]].concat();
    *descriptor = Descriptor::try_from(bytes.as_slice()).unwrap();
    let explicit: Vec<Ace> = parsed.explicit_rules().cloned().collect();
    descriptor.add(&explicit).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_proof_looks_at_every_object_that_can_be_read() {
    let ground = Ground::prepare("prooftime").await;
    let directory = ground.directory();
    let mut read = 0;
    for context in directory.naming_contexts().await.unwrap() {
        let mut survey = directory.survey(&context);
        while let Some(page) = survey.next().await.unwrap() {
            read += page.len();
        }
    }
    let proof = ground.prove().await;
    ground.remove().await;
    assert_eq!(proof.objects, u64::try_from(read).unwrap());
}
