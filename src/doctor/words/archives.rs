//! What is said of the archives of the audit log.

use super::super::archives::Archives;
use super::super::check::{Advice, Told};
use crate::domain::text::counted;
use crate::store::StoreError;

const READ: &str = "docs/doctor.md#archives";

/// How they stand.
pub(in crate::doctor) fn archives(found: &Archives) -> Told {
    let folder = found.folder.display();
    if !found.missing.is_empty() {
        let names = found.missing.iter().map(|path| path.display().to_string());
        return Told::fail(
            format!(
                "{} missing or empty in {folder}",
                counted(found.missing.len(), "archive is", "archives are")
            ),
            Advice::new(
                "somebody moved or removed files, the folder's disk is not mounted, or [audit] archive_dir names another folder",
                [
                    "put the files back from a backup, with their names",
                    "keyward audit verify then says whether they are what was written",
                ],
                READ,
            ),
        )
        .listing(names.collect());
    }
    let Some(days) = found.after_days else {
        return Told::ok(match found.count {
            0 => {
                "no records are archived; [audit] archive_after_days says when they are".to_owned()
            }
            count => format!("{} in {folder}", counted(count, "archive", "archives")),
        });
    };
    if !found.is_writable {
        return Told::warn(
            format!("{folder} is not writable for this account, so no records can move there"),
            Advice::new(
                "it belongs to another account, its disk is mounted read-only, or doctor runs as somebody else than the service",
                [
                    "run keyward doctor as the account of the service",
                    "if it warns there too: chown the folder to that account",
                ],
                READ,
            ),
        );
    }
    if let Some((first, _)) = found.overdue {
        return Told::warn(
            format!("records from {first} on are older than {days} days and are not archived"),
            Advice::new(
                "the service is off, the folder's disk is full, or a sink does not take records",
                [
                    "read the service's log; it tries again daily",
                    "to see what stops it, run keyward audit archive",
                ],
                READ,
            ),
        );
    }
    Told::ok(format!(
        "{} in {folder}; records move there after {days} days",
        counted(found.count, "archive", "archives")
    ))
}

/// The store could not be asked.
pub(in crate::doctor) fn unknown(error: StoreError) -> Told {
    Told::warn(
        format!("which archives there should be cannot be read: {error}"),
        Advice::new(
            "the store is in trouble",
            ["mend what the checks of the store say"],
            READ,
        ),
    )
}
