//! The web service: addresses, pages, forms, headers, and the HTTP server below them.
//!
//! A request goes `server` → `gate` (framing, client, Host, flood) → `router` → a handler in `pages`;
//! every answer gets its headers in `headers`.

pub mod assets;
pub mod client_address;
pub mod cookies;
pub mod form;
pub mod form_token;
pub mod headers;
pub mod host;
pub mod problem;
pub mod views;
pub mod words;
