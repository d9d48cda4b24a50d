//! The new password, shown once: to read, to copy, to spell, to print.

use super::{Frame, PageContext};
use crate::actions::Receipt;
use crate::domain::password::spell;
use crate::web::words::{self, confirmed, isolated, next_lines, shown};
use askama::Template;

/// 200 to `POST /accounts/{guid}/reset`. No `Debug`: it holds the password.
#[derive(Clone, Template)]
#[template(path = "done.html")]
#[allow(missing_docs, reason = "plain words")]
pub struct DonePage {
    pub frame: Frame,
    pub name: String,
    /// sAMAccountName, for the slip.
    pub account: String,
    /// "Alice Able's new password"
    pub heading: String,
    /// The password, cut after its hyphens; together it is the whole.
    pub groups: Vec<String>,
    pub spelled: Vec<SpelledGroup>,
    /// What was read back.
    pub confirmed: String,
    /// The reading back failed or says that the account is still locked. Empty: all is well.
    pub warning: String,
    /// Three lines to read out.
    pub next_lines: Vec<String>,
    pub account_link: String,
}

/// The spelling of one group.
#[derive(Clone)]
#[allow(missing_docs, reason = "plain words")]
pub struct SpelledGroup {
    pub text: String,
    pub lines: Vec<SpelledLine>,
}

/// One character and how it is said.
#[derive(Clone)]
#[allow(missing_docs, reason = "plain words")]
pub struct SpelledLine {
    pub character: String,
    pub said: String,
}

impl DonePage {
    /// The page of a done reset.
    pub fn new(context: &PageContext<'_>, receipt: &Receipt) -> Self {
        let name = isolated(&receipt.account.name);
        let password = receipt.password.expose();
        let heading = words::new_password_of(&name);
        Self {
            frame: Frame::new(heading.clone(), context),
            name: shown(&receipt.account.name),
            account: shown(&receipt.account.sam),
            heading,
            groups: groups(password),
            spelled: groups(password)
                .into_iter()
                .map(SpelledGroup::new)
                .collect(),
            confirmed: confirmed(receipt, &context.when()),
            warning: words::still_locked(receipt).unwrap_or_default(),
            next_lines: next_lines(receipt.must_change, password.contains('-'))
                .map(str::to_owned)
                .to_vec(),
            account_link: format!("/accounts/{}", receipt.account.guid),
        }
    }
}

impl SpelledGroup {
    fn new(text: String) -> Self {
        let lines = spell(&text)
            .into_iter()
            .map(|spelled| SpelledLine {
                character: spelled.character.to_string(),
                said: spelled.said,
            })
            .collect();
        Self { text, lines }
    }
}

/// Cuts after each hyphen, so that the parts together are the whole again.
fn groups(password: &str) -> Vec<String> {
    password.split_inclusive('-').map(str::to_owned).collect()
}
