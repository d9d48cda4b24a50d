//! The integration tests, one binary: `support` starts what they need.

#![cfg_attr(
    not(feature = "demo"),
    allow(
        dead_code,
        reason = "the cases that need the embedded directory are left out"
    )
)]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on ends here; helpers are not seen as tests"
)]

mod access_explain;
#[cfg(feature = "demo")]
mod access_frozen;
mod access_matrix;
mod access_report;
mod audit_archive;
#[cfg(feature = "demo")]
mod audit_archived;
mod audit_checked_elsewhere;
mod audit_export;
mod audit_faults;
mod audit_keys;
#[cfg(feature = "demo")]
mod audit_kills;
mod audit_lies;
mod audit_list;
mod audit_outlines;
#[cfg(feature = "demo")]
mod audit_pages;
mod audit_proofs;
mod audit_sinks;
#[cfg(feature = "demo")]
mod audit_summary;
mod audit_tampering;
mod command_line;
#[cfg(feature = "demo")]
mod demo;
mod directory_cases;
#[cfg(feature = "demo")]
mod directory_certificates;
#[cfg(feature = "demo")]
mod directory_faults;
mod doctor;
#[cfg(feature = "demo")]
mod embedded;
#[cfg(feature = "demo")]
mod embedded_proof;
#[cfg(feature = "demo")]
mod embedded_protocol;
#[cfg(feature = "demo")]
mod embedded_search;
mod examples;
#[cfg(feature = "demo")]
mod kill_nine;
#[cfg(feature = "demo")]
mod lost_answers;
mod main_job;
#[cfg(feature = "demo")]
mod no_secrets;
mod object_cases;
mod protocol_cases;
mod reach_cases;
#[cfg(feature = "demo")]
mod rotation;
mod samba;
#[cfg(feature = "demo")]
mod serve_command;
#[cfg(feature = "demo")]
mod settings_reload;
mod sign_in;
mod support;
mod ways_round;
#[cfg(feature = "demo")]
mod web_access;
mod web_cases;
mod web_connections;
mod web_headers;
#[cfg(feature = "demo")]
mod web_main_job;
mod web_requests;
#[cfg(feature = "demo")]
mod web_rules;
mod web_tls;
