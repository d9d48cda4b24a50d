//! What became of a write whose answer was lost: the question, and the judgement of what is seen
//! on the same DC.

use super::App;
use super::case::{Case, Details};
use crate::directory::{DirectoryError, ReadBack};
use crate::domain::account::{Account, DcName};
use crate::domain::audit::Detail;
use crate::domain::audit::{AuditAction, AuditResult, Entry, Record, Seq};
use crate::domain::identity::ObjectGuid;
use crate::domain::settling::{Asked, PasswordVersion, Settled, settle};
use crate::domain::time::Filetime;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// An attempt whose outcome is to be found out.
#[derive(Debug, Clone)]
pub(super) struct Question {
    pub(super) attempt: Seq,
    pub(super) dc: DcName,
    pub(super) target: ObjectGuid,
    pub(super) write: Write,
    pub(super) case: Case,
}

/// What was written, and what was there before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Write {
    /// `None`: the metadata could not be read before.
    Password(Option<Asked>),
    Unlock {
        before: Filetime,
    },
}

/// Under what circumstances one looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    /// When the DC first answered after the write. One that hung has the write still in its
    /// buffers when it wakes.
    pub(super) first_heard: Timestamp,
    /// How long that is ago, whatever the wall clock did.
    pub(super) contact: Duration,
    /// How long a DC that answers may take over a write.
    pub(super) quiet: Duration,
    /// No other attempt crossed this one.
    pub(super) alone: bool,
}

impl Look {
    fn unchanged(&self) -> Finding {
        if self.contact >= self.quiet {
            Finding::NotApplied
        } else {
            Finding::NotYet
        }
    }
}

/// What is found.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Finding {
    Applied(ReadBack),
    NotApplied,
    Unknown,
    NotYet,
}

impl Question {
    /// Of an attempt on the disk; `None`: not a write, or one without a target.
    pub(super) fn of_record(record: &Record) -> Option<Self> {
        let entry = &record.entry;
        let write = match entry.action {
            AuditAction::ResetPassword => Write::Password(asked(&entry.details, record.time)),
            AuditAction::UnlockAccount => Write::Unlock {
                before: lockout_time(&entry.details)?,
            },
            _ => return None,
        };
        Some(Self {
            attempt: record.seq,
            dc: DcName(entry.dc.clone()?),
            target: entry.target.as_ref()?.guid,
            write,
            case: Case::of_record(record),
        })
    }

    /// Judges what is seen.
    pub(super) fn judge(&self, seen: Option<&ReadBack>, look: &Look) -> Finding {
        let Some(read_back) = seen else {
            return Finding::Unknown;
        };
        match self.write {
            Write::Password(asked) => {
                let (Some(asked), Some(seen)) = (asked, read_back.seen) else {
                    return Finding::Unknown;
                };
                let asked = Asked {
                    alone: look.alone,
                    ..asked
                };
                let quiet = SignedDuration::try_from(look.quiet).unwrap_or(SignedDuration::MAX);
                match settle(&asked, look.first_heard, &seen, quiet) {
                    Settled::Applied => Finding::Applied(read_back.clone()),
                    Settled::NotApplied => look.unchanged(),
                    Settled::Unknown => Finding::Unknown,
                    Settled::NotYet => Finding::NotYet,
                }
            }
            // lockoutTime as it was proves that nobody unlocked; anything else may have been
            // another administrator, or a logon after the lockout had ended.
            Write::Unlock { before } if read_back.lockout_time == before => look.unchanged(),
            Write::Unlock { .. } => Finding::Unknown,
        }
    }

    /// The record of a finding; `None`: it is still open.
    pub(super) fn outcome(&self, finding: &Finding) -> Option<Entry> {
        let (result, code) = match finding {
            Finding::Applied(_) => (AuditResult::Ok, None),
            Finding::NotApplied => (AuditResult::Failed, Some("not_applied")),
            Finding::Unknown => (AuditResult::Unknown, Some("cannot_be_known")),
            Finding::NotYet => return None,
        };
        let mut entry = self.case.outcome(result, code);
        entry.details.insert("settled".to_owned(), true.into());
        Some(entry)
    }
}

