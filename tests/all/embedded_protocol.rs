//! What the embedded directory does beyond the cases that it shares with Samba: what only Windows
//! does, what depends on the time, and what no domain controller does on demand.

use crate::support::directory::Scene;
use crate::support::ldap::{Ldap, change, filter, message_code, quoted, replace, search};
use jiff::{SignedDuration, Timestamp};
use keyward::domain::time::Clock;
use keyward::embedded::{
    BindOutcome, CertificateOptions, Doing, Embedded, EmbeddedOptions, Fault, LdapCode, On,
    PasswordKind,
};
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{
    LdapExtendedRequest, LdapModifyType, LdapOp, LdapResultCode, LdapSearchScope,
};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const BRIEFLY: Duration = Duration::from_millis(150);
const STAFF: &str = "OU=Staff,DC=example,DC=test";
const PASSWORD: &str = "Start-Pass-123!";

fn dn(scene: &Scene, sam: &str) -> String {
    scene.person(sam)["dn"].as_str().unwrap().to_owned()
}

/// A directory whose time stands still until it is moved on, in seconds.
async fn timed() -> (Scene, Arc<AtomicI64>) {
    let passed = Arc::new(AtomicI64::new(0));
    let read = Arc::clone(&passed);
    let start: Timestamp = "2026-03-02T09:30:00Z".parse().unwrap();
    let clock =
        Clock::from_fn(move || start + SignedDuration::from_secs(read.load(Ordering::Relaxed)));
    let options = EmbeddedOptions {
        clock,
        ..EmbeddedOptions::default()
    };
    (Scene::embedded_with(options).await, passed)
}

async fn data_of_bind(scene: &Scene, sam: &str, password: &str) -> String {
    let result = Ldap::to(scene).await.bind(&dn(scene, sam), password).await;
    let data = result
        .message
        .split(", data ")
        .nth(1)
        .unwrap_or("success, ");
    data.split(',').next().unwrap().to_owned()
}

#[tokio::test]
async fn an_empty_password_succeeds_and_signs_nobody_in() {
    let scene = Scene::embedded().await;
    let mut ldap = Ldap::service(&scene).await;
    let result = ldap.bind(&dn(&scene, "norma.nobody"), "").await;
    assert_eq!(result.code, LdapResultCode::Success);
    let found = ldap.find(STAFF, "(cn=alice*)", &["cn"]).await;
    assert_eq!(found.result.code, LdapResultCode::OperationsError);
    let seen = scene.server().witness().binds();
    assert_eq!(seen.last().unwrap().outcome, BindOutcome::Anonymous);
}

#[tokio::test]
async fn a_base_in_another_domain_is_a_referral() {
    let scene = Scene::embedded().await;
    let mut ldap = Ldap::service(&scene).await;
    for (base, host) in [
        ("DC=other,DC=test", "other.test"),
        ("OU=Staff,DC=sub,DC=example,DC=org", "sub.example.org"),
    ] {
        let found = ldap.read(base, &["cn"]).await;
        assert_eq!(found.result.code, LdapResultCode::Referral);
        assert_eq!(message_code(&found.result), 0x202B);
        // The codec that reads this does not keep the addresses themselves.
        let named = format!("ref 1: '{host}'");
        assert!(
            found.result.message.contains(&named),
            "{}",
            found.result.message
        );
    }
}

#[tokio::test]
async fn a_missing_object_comes_with_the_nearest_one_above() {
    let scene = Scene::embedded().await;
    let mut ldap = Ldap::service(&scene).await;
    let found = ldap
        .read(
            "CN=X,OU=Nowhere,OU=Sales,OU=Staff,DC=example,DC=test",
            &["cn"],
        )
        .await;
    assert_eq!(found.result.code, LdapResultCode::NoSuchObject);
    assert_eq!(
        found.result.matcheddn,
        "OU=Sales,OU=Staff,DC=example,DC=test"
    );
}

#[tokio::test]
async fn a_search_from_the_head_brings_references_and_stays_in_its_context() {
    let scene = Scene::embedded().await;
    let mut ldap = Ldap::service(&scene).await;
    let found = ldap
        .find("DC=example,DC=test", "(cn=Partitions)", &["cn"])
        .await;
    assert!(found.entries.is_empty());
    assert!(
        found
            .references
            .iter()
            .any(|uri| uri.contains("CN=Configuration,DC=example"))
    );
    let found = ldap
        .find(
            "CN=Configuration,DC=example,DC=test",
            "(nETBIOSName=*)",
            &["dnsRoot"],
        )
        .await;
    assert_eq!(found.texts("dnsRoot"), ["example.test"]);
}

