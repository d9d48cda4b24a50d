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
    /// Whether there can be several of it, each below its `[[name]]`.
    pub is_list: bool,
    /// Its doc comment.
    pub about: &'static str,
    pub keys: &'static [Key],
}

impl Table {
    /// As it stands above its settings.
    pub(super) fn header(&self) -> String {
        if self.is_list {
            format!("[[{}]]", self.name)
        } else {
            format!("[{}]", self.name)
        }
    }
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
/// A field without a default is required, unless its type is an `Option`. With `list` before the
/// name there can be several, each below `[[name]]`.
macro_rules! section {
    (
        $(#[doc = $about:literal])+
        $name:ident = $($list:ident)? $section:literal {
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
                    is_list: $crate::config::section::is_list!($($list)?),
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

macro_rules! is_list {
    () => {
        false
    };
    (list) => {
        true
    };
}

pub(super) use {default, is_list, section};

/// Takes the settings of one section out of the document.
pub(super) struct Reader<'a> {
    document: &'a mut Document,
    table: &'static Table,
    /// The table's name, or an element of its list.
    section: String,
    base: PathBuf,
}

impl<'a> Reader<'a> {
    pub(super) fn new(document: &'a mut Document, table: &'static Table) -> Self {
        Self::of(document, table, table.name.to_owned())
    }

    fn of(document: &'a mut Document, table: &'static Table, section: String) -> Self {
        let base = document
            .file
            .parent()
            .map(Path::to_owned)
            .unwrap_or_default();
        Self {
            document,
            table,
            section,
            base,
        }
    }

    fn take(&mut self, key: &str) -> Option<Entry> {
        self.document.take(&self.section, key)
    }

    /// What `key` is called in a message.
    fn title(&self, key: &str) -> String {
        format!("{} {key}", self.table.header())
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
        let place = self.document.place_for(&self.section, key);
        let title = self.title(key);
        self.document.wrong(place, Some(title), problem);
    }

    /// Has the permissions of a file checked that holds a secret.
    pub(super) fn is_secret_file(&mut self, key: &str, file: &Path) {
        let place = self.document.place_for(&self.section, key);
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

/// Reads each table of a list, with the errors of all of them. `None`: one of them is wrong.
pub(super) fn read_list<T>(
    document: &mut Document,
    table: &'static Table,
    mut read: impl FnMut(&mut Reader<'_>) -> Option<T>,
) -> Option<Vec<T>> {
    let elements = document.elements.iter().filter(|e| e.list == table.name);
    let sections: Vec<String> = elements.map(|e| e.section.clone()).collect();
    let all: Vec<Option<T>> = sections
        .into_iter()
        .map(|section| read(&mut Reader::of(document, table, section)))
        .collect();
    all.into_iter().collect()
}

/// Takes out what no section has, and names it.
pub(super) fn find_unknown(document: &mut Document, tables: &[&'static Table]) {
    for (name, line) in std::mem::take(&mut document.sections) {
        match tables.iter().find(|table| table.name == name) {
            Some(table) if !table.is_list => document.sections.push((name, line)),
            known => misplaced(document, tables, known.copied(), (&name, line)),
        }
    }
    for element in std::mem::take(&mut document.elements) {
        match tables.iter().find(|table| table.name == element.list) {
            Some(table) if table.is_list => document.elements.push(element),
            known => misplaced(
                document,
                tables,
                known.copied(),
                (&element.list, element.line),
            ),
        }
    }
    for entry in std::mem::take(&mut document.entries) {
        match table_of(document, tables, &entry) {
            Some(table) if has(table, &entry.key) => document.entries.push(entry),
            Some(table) => {
                let near = suggestion(table, tables, &entry.key);
                let title = format!("{} {}", table.header(), showable(&entry.key));
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

/// A header that nothing has, or a section for a list, or a list for a section.
fn misplaced(
    document: &mut Document,
    tables: &[&'static Table],
    known: Option<&'static Table>,
    (name, line): (&str, usize),
) {
    let problem = match known {
        Some(table) if table.is_list => Problem::NotAList(table.name),
        Some(_) => Problem::NotASection,
        None => Problem::UnknownSection {
            near: nearest(name, tables.iter().map(|table| table.name)),
        },
    };
    let title = if known.is_some() {
        name.to_owned()
    } else {
        showable(name)
    };
    let place = document.line(line);
    document.wrong(place, Some(format!("[{title}]")), problem);
}

fn table_of(
    document: &Document,
    tables: &[&'static Table],
    entry: &Entry,
) -> Option<&'static Table> {
    let element = document
        .elements
        .iter()
        .find(|e| e.section == entry.section);
    let (name, is_list) = match element {
        Some(element) => (&element.list, true),
        None => (&entry.section, false),
    };
    let mut tables = tables.iter().copied();
    tables.find(|table| table.name == *name && table.is_list == is_list)
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
    let as_list = format!("{}.{key}", table.name);
    if let Some(list) = tables.iter().find(|other| other.name == as_list) {
        return Some(list.header());
    }
    match tables.iter().find(|other| has(other, key)) {
        Some(other) => Some(format!("{key} in {}", other.header())),
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
