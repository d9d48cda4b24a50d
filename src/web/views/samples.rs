//! Samples of each view, made by the same functions that the handlers use: for the snapshots, and
//! for looking at the pages without a server.

use super::*;
use crate::actions::{
    AccountView, AttemptState, BindRefusal, DirectoryError, Found, Hit, InvalidSearch, Receipt,
};

use crate::domain::account::{Account, AccountFlags, Protection};
use crate::domain::audit::Seq;
use crate::domain::authorize::Refusal;
use crate::domain::identity::ObjectGuid;
use crate::domain::least_privilege::{Excess, LeastPrivilege};
use crate::domain::password::{AccountNames, NewPassword, PasswordPolicy};
use crate::domain::preflight::{Obstacle, obstacle, preflight};
use crate::domain::roles::Roles;
use crate::domain::rules::{Action, Line, Rule};
use crate::domain::samples::{alice, filetime, now, rule};
use crate::domain::time::Filetime;
use crate::store::{StoreError, WriteProblem};
use crate::web::problem::{Incident, Problem};
use crate::web::words;
use jiff::{SignedDuration, tz::TimeZone};
use std::sync::Arc;
use std::time::Duration;

/// Named samples of one view.
pub(super) type Samples<V> = Vec<(&'static str, V)>;

pub(super) const CONTACT: &str = "the service desk, extension 4711";
const CSRF: &str = "bm9uY2Vub25jZW5vbmNlbg.c2FtcGxlIHRva2VuIGZvciB0aGUgc25hcHNob3Rz";

pub(super) fn house() -> House {
    House {
        organisation: Some("Northwind Mills".to_owned()),
        help_contact: Some(CONTACT.to_owned()),
        time_zone: TimeZone::get("Europe/London").unwrap(),
        plain_http: false,
        demo: false,
    }
}

fn excess() -> Excess {
    Excess {
        at: now(),
        findings: 2,
        first: "member of Account Operators".to_owned(),
    }
}

pub(super) fn signed_in(house: &House) -> PageContext<'_> {
    let operator = SignedIn {
        name: "Olga Lindqvist".to_owned(),
        sign_out_csrf: CSRF.to_owned(),
        roles: Roles::Operator,
    };
    PageContext {
        house,
        operator: Some(operator),
        now: now(),
        rights: LeastPrivilege::Proven { at: now() },
    }
}

fn nobody(house: &House) -> PageContext<'_> {
    PageContext {
        house,
        operator: None,
        now: now(),
        rights: LeastPrivilege::Proven { at: now() },
    }
}

/// A person with everything that a directory knows of a person.
pub(super) fn alice_of_sales() -> Account {
    Account {
        title: Some("Sales assistant".to_owned()),
        department: Some("Sales".to_owned()),
        office: Some("Leeds, 2nd floor".to_owned()),
        manager: Some("Bernard O'Neil".to_owned()),
        line: Line::default(),
        mail: Some("alice.able@northwind.example".to_owned()),
        sam: "aable".to_owned(),
        ..alice()
    }
}

pub(super) fn locked_out() -> Account {
    Account {
        flags: AccountFlags(0x210),
        lockout_time: filetime("2026-03-02T11:51:00Z"),
        bad_password_count: 5,
        ..alice_of_sales()
    }
}

pub(super) fn view(account: Account, protection: Option<Protection>) -> AccountView {
    let preflight = preflight(&account, Some(SignedDuration::from_mins(30)), now());
    AccountView {
        reset: decided(Action::ResetPassword, &account, protection),
        unlock: decided(Action::UnlockAccount, &account, protection),
        account,
        preflight,
        fingerprint: "x".to_owned(),
        rights: LeastPrivilege::Proven { at: now() },
        again: false,
    }
}

