//! The new password, shown once: to read, to copy, to spell, to print.

use super::{Frame, PageContext};
use crate::actions::Receipt;
use crate::domain::password::spell;
use crate::web::words::{self, confirmed, isolated, label, next_lines, shown};
use askama::Template;

/// 200 to `POST /accounts/{guid}/reset`. No `Debug`: it holds the password.
#[derive(Template)]
#[template(path = "done.html")]
#[allow(missing_docs, reason = "plain words")]
pub struct DonePage {
    pub frame: Frame,
    /// sAMAccountName, for the slip.
    pub account: String,
    /// "Alice Able's new password"
    pub heading: String,
    /// The password, cut at its hyphens; together with them it is the whole. Empty: the operator typed it, and is not
    /// shown it.
    pub groups: Vec<Group>,
    pub spelled: Vec<SpelledGroup>,
    /// What was read back.
    pub confirmed: String,
    /// The reading back failed or says that the account is still locked. Empty: all is well.
    pub warning: String,
    /// Three lines to read out.
    pub next_lines: Vec<String>,
    pub account_link: String,
    /// "Back to Alice Able"
    pub back: String,
}

/// A word or number of the password.
#[allow(missing_docs, reason = "plain words")]
pub struct Group {
    pub word: String,
    /// All digits: marked, so that nobody reads them as letters.
    pub digits: bool,
    /// Whether a hyphen follows.
    pub hyphen: bool,
}

/// The spelling of one group.
#[allow(missing_docs, reason = "plain words")]
pub struct SpelledGroup {
    pub text: String,
    pub lines: Vec<SpelledLine>,
}

/// One character and how it is said.
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
            account: shown(&receipt.account.sam),
            heading,
            groups: Group::all(password),
            spelled: parts(password).map(SpelledGroup::new).collect(),
            confirmed: confirmed(receipt, &context.when()),
            warning: words::still_locked(receipt).unwrap_or_default(),
            next_lines: next_lines(receipt.must_change, password.contains('-'))
                .map(str::to_owned)
                .to_vec(),
            back: words::back_to(&name),
            account_link: format!("/accounts/{}", receipt.account.guid),
        }
    }
}

impl DonePage {
    /// The same where the operator typed the password and knows it: it is not sent back.
    pub fn as_typed(context: &PageContext<'_>, receipt: &Receipt) -> Self {
        Self {
            groups: Vec::new(),
            spelled: Vec::new(),
            ..Self::new(context, receipt)
        }
    }
}

impl SpelledGroup {
    fn new(text: &str) -> Self {
        let lines = spell(text)
            .into_iter()
            .map(|spelled| SpelledLine {
                character: spelled.character.to_string(),
                said: spelled.said,
            })
            .collect();
        Self {
            text: text.to_owned(),
            lines,
        }
    }
}

/// Cuts after each hyphen, so that the parts together are the whole again.
fn parts(password: &str) -> impl Iterator<Item = &str> {
    password.split_inclusive('-')
}

impl Group {
    pub(super) fn all(password: &str) -> Vec<Self> {
        parts(password)
            .map(|part| {
                let word = part.strip_suffix('-').unwrap_or(part);
                Self {
                    word: word.to_owned(),
                    digits: !word.is_empty()
                        && word.chars().all(|character| character.is_ascii_digit()),
                    hyphen: word.len() < part.len(),
                }
            })
            .collect()
    }
}
