//! Which changes mend which findings of a proof.

use super::change::Change;
use super::proof::{Finding, Proof};

/// What is to be mended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// Every finding.
    All,
    /// These, by id.
    Ids(Vec<String>),
}

/// Ids that no finding of the proof has: mended already, or mistyped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no finding has the id {}", .0.join(", "))]
pub struct UnknownIds(pub Vec<String>);

/// The findings that are meant, each once, in the order of the proof.
///
/// # Errors
/// [`UnknownIds`].
pub fn select<'a>(proof: &'a Proof, which: &Which) -> Result<Vec<&'a Finding>, UnknownIds> {
    let Which::Ids(ids) = which else {
        return Ok(proof.findings.iter().collect());
    };
    let is_known = |id: &&String| proof.findings.iter().any(|finding| finding.id == **id);
    let unknown: Vec<String> = ids.iter().filter(|id| !is_known(id)).cloned().collect();
    if !unknown.is_empty() {
        return Err(UnknownIds(unknown));
    }
    let is_meant = |finding: &&Finding| ids.contains(&finding.id);
    Ok(proof.findings.iter().filter(is_meant).collect())
}

/// The changes of all of them, each once: two findings can have the same cure.
pub fn changes(findings: &[&Finding]) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    for change in findings.iter().flat_map(|finding| &finding.mend) {
        if !changes.contains(change) {
            changes.push(change.clone());
        }
    }
    changes
}
