//! What is read for the proof, as the real domain controller shows it to the service account.

use crate::support::directory::Scene;
use keyward::directory::survey::Surveyed;
use keyward::directory::{Directory, DirectoryError};
use keyward::domain::identity::{Dn, Sid};
use keyward::domain::security_descriptor::{RightGuid, SecurityDescriptor};
use keyward::domain::time::Clock;
use std::collections::HashSet;

async fn everything(directory: &Directory, context: &Dn) -> Vec<Surveyed> {
    let mut survey = directory.survey(context);
    let mut all = Vec::new();
    while let Some(page) = survey.next().await.unwrap() {
        all.extend(page);
    }
    all
}

fn guid(text: &str) -> RightGuid {
    text.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_object_of_every_naming_context_is_read_once_with_its_rules() {
    let scene = Scene::samba();
    let directory = scene.directory();
    let contexts = directory.naming_contexts().await.unwrap();
    assert_eq!(contexts.len(), 3, "{contexts:?}");
    for context in &contexts {
        let all = everything(&directory, context).await;
        assert!(all.len() > 250, "{context:?}: {}", all.len());
        let dns: HashSet<_> = all.iter().map(|object| &object.dn).collect();
        assert_eq!(dns.len(), all.len(), "each once");
        for object in &all {
            match &object.descriptor {
                Some(descriptor) => {
                    assert!(SecurityDescriptor::try_from(descriptor.as_slice()).is_ok());
                    assert!(object.guid.is_some() && !object.class.is_empty());
                }
                // Some objects below System are listed, but nothing of them may be read.
                None => assert_eq!(object.guid, None, "{}", object.dn),
            }
        }
    }
    let domain = everything(&directory, &contexts[0]).await;
    let alice = domain
        .iter()
        .find(|object| object.guid == Some(scene.guid("alice.able")))
        .unwrap();
    assert_eq!(alice.sid, Some(scene.sid("alice.able")));
    assert_eq!((alice.class.as_str(), alice.is_user), ("user", true));
    assert!(alice.descriptor.is_some());
    assert_eq!(alice.user_account_control & 0x200, 0x200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_survey_of_what_is_not_there_is_an_error_and_not_empty() {
    let scene = Scene::samba();
    let nowhere: Dn = "OU=Nowhere,DC=example,DC=test".parse().unwrap();
    let result = scene.directory().survey(&nowhere).next().await;
    let what = "naming context";
    assert_eq!(result, Err(DirectoryError::NotFound { what }));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_names_the_guids_that_rules_speak_of() {
    let schema = Scene::samba().directory().schema().await.unwrap();
    let set = guid("4c164200-20c0-11d0-a768-00aa006e0529");
    let attribute = |text| &schema.attributes[&guid(text)];
    let last_set = attribute("bf967a0a-0de6-11d0-a285-00aa003049e2");
    assert_eq!(last_set.name, "pwdLastSet");
    assert_eq!(
        last_set.property_set,
        Some(set),
        "User-Account-Restrictions"
    );
    assert!(!last_set.read_only);
    assert!(
        attribute("bf967991-0de6-11d0-a285-00aa003049e2").read_only,
        "memberOf"
    );
    assert!(
        attribute("b7c69e6d-2cc7-11d2-854e-00a0c983f608").read_only,
        "tokenGroups"
    );
    let (user, class) = schema.class("USER").unwrap();
    assert_eq!(user, guid("bf967aba-0de6-11d0-a285-00aa003049e2"));
    assert!(class.default_descriptor.as_ref().unwrap().starts_with("D:"));
    let reset = &schema.rights[&guid("00299570-246d-11d0-a768-00aa006e0529")];
    assert_eq!(reset.valid_accesses, 0x100);
    assert!(reset.name.contains("Password"), "{}", reset.name);
    assert_eq!(schema.rights[&set].valid_accesses, 0x30);
    assert!(schema.attributes.len() > 1000 && schema.classes.len() > 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_account_is_in_nothing_that_a_new_user_is_not_in() {
    let scene = Scene::samba();
    let seen = scene.directory().service_token().await.unwrap();
    assert_eq!(seen.account.sam, "svc_passwordreset");
    assert_eq!(seen.account.flags & 0x200, 0x200);
    assert_eq!(seen.account.primary_group, 513);
    assert!(seen.token.0.contains(&seen.account.sid));
    assert!(!seen.newly_made.0.contains(&seen.account.sid));
    assert_eq!(
        (seen.groups.as_slice(), seen.direct.as_slice()),
        (&[][..], &[][..])
    );
    let domain = seen.account.sid.domain().unwrap();
    for sid in [
        domain.with_rid(513).unwrap(),
        Sid::builtin(545),
        Sid::builtin(554),
        "S-1-1-0".parse().unwrap(),
        "S-1-5-11".parse().unwrap(),
    ] {
        assert!(seen.newly_made.0.contains(&sid), "{sid}");
        assert!(seen.token.0.contains(&sid), "{sid}");
    }
    for rid in [512, 519] {
        assert!(!seen.newly_made.0.contains(&domain.with_rid(rid).unwrap()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_controller_tells_its_clock_its_certificate_and_the_logons_that_it_saw() {
    let scene = Scene::samba();
    let directory = scene.directory();
    let account = directory.service_token().await.unwrap().account;
    let [dc] = directory.domain_controllers().try_into().unwrap();
    let status = directory.dc_status(&dc, account.guid).await.unwrap();
    assert_eq!(status.host_name, "dc1.example.test");
    assert_eq!(status.tls, "TLSv1.3");
    assert!(status.writable);
    let now = Clock::system().now();
    assert!(status.certificate_ends > now);
    assert!(
        status.clock.duration_since(now).as_secs().abs() < 5,
        "{}",
        status.clock
    );
    assert_eq!(status.password_last_set, account.password_last_set);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metadata_tell_of_everybody_when_the_password_was_changed() {
    let scene = Scene::samba();
    let directory = scene.directory();
    let mut changes = directory.password_changes(&scene.staff());
    let mut all = Vec::new();
    while let Some(page) = changes.next().await.unwrap() {
        all.extend(page);
    }
    let alice = scene.account(&directory, "alice.able").await;
    let seen = all.iter().find(|one| one.guid == Some(alice.guid)).unwrap();
    let password = seen.password.unwrap();
    let version = alice.password_version.unwrap();
    assert_eq!(
        (password.version, password.changed),
        (version.version, version.changed)
    );
    assert_eq!(seen.sid, Some(scene.sid("alice.able")));
    assert!(seen.last_set.unwrap().version >= 1);
    assert!(all.len() > 50, "{}", all.len());
}
