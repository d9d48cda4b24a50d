//! A check: its name, how it came out, and what a person is told.

use serde::Serialize;

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Ok,
    /// Works, but somebody should look; or it could not be looked at.
    Warn,
    /// Does not work, or is dangerous.
    Fail,
}

impl Level {
    /// The word at the beginning of the line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// What is told of one thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Short and stable, such as `controller.clock`.
    pub name: &'static str,
    /// Which one, where there are several: a domain controller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// How it came out.
    #[serde(rename = "outcome")]
    pub level: Level,
    /// One sentence: what is so.
    pub sentence: String,
    /// Further lines: names, times, findings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub list: Vec<String>,
    /// Where it is not `ok`: why, what mends it, where to read.
    #[serde(flatten)]
    pub advice: Option<Advice>,
}

/// What helps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// The likely cause.
    pub cause: String,
    /// The commands or steps that mend it, in order.
    pub mend: Vec<String>,
    /// Where to read: a file of the documentation and its heading.
    pub read: &'static str,
}

/// What a check says before it has its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    pub level: Level,
    pub sentence: String,
    pub list: Vec<String>,
    pub advice: Option<Advice>,
}

impl Told {
    /// All is well.
    pub(super) fn ok(sentence: impl Into<String>) -> Self {
        Self {
            level: Level::Ok,
            sentence: sentence.into(),
            list: Vec::new(),
            advice: None,
        }
    }

    /// Somebody should look.
    pub(super) fn warn(sentence: impl Into<String>, advice: Advice) -> Self {
        Self {
            level: Level::Warn,
            advice: Some(advice),
            ..Self::ok(sentence)
        }
    }

    /// It does not work, or is dangerous.
    pub(super) fn fail(sentence: impl Into<String>, advice: Advice) -> Self {
        Self {
            level: Level::Fail,
            ..Self::warn(sentence, advice)
        }
    }

    /// With further lines.
    pub(super) fn listing(self, list: Vec<String>) -> Self {
        Self { list, ..self }
    }

    /// As a check.
    pub(super) fn named(self, name: &'static str) -> Check {
        Check {
            name,
            about: None,
            level: self.level,
            sentence: self.sentence,
            list: self.list,
            advice: self.advice,
        }
    }
}

impl Check {
    /// About this one.
    pub(super) fn about(self, about: &str) -> Self {
        Self {
            about: Some(about.to_owned()),
            ..self
        }
    }
}

impl Advice {
    /// Why, what mends it, where to read.
    pub(super) fn new<const N: usize>(
        cause: impl Into<String>,
        mend: [&str; N],
        read: &'static str,
    ) -> Self {
        Self {
            cause: cause.into(),
            mend: mend.iter().map(ToString::to_string).collect(),
            read,
        }
    }
}
