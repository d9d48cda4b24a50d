//! A log to tamper with: 240 records, checkpoints here and there, the first 81 records in two archives
//! that the program made.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::SignedDuration;
use keyward::domain::audit::checkpoint::CheckpointKey;
use keyward::domain::audit::tree::{Edge, KnownHashes};
use keyward::domain::audit::{AuditAction, AuditOperator, AuditResult, AuditTarget, Entry, Phase};
use keyward::domain::identity::ObjectGuid;
use keyward::domain::time::Clock;
use keyward::store::Store;
use secrecy::SecretString;
use serde_json::Value;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection as _};
use tempfile::TempDir;

use crate::command_line::{err, folder_with, out, run};
use crate::support::log::lines_in;

/// Records of the log.
pub const SIZE: u64 = 240;
/// Sizes of its checkpoints.
pub const SIGNED: [u64; 11] = [17, 40, 80, 81, 99, 100, 101, 130, 190, 233, 240];
/// Where its archives end.
pub const ARCHIVED: [(u64, u64); 2] = [(0, 40), (40, 81)];

const SETTINGS: &str = "[ad]\nserver = ldaps://localhost\ndomain = EXAMPLE\nuser_ou = OU=Users,DC=example,DC=com\n\
    reset_group = Operators\n\n[service_account]\nusername = svc\npassword = none\n\n\
    [store]\nurl = sqlite://audit.db\n";

/// The log as it was written, and copies of it to tamper with.
pub struct Log {
    folder: TempDir,
    pub key: String,
    pub lines: Vec<String>,
    pub notes: Vec<(u64, String)>,
    signer: CheckpointKey,
    forger: CheckpointKey,
}

/// What the program said.
#[derive(Debug)]
pub struct Answer {
    pub status: Option<i32>,
    pub json: Value,
}

/// Where the last good checkpoint before a record is, and the first after it.
pub fn around(seq: u64) -> (u64, u64) {
    let before = SIGNED.iter().rev().find(|size| **size <= seq).copied();
    let after = SIGNED.iter().find(|size| **size > seq).copied();
    (before.unwrap_or(0), after.expect("every record is signed"))
}

pub fn archive_name((first, next): (u64, u64)) -> String {
    format!("audit-{first:012}-{next:012}.jsonl.zst")
}

fn entry(number: u64) -> Entry {
    let mut entry = Entry::new(AuditAction::ResetPassword);
    entry.operator = Some(AuditOperator {
        sid: None,
        name: format!("olga{}", number % 3),
    });
    entry.target = Some(AuditTarget {
        guid: ObjectGuid::from([u8::try_from(number % 200).expect("small"); 16]),
        sid: None,
        name: Some("Zoë Müller".to_owned()),
        dn: None,
    });
    entry.reason = Some(format!("ticket {number}"));
    entry
}

/// Records written so many days ago.
async fn fill(database: &Path, records: Range<u64>, days_ago: i64) {
    let then = SignedDuration::from_hours(24 * days_ago);
    let clock = Clock::from_fn(move || Clock::system().now() - then);
    let store = Store::open(database, clock).await.expect("opened");
    for seq in records {
        if seq > 0 && SIGNED.contains(&seq) {
            store.checkpoint().await.expect("signed");
        }
        let mut entry = entry(seq);
        if seq % 3 == 0 {
            store.attempt(entry, None, None).await.expect("recorded");
        } else if seq % 3 == 1 && seq != 220 {
            entry.phase = Phase::Outcome;
            entry.result = Some(AuditResult::Ok);
            let attempt = keyward::domain::audit::Seq(seq - 1);
            store.outcome(attempt, entry).await.expect("recorded");
        } else {
            store.event(entry).await.expect("recorded");
        }
    }
    store.close().await;
}

