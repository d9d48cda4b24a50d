//! The service account's password where it stands in the settings file: found, and exchanged. Every
//! other byte of the file stays.

use std::ops::Range;
use std::path::Path;

use secrecy::{ExposeSecret as _, SecretString};
use toml_edit::{Document as Parsed, Item};
use zeroize::Zeroizing;

const SECTION: &str = "service_account";
const KEY: &str = "password";
const FILE_KEY: &str = "password_file";

/// Why a settings file cannot be rewritten. Nothing of its text is part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RewriteError {
    /// There is no such value, or it is no text.
    #[error("[service_account] password does not stand in it")]
    NotFound,
    /// The file cannot be understood at all.
    #[error("it cannot be understood; run: keyward config check")]
    NotUnderstood,
    /// The new value would not be read back as it is.
    #[error("the new value cannot be written in this format")]
    NotWritable,
}

/// The text of a settings file, with the place of the password in it.
pub struct PasswordText {
    text: Zeroizing<String>,
    is_ini: bool,
    setting: Setting,
}

/// Byte ranges of one setting.
struct Setting {
    key: Range<usize>,
    /// In TOML with its quotation marks.
    value: Range<usize>,
    password: SecretString,
}

impl PasswordText {
    /// Finds the password in `text`, the content of `file`.
    ///
    /// # Errors
    /// [`RewriteError`].
    pub fn find(file: &Path, text: Zeroizing<String>) -> Result<Self, RewriteError> {
        let is_ini = super::is_ini(file);
        let setting = if is_ini {
            in_ini(&text)?
        } else {
            in_toml(&text)?
        };
        Ok(Self {
            text,
            is_ini,
            setting,
        })
    }

    /// The password that stands there.
    pub fn password(&self) -> &SecretString {
        &self.setting.password
    }

    /// The text with `new` in its place.
    ///
    /// # Errors
    /// [`RewriteError::NotWritable`] where `new` would need quoting or escaping.
    pub fn with_password(&self, new: &SecretString) -> Result<Zeroizing<String>, RewriteError> {
        let new = new.expose_secret();
        if !is_plain(new) {
            return Err(RewriteError::NotWritable);
        }
        let value = self.text.get(self.setting.value.clone());
        let value = value.ok_or(RewriteError::NotFound)?;
        let mark = if self.is_ini {
            ""
        } else {
            quotation_mark(value)
        };
        let value = Zeroizing::new([mark, new, mark].concat());
        self.spliced(&[(self.setting.value.clone(), &value)])
    }

    /// The text with `password_file = file` instead of the password.
    ///
    /// # Errors
    /// [`RewriteError::NotWritable`] where the path cannot stand in a settings file.
    pub fn with_password_file(&self, file: &Path) -> Result<Zeroizing<String>, RewriteError> {
        let path = file.to_str().ok_or(RewriteError::NotWritable)?;
        if path.is_empty() || path.trim() != path || path.contains(char::is_control) {
            return Err(RewriteError::NotWritable);
        }
        let value = if self.is_ini {
            path.to_owned()
        } else {
            toml_edit::Value::from(path).to_string()
        };
        self.spliced(&[
            (self.setting.key.clone(), FILE_KEY),
            (self.setting.value.clone(), &value),
        ])
    }

    /// `changes` in the order of the text.
    fn spliced(&self, changes: &[(Range<usize>, &str)]) -> Result<Zeroizing<String>, RewriteError> {
        let more: usize = changes.iter().map(|(_, new)| new.len()).sum();
        // Sized first: a growing string would leave copies of the password behind.
        let mut text = Zeroizing::new(String::with_capacity(self.text.len() + more));
        let mut done = 0;
        for (range, new) in changes {
            let before = self.text.get(done..range.start);
            text.push_str(before.ok_or(RewriteError::NotFound)?);
            text.push_str(new);
            done = range.end;
        }
        text.push_str(self.text.get(done..).ok_or(RewriteError::NotFound)?);
        Ok(text)
    }
}

/// Whether a value means itself in every kind of TOML string, and in INI.
fn is_plain(value: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_graphic() && !"\"'\\`#;[]".contains(c);
    !value.is_empty() && value.chars().all(is_plain)
}

/// As the value has it now.
fn quotation_mark(value: &str) -> &'static str {
    let marks = ["\"\"\"", "'''", "'"];
    let used = marks.into_iter().find(|mark| value.starts_with(mark));
    used.unwrap_or("\"")
}

fn in_toml(text: &str) -> Result<Setting, RewriteError> {
    // The parser takes a byte order mark for a part of the first name.
    let (skipped, plain) = without_mark(text);
    let parsed = Parsed::parse(plain).map_err(|_| RewriteError::NotUnderstood)?;
    let section = parsed.as_table().get(SECTION);
    let table = section.and_then(Item::as_table_like);
    let table = table.ok_or(RewriteError::NotFound)?;
    let (key, item) = table.get_key_value(KEY).ok_or(RewriteError::NotFound)?;
    let password = item.as_str().ok_or(RewriteError::NotFound)?;
    let place = |span: Option<Range<usize>>| {
        let span = span.ok_or(RewriteError::NotFound)?;
        Ok(span.start + skipped..span.end + skipped)
    };
    Ok(Setting {
        key: place(key.span())?,
        value: place(item.span())?,
        password: SecretString::from(password),
    })
}

fn in_ini(text: &str) -> Result<Setting, RewriteError> {
    let (skipped, plain) = without_mark(text);
    let mut at = skipped;
    let mut is_ours = false;
    let mut found = None;
    for line in plain.split_inclusive('\n') {
        let trimmed = line.trim();
        let header = trimmed.strip_prefix('[').and_then(|l| l.strip_suffix(']'));
        if let Some(name) = header {
            is_ours = name.trim() == SECTION;
        } else if is_ours
            && !trimmed.starts_with(['#', ';'])
            && let Some((key, value)) = line.split_once('=')
            && key.trim().to_lowercase() == KEY
        {
            if found.is_some() {
                return Err(RewriteError::NotUnderstood);
            }
            found = Some(Setting {
                key: trimmed_at(key, at),
                value: trimmed_at(value, at + key.len() + 1),
                password: SecretString::from(value.trim()),
            });
        }
        at += line.len();
    }
    found
        .filter(|setting: &Setting| !setting.value.is_empty())
        .ok_or(RewriteError::NotFound)
}

/// Where the trimmed part of `piece` stands, if `piece` stands at `at`.
fn trimmed_at(piece: &str, at: usize) -> Range<usize> {
    let start = at + piece.len() - piece.trim_start().len();
    start..start + piece.trim().len()
}

fn without_mark(text: &str) -> (usize, &str) {
    let plain = text.strip_prefix('\u{feff}').unwrap_or(text);
    (text.len() - plain.len(), plain)
}

#[cfg(test)]
#[path = "rewrite_tests.rs"]
mod tests;
