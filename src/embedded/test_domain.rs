//! The domain of the tests: the same names, statuses and rights as `dev/people.py` puts into a
//! real domain controller, so that the same cases run against both. Change both together.

use super::founding::{Founding, PolicyNumbers, domain_names};
use super::people::{Person, Trait};
use super::policy::flag;
use super::schema::Class;
use super::tree::Tree;
use crate::domain::identity::ObjectGuid;
use jiff::Timestamp;
use std::collections::HashMap;

/// Password of every person.
pub const PASSWORD: &str = "Start-Pass-123!";
/// The service account, delegated as it should be.
pub const SERVICE_NAME: &str = "svc_passwordreset";
/// Password of the service accounts.
pub const SERVICE_PASSWORD: &str = "Svc-Secret-For-Tests-0001!";
/// The built-in administrator.
pub const ADMINISTRATOR: &str = "Administrator";
/// Password of the built-in administrator. It opens nothing but this directory, on loopback.
pub const ADMINISTRATOR_PASSWORD: &str = "Admin-Secret-For-Tests-0001!";
/// A service account with more rights than it needs.
pub const SECOND_SERVICE_NAME: &str = "svc_toomuch";
/// A service account without any right.
pub const BARE_SERVICE_NAME: &str = "svc_nothing";
/// The operators' group.
pub const RESET_GROUP: &str = "Password Resetters";
/// A member of [`RESET_GROUP`].
pub const NESTED_GROUP: &str = "Team Leads";
/// Those who read the audit log.
pub const AUDITOR_GROUP: &str = "Log Readers";
/// A member of [`AUDITOR_GROUP`].
pub const NESTED_AUDITOR_GROUP: &str = "Data Protection";
/// The group that the fine-grained policy "Strict" applies to.
pub const STRICT_GROUP: &str = "Strict Passwords";
/// NetBIOS name.
pub const DOMAIN: &str = "EXAMPLE";
/// DN of the head.
pub const BASE: &str = "DC=example,DC=test";
/// The rule's base.
pub const USER_OU: &str = "OU=Staff,DC=example,DC=test";

const POLICY: PolicyNumbers = PolicyNumbers {
    min_length: 10,
    history: 24,
    max_age_days: 90,
    lockout_threshold: 5,
    lockout_minutes: 30,
    window_minutes: 30,
};
const STRICT: PolicyNumbers = PolicyNumbers {
    min_length: 20,
    ..POLICY
};
const TOUCHY: PolicyNumbers = PolicyNumbers {
    lockout_threshold: 3,
    ..POLICY
};

/// The least that Keyward needs on the OU of the people.
pub(super) const DELEGATION: &str = "\
    (OA;CIIO;CR;00299570-246d-11d0-a768-00aa006e0529;bf967aba-0de6-11d0-a285-00aa003049e2;SID)\
    (OA;CIIO;RPWP;bf967a0a-0de6-11d0-a285-00aa003049e2;bf967aba-0de6-11d0-a285-00aa003049e2;SID)\
    (OA;CIIO;RPWP;28630ebf-41d5-11d1-a9c1-0000f80367c1;bf967aba-0de6-11d0-a285-00aa003049e2;SID)";
const DCSYNC: &str = "(OA;;CR;1131f6aa-9c07-11d1-f79f-00c04fc2dcd2;;SID)\
    (OA;;CR;1131f6ad-9c07-11d1-f79f-00c04fc2dcd2;;SID)";

const DISABLED: Trait<'_> = Trait::Flags(flag::DISABLED);
const NEVER: Trait<'_> = Trait::Flags(flag::NEVER_EXPIRES);
const LEAD: Trait<'_> = Trait::In(RESET_GROUP);
const ADMIN: Trait<'_> = Trait::In("Domain Admins");
const COMPUTER: Trait<'_> = Trait::Kind(0x1000);
const NO_PASSWORD: Trait<'_> = Trait::Password("");

