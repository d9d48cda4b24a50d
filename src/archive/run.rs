//! One run: what a crash left is brought to its end, old records move into archives, archives whose time
//! is over are removed.

use super::folder::Folder;
use super::make::{Made, make};
use super::{ArchiveError, Archiving, MOST_BYTES, MOST_RECORDS, blocking};
use crate::domain::audit::{AuditAction, AuditResult, Entry};
use crate::domain::text::counted;
use crate::domain::time::Clock;
use crate::store::{ArchivedFile, AuditReader, Batch, Bounds, Store};
use jiff::{SignedDuration, Timestamp};

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Archives that it made: first record, record after the last, name of the file.
    pub made: Vec<(u64, u64, String)>,
    /// Archives that it removed.
    pub removed: Vec<(u64, u64, String)>,
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.made.is_empty() && self.removed.is_empty() {
            return f.write_str("nothing to archive: no record is old enough and may go");
        }
        let made = self.made.iter().map(|moved| (moved, "moved into"));
        let removed = self.removed.iter().map(|gone| (gone, "removed with"));
        for (place, ((first, next, file), what)) in made.chain(removed).enumerate() {
            let line = if place == 0 { "" } else { "\n" };
            write!(f, "{line}records {first} to {} {what} {file}", next - 1)?;
        }
        Ok(())
    }
}

impl Archiving {
    /// Archives what was written before `before`, or what is older than the settings say; then removes
    /// archives whose time is over.
    ///
    /// # Errors
    /// It did not go on; what is done is done, and the next run does the rest.
    pub async fn run(
        &self,
        store: &Store,
        clock: &Clock,
        before: Option<Timestamp>,
    ) -> Result<Report, ArchiveError> {
        let folder = Folder::new(&self.folder, &self.database);
        let now = store.cautious_now(clock);
        let mut report = Report::default();
        complete(&folder, store).await?;
        let before = before.map(|before| before.min(now));
        if let Some(before) = before.or_else(|| days_before(now, self.after_days)) {
            let bounds = self.bounds(before);
            while let Some(batch) = store.reader().next_batch(&bounds).await? {
                let made = make(&folder, store, batch).await?;
                if !note(store, &made).await? {
                    break;
                }
                drop_lines(store).await?;
                let Batch { first, next, .. } = made.batch;
                tracing::info!(file = %made.file, first, next, "records of the audit log were archived");
                report.made.push((first, next, made.file));
            }
        }
        if let Some(before) = days_before(now, self.keep_days) {
            report.removed = retire(&folder, store, before).await?;
        }
        Ok(report)
    }

    /// What a run would archive now, as first record and record after the last; no more than the first
    /// file's worth. Changes nothing.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn would_archive(
        &self,
        log: &AuditReader,
        now: Timestamp,
        before: Option<Timestamp>,
    ) -> Result<Option<Batch>, ArchiveError> {
        let before = before.map(|before| before.min(now));
        match before.or_else(|| days_before(now, self.after_days)) {
            Some(before) => Ok(log.next_batch(&self.bounds(before)).await?),
            None => Ok(None),
        }
    }

    fn bounds(&self, before: Timestamp) -> Bounds {
        Bounds {
            before,
            sinks: self.sinks.clone(),
            most_records: MOST_RECORDS,
            most_bytes: MOST_BYTES,
        }
    }
}

/// Ends what an earlier run began.
async fn complete(folder: &Folder, store: &Store) -> Result<(), ArchiveError> {
    if folder.is_there() {
        folder.sweep()?;
    }
    drop_lines(store).await?;
    for gone in store.reader().archives().await? {
        if gone.removed {
            folder.remove(&gone.file)?;
        }
    }
    Ok(())
}

/// In many small writes, so that nobody who resets a password waits for it.
async fn drop_lines(store: &Store) -> Result<(), ArchiveError> {
    while store.drop_archived_lines().await? {
        tokio::task::yield_now().await;
    }
    Ok(())
}

async fn note(store: &Store, made: &Made) -> Result<bool, ArchiveError> {
    let mut event = event(made.batch.first, made.batch.next, &made.file);
    event
        .details
        .insert("sha256".to_owned(), made.sha256.as_str().into());
    let noted = store.note_archived(made.batch, made.file.clone(), event);
    Ok(noted.await?)
}

/// Removes archives, oldest first, while all records of the oldest are older than `before`.
async fn retire(
    folder: &Folder,
    store: &Store,
    before: Timestamp,
) -> Result<Vec<(u64, u64, String)>, ArchiveError> {
    let mut removed = Vec::new();
    let archives = store.reader().archives().await?;
    let over = |archive: &ArchivedFile| archive.removed || archive.newest < before;
    for archive in archives.into_iter().take_while(over) {
        if archive.removed {
            continue;
        }
        let ArchivedFile {
            first, next, file, ..
        } = archive;
        let mut event = event(first, next, &file);
        event.details.insert("removed".to_owned(), true.into());
        store.note_removed(first, event).await?;
        let (of, name) = (folder.clone(), file.clone());
        blocking(move || of.remove(&name)).await??;
        tracing::info!(%file, first, next, "an archive of the audit log was removed: its time is over");
        removed.push((first, next, file));
    }
    Ok(removed)
}

fn event(first: u64, next: u64, file: &str) -> Entry {
    let mut event = Entry {
        result: Some(AuditResult::Ok),
        ..Entry::new(AuditAction::ArchiveAudit)
    };
    let details = [
        ("file", file.into()),
        ("first", first.into()),
        ("next", next.into()),
    ];
    event
        .details
        .extend(details.map(|(name, detail)| (name.to_owned(), detail)));
    event
}

fn days_before(now: Timestamp, days: Option<u32>) -> Option<Timestamp> {
    let span = SignedDuration::from_hours(i64::from(days?) * 24);
    Some(now.checked_sub(span).unwrap_or(Timestamp::MIN))
}

/// A batch in words.
pub fn in_words(batch: Batch) -> String {
    let count = usize::try_from(batch.next - batch.first).unwrap_or(usize::MAX);
    format!(
        "{}, {} to {}",
        counted(count, "record", "records"),
        batch.first,
        batch.next - 1
    )
}
