//! Writing an archive: zstd over a first line that says what it holds, the records' lines byte for byte,
//! and a last line with the checkpoint.

use crate::domain::audit::tree::Edge;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::io::{self, Write};
use zstd::stream::write::Encoder;

/// The format's number.
pub(super) const VERSION: u32 = 1;
/// Between speed and size; 100,000 records take a second or two.
const LEVEL: i32 = 6;
/// Whoever reads needs so much memory: 2^22 bytes.
pub(super) const WINDOW: u32 = 22;

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    pub archive: u32,
    pub first: u64,
    pub next: u64,
    /// The tree's right edge before the first record, as base64: hashes in the order of [`Edge::needs`].
    pub edge: Vec<String>,
}

/// The last line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    /// A signed checkpoint of `next` records.
    pub checkpoint: String,
}

impl Header {
    /// Of the records from the edge to before `next`.
    pub(super) fn new(edge: &Edge, next: u64) -> Self {
        Self {
            archive: VERSION,
            first: edge.size(),
            next,
            edge: edge.hashes().map(|hash| STANDARD.encode(hash.0)).collect(),
        }
    }
}

/// An archive that is being written.
pub(super) struct Writing<W: Write>(Encoder<'static, W>);

impl<W: Write> Writing<W> {
    /// Begins with the first line.
    pub(super) fn begin(out: W, header: &Header) -> io::Result<Self> {
        let mut encoder = Encoder::new(out, LEVEL)?;
        encoder.include_checksum(true)?;
        encoder.window_log(WINDOW)?;
        let mut writing = Self(encoder);
        writing.line(&serde_json::to_string(header)?)?;
        Ok(writing)
    }

    /// The next record's line.
    pub(super) fn line(&mut self, line: &str) -> io::Result<()> {
        self.0.write_all(line.as_bytes())?;
        self.0.write_all(b"\n")
    }

    /// Ends with the last line.
    pub(super) fn end(mut self, checkpoint: String) -> io::Result<W> {
        self.line(&serde_json::to_string(&End { checkpoint })?)?;
        self.0.finish()
    }
}
