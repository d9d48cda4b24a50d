//! AD's result codes and the codes inside its messages → what they mean. Never the free text:
//! its wording changes between versions and languages.

use super::admin::AdminError;
use super::error::{BindRefusal, DirectoryError};
use ldap3_proto::proto::{LdapResult, LdapResultCode};

/// The password breaks the policy (`ERROR_PASSWORD_RESTRICTION`). AD sends it with result 19 or 53.
const PASSWORD_RESTRICTION: u32 = 0x52d;
/// A referral was generated (`ERROR_DS_REFERRAL`).
const REFERRAL: u32 = 0x202b;
/// The value to be deleted is not the password (`ERROR_INVALID_PASSWORD`).
const INVALID_PASSWORD: u32 = 0x56;
/// The group does not have the member that was to be taken out (`ERROR_MEMBER_NOT_IN_ALIAS`).
const MEMBER_NOT_IN_ALIAS: u32 = 0x561;

/// What a bind came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum BindResult {
    Accepted,
    Refused(BindRefusal),
    Busy,
    Failed(DirectoryError),
}

/// AD's extended code: the eight hexadecimal digits in front of a message, e.g. `0000052D: …`
/// (MS-ADTS 3.1.1.3.1); 0 where there is none.
#[must_use]
pub fn extended_code(message: &str) -> u32 {
    let Some((code, _)) = message.split_once(':') else {
        return 0;
    };
    if code.len() == 8 && code.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        u32::from_str_radix(code, 16).unwrap_or(0)
    } else {
        0
    }
}

/// Why a bind was refused, from the message of result 49:
/// `80090308: LdapErr: DSID-…, comment: …, data 52e, v…`.
#[must_use]
pub fn bind_refusal(message: &str) -> BindRefusal {
    match data_code(message) {
        Some(0x52e | 0x525) => BindRefusal::WrongNameOrPassword,
        Some(0x775) => BindRefusal::Locked,
        Some(0x773) => BindRefusal::MustChangePassword,
        Some(0x532) => BindRefusal::PasswordExpired,
        Some(0x533) => BindRefusal::Disabled,
        Some(0x701) => BindRefusal::AccountExpired,
        Some(0x530) => BindRefusal::LogonHours,
        Some(0x531) => BindRefusal::Workstation,
        _ => BindRefusal::Other,
    }
}

/// The hexadecimal number of the part that begins with `data`.
fn data_code(message: &str) -> Option<u32> {
    message.split(',').find_map(|part| {
        let digits = part.trim().strip_prefix("data ")?;
        let plain = digits.len() <= 8 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        plain.then(|| u32::from_str_radix(digits, 16).ok())?
    })
}

pub(super) fn bind_result(result: &LdapResult) -> BindResult {
    match result.code {
        LdapResultCode::Success => BindResult::Accepted,
        LdapResultCode::InvalidCredentials => BindResult::Refused(bind_refusal(&result.message)),
        LdapResultCode::Busy | LdapResultCode::Unavailable => BindResult::Busy,
        _ => BindResult::Failed(read_error(result)),
    }
}

/// The error of a search that did not succeed.
pub(super) fn read_error(result: &LdapResult) -> DirectoryError {
    let code = number(&result.code);
    let extended = extended_code(&result.message);
    match result.code {
        LdapResultCode::Busy | LdapResultCode::Unavailable => DirectoryError::Busy,
        LdapResultCode::Referral => DirectoryError::Referral,
        _ if extended == REFERRAL => DirectoryError::Referral,
        LdapResultCode::UnwillingToPerform => DirectoryError::Unwilling { code, extended },
        _ => DirectoryError::Other { code, extended },
    }
}

/// What became of a modify; `operation` names the right that it takes.
pub(super) fn modify_result(
    result: &LdapResult,
    operation: &'static str,
) -> Result<(), DirectoryError> {
    match (&result.code, extended_code(&result.message)) {
        (LdapResultCode::Success, _) => Ok(()),
        (_, PASSWORD_RESTRICTION) => Err(DirectoryError::PasswordPolicy),
        (LdapResultCode::InsufficentAccessRights, _)
        | (LdapResultCode::ConstraintViolation, 0x5 | 0x2098) => {
            Err(DirectoryError::NotDelegated { operation })
        }
        (LdapResultCode::NoSuchObject, _) => Err(DirectoryError::Moved),
        _ => Err(read_error(result)),
    }
}

/// What became of the service account's change of its own password.
pub(super) fn own_password_result(result: &LdapResult) -> Result<(), DirectoryError> {
    if extended_code(&result.message) == INVALID_PASSWORD {
        return Err(DirectoryError::ServiceBind(
            BindRefusal::WrongNameOrPassword,
        ));
    }
    modify_result(result, "change the own password")
}

