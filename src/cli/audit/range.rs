//! Which records, and the way through them.

use anyhow::Context as _;

use crate::cli::output::print;
use crate::cli::settings::ConfigFile;
use crate::domain::audit::Seq;
use crate::store::AuditReader;

/// Lines that are read at once.
const PAGE: u32 = 1_000;

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
    /// never in memory as a whole.
    pub(super) async fn each_line(
        &self,
        show: impl Fn(bool, &str) -> anyhow::Result<String>,
    ) -> anyhow::Result<()> {
        let (log, place) = open(&self.file).await?;
        let mut from = Seq(self.from);
        let mut is_first = true;
        loop {
            let lines = log.lines(from, PAGE).await.context(place.clone())?;
            let Some((last, _)) = lines.last() else {
                return Ok(());
            };
            from = Seq(last.0 + 1);
            let mut text = String::new();
            for (seq, line) in &lines {
                text += &show(is_first, line).with_context(|| format!("record {}", seq.0))?;
                is_first = false;
            }
            print(&text)?;
        }
    }
}

/// The log of these settings, for reading, and how errors call it.
///
/// # Errors
/// The settings or the store cannot be used.
pub(super) async fn open(file: &ConfigFile) -> anyhow::Result<(AuditReader, String)> {
    let settings = file.settings()?;
    let path = settings.store.url.path();
    let place = format!("the audit log in {}", path.display());
    let log = AuditReader::open(path).await.context(place.clone())?;
    Ok((log, place))
}
