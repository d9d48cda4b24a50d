//! What the directory client does with any directory: each case runs against Samba, and against the
//! embedded directory, so that the two cannot drift apart.

use crate::support::directory::{Scene, everybody, new_password};
use keyward::directory::{BindRefusal, BindVerdict, DirectoryError, ResetOptions, WriteError};
use keyward::domain::identity::SignInName;
use keyward::domain::rules::Action;
use secrecy::SecretString;

/// Makes a module with one test for each case, over `$scene`.
macro_rules! directory_cases {
    ($scene:expr => $($case:ident),+ $(,)?) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $case() {
            crate::directory_cases::$case(&$scene).await;
        })+
    };
    ($scene:expr) => {
        crate::directory_cases::directory_cases! { $scene =>
            the_domain_says_what_it_is,
            a_group_is_found_by_account_name_and_by_dn,
            one_person_has_one_sid_however_the_name_is_written,
            names_of_nobody_and_of_other_domains_are_nobody,
            groups_count_when_nested_or_primary,
            a_right_password_is_confirmed_by_sid,
            each_refusal_of_a_bind_has_its_reason,
            an_impossible_password_is_never_sent,
            an_account_is_read_with_all_that_decides,
            an_account_outside_the_base_is_not_there,
            each_state_of_an_account_is_seen,
            a_person_who_may_not_change_the_password_is_recognised,
            missing_delegation_is_seen_before_the_write,
            odd_names_are_read_and_found,
            a_search_finds_name_account_and_mail,
            a_search_stops_at_fifty_and_is_sorted,
            what_is_typed_into_a_search_is_never_syntax,
            a_missing_base_is_a_fault_of_the_settings,
            a_reset_changes_the_password_and_is_read_back,
            a_reset_unlocks_in_the_same_modify,
            a_password_that_the_policy_refuses_changes_nothing,
            a_reset_that_is_not_delegated_changes_nothing,
            an_unlock_leaves_the_password_alone,
            a_permit_for_somebody_else_is_refused,
            shadow_administrators_are_known_to_the_domain_head,
            lockout_rules_of_a_fine_grained_policy_are_read_or_unknown,
        }
    };
}
pub(crate) use directory_cases;

pub async fn the_domain_says_what_it_is(scene: &Scene) {
    let facts = scene.directory().domain_facts().await.unwrap();
    let policy = &scene.people["policy"];
    assert_eq!(facts.head.as_str(), scene.people["base_dn"]);
    assert_eq!(facts.sid.to_string(), scene.people["domain_sid"]);
    assert_eq!(facts.dns_name, scene.people["dns_domain"]);
    assert_eq!(facts.netbios_name, scene.people["domain"]);
    assert!(facts.upn_suffixes.contains(&facts.dns_name));
    assert!(facts.upn_suffixes.iter().any(|s| s == "example.org"));
    assert_eq!(facts.lockout_threshold, policy["lockout_threshold"]);
    let minutes = policy["window_minutes"].as_u64().unwrap();
    assert_eq!(facts.lockout_window.as_secs(), minutes * 60);
    let minutes = policy["lockout_minutes"].as_i64().unwrap();
    assert_eq!(facts.lockout_duration.unwrap().as_secs(), minutes * 60);
    assert_eq!(facts.policy.min_length, policy["min_length"]);
    assert!(facts.policy.complexity && facts.policy.known);
    assert_eq!(facts.policy.history, policy["history"]);
    let service = scene.people["service_account"]["username"]
        .as_str()
        .unwrap();
    assert_eq!(facts.service_account, scene.sid(service));
}

pub async fn a_group_is_found_by_account_name_and_by_dn(scene: &Scene) {
    let directory = scene.directory();
    let group = &scene.people["groups"]["Password Resetters"];
    let expected = Some(group["sid"].as_str().unwrap().parse().unwrap());
    for name in ["Password Resetters", "password resetters"] {
        assert_eq!(directory.group_sid(name).await, Ok(expected.clone()));
    }
    let dn = group["dn"].as_str().unwrap();
    assert_eq!(directory.group_sid(dn).await, Ok(expected));
    for nothing in [
        "No Such Group",
        "alice.able",
        "*",
        "CN=Nobody,DC=example,DC=test",
    ] {
        assert_eq!(directory.group_sid(nothing).await, Ok(None), "{nothing}");
    }
}

