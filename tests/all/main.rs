//! The integration tests, one binary: `support` starts what they need.

mod directory_cases;
mod samba;
#[cfg(feature = "demo")]
mod embedded_protocol;
mod support;
