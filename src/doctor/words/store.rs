//! What is said of the store.

use super::super::check::{Advice, Told};
use super::super::store::{Opened, Room, Writable};
use super::moment;
use crate::domain::audit::Record;
use crate::store::{OpenAttempt, StoreError};
use std::path::Path;

const READ: &str = "docs/doctor.md#the-store";
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
/// Less than this and the log may not take the next night.
const HARDLY_ANY: u64 = 100 * MIB;
/// Open attempts that are listed.
const LISTED: usize = 20;

/// Whether the file can be used.
pub(in crate::doctor) fn opened(database: &Path, opened: &Opened) -> Told {
    let file = database.display();
    match opened {
        Opened::Well { size } => Told::ok(format!("{file} can be read; {}", bytes(*size))),
        Opened::Changed(objects) => Told::fail(
            format!(
                "{file}: somebody changed the database's tables, indexes or triggers: {}",
                objects.join(", ")
            ),
            Advice::new(
                "each of these is not as Keyward made it, is missing, or is not Keyward's; the service does not start on it",
                [
                    "find out who did it: a trigger can change what is recorded from then on; keyward audit verify looks at the records",
                    "stop the service and put the last backup back that has nothing of it, or drop what is not Keyward's with sqlite3",
                ],
                READ,
            ),
        ),
        Opened::NotMade => Told::ok(format!("{file} is not there yet; keyward serve makes it")),
        Opened::NoFolder(folder) => Told::fail(
            format!(
                "the folder {} is not there, so nothing can be recorded and nothing is reset",
                folder.display()
            ),
            Advice::new(
                "[store] url names another place than the installation made",
                ["make the folder: install -d -m 700 -o keyward …, or put [store] url right"],
                READ,
            ),
        ),
        Opened::Broken(error) => Told::fail(
            format!("{file} cannot be used: {error}"),
            Advice::new(
                "another program's file, a damaged one, or one that this account may not read",
                [
                    "run keyward doctor as the account of the service",
                    "if it is damaged: stop the service and put the last backup back",
                ],
                READ,
            ),
        ),
    }
}

/// Whether this account could write there.
pub(in crate::doctor) fn writable(writable: &Writable) -> Told {
    match writable {
        Writable::Yes => Told::ok("file and folder are writable for this account"),
        Writable::No(path) => Told::fail(
            format!("{} is not writable for this account", path.display()),
            Advice::new(
                "it belongs to another account, the disk is mounted read-only, or doctor runs as somebody else than the service",
                [
                    "run keyward doctor as the account of the service",
                    "if it fails there too: chown the folder and what is in it to that account",
                ],
                READ,
            ),
        ),
    }
}

/// Room on the file system.
pub(in crate::doctor) fn room(folder: &Path, room: Option<Room>) -> Told {
    let Some(Room { free, all }) = room else {
        return Told::warn(
            format!(
                "how much room there is in {} cannot be read",
                folder.display()
            ),
            Advice::new("the file system does not say", ["df -h shows it"], READ),
        );
    };
    let sentence = format!(
        "{} of {} are free in {}",
        bytes(free),
        bytes(all),
        folder.display()
    );
    let advice = || {
        Advice::new(
            "the log grows by about 1 KiB for each sign-in or reset; something else fills the disk faster",
            [
                "make room: without it nothing can be recorded, and Keyward resets nothing that it cannot record",
            ],
            READ,
        )
    };
    if free < HARDLY_ANY {
        Told::fail(sentence, advice())
    } else if free < GIB || free < all / 20 {
        Told::warn(sentence, advice())
    } else {
        Told::ok(sentence)
    }
}

/// Whether the log is what is noted of it outside the database.
pub(in crate::doctor) fn notes(found: Result<(), StoreError>) -> Told {
    match found {
        Ok(()) => Told::ok(
            "the log is as long as it was, and what was signed last, by the notes outside the database",
        ),
        Err(StoreError::Unusable(flaw)) => Told::fail(
            flaw.to_string(),
            Advice::new(
                "the service does not start on it: an older copy was put back, or somebody changed the database or the notes",
                [
                    "keyward audit verify says which records are proven",
                    "if you put a backup back and mean it: remove the notes that this names, then start the service; the start goes on record",
                ],
                READ,
            ),
        ),
        Err(error) => Told::warn(
            format!("the log was not held against the notes outside the database: {error}"),
            Advice::new("the store is busy", ["run keyward doctor again"], READ),
        ),
    }
}

/// Attempts without an outcome.
pub(in crate::doctor) fn open_attempts(open: &[OpenAttempt]) -> Told {
    if open.is_empty() {
        return Told::ok("every attempt has its outcome");
    }
    let mut list: Vec<String> = open
        .iter()
        .take(LISTED)
        .map(|open| line(&open.record))
        .collect();
    if open.len() > LISTED {
        list.push(format!("and {} more", open.len() - LISTED));
    }
    Told::warn(
        format!("{} not known yet how it ended", match open.len() {
            1 => "of 1 attempt it is".to_owned(),
            many => format!("of {many} attempts it is"),
        }),
        Advice::new(
            "it is under way right now, or the service was ended in the middle; the running service finds out from the directory within a minute",
            ["if it stays: start the service, and look whether it reaches a domain controller"],
            READ,
        ),
    )
    .listing(list)
}

/// They could not be read.
pub(in crate::doctor) fn open_attempts_unknown(error: StoreError) -> Told {
    Told::warn(
        format!("whether attempts are open could not be read: {error}"),
        Advice::new(
            "the store is busy or damaged",
            ["run keyward doctor again"],
            READ,
        ),
    )
}

fn line(record: &Record) -> String {
    let entry = &record.entry;
    let target = entry.target.as_ref();
    let on = target.and_then(|target| Some(format!(" on {}", target.name.as_ref()?)));
    let operator = entry.operator.as_ref();
    let by = operator.map(|operator| format!(" by {}", operator.name));
    format!(
        "{} {} at {}{}{}",
        record.seq.0,
        entry.action.word(),
        moment(record.time),
        on.unwrap_or_default(),
        by.unwrap_or_default()
    )
}

fn bytes(number: u64) -> String {
    match number {
        0..MIB => format!("{} KiB", number / 1024),
        MIB..GIB => format!("{} MiB", number / MIB),
        _ => format!("{}.{} GiB", number / GIB, number % GIB * 10 / GIB),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_said_in_the_unit_that_fits() {
        assert_eq!(bytes(5000), "4 KiB");
        assert_eq!(bytes(3 * MIB), "3 MiB");
        assert_eq!(bytes(GIB + GIB / 2), "1.5 GiB");
    }
}
