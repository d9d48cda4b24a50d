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

/// What a person may say to a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Order {
    /// Archive what was written before; `None`: what is older than the settings say.
    pub before: Option<Timestamp>,
    /// The clock is right, whatever the log says: what is over by it may be removed.
    pub clock_is_right: bool,
}

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Archives that it made: first record, record after the last, name of the file.
    pub made: Vec<(u64, u64, String)>,
    /// Archives that it removed.
    pub removed: Vec<(u64, u64, String)>,
    /// The time by which more archives would be over, where the log does not bear it out: they stay.
    pub doubted: Option<Timestamp>,
}

impl Report {
    fn did_nothing(&self) -> bool {
        self.made.is_empty() && self.removed.is_empty()
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.did_nothing() {
            f.write_str("nothing to archive: no record is old enough and may go")?;
        }
        let made = self.made.iter().map(|moved| (moved, "moved into"));
        let removed = self.removed.iter().map(|gone| (gone, "removed with"));
        for (place, ((first, next, file), what)) in made.chain(removed).enumerate() {
            let line = if place == 0 { "" } else { "\n" };
            write!(f, "{line}records {first} to {} {what} {file}", next - 1)?;
        }
        match self.doubted {
            Some(now) => write!(f, "\n{}", doubt(now)),
            None => Ok(()),
        }
    }
}

/// A run that did not go on. What it did is done; the next one does the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// What it did before.
    pub done: Report,
    /// Why it did not go on.
    pub because: ArchiveError,
}

impl std::fmt::Display for Unfinished {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.done.did_nothing() {
            writeln!(f, "{}\nThen it did not go on:", self.done)?;
        }
        self.because.fmt(f)
    }
}

impl std::error::Error for Unfinished {}

impl Archiving {
    /// Archives what the order or the settings say; then removes archives whose time is over, of which
    /// it made none: what is gone is gone, so a wrong clock must not archive and remove in one go.
    ///
    /// # Errors
    /// [`Unfinished`].
    pub async fn run(
        &self,
        store: &Store,
        clock: &Clock,
        order: Order,
    ) -> Result<Report, Unfinished> {
        let mut report = Report::default();
        match self.work(store, clock, order, &mut report).await {
            Ok(()) => Ok(report),
            Err(because) => Err(Unfinished {
                done: report,
                because,
            }),
        }
    }

    async fn work(
        &self,
        store: &Store,
        clock: &Clock,
        order: Order,
        report: &mut Report,
    ) -> Result<(), ArchiveError> {
        let folder = Folder::new(&self.folder, &self.database);
        let now = store.cautious_now(clock);
        complete(&folder, store).await?;
        let before = order.before.map(|before| before.min(now));
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
            let over = over(store.reader(), before, &report.made).await?;
            if over.is_empty() || order.clock_is_right || store.reader().bears_out(now).await? {
                retire(&folder, store, over, &mut report.removed).await?;
            } else {
                report.doubted = Some(now);
                tracing::warn!("{}", doubt(now));
            }
        }
        Ok(())
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
    let noted = store.note_archived(made.batch, event);
    Ok(noted.await?)
}

/// Archives that may be removed, oldest first: all of their records are older than `before`, and no run
/// has just made them.
async fn over(
    log: &AuditReader,
    before: Timestamp,
    made: &[(u64, u64, String)],
) -> Result<Vec<ArchivedFile>, ArchiveError> {
    let kept_from = made.first().map_or(u64::MAX, |(first, ..)| *first);
    let archives = log.archives().await?.into_iter();
    let is_over = |archive: &ArchivedFile| {
        archive.removed || (archive.newest < before && archive.first < kept_from)
    };
    let over = archives.take_while(is_over);
    Ok(over.filter(|archive| !archive.removed).collect())
}

async fn retire(
    folder: &Folder,
    store: &Store,
    over: Vec<ArchivedFile>,
    removed: &mut Vec<(u64, u64, String)>,
) -> Result<(), ArchiveError> {
    for archive in over {
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
    Ok(())
}

fn doubt(now: Timestamp) -> String {
    let day = now.strftime("%Y-%m-%d");
    format!(
        "archives whose time would be over stay: this machine's clock says that it is {day}, and the log has no record from \
         about a month before that. After a month of work they go by themselves; if the clock is right, \
         keyward audit archive --clock-is-right removes them now"
    )
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
