//! Whether the directory bears out a reset that an earlier look noted. The note lies in the database, where others may
//! write too: nothing is recorded because it is there.

use super::outside_use::{CLOCKS_APART, OVERLAP, Origin, OutsideUseError, may_be_archived, origin};
use crate::directory::Directory;
use crate::directory::password_changes::PasswordChange;
use crate::store::{AuditReader, PastAttempt, SeenChange};
use jiff::Timestamp;
use std::cmp::Ordering;

/// How the directory stands to a reset that is to be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BorneOut {
    /// It is what the directory has.
    Yes,
    /// The password was set, or "must change" taken away, since: there is nothing left that would show it.
    NotAnyMore,
}

/// What becomes of the note of a reset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is recorded, with the account's name of now.
    Record(SeenChange, BorneOut),
    /// It never was so, or nobody can be accused of it.
    Denied,
    /// The controller that was asked may not have heard of it yet.
    NotYet,
}

/// Reads the account again, and judges as the look did.
pub(super) async fn confirm(
    directory: &Directory,
    log: &AuditReader,
    noted: &SeenChange,
    now: Timestamp,
) -> Result<Verdict, OutsideUseError> {
    let service = directory.domain_facts().await?.service_account.clone();
    let change = directory.password_change(noted.target).await?;
    let Some(change) = change.filter(|change| change.sid.as_ref() != Some(&service)) else {
        return Ok(Verdict::Denied);
    };
    let past = log.attempts_on(noted.target).await?;
    if may_be_archived(noted, log.archived_until().await?) {
        return Ok(Verdict::Denied);
    }
    Ok(verdict(&change, noted, &past, now))
}

fn verdict(
    change: &PasswordChange,
    noted: &SeenChange,
    past: &[PastAttempt],
    now: Timestamp,
) -> Verdict {
    let age = now.duration_since(noted.changed);
    let Some(password) = change.password.filter(|_| age > -CLOCKS_APART) else {
        return Verdict::Denied;
    };
    let noted = SeenChange {
        name: change.sam.clone(),
        ..noted.clone()
    };
    let is_later = password.changed >= noted.changed;
    let is_it = password.changed == noted.changed;
    match (
        password.version.cmp(&noted.version),
        origin(change, &noted, past),
    ) {
        (_, Origin::Ours | Origin::First) => Verdict::Denied,
        (Ordering::Equal, Origin::Outside) if is_it => Verdict::Record(noted, BorneOut::Yes),
        (Ordering::Equal, Origin::OwnOrReset) if is_it => {
            Verdict::Record(noted, BorneOut::NotAnyMore)
        }
        (Ordering::Greater, _) if is_later => Verdict::Record(noted, BorneOut::NotAnyMore),
        (Ordering::Less, _) if age < OVERLAP => Verdict::NotYet,
        _ => Verdict::Denied,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::metadata::AttributeVersion;
    use crate::domain::identity::ObjectGuid;
    use crate::domain::time::Filetime;

    const NOTED: &str = "2026-03-01T08:00:00Z";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn noted() -> SeenChange {
        SeenChange {
            target: ObjectGuid::from([1; 16]),
            name: "somebody else".to_owned(),
            version: 7,
            changed: at(NOTED),
        }
    }

    /// What the directory has: a password that must be changed since it was set.
    fn change(version: u32, changed: &str) -> PasswordChange {
        let attribute = AttributeVersion {
            version,
            changed: at(changed),
            origin: ObjectGuid::from([7; 16]),
        };
        PasswordChange {
            dn: "CN=Alice".to_owned(),
            guid: Some(ObjectGuid::from([1; 16])),
            sid: None,
            name: "Alice Able".to_owned(),
            sam: "alice".to_owned(),
            created: Some(at("2020-01-01T00:00:00Z")),
            password: Some(attribute),
            last_set: Some(attribute),
            last_set_value: Filetime(0),
        }
    }

    fn judged(change: &PasswordChange) -> Verdict {
        verdict(change, &noted(), &[], at("2026-03-01T20:00:00Z"))
    }

    fn recorded(borne_out: BorneOut) -> Verdict {
        let noted = SeenChange {
            name: "alice".to_owned(),
            ..noted()
        };
        Verdict::Record(noted, borne_out)
    }

    #[test]
    fn what_the_directory_has_is_recorded_by_the_name_that_the_directory_has() {
        assert_eq!(judged(&change(7, NOTED)), recorded(BorneOut::Yes));
    }

    #[test]
    fn what_a_later_change_came_over_is_recorded_as_not_confirmed() {
        let later = change(8, "2026-03-01T09:00:00Z");
        assert_eq!(judged(&later), recorded(BorneOut::NotAnyMore));
        let mut unticked = change(7, NOTED);
        unticked.last_set_value = Filetime(134_168_420_961_234_567);
        assert_eq!(judged(&unticked), recorded(BorneOut::NotAnyMore));
    }

    #[test]
    fn what_never_was_is_not_recorded() {
        for never in [
            change(7, "2026-03-01T07:59:59Z"),
            change(8, "2026-03-01T07:00:00Z"),
            PasswordChange {
                password: None,
                ..change(7, NOTED)
            },
        ] {
            assert_eq!(judged(&never), Verdict::Denied, "{never:?}");
        }
        let to_come = verdict(&change(7, NOTED), &noted(), &[], at("2026-03-01T07:00:00Z"));
        assert_eq!(to_come, Verdict::Denied);
    }

    #[test]
    fn a_controller_that_is_behind_is_asked_again_for_a_day() {
        let behind = change(6, "2026-02-01T09:00:00Z");
        assert_eq!(judged(&behind), Verdict::NotYet);
        let later = verdict(&behind, &noted(), &[], at("2026-03-02T09:00:00Z"));
        assert_eq!(later, Verdict::Denied);
    }
}
