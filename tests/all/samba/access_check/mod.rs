//! Our access check against the domain controller's own: for every object of the domain, the
//! configuration and the schema, and for accounts of very different rank, what the DC says may be
//! written (`sDRightsEffective`, `allowedAttributesEffective`, `allowedChildClassesEffective`; MS-ADTS
//! 3.1.1.4.5.4 to 3.1.1.4.5.7) is what we compute from descriptor, token and schema.

mod ask;
mod class_book;
mod planted;
mod restored;

use crate::support::administrator::{administrator, sign_in};
use crate::support::directory::Scene;
use crate::support::ldap::Ldap;
use ask::{Entry, everything, one};
use class_book::ClassBook;
use futures_util::future::join_all;
use keyward::domain::identity::Sid;
use keyward::domain::security_descriptor::{
    Dacl, Held, RightGuid, Rights, SecurityDescriptor, Token,
};
use planted::Planted;
use std::collections::{BTreeSet, HashMap};

/// What is asked as Administrator.
const FACTS: [&str; 3] = ["nTSecurityDescriptor", "objectClass", "objectSid"];
/// What is asked as each account.
const VERDICTS: [&str; 3] = [
    "sDRightsEffective",
    "allowedAttributesEffective",
    "allowedChildClassesEffective",
];
/// Holds, on a domain controller, the privileges to take ownership and to manage auditing. No
/// descriptor shows them, so they are added here and are no part of our check.
const ADMINISTRATORS: &str = "S-1-5-32-544";

#[tokio::test(flavor = "multi_thread")]
async fn the_domain_controller_and_keyward_agree_on_who_may_write_what() {
    let scene = Scene::samba();
    let mut admin = administrator(&scene).await;
    let planted = Planted::plant(&mut admin, &scene).await;
    let found = compare(&scene, &mut admin).await;
    planted.remove(&mut admin).await;
    assert_eq!(found.differences, Vec::<String>::new());
    assert!(found.pairs >= 10_000, "{}", found.pairs);
    // An account that may do nothing is easy to agree on.
    assert!(found.granting >= 1_000, "{}", found.granting);
}

/// What the comparison brought.
#[derive(Default)]
struct Compared {
    pairs: usize,
    /// Pairs where something may be written.
    granting: usize,
    differences: Vec<String>,
}

/// Who asks.
fn accounts(scene: &Scene) -> Vec<(String, String)> {
    let service = scene.people["service_account"]["password"]
        .as_str()
        .unwrap();
    let administrator = &scene.people["administrator"];
    let mut accounts = ["svc_passwordreset", "svc_toomuch", "svc_nothing"]
        .map(|name| (name.to_owned(), service.to_owned()))
        .to_vec();
    accounts.push((
        administrator["username"].as_str().unwrap().to_owned(),
        administrator["password"].as_str().unwrap().to_owned(),
    ));
    for name in planted::accounts() {
        accounts.push((name.to_owned(), planted::PASSWORD.to_owned()));
    }
    accounts
}

/// Every account's look at everything.
async fn compare(scene: &Scene, admin: &mut Ldap) -> Compared {
    let base = scene.people["base_dn"].as_str().unwrap();
    let contexts = ["", "CN=Configuration,", "CN=Schema,CN=Configuration,"]
        .map(|prefix| format!("{prefix}{base}"));
    let book = ClassBook::read(admin, &contexts[2]).await;
    let mut objects = HashMap::new();
    for context in &contexts {
        for entry in everything(admin, context, "(objectClass=*)", &FACTS).await {
            objects.insert(entry.dn.clone(), Facts::of(&entry, &book));
        }
    }
    let accounts = accounts(scene);
    let judged = accounts
        .iter()
        .map(|(name, password)| judge(scene, (name, password), &contexts, &objects, &book));
    let judged = join_all(judged).await;
    judged
        .into_iter()
        .fold(Compared::default(), |mut all, one| {
            all.pairs += one.pairs;
            all.granting += one.granting;
            all.differences.extend(one.differences);
            all
        })
}

/// One account's look at everything.
async fn judge(
    scene: &Scene,
    account: (&str, &str),
    contexts: &[String],
    objects: &HashMap<String, Facts>,
    book: &ClassBook,
) -> Compared {
    let mut ldap = sign_in(scene, account.0, account.1).await;
    let token = Token(
        ldap.read("", &["tokenGroups"])
            .await
            .sids("tokenGroups")
            .into_iter()
            .collect(),
    );
    let mut weigher = Weigher::new(token, book);
    let mut compared = Compared::default();
    for context in contexts {
        for entry in everything(&mut ldap, context, "(objectClass=*)", &VERDICTS).await {
            let Some(facts) = objects.get(&entry.dn) else {
                continue;
            };
            let found = Verdict::of(&entry);
            compared.pairs += 1;
            compared.granting += usize::from(found.grants());
            if weigher.expected(facts) != found {
                let once_more = again(scene, account.0, &mut ldap, &mut weigher, &entry.dn).await;
                compared.differences.extend(once_more);
            }
        }
    }
    compared
}

