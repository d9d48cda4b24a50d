//! The database is changed, and the checkpoints are not.

use super::log::{ARCHIVED, Log, SIGNED, SIZE, changed, index};
use super::{Random, of_line, span};

const FIRST: u64 = ARCHIVED[1].1;

#[tokio::test]
async fn an_untouched_log_is_well_with_and_without_what_was_kept_elsewhere() {
    let log = Log::new().await;
    let copy = log.copy();
    for witnesses in [&[][..], &SIGNED] {
        let answer = copy.verify(witnesses);
        assert_eq!(
            (answer.status, answer.found().len()),
            (Some(0), 0),
            "{answer:?}"
        );
        assert_eq!(answer.json["records"], 240);
        assert_eq!(answer.json["signed_before"], 240);
        let open = &answer.json["open_attempts"];
        assert_eq!(answer.json["open_attempts_count"], 1, "{open}");
        assert_eq!(
            (&open[0]["seq"], &open[0]["operator"]),
            (&219.into(), &"olga0".into())
        );
    }
}

#[tokio::test]
async fn a_trigger_in_the_database_that_is_not_keywards_is_found_and_accuses_no_record() {
    let log = Log::new().await;
    let copy = log.copy();
    copy.change("CREATE TRIGGER more AFTER INSERT ON audit BEGIN SELECT 1; END")
        .await;
    let what = "somebody changed the database's tables, indexes or triggers: trigger more";
    copy.verify(&[]).is(&[what.to_owned()], None, "a trigger");
}

#[tokio::test]
async fn a_log_without_checkpoints_is_held_against_the_one_that_is_kept_beside_the_key() {
    let log = Log::new().await;
    let copy = log.copy();
    std::fs::write(copy.path("audit.db.key.signed"), log.note(SIZE)).expect("written");
    assert_eq!(copy.verify(&[]).status, Some(0));
    copy.rewrite(FIRST + 3, None).await;
    copy.change("DELETE FROM checkpoint; DELETE FROM audit_key")
        .await;
    let answer = copy.verify(&[]);
    assert_eq!(answer.status, Some(1), "{answer:?}");
    assert!(answer.found()[0].contains("kept elsewhere"), "{answer:?}");
}

pub async fn a_bit_of_a_line_is_found_and_the_record_named(rounds: usize) {
    let (log, mut random) = (Log::new().await, Random::new());
    for _ in 0..rounds {
        let seq = random.between(FIRST, SIZE);
        let mut line = log.lines[index(seq)].clone().into_bytes();
        random.flip(&mut line);
        let copy = log.copy();
        copy.set_line(seq, &line).await;
        let what = String::from_utf8_lossy(&line);
        copy.verify(&[])
            .is(&[of_line(seq, &line)], Some(seq), &what);
    }
}

pub async fn a_bit_of_a_kept_hash_is_found_and_accuses_no_record(rounds: usize) {
    let (log, mut random) = (Log::new().await, Random::new());
    for _ in 0..rounds {
        let id = random.between(0, 2 * SIZE - u64::from(SIZE.count_ones()));
        let seq = (0..SIZE)
            .rev()
            .find(|seq| tlog_tiles::stored_hash_index(0, *seq) <= id);
        let seq = seq.expect("a record");
        let is_leaf = tlog_tiles::stored_hash_index(0, seq) == id;
        let copy = log.copy();
        let bit = u32::try_from(random.between(0, 256)).expect("small");
        let byte = bit / 8 + 1;
        let mut hash = copy.hash(id).await;
        hash[index(u64::from(byte - 1))] ^= 1 << (bit % 8);
        copy.set("UPDATE tree SET hash = ?1 WHERE id = ?2", &hash, id)
            .await;
        let finding = if is_leaf {
            format!("record {seq}: the line is right, but the hash kept for it was changed")
        } else {
            format!("record {seq}: a hash kept with it for the tree was changed")
        };
        copy.verify(&[]).is(&[finding], None, &format!("hash {id}"));
    }
}

pub async fn a_bit_of_a_checkpoint_is_found_and_its_size_named(rounds: usize) {
    let (log, mut random) = (Log::new().await, Random::new());
    for _ in 0..rounds {
        let size = SIGNED[index(random.between(0, 11))];
        let mut note = log.note(size).as_bytes().to_vec();
        random.flip(&mut note);
        let copy = log.copy();
        copy.set(
            "UPDATE checkpoint SET note = CAST(?1 AS TEXT) WHERE size = ?2",
            &note,
            size,
        )
        .await;
        let answer = copy.verify(&[]);
        let what = String::from_utf8_lossy(&note);
        let found = answer.found();
        assert!(
            found
                .iter()
                .any(|text| text.starts_with(&format!("the checkpoint for {size} records: "))),
            "{found:?} {what}"
        );
        if size == SIZE {
            assert!(
                found.contains(&"records 233 to 239: signed by nobody whom you trust"),
                "{found:?}"
            );
            assert_eq!(found.len(), 2, "{found:?}");
        } else {
            assert_eq!((found.len(), answer.first_wrong()), (1, None), "{found:?}");
        }
        assert_eq!(answer.status, Some(1));
    }
}

