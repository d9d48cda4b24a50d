//! Which password a reset sets: that of the settings, one that was typed, or a fresh passphrase.

use super::{ActionError, App};
use crate::domain::account::Account;
use crate::domain::password::{AccountNames, NewPassword, PolicyBreach};
use crate::domain::rules::PasswordKind;
use crate::domain::secret::SecretSource;
use secrecy::SecretString;
use std::time::Duration;
use tokio::time::timeout;
use zeroize::Zeroizing;

/// Reading a local file takes no longer.
const READ: Duration = Duration::from_secs(2);

impl App {
    /// A password that this account's policy accepts, or the rules that the one of the settings
    /// breaks.
    ///
    /// # Errors
    /// No DC, no random numbers, or a setting that cannot be read.
    pub(super) async fn choose_password(
        &self,
        account: &Account,
        kind: PasswordKind,
        typed: Option<SecretString>,
    ) -> Result<Result<NewPassword, Vec<PolicyBreach>>, ActionError> {
        let policy = self.directory.password_policy(account).await?;
        let names = AccountNames {
            sam: &account.sam,
            display: &account.name,
        };
        let settings = self.settings();
        let given = match (kind, &settings.new_password) {
            (PasswordKind::Fixed, Some(source)) => Some(secret(source).await?),
            // The settings were read again since the rule was.
            (PasswordKind::Fixed, None) => return Err(ActionError::PasswordSetting),
            (PasswordKind::Typed, _) => typed,
            (PasswordKind::Generated, _) => None,
        };
        if let Some(text) = given {
            return Ok(NewPassword::checked(text, &policy, &names));
        }
        NewPassword::generate(&policy, settings.bits, &names, &mut |buffer| {
            getrandom::fill(buffer).map_err(|_| ActionError::Random)
        })
        .map(Ok)
    }
}

/// Reads the setting at its use, so that a changed file counts at once.
async fn secret(source: &SecretSource) -> Result<SecretString, ActionError> {
    match source {
        SecretSource::Value(text) | SecretSource::InSettings { value: text, .. } => {
            Ok(text.clone())
        }
        SecretSource::File(path) => {
            let read = timeout(READ, tokio::fs::read_to_string(path)).await;
            let Ok(Ok(text)) = read.map(|read| read.map(Zeroizing::new)) else {
                return Err(ActionError::PasswordSetting);
            };
            let line = text.strip_suffix('\n').unwrap_or(&text);
            Ok(SecretString::from(line.strip_suffix('\r').unwrap_or(line)))
        }
    }
}
