//! What can keep a rotation from being done, by who must act. Each sentence says what became of the
//! password.

use std::io;
use std::path::{Path, PathBuf};

use crate::config::RewriteError;
use crate::directory::{BindRefusal, DirectoryError};
use crate::store::StoreError;

/// Why the password cannot be changed where it is kept. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fixed {
    /// A variable of this process's environment.
    #[error(
        "the service account's password stands in an environment variable, which Keyward cannot change; put it into a \
         file that Keyward may write, and name that in [service_account] password_file"
    )]
    Environment,
    /// A systemd credential or a container's secret.
    #[error(
        "{} is handed over anew at each start, so that a new password in it would be lost; put it into a file that \
         Keyward may write, such as /var/lib/keyward/service-password, and name that in [service_account] password_file",
        .0.display()
    )]
    HandedOver(PathBuf),
    /// A single file mounted into a container.
    #[error(
        "{} is mounted as a single file, which cannot be replaced as a whole; mount the folder that holds it instead",
        .0.display()
    )]
    Mounted(PathBuf),
    /// It is not there.
    #[error("{} is not there", .0.display())]
    Missing(PathBuf),
}

/// What went wrong with the files. Nothing was changed in the directory by this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// Another instance holds the lock.
    #[error("another Keyward is changing the service account's password at this moment")]
    InUse,
    /// It cannot be read.
    #[error("{} cannot be read: {}", .0.display(), reason(*.1))]
    Unreadable(PathBuf, io::ErrorKind),
    /// It, or a file beside it, cannot be written.
    #[error("{} cannot be written: {}", .0.display(), not_written(.0, *.1))]
    NotWritable(PathBuf, io::ErrorKind),
    /// The settings file is not as it was.
    #[error("{} cannot be rewritten: {}", .0.display(), .1)]
    Settings(PathBuf, RewriteError),
    /// `--to-file`, but there is a file already.
    #[error("the password does not stand in the settings file: it is in {} already", .0.display())]
    NotInSettings(PathBuf),
    /// `--to-file` names something that is there.
    #[error("{} is there already; name a file that does not exist yet", .0.display())]
    Exists(PathBuf),
    /// `--to-file` names something that cannot stand in a settings file.
    #[error("the name of the file cannot stand in a settings file: choose one of plain characters")]
    OddName,
}

/// Why a rotation did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RotationError {
    /// Administrator: the password is kept where it cannot be changed.
    #[error("{0}. Nothing was changed")]
    Fixed(Fixed),
    /// Administrator: a file, before the directory was touched.
    #[error("{0}. Nothing was changed")]
    Place(PlaceError),
    /// Operations: the attempt could not be recorded.
    #[error("{0}. Nothing was changed: a change that cannot be recorded is not made")]
    Store(StoreError),
    /// Operations: the system gives no random bytes.
    #[error("the system gives no random numbers. Nothing was changed")]
    Random,
    /// The directory was not reached, or refused before anything was changed.
    #[error("{}. Nothing was changed", directory(.0))]
    NotChanged(DirectoryError),
    /// No domain controller of the settings takes writes.
    #[error(
        "none of the domain controllers in [ad] server can be reached and takes changes. Nothing was changed"
    )]
    NoWritable,
    /// An unfinished change: the new password was refused for another reason than being wrong.
    #[error(
        "an earlier change is not finished, and whether it was made cannot be asked now: the directory refused the \
         service account ({0}). Both passwords are kept; run this again when the account can sign in"
    )]
    CannotAsk(BindRefusal),
    /// An unfinished change, and nobody to ask.
    #[error(
        "an earlier change is not finished, and whether it was made cannot be asked now: {0}. Both passwords are kept; run \
         this again when a domain controller answers"
    )]
    NobodyToAsk(DirectoryError),
    /// Sent, and no answer.
    #[error(
        "the domain controller did not say whether it changed the password. Both passwords are kept and Keyward signs in \
         with the one that is right; run this again in a minute to complete it"
    )]
    Unknown,
    /// Changed, but the files could not be put in order.
    #[error(
        "the password was changed in the directory, but {0}. The new one is kept beside it and Keyward signs in with it; \
         run this again when that is mended"
    )]
    NotCommitted(PlaceError),
    /// Changed, but not moved.
    #[error("the password was changed, but it stays in the settings file: {0}")]
    NotMoved(PlaceError),
    /// The work was interrupted within this process.
    #[error("the work was interrupted; run this again to complete it")]
    Interrupted,
}

/// What an administrator can do with it.
fn directory(error: &DirectoryError) -> String {
    match error {
        DirectoryError::PasswordPolicy => "the domain's policy refused the new password (0000052D). Its length and \
            characters satisfy every policy, so that most likely the present one is younger than the domain's minimum \
            password age (minPwdAge), which holds for an account that changes its own password: try again when that \
            time is over, or lower it for this account by a fine-grained policy"
            .to_owned(),
        DirectoryError::ServiceBind(refusal) => format!(
            "the service account cannot sign in: {refusal}; see keyward doctor"
        ),
        DirectoryError::NotDelegated { operation } => format!(
            "the directory does not let the service account do this: {operation}. An account may change its own \
             password unless \"user cannot change password\" is set: take that away"
        ),
        other => other.to_string(),
    }
}

fn reason(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::NotFound => "there is no such file or folder",
        io::ErrorKind::PermissionDenied => "this account may not",
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "the disk is full",
        io::ErrorKind::ResourceBusy => "it is in use, or mounted by itself",
        io::ErrorKind::UnexpectedEof => "it is empty",
        io::ErrorKind::InvalidData => "it is not text",
        io::ErrorKind::TimedOut => "the disk did not answer",
        _ => "input/output error",
    }
}

/// The reason, and what helps where it is not plain.
fn not_written(file: &Path, kind: io::ErrorKind) -> String {
    let reason = reason(kind);
    match kind {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            let folder = file.parent().unwrap_or(Path::new(".")).display();
            format!(
                "{reason}; the account that runs Keyward must be able to make files in {folder}"
            )
        }
        _ => reason.to_owned(),
    }
}

// Not sources: each sentence is told once, as a part of the whole.
impl From<Fixed> for RotationError {
    fn from(fixed: Fixed) -> Self {
        Self::Fixed(fixed)
    }
}

impl From<PlaceError> for RotationError {
    fn from(error: PlaceError) -> Self {
        Self::Place(error)
    }
}

impl From<StoreError> for RotationError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error as _;

    #[test]
    fn each_sentence_is_told_once() {
        let errors: [RotationError; 3] = [
            Fixed::Environment.into(),
            PlaceError::NotWritable("/x/secret".into(), io::ErrorKind::StorageFull).into(),
            StoreError::Timeout.into(),
        ];
        for error in errors {
            assert!(error.source().is_none(), "{error}");
            assert!(error.to_string().contains("Nothing was changed"), "{error}");
        }
    }
}
