//! The doctor and the access report against a real domain controller.

use std::process::Command;

use crate::support::directory::Scene;

crate::doctor::doctor_cases! { Scene::samba() }
crate::access_report::access_report_cases! { Scene::samba() }
crate::access_explain::access_explain_cases! { Scene::samba() }

/// Kerberos is a way that Keyward never signs in: Samba counts it, and counts no simple bind.
#[tokio::test(flavor = "multi_thread")]
async fn a_kerberos_logon_of_the_service_account_is_somebody_elses() {
    crate::doctor::a_logon_of_another_kind_is_found(&Scene::samba(), || {
        let dir = std::env::var("KEYWARD_DC_DIR").unwrap();
        let scene = Scene::samba();
        let keyward::domain::secret::SecretSource::Value(password) =
            &scene.settings.service_password
        else {
            panic!("the fixtures hold the password itself");
        };
        let password = secrecy::ExposeSecret::expose_secret(password).to_owned();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        std::fs::write(&file, password).unwrap();
        let kinit = Command::new("kinit")
            .env("KRB5_CONFIG", format!("{dir}/krb5.conf"))
            .env("KRB5CCNAME", folder.path().join("tickets"))
            .arg(&scene.settings.service_account)
            .stdin(std::fs::File::open(&file).unwrap())
            .output()
            .unwrap();
        assert!(kinit.status.success(), "{kinit:?}");
    })
    .await;
}
