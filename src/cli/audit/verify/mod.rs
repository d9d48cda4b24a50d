//! `keyward audit verify`: recomputes the log and names what is wrong with it.
//!
//! The checking itself is `crate::verify`, which knows nothing of the writer; here it gets its bytes.

mod database;
mod files;
mod report;
mod witness;

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};

use super::place::is_there;
use crate::archive::open_file;
use crate::cli::Verdict;
use crate::cli::output::print;
use crate::cli::parts::key_file;
use crate::cli::settings::ConfigFile;
use crate::store::KeyFile;
use crate::verify::{Keys, Report};
use report::{Checked, KeySource};

/// Lines too many that are told of one archive, before it is left: there can be any number of them.
const MOST_EXTRA: u64 = 100;
/// How a file of `SQLite` begins.
const DATABASE: &[u8] = b"SQLite format 3\0";

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    file: ConfigFile,
    /// Exported records, archives, files of a sink, or a copy of the database; without any: the
    /// database of the settings
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// A verifier key to trust, as `keyward audit key` prints it; can be given again
    #[arg(long, value_name = "KEY")]
    key: Vec<String>,
    /// A file with verifier keys to trust, one a line
    #[arg(long, value_name = "FILE")]
    key_file: Vec<PathBuf>,
    /// A file with checkpoints that were kept elsewhere: signed notes, or what a sink wrote
    #[arg(long, value_name = "FILE")]
    checkpoint: Vec<PathBuf>,
    /// The folder with the database's archives, where it is not that of the settings
    #[arg(long, value_name = "FOLDER")]
    archives: Option<PathBuf>,
    /// Print one JSON document instead
    #[arg(long)]
    json: bool,
}

/// # Errors
/// Something that is needed cannot be read.
pub(super) async fn run(arguments: &Arguments) -> anyhow::Result<Verdict> {
    let witnesses = &arguments.checkpoint;
    let given = given_keys(arguments)?;
    let checked = if let Some(place) = database(arguments)? {
        database::check(&place, given, witnesses).await?
    } else {
        ensure!(
            !given.is_empty(),
            "files are checked with a key: --key or --key-file; keyward audit key prints it"
        );
        let keys = Keys::new(given.iter().map(String::as_str))?;
        let report = files::check(&arguments.files, keys, witnesses)?;
        checked(report, given, KeySource::Given)
    };
    print(&if arguments.json {
        checked.json()?
    } else {
        checked.text()
    })?;
    Ok(if checked.report.is_well() {
        Verdict::Well
    } else {
        Verdict::Wrong
    })
}

fn checked(report: Report, keys: Vec<String>, source: KeySource) -> Checked {
    Checked {
        report,
        keys,
        source,
    }
}

/// Where a database and its archives are.
struct Place {
    database: PathBuf,
    archives: PathBuf,
    /// Where the service keeps the newest checkpoint besides.
    kept: [PathBuf; 2],
}

/// The database that is to be checked; `None`: files are.
fn database(arguments: &Arguments) -> anyhow::Result<Option<Place>> {
    let beside = |database: &Path| database.with_file_name("archive");
    let chosen = arguments.archives.clone();
    match arguments.files.as_slice() {
        [] => {
            let settings = arguments.file.settings()?;
            let database = settings.store.url.path().to_owned();
            is_there(&database)?;
            let archives = chosen.unwrap_or_else(|| settings.archive_folder());
            let kept = KeyFile::kept_notes(&database, &key_file(&settings)?.path);
            Ok(Some(Place {
                database,
                archives,
                kept,
            }))
        }
        files => {
            let databases = files.iter().map(|file| is_database(file));
            let databases: Vec<bool> = databases.collect::<anyhow::Result<_>>()?;
            match (files, databases.contains(&true)) {
                (_, false) => Ok(None),
                ([database], true) => Ok(Some(Place {
                    database: database.clone(),
                    archives: chosen.unwrap_or_else(|| beside(database)),
                    kept: KeyFile::kept_notes(database, &KeyFile::beside(database)),
                })),
                _ => bail!("a database is checked alone; its archives are found with --archives"),
            }
        }
    }
}

fn is_database(file: &Path) -> anyhow::Result<bool> {
    let mut begin = Vec::new();
    let length = u64::try_from(DATABASE.len()).unwrap_or(u64::MAX);
    let context = || file.display().to_string();
    let opened = open_file(file).with_context(context)?;
    opened
        .take(length)
        .read_to_end(&mut begin)
        .with_context(context)?;
    Ok(begin == DATABASE)
}

fn given_keys(arguments: &Arguments) -> anyhow::Result<Vec<String>> {
    let mut keys = arguments.key.clone();
    for file in &arguments.key_file {
        let text = open_file(file).and_then(io::read_to_string);
        let text = text.with_context(|| file.display().to_string())?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        keys.extend(lines.map(str::to_owned));
    }
    Ok(keys)
}
