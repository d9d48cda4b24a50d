//! Archives as files: one compressed frame and nothing after it, and the SHA-256 that the log has of each of them.

use super::file::{Item, Items, WINDOW};
use super::findings::Findings;
use super::line::{Head, Phase};
use super::{ArchiveFlaw, Finding, Hash, Span};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::io::{self, BufRead as _, BufReader, Read, Take};
use zstd::stream::read::Decoder;

/// An archive has no more than this, unpacked: 64 MiB of lines, its head and its end. A few bytes can be
/// unpacked to any length.
pub const MOST_OF_AN_ARCHIVE: u64 = 66 * 1024 * 1024;
/// So many archives are minded whose record has not come yet.
const MOST: usize = 100_000;

/// The lines of an archive, read once: the file's SHA-256 is made meanwhile.
pub struct Archive<R: Read>(Items<Take<Unpacked<R>>>);

type Unpacked<R> = BufReader<Decoder<'static, BufReader<Digested<R>>>>;

impl<R: Read> Archive<R> {
    /// Of an archive's file.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn new(file: R) -> io::Result<Self> {
        let file = Digested {
            file,
            digest: Sha256::new(),
        };
        let mut decoder = Decoder::with_buffer(BufReader::new(file))?.single_frame();
        decoder.window_log_max(WINDOW)?;
        let lines = BufReader::with_capacity(64 * 1024, decoder);
        Ok(Self(Items::new(lines).at_most(MOST_OF_AN_ARCHIVE)))
    }

    /// The next line; `None` after the last, or where more was read than an archive has.
    ///
    /// # Errors
    /// It cannot be read, or is damaged.
    pub fn next_item(&mut self) -> io::Result<Option<Item<'_>>> {
        self.0.next_item()
    }

    /// The file's SHA-256, after its last line; `None`: something follows that no archive has there.
    ///
    /// # Errors
    /// It cannot be read, or is damaged.
    pub fn end(self) -> io::Result<Option<Hash>> {
        let mut lines = self.0.into_source().into_inner();
        if !lines.fill_buf()?.is_empty() {
            return Ok(None);
        }
        let mut file = lines.into_inner().finish();
        if !file.fill_buf()?.is_empty() {
            return Ok(None);
        }
        Ok(Some(file.into_inner().digest.finalize().into()))
    }
}

struct Digested<R> {
    file: R,
    digest: Sha256,
}

impl<R: Read> Read for Digested<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.digest.update(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

/// Archives that were read, until the record of each comes by.
#[derive(Default)]
pub(super) struct Digests {
    /// By their first records.
    waiting: BTreeMap<u64, Waiting>,
    others: Vec<Finding>,
}

struct Waiting {
    next: u64,
    file: String,
    sha256: Hash,
}

/// The record of an archive. That of a removal has no hash.
#[derive(Deserialize)]
struct Noted {
    details: Details,
}

#[derive(Deserialize)]
struct Details {
    first: u64,
    next: u64,
    sha256: String,
}

impl Digests {
    /// An archive of these records that is whole.
    pub(super) fn add(&mut self, records: Span, file: String, sha256: Hash) {
        let next = records.last.saturating_add(1);
        if self.waiting.len() < MOST {
            let waiting = Waiting { next, file, sha256 };
            self.waiting.insert(records.first, waiting);
        }
    }

    /// Holds the archive that a record speaks of against it. Of one whose record does not come nothing is said.
    pub(super) fn note(&mut self, head: &Head<'_>, line: &[u8]) {
        if head.action != "archive_audit" || head.phase != Phase::Event {
            return;
        }
        let Ok(Noted { details }) = serde_json::from_slice(line) else {
            return;
        };
        let Details { first, next, .. } = details;
        let is_it = |waiting: &Waiting| waiting.next == next;
        if !self.waiting.get(&first).is_some_and(is_it) {
            return;
        }
        let Some(archive) = self.waiting.remove(&first) else {
            return;
        };
        let sha256 = archive
            .sha256
            .iter()
            .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        if let Some(records) = Span::before(first, next).filter(|_| sha256 != details.sha256) {
            self.others.push(Finding::Archive {
                records,
                file: archive.file,
                flaw: ArchiveFlaw::OtherFile { noted: head.seq },
            });
        }
    }

    /// Names the archives that are not the files of which the log speaks. Where records of one are accused, they say
    /// what is other in it.
    pub(super) fn close(self, findings: &mut Findings) {
        for other in self.others {
            let is_explained = matches!(&other, Finding::Archive { records, .. } if findings.accuse_one_of(*records));
            if !is_explained {
                findings.add(other);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end_of(bytes: &[u8]) -> io::Result<Option<Hash>> {
        let mut archive = Archive::new(bytes)?;
        while archive.next_item()?.is_some() {}
        archive.end()
    }

    #[test]
    fn whatever_follows_an_archives_frame_is_told_and_else_the_whole_file_is_digested() {
        let packed = zstd::encode_all(&b"one\ntwo\n"[..], 3).unwrap();
        let whole: Hash = Sha256::digest(&packed).into();
        assert_eq!(end_of(&packed).unwrap(), Some(whole));
        // RFC 8878 3.1.2: four bytes of the kind, four of the length.
        let skippable = b"\x50\x2A\x4D\x18\x03\0\0\0abc";
        for more in [&packed[..], skippable, b"x"] {
            let bytes = [&packed, more].concat();
            assert_eq!(end_of(&bytes).unwrap(), None, "{more:?}");
            let mut archive = Archive::new(&*bytes).unwrap();
            let mut lines = 0;
            while archive.next_item().unwrap().is_some() {
                lines += 1;
            }
            assert_eq!(lines, 2, "nothing of it is taken for a line");
        }
        assert!(end_of(&packed[..packed.len() - 1]).is_err(), "cut");
        assert!(end_of(b"plain").is_err());
    }

    #[test]
    fn of_an_archive_that_unpacks_to_more_than_one_has_the_rest_is_not_read() {
        let endless = io::repeat(b'\n').take(MOST_OF_AN_ARCHIVE + 1);
        let packed = zstd::encode_all(endless, 3).unwrap();
        assert_eq!(end_of(&packed).unwrap(), None);
    }
}
