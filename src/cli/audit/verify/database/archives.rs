//! Archives, each with the edge at its beginning and the checkpoint at its end.

use super::super::MOST_EXTRA;
use super::Walk;
use crate::archive::open_file;
use crate::store::{RawArchive, StoreError};
use crate::verify::{Absence, Archive, ArchiveFlaw, ArchiveHead, Finding, Head, Item, Span};
use std::fs::File;
use std::path::Path;

impl Walk {
    /// Judges the records of an archive.
    pub(super) async fn archive(
        &mut self,
        archive: &RawArchive,
        folder: &Path,
    ) -> Result<(), StoreError> {
        if archive.removed {
            return self.absent_until(archive.next, Absence::Removed).await;
        }
        let flaw = if let Some(items) = open(archive, folder) {
            self.read(archive, items).await?
        } else {
            let now = self.log.archives().await?;
            let mut now = now.into_iter().filter(|now| now.first == archive.first);
            self.is_outdated = now.any(|now| now.removed);
            Some(ArchiveFlaw::Unreadable)
        };
        if let Some(flaw) = flaw
            && let Some(records) = Span::before(archive.first, archive.next)
        {
            let file = archive.file.clone();
            let finding = Finding::archive(records, self.position(), file, flaw);
            self.verification.found(finding);
        }
        let is_cut = matches!(flaw, Some(ArchiveFlaw::Unreadable | ArchiveFlaw::Damaged));
        let why = if is_cut {
            Absence::Known
        } else {
            Absence::Missing
        };
        self.absent_until(archive.next, why).await
    }

    async fn read(
        &mut self,
        archive: &RawArchive,
        mut items: Archive<File>,
    ) -> Result<Option<ArchiveFlaw>, StoreError> {
        let mut flaw = None;
        match items.next_item() {
            Ok(Some(Item::Archive(ArchiveHead {
                first,
                next,
                edge: Some(edge),
            }))) if (first, next) == (archive.first, archive.next) => {
                self.verification.archive_begins(edge);
            }
            Ok(Some(_)) => flaw = Some(ArchiveFlaw::Head),
            _ => return Ok(Some(ArchiveFlaw::Damaged)),
        }
        let (mut is_ended, mut extra) = (false, 0);
        loop {
            match items.next_item() {
                Ok(Some(Item::Record(line))) if self.position() < archive.next => {
                    self.line(line).await?;
                }
                Ok(Some(Item::Record(line))) if extra < MOST_EXTRA => {
                    extra += 1;
                    let own = Head::parse(line).map(|head| head.seq);
                    let before = archive.next;
                    self.verification.found(Finding::Extra { own, before });
                }
                Ok(Some(Item::Checkpoint(note))) if !is_ended => {
                    is_ended = true;
                    self.verification
                        .checkpoint(note.as_bytes(), Some(archive.next), false);
                }
                Ok(Some(_)) => return Ok(flaw.or(Some(ArchiveFlaw::End))),
                Ok(None) if !is_ended => return Ok(flaw.or(Some(ArchiveFlaw::End))),
                // What is wrong in it is found already.
                Ok(None) if flaw.is_some() || extra > 0 => return Ok(flaw),
                Ok(None) => break,
                Err(_) => return Ok(Some(ArchiveFlaw::Damaged)),
            }
        }
        Ok(
            match (items.end(), Span::before(archive.first, archive.next)) {
                (Ok(Some(sha256)), Some(records)) => {
                    let file = archive.file.clone();
                    self.verification.archive_ends(records, file, sha256);
                    None
                }
                (Ok(_), _) => Some(ArchiveFlaw::More),
                (Err(_), _) => Some(ArchiveFlaw::Damaged),
            },
        )
    }
}

fn open(archive: &RawArchive, folder: &Path) -> Option<Archive<File>> {
    let is_name = Path::new(&archive.file)
        .file_name()
        .is_some_and(|name| name == &*archive.file);
    let file = is_name.then(|| open_file(&folder.join(&archive.file)).ok())??;
    Archive::new(file).ok()
}
