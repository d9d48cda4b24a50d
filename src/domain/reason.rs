//! What an operator's reason has to look like.

use std::str::FromStr;

/// A regular expression that the whole reason must match.
#[derive(Debug, Clone)]
pub struct ReasonPattern(regex_lite::Regex);

/// Not a regular expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a regular expression")]
pub struct InvalidReasonPattern;

impl ReasonPattern {
    /// Whether all of `reason` is what was asked for.
    pub fn accepts(&self, reason: &str) -> bool {
        self.0.is_match(reason)
    }
}

impl FromStr for ReasonPattern {
    type Err = InvalidReasonPattern;
    fn from_str(text: &str) -> Result<Self, InvalidReasonPattern> {
        // Alone first: a stray bracket must not find its partner in what is put around it.
        regex_lite::Regex::new(text).map_err(|_| InvalidReasonPattern)?;
        regex_lite::Regex::new(&format!(r"\A(?:{text})\z"))
            .map(Self)
            .map_err(|_| InvalidReasonPattern)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_reason_must_match() {
        let pattern: ReasonPattern = "INC[0-9]{3}|on site".parse().expect("a pattern");
        assert!(pattern.accepts("INC123") && pattern.accepts("on site"));
        for refused in [
            "",
            "INC12",
            "INC1234",
            "xINC123",
            "INC123\n",
            "on site please",
        ] {
            assert!(!pattern.accepts(refused), "{refused:?}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for wrong in ["(", "a)|(b", "[", "*"] {
            assert!(wrong.parse::<ReasonPattern>().is_err(), "{wrong}");
        }
    }
}
