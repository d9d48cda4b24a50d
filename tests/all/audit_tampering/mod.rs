//! A thousand ways to tamper with the log: each is found by the program, and named.
//!
//! Places and bits are random; the seed is printed and can be set with `TAMPERING_SEED`.

mod archives;
mod database;
mod endless;
mod exports;
mod log;
mod removed;
mod rewritten;
mod unsigned;
mod witnesses;

/// Random numbers that a seed repeats (splitmix64).
pub struct Random(u64);

impl Random {
    #[allow(clippy::print_stdout, reason = "a failure is repeated with it")]
    pub fn new() -> Self {
        let given = std::env::var("TAMPERING_SEED").ok();
        let seed = given.map_or(20_260_301, |seed| seed.parse().expect("a number"));
        println!("TAMPERING_SEED={seed}");
        Self(seed)
    }

    /// From `first` to before `next`.
    pub fn between(&mut self, first: u64, next: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        first + (mixed ^ (mixed >> 31)) % (next - first)
    }

    /// Turns one bit over.
    pub fn flip(&mut self, bytes: &mut [u8]) {
        let bit = self.between(0, 8 * u64::try_from(bytes.len()).expect("small"));
        bytes[log::index(bit / 8)] ^= 1 << (bit % 8);
    }

    /// Two different ones, the smaller first.
    pub fn two(&mut self, first: u64, next: u64) -> (u64, u64) {
        let one = self.between(first, next);
        let other = self.between(first, next - 1);
        let other = if other >= one { other + 1 } else { other };
        (one.min(other), one.max(other))
    }
}

/// What the finding about a line is: changed, no record any more, or another record's.
pub fn of_line(seq: u64, line: &[u8]) -> String {
    match keyward::verify::Head::parse(line) {
        None => format!("record {seq}: not a record"),
        Some(head) if head.seq != seq => {
            format!("record {seq}: holds the line of record {}", head.seq)
        }
        Some(_) => format!("record {seq}: changed since it was written"),
    }
}

/// How several records are called.
pub fn span(first: u64, last: u64) -> String {
    if first == last {
        format!("record {first}")
    } else {
        format!("records {first} to {last}")
    }
}

/// Runs one of the cases to its end.
fn alone(case: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(case);
}

/// Each case with a tenth of its rounds, and all of them with all rounds where there is time.
macro_rules! cases {
    ($($file:ident::$case:ident: $rounds:literal,)+) => {
        $(#[tokio::test]
        async fn $case() {
            $file::$case($rounds / 10).await;
        })+

        mod minutes {
            use super::*;

            #[test]
            fn each_of_a_thousand_tamperings_is_found_and_named() {
                std::thread::scope(|scope| {
                    $(scope.spawn(|| alone($file::$case($rounds)));)+
                });
            }
        }
    };
}

cases! {
    database::a_bit_of_a_line_is_found_and_the_record_named: 150,
    database::a_bit_of_a_kept_hash_is_found_and_accuses_no_record: 100,
    database::a_bit_of_a_checkpoint_is_found_and_its_size_named: 100,
    database::two_lines_that_changed_places_are_both_named: 60,
    database::lines_that_are_gone_are_named_wherever_they_were: 80,
    database::a_record_taken_out_or_put_in_with_the_numbers_moved_is_named: 30,
    database::a_record_put_in_at_the_end_is_named: 20,
    database::a_file_that_sqlite_itself_calls_damaged_is_still_read_as_far_as_it_can_be: 40,
    archives::a_bit_of_a_compressed_archive_is_found_and_its_records_named: 150,
    archives::a_bit_of_an_archived_line_is_found_and_the_record_named: 60,
    archives::an_archive_without_a_line_with_one_too_many_or_with_two_swapped_is_told: 45,
    archives::a_head_or_a_checkpoint_of_an_archive_that_was_changed_is_told: 30,
    archives::an_archive_that_is_cut_or_gone_is_named_and_the_rest_is_proven: 30,
    rewritten::a_line_changed_with_its_kept_hash_is_found_between_two_checkpoints: 50,
    rewritten::a_line_changed_with_the_whole_tree_is_found_between_two_checkpoints: 50,
    rewritten::a_suffix_signed_again_with_another_key_is_found_from_its_checkpoint_on: 60,
    rewritten::a_suffix_signed_again_with_the_logs_own_key_is_found_by_what_was_kept_elsewhere: 60,
    rewritten::a_log_cut_together_with_its_checkpoints_is_found_by_what_was_kept_elsewhere: 60,
    exports::a_bit_of_an_exported_line_is_found_between_two_checkpoints: 60,
    exports::exported_lines_that_are_gone_doubled_or_swapped_are_named: 90,
    witnesses::no_checkpoint_beside_a_true_one_makes_a_log_well_that_was_signed_again: 1000,
    witnesses::one_more_true_checkpoint_never_takes_a_finding_away: 1000,
    witnesses::checkpoints_of_one_history_accuse_nobody_in_whatever_order_they_come: 500,
}