/// Looks once more: somebody else may have changed the object between the two reads.
async fn again(
    scene: &Scene,
    account: &str,
    ldap: &mut Ldap,
    weigher: &mut Weigher<'_>,
    dn: &str,
) -> Option<String> {
    let mut admin = administrator(scene).await;
    let facts = Facts::of(&one(&mut admin, dn, &FACTS).await?, weigher.book);
    let found = Verdict::of(&one(ldap, dn, &VERDICTS).await?);
    let expected = weigher.expected(&facts);
    (expected != found).then(|| expected.difference(&found, account, dn))
}

/// An object, as Administrator reads it.
#[derive(Debug, PartialEq, Eq)]
struct Facts {
    bytes: Vec<u8>,
    descriptor: SecurityDescriptor,
    sid: Option<Sid>,
    classes: Vec<String>,
}

impl Facts {
    fn of(entry: &Entry, book: &ClassBook) -> Self {
        let bytes = entry
            .first("nTSecurityDescriptor")
            .expect("a descriptor")
            .to_vec();
        let descriptor = SecurityDescriptor::try_from(&bytes[..]).expect("a descriptor");
        let sid = entry
            .first("objectSid")
            .map(|bytes| Sid::try_from(bytes).unwrap());
        let classes = entry.texts("objectClass");
        assert!(classes.iter().all(|class| book.knows(class)), "{classes:?}");
        Self {
            bytes,
            descriptor,
            sid,
            classes,
        }
    }
}

/// What may be written.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Verdict {
    /// Parts of the descriptor: 3 owner and group, 4 rules, 8 audit rules.
    descriptor: Option<u32>,
    attributes: BTreeSet<String>,
    children: BTreeSet<String>,
}

impl Verdict {
    fn of(entry: &Entry) -> Self {
        Self {
            descriptor: entry
                .texts(VERDICTS[0])
                .first()
                .map(|text| text.parse().unwrap()),
            attributes: entry.texts(VERDICTS[1]).into_iter().collect(),
            children: entry.texts(VERDICTS[2]).into_iter().collect(),
        }
    }

    fn grants(&self) -> bool {
        self.descriptor != Some(0) || !self.attributes.is_empty() || !self.children.is_empty()
    }

    fn difference(&self, found: &Self, account: &str, dn: &str) -> String {
        let sets = [
            (&self.attributes, &found.attributes),
            (&self.children, &found.children),
        ];
        let sets = sets.map(|(ours, theirs)| {
            let ours_only: Vec<_> = ours.difference(theirs).take(5).collect();
            let theirs_only: Vec<_> = theirs.difference(ours).take(5).collect();
            format!("ours only {ours_only:?}, theirs only {theirs_only:?}")
        });
        let (ours, theirs) = (self.descriptor, found.descriptor);
        format!(
            "{account} on {dn}: descriptor {ours:?}/{theirs:?}; {}",
            sets.join("; ")
        )
    }
}

/// Computes verdicts for one token; equal objects once.
struct Weigher<'a> {
    token: Token,
    book: &'a ClassBook,
    known: HashMap<(Vec<u8>, bool, Vec<String>), Verdict>,
}

impl<'a> Weigher<'a> {
    fn new(token: Token, book: &'a ClassBook) -> Self {
        Self {
            token,
            book,
            known: HashMap::new(),
        }
    }

    fn expected(&mut self, facts: &Facts) -> Verdict {
        let is_itself = facts
            .sid
            .as_ref()
            .is_some_and(|sid| self.token.0.contains(sid));
        let key = (facts.bytes.clone(), is_itself, facts.classes.clone());
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let verdict = self.weigh(facts);
        self.known.insert(key, verdict.clone());
        verdict
    }

    fn weigh(&self, facts: &Facts) -> Verdict {
        let descriptor = as_samba_reads(&facts.descriptor);
        let held = descriptor.held_by(&self.token, facts.sid.as_ref());
        let shape = self.book.shape(&facts.classes);
        let may = |path: &[RightGuid], right| held.granted(path).contains(right);
        Verdict {
            descriptor: Some(self.descriptor_parts(&held)),
            attributes: shape
                .attributes
                .iter()
                .filter(|(_, path)| may(path, Rights::WRITE_PROPERTY))
                .map(|(name, _)| name.clone())
                .collect(),
            children: shape
                .children
                .iter()
                .filter(|(_, class)| may(&[**class], Rights::CREATE_CHILD))
                .map(|(name, _)| name.clone())
                .collect(),
        }
    }

    fn descriptor_parts(&self, held: &Held<'_>) -> u32 {
        let rights = held.granted(&[]);
        let privileged = self.token.0.contains(&ADMINISTRATORS.parse().unwrap());
        let mut parts = 0;
        if privileged || rights.contains(Rights::WRITE_OWNER) {
            parts |= 3;
        }
        if rights.contains(Rights::WRITE_DACL) {
            parts |= 4;
        }
        if privileged {
            parts |= 8;
        }
        parts
    }
}

/// The one rule of the specification that Samba 4.17 does not follow: in its check for directory
/// objects OWNER RIGHTS is nobody, and an owner always has the implicit rights (against MS-DTYP 2.5.3.2,
/// where such a rule takes their place). What our own check makes of it is in its unit tests.
fn as_samba_reads(descriptor: &SecurityDescriptor) -> SecurityDescriptor {
    let owner_rights: Sid = "S-1-3-4".parse().unwrap();
    let mut read = descriptor.clone();
    if let Dacl::Rules(rules) = &mut read.dacl {
        rules.retain(|rule| rule.trustee != owner_rights);
    }
    read
}
