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
        /// Other settings than at the last start.
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
}
