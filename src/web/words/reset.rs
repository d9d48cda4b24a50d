//! What people read after a reset: the proof, what to tell the person, and what became of an attempt.

use super::{Code, NOTHING_CHANGED, Notice, When, isolated, whom};
use crate::actions::{AttemptState, Receipt};
use crate::domain::password::PolicyBreach;
use crate::domain::reason::UnfitReason;

/// What was read back after the reset, in one or two sentences.
pub fn confirmed(receipt: &Receipt, when: &When) -> String {
    if !receipt.read_back {
        return format!(
            "The directory accepted the new password {}. It could not be read back a moment later, so look at the person's page before they log on.",
            when.now()
        );
    }
    let mut text = format!(
        "Read back from the directory {}: the new password is set",
        when.now()
    );
    text.push_str(match (receipt.must_change, receipt.unlocked) {
        (true, true) => ", it must be changed at the next logon, and the account is unlocked.",
        (true, false) => ", and it must be changed at the next logon.",
        (false, true) => ", and the account is unlocked.",
        (false, false) => ".",
    });
    text
}

/// Three lines to read out to the person: what happens at the next logon.
pub fn next_lines(must_change: bool, has_hyphens: bool) -> [&'static str; 3] {
    let log_on = if has_hyphens {
        "Log on to Windows with your name and this password, letter for letter, with the hyphens."
    } else {
        "Log on to Windows with your name and this password, letter for letter."
    };
    if must_change {
        [
            log_on,
            "Windows then asks you to choose a new password. Choose one that only you know.",
            "From then on only your own password works. Enter it on your phone and other devices too.",
        ]
    } else {
        [
            log_on,
            "Your old password does not work any more. Enter the new one on your phone and other devices too.",
            "Change it soon to one that only you know: press Ctrl+Alt+Del, then choose Change a password.",
        ]
    }
}

/// The form was used already (409).
pub fn form_used(name: &str) -> Notice {
    Notice::new(
        Code::FormUsed,
        "This form was used already",
        format!("The form for {} was sent a second time.", isolated(name)),
        "The second time did nothing.",
        "Look at the person's page to see how things stand. A password is shown only once: if it is lost, reset it again.",
    )
}

/// The account is not as it was on the page (409).
pub fn changed() -> Notice {
    Notice::new(
        Code::AccountChanged,
        "The account has changed",
        "The account was renamed, moved or made anew after you opened its page.",
        NOTHING_CHANGED,
        "Look at it again to be sure that this is the right person.",
    )
}

/// A reason is wanted, or another one (422). `hint`: the settings' own sentence about it.
pub fn reason(unfit: UnfitReason, hint: Option<&str>) -> Notice {
    let (code, title, happened, next) = match unfit {
        UnfitReason::Missing => (
            Code::ReasonMissing,
            "A reason is missing",
            "A reason is needed before anything is done.",
            "Write in a few words why",
        ),
        UnfitReason::Again => (
            Code::ReasonForAgain,
            "A reason is needed for a second time",
            "This person's password was reset a short while ago.",
            "Write in a few words why it has to be done again",
        ),
        UnfitReason::Pattern => (
            Code::ReasonUnfit,
            "Another reason is needed",
            "The reason is not written in the way that your organisation wants it.",
            "Write it again",
        ),
    };
    let hint = hint.map(|hint| format!(" ({})", isolated(hint)));
    let next = format!(
        "{next}{}, then press the button again.",
        hint.unwrap_or_default()
    );
    Notice::new(code, title, happened, NOTHING_CHANGED, next)
}

/// The hint at the box for the reason where the person's password was reset a short while ago.
pub fn again(hint: &str) -> String {
    format!(
        "This person's password was reset a short while ago: say why it has to be done again. {hint}"
    )
}

/// The new password would break the domain's rules (422). `typed`: the operator chose it.
pub fn policy(breaches: &[PolicyBreach], typed: bool, help_contact: Option<&str>) -> Notice {
    let rules: Vec<String> = breaches.iter().map(|&rule| breach(rule)).collect();
    let happened = if rules.is_empty() {
        "The password rules of your organisation refused the new password.".to_owned()
    } else {
        format!(
            "The new password breaks a rule of your organisation: {}.",
            rules.join("; ")
        )
    };
    Notice::new(
        Code::Policy,
        "The password was refused",
        happened,
        NOTHING_CHANGED,
        if typed {
            "Type another one, or leave its box empty for a fresh passphrase.".to_owned()
        } else {
            format!("Try again. If it stays so, tell {}.", whom(help_contact))
        },
    )
}

/// One broken rule, as a clause.
pub fn breach(breach: PolicyBreach) -> String {
    match breach {
        PolicyBreach::TooShort { needed } => format!("it needs at least {needed} characters"),
        PolicyBreach::TooLong => "it may have at most 256 characters".to_owned(),
        PolicyBreach::NotComplex => {
            "it needs three of: capital letters, small letters, digits, other characters".to_owned()
        }
        PolicyBreach::ContainsName => "it may not contain the person's name".to_owned(),
        PolicyBreach::Unspeakable => "it contains characters that cannot be typed".to_owned(),
    }
}

/// What became of an attempt whose answer was lost; `None` where it is not this operator's.
pub fn attempt(state: &AttemptState, help_contact: Option<&str>) -> Option<Notice> {
    let notice = match state {
        AttemptState::NotKnownYet => Notice::new(
            Code::NotKnownYet,
            "Not known yet",
            "The directory's answer was lost on the way.",
            "It is not known yet whether anything was changed. Keyward is finding out.",
            "Wait a moment, and do not start another reset. This usually takes less than a minute.",
        ),
        AttemptState::Applied => Notice::new(
            Code::Applied,
            "It was done",
            "The change was made, only the answer was lost.",
            "The account was changed. A new password that was not shown is lost.",
            "If it was a reset, reset the password again, so that you have one to hand over.",
        ),
        AttemptState::NotApplied => Notice::new(
            Code::NotApplied,
            "It was not done",
            "The change did not reach the directory.",
            NOTHING_CHANGED,
            "Search for the person and try again.",
        ),
        AttemptState::CannotBeKnown => Notice::new(
            Code::CannotBeKnown,
            "It cannot be known",
            "Somebody else changed the same account at the same time.",
            "It cannot be known whether this change was made.",
            format!(
                "Look at the person's page. If they still cannot log on, reset the password again, or ask {}.",
                whom(help_contact)
            ),
        ),
        AttemptState::NotYours => return None,
    };
    Some(notice)
}
