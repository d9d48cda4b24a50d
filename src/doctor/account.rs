//! The service account, point by point: what the article asks of it, and nothing that the proof of
//! its rights says already.

use super::check::Check;
use super::words::account as words;
use crate::directory::ServiceToken;
use crate::domain::account::{AccountFlags, ProtectedGroups};
use crate::domain::identity::Sid;

/// `NOT_DELEGATED` (MS-ADTS 2.2.16): its identity cannot be passed on by a server it signs in to.
const NOT_DELEGATED: u32 = 0x10_0000;

/// What can be wrong with the state of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It cannot sign in.
    Disabled,
    /// It has to change its password first.
    MustChange,
    /// Its password ends some day.
    PasswordExpires,
}

/// Every point that its own object tells. `domain`: the domain's SID.
pub(super) fn look(token: &ServiceToken, domain: &Sid) -> Vec<Check> {
    let account = &token.account;
    vec![
        words::state(&state(token)).named("account.state"),
        words::groups(&admin_groups(token, domain)).named("account.groups"),
        words::delegation(account.flags & NOT_DELEGATED != 0).named("account.delegation"),
        words::spns(&account.spns).named("account.spn"),
    ]
}

/// The accounts that lie in the same container beside it; `more`: there are others still.
pub(super) fn place(token: &ServiceToken, beside: &[String], more: bool) -> Check {
    let parent = token.account.dn.parent();
    let is_ou = parent
        .as_ref()
        .is_some_and(|parent| starts_with_ou(parent.as_str()));
    words::place(is_ou, beside, more).named("account.place")
}

fn starts_with_ou(dn: &str) -> bool {
    dn.split_once('=')
        .is_some_and(|(kind, _)| kind.trim().eq_ignore_ascii_case("OU"))
}

fn state(token: &ServiceToken) -> Vec<State> {
    let flags = AccountFlags(token.account.flags);
    let mut found = Vec::new();
    if flags.disabled() {
        found.push(State::Disabled);
    }
    if flags.must_change_password(token.account.password_last_set) {
        found.push(State::MustChange);
    }
    if !flags.password_never_expires() {
        found.push(State::PasswordExpires);
    }
    found
}

/// Names of the groups in its token that make an administrator of some kind.
fn admin_groups(token: &ServiceToken, domain: &Sid) -> Vec<String> {
    let admins = ProtectedGroups::of_domain(domain);
    token
        .groups
        .iter()
        .filter(|group| admins.contains(&group.sid))
        .map(|group| group.name.clone())
        .collect()
}
