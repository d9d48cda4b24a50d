//! The company of the demo.

use super::tree::Tree;
use jiff::Timestamp;

/// The company's directory.
pub(super) fn tree(now: Timestamp) -> Option<Tree> {
    super::test_domain::tree(now)
}
