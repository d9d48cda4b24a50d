//! Results as Active Directory words them: LDAP code, then the Windows error in eight hex digits
//! and free text that nobody should read. The DSIDs are those of Windows Server 2019.

use ldap3_proto::proto::{LdapResult, LdapResultCode};

/// A result other than success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub code: LdapCode,
    pub message: String,
    pub matched: String,
    pub referral: Vec<String>,
}

/// The result codes that this directory answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LdapCode {
    /// 1
    OperationsError,
    /// 2
    ProtocolError,
    /// 4
    SizeLimitExceeded,
    /// 7
    AuthMethodNotSupported,
    /// 10
    Referral,
    /// 12
    UnavailableCriticalExtension,
    /// 16
    NoSuchAttribute,
    /// 18
    InappropriateMatching,
    /// 19
    ConstraintViolation,
    /// 20
    AttributeOrValueExists,
    /// 21
    InvalidAttributeSyntax,
    /// 32
    NoSuchObject,
    /// 34
    InvalidDnSyntax,
    /// 49
    InvalidCredentials,
    /// 50
    InsufficientAccessRights,
    /// 51
    Busy,
    /// 52
    Unavailable,
    /// 53
    UnwillingToPerform,
    /// 64
    NamingViolation,
    /// 65
    ObjectClassViolation,
    /// 66
    NotAllowedOnNonLeaf,
    /// 68
    EntryAlreadyExists,
    /// 80
    Other,
}

impl LdapCode {
    /// The codec's name for it.
    pub(super) fn wire(self) -> LdapResultCode {
        match self {
            Self::OperationsError => LdapResultCode::OperationsError,
            Self::ProtocolError => LdapResultCode::ProtocolError,
            Self::SizeLimitExceeded => LdapResultCode::SizeLimitExceeded,
            Self::AuthMethodNotSupported => LdapResultCode::AuthMethodNotSupported,
            Self::Referral => LdapResultCode::Referral,
            Self::UnavailableCriticalExtension => LdapResultCode::UnavailableCriticalExtension,
            Self::NoSuchAttribute => LdapResultCode::NoSuchAttribute,
            Self::InappropriateMatching => LdapResultCode::InappropriateMatching,
            Self::ConstraintViolation => LdapResultCode::ConstraintViolation,
            Self::AttributeOrValueExists => LdapResultCode::AttributeOrValueExists,
            Self::InvalidAttributeSyntax => LdapResultCode::InvalidAttributeSyntax,
            Self::NoSuchObject => LdapResultCode::NoSuchObject,
            Self::InvalidDnSyntax => LdapResultCode::InvalidDNSyntax,
            Self::InvalidCredentials => LdapResultCode::InvalidCredentials,
            Self::InsufficientAccessRights => LdapResultCode::InsufficentAccessRights,
            Self::Busy => LdapResultCode::Busy,
            Self::Unavailable => LdapResultCode::Unavailable,
            Self::UnwillingToPerform => LdapResultCode::UnwillingToPerform,
            Self::NamingViolation => LdapResultCode::NamingViolation,
            Self::ObjectClassViolation => LdapResultCode::ObjectClassViolation,
            Self::NotAllowedOnNonLeaf => LdapResultCode::NotAllowedOnNonLeaf,
            Self::EntryAlreadyExists => LdapResultCode::EntryAlreadyExists,
            Self::Other => LdapResultCode::Other,
        }
    }
}

