//! The account page's own words: what the buttons do, and what that brings.

use super::isolated;
use crate::actions::Receipt;

/// The reset button's text says what it does. `name` as [`isolated`] gives it.
pub fn reset_button(name: &str) -> String {
    format!("Reset {name}'s password")
}

/// The unlock button's text.
pub fn unlock_button(name: &str) -> String {
    format!("Unlock {name}'s account")
}

/// What a reset does, said before it is done; `must_change` and `unlock` as the check boxes stand,
/// `None` where the change would have no effect.
pub fn consequences(name: &str, must_change: Option<bool>, unlock: bool) -> Vec<String> {
    let mut lines = vec![
        format!("{name} gets a new password. You see it once, on the next page."),
        "The old password stops working at once.".to_owned(),
    ];
    if must_change.is_none() {
        lines.push("It stays until it is changed by hand: for this account, Windows does not ask for a change at the next logon.".to_owned());
    }
    let more = match (must_change, unlock) {
        (Some(true), true) => {
            "The account is unlocked, and Windows asks for a password of their own at the next logon. You can change both under More."
        }
        (Some(true), false) => {
            "At the next logon Windows asks for a password of their own. You can change that under More."
        }
        (_, true) => "The account is unlocked. You can change that under More.",
        (_, false) => return lines,
    };
    lines.push(more.to_owned());
    lines
}

/// After an unlock, on the account page.
pub fn unlocked(name: &str) -> String {
    format!("{name}'s account is unlocked. The password is the same as before.")
}

/// The heading of the done page.
pub fn new_password_of(name: &str) -> String {
    format!("{name}'s new password")
}

/// The way back to the person. `name` as [`isolated`] gives it.
pub fn back_to(name: &str) -> String {
    format!("Back to {name}")
}

/// The account is still locked after the reset: the password is new, and nobody can use it yet.
pub fn still_locked(receipt: &Receipt) -> Option<String> {
    receipt.still_locked.then(|| {
        format!("{}'s account is still locked, so the new password does not work yet. Go back to the person's page to unlock it.", isolated(&receipt.account.name))
    })
}
