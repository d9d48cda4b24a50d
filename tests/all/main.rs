//! The integration tests, one binary: `support` starts what they need.

mod command_line;
mod directory_cases;
#[cfg(feature = "demo")]
mod embedded;
#[cfg(feature = "demo")]
mod embedded_protocol;
mod samba;
mod support;
