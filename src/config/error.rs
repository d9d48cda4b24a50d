//! What can be wrong with the settings. No variant holds a value from a file or a variable: any of
//! them could be a password at the wrong place.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::permissions::is_before_setup;

/// One thing that is wrong: where, which setting, and a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// Where to mend it.
    pub place: Place,
    /// The setting, such as `[ad] server`, or the section; `None` where the line is neither.
    pub key: Option<String>,
    /// What is wrong and what would be right.
    pub problem: Problem,
}

/// Where a setting stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A file as a whole.
    File(PathBuf),
    /// A line of a file, from 1.
    Line(PathBuf, usize),
    /// A variable of the environment.
    Variable(String),
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The file cannot be read at all.
    #[error("the file cannot be read: {}", reason(*.0))]
    Unreadable(io::ErrorKind),
    /// Not UTF-8.
    #[error("the file is not UTF-8 text")]
    NotText,
    /// Broken TOML; the parser's own words could quote a secret.
    #[error("this line is not TOML; write key = \"value\" with quotation marks, or [section]")]
    NotToml,
    /// A line of an INI file that is nothing.
    #[error(
        "this line is neither key = value, nor [section], nor a comment that begins with # or ;"
    )]
    NotIni,
    /// A setting before the first section.
    #[error("a setting must stand below its [section]")]
    OutsideSection,
    /// No such section.
    #[error("there is no section of this name{}", hint(.near.map(|name| format!("[{name}]"))))]
    UnknownSection {
        /// A section whose name is similar.
        near: Option<&'static str>,
    },
    /// A section that is written as something else, such as `[[ad]]`.
    #[error("must be a section: [name] on a line of its own")]
    NotASection,
    /// A list that is written as a section, or in a file that has no lists.
    #[error("is a list: write [[{0}]] on a line of its own for each of them, in a TOML file")]
    NotAList(&'static str),
    /// No such setting.
    #[error("there is no setting of this name{}", hint(.near.clone()))]
    UnknownKey {
        /// A setting whose name is similar, or the same setting in its own section.
        near: Option<String>,
    },
    /// Left out.
    #[error("is missing; it must be {0}")]
    Missing(&'static str),
    /// Left out, with its `…_file` twin.
    #[error("is missing; give the secret itself, or in {0}_file the name of a file that holds it")]
    MissingSecret(&'static str),
    /// There already.
    #[error("is given twice; keep one of the two")]
    Doubled,
    /// A secret and its `…_file` twin.
    #[error("{0} and {0}_file are both given; keep one of the two")]
    BothTwins(&'static str),
    /// A wrong value.
    #[error("must be {0}")]
    Wrong(&'static str),
    /// One of two that belong together.
    #[error("{0} is missing; tls_cert and tls_key are given together or not at all")]
    HalfTls(&'static str),
    /// Archives would be removed as soon as they are made.
    #[error("must be more than archive_after_days")]
    KeptTooShort,
    /// A setting that another kind of the same thing has.
    #[error("is for {0} only")]
    ForAnother(&'static str),
    /// Two of a list with one name, or a name that has a meaning of its own.
    #[error("another one of the list has this name already, or it is kept for something else")]
    NameTaken,
    /// Without another setting it means nothing.
    #[error("needs {0}, which is not given")]
    MissingOther(&'static str),
    /// An OU that the service account has no rights on.
    #[error("an OU in it is not [ad] user_ou, nor below it; no rule goes beyond user_ou")]
    OutsideUserOu,
    /// A sink would write into what is something else.
    #[error(
        "this file is that of {title} ({}), or belongs to it; a sink needs a file of its own",
        .place.as_ref().map_or_else(|| "by default".to_owned(), ToString::to_string)
    )]
    NotItsOwn {
        /// The setting that has the file already.
        title: String,
        /// Where it stands; `None`: it is the default.
        place: Option<Place>,
    },
    /// A signature with it could be made by trying.
    #[error(
        "this secret is too short, or not base64 behind whsec_: it must have at least 32 characters, or 24 bytes behind \
         whsec_; make a new one with openssl rand -hex 32, for the receiver too"
    )]
    WeakSecret,
    /// What nobody could ever say was taken.
    #[error(
        "over UDP nobody learns whether a record arrived, so it cannot be required; use tcp or tls"
    )]
    RequiredUdp,
    /// Plain HTTP where others can listen.
    #[error(
        "plain HTTP is for loopback addresses only: set tls_cert and tls_key, or listen on 127.0.0.1 behind a proxy \
         (danger_allow_plain_http = true would send passwords readable over the network)"
    )]
    PlainHttp,
    /// A file with secrets that other accounts can read.
    #[error("other accounts on this machine can read {}, which holds a secret; run: chmod 600 {}", .0.display(), quoted(.0))]
    OthersCanRead(PathBuf),
    /// A secret's file that cannot be read.
    #[error("{} cannot be read: {}", .0.display(), reason(*.1))]
    SecretUnreadable(PathBuf, io::ErrorKind),
}

impl ConfigError {
    pub(super) fn unreadable(file: &Path, kind: io::ErrorKind) -> Self {
        Self {
            place: Place::File(file.to_owned()),
            key: None,
            problem: Problem::Unreadable(kind),
        }
    }

    pub(super) fn not_text(file: &Path) -> Self {
        Self {
            place: Place::File(file.to_owned()),
            key: None,
            problem: Problem::NotText,
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.place)?;
        if let Some(key) = &self.key {
            write!(f, "{key}: ")?;
        }
        write!(f, "{}", self.problem)?;
        if is_before_setup(self) {
            write!(f, "; keyward delegation apply makes it")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => write!(f, "{}", file.display()),
            Self::Line(file, line) => write!(f, "{}:{line}", file.display()),
            Self::Variable(name) => write!(f, "environment variable {name}"),
        }
    }
}

fn hint(near: Option<String>) -> String {
    near.map(|name| format!("; did you mean {name}?"))
        .unwrap_or_default()
}

fn reason(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::NotFound => "there is no such file",
        io::ErrorKind::PermissionDenied => "this account may not read it",
        io::ErrorKind::IsADirectory => "it is not a file",
        _ => "input/output error",
    }
}

/// For pasting into a shell.
fn quoted(file: &Path) -> String {
    let text = file.display().to_string();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    if text.chars().all(is_plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}
