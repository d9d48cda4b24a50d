//! The words of the record's `code`, for auditors: what it says, and what to do where it comes often.
//!
//! Records keep words, and a log may be older or newer than the program: an unknown word has none of
//! these sentences and is shown as it is.

/// What a code says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cause {
    /// A few words: "Wrong name or password".
    pub short: &'static str,
    /// What it means where it is the most frequent one, and what to do.
    pub often: &'static str,
}

/// What this code says; `None` for a word that this program does not know.
pub fn cause(code: &str) -> Option<Cause> {
    [
        of_signing_in,
        of_operators,
        of_limits,
        of_rules,
        of_accounts,
        of_their_state,
        of_directory,
        of_keyward,
    ]
    .iter()
    .find_map(|of| of(code))
    .map(|(short, often)| Cause { short, often })
}

type Words = Option<(&'static str, &'static str)>;

fn of_signing_in(code: &str) -> Words {
    Some(match code {
        "wrong_password" => (
            "Wrong password",
            "A few of these are typing errors. Many in a short time, or from one address, are somebody guessing.",
        ),
        "unknown_name" => (
            "Unknown name",
            "A few of these are typing errors. Many in a short time, or from one address, are somebody guessing.",
        ),
        "malformed" => (
            "No possible name or password",
            "Browsers do not send this by themselves: look at the addresses that it came from.",
        ),
        "locked" => (
            "Own account locked",
            "The people who help others locked themselves out, or somebody guesses their passwords.",
        ),
        "other_identity" => (
            "Signed in as somebody else",
            "The directory answered for another person than the one who was asked for. Look into each of them.",
        ),
        "must_change_password" => (
            "Own password must be changed",
            "They change it on a Windows computer, then it works here.",
        ),
        "password_expired" => (
            "Own password expired",
            "They change it on a Windows computer, then it works here.",
        ),
        "disabled" => (
            "Own account disabled",
            "The password was right. Somebody who left, or whose account was turned off too early.",
        ),
        "account_expired" => (
            "Own account expired",
            "The password was right, but the account's end date has passed. An administrator can move it.",
        ),
        "logon_hours" => (
            "Outside the logon hours",
            "The password was right. Their logon hours may not fit their working hours.",
        ),
        "workstation" => (
            "Not from this computer",
            "Their list of logon computers does not have the domain controller.",
        ),
        "bind_refused" => (
            "Another restriction of the own account",
            "The password was right. An administrator looks at the restrictions of the account.",
        ),
        "too_many" => (
            "Too many tries",
            "Keyward stops before the domain would lock the account. Many of these are somebody guessing.",
        ),
        _ => return None,
    })
}

fn of_operators(code: &str) -> Words {
    Some(match code {
        "not_operator" => (
            "Not in a group that may help",
            "They may have the wrong account, or are missing from the group. Many of them: somebody tries stolen passwords.",
        ),
        "not_auditor" => (
            "Not an auditor",
            "They help people and tried an address of the audit log. Many of them: ask what they were looking for.",
        ),
        "operator_gone" => (
            "Operator's account is gone",
            "The account was removed while its owner was signed in.",
        ),
        "operator_password_changed" => (
            "Operator's password changed",
            "The password changed after the sign-in, so the session ended. Nothing is wrong.",
        ),
        "operator_disabled" => (
            "Operator's account disabled",
            "The account was disabled while its owner was signed in.",
        ),
        "operator_locked" => (
            "Operator's account locked",
            "The account was locked while its owner was signed in: somebody else may be guessing its password.",
        ),
        "operator_expired" => (
            "Operator's account expired",
            "The account's end date passed. An administrator can move it.",
        ),
        "operator_must_change_password" => (
            "Operator must change their password",
            "They change it on a Windows computer and sign in again.",
        ),
        "operator_password_expired" => (
            "Operator's password expired",
            "They change it on a Windows computer and sign in again.",
        ),
        _ => return None,
    })
}

fn of_limits(code: &str) -> Words {
    Some(match code {
        "command" => (
            "By a command",
            "An administrator stopped somebody, or let them go on.",
        ),
        "resets_per_hour" => (
            "Limit of resets per hour reached",
            "Somebody has much to do, or does what they should not: look at whom they reset.",
        ),
        "resets_per_day" => (
            "Limit of resets per day reached",
            "Somebody has much to do, or does what they should not: look at whom they reset.",
        ),
        "people_per_day" => (
            "Limit of people per day reached",
            "Somebody helps many people, or goes through them: look at whom they reset.",
        ),
        _ => return None,
    })
}