pub async fn one_person_has_one_sid_however_the_name_is_written(scene: &Scene) {
    let directory = scene.directory();
    for (name, sam) in [
        ("lead.direct", "lead.direct"),
        ("LEAD.DIRECT", "lead.direct"),
        ("EXAMPLE\\lead.direct", "lead.direct"),
        ("example\\Lead.Direct", "lead.direct"),
        ("lead.direct@example.test", "lead.direct"),
        ("another.name@example.test", "lead.upn"),
        ("lead.upn@example.test", "lead.upn"),
        ("lead.suffix@example.org", "lead.suffix"),
    ] {
        let name: SignInName = name.parse().unwrap();
        let found = directory.resolve_sign_in(&name).await.unwrap();
        assert_eq!(found.unwrap().sid, scene.sid(sam), "{name:?}");
    }
}

pub async fn names_of_nobody_and_of_other_domains_are_nobody(scene: &Scene) {
    let directory = scene.directory();
    for name in [
        "no.such.person",
        "OTHER\\lead.direct",
        "lead.direct@example.org",
        "lead.*@example.test",
        "another.name",
        "WS01$",
    ] {
        let Ok(name) = name.parse::<SignInName>() else {
            continue;
        };
        let found = directory.resolve_sign_in(&name).await.unwrap();
        assert!(found.is_none(), "{name:?} is somebody");
    }
}

pub async fn groups_count_when_nested_or_primary(scene: &Scene) {
    let directory = scene.directory();
    let group = directory.group_sid(&scene.reset_group()).await.unwrap();
    let group = group.unwrap();
    for (sam, member) in [
        ("lead.direct", true),
        ("lead.lena", true),
        ("lead.primary", true),
        ("norma.nobody", false),
    ] {
        let found = scene.operator(&directory, sam).await;
        assert_eq!(found.groups.0.contains(&group), member, "{sam}");
        let again = directory.operator(&scene.sid(sam)).await.unwrap().unwrap();
        assert_eq!(again.groups, found.groups, "{sam}");
        assert_eq!(again.guid, scene.guid(sam));
    }
}

pub async fn a_right_password_is_confirmed_by_sid(scene: &Scene) {
    let directory = scene.directory();
    let who = scene.operator(&directory, "lead.direct").await;
    let verdict = directory
        .verify_password(
            directory.prepare_sign_in(),
            &who,
            &scene.password("lead.direct"),
        )
        .await;
    assert!(
        matches!(verdict, Ok(BindVerdict::Confirmed { .. })),
        "{verdict:?}"
    );
}

pub async fn each_refusal_of_a_bind_has_its_reason(scene: &Scene) {
    let directory = scene.directory();
    for (sam, refusal) in [
        ("lead.disabled", BindRefusal::Disabled),
        ("lead.expired", BindRefusal::AccountExpired),
        ("lead.locked", BindRefusal::Locked),
        ("lead.mustchange", BindRefusal::MustChangePassword),
        ("lead.pwdexpired", BindRefusal::PasswordExpired),
        ("lead.hours", BindRefusal::LogonHours),
    ] {
        let who = scene.operator(&directory, sam).await;
        let verdict = directory
            .verify_password(directory.prepare_sign_in(), &who, &scene.password(sam))
            .await;
        assert_eq!(verdict, Ok(BindVerdict::Refused(refusal)), "{sam}");
    }
    let who = scene.operator(&directory, "lead.spare1").await;
    let wrong = SecretString::from("Not-the-password-1");
    let verdict = directory
        .verify_password(directory.prepare_sign_in(), &who, &wrong)
        .await;
    let expected = BindVerdict::Refused(BindRefusal::WrongNameOrPassword);
    assert_eq!(verdict, Ok(expected));
    // The right one clears the count, so that this can run often.
    let right = scene.password("lead.spare1");
    let verdict = directory
        .verify_password(directory.prepare_sign_in(), &who, &right)
        .await;
    assert!(matches!(verdict, Ok(BindVerdict::Confirmed { .. })));
}

