//! The sources as the rules see them: paths, product code without comments and tests, signatures.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A source file below `src/`.
pub struct Source {
    /// Relative to `src/`, with slashes.
    pub path: String,
    pub text: String,
    /// Without comments and without what is compiled for tests only; empty for a file of tests.
    pub product: String,
}

impl Source {
    /// The folder below `src/`, or the file's own name.
    pub fn layer(&self) -> &str {
        self.path.split('/').next().unwrap_or_default()
    }

    pub fn is_in(&self, folders: &[&str]) -> bool {
        folders.contains(&self.layer())
    }
}

/// The layers after `crate::`, in a path or in braces.
pub fn layers_named(product: &str) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for after in product.split("crate::").skip(1) {
        match after.strip_prefix('{') {
            Some(list) => named.extend(first_words_of_list(list)),
            None => named.extend(first_word(after)),
        }
    }
    named
}

/// The first word of each member of `a::b, c::{d, e}, f}`.
fn first_words_of_list(list: &str) -> Vec<String> {
    let (mut depth, mut words, mut member) = (0_usize, Vec::new(), String::new());
    for c in list.chars() {
        match c {
            '}' if depth == 0 => break,
            ',' if depth == 0 => words.extend(first_word(&std::mem::take(&mut member))),
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => member.push(c),
        }
    }
    words.extend(first_word(&member));
    words
}

fn first_word(text: &str) -> Option<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let word: String = text
        .trim_start()
        .chars()
        .take_while(|c| is_part(*c))
        .collect();
    (!word.is_empty()).then_some(word)
}

pub fn has_word(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(|w| w == word)
}

/// Each function's text from its name to its body, on one line.
pub fn signatures(product: &str) -> impl Iterator<Item = String> {
    product.split("fn ").skip(1).map(|after| {
        let end = after.find(['{', ';']).unwrap_or(after.len());
        let words: Vec<&str> = after[..end].split_whitespace().collect();
        words.join(" ")
    })
}

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Lines before the tests at a file's end.
pub fn product_lines(text: &str) -> usize {
    text.lines()
        .take_while(|line| *line != "#[cfg(test)]")
        .count()
}

pub fn sources() -> Vec<Source> {
    let src = root().join("src");
    let mut paths = Vec::new();
    collect(&src, &mut paths);
    paths.sort();
    let read: Vec<(PathBuf, String)> = paths
        .into_iter()
        .map(|path| (path.clone(), fs::read_to_string(path).unwrap()))
        .collect();
    let tests: Vec<PathBuf> = read
        .iter()
        .flat_map(|(path, text)| test_modules(path, text))
        .collect();
    assert!(read.len() > 20, "the sources were found");
    read.into_iter()
        .map(|(path, text)| Source {
            product: if tests.iter().any(|test| path.starts_with(test)) {
                String::new()
            } else {
                product(&text)
            },
            path: path
                .strip_prefix(&src)
                .unwrap()
                .to_string_lossy()
                .into_owned(),
            text,
        })
        .collect()
}

/// All Rust text that tests can stand in, in one piece.
pub fn test_texts() -> String {
    let mut paths = Vec::new();
    collect(&root().join("src"), &mut paths);
    collect(&root().join("tests"), &mut paths);
    let texts = paths.iter().map(|path| fs::read_to_string(path).unwrap());
    texts.collect()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            paths.push(path);
        }
    }
}

/// The files and folders of modules that `text` declares for tests only.
fn test_modules(path: &Path, text: &str) -> Vec<PathBuf> {
    let folder = match path.file_stem().and_then(|stem| stem.to_str()) {
        Some("mod" | "lib" | "main") | None => path.parent().unwrap().to_owned(),
        Some(_) => path.with_extension(""),
    };
    let mut modules = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim() != "#[cfg(test)]" {
            continue;
        }
        let declared = lines.next().unwrap_or_default().trim();
        if let Some((_, name)) = declared.trim_end_matches(';').rsplit_once("mod ")
            && declared.ends_with(';')
        {
            modules.push(folder.join(format!("{name}.rs")));
            modules.push(folder.join(name));
        }
    }
    modules
}

/// Without comment lines, and without each item (or module at the end) behind `#[cfg(test)]`.
fn product(text: &str) -> String {
    let mut kept = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim() == "#[cfg(test)]" {
            let indent = line.len() - line.trim_start().len();
            skip_item(&mut lines, indent);
        } else if !line.trim_start().starts_with("//") {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// An item ends in its first line, or with a closing brace as far to the left as it began.
fn skip_item<'a>(lines: &mut impl Iterator<Item = &'a str>, indent: usize) {
    let mut first = true;
    for line in lines {
        let closes =
            line.trim_start().starts_with('}') && line.len() - line.trim_start().len() == indent;
        let ends_at_once = first && (line.ends_with(';') || line.ends_with('}'));
        let still_attributes = line.trim_start().starts_with("#[");
        first = first && still_attributes;
        if closes || ends_at_once {
            return;
        }
    }
}

#[test]
fn the_reader_of_sources_sees_what_it_should() {
    let text = "use crate::{domain::x, store::{a, b}};\n// crate::web\ncrate::directory::Y\n\
        #[cfg(test)]\nuse crate::cli::z;\n#[cfg(test)]\nmod tests {\n    crate::embedded\n}\n";
    let named = layers_named(&product(text));
    let expected = ["directory", "domain", "store"].map(str::to_owned);
    assert_eq!(named, BTreeSet::from(expected));
    let permits = "pub fn a(\n    x: Permit,\n) -> Result<Permit, E> {}\nfn b(p: Permit) -> X;";
    let returning: Vec<String> = signatures(permits)
        .filter(|s| s.rsplit("->").next().is_some_and(|r| has_word(r, "Permit")))
        .collect();
    assert_eq!(returning, ["a( x: Permit, ) -> Result<Permit, E>"]);
    let declared = test_modules(
        Path::new("src/a/mod.rs"),
        "#[cfg(test)]\npub(crate) mod samples;\n",
    );
    assert_eq!(
        declared,
        [Path::new("src/a/samples.rs"), Path::new("src/a/samples")]
    );
}
