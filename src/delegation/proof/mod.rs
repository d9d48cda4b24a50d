//! The proof: what the service account may do, compared with what it needs and with what a newly
//! made user may do.

pub mod finding;

pub use finding::{Cause, Excess, Finding, Missing, Note};

use super::needs::Needs;
use crate::directory::{Directory, DirectoryError};
use jiff::Timestamp;

/// What the proof found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// When it was begun.
    pub at: Timestamp,
    /// What is missing and what is too much; empty: exactly the needed rights.
    pub findings: Vec<Finding>,
    /// What an administrator should know without anything being wrong.
    pub notes: Vec<Note>,
    /// Objects looked at.
    pub objects: u64,
    /// Users below the targets.
    pub people: u64,
}

impl Proof {
    /// The findings of rights too many.
    pub fn excess(&self) -> impl Iterator<Item = &Finding> {
        let is_excess = |finding: &&Finding| matches!(finding.what, finding::What::Excess(_));
        self.findings.iter().filter(is_excess)
    }
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Objects looked at so far.
    pub objects: u64,
    /// About how many there are, where that is known.
    pub of: Option<u64>,
}

/// Reads the whole directory as the service account and compares. Memory does not grow with the directory.
///
/// # Errors
/// [`DirectoryError`]: there is no proof then, neither good nor bad.
pub async fn prove(
    directory: &Directory,
    needs: &Needs,
    at: Timestamp,
    progress: impl FnMut(Progress),
) -> Result<Proof, DirectoryError> {
    let _ = (directory, needs, at, progress);
    todo!()
}
