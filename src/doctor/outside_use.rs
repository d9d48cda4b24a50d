//! Resets below the user OU that the directory knows and the log does not: somebody else made them,
//! perhaps with the service account's own password.
//!
//! Replication metadata tell how often a password was set, when, and where, never by whom. A reset
//! that forces a change leaves `pwdLastSet` at 0, which no person can do to themselves, so it is told
//! apart. One that does not looks exactly like a person's own change: those are counted, and nobody
//! is accused. What the log has is recognised by the version of the password before it, not by times.

use crate::directory::metadata::AttributeVersion;
use crate::directory::password_changes::PasswordChange;
use crate::directory::{Directory, DirectoryError};
use crate::domain::audit::{AuditAction, AuditResult, Detail};
use crate::domain::identity::{Dn, ObjectGuid};
use crate::domain::time::Filetime;
use crate::store::{AuditReader, Looks, PastAttempt, SeenChange, StoreError};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashSet;

/// A change may reach the domain controller that is asked so much later than it was made.
pub(super) const OVERLAP: SignedDuration = SignedDuration::from_hours(24);
/// Within this time an account that was just made gets its first password…
const FIRST_PASSWORD: SignedDuration = SignedDuration::from_hours(24);
/// … which is the second version where the account is made without one and given one then.
const FIRST_VERSIONS: u32 = 2;
/// Tools set password and "must change" in one step or in two that follow each other at once.
const AT_ONCE: SignedDuration = SignedDuration::from_mins(1);
/// The controller's clock, which dates a change, and ours, which dates its record, differ by less.
pub(super) const CLOCKS_APART: SignedDuration = SignedDuration::from_mins(10);
/// For so long a reset that was found is shown.
pub const SHOWN_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Changes that are remembered at most; more than a domain of 100,000 has in a day.
const MOST: usize = 200_000;

/// What a look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutsideUse {
    /// The look before this one; `None`: this is the first, which only sets the mark.
    pub since: Option<Timestamp>,
    /// Resets by somebody else that any look found in the last 30 days, newest first.
    pub resets: Vec<SeenChange>,
    /// Those of them that this look found.
    pub new: Vec<SeenChange>,
    /// Changes since the last look that may be people's own or a reset without "must change".
    pub own_or_reset: usize,
    /// Changes since the last look that the log has.
    pub ours: usize,
}

/// Why there is no look.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutsideUseError {
    /// The directory.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The log, or what the last look left.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a change of a password is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// The log has it.
    Ours,
    /// The first password of a new account.
    First,
    /// Somebody reset it with "must change", and the log has nothing of it.
    Outside,
    /// A person's own change, or a reset without "must change"; or a change of a time whose records
    /// are in an archive, where it is not looked for.
    OwnOrReset,
}

/// Where a look begins, and what it need not judge again.
struct Begin {
    from: Timestamp,
    judged: HashSet<(ObjectGuid, u32)>,
    /// What was changed until then may be in an archive.
    archived: Option<Timestamp>,
}

/// Looks at all changes since the last look, and keeps this one. `progress` hears how many accounts
/// were read.
///
/// # Errors
/// Nothing is kept then, and the next look begins where this one did.
pub async fn look(
    directory: &Directory,
    log: &AuditReader,
    looks: &Looks,
    scope: &Dn,
    now: Timestamp,
    mut progress: impl FnMut(u64),
) -> Result<OutsideUse, OutsideUseError> {
    let key = scope.as_str().to_lowercase();
    let last = looks.passwords(&key).await?;
    let since = last.as_ref().map(|last| last.at);
    let begin = Begin {
        from: before(since.unwrap_or(now), OVERLAP),
        judged: last.map(|last| last.judged).unwrap_or_default(),
        archived: log.archived_until().await?,
    };
    let service = directory.domain_facts().await?.service_account.clone();
    let mut found = Found::default();
    let mut changes = directory.password_changes(scope).since(begin.from);
    let mut read = 0;
    while let Some(page) = changes.next().await? {
        read += u64::try_from(page.len()).unwrap_or(0);
        progress(read);
        for state in page
            .iter()
            .filter(|state| state.sid.as_ref() != Some(&service))
        {
            if let Some(version) = begin.reaches(state) {
                found
                    .judge(state, version, &begin, since.is_some(), log)
                    .await?;
            }
        }
    }
    // What the next look meets again begins a day before this one.
    let again = before(now, OVERLAP);
    found.all.retain(|change| change.changed > again);
    found.all.truncate(MOST);
    looks
        .note_passwords(&key, now, &found.all, &found.outside)
        .await?;
    Ok(OutsideUse {
        since,
        resets: looks.outside_resets(before(now, SHOWN_FOR)).await?,
        new: found.outside,
        own_or_reset: found.own_or_reset,
        ours: found.ours,
    })
}