/// OU (a key of [`OUS`]), account name, CN, what is special.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static [Trait<'static>],
);

const OUS: [(&str, &str); 10] = [
    ("Staff", ""),
    ("Sales", "Staff"),
    ("XSales", "Staff"),
    ("Production", "Staff"),
    ("Umlaut Ä", "Staff"),
    ("Elsewhere", ""),
    ("XStaff", ""),
    ("Service Accounts", ""),
    ("Groups", ""),
    ("Many", "Groups"),
];

#[rustfmt::skip]
const OPERATORS: [Row; 17] = [
    ("Elsewhere", "lead.lena", "Lena Lead", &[Trait::In(NESTED_GROUP)]),
    ("Elsewhere", "lead.direct", "Dirk Direct", &[LEAD]),
    ("Elsewhere", "lead.primary", "Petra Primary", &[LEAD, Trait::Primary(RESET_GROUP)]),
    ("Staff", "olga.operator", "Olga Operator", &[LEAD]),
    ("Elsewhere", "lead.disabled", "Doris Disabled", &[LEAD, DISABLED]),
    ("Elsewhere", "lead.expired", "Ewald Expired", &[LEAD, Trait::ExpiresIn(-1)]),
    ("Elsewhere", "lead.locked", "Lotte Locked", &[LEAD, Trait::Locked]),
    ("Elsewhere", "lead.mustchange", "Max Mustchange", &[LEAD, Trait::MustChange]),
    ("Elsewhere", "lead.pwdexpired", "Paul Pastdue", &[LEAD, Trait::PasswordDays(120)]),
    ("Elsewhere", "lead.hours", "Hanna Hours", &[LEAD, Trait::NoLogonHours]),
    ("Elsewhere", "lead.touchy", "Toni Touchy", &[LEAD]),
    ("Elsewhere", "lead.upn", "Ulla Upn",
        &[LEAD, Trait::Has("userPrincipalName", "another.name@example.test")]),
    ("Elsewhere", "lead.suffix", "Sven Suffix",
        &[LEAD, Trait::Has("userPrincipalName", "lead.suffix@example.org")]),
    ("Elsewhere", "lead.both", "Bea Both", &[LEAD, ADMIN]),
    ("Elsewhere", "ada.auditor", "Ada Auditor", &[Trait::In(NESTED_AUDITOR_GROUP)]),
    ("Elsewhere", "bo.both", "Bo Both", &[LEAD, Trait::In(AUDITOR_GROUP)]),
    ("Elsewhere", "norma.nobody", "Norma Nobody", &[]),
];

