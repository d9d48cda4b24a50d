//! Reading an archive, a line at a time: whatever the file is, only a little of it is in memory.

use super::MOST_RECORDS;
use super::error::Damage;
use super::write::{End, Header, VERSION, WINDOW};
use crate::domain::audit::MAX_LINE_BYTES;
use crate::domain::audit::tree::{Edge, Hash, KnownHashes};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use zstd::stream::read::Decoder;

/// Bytes of lines that are read at once, the longest line added.
const PAGE: usize = 256 * 1024;

/// Opens a file for reading. What is there in its place must not keep anybody waiting, as a pipe that
/// nobody writes to would.
///
/// # Errors
/// It cannot be opened, or is no regular file.
pub fn open_file(path: &Path) -> io::Result<File> {
    let flags = rustix::fs::OFlags::NONBLOCK.bits();
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags.cast_signed())
        .open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is a folder or a pipe, not a file",
        ))
    }
}

/// An archive that is being read.
pub(super) struct Reading {
    lines: BufReader<Decoder<'static, BufReader<File>>>,
    pub header: Header,
    /// The record whose line comes next.
    pub next: u64,
    /// The checkpoint of the last line, once that was read.
    pub checkpoint: Option<String>,
}

impl Reading {
    /// Opens an archive; it must hold these records.
    pub(super) fn open(path: &Path, first: u64, next: u64) -> Result<Self, Damage> {
        let unreadable = |error: std::io::Error| Damage::Unreadable(error.kind());
        let file = open_file(path).map_err(unreadable)?;
        let mut decoder = Decoder::new(file).map_err(unreadable)?.single_frame();
        decoder.window_log_max(WINDOW).map_err(unreadable)?;
        let mut lines = BufReader::new(decoder);
        let header = line(&mut lines, first)?.ok_or(Damage::NoHeader)?;
        let header: Header = serde_json::from_str(&header).map_err(|_| Damage::NoHeader)?;
        if header.archive != VERSION {
            return Err(Damage::NoHeader);
        }
        let count = next
            .checked_sub(first)
            .filter(|count| *count <= MOST_RECORDS);
        if (header.first, header.next) != (first, next) || count.is_none() {
            return Err(Damage::OtherRecords);
        }
        Ok(Self {
            lines,
            next: header.first,
            header,
            checkpoint: None,
        })
    }

    /// The tree before the first record.
    pub(super) fn edge(&self) -> Result<Edge, Damage> {
        let needs = Edge::needs(self.header.first);
        let hash = |text: &String| -> Option<Hash> {
            Some(Hash(STANDARD.decode(text).ok()?.try_into().ok()?))
        };
        let hashes: Option<Vec<Hash>> = self.header.edge.iter().map(hash).collect();
        let hashes = hashes.filter(|hashes| hashes.len() == needs.len());
        let known: KnownHashes = needs
            .into_iter()
            .zip(hashes.ok_or(Damage::NoHeader)?)
            .collect();
        Edge::new(self.header.first, known).map_err(|_| Damage::NoHeader)
    }

    /// Some lines of records, in order; none: the archive was read to its end, and that is as it should
    /// be.
    pub(super) fn page(&mut self) -> Result<Vec<String>, Damage> {
        let mut page = Vec::new();
        let mut bytes = 0;
        while self.next < self.header.next && bytes < PAGE {
            let line = line(&mut self.lines, self.next)?.ok_or(Damage::EndsBefore(self.next))?;
            bytes += line.len();
            page.push(line);
            self.next += 1;
        }
        if page.is_empty() && self.checkpoint.is_none() {
            self.end()?;
        }
        Ok(page)
    }

    fn end(&mut self) -> Result<(), Damage> {
        let end = line(&mut self.lines, self.next)?.ok_or(Damage::EndsBefore(self.next))?;
        let end: End = serde_json::from_str(&end).map_err(|_| Damage::NoEnd)?;
        if line(&mut self.lines, self.next)?.is_some() {
            return Err(Damage::NoEnd);
        }
        let file = self.lines.get_mut().get_mut();
        match file.fill_buf() {
            Ok([]) => {}
            Ok(_) => return Err(Damage::NoEnd),
            Err(error) => return Err(Damage::Unreadable(error.kind())),
        }
        self.checkpoint = Some(end.checkpoint);
        Ok(())
    }
}

/// A line without its line feed; `None`: there is nothing more.
fn line(from: &mut impl BufRead, seq: u64) -> Result<Option<String>, Damage> {
    let longest = u64::try_from(MAX_LINE_BYTES).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    from.take(longest.saturating_add(1))
        .read_until(b'\n', &mut bytes)
        .map_err(|error| Damage::Unreadable(error.kind()))?;
    match bytes.pop() {
        None => Ok(None),
        Some(b'\n') => String::from_utf8(bytes)
            .map(Some)
            .map_err(|_| Damage::OtherLine(seq)),
        Some(_) if bytes.len() >= MAX_LINE_BYTES => Err(Damage::TooLong(seq)),
        Some(_) => Err(Damage::EndsBefore(seq)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_regular_file_is_opened_and_nothing_else_keeps_anybody_waiting() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        for path in [&*pipe, folder.path(), Path::new("/dev/zero")] {
            let refused = open_file(path).map(drop).unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::InvalidInput, "{path:?}");
        }
        let file = folder.path().join("file");
        std::fs::write(&file, "text").unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert_eq!(
            io::read_to_string(open_file(&link).unwrap()).unwrap(),
            "text"
        );
    }
}
