//! Simple binds: which account a name means, whether the password is right, and what Active
//! Directory says when it is not enough (MS-ADTS 5.1.1.1, MS-SAMR 3.1.5.14.4, `data …` codes).

use super::access::Token;
use super::attributes;
use super::entry::{Entry, PasswordHash};
use super::folding::fold;
use super::policy::{self, Policy, flag};
use super::tree::Tree;
use crate::domain::identity::ObjectGuid;
use crate::domain::time::Filetime;
use jiff::{SignedDuration, Timestamp};

/// What a bind came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BindOutcome {
    /// Signed in.
    Success,
    /// Name or password was empty: nobody is signed in, and the result is success all the same
    /// (RFC 4513 5.1.2; Windows' default).
    Anonymous,
    /// No such account (525).
    NoSuchUser,
    /// Wrong password (52e).
    WrongPassword,
    /// Locked out (775), whatever the password.
    Locked,
    /// Right password, but the account is disabled (533).
    Disabled,
    /// Right password, but the account has expired (701).
    AccountExpired,
    /// Right password, but not at this hour (530).
    LogonHours,
    /// Right password, but not from here (531).
    Workstation,
    /// Right password, but it has grown too old (532).
    PasswordExpired,
    /// Right password, but it has to be changed first (773).
    MustChangePassword,
    /// Right password, but passwords alone are not enough: a smart card is required (52f).
    Restricted,
}

impl BindOutcome {
    /// The Windows error behind `data`; `None` for a success.
    pub(super) fn data(self) -> Option<&'static str> {
        match self {
            Self::Success | Self::Anonymous => None,
            Self::NoSuchUser => Some("525"),
            Self::WrongPassword => Some("52e"),
            Self::Locked => Some("775"),
            Self::Disabled => Some("533"),
            Self::AccountExpired => Some("701"),
            Self::LogonHours => Some("530"),
            Self::Workstation => Some("531"),
            Self::PasswordExpired => Some("532"),
            Self::MustChangePassword => Some("773"),
            Self::Restricted => Some("52f"),
        }
    }
}

/// Tries a name and a password; keeps count of wrong ones.
pub(super) fn bind(
    tree: &mut Tree,
    name: &str,
    password: &str,
    now: Timestamp,
) -> (BindOutcome, Option<Token>) {
    if name.is_empty() || password.is_empty() {
        return (BindOutcome::Anonymous, None);
    }
    let found = account(tree, name.trim()).map(|entry| (entry.guid, policy::of(tree, entry)));
    let Some((guid, policy)) = found else {
        return (BindOutcome::NoSuchUser, None);
    };
    let Some(entry) = tree.entry_mut(guid) else {
        return (BindOutcome::NoSuchUser, None);
    };
    let locked = entry.integer("lockoutTime");
    let outcome = authenticate(entry, &policy, password, now);
    if entry.integer("lockoutTime") != locked {
        tree.touch(guid, "lockoutTime", now);
    }
    let token = tree
        .entry(guid)
        .filter(|_| outcome == BindOutcome::Success)
        .and_then(|entry| Token::of(tree, entry));
    (outcome, token)
}

/// The account that a bind name means (MS-ADTS 5.1.1.1.1). `None` where it is not exactly one.
pub(super) fn account<'t>(tree: &'t Tree, name: &str) -> Option<&'t Entry> {
    if let Some(entry) = attributes::named(tree, name) {
        return Some(entry).filter(|entry| entry.class.is_account());
    }
    if let Some((domain, sam)) = name.split_once('\\') {
        let ours = tree.names.netbios.eq_ignore_ascii_case(domain);
        return principal(tree, sam).filter(|_| ours);
    }
    if let Some((sam, domain)) = name.rsplit_once('@') {
        let upn = only(tree.by_name("userPrincipalName", name));
        let names = [&tree.names.dns, &tree.names.netbios];
        let ours = names
            .into_iter()
            .any(|name| name.eq_ignore_ascii_case(domain));
        return upn.or_else(|| principal(tree, sam.trim_end()).filter(|_| ours));
    }
    if let Ok(sid) = name.parse() {
        return tree.by_sid(&sid).filter(|entry| entry.class.is_account());
    }
    let wanted = fold(name);
    let shown = |entry: &&Entry| {
        entry
            .text("displayName")
            .is_some_and(|is| fold(is) == wanted)
    };
    only(tree.entries().filter(shown))
}

fn principal<'t>(tree: &'t Tree, sam: &str) -> Option<&'t Entry> {
    tree.by_sam(sam).filter(|entry| entry.class.is_account())
}

fn only<'t>(found: impl Iterator<Item = &'t Entry>) -> Option<&'t Entry> {
    let mut accounts = found.filter(|entry| entry.class.is_account());
    let first = accounts.next();
    first.filter(|_| accounts.next().is_none())
}

fn authenticate(entry: &mut Entry, policy: &Policy, password: &str, now: Timestamp) -> BindOutcome {
    if policy::is_locked(entry, policy, now) {
        return BindOutcome::Locked;
    }
    let hash = PasswordHash::of(entry.guid, password);
    if entry.password != Some(hash) {
        // One of the two last passwords is somebody who forgot a change, not a guess.
        if !entry.history.iter().take(2).any(|old| *old == hash) {
            count_wrong_password(entry, policy, now);
        }
        return BindOutcome::WrongPassword;
    }
    let outcome = restriction(entry, policy, now).unwrap_or(BindOutcome::Success);
    if outcome == BindOutcome::Success {
        note_logon(entry, now);
    }
    outcome
}