#[rustfmt::skip]
const PEOPLE: [Row; 40] = [
    ("Staff", "alice.able", "Alice Able", &[
        Trait::Has("givenName", "Alice"), Trait::Has("sn", "Able"), Trait::Has("department", "Sales"),
        Trait::Has("title", "Account Manager"), Trait::Has("company", "Example Ltd"),
        Trait::Has("mail", "alice.able@example.test"), Trait::Has("telephoneNumber", "+49 30 5550101"),
        Trait::Has("physicalDeliveryOfficeName", "Berlin, room 101"), Trait::Has("employeeID", "10001"),
        Trait::Names("manager", "lead.lena")]),
    ("Sales", "bob.baker", "Bob Baker", &[
        Trait::Has("givenName", "Bob"), Trait::Has("sn", "Baker"), Trait::Has("department", "Sales"),
        Trait::Has("mail", "bob.baker@example.test")]),
    ("Staff", "lou.locked", "Lou Locked", &[Trait::Locked]),
    ("Staff", "dora.disabled", "Dora Disabled", &[DISABLED]),
    ("Staff", "ed.expired", "Ed Expired", &[Trait::ExpiresIn(-1)]),
    ("Staff", "mia.mustchange", "Mia Mustchange", &[Trait::MustChange]),
    ("Staff", "otis.oldpassword", "Otis Oldpassword", &[Trait::PasswordDays(120)]),
    ("Staff", "nina.never", "Nina Never", &[NEVER]),
    ("Staff", "nora.notrequired", "Nora Notrequired", &[Trait::Flags(flag::NOT_REQUIRED)]),
    ("Staff", "sam.smartcard", "Sam Smartcard", &[Trait::Flags(flag::SMARTCARD)]),
    ("Staff", "carl.cannotchange", "Carl Cannotchange", &[Trait::CannotChange]),
    ("Staff", "ines.isolated", "Ines Isolated", &[Trait::Isolated]),
    ("Staff", "stan.strict", "Stan Strict", &[Trait::In(STRICT_GROUP)]),
    ("Staff", "gus.groups", "Gus Groups", &[]),
    ("Staff", "norbert.noname", "Norbert Noname", &[Trait::Without("displayName")]),
    ("Sales", "chris.sales", "Chris Twin (Sales)",
        &[Trait::Has("displayName", "Chris Twin"), Trait::Has("department", "Sales")]),
    ("Production", "chris.production", "Chris Twin (Production)",
        &[Trait::Has("displayName", "Chris Twin"), Trait::Has("department", "Production")]),
    ("Staff", "carla.coffee", "Carla Coffee", &[Trait::In("Domain Admins of Coffee")]),
    ("Staff", "adam.admin", "Adam Admin", &[ADMIN]),
    ("Staff", "anna.nested", "Anna Nested", &[Trait::In("Server Team")]),
    ("Staff", "pia.primary", "Pia Primary", &[Trait::Primary("Domain Admins")]),
    ("Staff", "bea.backup", "Bea Backup", &[Trait::In("Backup Operators")]),
    ("Staff", "stale.admincount", "Stale Admincount", &[Trait::Has("adminCount", "1")]),
    ("Staff", "dirk.delegation", "Dirk Delegation", &[Trait::Flags(0x8_0000)]),
    ("Staff", "tara.toauth", "Tara Toauth", &[Trait::Flags(0x100_0000)]),
    ("Staff", "dan.dcsync", "Dan Dcsync", &[Trait::OnDomain(DCSYNC)]),
    ("Staff", "willi.writedacl", "Willi Writedacl", &[Trait::OnDomain("(A;;WD;;;SID)")]),
    ("Staff", "WS01$", "WS01", &[Trait::Class(Class::Computer), COMPUTER, NO_PASSWORD]),
    ("Staff", "gmsa01$", "gmsa01",
        &[Trait::Class(Class::GroupManagedServiceAccount), COMPUTER, NO_PASSWORD]),
    ("Staff", "msa01$", "msa01",
        &[Trait::Class(Class::ManagedServiceAccount), COMPUTER, NO_PASSWORD]),
    ("Staff", "TRUSTED$", "TRUSTED$", &[Trait::Kind(0x820), NO_PASSWORD]),
    ("Staff", "iris.inetorg", "Iris Inetorg", &[Trait::Class(Class::InetOrgPerson)]),
    ("Elsewhere", "otto.outside", "Otto Outside", &[]),
    ("XStaff", "xaver.xstaff", "Xaver Xstaff", &[]),
    ("Elsewhere", "fake.inside", "Fake,OU=Staff,DC=example,DC=test", &[]),
    ("Service Accounts", SERVICE_NAME, "Keyward service", &[NEVER, Trait::Password(SERVICE_PASSWORD)]),
    ("Service Accounts", SECOND_SERVICE_NAME, "Too powerful service",
        &[NEVER, Trait::Password(SERVICE_PASSWORD)]),
    ("Service Accounts", BARE_SERVICE_NAME, "Powerless service",
        &[NEVER, Trait::Password(SERVICE_PASSWORD)]),
    ("Umlaut Ä", "odd.umlaut", "Jürgen Müßig", &[]),
    ("Umlaut Ä", "zoë.größe", "Zoë Größe", &[]),
];

