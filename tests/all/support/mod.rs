//! What tests need: a directory, the web service over it, a client.

pub mod administrator;
pub mod browser;
pub mod directory;
#[cfg(feature = "demo")]
pub mod disk;
#[cfg(feature = "demo")]
pub mod embedded;
pub mod estate;
pub mod forwarder;
pub mod ldap;
pub mod log;
pub mod office;
pub mod parts;
#[cfg(feature = "demo")]
pub mod program;
pub mod secrets;
pub mod service;
#[cfg(feature = "demo")]
pub mod sessions;
