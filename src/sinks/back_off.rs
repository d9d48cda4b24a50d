//! How long to wait before the next try.

use std::time::Duration;

/// After the first failure.
const SHORTEST: Duration = Duration::from_millis(200);
/// After many.
const LONGEST: Duration = Duration::from_mins(1);
/// The same for a sink without which nobody can work.
const LONGEST_IF_REQUIRED: Duration = Duration::from_secs(2);
/// A server that asks for more patience gets no more than this.
const MOST_PATIENCE: Duration = Duration::from_mins(5);
/// The same where nobody can work meanwhile.
const MOST_PATIENCE_IF_REQUIRED: Duration = Duration::from_secs(30);

/// Doubles with each failure, with a random part, so that several do not come back at once.
pub(super) struct BackOff {
    next: Duration,
    longest: Duration,
    most_patience: Duration,
}

impl BackOff {
    pub(super) fn new(is_required: bool) -> Self {
        let (longest, most_patience) = if is_required {
            (LONGEST_IF_REQUIRED, MOST_PATIENCE_IF_REQUIRED)
        } else {
            (LONGEST, MOST_PATIENCE)
        };
        Self {
            next: SHORTEST,
            longest,
            most_patience,
        }
    }

    /// After a success.
    pub(super) fn reset(&mut self) {
        self.next = SHORTEST;
    }

    /// After a failure; `asked` is what the other side wants.
    pub(super) fn wait(&mut self, asked: Option<Duration>) -> Duration {
        let step = self.next;
        self.next = (step * 2).min(self.longest);
        let own = step / 2 + step.mul_f64(random() / 2.0);
        own.max(asked.unwrap_or_default().min(self.most_patience))
    }
}

/// From 0 to 1.
fn random() -> f64 {
    let mut bytes = [0; 4];
    // Without random numbers it is a wait like any other.
    if getrandom::fill(&mut bytes).is_err() {
        return 0.5;
    }
    f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_minute_and_begin_anew_after_a_success() {
        let mut back_off = BackOff::new(false);
        let first = back_off.wait(None);
        assert!(first >= SHORTEST / 2 && first <= SHORTEST, "{first:?}");
        let waits: Vec<Duration> = (0..20).map(|_| back_off.wait(None)).collect();
        assert!(waits.iter().all(|wait| *wait <= LONGEST));
        assert!(waits[19] >= LONGEST / 2);
        back_off.reset();
        assert!(back_off.wait(None) <= SHORTEST);
    }

    #[test]
    fn what_the_other_side_asks_for_is_honoured_up_to_five_minutes() {
        let mut back_off = BackOff::new(false);
        assert_eq!(
            back_off.wait(Some(Duration::from_secs(30))),
            Duration::from_secs(30)
        );
        assert_eq!(back_off.wait(Some(Duration::from_hours(9))), MOST_PATIENCE);
    }

    #[test]
    fn a_required_sink_that_asks_for_patience_is_tried_again_within_half_a_minute() {
        let mut back_off = BackOff::new(true);
        let half_a_minute = Duration::from_secs(30);
        assert_eq!(back_off.wait(Some(half_a_minute)), half_a_minute);
        let longer = [half_a_minute * 2, Duration::from_mins(5), Duration::MAX];
        for asked in longer {
            assert_eq!(back_off.wait(Some(asked)), half_a_minute, "{asked:?}");
        }
        let waits = (0..20).map(|_| back_off.wait(None));
        assert!(waits.max() <= Some(LONGEST_IF_REQUIRED));
    }
}
