//! The kinds of values that settings have, each parsed once. What is of use to one section only
//! stands in that section's file.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::document::Raw;

/// A value that can be read from what was written.
pub(super) trait Value: Sized {
    /// What a value must be: completes "must be …".
    const EXPECTED: &'static str;

    /// Relative paths are relative to `base`.
    ///
    /// # Errors
    /// What it must be; never the value.
    fn parse(raw: &Raw, base: &Path) -> Result<Self, &'static str>;
}

/// Text of one line that is not empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text(String);

impl Text {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Value for Text {
    const EXPECTED: &'static str = "text of one line that is not empty";
    fn parse(raw: &Raw, _: &Path) -> Result<Self, &'static str> {
        raw.text()
            .map(str::trim)
            .filter(|text| !text.is_empty() && !text.contains(char::is_control))
            .map(|text| Self(text.to_owned()))
            .ok_or(Self::EXPECTED)
    }
}

impl Value for bool {
    const EXPECTED: &'static str = "true or false";
    fn parse(raw: &Raw, _: &Path) -> Result<Self, &'static str> {
        raw.flag().ok_or(Self::EXPECTED)
    }
}

impl Value for PathBuf {
    const EXPECTED: &'static str = "the name of a file";
    fn parse(raw: &Raw, base: &Path) -> Result<Self, &'static str> {
        Text::parse(raw, base)
            .map(|text| base.join(text.0))
            .map_err(|_| Self::EXPECTED)
    }
}

impl Value for SocketAddr {
    const EXPECTED: &'static str = "an address and a port, such as 127.0.0.1:8080 or [::1]:8080";
    fn parse(raw: &Raw, _: &Path) -> Result<Self, &'static str> {
        raw.text()
            .and_then(|text| text.parse().ok())
            .ok_or(Self::EXPECTED)
    }
}

/// A whole number within limits, in a unit of time.
macro_rules! span {
    ($(#[$about:meta])* $name:ident, $seconds:literal, $range:pat, $expected:literal) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name(u16);

        impl $name {
            /// As a length of time.
            pub fn duration(self) -> Duration {
                Duration::from_secs(u64::from(self.0) * $seconds)
            }
        }

        impl Value for $name {
            const EXPECTED: &'static str = $expected;
            fn parse(raw: &Raw, _: &Path) -> Result<Self, &'static str> {
                match raw.number().and_then(|number| u16::try_from(number).ok()) {
                    Some(number @ $range) => Ok(Self(number)),
                    _ => Err(Self::EXPECTED),
                }
            }
        }
    };
}

span!(
    /// 1 to 60 seconds.
    Seconds, 1, 1..=60, "a whole number of seconds from 1 to 60"
);
span!(
    /// 1 to 1440 minutes.
    Minutes, 60, 1..=1440, "a whole number of minutes from 1 to 1440"
);
span!(
    /// 1 to 24 hours.
    Hours, 3600, 1..=24, "a whole number of hours from 1 to 24"
);

#[cfg(test)]
mod tests {
    use super::*;
    use zeroize::Zeroizing;

    fn text<T: Value>(text: &str) -> Result<T, &'static str> {
        T::parse(&Raw::untyped(text), Path::new("/etc/keyward"))
    }

    #[test]
    fn numbers_have_limits_and_units() {
        assert_eq!(
            text::<Minutes>("10").map(Minutes::duration),
            Ok(Duration::from_mins(10))
        );
        assert_eq!(
            text::<Hours>("24").map(Hours::duration),
            Ok(Duration::from_hours(24))
        );
        for wrong in ["0", "61", "-1", "5s", "1.5", "", "70000"] {
            assert_eq!(text::<Seconds>(wrong), Err(Seconds::EXPECTED), "{wrong}");
        }
    }

    #[test]
    fn toml_types_are_not_guessed() {
        let quoted = Raw::Text(Zeroizing::new("10".to_owned()));
        assert!(Seconds::parse(&quoted, Path::new("")).is_err());
        assert!(bool::parse(&Raw::Text(Zeroizing::new("true".to_owned())), Path::new("")).is_err());
        assert!(Text::parse(&Raw::Number(5), Path::new("")).is_err());
    }

    #[test]
    fn paths_are_relative_to_the_settings_file() {
        assert_eq!(text::<PathBuf>("ca.pem"), Ok("/etc/keyward/ca.pem".into()));
        assert_eq!(text::<PathBuf>("/run/ca.pem"), Ok("/run/ca.pem".into()));
        assert!(text::<PathBuf>(" ").is_err());
    }

    #[test]
    fn words_for_yes_and_no_are_understood_in_ini() {
        assert_eq!(text::<bool>("Yes"), Ok(true));
        assert_eq!(text::<bool>("off"), Ok(false));
        assert!(text::<bool>("1x").is_err());
    }
}
