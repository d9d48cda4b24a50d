//! The passwords of the suite, and the search for them in what each test leaves behind, in each form that
//! a program may have written them in.
//!
//! Known are those of the fixtures, those in settings, those that were typed as a password, and those that
//! pages showed. Where they may be is named by the test that wrote them there ([`may_be_in`]).

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::io::Read as _;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde_json::Value;
use tempfile::TempDir;

/// Tests type shorter ones where nothing is meant to be secret, and they are found by chance.
const SHORTEST: usize = 8;
/// Settings and files with one password are smaller.
const LONGEST_FILE: u64 = 64 * 1024;
/// No archive of a test has more in it.
const LONGEST_ARCHIVE: u64 = 64 << 20;

/// Built up as passwords become known: some tests see thousands.
static KNOWN: LazyLock<Mutex<Needles>> = LazyLock::new(|| Mutex::new(Needles::new()));
static ALLOWED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn held<T>(mutex: &'static Mutex<T>) -> MutexGuard<'static, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on this is looked for.
pub fn know(origin: &str, password: &str) {
    if password.chars().count() >= SHORTEST {
        held(&KNOWN).add(origin, password);
    }
}

/// Every password in the description of a directory's people.
pub fn know_people(people: &Value) {
    match people {
        Value::Object(fields) => {
            if let Some(password) = fields.get("password").and_then(Value::as_str) {
                know("a password of the fixtures", password);
            }
            fields.values().for_each(know_people);
        }
        Value::Array(all) => all.iter().for_each(know_people),
        _ => {}
    }
}

/// A test writes, or has the program write, a password into this file on purpose. What is in it when it is
/// looked at is a password too.
pub fn may_be_in(file: impl Into<PathBuf>) {
    held(&ALLOWED).insert(file.into());
}

/// A folder of a test, which is searched before it goes.
pub struct Searched(TempDir);

impl Searched {
    pub fn new() -> Self {
        tempfile::tempdir().unwrap().into()
    }
}

impl From<TempDir> for Searched {
    fn from(folder: TempDir) -> Self {
        Self(folder)
    }
}

impl Deref for Searched {
    type Target = TempDir;

    fn deref(&self) -> &TempDir {
        &self.0
    }
}

impl Drop for Searched {
    fn drop(&mut self) {
        search_folder(self.0.path());
    }
}

/// Fails the test where a known password is in a file of this folder.
pub fn search_folder(folder: &Path) {
    if std::thread::panicking() {
        return;
    }
    let allowed = held(&ALLOWED).clone();
    for file in &allowed {
        know_file(file);
    }
    let known = held(&KNOWN);
    for (path, bytes) in files(folder) {
        if !allowed.contains(&path) {
            known.are_not_in(&path.display().to_string(), &bytes);
        }
    }
}

/// Fails the test where a known password is in these bytes.
pub fn search(place: &str, bytes: &[u8]) {
    if !std::thread::panicking() {
        held(&KNOWN).are_not_in(place, bytes);
    }
}

/// The passwords of a settings file, or the only one of a file that has nothing else.
fn know_file(file: &Path) {
    if fs::metadata(file).map_or(0, |found| found.len()) > LONGEST_FILE {
        return;
    }
    let text = fs::read_to_string(file).unwrap_or_default();
    let origin = format!("the password in {}", file.display());
    if text.lines().count() == 1 && !text.contains('[') {
        know(&origin, text.trim());
    }
    for line in text.lines() {
        if let Some((name, value)) = line.split_once('=')
            && ["password", "secret"].contains(&name.trim())
        {
            know(&origin, value.trim().trim_matches(['"', '\'']));
        }
    }
}

/// Every file below a folder, archives also as what they hold. A file that goes meanwhile is none.
pub fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for path in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = path.path();
        let Ok(found) = fs::symlink_metadata(&path) else {
            continue;
        };
        if found.is_dir() {
            files.extend(self::files(&path));
        } else if found.is_file()
            && let Ok(bytes) = fs::read(&path)
        {
            if path.extension().is_some_and(|end| end == "zst") {
                files.push((path.clone(), unpacked(&bytes)));
            }
            files.push((path, bytes));
        }
    }
    files
}

/// As much of an archive as can be read.
fn unpacked(bytes: &[u8]) -> Vec<u8> {
    let mut all = Vec::new();
    if let Ok(reader) = zstd::Decoder::new(bytes) {
        reader.take(LONGEST_ARCHIVE).read_to_end(&mut all).ok();
    }
    all
}

