//! Why a reset or an unlock would not help, or was refused.

use super::{Code, NOTHING_CHANGED, Notice, isolated, protection_reason, session_ended, whom};
use crate::actions::Unfit;
use crate::domain::authorize::Refusal;
use crate::domain::limits::Reached;
use crate::domain::operator::OutOfAction;
use crate::domain::preflight::Obstacle;
use crate::domain::rules::{Action, ByRules};

/// What stands in the way, in a sentence, and its code.
pub fn obstacle(obstacle: Obstacle) -> (&'static str, Code) {
    match obstacle {
        Obstacle::Disabled => (
            "The account is disabled. A new password would not help: nobody can log on with it until it is enabled again.",
            Code::WontHelpDisabled,
        ),
        Obstacle::AccountExpired => (
            "The account has expired. A new password would not help until its end date is moved.",
            Code::WontHelpExpired,
        ),
        Obstacle::SmartCardRequired => (
            "This person logs on with a smart card. A new password would not help.",
            Code::WontHelpSmartCard,
        ),
        Obstacle::CannotChangePassword => (
            "This person may not change their own password, so they would be stuck at the next logon.",
            Code::WontHelpCannotChange,
        ),
        Obstacle::NotDelegated => (
            "Keyward was not given the right to reset this account.",
            Code::WontHelpNotDelegated,
        ),
        Obstacle::NotLocked => (
            "The account is not locked, so there is nothing to unlock.",
            Code::WontHelpNotLocked,
        ),
    }
}

/// Why nothing is changed for anybody: rights too many.
pub const EXCESS_RIGHTS: (&str, Code) = (
    "Keyward changes nothing at the moment: its own account in the directory may do more than it needs. An administrator has to take that away first.",
    Code::ExcessRights,
);

/// Why nothing is changed for anybody: no proof yet.
pub const RIGHTS_NOT_PROVEN: (&str, Code) = (
    "Keyward is still checking that its own account in the directory may do no more than it needs.",
    Code::RightsNotProven,
);

/// What to do while the proof is made.
pub const TRY_SOON: &str = "Try again in a minute.";

/// Who can help where Keyward cannot: the end of the account page's sentence.
pub fn cannot_help(help_contact: Option<&str>) -> String {
    format!("Ask {}.", whom(help_contact))
}

/// The operator is stopped.
pub const FROZEN: &str = "You cannot look at people or help them: your access was stopped, by a limit or by an administrator, and stays so until an administrator lifts it.";

/// What the rules say of `action`.
pub fn by_rules(why: ByRules, action: Action) -> (Code, String) {
    let what = match action {
        Action::View => "look at this person",
        Action::ResetPassword => "reset this person's password",
        Action::UnlockAccount => "unlock this person's account",
    };
    match why {
        ByRules::Denied => (
            Code::DeniedByRule,
            format!("A rule of your organisation does not let you {what}."),
        ),
        ByRules::NoneAllows => (
            Code::NotAllowed,
            format!("None of your organisation's rules lets you {what}."),
        ),
        ByRules::OutsideHours => (
            Code::OutsideHours,
            format!("You may {what} at other hours, not now."),
        ),
        ByRules::OtherNetwork => (
            Code::OtherNetwork,
            format!("You may {what} from another network, not from here."),
        ),
        ByRules::Limit(reached) => {
            let (code, sentence) = limit(reached);
            (code, sentence.to_owned())
        }
    }
}

fn limit(reached: Reached) -> (Code, &'static str) {
    match reached {
        Reached::PerHour => (
            Code::LimitPerHour,
            "You have reset as many passwords in the last hour as you may.",
        ),
        Reached::PerDay => (
            Code::LimitPerDay,
            "You have reset as many passwords in the last 24 hours as you may.",
        ),
        Reached::PeoplePerDay => (
            Code::LimitPeople,
            "You have helped as many people in the last 24 hours as you may.",
        ),
    }
}

/// In place of the people found, where none of the operator's rules holds now or from here; `None`: they do.
pub fn asleep(why: ByRules, help_contact: Option<&str>) -> Option<Notice> {
    let (code, title, happened) = match why {
        ByRules::OutsideHours => (
            Code::OutsideHours,
            "Not at this hour",
            "You may help people at other hours, so nobody is shown now.",
        ),
        ByRules::OtherNetwork => (
            Code::OtherNetwork,
            "Not from here",
            "You may help people from another network, so nobody is shown here.",
        ),
        ByRules::Denied | ByRules::NoneAllows | ByRules::Limit(_) => return None,
    };
    let next = format!(
        "If somebody cannot wait, {}",
        lower(&cannot_help(help_contact))
    );
    Some(Notice::new(code, title, happened, NOTHING_CHANGED, next))
}

