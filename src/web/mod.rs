//! The web service: addresses, pages, forms, headers, and the HTTP server below them.
//!
//! A request goes `server` → `gate` (framing, client, Host, flood) → `router` → a handler in
//! `pages`; an action's answer goes through `views` and `words` back to the browser, and every
//! answer gets its headers in `headers`.

mod address;
pub mod assets;
mod bodies;
mod checked_form;
pub mod client_address;
pub mod cookies;
pub mod form;
pub mod form_token;
pub mod gate;
pub mod headers;
pub mod host;
mod page_error;
mod pages;
pub mod problem;
mod router;
pub mod server;
mod signed_in;
pub mod site;
pub mod views;
pub mod words;
