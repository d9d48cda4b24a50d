//! What an operator's reason has to look like.

use std::str::FromStr;

/// Whether a reason has to be given, and what it has to look like.
#[derive(Debug, Clone, Default)]
pub struct ReasonRule {
    /// There must be one.
    pub required: bool,
    /// What one must look like; `None`: any text.
    pub pattern: Option<ReasonPattern>,
}

/// Why a reason does not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnfitReason {
    /// There is none.
    Missing,
    /// It is not what was asked for.
    Pattern,
    /// There is none, and the person was helped a short while ago.
    Again,
}

impl ReasonRule {
    /// Whether operators are asked for a reason at all.
    pub fn is_asked_for(&self) -> bool {
        self.required || self.pattern.is_some()
    }

    /// Judges a reason.
    ///
    /// # Errors
    /// [`UnfitReason`]
    pub fn check(&self, reason: Option<&str>) -> Result<(), UnfitReason> {
        match (reason, &self.pattern) {
            (None, _) if self.required => Err(UnfitReason::Missing),
            (Some(reason), Some(pattern)) if !pattern.accepts(reason) => Err(UnfitReason::Pattern),
            _ => Ok(()),
        }
    }
}

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

    /// As it was written.
    pub fn as_str(&self) -> &str {
        let whole = self.0.as_str();
        let inner = whole.strip_prefix(r"\A(?:");
        inner
            .and_then(|inner| inner.strip_suffix(r")\z"))
            .unwrap_or(whole)
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
        assert_eq!(pattern.as_str(), "INC[0-9]{3}|on site");
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
    fn a_reason_is_missing_unfit_or_fine() {
        let pattern = "INC[0-9]{3}".parse().ok();
        let strict = ReasonRule {
            required: true,
            pattern: pattern.clone(),
        };
        assert_eq!(strict.check(None), Err(UnfitReason::Missing));
        assert_eq!(strict.check(Some("forgotten")), Err(UnfitReason::Pattern));
        assert_eq!(strict.check(Some("INC123")), Ok(()));
        let optional = ReasonRule {
            required: false,
            pattern,
        };
        assert_eq!(optional.check(None), Ok(()));
        assert_eq!(optional.check(Some("forgotten")), Err(UnfitReason::Pattern));
        assert!(optional.is_asked_for() && !ReasonRule::default().is_asked_for());
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for wrong in ["(", "a)|(b", "[", "*"] {
            assert!(wrong.parse::<ReasonPattern>().is_err(), "{wrong}");
        }
    }
}