impl Refusal {
    /// A refusal with this text.
    pub(super) fn new(code: LdapCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            matched: String::new(),
            referral: Vec::new(),
        }
    }

    /// Nobody is signed in on this connection (000004DC).
    pub(super) fn not_bound() -> Self {
        Self::new(
            LdapCode::OperationsError,
            "000004DC: LdapErr: DSID-0C090A5C, comment: In order to perform this operation a \
             successful bind must be completed on the connection., data 0, v4563\0",
        )
    }

    /// A sign-in was refused, with the Windows error in hex (`52e`, `775` …).
    pub(super) fn bind(data: &str) -> Self {
        Self::new(
            LdapCode::InvalidCredentials,
            format!(
                "80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data {data}, v4563\0"
            ),
        )
    }

    /// There is no such object; `best` is the nearest one above that exists.
    pub(super) fn no_such_object(best: &str) -> Self {
        Self {
            matched: best.to_owned(),
            ..Self::new(
                LdapCode::NoSuchObject,
                format!(
                    "0000208D: NameErr: DSID-0310028B, problem 2001 (NO_OBJECT), data 0, best match of:\n\t'{best}'\n\0"
                ),
            )
        }
    }

    /// Not a DN.
    pub(super) fn bad_name(text: &str) -> Self {
        Self::new(
            LdapCode::InvalidDnSyntax,
            format!(
                "0000208F: NameErr: DSID-03100225, problem 2006 (BAD_NAME), data 8350, best match of:\n\t'{text}'\n\0"
            ),
        )
    }

    /// The base lies in another domain.
    pub(super) fn referral(host: &str, base: &str) -> Self {
        Self {
            referral: vec![format!("ldap://{host}/{base}")],
            ..Self::new(
                LdapCode::Referral,
                format!(
                    "0000202B: RefErr: DSID-0310084A, data 0, 1 access points\n\tref 1: '{host}'\n\0"
                ),
            )
        }
    }

    /// The right to write is missing.
    pub(super) fn access_denied() -> Self {
        Self::new(
            LdapCode::InsufficientAccessRights,
            "00002098: SecErr: DSID-031514B3, problem 4003 (INSUFF_ACCESS_RIGHTS), data 0\n\0",
        )
    }

    /// The right to set or change the password is missing.
    pub(super) fn password_access_denied() -> Self {
        Self::new(
            LdapCode::InsufficientAccessRights,
            "00000005: SecErr: DSID-031A11ED, problem 4003 (INSUFF_ACCESS_RIGHTS), data 0\n\0",
        )
    }

    /// The domain's policy refuses the password.
    pub(super) fn password_policy() -> Self {
        Self::new(
            LdapCode::ConstraintViolation,
            "0000052D: Constraint violation - AtrErr: DSID-03191083, #1:\n\t0: 0000052D: \
             DSID-03191083, problem 1005 (CONSTRAINT_ATT_TYPE), data 0, Att 9005a (unicodePwd)\n\0",
        )
    }

    /// The old password of a change is wrong.
    pub(super) fn wrong_old_password() -> Self {
        Self::new(
            LdapCode::ConstraintViolation,
            "00000056: AtrErr: DSID-03191083, #1:\n\t0: 00000056: DSID-03191083, problem 1005 \
             (CONSTRAINT_ATT_TYPE), data 0, Att 9005a (unicodePwd)\n\0",
        )
    }

    /// A number that the attribute does not take.
    pub(super) fn bad_value() -> Self {
        Self::new(
            LdapCode::Other,
            "00000057: SysErr: DSID-031A1202, problem 22 (Invalid argument), data 0\n\0",
        )
    }

    /// `tokenGroups` in a search that is no base-scope read.
    pub(super) fn base_scope_only() -> Self {
        Self::new(
            LdapCode::OperationsError,
            "000020EF: SvcErr: DSID-02030FA2, problem 5012 (DIR_ERROR), data 0\n\0",
        )
    }

    /// An attribute that the schema does not have.
    pub(super) fn unknown_attribute(name: &str) -> Self {
        Self::new(
            LdapCode::NoSuchAttribute,
            format!(
                "00000057: LdapErr: DSID-0C091027, comment: Error in attribute conversion \
                 operation, data 0, v4563 ({name})\0"
            ),
        )
    }

    /// Something that the directory will not do.
    pub(super) fn unwilling() -> Self {
        Self::new(
            LdapCode::UnwillingToPerform,
            "0000001F: SvcErr: DSID-031A12D2, problem 5003 (WILL_NOT_PERFORM), data 0\n\0",
        )
    }

    /// There is an object of this name, or an account of this sAMAccountName.
    pub(super) fn already_there() -> Self {
        Self::new(
            LdapCode::EntryAlreadyExists,
            "00002071: UpdErr: DSID-0305038D, problem 6005 (ENTRY_EXISTS), data 0\n\0",
        )
    }

    /// There are objects below.
    pub(super) fn not_a_leaf() -> Self {
        Self::new(
            LdapCode::NotAllowedOnNonLeaf,
            "00002015: UpdErr: DSID-03100C45, problem 6003 (CANT_ON_NON_LEAF), data 0\n\0",
        )
    }

    /// No class, or one that the schema does not have or that cannot be made.
    pub(super) fn class_violation() -> Self {
        Self::new(
            LdapCode::ObjectClassViolation,
            "00002014: UpdErr: DSID-031A1236, problem 6002 (OBJ_CLASS_VIOLATION), data 0\n\0",
        )
    }

    /// The name does not fit the class.
    pub(super) fn naming_violation() -> Self {
        Self::new(
            LdapCode::NamingViolation,
            "00002099: NameErr: DSID-03050F9E, problem 2005 (NAMING_VIOLATION), data 0, best match of:\n\t''\n\0",
        )
    }

    /// A critical control that is not offered.
    pub(super) fn unknown_control() -> Self {
        Self::new(
            LdapCode::UnavailableCriticalExtension,
            "00002040: SvcErr: DSID-03140402, problem 5010 (UNAVAIL_EXTENSION), data 0\n\0",
        )
    }

    /// As it goes on the wire.
    pub(super) fn result(self) -> LdapResult {
        LdapResult {
            code: self.code.wire(),
            matcheddn: self.matched,
            message: self.message,
            referral: self.referral,
        }
    }
}

/// Success.
pub(super) fn success() -> LdapResult {
    LdapResult {
        code: LdapResultCode::Success,
        matcheddn: String::new(),
        message: String::new(),
        referral: Vec::new(),
    }
}
