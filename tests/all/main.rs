//! The integration tests, one binary: `support` starts what they need.

mod directory_cases;
mod samba;
mod support;
