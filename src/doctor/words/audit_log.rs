//! What is said of the audit log's key and checkpoints.

use super::super::audit_log::{Key, Reach};
use super::super::check::{Advice, Told};
use super::moment;
use crate::domain::text::counted;
use crate::store::StoreError;
use std::path::Path;

const READ: &str = "docs/doctor.md#the-audit-log";

/// How the signing key stands.
pub(in crate::doctor) fn key(file: &Path, key: &Key) -> Told {
    let place = file.display();
    let begin_anew = "or begin with a new one, with the service stopped: keyward audit key --new";
    match key {
        Key::NotMade => Told::ok(format!("keyward serve makes it, in {place}")),
        Key::Right(verifier) => Told::ok(format!("{place} has the key behind {verifier}")),
        Key::Gone => Told::fail(
            format!("{place} is gone: the service does not start again without the log's key"),
            Advice::new(
                "it was deleted or moved, or the database was put back without it",
                ["put the file back from its backup", begin_anew],
                READ,
            ),
        ),
        Key::Other => Told::fail(
            format!("{place} holds another key than the log's: the service does not start with it"),
            Advice::new(
                "it is the key of another log, or one from before keyward audit key --new",
                ["put the right file back", begin_anew],
                READ,
            ),
        ),
        Key::Unusable(error) => Told::fail(
            format!("{place}: {error}"),
            Advice::new(
                "whoever can read it can sign a log that never was; or this account may not read it",
                [
                    "run keyward doctor as the account of the service",
                    "chmod 600 the file; where others may have read it, begin with a new key, with the service stopped: keyward audit key --new",
                ],
                READ,
            ),
        ),
    }
}

/// How far the newest checkpoint reaches.
pub(in crate::doctor) fn checkpoint(reach: Reach) -> Told {
    let covered = match reach.size {
        0 => "there is no checkpoint yet".to_owned(),
        1 => "the newest checkpoint covers 1 record".to_owned(),
        many => format!("the newest checkpoint covers {many} records"),
    };
    match reach.waiting {
        // Only what a checkpoint covers is archived.
        None if reach.size < reach.records => Told::fail(
            format!(
                "{covered}, though the log has {}: somebody took checkpoints out",
                counted(reach.records, "record", "records")
            ),
            Advice::new(
                "what is archived was covered, so whoever did it can write the database",
                [
                    "keyward audit verify says what is proven",
                    "stop the service and put the last backup back",
                ],
                READ,
            ),
        ),
        None if reach.size == 0 => Told::ok("there is no record yet, so there is no checkpoint"),
        None => Told::ok(format!("{covered}, all that there are")),
        Some(since) if reach.is_late => Told::warn(
            format!(
                "{covered}, and a record waits for one since {}",
                moment(since)
            ),
            Advice::new(
                "the service was ended in the middle and does not run, or its disk takes no writes",
                [
                    "start the service: it signs at its start; look at its log if the record still waits",
                ],
                READ,
            ),
        ),
        Some(_) => Told::ok(format!("{covered}; newer ones follow within a minute")),
    }
}

/// The log could not be read.
pub(in crate::doctor) fn unread(error: StoreError) -> Told {
    Told::warn(
        format!("this could not be read: {error}"),
        Advice::new(
            "the store is busy or damaged",
            ["run keyward doctor again"],
            READ,
        ),
    )
}
