//! What is said of the proof.

use super::super::check::{Advice, Told};
use super::controller::of_directory;
use crate::delegation::proof::Proof;
use crate::delegation::proof::finding::{Finding, What};
use crate::directory::DirectoryError;
use crate::domain::text::counted;

const READ: &str = "docs/doctor.md#rights";
/// Findings that are listed.
const LISTED: usize = 5;

/// Exactly the needed rights, or what is missing and what is too much.
pub(in crate::doctor) fn proven(proof: &Proof) -> Told {
    if proof.findings.is_empty() {
        return Told::ok(format!(
            "the service account has the rights that it needs on {} people and none beyond, in {} objects",
            proof.people, proof.objects
        ));
    }
    let missing = |finding: &&Finding| matches!(finding.what, What::Missing(_));
    let missing = proof.findings.iter().filter(missing).count();
    let excess = proof.findings.len() - missing;
    let part = |number: usize, what: &str| (number > 0).then(|| format!("{number} {what}"));
    let parts = [part(missing, "missing"), part(excess, "too many")];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let mut list: Vec<String> = proof
        .findings
        .iter()
        .take(LISTED)
        .map(|finding| format!("{}: {}", finding.id, finding.sentence))
        .collect();
    if proof.findings.len() > LISTED {
        list.push(format!("and {} more", proof.findings.len() - LISTED));
    }
    let cause = if excess > 0 {
        "rights were given to the account, or to a group that it is in, beyond what Keyward needs: whoever gets hold of it can use them"
    } else {
        "the rights were not delegated on user_ou, or inheritance is blocked somewhere below it"
    };
    Told::fail(
        format!("the service account's rights are not as they should be: {}", parts.join(", ")),
        Advice::new(
            cause,
            ["keyward delegation verify names each one, where it comes from, and the command that mends it"],
            READ,
        ),
    )
    .listing(list)
}

/// What an administrator should know without anything being wrong.
pub(in crate::doctor) fn notes(proof: &Proof) -> Told {
    let list = proof.notes.iter().map(|note| note.sentence.clone());
    Told::warn(
        format!("{} on the rights", counted(proof.notes.len(), "note", "notes")),
        Advice::new(
            "the domain is set up in a way that the proof cannot see through, or that is worth knowing",
            ["read each note; keyward delegation verify has them too"],
            READ,
        ),
    )
    .listing(list.collect())
}

/// There is no proof.
pub(in crate::doctor) fn unproven(error: &DirectoryError) -> Told {
    let (sentence, advice) = of_directory(error);
    Told::fail(
        format!("the rights could not be proven, neither good nor bad: {sentence}"),
        advice,
    )
}
