//! Keyward: a team lead resets a colleague's forgotten Active Directory password, with exactly
//! the delegated rights and a record of every attempt. `ARCHITECTURE.md` has the map.

pub mod actions;
pub mod archive;
pub mod cli;
pub mod config;
pub mod delegation;
pub mod directory;
pub mod doctor;
pub mod domain;
mod durable;
#[cfg(feature = "demo")]
pub mod embedded;
pub mod report;
pub mod rotation;
pub mod sinks;
pub mod store;
pub mod trust;
pub mod verify;
pub mod web;
