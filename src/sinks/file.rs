//! A file with a line each: on the disk before it counts as taken, and another one as soon as somebody
//! has put the old one away.

use super::batch::Batch;
use super::problem::SinkProblem;
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
    /// A write that did not end in time; nothing is written beside it.
    hanging: Option<JoinHandle<io::Result<File>>>,
}

impl FileOutlet {
    pub(super) fn new(path: PathBuf, reopen: Arc<AtomicBool>) -> Self {
        Self {
            path,
            reopen,
            open: None,
            hanging: None,
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.open.is_none()
    }

    pub(super) async fn take(&mut self, batch: &Batch) -> Result<(), SinkProblem> {
        if let Some(mut hanging) = self.hanging.take()
            && timeout(DEADLINE, &mut hanging).await.is_err()
        {
            self.hanging = Some(hanging);
            return Err(SinkProblem::TimedOut);
        }
        let (path, text) = (self.path.clone(), batch.text());
        let is_to_reopen = self.reopen.swap(false, Ordering::AcqRel);
        let open = self.open.take().filter(|_| !is_to_reopen);
        let mut writing = tokio::task::spawn_blocking(move || write(&path, open, &text));
        match timeout(DEADLINE, &mut writing).await {
            Ok(Ok(Ok(file))) => {
                self.open = Some(file);
                Ok(())
            }
            Ok(Ok(Err(error))) => Err(SinkProblem::File(error.kind())),
            Ok(Err(_)) => Err(SinkProblem::File(io::ErrorKind::Other)),
            Err(_) => {
                self.hanging = Some(writing);
                Err(SinkProblem::TimedOut)
            }
        }
    }
}

/// Appends to the file at `path`, which is the open one unless somebody has moved that away.
fn write(path: &Path, open: Option<File>, text: &str) -> io::Result<File> {
    let mut file = match open {
        Some(file) if is_at(path, &file)? => file,
        _ => reopen(path)?,
    };
    if !text.is_empty() {
        file.write_all(text.as_bytes())?;
        file.sync_data()?;
    }
    Ok(file)
}

fn is_at(path: &Path, file: &File) -> io::Result<bool> {
    let open = file.metadata()?;
    Ok(std::fs::metadata(path)
        .is_ok_and(|found| (found.dev(), found.ino()) == (open.dev(), open.ino())))
}

/// A line that was torn by a crash or a full disk is ended first; its record follows again.
fn reopen(path: &Path) -> io::Result<File> {
    let is_new = !path.exists();
    let mut file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)?;
    if is_new {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
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
