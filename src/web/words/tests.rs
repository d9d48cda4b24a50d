//! What holds for each sentence: its parts are there, its voice is right.

use super::*;
use crate::actions::AttemptState;
use crate::actions::{BindRefusal, CertificateProblem, DirectoryError};
use crate::domain::account::Protection;
use crate::domain::authorize::Refusal;
use crate::domain::limits::Reached;
use crate::domain::operator::OutOfAction;
use crate::domain::password::PolicyBreach;
use crate::domain::preflight::Obstacle;
use crate::domain::reason::UnfitReason;
use crate::domain::rules::{Action, ByRules, PasswordKind};
use crate::store::{Flaw, StoreError, WriteProblem};
use crate::web::problem::{Incident, Problem};
use std::time::Duration;

const PROTECTIONS: [Protection; 14] = [
    Protection::Yourself,
    Protection::ServiceAccount,
    Protection::BuiltIn,
    Protection::ProtectedGroup,
    Protection::AdminCount,
    Protection::Named,
    Protection::Operator,
    Protection::Auditor,
    Protection::Computer,
    Protection::ManagedServiceAccount,
    Protection::Trust,
    Protection::SmartCard,
    Protection::Delegation,
    Protection::DomainRights,
];
const OBSTACLES: [Obstacle; 6] = [
    Obstacle::Disabled,
    Obstacle::AccountExpired,
    Obstacle::SmartCardRequired,
    Obstacle::CannotChangePassword,
    Obstacle::NotDelegated,
    Obstacle::NotLocked,
];

fn by_rules() -> [ByRules; 7] {
    let limit = |reached: &Reached| ByRules::Limit(*reached);
    let [hour, day, people] = [0, 1, 2].map(|at| limit(&Reached::ALL[at]));
    [
        ByRules::Denied,
        ByRules::NoneAllows,
        ByRules::OutsideHours,
        ByRules::OtherNetwork,
        hour,
        day,
        people,
    ]
}

fn refusals() -> Vec<Refusal> {
    let mut all = vec![
        Refusal::NotAnOperator,
        Refusal::ExcessRights,
        Refusal::RightsNotProven,
        Refusal::OutOfScope,
        Refusal::Frozen,
    ];
    all.extend(by_rules().map(Refusal::ByRules));
    all.extend(
        [
            OutOfAction::Disabled,
            OutOfAction::Locked,
            OutOfAction::Expired,
            OutOfAction::MustChangePassword,
            OutOfAction::PasswordExpired,
        ]
        .map(Refusal::OperatorOutOfAction),
    );
    all.extend(PROTECTIONS.map(Refusal::Protected));
    all.extend(OBSTACLES.map(Refusal::WouldNotHelp));
    all
}

fn directory_errors() -> Vec<DirectoryError> {
    vec![
        DirectoryError::Unreachable { tried: 2 },
        DirectoryError::Certificate {
            server: "dc1.example.com:636".into(),
            problem: CertificateProblem::Expired,
        },
        DirectoryError::ServiceBind(BindRefusal::Locked),
        DirectoryError::ServicePassword(Some("/etc/keyward/secret".into())),
        DirectoryError::NotDelegated {
            operation: "reset password",
        },
        DirectoryError::PasswordPolicy,
        DirectoryError::Moved,
        DirectoryError::Busy,
        DirectoryError::Referral,
        DirectoryError::NotFound { what: "ad.user_ou" },
        DirectoryError::Unwilling {
            code: 53,
            extended: 0x1f,
        },
        DirectoryError::Protocol,
        DirectoryError::Other {
            code: 80,
            extended: 0,
        },
    ]
}

fn problems() -> Vec<Problem> {
    vec![
        Problem::BadRequest,
        Problem::FormNotGenuine,
        Problem::NetworkNotAllowed,
        Problem::NotFound,
        Problem::MethodNotAllowed,
        Problem::TooSlow,
        Problem::TooLarge,
        Problem::NotAForm,
        Problem::WrongHost,
        Problem::Unexpected(Incident(0x7a3f_019c)),
        Problem::Busy,
    ]
}

