//! Checkpoints that were kept elsewhere, and whatever else the log's key ever signed beside them.

use keyward::domain::audit::checkpoint::{CheckpointKey, LogName};
use keyward::verify::{Edge, Hash, Keys, Report, Sequence, Verification, leaf_hash};

use super::Random;
use super::log::index;

/// Records of the longest of these logs.
const MOST: u64 = 24;

/// A history: its lines, and the tree's edge at each size.
#[derive(Clone)]
struct History {
    lines: Vec<String>,
    edges: Vec<Edge>,
}

impl History {
    fn new(lines: Vec<String>) -> Self {
        let mut edges = vec![Edge::default()];
        for line in &lines {
            let mut edge = edges.last().expect("the empty one").clone();
            edge.push(leaf_hash(line.as_bytes()), |_| {});
            edges.push(edge);
        }
        Self { lines, edges }
    }

    fn size(&self) -> u64 {
        u64::try_from(self.lines.len()).expect("small")
    }

    fn root(&self, size: u64) -> Hash {
        self.edges[index(size)].root()
    }
}

fn line(seq: u64, of: &str) -> String {
    format!(
        r#"{{"seq":{seq},"time":"2026-03-02T12:00:00.000000Z","action":"{of}","phase":"event"}}"#
    )
}

/// A checkpoint, and whether it is given as one that was kept elsewhere.
type Given = (u64, String, bool);

/// The log's key, and random logs.
struct Forge {
    key: CheckpointKey,
    random: Random,
}

impl Forge {
    fn new() -> Self {
        let name: LogName = "log".parse().expect("a name");
        let text = CheckpointKey::generate(&name, &mut rand_core::OsRng);
        Self {
            key: CheckpointKey::parse(&text).expect("a key"),
            random: Random::new(),
        }
    }

    fn below(&mut self, next: u64) -> u64 {
        self.random.between(0, next)
    }

    fn sign(&self, size: u64, root: Hash) -> String {
        let root = keyward::domain::audit::tree::Hash(root);
        self.key.sign(size, root, None).expect("signed")
    }

    fn history(&mut self) -> History {
        let size = 1 + self.below(MOST);
        History::new((0..size).map(|seq| line(seq, "sign_in")).collect())
    }

    /// The same up to a record, which is another one, and as long, shorter or longer.
    fn fork(&mut self, of: &History) -> (History, u64) {
        let changed = self.below(of.size());
        let size = changed + 1 + self.below(of.size() - changed + 2);
        let mut lines = of.lines[..index(changed)].to_vec();
        let others = if self.below(2) == 0 {
            "sign_in"
        } else {
            "sign_out"
        };
        lines.push(line(changed, "sign_out"));
        lines.extend((changed + 1..size).map(|seq| line(seq, others)));
        (History::new(lines), changed)
    }

    /// Anything that the key may have signed: of either history, or of nothing.
    fn note(&mut self, histories: [&History; 2]) -> Given {
        let elsewhere = self.below(2) == 0;
        let (size, root) = match self.below(7) {
            0 => (self.below(MOST + 3), [7; 32]),
            1 => (0, [7; 32]),
            kind => {
                let of = histories[index(kind % 2)];
                let size = self.below(of.size() + 1);
                (size, of.root(size))
            }
        };
        (size, self.sign(size, root), elsewhere)
    }

    fn notes(&mut self, histories: [&History; 2]) -> Vec<Given> {
        let count = self.below(6);
        (0..count).map(|_| self.note(histories)).collect()
    }

    fn shuffled(&mut self, mut notes: Vec<Given>) -> Vec<Given> {
        for last in (1..notes.len()).rev() {
            let other = self.below(u64::try_from(last + 1).expect("small"));
            notes.swap(last, index(other));
        }
        notes
    }

    /// What is said of these lines: read from a file, or from a database whose hashes are of `kept`.
    fn report(&self, log: &History, kept: Option<&History>, notes: &[Given]) -> Report {
        let keys = Keys::new([self.key.verifier()]).expect("a key");
        let mut pass = Verification::new(keys);
        let Some(kept) = kept else {
            for (_, note, elsewhere) in notes {
                pass.checkpoint(note.as_bytes(), None, *elsewhere);
            }
            let mut sequence = Sequence::new(pass);
            for line in &log.lines {
                sequence.line(line.as_bytes());
            }
            return sequence.finish();
        };
        for (_, note, elsewhere) in notes.iter().filter(|(_, _, elsewhere)| *elsewhere) {
            pass.checkpoint(note.as_bytes(), None, *elsewhere);
        }
        let mut own: Vec<&Given> = notes
            .iter()
            .filter(|(_, _, elsewhere)| !elsewhere)
            .collect();
        own.sort_by_key(|(size, _, _)| *size);
        for (size, note, _) in own {
            pass.checkpoint(note.as_bytes(), Some(*size), false);
        }
        for (line, own) in log.lines.iter().zip(kept.lines.iter().chain(&log.lines)) {
            pass.record(line.as_bytes(), &[Some(leaf_hash(own.as_bytes()))]);
        }
        pass.finish()
    }
}

