//! Takes precautions, runs the command, and ends with its exit status.

use std::alloc::System;
use std::process::ExitCode;

use zeroizing_alloc::ZeroAlloc;

/// Memory is wiped when it is given back: buffers below TLS and the protocol's codec hold copies
/// of passwords that no type of ours can wipe.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    keyward::cli::main()
}
