//! `--config`, and the settings that it leads to.

use std::fmt;
use std::path::PathBuf;

use anyhow::Context as _;

use crate::config::{ConfigError, DEFAULT_FILES, Inspected, Settings};

/// The option that names the settings file.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct ConfigFile {
    /// The settings file [default: ./keyward.toml, ./config.ini or /etc/keyward/keyward.toml]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl ConfigFile {
    /// The file that is named, or the first default one that is there.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn path(&self) -> anyhow::Result<PathBuf> {
        self.config
            .clone()
            .or_else(Settings::default_file)
            .with_context(|| {
                format!(
                    "there is no settings file: neither {}; name one with --config",
                    DEFAULT_FILES.join(" nor ")
                )
            })
    }

    /// How a command that is printed names the same file; empty where it is found without a name.
    pub(super) fn as_typed(&self) -> String {
        let path = self.config.as_ref().map(|path| path.display().to_string());
        match path {
            None => String::new(),
            Some(path) if path.chars().all(is_plain) => format!(" --config {path}"),
            Some(path) => format!(" --config '{}'", path.replace('\'', r"'\''")),
        }
    }

    /// Its settings, with those of the environment over them.
    ///
    /// # Errors
    /// All that is wrong with them.
    pub(super) fn settings(&self) -> anyhow::Result<Settings> {
        let path = self.path()?;
        Settings::load(&path, &environment()?).map_err(|errors| Wrong(errors).into())
    }

    /// The same, before the file with the service account's password is there.
    ///
    /// # Errors
    /// All else that is wrong with them.
    pub(super) fn settings_before_setup(&self) -> anyhow::Result<Settings> {
        let path = self.path()?;
        Settings::load_before_setup(&path, &environment()?).map_err(|errors| Wrong(errors).into())
    }

    /// The same, but who can read the files is told instead of refused.
    ///
    /// # Errors
    /// All else that is wrong with them.
    pub(super) fn inspect(&self) -> anyhow::Result<Inspected> {
        let path = self.path()?;
        Settings::inspect(&path, &environment()?).map_err(|errors| Wrong(errors).into())
    }
}

/// What a shell takes as it stands.
fn is_plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || "/._-+".contains(character)
}

/// Everything that is wrong with the settings, a line each.
#[derive(Debug)]
struct Wrong(Vec<ConfigError>);

impl std::error::Error for Wrong {}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the settings cannot be used:")?;
        self.0.iter().try_for_each(|error| write!(f, "\n{error}"))
    }
}

/// The variables that can be settings. Others may hold anything.
fn environment() -> anyhow::Result<Vec<(String, String)>> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
        .filter(|(name, _)| name.starts_with("KEYWARD__"))
        .map(|(name, value)| match value.into_string() {
            Ok(value) => Ok((name, value)),
            Err(_) => anyhow::bail!("environment variable {name}: the value is not UTF-8 text"),
        })
        .collect()
}
