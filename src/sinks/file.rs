//! A file with a line each: on the disk before it counts as taken, and another one as soon as somebody
//! has put the old one away.

use super::batch::Batch;
use super::problem::SinkProblem;
use crate::durable;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// A disk that takes longer for a batch hangs.
const DEADLINE: Duration = Duration::from_secs(20);

/// A file that lines are appended to.
pub(super) struct FileOutlet {
    path: PathBuf,
    reopen: Arc<AtomicBool>,
    open: Option<File>,
    /// So many bytes of the batch, whole lines, are there already: the disk was full after them.
    begun: usize,
    /// A write of the batch that did not end in time; nothing is written beside it.
    hanging: Option<JoinHandle<Result<File, Unwritten>>>,
}

/// Why a batch is not in the file, and how many bytes of it are all the same.
struct Unwritten {
    why: io::Error,
    taken: usize,
}

impl FileOutlet {
    pub(super) fn new(path: PathBuf, reopen: Arc<AtomicBool>) -> Self {
        Self {
            path,
            reopen,
            open: None,
            begun: 0,
            hanging: None,
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.open.is_none()
    }

    /// A batch that was not taken comes again as it is, before any other.
    pub(super) async fn take(&mut self, batch: &Batch) -> Result<(), SinkProblem> {
        let hanging = self.hanging.take();
        let mut writing = hanging.unwrap_or_else(|| self.write(batch.text()));
        match timeout(DEADLINE, &mut writing).await {
            Ok(Ok(Ok(file))) => {
                self.open = Some(file);
                self.begun = 0;
                Ok(())
            }
            Ok(Ok(Err(unwritten))) => {
                self.begun += unwritten.taken;
                Err(SinkProblem::File(unwritten.why.kind()))
            }
            Ok(Err(_)) => Err(SinkProblem::File(io::ErrorKind::Other)),
            Err(_) => {
                self.hanging = Some(writing);
                Err(SinkProblem::TimedOut)
            }
        }
    }

    fn write(&mut self, text: String) -> JoinHandle<Result<File, Unwritten>> {
        let (path, begun) = (self.path.clone(), self.begun);
        let is_to_reopen = self.reopen.swap(false, Ordering::AcqRel);
        let open = self.open.take().filter(|_| !is_to_reopen);
        tokio::task::spawn_blocking(move || {
            let rest = text.as_bytes().get(begun..).unwrap_or_default();
            write(&path, open, rest)
        })
    }
}

/// Appends to the file at `path`, which is the open one unless somebody has moved that away.
fn write(path: &Path, open: Option<File>, text: &[u8]) -> Result<File, Unwritten> {
    let opened = match open {
        Some(file) => is_at(path, &file).map(|is_at| is_at.then_some(file)),
        None => Ok(None),
    };
    let opened = opened.and_then(|open| open.map_or_else(|| reopen(path), Ok));
    let (mut file, before) = opened
        .and_then(|file| file.metadata().map(|found| (file, found.len())))
        .map_err(|why| Unwritten { why, taken: 0 })?;
    if text.is_empty() {
        return Ok(file);
    }
    let mut rest = text;
    while !rest.is_empty() {
        match file.write(rest) {
            Ok(written @ 1..) => rest = rest.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            ended => {
                let why = ended.err().unwrap_or(io::ErrorKind::WriteZero.into());
                let taken = cut(&file, before, text, text.len() - rest.len()).unwrap_or(0);
                return Err(Unwritten { why, taken });
            }
        }
    }
    match file.sync_data() {
        Ok(()) => Ok(file),
        // What the disk has of it is not known: all of it comes again.
        Err(why) => Err(Unwritten { why, taken: 0 }),
    }
}

/// After `written` bytes of `text`, behind `before`: takes away the line that is not whole, so that nobody
/// reads half of one. How many bytes stay.
fn cut(file: &File, before: u64, text: &[u8], written: usize) -> io::Result<usize> {
    let is_end = |byte: &u8| *byte == b'\n';
    let begun = text.get(..written).unwrap_or_default();
    let whole = begun.iter().rposition(is_end).map_or(0, |end| end + 1);
    let end = |length: usize| before.saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
    if file.metadata()?.len() != end(written) {
        // Somebody else writes there too, or it is no file on a disk.
        return Ok(0);
    }
    file.set_len(end(whole))?;
    file.sync_data()?;
    Ok(whole)
}

fn is_at(path: &Path, file: &File) -> io::Result<bool> {
    let open = file.metadata()?;
    Ok(std::fs::metadata(path)
        .is_ok_and(|found| (found.dev(), found.ino()) == (open.dev(), open.ino())))
}

/// A line that was torn by a crash is ended first; its record follows again.
fn reopen(path: &Path) -> io::Result<File> {
    let is_new = !path.exists();
    let mut file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)?;
    if is_new {
        durable::sync_folder_of(path)?;
    }
    if file.metadata()?.is_file() && file.seek(SeekFrom::End(0))? > 0 {
        file.seek(SeekFrom::End(-1))?;
        let mut last = [0];
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            file.write_all(b"\n")?;
        }
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::super::batch::{Item, ItemKind};
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    fn batch(lines: &[&str]) -> Batch {
        let item = |line: &&str| Item {
            kind: ItemKind::Record(0),
            line: (*line).to_owned(),
        };
        Batch {
            items: lines.iter().map(item).collect(),
            ..Batch::default()
        }
    }

    fn outlet(path: &Path) -> (FileOutlet, Arc<AtomicBool>) {
        let reopen = Arc::new(AtomicBool::new(false));
        (FileOutlet::new(path.to_owned(), reopen.clone()), reopen)
    }

    #[tokio::test]
    async fn lines_are_appended_to_a_file_of_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let (mut file, _) = outlet(&path);
        file.take(&batch(&["a", "b"])).await.unwrap();
        file.take(&batch(&["c"])).await.unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "a\nb\nc\n");
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[tokio::test]
    async fn a_file_that_was_moved_away_is_made_anew_and_on_a_signal_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let old = folder.path().join("audit.jsonl.1");
        let (mut file, reopen) = outlet(&path);
        file.take(&batch(&["a"])).await.unwrap();
        fs::rename(&path, &old).unwrap();
        file.take(&batch(&["b"])).await.unwrap();
        assert_eq!(fs::read_to_string(&old).unwrap(), "a\n");
        assert_eq!(fs::read_to_string(&path).unwrap(), "b\n");
        fs::write(&path, "torn").unwrap();
        reopen.store(true, Ordering::Release);
        file.take(&batch(&["c"])).await.unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "torn\nc\n");
    }

    #[tokio::test]
    async fn a_torn_last_line_is_ended_before_it_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        fs::write(&path, "a\n{\"seq\":1,\"ti").unwrap();
        let (mut file, _) = outlet(&path);
        file.take(&batch(&["b"])).await.unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text, "a\n{\"seq\":1,\"ti\nb\n");
    }

    #[tokio::test]
    async fn a_full_disk_and_a_missing_folder_are_said() {
        let (mut full, _) = outlet(Path::new("/dev/full"));
        let refused = full.take(&batch(&["a"])).await;
        assert_eq!(refused, Err(SinkProblem::File(io::ErrorKind::StorageFull)));
        let folder = tempfile::tempdir().unwrap();
        let (mut missing, _) = outlet(&folder.path().join("none/audit.jsonl"));
        let refused = missing.take(&batch(&["a"])).await;
        assert_eq!(refused, Err(SinkProblem::File(io::ErrorKind::NotFound)));
        fs::create_dir(folder.path().join("none")).unwrap();
        missing.take(&batch(&["a"])).await.unwrap();
    }
}
