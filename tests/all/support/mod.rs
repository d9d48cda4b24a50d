//! What tests need: a directory, the web service over it, a client.

pub mod administrator;
pub mod browser;
pub mod directory;
#[cfg(feature = "demo")]
pub mod embedded;
pub mod forwarder;
pub mod ldap;
pub mod office;
pub mod parts;
pub mod service;
