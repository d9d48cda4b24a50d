//! The faults.

/// Whether a right is missing or too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Excess,
    Missing,
}

/// One step of planting. `{estate}`, `{head}`, `{service}` (its DN), `{svc}` (its SID), `{inner}` and
/// `{outer}` (groups' SIDs) are filled in.
pub enum Plant {
    /// A rule, in SDDL, on an object.
    Rule(&'static str, &'static str),
    /// A rule that is there is taken away.
    WithoutRule(&'static str, &'static str),
    /// The service account becomes the owner.
    Owner(&'static str),
    /// The object takes nothing over from above any more.
    Blocked(&'static str),
    /// As `SDProp` leaves an account: the rules of `AdminSDHolder`, and none from above.
    Stamped(&'static str),
    /// One value more.
    Value(&'static str, &'static str, &'static str),
    /// This value instead.
    Replaced(&'static str, &'static str, &'static str),
    /// A bit of the service account's userAccountControl.
    Flag(u32),
    /// Another primary group of the service account.
    PrimaryGroup(&'static str),
}

/// A fault, and what must be said of it.
pub struct Fault {
    pub name: &'static str,
    pub kind: Kind,
    pub plants: Vec<Plant>,
    /// Words that the finding has, in whatever case.
    pub says: Vec<&'static str>,
}

use Plant::{Blocked, Flag, Owner, PrimaryGroup, Replaced, Rule, Stamped, Value, WithoutRule};

const PEOPLE: &str = "OU=People,{estate}";
const BRANCH: &str = "OU=Branch,OU=People,{estate}";
const ONE: &str = "CN=planted.one,OU=People,{estate}";
const TWO: &str = "CN=planted.two,OU=Branch,OU=People,{estate}";
const ELSEWHERE: &str = "OU=Elsewhere,{estate}";
const FAR: &str = "CN=planted.far,OU=Deep,OU=Elsewhere,{estate}";
const PC: &str = "CN=PLANTED-PC,OU=Elsewhere,{estate}";
const INNER: &str = "CN=Planted Inner,OU=Elsewhere,{estate}";
const OUTER: &str = "CN=Planted Outer,OU=Elsewhere,{estate}";
const DNS_ADMINS: &str = "CN=DnsAdmins,OU=Elsewhere,{estate}";
const HOLDER: &str = "CN=AdminSDHolder,CN=System,{head}";
const POLICY: &str = "CN={31B2F340-016D-11D2-945F-00C04FB984F9},CN=Policies,CN=System,{head}";

const RESET: &str =
    "(OA;CIIO;CR;00299570-246d-11d0-a768-00aa006e0529;bf967aba-0de6-11d0-a285-00aa003049e2;{svc})";
const PWD_LAST_SET: &str = "(OA;CIIO;RPWP;bf967a0a-0de6-11d0-a285-00aa003049e2;bf967aba-0de6-11d0-a285-00aa003049e2;{svc})";
const LOCKOUT_TIME: &str = "(OA;CIIO;RPWP;28630ebf-41d5-11d1-a9c1-0000f80367c1;bf967aba-0de6-11d0-a285-00aa003049e2;{svc})";

fn excess(name: &'static str, plants: Vec<Plant>, says: &[&'static str]) -> Fault {
    Fault {
        name,
        kind: Kind::Excess,
        plants,
        says: says.to_vec(),
    }
}

fn missing(name: &'static str, plants: Vec<Plant>, says: &[&'static str]) -> Fault {
    Fault {
        name,
        kind: Kind::Missing,
        plants,
        says: says.to_vec(),
    }
}

/// All of them.
pub fn all() -> Vec<Fault> {
    let mut all = whole_rights();
    all.extend(single_rights());
    all.extend(rules_in_special_places());
    all.extend(ownership_and_groups());
    all.extend(the_account_itself());
    all.extend(missing_rights());
    all
}

/// Rules for the account that give it much at once, or in the wrong place.
fn whole_rights() -> Vec<Fault> {
    vec![
        excess(
            "GenericAll",
            vec![Rule(ELSEWHERE, "(A;CI;GA;;;{svc})")],
            &[ELSEWHERE],
        ),
        excess(
            "WriteDACL",
            vec![Rule(ELSEWHERE, "(A;;WD;;;{svc})")],
            &[ELSEWHERE],
        ),
        excess("WriteOwner", vec![Rule(OUTER, "(A;;WO;;;{svc})")], &[OUTER]),
        excess("GenericWrite", vec![Rule(FAR, "(A;;GW;;;{svc})")], &[FAR]),
        excess(
            "write member",
            vec![Rule(
                OUTER,
                "(OA;;WP;bf9679c0-0de6-11d0-a285-00aa003049e2;;{svc})",
            )],
            &[OUTER, "member"],
        ),
        excess(
            "add itself to a group",
            vec![Rule(
                OUTER,
                "(OA;;SW;bf9679c0-0de6-11d0-a285-00aa003049e2;;{svc})",
            )],
            &[OUTER],
        ),
        excess(
            "all extended rights on the people it serves",
            vec![Rule(
                PEOPLE,
                "(OA;CIIO;CR;;bf967aba-0de6-11d0-a285-00aa003049e2;{svc})",
            )],
            &[PEOPLE],
        ),
        excess(
            "a property set",
            vec![Rule(
                PEOPLE,
                "(OA;CIIO;WP;4c164200-20c0-11d0-a768-00aa006e0529;bf967aba-0de6-11d0-a285-00aa003049e2;{svc})",
            )],
            &[PEOPLE, "Account Restrictions"],
        ),
        excess(
            "reset password of everything, not of people only",
            vec![Rule(
                PEOPLE,
                "(OA;CIIO;CR;00299570-246d-11d0-a768-00aa006e0529;bf967a86-0de6-11d0-a285-00aa003049e2;{svc})",
            )],
            &[PEOPLE, "computer"],
        ),
        excess(
            "reset password in the whole domain",
            vec![Rule("{head}", RESET)],
            &["{head}", "Password"],
        ),
        excess(
            "create child",
            vec![Rule(
                ELSEWHERE,
                "(OA;;CC;bf967aba-0de6-11d0-a285-00aa003049e2;;{svc})",
            )],
            &[ELSEWHERE, "user"],
        ),
        excess(
            "delete what is below",
            vec![Rule(ELSEWHERE, "(A;;DCDT;;;{svc})")],
            &[ELSEWHERE],
        ),
    ]
}

/// Rules for the account about one attribute or one object.
fn single_rights() -> Vec<Fault> {
    vec![
        excess(
            "one user deep in another OU",
            vec![Rule(
                FAR,
                "(OA;;CR;00299570-246d-11d0-a768-00aa006e0529;;{svc})",
            )],
            &[FAR],
        ),
        excess(
            "key credentials of a person",
            vec![Rule(
                FAR,
                "(OA;;WP;5b47d60f-6090-40b2-9f37-2a4de88f3063;;{svc})",
            )],
            &[FAR, "msDS-KeyCredentialLink"],
        ),
        excess(
            "service names of a person",
            vec![Rule(
                FAR,
                "(OA;;WP;f3a64788-5306-11d1-a9c5-0000f80367c1;;{svc})",
            )],
            &[FAR, "servicePrincipalName"],
        ),
        excess(
            "delegation to a computer",
            vec![Rule(
                PC,
                "(OA;;WP;3f78c3e5-f79a-46bd-a0b8-9d18116ddc79;;{svc})",
            )],
            &[PC, "msDS-AllowedToActOnBehalfOfOtherIdentity"],
        ),
        excess(
            "policies of an OU",
            vec![Rule(
                ELSEWHERE,
                "(OA;;WP;f30e3bbe-9ff0-11d1-b603-0000f80367c1;;{svc})",
            )],
            &[ELSEWHERE, "gPLink"],
        ),
        excess(
            "its own account",
            vec![Rule("{service}", "(A;;WD;;;{svc})")],
            &["{service}"],
        ),
    ]
}

fn rules_in_special_places() -> Vec<Fault> {
    vec![
        excess(
            "DCSync",
            vec![Rule(
                "{head}",
                "(OA;;CR;1131f6ad-9c07-11d1-f79f-00c04fc2dcd2;;{svc})",
            )],
            &["{head}", "Replicating Directory Changes All", "password"],
        ),
        excess(
            "AdminSDHolder",
            vec![Rule(HOLDER, "(A;;WP;;;{svc})")],
            &[HOLDER],
        ),
        excess(
            "a group policy",
            vec![Rule(POLICY, "(A;;WP;;;{svc})")],
            &[POLICY, "polic"],
        ),
        excess(
            "the configuration",
            vec![Rule(
                "CN=Sites,CN=Configuration,{head}",
                "(A;CI;CCWP;;;{svc})",
            )],
            &["CN=Sites,CN=Configuration,{head}"],
        ),
        excess(
            "the schema",
            vec![Rule("CN=Schema,CN=Configuration,{head}", "(A;;CC;;;{svc})")],
            &["CN=Schema,CN=Configuration,{head}"],
        ),
    ]
}

fn ownership_and_groups() -> Vec<Fault> {
    vec![
        excess("owner of a person", vec![Owner(FAR)], &[FAR, "own"]),
        excess(
            "owner of an OU",
            vec![Owner(ELSEWHERE)],
            &[ELSEWHERE, "own"],
        ),
        excess(
            "a rule for a group that contains a group that contains it",
            vec![
                Value(OUTER, "member", INNER),
                Value(INNER, "member", "{service}"),
                Rule(ELSEWHERE, "(A;;WD;;;{outer})"),
            ],
            &["Planted Inner", "Planted Outer", ELSEWHERE],
        ),
        excess(
            "Account Operators",
            vec![Value(
                "CN=Account Operators,CN=Builtin,{head}",
                "member",
                "{service}",
            )],
            &["Account Operators"],
        ),
        excess(
            "Backup Operators",
            vec![Value(
                "CN=Backup Operators,CN=Builtin,{head}",
                "member",
                "{service}",
            )],
            &["Backup Operators"],
        ),
        excess(
            "DnsAdmins, which has no well-known SID",
            vec![Value(DNS_ADMINS, "member", "{service}")],
            &["DnsAdmins"],
        ),
        excess(
            "Domain Admins",
            vec![Value(
                "CN=Domain Admins,CN=Users,{head}",
                "member",
                "{service}",
            )],
            &["Domain Admins"],
        ),
        excess(
            "the primary group",
            vec![PrimaryGroup(
                "CN=Group Policy Creator Owners,CN=Users,{head}",
            )],
            &["Group Policy Creator Owners", "primary"],
        ),
    ]
}

/// Samba lets nobody write `msDS-AllowedToActOnBehalfOfOtherIdentity`; the embedded directory's tests have it.
fn the_account_itself() -> Vec<Fault> {
    vec![
        excess(
            "unconstrained delegation",
            vec![Flag(0x8_0000)],
            &["delegation"],
        ),
        excess("protocol transition", vec![Flag(0x100_0000)], &["delegat"]),
        excess("reversible password", vec![Flag(0x80)], &["reversibl"]),
        excess("DES", vec![Flag(0x20_0000)], &["DES"]),
        excess("no pre-authentication", vec![Flag(0x40_0000)], &["auth"]),
        excess("no password needed", vec![Flag(0x20)], &["password"]),
        excess(
            "a service principal name",
            vec![Value(
                "{service}",
                "servicePrincipalName",
                "HTTP/planted.example.test",
            )],
            &["servicePrincipalName"],
        ),
        excess(
            "constrained delegation",
            vec![Value(
                "{service}",
                "msDS-AllowedToDelegateTo",
                "cifs/dc1.example.test",
            )],
            &["msDS-AllowedToDelegateTo"],
        ),
    ]
}

fn missing_rights() -> Vec<Fault> {
    vec![
        missing(
            "no Reset Password",
            vec![WithoutRule(PEOPLE, RESET)],
            &["Reset Password", PEOPLE],
        ),
        missing(
            "no pwdLastSet",
            vec![WithoutRule(PEOPLE, PWD_LAST_SET)],
            &["pwdLastSet", PEOPLE],
        ),
        missing(
            "no lockoutTime",
            vec![WithoutRule(PEOPLE, LOCKOUT_TIME)],
            &["lockoutTime", PEOPLE],
        ),
        missing(
            "blocked inheritance of an OU",
            vec![Blocked(BRANCH)],
            &[BRANCH, "inherit"],
        ),
        missing(
            "blocked inheritance of a person",
            vec![Blocked(ONE)],
            &[ONE, "inherit"],
        ),
        missing(
            "denied below an OU",
            vec![Rule(
                BRANCH,
                "(OD;CIIO;CR;00299570-246d-11d0-a768-00aa006e0529;bf967aba-0de6-11d0-a285-00aa003049e2;{svc})",
            )],
            &[BRANCH, "den"],
        ),
        missing(
            "denied on one person",
            vec![Rule(
                TWO,
                "(OD;;WP;bf967a0a-0de6-11d0-a285-00aa003049e2;;{svc})",
            )],
            &[TWO, "pwdLastSet", "den"],
        ),
        missing(
            "a leftover of AdminSDHolder",
            vec![Replaced(ONE, "adminCount", "1"), Stamped(ONE)],
            &[ONE, "adminCount"],
        ),
    ]
}