impl Log {
    pub async fn new() -> Self {
        let folder = folder_with("config.ini", SETTINGS);
        let database = folder.path().join("audit.db");
        fill(&database, 0..40, 100).await;
        fill(&database, 40..81, 60).await;
        fill(&database, 81..99, 0).await;
        // They are records 99 and 100.
        let mut lines = lines_in(&database).await;
        for ((first, next), days) in ARCHIVED.into_iter().zip(["90", "30"]) {
            let output = run(&folder, &["audit", "archive", "--older-than-days", days]);
            let name = archive_name((first, next));
            let last = next - 1;
            let expected = format!("records {first} to {last} moved into {name}\n");
            assert_eq!((out(&output), err(&output)), (&*expected, ""));
        }
        fill(&database, 101..SIZE, 0).await;
        let key = fs::read_to_string(folder.path().join("audit.db.key")).expect("the key");
        let signer = CheckpointKey::parse(&SecretString::from(key)).expect("a key");
        let other = CheckpointKey::generate(
            &signer
                .verifier()
                .split('+')
                .next()
                .expect("a name")
                .parse()
                .expect("a name"),
            &mut rand_core::OsRng,
        );
        let mut connection = open(&database).await;
        let young: Vec<String> = sqlx::query_scalar("SELECT line FROM audit ORDER BY seq")
            .fetch_all(&mut connection)
            .await
            .expect("lines");
        lines.truncate(index(ARCHIVED[1].1));
        lines.extend(young);
        let notes: Vec<(i64, String)> =
            sqlx::query_as("SELECT size, note FROM checkpoint ORDER BY size")
                .fetch_all(&mut connection)
                .await
                .expect("notes");
        connection.close().await.expect("closed");
        let counted = |(size, note): (i64, String)| (size.try_into().expect("a size"), note);
        let notes: Vec<(u64, String)> = notes.into_iter().map(counted).collect();
        let sizes: Vec<u64> = notes.iter().map(|(size, _)| *size).collect();
        assert_eq!((lines.len(), sizes), (240, SIGNED.to_vec()));
        Self {
            key: signer.verifier().to_owned(),
            folder,
            lines,
            notes,
            signer,
            forger: CheckpointKey::parse(&other).expect("a key"),
        }
    }

    /// What an archive holds, before it is compressed.
    pub fn archive_text(&self, range: (u64, u64)) -> Vec<u8> {
        let file = Path::new("archive").join(archive_name(range));
        let bytes = fs::read(self.folder.path().join(file)).expect("read");
        zstd::decode_all(&bytes[..]).expect("an archive")
    }

    pub fn note(&self, size: u64) -> &str {
        let found = self.notes.iter().find(|(of, _)| *of == size);
        &found.expect("a checkpoint of this size").1
    }

    /// A copy of database and archives in a folder of its own.
    pub fn copy(&self) -> Copy<'_> {
        let folder = tempfile::tempdir().expect("a folder");
        fs::copy(
            self.folder.path().join("audit.db"),
            folder.path().join("audit.db"),
        )
        .expect("copied");
        fs::create_dir(folder.path().join("archive")).expect("a folder");
        for range in ARCHIVED {
            let name = Path::new("archive").join(archive_name(range));
            fs::copy(self.folder.path().join(&name), folder.path().join(&name)).expect("copied");
        }
        Copy { log: self, folder }
    }

    /// Signs with the log's own key, or with another's of the same name.
    pub fn sign(&self, size: u64, edge: &Edge, is_forger: bool) -> String {
        let key = if is_forger {
            &self.forger
        } else {
            &self.signer
        };
        key.sign(size, edge.root().expect("a root"), None)
            .expect("signed")
    }
}

/// A copy to tamper with.
pub struct Copy<'a> {
    log: &'a Log,
    folder: TempDir,
}

