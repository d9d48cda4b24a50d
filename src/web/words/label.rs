//! The fixed words on the pages: headings, labels, hints, buttons. By page, in reading order.

/// Of these words, for `lang`.
pub const LANGUAGE: &str = "en";

// Around every page.
/// The link for people who go by keyboard.
pub const SKIP: &str = "Skip to the content";
/// Beside the operator's name.
pub const SIGN_OUT: &str = "Sign out";
/// The banner's name where plain HTTP was allowed beyond this machine.
pub const DANGER: &str = "Danger";
/// What is the matter with plain HTTP.
pub const NOT_ENCRYPTED: &str = "This connection is not encrypted.";
/// What that means, and what to do.
pub const NOT_ENCRYPTED_NEXT: &str =
    "Anyone on the network can read passwords on it. Ask your administrator to turn on TLS.";
/// The service account may do too much, and nothing is done.
pub const EXCESS: &str = "Keyward changes nothing at the moment.";
/// Why, and what to do.
pub const EXCESS_NEXT: &str = "Its own account in the directory may do more than it needs. An administrator sees what, and how to mend it, with: keyward delegation verify";
/// The service account may do too much, and `danger_allow_excess_rights` is set.
pub const EXCESS_ALLOWED: &str = "Keyward's own account may do more than it needs.";
/// What that means, and what to do.
pub const EXCESS_ALLOWED_NEXT: &str = "Whoever gets hold of it can do all of that. An administrator sees what, and how to mend it, with: keyward delegation verify";
/// The banner's name in the demo.
pub const DEMO: &str = "Demonstration";
/// What the demo is.
pub const DEMO_IS: &str = "A demonstration with a sample company. Nothing is kept.";

// Signing in.
/// Heading and button.
pub const SIGN_IN: &str = "Sign in";
/// Which name and password.
pub const SIGN_IN_LEAD: &str = "With the name and password you log on to Windows with.";
/// The first box.
pub const USERNAME: &str = "Name";
/// The second box.
pub const PASSWORD: &str = "Password";
/// The switch beside it.
pub const SHOW: &str = "Show";
/// The rest of the switch's name, for screen readers.
pub const SHOW_WHAT: &str = "password";
/// When a count-down has ended.
pub const TRY_NOW: &str = "You can try again now.";

// Searching.
/// The page's question.
pub const WHOSE: &str = "Whose password?";
/// The box.
pub const SEARCH_FOR: &str = "Name, account or mail address";
/// The button.
pub const SEARCH: &str = "Search";
/// The list's name, for screen readers.
pub const PEOPLE: &str = "People";
/// Above the people that this operator helped before.
pub const HELPED_LAST: &str = "Helped last";
/// Under "Nobody found".
pub const NOBODY_LIKE_THAT: &str = "Nobody you may help has a name, an account or an address like that. Check the spelling, or try the surname alone.";
/// Under "The first 50 people".
pub const NARROW_DOWN: &str = "There are more. Narrow it down: add the first name or more letters.";
/// Chip.
pub const LOCKED: &str = "locked";
/// Chip.
pub const DISABLED: &str = "disabled";
/// Chip.
pub const EXPIRED: &str = "expired";
/// Chip.
pub const MUST_CHANGE: &str = "must change";
/// Chip.
pub const PROTECTED_CHIP: &str = "protected";

// A person.
/// Term.
pub const DEPARTMENT: &str = "Department";
/// Term.
pub const OFFICE: &str = "Office";
/// Term.
pub const MANAGER: &str = "Manager";
/// Term.
pub const ACCOUNT: &str = "Account";
/// Term.
pub const MAIL: &str = "Mail";
/// Heading over the sentences of `standing`.
pub const HOW_THINGS_STAND: &str = "How things stand";
/// Heading: a protected account.
pub const PROTECTED: &str = "Protected";
/// Heading: nothing is done for anybody at the moment.
pub const NOTHING_NOW: &str = "Not at the moment";
/// Heading: an account that no action here would help.
pub const NOTHING_HELPS: &str = "Nothing here would help";
/// Heading over the unlock.
pub const IF_KNOWN: &str = "If the password is known";
/// What the unlock does.
pub const UNLOCK_IS_ENOUGH: &str = "Unlocking is enough. The password stays as it is.";
/// Heading over the reset where the unlock comes first.
pub const IF_FORGOTTEN: &str = "If the password is forgotten";
/// Heading over the reset.
pub const WHAT_WILL_HAPPEN: &str = "What will happen";
/// The box for a password that the operator chooses.
pub const NEW_PASSWORD: &str = "New password, if you choose it";
/// What leaving it empty does.
pub const NEW_PASSWORD_HINT: &str = "Leave it empty for a fresh passphrase. What you type is not shown again: make sure that the person has it.";
/// The box for the reason.
pub const REASON: &str = "Reason";
/// The box for a reason that may be left out.
pub const REASON_OPTIONAL: &str = "Reason, if there is one";
/// What a reason looks like, where the settings say nothing of it.
pub const REASON_HINT: &str =
    "A few words or a ticket number, for example: forgotten after holiday. It is kept in the log.";