/// The view with another rule that decides.
pub(super) fn by_rule(mut view: AccountView, change: impl FnOnce(&mut Rule)) -> AccountView {
    let mut other = rule();
    change(&mut other);
    let other = Arc::new(other);
    for rule in [&mut view.reset, &mut view.unlock].into_iter().flatten() {
        *rule = Arc::clone(&other);
    }
    view
}

/// What the decision of the samples' one rule would be.
fn decided(
    action: Action,
    account: &Account,
    protection: Option<Protection>,
) -> Result<Arc<Rule>, Refusal> {
    let stands = obstacle(action, account, now());
    let refusal = protection.map(Refusal::Protected);
    let refusal = refusal.or_else(|| stands.map(Refusal::WouldNotHelp));
    refusal.map_or_else(|| Ok(Arc::new(rule())), Err)
}

pub(super) fn forms() -> AccountForms {
    AccountForms {
        reset_csrf: CSRF.to_owned(),
        unlock_csrf: CSRF.to_owned(),
        reason_hint: None,
        must_change: true,
    }
}

fn hit(number: u8, name: &str, sam: &str, place: (&str, &str)) -> Hit {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Hit {
        guid: ObjectGuid::from([number; 16]),
        name: name.to_owned(),
        sam: sam.to_owned(),
        department: some(place.0),
        office: some(place.1),
        flags: AccountFlags(0x200),
        must_change: false,
        expired: false,
        admin_count: false,
        kind_is_person: true,
    }
}

fn people() -> Vec<Hit> {
    vec![
        hit(1, "Alice Able", "aable", ("Sales", "Leeds")),
        Hit {
            flags: AccountFlags(0x210),
            ..hit(2, "Alice Able", "aable2", ("Warehouse", "Hull"))
        },
        Hit {
            flags: AccountFlags(0x202),
            ..hit(3, "Ambrose Achterberg", "aachterberg", ("Finance", ""))
        },
        Hit {
            must_change: true,
            ..hit(4, "Žofie Ančincová", "zancincova", ("Engineering", "Brno"))
        },
        Hit {
            admin_count: true,
            expired: true,
            ..hit(5, "Dora Adminson", "dadminson", ("IT", "Leeds"))
        },
        hit(6, "Able \u{202E}ecilA <b>", "able6", ("", "")),
        hit(7, "יעל אבני", "yavni", ("Sales", "Haifa")),
    ]
}

impl SignInPage {
    pub(super) fn samples() -> Samples<Self> {
        let house = house();
        let context = nobody(&house);
        let with = |notice: &words::Notice| Self::new(&context, CSRF).with_notice(notice, "olga");
        let wait = Duration::from_secs(95);
        let contact = Some(CONTACT);
        vec![
            ("sign-in", Self::new(&context, CSRF)),
            ("sign-in-401", with(&words::sign_in_refused(contact))),
            (
                "sign-in-403",
                with(&words::sign_in_own_sentence(
                    BindRefusal::MustChangePassword,
                    contact,
                )),
            ),
            (
                "sign-in-429",
                with(&words::sign_in_too_many(wait)).with_wait(wait),
            ),
            (
                "sign-in-503",
                with(&words::directory(
                    &DirectoryError::Unreachable { tried: 2 },
                    contact,
                )),
            ),
            ("sign-in-ended", with(&words::session_ended())),
        ]
    }
}

impl SearchPage {
    pub(super) fn samples() -> Samples<Self> {
        let house = house();
        let context = signed_in(&house);
        let found = |hits, more| Found {
            hits,
            more,
            sleeping: None,
        };
        let many: Vec<Hit> = (0..50)
            .map(|number| {
                hit(
                    number,
                    &format!("Smith, John {number}"),
                    &format!("jsmith{number}"),
                    ("Sales", "Leeds"),
                )
            })
            .collect();
        vec![
            ("search", Self::recent(&context, &people()[..5])),
            ("search-first-time", Self::recent(&context, &[])),
            (
                "search-found",
                Self::found(&context, "al", &found(people(), false)),
            ),
            (
                "search-narrow",
                Self::found(&context, "smith", &found(many, true)),
            ),
            (
                "search-nobody",
                Self::found(&context, "<Zebediah>", &found(vec![], false)),
            ),
            (
                "search-short",
                Self::not_searchable(&context, "a", InvalidSearch::TooShort),
            ),
        ]
    }
}

