//! `[reset]`: what an operator has to say.

use std::path::Path;

use super::document::Raw;
use super::section::section;
use super::value::{Text, Value};
use crate::domain::reason::ReasonPattern;

section! {
    /// What an operator has to say about a reset or an unlock. It goes into the audit log.
    Reset = "reset" {
        /// Whether a reason must be given.
        reason_required: bool = "false",
        /// A regular expression that the whole reason must match, such as `(INC|REQ)[0-9]{6}.*`.
        /// It applies where a reason is given. Left out: any text.
        reason_pattern: Option<ReasonPattern>,
        /// A sentence beside the box that says what to write, such as "The number of the ticket".
        reason_hint: Option<Text>,
    }
}

impl Value for ReasonPattern {
    const EXPECTED: &'static str = "a regular expression, such as (INC|REQ)[0-9]{6}.*";
    fn parse(raw: &Raw, _: &Path) -> Result<Self, &'static str> {
        raw.text()
            .and_then(|text| text.parse().ok())
            .ok_or(Self::EXPECTED)
    }
}
