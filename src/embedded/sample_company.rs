//! The company of the demo: two hundred made-up people at three sites, with every status that a
//! helper meets. Their names are in `sample_company.txt`; what is special about somebody is here.

use super::founding::{Founding, PolicyNumbers, domain_names};
use super::people::{Person, Trait};
use super::policy::flag;
use super::schema::Class;
use super::test_domain::DELEGATION;
use super::tree::Tree;
use crate::domain::identity::ObjectGuid;
use jiff::{SignedDuration, Timestamp};

/// The company's name.
pub const COMPANY: &str = "Tannhof & Reed";
/// NetBIOS name of the domain.
pub const DOMAIN: &str = "TANNHOF";
/// The OU of the people.
pub const USER_OU: &str = "OU=People,DC=tannhof,DC=example";
/// The operators' group.
pub const RESET_GROUP: &str = "Password Resetters";
/// The service account.
pub const SERVICE_NAME: &str = "svc_passwordreset";
/// Password of the service account. It opens nothing but this directory, on loopback.
pub const SERVICE_PASSWORD: &str = "Only-For-The-Demo-0001!";
/// Password of the built-in administrator, for commands that ask for one.
pub const ADMINISTRATOR_PASSWORD: &str = "Administrator-Of-The-Demo-1!";
/// Everybody's password.
pub const PASSWORD: &str = "Sample-Tea-42";
/// A team lead, who may help by a nested group.
pub const TEAM_LEAD: &str = "katharina.brandl";
/// Of the service desk, who may help by another one.
pub const SERVICE_DESK: &str = "james.whitaker";

/// Who reads the audit log, and helps nobody.
pub const AUDITOR: &str = "arne.christiansen";
/// The auditors' group.
pub const AUDITOR_GROUP: &str = "Auditors";

const POLICY: PolicyNumbers = PolicyNumbers {
    min_length: 12,
    history: 24,
    max_age_days: 180,
    lockout_threshold: 5,
    lockout_minutes: 60,
    window_minutes: 60,
};
const STRICT: PolicyNumbers = PolicyNumbers {
    min_length: 20,
    ..POLICY
};

const NAMES: &str = include_str!("sample_company.txt");

const GROUPS: [&str; 8] = [
    RESET_GROUP,
    AUDITOR_GROUP,
    "Team Leads",
    "Service Desk",
    "Server Team",
    "Payroll",
    "Works Council",
    "All Staff",
];

const ADMIN: Trait<'_> = Trait::In("Domain Admins");
const LEAD: Trait<'_> = Trait::In("Team Leads");
const DESK: Trait<'_> = Trait::In("Service Desk");
const DISABLED: Trait<'_> = Trait::Flags(flag::DISABLED);

