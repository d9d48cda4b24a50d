//! `keyward audit prove`: inclusion and consistency proofs, for people and as JSON.

use std::path::Path;

use anyhow::Context as _;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use super::place::open_with_tree;
use crate::archive::{Piece, Trail};
use crate::cli::Verdict;
use crate::cli::output::{print, warn};
use crate::cli::settings::ConfigFile;
use crate::domain::audit::Seq;
use crate::domain::audit::tree::{Hash, leaf_hash};
use crate::domain::text::visible;
use crate::store::{AuditProof, AuditReader, Flaw, StoreError};

const HOW_INCLUDED: &str = "\
To check it: the leaf hash is SHA-256 of a zero byte and the record. Joined with the hashes of the proof
as RFC 9162, 2.1.3.2 says, it gives the root in the checkpoint's third line. The checkpoint's signature is
checked with the key that `keyward audit key` prints. docs/audit-log.md has both in a few lines of Python.
";

const HOW_CONSISTENT: &str = "\
To check it: the hashes of the proof, joined as RFC 9162, 2.1.4.2 says, give the root of the earlier
checkpoint and the root of this one. Compare the first with the checkpoint that you kept.
";

/// Prints a proof that leads to the newest checkpoint: who has the checkpoint and the verifier key can
/// check it without Keyward and without the rest of the log.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true))]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    file: ConfigFile,
    /// Prove that the record of this number is in the log (RFC 6962, inclusion)
    #[arg(value_name = "SEQ", group = "what")]
    seq: Option<u64>,
    /// Prove that the log begins with its first SIZE records as they were: SIZE is the second line of a
    /// checkpoint that you kept (RFC 6962, consistency)
    #[arg(long, value_name = "SIZE", group = "what", value_parser = clap::value_parser!(u64).range(1..))]
    from: Option<u64>,
    /// Print one JSON document instead, hashes in base64
    #[arg(long)]
    json: bool,
}

/// # Errors
/// The settings or the store cannot be used.
pub(super) async fn run(arguments: &Arguments) -> anyhow::Result<Verdict> {
    let (log, place) = open_with_tree(&arguments.file).await?;
    let archives = arguments.file.settings()?.archive_folder();
    let proven = match (arguments.seq, arguments.from) {
        (Some(seq), _) => inclusion(&log, &archives, Seq(seq)).await,
        (None, Some(old)) => consistency(&log, old).await,
        (None, None) => return Ok(Verdict::Wrong),
    };
    let proven = match proven {
        Err(Unproven::Store(StoreError::Unusable(
            flaw @ (Flaw::TreeDamaged | Flaw::NotAsSigned),
        ))) => Err(Unproven::Because(flaw.to_string())),
        other => other,
    };
    match proven {
        Ok(proven) if arguments.json => print(&format!("{:#}\n", proven.json()))?,
        Ok(proven) => print(&proven.text())?,
        Err(Unproven::Because(reason)) => {
            warn(&reason);
            return Ok(Verdict::Wrong);
        }
        Err(Unproven::Store(error)) => return Err(error).context(place),
    }
    Ok(Verdict::Well)
}

enum Unproven {
    Store(StoreError),
    /// The log is in order as far as one can see, or it is not: there is no proof.
    Because(String),
}

impl From<StoreError> for Unproven {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

enum Proven {
    Included {
        seq: Seq,
        /// `None`: its archive is not at hand.
        line: Option<String>,
        proof: AuditProof,
    },
    Consistent {
        old: u64,
        proof: AuditProof,
    },
}

async fn inclusion(log: &AuditReader, archives: &Path, seq: Seq) -> Result<Proven, Unproven> {
    if log.leaf_hashes(seq, 1).await?.is_empty() {
        return Err(Unproven::Because(format!(
            "the log has no record {}",
            seq.0
        )));
    }
    let Some(proof) = log.prove(seq).await? else {
        return Err(Unproven::Because(format!(
            "no checkpoint covers record {} yet; the running service signs one within a minute",
            seq.0
        )));
    };
    let line = line(log, archives, seq).await;
    if line
        .as_ref()
        .is_some_and(|line| leaf_hash(line) != proof.start)
    {
        return Err(Unproven::Because(format!(
            "record {} is not what was signed: it was changed; keyward audit verify checks all of them",
            seq.0
        )));
    }
    let line = line.map(|line| String::from_utf8_lossy(&line).into_owned());
    Ok(Proven::Included { seq, line, proof })
}

/// The record, from the database or an archive; `None`: its archive was removed, or cannot be read. The
/// proof holds all the same.
async fn line(log: &AuditReader, archives: &Path, seq: Seq) -> Option<Vec<u8>> {
    match Trail::new(log.clone(), archives, seq).next().await {
        Ok(Some(Piece::Lines(lines))) => {
            let first = lines.into_iter().next();
            first.filter(|(at, _)| *at == seq).map(|(_, line)| line)
        }
        _ => None,
    }
}

async fn consistency(log: &AuditReader, old: u64) -> Result<Proven, Unproven> {
    match log.prove_consistency(old).await? {
        Some(proof) => Ok(Proven::Consistent { old, proof }),
        None => Err(Unproven::Because(format!(
            "there is no checkpoint of {old} records or more: the log is shorter, or its newest records \
             have none yet"
        ))),
    }
}

impl Proven {
    fn text(&self) -> String {
        match self {
            Self::Included { seq, line, proof } => {
                let line = line.as_deref().map_or_else(
                    || "(in an archive that cannot be read here)".to_owned(),
                    visible,
                );
                format!(
                    "Record {} is one of the {} records of this checkpoint.\n\n\
                     record     {line}\nleaf hash  {}\n{}\n{HOW_INCLUDED}",
                    seq.0,
                    proof.checkpoint.size,
                    coded(proof.start),
                    rest(proof)
                )
            }
            Self::Consistent { old, proof } => format!(
                "The {} records of this checkpoint begin with the first {old}, as they were.\n\n\
                 old root   {}\n{}\n{HOW_CONSISTENT}",
                proof.checkpoint.size,
                coded(proof.start),
                rest(proof)
            ),
        }
    }

    /// Names as in RFC 6962, section 4, and C2SP.
    fn json(&self) -> serde_json::Value {
        let path = |proof: &AuditProof| proof.hashes.iter().copied().map(coded).collect::<Vec<_>>();
        match self {
            Self::Included { seq, line, proof } => json!({
                "leaf_index": seq.0,
                "tree_size": proof.checkpoint.size,
                "record": line,
                "leaf_hash": coded(proof.start),
                "audit_path": path(proof),
                "root_hash": coded(proof.root),
                "checkpoint": proof.checkpoint.note,
            }),
            Self::Consistent { old, proof } => json!({
                "first": old,
                "second": proof.checkpoint.size,
                "first_root_hash": coded(proof.start),
                "consistency": path(proof),
                "second_root_hash": coded(proof.root),
                "checkpoint": proof.checkpoint.note,
            }),
        }
    }
}

fn rest(proof: &AuditProof) -> String {
    let mut text = String::new();
    for (at, hash) in proof.hashes.iter().enumerate() {
        let head = if at == 0 {
            "proof      "
        } else {
            "           "
        };
        text += &[head, &coded(*hash), "\n"].concat();
    }
    text + "checkpoint\n\n" + &proof.checkpoint.note
}

fn coded(hash: Hash) -> String {
    BASE64_STANDARD.encode(hash.0)
}
