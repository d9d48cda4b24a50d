//! Files that hold parts of the log: exported lines, what a sink wrote, archives. A line at a time.

use super::{Edge, Hash};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use std::io::{self, BufRead, BufReader, Read, Take};

/// Lines are read so far; Keyward writes none that is longer.
pub const MOST_OF_A_LINE: usize = 64 * 1024;
const LIMIT: u64 = 64 * 1024;
/// How a zstd frame begins (RFC 8878 3.1.1).
const ZSTD: &[u8] = &[0x28, 0xB5, 0x2F, 0xFD];
/// The window of a frame may have 2 to the power of this bytes.
pub(super) const WINDOW: u32 = 24;

/// One line of a file.
#[derive(Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// Taken for a record: every line that is nothing else.
    Record(&'a [u8]),
    /// A signed note.
    Checkpoint(String),
    /// The beginning of an archive.
    Archive(ArchiveHead),
}

/// What an archive says of itself.
#[derive(Debug, PartialEq, Eq)]
pub struct ArchiveHead {
    /// The first record.
    pub first: u64,
    /// The one after the last.
    pub next: u64,
    /// The tree before the first; `None`: what stands there makes none.
    pub edge: Option<Edge>,
}

/// The lines of a file.
pub struct Items<R> {
    from: R,
    line: Vec<u8>,
}

impl Items<Box<dyn BufRead>> {
    /// Of a file that is compressed (`is_packed`, or as its beginning tells) or is not.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn of(file: impl Read + 'static, is_packed: bool) -> io::Result<Self> {
        let mut file = BufReader::new(file);
        if !is_packed && !file.fill_buf()?.starts_with(ZSTD) {
            return Ok(Self::new(Box::new(file)));
        }
        let mut decoder = zstd::stream::read::Decoder::with_buffer(file)?;
        decoder.window_log_max(WINDOW)?;
        Ok(Self::new(Box::new(BufReader::with_capacity(
            64 * 1024,
            decoder,
        ))))
    }
}

impl<R: BufRead> Items<R> {
    /// Of what is read from `from`.
    pub fn new(from: R) -> Self {
        Self {
            from,
            line: Vec::new(),
        }
    }

    /// Ends after so many bytes, whatever follows.
    pub(super) fn at_most(self, bytes: u64) -> Items<Take<R>> {
        Items::new(self.from.take(bytes))
    }

    /// What the lines are read from.
    pub(super) fn into_source(self) -> R {
        self.from
    }

    /// The next line; `None` after the last.
    ///
    /// # Errors
    /// It cannot be read, or what is compressed is damaged.
    pub fn next_item(&mut self) -> io::Result<Option<Item<'_>>> {
        self.line.clear();
        if !self.read_line()? {
            return Ok(None);
        }
        Ok(Some(item(&self.line)))
    }

    fn read_line(&mut self) -> io::Result<bool> {
        let mut limited = self.from.by_ref().take(LIMIT);
        if limited.read_until(b'\n', &mut self.line)? == 0 {
            return Ok(false);
        }
        if self.line.pop_if(|byte| *byte == b'\n').is_none() {
            self.from.skip_until(b'\n')?;
        }
        Ok(true)
    }
}

fn item(line: &[u8]) -> Item<'_> {
    if line.starts_with(b"{\"checkpoint\":")
        && let Ok(Note { checkpoint }) = serde_json::from_slice(line)
    {
        return Item::Checkpoint(checkpoint);
    }
    if line.starts_with(b"{\"archive\":")
        && let Ok(head @ Head { archive: 1, .. }) = serde_json::from_slice(line)
    {
        return Item::Archive(head.into());
    }
    Item::Record(line)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    checkpoint: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    archive: u32,
    first: u64,
    next: u64,
    edge: Vec<String>,
}

impl From<Head> for ArchiveHead {
    fn from(head: Head) -> Self {
        let hash = |text: &String| Hash::try_from(STANDARD.decode(text).ok()?).ok();
        let peaks: Option<Vec<Hash>> = head.edge.iter().map(hash).collect();
        let edge = peaks.and_then(|peaks| Edge::new(head.first, peaks));
        Self {
            first: head.first,
            next: head.next,
            edge,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], is_packed: bool) -> Result<Vec<String>, io::ErrorKind> {
        let owned = io::Cursor::new(bytes.to_vec());
        let mut items = Items::of(owned, is_packed).map_err(|error| error.kind())?;
        let mut read = Vec::new();
        while let Some(item) = items.next_item().map_err(|error| error.kind())? {
            read.push(format!("{item:?}"));
        }
        Ok(read)
    }

    #[test]
    fn lines_checkpoints_and_heads_are_told_apart() {
        let text = b"{\"seq\":0}\n\n{\"checkpoint\":\"a\\nb\"}\n{\"checkpoint\":1}\n\
            {\"archive\":1,\"first\":0,\"next\":5,\"edge\":[]}\n{\"archive\":1,\"first\":1,\"next\":5,\"edge\":[]}\n\
            {\"archive\":2,\"first\":0,\"next\":5,\"edge\":[]}\nend";
        let items = read(text, false).unwrap();
        let kinds: Vec<&str> = items
            .iter()
            .map(|item| item.split(['(', ' ']).next().unwrap())
            .collect();
        assert_eq!(
            kinds,
            [
                "Record",
                "Record",
                "Checkpoint",
                "Record",
                "Archive",
                "Archive",
                "Record",
                "Record"
            ]
        );
        assert!(items[4].contains("edge: Some"));
        assert!(items[5].contains("edge: None"), "one hash is missing");
    }

    #[test]
    fn what_is_compressed_is_known_by_its_beginning_and_damage_is_an_error() {
        let packed = zstd::encode_all(&b"one\ntwo\n"[..], 3).unwrap();
        assert_eq!(read(&packed, false).unwrap().len(), 2);
        assert!(read(&packed[..packed.len() - 1], false).is_err(), "cut");
        let more = [&packed[..], b"more"].concat();
        assert!(read(&more, false).is_err(), "something behind it");
        assert!(read(b"plain", true).is_err());
    }

    #[test]
    fn an_endless_line_takes_bounded_memory() {
        let mut items = Items::new(BufReader::new(io::repeat(b'x').take(10_000_000)));
        assert_eq!(
            items.next_item().unwrap(),
            Some(Item::Record(&vec![b'x'; MOST_OF_A_LINE]))
        );
        assert_eq!(items.next_item().unwrap(), None);
    }

    #[test]
    fn what_is_unpacked_ends_where_it_may_at_most() {
        let packed = zstd::encode_all(io::repeat(0).take(1_000_000), 3).unwrap();
        assert!(packed.len() < 1000);
        let items = Items::of(io::Cursor::new(packed), true).unwrap();
        let mut items = items.at_most(100_000);
        let line = vec![0; MOST_OF_A_LINE];
        assert_eq!(items.next_item().unwrap(), Some(Item::Record(&line)));
        assert_eq!(
            items.from.fill_buf().unwrap().len(),
            0,
            "the rest was not unpacked"
        );
        assert_eq!(items.next_item().unwrap(), None);
    }
}
