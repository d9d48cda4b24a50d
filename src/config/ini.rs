//! The article's INI: sections, `key = value`, comments on lines of their own.
//!
//! Values are taken verbatim but for spaces around them: `;`, `#`, `%` and quotation marks inside
//! a password survive.

use super::document::{Document, Entry, Raw, showable};
use super::error::Problem;

/// Puts the sections and settings of `text` into `document`.
pub(super) fn parse(mut document: Document, text: &str) -> Document {
    let mut section: Option<String> = None;
    for (line, number) in text.lines().map(str::trim).zip(1..) {
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            let name = name.trim().to_owned();
            open(&mut document, &name, number);
            section = Some(name);
        } else {
            setting(&mut document, section.as_deref(), line, number);
        }
    }
    document
}

fn open(document: &mut Document, name: &str, number: usize) {
    if document.sections.iter().any(|(known, _)| known == name) {
        let place = document.line(number);
        document.wrong(
            place,
            Some(format!("[{}]", showable(name))),
            Problem::Doubled,
        );
    } else {
        document.sections.push((name.to_owned(), number));
    }
}

fn setting(document: &mut Document, section: Option<&str>, line: &str, number: usize) {
    let place = document.line(number);
    let Some((key, value)) = line.split_once('=') else {
        return document.wrong(place, None, Problem::NotIni);
    };
    let key = key.trim().to_lowercase();
    let Some(section) = section else {
        return document.wrong(place, Some(showable(&key)), Problem::OutsideSection);
    };
    if document
        .entries
        .iter()
        .any(|e| e.section == section && e.key == key)
    {
        let key = format!("[{}] {}", showable(section), showable(&key));
        return document.wrong(place, Some(key), Problem::Doubled);
    }
    document.entries.push(Entry {
        section: section.to_owned(),
        key,
        place,
        value: Raw::untyped(value.trim()),
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn parsed(text: &str) -> Document {
        parse(Document::of_file(Path::new("config.ini"), text), text)
    }

    fn value(document: &mut Document, section: &str, key: &str) -> String {
        let entry = document.take(section, key).expect("is there");
        entry.value.text().expect("text").to_owned()
    }

    #[test]
    fn values_are_verbatim_so_that_passwords_survive() {
        let mut document = parsed(
            "# comment\n; comment\r\n[a]\r\n p = x;y#z %d \"q\" = [r]  \r\nQ=ä\u{2028}b\n[b]\np=\n",
        );
        assert_eq!(value(&mut document, "a", "p"), "x;y#z %d \"q\" = [r]");
        assert_eq!(value(&mut document, "a", "q"), "ä\u{2028}b");
        assert_eq!(value(&mut document, "b", "p"), "");
        assert!(document.errors.is_empty());
    }

    #[test]
    fn what_is_nothing_is_named_by_its_line_and_never_quoted() {
        let document = parsed("x = 1\n[a]\npassword S3cret!\nS3cret! = 1\np = 1\np = 2\n[a]\n");
        let errors: Vec<String> = document
            .into_errors()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            errors,
            [
                "config.ini:1: x: a setting must stand below its [section]",
                "config.ini:3: this line is neither key = value, nor [section], nor a comment that begins with # or ;",
                "config.ini:6: [a] p: is given twice; keep one of the two",
                "config.ini:7: [a]: is given twice; keep one of the two",
            ]
        );
    }
}
