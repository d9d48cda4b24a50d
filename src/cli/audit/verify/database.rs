//! The database with its archives: each line with the hashes that were kept of it.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

use super::report::{Checked, KeySource};
use super::{Place, witness};
use crate::cli::progress::Bar;
use crate::domain::audit::checkpoint::opened;
use crate::store::{AuditReader, Filing, KeptHashes, Misfiled, RawArchive, Snapshot, StoreError};
use crate::verify::{
    Absence, ArchiveFlaw, ArchiveHead, Edge, Finding, Head, Item, Items, Keys, Report, Span,
    Verification,
};

/// Records that are read at once.
const PAGE: u64 = 2_000;

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
    let kept = place.kept.each_ref().map(std::fs::read_to_string);
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
    let mut verification = Verification::new(Keys::new(keys.iter().map(String::as_str))?);
    witness::hear(witnesses, &mut verification)?;
    for note in kept.into_iter().flatten() {
        let signed = keys.iter().find_map(|key| opened(&note, key));
        if signed.is_some_and(|(size, _)| size > 0) {
            verification.checkpoint(note.as_bytes(), None, true);
        }
    }
    // Where it cannot be told, the file is damaged, and that is told.
    let changed = log.schema_differences().await.unwrap_or_default();
    if !changed.is_empty() {
        verification.found(Finding::Schema(changed.join(", ")));
    }
    let mut walk = Walk::new(snapshot, verification);
    walk.whole(&place.archives).await.with_context(context)?;
    let mut report = walk.verification.finish();
    beside(&mut walk.snapshot, &mut report)
        .await
        .with_context(context)?;
    Ok(super::checked(report, keys, source))
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
    snapshot: Snapshot,
    verification: Verification,
    bar: Bar,
    kept: KeptHashes,
    /// The place after those that `kept` is of.
    page_end: u64,
    is_damaged: bool,
}

impl Walk {
    fn new(snapshot: Snapshot, verification: Verification) -> Self {
        Self {
            snapshot,
            verification,
            bar: Bar::new("checking the log", "records"),
            kept: KeptHashes::default(),
            page_end: 0,
            is_damaged: false,
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
        }
        let end = self.snapshot.end;
        while self.position() < end {
            self.turn_page().await?;
            let (first, next) = (self.position(), self.page_end.min(end));
            for (place, line) in self.lines(first, next).await? {
                self.absent_until(place, Absence::Missing).await?;
                self.line(&line).await?;
            }
            self.absent_until(next, Absence::Missing).await?;
        }
        let beyond = self.snapshot.checkpoints(self.position(), u64::MAX).await?;
        self.checkpoints(beyond);
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
        let flaw = match open(archive, folder) {
            Some(items) => self.read(archive, items).await?,
            None => Some(ArchiveFlaw::Unreadable),
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
        let mut is_ended = false;
        loop {
            match items.next_item() {
                Ok(Some(Item::Record(line))) if self.position() < archive.next => {
                    self.line(line).await?;
                }
                Ok(Some(Item::Record(line))) => {
                    let own = Head::parse(line).map(|head| head.seq);
                    let before = archive.next;
                    self.verification.found(Finding::Extra { own, before });
                }
                Ok(Some(Item::Checkpoint(note))) if !is_ended => {
                    is_ended = true;
                    self.verification
                        .checkpoint(note.as_bytes(), Some(archive.next), false);
                }
                Ok(Some(_)) => flaw = flaw.or(Some(ArchiveFlaw::End)),
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
    let file = is_name.then(|| File::open(folder.join(&archive.file)).ok())??;
    Items::of(file, true).ok()
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