/// What became of an administrator's write.
pub(super) fn admin_result(result: &LdapResult) -> Result<(), AdminError> {
    match (&result.code, extended_code(&result.message)) {
        (LdapResultCode::EntryAlreadyExists | LdapResultCode::AttributeOrValueExists, _) => {
            Err(AdminError::AlreadyThere)
        }
        (LdapResultCode::NoSuchAttribute, _)
        | (LdapResultCode::UnwillingToPerform, MEMBER_NOT_IN_ALIAS) => Err(AdminError::NotThere),
        _ => modify_result(result, "write as an administrator").map_err(|error| match error {
            DirectoryError::NotDelegated { .. } => AdminError::NotAllowed,
            DirectoryError::Moved => AdminError::NotThere,
            error => AdminError::Directory(error),
        }),
    }
}

/// The result code as RFC 4511 numbers it; 80 (other) for what has no number here.
fn number(code: &LdapResultCode) -> i64 {
    const NUMBERED: [(LdapResultCode, i64); 27] = [
        (LdapResultCode::Success, 0),
        (LdapResultCode::OperationsError, 1),
        (LdapResultCode::ProtocolError, 2),
        (LdapResultCode::TimeLimitExceeded, 3),
        (LdapResultCode::SizeLimitExceeded, 4),
        (LdapResultCode::AuthMethodNotSupported, 7),
        (LdapResultCode::StrongerAuthRequired, 8),
        (LdapResultCode::Referral, 10),
        (LdapResultCode::AdminLimitExceeded, 11),
        (LdapResultCode::UnavailableCriticalExtension, 12),
        (LdapResultCode::ConfidentialityRequired, 13),
        (LdapResultCode::NoSuchAttribute, 16),
        (LdapResultCode::ConstraintViolation, 19),
        (LdapResultCode::NoSuchObject, 32),
        (LdapResultCode::InvalidDNSyntax, 34),
        (LdapResultCode::InappropriateAuthentication, 48),
        (LdapResultCode::InvalidCredentials, 49),
        (LdapResultCode::InsufficentAccessRights, 50),
        (LdapResultCode::Busy, 51),
        (LdapResultCode::Unavailable, 52),
        (LdapResultCode::UnwillingToPerform, 53),
        (LdapResultCode::UndefinedAttributeType, 17),
        (LdapResultCode::InvalidAttributeSyntax, 21),
        (LdapResultCode::NamingViolation, 64),
        (LdapResultCode::ObjectClassViolation, 65),
        (LdapResultCode::NotAllowedOnNonLeaf, 66),
        (LdapResultCode::ObjectClassModsProhibited, 69),
    ];
    NUMBERED
        .iter()
        .find_map(|(known, number)| (known == code).then_some(*number))
        .unwrap_or(80)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn result(code: LdapResultCode, message: &str) -> LdapResult {
        LdapResult {
            code,
            matcheddn: String::new(),
            message: message.to_owned(),
            referral: Vec::new(),
        }
    }

    #[test]
    fn the_reason_of_a_refused_bind_is_read_from_its_data_code() {
        let message = |data: &str| {
            format!(
                "80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data {data}, v1db1"
            )
        };
        for (data, refusal) in [
            ("52e", BindRefusal::WrongNameOrPassword),
            ("525", BindRefusal::WrongNameOrPassword),
            ("775", BindRefusal::Locked),
            ("773", BindRefusal::MustChangePassword),
            ("532", BindRefusal::PasswordExpired),
            ("533", BindRefusal::Disabled),
            ("701", BindRefusal::AccountExpired),
            ("530", BindRefusal::LogonHours),
            ("531", BindRefusal::Workstation),
            ("52f", BindRefusal::Other),
            ("0", BindRefusal::Other),
        ] {
            assert_eq!(bind_refusal(&message(data)), refusal, "{data}");
        }
    }

    #[test]
    fn free_text_never_decides_why_a_bind_was_refused() {
        for message in [
            "",
            "account locked out",
            "data 775",
            "comment: the data 775 says so, v1",
            "80090308: x, data 775775775775, v1",
            "80090308: x, data -775, v1",
        ] {
            let expected = if message == "data 775" {
                BindRefusal::Locked
            } else {
                BindRefusal::Other
            };
            assert_eq!(bind_refusal(message), expected, "{message}");
        }
    }

    #[test]
    fn a_policy_refusal_is_recognised_whatever_result_carries_it() {
        for code in [
            LdapResultCode::ConstraintViolation,
            LdapResultCode::UnwillingToPerform,
        ] {
            let answer = result(code, "0000052D: SvcErr: DSID-031A12D2, problem 5003");
            assert_eq!(
                modify_result(&answer, "reset"),
                Err(DirectoryError::PasswordPolicy)
            );
        }
    }

    #[test]
    fn a_missing_right_is_never_taken_for_a_bad_password() {
        for (code, message) in [
            (
                LdapResultCode::InsufficentAccessRights,
                "00002098: Object has no write property access",
            ),
            (LdapResultCode::InsufficentAccessRights, "00000005: SecErr"),
            (LdapResultCode::InsufficentAccessRights, "anything"),
            (LdapResultCode::ConstraintViolation, "00000005: AtrErr"),
            (LdapResultCode::ConstraintViolation, "00002098: AtrErr"),
        ] {
            assert_eq!(
                modify_result(&result(code, message), "reset"),
                Err(DirectoryError::NotDelegated { operation: "reset" })
            );
        }
    }

    #[test]
    fn an_administrators_result_says_what_is_there_and_what_is_not() {
        use LdapResultCode as Code;
        for (code, message, error) in [
            (
                Code::EntryAlreadyExists,
                "00002071: UpdErr",
                AdminError::AlreadyThere,
            ),
            (
                Code::EntryAlreadyExists,
                "00000562: UpdErr",
                AdminError::AlreadyThere,
            ),
            (
                Code::AttributeOrValueExists,
                "00002083: AtrErr",
                AdminError::AlreadyThere,
            ),
            (
                Code::NoSuchObject,
                "00002030: NameErr",
                AdminError::NotThere,
            ),
            (
                Code::NoSuchAttribute,
                "00002085: AtrErr",
                AdminError::NotThere,
            ),
            (
                Code::UnwillingToPerform,
                "00000561: SvcErr",
                AdminError::NotThere,
            ),
            (
                Code::InsufficentAccessRights,
                "00002098: SecErr",
                AdminError::NotAllowed,
            ),
        ] {
            assert_eq!(
                admin_result(&result(code, message)),
                Err(error),
                "{message}"
            );
        }
        assert_eq!(admin_result(&result(Code::Success, "")), Ok(()));
        let unwilling = DirectoryError::Unwilling {
            code: 53,
            extended: 0x2077,
        };
        assert_eq!(
            admin_result(&result(Code::UnwillingToPerform, "00002077: SvcErr")),
            Err(AdminError::Directory(unwilling))
        );
    }

    #[test]
    fn an_old_password_that_is_wrong_is_told_apart_from_a_missing_right() {
        let wrong = result(LdapResultCode::ConstraintViolation, "00000056: AtrErr");
        let refusal = BindRefusal::WrongNameOrPassword;
        assert_eq!(
            own_password_result(&wrong),
            Err(DirectoryError::ServiceBind(refusal))
        );
        let policy = result(LdapResultCode::ConstraintViolation, "0000052D: AtrErr");
        assert_eq!(
            own_password_result(&policy),
            Err(DirectoryError::PasswordPolicy)
        );
    }

    #[test]
    fn other_results_keep_their_numbers() {
        let answer = result(LdapResultCode::UnwillingToPerform, "0000001F: SvcErr: DSID");
        assert_eq!(
            modify_result(&answer, "reset"),
            Err(DirectoryError::Unwilling {
                code: 53,
                extended: 0x1f
            })
        );
        assert_eq!(
            read_error(&result(LdapResultCode::OperationsError, "000004DC: x")),
            DirectoryError::Other {
                code: 1,
                extended: 0x4dc
            }
        );
        assert_eq!(
            read_error(&result(LdapResultCode::Referral, "0000202B: RefErr")),
            DirectoryError::Referral
        );
        assert_eq!(
            modify_result(
                &result(LdapResultCode::NoSuchObject, "00002030: x"),
                "reset"
            ),
            Err(DirectoryError::Moved)
        );
    }

    #[test]
    fn an_extended_code_is_eight_digits_or_nothing() {
        assert_eq!(extended_code("0000052D: Constraint violation"), 0x52d);
        assert_eq!(extended_code("0000052D"), 0);
        assert_eq!(extended_code("52D: x"), 0);
        assert_eq!(extended_code("+000052D: x"), 0);
        assert_eq!(extended_code("äääää: x"), 0);
    }

    proptest! {
        #[test]
        fn no_message_makes_it_panic(message in ".{0,200}") {
            let _refusal = bind_refusal(&message);
            let _code = extended_code(&message);
        }
    }
}
