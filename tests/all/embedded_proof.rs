//! The proof of least privilege over both populations of the embedded directory: their service
//! accounts hold exactly what was delegated, and the one that holds too much is found.

use crate::support::directory::{Scene, secret};
use jiff::Timestamp;
use keyward::delegation::needs::Needs;
use keyward::delegation::proof::prove;
use keyward::directory::{Directory, DirectorySettings, ServerAddress};
use keyward::domain::time::Clock;
use keyward::embedded::{Embedded, EmbeddedOptions, Population, sample_company, test_domain};
use std::time::Duration;

fn needs(ou: &str) -> Needs {
    Needs {
        targets: vec![ou.parse().unwrap()],
        unlock: true,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_too_much_in_the_sample_company_and_one_person_takes_no_rules_from_above() {
    let options = EmbeddedOptions {
        population: Population::SampleCompany,
        ..EmbeddedOptions::default()
    };
    let embedded = Embedded::start(options).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, &embedded.ca_pem).unwrap();
    let settings = DirectorySettings {
        servers: vec![ServerAddress {
            host: "localhost".to_owned(),
            port: embedded.address.port(),
        }],
        ca_file: Some(ca_file),
        domain: sample_company::DOMAIN.to_owned(),
        service_account: sample_company::SERVICE_NAME.to_owned(),
        service_password: secret(sample_company::SERVICE_PASSWORD),
        operation_timeout: Duration::from_secs(10),
        connect_timeout: Duration::from_secs(5),
        connections: 2,
    };
    let directory = Directory::new(settings, Clock::system());
    let needs = needs(sample_company::USER_OU);
    let proof = prove(&directory, &needs, Timestamp::UNIX_EPOCH, |_| {})
        .await
        .unwrap();
    let sentences: Vec<&str> = proof
        .findings
        .iter()
        .map(|finding| finding.sentence.as_str())
        .collect();
    assert!(
        matches!(sentences[..], [only] if only.starts_with("CN=Susanne Albers,")),
        "{sentences:?}"
    );
    assert_eq!(proof.missing().count(), 1);
    assert_eq!(proof.people, 200);
    assert!(
        proof.objects > 500,
        "configuration and schema too: {}",
        proof.objects
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_too_much_in_the_tests_domain_but_for_the_account_that_is_meant_to_have_it() {
    let scene = Scene::embedded().await;
    let needs = needs(test_domain::USER_OU);
    let excess = async |sam: &str| {
        let directory =
            scene.directory_with(|settings| sam.clone_into(&mut settings.service_account));
        let proof = prove(&directory, &needs, Timestamp::UNIX_EPOCH, |_| {})
            .await
            .unwrap();
        let excess = proof.excess();
        excess
            .map(|finding| finding.sentence.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(excess(test_domain::SERVICE_NAME).await, [""; 0]);
    assert_eq!(excess(test_domain::BARE_SERVICE_NAME).await, [""; 0]);
    assert_ne!(excess(test_domain::SECOND_SERVICE_NAME).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_administrator_plants_is_found() {
    let scene = Scene::embedded().await;
    let (admin, needs) = (scene.server().admin(), needs(test_domain::USER_OU));
    let service = test_domain::SERVICE_NAME;
    let count = async || {
        let proof = prove(&scene.directory(), &needs, Timestamp::UNIX_EPOCH, |_| {}).await;
        proof.unwrap().excess().count()
    };
    assert_eq!(count().await, 0);
    admin
        .add_access(
            "CN=AdminSDHolder,CN=System,DC=example,DC=test",
            "(A;;WD;;;SID)",
            service,
        )
        .unwrap();
    let planted = count().await;
    assert!(planted > 0);
    admin
        .put_owner("OU=Elsewhere,DC=example,DC=test", service)
        .unwrap();
    let owned = count().await;
    assert!(owned > planted);
    admin
        .put_texts(service, "servicePrincipalName", &["HTTP/x", "HTTP/y"])
        .unwrap();
    assert!(count().await > owned);
}
