//! Archives are changed, compressed or not.

use std::fs;

use super::log::{ARCHIVED, Copy, Log, SIGNED, archive_name, index, packed};
use super::{Random, of_line, span};

fn put(copy: &Copy<'_>, range: (u64, u64), bytes: &[u8]) {
    fs::write(copy.path("archive").join(archive_name(range)), bytes).expect("written");
}

/// What one of the archives says, its lines apart.
fn lines(log: &Log, range: (u64, u64)) -> Vec<Vec<u8>> {
    let text = log.archive_text(range);
    text.strip_suffix(b"\n")
        .expect("a last line")
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect()
}

fn again(lines: &[Vec<u8>]) -> Vec<u8> {
    let mut text = lines.join(&b'\n');
    text.push(b'\n');
    packed(&text)
}

/// What is found where an archive has the right lines in another file.
fn other_file(range: (u64, u64)) -> String {
    let noted = if range == ARCHIVED[0] { 99 } else { 100 };
    let (places, name) = (span(range.0, range.1 - 1), archive_name(range));
    format!(
        "{places}: their archive {name}: its SHA-256 is not the one that record {noted} has of it"
    )
}

pub async fn a_bit_of_a_compressed_archive_is_found_and_its_records_named(rounds: usize) {
    let (log, mut random) = (Log::new().await, Random::new());
    for round in 0..rounds {
        let (first, next) = ARCHIVED[round % 2];
        let text = log.archive_text((first, next));
        let mut bytes = packed(&text);
        random.flip(&mut bytes);
        let copy = log.copy();
        put(&copy, (first, next), &bytes);
        let answer = copy.verify(&[]);
        let found = answer.found();
        let name = archive_name((first, next));
        // Some bits of a frame's head say nothing about what is in it.
        if zstd::decode_all(&bytes[..]).is_ok_and(|same| same == text) {
            answer.is(&[other_file((first, next))], None, "the same lines");
            continue;
        }
        assert_eq!((answer.status, found.len()), (Some(1), 1), "{found:?}");
        assert!(
            found[0].contains(&format!("their archive {name}: ")),
            "{found:?}"
        );
        assert!(
            (first..next).contains(&answer.first_wrong().expect("a record")),
            "{found:?}"
        );
    }
}

pub async fn a_bit_of_an_archived_line_is_found_and_the_record_named(rounds: usize) {
    let (log, mut random) = (Log::new().await, Random::new());
    for round in 0..rounds {
        let (first, next) = ARCHIVED[round % 2];
        let seq = random.between(first, next);
        let mut lines = lines(&log, (first, next));
        let line = &mut lines[index(seq - first) + 1];
        random.flip(line);
        if line.contains(&b'\n') {
            continue;
        }
        let finding = of_line(seq, line);
        let copy = log.copy();
        put(&copy, (first, next), &again(&lines));
        copy.verify(&[]).is(&[finding], Some(seq), "archived");
    }
}

pub async fn an_archive_without_a_line_with_one_too_many_or_with_two_swapped_is_told(
    rounds: usize,
) {
    let (log, mut random) = (Log::new().await, Random::new());
    for round in 0..rounds {
        let (first, next) = ARCHIVED[round % 2];
        let (one, other) = random.two(first, next);
        let mut lines = lines(&log, (first, next));
        let place = |seq: u64| index(seq - first) + 1;
        let findings = match round % 3 {
            0 if one + 2 < next => {
                lines.remove(place(one));
                let places = span(one, next - 2);
                vec![
                    format!("{places}: holds the line of record {}, and so on", one + 1),
                    format!("record {}: missing", next - 1),
                ]
            }
            _ => {
                lines.swap(place(one), place(other));
                [(one, other), (other, one)]
                    .map(|(place, own)| format!("record {place}: holds the line of record {own}"))
                    .to_vec()
            }
        };
        let copy = log.copy();
        put(&copy, (first, next), &again(&lines));
        copy.verify(&[]).is(&findings, Some(one), "archived");
    }
}