#[tokio::test]
async fn a_size_limit_is_kept_and_said() {
    let scene = Scene::embedded().await;
    let mut ldap = Ldap::service(&scene).await;
    let bulk = || {
        search(
            STAFF,
            LdapSearchScope::Subtree,
            filter("(cn=Bulk*)"),
            &["cn"],
        )
    };
    for (sizelimit, count, code) in [
        (7, 7, LdapResultCode::SizeLimitExceeded),
        (60, 60, LdapResultCode::Success),
        (0, 60, LdapResultCode::Success),
    ] {
        let request = ldap3_proto::proto::LdapSearchRequest {
            sizelimit,
            ..bulk()
        };
        let found = ldap.ask(request, Vec::new()).await;
        assert_eq!((found.entries.len(), found.result.code), (count, code));
    }
}

#[tokio::test]
async fn only_critical_unknown_controls_are_refused() {
    let scene = Scene::embedded().await;
    let mut ldap = Ldap::service(&scene).await;
    for (criticality, code) in [
        (true, LdapResultCode::UnavailableCriticalExtension),
        (false, LdapResultCode::Success),
    ] {
        let control = LdapControl::Unknown {
            oid: "1.2.3.4".to_owned(),
            criticality,
            value: None,
        };
        let request = search(STAFF, LdapSearchScope::Base, filter("(ou=*)"), &["ou"]);
        let found = ldap.ask(request, vec![control]).await;
        assert_eq!(found.result.code, code);
    }
}

#[tokio::test]
async fn who_am_i_is_answered_and_other_extensions_are_not() {
    let scene = Scene::embedded().await;
    let mut ldap = Ldap::service(&scene).await;
    for (name, code, value) in [
        (
            "1.3.6.1.4.1.4203.1.11.3",
            LdapResultCode::Success,
            Some("u:EXAMPLE\\svc_passwordreset"),
        ),
        (
            "1.3.6.1.4.1.4203.1.11.1",
            LdapResultCode::ProtocolError,
            None,
        ),
    ] {
        let request = LdapExtendedRequest {
            name: name.to_owned(),
            value: None,
        };
        ldap.send(LdapOp::ExtendedRequest(request), Vec::new())
            .await;
        let Some(LdapOp::ExtendedResponse(answer)) = ldap.next().await.map(|m| m.op) else {
            panic!("no answer")
        };
        assert_eq!(answer.res.code, code);
        assert_eq!(answer.value.as_deref(), value.map(str::as_bytes));
    }
}

#[tokio::test]
async fn an_account_is_locked_at_the_threshold_and_unlocked_by_the_time() {
    let (scene, passed) = timed().await;
    for _ in 0..4 {
        assert_eq!(data_of_bind(&scene, "lead.spare1", "wrong").await, "52e");
    }
    // The window ends: the count starts anew.
    passed.fetch_add(31 * 60, Ordering::Relaxed);
    for _ in 0..5 {
        assert_eq!(data_of_bind(&scene, "lead.spare1", "wrong").await, "52e");
    }
    assert_eq!(data_of_bind(&scene, "lead.spare1", PASSWORD).await, "775");
    passed.fetch_add(29 * 60, Ordering::Relaxed);
    assert_eq!(data_of_bind(&scene, "lead.spare1", PASSWORD).await, "775");
    passed.fetch_add(60, Ordering::Relaxed);
    assert_eq!(
        data_of_bind(&scene, "lead.spare1", PASSWORD).await,
        "success"
    );
    let admin = scene.server().admin();
    assert_eq!(admin.values("lead.spare1", "badPwdCount").unwrap(), ["0"]);
    assert_eq!(admin.values("lead.spare1", "lockoutTime").unwrap(), ["0"]);
}

#[tokio::test]
async fn a_fine_grained_policy_has_its_own_threshold() {
    let (scene, _) = timed().await;
    for _ in 0..3 {
        assert_eq!(data_of_bind(&scene, "lead.touchy", "wrong").await, "52e");
    }
    assert_eq!(data_of_bind(&scene, "lead.touchy", PASSWORD).await, "775");
}