#[derive(Default)]
struct Found {
    all: Vec<SeenChange>,
    outside: Vec<SeenChange>,
    own_or_reset: usize,
    ours: usize,
}

impl Begin {
    /// A password that was changed after the beginning; `None` too where the account may not be read.
    fn reaches(&self, change: &PasswordChange) -> Option<SeenChange> {
        let password = change
            .password
            .filter(|password| password.changed > self.from)?;
        Some(SeenChange {
            target: change.guid?,
            name: change.sam.clone(),
            version: password.version,
            changed: password.changed,
        })
    }
}

impl Begin {
    /// Nobody is accused of what an archived record of ours may explain.
    fn without_the_archived(&self, origin: Origin, seen: &SeenChange) -> Origin {
        match origin {
            Origin::Outside if may_be_archived(seen, self.archived) => Origin::OwnOrReset,
            origin => origin,
        }
    }
}

/// Whether a record of ours that explains this may be in an archive.
pub(super) fn may_be_archived(seen: &SeenChange, archived: Option<Timestamp>) -> bool {
    archived.is_some_and(|until| seen.changed.duration_since(until) < CLOCKS_APART)
}

impl Found {
    async fn judge(
        &mut self,
        change: &PasswordChange,
        seen: SeenChange,
        begin: &Begin,
        not_the_first: bool,
        log: &AuditReader,
    ) -> Result<(), StoreError> {
        let is_new = !begin.judged.contains(&(seen.target, seen.version));
        if not_the_first && is_new {
            let past = log.attempts_on(seen.target).await?;
            match begin.without_the_archived(origin(change, &seen, &past), &seen) {
                Origin::Ours => self.ours += 1,
                Origin::First => {}
                Origin::Outside => self.outside.push(seen.clone()),
                Origin::OwnOrReset => self.own_or_reset += 1,
            }
        }
        self.all.push(seen);
        Ok(())
    }
}

pub(super) fn origin(change: &PasswordChange, seen: &SeenChange, past: &[PastAttempt]) -> Origin {
    if past.iter().any(|past| made(past, seen)) {
        Origin::Ours
    } else if is_first(change, seen) {
        Origin::First
    } else if is_to_be_changed_since(change, seen) {
        Origin::Outside
    } else {
        Origin::OwnOrReset
    }
}

/// Whether the account was just made.
fn is_first(change: &PasswordChange, seen: &SeenChange) -> bool {
    let age = change
        .created
        .map(|created| seen.changed.duration_since(created));
    seen.version <= FIRST_VERSIONS && age.is_some_and(|age| age < FIRST_PASSWORD)
}

/// Whether the password had to be changed from the moment on that it was set. A person's own change
/// sets `pwdLastSet` to its time; where that became 0 later, somebody ticked "must change" afterwards.
fn is_to_be_changed_since(change: &PasswordChange, seen: &SeenChange) -> bool {
    let when = |last: AttributeVersion| last.changed.duration_since(seen.changed);
    change.last_set_value == Filetime(0)
        && change.last_set.is_some_and(|last| when(last) <= AT_ONCE)
}

/// Whether an attempt of ours made this version. One whose end is not known may have.
fn made(past: &PastAttempt, seen: &SeenChange) -> bool {
    let entry = &past.record.entry;
    let may_be = match past.result {
        None | Some(AuditResult::Ok | AuditResult::Unknown) => true,
        Some(AuditResult::Refused | AuditResult::Failed) => false,
    };
    if entry.action != AuditAction::ResetPassword || !may_be {
        return false;
    }
    match entry
        .details
        .get("password_version")
        .and_then(Detail::as_u64)
    {
        Some(before) => before + 1 == u64::from(seen.version),
        // The version could not be read before the reset: then the time has to do.
        None => seen.changed.duration_since(past.record.time).abs() < CLOCKS_APART,
    }
}

