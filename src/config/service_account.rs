//! `[service_account]`: who Keyward is in the directory.

use std::path::Path;

use super::document::Raw;
use super::section::section;
use super::value::{Text, Value};
use crate::domain::secret::SecretSource;

section! {
    /// The account with which Keyward reads and writes in the directory. It needs the delegated
    /// rights on `user_ou` and nothing else.
    ServiceAccount = "service_account" {
        /// Its `sAMAccountName`, `userPrincipalName` or DN.
        username: Text,
        /// Its password. Better in a file of its own, such as a systemd credential; the file is
        /// read at each use, so that a new password needs no restart.
        password: SecretSource,
        /// Days after which Keyward gives the account a new password by itself; 0 means never. It
        /// changes its own password, for which it needs no right.
        rotate_after_days: RotationDays = "30",
    }
}

/// 0 (never) to 365 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RotationDays(u16);

impl RotationDays {
    /// `None`: never.
    pub fn days(self) -> Option<u16> {
        (self.0 != 0).then_some(self.0)
    }
}

impl Value for RotationDays {
    const EXPECTED: &'static str = "a whole number of days from 1 to 365, or 0 for never";
    fn parse(raw: &Raw, _: &Path) -> Result<Self, &'static str> {
        match raw.number().and_then(|number| u16::try_from(number).ok()) {
            Some(days @ 0..=365) => Ok(Self(days)),
            _ => Err(Self::EXPECTED),
        }
    }
}
