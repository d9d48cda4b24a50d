//! What is true and allowed: no async, no I/O, no clock reads.

pub mod account;
pub mod audit;
pub mod authorize;
pub mod certificate;
pub mod days;
pub mod ground;
pub mod identity;
pub mod least_privilege;
pub mod limits;
pub mod lockout;
pub mod membership;
pub mod moment;
pub mod operator;
pub mod password;
pub mod preflight;
pub mod reason;
pub mod roles;
pub mod rules;
#[cfg(test)]
pub(crate) mod samples;
pub mod schema;
pub mod secret;
pub mod security_descriptor;
pub mod settling;
pub mod text;
pub mod time;
pub mod webhook_key;