fn before(time: Timestamp, span: SignedDuration) -> Timestamp {
    time.checked_sub(span).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit::{Entry, Phase, Record, Seq};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    const WHEN: &str = "2026-03-01T08:00:00Z";
    const MUST_CHANGE: Filetime = Filetime(0);
    const SET: Filetime = Filetime(134_168_420_961_234_567);

    fn attribute(version: u32, changed: &str) -> AttributeVersion {
        AttributeVersion {
            version,
            changed: at(changed),
            origin: ObjectGuid::from([7; 16]),
        }
    }

    fn change(last_set_value: Filetime) -> PasswordChange {
        PasswordChange {
            dn: "CN=Alice".to_owned(),
            guid: Some(ObjectGuid::from([1; 16])),
            sid: None,
            name: "Alice Able".to_owned(),
            sam: "alice".to_owned(),
            created: Some(at("2020-01-01T00:00:00Z")),
            password: Some(attribute(7, WHEN)),
            last_set: Some(attribute(7, WHEN)),
            last_set_value,
        }
    }

    fn seen(version: u32) -> SeenChange {
        SeenChange {
            target: ObjectGuid::from([1; 16]),
            name: "alice".to_owned(),
            version,
            changed: at(WHEN),
        }
    }

    fn attempt(before: Option<u32>, result: Option<AuditResult>) -> PastAttempt {
        let mut entry = Entry {
            phase: Phase::Attempt,
            ..Entry::new(AuditAction::ResetPassword)
        };
        if let Some(before) = before {
            let before = before.into();
            entry.details.insert("password_version".to_owned(), before);
        }
        PastAttempt {
            record: Record {
                seq: Seq(1),
                time: at("2026-03-01T08:00:01Z"),
                entry,
            },
            result,
        }
    }

    #[test]
    fn a_reset_that_the_log_has_is_ours_by_its_version() {
        let past = [attempt(Some(6), Some(AuditResult::Ok))];
        assert_eq!(origin(&change(MUST_CHANGE), &seen(7), &past), Origin::Ours);
        assert_eq!(
            origin(&change(MUST_CHANGE), &seen(8), &past),
            Origin::Outside
        );
        assert_eq!(origin(&change(SET), &seen(8), &past), Origin::OwnOrReset);
    }

    #[test]
    fn an_attempt_that_failed_made_nothing_and_an_open_one_may_have() {
        let judged = |result| origin(&change(MUST_CHANGE), &seen(7), &[attempt(Some(6), result)]);
        assert_eq!(judged(None), Origin::Ours);
        assert_eq!(judged(Some(AuditResult::Unknown)), Origin::Ours);
        assert_eq!(judged(Some(AuditResult::Failed)), Origin::Outside);
        assert_eq!(judged(Some(AuditResult::Refused)), Origin::Outside);
    }

    #[test]
    fn an_unlock_is_no_reset() {
        let mut past = attempt(Some(6), Some(AuditResult::Ok));
        past.record.entry.action = AuditAction::UnlockAccount;
        assert_eq!(
            origin(&change(MUST_CHANGE), &seen(7), &[past]),
            Origin::Outside
        );
    }

    #[test]
    fn a_persons_own_change_is_not_accused_even_if_must_change_is_ticked_later() {
        assert_eq!(origin(&change(SET), &seen(3), &[]), Origin::OwnOrReset);
        let mut ticked = change(MUST_CHANGE);
        ticked.last_set = Some(attribute(8, "2026-03-01T09:00:00Z"));
        assert_eq!(origin(&ticked, &seen(3), &[]), Origin::OwnOrReset);
    }

    #[test]
    fn a_reset_of_a_password_that_had_to_be_changed_already_is_found() {
        let mut again = change(MUST_CHANGE);
        again.last_set = Some(attribute(4, "2026-02-01T09:00:00Z"));
        assert_eq!(origin(&again, &seen(3), &[]), Origin::Outside);
    }

    #[test]
    fn the_first_password_of_a_new_account_is_no_reset() {
        let mut new = change(MUST_CHANGE);
        new.created = Some(at("2026-02-28T09:00:00Z"));
        assert_eq!(origin(&new, &seen(2), &[]), Origin::First);
        assert_eq!(origin(&new, &seen(3), &[]), Origin::Outside);
        new.created = Some(at("2026-02-28T07:00:00Z"));
        assert_eq!(origin(&new, &seen(2), &[]), Origin::Outside);
    }

    #[test]
    fn a_reset_whose_record_may_be_in_an_archive_accuses_nobody() {
        let begin = |archived: Option<&str>| Begin {
            from: at("2026-01-01T00:00:00Z"),
            judged: HashSet::new(),
            archived: archived.map(at),
        };
        let judged = |begin: Begin| begin.without_the_archived(Origin::Outside, &seen(7));
        assert_eq!(judged(begin(None)), Origin::Outside);
        assert_eq!(judged(begin(Some("2026-03-01T07:00:00Z"))), Origin::Outside);
        assert_eq!(
            judged(begin(Some("2026-03-01T07:55:00Z"))),
            Origin::OwnOrReset
        );
        assert_eq!(
            judged(begin(Some("2026-03-02T00:00:00Z"))),
            Origin::OwnOrReset
        );
    }

    #[test]
    fn where_the_version_could_not_be_read_the_time_has_to_do() {
        let past = [attempt(None, Some(AuditResult::Ok))];
        assert_eq!(origin(&change(MUST_CHANGE), &seen(7), &past), Origin::Ours);
        let later = SeenChange {
            changed: at("2026-03-01T09:00:00Z"),
            ..seen(7)
        };
        assert_eq!(origin(&change(MUST_CHANGE), &later, &past), Origin::Outside);
    }
}
