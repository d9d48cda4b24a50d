//! The words of the record that are fixed by the contract: `action`, `phase`, `result`.

/// An enum whose variants each have one word in the record.
macro_rules! worded {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// All of them, in the order of the contract.
            pub const ALL: &[$name] = &[$($name::$variant,)+];

            /// The word in the record.
            pub const fn word(self) -> &'static str {
                match self { $($name::$variant => $word,)+ }
            }

            /// The one with this word.
            pub fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some($name::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

worded! {
    /// What was done (contract: `action`).
    AuditAction {
        /// Somebody tried to sign in.
        SignIn = "sign_in",
        /// An operator ended their session.
        SignOut = "sign_out",
        /// An account page was shown.
        ViewAccount = "view_account",
        /// A new password was to be set.
        ResetPassword = "reset_password",
        /// lockoutTime was to be cleared.
        UnlockAccount = "unlock_account",
        /// The service account was to get a new password.
        RotateServiceAccount = "rotate_service_account",
        /// The service account's rights are other than at the last proof.
        RightsProven = "rights_proven",
        /// A password was reset below the user OU, and not by Keyward.
        OutsideReset = "outside_reset",
        /// Other settings came into force.
        SettingsChanged = "settings_changed",
        /// The web service began.
        ServiceStarted = "service_started",
        /// The web service ended in good order.
        ServiceStopped = "service_stopped",
        /// An auditor looked at the log.
        ViewAudit = "view_audit",
        /// An auditor took the log away as a file.
        ExportAudit = "export_audit",
        /// Old records moved into an archive, or an archive was removed.
        ArchiveAudit = "archive_audit",
        /// Checkpoints are signed with another key from here on.
        AuditKeyChanged = "audit_key_changed",
        /// The system's clock went backwards, or far ahead.
        ClockJumped = "clock_jumped",
        /// A note beside the log, of how far it was, was not there at a start.
        NotesMissing = "notes_missing",
        /// An operator does nothing more until somebody lifts it.
        OperatorFrozen = "operator_frozen",
        /// That was lifted.
        OperatorThawed = "operator_thawed",
        /// One operator reset unusually many within a short time.
        ResetBurst = "reset_burst",
    }
}

worded! {
    /// Where in the course of an action a record stands.
    Phase {
        /// Written before the directory is touched.
        Attempt = "attempt",
        /// Written after it.
        Outcome = "outcome",
        /// Nothing was to be changed.
        Event = "event",
    }
}

worded! {
    /// How an action ended.
    AuditResult {
        /// As asked.
        Ok = "ok",
        /// Not allowed, by Keyward or by the directory.
        Refused = "refused",
        /// Not done, and nothing was changed.
        Failed = "failed",
        /// Cannot be known.
        Unknown = "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_leads_back_to_its_variant() {
        for action in AuditAction::ALL {
            assert_eq!(AuditAction::from_word(action.word()), Some(*action));
        }
        for phase in Phase::ALL {
            assert_eq!(Phase::from_word(phase.word()), Some(*phase));
        }
        for result in AuditResult::ALL {
            assert_eq!(AuditResult::from_word(result.word()), Some(*result));
        }
        assert_eq!(AuditAction::from_word("Sign_in"), None);
    }

    /// The part of `docs/codes.md` below this heading.
    fn documented(heading: &str) -> &'static str {
        let docs = include_str!("../../../docs/codes.md");
        let (_, part) = docs.split_once(heading).unwrap();
        part.split("\n#").next().unwrap()
    }

    #[test]
    fn the_docs_explain_each_action_and_no_other_in_a_sentence() {
        let table = documented("\n## What was done: `action`\n");
        let rows = table.lines().filter(|line| line.starts_with("| `"));
        let rows: Vec<Vec<&str>> = rows.map(|row| row.split(" | ").collect()).collect();
        let words = rows.iter().map(|row| row[0].trim_matches(['|', ' ', '`']));
        let actions = AuditAction::ALL.iter().map(|action| action.word());
        assert_eq!(words.collect::<Vec<_>>(), actions.collect::<Vec<_>>());
        assert!(rows.iter().all(|row| row.len() == 2 && row[1].len() > 20));
        assert!(rows.iter().all(|row| row[1].ends_with(". |")), "{rows:?}");
    }

    #[test]
    fn the_docs_name_each_phase_and_result() {
        let fields = documented("\n# The audit record\n");
        let row = |name: &str| {
            let start = format!("| `{name}` | ");
            fields
                .lines()
                .find(|line| line.starts_with(&start))
                .unwrap()
        };
        let results = AuditResult::ALL.iter().map(|it| ("result", it.word()));
        let phases = Phase::ALL.iter().map(|it| ("phase", it.word()));
        for (field, word) in results.chain(phases) {
            assert!(row(field).contains(&format!("`{word}`")), "{word}");
        }
    }

    /// The words to which the folder's files, besides tests, give a value in a record.
    fn details_of(folder: &str) -> Vec<String> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/").to_owned() + folder;
        let files = std::fs::read_dir(folder).unwrap();
        let files = files.map(|file| file.unwrap().path());
        let product = files.filter(|file| file.is_file() && !file.ends_with("tests.rs"));
        let texts = product.map(|file| std::fs::read_to_string(file).unwrap());
        let words = |text: String| {
            let text = text.split("#[cfg(test)]").next().unwrap();
            let packed: String = text.split_whitespace().collect();
            let begun = packed.split("(\"").skip(1).filter_map(|rest| {
                let (word, rest) = rest.split_once('"')?;
                rest.starts_with(".to_owned(),").then(|| word.to_owned())
            });
            begun.collect::<Vec<_>>()
        };
        texts.flat_map(words).collect()
    }

    #[test]
    fn the_docs_explain_each_word_that_is_put_among_the_details() {
        let table = documented("\n## What else belongs to it: `details`\n");
        let folders = ["actions", "archive", "store", "rotation"];
        let words = folders.map(details_of).concat();
        assert!(words.len() > 18, "{words:?}");
        for word in words {
            assert!(table.contains(&format!("`details.{word}`")), "{word}");
        }
    }
}
