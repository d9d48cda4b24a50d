//! The log that a command reads, and how errors call it.

use std::path::Path;

use anyhow::Context as _;

use crate::cli::settings::ConfigFile;
use crate::store::AuditReader;

/// The log of these settings, for reading, and how errors call it.
///
/// # Errors
/// The settings or the store cannot be used.
pub(super) async fn open(file: &ConfigFile) -> anyhow::Result<(AuditReader, String)> {
    let settings = file.settings()?;
    let path = settings.store.url.path();
    let place = format!("the audit log in {}", path.display());
    is_there(path)?;
    let log = AuditReader::open(path).await.context(place.clone())?;
    log.check_schema().await.context(place.clone())?;
    Ok((log, place))
}

/// # Errors
/// The service has not made the log yet.
pub(super) fn is_there(database: &Path) -> anyhow::Result<()> {
    anyhow::ensure!(
        database.try_exists().unwrap_or(true),
        "the audit log in {}: there is none yet; the first `keyward serve` makes it",
        database.display()
    );
    Ok(())
}

/// The same, for commands that read its tree.
///
/// # Errors
/// As there, or the log has no tree yet.
pub(super) async fn open_with_tree(file: &ConfigFile) -> anyhow::Result<(AuditReader, String)> {
    let (log, place) = open(file).await?;
    let has_tree = log.has_tree().await.context(place.clone())?;
    anyhow::ensure!(
        has_tree,
        "{place} was last written by a version of Keyward without checkpoints; it gets them when the \
         service starts"
    );
    Ok((log, place))
}
