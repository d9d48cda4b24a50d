//! Writing one JSON object without spaces, in the order in which its members are given.
//!
//! By hand, so that the bytes of a record depend on nothing but this file: they are hashed for good.

use crate::domain::text::{is_bidi_control, is_line_separator};
use std::fmt::Write;

/// An object that is being written; what is `None` is left out.
pub(super) struct Object(String);

impl Object {
    /// An object without members.
    pub(super) fn new() -> Self {
        Object("{".to_owned())
    }

    /// A member whose value is text.
    pub(super) fn text(self, key: &str, value: Option<&str>) -> Self {
        self.member(key, value.map(quoted))
    }

    /// A member whose value is a number.
    pub(super) fn number(self, key: &str, value: Option<impl Into<i128>>) -> Self {
        self.member(key, value.map(|number| number.into().to_string()))
    }

    /// A member whose value is true or false.
    pub(super) fn flag(self, key: &str, value: bool) -> Self {
        self.member(key, Some(value.to_string()))
    }

    /// A member whose value is an object.
    pub(super) fn object(self, key: &str, value: Option<Object>) -> Self {
        self.member(key, value.map(Object::close))
    }

    /// The text of the whole object.
    pub(super) fn close(mut self) -> String {
        self.0.push('}');
        self.0
    }

    fn member(mut self, key: &str, value: Option<String>) -> Self {
        let Some(value) = value else { return self };
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.0.push_str(&quoted(key));
        self.0.push(':');
        self.0.push_str(&value);
        self
    }
}

/// A JSON string. Besides `"` and `\`, what could break a line or turn its reading direction is escaped, always as `\uXXXX`.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            _ if c.is_control() || is_line_separator(c) || is_bidi_control(c) => {
                // All of them lie below U+10000, and writing to a String cannot fail.
                write!(quoted, "\\u{:04x}", u32::from(c)).unwrap_or_default();
            }
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_stand_in_the_order_given_and_absent_ones_are_left_out() {
        let inner = Object::new().text("t", Some("x"));
        let text = Object::new()
            .text("b", None)
            .number("z", Some(-1_i64))
            .flag("a", true)
            .object("o", Some(inner))
            .object("p", None)
            .close();
        assert_eq!(text, r#"{"z":-1,"a":true,"o":{"t":"x"}}"#);
        assert_eq!(Object::new().close(), "{}");
    }

    #[test]
    fn what_could_break_or_turn_a_line_is_escaped_in_one_way() {
        assert_eq!(
            quoted("a\"\\/\n\r\t\0\u{7f}\u{85}\u{2028}\u{2029}\u{202e}\u{2066}\u{200f}é🔑"),
            r#""a\"\\/\u000a\u000d\u0009\u0000\u007f\u0085\u2028\u2029\u202e\u2066\u200fé🔑""#
        );
    }

    #[test]
    fn other_readers_of_json_read_the_same_text() {
        let text: String = ('\0'..='\u{2fff}').chain(['\u{1f511}']).collect();
        assert_eq!(
            serde_json::from_str::<String>(&quoted(&text)).unwrap(),
            text
        );
    }
}
