//! The least time that a refused sign-in takes, so that its length tells nothing.

use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Longer than a look-up and a bind take.
const FLOOR: Duration = Duration::from_millis(250);

/// Waits until the floor is reached, and up to 64 ms more.
pub(super) async fn reach(arrived: Instant) {
    let mut byte = [0; 1];
    // Without random numbers there is no jitter; the floor itself stays.
    if getrandom::fill(&mut byte).is_err() {
        byte = [0];
    }
    let [byte] = byte;
    let jitter = Duration::from_micros(u64::from(byte) * 250);
    sleep_until(arrived + FLOOR + jitter).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_floor_counts_from_the_arrival() {
        let arrived = Instant::now();
        tokio::time::sleep(Duration::from_millis(200)).await;
        reach(arrived).await;
        assert!(arrived.elapsed() >= FLOOR);
        assert!(arrived.elapsed() <= FLOOR + Duration::from_millis(70));
    }
}