pub async fn an_impossible_password_is_never_sent(scene: &Scene) {
    let directory = scene.directory();
    let before = scene.operator(&directory, "lead.spare2").await;
    let right = scene.person("lead.spare2")["password"].as_str().unwrap();
    for text in [String::new(), format!("{right}\0x"), "x".repeat(257)] {
        let verdict = directory
            .verify_password(directory.prepare_sign_in(), &before, &text.into())
            .await;
        let expected = BindVerdict::Refused(BindRefusal::WrongNameOrPassword);
        assert_eq!(verdict, Ok(expected));
    }
    let after = scene.operator(&directory, "lead.spare2").await;
    assert_eq!(after.bad_password_count, before.bad_password_count);
}

pub async fn an_account_is_read_with_all_that_decides(scene: &Scene) {
    let directory = scene.directory();
    let alice = scene.account(&directory, "alice.able").await;
    assert_eq!(alice.sid, scene.sid("alice.able"));
    assert_eq!(alice.dn.as_str(), scene.person("alice.able")["dn"]);
    assert_eq!(alice.sam, "alice.able");
    assert_eq!(alice.name, "Alice Able");
    assert_eq!(alice.upn.as_deref(), Some("alice.able@example.test"));
    assert!(alice.department.is_some() && alice.mail.is_some());
    assert!(alice.object_classes.contains(&"user".to_owned()));
    assert!(alice.password_last_set.timestamp().is_some());
    assert!(alice.password_version.is_some_and(|seen| seen.version >= 1));
    assert!(alice.may_write_pwd_last_set && alice.may_write_lockout_time);
    assert_eq!(alice.cannot_change_password, Some(false));
    assert_eq!(alice.primary_group, Some(513));
    assert!(!alice.flags.locked() && !alice.flags.disabled());
    assert!(alice.groups.0.iter().any(|sid| sid.rid() == Some(513)));
    assert_eq!(alice.resultant_pso, None);
    let policy = directory.password_policy(&alice).await.unwrap();
    assert_eq!(policy.min_length, scene.people["policy"]["min_length"]);
}

pub async fn an_account_outside_the_base_is_not_there(scene: &Scene) {
    let directory = scene.directory();
    for sam in ["otto.outside", "xaver.xstaff", "fake.inside", "lead.direct"] {
        let found = directory.account(&[scene.staff()], scene.guid(sam)).await;
        assert!(found.unwrap().is_none(), "{sam} is below Staff");
    }
    let nobody = [7; 16].into();
    let found = directory.account(&[scene.staff()], nobody).await;
    assert!(found.unwrap().is_none());
}

pub async fn each_state_of_an_account_is_seen(scene: &Scene) {
    let directory = scene.directory();
    let account = async |sam| scene.account(&directory, sam).await;
    assert!(account("lou.locked").await.flags.locked());
    assert!(account("dora.disabled").await.flags.disabled());
    assert!(account("otis.oldpassword").await.flags.password_expired());
    assert_eq!(account("mia.mustchange").await.password_last_set.0, 0);
    assert!(
        account("ed.expired")
            .await
            .account_expires
            .timestamp()
            .is_some()
    );
    assert!(account("stale.admincount").await.admin_count);
    assert_eq!(account("norbert.noname").await.name, "Norbert Noname");
    assert!(account("gus.groups").await.groups.0.len() >= 200);
    assert!(account("stan.strict").await.resultant_pso.is_some());
    let strict = account("stan.strict").await;
    let policy = directory.password_policy(&strict).await.unwrap();
    let length = scene.people["strict_min_length"].as_u64().unwrap();
    assert!(!policy.known || u64::from(policy.min_length) == length);
}

pub async fn a_person_who_may_not_change_the_password_is_recognised(scene: &Scene) {
    let directory = scene.directory();
    let carl = scene.account(&directory, "carl.cannotchange").await;
    assert_eq!(carl.cannot_change_password, Some(true));
    let bob = scene.account(&directory, "bob.baker").await;
    assert_eq!(bob.cannot_change_password, Some(false));
}

