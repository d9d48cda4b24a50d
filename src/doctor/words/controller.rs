//! What is said of a domain controller, and of the directory's errors.

use super::super::check::{Advice, Told};
use super::{DAYS_LEFT, date, days_left};
use crate::directory::{BindRefusal, CertificateProblem, DcStatus, DirectoryError};
use jiff::{SignedDuration, Timestamp};

const READ: &str = "docs/doctor.md#a-domain-controller";
/// A clock that is further off is worth a look.
const CLOCK_WARNS: SignedDuration = SignedDuration::from_secs(60);
/// Kerberos refuses more than this (MS-KILE 3.3.5), and so does trust in any time of the log.
const CLOCK_FAILS: SignedDuration = SignedDuration::from_mins(5);

/// It answered, and the service account has signed in.
pub(in crate::doctor) fn answered(status: &DcStatus) -> Told {
    Told::ok(format!(
        "{} answers over {}, its certificate is trusted, and the service account signs in",
        status.host_name, status.tls
    ))
}

/// It did not.
pub(in crate::doctor) fn silent(error: &DirectoryError) -> Told {
    let (sentence, advice) = of_directory(error);
    Told::fail(sentence, advice)
}

/// How long its certificate is good.
pub(in crate::doctor) fn certificate(ends: Timestamp, now: Timestamp) -> Told {
    let renew = || {
        Advice::new(
            "it is not renewed by itself, or the renewal failed",
            [
                "renew the domain controller's certificate (certlm.msc, or your own certificate authority); Keyward needs no restart",
            ],
            READ,
        )
    };
    match days_left(now, ends) {
        None => Told::fail(format!("its certificate ended on {}", date(ends)), renew()),
        Some(days) if days < DAYS_LEFT => Told::warn(
            format!("its certificate ends in {days} days, on {}", date(ends)),
            renew(),
        ),
        Some(days) => Told::ok(format!(
            "its certificate is good for {days} days, until {}",
            date(ends)
        )),
    }
}

/// Whether it takes changes.
pub(in crate::doctor) fn writable(is_writable: bool) -> Told {
    if is_writable {
        return Told::ok("it takes changes");
    }
    Told::fail(
        "it is a read-only domain controller, so no password can be reset there",
        Advice::new(
            "a branch office's controller (RODC) was named",
            ["name a writable one in [ad] server: nltest /dsgetdc:DOMAIN /writable finds one"],
            READ,
        ),
    )
}

/// How far its clock is ahead of ours.
pub(in crate::doctor) fn clock(ahead: SignedDuration) -> Told {
    let off = ahead.abs();
    let direction = if ahead.is_negative() {
        "behind"
    } else {
        "ahead of"
    };
    let seconds = off.as_secs();
    if off <= CLOCK_WARNS {
        return Told::ok("its clock and this machine's agree");
    }
    let sentence = format!("its clock is {seconds} seconds {direction} this machine's");
    let advice = Advice::new(
        "one of the two does not keep time",
        [
            "here: timedatectl shows whether the clock is synchronised",
            "there: w32tm /query /status",
        ],
        READ,
    );
    if off > CLOCK_FAILS {
        Told::fail(
            format!("{sentence}: the times of the log cannot be trusted"),
            advice,
        )
    } else {
        Told::warn(sentence, advice)
    }
}

/// An error of the directory: what is so, and what helps.
pub(in crate::doctor) fn of_directory(error: &DirectoryError) -> (String, Advice) {
    let advice = |cause: &str, mend: &str| Advice::new(cause, [mend], READ);
    match error {
        DirectoryError::Unreachable { .. } => (
            "it does not answer".to_owned(),
            Advice::new(
                "it is down, the name leads elsewhere, or a firewall closes port 636",
                [
                    "try from this machine: openssl s_client -connect HOST:636",
                    "a domain controller without a certificate does not listen on 636: give it one",
                ],
                READ,
            ),
        ),
        DirectoryError::Certificate { problem, .. } => certificate_problem(*problem),
        DirectoryError::ServiceBind(refusal) => bind_refusal(*refusal),
        DirectoryError::ServicePassword(file) => (
            match file {
                Some(file) => format!(
                    "the service account's password cannot be read from {}",
                    file.display()
                ),
                None => "the service account's password cannot be read or is empty".to_owned(),
            },
            advice(
                "the file is not there, is empty, or this account may not read it",
                "run keyward doctor as the account of the service, or put [service_account] password_file right",
            ),
        ),
        DirectoryError::NotDelegated { operation } => (
            format!("the service account lacks the right: {operation}"),
            advice(
                "the domain lets ordinary accounts read less than usual",
                "keyward delegation verify names what is missing and the command that grants it",
            ),
        ),
        DirectoryError::Busy => (
            "it is too busy to answer in time".to_owned(),
            advice(
                "it is under load, or just starting",
                "run keyward doctor again in a minute; if it stays, raise [ad] operation_timeout_seconds",
            ),
        ),
        DirectoryError::Referral => (
            "it says that another server is in charge".to_owned(),
            advice(
                "[ad] user_ou lies in another domain than the controller serves",
                "name a domain controller of the domain that user_ou is in",
            ),
        ),
        DirectoryError::NotFound { .. }
        | DirectoryError::NoGroup { .. }
        | DirectoryError::NoSuchName { .. } => (
            what_is_missing(error),
            advice(
                "it was renamed, moved or deleted, or there is a slip in the setting",
                "put the setting right",
            ),
        ),
        DirectoryError::PasswordPolicy | DirectoryError::Moved => (
            format!("it answered what belongs to a change, though none was asked for: {error}"),
            advice(
                "it is not a domain controller",
                "look what listens at that address",
            ),
        ),
        DirectoryError::Unwilling { .. }
        | DirectoryError::Other { .. }
        | DirectoryError::Protocol => (
            error.to_string(),
            advice(
                "something other than a domain controller listens there, or it is broken",
                "look at the controller's own log at this time (Directory Service)",
            ),
        ),
    }
}

