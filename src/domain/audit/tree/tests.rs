//! The tree against `ct-merkle`, another implementation, and against known answers.

use super::*;
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use proptest::prelude::*;
use sha2::Sha256;
use tlog_tiles::stored_hash_index;

/// All stored hashes of some lines, and the root after each.
struct Whole {
    stored: KnownHashes,
    roots: Vec<Hash>,
}

fn whole(lines: &[String]) -> Whole {
    let mut edge = Edge::new(0, KnownHashes::default()).unwrap();
    let (mut stored, mut roots) = (Vec::new(), vec![edge.root().unwrap()]);
    for line in lines {
        let first = edge.next_id();
        stored.extend((first..).zip(edge.append(line).unwrap()));
        roots.push(edge.root().unwrap());
    }
    let stored: KnownHashes = stored.into_iter().collect();
    Whole { stored, roots }
}

fn lines(count: u64) -> Vec<String> {
    (0..count)
        .map(|seq| format!(r#"{{"seq":{seq}}}"#))
        .collect()
}

fn theirs(lines: &[String]) -> RootHash<Sha256> {
    let mut tree = MemoryBackedTree::<Sha256, Vec<u8>>::new();
    for line in lines {
        tree.push(line.clone().into_bytes());
    }
    tree.root()
}

fn ours(root: Hash, size: u64) -> RootHash<Sha256> {
    RootHash::new(root.0.into(), size)
}

fn bytes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

/// Only what a proof asks for.
fn only(all: &KnownHashes, ids: &[HashId]) -> KnownHashes {
    ids.iter().map(|id| (*id, all.one(*id).unwrap())).collect()
}

#[test]
fn the_root_is_that_of_another_implementation_at_every_size() {
    let lines = lines(300);
    let whole = whole(&lines);
    for (size, root) in whole.roots.iter().enumerate() {
        let expected = theirs(&lines[..size]);
        assert!(
            expected == ours(*root, expected.num_leaves()),
            "size {size}"
        );
    }
}

#[test]
fn the_roots_of_rfc_6962_known_from_certificate_transparency_come_out() {
    // The inputs and roots of the reference implementation of Certificate Transparency, as far as they
    // are text: the empty tree, and one empty leaf.
    let hex = |hash: Hash| {
        hash.0
            .iter()
            .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
    };
    let roots = whole(&[String::new()]).roots;
    assert_eq!(
        roots.into_iter().map(hex).collect::<Vec<_>>(),
        [
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        ]
    );
}

#[test]
fn an_edge_that_is_read_again_goes_on_as_if_it_had_never_been_away() {
    let lines = lines(130);
    let all = whole(&lines);
    for (size, line) in lines.iter().enumerate() {
        let count = u64::try_from(size).unwrap();
        let needed = only(&all.stored, &Edge::needs(count));
        let mut edge = Edge::new(count, needed).unwrap();
        assert_eq!(edge.root().unwrap(), all.roots[size]);
        assert_eq!(edge.hashes().count(), Edge::needs(count).len());
        edge.append(line).unwrap();
        assert_eq!(edge.root().unwrap(), all.roots[size + 1]);
        assert!(edge.hashes.0.len() <= 8, "only the edge is kept");
    }
}

#[test]
fn every_inclusion_proof_convinces_another_implementation_and_only_of_its_record() {
    let lines = lines(70);
    let all = whole(&lines);
    for size in 1..=70_u64 {
        let root = all.roots[usize::try_from(size).unwrap()];
        for seq in 0..size {
            let proof = Proof::Inclusion {
                seq: Seq(seq),
                size,
            };
            let known = only(&all.stored, &proof.needs().unwrap());
            let hashes = proof.of(&known).unwrap();
            let line = &lines[usize::try_from(seq).unwrap()];
            let path = InclusionProof::<Sha256>::from_bytes(bytes(&hashes));
            let record = line.clone().into_bytes();
            let root_of_theirs = ours(root, size);
            root_of_theirs
                .verify_inclusion(&record, seq, &path)
                .unwrap();
            assert!(
                root_of_theirs
                    .verify_inclusion(&b"other".to_vec(), seq, &path)
                    .is_err()
            );
            assert!(proof.leads(&hashes, leaf_hash(line), root));
            assert!(!proof.leads(&hashes, leaf_hash("other"), root));
            assert!(!proof.leads(&hashes, leaf_hash(line), leaf_hash("other")));
        }
    }
}

#[test]
fn every_consistency_proof_convinces_another_implementation() {
    let all = whole(&lines(70));
    for size in 1..=70_u64 {
        let root = all.roots[usize::try_from(size).unwrap()];
        for old in 1..=size {
            let proof = Proof::Consistency { old, size };
            let hashes = proof
                .of(&only(&all.stored, &proof.needs().unwrap()))
                .unwrap();
            let earlier = all.roots[usize::try_from(old).unwrap()];
            let path = ConsistencyProof::<Sha256>::try_from_bytes(bytes(&hashes)).unwrap();
            let later = ours(root, size);
            later
                .verify_consistency(&ours(earlier, old), &path)
                .unwrap();
            assert!(proof.leads(&hashes, earlier, root));
            assert!(old == size || !proof.leads(&hashes, all.roots[0], root));
        }
    }
}

#[test]
fn what_is_not_in_the_tree_has_no_proof() {
    for proof in [
        Proof::Inclusion {
            seq: Seq(5),
            size: 5,
        },
        Proof::Inclusion {
            seq: Seq(0),
            size: 0,
        },
        Proof::Inclusion {
            seq: Seq(u64::MAX),
            size: 9,
        },
        Proof::Consistency { old: 6, size: 5 },
        Proof::Consistency {
            old: u64::MAX,
            size: 5,
        },
    ] {
        assert_eq!(proof.needs(), Err(MissingHash), "{proof:?}");
        assert!(
            !proof.leads(&Vec::new(), leaf_hash(""), leaf_hash("")),
            "{proof:?}"
        );
    }
    let empty = Proof::Consistency { old: 0, size: 5 };
    assert_eq!(empty.needs(), Ok(Vec::new()));
}

proptest! {
    #[test]
    fn large_trees_of_any_lines_have_the_root_of_another_implementation(
        size in 0_usize..3000, seed in any::<u64>()
    ) {
        let line = |at: u64| format!("{:x}", seed.wrapping_mul(at | 1).wrapping_add(at));
        let lines: Vec<String> = (0..u64::try_from(size).unwrap()).map(line).collect();
        let mut edge = Edge::new(0, KnownHashes::default()).unwrap();
        for line in &lines {
            edge.append(line).unwrap();
        }
        let count = edge.size();
        prop_assert!(theirs(&lines) == ours(edge.root().unwrap(), count));
    }

    #[test]
    fn whichever_hash_is_missing_it_is_an_error_and_never_a_panic(
        size in 1_u64..200, seq in 0_u64..200, old in 1_u64..200, lost in any::<prop::sample::Index>()
    ) {
        let all = whole(&lines(size));
        for proof in [
            Proof::Inclusion { seq: Seq(seq), size },
            Proof::Consistency { old, size },
        ] {
            let Ok(needed) = proof.needs() else { continue };
            if needed.is_empty() { continue }
            let lost = needed[lost.index(needed.len())];
            let rest: Vec<HashId> = needed.iter().copied().filter(|id| *id != lost).collect();
            prop_assert_eq!(proof.of(&only(&all.stored, &rest)), Err(MissingHash));
        }
        let needed = Edge::needs(size);
        let lost = needed[lost.index(needed.len())];
        let rest: Vec<HashId> = needed.iter().copied().filter(|id| *id != lost).collect();
        prop_assert!(Edge::new(size, only(&all.stored, &rest)).is_err());
    }
}

#[test]
fn each_hash_belongs_to_the_record_that_it_was_stored_with() {
    let mut id = 0;
    for seq in 0..2000_u64 {
        assert_eq!(leaf_id(Seq(seq)), stored_hash_index(0, seq));
        for _ in 0..=seq.trailing_ones() {
            assert_eq!(stored_with(id), Seq(seq));
            id += 1;
        }
    }
    assert!(stored_with(u64::MAX) > Seq(u64::MAX / 4));
    assert_eq!(leaf_id(Seq(u64::MAX)), u64::MAX - 64);
}
