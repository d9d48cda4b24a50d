//! What the files that the settings name have to be, apart from who can read them: a sink writes into
//! nobody else's file, and a secret that posts are signed with is long enough.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};

use zeroize::Zeroizing;

use super::document::Document;
use super::error::{ConfigError, Place, Problem};
use super::sink::{SinkKind, SinkTable};
use super::{Channel, Settings};
use crate::domain::secret::SecretSource;
use crate::domain::webhook_key::WebhookKey;

/// What is made beside a file that Keyward writes, by the end of its name.
const BESIDE: [&str; 18] = [
    "",
    "-journal",
    "-shm",
    "-wal",
    ".archive",
    ".archived",
    ".key",
    ".lock",
    ".new",
    ".next",
    ".next-password",
    ".order",
    ".ordered",
    ".part",
    ".rotate",
    ".rotated",
    ".signed",
    ".signed.part",
];
/// A key has some dozen bytes.
const LONGEST_SECRET: u64 = 4096;
/// As the kernel has it.
const MOST_LINKS: u8 = 40;

/// A file, or a folder, that has a use already.
struct Owned {
    path: PathBuf,
    /// The setting that gives it this use.
    title: String,
    /// Where it stands; `None`: it is the default.
    place: Option<Place>,
}

/// Everything that is wrong with them.
pub(super) fn problems(document: &Document, settings: &Settings) -> Vec<ConfigError> {
    let owned = owned(document, settings);
    let archive = Owned {
        path: settings.archive_folder(),
        title: "[audit] archive_dir".to_owned(),
        place: document.given("audit", "archive_dir"),
    };
    let mut of_sinks: Vec<Owned> = Vec::new();
    let mut problems = Vec::new();
    for (section, sink) in document
        .elements_of(SinkTable::TABLE.name)
        .zip(&settings.sinks)
    {
        let (key, problem) = match &sink.kind {
            SinkKind::Syslog { .. } => continue,
            SinkKind::Webhook { secret, .. } => ("secret_file", weak(secret)),
            SinkKind::File(path) => {
                let other = owned.iter().find(|owned| owned.has(path));
                let sinks = || of_sinks.iter().find(|other| is_one(&other.path, path));
                let stored = || is_in(&archive.path, path).then_some(&archive);
                let taken = other.or_else(sinks).or_else(stored).map(Owned::problem);
                of_sinks.push(Owned {
                    path: path.clone(),
                    title: "another [[audit.sink]]".to_owned(),
                    place: document.given(section, "path"),
                });
                ("path", taken)
            }
        };
        problems.extend(problem.map(|problem| ConfigError {
            place: document.place_for(section, key),
            key: Some(format!("{} {key}", SinkTable::TABLE.header())),
            problem,
        }));
    }
    problems
}

fn owned(document: &Document, settings: &Settings) -> Vec<Owned> {
    let by = |path: &Path, section: &str, title: &str, key: &str| Owned {
        path: path.to_owned(),
        title: format!("{title} {key}"),
        place: document.given(section, key),
    };
    let database = settings.store.url.path();
    let mut owned = vec![
        Owned {
            path: document.file.clone(),
            title: "the settings".to_owned(),
            place: Some(Place::File(document.file.clone())),
        },
        by(database, "store", "[store]", "url"),
    ];
    let key_file = settings.audit.key_file.as_deref();
    owned.extend(key_file.map(|file| by(file, "audit", "[audit]", "key_file")));
    owned.extend(
        document
            .secret_files
            .iter()
            .map(|(place, title, file)| Owned {
                path: file.clone(),
                title: title.clone(),
                place: Some(place.clone()),
            }),
    );
    if let Channel::Tls { certificate, .. } = &settings.web.channel {
        owned.push(by(certificate, "web", "[web]", "tls_cert"));
    }
    let ca_file = settings.ad.ca_file.as_deref();
    owned.extend(ca_file.map(|file| by(file, "ad", "[ad]", "ca_file")));
    let sections = document.elements_of(SinkTable::TABLE.name);
    owned.extend(sections.zip(&settings.sinks).filter_map(|(section, sink)| {
        let ca_file = match &sink.kind {
            SinkKind::File(_) => None,
            SinkKind::Syslog { ca_file, .. } | SinkKind::Webhook { ca_file, .. } => {
                ca_file.as_ref()
            }
        };
        ca_file.map(|file| by(file, section, "[[audit.sink]]", "ca_file"))
    }));
    owned
}

impl Owned {
    /// Whether `path` is this file, or one that Keyward makes beside it.
    fn has(&self, path: &Path) -> bool {
        let real = real(&self.path, MOST_LINKS);
        [&self.path, &real].into_iter().any(|file| {
            BESIDE.iter().any(|end| {
                let mut name = file.as_os_str().to_owned();
                name.push(end);
                is_one(Path::new(&name), path)
            })
        })
    }

    fn problem(&self) -> Problem {
        Problem::NotItsOwn {
            title: self.title.clone(),
            place: self.place.clone(),
        }
    }
}

/// Whether a secret's file holds one that is too short. One that cannot be read is named elsewhere.
fn weak(secret: &SecretSource) -> Option<Problem> {
    let SecretSource::File(path) = secret else {
        return None;
    };
    let mut text = Zeroizing::new(String::new());
    let file = File::open(path).ok()?;
    file.take(LONGEST_SECRET).read_to_string(&mut text).ok()?;
    let line = text.trim_end_matches(['\r', '\n']);
    WebhookKey::parse(line)
        .is_none()
        .then_some(Problem::WeakSecret)
}

/// Whether two names lead to one file: by links, or because it has two names.
fn is_one(a: &Path, b: &Path) -> bool {
    let inode = |path: &Path| path.metadata().ok().map(|it| (it.dev(), it.ino()));
    inode(a).is_some_and(|found| inode(b) == Some(found))
        || real(a, MOST_LINKS) == real(b, MOST_LINKS)
}

fn is_in(folder: &Path, file: &Path) -> bool {
    real(file, MOST_LINKS).starts_with(real(folder, MOST_LINKS))
}

/// Where a file would be made that is opened under this name: every link is followed, also one that leads to
/// what is not there yet.
fn real(path: &Path, links: u8) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    if let Ok(real) = path.canonicalize() {
        return real;
    }
    let folder = path.parent().unwrap_or(&path);
    if links > 0
        && let Ok(target) = path.read_link()
    {
        return real(&folder.join(target), links - 1);
    }
    match path.components().next_back() {
        Some(Component::Normal(name)) => real(folder, links).join(name),
        Some(Component::ParentDir) => {
            let mut above = real(folder, links);
            above.pop();
            above
        }
        _ => path,
    }
}
