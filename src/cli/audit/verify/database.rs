//! The database with its archives: each line with the hashes that were kept of it.

mod archives;

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

use super::report::{Checked, KeySource};
use super::{Place, witness};
use crate::archive::open_file;
use crate::cli::progress::Bar;
use crate::domain::audit::checkpoint::opened;
use crate::domain::time::Clock;
use crate::store::{AuditReader, Filing, KeptHashes, Misfiled, Snapshot, StoreError, StoredLine};
use crate::verify::{Absence, Edge, Finding, Keys, Report, Span, Verification, leaf_hash};

/// Records that are read at once.
const PAGE: u64 = 2_000;
/// The check begins again where an archive was removed meanwhile, but not for ever.
const MOST_BEGINNINGS: u32 = 5;

/// Checks a database with the keys that are given, or with its own.
///
/// # Errors
/// It cannot be opened, or has no key.
pub(super) async fn check(
    place: &Place,
    given: Vec<String>,
    witnesses: &[PathBuf],
) -> anyhow::Result<Checked> {
    let context = || format!("the audit log in {}", place.database.display());
    let log = AuditReader::open(&place.database)
        .await
        .with_context(context)?;
    // Read before the log, which is never behind them.
    let kept = place.kept.each_ref().map(|file| kept_note(file));
    let mut snapshot = log.snapshot().await.with_context(context)?;
    let (keys, source) = if given.is_empty() {
        (
            snapshot.keys().await.with_context(context)?,
            KeySource::Database,
        )
    } else {
        (given, KeySource::Given)
    };
    ensure!(
        !keys.is_empty(),
        "{}: it was never signed; start keyward serve once",
        context()
    );
    // Where it cannot be told, the file is damaged, and that is told.
    let changed = log.schema_differences().await.unwrap_or_default();
    let has_none = log.newest_checkpoint().await == Ok(None);
    let mut begun = 0;
    loop {
        begun += 1;
        let trusted = Keys::new(keys.iter().map(String::as_str))?;
        let mut verification = Verification::new(trusted).at(Clock::system().now());
        witness::hear(witnesses, &mut verification)?;
        let mut kept_size = 0;
        for note in kept.iter().flatten() {
            let signed = keys.iter().find_map(|key| opened(note, key));
            if let Some((size @ 1.., _)) = signed {
                kept_size = kept_size.max(size);
                verification.checkpoint(note.as_bytes(), None, true);
            }
        }
        if !changed.is_empty() {
            verification.found(Finding::Schema(changed.join(", ")));
        }
        let mut walk = Walk::new(log.clone(), snapshot, verification);
        walk.whole(&place.archives).await.with_context(context)?;
        if has_none && (1..=walk.snapshot.end).contains(&kept_size) {
            let gone = Finding::CheckpointsGone { kept: kept_size };
            walk.beside.found_beside(gone);
        }
        if !walk.is_outdated || begun == MOST_BEGINNINGS {
            let report = walk.end().await.with_context(context)?;
            return Ok(super::checked(report, keys, source));
        }
        drop(walk);
        snapshot = log.snapshot().await.with_context(context)?;
    }
}

/// The newest checkpoint that the service keeps outside the database: a few lines, whatever stands there.
fn kept_note(file: &Path) -> Option<String> {
    let opened = open_file(file).ok()?;
    io::read_to_string(opened.take(64 * 1024)).ok()
}

/// The way through the log.
struct Walk {
    log: AuditReader,
    snapshot: Snapshot,
    verification: Verification,
    /// Looks at what stands beside the lines; `None` where that cannot be read.
    filing: Option<Filing>,
    /// What it found so far.
    beside: Report,
    bar: Bar,
    kept: KeptHashes,
    /// The place after those that `kept` is of.
    page_end: u64,
    is_damaged: bool,
    /// The snapshot knows an archive that is removed by now.
    is_outdated: bool,
}

impl Walk {
    fn new(log: AuditReader, snapshot: Snapshot, verification: Verification) -> Self {
        Self {
            filing: snapshot.has_columns.then(Filing::default),
            log,
            snapshot,
            verification,
            beside: Report::default(),
            bar: Bar::new("checking the log", "records"),
            kept: KeptHashes::default(),
            page_end: 0,
            is_damaged: false,
            is_outdated: false,
        }
    }

