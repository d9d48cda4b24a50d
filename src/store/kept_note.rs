//! The newest checkpoint outside the database: who can write the database, but not here, can neither take
//! checkpoints away nor have another history signed.
//!
//! It lies beside the key, since who has no business with the key has none there; beside the database
//! where nothing can be written beside the key, as with one that is handed over at each start. It is no
//! secret, and an older one is as true as the newest: each one that is found must hold.

use super::{Flaw, KeyFile, StoreError, WriteProblem};
use crate::durable;
use std::fs::{Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;
use tokio::sync::oneshot;

/// A note has about 250 bytes, with two signatures 350.
const LONGEST: u64 = 4096;
/// How long a stop waits for the last one.
const LAST: Duration = Duration::from_secs(1);

/// The places of the note.
pub(super) struct KeptNotes {
    places: [PathBuf; 2],
    like: Option<Metadata>,
}

impl KeptNotes {
    /// Of the log in `database` that is signed with the key in the file `key`.
    pub(super) fn of(database: &Path, key: &Path) -> Self {
        Self {
            places: KeyFile::kept_notes(database, key),
            like: durable::owner_for_root(database),
        }
    }

    /// The notes that are there.
    pub(super) fn read(&self) -> Result<Vec<String>, StoreError> {
        let read = self.places.iter().map(|place| read(place)).collect();
        let found: io::Result<Vec<_>> = read;
        let found = found.map_err(|_| StoreError::Unusable(Flaw::KeptUnusable))?;
        Ok(found.into_iter().flatten().collect())
    }

    /// Keeps this one from now on; on the disk when this returns.
    pub(super) fn write(&self, note: &str) -> io::Result<()> {
        let [first, second] = &self.places;
        self.write_at(first, note)
            .or_else(|_| self.write_at(second, note))
    }

    fn write_at(&self, place: &Path, note: &str) -> io::Result<()> {
        let part = durable::beside(place, ".part");
        let mut file = durable::make(&part, self.like.as_ref())?;
        file.write_all(note.as_bytes())?;
        file.sync_all()?;
        durable::put_in_place(&part, place)
    }
}

fn read(place: &Path) -> io::Result<Option<String>> {
    let file = match durable::open_plain(place, OpenOptions::new().read(true)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let mut note = String::new();
    file.take(LONGEST).read_to_string(&mut note)?;
    Ok(Some(note))
}

/// Keeps each new note, in a thread of its own: a disk that is slow or full there holds up nobody who
/// writes to the log, nor the end of the process. A note that is lost finds out less.
pub(super) struct Keeper {
    notes: mpsc::Sender<String>,
    ended: oneshot::Receiver<()>,
}

impl Keeper {
    pub(super) fn start(kept: KeptNotes) -> Result<Self, StoreError> {
        let (notes, new) = mpsc::channel();
        let (end, ended) = oneshot::channel();
        std::thread::Builder::new()
            .name("kept-note".to_owned())
            .spawn(move || keep_all(&kept, &new, end))
            .map_err(|_| StoreError::NotWritable(WriteProblem::Io))?;
        Ok(Self { notes, ended })
    }

    /// Keeps a note whose checkpoint is on the disk.
    pub(super) fn keep(&self, note: String) {
        if self.notes.send(note).is_err() {
            tracing::debug!("the newest checkpoint is not kept outside the database any more");
        }
    }

    /// Returns when the last note is kept, or after a moment.
    pub(super) async fn end(self) {
        drop(self.notes);
        if tokio::time::timeout(LAST, self.ended).await.is_err() {
            tracing::debug!("the last checkpoint was not kept outside the database in time");
        }
    }
}

/// Ends when nobody can send a note any more; who waits for that hears it by the loss of `end`.
fn keep_all(kept: &KeptNotes, notes: &mpsc::Receiver<String>, end: oneshot::Sender<()>) {
    let mut is_told = false;
    while let Ok(mut note) = notes.recv() {
        while let Ok(newer) = notes.try_recv() {
            note = newer;
        }
        match kept.write(&note) {
            Ok(()) => is_told = false,
            Err(error) if !is_told => {
                is_told = true;
                tracing::warn!(%error, "the newest checkpoint of the audit log could not be kept outside the database");
            }
            Err(_) => {}
        }
    }
    drop(end);
}