/// Names that break parsers and pages: account name, CN, display name where it is another one.
#[rustfmt::skip]
const ODD: [(&str, &str, &str); 28] = [
    ("odd.comma", "Comma, Connie", ""),
    ("odd.backslash", "Back\\slash Bert", ""),
    ("odd.hash", "#hash Hanna", ""),
    ("odd.plus", "Plus+Paula", ""),
    ("odd.quote", "Quote \"Quentin\" Quist", ""),
    ("odd.less", "Less<Lena", ""),
    ("odd.greater", "Greater>Gregor", ""),
    ("odd.semicolon", "Semi;Simon", ""),
    ("odd.equals", "Equals=Erika", ""),
    ("odd.star", "Star*Stella (Paren)", ""),
    ("odd.slash", "Slash/Sascha", ""),
    ("odd.leading", " Leading Lisa", ""),
    ("odd.trailing", "Trailing Tom ", ""),
    ("odd.apostrophe", "Pat O'Neil & Sons", ""),
    ("odd.emoji", "Emma 😀 Emoji", ""),
    ("odd.cjk", "山田 太郎", ""),
    ("odd.arabic", "محمد علي", ""),
    ("odd.markup", "Markup Marvin", "<script>alert(1)</script>"),
    ("odd.attribute", "Attribute Anton", "\" autofocus onfocus=\"alert(1)"),
    ("odd.template", "Template Tilda", "{{7*7}} ${7*7} %s"),
    ("odd.bidi", "Bidi Bruno", "Bruno \u{202e}gnp.exe"),
    ("odd.zerowidth", "Zero Zita", "Zi\u{200b}ta\u{ad} Zero"),
    ("odd.linebreak", "Line Linda", "Linda\r\nX-Injected: yes"),
    ("odd.ansi", "Ansi Andi", "\u{1b}[31mAndi\u{1b}[0m\u{2028}next"),
    ("odd.formula", "Formula Fritz", "=HYPERLINK(\"http://evil.test\")"),
    ("odd.ou", "OU=Sales, really", ""),
    ("odd.long.name.20char", "Long Lothar xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", LONG_NAME),
    ("odd.xsales", "XSales", ""),
];
const LONG_NAME: &str = "Lothar Langname Langname Langname Langname Langname Langname Langname Langname \
    Langname Langname Langname Langname Langname Langname Langname Langname Langname Langname \
    Langname Langname Langname Langname Langname Langname Langname Langname Langname";

/// The people called `target.01` to `target.40`.
#[rustfmt::skip]
const TARGETS: [&str; 40] = [
    "Tara Amsel", "Timo Buche", "Tina Dachs", "Tom Eiche", "Thea Falke", "Till Ginster", "Trude Hecht",
    "Tobias Igel", "Tilda Kiebitz", "Theo Linde", "Tamara Marder", "Tristan Nelke", "Tabea Otter",
    "Titus Pappel", "Toni Quendel", "Tanja Rabe", "Thilo Spatz", "Tessa Tanne", "Tjark Ulme",
    "Traudl Veilchen", "Ulrike Weide", "Udo Zander", "Ursel Ahorn", "Uwe Birke", "Una Distel",
    "Urban Elster", "Uta Fichte", "Ulf Geier", "Verena Hasel", "Viktor Iltis", "Vera Kresse",
    "Valentin Luchs", "Viola Meise", "Volker Narzisse", "Vanessa Orchidee", "Veit Primel",
    "Wanda Reiher", "Walter Salbei", "Wiebke Thymian", "Wilhelm Uhu",
];

/// The account names of everybody that the tables name.
pub fn accounts() -> impl Iterator<Item = String> {
    let rows = OPERATORS
        .iter()
        .chain(&PEOPLE)
        .map(|(_, sam, _, _)| (*sam).to_owned());
    let odd = ODD.iter().map(|(sam, _, _)| (*sam).to_owned());
    let leads = (1..=SPARE_LEADS).map(|number| format!("lead.spare{number}"));
    let targets = (1..=TARGETS.len()).map(|number| format!("target.{number:02}"));
    let bulk = (1..=BULK).map(|number| format!("bulk.{number:02}"));
    rows.chain(odd).chain(leads).chain(targets).chain(bulk)
}