/// Who is special, and how.
#[rustfmt::skip]
const SPECIAL: [(&str, &[Trait<'static>]); 34] = [
    (TEAM_LEAD, &[LEAD]),
    (SERVICE_DESK, &[DESK]),
    (AUDITOR, &[Trait::In(AUDITOR_GROUP)]),
    ("priya.nair", &[LEAD]),
    ("gareth.bevan", &[LEAD]),
    ("katrin.moeller", &[LEAD, Trait::MustChange]),
    ("uwe.kroeger", &[LEAD, DISABLED]),
    ("oliver.brandt", &[DESK]),
    ("zara.hussain", &[DESK]),
    ("tobias.lechner", &[Trait::Locked]),
    ("wayne.murgatroyd", &[Trait::Locked]),
    ("ayse.demir", &[Trait::Locked, Trait::PasswordDays(170)]),
    ("levke.thomsen", &[DISABLED]),
    ("alois.deutsch", &[DISABLED, Trait::LoggedOnDaysAgo(411)]),
    ("nigel.holroyd", &[Trait::ExpiresIn(-12)]),
    ("hannah.leitner", &[Trait::ExpiresIn(9)]),
    ("chloe.armitage", &[Trait::MustChange]),
    ("malte.rohde", &[Trait::MustChange]),
    ("johanna.reiter", &[Trait::PasswordDays(193)]),
    ("stuart.bramley", &[Trait::PasswordDays(240), Trait::Locked]),
    ("josef.krenn", &[Trait::Flags(flag::NEVER_EXPIRES), Trait::PasswordDays(2_030)]),
    ("friederike.tannhof", &[Trait::Flags(flag::SMARTCARD)]),
    ("eva.schwaiger", &[Trait::Flags(flag::SMARTCARD)]),
    ("guenter.schroeder", &[Trait::CannotChange]),
    ("ute.nissen", &[Trait::In("Payroll")]),
    ("barbara.trummer", &[Trait::In("Payroll")]),
    ("beth.appleyard", &[Trait::In("Payroll")]),
    ("volker.steffens", &[ADMIN]),
    ("roland.zach", &[Trait::In("Server Team")]),
    ("owen.pritchard", &[Trait::Primary("Domain Admins")]),
    ("jan.eggers", &[Trait::In("Backup Operators")]),
    ("mareike.fock", &[Trait::Has("adminCount", "1")]),
    ("susanne.albers", &[Trait::Isolated]),
    ("toby.greenwood", &[Trait::Flags(flag::NOT_REQUIRED)]),
];

/// The company's directory.
pub(super) fn tree(now: Timestamp) -> Option<Tree> {
    let names = domain_names(
        "tannhof.example",
        DOMAIN,
        "S-1-5-21-2917385642-1480926357-3062718495",
    )?;
    let mut founding = Founding::new(names, &POLICY, now);
    founding.set_administrator(ADMINISTRATOR_PASSWORD);
    let head = founding.tree.head();
    let ou = Class::OrganizationalUnit;
    let groups = founding.container(ou, head, "Groups");
    for name in GROUPS {
        founding.group(groups, name);
    }
    founding.join("Team Leads", RESET_GROUP);
    founding.join("Service Desk", RESET_GROUP);
    founding.join("Server Team", "Domain Admins");
    let people = founding.container(ou, head, "People");
    staff(&mut founding, people)?;
    machines(&mut founding, people);
    let payroll = founding.tree.by_sam("Payroll")?.guid;
    founding.fine_grained("Payroll passwords", 10, payroll, &STRICT);
    let accounts = founding.container(ou, head, "Service Accounts");
    let service = [
        Trait::Flags(flag::NEVER_EXPIRES),
        Trait::Password(SERVICE_PASSWORD),
    ];
    let service = Person {
        sam: SERVICE_NAME,
        cn: "Keyward service account",
        traits: &service,
    };
    let service = founding.person(accounts, &service, PASSWORD);
    let sid = founding.tree.entry(service)?.sid.clone();
    founding.tree.add_access(people, DELEGATION, sid.as_ref());
    founding.tree.protect_administrators(now);
    Some(founding.tree)
}

/// A heading of the list: site, department and office of the people below it.
#[derive(Clone, Copy)]
struct Heading<'a> {
    site: &'a str,
    department: &'a str,
    office: &'a str,
}

/// Everybody of the list, each below the OU of the site; the first under a heading leads the rest.
fn staff(founding: &mut Founding, people: ObjectGuid) -> Option<()> {
    let mut ous: Vec<(&str, ObjectGuid)> = Vec::new();
    let mut heading = None;
    let mut lead = None;
    for (number, line) in NAMES.lines().enumerate() {
        if let Some(title) = line.strip_prefix("# ") {
            heading = Some(read_heading(title)?);
            lead = None;
            continue;
        }
        let heading = heading?;
        let known = ous.iter().find(|(site, _)| *site == heading.site);
        let ou = if let Some((_, ou)) = known {
            *ou
        } else {
            let ou = founding.container(Class::OrganizationalUnit, people, heading.site);
            ous.push((heading.site, ou));
            ou
        };
        let guid = employee(founding, ou, line, heading, number)?;
        let boss = lead.or_else(|| founding.tree.by_sam("friederike.tannhof").map(|e| e.guid));
        if let Some(boss) = boss.filter(|boss| *boss != guid) {
            founding.tree.set_links(guid, "manager", &[boss]);
        }
        lead = lead.or(Some(guid));
    }
    Some(())
}

fn read_heading(text: &str) -> Option<Heading<'_>> {
    let mut parts = text.split(" | ");
    Some(Heading {
        site: parts.next()?,
        department: parts.next()?,
        office: parts.next()?,
    })
}

