//! A small directory server in this process that speaks LDAPS as Active Directory does wherever
//! Keyward can notice: for the demo, and for tests of what no real domain controller does on
//! demand. It keeps everything in memory, replicates nothing and knows no Kerberos.

mod access;
mod add;
mod admin;
mod answer;
mod attributes;
mod bind;
mod certificate;
mod changes;
mod classes;
mod configuration;
mod controls;
mod crowd;
mod defaults;
mod entry;
mod fault_planting;
mod faults;
mod filter;
mod folding;
mod founding;
mod links;
mod metadata;
mod modify;
mod move_delete;
mod name_index;
mod operations;
mod pages;
mod people;
mod policy;
mod rootdse;
mod rule_list;
pub mod sample_company;
mod schema;
mod schema_tables;
mod search;
mod security_descriptor;
mod server;
mod session;
pub mod test_domain;
mod tree;
mod unicode_pwd;
mod witness;

pub use admin::{Admin, Unknown};
pub use answer::LdapCode;
pub use bind::BindOutcome;
pub use certificate::CertificateOptions;
pub use faults::{Doing, Fault, Faults, On};
pub use modify::PasswordKind;
pub use server::{Embedded, EmbeddedError, EmbeddedOptions, Population};
pub use witness::{ObjectChange, SeenBind, SeenModify, SeenObject, Witness};