/// The OUs: name and DN.
pub fn ous() -> impl Iterator<Item = (&'static str, String)> {
    OUS.into_iter().map(|(name, parent)| {
        let above = if parent.is_empty() {
            String::new()
        } else {
            format!("OU={parent},")
        };
        (name, format!("OU={name},{above}{BASE}"))
    })
}

const SPARE_LEADS: usize = 20;
const BULK: usize = 60;
const MANY_GROUPS: usize = 200;

/// The domain, filled.
pub(super) fn tree(now: Timestamp) -> Option<Tree> {
    founding(now).map(|founding| founding.tree)
}

/// The domain, filled, to be filled further.
pub(super) fn founding(now: Timestamp) -> Option<Founding> {
    let names = domain_names(
        "example.test",
        DOMAIN,
        "S-1-5-21-1004336348-1177238915-682003330",
    )?;
    let mut founding = Founding::new(names, &POLICY, now);
    founding.set_upn_suffix("example.org");
    founding.set_administrator(ADMINISTRATOR_PASSWORD);
    let ous = add_ous(&mut founding);
    let groups = *ous.get("Groups")?;
    for name in [
        NESTED_GROUP,
        RESET_GROUP,
        NESTED_AUDITOR_GROUP,
        AUDITOR_GROUP,
        STRICT_GROUP,
        "Server Team",
        "Domain Admins of Coffee",
    ] {
        founding.group(groups, name);
    }
    founding.join(NESTED_GROUP, RESET_GROUP);
    founding.join(NESTED_AUDITOR_GROUP, AUDITOR_GROUP);
    founding.join("Server Team", "Domain Admins");
    for (ou, sam, cn, traits) in OPERATORS.iter().chain(&PEOPLE) {
        founding.person(*ous.get(ou)?, &Person { sam, cn, traits }, PASSWORD);
    }
    numbered(&mut founding, &ous)?;
    for (sam, cn, display) in ODD {
        let own = [Trait::Has("displayName", display)];
        let traits = if display.is_empty() { &[] } else { &own[..] };
        let ou = if sam == "odd.xsales" {
            "XSales"
        } else {
            "Staff"
        };
        founding.person(*ous.get(ou)?, &Person { sam, cn, traits }, PASSWORD);
    }
    let guid = |founding: &Founding, name: &str| founding.tree.by_sam(name).map(|e| e.guid);
    let (strict, touchy) = (
        guid(&founding, STRICT_GROUP)?,
        guid(&founding, "lead.touchy")?,
    );
    founding.fine_grained("Strict", 10, strict, &STRICT);
    founding.fine_grained("Touchy", 20, touchy, &TOUCHY);
    let staff = *ous.get("Staff")?;
    for (name, sddl) in [
        (SERVICE_NAME, DELEGATION),
        (SECOND_SERVICE_NAME, "(A;CI;GA;;;SID)"),
    ] {
        let sid = founding.tree.by_sam(name)?.sid.clone();
        founding.tree.add_access(staff, sddl, sid.as_ref());
    }
    Some(founding)
}

fn add_ous(founding: &mut Founding) -> HashMap<&'static str, ObjectGuid> {
    let mut ous = HashMap::new();
    for (name, parent) in OUS {
        let parent = ous.get(parent).copied().unwrap_or(founding.tree.head());
        ous.insert(
            name,
            founding.container(Class::OrganizationalUnit, parent, name),
        );
    }
    ous
}