/// One wrong password more; at the threshold the account is locked (MS-SAMR 3.1.1.7.1).
pub(super) fn count_wrong_password(entry: &mut Entry, policy: &Policy, now: Timestamp) {
    let recent = entry
        .filetime("badPasswordTime")
        .is_some_and(|last| last.duration_until(now) < policy.lockout_window);
    let count = if recent {
        entry.integer("badPwdCount").saturating_add(1)
    } else {
        1
    };
    entry.put_integer("badPwdCount", count);
    entry.put_filetime("badPasswordTime", Some(now));
    if policy.lockout_threshold > 0 && count >= policy.lockout_threshold {
        entry.put_filetime("lockoutTime", Some(now));
    }
}

/// What a right password is not enough for.
fn restriction(entry: &Entry, policy: &Policy, now: Timestamp) -> Option<BindOutcome> {
    let bits = entry.bits("userAccountControl");
    if bits & flag::DISABLED != 0 {
        return Some(BindOutcome::Disabled);
    }
    if entry
        .filetime("accountExpires")
        .is_some_and(|end| end <= now)
    {
        return Some(BindOutcome::AccountExpired);
    }
    if !within_logon_hours(entry, now) {
        return Some(BindOutcome::LogonHours);
    }
    if entry.text("userWorkstations").is_some() {
        return Some(BindOutcome::Workstation);
    }
    if bits & flag::SMARTCARD != 0 {
        return Some(BindOutcome::Restricted);
    }
    match policy::password_expiry(entry, policy) {
        0 => Some(BindOutcome::MustChangePassword),
        end if end <= Filetime::from_timestamp(now).0 => Some(BindOutcome::PasswordExpired),
        _ => None,
    }
}

/// `logonHours`: 168 bits, one for each hour of the week from Sunday, UTC; absent: always.
fn within_logon_hours(entry: &Entry, now: Timestamp) -> bool {
    let Some(super::entry::Value::Bytes(hours)) = entry.values("logonHours").first() else {
        return true;
    };
    // The Unix epoch was a Thursday.
    let hour = (now.as_second().div_euclid(3_600) + 4 * 24).rem_euclid(168);
    let (byte, bit) = (usize::try_from(hour / 8).unwrap_or(0), hour % 8);
    hours.get(byte).is_some_and(|byte| byte >> bit & 1 == 1)
}

fn note_logon(entry: &mut Entry, now: Timestamp) {
    const ABOUT: SignedDuration = SignedDuration::from_hours(9 * 24);
    entry.put_integer("badPwdCount", 0);
    if entry.integer("lockoutTime") != 0 {
        entry.put_integer("lockoutTime", 0);
    }
    entry.put_filetime("lastLogon", Some(now));
    let count = entry.integer("logonCount").saturating_add(1);
    entry.put_integer("logonCount", count);
    let last = entry.filetime("lastLogonTimestamp");
    if last.is_none_or(|last| last.duration_until(now) > ABOUT) {
        entry.put_filetime("lastLogonTimestamp", Some(now));
    }
}

/// Whether this is the account's password; for tests that ask what really was set.
pub(super) fn password_is(tree: &Tree, guid: ObjectGuid, password: &str) -> bool {
    tree.entry(guid)
        .is_some_and(|entry| entry.password == Some(PasswordHash::of(guid, password)))
}

#[cfg(test)]
mod tests {
    use super::super::test_domain;
    use super::*;

    #[test]
    fn a_name_means_one_account_or_none() {
        let tree = test_domain::tree(Timestamp::UNIX_EPOCH).unwrap();
        let means = |name: &str| account(&tree, name).map(|entry| entry.sam().to_owned());
        for (name, sam) in [
            ("lead.upn@example.test", Some("lead.upn")),
            ("another.name@EXAMPLE.test", Some("lead.upn")),
            ("lead.suffix@example.org", Some("lead.suffix")),
            ("lead.upn @example.test", Some("lead.upn")),
            ("EXAMPLE\\zoë.größe", Some("zoë.größe")),
            ("Norma Nobody", Some("norma.nobody")),
            ("Chris Twin", None),
            ("norma.nobody", None),
            ("OTHER\\norma.nobody", None),
            ("example.test\\norma.nobody", None),
            ("CN=Team Leads,OU=Groups,DC=example,DC=test", None),
            ("EXAMPLE\\Team Leads", None),
            ("<GUID=garbage>", None),
            ("", None),
        ] {
            assert_eq!(means(name).as_deref(), sam, "{name}");
        }
        let norma = tree.by_sam("norma.nobody").unwrap();
        let sid = norma.sid.as_ref().unwrap().to_string();
        assert_eq!(means(&sid).as_deref(), Some("norma.nobody"));
    }

    #[test]
    fn hours_are_counted_from_sunday_in_utc() {
        let mut tree = test_domain::tree(Timestamp::UNIX_EPOCH).unwrap();
        let guid = tree.by_sam("lead.hours").unwrap().guid;
        let entry = tree.entry_mut(guid).unwrap();
        // Monday from 9 to 10 o'clock: hour 33, so bit 1 of byte 4.
        let mut hours = vec![0; 21];
        hours[4] = 0b10;
        entry.put("logonHours", vec![super::super::entry::Value::Bytes(hours)]);
        let at = |time: &str| within_logon_hours(entry, time.parse().unwrap());
        assert!(at("2026-03-02T09:30:00Z"));
        assert!(!at("2026-03-02T10:00:00Z"));
        assert!(!at("2026-03-03T09:30:00Z"));
    }
}
