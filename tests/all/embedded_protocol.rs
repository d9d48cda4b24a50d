//! The embedded directory on the wire: what it answers to raw LDAP.

use crate::support::ldap::{Ldap, change, quoted, replace, search};
use keyward::embedded::test_domain::{
    BARE_SERVICE_NAME, BASE, PASSWORD, SERVICE_NAME, SERVICE_PASSWORD, USER_OU,
};
use keyward::embedded::{Doing, Embedded, EmbeddedOptions, Fault, LdapCode, On};
use ldap3_proto::proto::{LdapModifyType, LdapResultCode};

async fn directory() -> Embedded {
    Embedded::start(EmbeddedOptions::default()).await.unwrap()
}

async fn service(embedded: &Embedded) -> Ldap {
    Ldap::bound(embedded, "svc_passwordreset@example.test", SERVICE_PASSWORD).await
}

#[tokio::test]
async fn the_service_account_resets_with_must_change_and_unlock_in_one_modify() {
    let embedded = directory().await;
    let mut ldap = service(&embedded).await;
    let dn = embedded.admin().dn("lou.locked").unwrap().to_string();
    let changes = vec![
        replace("unicodePwd", quoted("Neues-Passwort-77")),
        replace("pwdLastSet", "0"),
        replace("lockoutTime", "0"),
    ];
    let result = ldap.modify(&dn, changes).await;
    assert_eq!(result.code, LdapResultCode::Success, "{}", result.message);
    let admin = embedded.admin();
    assert!(
        admin
            .password_is("lou.locked", "Neues-Passwort-77")
            .unwrap()
    );
    assert!(!admin.is_locked("lou.locked").unwrap());
    assert_eq!(admin.values("lou.locked", "pwdLastSet").unwrap(), ["0"]);
    assert_eq!(admin.password_version("lou.locked").unwrap(), 2);
    let seen = embedded
        .witness()
        .resets_of(admin.guid("lou.locked").unwrap());
    assert_eq!(seen.len(), 1);
    assert!(seen[0].must_change && seen[0].unlock);
}

#[tokio::test]
async fn computed_flags_say_locked() {
    let embedded = directory().await;
    let mut ldap = service(&embedded).await;
    let dn = embedded.admin().dn("lou.locked").unwrap().to_string();
    let found = ldap
        .read(&dn, &["*", "msDS-User-Account-Control-Computed"])
        .await;
    println!("{:?}", found.entries);
    assert_eq!(found.texts("msDS-User-Account-Control-Computed"), ["16"]);
}
