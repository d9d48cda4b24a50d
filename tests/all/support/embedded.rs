//! The embedded directory with the people of the tests, described as `fixtures.json` describes
//! the real domain controller.

use keyward::directory::{DirectorySettings, ServerAddress};
use keyward::embedded::{Admin, Embedded, EmbeddedOptions, test_domain};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// A running directory and the folder with its certificate; both end with it.
pub struct Held {
    /// The directory.
    pub embedded: Embedded,
    folder: tempfile::TempDir,
}

/// Starts one, with how to reach it and who is in it.
pub async fn start_with(options: EmbeddedOptions) -> (DirectorySettings, Value, Held) {
    let embedded = Embedded::start(options).await.expect("a directory starts");
    let folder = tempfile::tempdir().expect("a folder");
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, &embedded.ca_pem).expect("the folder is writable");
    let settings = DirectorySettings {
        servers: vec![ServerAddress {
            host: "localhost".to_owned(),
            port: embedded.address.port(),
        }],
        ca_file: Some(ca_file),
        domain: test_domain::DOMAIN.to_owned(),
        service_account: test_domain::SERVICE_NAME.to_owned(),
        service_password: super::directory::secret(test_domain::SERVICE_PASSWORD),
        operation_timeout: Duration::from_secs(4),
        connect_timeout: Duration::from_secs(5),
        connections: 2,
    };
    let people = describe(&embedded.admin());
    (settings, people, Held { embedded, folder })
}

impl Held {
    /// Writes the authority's certificate where the settings look for it, again.
    pub fn rewrite_ca(&self, pem: &str) {
        std::fs::write(self.folder.path().join("ca.pem"), pem).expect("the folder is writable");
    }
}

fn describe(admin: &Admin) -> Value {
    let mut accounts = Map::new();
    for sam in test_domain::accounts() {
        accounts.insert(sam.clone(), account(admin, &sam));
    }
    let entry = |name: &str| identity(admin, name);
    let groups = [
        test_domain::NESTED_GROUP,
        test_domain::RESET_GROUP,
        test_domain::STRICT_GROUP,
        "Server Team",
        "Domain Admins",
        "Backup Operators",
    ];
    let ous = test_domain::ous().map(|(name, dn)| (name.to_owned(), Value::from(dn)));
    json!({
        "realm": "EXAMPLE.TEST",
        "domain": test_domain::DOMAIN,
        "dns_domain": "example.test",
        "base_dn": test_domain::BASE,
        "domain_sid": admin.sid(test_domain::BASE).unwrap().to_string(),
        "user_ou": test_domain::USER_OU,
        "reset_group": test_domain::RESET_GROUP,
        "auditor_group": test_domain::AUDITOR_GROUP,
        "password": test_domain::PASSWORD,
        "service_account": {
            "username": test_domain::SERVICE_NAME,
            "password": test_domain::SERVICE_PASSWORD,
        },
        "administrator": {
            "username": test_domain::ADMINISTRATOR,
            "password": test_domain::ADMINISTRATOR_PASSWORD,
        },
        "policy": {
            "min_length": 10, "complexity": true, "history": 24, "lockout_threshold": 5,
            "lockout_minutes": 30, "window_minutes": 30, "max_age_days": 90, "min_age_days": 0,
        },
        "strict_min_length": 20,
        "ous": ous.collect::<Map<_, _>>(),
        "groups": groups.map(|name| (name.to_owned(), entry(name))).into_iter().collect::<Map<_, _>>(),
        "accounts": accounts,
    })
}

fn account(admin: &Admin, sam: &str) -> Value {
    let first = |attribute: &str| admin.values(sam, attribute).unwrap().first().cloned();
    let cn = first("cn").unwrap();
    let password = match sam {
        _ if sam.ends_with('$') => "",
        _ if sam.starts_with("svc_") => test_domain::SERVICE_PASSWORD,
        _ => test_domain::PASSWORD,
    };
    let odd = sam.starts_with("odd.") || sam.starts_with("zoë");
    let mut account = identity(admin, sam);
    let more = json!({
        "sam": sam,
        "display_name": first("displayName").unwrap_or_else(|| cn.trim().to_owned()),
        "cn": cn,
        "upn": first("userPrincipalName"),
        "password": password,
        "note": if odd { "odd name" } else { "" },
    });
    let fields = account.as_object_mut().unwrap();
    fields.extend(more.as_object().unwrap().clone());
    account
}

fn identity(admin: &Admin, name: &str) -> Value {
    json!({
        "dn": admin.dn(name).unwrap().as_str(),
        "guid": admin.guid(name).unwrap().to_string(),
        "sid": admin.sid(name).unwrap().to_string(),
    })
}
