//! A file with a line each: on the disk before it counts as taken, and another one as soon as somebody
//! has put the old one away.
//!
//! A disk that is given up by the kernel can lose what it said it had. So whenever a file is opened its end
//! is looked at, and what is not there any more comes again.

use super::batch::Batch;
use super::problem::SinkProblem;
use crate::durable;
use crate::store::SinkPosition;
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
/// How much of a file's end is searched for its last record.
const TAIL: u64 = 1024 * 1024;

/// A file that lines are appended to.
pub(super) struct FileOutlet {
    path: PathBuf,
    reopen: Arc<AtomicBool>,
    open: Option<File>,
    /// So many bytes of the batch, whole lines, are there already: the disk was full after them.
    begun: usize,
    /// Where to go on, since the file has lost what follows.
    kept: Option<SinkPosition>,
    /// A write of the batch that did not end in time; nothing is written beside it.
    hanging: Option<JoinHandle<Result<File, Unwritten>>>,
}

/// Why a batch is not in the file.
enum Unwritten {
    /// So many bytes of it are all the same.
    Failed { why: io::Error, taken: usize },
    /// What follows this place is not either, and it was taken.
    Lost(SinkPosition),
}

/// What is read of a whole line.
#[derive(serde::Deserialize)]
struct Line {
    /// Of a record.
    seq: Option<u64>,
    /// A signed note: its second line is the size.
    checkpoint: Option<String>,
}

/// What the end of a file has; `None`: none of these, as in a file that was just made.
struct End {
    /// After its last record.
    next: Option<u64>,
    checkpoint: Option<u64>,
}

impl FileOutlet {
    pub(super) fn new(path: PathBuf, reopen: Arc<AtomicBool>) -> Self {
        Self {
            path,
            reopen,
            open: None,
            begun: 0,
            kept: None,
            hanging: None,
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.open.is_none()
    }

    /// A batch that was not taken comes again as it is, before any other, unless something before it was lost.
    pub(super) async fn take(
        &mut self,
        batch: &Batch,
        before: SinkPosition,
    ) -> Result<(), SinkProblem> {
        let hanging = self.hanging.take();
        let mut writing = hanging.unwrap_or_else(|| self.write(batch.text(), before));
        match timeout(DEADLINE, &mut writing).await {
            Ok(Ok(Ok(file))) => {
                self.open = Some(file);
                self.begun = 0;
                Ok(())
            }
            Ok(Ok(Err(Unwritten::Failed { why, taken }))) => {
                self.begun += taken;
                Err(SinkProblem::File(why.kind()))
            }
            Ok(Ok(Err(Unwritten::Lost(kept)))) => {
                self.begun = 0;
                self.kept = Some(kept);
                Err(SinkProblem::Lost)
            }
            Ok(Err(_)) => Err(SinkProblem::File(io::ErrorKind::Other)),
            Err(_) => {
                self.hanging = Some(writing);
                Err(SinkProblem::TimedOut)
            }
        }
    }

    /// Where to go on after a failure.
    pub(super) fn rewind(&mut self, sent: SinkPosition) -> SinkPosition {
        self.kept.take().unwrap_or(sent)
    }

    fn write(&mut self, text: String, taken: SinkPosition) -> JoinHandle<Result<File, Unwritten>> {
        let (path, begun) = (self.path.clone(), self.begun);
        let is_to_reopen = self.reopen.swap(false, Ordering::AcqRel);
        let open = self.open.take().filter(|_| !is_to_reopen);
        tokio::task::spawn_blocking(move || {
            let rest = text.as_bytes().get(begun..).unwrap_or_default();
            write(&path, open, rest, taken)
        })
    }
}

/// Appends to the file at `path`, which is the open one unless somebody has moved that away. What comes before
/// `taken` was taken.
fn write(
    path: &Path,
    open: Option<File>,
    text: &[u8],
    taken: SinkPosition,
) -> Result<File, Unwritten> {
    let failed = |why| Unwritten::Failed { why, taken: 0 };
    let open = match open {
        Some(file) => is_at(path, &file).map_err(failed)?.then_some(file),
        None => None,
    };
    let mut file = match open {
        Some(file) => file,
        None => open_with_all(path, taken)?,
    };
    let before = file.metadata().map_err(failed)?.len();
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
                return Err(Unwritten::Failed { why, taken });
            }
        }
    }
    match file.sync_data() {
        Ok(()) => Ok(file),
        // What the disk has of it is not known: all of it comes again.
        Err(why) => Err(failed(why)),
    }
}

