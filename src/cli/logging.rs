//! The log of a running service: readable lines on standard error, for journald and for people.

use std::io::{self, IsTerminal as _};

use tracing::{Level, Metadata};
use tracing_subscriber::filter::{EnvFilter, FilterExt as _, filter_fn};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::directory::CODEC;

/// Which lines there are; `KEYWARD_LOG` names others, as in `debug` or `keyward::directory=debug`.
const USUAL: &str = "info";

/// Crates that print what they carry when they are asked for more than warnings.
const CARRIERS: [&str; 2] = ["hyper", "rustls"];

/// Starts it. A second call does nothing.
pub(super) fn start() {
    start_with(USUAL);
}

/// Starts it for somebody who reads something else in the same terminal: warnings only.
#[cfg(feature = "demo")]
pub(super) fn start_quietly() {
    start_with("warn");
}

/// Starts it only where somebody asks with `KEYWARD_LOG`: for a command whose result says it all.
pub(super) fn start_if_asked() {
    if std::env::var_os("KEYWARD_LOG").is_some() {
        start_with(USUAL);
    }
}

fn start_with(usual: &str) {
    let wanted = EnvFilter::try_from_env("KEYWARD_LOG").unwrap_or_else(|_| EnvFilter::new(usual));
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal() && !no_color)
        .with_target(false)
        .with_filter(wanted.and(filter_fn(carries_nothing)));
    if tracing_subscriber::registry()
        .with(lines)
        .try_init()
        .is_err()
    {
        tracing::debug!("the log was started before");
    }
}

/// However much somebody asks for, no line may hold a password. The codec says nothing at all: its
/// errors print the raw bytes that it could not read.
fn carries_nothing(line: &Metadata<'_>) -> bool {
    let source = line.target().split("::").next().unwrap_or_default();
    source != CODEC && (*line.level() <= Level::WARN || !CARRIERS.contains(&source))
}