pub async fn missing_delegation_is_seen_before_the_write(scene: &Scene) {
    let directory = scene.directory();
    let ines = scene.account(&directory, "ines.isolated").await;
    assert!(!ines.may_write_pwd_last_set && !ines.may_write_lockout_time);
}

pub async fn odd_names_are_read_and_found(scene: &Scene) {
    let directory = scene.directory();
    let people = scene.people["accounts"].as_object().unwrap();
    let odd = people.iter().filter(|(_, p)| p["note"] == "odd name");
    let mut read = 0;
    for (sam, person) in odd {
        let account = scene.account(&directory, sam).await;
        assert_eq!(&account.sam, sam);
        assert_eq!(account.dn.as_str(), person["dn"], "{sam}");
        assert_eq!(
            account.name,
            person["display_name"].as_str().unwrap(),
            "{sam}"
        );
        let hits = everybody(&directory, &[scene.staff()], &sam.parse().unwrap()).await;
        let hits = hits.unwrap().hits;
        assert!(hits.iter().any(|hit| hit.guid == account.guid), "{sam}");
        read += 1;
    }
    assert!(read >= 25, "only {read} odd names in the fixtures");
}

pub async fn a_search_finds_name_account_and_mail(scene: &Scene) {
    let directory = scene.directory();
    let mail = scene.account(&directory, "alice.able").await.mail.unwrap();
    let upn = "alice.able@";
    for text in [
        "Alice",
        "able",
        "Alice Able",
        "alice.ab",
        "ALICE",
        &mail,
        upn,
    ] {
        let text = text.parse().unwrap();
        let hits = everybody(&directory, &[scene.staff()], &text)
            .await
            .unwrap();
        let alice = hits.hits.iter().find(|hit| hit.sam == "alice.able");
        let alice = alice.unwrap_or_else(|| panic!("{text:?} does not find her"));
        assert_eq!(alice.guid, scene.guid("alice.able"));
        assert!(alice.kind_is_person && !alice.must_change && !alice.expired);
        assert!(alice.department.is_some());
    }
    for text in ["otto.outside", "WS01", "gmsa01", "Password Resetters"] {
        let hits = everybody(&directory, &[scene.staff()], &text.parse().unwrap()).await;
        assert_eq!(hits.unwrap().hits, [], "{text}");
    }
}