#[tokio::test]
async fn the_password_before_is_wrong_and_does_not_count() {
    let (scene, _) = timed().await;
    let admin = scene.server().admin();
    admin
        .set_password("lead.spare2", "Another-Pass-99")
        .unwrap();
    for _ in 0..9 {
        assert_eq!(data_of_bind(&scene, "lead.spare2", PASSWORD).await, "52e");
    }
    assert_eq!(
        data_of_bind(&scene, "lead.spare2", "Another-Pass-99").await,
        "success"
    );
}

#[tokio::test]
async fn passwords_and_accounts_end_with_the_time() {
    let (scene, passed) = timed().await;
    scene
        .server()
        .admin()
        .expire_in("lead.spare4", SignedDuration::from_hours(2))
        .unwrap();
    assert_eq!(
        data_of_bind(&scene, "lead.spare3", PASSWORD).await,
        "success"
    );
    assert_eq!(
        data_of_bind(&scene, "lead.spare4", PASSWORD).await,
        "success"
    );
    passed.fetch_add(2 * 3600, Ordering::Relaxed);
    assert_eq!(data_of_bind(&scene, "lead.spare4", PASSWORD).await, "701");
    passed.fetch_add(90 * 24 * 3600, Ordering::Relaxed);
    assert_eq!(data_of_bind(&scene, "lead.spare3", PASSWORD).await, "532");
    assert_eq!(
        data_of_bind(&scene, "nina.never", PASSWORD).await,
        "success"
    );
}

#[tokio::test]
async fn restrictions_are_told_to_a_right_password_only() {
    let (scene, _) = timed().await;
    scene
        .server()
        .admin()
        .put("lead.spare5", "userWorkstations", Some("PC1"))
        .unwrap();
    for (sam, data) in [
        ("sam.smartcard", "52f"),
        ("lead.spare5", "531"),
        ("lead.hours", "530"),
    ] {
        assert_eq!(data_of_bind(&scene, sam, PASSWORD).await, data, "{sam}");
        assert_eq!(data_of_bind(&scene, sam, "wrong").await, "52e", "{sam}");
    }
}

#[tokio::test]
async fn a_password_that_holds_the_name_is_not_complex() {
    let scene = Scene::embedded().await;
    let mut ldap = Ldap::service(&scene).await;
    for (sam, password) in [
        ("alice.able", "My-ALICE-secret-1"),
        ("target.34", "1-target.34-Xx"),
    ] {
        let changes = vec![replace("unicodePwd", quoted(password))];
        let result = ldap.modify(&dn(&scene, sam), changes).await;
        assert_eq!(
            result.code,
            LdapResultCode::ConstraintViolation,
            "{password}"
        );
        assert_eq!(message_code(&result), 0x52D);
    }
}

#[tokio::test]
async fn policy_hints_make_a_reset_mind_the_history() {
    let hint = |flags: u8| LdapControl::Unknown {
        oid: "1.2.840.113556.1.4.2239".to_owned(),
        criticality: true,
        value: Some(vec![0x30, 3, 2, 1, flags]),
    };
    let old = || vec![replace("unicodePwd", quoted(PASSWORD))];
    let options = EmbeddedOptions {
        policy_hints: true,
        ..EmbeddedOptions::default()
    };
    let scene = Scene::embedded_with(options).await;
    let mut ldap = Ldap::service(&scene).await;
    let target = dn(&scene, "target.01");
    let refused = ldap.modify_with(&target, old(), vec![hint(1)]).await;
    assert_eq!(refused.code, LdapResultCode::ConstraintViolation);
    let taken = ldap.modify_with(&target, old(), vec![hint(0)]).await;
    assert_eq!(taken.code, LdapResultCode::Success);

    let scene = Scene::embedded().await;
    let mut ldap = Ldap::service(&scene).await;
    let refused = ldap.modify_with(&target, old(), vec![hint(1)]).await;
    assert_eq!(refused.code, LdapResultCode::UnavailableCriticalExtension);
}

