//! `[session]`: how long a sign-in lasts.

use super::section::section;
use super::value::{Hours, Minutes};

section! {
    /// How long a sign-in lasts.
    Session = "session" {
        /// Minutes without any use after which an operator must sign in again.
        idle_minutes: Minutes = "10",
        /// Hours after which an operator must sign in again in any case.
        max_hours: Hours = "8",
    }
}
