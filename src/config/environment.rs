//! `KEYWARD__SECTION__NAME` in the environment, which wins over the file.

use super::document::{Document, Entry, Raw};
use super::error::{Place, Problem};

const PREFIX: &str = "KEYWARD__";

/// Puts the variables with our prefix over the settings of the file.
pub(super) fn apply(document: &mut Document, environment: &[(String, String)]) {
    for (name, value) in environment {
        let Some(rest) = name.strip_prefix(PREFIX) else {
            continue;
        };
        let place = Place::Variable(name.clone());
        match rest.split_once("__") {
            Some((section, key)) if !section.is_empty() && !key.is_empty() => {
                set(
                    document,
                    &section.to_lowercase(),
                    &key.to_lowercase(),
                    place,
                    value,
                );
            }
            _ => document.wrong(
                place,
                None,
                Problem::Wrong("of the form KEYWARD__SECTION__NAME"),
            ),
        }
    }
}

/// A variable replaces the file's setting and its twin: `password` there and `PASSWORD_FILE` here
/// is a choice, not a mistake.
fn set(document: &mut Document, section: &str, key: &str, place: Place, value: &str) {
    let twin = match key.strip_suffix("_file") {
        Some(bare) => bare.to_owned(),
        None => format!("{key}_file"),
    };
    document.entries.retain(|entry| {
        let is_replaced = entry.section == section && (entry.key == key || entry.key == twin);
        !(is_replaced && matches!(entry.place, Place::Line(..)))
    });
    if document
        .entries
        .iter()
        .any(|e| e.section == section && e.key == key)
    {
        return document.wrong(place, Some(format!("[{section}] {key}")), Problem::Doubled);
    }
    document.entries.push(Entry {
        section: section.to_owned(),
        key: key.to_owned(),
        place,
        value: Raw::untyped(value),
    });
}