    async fn whole(&mut self, folder: &Path) -> Result<(), StoreError> {
        // SQLite's own check alone takes long where the log is.
        self.bar.show(0, Some(self.snapshot.end));
        match self.snapshot.flaw().await {
            Ok(None) => {}
            Ok(Some(flaw)) => self.damaged(flaw),
            Err(error) => self.damaged(error.to_string()),
        }
        for archive in self.snapshot.archives().await? {
            self.absent_until(archive.first, Absence::Missing).await?;
            self.archive(&archive, folder).await?;
            if self.is_outdated {
                return Ok(());
            }
        }
        match self.left_behind(self.position()).await {
            Err(error @ StoreError::Unusable(_)) => self.damaged(error.to_string()),
            read => read?,
        }
        let end = self.snapshot.end;
        while self.position() < end {
            self.turn_page().await?;
            let (first, mut next) = (self.position(), self.page_end.min(end));
            let lines = self.lines(first, next).await?;
            if lines.is_empty() && self.kept.of(first).is_empty() {
                // Numbers may be as wide apart as somebody made them.
                next = match self.snapshot.next_place(first).await {
                    Ok(known) => known.map_or(end, |known| known.clamp(next, end)),
                    Err(_) => next,
                };
            }
            for stored in lines {
                self.absent_until(stored.seq, Absence::Missing).await?;
                if self.line(&stored.line).await? {
                    self.columns(&stored).await?;
                }
            }
            self.absent_until(next, Absence::Missing).await?;
        }
        let beyond = self.snapshot.checkpoints(self.position(), u64::MAX).await?;
        self.checkpoints(beyond);
        Ok(())
    }

    /// Lines that the database still has of records to before `archived`: archives have them now. They are
    /// the same, as where the service was stopped before it took them away.
    async fn left_behind(&mut self, archived: u64) -> Result<(), StoreError> {
        let mut first = 0;
        while let Some(place) = self.snapshot.next_line(first).await?
            && place < archived
        {
            first = place.saturating_add(PAGE).min(archived);
            let kept = self.snapshot.hashes(place, first).await?;
            for stored in self.lines(place, first).await? {
                let leaf = kept.of(stored.seq).first().copied().flatten();
                if leaf == Some(leaf_hash(&stored.line)) {
                    self.columns(&stored).await?;
                } else {
                    let here = Span::one(stored.seq);
                    self.verification.found(Finding::Doubled(here));
                }
            }
        }
        Ok(())
    }

    fn position(&self) -> u64 {
        self.verification.position()
    }

    /// What is told once is told.
    fn damaged(&mut self, flaw: String) {
        if !std::mem::replace(&mut self.is_damaged, true) {
            self.verification.found(Finding::Database(flaw));
        }
    }