fn signing_in() -> Vec<Notice> {
    let mut all = vec![
        sign_in_refused(None),
        sign_in_too_many(Duration::from_secs(42)),
        session_ended(),
    ];
    for refusal in [
        BindRefusal::MustChangePassword,
        BindRefusal::PasswordExpired,
        BindRefusal::Disabled,
        BindRefusal::AccountExpired,
        BindRefusal::LogonHours,
        BindRefusal::Workstation,
        BindRefusal::Other,
    ] {
        all.push(sign_in_own_sentence(refusal, None));
    }
    all
}

fn store_errors() -> [StoreError; 3] {
    [
        StoreError::NotWritable(WriteProblem::DiskFull),
        StoreError::Unusable(Flaw::Newer),
        StoreError::Timeout,
    ]
}

fn notices() -> Vec<Notice> {
    let mut all = signing_in();
    all.extend(
        refusals()
            .into_iter()
            .map(|why| refusal(why, Action::ResetPassword, "Alice Able", None)),
    );
    all.extend(
        directory_errors()
            .iter()
            .map(|error| directory(error, None)),
    );
    all.extend(store_errors().iter().map(|error| log(error, None)));
    all.extend(problems().into_iter().map(|what| problem(what, None)));
    all.extend([form_used("Alice Able"), changed()]);
    all.extend(
        [
            UnfitReason::Missing,
            UnfitReason::Pattern,
            UnfitReason::Again,
        ]
        .map(|unfit| reason(unfit, None)),
    );
    all.push(policy(
        &[
            PolicyBreach::TooShort { needed: 14 },
            PolicyBreach::ContainsName,
        ],
        false,
        None,
    ));
    for state in [
        AttemptState::NotKnownYet,
        AttemptState::Applied,
        AttemptState::NotApplied,
        AttemptState::CannotBeKnown,
    ] {
        all.push(attempt(&state, None).expect("own attempts have words"));
    }
    all
}

#[test]
fn every_notice_says_what_happened_whether_anything_was_changed_and_what_to_do() {
    for notice in notices() {
        let number = notice.code.as_str();
        assert!(
            notice.title.len() >= 4 && !notice.title.ends_with('.'),
            "{number}"
        );
        for sentence in [&notice.happened, &notice.next] {
            assert!(
                sentence.ends_with('.') && sentence.len() > 10,
                "{number}: {sentence}"
            );
        }
        if number.starts_with("KW-10") {
            assert!(
                notice.changed.is_empty(),
                "{number}: nothing could have been changed"
            );
        } else {
            assert!(
                notice.changed.ends_with('.'),
                "{number}: {}",
                notice.changed
            );
        }
    }
}

#[test]
fn the_voice_is_calm_and_has_no_jargon() {
    let banned = [
        "!",
        "please",
        "oops",
        "sorry",
        "object",
        "scope",
        "forbidden",
        "ldap",
        "domain controller",
        "invalid",
        "error",
        "failed",
        "dn ",
        "sid",
        "guid",
        "  ",
        " ,",
    ];
    for notice in notices() {
        let text = format!(
            "{}|{}|{}|{}",
            notice.title, notice.happened, notice.changed, notice.next
        );
        let lower = text.to_lowercase();
        for word in banned {
            assert!(
                !lower.contains(word),
                "{}: {word:?} in {text:?}",
                notice.code.as_str()
            );
        }
    }
}

#[test]
fn secrets_of_the_machine_stay_out_of_the_sentences() {
    for error in directory_errors() {
        let text = format!("{:?}", directory(&error, None));
        assert!(
            !text.contains("dc1")
                && !text.contains("secret")
                && !text.contains("user_ou")
                && !text.contains("53"),
            "{text}"
        );
    }
    for error in store_errors() {
        let text = format!("{:?}", log(&error, None));
        assert!(!text.contains("disk") && !text.contains("newer"), "{text}");
    }
}

#[test]
fn each_kind_of_trouble_has_a_code_of_its_own() {
    let mut codes: Vec<&str> = notices()
        .iter()
        .map(|notice| notice.code.as_str())
        .collect();
    codes.retain(|code| *code != Code::OperatorOutOfAction.as_str());
    codes.sort_unstable();
    let before = codes.len();
    codes.dedup();
    assert_eq!(codes.len(), before);
}

