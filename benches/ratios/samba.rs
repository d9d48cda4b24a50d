//! The ratios: each thing through the web, and the same against the domain controller alone.

use crate::floor::{Floor, trust};
use crate::http::Browser;
use crate::measure::{Samples, compare};
use crate::service::{Domain, Service};
use anyhow::{Context, Result, bail};
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{LdapFilter, LdapSubstringFilter};
use serde_json::Value;
use std::path::PathBuf;
use std::time::Instant;
use tokio_rustls::TlsConnector;

const PORT: u16 = 636;
const OPERATOR: &str = "lead.lena";
const OPERATOR_ATTRIBUTES: &[&str] = &[
    "objectSid",
    "objectGUID",
    "distinguishedName",
    "sAMAccountName",
    "displayName",
    "cn",
    "userAccountControl",
    "msDS-User-Account-Control-Computed",
    "accountExpires",
    "pwdLastSet",
    "badPwdCount",
    "msDS-ResultantPSO",
    "tokenGroups",
];
const HIT_ATTRIBUTES: &[&str] = &[
    "objectGUID",
    "objectClass",
    "displayName",
    "cn",
    "sAMAccountName",
    "department",
    "physicalDeliveryOfficeName",
    "userAccountControl",
    "msDS-User-Account-Control-Computed",
    "pwdLastSet",
    "accountExpires",
    "adminCount",
];
const ACCOUNT_ATTRIBUTES: &[&str] = &[
    "objectGUID",
    "objectSid",
    "distinguishedName",
    "sAMAccountName",
    "userPrincipalName",
    "displayName",
    "cn",
    "givenName",
    "sn",
    "department",
    "title",
    "physicalDeliveryOfficeName",
    "mail",
    "manager",
    "userAccountControl",
    "msDS-User-Account-Control-Computed",
    "objectClass",
    "pwdLastSet",
    "lockoutTime",
    "badPwdCount",
    "accountExpires",
    "msDS-UserPasswordExpiryTimeComputed",
    "lastLogonTimestamp",
    "adminCount",
    "primaryGroupID",
    "msDS-ResultantPSO",
    "replPropertyMetaData",
    "allowedAttributesEffective",
    "nTSecurityDescriptor",
];
const READ_BACK_ATTRIBUTES: &[&str] = &[
    "replPropertyMetaData",
    "pwdLastSet",
    "lockoutTime",
    "userAccountControl",
    "msDS-User-Account-Control-Computed",
];

/// The domain in the tests, from the file that its fixtures leave behind.
pub struct Fixtures {
    /// The domain controller's folder.
    pub folder: PathBuf,
    facts: Value,
}

impl Fixtures {
    /// From the folder that `KEYWARD_DC_DIR` names.
    pub fn read() -> Result<Self> {
        let folder = std::env::var_os("KEYWARD_DC_DIR").context("KEYWARD_DC_DIR is not set")?;
        let folder = PathBuf::from(folder);
        let facts = std::fs::read(folder.join("fixtures.json"))?;
        Ok(Self {
            folder,
            facts: serde_json::from_slice(&facts)?,
        })
    }

    /// A text in it, by JSON pointer.
    pub fn text(&self, pointer: &str) -> Result<&str> {
        let value = self.facts.pointer(pointer).and_then(Value::as_str);
        value.with_context(|| format!("fixtures.json has no {pointer}"))
    }
}

/// Prints the four ratios.
pub async fn print() -> Result<()> {
    let fixtures = Fixtures::read()?;
    let ca_file = fixtures.folder.join("tls/ca.pem");
    let service = Service::start(&Domain {
        server: "ldaps://localhost:636",
        ca_file: &ca_file,
        user_ou: fixtures.text("/user_ou")?,
        service_password: fixtures.text("/service_account/password")?,
    })?;
    let tls = trust(&ca_file)?;
    let mut floor = Floor::connect(&tls, PORT).await?;
    floor
        .bind(
            "EXAMPLE\\svc_passwordreset",
            fixtures.text("/service_account/password")?,
        )
        .await?;
    let mut browser = Browser::open(&service.address).await?;
    browser
        .sign_in(OPERATOR, fixtures.text("/password")?)
        .await?;
    let rounds = match std::env::var("KEYWARD_BENCH_ROUNDS") {
        Ok(text) => text
            .parse()
            .context("KEYWARD_BENCH_ROUNDS is not a number")?,
        Err(_) => 60,
    };
    println!("\nagainst Samba, one client, {rounds} rounds, medians");
    searches(&fixtures, &mut browser, &mut floor, rounds).await?;
    resets(&fixtures, &mut browser, &mut floor, rounds).await?;
    sign_ins(&fixtures, &service, &tls, rounds).await
}

