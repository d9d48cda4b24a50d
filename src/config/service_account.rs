//! `[service_account]`: who Keyward is in the directory.

use super::section::section;
use super::value::Text;
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
    }
}