#[test]
fn unknown_wrong_and_locked_are_one_and_the_same_sentence() {
    let wrong = sign_in_own_sentence(BindRefusal::WrongNameOrPassword, Some("the help desk"));
    assert_eq!(
        wrong,
        sign_in_own_sentence(BindRefusal::Locked, Some("the help desk"))
    );
    assert_eq!(wrong, sign_in_refused(Some("the help desk")));
}

#[test]
fn the_help_contact_of_the_settings_is_named_where_somebody_must_be_asked() {
    let notice = refusal(
        Refusal::Protected(Protection::ProtectedGroup),
        Action::ResetPassword,
        "Dora Admin",
        Some("the service desk, extension 4711"),
    );
    assert_eq!(notice.next, "Ask the service desk, extension 4711.");
}

#[test]
fn an_attempt_of_somebody_else_has_no_words() {
    assert_eq!(attempt(&AttemptState::NotYours, None), None);
}

#[test]
fn a_policy_refusal_names_the_broken_rules() {
    let notice = policy(
        &[
            PolicyBreach::TooShort { needed: 14 },
            PolicyBreach::ContainsName,
        ],
        false,
        None,
    );
    assert_eq!(
        notice.happened,
        "The new password breaks a rule of your organisation: it needs at least 14 characters; it may not contain the person's name."
    );
}

#[test]
fn a_refusal_by_the_rules_names_what_was_asked() {
    for (action, what) in [
        (Action::View, "look at this person"),
        (Action::ResetPassword, "reset this person's password"),
        (Action::UnlockAccount, "unlock this person's account"),
    ] {
        for why in [
            ByRules::Denied,
            ByRules::NoneAllows,
            ByRules::OutsideHours,
            ByRules::OtherNetwork,
        ] {
            let notice = refusal(Refusal::ByRules(why), action, "Alice Able", None);
            assert!(notice.happened.contains(what), "{}", notice.happened);
        }
    }
}

#[test]
fn what_an_auditor_reads_of_somebody_speaks_of_them_and_has_the_code_that_they_see() {
    for why in refusals() {
        let (sentence, code) = refused(why);
        assert!(sentence.ends_with('.'), "{sentence}");
        let mut words = sentence.split(|c: char| !c.is_alphabetic());
        assert!(
            !words.any(|word| ["you", "You"].contains(&word)),
            "{sentence}"
        );
        let theirs = refusal(why, Action::ResetPassword, "Alice Able", None);
        assert_eq!(code, theirs.code, "{why:?}");
    }
}

#[test]
fn nobody_is_shown_for_a_reason_only_where_another_hour_or_network_would_show_them() {
    for why in by_rules() {
        let sleeps = matches!(why, ByRules::OutsideHours | ByRules::OtherNetwork);
        assert_eq!(asleep(why, None).is_some(), sleeps, "{why:?}");
    }
}

#[test]
fn what_a_rule_decides_alone_is_not_offered_under_more() {
    let say =
        |change, unlock| consequences("Alice", PasswordKind::Generated, change, unlock).join(" ");
    assert!(say(Change::Chosen(true), false).contains("under More"));
    for change in [Change::Always, Change::Never, Change::WithoutEffect] {
        assert!(!say(change, false).contains("under More"), "{change:?}");
        assert!(
            say(change, true).contains("The account is unlocked. You can change that under More.")
        );
    }
    assert!(say(Change::Always, false).contains("Windows asks for a password of their own"));
    assert!(say(Change::Never, false).contains("Windows does not ask"));
}

#[test]
fn whoever_typed_a_password_hears_what_else_they_can_do() {
    let typed = policy(&[PolicyBreach::NotComplex], true, None);
    assert!(typed.next.contains("leave its box empty"), "{}", typed.next);
    let generated = policy(&[PolicyBreach::NotComplex], false, None);
    assert!(
        generated.next.starts_with("Try again."),
        "{}",
        generated.next
    );
}