fn of_rules(code: &str) -> Words {
    Some(match code {
        "frozen" => (
            "Stopped operator",
            "Look what they did before, then let them go on with keyward access thaw.",
        ),
        "denied_by_rule" => (
            "Denied by a rule",
            "A rule denies what somebody often wants to do. keyward access explain names it.",
        ),
        "not_allowed" => (
            "Allowed by no rule",
            "The rules show people to somebody who may not help them. keyward access explain says more.",
        ),
        "outside_hours" => (
            "Outside the hours of a rule",
            "Somebody works at hours that the rules do not know.",
        ),
        "other_network" => (
            "From another network",
            "Somebody works from a network that the rules do not know.",
        ),
        "not_typed" => (
            "A typed password where none may be typed",
            "No page asks for one there: somebody sends forms of their own making. Ask the operator.",
        ),
        "reason_missing" => (
            "No reason given",
            "People forget it at first. Nothing is wrong.",
        ),
        "reason_unfit" => (
            "Reason of another kind",
            "Say beside the box what to write: reason_hint in the settings.",
        ),
        "again_without_reason" => (
            "Second reset without a reason",
            "The first new password was not understood, mostly. Read it out more slowly, or let people read it themselves.",
        ),
        _ => return None,
    })
}

fn of_accounts(code: &str) -> Words {
    Some(match code {
        "not_in_scope" => (
            "Outside the rules, or not there",
            "Operators look for people whom no rule lets them help. The rules may be too narrow.",
        ),
        "own_account" => (
            "The operator's own account",
            "Nobody can help themselves here. They change their password in Windows.",
        ),
        "service_account" => (
            "Keyward's own account",
            "Its password is changed by an administrator, never here. Ask who tried.",
        ),
        "built_in_account" => (
            "Built-in account",
            "Only administrators change these. Ask who tried.",
        ),
        "protected_group" => (
            "Member of a protected group",
            "Only administrators help these people. Operators may need to know whom to send them to.",
        ),
        "admin_count" => (
            "Marked as administrative",
            "Some are leftovers: people who were administrators once. An administrator can clear the mark.",
        ),
        "protected_account" => (
            "Protected account",
            "The settings protect it. Only administrators reset it.",
        ),
        "fellow_operator" => (
            "Another operator",
            "Operators cannot reset one another. An administrator helps them.",
        ),
        "auditor" => (
            "Reads the audit log",
            "Auditors are not reset here. An administrator helps them.",
        ),
        "computer" => (
            "Computer account",
            "It is no person: nothing needs to be done.",
        ),
        "managed_service_account" => (
            "Managed service account",
            "Windows changes its password by itself: nothing needs to be done.",
        ),
        "trust_account" => ("Trust between domains", "It is no person. Ask who tried."),
        "smart_card" => (
            "Smart card required",
            "These people have no use for a password. They need another card, or an administrator.",
        ),
        "trusted_for_delegation" => (
            "May act in other people's names",
            "Only administrators help these. Ask whether they should be trusted so far.",
        ),
        "domain_rights" => (
            "Rights over the whole domain",
            "Only administrators help these. Ask whether they should have such rights.",
        ),
        _ => return None,
    })
}

fn of_their_state(code: &str) -> Words {
    Some(match code {
        "target_disabled" => (
            "Account disabled",
            "A new password would not have helped. An administrator enables the account if it should be.",
        ),
        "target_expired" => (
            "Account expired",
            "A new password would not have helped. An administrator moves the end date if need be.",
        ),
        "cannot_change_password" => (
            "May not change their password",
            "A forced change would have stopped these people. Reset without it.",
        ),
        "not_locked" => (
            "Not locked",
            "There was nothing to unlock: the lock had ended, or the password is what is missing.",
        ),
        "changed" => (
            "Changed since it was shown",
            "The account was renamed or moved in between, so nothing was done.",
        ),
        "moved" => (
            "Moved in between",
            "The account was not where it had been read a moment before, so nothing was done.",
        ),
        _ => return None,
    })
}