/// Opens the check boxes.
pub const MORE: &str = "More";
/// Check box.
pub const ASK_FOR_CHANGE: &str = "Ask for a change at the next logon";
/// What it does.
pub const ASK_FOR_CHANGE_HINT: &str =
    "The person chooses a password of their own, and you no longer know it.";
/// Check box.
pub const UNLOCK_TOO: &str = "Unlock the account as well";
/// What it does.
pub const UNLOCK_TOO_HINT: &str =
    "Without it, the new password works only when the lock has ended.";
/// The way on where nothing helps.
pub const SOMEONE_ELSE: &str = "Search for someone else";

// After a reset.
/// Before the account's name, on the printed slip.
pub const SLIP_ACCOUNT: &str = "Account:";
/// Button.
pub const COPY: &str = "Copy";
/// The button's text for a moment.
pub const COPIED: &str = "Copied";
/// The same where the browser does not let a page copy.
pub const SELECTED: &str = "Selected: press Ctrl+C";
/// Button.
pub const PRINT: &str = "Print slip";
/// In place of a password that the operator typed.
pub const AS_TYPED: &str = "It is the one that you typed. It is not shown here.";
/// Under the password.
pub const SHOWN_ONCE: &str = "This is the only time it is shown. Nobody can look it up later.";
/// Opens the spelling.
pub const SPELL: &str = "Spell it";
/// Column.
pub const CHARACTER: &str = "Character";
/// Column.
pub const SAID: &str = "Said";
/// Heading over the three lines.
pub const WHAT_NEXT: &str = "What happens next, to read out";
/// The next step.
pub const HELP_ANOTHER: &str = "Help someone else";

// Messages.
/// The next step where it is known who is signed in.
pub const TO_SEARCH: &str = "Search for a person";
/// The next step where it is not.
pub const TO_START: &str = "Go to the start page";
/// The next step after something about one person.
pub const TO_PERSON: &str = "Go to the person's page";
/// Asks again what became of an attempt.
pub const LOOK_NOW: &str = "Look now";
/// Before a reason that is given back.
pub const REASON_TYPED: &str = "The reason you typed";

// The audit log.
/// The link in the head, and the page's heading.
pub const AUDIT_LOG: &str = "Audit log";
/// The link in the head for auditors who also help.
pub const HELP_SOMEONE: &str = "Help someone";
/// The two links' name, for screen readers.
pub const PAGES: &str = "Pages";
/// Heading of a person's history.
pub const AUDIT_OF_A_PERSON: &str = "What was done to this person";
/// Heading of an operator's history.
pub const AUDIT_OF_AN_OPERATOR: &str = "What this operator did";
/// On a person's page, for auditors.
pub const TO_HISTORY: &str = "What was done to this person";
/// The same, for what the rules say; also on the history.
pub const TO_ACCESS: &str = "Who may help this person";
/// The box.
pub const AUDIT_Q: &str = "Part of an account name, or a record's number";
/// Column and list.
pub const WHAT: &str = "What";
/// Column and list.
pub const RESULT: &str = "Result";
/// The box.
pub const AUDIT_OPERATOR: &str = "Operator's account";
/// The box.
pub const AUDIT_CODE: &str = "Cause, as the record's word";
/// The box.
pub const AUDIT_FROM: &str = "From this day";
/// The box.
pub const AUDIT_TO: &str = "To this day";
/// Opens the other filters.
pub const MORE_FILTERS: &str = "More filters";
/// In a list: no filter.
pub const ANY: &str = "Anything";
/// Back to all records.
pub const WITHOUT_FILTERS: &str = "Without filters";
/// Column.
pub const WHEN: &str = "When";
/// Column.
pub const WHO: &str = "Who";
/// Column.
pub const WHOM: &str = "Whom";
/// The text is part of too many names.
pub const MORE_NAMES: &str = "More than 50 names have this in them; the records of 50 were looked for. Type more of the name.";
/// Over records some of which were changed in the database.
pub const TAMPERED: &str = "Some of these records are not as they were written; they are marked.";
/// What to do then.
pub const TAMPERED_NEXT: &str = "Somebody wrote to the database beside Keyward, or its disk is damaged. Do not rely on what stands here. On the server, keyward audit verify names everything that was changed; a sink or a backup has it as it was.";
/// In place of how it ended.
pub const MARKED: &str = "doubtful";
/// In place of the sentence of a line that cannot be read.
pub const NO_RECORD: &str = "A line that is no record";
/// Link.
pub const OLDER: &str = "Older";
/// Link.
pub const NEWEST: &str = "Newest";
/// Link.
pub const AS_A_FILE: &str = "All of these as a CSV file";

