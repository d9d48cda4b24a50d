//! The archives of the audit log: is each file there, can new ones be made, do old records move there.
//! What is in the files is the business of `keyward audit verify`.

use super::check::Check;
use super::words::archives as words;
use crate::config::{Days, Settings};
use crate::store::{AuditReader, Bounds, StoreError};
use jiff::{SignedDuration, Timestamp};
use std::fs;
use std::path::{Path, PathBuf};

/// Days that archiving may be late: the service may have been off over a weekend.
const LATE: i64 = 4;

/// How the archives stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Archives {
    pub folder: PathBuf,
    /// Files that should be there.
    pub count: usize,
    /// Those of them that are not, or are empty.
    pub missing: Vec<PathBuf>,
    /// `[audit] archive_after_days`.
    pub after_days: Option<u32>,
    /// New files can be made.
    pub is_writable: bool,
    /// Records that should have moved: the first, and the one after the last.
    pub overdue: Option<(u64, u64)>,
}

/// Looks at the folder and at what the store says of it.
pub(super) async fn look(settings: &Settings, log: &AuditReader, now: Timestamp) -> Check {
    let told = match compare(settings, log, now).await {
        Ok(found) => words::archives(&found),
        Err(error) => words::unknown(error),
    };
    told.named("archives")
}

async fn compare(
    settings: &Settings,
    log: &AuditReader,
    now: Timestamp,
) -> Result<Archives, StoreError> {
    let folder = settings.archive_folder();
    let archives = log.archives().await?;
    let kept = archives.into_iter().filter(|archive| !archive.removed);
    let kept: Vec<PathBuf> = kept.map(|archive| folder.join(archive.file)).collect();
    let after_days = settings.audit.archive_after_days.map(Days::count);
    let overdue = match after_days {
        Some(days) => log.next_batch(&late(days, now)).await?,
        None => None,
    };
    Ok(Archives {
        count: kept.len(),
        missing: kept.into_iter().filter(|path| !is_there(path)).collect(),
        after_days,
        is_writable: is_writable(&folder),
        overdue: overdue.map(|batch| (batch.first, batch.next)),
        folder,
    })
}

fn late(days: u32, now: Timestamp) -> Bounds {
    let span = SignedDuration::from_hours((i64::from(days) + LATE) * 24);
    Bounds {
        before: now.checked_sub(span).unwrap_or(Timestamp::MIN),
        sinks: Vec::new(),
        most_records: 1_000,
        most_bytes: u64::MAX,
    }
}

fn is_there(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() > 0)
}

/// The folder, or the one in which it is to be made.
fn is_writable(folder: &Path) -> bool {
    let place = match folder.parent() {
        Some(parent) if !folder.exists() => parent,
        _ => folder,
    };
    place.is_dir() && rustix::fs::access(place, rustix::fs::Access::WRITE_OK).is_ok()
}

#[cfg(test)]
mod tests {
    use super::super::check::Level;
    use super::*;

    fn archives() -> Archives {
        Archives {
            folder: "/var/lib/keyward/archive".into(),
            count: 3,
            missing: Vec::new(),
            after_days: Some(90),
            is_writable: true,
            overdue: None,
        }
    }

    #[test]
    fn a_missing_archive_fails_and_is_named() {
        let missing = vec!["/var/lib/keyward/archive/audit-1.jsonl.zst".into()];
        let told = words::archives(&Archives {
            missing,
            ..archives()
        });
        assert_eq!(told.level, Level::Fail);
        assert_eq!(told.list, ["/var/lib/keyward/archive/audit-1.jsonl.zst"]);
        assert_eq!(words::archives(&archives()).level, Level::Ok);
    }

    #[test]
    fn archiving_that_cannot_go_on_or_is_late_warns() {
        let overdue = words::archives(&Archives {
            overdue: Some((7, 9)),
            ..archives()
        });
        assert_eq!(overdue.level, Level::Warn);
        assert!(
            overdue.sentence.contains("records from 7 on"),
            "{overdue:?}"
        );
        let closed = Archives {
            is_writable: false,
            ..archives()
        };
        assert_eq!(words::archives(&closed).level, Level::Warn);
        let never = Archives {
            after_days: None,
            ..closed
        };
        assert_eq!(words::archives(&never).level, Level::Ok);
    }

    #[test]
    fn a_folder_that_is_not_there_yet_can_be_made_where_its_parent_is_writable() {
        let folder = tempfile::tempdir().unwrap();
        assert!(is_writable(&folder.path().join("archive")));
        assert!(!is_writable(&folder.path().join("missing/archive")));
        let file = folder.path().join("empty");
        fs::write(&file, "").unwrap();
        assert!(!is_there(&file) && !is_there(folder.path()));
    }
}