#[tokio::test]
async fn protected_administrators_are_out_of_the_delegations_reach() {
    let scene = Scene::embedded().await;
    let admin = scene.server().admin();
    admin.protect_administrators();
    let mut ldap = Ldap::service(&scene).await;
    for sam in ["adam.admin", "anna.nested", "pia.primary", "bea.backup"] {
        let changes = vec![replace("unicodePwd", quoted("Lantern-Harbour-91"))];
        let result = ldap.modify(&dn(&scene, sam), changes).await;
        assert_eq!(
            result.code,
            LdapResultCode::InsufficentAccessRights,
            "{sam}"
        );
        assert_eq!(admin.values(sam, "adminCount").unwrap(), ["1"]);
    }
    assert!(admin.values("alice.able", "adminCount").unwrap().is_empty());
}

#[tokio::test]
async fn rights_come_and_go_with_the_access_entries() {
    let scene = Scene::embedded().await;
    let admin = scene.server().admin();
    let mut ldap = Ldap::service(&scene).await;
    let rename = || vec![replace("displayName", "Alice A.")];
    let alice = dn(&scene, "alice.able");
    let code = ldap.modify(&alice, rename()).await.code;
    assert_eq!(code, LdapResultCode::InsufficentAccessRights);
    let aces = "(OA;CIIO;WP;bf967953-0de6-11d0-a285-00aa003049e2;bf967aba-0de6-11d0-a285-00aa003049e2;SID)";
    admin.add_access(STAFF, aces, "svc_passwordreset").unwrap();
    assert_eq!(
        ldap.modify(&alice, rename()).await.code,
        LdapResultCode::Success
    );
    assert_eq!(
        admin.values("alice.able", "displayName").unwrap(),
        ["Alice A."]
    );
    admin.remove_access(STAFF, "svc_passwordreset").unwrap();
    let reset = vec![replace("unicodePwd", quoted("Lantern-Harbour-92"))];
    let code = ldap.modify(&alice, reset).await.code;
    assert_eq!(code, LdapResultCode::InsufficentAccessRights);
}

#[tokio::test]
async fn an_administrator_edits_groups_and_values() {
    let scene = Scene::embedded().await;
    let mut ldap = Ldap::signed_in(&scene, &dn(&scene, "adam.admin"), PASSWORD).await;
    let group = scene.people["groups"]["Team Leads"]["dn"]
        .as_str()
        .unwrap()
        .to_owned();
    let alice = dn(&scene, "alice.able");
    for (operation, attribute, value, code) in [
        (
            LdapModifyType::Add,
            "member",
            alice.as_str(),
            LdapResultCode::Success,
        ),
        (
            LdapModifyType::Add,
            "member",
            &alice,
            LdapResultCode::AttributeOrValueExists,
        ),
        (
            LdapModifyType::Delete,
            "member",
            &alice,
            LdapResultCode::Success,
        ),
        (
            LdapModifyType::Delete,
            "member",
            &alice,
            LdapResultCode::NoSuchAttribute,
        ),
        (
            LdapModifyType::Add,
            "member",
            "CN=Gone,DC=example,DC=test",
            LdapResultCode::NoSuchObject,
        ),
        (
            LdapModifyType::Replace,
            "groupType",
            "many",
            LdapResultCode::InvalidAttributeSyntax,
        ),
        (
            LdapModifyType::Replace,
            "nonsense",
            "1",
            LdapResultCode::NoSuchAttribute,
        ),
        (
            LdapModifyType::Replace,
            "whenCreated",
            "1",
            LdapResultCode::UnwillingToPerform,
        ),
    ] {
        let joins = operation == LdapModifyType::Add && code == LdapResultCode::Success;
        let result = ldap
            .modify(&group, vec![change(operation, attribute, value)])
            .await;
        assert_eq!(result.code, code, "{attribute}: {}", result.message);
        if joins {
            let groups = ldap.read(&alice, &["memberOf"]).await.texts("memberOf");
            assert!(groups.contains(&group));
        }
    }
    let found = ldap
        .find(
            "CN=System,DC=example,DC=test",
            "(objectClass=msDS-PasswordSettings)",
            &["cn"],
        )
        .await;
    assert_eq!(found.entries.len(), 2, "administrators read the policies");
}

