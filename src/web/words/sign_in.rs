//! What the sign-in page says when somebody is not let in.

use super::{Code, Notice, time::wait, whom};
use crate::actions::BindRefusal;
use std::time::Duration;

/// One sentence for unknown, wrong, locked and not an operator, so that nobody learns which (401).
pub fn sign_in_refused(help_contact: Option<&str>) -> Notice {
    Notice::new(
        Code::SignInRefused,
        "That did not work",
        "This name and password do not open Keyward.",
        "",
        format!(
            "Check both and try again. If they are right, ask {} whether you may use Keyward.",
            whom(help_contact)
        ),
    )
}

/// What the directory says only to a right password (403).
pub fn sign_in_own_sentence(refusal: BindRefusal, help_contact: Option<&str>) -> Notice {
    let whom = whom(help_contact);
    let (code, happened, next) = match refusal {
        // Both never get a sentence of their own: they would tell a guesser something.
        BindRefusal::WrongNameOrPassword | BindRefusal::Locked => {
            return sign_in_refused(help_contact);
        }
        BindRefusal::MustChangePassword => (
            Code::SignInMustChange,
            "Your own password must be changed before you can sign in here.",
            "Log on to a Windows computer and follow what it asks, then come back.".to_owned(),
        ),
        BindRefusal::PasswordExpired => (
            Code::SignInPasswordExpired,
            "Your own password has expired.",
            "Log on to a Windows computer, choose a new one there, then come back.".to_owned(),
        ),
        BindRefusal::Disabled => (
            Code::SignInDisabled,
            "Your own account is disabled.",
            format!("Ask {whom}."),
        ),
        BindRefusal::AccountExpired => (
            Code::SignInAccountExpired,
            "Your own account has expired.",
            format!("Ask {whom}."),
        ),
        BindRefusal::LogonHours => (
            Code::SignInHours,
            "Your account may not be used at this time of day.",
            format!("Come back within your hours, or ask {whom}."),
        ),
        BindRefusal::Workstation => (
            Code::SignInWorkstation,
            "Your account may only be used from certain computers, and Keyward is not among them.",
            format!("Ask {whom}."),
        ),
        BindRefusal::Other => (
            Code::SignInRestricted,
            "A restriction on your account does not allow this.",
            format!("Ask {whom}."),
        ),
    };
    Notice::new(code, "You cannot sign in now", happened, "", next)
}

/// Too many tries (429).
pub fn sign_in_too_many(retry_after: Duration) -> Notice {
    Notice::new(
        Code::SignInTooMany,
        "Wait a little",
        "There were too many tries. Keyward pauses, so that the account is not locked.",
        "",
        format!("Try again in {}.", wait(retry_after)),
    )
}

/// The session is over: too long without use, or the person is no operator any more.
pub fn session_ended() -> Notice {
    Notice::new(
        Code::SessionEnded,
        "You were signed out",
        "Your session has ended.",
        super::NOTHING_CHANGED,
        "Sign in again to go on.",
    )
}
