//! Exported records are changed; the checkpoints were kept.

use std::fs;

use super::log::{Log, SIZE, around, index};
use super::{Random, span};

fn export(log: &Log) -> Vec<Vec<u8>> {
    log.lines
        .iter()
        .map(|line| line.clone().into_bytes())
        .collect()
}

#[tokio::test]
async fn an_untouched_export_is_well_also_when_records_are_there_twice() {
    let log = Log::new().await;
    let mut lines = export(&log);
    assert_eq!(log.copy().verify_lines(&lines).status, Some(0));
    // As a sink delivers after a restart.
    let repeated = lines[90..130].to_vec();
    lines.splice(130..130, repeated);
    lines.push(lines[239 + 40].clone());
    let answer = log.copy().verify_lines(&lines);
    assert_eq!(
        (answer.status, answer.found().len()),
        (Some(0), 0),
        "{answer:?}"
    );
}

#[tokio::test]
async fn records_of_many_minutes_without_a_checkpoint_are_named() {
    let log = Log::new().await;
    let copy = log.copy();
    let lines = log.lines.join("\n") + "\n";
    fs::write(copy.path("export.jsonl"), lines).expect("written");
    // From here on there are records of three days, weeks apart.
    let finding = "records 17 to 239: more than ten minutes of records without a checkpoint";
    copy.run("export.jsonl", &[17])
        .is(&[finding.to_owned()], Some(17), "removed");
    // And here of a few seconds.
    let recent = copy.run("export.jsonl", &[81]);
    assert_eq!(
        (recent.status, recent.found().len()),
        (Some(0), 0),
        "{recent:?}"
    );
    assert_eq!(recent.json["not_covered_yet"]["first"], 81);
}

pub async fn a_bit_of_an_exported_line_is_found_between_two_checkpoints(rounds: usize) {
    let (log, mut random) = (Log::new().await, Random::new());
    for _ in 0..rounds {
        let seq = random.between(0, SIZE);
        let (before, after) = around(seq);
        let mut lines = export(&log);
        random.flip(&mut lines[index(seq)]);
        let what = String::from_utf8_lossy(&lines[index(seq)]).into_owned();
        if what.contains('\n') {
            continue;
        }
        let answer = log.copy().verify_lines(&lines);
        let found = answer.found();
        assert_eq!(answer.status, Some(1), "{what}");
        let first = answer.first_wrong().expect("a record");
        assert!((before..after).contains(&first), "{found:?} {what}");
    }
}

pub async fn exported_lines_that_are_gone_doubled_or_swapped_are_named(rounds: usize) {
    let (log, mut random) = (Log::new().await, Random::new());
    for round in 0..rounds {
        let (one, other) = random.two(1, SIZE - 1);
        let mut lines = export(&log);
        let expected = match round % 5 {
            0 => {
                lines.drain(index(one)..=index(other));
                format!("{}: missing", span(one, other))
            }
            1 => {
                lines.truncate(index(one));
                format!("{}: missing", span(one, SIZE - 1))
            }
            2 => {
                lines.swap(index(one), index(other));
                format!("record {one}: holds the line of record {other}")
            }
            3 => {
                let mut forged = lines[index(one)].clone();
                let last = forged.len() - 10;
                forged[last] ^= 1;
                lines.insert(index(other), forged);
                format!("record {one}: a second, different line")
            }
            _ => {
                lines.insert(index(other), b"something".to_vec());
                format!("before record {other}: a line too many")
            }
        };
        let answer = log.copy().verify_lines(&lines);
        let found = answer.found();
        assert_eq!(answer.status, Some(1));
        assert!(
            found.contains(&&*expected),
            "{round}: {expected}: {found:?}"
        );
        if round % 5 < 3 {
            assert_eq!(answer.first_wrong(), Some(one), "{found:?}");
        }
    }
}
