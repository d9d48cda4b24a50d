//! The log's own words: a sentence for each record, and the words for what is done and how it ends.

use super::{Code, When, day, isolated};
use crate::domain::audit::{Actions, AuditAction, AuditResult, Detail, Entry, Phase};
use crate::domain::text::counted;
use crate::store::{Archived, RecordFlaw, Standing};

/// What a record says, in a sentence.
pub fn audit_sentence(entry: &Entry) -> String {
    let whom = whom(entry);
    match entry.action {
        AuditAction::SignIn => deed(entry, "sign in", "signed in"),
        AuditAction::SignOut if entry.code.is_some() => format!("{} was signed out", who(entry)),
        AuditAction::SignOut => deed(entry, "sign out", "signed out"),
        AuditAction::ViewAccount => {
            if let Some(Detail::Text(of)) = entry.details.get("access_of") {
                return access(entry, of);
            }
            let page = format!("{whom}'s page");
            deed(entry, &format!("open {page}"), &format!("opened {page}"))
        }
        AuditAction::ResetPassword => {
            let reset = format!("reset {whom}'s password");
            deed(entry, &reset, &reset)
        }
        AuditAction::UnlockAccount => {
            let account = format!("{whom}'s account");
            deed(
                entry,
                &format!("unlock {account}"),
                &format!("unlocked {account}"),
            )
        }
        AuditAction::RotateServiceAccount => deed(
            entry,
            "change the service account's password",
            "changed the service account's password",
        ),
        AuditAction::ViewAudit => deed(entry, "look at the audit log", "looked at the audit log"),
        AuditAction::ExportAudit => deed(
            entry,
            "take the audit log away as a file",
            "took the audit log away as a file",
        ),
        AuditAction::ArchiveAudit => deed(
            entry,
            "move old records into an archive",
            "moved old records into an archive, or removed an archive",
        ),
        AuditAction::RightsProven => rights(entry.result).to_owned(),
        AuditAction::OutsideReset if entry.code.as_deref() == Some("not_confirmed") => format!(
            "A reset of {whom}'s password, not by Keyward, was noted, and the directory does not show it any more"
        ),
        AuditAction::OutsideReset => format!("{whom}'s password was reset, and not by Keyward"),
        AuditAction::SettingsChanged => "Other settings came into force".to_owned(),
        AuditAction::ServiceStarted => "Keyward started".to_owned(),
        AuditAction::ServiceStopped => "Keyward stopped in good order".to_owned(),
        AuditAction::AuditKeyChanged => {
            "From here on, checkpoints are signed with another key".to_owned()
        }
        AuditAction::ClockJumped => "The system's clock jumped".to_owned(),
        AuditAction::NotesMissing => "Keyward started without a note of how far its log was: an older copy was put back, or somebody \
                                      took the note away"
            .to_owned(),
        AuditAction::OperatorFrozen => {
            format!("{who} was frozen: they help nobody until an administrator lifts it", who = who(entry))
        }
        AuditAction::OperatorThawed => {
            format!("{who} was thawed: they may help people again", who = who(entry))
        }
        AuditAction::ResetBurst => burst(entry),
    }
}

fn deed(entry: &Entry, to_do: &str, did: &str) -> String {
    let who = who(entry);
    match (entry.phase, entry.result) {
        (Phase::Attempt, _) => format!("{who} set out to {to_do}"),
        (Phase::Outcome | Phase::Event, Some(AuditResult::Ok) | None) => format!("{who} {did}"),
        (Phase::Outcome | Phase::Event, Some(AuditResult::Refused)) => {
            format!("{who} was not allowed to {to_do}")
        }
        (Phase::Outcome | Phase::Event, Some(AuditResult::Failed)) => {
            format!("{who} tried to {to_do}; nothing was changed")
        }
        (Phase::Outcome | Phase::Event, Some(AuditResult::Unknown)) => {
            format!("{who} tried to {to_do}; whether it took effect cannot be known")
        }
    }
}

/// `of`: whose access was asked about; `?` for a name that nobody has.
fn access(entry: &Entry, of: &str) -> String {
    let of = if of == "?" {
        "somebody unknown".to_owned()
    } else {
        isolated(of)
    };
    let what = format!("what {of} may do to {}", whom(entry));
    deed(entry, &format!("ask {what}"), &format!("asked {what}"))
}

fn burst(entry: &Entry) -> String {
    let number = |name: &str| entry.details.get(name).and_then(Detail::as_u64);
    match (number("resets"), number("minutes")) {
        (Some(resets), Some(minutes)) => format!(
            "{} set out to reset {} within {}",
            who(entry),
            counted(resets, "password", "passwords"),
            counted(minutes, "minute", "minutes")
        ),
        _ => format!(
            "{} set out to reset unusually many passwords within a short time",
            who(entry)
        ),
    }
}