pub async fn a_head_or_a_checkpoint_of_an_archive_that_was_changed_is_told(rounds: usize) {
    let (log, mut random) = (Log::new().await, Random::new());
    for round in 0..rounds {
        let range = ARCHIVED[1];
        let mut lines = lines(&log, range);
        let place = if round % 2 == 0 { 0 } else { lines.len() - 1 };
        random.flip(&mut lines[place]);
        let copy = log.copy();
        put(&copy, range, &again(&lines));
        let answer = copy.verify(&[]);
        let found = answer.found();
        assert_eq!(
            answer.status,
            Some(1),
            "{}",
            String::from_utf8_lossy(&lines[place])
        );
        let name = archive_name(range);
        assert!(
            found.iter().all(|text| text.contains(&name)
                || text.contains("record 40: the archive that begins with it")
                || text.contains("the checkpoint for 81 records: ")
                || text.contains("before record 81: a line too many")),
            "{found:?}"
        );
    }
}

pub async fn an_archive_that_is_cut_or_gone_is_named_and_the_rest_is_proven(rounds: usize) {
    let (log, mut random) = (Log::new().await, Random::new());
    for round in 0..rounds {
        let (first, next) = ARCHIVED[round % 2];
        let copy = log.copy();
        let name = archive_name((first, next));
        let file = copy.path("archive").join(&name);
        if round < 4 {
            fs::remove_file(file).expect("removed");
        } else {
            let bytes = fs::read(&file).expect("read");
            let length = random.between(0, u64::try_from(bytes.len()).expect("small"));
            fs::write(&file, &bytes[..index(length)]).expect("written");
        }
        let answer = copy.verify(&[]);
        let found = answer.found();
        assert_eq!((answer.status, found.len()), (Some(1), 1), "{found:?}");
        assert!(
            found[0].contains(&format!("their archive {name}: ")),
            "{found:?}"
        );
        assert_eq!(answer.json["signed_before"], 240, "{found:?}");
    }
}

#[tokio::test]
async fn archives_that_changed_places_or_lost_their_checkpoint_are_named() {
    let log = Log::new().await;
    let both = ARCHIVED.map(|range| format!("archive/{}", archive_name(range)));
    let [one, other] = ARCHIVED.map(archive_name);
    let copy = log.copy();
    for (range, of) in [(ARCHIVED[0], ARCHIVED[1]), (ARCHIVED[1], ARCHIVED[0])] {
        put(&copy, range, &packed(&log.archive_text(of)));
    }
    let swapped = [
        format!("records 0 to 39: their archive {one}: its beginning is not that of this archive"),
        format!(
            "records 40 to 80: their archive {other}: its beginning is not that of this archive"
        ),
    ];
    for answer in [copy.verify(&[]), copy.run_all(&both, &[])] {
        let found = answer.found();
        assert_eq!((answer.status, answer.first_wrong()), (Some(1), Some(0)));
        assert!(
            swapped.iter().all(|text| found.contains(&&**text)),
            "{found:?}"
        );
    }
    for (range, name) in ARCHIVED.into_iter().zip([one, other]) {
        let mut lines = lines(&log, range);
        lines.pop();
        let copy = log.copy();
        put(&copy, range, &again(&lines));
        let places = span(range.0, range.1 - 1);
        let finding =
            format!("{places}: their archive {name}: it does not end with its checkpoint");
        let (alone, whole) = (copy.run_all(&both, &SIGNED), copy.verify(&[]));
        whole.is(std::slice::from_ref(&finding), None, "in the database");
        assert!(alone.found().contains(&&*finding), "{alone:?}");
    }
}

