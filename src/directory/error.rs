//! What can go wrong between Keyward and a domain controller, by who must act.

use std::path::PathBuf;

/// Errors of the directory, by who must act.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DirectoryError {
    /// Operations: nobody answered.
    #[error("no domain controller answered ({tried} tried)")]
    Unreachable {
        /// Servers tried.
        tried: usize,
    },
    /// Operations: the certificate is not trusted, expired or for another name.
    #[error("the certificate of {server} is not accepted: {problem}")]
    Certificate {
        /// Host and port.
        server: String,
        /// Named problem.
        problem: CertificateProblem,
    },
    /// Administrator: the service account cannot sign in (no second try before the credential changes or a long pause).
    #[error("the service account cannot sign in: {0}")]
    ServiceBind(BindRefusal),
    /// Administrator: the file with the service account's password cannot be read, or is empty.
    #[error("the service account's password cannot be read from {0:?}")]
    ServicePassword(Option<PathBuf>),
    /// Administrator: a right is missing.
    #[error("the service account lacks the right: {operation}")]
    NotDelegated {
        /// The operation.
        operation: &'static str,
    },
    /// Operator: the policy refused the new password (0000052D).
    #[error("the domain's policy refused the new password")]
    PasswordPolicy,
    /// The object is not at its DN any more (32).
    #[error("the account is not where it was")]
    Moved,
    /// Busy (51) or unavailable (52).
    #[error("the domain controller is busy")]
    Busy,
    /// Referral (10): wrong base or domain; a read-only DC.
    #[error("the domain controller refers to another one")]
    Referral,
    /// Settings: a base, group or account named there does not exist.
    #[error("{what} was not found in the directory")]
    NotFound {
        /// Which setting.
        what: &'static str,
    },
    /// Settings: a group that is named there does not exist.
    #[error(
        "the group {name} of {what} was not found in the directory; a distribution group is none"
    )]
    NoGroup {
        /// Which setting, or which key of which rule.
        what: String,
        /// As it is named there.
        name: String,
    },
    /// Settings: an account, OU or group that is named there does not exist, or is nothing that can be meant.
    #[error("{name}, named in {what}, was not found in the directory, or is of another kind")]
    NoSuchName {
        /// Which setting, or which key of which rule.
        what: String,
        /// As it is named there.
        name: String,
    },
    /// Unwilling (53): channel, form of the operation.
    #[error("the domain controller was unwilling (code {code}, extended {extended:08x})")]
    Unwilling {
        /// LDAP result code.
        code: i64,
        /// AD's extended code or 0.
        extended: u32,
    },
    /// Anything the protocol does not allow.
    #[error("the domain controller answered something that makes no sense")]
    Protocol,
    /// Another result.
    #[error("the domain controller answered with code {code} (extended {extended:08x})")]
    Other {
        /// LDAP result code.
        code: i64,
        /// AD's extended code or 0.
        extended: u32,
    },
}

impl DirectoryError {
    /// Whether a domain controller answered that something is not there which the settings name.
    pub fn is_of_the_settings(&self) -> bool {
        matches!(self, Self::NoGroup { .. } | Self::NoSuchName { .. })
    }
}

/// What is wrong with a certificate, or with the file that says which ones are trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CertificateProblem {
    /// Unknown issuer.
    #[error("its authority is not trusted; name that authority's certificate in [ad] ca_file")]
    Untrusted,
    /// Other name.
    #[error("it is for another host name; use that name in [ad] server")]
    WrongName,
    /// Expired.
    #[error("it has expired")]
    Expired,
    /// Not valid yet.
    #[error("it is not valid yet; is this machine's clock right?")]
    NotYetValid,
    /// `ca_file` cannot be read or holds no certificate.
    #[error("[ad] ca_file cannot be read, or holds no certificate")]
    CaFile,
    /// Else.
    #[error("it cannot be checked")]
    Other,
}

/// AD's reasons to refuse a bind, from `data XXX` (never from free text).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BindRefusal {
    /// 52e, 525: one and the same to people.
    #[error("wrong name or password")]
    WrongNameOrPassword,
    /// 775
    #[error("the account is locked")]
    Locked,
    /// 773
    #[error("the password must be changed first")]
    MustChangePassword,
    /// 532
    #[error("the password has expired")]
    PasswordExpired,
    /// 533
    #[error("the account is disabled")]
    Disabled,
    /// 701
    #[error("the account has expired")]
    AccountExpired,
    /// 530
    #[error("the account may not sign in at this hour")]
    LogonHours,
    /// 531
    #[error("the account may not sign in from here")]
    Workstation,
    /// 52f and others.
    #[error("it gives no reason")]
    Other,
}

/// A write that did not go through.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The modify was never sent, or the DC refused it: nothing was changed.
    #[error("not changed: {0}")]
    NotChanged(#[from] DirectoryError),
    /// The permit is for another account or another action: nothing was sent.
    #[error("the permit is for something else")]
    OtherPermit,
    /// Sent, but the answer was lost: unknown until the metadata say.
    #[error("the answer was lost")]
    AnswerLost,
}
