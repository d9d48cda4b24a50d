//! What is said of the service account's own object.

use super::super::account::State;
use super::super::check::{Advice, Level, Told};
use crate::domain::text::counted;

const READ: &str = "docs/doctor.md#the-service-account";

/// Enabled, not "must change", never expires.
pub(in crate::doctor) fn state(found: &[State]) -> Told {
    let Some(first) = found.first() else {
        return Told::ok(
            "it is enabled, need not change its password, and its password never expires",
        );
    };
    let (sentence, cause, step) = match first {
        State::Disabled => (
            "it is disabled: Keyward can do nothing",
            "somebody disabled it",
            "find out why, then: Enable-ADAccount NAME",
        ),
        State::MustChange => (
            "it must change its password at the next logon, which no service can",
            "the box was ticked when it was made or reset",
            "Set-ADUser NAME -ChangePasswordAtLogon $false",
        ),
        State::PasswordExpires => (
            "its password can expire, and then Keyward stops",
            "\"Password never expires\" was not ticked when it was made",
            "Set-ADUser NAME -PasswordNeverExpires $true; Keyward changes the password by itself all the same",
        ),
    };
    let told = Told::fail(
        sentence,
        Advice::new(
            cause,
            [step, "or: keyward delegation apply --admin NAME"],
            READ,
        ),
    );
    let level = match first {
        State::Disabled | State::MustChange => Level::Fail,
        State::PasswordExpires => Level::Warn,
    };
    Told { level, ..told }
}

/// Groups of administrators that it is in.
pub(in crate::doctor) fn groups(admins: &[String]) -> Told {
    if admins.is_empty() {
        return Told::ok("it is in no group of administrators");
    }
    Told::fail(
        format!(
            "it is in {} of administrators, directly or by another group",
            counted(admins.len(), "group", "groups")
        ),
        Advice::new(
            "it was put there to make something work",
            ["keyward delegation verify names each membership and the command that ends it"],
            READ,
        ),
    )
    .listing(admins.to_vec())
}

/// `NOT_DELEGATED`.
pub(in crate::doctor) fn delegation(is_sensitive: bool) -> Told {
    if is_sensitive {
        return Told::ok(
            "it is marked as sensitive: nothing that it signs in to can act in its name",
        );
    }
    Told::warn(
        "it is not marked as sensitive: a server with delegation that it signs in to could act in its name",
        Advice::new(
            "\"Account is sensitive and cannot be delegated\" was not ticked when it was made",
            [
                "Set-ADUser NAME -AccountNotDelegated $true",
                "or: keyward delegation apply --admin NAME",
            ],
            READ,
        ),
    )
}

/// Service principal names.
pub(in crate::doctor) fn spns(spns: &[String]) -> Told {
    if spns.is_empty() {
        return Told::ok("it has no service principal name");
    }
    Told::fail(
        format!(
            "it has {}: anybody in the domain can ask for a ticket and try passwords against it at home",
            counted(spns.len(), "service principal name", "service principal names")
        ),
        Advice::new(
            "another service uses the same account, or once did",
            ["give that service an account of its own, then: setspn -D SPN NAME"],
            READ,
        ),
    )
    .listing(spns.to_vec())
}

/// An OU of its own.
pub(in crate::doctor) fn place(is_ou: bool, beside: &[String], more: bool) -> Told {
    let advice = || {
        Advice::new(
            "it was made where other accounts are made",
            [
                "make an OU for it and move it there, so that no rule for others reaches it",
                "keyward delegation script prints both",
            ],
            READ,
        )
    };
    if !is_ou {
        return Told::warn("it lies in no organisational unit of its own", advice());
    }
    if beside.is_empty() {
        return Told::ok("it has an organisational unit of its own");
    }
    let mut list = beside.to_vec();
    if more {
        list.push("and more".to_owned());
    }
    let others = if more {
        format!("more than {} other accounts", beside.len())
    } else {
        counted(beside.len(), "other account", "other accounts")
    };
    Told::warn(
        format!("{others} in the same organisational unit"),
        advice(),
    )
    .listing(list)
}
