//! Checking the log: recomputes everything from lines and signed checkpoints, with the verifier key
//! alone. Uses nothing of what wrote the log, on purpose; a test holds it to that.
