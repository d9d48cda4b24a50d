//! Carries a plan out, step by step: the password is on disk before the account exists, and what
//! fails leaves everything in a state that the next run completes.

pub mod password_file;

use super::carry_out::{Done, carry_out, texts};
use super::change::Change;
use super::plan::{AccountName, FLAGS_NEW, Planned, Step, Wanted};
use crate::directory::DirectoryError;
use crate::directory::admin::{Admin, AdminError};
use crate::domain::identity::{Dn, Sid};
use crate::domain::password::{AccountNames, NewPassword, PasswordPolicy};
use crate::domain::secret::SecretSource;
use password_file::FileError;
use secrecy::{ExposeSecret as _, SecretString};

/// Least length of a service password that nobody can guess, in characters.
const STRONG: usize = 32;
/// What every password can be, before the domain's policy is asked.
const ANY: PasswordPolicy = PasswordPolicy {
    min_length: 1,
    complexity: false,
    history: 0,
    known: true,
};

/// How a step ended.
#[derive(Debug)]
pub enum Ended {
    /// It was made.
    Done,
    /// It was so before.
    AlreadySo,
    /// It was not made.
    Failed(Failed),
    /// It was not tried, because of what failed before it.
    NotTried,
}

/// Why a step was not made.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// The directory.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// The password's file.
    #[error(transparent)]
    File(#[from] FileError),
    /// No random numbers.
    #[error("the system gives no random numbers")]
    Random,
    /// A password that nobody can type, or that is too long.
    #[error("the password of the settings has control characters, or more than 256 characters")]
    Unusable,
    /// It is not for a program to decide.
    #[error("this has to be decided by you")]
    YourTurn,
}

/// Carries `steps` out in order and tells `report` how each ended. A step that hangs on one that
/// failed is not tried; nothing is, once the directory does not answer any more.
pub async fn apply(
    admin: &Admin,
    wanted: &Wanted,
    steps: &[Planned],
    report: &mut dyn FnMut(&Step, Ended),
) {
    let mut run = Run {
        admin,
        wanted,
        made: None,
        is_over: false,
    };
    for planned in steps {
        let ended = run.step(planned).await;
        report(&planned.step, ended);
    }
}

/// The password of the settings, where they hold one or name a file with one.
///
/// # Errors
/// [`FileError`].
pub fn password_there(wanted: &Wanted) -> Result<Option<SecretString>, FileError> {
    match &wanted.password {
        SecretSource::Value(value) | SecretSource::InSettings { value, .. } => {
            Ok(Some(value.clone()))
        }
        SecretSource::File(file) => password_file::look(file),
    }
}

/// Whether it is as long as the passwords that Keyward makes must be at least.
pub fn is_strong(password: &SecretString) -> bool {
    password.expose_secret().chars().count() >= STRONG
}

struct Run<'a> {
    admin: &'a Admin,
    wanted: &'a Wanted,
    /// The password that this run wrote into its file.
    made: Option<NewPassword>,
    is_over: bool,
}

impl Run<'_> {
    async fn step(&mut self, planned: &Planned) -> Ended {
        if planned.is_so {
            return Ended::AlreadySo;
        }
        if self.is_over {
            return Ended::NotTried;
        }
        match self.carry_out(&planned.step).await {
            Ok(Some(Done::Changed)) => Ended::Done,
            Ok(Some(Done::AlreadySo)) => Ended::AlreadySo,
            Ok(None) => Ended::NotTried,
            Err(failed) => {
                self.is_over = is_the_end(&failed);
                Ended::Failed(failed)
            }
        }
    }

    /// `None`: it hangs on something that is not there.
    async fn carry_out(&mut self, step: &Step) -> Result<Option<Done>, Failed> {
        match step {
            Step::MakePassword { file } => {
                self.make_password(file)?;
                Ok(Some(Done::Changed))
            }
            Step::CreateAccount { dn, name } => self.create_account(dn, name).await,
            Step::ResetPassword { account, .. } => self.reset_password(account).await,
            Step::Grant {
                target,
                whom,
                rights,
            } => {
                let Some(sid) = self.account_sid(whom).await? else {
                    return Ok(None);
                };
                let change = Change::AddRules {
                    object: target.clone(),
                    whom: whom.clone(),
                    rules: rights.iter().map(|right| right.rule(&sid)).collect(),
                };
                Ok(Some(carry_out(self.admin, &change).await?))
            }
            Step::Change(change) => Ok(Some(carry_out(self.admin, change).await?)),
            Step::PasswordIsMissing { .. } => Err(Failed::YourTurn),
        }
    }

    fn make_password(&mut self, file: &std::path::Path) -> Result<(), Failed> {
        let name = self.wanted.username.as_str();
        let names = AccountNames {
            sam: name,
            display: name,
        };
        let password = NewPassword::for_service(&names, &mut |buffer| getrandom::fill(buffer))
            .map_err(|_| Failed::Random)?;
        password_file::write_new(file, &password)?;
        self.made = Some(password);
        Ok(())
    }

    async fn create_account(&self, dn: &Dn, name: &AccountName) -> Result<Option<Done>, Failed> {
        let Some(password) = self.password()? else {
            return Ok(None);
        };
        let attributes = account(name);
        let doubt = match self.admin.add_account(dn, attributes, &password).await {
            Ok(()) => AdminError::NotSo,
            Err(AdminError::AnswerLost) => AdminError::AnswerLost,
            Err(error) => return Err(error.into()),
        };
        // What the directory shows counts, not that it answered.
        match self.admin.object(dn.as_str()).await {
            Ok(Some(_)) => Ok(Some(Done::Changed)),
            _ => Err(doubt.into()),
        }
    }

    async fn reset_password(&mut self, account: &Dn) -> Result<Option<Done>, Failed> {
        let Some(password) = self.password()? else {
            return Ok(None);
        };
        let result = self.admin.set_password(account, &password).await;
        if let (Err(error), SecretSource::File(file)) = (&result, &self.wanted.password)
            && *error != AdminError::AnswerLost
            && self.made.is_some()
        {
            // Otherwise the next look would take it for the account's.
            password_file::take_back(file, &password)?;
        }
        result?;
        Ok(Some(Done::Changed))
    }

    /// The password that the account is to have: on disk already, or in the settings.
    fn password(&self) -> Result<Option<NewPassword>, Failed> {
        let nobody = AccountNames {
            sam: "",
            display: "",
        };
        let Some(there) = password_there(self.wanted)? else {
            return Ok(None);
        };
        let checked = NewPassword::checked(there, &ANY, &nobody);
        checked.map(Some).map_err(|_| Failed::Unusable)
    }

    async fn account_sid(&self, sam: &str) -> Result<Option<Sid>, Failed> {
        let account = self.admin.principal(sam).await?;
        Ok(account.and_then(|account| account.sid))
    }
}

/// Whether anything after it would fail too, after a wait.
fn is_the_end(failed: &Failed) -> bool {
    matches!(
        failed,
        Failed::Admin(
            AdminError::AnswerLost | AdminError::Directory(DirectoryError::Unreachable { .. })
        )
    )
}

fn account(name: &AccountName) -> Vec<(&'static str, Vec<Vec<u8>>)> {
    let flags = FLAGS_NEW.to_string();
    vec![
        texts(
            "objectClass",
            &["top", "person", "organizationalPerson", "user"],
        ),
        texts("sAMAccountName", &[&name.sam]),
        texts("userPrincipalName", &[&name.upn]),
        texts("userAccountControl", &[&flags]),
        texts(
            "description",
            &["Keyward's service account: resets passwords, signs in nowhere else"],
        ),
    ]
}
