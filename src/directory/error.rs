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
    #[error("the certificate of {server} is not accepted: {problem:?}")]
    Certificate {
        /// Host and port.
        server: String,
        /// Named problem.
        problem: CertificateProblem,
    },
    /// Administrator: the service account cannot sign in (no second try before the credential changes or a long pause).
    #[error("the service account cannot sign in: {0:?}")]
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

/// What is wrong with a certificate, or with the file that says which ones are trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateProblem {
    /// Unknown issuer.
    Untrusted,
    /// Other name.
    WrongName,
    /// Expired.
    Expired,
    /// Not valid yet.
    NotYetValid,
    /// `ca_file` cannot be read or holds no certificate.
    CaFile,
    /// Else.
    Other,
}

/// AD's reasons to refuse a bind, from `data XXX` (never from free text).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BindRefusal {
    /// 52e, 525: one and the same to people.
    WrongNameOrPassword,
    /// 775
    Locked,
    /// 773
    MustChangePassword,
    /// 532
    PasswordExpired,
    /// 533
    Disabled,
    /// 701
    AccountExpired,
    /// 530
    LogonHours,
    /// 531
    Workstation,
    /// 52f and others.
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
