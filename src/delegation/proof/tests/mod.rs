//! A small directory made by hand: a head, an OU of people that is the target, the account's own OU,
//! another OU, and rules that are handed down as a domain controller does it.

mod groups;
mod lacking;
mod named;
mod own;
mod rules;

use super::comparison::Comparison;
use super::{Cause, Excess, Finding, Missing, Proof, What, conclude};
use crate::delegation::change::Change;
use crate::delegation::needs::{INET_ORG_PERSON_CLASS, Needs, USER_CLASS};
use crate::directory::survey::Surveyed;
use crate::directory::{ServiceAccount, ServiceToken, TokenGroup};
use crate::domain::identity::{Dn, ObjectGuid, Sid};
use crate::domain::samples::{dn, now, sid, sid_of};
use crate::domain::schema::{Attribute, Class, ExtendedRight, Schema};
use crate::domain::security_descriptor::{Ace, RightGuid, Token, sddl};
use crate::domain::time::Filetime;
use std::collections::{BTreeMap, HashSet};

/// RIDs: the account, a group, a group that holds it.
const SVC: u32 = 1999;
const INNER: u32 = 3001;
const OUTER: u32 = 3002;

const HEAD: &str = "DC=example,DC=com";
const STAFF: &str = "OU=Staff,DC=example,DC=com";
const BERLIN: &str = "OU=Berlin,OU=Staff,DC=example,DC=com";
const ALICE: &str = "CN=Alice,OU=Staff,DC=example,DC=com";
const BOB: &str = "CN=Bob,OU=Berlin,OU=Staff,DC=example,DC=com";
const OTHER: &str = "OU=Other,DC=example,DC=com";
const CAROL: &str = "CN=Carol,OU=Other,DC=example,DC=com";
const DAVE: &str = "CN=Dave,OU=Other,DC=example,DC=com";
const MACHINE: &str = "CN=PC1,OU=Staff,DC=example,DC=com";
const GROUP: &str = "CN=Finance,OU=Other,DC=example,DC=com";
const HOLDER: &str = "CN=AdminSDHolder,CN=System,DC=example,DC=com";
const ACCOUNT: &str = "CN=svc,OU=Keyward,DC=example,DC=com";

const RESET: &str = "00299570-246d-11d0-a768-00aa006e0529";
const PWD: &str = "bf967a0a-0de6-11d0-a285-00aa003049e2";
const LOCK: &str = "28630ebf-41d5-11d1-a9c1-0000f80367c1";
const USER: &str = "bf967aba-0de6-11d0-a285-00aa003049e2";
const MEMBER: &str = "bf9679c0-0de6-11d0-a285-00aa003049e2";
const DESCRIPTION: &str = "bf967950-0de6-11d0-a285-00aa003049e2";
/// The property set Account Restrictions: pwdLastSet and userAccountControl.
const RESTRICTIONS: &str = "4c164200-20c0-11d0-a768-00aa006e0529";
const CHANGE_PASSWORD: &str = "ab721a53-1e2f-11d0-9819-00aa0040529b";

/// What a new object of any class brings with it: the administrators' rights, and what everybody may read.
const USUAL: &str = "(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;DA)(A;;LCRPLORC;;;AU)";
/// What a user may do on itself.
const ONESELF: &str = "(OA;;CR;ab721a53-1e2f-11d0-9819-00aa0040529b;;PS)(A;;LCRPLORC;;;PS)";

/// An object before it gets what is above.
struct Made {
    class: &'static str,
    rid: Option<u32>,
    explicit: String,
    owner: Sid,
    blocks: bool,
    readable: bool,
    admin_count: bool,
    /// Rules that are there as inherited though nobody hands them down.
    left_over: String,
    lists: Vec<(&'static str, String)>,
}

/// A directory.
struct World {
    objects: BTreeMap<&'static str, Made>,
    account: ServiceAccount,
    groups: Vec<TokenGroup>,
    direct: Vec<Sid>,
    needs: Needs,
    protected: HashSet<Dn>,
}

impl World {
    /// All is as it should be.
    fn new() -> Self {
        let mut world = Self {
            objects: BTreeMap::new(),
            account: service_account(),
            groups: Vec::new(),
            direct: Vec::new(),
            needs: Needs {
                targets: vec![dn(STAFF)],
                unlock: true,
            },
            protected: HashSet::new(),
        };
        world.add(HEAD, "domainDNS", None);
        for ou in [STAFF, BERLIN, OTHER, "OU=Keyward,DC=example,DC=com"] {
            world.add(ou, "organizationalUnit", None);
        }
        world.add("CN=System,DC=example,DC=com", "container", None);
        world.add(HOLDER, "container", None);
        for (person, rid) in [(ALICE, 1105), (BOB, 1106), (CAROL, 1107), (DAVE, 1108)] {
            world.add(person, "user", Some(rid));
        }
        world.add(ACCOUNT, "user", Some(SVC));
        world.add(MACHINE, "computer", Some(1200));
        world.add(GROUP, "group", Some(1300));
        for rule in world.needs.rules(&sid_of(SVC)) {
            world.rule(STAFF, &rule.to_string());
        }
        world
    }