/// What is looked for, all at once.
pub struct Needles {
    secrets: HashSet<String>,
    /// Whose, in which form, and the bytes.
    all: Vec<(String, &'static str, Vec<u8>)>,
    /// By the first four bytes.
    by_start: HashMap<[u8; 4], Vec<usize>>,
    /// Whether any begins with these two.
    begin: Vec<bool>,
}

impl Needles {
    fn new() -> Self {
        Self {
            secrets: HashSet::new(),
            all: Vec::new(),
            by_start: HashMap::new(),
            begin: vec![false; 1 << 16],
        }
    }

    /// Of these secrets, with what each is.
    pub fn of<'a>(secrets: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut needles = Self::new();
        for (what, secret) in secrets {
            needles.add(what, secret);
        }
        needles
    }

    /// Of bytes that no text is made of.
    pub fn of_bytes(what: &str, bytes: &[u8]) -> Self {
        let mut needles = Self::new();
        needles.add_form(what, ("bytes", bytes.to_vec()));
        for form in forms_of_bytes(bytes) {
            needles.add_form(what, form);
        }
        needles
    }

    fn add(&mut self, what: &str, secret: &str) {
        if self.secrets.insert(secret.to_owned()) {
            for form in forms(secret) {
                self.add_form(what, form);
            }
        }
    }

    fn add_form(&mut self, what: &str, (form, bytes): (&'static str, Vec<u8>)) {
        let start: [u8; 4] = bytes[..4].try_into().unwrap();
        self.by_start.entry(start).or_default().push(self.all.len());
        self.begin[usize::from(u16::from_le_bytes([start[0], start[1]]))] = true;
        self.all.push((what.to_owned(), form, bytes));
    }

    /// Fails where one of them is in `bytes`.
    pub fn are_not_in(&self, place: &str, bytes: &[u8]) {
        if let Some((what, form)) = self.find(bytes) {
            panic!("{what} as {form} is in {place}");
        }
    }

    /// The first that is there: whose, and in which form.
    pub fn find(&self, bytes: &[u8]) -> Option<(&str, &'static str)> {
        for (at, pair) in bytes.windows(2).enumerate() {
            if !self.begin[usize::from(u16::from_le_bytes([pair[0], pair[1]]))] {
                continue;
            }
            let rest = &bytes[at..];
            let start = rest.first_chunk::<4>();
            for number in start
                .and_then(|start| self.by_start.get(start))
                .into_iter()
                .flatten()
            {
                let (what, form, needle) = &self.all[*number];
                if rest.starts_with(needle) {
                    return Some((what, form));
                }
            }
        }
        None
    }
}

/// A secret in every way that a program may write it.
pub fn forms(secret: &str) -> Vec<(&'static str, Vec<u8>)> {
    let wide = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let unicode_pwd = wide(&format!("\"{secret}\""));
    let json = serde_json::to_string(secret).unwrap();
    let html = secret.replace('&', "&#38;").replace('"', "&#34;");
    let query: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let debug = format!("{secret:?}");
    let mut forms = vec![
        ("UTF-8", secret.as_bytes().to_vec()),
        ("UTF-16", wide(secret)),
        ("JSON", json.trim_matches('"').as_bytes().to_vec()),
        ("Debug", debug.trim_matches('"').as_bytes().to_vec()),
        ("HTML", html.into_bytes()),
        ("an address", query.into_bytes()),
    ];
    forms.extend(forms_of_bytes(secret.as_bytes()));
    forms.extend(forms_of_bytes(&unicode_pwd));
    forms
}

fn forms_of_bytes(bytes: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let hex = bytes
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    let list = format!("{bytes:?}");
    let mut forms = vec![
        (
            "bytes in a list",
            list.trim_matches(['[', ']']).as_bytes().to_vec(),
        ),
        ("hex", hex.to_uppercase().into_bytes()),
        ("hex", hex.into_bytes()),
    ];
    // Wherever it begins among the groups of three bytes; the edges depend on what is around.
    for shift in 0..3 {
        let shifted = [&b"\0\0"[..shift], bytes].concat();
        let whole = shifted.len() / 3 * 4;
        for engine in [&STANDARD, &URL_SAFE] {
            let text = engine.encode(&shifted);
            let start = if shift == 0 { 0 } else { 4 };
            forms.push(("base64", text.as_bytes()[start..whole].to_vec()));
        }
    }
    forms
}

/// The bug that all this is there for, planted.
#[test]
fn a_password_that_a_test_leaves_behind_fails_it() {
    let planted = "Planted-In-A-File-4711!";
    know("a planted password", planted);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("left");
    fs::write(
        &file,
        format!("x {} x", STANDARD.encode(format!("password={planted}&x=1"))),
    )
    .unwrap();
    let found = std::panic::catch_unwind(|| search_folder(folder.path())).unwrap_err();
    let message = found.downcast_ref::<String>().unwrap();
    assert_eq!(
        *message,
        format!("a planted password as base64 is in {}", file.display())
    );
    may_be_in(&file);
    search_folder(folder.path());
}