fn employee(
    founding: &mut Founding,
    ou: ObjectGuid,
    line: &str,
    heading: Heading<'_>,
    number: usize,
) -> Option<ObjectGuid> {
    let mut parts = line.split('|');
    let (given, surname, title) = (parts.next()?, parts.next()?, parts.next()?);
    let mut sam = account_name(given, surname);
    let mut cn = [given, " ", surname].concat();
    if founding.tree.by_sam(&sam).is_some() {
        sam.push('2');
        cn = [&cn, " (", heading.site, ")"].concat();
    }
    let number = i64::try_from(number).unwrap_or(0);
    let display = [given, " ", surname].concat();
    let mail = [&sam, "@tannhof.example"].concat();
    let employee_id = (40_000 + number * 7).to_string();
    let phone = phone(heading.site, number);
    let mut traits = vec![
        Trait::Has("displayName", &display),
        Trait::Has("givenName", given),
        Trait::Has("sn", surname),
        Trait::Has("title", title),
        Trait::Has("department", heading.department),
        Trait::Has("physicalDeliveryOfficeName", heading.office),
        Trait::Has("l", heading.site),
        Trait::Has("company", COMPANY),
        Trait::Has("mail", &mail),
        Trait::Has("employeeID", &employee_id),
        Trait::Has("telephoneNumber", &phone),
        Trait::In("All Staff"),
        // Spread out, so that no two pages look the same.
        Trait::PasswordDays(5 + number * 31 % 160),
        Trait::LoggedOnDaysAgo(1 + number * 17 % 13),
    ];
    let more = SPECIAL.iter().filter(|(name, _)| *name == sam);
    traits.extend(more.flat_map(|(_, more)| more.iter().copied()));
    let (sam, cn) = (sam.as_str(), cn.as_str());
    let guid = founding.person(
        ou,
        &Person {
            sam,
            cn,
            traits: &traits,
        },
        PASSWORD,
    );
    if traits
        .iter()
        .any(|special| matches!(special, Trait::Locked))
    {
        // A few minutes ago, as when somebody comes to ask.
        let minutes = SignedDuration::from_mins(3 + number % 9);
        founding.tree.lock(guid, founding.now - minutes);
    }
    Some(guid)
}

/// `given.surname` in ASCII, at most 20 characters: sAMAccountName of this company.
fn account_name(given: &str, surname: &str) -> String {
    let plain = |name: &str| {
        let lower = name.to_lowercase();
        let lower = lower
            .replace('ä', "ae")
            .replace('ö', "oe")
            .replace('ü', "ue");
        let folded = super::folding::fold(&lower).replace('ı', "i");
        folded
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
    };
    let mut name = [plain(given).as_str(), ".", &plain(surname)].concat();
    name.truncate(20);
    name
}

fn phone(site: &str, number: i64) -> String {
    // Numbers that are set aside for films and examples.
    let prefix = match site {
        "Hamburg" => "+49 40 66969 ",
        "Graz" => "+43 316 555 ",
        _ => "+44 113 496 0",
    };
    format!("{prefix}{:03}", 100 + number % 900)
}

