//! The account page's own words: what the buttons do, and what that brings.

use super::isolated;
use crate::actions::Receipt;
use crate::domain::rules::PasswordKind;

/// Whether the new password has to be changed at the next logon, as far as that is known before the click.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// As the check box stands.
    Chosen(bool),
    /// A rule says so.
    Always,
    /// A rule says not.
    Never,
    /// It would change nothing for this account.
    WithoutEffect,
}

/// The reset button's text says what it does. `name` as [`isolated`] gives it.
pub fn reset_button(name: &str) -> String {
    format!("Reset {name}'s password")
}

/// The unlock button's text.
pub fn unlock_button(name: &str) -> String {
    format!("Unlock {name}'s account")
}

/// What a reset does, said before it is done; `unlock` as the check box stands. `name` as [`isolated`] gives it.
pub fn consequences(
    name: &str,
    password: PasswordKind,
    change: Change,
    unlock: bool,
) -> Vec<String> {
    let new = match password {
        PasswordKind::Typed => format!(
            "{name} gets the password that you type. If you type none, it is a fresh passphrase: you see it once, on the next page."
        ),
        PasswordKind::Generated | PasswordKind::Fixed => {
            format!("{name} gets a new password. You see it once, on the next page.")
        }
    };
    let mut lines = vec![new, "The old password stops working at once.".to_owned()];
    lines.extend(
        match change {
            Change::Chosen(_) => None,
            Change::Always => Some("At the next logon Windows asks for a password of their own."),
            Change::Never => Some(
                "It stays until they change it by themselves: Windows does not ask for that at the next logon.",
            ),
            Change::WithoutEffect => Some(
                "It stays until it is changed by hand: for this account, Windows does not ask for a change at the next logon.",
            ),
        }
        .map(str::to_owned),
    );
    let more = match (change, unlock) {
        (Change::Chosen(true), true) => {
            "The account is unlocked, and Windows asks for a password of their own at the next logon. You can change both under More."
        }
        (Change::Chosen(true), false) => {
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
