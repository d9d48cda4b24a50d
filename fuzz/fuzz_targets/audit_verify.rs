//! What an auditor is given: lines, archives' heads, notes and keys from anybody. Never a panic, and
//! nothing that was not signed is called proven.
#![no_main]

use keyward::verify::{
    Absence, Archive, Edge, Item, Items, Keys, Sequence, Verification, leaf_hash, notes_in,
};
use libfuzzer_sys::fuzz_target;

/// A key whose private part nobody has kept.
const KEY: &str = "keyward+d92996f5+AaFlStayMPldIbFrJmoqnGQZY/Vu12cRr3Q65Ucze3IX";

fn keys() -> Keys {
    Keys::new([KEY]).expect("a key")
}

fuzz_target!(|bytes: &[u8]| {
    let mut verification = Verification::new(keys());
    let mut sequence = Sequence::new(Verification::new(keys()));
    let mut items = Items::new(bytes);
    while let Ok(Some(item)) = items.next_item() {
        match item {
            Item::Record(line) => {
                let leaf = leaf_hash(line);
                let kept = [Some(leaf), None];
                let count = usize::from(line.first().is_some_and(|byte| byte % 2 == 0));
                assert_eq!(verification.record(line, &kept[..count]), leaf);
                sequence.line(line);
            }
            Item::Checkpoint(note) => {
                verification.checkpoint(note.as_bytes(), None, note.len() % 2 == 0);
                verification.absent(Absence::Missing, &[]);
            }
            Item::Archive(head) => {
                if let Some(edge) = head.edge {
                    verification.stand_on(edge.clone());
                    sequence.archive_begins(edge);
                }
                sequence.ends_before(head.next);
            }
        }
    }
    if let Ok(mut archive) = Archive::new(bytes) {
        while let Ok(Some(_)) = archive.next_item() {}
        let digest = archive.end();
        assert!(!matches!(digest, Ok(Some(digest)) if digest == [0; 32]));
    }
    for note in notes_in(&String::from_utf8_lossy(bytes)) {
        assert!(keys().open(note.as_bytes(), true).is_err());
    }
    assert!(keys().open(bytes, false).is_err());
    assert_eq!(verification.finish().checkpoints, 0);
    assert_eq!(sequence.finish().checkpoints, 0);
    assert!(Edge::new(0, Vec::new()).is_some());
});
