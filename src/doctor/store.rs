//! The store: can it be used, is there room, what is not settled. Looks only, as the service may be
//! running and writing.

use super::check::Check;
use super::words::store as words;
use crate::store::{AuditReader, OpenAttempt, StoreError};
use std::fs;
use std::path::{Path, PathBuf};

/// Files that a database consists of while it is in use.
const PARTS: [&str; 3] = ["", "-wal", "-shm"];

/// How the file stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Opened {
    /// It is ours and can be read.
    Well {
        /// Bytes, with what is not yet moved into the main file.
        size: u64,
    },
    /// Its tables, indexes or triggers are not Keyward's: these.
    Changed(Vec<String>),
    /// There is none yet: `serve` makes it.
    NotMade,
    /// Its folder is not there.
    NoFolder(PathBuf),
    /// It cannot be used.
    Broken(StoreError),
}

/// The folder's file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Room {
    /// Bytes that an account without privileges may still write.
    pub free: u64,
    /// Bytes in all.
    pub all: u64,
}

/// Whether this account could write there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Writable {
    /// File and folder.
    Yes,
    /// Not this one.
    No(PathBuf),
}

/// Looks at the store; the reader is handed on where it could be opened.
pub(super) async fn look(database: &Path, key: &Path) -> (Vec<Check>, Option<AuditReader>) {
    let folder = folder(database);
    let (opened, reader) = open(database, &folder).await;
    let mut checks = vec![words::opened(database, &opened).named("store")];
    if matches!(opened, Opened::NoFolder(_)) {
        return (checks, None);
    }
    checks.push(words::writable(&writable(database, &folder)).named("store.writable"));
    checks.push(words::room(&folder, room(&folder)).named("store.space"));
    if let Some(reader) = &reader {
        let open = reader.open_attempts().await;
        checks.push(open_attempts(open).named("store.open_attempts"));
        let found = reader.check_before_start(database, key).await;
        checks.push(words::notes(found).named("store.notes"));
    }
    (checks, reader)
}

async fn open(database: &Path, folder: &Path) -> (Opened, Option<AuditReader>) {
    if !folder.is_dir() {
        return (Opened::NoFolder(folder.to_owned()), None);
    }
    if !database.exists() {
        return (Opened::NotMade, None);
    }
    let reader = match AuditReader::open(database).await {
        Ok(reader) => reader,
        Err(error) => return (Opened::Broken(error), None),
    };
    let changed = match reader.schema_differences().await {
        Ok(changed) => changed,
        Err(error) => return (Opened::Broken(error), None),
    };
    match reader.lines(crate::domain::audit::Seq(0), 1).await {
        Ok(_) if !changed.is_empty() => (Opened::Changed(changed), Some(reader)),
        Ok(_) => (
            Opened::Well {
                size: size(database),
            },
            Some(reader),
        ),
        Err(error) => (Opened::Broken(error), None),
    }
}

fn open_attempts(found: Result<Vec<OpenAttempt>, StoreError>) -> super::check::Told {
    match found {
        Ok(open) => words::open_attempts(&open),
        Err(error) => words::open_attempts_unknown(error),
    }
}

fn size(database: &Path) -> u64 {
    let part = |suffix: &str| {
        let mut name = database.as_os_str().to_owned();
        name.push(suffix);
        fs::metadata(PathBuf::from(name)).map_or(0, |found| found.len())
    };
    PARTS.iter().map(|suffix| part(suffix)).sum()
}

