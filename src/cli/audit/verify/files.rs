//! Exported records, archives and files of sinks.
//!
//! They are read twice: first their checkpoints, since a sink gets those later than the records.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};

use super::{MOST_EXTRA, witness};
use crate::archive::open_file;
use crate::cli::progress::Bar;
use crate::domain::time::Clock;
use crate::verify::{
    Archive, ArchiveFlaw, ArchiveHead, Hash, Head, Item, Items, Keys, Report, Sequence, Span,
    Verification,
};

/// Between two looks of the bar.
const STEP: u64 = 10_000;

/// Checks files as one log.
///
/// # Errors
/// One cannot be opened, or there is no checkpoint.
pub(super) fn check(
    files: &[PathBuf],
    keys: Keys,
    witnesses: &[PathBuf],
) -> anyhow::Result<Report> {
    let mut verification = Verification::new(keys).at(Clock::system().now());
    witness::hear(witnesses, &mut verification)?;
    let mut notes = witnesses.len();
    let mut order = Vec::new();
    let mut progress = Progress::new("reading the files", None);
    for file in files {
        let (first, count) = look(file, &mut verification, &mut progress)?;
        notes += count;
        order.push((first, file));
    }
    ensure!(
        notes > 0,
        "there is no checkpoint in these files, so nothing can be proven; name one with --checkpoint"
    );
    order.sort();
    let mut sequence = Sequence::new(verification);
    progress = Progress::new("checking the log", Some(progress.done));
    for (_, file) in order {
        Reading::new(file)?.run(&mut sequence, &mut progress)?;
    }
    Ok(sequence.finish())
}

/// Records that were read, of how many where that is known.
struct Progress {
    bar: Bar,
    done: u64,
    of: Option<u64>,
}

impl Progress {
    fn new(doing: &'static str, of: Option<u64>) -> Self {
        Self {
            bar: Bar::new(doing, "records"),
            done: 0,
            of,
        }
    }

    fn step(&mut self) {
        self.done += 1;
        if self.done.is_multiple_of(STEP) {
            self.bar.show(self.done, self.of);
        }
    }
}

/// The lines of a file.
enum Lines {
    /// Of one that is named as an archive.
    Archive(Box<Archive<File>>),
    /// Compressed by somebody, or not; there may be several frames.
    Other(Items<Box<dyn io::BufRead>>),
}

impl Lines {
    fn open(file: &Path) -> anyhow::Result<Self> {
        let context = || file.display().to_string();
        let opened = open_file(file).with_context(context)?;
        if numbers_in_name(file).is_some() {
            let archive = Archive::new(opened).with_context(context)?;
            return Ok(Self::Archive(Box::new(archive)));
        }
        let is_packed = file.extension().is_some_and(|extension| extension == "zst");
        let items = Items::of(opened, is_packed).with_context(context)?;
        Ok(Self::Other(items))
    }

    fn next_item(&mut self) -> io::Result<Option<Item<'_>>> {
        match self {
            Self::Archive(archive) => archive.next_item(),
            Self::Other(items) => items.next_item(),
        }
    }

    /// The SHA-256 of an archive's file; of others `None`.
    fn end(self) -> Result<Option<Hash>, ArchiveFlaw> {
        match self {
            Self::Other(_) => Ok(None),
            Self::Archive(archive) => match archive.end() {
                Ok(Some(sha256)) => Ok(Some(sha256)),
                Ok(None) => Err(ArchiveFlaw::More),
                Err(_) => Err(ArchiveFlaw::Damaged),
            },
        }
    }
}

/// Takes a file's checkpoints; the number of its first record, and how many checkpoints there are.
fn look(
    file: &Path,
    verification: &mut Verification,
    progress: &mut Progress,
) -> anyhow::Result<(u64, usize)> {
    let mut items = Lines::open(file)?;
    let mut first = numbers_in_name(file).map(|(first, _)| first);
    let mut count = 0;
    // What cannot be read is found again, and told, when the records are read.
    while let Ok(Some(item)) = items.next_item() {
        match item {
            Item::Checkpoint(note) => {
                verification.checkpoint(note.as_bytes(), None, false);
                count += 1;
            }
            Item::Archive(head) => first = first.or(Some(head.first)),
            Item::Record(line) => {
                first = first.or_else(|| Head::parse(line).map(|head| head.seq));
                progress.step();
            }
        }
    }
    Ok((first.unwrap_or(0), count))
}

/// `audit-<first>-<next>.jsonl.zst`.
fn numbers_in_name(file: &Path) -> Option<(u64, u64)> {
    let name = file.file_name()?.to_str()?.strip_prefix("audit-")?;
    let (first, next) = name.strip_suffix(".jsonl.zst")?.split_once('-')?;
    let (first, next) = (first.parse().ok()?, next.parse().ok()?);
    (first < next).then_some((first, next))
}

/// A file on its second time.
struct Reading {
    name: String,
    items: Lines,
    /// First record and the one after the last, of an archive.
    archive: Option<(u64, u64)>,
    ends_well: bool,
}

impl Reading {
    fn new(file: &Path) -> anyhow::Result<Self> {
        let name = file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        Ok(Self {
            name,
            items: Lines::open(file)?,
            archive: numbers_in_name(file),
            ends_well: false,
        })
    }

    fn run(mut self, sequence: &mut Sequence, progress: &mut Progress) -> anyhow::Result<()> {
        let mut is_headed = self.archive.is_none();
        let mut left = self.archive.map(|(first, next)| next - first + MOST_EXTRA);
        let flaw = loop {
            match self.items.next_item() {
                Ok(None) => break (!self.ends_well).then_some(ArchiveFlaw::End),
                Ok(Some(Item::Record(_))) if left == Some(0) => break Some(ArchiveFlaw::End),
                Ok(Some(Item::Record(line))) => {
                    left = left.map(|left| left - 1);
                    self.ends_well = false;
                    sequence.line(line);
                    progress.step();
                }
                Ok(Some(Item::Checkpoint(note))) => {
                    self.ends_well = true;
                    sequence.checkpoint(&note);
                }
                Ok(Some(Item::Archive(head))) => {
                    is_headed |= begin(&mut self.archive, head, sequence);
                }
                Err(_) if self.archive.is_some() => break Some(ArchiveFlaw::Damaged),
                Err(error) => bail!("{}: {error}", self.name),
            }
        };
        let Some((first, next)) = self.archive else {
            return Ok(());
        };
        let records = Span::before(first, next);
        let flaw = flaw.or((!is_headed).then_some(ArchiveFlaw::Head));
        let end = flaw.map_or_else(|| self.items.end(), Err);
        match (end, records) {
            (Err(flaw), _) => sequence.archive_is_wrong(records, next, (self.name, flaw)),
            (Ok(Some(sha256)), Some(records)) => sequence.archive_ends(records, self.name, sha256),
            (Ok(_), _) => sequence.ends_before(next),
        }
        Ok(())
    }
}

/// Takes an archive's head. `false`: it is not as it should be.
fn begin(archive: &mut Option<(u64, u64)>, head: ArchiveHead, sequence: &mut Sequence) -> bool {
    let numbers = (head.first, head.next);
    let is_right = archive.is_none_or(|named| named == numbers) && head.first < head.next;
    let Some(edge) = head.edge.filter(|_| is_right) else {
        return false;
    };
    *archive = Some(numbers);
    sequence.archive_begins(edge);
    true
}
