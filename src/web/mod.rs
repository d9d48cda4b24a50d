//! The web service: addresses, pages, forms, headers.
