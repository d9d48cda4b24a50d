//! How many wrong passwords Keyward lets through, so that it can never lock an account.

use std::num::NonZeroU32;

/// Where the domain never locks.
const WITHOUT_LOCKOUT: u32 = 10;
/// Where a fine-grained policy holds that cannot be read: as strict as policies get in practice.
const UNREADABLE: u32 = 3;

/// Tries that may be wrong within a window: always below the threshold, and none for an account
/// that other tries have brought close to it.
///
/// `threshold`: wrong passwords that lock; 0 = never, `None` = not known. `wrong`: how many count
/// already. `setting` can only lower the number. A threshold of 1 leaves no room: one try is let
/// through, since otherwise nobody could sign in.
pub fn our_tries(threshold: Option<u32>, wrong: u32, setting: Option<NonZeroU32>) -> u32 {
    let limit = match threshold.unwrap_or(UNREADABLE) {
        0 => WITHOUT_LOCKOUT,
        threshold => {
            let margin = threshold.saturating_sub(2);
            if wrong >= margin.max(1) {
                return 0;
            }
            margin.min(threshold / 2).max(1)
        }
    };
    setting.map_or(limit, |lower| limit.min(lower.get()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_wrong_password_is_let_through_even_where_it_locks() {
        assert_eq!(our_tries(Some(1), 0, None), 1);
        assert_eq!(our_tries(Some(1), 1, None), 0);
        assert_eq!(our_tries(Some(2), 0, None), 1);
    }
}