fn rights(result: Option<AuditResult>) -> &'static str {
    match result {
        Some(AuditResult::Ok) => "The service account may do what it needs, and no more",
        Some(AuditResult::Refused) => "The service account may do more than it needs",
        Some(AuditResult::Failed | AuditResult::Unknown) | None => {
            "Nobody can say what the service account may do"
        }
    }
}

fn who(entry: &Entry) -> String {
    match &entry.operator {
        Some(operator) if operator.sid.is_some() => isolated(&operator.name),
        Some(_) => "Somebody unknown".to_owned(),
        None => "Keyward".to_owned(),
    }
}

fn whom(entry: &Entry) -> String {
    let name = entry.target.as_ref().and_then(|it| it.name.as_deref());
    name.map_or_else(|| "somebody".to_owned(), isolated)
}

/// Which actions, for the list to choose from.
pub fn audit_actions(actions: Actions) -> &'static str {
    match actions {
        Actions::Only(action) => audit_action(action),
        Actions::NoSignIn => "All but signing in",
    }
}

/// What was done.
pub fn audit_action(action: AuditAction) -> &'static str {
    match action {
        AuditAction::SignIn => "Signing in",
        AuditAction::SignOut => "Signing out",
        AuditAction::ViewAccount => "Opening a person's page",
        AuditAction::ResetPassword => "Resetting a password",
        AuditAction::UnlockAccount => "Unlocking an account",
        AuditAction::RotateServiceAccount => "Changing the service account's password",
        AuditAction::RightsProven => "Proof of the service account's rights",
        AuditAction::OutsideReset => "Resets outside Keyward",
        AuditAction::SettingsChanged => "Changed settings",
        AuditAction::ServiceStarted => "Start of Keyward",
        AuditAction::ServiceStopped => "End of Keyward",
        AuditAction::ViewAudit => "Looking at the audit log",
        AuditAction::ExportAudit => "Taking the audit log as a file",
        AuditAction::ArchiveAudit => "Archives of the audit log",
        AuditAction::AuditKeyChanged => "Another signing key",
        AuditAction::ClockJumped => "Jumps of the clock",
        AuditAction::NotesMissing => "Starts without a note of the log",
        AuditAction::OperatorFrozen => "Freezing an operator",
        AuditAction::OperatorThawed => "Thawing an operator",
        AuditAction::ResetBurst => "Bursts of resets",
    }
}

/// How it ended, for the list to choose from and in the table.
pub fn audit_result(result: AuditResult) -> &'static str {
    match result {
        AuditResult::Ok => "done",
        AuditResult::Refused => "refused",
        AuditResult::Failed => "failed",
        AuditResult::Unknown => "not known",
    }
}

/// The same in the table, where an attempt has no result yet.
pub fn audit_state(phase: Phase, result: Option<AuditResult>) -> &'static str {
    match (phase, result) {
        (_, Some(result)) => audit_result(result),
        (Phase::Attempt, None) => "begun",
        (Phase::Outcome | Phase::Event, None) => "noted",
    }
}

/// Where a record stands, on its own page.
pub fn audit_phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Attempt => "Attempt: written before the directory was touched",
        Phase::Outcome => "Outcome: written after it",
        Phase::Event => "Event: nothing was to be changed",
    }
}

/// Which part of the records that match a page has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All of them.
    Whole,
    /// The newest ones; there are more.
    Newest,
    /// Some that are older than those of another page.
    Older,
}

/// Above the table.
pub fn audit_count(records: usize, part: Part) -> String {
    match (u64::try_from(records).unwrap_or(u64::MAX), part) {
        (0, Part::Whole) => "No records match".to_owned(),
        (0, Part::Newest | Part::Older) => "No records here".to_owned(),
        (number, Part::Whole) => counted(number, "record", "records"),
        (1, Part::Newest) => "The newest record".to_owned(),
        (number, Part::Newest) => format!("The newest {number} records"),
        (number, Part::Older) => counted(number, "older record", "older records"),
    }
}

/// Why a line cannot be relied on; empty: it can, as far as the database knows.
pub fn audit_standing(standing: Standing) -> &'static str {
    match standing {
        Standing::AsWritten => "",
        Standing::Changed => "Changed: not what was signed",
        Standing::Misfiled => "Filed wrongly: its own line says otherwise",
    }
}

/// What is wrong with a record, and what to do.
pub fn record_flaw(flaw: RecordFlaw) -> (&'static str, &'static str) {
    let wrong = match flaw {
        RecordFlaw::Changed(_) => "This line is not what was signed: it was changed.",
        RecordFlaw::Gone => {
            "This record is gone: its hash is in the tree, and its line is neither in the database nor in an archive."
        }
        RecordFlaw::Unproven => {
            "This record is not proven: the hashes in the database do not lead to the newest signed checkpoint."
        }
    };
    (wrong, super::label::TAMPERED_NEXT)
}

