//! Reads the sources and holds them to the map: `ARCHITECTURE.md` and `docs/adr/` say why.
//!
//! Only text is read, so this needs nothing of the crate. Comments and tests are exempt: what
//! stands behind `#[cfg(test)]` may name whatever it has to.

#![allow(
    clippy::unwrap_used,
    clippy::string_slice,
    reason = "what fails here is a test, and its line says which"
)]

mod source;

use source::{
    Source, has_word, layers_named, product_lines, root, signatures, sources, test_texts,
};
use std::collections::BTreeSet;
use std::fs;

/// Which layers a layer may name besides itself. `cli`, `main.rs` and `lib.rs` put everything together.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("config", &["domain"]),
    ("embedded", &["domain"]),
    ("trust", &[]),
    ("durable", &[]),
    ("directory", &["trust", "domain"]),
    ("store", &["durable", "domain"]),
    ("archive", &["store", "durable", "domain"]),
    ("sinks", &["trust", "store", "durable", "domain"]),
    // Whoever checks the log uses nothing of what wrote it.
    ("verify", &[]),
    ("actions", &["directory", "store", "domain"]),
    ("delegation", &["directory", "store", "durable", "domain"]),
    (
        "doctor",
        &[
            "delegation",
            "directory",
            "sinks",
            "store",
            "config",
            "domain",
        ],
    ),
    (
        "rotation",
        &["config", "directory", "store", "durable", "domain"],
    ),
    ("report", &["directory", "domain"]),
    ("web", &["actions", "store", "domain"]),
];

/// A product file has at most so many lines, without tests.
const MOST_LINES: usize = 500;
/// ARCHITECTURE.md has at most so many.
const MOST_LINES_OF_THE_MAP: usize = 150;

#[test]
fn no_arrow_points_back() {
    let mut wrong = Vec::new();
    for source in sources() {
        let Some((_, allowed)) = MAY_NAME.iter().find(|(layer, _)| *layer == source.layer()) else {
            continue;
        };
        for named in layers_named(&source.product) {
            if named != source.layer() && !allowed.contains(&named.as_str()) {
                wrong.push(format!("src/{} names {named}", source.path));
            }
        }
    }
    assert_none(&wrong);
}

#[test]
fn every_layer_has_its_place_in_the_direction() {
    let known: BTreeSet<&str> = MAY_NAME.iter().map(|(layer, _)| *layer).collect();
    let wrong: Vec<String> = sources()
        .iter()
        .filter(|source| source.path.contains('/') && source.layer() != "cli")
        .map(|source| source.layer().to_owned())
        .filter(|layer| !known.contains(layer.as_str()))
        .collect();
    assert_none(&wrong);
}

#[test]
fn the_domain_does_no_input_or_output_and_waits_for_nothing() {
    let forbidden = [
        "async fn",
        ".await",
        "tokio",
        "std::fs",
        "std::net::Tcp",
        "std::env",
        "std::thread",
        "sqlx::",
        "SystemTime",
        "Instant::now",
        "getrandom",
        "tracing",
    ];
    assert_none(&occurrences(&forbidden, |source| {
        source.layer() == "domain"
    }));
}

#[test]
fn only_authorize_makes_a_permit() {
    let elsewhere = |source: &Source| source.path != "domain/authorize.rs";
    let mut wrong = occurrences(&["Permit {"], elsewhere);
    for source in sources().into_iter().filter(elsewhere) {
        let returns = signatures(&source.product)
            .filter(|signature| signature.contains("->"))
            .filter(|signature| {
                signature
                    .rsplit("->")
                    .next()
                    .is_some_and(|r| has_word(r, "Permit"))
            })
            .map(|signature| format!("src/{}: {signature}", source.path));
        wrong.extend(returns);
    }
    assert_none(&wrong);
}

