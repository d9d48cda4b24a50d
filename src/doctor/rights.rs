//! The proof of the service account's rights, as one check; `keyward delegation verify` tells it whole.

use super::check::Check;
use super::words::rights as words;
use crate::delegation::proof::Proof;
use crate::directory::DirectoryError;

/// What the proof came to.
pub(super) fn look(proof: &Result<Proof, DirectoryError>) -> Vec<Check> {
    match proof {
        Ok(proof) => {
            let mut checks = vec![words::proven(proof).named("rights")];
            if !proof.notes.is_empty() {
                checks.push(words::notes(proof).named("rights.notes"));
            }
            checks
        }
        Err(error) => vec![words::unproven(error).named("rights")],
    }
}
