//! What a rule asks of whoever acts by it.

use crate::domain::reason::ReasonRule;

/// What a rule asks for.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// What has to be said.
    pub reason: ReasonRule,
    /// Who decides whether the new password must be changed at the next logon.
    pub must_change: MustChange,
    /// Where the new password comes from.
    pub password: PasswordKind,
}

/// Whether the new password must be changed at the next logon.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum MustChange {
    /// The operator decides; the check box begins as the settings say.
    #[default]
    Default,
    /// Never.
    Never,
    /// Always, where the account can.
    Always,
}

/// Where a new password comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PasswordKind {
    /// A fresh passphrase each time.
    #[default]
    Generated,
    /// The operator may type one; left empty, it is a fresh passphrase.
    Typed,
    /// The one of the settings.
    Fixed,
}

impl MustChange {
    /// What a reset does, where `asked` is what the operator ticked and `works` whether it has an effect.
    pub fn applied(self, asked: bool, works: bool) -> bool {
        match self {
            Self::Default => asked,
            Self::Never => false,
            Self::Always => works,
        }
    }
}
