//! Who the administrator is, and their connection.

use anyhow::anyhow;

use super::prompt;
use crate::directory::admin::{Admin, AdminError};
use crate::directory::{BindRefusal, Directory, DirectoryError};

#[derive(Debug, clap::Args)]
pub(super) struct Administrator {
    /// The administrator to do it as: sAMAccountName, DOMAIN\name or name@domain. The password is
    /// asked for
    #[arg(long, value_name = "NAME")]
    admin: String,
    /// Read the password from the first line of standard input instead
    #[arg(long)]
    admin_password_stdin: bool,
}

impl Administrator {
    /// Asks for the password and signs in.
    ///
    /// # Errors
    /// No password, or the directory refuses it; nothing was changed.
    pub(super) async fn sign_in(&self, directory: &Directory) -> anyhow::Result<Admin> {
        let password = if self.admin_password_stdin {
            prompt::from_stdin()?
        } else {
            prompt::at_terminal(&self.admin)?
        };
        let admin = directory.as_admin(&self.admin, password).await;
        admin.map_err(|error| match error {
            AdminError::Refused(why) => anyhow!(
                "the directory does not let {} in: {}; nothing was changed",
                self.admin,
                why
            ),
            error => anyhow!("{}; nothing was changed", sentence(&error)),
        })
    }
}

/// What went wrong, and what to do about it.
pub(super) fn sentence(error: &AdminError) -> String {
    match error {
        AdminError::Refused(why) => format!("the administrator is not let in: {why}"),
        AdminError::NotAllowed => {
            "the administrator's account may not do this; use one that may, such as a member of Domain Admins"
                .to_owned()
        }
        AdminError::AlreadyThere => {
            "an object of this name is there already, and is not what is wanted; rename it, or choose another name in \
             the settings"
                .to_owned()
        }
        AdminError::NotThere => {
            "the object, or the organisational unit that it belongs in, is not in the directory".to_owned()
        }
        AdminError::Directory(DirectoryError::PasswordPolicy) => {
            "the domain's policy refuses the password of the settings; write a longer one there, with all four kinds of \
             characters"
                .to_owned()
        }
        AdminError::Directory(error) => directory_sentence(error),
        AdminError::NotSo | AdminError::NotEditable(_) | AdminError::AnswerLost => error.to_string(),
    }
}

/// As [`sentence`], for what both the administrator and the service account meet.
pub(super) fn directory_sentence(error: &DirectoryError) -> String {
    match error {
        DirectoryError::ServiceBind(BindRefusal::WrongNameOrPassword) => {
            "the service account is not let in: wrong name or password; put [service_account] right before the next \
             try, since each one counts towards the domain's lockout"
                .to_owned()
        }
        DirectoryError::Unreachable { .. } => format!("{error}; keyward doctor looks at each one"),
        DirectoryError::ServiceBind(why) => format!("the service account is not let in: {why}"),
        DirectoryError::ServicePassword(Some(file)) => format!(
            "the service account's password cannot be read from {}, or is empty",
            file.display()
        ),
        DirectoryError::ServicePassword(None) => {
            "the settings hold no password of the service account".to_owned()
        }
        error => error.to_string(),
    }
}
