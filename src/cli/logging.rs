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
    start_with("warn");
}

fn start_with(usual: &str) {
    let named = std::env::var("KEYWARD_LOG").ok();
    let filter = filter(named.as_deref(), usual);
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

/// Whatever is asked for, the LDAP codec stays silent: it prints whole messages, with the passwords
/// in them, and the raw bytes of those that it cannot read.
fn filter(named: Option<&str>, usual: &str) -> EnvFilter {
    let named = named.map(|named| {
        let others = named
            .split(',')
            .filter(|part| !part.contains("ldap3_proto"));
        others.collect::<Vec<_>>().join(",")
    });
    let named = named.and_then(|named| EnvFilter::try_new(named).ok());
    let filter = named.unwrap_or_else(|| EnvFilter::new(usual));
    match "ldap3_proto=off".parse() {
        Ok(silent) => filter.add_directive(silent),
        Err(_) => EnvFilter::new("error"),
    }
}

#[cfg(test)]
mod tests {
    use super::filter;

    #[test]
    fn no_setting_makes_the_codec_print_messages() {
        for named in [
            None,
            Some("trace"),
            Some("trace,ldap3_proto=trace,ldap3_proto::proto=trace"),
            Some("=?"),
        ] {
            let filter = filter(named, "info").to_string();
            assert!(filter.contains("ldap3_proto=off"), "{filter}");
            assert_eq!(filter.matches("ldap3_proto").count(), 1, "{filter}");
        }
    }

    #[test]
    fn what_is_asked_for_is_logged_else_the_usual() {
        assert!(filter(Some("debug"), "info").to_string().contains("debug"));
        assert!(filter(None, "info").to_string().contains("info"));
    }
}