    fn add(&mut self, name: &'static str, class: &'static str, rid: Option<u32>) {
        let is_user = matches!(class, "user" | "computer");
        let explicit = format!("{USUAL}{}", if is_user { ONESELF } else { "" });
        let made = Made {
            class,
            rid,
            explicit,
            owner: sid_of(512),
            blocks: false,
            readable: true,
            admin_count: false,
            left_over: String::new(),
            lists: Vec::new(),
        };
        self.objects.insert(name, made);
    }

    fn object(&mut self, name: &str) -> &mut Made {
        self.objects.get_mut(name).expect("an object of the world")
    }

    /// One more explicit rule; `SVC`, `INNER` and `OUTER` stand for their SIDs. Denials come first.
    fn rule(&mut self, object: &str, rule: &str) -> &mut Self {
        let rule = named(rule);
        let made = self.object(object);
        if rule.starts_with("(D") || rule.starts_with("(OD") {
            made.explicit.insert_str(0, &rule);
        } else {
            made.explicit.push_str(&rule);
        }
        self
    }

    /// Takes all of the account's rules off an object.
    fn strip(&mut self, object: &str) -> &mut Self {
        let mine = sid_of(SVC).to_string();
        let made = self.object(object);
        let rules = made.explicit.split_inclusive(')');
        made.explicit = rules.filter(|rule| !rule.contains(&mine)).collect();
        self
    }

    /// svc is in Inner, which is in Outer.
    fn in_groups(&mut self) -> &mut Self {
        let group = |rid, name: &str, above: &[u32]| TokenGroup {
            sid: sid_of(rid),
            dn: Some(dn(&format!("CN={name},OU=Other,DC=example,DC=com"))),
            name: name.to_owned(),
            member_of: above.iter().map(|rid| sid_of(*rid)).collect(),
        };
        self.groups = vec![group(INNER, "Inner", &[OUTER]), group(OUTER, "Outer", &[])];
        self.direct = vec![sid_of(INNER)];
        self
    }

    fn surveyed(&self) -> Vec<Surveyed> {
        let mut rules: BTreeMap<&str, Vec<Ace>> = BTreeMap::new();
        let mut names: Vec<&str> = self.objects.keys().copied().collect();
        names.sort_by_key(|name| name.len() - name.trim_start_matches(|c| c != ',').len());
        names.sort_by_key(|name| name.matches(',').count());
        for name in &names {
            let made = &self.objects[name];
            let mut all = sddl::rules(&made.explicit, &sid("S-1-5-21-1-2-3")).unwrap();
            let above = name.split_once(',').map(|(_, above)| above);
            if let Some(above) = above.and_then(|above| rules.get(above))
                && !made.blocks
            {
                let class = class_guid(made.class);
                all.extend(above.iter().filter_map(|rule| rule.on_child(class)));
            }
            if !made.left_over.is_empty() {
                all.extend(sddl::rules(&named(&made.left_over), &sid("S-1-5-21-1-2-3")).unwrap());
            }
            rules.insert(name, all);
        }
        // Deepest first: no origin is known when what was inherited from it is seen.
        names.reverse();
        let surveyed = names.iter().map(|name| {
            let made = &self.objects[name];
            Surveyed {
                dn: (*name).to_owned(),
                guid: Some(guid(name)),
                sid: made.rid.map(sid_of),
                class: made.class.to_owned(),
                is_user: matches!(made.class, "user" | "computer"),
                descriptor: made
                    .readable
                    .then(|| bytes(&made.owner, &rules[name], made.blocks)),
                user_account_control: 0x200,
                admin_count: made.admin_count,
                lists: made.lists.iter().map(list).collect(),
            }
        });
        surveyed.collect()
    }

    fn comparison(&self) -> Comparison {
        let newly_made = [
            sid_of(513),
            sid("S-1-1-0"),
            sid("S-1-5-11"),
            Sid::builtin(545),
        ];
        let mut token: HashSet<Sid> = newly_made.iter().cloned().collect();
        token.insert(self.account.sid.clone());
        token.extend(self.groups.iter().map(|group| group.sid.clone()));
        token.extend(self.account.sid_history.iter().cloned());
        let token = ServiceToken {
            account: self.account.clone(),
            token: Token(token),
            newly_made: Token(newly_made.into_iter().collect()),
            groups: self.groups.clone(),
            direct: self.direct.clone(),
        };
        Comparison::new(self.needs.clone(), token, schema(), vec![dn(HEAD)])
    }