#[tokio::test]
async fn an_archive_that_is_another_file_or_has_something_after_its_end_is_named() {
    let log = Log::new().await;
    let export = log.lines[81..].join("\n") + "\n";
    let files = ARCHIVED.map(|range| format!("archive/{}", archive_name(range)));
    for (at, range) in ARCHIVED.into_iter().enumerate() {
        let own = packed(&log.archive_text(range));
        let other = zstd::encode_all(&*log.archive_text(range), 1).expect("packed");
        let skippable: &[u8] = b"\x50\x2A\x4D\x18\x03\0\0\0abc";
        let (places, name) = (span(range.0, range.1 - 1), archive_name(range));
        let more = format!("{places}: their archive {name}: something follows its end");
        for (bytes, finding, by_record) in [
            (other, other_file(range), true),
            ([&*own, skippable].concat(), more.clone(), false),
            (
                [&*own, &packed(b"one more\n")].concat(),
                more.clone(),
                false,
            ),
            ([&*own, b"more"].concat(), more, false),
        ] {
            let copy = log.copy();
            put(&copy, range, &bytes);
            fs::write(copy.path("export.jsonl"), &export).expect("written");
            let finding = std::slice::from_ref(&finding);
            copy.verify(&[]).is(finding, None, "in the database");
            let whole = [files.to_vec(), vec!["export.jsonl".to_owned()]].concat();
            copy.run_all(&whole, &SIGNED).is(finding, None, "in files");
            let alone = copy.run(&files[at], &[]);
            if by_record {
                assert_eq!(alone.status, Some(0), "no record speaks of it: {alone:?}");
            } else {
                alone.is(finding, None, "alone");
            }
        }
    }
}

#[tokio::test]
async fn an_archive_that_is_not_among_the_files_is_missed_by_its_records() {
    let log = Log::new().await;
    let copy = log.copy();
    let export = log.lines[81..].join("\n") + "\n";
    fs::write(copy.path("export.jsonl"), export).expect("written");
    let [one, other] = ARCHIVED.map(|range| format!("archive/{}", archive_name(range)));
    let young = "export.jsonl".to_owned();
    let all = copy.run_all(&[young.clone(), other.clone(), one.clone()], &SIGNED);
    assert_eq!((all.status, all.found().len()), (Some(0), 0), "{all:?}");
    assert_eq!(
        (&all.json["records"], &all.json["begin"]),
        (&240.into(), &0.into())
    );
    let missing = copy.run_all(&[one, young.clone()], &SIGNED);
    let expected = [
        "records 40 to 239: cannot be judged, because of what is wrong before".to_owned(),
        "records 40 to 80: missing".to_owned(),
    ];
    missing.is(&expected, Some(40), "the second");
    // Whoever has not the first one either knows it: the files say where they begin.
    let later = copy.run_all(&[other, young], &SIGNED);
    assert_eq!(
        (later.status, &later.json["begin"]),
        (Some(0), &40.into()),
        "{later:?}"
    );
}

#[tokio::test]
async fn each_archive_can_be_proven_alone_and_all_of_them_with_an_export() {
    let log = Log::new().await;
    let copy = log.copy();
    for (range, count) in ARCHIVED.into_iter().zip([40, 41]) {
        let answer = copy.run(&format!("archive/{}", archive_name(range)), &[]);
        assert_eq!(
            (answer.status, answer.found().len()),
            (Some(0), 0),
            "{answer:?}"
        );
        assert_eq!(
            (&answer.json["records"], &answer.json["begin"]),
            (&count.into(), &range.0.into())
        );
    }
    let mut lines = lines(&log, ARCHIVED[1]);
    let middle = lines.len() / 2;
    lines[middle][100] ^= 1;
    put(&copy, ARCHIVED[1], &again(&lines));
    let answer = copy.run(&format!("archive/{}", archive_name(ARCHIVED[1])), &[]);
    let found = answer.found();
    assert!(
        found.contains(&"records 40 to 80: not what was signed; at least one of them was changed"),
        "{found:?}"
    );
}