#[test]
fn a_permit_cannot_be_copied_or_read_from_somewhere() {
    let authorize = fs::read_to_string(root().join("src/domain/authorize.rs")).unwrap();
    let (before, _) = authorize.split_once("pub struct Permit").unwrap();
    let attributes = before.rsplit("\n\n").next().unwrap();
    for forbidden in ["Clone", "Copy", "Default", "Deserialize"] {
        assert!(!attributes.contains(forbidden), "Permit is {forbidden}");
    }
    for source in sources() {
        for kind in ["Clone", "Default", "From<"] {
            let foreign = source.product.contains(&format!("impl {kind} for Permit"));
            assert!(!foreign, "src/{}: impl {kind} for Permit", source.path);
        }
    }
}

#[test]
fn sql_is_in_the_store_only() {
    let words = [
        "sqlx::",
        "SELECT ",
        "INSERT INTO",
        "INSERT OR",
        "DELETE FROM",
        "CREATE TABLE",
        "PRAGMA ",
        "BEGIN IMMEDIATE",
    ];
    assert_none(&occurrences(&words, |source| !source.is_in(&["store"])));
}

#[test]
fn ldap_is_spoken_in_the_directory_and_the_embedded_server_only() {
    assert_none(&occurrences(&["ldap3_proto::"], |source| {
        !source.is_in(&["directory", "embedded"])
    }));
}

#[test]
fn errors_without_a_type_stay_in_the_command_line() {
    assert_none(&occurrences(&["anyhow"], |source| {
        !source.is_in(&["cli", "main.rs"])
    }));
}

#[test]
fn every_file_says_on_top_what_lives_there() {
    let wrong: Vec<String> = sources()
        .iter()
        .filter(|source| !source.text.starts_with("//! "))
        .map(|source| format!("src/{}", source.path))
        .collect();
    assert_none(&wrong);
}

#[test]
fn no_file_is_longer_than_the_ceiling() {
    let wrong: Vec<String> = sources()
        .iter()
        .map(|source| (product_lines(&source.text), source))
        .filter(|(lines, source)| *lines > MOST_LINES && !source.product.is_empty())
        .map(|(lines, source)| format!("src/{}: {lines} lines", source.path))
        .collect();
    assert_none(&wrong);
}

#[test]
fn the_map_is_short_and_every_place_on_it_exists() {
    let map = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    assert!(map.lines().count() <= MOST_LINES_OF_THE_MAP);
    let places: Vec<&str> = map
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|quoted| is_a_place(quoted))
        .collect();
    assert!(places.len() >= 12, "a map names places: {places:?}");
    let wrong: Vec<String> = places
        .iter()
        .filter(|place| !root().join(place).exists())
        .map(|place| format!("ARCHITECTURE.md names {place}"))
        .collect();
    assert_none(&wrong);
    for source in sources().iter().filter(|source| source.path.contains('/')) {
        let folder = format!("`src/{}/`", source.layer());
        assert!(map.contains(&folder), "ARCHITECTURE.md lacks {folder}");
    }
}

#[test]
fn every_test_that_the_threat_model_names_exists() {
    let model = fs::read_to_string(root().join("docs/threat-model.md")).unwrap();
    let all = test_texts();
    let names: BTreeSet<&str> = model
        .lines()
        .filter(|line| line.starts_with("| ") && line.matches(" | ").count() >= 2)
        .filter_map(|line| line.rsplit(" | ").next())
        .flat_map(|tests| tests.split('`').skip(1).step_by(2))
        .collect();
    assert!(names.len() > 80, "the tables name tests: {}", names.len());
    let wrong: Vec<String> = names
        .iter()
        .filter(|name| !all.contains(&format!("fn {name}(")))
        .map(|name| format!("docs/threat-model.md names {name}"))
        .collect();
    assert_none(&wrong);
}

/// A quoted word of the map that is meant as a folder or a file.
fn is_a_place(quoted: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    let file = [".rs", ".md", ".toml", ".sql", ".html"];
    !quoted.starts_with('/')
        && quoted.chars().all(plain)
        && (quoted.ends_with('/') || file.iter().any(|ending| quoted.ends_with(ending)))
}

fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// Where one of `words` occurs in product code of the files that `which` picks.
fn occurrences(words: &[&str], which: impl Fn(&Source) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources().iter().filter(|source| which(source)) {
        let there = words.iter().filter(|word| source.product.contains(**word));
        found.extend(there.map(|word| format!("src/{} has {word}", source.path)));
    }
    found
}
