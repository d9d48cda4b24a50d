//! What is said of the `danger_…` switches.

use super::super::check::{Advice, Told};
use super::super::danger::Danger;

/// None is set.
pub(in crate::doctor) fn none() -> Told {
    Told::ok("no danger_ switch is set")
}

/// One is.
pub(in crate::doctor) fn danger(danger: Danger) -> Told {
    match danger {
        Danger::PlainHttp => Told::fail(
            "danger_allow_plain_http is set: passwords cross the network unencrypted",
            Advice::new(
                "it was set for a test",
                [
                    "set [web] tls_cert and tls_key, or listen on 127.0.0.1 behind a proxy that has TLS",
                    "take danger_allow_plain_http out of the settings",
                ],
                "docs/settings.md#danger_allow_plain_http-in-web",
            ),
        ),
        Danger::ExcessRights => Told::fail(
            "danger_allow_excess_rights is set: Keyward works even though its account may do more than it needs",
            Advice::new(
                "it was set to go on working before the rights were put right",
                [
                    "keyward delegation verify names each right too many and the command that takes it away",
                    "take danger_allow_excess_rights out of the settings",
                ],
                "docs/settings.md#danger_allow_excess_rights-in-delegation",
            ),
        ),
    }
}
