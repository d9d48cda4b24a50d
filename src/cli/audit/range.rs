//! Which records, and the way through them, archives included.

use anyhow::Context as _;

use super::place::open;
use crate::archive::{Piece, Trail};
use crate::cli::Verdict;
use crate::cli::output::{print, warn};
use crate::cli::settings::ConfigFile;
use crate::domain::audit::Seq;

#[derive(Debug, clap::Args)]
pub(super) struct Range {
    #[command(flatten)]
    file: ConfigFile,
    /// Begin with the record of this number
    #[arg(long, value_name = "SEQ", default_value_t = 0)]
    from: u64,
}

impl Range {
    /// Prints what `show` makes of each line; it is told whether the line is the first. A long log is
    /// never in memory as a whole. An archive that is missing or damaged ends it, with a verdict.
    pub(super) async fn each_line(
        &self,
        show: impl Fn(bool, &str) -> anyhow::Result<String>,
    ) -> anyhow::Result<Verdict> {
        let (log, place) = open(&self.file).await?;
        let folder = self.file.settings()?.archive_folder();
        let mut trail = Trail::new(log, &folder, Seq(self.from));
        let mut is_first = true;
        loop {
            match trail.next().await {
                Ok(None) => return Ok(Verdict::Well),
                Ok(Some(Piece::Removed { first, last, file })) => warn(&format!(
                    "records {} to {} were removed with {file}, whose time was over",
                    first.0, last.0
                )),
                Ok(Some(Piece::Lines(lines))) => {
                    let mut text = String::new();
                    for (seq, line) in &lines {
                        text +=
                            &show(is_first, line).with_context(|| format!("record {}", seq.0))?;
                        is_first = false;
                    }
                    print(&text)?;
                }
                Err(problem) if problem.is_a_finding() => {
                    warn(&problem.to_string());
                    return Ok(Verdict::Wrong);
                }
                Err(error) => return Err(error).context(place),
            }
        }
    }
}