    fn prove(&self) -> Proof {
        let mut comparison = self.comparison();
        for object in self.surveyed() {
            comparison.look_at(object);
        }
        conclude(comparison, &self.protected, now())
    }

    /// The only finding.
    fn one(&self) -> Finding {
        let proof = self.prove();
        let [finding] = proof.findings.as_slice() else {
            panic!("not exactly one finding: {:#?}", proof.findings);
        };
        finding.clone()
    }

    /// The only finding, which is a rule too many.
    fn one_rule(&self) -> (String, String, u64) {
        match self.one().what {
            What::Excess(Excess::Rule {
                object,
                rule,
                reaches,
            }) => (object.to_string(), rule.to_string(), reaches),
            other => panic!("no rule: {other:#?}"),
        }
    }

    /// The only finding, which is something missing.
    fn one_missing(&self) -> Missing {
        match self.one().what {
            What::Missing(missing) => missing,
            other @ What::Excess(_) => panic!("nothing missing: {other:#?}"),
        }
    }

    /// Carries out what mends the findings, as an administrator would.
    fn mend(&mut self, finding: &Finding) {
        for change in &finding.mend {
            self.carry_out(change);
        }
    }

    fn carry_out(&mut self, change: &Change) {
        match change {
            Change::AddRules { object, rules, .. } => {
                for rule in rules {
                    self.rule(object.as_str(), &rule.to_string());
                }
            }
            Change::RemoveRules { object, rules, .. } => {
                let made = self.object(object.as_str());
                let domain = sid("S-1-5-21-1-2-3");
                let mut kept = sddl::rules(&made.explicit, &domain).unwrap();
                let before = kept.len();
                kept.retain(|rule| !rules.contains(rule));
                assert!(
                    kept.len() < before || !made.left_over.is_empty(),
                    "nothing to take off {object}"
                );
                made.explicit = kept.iter().map(ToString::to_string).collect();
                made.left_over.clear();
            }
            Change::AllowInheritance { object } => self.object(object.as_str()).blocks = false,
            Change::SetOwner { object, owner } => {
                self.object(object.as_str()).owner = owner.clone();
            }
            Change::RemoveMember { .. } => {
                self.groups.clear();
                self.direct.clear();
            }
            Change::SetPrimaryGroup { rid, .. } => {
                self.account.primary_group = *rid;
                self.groups.clear();
                self.direct.clear();
            }
            Change::SetFlags { clear, .. } => self.account.flags &= !clear,
            Change::RemoveValues {
                object, attribute, ..
            } => match *attribute {
                "adminCount" => self.object(object.as_str()).admin_count = false,
                "servicePrincipalName" => self.account.spns.clear(),
                "msDS-AllowedToDelegateTo" => self.account.delegates_to.clear(),
                "sIDHistory" => self.account.sid_history.clear(),
                _ => {
                    self.account.acted_for = false;
                    self.object(object.as_str()).lists.clear();
                }
            },
            other => panic!("no mend: {other:?}"),
        }
    }

