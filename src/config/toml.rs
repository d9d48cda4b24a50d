//! TOML: tables are sections, arrays of tables are lists, their keys are settings, spans give the lines.

use std::ops::Range;

use toml_edit::{ArrayOfTables, Document as Parsed, Item, TableLike, Value};
use zeroize::Zeroizing;

use super::document::{Document, Element, Entry, Raw, showable};
use super::error::Problem;

/// Puts the sections and settings of `text` into `document`.
///
/// The parser's own messages and its excerpts are dropped: they could show a password.
pub(super) fn parse(mut document: Document, text: &str) -> Document {
    match Parsed::parse(text) {
        Ok(parsed) => sections(&mut document, &parsed, text),
        Err(error) => {
            let span = error.span();
            let place = document.line(line(text, span.clone()));
            if error.message() == "duplicate key" {
                let name = span.and_then(|span| text.get(span)).map(showable);
                document.wrong(place, name, Problem::Doubled);
            } else {
                document.wrong(place, None, Problem::NotToml);
            }
            document.is_broken = true;
        }
    }
    document
}

fn sections(document: &mut Document, parsed: &Parsed<&str>, text: &str) {
    let root = parsed.as_table();
    for (name, item) in root {
        let name_span = root.key(name).and_then(toml_edit::Key::span);
        let number = line(text, item.span().or(name_span.clone()));
        if let Some(table) = item.as_table_like() {
            document.sections.push((name.to_owned(), number));
            settings(document, name, table, text);
        } else if let Some(tables) = item.as_array_of_tables() {
            elements(document, name, tables, text);
        } else {
            let place = document.line(line(text, name_span));
            document.wrong(place, Some(showable(name)), Problem::OutsideSection);
        }
    }
}

/// What stands below a header; `name` is the section, or the element of a list.
fn settings(document: &mut Document, name: &str, table: &dyn TableLike, text: &str) {
    for (key, item) in table.iter() {
        let span = table.key(key).and_then(toml_edit::Key::span);
        let number = line(text, span);
        let below = format!("{name}.{key}");
        if let Some(tables) = item.as_array_of_tables() {
            elements(document, &below, tables, text);
        } else if let Some(table) = item.as_table() {
            document.sections.push((below.clone(), number));
            settings(document, &below, table, text);
        } else {
            document.entries.push(Entry {
                section: name.to_owned(),
                key: key.to_owned(),
                place: document.line(number),
                value: raw(item),
            });
        }
    }
}

fn elements(document: &mut Document, list: &str, tables: &ArrayOfTables, text: &str) {
    for (table, number) in tables.iter().zip(1..) {
        let section = format!("{list}[{number}]");
        document.elements.push(Element {
            list: list.to_owned(),
            section: section.clone(),
            line: line(text, table.span()),
        });
        settings(document, &section, table, text);
    }
}

fn raw(item: &Item) -> Raw {
    item.as_value().map_or(Raw::Other, raw_value)
}

fn raw_value(value: &Value) -> Raw {
    match value {
        Value::String(text) => Raw::Text(Zeroizing::new(text.value().clone())),
        Value::Integer(number) => Raw::Number(*number.value()),
        Value::Boolean(flag) => Raw::Flag(*flag.value()),
        Value::Array(items) => Raw::List(items.iter().map(raw_value).collect()),
        _ => Raw::Other,
    }
}

/// The number of the line, from 1, in which `span` begins; the last one without a span.
fn line(text: &str, span: Option<Range<usize>>) -> usize {
    let before = span.and_then(|span| text.get(..span.start)).unwrap_or(text);
    1 + before.matches('\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn errors(text: &str) -> Vec<String> {
        let document = parse(Document::of_file(Path::new("k.toml"), text), text);
        document
            .into_errors()
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn values_keep_their_types_and_lines() {
        let text = "# c\n[a]\nt = \"x\"\nn = 5\nf = true\nl = [\"p\", \"q\"]\nd = 1.5\n[b]\n";
        let mut document = parse(Document::of_file(Path::new("k.toml"), text), text);
        assert_eq!(
            document.sections,
            [("a".to_owned(), 2), ("b".to_owned(), 8)]
        );
        let mut take = |key| document.take("a", key).expect("is there");
        let entry = take("t");
        assert_eq!(
            (entry.value.text(), entry.value.number()),
            (Some("x"), None)
        );
        assert_eq!(entry.place.to_string(), "k.toml:3");
        assert_eq!(take("n").value.number(), Some(5));
        assert_eq!(take("f").value.flag(), Some(true));
        assert_eq!(take("l").value.list(&[]), Some(vec!["p", "q"]));
        assert!(matches!(take("d").value, Raw::Other));
    }

    #[test]
    fn broken_toml_is_named_by_its_line_and_never_quoted() {
        for text in [
            "[a]\npassword = S3cret!\n",
            "[a]\npassword = \"S3cret!\n",
            "[a]\nS3cret! = \"x\"\n",
            "[a]\npassword = \"\\S3cret!\"\n",
        ] {
            assert_eq!(errors(text).len(), 1, "{text}");
            assert!(
                errors(text)[0].starts_with("k.toml:2: this line is not TOML"),
                "{text}"
            );
        }
    }

    #[test]
    fn doubled_keys_and_sections_are_named() {
        let doubled = ": is given twice; keep one of the two";
        assert_eq!(
            errors("[a]\nx = 1\nx = 2\n"),
            [format!("k.toml:3: x{doubled}")]
        );
        assert_eq!(errors("[a]\n[b]\n[a]\n"), [format!("k.toml:3: a{doubled}")]);
    }

    #[test]
    fn what_is_no_section_is_named() {
        assert_eq!(
            errors("x = 1\n"),
            ["k.toml:1: x: a setting must stand below its [section]"]
        );
    }
}
