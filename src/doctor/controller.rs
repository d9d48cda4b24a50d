//! One domain controller of the settings: is it there, is it the right one, can it be written, is its
//! clock right. Certificate, bind and clock are looked at on a connection that was just made.

use super::check::Check;
use super::words::controller as words;
use crate::directory::{DcStatus, DirectoryError};
use jiff::{SignedDuration, Timestamp};

/// What a controller's answer comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub status: DcStatus,
    /// Our clock when it answered.
    pub at: Timestamp,
}

impl Seen {
    /// How far its clock is ahead of ours; whole seconds, as the controller tells no more.
    pub(super) fn ahead(&self) -> SignedDuration {
        self.status.clock.duration_since(self.at)
    }
}

/// What is said of one controller.
pub(super) fn look(dc: &str, seen: &Result<Seen, DirectoryError>) -> Vec<Check> {
    let checks = match seen {
        Ok(seen) => vec![
            words::answered(&seen.status).named("controller"),
            words::certificate(seen.status.certificate_ends, seen.at)
                .named("controller.certificate"),
            words::writable(seen.status.writable).named("controller.writable"),
            words::clock(seen.ahead()).named("controller.clock"),
        ],
        Err(error) => vec![words::silent(error).named("controller")],
    };
    checks.into_iter().map(|check| check.about(dc)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::check::Level;
    use super::*;
    use crate::directory::{BindRefusal, CertificateProblem};
    use crate::domain::time::Filetime;

    const NOW: &str = "2026-03-01T12:00:00Z";

    fn seen(change: impl FnOnce(&mut DcStatus)) -> Vec<(&'static str, Level, String)> {
        let now: Timestamp = NOW.parse().unwrap();
        let mut status = DcStatus {
            host_name: "dc1.example.com".to_owned(),
            writable: true,
            clock: now,
            tls: "TLSv1.3".to_owned(),
            certificate_ends: "2026-12-01T00:00:00Z".parse().unwrap(),
            last_logon: Filetime(0),
            logon_count: 0,
            password_last_set: Filetime(0),
        };
        change(&mut status);
        look("dc1.example.com:636", &Ok(Seen { status, at: now }))
            .into_iter()
            .map(|check| (check.name, check.level, check.sentence))
            .collect()
    }

    fn level(name: &str, change: impl FnOnce(&mut DcStatus)) -> Level {
        let found = seen(change);
        found.iter().find(|(found, ..)| *found == name).unwrap().1
    }

    #[test]
    fn a_controller_without_fault_is_well_in_every_point() {
        let found = seen(|_| {});
        assert_eq!(found.len(), 4);
        assert!(
            found.iter().all(|(_, level, _)| *level == Level::Ok),
            "{found:?}"
        );
        assert!(found[0].2.contains("TLSv1.3"), "{found:?}");
    }

    #[test]
    fn a_certificate_warns_a_month_before_its_end_and_fails_after_it() {
        let until = |text: &'static str| {
            level("controller.certificate", |status| {
                status.certificate_ends = text.parse().unwrap();
            })
        };
        assert_eq!(until("2026-03-31T12:00:00Z"), Level::Ok);
        assert_eq!(until("2026-03-31T11:59:59Z"), Level::Warn);
        assert_eq!(until("2026-03-01T12:00:00Z"), Level::Fail);
    }

    #[test]
    fn a_clock_warns_after_a_minute_and_fails_after_five() {
        let clock = |text: &'static str| {
            level("controller.clock", |status| {
                status.clock = text.parse().unwrap();
            })
        };
        assert_eq!(clock("2026-03-01T12:01:00Z"), Level::Ok);
        assert_eq!(clock("2026-03-01T12:01:01Z"), Level::Warn);
        assert_eq!(clock("2026-03-01T11:58:59Z"), Level::Warn);
        assert_eq!(clock("2026-03-01T12:05:01Z"), Level::Fail);
        assert_eq!(clock("2026-03-01T11:54:59Z"), Level::Fail);
    }

    #[test]
    fn a_read_only_controller_fails() {
        assert_eq!(
            level("controller.writable", |status| status.writable = false),
            Level::Fail
        );
    }

    #[test]
    fn each_reason_not_to_answer_has_a_sentence_and_a_step_of_its_own() {
        let reasons = [
            DirectoryError::Unreachable { tried: 1 },
            DirectoryError::Certificate {
                server: "dc1:636".to_owned(),
                problem: CertificateProblem::Untrusted,
            },
            DirectoryError::Certificate {
                server: "dc1:636".to_owned(),
                problem: CertificateProblem::WrongName,
            },
            DirectoryError::Certificate {
                server: "dc1:636".to_owned(),
                problem: CertificateProblem::CaFile,
            },
            DirectoryError::ServiceBind(BindRefusal::WrongNameOrPassword),
            DirectoryError::ServiceBind(BindRefusal::Locked),
            DirectoryError::ServicePassword(None),
            DirectoryError::Busy,
            DirectoryError::Protocol,
        ];
        let mut sentences = std::collections::HashSet::new();
        for reason in reasons {
            let [check] = look("dc1", &Err(reason)).try_into().unwrap();
            assert_eq!(check.level, Level::Fail);
            assert!(!check.advice.unwrap().mend.is_empty());
            assert!(
                sentences.insert(check.sentence.clone()),
                "{}",
                check.sentence
            );
        }
    }
}