    /// There is one finding, and what it says mends it.
    fn is_mended(&mut self) -> Finding {
        let finding = self.one();
        self.mend(&finding);
        let proof = self.prove();
        assert_eq!(proof.findings, [], "after mending");
        finding
    }
}

fn named(rule: &str) -> String {
    [("SVC", SVC), ("INNER", INNER), ("OUTER", OUTER)]
        .iter()
        .fold(rule.to_owned(), |rule, (name, rid)| {
            rule.replace(&format!("{name})"), &format!("{})", sid_of(*rid)))
        })
}

fn list((attribute, rules): &(&'static str, String)) -> (&'static str, Vec<u8>) {
    let rules = sddl::rules(&named(rules), &sid("S-1-5-21-1-2-3")).unwrap();
    (attribute, bytes(&Sid::builtin(544), &rules, false))
}

fn guid(name: &str) -> ObjectGuid {
    let mut bytes = [0; 16];
    for (at, byte) in name.bytes().enumerate() {
        bytes[at % 16] ^= byte.rotate_left(u32::try_from(at / 16).unwrap());
    }
    ObjectGuid::from(bytes)
}

/// A self-relative descriptor.
fn bytes(owner: &Sid, rules: &[Ace], blocks: bool) -> Vec<u8> {
    let owner = owner.to_bytes();
    let list: Vec<u8> = rules.iter().flat_map(Ace::to_bytes).collect();
    let dacl_at = u32::try_from(20 + owner.len()).unwrap();
    let control: u16 = if blocks { 0x9004 } else { 0x8004 };
    let mut bytes = vec![1, 0];
    bytes.extend(control.to_le_bytes());
    for offset in [20, 0, 0, dacl_at] {
        bytes.extend(offset.to_le_bytes());
    }
    bytes.extend(owner);
    bytes.extend([4, 0]);
    bytes.extend(u16::try_from(8 + list.len()).unwrap().to_le_bytes());
    bytes.extend(u16::try_from(rules.len()).unwrap().to_le_bytes());
    bytes.extend([0, 0]);
    bytes.extend(list);
    bytes
}

fn service_account() -> ServiceAccount {
    ServiceAccount {
        dn: dn(ACCOUNT),
        sid: sid_of(SVC),
        guid: guid(ACCOUNT),
        sam: "svc".to_owned(),
        flags: 0x1_0200,
        spns: Vec::new(),
        delegates_to: Vec::new(),
        acted_for: false,
        sid_history: Vec::new(),
        primary_group: 513,
        password_last_set: Filetime(1),
        created: now(),
        member_of: Vec::new(),
    }
}

const CLASSES: [(&str, RightGuid); 7] = [
    ("inetOrgPerson", INET_ORG_PERSON_CLASS),
    ("user", USER_CLASS),
    (
        "computer",
        RightGuid(0xbf96_7a86_0de6_11d0_a285_00aa_0030_49e2),
    ),
    (
        "group",
        RightGuid(0xbf96_7a9c_0de6_11d0_a285_00aa_0030_49e2),
    ),
    (
        "organizationalUnit",
        RightGuid(0xbf96_7aa5_0de6_11d0_a285_00aa_0030_49e2),
    ),
    (
        "container",
        RightGuid(0xbf96_7a8b_0de6_11d0_a285_00aa_0030_49e2),
    ),
    (
        "domainDNS",
        RightGuid(0x1922_5eb7_5ae0_4cbb_a1b4_0e70_0c45_be14),
    ),
];

fn class_guid(name: &str) -> RightGuid {
    let class = CLASSES.iter().find(|(class, _)| *class == name);
    class.expect("a class of the world").1
}

fn schema() -> Schema {
    let type_of = |text: &str| text.parse::<RightGuid>().unwrap();
    let restrictions = Some(type_of(RESTRICTIONS));
    let attributes = [
        (PWD, "pwdLastSet", restrictions),
        (
            "bf967a68-0de6-11d0-a285-00aa003049e2",
            "userAccountControl",
            restrictions,
        ),
        (LOCK, "lockoutTime", None),
        (MEMBER, "member", None),
        (DESCRIPTION, "description", None),
    ];
    let attributes = attributes.map(|(guid, name, property_set)| {
        let attribute = Attribute {
            name: name.to_owned(),
            property_set,
            confidential: false,
            read_only: false,
        };
        (type_of(guid), attribute)
    });
    let classes = CLASSES.map(|(name, guid)| {
        let oneself = if name == "user" { ONESELF } else { "" };
        let class = Class {
            name: name.to_owned(),
            default_descriptor: Some(format!("D:{USUAL}{oneself}")),
        };
        (guid, class)
    });
    let rights = [
        (RESET, "Reset Password", 0x100),
        (CHANGE_PASSWORD, "Change Password", 0x100),
        (
            "1131f6ad-9c07-11d1-f79f-00c04fc2dcd2",
            "Replicating Directory Changes All",
            0x100,
        ),
        (RESTRICTIONS, "Account Restrictions", 0x30),
    ];
    let rights = rights.map(|(guid, name, valid_accesses)| {
        let right = ExtendedRight {
            name: name.to_owned(),
            valid_accesses,
        };
        (type_of(guid), right)
    });
    Schema {
        attributes: attributes.into_iter().collect(),
        classes: classes.into_iter().collect(),
        rights: rights.into_iter().collect(),
    }
}

#[test]
fn an_account_with_exactly_the_needed_rights_has_nothing_to_answer_for() {
    let proof = World::new().prove();
    assert_eq!(proof.findings, []);
    assert_eq!(proof.notes, []);
    assert_eq!(proof.people, 2);
    assert_eq!(proof.objects, 14);
}

#[test]
fn the_id_of_a_finding_stays_the_same_and_differs_from_others() {
    let mut world = World::new();
    world.rule(CAROL, "(A;;GA;;;SVC)");
    let first = world.one().id;
    world.rule(DAVE, "(A;;GA;;;SVC)");
    let ids: Vec<String> = world
        .prove()
        .findings
        .into_iter()
        .map(|finding| finding.id)
        .collect();
    assert!(ids.contains(&first));
    assert_ne!(ids[0], ids[1]);
    assert_eq!(first.len(), 8);
}

#[test]
fn missing_and_excess_are_told_apart() {
    let mut world = World::new();
    world.strip(STAFF).rule(CAROL, "(A;;GA;;;SVC)");
    let proof = world.prove();
    assert_eq!((proof.missing().count(), proof.excess().count()), (1, 1));
    let excess = proof.excess().next().unwrap();
    assert!(!excess.in_general().contains("Carol") && excess.sentence.contains("Carol"));
}
