//! Parses arguments, runs, prints the error chain, ends with the exit status.
fn main() {}