async fn searches(
    fixtures: &Fixtures,
    browser: &mut Browser,
    floor: &mut Floor,
    rounds: u32,
) -> Result<()> {
    let (mut page, mut ldap) = (Samples::default(), Samples::default());
    let base = fixtures.text("/user_ou")?;
    for _ in 0..rounds {
        let start = Instant::now();
        browser.get("/?q=target").await?;
        page.since(start);
        let filter = the_same_search("target");
        let start = Instant::now();
        let found = floor
            .search(base, filter, HIT_ATTRIBUTES, one_page())
            .await?;
        ldap.since(start);
        if found.len() < 10 {
            bail!("the search found {} people only", found.len());
        }
    }
    compare("search: page / LDAP search", &page, &ldap, 1.5);
    Ok(())
}

/// Without it a server that ignores the size limit works out everybody (`directory/search.rs`).
fn one_page() -> Vec<LdapControl> {
    vec![LdapControl::SimplePagedResults {
        size: 51,
        cookie: Vec::new(),
    }]
}

fn descriptors() -> Vec<LdapControl> {
    vec![LdapControl::SdFlags {
        criticality: true,
        flags: 7,
    }]
}

fn the_same_search(text: &str) -> LdapFilter {
    let equals = |name: &str, value: &str| LdapFilter::Equality(name.into(), value.into());
    let begins = |name: &str| {
        let begin = LdapSubstringFilter {
            initial: Some(text.into()),
            ..Default::default()
        };
        LdapFilter::Substring(name.into(), begin)
    };
    let either = vec![
        equals("anr", text),
        begins("mail"),
        begins("userPrincipalName"),
    ];
    LdapFilter::And(vec![
        equals("objectCategory", "person"),
        equals("objectClass", "user"),
        LdapFilter::Or(either),
    ])
}

async fn resets(
    fixtures: &Fixtures,
    browser: &mut Browser,
    floor: &mut Floor,
    rounds: u32,
) -> Result<()> {
    let (mut page, mut sequence, mut modify) =
        (Samples::default(), Samples::default(), Samples::default());
    for round in 0..rounds {
        let target = format!("/accounts/target.{:02}", round % 40 + 1);
        let guid = fixtures.text(&format!("{target}/guid"))?;
        let dn = fixtures.text(&format!("{target}/dn"))?;
        let path = format!("/accounts/{guid}");
        let action = format!("{path}/reset");
        let csrf = browser.get(&path).await?.token(&action)?;
        let fields = [("csrf", csrf.as_str()), ("must_change", "on")];
        let start = Instant::now();
        let answer = browser.post(&action, &fields).await?;
        page.since(start);
        if !answer.status.is_success() {
            bail!("the reset answered {}", answer.status);
        }
        let start = Instant::now();
        operations(fixtures, floor, guid, &format!("Floor-Reset-{round}!aA")).await?;
        sequence.since(start);
        let start = Instant::now();
        floor.reset(dn, &format!("Bare-Reset-{round}!aA")).await?;
        modify.since(start);
    }
    compare("reset: form / bare modify", &page, &modify, 1.20);
    compare("reset: form / its LDAP operations", &page, &sequence, 1.05);
    Ok(())
}

/// Operator, account, modify, read-back: what a reset consists of, one after the other.
async fn operations(
    fixtures: &Fixtures,
    floor: &mut Floor,
    guid: &str,
    password: &str,
) -> Result<()> {
    let sid = fixtures.text(&format!("/accounts/{OPERATOR}/sid"))?;
    floor
        .read(&format!("<SID={sid}>"), OPERATOR_ATTRIBUTES)
        .await?;
    let filter = LdapFilter::Equality("objectGUID".into(), guid.into());
    let base = fixtures.text("/user_ou")?;
    let found = floor
        .search(base, filter, ACCOUNT_ATTRIBUTES, descriptors())
        .await?;
    let dn = found
        .into_iter()
        .next()
        .context("the account is not there")?
        .dn;
    floor.read(&dn, &["tokenGroups"]).await?;
    floor.reset(&dn, password).await?;
    floor
        .read(&format!("<GUID={guid}>"), READ_BACK_ATTRIBUTES)
        .await?;
    Ok(())
}

async fn sign_ins(
    fixtures: &Fixtures,
    service: &Service,
    tls: &TlsConnector,
    rounds: u32,
) -> Result<()> {
    let (mut page, mut bare) = (Samples::default(), Samples::default());
    let password = fixtures.text("/password")?;
    let dn = fixtures.text(&format!("/accounts/{OPERATOR}/dn"))?;
    for _ in 0..rounds {
        let mut browser = Browser::open(&service.address).await?;
        let csrf = browser.get("/sign-in").await?.token("/sign-in")?;
        let start = Instant::now();
        browser.submit_sign_in(&csrf, OPERATOR, password).await?;
        page.since(start);
        let start = Instant::now();
        let mut person = Floor::connect(tls, PORT).await?;
        person.bind(dn, password).await?;
        person.read(dn, &["tokenGroups"]).await?;
        bare.since(start);
    }
    compare(
        "sign-in: form / connection, bind, tokenGroups",
        &page,
        &bare,
        1.3,
    );
    Ok(())
}
