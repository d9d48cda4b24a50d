//! Where a secret comes from; reading it is the business of the folder that uses it.

use secrecy::SecretString;
use std::path::PathBuf;

/// A secret in the settings, or in a file that is read at use (trailing line feed cut).
#[derive(Debug, Clone)]
pub enum SecretSource {
    /// The value itself.
    Value(SecretString),
    /// A file that holds it.
    File(PathBuf),
}