#[tokio::test]
async fn what_moves_is_gone_from_its_old_name_and_found_by_guid() {
    let scene = Scene::embedded().await;
    let admin = scene.server().admin();
    let mut ldap = Ldap::service(&scene).await;
    let old = dn(&scene, "target.02");
    admin
        .move_to("target.02", "OU=Elsewhere,DC=example,DC=test")
        .unwrap();
    let result = ldap
        .modify(
            &old,
            vec![replace("unicodePwd", quoted("Lantern-Harbour-93"))],
        )
        .await;
    assert_eq!(result.code, LdapResultCode::NoSuchObject);
    let by_guid = format!(
        "<GUID={}>",
        scene.person("target.02")["guid"].as_str().unwrap()
    );
    let found = ldap.read(&by_guid, &["distinguishedName"]).await;
    assert_eq!(
        found.texts("distinguishedName"),
        ["CN=Timo Buche,OU=Elsewhere,DC=example,DC=test"]
    );
    assert_eq!(scene.server().witness().reset_count(), 0);

    admin
        .rename("OU=Sales,OU=Staff,DC=example,DC=test", "Selling")
        .unwrap();
    assert_eq!(
        admin.dn("bob.baker").unwrap().as_str(),
        "CN=Bob Baker,OU=Selling,OU=Staff,DC=example,DC=test"
    );
    assert!(
        admin.rename("target.03", "Tom Eiche").is_err(),
        "the name is taken"
    );

    admin.delete("lead.lena").unwrap();
    assert!(admin.guid("lead.lena").is_err());
    assert!(admin.values("alice.able", "manager").unwrap().is_empty());
    let again = admin.add_account(
        "OU=Elsewhere,DC=example,DC=test",
        "lead.lena",
        "Lena Lead",
        PASSWORD,
    );
    assert_ne!(again.unwrap(), scene.guid("lead.lena"));
    assert_ne!(admin.sid("lead.lena").unwrap(), scene.sid("lead.lena"));
}

#[tokio::test]
async fn the_witness_tells_what_happened_and_to_whom() {
    let scene = Scene::embedded().await;
    let witness = scene.server().witness();
    let mut ldap = Ldap::service(&scene).await;
    let target = dn(&scene, "target.04");
    let reset = |password: &str| replace("unicodePwd", quoted(password));
    ldap.modify(
        &target,
        vec![reset("Lantern-Harbour-94"), replace("pwdLastSet", "0")],
    )
    .await;
    ldap.modify(&target, vec![reset("short")]).await;
    ldap.modify(&target, vec![replace("lockoutTime", "0")])
        .await;
    let seen = witness.modifies();
    assert_eq!(seen.len(), 3);
    assert!(seen.iter().all(
        |m| m.target == Some(scene.guid("target.04")) && m.by == scene.sid("svc_passwordreset")
    ));
    assert_eq!(seen[0].password, Some(PasswordKind::Reset));
    assert!(seen[0].must_change && !seen[0].unlock && seen[0].refused.is_none());
    assert_eq!(seen[1].refused, Some(LdapCode::ConstraintViolation));
    assert!(seen[2].unlock && seen[2].password.is_none());
    assert_eq!(witness.resets_of(scene.guid("target.04")).len(), 1);
    assert_eq!(witness.reset_count(), 1);
    let binds = witness.binds_of(scene.guid("svc_passwordreset"));
    assert_eq!(binds.len(), 1);
    assert_eq!(binds[0].outcome, BindOutcome::Success);
    witness.clear();
    assert!(witness.modifies().is_empty() && witness.reset_count() == 0);
}

async fn reset(ldap: &mut Ldap, target: &str, password: &str) {
    let request = ldap3_proto::proto::LdapModifyRequest {
        dn: target.to_owned(),
        changes: vec![replace("unicodePwd", quoted(password))],
    };
    ldap.send(LdapOp::ModifyRequest(request), Vec::new()).await;
}

