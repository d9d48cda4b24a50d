//! What the actions need to know from the settings; `cli/serve` builds it from `config`.

use crate::domain::identity::Dn;
use crate::domain::password::EntropyBits;
use crate::domain::reason::ReasonRule;
use crate::domain::secret::SecretSource;
use crate::store::SessionLimits;
use std::num::NonZeroU32;

/// The settings of the actions.
#[derive(Debug, Clone)]
pub struct ActionSettings {
    /// The OU whose people may be helped.
    pub user_ou: Dn,
    /// The operators' group: sAMAccountName, CN or DN.
    pub reset_group: String,
    /// The auditors' groups, named in the same ways.
    pub auditors: Vec<String>,
    /// Further protected groups, named in the same ways.
    pub protected_groups: Vec<String>,
    /// Entropy of a generated password.
    pub bits: EntropyBits,
    /// Whether "must change at next logon" is ticked when the form is shown.
    pub must_change: bool,
    /// One password for everybody, as in the article; `None`: a fresh one each time.
    pub new_password: Option<SecretSource>,
    /// What an operator has to say.
    pub reason: ReasonRule,
    /// When sessions end.
    pub session: SessionLimits,
    /// Wrong sign-ins per person and window; can only lower the limit that the domain's lockout sets.
    pub max_wrong: Option<NonZeroU32>,
}
