//! The integration tests, one binary: `support` starts what they need.

mod support;
