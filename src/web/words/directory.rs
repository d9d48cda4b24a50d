//! What people read when the directory or the log cannot do its part.
//!
//! Hosts, codes and reasons are for the service's own log; here stands what an operator can act on.

use super::{Code, NOTHING_CHANGED, Notice, whom};
use crate::actions::DirectoryError;
use crate::store::StoreError;

/// The directory did not do what was asked; nothing was changed (503, or 502 where it refused).
pub fn directory(error: &DirectoryError, help_contact: Option<&str>) -> Notice {
    let whom = whom(help_contact);
    let tell = format!("Tell {whom}, with the code below.");
    let soon = format!("Try again in a minute. If it stays so, tell {whom}.");
    let unavailable = "The directory is not available";
    let refused = "The directory refused";
    let (code, title, happened, next) = match error {
        DirectoryError::Unreachable { .. } => (
            Code::DirectoryUnreachable,
            unavailable,
            "The directory did not answer.",
            soon,
        ),
        DirectoryError::Certificate { .. } => (
            Code::DirectoryCertificate,
            unavailable,
            "The directory could not prove that it is the right one, so Keyward did not talk to it.",
            tell,
        ),
        DirectoryError::ServiceBind(_) => (
            Code::DirectoryServiceBind,
            unavailable,
            "The directory does not let Keyward in at the moment.",
            tell,
        ),
        DirectoryError::ServicePassword(_) => (
            Code::DirectoryServicePassword,
            unavailable,
            "Keyward cannot read the password of its own account.",
            tell,
        ),
        DirectoryError::NotDelegated { .. } => (
            Code::DirectoryNotDelegated,
            refused,
            "The directory refused: Keyward was not given the right to do this to this account.",
            tell,
        ),
        DirectoryError::PasswordPolicy => (
            Code::DirectoryPolicy,
            refused,
            "The directory's password rules refused the new password.",
            format!(
                "Go back and try again: each try makes another password. If it stays so, tell {whom}."
            ),
        ),
        DirectoryError::Moved => (
            Code::DirectoryMoved,
            "The account has moved",
            "The account was moved or renamed while you worked on it.",
            "Search for the person again.".to_owned(),
        ),
        DirectoryError::Busy => (
            Code::DirectoryBusy,
            "The directory is busy",
            "The directory is too busy to answer.",
            soon,
        ),
        DirectoryError::Referral => (
            Code::DirectoryReferral,
            refused,
            "The directory says that another server is in charge of this account.",
            tell,
        ),
        DirectoryError::NotFound { .. } => (
            Code::DirectoryNotFound,
            "A setting does not fit",
            "Something that Keyward's settings name is not in the directory.",
            tell,
        ),
        DirectoryError::Unwilling { .. } => (
            Code::DirectoryUnwilling,
            refused,
            "The directory was not willing to do this.",
            tell,
        ),
        DirectoryError::Protocol => (
            Code::DirectoryProtocol,
            unavailable,
            "The directory answered something that makes no sense.",
            tell,
        ),
        DirectoryError::Other { .. } => (
            Code::DirectoryOther,
            refused,
            "The directory refused, for a reason that Keyward does not know.",
            tell,
        ),
    };
    Notice::new(code, title, happened, NOTHING_CHANGED, next)
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
    };
    Notice::new(
        code,
        "Keyward cannot keep its log",
        happened,
        NOTHING_CHANGED,
        next,
    )
}