/// Where a page ended early.
pub fn looked_down_to(seq: u64) -> String {
    format!("Only the records down to number {seq} were looked through. There may be older ones.")
}

/// What neither the page nor the file has, because it is elsewhere; the command that has it follows.
pub fn archived(archived: Archived, when: &When) -> String {
    let day = day(when.date(archived.until));
    format!(
        "Records up to {day} (those before number {}) are in archives, which this page and the CSV file do not look into. On the server:",
        archived.before.0
    )
}

/// The same event again and again is recorded once a minute.
pub fn repeated(times: u64) -> String {
    let verb = if times == 1 { "was" } else { "were" };
    format!(
        "{} like it {verb} counted",
        counted(times, "other", "others")
    )
}

/// What was recorded only when its minute was over.
pub fn earlier(seconds: u64) -> String {
    format!(
        "{} before it was recorded",
        counted(seconds, "second", "seconds")
    )
}

/// A date that is none.
pub const NOT_A_DATE: (&str, Code) = (
    "That is no day. Write it as year, month and day: 2026-03-31.",
    Code::AuditDate,
);

/// The last day comes before the first one.
pub const DAYS_BACKWARDS: (&str, Code) = (
    "The last day comes before the first day. Turn them around.",
    Code::AuditSpan,
);

/// Below the proof: how somebody checks it who does not believe this page.
pub fn how_to_prove(seq: u64) -> [String; 2] {
    [
        format!("keyward audit prove {seq}"),
        "keyward audit verify --key 'the key that you kept'".to_owned(),
    ]
}

/// A record that is in a file.
pub fn in_archive(seq: u64, file: &str, removed: bool) -> String {
    let file = isolated(file);
    if removed {
        format!(
            "This record was in the archive {file}, which was removed when it was old enough. Its hash is still part of the log."
        )
    } else {
        format!(
            "This record is in the archive {file}. To read it, on the server: keyward audit prove {seq}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit::{AuditOperator, AuditTarget};
    use crate::domain::identity::ObjectGuid;

    fn entry(action: AuditAction, phase: Phase, result: Option<AuditResult>) -> Entry {
        Entry {
            phase,
            result,
            operator: Some(AuditOperator {
                sid: Some("S-1-5-21-1-2-3-1100".parse().unwrap()),
                name: "olga".to_owned(),
            }),
            target: Some(AuditTarget {
                guid: ObjectGuid::from([1; 16]),
                sid: None,
                name: Some("al\u{202e}ice".to_owned()),
                dn: None,
            }),
            ..Entry::new(action)
        }
    }

    #[test]
    fn each_course_of_a_reset_has_its_own_sentence() {
        let say = |phase, result| audit_sentence(&entry(AuditAction::ResetPassword, phase, result));
        let name = "al[U+202E]ice";
        assert_eq!(
            [
                say(Phase::Attempt, None),
                say(Phase::Outcome, Some(AuditResult::Ok)),
                say(Phase::Event, Some(AuditResult::Refused)),
                say(Phase::Outcome, Some(AuditResult::Failed)),
                say(Phase::Outcome, Some(AuditResult::Unknown)),
            ],
            [
                format!("olga set out to reset {name}'s password"),
                format!("olga reset {name}'s password"),
                format!("olga was not allowed to reset {name}'s password"),
                format!("olga tried to reset {name}'s password; nothing was changed"),
                format!(
                    "olga tried to reset {name}'s password; whether it took effect cannot be known"
                ),
            ]
        );
    }

    #[test]
    fn a_question_about_somebody_elses_access_names_both() {
        let mut asked = entry(
            AuditAction::ViewAccount,
            Phase::Event,
            Some(AuditResult::Ok),
        );
        for (of, said) in [("ben", "ben"), ("?", "somebody unknown")] {
            asked.details.insert("access_of".to_owned(), of.into());
            assert_eq!(
                audit_sentence(&asked),
                format!("olga asked what {said} may do to al[U+202E]ice")
            );
        }
    }

    #[test]
    fn every_action_has_a_sentence_and_a_word_of_its_own() {
        let mut seen = std::collections::HashSet::new();
        for action in AuditAction::ALL {
            let sentence =
                audit_sentence(&entry(*action, Phase::Event, Some(AuditResult::Refused)));
            assert!(
                sentence.len() > 10 && !sentence.ends_with('.'),
                "{sentence}"
            );
            assert!(seen.insert(sentence));
            assert!(seen.insert(audit_action(*action).to_owned()));
        }
    }
}
