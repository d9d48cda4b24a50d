//! A directory to test against: Samba or the embedded one. How to reach it, and who is in it.
//!
//! Samba: `KEYWARD_DC_DIR` names the folder of a running `dev/dc`; without it a test fails.

use keyward::directory::{
    Directory, DirectoryError, DirectorySettings, Hits, Scope, SearchText, ServerAddress, Wanted,
};
use keyward::domain::account::Account;
use keyward::domain::authorize::{Done, Grounds, Permit, authorize};
use keyward::domain::identity::{Dn, ObjectGuid, Sid, SignInName};
use keyward::domain::least_privilege::LeastPrivilege;
use keyward::domain::membership::Groups;
use keyward::domain::operator::Operator;
use keyward::domain::password::{AccountNames, NewPassword, PasswordPolicy};
use keyward::domain::rules::{Action, Occasion, Written};
use keyward::domain::secret::SecretSource;
use keyward::domain::time::Clock;
use secrecy::SecretString;
use serde_json::Value;
use std::path::PathBuf;
use std::time::Duration;

/// A running directory and its people.
pub struct Scene {
    /// How to reach it.
    pub settings: DirectorySettings,
    /// `fixtures.json`.
    pub people: Value,
    /// What ends with the test: a directory in this process.
    held: Option<Held>,
}

#[cfg(feature = "demo")]
type Held = super::embedded::Held;
#[cfg(not(feature = "demo"))]
type Held = std::convert::Infallible;

impl Scene {
    /// The Samba DC in `KEYWARD_DC_DIR`.
    pub fn samba() -> Self {
        let dir = std::env::var_os("KEYWARD_DC_DIR").expect("KEYWARD_DC_DIR names a running DC");
        let dir = PathBuf::from(dir);
        let text = std::fs::read_to_string(dir.join("fixtures.json")).expect("fixtures.json");
        let people: Value = serde_json::from_str(&text).expect("fixtures.json is JSON");
        super::secrets::know_people(&people);
        let ip = people["dc"]["ip"].as_str().unwrap().to_owned();
        Self {
            settings: DirectorySettings {
                servers: vec![ServerAddress {
                    host: ip,
                    port: 636,
                }],
                ca_file: Some(dir.join("tls/ca.pem")),
                domain: text_of(&people["domain"]),
                service_account: text_of(&people["service_account"]["username"]),
                service_password: secret(&text_of(&people["service_account"]["password"])),
                operation_timeout: Duration::from_secs(4),
                connect_timeout: Duration::from_secs(5),
                connections: 2,
            },
            people,
            held: None,
        }
    }

    /// A directory in this process, with the same people.
    #[cfg(feature = "demo")]
    pub async fn embedded() -> Self {
        Self::embedded_with(keyward::embedded::EmbeddedOptions::default()).await
    }

    /// As [`Self::embedded`], with other options.
    #[cfg(feature = "demo")]
    pub async fn embedded_with(options: keyward::embedded::EmbeddedOptions) -> Self {
        let (settings, people, held) = super::embedded::start_with(options).await;
        super::secrets::know_people(&people);
        Self {
            settings,
            people,
            held: Some(held),
        }
    }

    /// Whether the directory is still there when the test is over.
    pub fn lasts(&self) -> bool {
        self.held.is_none()
    }

    /// The directory in this process, to be changed or made to fail.
    #[cfg(feature = "demo")]
    pub fn server(&self) -> &keyward::embedded::Embedded {
        let held = self.held.as_ref();
        &held.expect("a directory in this process").embedded
    }

    /// As [`Self::server`], to be stopped and started again.
    #[cfg(feature = "demo")]
    pub fn server_mut(&mut self) -> &mut keyward::embedded::Embedded {
        let held = self.held.as_mut();
        &mut held.expect("a directory in this process").embedded
    }

    /// A client with these settings.
    pub fn directory(&self) -> Directory {
        Directory::new(self.settings.clone(), Clock::system())
    }