impl ResultsFragment {
    pub(super) fn samples() -> Samples<Self> {
        let found = Found {
            hits: people(),
            more: false,
            sleeping: None,
        };
        vec![(
            "part-results",
            Self {
                results: Results::found(&found, Some(CONTACT)),
            },
        )]
    }
}

impl AccountPage {
    fn under(rights: LeastPrivilege) -> Self {
        let house = house();
        let context = PageContext {
            rights: rights.clone(),
            ..signed_in(&house)
        };
        let view = AccountView {
            rights,
            ..view(alice_of_sales(), None)
        };
        Self::new(&context, &view, forms())
    }

    pub(super) fn samples() -> Samples<Self> {
        let house = house();
        let context = signed_in(&house);
        let page = |account, protection| Self::new(&context, &view(account, protection), forms());
        let disabled = Account {
            flags: AccountFlags(0x202),
            ..alice_of_sales()
        };
        let never_expires = Account {
            flags: AccountFlags(0x1_0200),
            password_expires: Filetime(i64::MAX),
            ..alice_of_sales()
        };
        let strange = Account {
            name: "Able \u{202E}ecilA, \"<b>Bob</b>\" O'Neil & Sons".to_owned(),
            sam: "o'neil+\\#1".to_owned(),
            title: None,
            department: Some("R&D <script>".to_owned()),
            password_last_set: Filetime(0),
            last_logon: Filetime(0),
            ..alice_of_sales()
        };
        let unlocked = view(alice_of_sales(), None);
        vec![
            ("account", page(alice_of_sales(), None)),
            ("account-locked", page(locked_out(), None)),
            ("account-disabled", page(disabled, None)),
            (
                "account-protected",
                page(alice_of_sales(), Some(Protection::ProtectedGroup)),
            ),
            (
                "account-excess",
                Self::under(LeastPrivilege::Excess(excess())),
            ),
            (
                "account-not-proven",
                Self::under(LeastPrivilege::NotProvenYet),
            ),
            (
                "account-yourself",
                page(alice_of_sales(), Some(Protection::Yourself)),
            ),
            ("account-never-expires", page(never_expires, None)),
            ("account-strange", page(strange, None)),
            ("account-bare", page(alice(), None)),
            (
                "account-unlocked",
                page(alice_of_sales(), None).just_unlocked(&unlocked),
            ),
        ]
    }
}

/// A password as it was typed or generated, whatever its form.
fn password(text: &str) -> NewPassword {
    let policy = PasswordPolicy {
        min_length: 8,
        complexity: true,
        history: 24,
        known: true,
    };
    let names = AccountNames {
        sam: "aable",
        display: "Alice Able",
    };
    NewPassword::checked(text.into(), &policy, &names).unwrap()
}

pub(super) fn receipt(text: &str, must_change: bool) -> Receipt {
    Receipt {
        attempt: Seq(41),
        account: alice_of_sales(),
        password: password(text),
        must_change,
        unlocked: false,
        still_locked: false,
        read_back: true,
    }
}

