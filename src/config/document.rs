//! What stands in a settings file and in the environment, before it means anything.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::error::{ConfigError, Place, Problem};

/// All that was written, and all that was found wrong with it. No `Debug`: it holds secrets.
pub(super) struct Document {
    /// The settings file.
    pub file: PathBuf,
    /// Number of its last line.
    pub last_line: usize,
    /// Its section headers, with their lines.
    pub sections: Vec<(String, usize)>,
    /// The tables of its lists, such as each `[[audit.sink]]`, in order.
    pub elements: Vec<Element>,
    /// The settings that nobody has taken yet.
    pub entries: Vec<Entry>,
    /// Where the settings stood that have been taken.
    taken: Vec<(String, String, Place)>,
    /// Secrets that are written into the settings file itself.
    pub has_secrets: bool,
    /// Files that hold secrets, and the settings that name them.
    pub secret_files: Vec<(Place, String, PathBuf)>,
    /// The file could not be parsed: what is missing from it says nothing.
    pub is_broken: bool,
    /// What is wrong so far.
    pub errors: Vec<ConfigError>,
}

/// One table of a list.
pub(super) struct Element {
    /// Which list: `audit.sink`.
    pub list: String,
    /// What its entries have as their section.
    pub section: String,
    pub line: usize,
}

/// One setting as it was written.
pub(super) struct Entry {
    /// The section, or the element of a list.
    pub section: String,
    pub key: String,
    pub place: Place,
    pub value: Raw,
}

/// A value as it was written.
pub(super) enum Raw {
    /// A TOML string.
    Text(Zeroizing<String>),
    /// Text of an INI file or a variable, which may mean a number, a list …
    Untyped(Zeroizing<String>),
    /// A TOML integer.
    Number(i64),
    /// A TOML boolean.
    Flag(bool),
    /// A TOML array.
    List(Vec<Raw>),
    /// A date, a table, a fraction: nothing that any setting is.
    Other,
}

impl Document {
    pub(super) fn of_file(file: &Path, text: &str) -> Self {
        Self {
            file: file.to_owned(),
            last_line: text.lines().count().max(1),
            sections: Vec::new(),
            elements: Vec::new(),
            entries: Vec::new(),
            taken: Vec::new(),
            is_broken: false,
            has_secrets: false,
            secret_files: Vec::new(),
            errors: Vec::new(),
        }
    }

    pub(super) fn line(&self, line: usize) -> Place {
        Place::Line(self.file.clone(), line)
    }

    /// Where `key` was given, or else where it would have to be added.
    pub(super) fn place_for(&self, section: &str, key: &str) -> Place {
        if let Some(place) = self.given(section, key) {
            return place;
        }
        let headers = self.sections.iter().map(|(name, line)| (name, *line));
        let elements = self.elements.iter().map(|e| (&e.section, e.line));
        let header = headers.chain(elements).find(|(name, _)| *name == section);
        self.line(header.map_or(self.last_line, |(_, line)| line))
    }

    /// Where `key` was given; `None`: it was left out.
    pub(super) fn given(&self, section: &str, key: &str) -> Option<Place> {
        let mut taken = self.taken.iter();
        let found = taken.find(|(s, k, _)| s == section && k == key);
        found.map(|(_, _, place)| place.clone())
    }

    /// What the entries of each table of a list have as their section, in order.
    pub(super) fn elements_of(&self, list: &str) -> impl Iterator<Item = &str> {
        let elements = self.elements.iter().filter(move |e| e.list == list);
        elements.map(|e| e.section.as_str())
    }

    pub(super) fn take(&mut self, section: &str, key: &str) -> Option<Entry> {
        let at = self
            .entries
            .iter()
            .position(|e| e.section == section && e.key == key)?;
        let entry = self.entries.swap_remove(at);
        self.taken
            .push((section.to_owned(), key.to_owned(), entry.place.clone()));
        Some(entry)
    }

    pub(super) fn wrong(&mut self, place: Place, key: Option<String>, problem: Problem) {
        self.errors.push(ConfigError {
            place,
            key,
            problem,
        });
    }

    /// `settings` if nothing is wrong, otherwise the errors in the order of the file.
    pub(super) fn result<T>(self, settings: Option<T>) -> Result<T, Vec<ConfigError>> {
        match settings {
            Some(settings) if self.errors.is_empty() => Ok(settings),
            _ => Err(self.into_errors()),
        }
    }

    pub(super) fn into_errors(mut self) -> Vec<ConfigError> {
        self.errors.sort_by(|a, b| a.place.cmp(&b.place));
        self.errors
    }
}

impl Raw {
    pub(super) fn untyped(text: &str) -> Self {
        Self::Untyped(Zeroizing::new(text.to_owned()))
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Untyped(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn number(&self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Untyped(text) => text.parse().ok(),
            _ => None,
        }
    }

    pub(super) fn flag(&self) -> Option<bool> {
        match self {
            Self::Flag(flag) => Some(*flag),
            Self::Untyped(text) => match text.to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" => Some(true),
                "false" | "no" | "off" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// The elements of a TOML array of strings, or of text that is split at `separators`.
    pub(super) fn list(&self, separators: &[char]) -> Option<Vec<&str>> {
        match self {
            Self::List(items) => items.iter().map(Self::text).collect(),
            Self::Untyped(text) => Some(
                text.split(separators)
                    .map(str::trim)
                    .filter(|item| !item.is_empty())
                    .collect(),
            ),
            _ => None,
        }
    }
}

/// A name from a file as it may be shown in a message: only what looks like the name of a setting.
/// A stray line could be a piece of a password.
pub(super) fn showable(name: &str) -> String {
    let is_name = (1..=40).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b));
    if is_name {
        name.to_owned()
    } else {
        "(a name that is not shown)".to_owned()
    }
}
