//! Which records, and the way through them, archives included.

use std::ops::Range;

use anyhow::Context as _;

use super::place::open;
use crate::archive::{Piece, Trail};
use crate::cli::Verdict;
use crate::cli::output::warn;
use crate::cli::settings::ConfigFile;
use crate::config::Settings;
use crate::domain::audit::Seq;
use crate::store::{AuditReader, StoreError};

#[derive(Debug, clap::Args)]
pub(super) struct Begin {
    #[command(flatten)]
    file: ConfigFile,
    /// Begin with the record of this number
    #[arg(long, value_name = "SEQ", default_value_t = 0)]
    pub(super) from: u64,
}

/// The log of the settings, for reading.
pub(super) struct Log {
    pub(super) settings: Settings,
    pub(super) reader: AuditReader,
    /// How errors call it.
    pub(super) place: String,
}

/// A line, as the database or an archive has it.
pub(super) struct Line {
    pub(super) seq: Seq,
    pub(super) bytes: Vec<u8>,
    /// Its hash is not the one in the tree: it is not what was signed.
    pub(super) changed: bool,
}

/// The lines that are not what was signed, for the end of a command.
#[derive(Default)]
pub(super) struct Changed {
    first: Option<Seq>,
    number: u64,
}

impl Changed {
    pub(super) fn count(&mut self, lines: &[Line]) {
        for line in lines.iter().filter(|line| line.changed) {
            self.first = Some(self.first.map_or(line.seq, |first| first.min(line.seq)));
            self.number += 1;
        }
    }

    /// Says that there are some: then the log is not well.
    pub(super) fn verdict(&self, otherwise: Verdict) -> Verdict {
        let Some(first) = self.first else {
            return otherwise;
        };
        let lines = match self.number {
            1 => format!("record {} is not what was signed: it was", first.0),
            number => format!(
                "{number} of these records are not what was signed, the first of them is record {}: they were",
                first.0
            ),
        };
        warn(&format!(
            "{lines} changed. keyward audit verify looks at the whole log"
        ));
        Verdict::Wrong
    }
}

impl Begin {
    /// # Errors
    /// The settings or the store cannot be used.
    pub(super) async fn open(&self) -> anyhow::Result<Log> {
        let (reader, place) = open(&self.file).await?;
        Ok(Log {
            settings: self.file.settings()?,
            reader,
            place,
        })
    }
}

impl Log {
    /// Hands on the lines of these records in order, some at a time: a long log is never in memory as a
    /// whole. A line that was changed is handed on as such; an archive that is missing or damaged ends it, with a verdict.
    pub(super) async fn each(
        &self,
        records: Range<u64>,
        mut take: impl FnMut(&[Line]) -> anyhow::Result<()>,
    ) -> anyhow::Result<Verdict> {
        let folder = self.settings.archive_folder();
        let mut trail = Trail::new(self.reader.clone(), &folder, Seq(records.start));
        let mut next = records.start;
        while next < records.end {
            match trail.next().await {
                Ok(None) => break,
                Ok(Some(Piece::Removed { first, last, file })) => {
                    let last = last.0.min(records.end - 1);
                    warn(&format!(
                        "records {} to {last} were removed with {file}, whose time was over",
                        first.0
                    ));
                    next = last + 1;
                }
                Ok(Some(Piece::Lines(lines))) => {
                    next = lines.last().map_or(records.end, |(seq, _)| seq.0 + 1);
                    let mut lines = self.held(lines).await.context(self.place.clone())?;
                    lines.truncate(lines.partition_point(|line| line.seq.0 < records.end));
                    take(&lines)?;
                }
                Err(problem) if problem.is_a_finding() => {
                    let readable = self.readable_after(next).await;
                    let readable = readable.context(self.place.clone())?;
                    warn(&format!("{problem}{readable}"));
                    return Ok(Verdict::Wrong);
                }
                Err(error) => return Err(error).context(self.place.clone()),
            }
        }
        Ok(Verdict::Well)
    }

    /// How to read on behind an archive that cannot be used, which has the record `next`.
    async fn readable_after(&self, next: u64) -> Result<String, StoreError> {
        let archive = self.reader.archive_with(Seq(next)).await?;
        let length = self.reader.length().await?;
        let after = archive.map(|archive| archive.next);
        Ok(match after.filter(|after| *after < length) {
            Some(after) => format!("; the records after it: --from {after}"),
            None => String::new(),
        })
    }

    async fn held(&self, lines: Vec<(Seq, Vec<u8>)>) -> Result<Vec<Line>, StoreError> {
        let changed = self.reader.changed(&lines).await?;
        let line = |(seq, bytes)| Line {
            seq,
            bytes,
            changed: changed.contains(&seq),
        };
        Ok(lines.into_iter().map(line).collect())
    }
}