/// What is no person: it must not be found, or not be touched.
fn machines(founding: &mut Founding, people: ObjectGuid) {
    let computer = [
        Trait::Class(Class::Computer),
        Trait::Kind(0x1000),
        Trait::Password(""),
    ];
    let managed = [
        Trait::Class(Class::GroupManagedServiceAccount),
        Trait::Kind(0x1000),
        Trait::Password(""),
    ];
    for (sam, cn, traits) in [
        ("TR-HH-L0042$", "TR-HH-L0042", &computer),
        ("TR-GRZ-L0117$", "TR-GRZ-L0117", &computer),
        ("TR-LDS-L0205$", "TR-LDS-L0205", &computer),
        ("gmsa-backup$", "gmsa-backup", &managed),
    ] {
        founding.person(people, &Person { sam, cn, traits }, PASSWORD);
    }
}

#[cfg(test)]
mod tests {
    use super::super::entry::Entry;
    use super::super::policy;
    use super::*;

    fn company() -> Tree {
        tree("2026-03-02T09:30:00Z".parse().unwrap()).unwrap()
    }

    fn people(tree: &Tree) -> Vec<&Entry> {
        let people: crate::domain::identity::Dn = USER_OU.parse().unwrap();
        tree.entries()
            .filter(|entry| entry.class == Class::User && entry.dn.is_below(&people))
            .collect()
    }

    #[test]
    fn two_hundred_people_have_all_that_a_page_shows() {
        let tree = company();
        let people = people(&tree);
        assert_eq!(people.len(), 200);
        for person in people {
            for attribute in [
                "givenName",
                "sn",
                "displayName",
                "department",
                "title",
                "mail",
            ] {
                assert!(
                    person.text(attribute).is_some(),
                    "{}: {attribute}",
                    person.dn
                );
            }
            let sam = person.sam();
            assert!(
                sam.len() <= 20 && sam.is_ascii() && sam.contains('.'),
                "{sam}"
            );
            let manager = person.values("manager");
            assert!(!manager.is_empty() || sam == "friederike.tannhof", "{sam}");
            assert!(person.filetime("lastLogonTimestamp").is_some(), "{sam}");
        }
    }

    #[test]
    fn everybody_who_is_special_is_there() {
        let tree = company();
        for (sam, _) in SPECIAL {
            assert!(tree.by_sam(sam).is_some(), "{sam}");
        }
        for name in ["TR-HH-L0042$", SERVICE_NAME, RESET_GROUP] {
            assert!(tree.by_sam(name).is_some(), "{name}");
        }
        let twins = people(&tree)
            .into_iter()
            .filter(|p| p.text("displayName") == Some("Michael Bauer"));
        assert_eq!(twins.count(), 2);
    }

    #[test]
    fn those_who_sign_in_may_help_and_those_who_are_locked_still_are() {
        let tree = company();
        let resetters = tree.by_sam(RESET_GROUP).unwrap().sid.clone().unwrap();
        for sam in [TEAM_LEAD, SERVICE_DESK] {
            let person = tree.by_sam(sam).unwrap();
            assert!(tree.all_groups(person).contains(&resetters), "{sam}");
        }
        let lechner = tree.by_sam("tobias.lechner").unwrap();
        let rules = policy::of(&tree, lechner);
        assert!(policy::is_locked(
            lechner,
            &rules,
            "2026-03-02T10:00:00Z".parse().unwrap()
        ));
        let payroll = tree.by_sam("ute.nissen").unwrap();
        assert_eq!(policy::of(&tree, payroll).min_length, 20);
    }

    #[test]
    fn account_names_are_written_in_plain_letters() {
        for (given, surname, expected) in [
            ("Jörg", "Wulff", "joerg.wulff"),
            ("Mehmet", "Yıldız", "mehmet.yildiz"),
            ("Siobhan", "O'Rourke", "siobhan.orourke"),
            ("Paul", "Weissenböck", "paul.weissenboeck"),
            ("Friederike", "Tannhof-Petersen", "friederike.tannhofpe"),
        ] {
            assert_eq!(account_name(given, surname), expected);
        }
    }
}
