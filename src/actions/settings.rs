//! What the actions need to know from the settings; `cli` builds it from `config`, at the start and whenever the
//! settings are read again.

use super::case::Case;
use super::{ActionError, App};
use crate::domain::audit::AuditAction;
use crate::domain::limits::Burst;
use crate::domain::password::EntropyBits;
use crate::domain::rules::Written;
use crate::domain::secret::SecretSource;
use crate::domain::text::hex;
use crate::store::{SessionLimits, StoreError};
use sha2::{Digest, Sha256};
use std::num::NonZeroU32;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::time::timeout;

/// How long a start waits for a domain controller before it goes on without.
const PATIENCE: Duration = Duration::from_secs(5);

/// The settings of the actions.
#[derive(Debug, Clone)]
pub struct ActionSettings {
    /// Who may do what to whom, by names.
    pub rules: Written,
    /// Entropy of a generated password.
    pub bits: EntropyBits,
    /// Whether "must change at next logon" is ticked when the form is shown.
    pub must_change: bool,
    /// One password for everybody, for the rules that say so.
    pub new_password: Option<SecretSource>,
    /// When sessions end.
    pub session: SessionLimits,
    /// Wrong sign-ins per person and window; can only lower the limit that the domain's lockout sets.
    pub max_wrong: Option<NonZeroU32>,
    /// Within how long a second reset of one person needs a reason.
    pub again_after: Option<Duration>,
    /// What is a sudden burst of resets.
    pub burst: Option<Burst>,
}

impl ActionSettings {
    /// SHA-256 over all of it as it was understood; of secrets only where they come from, never what they are.
    fn digest(&self) -> [u8; 32] {
        let password = self.new_password.as_ref().map(|source| match source {
            SecretSource::File(file) => Some(file.clone()),
            SecretSource::Value(_) | SecretSource::InSettings { .. } => None,
        });
        let rest = (self.bits, self.must_change, self.session, self.max_wrong);
        let limits = (self.again_after, self.burst);
        let mut hash = Sha256::new();
        hash.update(self.rules.digest());
        hash.update(format!("{password:?}\n{rest:?}\n{limits:?}\n"));
        hash.finalize().into()
    }
}

impl App {
    /// The settings that the actions work by.
    pub fn settings(&self) -> Arc<ActionSettings> {
        let settings = self.shared.settings.read();
        Arc::clone(&settings.unwrap_or_else(PoisonError::into_inner))
    }

    /// Works by other settings from now on, once everything that their rules name was found in the directory, and that
    /// they are others is recorded.
    ///
    /// # Errors
    /// It was not, no DC answers, or nothing can be recorded: the old ones stay.
    pub async fn adopt(&self, settings: ActionSettings) -> Result<(), ActionError> {
        self.directory.ground(&settings.rules).await?;
        self.note_settings(&settings).await?;
        let mut held = self
            .shared
            .settings
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *held = Arc::new(settings);
        Ok(())
    }

    /// What a start does with its settings: looks whether everything that they name is in the directory, and records
    /// them where they are others than before. Where no domain controller answers in a few seconds, it is looked at
    /// when something is decided for the first time.
    ///
    /// # Errors
    /// It is not there, or nothing can be recorded.
    pub async fn start_with_settings(&self) -> Result<(), ActionError> {
        let unknown = "whether all groups and OUs of the rules exist is not known yet";
        match timeout(PATIENCE, self.check_rules()).await {
            Ok(Ok(())) => {}
            Ok(Err(ActionError::Directory(error))) if error.is_of_the_settings() => {
                return Err(error.into());
            }
            Ok(Err(error)) => tracing::warn!(%error, "{unknown}"),
            Err(_) => tracing::warn!("no domain controller answers; {unknown}"),
        }
        self.note_settings(&self.settings()).await?;
        Ok(())
    }

    /// Whether everything that the rules name is in the directory.
    ///
    /// # Errors
    /// It is not, or no DC answers.
    pub async fn check_rules(&self) -> Result<(), ActionError> {
        self.ground().await.map(|_| ())
    }

    /// Records that these settings come into force, where they are others than those before.
    async fn note_settings(&self, settings: &ActionSettings) -> Result<(), StoreError> {
        let rules = &settings.rules;
        let sha256 = hex(&rules.digest());
        let count = u64::try_from(rules.rules.len()).unwrap_or(u64::MAX);
        let mut entry = Case::of_service(AuditAction::SettingsChanged).event();
        entry.details.extend([
            ("sha256".to_owned(), sha256.into()),
            ("rules".to_owned(), count.into()),
        ]);
        self.store
            .note_settings(settings.digest(), entry)
            .await
            .map(|_| ())
    }
}