/// Opened anew, a file may have lost what it said it had.
fn open_with_all(path: &Path, taken: SinkPosition) -> Result<File, Unwritten> {
    let failed = |why| Unwritten::Failed { why, taken: 0 };
    let mut file = reopen(path).map_err(failed)?;
    let kept = End::of(&mut file).map_err(failed)?.kept(taken);
    if kept == taken {
        Ok(file)
    } else {
        Err(Unwritten::Lost(kept))
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

impl End {
    fn of(file: &mut File) -> io::Result<Self> {
        let found = file.metadata()?;
        let mut tail = Vec::new();
        if found.is_file() {
            file.seek(SeekFrom::Start(found.len().saturating_sub(TAIL)))?;
            file.take(TAIL).read_to_end(&mut tail)?;
        }
        let mut end = Self {
            next: None,
            checkpoint: None,
        };
        for line in tail.rsplit(|byte| *byte == b'\n') {
            let Ok(line) = serde_json::from_slice::<Line>(line) else {
                continue;
            };
            let size = |note: String| note.lines().nth(1)?.parse().ok();
            end.next = end.next.or(line.seq.map(|seq| seq.saturating_add(1)));
            end.checkpoint = end.checkpoint.or(line.checkpoint.and_then(size));
            if end.next.is_some() && end.checkpoint.is_some() {
                break;
            }
        }
        Ok(end)
    }

    /// How much there is of what was taken. Of checkpoints that nothing is known of those come again that belong
    /// to records that do.
    fn kept(&self, taken: SinkPosition) -> SinkPosition {
        let next = self.next.map_or(taken.next, |next| next.min(taken.next));
        let unknown = if next < taken.next {
            next.saturating_sub(1)
        } else {
            taken.checkpoint
        };
        let checkpoint = self.checkpoint.unwrap_or(unknown).min(taken.checkpoint);
        SinkPosition { next, checkpoint }
    }
}

#[cfg(test)]
mod tests {
    use super::super::batch::{Item, ItemKind};
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    const START: SinkPosition = SinkPosition {
        next: 0,
        checkpoint: 0,
    };

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
        file.take(&batch(&["a", "b"]), START).await.unwrap();
        file.take(&batch(&["c"]), START).await.unwrap();
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
        file.take(&batch(&["a"]), START).await.unwrap();
        fs::rename(&path, &old).unwrap();
        file.take(&batch(&["b"]), START).await.unwrap();
        assert_eq!(fs::read_to_string(&old).unwrap(), "a\n");
        assert_eq!(fs::read_to_string(&path).unwrap(), "b\n");
        fs::write(&path, "torn").unwrap();
        reopen.store(true, Ordering::Release);
        file.take(&batch(&["c"]), START).await.unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "torn\nc\n");
    }

    #[tokio::test]
    async fn a_torn_last_line_is_ended_before_it_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        fs::write(&path, "a\n{\"seq\":1,\"ti").unwrap();
        let (mut file, _) = outlet(&path);
        file.take(&batch(&["b"]), START).await.unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text, "a\n{\"seq\":1,\"ti\nb\n");
    }

    #[tokio::test]
    async fn a_full_disk_and_a_missing_folder_are_said() {
        let (mut full, _) = outlet(Path::new("/dev/full"));
        let refused = full.take(&batch(&["a"]), START).await;
        assert_eq!(refused, Err(SinkProblem::File(io::ErrorKind::StorageFull)));
        let folder = tempfile::tempdir().unwrap();
        let (mut missing, _) = outlet(&folder.path().join("none/audit.jsonl"));
        let refused = missing.take(&batch(&["a"]), START).await;
        assert_eq!(refused, Err(SinkProblem::File(io::ErrorKind::NotFound)));
        fs::create_dir(folder.path().join("none")).unwrap();
        missing.take(&batch(&["a"]), START).await.unwrap();
    }

    fn line(seq: u64) -> String {
        format!("{{\"seq\":{seq},\"time\":\"2026-03-01T08:15:30Z\",\"details\":{{\"seq\":9}}}}")
    }

    #[tokio::test]
    async fn what_a_file_has_lost_comes_again_when_it_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let place = |next, checkpoint| SinkPosition { next, checkpoint };
        let note = "{\"checkpoint\":\"log\\n2\\nroot\\n\"}";
        let kept = format!("{}\n{note}\n{}\n", line(1), line(2));
        // Nothing after record 2; half of record 3; a hole where records were; a line of somebody else.
        let torn = line(3).split_at(20).0.to_owned();
        for rest in ["", &torn, &"\0".repeat(700), "a word\n"] {
            fs::write(&path, kept.clone() + rest).unwrap();
            let (mut file, _) = outlet(&path);
            let told = file.take(&batch(&[&line(7)]), place(7, 6)).await;
            assert_eq!(told, Err(SinkProblem::Lost), "{rest:?}");
            assert_eq!(file.rewind(place(7, 6)), place(3, 2), "{rest:?}");
            assert_eq!(file.rewind(place(3, 2)), place(3, 2), "once");
            file.take(&batch(&[&line(3)]), place(3, 2)).await.unwrap();
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.starts_with(&kept) && text.ends_with(&format!("\n{}\n", line(3))));
        }
        // The last checkpoint alone; but nothing is missed in a file without any, as after a rotation.
        for (text, expected) in [(kept, place(3, 2)), (line(2) + "\n", place(3, 4))] {
            fs::write(&path, text).unwrap();
            let (mut file, _) = outlet(&path);
            let told = file.take(&batch(&[&line(3)]), place(3, 4)).await;
            assert_eq!(told.is_err(), expected != place(3, 4));
            assert_eq!(file.rewind(place(3, 4)), expected);
        }
    }

    #[tokio::test]
    async fn a_file_that_is_new_or_as_far_as_it_should_be_has_lost_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let begins = [
            String::new(),
            "of somebody else\n".to_owned(),
            line(6) + "\n",
            line(8) + "\n",
        ];
        for begin in begins {
            fs::write(&path, &begin).unwrap();
            let (mut file, _) = outlet(&path);
            let before = SinkPosition {
                next: 7,
                checkpoint: 0,
            };
            file.take(&batch(&[&line(7)]), before).await.unwrap();
            let text = fs::read_to_string(&path).unwrap();
            assert_eq!(text, format!("{begin}{}\n", line(7)));
        }
    }
}