    /// Lines of a page. Where a part of it cannot be read, all that can.
    async fn lines(&mut self, first: u64, next: u64) -> Result<Vec<StoredLine>, StoreError> {
        let mut read = Vec::new();
        let mut parts = vec![(first, next)];
        while let Some((first, next)) = parts.pop() {
            match self.snapshot.lines(first, next).await {
                Ok(lines) => read.extend(lines),
                Err(error @ StoreError::Unusable(_)) if next - first <= 1 => {
                    self.damaged(error.to_string());
                }
                Err(StoreError::Unusable(_)) => {
                    let middle = first + (next - first) / 2;
                    parts.extend([(middle, next), (first, middle)]);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(read)
    }

    /// Reads hashes and checkpoints of the next records, once those before are done.
    async fn turn_page(&mut self) -> Result<(), StoreError> {
        let first = self.position();
        if first < self.page_end {
            return Ok(());
        }
        self.bar.show(first, Some(self.snapshot.end));
        self.page_end = first.saturating_add(PAGE);
        self.kept = match self.snapshot.hashes(first, self.page_end).await {
            Err(error @ StoreError::Unusable(_)) => {
                self.damaged(error.to_string());
                KeptHashes::default()
            }
            kept => kept?,
        };
        match self.snapshot.checkpoints(first, self.page_end).await {
            Err(error @ StoreError::Unusable(_)) => self.damaged(error.to_string()),
            checkpoints => {
                let checkpoints = checkpoints?;
                self.checkpoints(checkpoints);
            }
        }
        Ok(())
    }

    fn checkpoints(&mut self, checkpoints: Vec<(u64, Vec<u8>)>) {
        for (size, note) in checkpoints {
            self.verification.checkpoint(&note, Some(size), false);
        }
    }

    /// Judges the next line. Whether the tree has its hash.
    async fn line(&mut self, line: &[u8]) -> Result<bool, StoreError> {
        self.turn_page().await?;
        let kept = self.kept.of(self.position());
        let leaf = kept.first().copied().flatten();
        let is_as_written = leaf == Some(self.verification.record(line, kept));
        self.find_footing().await?;
        Ok(is_as_written)
    }

    /// Looks at the columns beside a line. No checkpoint covers them, and pages and summary go by them.
    async fn columns(&mut self, stored: &StoredLine) -> Result<(), StoreError> {
        let Some(filing) = &mut self.filing else {
            return Ok(());
        };
        match filing.line(&mut self.snapshot, stored).await {
            Ok(misfiled) => {
                if let Some(misfiled) = misfiled {
                    self.beside.found_beside(finding(misfiled));
                }
            }
            Err(error @ StoreError::Unusable(_)) => {
                self.filing = None;
                self.damaged(error.to_string());
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Looks at the rest of what stands beside the lines, and ends the pass.
    async fn end(mut self) -> Result<Report, StoreError> {
        let mut report = self.verification.finish();
        let is_well = report.is_well();
        report.more += self.beside.more;
        for finding in self.beside.findings {
            report.found_beside(finding);
        }
        // Where lines are wrong or gone, names and counts of the others mean nothing.
        let Some(mut rest) = self.filing.filter(|_| is_well).map(Filing::rest) else {
            return Ok(report);
        };
        loop {
            match rest.next(&mut self.snapshot).await {
                Ok(None) => return Ok(report),
                Ok(Some(found)) => {
                    for misfiled in found {
                        report.found_beside(finding(misfiled));
                    }
                }
                Err(error @ StoreError::Unusable(_)) => {
                    report.found_beside(Finding::Database(error.to_string()));
                    return Ok(report);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Goes on after a checkpoint that did not fit from the edge that was kept, if that one is right.
    async fn find_footing(&mut self) -> Result<(), StoreError> {
        if self.verification.needs_edge() {
            let size = self.position();
            let edge = Edge::new(size, self.snapshot.edge(size).await?);
            if let Some(edge) = edge {
                self.verification.stand_on(edge);
            }
        }
        Ok(())
    }

    /// Places up to before `next` have no line.
    async fn absent_until(&mut self, next: u64, why: Absence) -> Result<(), StoreError> {
        while self.position() < next {
            self.turn_page().await?;
            let kept = self.kept.of(self.position());
            if kept.is_empty() {
                let known = self.snapshot.next_place(self.position()).await?;
                let until = known.unwrap_or(next).clamp(self.position() + 1, next);
                if until > self.page_end {
                    let here = self.snapshot.checkpoints(until - 1, until).await?;
                    self.checkpoints(here);
                }
                self.verification.leave_out(until, why);
            } else {
                self.verification.absent(why, kept);
            }
            self.find_footing().await?;
        }
        Ok(())
    }
}

fn finding(misfiled: Misfiled) -> Finding {
    match misfiled {
        Misfiled::Column { seq, column } => Finding::Misfiled {
            records: Span::one(seq),
            column,
        },
        Misfiled::Name { of } => Finding::Misnamed(of),
        Misfiled::Count { since } => Finding::Miscounted(format!("{since:.0}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit::{AuditAction, Entry};
    use crate::store::Store;
    use sqlx::Connection as _;
    use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

    #[tokio::test]
    async fn an_archive_that_is_removed_while_it_is_checked_makes_the_check_begin_again() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("k.db");
        let store = Store::open(&database, Clock::system()).await.unwrap();
        for _ in 0..3 {
            store.event(Entry::new(AuditAction::SignOut)).await.unwrap();
        }
        let options = SqliteConnectOptions::new().filename(&database);
        let mut writer = SqliteConnection::connect_with(&options).await.unwrap();
        let archived = "INSERT INTO archive (first, next, file, newest) VALUES (0, 2, 'gone', 0)";
        sqlx::query(archived).execute(&mut writer).await.unwrap();
        let log = AuditReader::open(&database).await.unwrap();
        let mut outdated = Vec::new();
        for is_removed in [false, true] {
            let snapshot = log.snapshot().await.unwrap();
            if is_removed {
                let mut event = Entry::new(AuditAction::ArchiveAudit);
                event.details.insert("removed".to_owned(), true.into());
                event.details.insert("next".to_owned(), 2_u64.into());
                store.note_removed(0, event).await.unwrap();
            }
            let keys = Keys::new([]).unwrap();
            let mut walk = Walk::new(log.clone(), snapshot, Verification::new(keys));
            walk.whole(folder.path()).await.unwrap();
            outdated.push(walk.is_outdated);
        }
        assert_eq!(outdated, [false, true]);
        let place = Place {
            database: database.clone(),
            archives: folder.path().to_owned(),
            kept: [
                folder.path().join("k.db.key.signed"),
                folder.path().join("k.db.signed"),
            ],
        };
        // The event is signed already.
        let checked = check(&place, Vec::new(), &[]).await.unwrap();
        assert!(checked.report.is_well(), "{:?}", checked.report.findings);
        store.close().await;
    }
}
