//! The database with its archives: each line with the hashes that were kept of it.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

use super::report::{Checked, KeySource};
use super::{MOST_EXTRA, Place, witness};
use crate::archive::open_file;
use crate::cli::progress::Bar;
use crate::domain::audit::checkpoint::opened;
use crate::domain::time::Clock;
use crate::store::{AuditReader, Filing, KeptHashes, Misfiled, RawArchive, Snapshot, StoreError};
use crate::verify::{
    Absence, ArchiveFlaw, ArchiveHead, Edge, Finding, Head, Item, Items, Keys, MOST_OF_AN_ARCHIVE,
    Report, Span, Verification, leaf_hash,
};

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
    let mut begun = 0;
    loop {
        begun += 1;
        let trusted = Keys::new(keys.iter().map(String::as_str))?;
        let mut verification = Verification::new(trusted).at(Clock::system().now());
        witness::hear(witnesses, &mut verification)?;
        for note in kept.iter().flatten() {
            let signed = keys.iter().find_map(|key| opened(note, key));
            if signed.is_some_and(|(size, _)| size > 0) {
                verification.checkpoint(note.as_bytes(), None, true);
            }
        }
        if !changed.is_empty() {
            verification.found(Finding::Schema(changed.join(", ")));
        }
        let mut walk = Walk::new(log.clone(), snapshot, verification);
        walk.whole(&place.archives).await.with_context(context)?;
        if !walk.is_outdated || begun == MOST_BEGINNINGS {
            let mut report = walk.verification.finish();
            beside(&mut walk.snapshot, &mut report)
                .await
                .with_context(context)?;
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

/// What stands beside the lines: no checkpoint covers it, and pages and summary go by it.
async fn beside(snapshot: &mut Snapshot, report: &mut Report) -> Result<(), StoreError> {
    let mut filing = Filing::new(!report.is_well());
    loop {
        match filing.next(snapshot).await {
            Ok(None) => return Ok(()),
            Ok(Some(found)) => {
                for misfiled in found {
                    report.found_beside(finding(misfiled));
                }
            }
            // A part that cannot be read was named when the lines were.
            Err(StoreError::Unusable(_)) if !report.is_well() => return Ok(()),
            Err(error @ StoreError::Unusable(_)) => {
                report.found_beside(Finding::Database(error.to_string()));
                return Ok(());
            }
            Err(error) => return Err(error),
        }
    }
}

/// The way through the log.
struct Walk {
    log: AuditReader,
    snapshot: Snapshot,
    verification: Verification,
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
            log,
            snapshot,
            verification,
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
            for (place, line) in lines {
                self.absent_until(place, Absence::Missing).await?;
                self.line(&line).await?;
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
            for (seq, line) in self.lines(place, first).await? {
                let leaf = kept.of(seq).first().copied().flatten();
                if leaf != Some(leaf_hash(&line)) {
                    self.verification.found(Finding::Doubled(Span::one(seq)));
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
    async fn lines(&mut self, first: u64, next: u64) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
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

    async fn line(&mut self, line: &[u8]) -> Result<(), StoreError> {
        self.turn_page().await?;
        let kept = self.kept.of(self.position());
        self.verification.record(line, kept);
        self.find_footing().await
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

    async fn archive(&mut self, archive: &RawArchive, folder: &Path) -> Result<(), StoreError> {
        if archive.removed {
            return self.absent_until(archive.next, Absence::Removed).await;
        }
        let flaw = if let Some(items) = open(archive, folder) {
            self.read(archive, items).await?
        } else {
            let now = self.log.archives().await?;
            let mut now = now.into_iter().filter(|now| now.first == archive.first);
            self.is_outdated = now.any(|now| now.removed);
            Some(ArchiveFlaw::Unreadable)
        };
        if let Some(flaw) = flaw
            && let Some(records) = Span::before(archive.first, archive.next)
        {
            let file = archive.file.clone();
            let finding = Finding::archive(records, self.position(), file, flaw);
            self.verification.found(finding);
        }
        let is_cut = matches!(flaw, Some(ArchiveFlaw::Unreadable | ArchiveFlaw::Damaged));
        let why = if is_cut {
            Absence::Known
        } else {
            Absence::Missing
        };
        self.absent_until(archive.next, why).await
    }

    async fn read(
        &mut self,
        archive: &RawArchive,
        mut items: Items<Box<dyn std::io::BufRead>>,
    ) -> Result<Option<ArchiveFlaw>, StoreError> {
        let mut flaw = None;
        match items.next_item() {
            Ok(Some(Item::Archive(ArchiveHead {
                first,
                next,
                edge: Some(edge),
            }))) if (first, next) == (archive.first, archive.next) => {
                self.verification.archive_begins(edge);
            }
            Ok(Some(_)) => flaw = Some(ArchiveFlaw::Head),
            _ => return Ok(Some(ArchiveFlaw::Damaged)),
        }
        let (mut is_ended, mut extra) = (false, 0);
        loop {
            match items.next_item() {
                Ok(Some(Item::Record(line))) if self.position() < archive.next => {
                    self.line(line).await?;
                }
                Ok(Some(Item::Record(line))) if extra < MOST_EXTRA => {
                    extra += 1;
                    let own = Head::parse(line).map(|head| head.seq);
                    let before = archive.next;
                    self.verification.found(Finding::Extra { own, before });
                }
                Ok(Some(Item::Checkpoint(note))) if !is_ended => {
                    is_ended = true;
                    self.verification
                        .checkpoint(note.as_bytes(), Some(archive.next), false);
                }
                Ok(Some(_)) => return Ok(flaw.or(Some(ArchiveFlaw::End))),
                Ok(None) => return Ok(flaw.or((!is_ended).then_some(ArchiveFlaw::End))),
                Err(_) => return Ok(Some(ArchiveFlaw::Damaged)),
            }
        }
    }
}

fn open(archive: &RawArchive, folder: &Path) -> Option<Items<Box<dyn std::io::BufRead>>> {
    let is_name = Path::new(&archive.file)
        .file_name()
        .is_some_and(|name| name == &*archive.file);
    let file = is_name.then(|| open_file(&folder.join(&archive.file)).ok())??;
    Some(Items::of(file, true).ok()?.at_most(MOST_OF_AN_ARCHIVE))
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