pub async fn two_lines_that_changed_places_are_both_named(rounds: usize) {
    let (log, mut random) = (Log::new().await, Random::new());
    for _ in 0..rounds {
        let (one, other) = random.two(FIRST, SIZE);
        let copy = log.copy();
        copy.set_line(one, log.lines[index(other)].as_bytes()).await;
        copy.set_line(other, log.lines[index(one)].as_bytes()).await;
        let findings = [(one, other), (other, one)]
            .map(|(place, own)| format!("record {place}: holds the line of record {own}"));
        copy.verify(&[]).is(&findings, Some(one), "swapped");
    }
}

pub async fn lines_that_are_gone_are_named_wherever_they_were(rounds: usize) {
    let (log, mut random) = (Log::new().await, Random::new());
    for round in 0..rounds {
        let (first, mut last) = random.two(FIRST, SIZE);
        if round % 2 == 0 {
            last = SIZE - 1;
        }
        let copy = log.copy();
        copy.change(&format!(
            "DELETE FROM audit WHERE seq BETWEEN {first} AND {last}"
        ))
        .await;
        copy.verify(&[]).is(
            &[format!("{}: missing", span(first, last))],
            Some(first),
            "cut",
        );
        if round % 4 == 0 {
            let id = tlog_tiles::stored_hash_index(0, first);
            copy.change(&format!("DELETE FROM tree WHERE id >= {id}"))
                .await;
            let answer = copy.verify(&[]);
            let found = answer.found();
            assert_eq!(answer.first_wrong(), Some(first), "{found:?}");
            assert!(
                found.contains(&&*format!("{}: missing", span(first, 239))),
                "{found:?}"
            );
        }
    }
}

pub async fn a_record_taken_out_or_put_in_with_the_numbers_moved_is_named(rounds: usize) {
    let (log, mut random) = (Log::new().await, Random::new());
    for _ in 0..rounds {
        let seq = random.between(FIRST, SIZE - 2);
        let copy = log.copy();
        copy.change(&format!(
            "DELETE FROM audit WHERE seq = {seq};
             UPDATE audit SET seq = seq + 1000 WHERE seq > {seq};
             UPDATE audit SET seq = seq - 1001 WHERE seq > 1000;"
        ))
        .await;
        let places = span(seq, SIZE - 2);
        let findings = [
            format!("{places}: holds the line of record {}, and so on", seq + 1),
            "record 239: missing".to_owned(),
        ];
        copy.verify(&[]).is(&findings, Some(seq), "taken out");
    }
    for _ in 0..rounds {
        let seq = random.between(FIRST, SIZE - 2);
        let copy = log.copy();
        let forged = changed(&log.lines[index(seq)]);
        copy.change(&format!(
            "UPDATE audit SET seq = seq + 1000 WHERE seq >= {seq};
             UPDATE audit SET seq = seq - 999 WHERE seq >= 1000;
             INSERT INTO audit (seq, time, action, phase, line)
                 VALUES ({seq}, 0, 'reset_password', 'event', '{forged}');"
        ))
        .await;
        let places = span(seq + 1, SIZE - 1);
        let findings = [
            format!("record {seq}: changed since it was written"),
            format!("{places}: holds the line of record {seq}, and so on"),
            "record 240: not in the tree, so not written by Keyward".to_owned(),
        ];
        copy.verify(&[]).is(&findings, Some(seq), "put in");
    }
}

pub async fn a_record_put_in_at_the_end_is_named(rounds: usize) {
    let (log, mut random) = (Log::new().await, Random::new());
    for _ in 0..rounds {
        let copy = log.copy();
        let count = random.between(1, 9);
        for seq in SIZE..SIZE + count {
            let forged = log.lines[239].replace("\"seq\":239", &format!("\"seq\":{seq}"));
            copy.change(&format!(
                "INSERT INTO audit (seq, time, action, phase, line)
                     VALUES ({seq}, 0, 'reset_password', 'event', '{forged}');"
            ))
            .await;
        }
        let places = span(SIZE, SIZE + count - 1);
        let finding = format!("{places}: not in the tree, so not written by Keyward");
        copy.verify(&[]).is(&[finding], Some(SIZE), "put in");
    }
}

pub async fn a_file_that_sqlite_itself_calls_damaged_is_still_read_as_far_as_it_can_be(
    rounds: usize,
) {
    let (log, mut random) = (Log::new().await, Random::new());
    let (mut damaged, mut unusable) = (0, 0);
    for _ in 0..rounds {
        let copy = log.copy();
        let file = copy.path("audit.db");
        let mut bytes = std::fs::read(&file).expect("read");
        let pages = u64::try_from(bytes.len() / 4096).expect("small");
        let page = index(random.between(1, pages));
        bytes[page * 4096..][..200].fill(0xa5);
        std::fs::write(&file, bytes).expect("written");
        match copy.status() {
            // A page that nothing uses.
            Some(0) => {}
            Some(1) => {
                let answer = copy.verify(&[]);
                let found = answer.found();
                let is_told = |text: &&str| text.starts_with("the database file is damaged: ");
                assert!(found.iter().any(is_told), "page {page}: {found:?}");
                let read = answer.json["records"].as_u64();
                assert!(
                    read >= Some(ARCHIVED[1].1),
                    "page {page}: {read:?} {found:?}"
                );
                damaged += 1;
            }
            // Where the tables of archives and checkpoints begin.
            status => {
                assert_eq!(status, Some(2), "page {page}");
                unusable += 1;
            }
        }
    }
    assert!(damaged * 2 > rounds, "{damaged} of {rounds}");
    assert!(unusable * 4 <= rounds, "{unusable} of {rounds}");
}
