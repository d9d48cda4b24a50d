//! The log as a stranger sees it: its lines, and whether its newest checkpoint is of just these.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ct_merkle::HashableLeaf;
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use keyward::domain::audit::{Record, Seq};
use keyward::store::AuditReader;
use sha2::Sha256;

/// Every line, in order and without gaps.
pub async fn lines_in(database: &Path) -> Vec<String> {
    let reader = AuditReader::open(database).await.unwrap();
    let lines = reader.lines(Seq(0), 1_000_000).await.unwrap();
    let whole = |(at, (seq, line)): (usize, (Seq, String))| {
        assert_eq!(usize::try_from(seq.0).unwrap(), at, "no gaps");
        line
    };
    lines.into_iter().enumerate().map(whole).collect()
}

/// The lines as records.
pub fn records(lines: &[String]) -> Vec<Record> {
    let parse = |line: &String| Record::parse(line).unwrap_or_else(|why| panic!("{why}: {line}"));
    lines.iter().map(parse).collect()
}

/// The root of the lines by RFC 6962, by another implementation than the program's.
pub fn root_of(lines: &[String]) -> String {
    let mut tree = MemoryBackedTree::<Sha256, &[u8]>::new();
    for line in lines {
        tree.push(line.as_bytes());
    }
    root_text(&tree)
}

/// The root as checkpoints write it.
pub fn root_text<T: HashableLeaf>(tree: &MemoryBackedTree<Sha256, T>) -> String {
    STANDARD.encode(tree.root().as_bytes())
}

/// The size and the root that a checkpoint speaks of.
pub fn size_and_root(note: &str) -> (usize, String) {
    let mut lines = note.lines().skip(1);
    let size = lines.next().unwrap().parse().unwrap();
    (size, lines.next().unwrap().to_owned())
}

/// Every record of a log that was stopped: its last checkpoint is of all of them.
pub async fn whole_log(database: &Path) -> Vec<Record> {
    let lines = lines_in(database).await;
    let reader = AuditReader::open(database).await.unwrap();
    let newest = reader
        .newest_checkpoint()
        .await
        .unwrap()
        .expect("a checkpoint");
    let (size, root) = size_and_root(&newest.note);
    assert_eq!(size, lines.len(), "the last checkpoint is of all records");
    assert_eq!(root, root_of(&lines), "and of just these");
    records(&lines)
}
