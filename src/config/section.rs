//! How a section is defined, once: the struct, its reading and its reference come from one list of
//! fields, their doc comments and their defaults.

use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::document::{Document, Entry, Raw, showable};
use super::error::{Place, Problem};
use super::value::Value;
use crate::domain::secret::SecretSource;

/// A section as the reference shows it.
pub(super) struct Table {
    pub name: &'static str,
    /// Its doc comment.
    pub about: &'static str,
    pub keys: &'static [Key],
}

/// A setting as the reference shows it.
pub(super) struct Key {
    pub name: &'static str,
    /// Its doc comment.
    pub about: &'static str,
    /// As it would be written in INI.
    pub default: Option<&'static str>,
    pub is_required: bool,
    /// Has a `…_file` twin.
    pub is_secret: bool,
    /// What a value must be.
    pub expected: &'static str,
}

/// Defines a section: `/// about` `Name = "name" { /// about` `key: Type = "default", … }`.
///
/// A field without a default is required, unless its type is an `Option`.
macro_rules! section {
    (
        $(#[doc = $about:literal])+
        $name:ident = $section:literal {
            $( $(#[doc = $doc:literal])+ $field:ident : $type:ty $(= $default:literal)?, )+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone)]
        pub struct $name {
            $( $(#[doc = $doc])+ pub $field: $type, )+
        }

        impl $name {
            pub(in crate::config) const TABLE: $crate::config::section::Table =
                $crate::config::section::Table {
                    name: $section,
                    about: concat!($($about, "\n"),+),
                    keys: &[$( {
                        const DEFAULT: Option<&str> = $crate::config::section::default!($($default)?);
                        $crate::config::section::Key {
                            name: stringify!($field),
                            about: concat!($($doc, "\n"),+),
                            default: DEFAULT,
                            is_required: <$type as $crate::config::section::Field>::IS_REQUIRED
                                && DEFAULT.is_none(),
                            is_secret: <$type as $crate::config::section::Field>::IS_SECRET,
                            expected: <$type as $crate::config::section::Field>::EXPECTED,
                        }
                    } ),+],
                };

            /// Takes every field before the first `?`, so that the errors of all are found.
            pub(in crate::config) fn read(
                reader: &mut $crate::config::section::Reader<'_>,
            ) -> Option<Self> {
                $( let $field = <$type as $crate::config::section::Field>::read(
                    reader,
                    stringify!($field),
                    $crate::config::section::default!($($default)?),
                ); )+
                Some(Self { $( $field: $field? ),+ })
            }
        }
    };
}

macro_rules! default {
    () => {
        None
    };
    ($default:literal) => {
        Some($default)
    };
}

pub(super) use {default, section};

/// Takes the settings of one section out of the document.
pub(super) struct Reader<'a> {
    document: &'a mut Document,
    table: &'static Table,
    base: PathBuf,
}

impl<'a> Reader<'a> {
    pub(super) fn new(document: &'a mut Document, table: &'static Table) -> Self {
        let base = document
            .file
            .parent()
            .map(Path::to_owned)
            .unwrap_or_default();
        Self {
            document,
            table,
            base,
        }
    }

    fn take(&mut self, key: &str) -> Option<Entry> {
        self.document.take(self.table.name, key)
    }

    /// What `key` is called in a message.
    fn title(&self, key: &str) -> String {
        format!("[{}] {key}", self.table.name)
    }

    fn value<T: Value>(&mut self, entry: &Entry) -> Option<T> {
        match T::parse(&entry.value, &self.base) {
            Ok(value) => Some(value),
            Err(expected) => {
                let title = self.title(&entry.key);
                self.document
                    .wrong(entry.place.clone(), Some(title), Problem::Wrong(expected));
                None
            }
        }
    }

    /// Names `key` as missing or at odds with others.
    pub(super) fn object(&mut self, key: &str, problem: Problem) {
        let place = self.document.place_for(self.table.name, key);
        let title = self.title(key);
        self.document.wrong(place, Some(title), problem);
    }

    /// Has the permissions of a file checked that holds a secret.
    pub(super) fn is_secret_file(&mut self, key: &str, file: &Path) {
        let place = self.document.place_for(self.table.name, key);
        self.document
            .secret_files
            .push((place, self.title(key), file.to_owned()));
    }
}

/// A field of a section.
pub(super) trait Field: Sized {
    const IS_REQUIRED: bool;
    const IS_SECRET: bool;
    const EXPECTED: &'static str;

    /// `None`: the reason is among the document's errors.
    fn read(
        reader: &mut Reader<'_>,
        key: &'static str,
        default: Option<&'static str>,
    ) -> Option<Self>;
}

impl<T: Value> Field for T {
    const IS_REQUIRED: bool = true;
    const IS_SECRET: bool = false;
    const EXPECTED: &'static str = T::EXPECTED;

    fn read(
        reader: &mut Reader<'_>,
        key: &'static str,
        default: Option<&'static str>,
    ) -> Option<Self> {
        if let Some(entry) = reader.take(key) {
            return reader.value(&entry);
        }
        if let Some(text) = default {
            return T::parse(&Raw::untyped(text), &reader.base).ok();
        }
        reader.object(key, Problem::Missing(T::EXPECTED));
        None
    }
}

impl<T: Value> Field for Option<T> {
    const IS_REQUIRED: bool = false;
    const IS_SECRET: bool = false;
    const EXPECTED: &'static str = T::EXPECTED;

    fn read(reader: &mut Reader<'_>, key: &'static str, _: Option<&'static str>) -> Option<Self> {
        match reader.take(key) {
            Some(entry) => reader.value(&entry).map(Some),
            None => Some(None),
        }
    }
}

impl Field for SecretSource {
    const IS_REQUIRED: bool = true;
    const IS_SECRET: bool = true;
    const EXPECTED: &'static str = "text";

    fn read(
        reader: &mut Reader<'_>,
        key: &'static str,
        default: Option<&'static str>,
    ) -> Option<Self> {
        let secret = <Option<Self> as Field>::read(reader, key, default)?;
        if secret.is_none() {
            reader.object(key, Problem::MissingSecret(key));
        }
        secret
    }
}

impl Field for Option<SecretSource> {
    const IS_REQUIRED: bool = false;
    const IS_SECRET: bool = true;
    const EXPECTED: &'static str = "text";

    fn read(reader: &mut Reader<'_>, key: &'static str, _: Option<&'static str>) -> Option<Self> {
        let twin = format!("{key}_file");
        match (reader.take(key), reader.take(&twin)) {
            (None, None) => Some(None),
            (Some(entry), None) => secret_value(reader, &entry).map(Some),
            (None, Some(entry)) => {
                let file: PathBuf = reader.value(&entry)?;
                let title = reader.title(&twin);
                reader
                    .document
                    .secret_files
                    .push((entry.place, title, file.clone()));
                Some(Some(SecretSource::File(file)))
            }
            (Some(_), Some(entry)) => {
                let title = reader.title(&twin);
                reader
                    .document
                    .wrong(entry.place, Some(title), Problem::BothTwins(key));
                None
            }
        }
    }
}

fn secret_value(reader: &mut Reader<'_>, entry: &Entry) -> Option<SecretSource> {
    reader.document.has_secrets |= matches!(entry.place, Place::Line(..));
    match entry.value.text() {
        Some(text) if !text.is_empty() => {
            let value = SecretString::from(text);
            Some(match &entry.place {
                Place::Line(file, _) => SecretSource::InSettings {
                    value,
                    file: file.clone(),
                },
                Place::File(_) | Place::Variable(_) => SecretSource::Value(value),
            })
        }
        _ => {
            let title = reader.title(&entry.key);
            let problem = Problem::Wrong("text that is not empty");
            reader
                .document
                .wrong(entry.place.clone(), Some(title), problem);
            None
        }
    }
}

/// Takes out what no section has, and names it.
pub(super) fn find_unknown(document: &mut Document, tables: &[&'static Table]) {
    for (name, line) in std::mem::take(&mut document.sections) {
        if tables.iter().any(|table| table.name == name) {
            document.sections.push((name, line));
        } else {
            let near = nearest(&name, tables.iter().map(|table| table.name));
            let place = document.line(line);
            let title = format!("[{}]", showable(&name));
            document.wrong(place, Some(title), Problem::UnknownSection { near });
        }
    }
    for entry in std::mem::take(&mut document.entries) {
        match tables.iter().find(|table| table.name == entry.section) {
            Some(table) if has(table, &entry.key) => document.entries.push(entry),
            Some(table) => {
                let near = suggestion(table, tables, &entry.key);
                let title = format!("[{}] {}", table.name, showable(&entry.key));
                document.wrong(entry.place, Some(title), Problem::UnknownKey { near });
            }
            None if matches!(entry.place, Place::Variable(_)) => {
                let near = nearest(&entry.section, tables.iter().map(|table| table.name));
                document.wrong(entry.place, None, Problem::UnknownSection { near });
            }
            // Its section has been named already.
            None => {}
        }
    }
}

fn names(table: &Table) -> impl Iterator<Item = String> {
    table.keys.iter().flat_map(|key| {
        let twin = key.is_secret.then(|| format!("{}_file", key.name));
        std::iter::once(key.name.to_owned()).chain(twin)
    })
}

fn has(table: &Table, key: &str) -> bool {
    names(table).any(|name| name == key)
}

/// The same name in another section, or a similar one in this.
fn suggestion(table: &Table, tables: &[&Table], key: &str) -> Option<String> {
    let elsewhere = tables.iter().find(|other| has(other, key));
    match elsewhere {
        Some(other) => Some(format!("{key} in [{}]", other.name)),
        None => nearest(key, names(table)),
    }
}

/// The candidate with at most a third of its letters different.
fn nearest<T: AsRef<str>>(name: &str, candidates: impl Iterator<Item = T>) -> Option<T> {
    candidates
        .map(|candidate| (strsim::osa_distance(name, candidate.as_ref()), candidate))
        .filter(|(distance, candidate)| distance * 3 <= candidate.as_ref().len().max(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