/// When a DC first answered after a write, by both clocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heard {
    on_the_wall: Timestamp,
    at: Instant,
}

impl App {
    /// Asks the DC that was written to, and no other, until it is clear or the time is over.
    pub(super) async fn find_out(
        &self,
        question: &Question,
        within: Duration,
        quiet: Duration,
    ) -> Finding {
        let end = Instant::now() + within;
        let mut heard = None;
        loop {
            let looked = timeout_at(end, self.look(question, &mut heard, quiet)).await;
            match looked {
                Err(_) => return Finding::NotYet,
                Ok(Some(finding)) if finding != Finding::NotYet => return finding,
                Ok(_) => {}
            }
            if Instant::now() + LOOK_EVERY >= end {
                return Finding::NotYet;
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// One look; `None`: the DC does not answer, or the store does not.
    pub(super) async fn look(
        &self,
        question: &Question,
        heard: &mut Option<Heard>,
        quiet: Duration,
    ) -> Option<Finding> {
        let seen = match self
            .directory
            .read_back(&question.dc, question.target)
            .await
        {
            Ok(seen) => seen,
            // A DC that the settings no longer name is never asked again.
            Err(DirectoryError::Unreachable { tried: 0 }) => return Some(Finding::Unknown),
            Err(error) => {
                tracing::debug!(error = %error, "reading back failed");
                return None;
            }
        };
        let heard = heard.get_or_insert_with(|| Heard {
            on_the_wall: self.clock.now(),
            at: Instant::now(),
        });
        let alone = self.store.is_alone(question.attempt, question.target);
        let look = Look {
            first_heard: heard.on_the_wall,
            contact: heard.at.elapsed(),
            quiet,
            alone: alone.await.ok()?,
        };
        Some(question.judge(seen.as_ref(), &look))
    }
}

/// What the attempt's record keeps, so that the question can be asked after a crash.
pub(super) fn details_of_reset(account: &Account, must_change: bool, unlock: bool) -> Details {
    let mut details = Details::from([
        ("must_change".to_owned(), must_change.into()),
        ("unlock".to_owned(), unlock.into()),
    ]);
    if let Some(before) = account.password_version {
        details.insert("password_version".to_owned(), before.version.into());
        details.insert(
            "password_changed".to_owned(),
            before.changed.to_string().into(),
        );
    }
    details
}

/// The same for an unlock. A FILETIME is longer than JSON numbers are exact, so it is text.
pub(super) fn details_of_unlock(account: &Account) -> Details {
    let before = account.lockout_time.0.to_string();
    Details::from([("lockout_time".to_owned(), before.into())])
}

/// What was asked, as [`details_of_reset`] wrote it.
pub(super) fn asked(details: &Details, sent: Timestamp) -> Option<Asked> {
    let version = details.get("password_version")?.as_u64()?;
    let changed = details.get("password_changed")?.as_str()?;
    Some(Asked {
        before: PasswordVersion {
            version: u32::try_from(version).ok()?,
            changed: changed.parse().ok()?,
        },
        must_change: details.get("must_change").and_then(Detail::as_bool)?,
        sent,
        alone: false,
    })
}

fn lockout_time(details: &Details) -> Option<Filetime> {
    let text = details.get("lockout_time")?.as_str()?;
    text.parse().ok().map(Filetime)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::Client;
    use crate::domain::samples::{alice, filetime, now, time};
    use crate::domain::settling::Seen;
    use crate::domain::time::Clock;

    const QUIET: Duration = Duration::from_secs(10);

    fn question(write: Write) -> Question {
        let client = Client {
            address: [192, 0, 2, 7].into(),
        };
        Question {
            attempt: Seq(3),
            dc: DcName("dc1".to_owned()),
            target: alice().guid,
            write,
            case: Case::of_nobody(client).on(&alice()),
        }
    }

    fn reset() -> Question {
        let details = details_of_reset(&alice(), true, false);
        question(Write::Password(asked(&details, now())))
    }

    fn look(contact: u64, alone: bool) -> Look {
        Look {
            first_heard: now(),
            contact: Duration::from_secs(contact),
            quiet: QUIET,
            alone,
        }
    }

    fn seen(version: u32, changed: &str) -> ReadBack {
        ReadBack {
            seen: Some(Seen {
                version: PasswordVersion {
                    version,
                    changed: time(changed),
                },
                must_change: true,
                at: now() + SignedDuration::from_secs(60),
            }),
            must_change: true,
            locked: false,
            lockout_time: Filetime(0),
            disabled: false,
        }
    }

    #[test]
    fn one_version_more_is_applied_unless_another_attempt_crossed() {
        let more = seen(4, "2026-03-02T12:00:01Z");
        let question = reset();
        let applied = question.judge(Some(&more), &look(0, true));
        assert_eq!(applied, Finding::Applied(more.clone()));
        let crossed = question.judge(Some(&more), &look(0, false));
        assert_eq!(crossed, Finding::Unknown);
        let gone = question.judge(None, &look(60, true));
        assert_eq!(gone, Finding::Unknown);
    }

    #[test]
    fn no_change_is_believed_only_after_quiet_contact_whatever_the_wall_clock_says() {
        let same = seen(3, "2026-02-01T08:00:00Z");
        let early = reset().judge(Some(&same), &look(9, true));
        assert_eq!(early, Finding::NotYet);
        let late = reset().judge(Some(&same), &look(10, true));
        assert_eq!(late, Finding::NotApplied);
    }

    #[test]
    fn without_metadata_nothing_is_known() {
        let blind = question(Write::Password(None));
        let same = seen(3, "2026-02-01T08:00:00Z");
        assert_eq!(blind.judge(Some(&same), &look(60, true)), Finding::Unknown);
        let mut unreadable = same;
        unreadable.seen = None;
        let finding = reset().judge(Some(&unreadable), &look(60, true));
        assert_eq!(finding, Finding::Unknown);
    }

    #[test]
    fn an_unlock_is_disproved_by_its_lockout_time_and_never_proved() {
        let before = filetime("2026-03-02T11:00:00Z");
        let unlock = question(Write::Unlock { before });
        let mut now = seen(3, "2026-02-01T08:00:00Z");
        now.lockout_time = before;
        assert_eq!(unlock.judge(Some(&now), &look(9, true)), Finding::NotYet);
        let late = unlock.judge(Some(&now), &look(10, true));
        assert_eq!(late, Finding::NotApplied);
        now.lockout_time = Filetime(0);
        assert_eq!(unlock.judge(Some(&now), &look(60, true)), Finding::Unknown);
    }

    #[test]
    fn a_record_holds_all_that_the_question_needs() {
        let mut locked = alice();
        locked.lockout_time = filetime("2026-03-02T11:00:00.1234567Z");
        for (action, question, details) in [
            (
                AuditAction::ResetPassword,
                reset(),
                details_of_reset(&locked, true, false),
            ),
            (
                AuditAction::UnlockAccount,
                question(Write::Unlock {
                    before: locked.lockout_time,
                }),
                details_of_unlock(&locked),
            ),
        ] {
            let mut entry = question.case.attempt(details);
            entry.action = action;
            entry.dc = Some("dc1".to_owned());
            let record = Record {
                seq: Seq(3),
                time: Clock::from_fn(now).now(),
                entry,
            };
            let line = record.to_line();
            let again = Question::of_record(&Record::parse(&line).unwrap()).unwrap();
            assert_eq!(again.write, question.write);
            assert_eq!((again.dc, again.target), (question.dc, question.target));
        }
        let nothing = Record {
            seq: Seq(0),
            time: now(),
            entry: Entry::new(AuditAction::SignIn),
        };
        assert!(Question::of_record(&nothing).is_none());
    }

    #[test]
    fn each_finding_but_not_yet_has_its_record() {
        let question = reset();
        let outcomes = [
            Finding::Applied(seen(4, "2026-03-02T12:00:01Z")),
            Finding::NotApplied,
            Finding::Unknown,
        ]
        .map(|finding| question.outcome(&finding).unwrap().result);
        assert_eq!(
            outcomes,
            [AuditResult::Ok, AuditResult::Failed, AuditResult::Unknown].map(Some)
        );
        assert!(question.outcome(&Finding::NotYet).is_none());
    }
}