impl Copy<'_> {
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// As the service does it when the time of the first archive is over and that of the second is not.
    pub fn remove_the_first_archive(&self) {
        for file in ["audit.db.key", "config.ini"] {
            fs::copy(self.log.folder.path().join(file), self.path(file)).expect("copied");
        }
        let days = "[audit]\narchive_after_days = 50\nkeep_archives_days = 80\n";
        fs::write(self.path("config.ini"), format!("{SETTINGS}{days}")).expect("written");
        let output = run(&self.folder, &["audit", "archive", "--clock-is-right"]);
        let (first, next) = ARCHIVED[0];
        let name = archive_name((first, next));
        let expected = format!("records {first} to {} removed with {name}\n", next - 1);
        assert_eq!((out(&output), err(&output)), (&*expected, ""));
    }

    /// The database without what guards it, and that.
    async fn open(&self) -> (SqliteConnection, Vec<String>) {
        let mut connection = open(&self.path("audit.db")).await;
        let triggers = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'";
        let triggers: Vec<(String, String)> = sqlx::query_as(triggers)
            .fetch_all(&mut connection)
            .await
            .expect("triggers");
        for (name, _) in &triggers {
            change(&mut connection, &format!("DROP TRIGGER {name}")).await;
        }
        change(&mut connection, "PRAGMA foreign_keys = OFF").await;
        (
            connection,
            triggers.into_iter().map(|(_, sql)| sql).collect(),
        )
    }

    pub async fn change(&self, statements: &str) {
        let (mut connection, triggers) = self.open().await;
        change(&mut connection, statements).await;
        close(connection, triggers).await;
    }

    /// Puts other bytes in the place of a line.
    pub async fn set_line(&self, seq: u64, line: &[u8]) {
        self.set(
            "UPDATE audit SET line = CAST(?1 AS TEXT) WHERE seq = ?2",
            line,
            seq,
        )
        .await;
    }

    pub async fn set(&self, statement: &'static str, bytes: &[u8], number: u64) {
        let (mut connection, triggers) = self.open().await;
        let changed = sqlx::query(statement)
            .bind(bytes)
            .bind(i64::try_from(number).expect("a number"))
            .execute(&mut connection)
            .await
            .expect("changed");
        assert_eq!(changed.rows_affected(), 1);
        close(connection, triggers).await;
    }

    /// Changes the line of a record and everything that follows from it: the whole tree, and the
    /// checkpoints after it where somebody signs them anew.
    pub async fn rewrite(&self, seq: u64, resigned_by_forger: Option<bool>) {
        let mut lines = self.log.lines.clone();
        lines[index(seq)] = changed(&lines[index(seq)]);
        self.set_line(seq, lines[index(seq)].as_bytes()).await;
        let (mut connection, triggers) = self.open().await;
        let mut edge = Edge::new(0, KnownHashes::default()).expect("an edge");
        for (line, place) in lines.iter().zip(0_u64..) {
            let first = edge.next_id();
            let made = edge.append(line).expect("appended");
            if place < seq {
                continue;
            }
            for (id, hash) in (first..).zip(made) {
                sqlx::query("UPDATE tree SET hash = ? WHERE id = ?")
                    .bind(hash.0.as_slice())
                    .bind(i64::try_from(id).expect("an id"))
                    .execute(&mut connection)
                    .await
                    .expect("changed");
            }
            let size = place + 1;
            if let Some(is_forger) = resigned_by_forger.filter(|_| SIGNED.contains(&size)) {
                sqlx::query("UPDATE checkpoint SET note = ? WHERE size = ?")
                    .bind(self.log.sign(size, &edge, is_forger))
                    .bind(i64::try_from(size).expect("a size"))
                    .execute(&mut connection)
                    .await
                    .expect("changed");
            }
        }
        close(connection, triggers).await;
    }

    /// Checks the database with the log's key and these checkpoints that were kept elsewhere.
    pub fn verify(&self, witnesses: &[u64]) -> Answer {
        self.run("audit.db", witnesses)
    }

    /// Checks an export with these lines, against all checkpoints.
    pub fn verify_lines(&self, lines: &[Vec<u8>]) -> Answer {
        let mut text = lines.join(&b'\n');
        text.push(b'\n');
        fs::write(self.path("export.jsonl"), text).expect("written");
        self.run("export.jsonl", &SIGNED)
    }

    /// A kept hash.
    pub async fn hash(&self, id: u64) -> Vec<u8> {
        let mut connection = open(&self.path("audit.db")).await;
        sqlx::query_scalar("SELECT hash FROM tree WHERE id = ?")
            .bind(i64::try_from(id).expect("an id"))
            .fetch_one(&mut connection)
            .await
            .expect("a hash")
    }

    /// How the program ends, whatever it says.
    pub fn status(&self) -> Option<i32> {
        let file = self.path("audit.db");
        let output = self.command().arg(file).output().expect("runs");
        output.status.code()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keyward"));
        command
            .args(["audit", "verify", "--json", "--key", &self.log.key])
            .env_clear();
        command
    }

    /// How the program ends where it does not come to check these files, and what it says.
    pub fn refusal(&self, files: &[String]) -> (Option<i32>, String) {
        let files = files.iter().map(|file| self.path(file));
        let output = self.command().args(files).output().expect("runs");
        (output.status.code(), err(&output).to_owned())
    }

    /// The same of the database, with a file given besides.
    pub fn refusal_of(&self, option: &str, given: &Path) -> (Option<i32>, String) {
        let mut command = self.command();
        let command = command.arg(option).arg(given).arg(self.path("audit.db"));
        let output = command.output().expect("runs");
        (output.status.code(), err(&output).to_owned())
    }

    pub fn run(&self, file: &str, witnesses: &[u64]) -> Answer {
        self.run_all(&[file.to_owned()], witnesses)
    }

    pub fn run_all(&self, files: &[String], witnesses: &[u64]) -> Answer {
        let mut command = self.command();
        if !witnesses.is_empty() {
            let notes: Vec<&str> = witnesses.iter().map(|size| self.log.note(*size)).collect();
            fs::write(self.path("notes"), notes.join("\n")).expect("written");
            command.arg("--checkpoint").arg(self.path("notes"));
        }
        let output = command
            .args(files.iter().map(|file| self.path(file)))
            .output()
            .expect("runs");
        let json = serde_json::from_slice(&output.stdout);
        let json = json.unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        Answer {
            status: output.status.code(),
            json,
        }
    }
}

