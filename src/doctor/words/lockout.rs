//! What is said of the lockout.

use super::super::check::{Advice, Told};
use super::super::lockout::Lockout;
use crate::domain::text::counted;

/// The domain's rule and ours.
pub(in crate::doctor) fn lockout(found: Lockout) -> Told {
    let ours = counted(
        usize::try_from(found.ours).unwrap_or(usize::MAX),
        "wrong password",
        "wrong passwords",
    );
    let domain = match found.threshold {
        0 => format!(
            "the domain never locks an account; Keyward lets {ours} through, then asks to wait"
        ),
        threshold => format!(
            "the domain locks after {} within {} minutes; Keyward lets {ours} through in that time",
            counted(
                usize::try_from(threshold).unwrap_or(usize::MAX),
                "wrong password",
                "wrong passwords"
            ),
            found.window.as_secs().div_ceil(60)
        ),
    };
    if found.threshold != 0 && found.ours >= found.threshold {
        return Told::warn(
            format!("{domain}, so one wrong password on its sign-in page locks an operator"),
            Advice::new(
                "the domain's lockout threshold is 1, which leaves no room for a mistake anywhere",
                ["raise the account lockout threshold of the domain: Microsoft's baseline has 10"],
                "docs/doctor.md#lockout",
            ),
        );
    }
    if found.setting_is_higher {
        return Told::ok(format!(
            "{domain}; [sign_in] max_wrong asks for more and has no effect"
        ));
    }
    Told::ok(domain)
}