pub async fn a_search_stops_at_fifty_and_is_sorted(scene: &Scene) {
    let directory = scene.directory();
    let text = "bulk".parse().unwrap();
    let found = everybody(&directory, &[scene.staff()], &text)
        .await
        .unwrap();
    assert_eq!(found.hits.len(), 50);
    assert!(found.more);
    let names = found.hits.iter().map(|hit| hit.name.to_lowercase());
    assert!(names.is_sorted());
    let sales = scene.people["ous"]["Sales"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let both = [scene.staff(), sales];
    let found = everybody(&directory, &both, &"bob".parse().unwrap())
        .await
        .unwrap();
    let bobs = found.hits.iter().filter(|hit| hit.sam == "bob.baker");
    assert_eq!(bobs.count(), 1, "below two bases, but one person");
    assert!(!found.more);
}

pub async fn what_is_typed_into_a_search_is_never_syntax(scene: &Scene) {
    let directory = scene.directory();
    for text in [
        "**",
        "*)(objectClass=*",
        "a*e",
        "(|",
        "\\2a\\2a",
        "alice.able)(&",
    ] {
        let hits = everybody(&directory, &[scene.staff()], &text.parse().unwrap()).await;
        let hits = hits.unwrap().hits;
        assert!(hits.iter().all(|hit| hit.name.contains(text)), "{text}");
    }
}

pub async fn a_missing_base_is_a_fault_of_the_settings(scene: &Scene) {
    let directory = scene.directory();
    let nowhere = ["OU=Nowhere,DC=example,DC=test".parse().unwrap()];
    let missing = DirectoryError::NotFound { what: "user_ou" };
    let found = everybody(&directory, &nowhere, &"alice".parse().unwrap()).await;
    assert_eq!(found, Err(missing.clone()));
    let found = directory.account(&nowhere, scene.guid("alice.able")).await;
    assert_eq!(found.unwrap_err(), missing);
}

pub async fn a_reset_changes_the_password_and_is_read_back(scene: &Scene) {
    let directory = scene.directory();
    let before = scene.account(&directory, "target.01").await;
    let permit = scene
        .permit(&directory, Action::ResetPassword, &before)
        .await;
    let options = ResetOptions {
        must_change: true,
        unlock: false,
    };
    let new = new_password("kettle-\"quoted\"-Größe-47");
    let done = directory.set_password(permit, &before, &new, options).await;
    assert_eq!(done, Ok(()));
    let seen = directory
        .read_back(&before.dc, before.guid)
        .await
        .unwrap()
        .unwrap();
    assert!(seen.must_change && !seen.locked && !seen.disabled);
    let version = seen.seen.unwrap().version;
    assert_eq!(
        version.version,
        before.password_version.unwrap().version + 1
    );

    let who = scene.operator(&directory, "target.01").await;
    let verify = async |text: &str| {
        let prepared = directory.prepare_sign_in();
        directory
            .verify_password(prepared, &who, &text.into())
            .await
            .unwrap()
    };
    let must_change = BindVerdict::Refused(BindRefusal::MustChangePassword);
    assert_eq!(verify("kettle-\"quoted\"-Größe-47").await, must_change);
    let old = scene.person("target.01")["password"].as_str().unwrap();
    let wrong = BindVerdict::Refused(BindRefusal::WrongNameOrPassword);
    assert_eq!(verify(old).await, wrong);
}

pub async fn a_reset_unlocks_in_the_same_modify(scene: &Scene) {
    let directory = scene.directory();
    let who = lock(scene, "target.02").await;
    let locked = scene.account(&directory, "target.02").await;
    assert!(locked.flags.locked());
    let permit = scene
        .permit(&directory, Action::ResetPassword, &locked)
        .await;
    let options = ResetOptions {
        must_change: false,
        unlock: true,
    };
    let new = new_password("harbour-Lantern-52");
    let done = directory.set_password(permit, &locked, &new, options).await;
    assert_eq!(done, Ok(()));
    let seen = directory
        .read_back(&locked.dc, locked.guid)
        .await
        .unwrap()
        .unwrap();
    assert!(!seen.locked && !seen.must_change);
    let prepared = directory.prepare_sign_in();
    let verdict = directory
        .verify_password(prepared, &who, &"harbour-Lantern-52".into())
        .await;
    assert!(matches!(verdict, Ok(BindVerdict::Confirmed { .. })));
}

pub async fn a_password_that_the_policy_refuses_changes_nothing(scene: &Scene) {
    let directory = scene.directory();
    let before = scene.account(&directory, "target.03").await;
    let permit = scene
        .permit(&directory, Action::ResetPassword, &before)
        .await;
    let options = ResetOptions {
        must_change: true,
        unlock: false,
    };
    let done = directory
        .set_password(permit, &before, &new_password("short"), options)
        .await;
    assert_eq!(
        done,
        Err(WriteError::NotChanged(DirectoryError::PasswordPolicy))
    );
    let after = scene.account(&directory, "target.03").await;
    assert_eq!(after.password_version, before.password_version);
    assert_eq!(after.password_last_set, before.password_last_set);
}

pub async fn a_reset_that_is_not_delegated_changes_nothing(scene: &Scene) {
    let password = scene.person("svc_nothing")["password"].as_str().unwrap();
    let directory = scene.directory_with(|settings| {
        "svc_nothing".clone_into(&mut settings.service_account);
        settings.service_password = crate::support::directory::secret(password);
    });
    let able = scene.directory();
    let account = scene.account(&able, "target.04").await;
    let permit = scene.permit(&able, Action::ResetPassword, &account).await;
    let options = ResetOptions {
        must_change: true,
        unlock: false,
    };
    let new = new_password("harbour-Lantern-53");
    let done = directory
        .set_password(permit, &account, &new, options)
        .await;
    let not_delegated = matches!(
        done,
        Err(WriteError::NotChanged(DirectoryError::NotDelegated { .. }))
    );
    assert!(not_delegated, "{done:?}");
    let after = scene.account(&able, "target.04").await;
    assert_eq!(after.password_version, account.password_version);
}

pub async fn an_unlock_leaves_the_password_alone(scene: &Scene) {
    let directory = scene.directory();
    let who = lock(scene, "target.05").await;
    let locked = scene.account(&directory, "target.05").await;
    let permit = scene
        .permit(&directory, Action::UnlockAccount, &locked)
        .await;
    assert_eq!(directory.unlock(permit, &locked).await, Ok(()));
    let after = scene.account(&directory, "target.05").await;
    assert!(!after.flags.locked());
    assert_eq!(after.password_version, locked.password_version);
    let prepared = directory.prepare_sign_in();
    let password = scene.password("target.05");
    let verdict = directory.verify_password(prepared, &who, &password).await;
    assert!(matches!(verdict, Ok(BindVerdict::Confirmed { .. })));
}

pub async fn a_permit_for_somebody_else_is_refused(scene: &Scene) {
    let directory = scene.directory();
    let other = scene.account(&directory, "target.06").await;
    let account = scene.account(&directory, "target.07").await;
    let options = ResetOptions {
        must_change: true,
        unlock: false,
    };
    let new = new_password("harbour-Lantern-54");
    let permit = scene
        .permit(&directory, Action::ResetPassword, &other)
        .await;
    let done = directory
        .set_password(permit, &account, &new, options)
        .await;
    assert_eq!(done, Err(WriteError::OtherPermit));
    let permit = scene
        .permit(&directory, Action::ResetPassword, &account)
        .await;
    let done = directory.unlock(permit, &account).await;
    assert_eq!(done, Err(WriteError::OtherPermit));
    let after = scene.account(&directory, "target.07").await;
    assert_eq!(after.password_version, account.password_version);
}

pub async fn shadow_administrators_are_known_to_the_domain_head(scene: &Scene) {
    let facts = scene.directory().domain_facts().await.unwrap();
    for sam in ["dan.dcsync", "willi.writedacl"] {
        assert!(facts.domain_rights.contains(&scene.sid(sam)), "{sam}");
    }
    for sam in ["alice.able", "svc_passwordreset"] {
        assert!(!facts.domain_rights.contains(&scene.sid(sam)), "{sam}");
    }
    for well_known in ["S-1-1-0", "S-1-5-11", "S-1-5-32-545", "S-1-5-32-544"] {
        let sid = well_known.parse().unwrap();
        assert!(!facts.domain_rights.contains(&sid), "{well_known}");
    }
}

pub async fn lockout_rules_of_a_fine_grained_policy_are_read_or_unknown(scene: &Scene) {
    let directory = scene.directory();
    let usual = scene.operator(&directory, "lead.direct").await;
    let rules = directory.lockout(&usual).await.unwrap();
    assert_eq!(rules.threshold, Some(5));
    let touchy = scene.operator(&directory, "lead.touchy").await;
    assert!(touchy.resultant_pso.is_some());
    let rules = directory.lockout(&touchy).await.unwrap();
    assert!(matches!(rules.threshold, None | Some(3)), "{rules:?}");
}

/// Locks an account with wrong passwords, as its owner would.
async fn lock(scene: &Scene, sam: &str) -> keyward::domain::operator::Operator {
    let directory = scene.directory();
    let who = scene.operator(&directory, sam).await;
    let threshold = scene.people["policy"]["lockout_threshold"]
        .as_u64()
        .unwrap();
    for attempt in 0..threshold {
        let wrong = SecretString::from(format!("Not-the-password-{attempt}"));
        let prepared = directory.prepare_sign_in();
        let verdict = directory.verify_password(prepared, &who, &wrong).await;
        assert!(matches!(verdict, Ok(BindVerdict::Refused(_))));
    }
    who
}
