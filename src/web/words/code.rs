//! The short codes under each notice, for searching in `docs/codes.md` and for telling a help desk.
//!
//! The hundreds: 1 signing in, 2 forms, 3 the person cannot be helped here, 6 the directory, 7 the
//! log, 8 addresses and requests, 9 what became of an attempt. 4 and 5 are left out, so that
//! nobody takes a code for an HTTP status. A released code never gets another meaning.

macro_rules! codes {
    ($($(#[$doc:meta])+ $name:ident = $text:literal,)+) => {
        /// What a notice is about, in six characters.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code {
            $($(#[$doc])+ $name,)+
        }
        impl Code {
            /// Every code, in the order of its text.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The code as people see it, e.g. `KW-101`.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

codes! {
    /// Name or password wrong, or not an operator: one sentence for all of them.
    SignInRefused = "KW-101",
    /// The own password must be changed first.
    SignInMustChange = "KW-102",
    /// The own password has expired.
    SignInPasswordExpired = "KW-103",
    /// The own account is disabled.
    SignInDisabled = "KW-104",
    /// The own account has expired.
    SignInAccountExpired = "KW-105",
    /// Outside the own logon hours.
    SignInHours = "KW-106",
    /// Not from this computer.
    SignInWorkstation = "KW-107",
    /// Another restriction of the own account.
    SignInRestricted = "KW-108",
    /// Too many tries.
    SignInTooMany = "KW-109",
    /// The session has ended.
    SessionEnded = "KW-110",
    /// The form's hidden field is missing, old or of another session.
    FormNotOurs = "KW-201",
    /// The form was used already.
    FormUsed = "KW-202",
    /// The account was renamed, moved or made anew since the page was shown.
    AccountChanged = "KW-203",
    /// A reason is missing.
    ReasonMissing = "KW-204",
    /// The domain's policy refused the new password.
    Policy = "KW-205",
    /// The reason is not of the kind that is wanted.
    ReasonUnfit = "KW-206",
    /// A second reset of one person within a short time, without a reason.
    ReasonForAgain = "KW-207",
    /// Search: fewer than two characters.
    SearchTooShort = "KW-211",
    /// Search: more than 64 characters.
    SearchTooLong = "KW-212",
    /// Search: a control character.
    SearchControl = "KW-213",
    /// The log's filters: a day that is none.
    AuditDate = "KW-214",
    /// The log's filters: the last day before the first.
    AuditSpan = "KW-215",
    /// Who may help: nobody has this name.
    NobodysName = "KW-216",
    /// Who may help: no address of a network.
    NotAnAddress = "KW-217",
    /// The operator is no operator any more.
    NotAnOperator = "KW-301",
    /// The operator's own account is out of action.
    OperatorOutOfAction = "KW-302",
    /// Not one of the people the operator may help.
    OutOfScope = "KW-303",
    /// The service account may do more than it needs.
    ExcessRights = "KW-304",
    /// Nobody can say yet whether it may.
    RightsNotProven = "KW-305",
    /// The operator is stopped until an administrator lifts it.
    Frozen = "KW-306",
    /// A rule denies it.
    DeniedByRule = "KW-307",
    /// No rule allows it.
    NotAllowed = "KW-308",
    /// A rule allows it at other hours.
    OutsideHours = "KW-309",
    /// A rule allows it from another network.
    OtherNetwork = "KW-310",
    /// The operator's own account.
    ProtectedYourself = "KW-311",
    /// Keyward's service account.
    ProtectedServiceAccount = "KW-312",
    /// A built-in account.
    ProtectedBuiltIn = "KW-313",
    /// Member of an administrative group.
    ProtectedGroup = "KW-314",
    /// Marked as administrative by the directory.
    ProtectedAdminCount = "KW-315",
    /// Another operator.
    ProtectedOperator = "KW-316",
    /// A computer.
    ProtectedComputer = "KW-317",
    /// A managed service account.
    ProtectedManagedServiceAccount = "KW-318",
    /// A trust between domains.
    ProtectedTrust = "KW-319",
    /// Smart card only.
    ProtectedSmartCard = "KW-320",
    /// May act in other people's names.
    ProtectedDelegation = "KW-321",
    /// Holds rights over the whole domain.
    ProtectedDomainRights = "KW-322",
    /// Somebody who reads the audit log.
    ProtectedAuditor = "KW-323",
    /// An account that the settings protect.
    ProtectedNamed = "KW-324",
    /// Disabled: a new password changes nothing.
    WontHelpDisabled = "KW-331",
    /// Expired: a new password changes nothing.
    WontHelpExpired = "KW-332",
    /// Smart card: passwords are not used.
    WontHelpSmartCard = "KW-333",
    /// The person may not change their password.
    WontHelpCannotChange = "KW-334",
    /// Keyward lacks the right on this account.
    WontHelpNotDelegated = "KW-335",
    /// Not locked.
    WontHelpNotLocked = "KW-336",
    /// As many resets in an hour as the rule allows.
    LimitPerHour = "KW-341",
    /// As many resets in a day as the rule allows.
    LimitPerDay = "KW-342",
    /// As many people in a day as the rule allows.
    LimitPeople = "KW-343",
    /// No domain controller answered.
    DirectoryUnreachable = "KW-601",
    /// A domain controller's certificate is not accepted.
    DirectoryCertificate = "KW-602",
    /// The service account cannot sign in.
    DirectoryServiceBind = "KW-603",
    /// The service account's password cannot be read.
    DirectoryServicePassword = "KW-604",
    /// The service account lacks a right.
    DirectoryNotDelegated = "KW-605",
    /// The directory refused the password by its policy.
    DirectoryPolicy = "KW-606",
    /// The account is not where it was a moment ago.
    DirectoryMoved = "KW-607",
    /// A domain controller is busy.
    DirectoryBusy = "KW-608",
    /// A domain controller points to another one.
    DirectoryReferral = "KW-609",
    /// Something that the settings name does not exist.
    DirectoryNotFound = "KW-610",
    /// A domain controller was unwilling.
    DirectoryUnwilling = "KW-611",
    /// A domain controller's answer makes no sense.
    DirectoryProtocol = "KW-612",
    /// Another answer.
    DirectoryOther = "KW-613",
    /// The log cannot be written.
    LogNotWritable = "KW-701",
    /// The log cannot be used.
    LogUnusable = "KW-702",
    /// The log did not answer in time.
    LogTimeout = "KW-703",
    /// A required audit sink does not take records.
    LogNotWitnessed = "KW-704",
    /// A request that makes no sense.
    BadRequest = "KW-801",
    /// Not allowed here.
    NotAllowedHere = "KW-802",
    /// No such page or person.
    NotThere = "KW-803",
    /// Not the way this address is used.
    WrongMethod = "KW-804",
    /// The request took too long to arrive.
    RequestSlow = "KW-805",
    /// The request is too large.
    RequestLarge = "KW-806",
    /// The address is not one that Keyward answers to.
    WrongHost = "KW-807",
    /// What arrived is not a form.
    NotAForm = "KW-808",
    /// Something unexpected, with an incident number.
    Unexpected = "KW-809",
    /// Too busy.
    Busy = "KW-810",
    /// The answer was lost: not known yet.
    NotKnownYet = "KW-901",
    /// It did take effect.
    Applied = "KW-902",
    /// It did not take effect.
    NotApplied = "KW-903",
    /// It cannot be known.
    CannotBeKnown = "KW-904",
}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn every_code_is_listed_in_the_docs_with_what_it_means_and_what_to_do() {
        let docs = include_str!("../../../docs/codes.md");
        for code in Code::ALL {
            let start = format!("| {} |", code.as_str());
            let rows: Vec<&str> = docs
                .lines()
                .filter(|line| line.starts_with(&start))
                .collect();
            assert_eq!(
                rows.len(),
                1,
                "docs/codes.md: one row for {}",
                code.as_str()
            );
            let cells: Vec<&str> = rows[0].split('|').map(str::trim).collect();
            assert!(
                cells.len() >= 5
                    && cells[2..5]
                        .iter()
                        .all(|cell| cell.len() > 3 || cell.is_empty()),
                "{rows:?}"
            );
            assert!(!cells[2].is_empty() && !cells[3].is_empty(), "{rows:?}");
        }
    }

    #[test]
    fn the_docs_list_no_code_that_does_not_exist() {
        let docs = include_str!("../../../docs/codes.md");
        for line in docs.lines().filter(|line| line.starts_with("| KW-")) {
            let text = line.split('|').nth(1).unwrap().trim();
            assert!(Code::ALL.iter().any(|code| code.as_str() == text), "{text}");
        }
    }

    #[test]
    fn codes_are_unique_in_order_and_never_look_like_an_http_status() {
        let texts: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert!(texts.is_sorted_by(|one, next| one < next), "{texts:?}");
        assert!(
            texts
                .iter()
                .all(|text| !text.starts_with("KW-4") && !text.starts_with("KW-5"))
        );
    }

    /// The words that the actions write into `code`: literals after the places that make one.
    fn words_of_the_record() -> Vec<String> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/actions");
        let makers = [
            "=> \"",
            "refused(\"",
            "Some(\"",
            "Unfit(\"",
            "turn_away(&case, \"",
        ];
        let mut words = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let source = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            let product = source.split("#[cfg(test)]").next().unwrap();
            for maker in makers {
                let after = product.split(maker).skip(1);
                words.extend(
                    after
                        .filter_map(|rest| rest.split('"').next())
                        .map(str::to_owned),
                );
            }
        }
        words
    }

    #[test]
    fn every_word_of_the_record_is_explained_in_the_docs() {
        let docs = include_str!("../../../docs/codes.md");
        let words = words_of_the_record();
        assert!(words.len() > 50, "{words:?}");
        for word in words {
            assert!(
                docs.contains(&format!("| `{word}` |")),
                "docs/codes.md: {word}"
            );
        }
    }
}
