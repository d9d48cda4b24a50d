//! The reference of all settings as Markdown, from the doc comments of the sections.

use super::TABLES;
use super::section::{Key, Table};

const INTRODUCTION: &str = "\
# Settings

This file is made by `keyward config reference`.

Settings are read from a TOML file, or from an INI file (its name ends in `.ini`) with the same
names. Without `--config` it is the first of `./keyward.toml`, `./config.ini` and
`/etc/keyward/keyward.toml` that exists.

- TOML: text stands in quotation marks, lists are `[\"a\", \"b\"]`.
- INI: `key = value`; a value is taken as it stands, without quotation marks; comments are lines of
  their own that begin with `#` or `;`.
- What stands in double brackets, such as `[[audit.sink]]`, is a list: it can be given several times.
  Lists are for TOML files only, neither for INI nor for the environment.
- A variable `KEYWARD__SECTION__NAME` in the environment wins over the file and is written as in INI:
  `KEYWARD__WEB__LISTEN=127.0.0.1:9000`.
- A secret has a twin with `_file` at its end that names a file to read it from; a line feed at the
  end of that file does not count. Give one of the two.
- A file that holds a secret may be readable by its owner only. Files below `/run/secrets` and
  `/run/credentials` are excepted.
- Names of files are relative to the folder of the settings file.
- Something unknown, missing, doubled or wrong stops the program with exit status 2 and names file,
  line and setting.
";

/// Every setting with meaning, unit and default.
pub fn reference() -> String {
    let sections = TABLES.iter().map(|table| section(table));
    std::iter::once(INTRODUCTION.to_owned())
        .chain(sections)
        .collect()
}

fn section(table: &Table) -> String {
    let heading = format!("\n## `{}`\n\n{}", table.header(), prose(table.about));
    let settings = table.keys.iter().map(|key| setting(table, key));
    std::iter::once(heading).chain(settings).collect()
}

fn setting(table: &Table, key: &Key) -> String {
    let Key { name, expected, .. } = key;
    let twin = if key.is_secret {
        format!(", `{name}_file`")
    } else {
        String::new()
    };
    let need = match key.default {
        Some("") => "Default: empty.".to_owned(),
        Some(default) => format!("Default: `{default}`."),
        None if key.is_required => "Must be given.".to_owned(),
        None => "May be left out.".to_owned(),
    };
    let about = prose(key.about);
    let header = table.header();
    format!("\n### `{name}`{twin} in `{header}`\n\n{about}\n{need} A value is {expected}.\n")
}

/// A doc comment without the space at the beginning of each line.
fn prose(comment: &str) -> String {
    comment
        .lines()
        .fold(String::new(), |text, line| text + line.trim() + "\n")
}
