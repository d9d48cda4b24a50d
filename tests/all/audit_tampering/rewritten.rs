//! Whoever tampers also recomputes the tree, and signs again.

use super::Random;
use super::log::{ARCHIVED, Log, SIGNED, SIZE, around, changed, index};
use super::span;

const FIRST: u64 = ARCHIVED[1].1;

pub async fn a_line_changed_with_its_kept_hash_is_found_between_two_checkpoints(rounds: usize) {
    let (log, mut random) = (Log::new().await, Random::new());
    for _ in 0..rounds {
        let seq = random.between(FIRST, SIZE);
        let (before, after) = around(seq);
        let line = changed(&log.lines[index(seq)]);
        let copy = log.copy();
        copy.set_line(seq, line.as_bytes()).await;
        let id = tlog_tiles::stored_hash_index(0, seq);
        let hash = tlog_tiles::record_hash(line.as_bytes());
        copy.set("UPDATE tree SET hash = ?1 WHERE id = ?2", &hash.0, id)
            .await;
        let answer = copy.verify(&[]);
        let found = answer.found();
        let range = span(before, after - 1);
        let expected = format!("{range}: not what was signed; at least one of them was changed");
        assert!(found.contains(&&*expected), "{seq}: {found:?}");
        assert_eq!(
            (answer.status, answer.first_wrong()),
            (Some(1), Some(before))
        );
        // What comes after stands on the tree as it was signed.
        assert_eq!(answer.json["signed_before"], SIZE);
        // A leaf at the very edge takes what was kept of the edge with it.
        let is_edge = seq + 1 == after;
        let is_expected = |text: &&str| {
            **text == *expected
                || text.contains("a hash kept with it")
                || (is_edge && text.contains("cannot be judged"))
        };
        assert!(found.iter().all(is_expected), "{seq}: {found:?}");
    }
}

pub async fn a_line_changed_with_the_whole_tree_is_found_between_two_checkpoints(rounds: usize) {
    let (log, mut random) = (Log::new().await, Random::new());
    for _ in 0..rounds {
        let seq = random.between(FIRST, SIZE);
        let (before, after) = around(seq);
        let copy = log.copy();
        copy.rewrite(seq, None).await;
        let range = span(before, after - 1);
        let mut expected = vec![format!(
            "{range}: not what was signed; at least one of them was changed"
        )];
        if after < SIZE {
            let rest = span(after, SIZE - 1);
            expected.push(format!(
                "{rest}: cannot be judged, because of what is wrong before"
            ));
        }
        copy.verify(&[])
            .is(&expected, Some(before), &format!("{seq}"));
    }
}

pub async fn a_suffix_signed_again_with_another_key_is_found_from_its_checkpoint_on(rounds: usize) {
    let (log, mut random) = (Log::new().await, Random::new());
    for _ in 0..rounds {
        let seq = random.between(FIRST, SIZE);
        let (before, after) = around(seq);
        let copy = log.copy();
        copy.rewrite(seq, Some(true)).await;
        let forged = SIGNED.iter().filter(|size| **size >= after).count();
        let untrusted = if forged == 1 {
            format!("the checkpoint for {after} records: nobody whom you trust has signed it")
        } else {
            format!(
                "{forged} checkpoints, from the one for {after} records to that for 240: nobody whom you trust has signed it"
            )
        };
        let unsigned = format!(
            "{}: signed by nobody whom you trust",
            span(before, SIZE - 1)
        );
        copy.verify(&[])
            .is(&[unsigned, untrusted], Some(before), &format!("{seq}"));
    }
}

pub async fn a_suffix_signed_again_with_the_logs_own_key_is_found_by_what_was_kept_elsewhere(
    rounds: usize,
) {
    let (log, mut random) = (Log::new().await, Random::new());
    for _ in 0..rounds {
        let seq = random.between(FIRST, SIZE);
        let (before, after) = around(seq);
        let copy = log.copy();
        copy.rewrite(seq, Some(false)).await;
        let alone = copy.verify(&[]);
        assert_eq!(alone.status, Some(0), "nobody else could tell");
        let range = span(before, after - 1);
        let finding = format!(
            "{range}: not what was signed by the checkpoint that was kept elsewhere; at least one of them was changed"
        );
        let two = format!(
            "the checkpoint for {after} records: rightly signed, but another one says something else"
        );
        copy.verify(&SIGNED)
            .is(&[finding, two], Some(before), &format!("{seq}"));
    }
}

pub async fn a_log_cut_together_with_its_checkpoints_is_found_by_what_was_kept_elsewhere(
    rounds: usize,
) {
    let (log, mut random) = (Log::new().await, Random::new());
    for _ in 0..rounds {
        let size = random.between(FIRST + 1, SIZE);
        let copy = log.copy();
        let id = tlog_tiles::stored_hash_index(0, size);
        copy.change(&format!(
            "DELETE FROM audit WHERE seq >= {size};
             DELETE FROM tree WHERE id >= {id};
             DELETE FROM checkpoint WHERE size > {size};"
        ))
        .await;
        let finding = format!("{}: missing", span(size, SIZE - 1));
        copy.verify(&[SIZE]).is(&[finding], Some(size), "cut");
    }
}