fn certificate_problem(problem: CertificateProblem) -> (String, Advice) {
    let (sentence, cause, mend) = match problem {
        CertificateProblem::Untrusted => (
            "its certificate comes from an issuer that is not trusted here",
            "it is one of your own certificate authority, or self-signed",
            "write that authority's certificate as PEM and name the file in [ad] ca_file",
        ),
        CertificateProblem::WrongName => (
            "its certificate is for another name",
            "the setting names an address or a short name, and the certificate has the full host name",
            "name the controller in [ad] server as its certificate does (Subject Alternative Name)",
        ),
        CertificateProblem::Expired => (
            "its certificate has expired",
            "it was not renewed",
            "renew the domain controller's certificate; Keyward needs no restart",
        ),
        CertificateProblem::NotYetValid => (
            "its certificate is not valid yet",
            "it was made just now, or this machine's clock is behind",
            "look at this machine's clock: timedatectl",
        ),
        CertificateProblem::CaFile => (
            "[ad] ca_file cannot be read, or holds no certificate",
            "the name is wrong, or the file is not PEM",
            "write the certificate as PEM: openssl x509 -inform der -in ca.cer -out ca.pem",
        ),
        CertificateProblem::Other => (
            "its certificate cannot be used",
            "it was made for another purpose, or with an algorithm that is not safe any more",
            "make one for server authentication, with SHA-256 and a key of 2048 bits or more",
        ),
    };
    (sentence.to_owned(), Advice::new(cause, [mend], READ))
}

fn bind_refusal(refusal: BindRefusal) -> (String, Advice) {
    let (sentence, cause, mend) = match refusal {
        BindRefusal::WrongNameOrPassword => (
            "it refuses the service account's name or password",
            "the password was changed in the directory and not here, or [service_account] username has a slip",
            "put the right password into [service_account]; the service and each command try it once, and each try counts towards the lockout",
        ),
        BindRefusal::Locked => (
            "the service account is locked",
            "something else signs in with an old password of it",
            "find what it is (event 4740 names the machine), then unlock the account",
        ),
        BindRefusal::MustChangePassword => (
            "the service account must change its password first",
            "\"User must change password at next logon\" is set",
            "clear it: Set-ADUser NAME -ChangePasswordAtLogon $false",
        ),
        BindRefusal::PasswordExpired => (
            "the service account's password has expired",
            "\"Password never expires\" is not set",
            "set it: Set-ADUser NAME -PasswordNeverExpires $true, and give the account a new password",
        ),
        BindRefusal::Disabled => (
            "the service account is disabled",
            "somebody disabled it",
            "find out why, then enable it: Enable-ADAccount NAME",
        ),
        BindRefusal::AccountExpired => (
            "the service account has expired",
            "an end date was set",
            "take it away: Clear-ADAccountExpiration NAME",
        ),
        BindRefusal::LogonHours => (
            "the service account may not sign in at this hour",
            "logon hours are set",
            "allow all hours for the account",
        ),
        BindRefusal::Workstation => (
            "the service account may not sign in to this domain controller",
            "\"Log On To\" names certain computers only",
            "add the domain controllers to that list, or allow all computers",
        ),
        BindRefusal::Other => (
            "it refuses the service account for a reason that it does not tell",
            "a restriction of the account, an authentication policy or silo",
            "look at the controller's security log (event 4625) at this time",
        ),
    };
    (sentence.to_owned(), Advice::new(cause, [mend], READ))
}
/// Which setting names what is not there.
fn what_is_missing(error: &DirectoryError) -> String {
    match error {
        DirectoryError::NotFound { what } => missing(what),
        DirectoryError::NoGroup { what, .. } | DirectoryError::NoSuchName { what, .. } => {
            missing(what)
        }
        other => other.to_string(),
    }
}

fn missing(what: &str) -> String {
    format!("what the setting {what} names is not in the directory")
}
