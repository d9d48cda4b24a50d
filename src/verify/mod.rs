//! Checking the log: recomputes everything from lines and signed checkpoints, with the verifier key
//! alone. Uses nothing of what wrote the log, on purpose; a test holds it to that.
//!
//! One pass, memory that does not grow with the log: the right edge of the tree and the open
//! attempts. A root that was signed proves every line before it; what is kept beside the lines (their
//! hashes, edges of the tree, archives' heads) proves nothing and only tells which line is wrong.

mod archive;
mod attempts;
mod checkpoint;
mod edge;
mod file;
mod finding;
mod findings;
mod line;
mod log;
mod report;
mod said;
mod sequence;
mod standing;
mod torn;
mod trees;

pub use archive::{Archive, MOST_OF_AN_ARCHIVE};
pub use attempts::OpenAttempt;
pub use checkpoint::{BadNote, InvalidKey, Keys, NoteFlaw, Signed, notes_in};
pub use edge::{Edge, Hash, leaf_hash};
pub use file::{ArchiveHead, Item, Items, MOST_OF_A_LINE};
pub use finding::{ArchiveFlaw, Finding, Span};
pub use line::{Head, Phase};
pub use log::{Absence, Verification};
pub use report::Report;
pub use said::OtherKey;
pub use sequence::Sequence;
