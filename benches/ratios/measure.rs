//! Interleaved rounds and medians: what is compared is measured in turn, so that a busy machine
//! disturbs each side alike.

use std::time::{Duration, Instant};

/// The times of one thing that was measured again and again.
#[derive(Default)]
pub struct Samples(Vec<Duration>);

impl Samples {
    /// Adds the time since `start`.
    pub fn since(&mut self, start: Instant) {
        self.0.push(start.elapsed());
    }

    /// The median, in milliseconds; 0 without samples.
    pub fn median_ms(&self) -> f64 {
        self.quantile_ms(0.5)
    }

    /// What so large a part of the samples stays below, in milliseconds; 0 without samples.
    #[allow(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a place in a short list"
    )]
    pub fn quantile_ms(&self, part: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let place = (sorted.len() as f64 * part) as usize;
        sorted
            .get(place)
            .map_or(0.0, |time| time.as_secs_f64() * 1000.0)
    }
}

/// Prints one comparison: what, both medians, the ratio and its goal.
pub fn compare(what: &str, ours: &Samples, floor: &Samples, goal: f64) {
    let (ours, floor) = (ours.median_ms(), floor.median_ms());
    let ratio = ours / floor;
    let verdict = if ratio <= goal {
        "reached"
    } else {
        "NOT REACHED"
    };
    println!(
        "{what:<58} {ours:>8.2} ms  {floor:>8.2} ms  {ratio:>6.2} x  goal {goal:.2} x  {verdict}"
    );
}

/// Prints one figure with its limit.
pub fn limit(what: &str, value: f64, unit: &str, goal: f64) {
    let verdict = if value < goal {
        "reached"
    } else {
        "NOT REACHED"
    };
    println!("{what:<58} {value:>8.1} {unit:<3}  goal under {goal:.0} {unit}  {verdict}");
}
