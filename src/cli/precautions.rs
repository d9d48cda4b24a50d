//! What keeps passwords in this process's memory where they are.

use anyhow::Context as _;
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// No core file, and no other process of the same account may read this one's memory.
///
/// # Errors
/// The system refuses, which Linux does not do.
pub(super) fn take() -> anyhow::Result<()> {
    setrlimit(
        Resource::Core,
        Rlimit {
            current: Some(0),
            maximum: Some(0),
        },
    )
    .context("core files cannot be switched off")?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .context("this process cannot be closed to others")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::{dumpable_behavior, getrlimit};

    #[test]
    fn there_is_no_core_file_and_nobody_else_reads_the_memory() {
        take().expect("taken");
        assert_eq!(dumpable_behavior(), Ok(DumpableBehavior::NotDumpable));
        assert_eq!(getrlimit(Resource::Core).maximum, Some(0));
    }
}
