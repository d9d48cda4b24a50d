//! The `danger_…` switches: each that is set is a failure, whatever else is well.

use super::check::Check;
use super::words::danger as words;
use crate::config::{Channel, Settings};

/// A switch that makes something dangerous possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Danger {
    /// `[web] danger_allow_plain_http`, and it takes effect.
    PlainHttp,
    /// `[delegation] danger_allow_excess_rights`.
    ExcessRights,
}

/// One check for each switch that is set, or one that says that none is.
pub(super) fn look(settings: &Settings) -> Vec<Check> {
    let plain = settings.web.channel == Channel::DangerPlain;
    let excess = settings.delegation.danger_allow_excess_rights;
    let set: Vec<Danger> = plain
        .then_some(Danger::PlainHttp)
        .into_iter()
        .chain(excess.then_some(Danger::ExcessRights))
        .collect();
    if set.is_empty() {
        return vec![words::none().named("settings.danger")];
    }
    set.into_iter()
        .map(|danger| words::danger(danger).named("settings.danger"))
        .collect()
}