fn said(report: &Report) -> Vec<String> {
    report.findings.iter().map(ToString::to_string).collect()
}

/// The whole of the log's key: forger and auditor alike have rightly signed checkpoints of any kind, in any
/// order. One that is true and covers a changed record is always heard.
pub async fn no_checkpoint_beside_a_true_one_makes_a_log_well_that_was_signed_again(rounds: usize) {
    let mut forge = Forge::new();
    for round in 0..rounds {
        let truth = forge.history();
        let (fork, changed) = forge.fork(&truth);
        let mut notes = forge.notes([&truth, &fork]);
        if round % 3 > 0 {
            let end = fork.size();
            notes.push((end, forge.sign(end, fork.root(end)), false));
        }
        let witnessed = forge.random.between(changed + 1, truth.size() + 1);
        notes.push((
            witnessed,
            forge.sign(witnessed, truth.root(witnessed)),
            true,
        ));
        let notes = forge.shuffled(notes);
        for kept in [None, Some(&fork), Some(&truth)] {
            let report = forge.report(&fork, kept, &notes);
            assert!(
                !report.is_well(),
                "{round}: record {changed}, true one of {witnessed}: {notes:?}"
            );
        }
    }
}

pub async fn one_more_true_checkpoint_never_takes_a_finding_away(rounds: usize) {
    let mut forge = Forge::new();
    for round in 0..rounds {
        let truth = forge.history();
        let (fork, _) = forge.fork(&truth);
        let log = if round % 2 == 0 { &truth } else { &fork };
        let notes = forge.notes([&truth, &fork]);
        let before = forge.report(log, None, &notes);
        // That nothing at all was signed is the one thing that a checkpoint may mend.
        let is_bare = |said: &String| said.ends_with("no checkpoint proves them");
        if said(&before).iter().all(is_bare) {
            continue;
        }
        let size = forge.below(truth.size() + 1);
        let more = (size, forge.sign(size, truth.root(size)), true);
        let notes = forge.shuffled([&notes[..], &[more]].concat());
        let after = forge.report(log, None, &notes);
        assert!(!after.is_well(), "{round}: {:?}: {notes:?}", said(&before));
    }
}

pub async fn checkpoints_of_one_history_accuse_nobody_in_whatever_order_they_come(rounds: usize) {
    let mut forge = Forge::new();
    for round in 0..rounds {
        let truth = forge.history();
        let mut notes = Vec::new();
        for _ in 0..=forge.below(6) {
            let size = 1 + forge.below(truth.size());
            let elsewhere = forge.below(2) == 0;
            notes.push((size, forge.sign(size, truth.root(size)), elsewhere));
        }
        for kept in [None, Some(&truth)] {
            let report = forge.report(&truth, kept, &notes);
            assert_eq!(said(&report), [""; 0], "{round}: {notes:?}");
            let most = notes.iter().map(|(size, _, _)| *size).max();
            assert_eq!(Some(report.proven), most);
        }
    }
}

#[test]
fn two_checkpoints_of_one_size_that_differ_are_named_whoever_kept_them() {
    let forge = Forge::new();
    let truth = History::new((0..9).map(|seq| line(seq, "sign_in")).collect());
    let other = forge.sign(7, [7; 32]);
    let (whole, same) = (forge.sign(9, truth.root(9)), forge.sign(7, truth.root(7)));
    let finding =
        "the checkpoint for 7 records: rightly signed, but another one says something else";
    for elsewhere in [[true, true], [true, false], [false, true], [false, false]] {
        let notes = [
            (9, whole.clone(), false),
            (7, same.clone(), elsewhere[0]),
            (7, other.clone(), elsewhere[1]),
        ];
        for notes in [notes.to_vec(), notes.iter().rev().cloned().collect()] {
            for kept in [None, Some(&truth)] {
                let report = forge.report(&truth, kept, &notes);
                assert!(
                    said(&report).contains(&finding.to_owned()),
                    "{:?}",
                    said(&report)
                );
            }
        }
    }
}
