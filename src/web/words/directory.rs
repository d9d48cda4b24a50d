//! What people read when the directory or the log cannot do its part.
//!
//! Hosts, codes and reasons are for the service's own log; here stands what an operator can act on.

use super::{Code, NOTHING_CHANGED, Notice, whom};
use crate::actions::DirectoryError;
use crate::store::StoreError;

/// The directory did not do what was asked; nothing was changed (503, or 502 where it refused).
pub fn directory(error: &DirectoryError, help_contact: Option<&str>) -> Notice {
    let (code, happened) = happened(error);
    let whom = whom(help_contact);
    let tell = format!("Tell {whom}, with the code below.");
    let soon = format!("Try again in a minute. If it stays so, tell {whom}.");
    let (title, next) = match error {
        DirectoryError::Unreachable { .. } => ("The directory is not available", soon),
        DirectoryError::Busy => ("The directory is busy", soon),
        DirectoryError::Certificate { .. }
        | DirectoryError::ServiceBind(_)
        | DirectoryError::ServicePassword(_)
        | DirectoryError::Protocol => ("The directory is not available", tell),
        DirectoryError::NotDelegated { .. }
        | DirectoryError::Referral
        | DirectoryError::Unwilling { .. }
        | DirectoryError::Other { .. } => ("The directory refused", tell),
        DirectoryError::NotFound { .. }
        | DirectoryError::NoGroup { .. }
        | DirectoryError::NoSuchName { .. } => ("A setting does not fit", tell),
        DirectoryError::PasswordPolicy => (
            "The directory refused",
            format!("Try again: each try makes another password. If it stays so, tell {whom}."),
        ),
        DirectoryError::Moved => (
            "The account has moved",
            "Search for the person again.".to_owned(),
        ),
    };
    Notice::new(code, title, happened, NOTHING_CHANGED, next)
}

fn happened(error: &DirectoryError) -> (Code, &'static str) {
    match error {
        DirectoryError::Unreachable { .. } => {
            (Code::DirectoryUnreachable, "The directory did not answer.")
        }
        DirectoryError::Certificate { .. } => (
            Code::DirectoryCertificate,
            "The directory could not prove that it is the right one, so Keyward did not talk to it.",
        ),
        DirectoryError::ServiceBind(_) => (
            Code::DirectoryServiceBind,
            "The directory does not let Keyward in at the moment.",
        ),
        DirectoryError::ServicePassword(_) => (
            Code::DirectoryServicePassword,
            "Keyward cannot read the password of its own account.",
        ),
        DirectoryError::NotDelegated { .. } => (
            Code::DirectoryNotDelegated,
            "Keyward was not given the right to do this to this account.",
        ),
        DirectoryError::PasswordPolicy => (
            Code::DirectoryPolicy,
            "The directory's password rules refused the new password.",
        ),
        DirectoryError::Moved => (
            Code::DirectoryMoved,
            "The account was moved or renamed while you worked on it.",
        ),
        DirectoryError::Busy => (Code::DirectoryBusy, "The directory is too busy to answer."),
        DirectoryError::Referral => (
            Code::DirectoryReferral,
            "The directory says that another server is in charge of this account.",
        ),
        DirectoryError::NotFound { .. }
        | DirectoryError::NoGroup { .. }
        | DirectoryError::NoSuchName { .. } => (
            Code::DirectoryNotFound,
            "Something that Keyward's settings name is not in the directory.",
        ),
        DirectoryError::Unwilling { .. } => (
            Code::DirectoryUnwilling,
            "The directory was not willing to do this.",
        ),
        DirectoryError::Protocol => (
            Code::DirectoryProtocol,
            "The directory answered something that makes no sense.",
        ),
        DirectoryError::Other { .. } => (
            Code::DirectoryOther,
            "The directory refused, for a reason that Keyward does not know.",
        ),
    }
}

/// The log could not be written, so nothing was done (503).
pub fn log(error: &StoreError, help_contact: Option<&str>) -> Notice {
    let whom = whom(help_contact);
    let (code, happened, next) = match error {
        StoreError::NotWritable(_) => (
            Code::LogNotWritable,
            "Keyward cannot write its log, and without a record it does nothing.",
            format!("Tell {whom}, with the code below."),
        ),
        StoreError::Unusable(_) => (
            Code::LogUnusable,
            "Keyward cannot use its log, and without a record it does nothing.",
            format!("Tell {whom}, with the code below."),
        ),
        StoreError::Timeout => (
            Code::LogTimeout,
            "Keyward's log did not answer in time, and without a record it does nothing.",
            format!("Try again in a minute. If it stays so, tell {whom}."),
        ),
        StoreError::NotWitnessed => (
            Code::LogNotWitnessed,
            "Each record must be kept in a second place too, and that place does not take it now.",
            format!("Try again in a minute. If it stays so, tell {whom}."),
        ),
    };
    Notice::new(
        code,
        "Keyward cannot keep its log",
        happened,
        NOTHING_CHANGED,
        next,
    )
}