    /// A client with other settings.
    pub fn directory_with(&self, change: impl FnOnce(&mut DirectorySettings)) -> Directory {
        let mut settings = self.settings.clone();
        change(&mut settings);
        Directory::new(settings, Clock::system())
    }

    /// The OU of the rule.
    pub fn staff(&self) -> Dn {
        text_of(&self.people["user_ou"]).parse().unwrap()
    }

    /// The group of the rule, by name.
    pub fn reset_group(&self) -> String {
        text_of(&self.people["reset_group"])
    }

    /// The auditors' group, by name.
    pub fn auditor_group(&self) -> String {
        text_of(&self.people["auditor_group"])
    }

    /// The start password of a person.
    pub fn password(&self, sam: &str) -> SecretString {
        SecretString::from(text_of(&self.person(sam)["password"]))
    }

    /// The GUID of a person.
    pub fn guid(&self, sam: &str) -> ObjectGuid {
        text_of(&self.person(sam)["guid"]).parse().unwrap()
    }

    /// The SID of a person.
    pub fn sid(&self, sam: &str) -> Sid {
        text_of(&self.person(sam)["sid"]).parse().unwrap()
    }

    /// What `fixtures.json` says of a person.
    pub fn person(&self, sam: &str) -> &Value {
        let person = &self.people["accounts"][sam];
        assert!(person.is_object(), "nobody is called {sam}");
        person
    }

    /// The operator of this name, as the directory has them.
    pub async fn operator(&self, directory: &Directory, sam: &str) -> Operator {
        let name: SignInName = sam.parse().unwrap();
        let found = directory.resolve_sign_in(&name).await.unwrap();
        found.unwrap_or_else(|| panic!("{sam} is not found"))
    }

    /// The account of this name, read afresh below Staff.
    pub async fn account(&self, directory: &Directory, sam: &str) -> Account {
        let found = directory.account(&[self.staff()], self.guid(sam)).await;
        found
            .unwrap()
            .unwrap_or_else(|| panic!("{sam} is not below Staff"))
    }

    /// A permit as `authorize` gives it to lead.direct.
    pub async fn permit(&self, directory: &Directory, action: Action, account: &Account) -> Permit {
        let operator = self.operator(directory, "lead.direct").await;
        let written = Written::of_article(self.reset_group(), self.staff());
        let ground = directory.ground(&written).await.unwrap();
        let now = Clock::system().now();
        let grounds = Grounds {
            scope: &ground.scope,
            rules: &ground.rules,
            auditors: &ground.auditors,
            protection: &ground.protection,
            rights: &LeastPrivilege::Proven { at: now },
            done: &Done::default(),
            occasion: Occasion {
                at: Some(now),
                from: None,
                house: &ground.house,
            },
            now,
        };
        authorize(action, &operator, account, &grounds).expect("allowed")
    }
}

/// A search for anybody below `bases`, whoever may see them.
pub async fn everybody(
    directory: &Directory,
    bases: &[Dn],
    text: &SearchText,
) -> Result<Hits, DirectoryError> {
    let scopes: Vec<Scope> = bases.iter().cloned().map(Scope::everybody).collect();
    let wanted = Wanted {
        scopes: &scopes,
        text,
        groups: &Groups::default(),
        lines: false,
        may_see: &|_| true,
    };
    directory.search(&wanted).await
}

/// A new password that any policy of the fixtures accepts.
pub fn new_password(text: &str) -> NewPassword {
    let policy = PasswordPolicy {
        min_length: 1,
        complexity: false,
        history: 0,
        known: true,
    };
    let names = AccountNames {
        sam: "",
        display: "",
    };
    NewPassword::checked(SecretString::from(text), &policy, &names).expect("a possible password")
}

/// A secret as the settings hold it.
pub fn secret(text: &str) -> SecretSource {
    SecretSource::Value(SecretString::from(text))
}

fn text_of(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
