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
use crate::store::AuditReader;

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
    /// whole. An archive that is missing or damaged ends it, with a verdict.
    pub(super) async fn each(
        &self,
        records: Range<u64>,
        mut take: impl FnMut(&[(Seq, String)]) -> anyhow::Result<()>,
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
                    let wanted = lines.partition_point(|(seq, _)| seq.0 < records.end);
                    take(lines.get(..wanted).unwrap_or_default())?;
                    next = lines.last().map_or(records.end, |(seq, _)| seq.0 + 1);
                }
                Err(problem) if problem.is_a_finding() => {
                    warn(&problem.to_string());
                    return Ok(Verdict::Wrong);
                }
                Err(error) => return Err(error).context(self.place.clone()),
            }
        }
        Ok(Verdict::Well)
    }
}
