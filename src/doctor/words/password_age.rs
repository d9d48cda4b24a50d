//! What is said of the age of the service account's password.

use super::super::check::{Advice, Told};
use super::super::password_age::{Age, PasswordAge};
use super::date;

const READ: &str = "docs/doctor.md#the-service-account";

/// The age, and the last rotation.
pub(in crate::doctor) fn password_age(found: &PasswordAge) -> Told {
    let rotated = match found.rotated {
        Some(at) => format!("the last rotation by Keyward was on {}", date(at)),
        None => "the log has no rotation by Keyward yet".to_owned(),
    };
    let days = match found.days {
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    };
    let rule = found.rotate_after.map_or_else(
        || "Keyward does not change it by itself".to_owned(),
        |after| format!("Keyward changes it after {after} days"),
    );
    match found.age {
        Age::Fine => Told::ok(format!("its password is {days} old; {rule}; {rotated}")),
        Age::Late => Told::warn(
            format!("its password is {days} old, though {rule}; {rotated}"),
            Advice::new(
                "the service was not running, or the rotation fails: its log says why",
                ["keyward service-account rotate"],
                READ,
            ),
        ),
        Age::Old => Told::warn(
            format!("its password is {days} old, and {rule}"),
            Advice::new(
                "[service_account] rotate_after_days is 0",
                [
                    "keyward service-account rotate",
                    "or set rotate_after_days to 30",
                ],
                READ,
            ),
        ),
        Age::Unknown => Told::warn(
            "how old its password is cannot be read",
            Advice::new(
                "it was never set, or pwdLastSet may not be read",
                ["keyward delegation verify names what is missing"],
                READ,
            ),
        ),
    }
}