fn folder(database: &Path) -> PathBuf {
    match database.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// `SQLite` makes files beside the main one, so the folder must be writable as well.
fn writable(database: &Path, folder: &Path) -> Writable {
    let may_write = |path: &Path| rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok();
    if !may_write(folder) {
        Writable::No(folder.to_owned())
    } else if database.exists() && !may_write(database) {
        Writable::No(database.to_owned())
    } else {
        Writable::Yes
    }
}

fn room(folder: &Path) -> Option<Room> {
    let found = rustix::fs::statvfs(folder).ok()?;
    Some(Room {
        free: found.f_bavail.saturating_mul(found.f_frsize),
        all: found.f_blocks.saturating_mul(found.f_frsize),
    })
}

#[cfg(test)]
mod tests {
    use super::super::check::Level;
    use super::*;
    use crate::domain::audit::{AuditAction, Entry, Phase};
    use crate::domain::time::Clock;
    use crate::store::{KeyFile, Store};

    const GIB: u64 = 1 << 30;
    const MIB: u64 = 1 << 20;

    #[test]
    fn little_room_warns_and_hardly_any_fails() {
        let told = |free, all| words::room(Path::new("/x"), Some(Room { free, all })).level;
        assert_eq!(told(2 * GIB, 20 * GIB), Level::Ok);
        assert_eq!(told(GIB - 1, 10 * GIB), Level::Warn);
        assert_eq!(told(4 * GIB, 100 * GIB), Level::Warn, "less than 5 %");
        assert_eq!(told(5 * GIB, 100 * GIB), Level::Ok);
        assert_eq!(told(100 * MIB, 10 * GIB), Level::Warn);
        assert_eq!(told(100 * MIB - 1, 10 * GIB), Level::Fail);
        assert!(room(Path::new("/")).is_some_and(|room| room.all > 0 && room.free <= room.all));
    }

    async fn looked(database: &Path) -> (Vec<Check>, Option<AuditReader>) {
        look(database, &KeyFile::beside(database)).await
    }

    fn levels(checks: &[Check]) -> Vec<(&str, Level)> {
        checks
            .iter()
            .map(|check| (check.name, check.level))
            .collect()
    }

    #[tokio::test]
    async fn a_trigger_that_somebody_put_into_the_database_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keyward.db");
        let store = Store::open(&file, Clock::system()).await.unwrap();
        assert_eq!(levels(&looked(&file).await.0)[0], ("store", Level::Ok));
        store.close().await;
        let more = "CREATE TRIGGER more AFTER INSERT ON audit BEGIN SELECT 1; END";
        crate::store::tampered(&file, more).await;
        let (checks, reader) = looked(&file).await;
        assert!(reader.is_some());
        assert_eq!(levels(&checks)[0], ("store", Level::Fail));
        assert!(checks[0].sentence.contains("trigger more"), "{checks:?}");
    }

    #[tokio::test]
    async fn a_store_in_use_is_looked_at_without_touching_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keyward.db");
        let store = Store::open(&file, Clock::system()).await.unwrap();
        let entry = Entry {
            phase: Phase::Attempt,
            ..Entry::new(AuditAction::ResetPassword)
        };
        store.attempt(entry, None, None).await.unwrap();
        let (checks, reader) = looked(&file).await;
        assert!(reader.is_some());
        let found = levels(&checks);
        assert_eq!(found[0], ("store", Level::Ok));
        assert_eq!(found[1], ("store.writable", Level::Ok));
        assert_eq!(found[3], ("store.open_attempts", Level::Warn));
        assert!(checks[3].list[0].contains("reset_password"), "{checks:?}");
        store.check_writable().await.unwrap();
    }

    #[tokio::test]
    async fn a_store_that_is_not_there_yet_is_no_mistake_and_is_not_made() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keyward.db");
        let (checks, reader) = looked(&file).await;
        assert!(reader.is_none() && !file.exists());
        assert_eq!(levels(&checks)[0], ("store", Level::Ok));
        let (checks, _) = looked(&folder.path().join("missing/keyward.db")).await;
        assert_eq!(levels(&checks), [("store", Level::Fail)]);
        fs::write(&file, "not a database, but long enough to be read as one").unwrap();
        let (checks, _) = looked(&file).await;
        assert_eq!(levels(&checks)[0], ("store", Level::Fail));
    }

    /// What is said of the notes, with the whole of the database's folder.
    async fn notes(file: &Path) -> (Level, String) {
        let checks = looked(file).await.0;
        let check = checks.iter().find(|check| check.name == "store.notes");
        check.map(|c| (c.level, c.sentence.clone())).unwrap()
    }

    async fn with_events(file: &Path, count: usize) {
        let store = Store::open(file, Clock::system()).await.unwrap();
        for _ in 0..count {
            store.event(Entry::new(AuditAction::SignOut)).await.unwrap();
        }
        assert_eq!(notes(file).await.0, Level::Ok, "while it is in use");
        store.close().await;
        assert_eq!(notes(file).await.0, Level::Ok);
    }

    #[tokio::test]
    async fn an_older_copy_put_back_is_told_before_the_start_refuses_it_whichever_note_is_left() {
        for gone in ["keyward.db.lock", "keyward.db.key.signed"] {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("keyward.db");
            with_events(&file, 2).await;
            let backup = fs::read(&file).unwrap();
            with_events(&file, 3).await;
            fs::write(&file, backup).unwrap();
            fs::remove_file(folder.path().join(gone)).unwrap();
            let (level, sentence) = notes(&file).await;
            assert_eq!(level, Level::Fail, "{gone}");
            assert!(sentence.contains("shorter than it was"), "{sentence}");
            let start = Store::open(&file, Clock::system()).await.err().unwrap();
            assert!(start.to_string().ends_with(&sentence), "{start}");
        }
    }

    #[tokio::test]
    async fn checkpoints_that_were_taken_out_are_told_before_the_start_refuses_the_log() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keyward.db");
        with_events(&file, 3).await;
        crate::store::forced(&file, "DELETE FROM checkpoint").await;
        for (note, says) in [
            (true, "no checkpoint any more"),
            (false, "nothing was ever signed"),
        ] {
            if !note {
                fs::remove_file(folder.path().join("keyward.db.key.signed")).unwrap();
            }
            let (level, sentence) = notes(&file).await;
            assert_eq!(level, Level::Fail);
            assert!(sentence.contains(says), "{sentence}");
            let start = Store::open(&file, Clock::system()).await.err().unwrap();
            assert!(start.to_string().ends_with(&sentence), "{start}");
        }
    }
}