/// Spare operators, people to reset, many hits of one search, and one person's many groups.
fn numbered(founding: &mut Founding, ous: &HashMap<&str, ObjectGuid>) -> Option<()> {
    for number in 1..=SPARE_LEADS {
        let (sam, cn) = (
            format!("lead.spare{number}"),
            format!("Spare Lead {number}"),
        );
        let person = Person {
            sam: &sam,
            cn: &cn,
            traits: &[LEAD],
        };
        founding.person(*ous.get("Elsewhere")?, &person, PASSWORD);
    }
    for (at, cn) in TARGETS.iter().enumerate() {
        let sam = format!("target.{:02}", at + 1);
        let department = if at % 2 == 0 { "Production" } else { "Sales" };
        let traits = &[Trait::Has("department", department)];
        founding.person(
            *ous.get("Staff")?,
            &Person {
                sam: &sam,
                cn,
                traits,
            },
            PASSWORD,
        );
    }
    for number in 1..=BULK {
        let (sam, cn) = (
            format!("bulk.{number:02}"),
            format!("Bulk Person {number:02}"),
        );
        let person = Person {
            sam: &sam,
            cn: &cn,
            traits: &[],
        };
        founding.person(*ous.get("Production")?, &person, PASSWORD);
    }
    for number in 1..=MANY_GROUPS {
        let name = format!("Gus Group {number:03}");
        founding.group(*ous.get("Many")?, &name);
        founding.join("gus.groups", &name);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_of_the_tables_is_there_once() {
        let tree = tree(Timestamp::UNIX_EPOCH).unwrap();
        let names: Vec<_> = accounts().collect();
        assert_eq!(names.len(), 205);
        for sam in &names {
            let found = tree.entries().filter(|entry| entry.sam() == sam);
            assert_eq!(found.count(), 1, "{sam}");
        }
        // And nobody else but Administrator, Guest, krbtgt and the domain controller.
        let all = tree.entries().filter(|entry| entry.class.is_account());
        assert_eq!(all.count(), names.len() + 4);
    }

    #[test]
    fn ous_have_the_names_that_are_told() {
        let tree = tree(Timestamp::UNIX_EPOCH).unwrap();
        for (name, dn) in ous() {
            assert!(tree.by_dn(&dn.parse().unwrap()).is_some(), "{name}");
        }
    }

    #[test]
    fn the_same_people_are_put_into_the_real_domain_controller() {
        let script = include_str!("../../dev/people.py");
        let constants = [
            PASSWORD,
            SERVICE_PASSWORD,
            SERVICE_NAME,
            RESET_GROUP,
            NESTED_GROUP,
            AUDITOR_GROUP,
            NESTED_AUDITOR_GROUP,
        ];
        for text in constants {
            assert!(script.contains(&format!("= \"{text}\"")), "{text}");
        }
        let tables = OPERATORS
            .iter()
            .chain(&PEOPLE)
            .map(|(_, sam, cn, _)| (*sam, *cn));
        let odd = ODD.iter().map(|(sam, cn, _)| (*sam, *cn));
        for (sam, cn) in tables
            .chain(odd)
            .filter(|(sam, _)| !sam.starts_with("svc_"))
        {
            assert!(
                script.contains(&format!("\"{sam}\"")),
                "{sam} is not in dev/people.py"
            );
            let cn = cn.trim_end_matches('x').replace('\\', "\\\\");
            assert!(script.contains(&cn), "{cn} is not in dev/people.py");
        }
        for name in TARGETS {
            assert!(script.contains(name), "{name}");
        }
    }

    #[test]
    fn nobody_of_the_real_domain_controller_is_missing_here() {
        let known: Vec<_> = accounts().collect();
        let mut found = 0;
        for line in include_str!("../../dev/people.py")
            .lines()
            .map(str::trim_start)
        {
            let mut quoted = line.split('"');
            let (start, sam) = (quoted.next().unwrap(), quoted.next().unwrap_or_default());
            let odd = start == "(" && (sam.starts_with("odd.") || sam.starts_with("zoë"));
            if !odd && !["lead(", "Account("].contains(&start) {
                continue;
            }
            assert!(known.iter().any(|name| name == sam), "{sam}");
            found += 1;
        }
        assert!(found > 60, "{found}");
    }
}
