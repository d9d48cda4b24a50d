//! Names and identifiers of directory objects, parsed once; raw strings stop here.

mod dn;
mod dn_text;
mod object_guid;
mod sid;
mod sign_in_name;

pub use dn::{Dn, InvalidDn};
pub use object_guid::{InvalidGuid, ObjectGuid};
pub use sid::{InvalidSid, Sid};
pub use sign_in_name::{InvalidSignInName, SignInName};