impl Answer {
    /// What was found, as people read it.
    pub fn found(&self) -> Vec<&str> {
        let findings = self.json["findings"].as_array().expect("a list");
        findings
            .iter()
            .map(|finding| finding["text"].as_str().expect("text"))
            .collect()
    }

    pub fn first_wrong(&self) -> Option<u64> {
        self.json["first_wrong"].as_u64()
    }

    /// Exactly this was found, and the exit status says so.
    #[track_caller]
    pub fn is(&self, findings: &[String], first_wrong: Option<u64>, what: &str) {
        assert_eq!(self.found(), findings, "{what}");
        assert_eq!(
            (self.status, self.first_wrong()),
            (Some(1), first_wrong),
            "{what}"
        );
    }
}

/// Another line that could be this record's.
pub fn changed(line: &str) -> String {
    let end = line.len() - 1;
    format!("{},\"more\":1}}", &line[..end])
}

pub fn packed(text: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 6).expect("an encoder");
    encoder.include_checksum(true).expect("a checksum");
    std::io::Write::write_all(&mut encoder, text).expect("packed");
    encoder.finish().expect("packed")
}

pub fn index(seq: u64) -> usize {
    usize::try_from(seq).expect("small")
}

async fn open(database: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(database);
    SqliteConnection::connect_with(&options)
        .await
        .expect("connected")
}

/// Leaves what guards the database as it was.
async fn close(mut connection: SqliteConnection, triggers: Vec<String>) {
    for trigger in triggers {
        change(&mut connection, &trigger).await;
    }
    connection.close().await.expect("closed");
}

async fn change(connection: &mut SqliteConnection, statements: &str) {
    sqlx::raw_sql(AssertSqlSafe(statements.to_owned()))
        .execute(connection)
        .await
        .unwrap_or_else(|error| panic!("{statements}: {error}"));
}
