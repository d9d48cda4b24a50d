//! Where a secret comes from; reading it is the business of the folder that uses it.

use secrecy::SecretString;
use std::path::{Path, PathBuf};

/// Where systemd and container runtimes put secrets, anew at each start; the mount decides who may read
/// there, not the file's mode.
const HANDED_OVER: [&str; 2] = ["/run/secrets", "/run/credentials"];

/// Whether a file, with every link followed, is one that systemd or a container runtime hands over.
pub fn is_handed_over(real: &Path) -> bool {
    HANDED_OVER.iter().any(|folder| real.starts_with(folder))
}

/// A secret in the settings, or in a file that is read at use (trailing line feed cut).
#[derive(Debug, Clone)]
pub enum SecretSource {
    /// The value itself, from the environment.
    Value(SecretString),
    /// The value itself, as it stands in the settings file.
    InSettings {
        /// The value.
        value: SecretString,
        /// The settings file.
        file: PathBuf,
    },
    /// A file that holds it.
    File(PathBuf),
}

impl SecretSource {
    /// The file that holds it, and whether that is the settings file.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Value(_) => None,
            Self::InSettings { file, .. } | Self::File(file) => Some(file),
        }
    }

    /// Where the secret that is to follow this one waits while it is being changed, beside
    /// `real`, which is [`file`](Self::file) with every link followed.
    pub fn next_beside(&self, real: &Path) -> Option<PathBuf> {
        let suffix = match self {
            Self::Value(_) => return None,
            Self::InSettings { .. } => ".next-password",
            Self::File(_) => ".next",
        };
        let mut name = real.file_name()?.to_owned();
        name.push(suffix);
        Some(real.with_file_name(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_that_follows_waits_beside_the_file_under_a_name_of_its_own() {
        let beside = |source: &SecretSource| {
            let real = Path::new("/etc/keyward/a.b");
            source
                .next_beside(real)
                .map(|next| next.display().to_string())
        };
        let file = SecretSource::File("x".into());
        assert_eq!(beside(&file).as_deref(), Some("/etc/keyward/a.b.next"));
        let settings = SecretSource::InSettings {
            value: "v".into(),
            file: "x".into(),
        };
        let next = beside(&settings);
        assert_eq!(next.as_deref(), Some("/etc/keyward/a.b.next-password"));
        assert_eq!(beside(&SecretSource::Value("v".into())), None);
    }
}