#[tokio::test]
async fn a_fault_before_or_after_a_write_decides_whether_it_was_done() {
    let scene = Scene::embedded().await;
    let server = scene.server();
    let target = dn(&scene, "target.05");
    for (doing, done, closed) in [
        (Doing::Hang, false, false),
        (Doing::DropBefore, false, true),
        (Doing::DropAfter, true, true),
        (Doing::Swallow, true, false),
    ] {
        let mut ldap = Ldap::service(&scene).await;
        let before = server.admin().password_version("target.05").unwrap();
        server.faults().arm(Fault::new(On::Modify, doing));
        reset(&mut ldap, &target, "Lantern-Harbour-95").await;
        if closed {
            assert!(ldap.next().await.is_none());
        } else {
            assert!(ldap.is_silent(BRIEFLY).await);
            assert_eq!(
                ldap.read("", &["dnsHostName"]).await.texts("dnsHostName"),
                ["dc1.example.test"]
            );
        }
        let after = server.admin().password_version("target.05").unwrap();
        assert_eq!(after, before + u32::from(done));
        assert_eq!(server.faults().pending(), 0);
    }
}

#[tokio::test]
async fn answers_can_be_false_late_or_nonsense() {
    let scene = Scene::embedded().await;
    let server = scene.server();
    let target = dn(&scene, "target.06");
    let mut ldap = Ldap::service(&scene).await;
    for (code, windows, expected) in [
        (LdapCode::Busy, 0x200E, LdapResultCode::Busy),
        (LdapCode::Unavailable, 0x200F, LdapResultCode::Unavailable),
        (LdapCode::Referral, 0x202B, LdapResultCode::Referral),
        (
            LdapCode::UnwillingToPerform,
            0x1F,
            LdapResultCode::UnwillingToPerform,
        ),
    ] {
        server
            .faults()
            .arm(Fault::new(On::Modify, Doing::Answer(code, windows)));
        let result = ldap.modify(&target, vec![replace("pwdLastSet", "0")]).await;
        assert_eq!(message_code(&result), windows);
        assert_eq!(result.code, expected);
    }
    server
        .faults()
        .arm(Fault::new(On::Modify, Doing::Delay(BRIEFLY)));
    let start = Instant::now();
    reset(&mut ldap, &target, "Lantern-Harbour-96").await;
    let first = ldap.read("", &["dnsHostName"]);
    // What comes later is answered meanwhile, so its result is the first message here.
    assert!(tokio::time::timeout(BRIEFLY, first).await.is_ok());
    assert!(matches!(
        ldap.next().await.unwrap().op,
        LdapOp::ModifyResponse(_)
    ));
    assert!(start.elapsed() >= BRIEFLY);

    server
        .faults()
        .arm(Fault::new(On::Search, Doing::WrongMessageId));
    let id = ldap
        .send(
            LdapOp::SearchRequest(search(
                "",
                LdapSearchScope::Base,
                filter("(objectClass=*)"),
                &["dnsHostName"],
            )),
            Vec::new(),
        )
        .await;
    assert_ne!(ldap.next().await.unwrap().msgid, id);
    let mut ldap = Ldap::service(&scene).await;
    server.faults().arm(Fault::new(On::Modify, Doing::Rubbish));
    reset(&mut ldap, &target, "Lantern-Harbour-97").await;
    assert!(ldap.next().await.is_none(), "no client can read that");
    assert!(
        !server
            .admin()
            .password_is("target.06", "Lantern-Harbour-97")
            .unwrap()
    );
}

#[tokio::test]
async fn the_directory_can_change_between_two_messages() {
    let scene = Scene::embedded().await;
    let server = scene.server();
    let changed = Arc::new(Mutex::new(false));
    let note = Arc::clone(&changed);
    server.faults().arm(Fault::new(
        On::Modify,
        Doing::first(move |admin| {
            admin
                .move_to("target.07", "OU=XStaff,DC=example,DC=test")
                .unwrap();
            *note.lock().unwrap() = true;
        }),
    ));
    let mut ldap = Ldap::service(&scene).await;
    let result = ldap
        .modify(&dn(&scene, "target.07"), vec![replace("pwdLastSet", "0")])
        .await;
    assert_eq!(result.code, LdapResultCode::NoSuchObject);
    assert!(*changed.lock().unwrap());
}

#[tokio::test]
async fn a_frozen_server_takes_connections_and_says_nothing() {
    let scene = Scene::embedded().await;
    let faults = scene.server().faults();
    let mut ldap = Ldap::service(&scene).await;
    faults.freeze();
    ldap.send(
        LdapOp::SearchRequest(search(
            "",
            LdapSearchScope::Base,
            filter("(objectClass=*)"),
            &[],
        )),
        Vec::new(),
    )
    .await;
    assert!(ldap.is_silent(BRIEFLY).await);
    let new = tokio::time::timeout(BRIEFLY, Ldap::to(&scene)).await;
    assert!(new.is_err(), "no TLS while it is frozen");
    faults.clear();
    assert_eq!(ldap.read("", &["dnsHostName"]).await.entries.len(), 1);
}

