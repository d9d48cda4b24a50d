//! The rights of the service account: which ones it needs, how they are given and taken away
//! (`apply`, `revoke`, `script`, `mend`), and the proof that it has these and no others (`proof`).

pub mod apply;
pub mod carry_out;
pub mod change;
pub mod mend;
pub mod needs;
pub mod plan;
pub mod proof;
pub mod revoke;
pub mod script;
pub mod watch;
