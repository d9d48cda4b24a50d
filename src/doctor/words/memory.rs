//! What is said where there is nothing to compare with.

use super::super::check::{Advice, Told};

const READ: &str = "docs/doctor.md#use-outside-keyward";

/// There is nothing to compare with.
pub(in crate::doctor) fn no_store() -> Told {
    Told::ok("the service has not made its store yet, so there is nothing to compare with")
}

/// The store's file has no place for looks.
pub(in crate::doctor) fn older_store() -> Told {
    Told::warn(
        "what was seen cannot be kept, so nothing can be told of what changed since",
        Advice::new(
            "the service has not been started since Keyward was updated",
            ["start the service once: it brings the store up to date"],
            READ,
        ),
    )
}

/// What was seen could not be kept or read.
pub(in crate::doctor) fn not_kept(error: &impl std::fmt::Display) -> Told {
    Told::warn(
        format!("what was seen cannot be compared with earlier: {error}"),
        Advice::new(
            "this account may read the store but not write it",
            ["run keyward doctor as the account of the service"],
            READ,
        ),
    )
}

/// The store is there and cannot be used; its own check says why.
pub(in crate::doctor) fn store_unusable() -> Told {
    super::not_looked_at("the store cannot be used")
}

/// The disk does not answer.
pub(in crate::doctor) fn store_hangs() -> Told {
    super::not_looked_at("the store did not answer")
}