#[tokio::test]
async fn a_stopped_server_comes_back_on_its_port_with_its_content() {
    let mut scene = Scene::embedded().await;
    let mut ldap = Ldap::service(&scene).await;
    let result = ldap
        .modify(
            &dn(&scene, "target.08"),
            vec![replace("unicodePwd", quoted("Lantern-Harbour-98"))],
        )
        .await;
    assert_eq!(result.code, LdapResultCode::Success);
    let address = scene.server().address;
    scene.server_mut().stop().await;
    assert!(ldap.next().await.is_none(), "open connections end");
    assert!(Ldap::try_connect(scene.server()).await.is_err());
    scene.server_mut().start_again().await.unwrap();
    assert_eq!(scene.server().address, address);
    Ldap::signed_in(&scene, &dn(&scene, "target.08"), "Lantern-Harbour-98").await;
}

#[tokio::test]
async fn dropping_the_handle_ends_the_server() {
    let embedded = Embedded::start(EmbeddedOptions::default()).await.unwrap();
    let mut ldap = Ldap::bound(&embedded, "norma.nobody@example.test", PASSWORD).await;
    let address = embedded.address;
    drop(embedded);
    assert!(ldap.next().await.is_none());
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn connections_beyond_the_bound_wait_for_their_turn() {
    let options = EmbeddedOptions {
        max_connections: 2,
        ..EmbeddedOptions::default()
    };
    let embedded = Embedded::start(options).await.unwrap();
    let first = Ldap::connect(&embedded).await;
    let _second = Ldap::connect(&embedded).await;
    assert!(
        tokio::time::timeout(BRIEFLY, Ldap::connect(&embedded))
            .await
            .is_err()
    );
    drop(first);
    Ldap::connect(&embedded).await;
}

#[tokio::test]
async fn what_is_no_ldap_ends_the_connection() {
    let embedded = Embedded::start(EmbeddedOptions::default()).await.unwrap();
    let http = ["GET / HTTP/1.1\r\n", &"X: y\r\n".repeat(40)].concat();
    for bytes in [http.as_bytes(), b"\x30\x03\x02\x01\x01"] {
        let mut ldap = Ldap::connect(&embedded).await;
        ldap.send_bytes(bytes).await;
        assert!(ldap.next().await.is_none());
    }
    Ldap::bound(&embedded, "norma.nobody@example.test", PASSWORD).await;
}

#[tokio::test]
async fn a_certificate_can_be_wrong_in_each_way_and_renewed() {
    let embedded = Embedded::start(EmbeddedOptions::default()).await.unwrap();
    let good = CertificateOptions::default;
    for bad in [
        CertificateOptions {
            names: vec!["dc9.example.test".to_owned()],
            ..good()
        },
        CertificateOptions {
            valid_for: SignedDuration::from_hours(-2),
            ..good()
        },
        CertificateOptions {
            valid_since: SignedDuration::from_hours(-2),
            ..good()
        },
        CertificateOptions {
            trusted: false,
            ..good()
        },
    ] {
        embedded.renew_certificate(&bad).unwrap();
        assert!(Ldap::try_connect(&embedded).await.is_err(), "{bad:?}");
    }
    embedded.renew_certificate(&good()).unwrap();
    Ldap::connect(&embedded).await;
}

#[tokio::test]
async fn fine_grained_policies_are_for_administrators_only() {
    let scene = Scene::embedded().await;
    let mut ldap = Ldap::service(&scene).await;
    let found = ldap
        .find(
            "CN=System,DC=example,DC=test",
            "(objectClass=msDS-PasswordSettings)",
            &["cn"],
        )
        .await;
    assert_eq!(found.result.code, LdapResultCode::Success);
    assert!(found.entries.is_empty());
    let named = "CN=Strict,CN=Password Settings Container,CN=System,DC=example,DC=test";
    let found = ldap.read(named, &["cn"]).await;
    assert_eq!(found.result.code, LdapResultCode::NoSuchObject);
}