/// A sentence as the second half of another one.
fn lower(sentence: &str) -> String {
    let mut rest = sentence.chars();
    let first = rest.next().map(char::to_lowercase);
    first.into_iter().flatten().chain(rest).collect()
}

/// Something that was refused about `name` (403).
pub fn refusal(refusal: Refusal, action: Action, name: &str, help_contact: Option<&str>) -> Notice {
    let ask = cannot_help(help_contact);
    let (code, happened, next) = match refusal {
        Refusal::NotAnOperator => (
            Code::NotAnOperator,
            "You may not reset passwords any more: you were taken out of the group that may."
                .to_owned(),
            ask,
        ),
        Refusal::OperatorOutOfAction(reason) => {
            let (happened, next) = out_of_action(reason, ask);
            (Code::OperatorOutOfAction, happened.to_owned(), next)
        }
        Refusal::Frozen => (Code::Frozen, FROZEN.to_owned(), ask),
        Refusal::ByRules(why) => {
            let (code, happened) = by_rules(why, action);
            let next = match why {
                ByRules::Limit(_) => format!("Try again later, or {}", lower(&ask)),
                _ => ask,
            };
            (code, happened, next)
        }
        Refusal::ExcessRights => {
            let (sentence, code) = EXCESS_RIGHTS;
            (code, sentence.to_owned(), ask)
        }
        Refusal::RightsNotProven => {
            let (sentence, code) = RIGHTS_NOT_PROVEN;
            (code, sentence.to_owned(), TRY_SOON.to_owned())
        }
        Refusal::OutOfScope => (
            Code::OutOfScope,
            format!("{} is not one of the people you may help.", isolated(name)),
            ask,
        ),
        Refusal::Protected(protection) => {
            let (sentence, code) = protection_reason(protection);
            (code, sentence.to_owned(), ask)
        }
        Refusal::WouldNotHelp(what) => {
            let (sentence, code) = obstacle(what);
            let next = match what {
                Obstacle::NotLocked => {
                    "If the password is forgotten, go back and reset it.".to_owned()
                }
                Obstacle::CannotChangePassword => {
                    "Go back and leave the change at the next logon out.".to_owned()
                }
                Obstacle::Disabled
                | Obstacle::AccountExpired
                | Obstacle::SmartCardRequired
                | Obstacle::NotDelegated => ask,
            };
            (code, sentence.to_owned(), next)
        }
    };
    Notice::new(code, heading(refusal), happened, NOTHING_CHANGED, next)
}

/// Of a refusal: whether it may be another answer at another time.
pub fn heading(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Frozen => "Your access is stopped",
        Refusal::ExcessRights
        | Refusal::RightsNotProven
        | Refusal::ByRules(ByRules::OutsideHours | ByRules::Limit(_)) => "Not at the moment",
        Refusal::ByRules(ByRules::OtherNetwork) => "Not from here",
        Refusal::ByRules(ByRules::Denied | ByRules::NoneAllows) => "Not allowed by the rules",
        Refusal::NotAnOperator
        | Refusal::OperatorOutOfAction(_)
        | Refusal::OutOfScope
        | Refusal::Protected(_)
        | Refusal::WouldNotHelp(_) => "Not possible here",
    }
}

/// The operator may not act any more, and was signed out (403).
pub fn unfit(why: Unfit, help_contact: Option<&str>) -> Notice {
    match why {
        Unfit::Gone | Unfit::NotAnOperator => {
            refusal(Refusal::NotAnOperator, Action::View, "", help_contact)
        }
        Unfit::OutOfAction(reason) => {
            let refused = Refusal::OperatorOutOfAction(reason);
            refusal(refused, Action::View, "", help_contact)
        }
        Unfit::PasswordChanged => session_ended(),
    }
}

fn out_of_action(reason: OutOfAction, ask: String) -> (&'static str, String) {
    let change = "Change it on a Windows computer, then sign in again.".to_owned();
    match reason {
        OutOfAction::Disabled => ("Your own account has been disabled.", ask),
        OutOfAction::Locked => ("Your own account is locked at the moment.", ask),
        OutOfAction::Expired => ("Your own account has expired.", ask),
        OutOfAction::MustChangePassword => ("Your own password must be changed first.", change),
        OutOfAction::PasswordExpired => ("Your own password has expired.", change),
    }
}