impl DonePage {
    pub(super) fn samples() -> Samples<Self> {
        let house = house();
        let context = signed_in(&house);
        let page = |receipt: &Receipt| Self::new(&context, receipt);
        let words = "Copper-lamp-window-river-47";
        let unlocked = Receipt {
            unlocked: true,
            ..receipt(words, true)
        };
        let still_locked = Receipt {
            still_locked: true,
            ..receipt(words, false)
        };
        let not_read_back = Receipt {
            read_back: false,
            ..receipt(words, true)
        };
        vec![
            ("done", page(&receipt(words, true))),
            ("done-unlocked", page(&unlocked)),
            ("done-still-locked", page(&still_locked)),
            ("done-not-read-back", page(&not_read_back)),
            ("done-typed", page(&receipt("Wk9<&\">'xQ2", true))),
            (
                "done-as-typed",
                Self::as_typed(&context, &receipt("Chosen-By-Olga-7", true)),
            ),
        ]
    }
}

impl MessagePage {
    fn under_banners(house: &House) -> Samples<Self> {
        let refused = words::refusal(
            Refusal::ExcessRights,
            Action::ResetPassword,
            "Alice Able",
            Some(CONTACT),
        );
        let page = |rights| {
            let context = PageContext {
                rights,
                ..signed_in(house)
            };
            Self::new(&context, &refused)
        };
        vec![
            ("excess-refused", page(LeastPrivilege::Excess(excess()))),
            (
                "excess-allowed",
                page(LeastPrivilege::ExcessAllowed(excess())),
            ),
        ]
    }

    pub(super) fn samples() -> Samples<Self> {
        let house = house();
        let context = signed_in(&house);
        let guid = ObjectGuid::from([7; 16]);
        let contact = Some(CONTACT);
        let page = |notice: &words::Notice| Self::new(&context, notice);
        let refused = words::refusal(
            Refusal::Protected(Protection::ProtectedGroup),
            Action::ResetPassword,
            "Dora Adminson",
            contact,
        );
        let no_help = words::refusal(
            Refusal::WouldNotHelp(Obstacle::Disabled),
            Action::ResetPassword,
            "Alice Able",
            contact,
        );
        let attempt =
            |state| page(&words::attempt(&state, contact).unwrap()).about_attempt(Seq(41));
        let missing = DirectoryError::NotDelegated {
            operation: "reset password",
        };
        let full = StoreError::NotWritable(WriteProblem::DiskFull);
        let mut all = vec![
            ("refused", page(&refused).about(guid)),
            (
                "refused-no-help",
                page(&no_help)
                    .about(guid)
                    .keeping_reason(Some("lost <phone>")),
            ),
            (
                "form-used",
                page(&words::form_used("Alice Able")).about(guid),
            ),
            ("changed", page(&words::changed()).about(guid)),
            (
                "directory-refused",
                page(&words::directory(&missing, contact)).about(guid),
            ),
            ("log-not-writable", page(&words::log(&full, contact))),
            ("attempt-not-known-yet", attempt(AttemptState::NotKnownYet)),
            (
                "attempt-applied",
                attempt(AttemptState::Applied).about(guid),
            ),
            (
                "attempt-not-applied",
                attempt(AttemptState::NotApplied).about(guid),
            ),
            (
                "attempt-unknown",
                attempt(AttemptState::CannotBeKnown).about(guid),
            ),
        ];
        let problems = [
            ("error-400", Problem::BadRequest),
            ("error-403-form", Problem::FormNotGenuine),
            ("error-403-network", Problem::NetworkNotAllowed),
            ("error-404", Problem::NotFound),
            ("error-405", Problem::MethodNotAllowed),
            ("error-408", Problem::TooSlow),
            ("error-413", Problem::TooLarge),
            ("error-415", Problem::NotAForm),
            ("error-421", Problem::WrongHost),
            ("error-500", Problem::Unexpected(Incident(0x7a3f_019c))),
        ];
        all.extend(problems.map(|(name, what)| (name, page(&words::problem(what, contact)))));
        let mut open = house.clone();
        open.plain_http = true;
        open.demo = true;
        let busy = Self::new(&nobody(&open), &words::problem(Problem::Busy, None));
        all.push(("error-503-busy", busy.with_wait(Duration::from_secs(2))));
        all.extend(Self::under_banners(&house));
        all
    }
}
