//! What the actions need to know from the settings; `cli` builds it from `config`, at the start and whenever the
//! settings are read again.

use super::{ActionError, App};
use crate::domain::limits::Burst;
use crate::domain::password::EntropyBits;
use crate::domain::rules::Written;
use crate::domain::secret::SecretSource;
use crate::store::SessionLimits;
use std::num::NonZeroU32;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

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

impl App {
    /// The settings that the actions work by.
    pub fn settings(&self) -> Arc<ActionSettings> {
        let settings = self.shared.settings.read();
        Arc::clone(&settings.unwrap_or_else(PoisonError::into_inner))
    }

    /// Works by other settings from now on, once everything that their rules name was found in the directory.
    ///
    /// # Errors
    /// It was not, or no DC answers: the old ones stay.
    pub async fn adopt(&self, settings: ActionSettings) -> Result<(), ActionError> {
        self.directory.ground(&settings.rules).await?;
        let mut held = self
            .shared
            .settings
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *held = Arc::new(settings);
        Ok(())
    }

    /// Whether everything that the rules name is in the directory.
    ///
    /// # Errors
    /// It is not, or no DC answers.
    pub async fn check_rules(&self) -> Result<(), ActionError> {
        self.ground().await.map(|_| ())
    }
}