// Who may help a person.
/// Under the box for the operator.
pub const OPERATOR_HINT: &str = "Whom to ask about: an account name, DOMAIN\\name or name@domain.";
/// Under the box for the address.
pub const FROM_HINT: &str = "Some rules hold for certain networks only. Leave it empty for any.";
/// Over why an operator is frozen.
pub const STOPPED: &str = "Stopped";
/// Heading.
pub const RULES_THAT_MATCH: &str = "Rules that match";
/// Heading.
pub const RULES_THAT_DO_NOT: &str = "Rules that do not match";
/// Of a rule.
pub const ALLOWS: &str = "allows";
/// Of a rule.
pub const DENIES: &str = "denies";

// One record.
/// Before its number.
pub const RECORD: &str = "Record";
/// Term: where it stands in the course of an action.
pub const STANDS: &str = "Kind";
/// Term.
pub const OUTCOME: &str = "Outcome";
/// Link.
pub const TO_OUTCOME: &str = "its outcome";
/// Term.
pub const ATTEMPT: &str = "Attempt";
/// Link.
pub const TO_ATTEMPT: &str = "its attempt";
/// Link.
pub const ALL_BY: &str = "all by this operator";
/// Link.
pub const ALL_ABOUT: &str = "all about this person";
/// Term: what the operator may do to this person now.
pub const ACCESS: &str = "Rules now";
/// Link.
pub const ACCESS_NOW: &str = "what this operator may do to this person";
/// Term.
pub const CODE: &str = "Code";
/// Term.
pub const RULE: &str = "Rule";
/// Term.
pub const CLIENT: &str = "From the address";
/// Term.
pub const CONTROLLER: &str = "Domain controller";
/// A detail that holds.
pub const YES: &str = "yes";
/// A detail that does not.
pub const NO: &str = "no";
/// Heading.
pub const PROOF: &str = "Proof";
/// What the hashes are for.
pub const PROOF_LEAD: &str = "The line's hash and the hashes of the proof lead to the root in the signed checkpoint (RFC 6962, C2SP tlog-checkpoint). Nobody can change, remove or insert a record without another root.";
/// A record of the last minute.
pub const NO_CHECKPOINT_YET: &str =
    "No checkpoint covers this record yet. Within a minute one does; then its proof is here.";
/// In place of both.
pub const NOT_PROVEN: &str = "There is no proof of what this page shows.";
/// Heading.
pub const LINE: &str = "The line, exactly as it is hashed";
/// Heading.
pub const LEAF: &str = "Its leaf hash: SHA-256 of a zero byte and the line";
/// Heading.
pub const IN_TREE: &str = "The hash that was signed in its place";
/// Heading.
pub const HASHES: &str = "The proof, from the leaf up to the root";
/// Heading.
pub const CHECKPOINT: &str = "The signed checkpoint that it leads to";
/// Heading.
pub const CHECK_IT: &str = "To check it without this page";
/// Over the commands.
pub const CHECK_IT_LEAD: &str =
    "On the server. The first prints the same proof, the second checks the whole log.";
/// Link.
pub const TO_LOG: &str = "To the audit log";

// The summary of the log.
/// Heading.
pub const SUMMARY: &str = "Summary";
/// The links to spans of time, for screen readers.
pub const SPANS: &str = "The last";
/// Heading and column.
pub const RESETS: &str = "Resets";
/// Opens the table of the numbers.
pub const NUMBERS: &str = "The numbers";
/// Column.
pub const DAY: &str = "Day";
/// Column, where a bar is a week.
pub const WEEK: &str = "Week";
/// Heading.
pub const BY_OPERATOR: &str = "By operator";
/// Column.
pub const OPERATOR: &str = "Operator";
/// Heading.
pub const BY_RULE: &str = "By rule";
/// Heading.
pub const NOT_DONE: &str = "Resets and unlocks that were not done";
/// Heading.
pub const OTHERS_NOT_DONE: &str = "Anything else that was refused or failed";
/// In place of numbers.
pub const NONE_NOT_DONE: &str = "None in this time.";
/// Heading.
pub const SIGN_INS_REFUSED: &str = "Sign-ins that were refused";
/// Column.
pub const CAUSE: &str = "Cause";
/// Column.
pub const TIMES: &str = "Times";
/// A row without a name.
pub const UNNAMED: &str = "Not recorded";
