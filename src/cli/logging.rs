//! The log of a running service: readable lines on standard error, for journald and for people.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::EnvFilter;

/// Which lines there are; `KEYWARD_LOG` names others, as in `debug` or `keyward::directory=debug`.
const USUAL: &str = "info";

/// Starts it. A second call does nothing.
pub(super) fn start() {
    start_with(USUAL);
}

/// Starts it for somebody who reads something else in the same terminal: warnings only.
#[cfg(feature = "demo")]
pub(super) fn start_quietly() {
    // The codec warns of each control that it has no type for, such as POLICY_HINTS.
    start_with("warn,ldap3_proto=error");
}

fn start_with(usual: &str) {
    let filter = EnvFilter::try_from_env("KEYWARD_LOG").unwrap_or_else(|_| EnvFilter::new(usual));
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let started = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal() && !no_color)
        .with_target(false)
        .try_init();
    if started.is_err() {
        tracing::debug!("the log was started before");
    }
}