fn of_directory(code: &str) -> Words {
    Some(match code {
        "password_policy" => (
            "Against the domain's password rules",
            "The domain refused the new password. Its rules may be stricter than the settings know.",
        ),
        "not_delegated" => (
            "Right missing on the account",
            "Keyward's own account lacks a right there. keyward delegation verify names the place.",
        ),
        "directory_unreachable" => (
            "No domain controller answered",
            "An administrator looks at network, firewall and port 636; keyward doctor says what it sees.",
        ),
        "directory_certificate" => (
            "Domain controller's certificate not accepted",
            "keyward doctor says what is wrong with it. No password was sent.",
        ),
        "service_bind" => (
            "Keyward's own account cannot sign in",
            "An administrator puts the right password into the settings.",
        ),
        "service_password" => (
            "Keyward's own password cannot be read",
            "An administrator looks at the file that the settings name, its owner and its mode.",
        ),
        "directory_busy" => (
            "Domain controller busy",
            "It passes by itself. If it comes often, look at the load of the domain controllers.",
        ),
        "referral" => (
            "Referred to another domain controller",
            "An administrator checks the server and the place of the people in the settings.",
        ),
        "not_found" => (
            "Missing in the directory",
            "Something that the settings name is not there. keyward doctor says what.",
        ),
        "unwilling" => (
            "Domain controller unwilling",
            "The service's own log has the code that it gave.",
        ),
        "protocol" => (
            "Answer that LDAP does not allow",
            "Look what stands between Keyward and the domain controller.",
        ),
        "directory_refused" => (
            "Refused by the directory",
            "The service's own log has what the directory said.",
        ),
        _ => return None,
    })
}

fn of_keyward(code: &str) -> Words {
    Some(match code {
        "form_used" => (
            "Form sent twice",
            "The second time did nothing. Nothing is wrong.",
        ),
        "excess_rights" => (
            "Keyward may do too much",
            "Nothing is done until an administrator has taken the rights away that it does not need.",
        ),
        "rights_not_proven" => (
            "Rights not proven yet",
            "Keyward had just started, or no domain controller let it finish. It passes by itself.",
        ),
        "not_in_log" => (
            "Reset outside Keyward",
            "By an administrator, or by somebody who knows the password of Keyward's own account.",
        ),
        "not_confirmed" => (
            "Reset outside Keyward, not confirmed",
            "It was noted in the database, and the password was changed since, so the directory cannot show it any more.",
        ),
        "interrupted" => (
            "Interrupted",
            "Keyward stopped between the attempt and its end. It settles these at the next start.",
        ),
        "not_witnessed" => (
            "A required sink did not take the attempt",
            "Nothing was done, as the settings want it. An administrator looks at the sink.",
        ),
        "not_stored" => (
            "New own password not kept",
            "It could not be written to its file, so the directory was not changed.",
        ),
        "not_applied" => (
            "Did not reach the directory",
            "The answer was lost, and nothing had been changed. Look at the network if it comes often.",
        ),
        "cannot_be_known" => (
            "Cannot be known",
            "The answer was lost, and somebody else changed the account at the same time.",
        ),
        "other_permit" => (
            "Stopped by Keyward's own guard",
            "A fault in Keyward, which it stopped by itself. It should be reported.",
        ),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::cause;

    /// The words in the table of `docs/codes.md`.
    fn documented() -> Vec<&'static str> {
        let text = include_str!("../../../docs/codes.md");
        let (_, table) = text.split_once("# Words in the record").unwrap();
        let words: Vec<&str> = table
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
            .collect();
        assert!(words.len() > 50, "{words:?}");
        words
    }

    #[test]
    fn every_word_of_the_docs_has_its_sentences() {
        for word in documented() {
            let words = cause(word).unwrap_or_else(|| panic!("{word} has no words"));
            assert!(words.short.chars().count() <= 45, "{word}");
            assert!(words.short.starts_with(char::is_uppercase), "{word}");
            assert!(!words.short.ends_with('.'), "{word}");
            assert!(words.often.ends_with('.'), "{word}");
        }
    }

    #[test]
    fn every_word_here_is_in_the_docs() {
        let documented = documented();
        let (source, _) = include_str!("cause.rs").split_once("#[cfg(test)]").unwrap();
        let arms: Vec<&str> = source
            .lines()
            .filter_map(|line| line.trim().strip_prefix('"')?.split_once("\" => "))
            .map(|(word, _)| word)
            .collect();
        assert_eq!(arms.len(), documented.len());
        for word in arms {
            assert!(documented.contains(&word), "{word}");
        }
    }

    #[test]
    fn a_word_that_is_not_known_has_no_sentence() {
        assert_eq!(cause("quantum_flux"), None);
        assert_eq!(cause(""), None);
    }
}
