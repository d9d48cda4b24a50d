//! File systems that a test can fill, break and take away: mounted in a folder of the test, which
//! takes root.

use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::secrets;

/// What lies in the way until there is room again.
const BALLAST: &str = "ballast";

/// A mounted file system; it goes with the value, whatever becomes of the test.
pub struct Disk {
    /// Where it is mounted.
    pub path: PathBuf,
    image: Option<PathBuf>,
}

impl Disk {
    /// In memory, of this size (`4m`), at `path`, which is made.
    pub fn in_memory(path: &Path, size: &str) -> Self {
        std::fs::create_dir(path).unwrap();
        let options = format!("size={size},mode=0700");
        must(
            Command::new("mount")
                .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
                .arg(path),
        );
        let path = path.to_owned();
        Self { path, image: None }
    }

    /// An ext4 in the file `image`, which is made, at `path`, which is made.
    pub fn ext4(path: &Path, image: &Path) -> Self {
        std::fs::create_dir(path).unwrap();
        // What is in it is looked at where it is mounted.
        secrets::may_be_in(image);
        std::fs::File::create_new(image)
            .unwrap()
            .set_len(24 << 20)
            .unwrap();
        must(Command::new("mkfs.ext4").arg("-q").arg(image));
        let disk = Self {
            path: path.to_owned(),
            image: Some(image.to_owned()),
        };
        disk.mount();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700)).unwrap();
        disk
    }

    fn mount(&self) {
        let image = self.image.as_ref().expect("an image");
        must(
            Command::new("mount")
                .args(["-o", "loop"])
                .arg(image)
                .arg(&self.path),
        );
    }

    /// Takes it away and gives it back, as after a repair. Nobody may use it. A reader of this process may still
    /// be closing it.
    pub fn mount_again(&self) {
        must_soon(Command::new("umount").arg(&self.path));
        self.mount();
    }

    /// Takes every byte that is left.
    pub fn fill(&self) {
        self.fill_to(0);
    }

    /// Takes every byte but about `left`.
    pub fn fill_to(&self, left: u64) {
        let path = self.path.join(BALLAST);
        let mut file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&path)
            .unwrap();
        for size in [65_536, 4096, 512, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
        file.set_len(file.metadata().unwrap().len().saturating_sub(left))
            .unwrap();
    }

    /// Gives the room back.
    pub fn make_room(&self) {
        std::fs::remove_file(self.path.join(BALLAST)).unwrap();
    }

    /// As the kernel does when it finds the file system broken: read-only, whoever writes.
    pub fn abort(&self) {
        must(
            Command::new("mount")
                .args(["-o", "remount,abort"])
                .arg(&self.path),
        );
    }

    /// Lets nobody write to these files, not even who has them open; or lets them again.
    pub fn lock(&self, names: &[&str], locked: bool) {
        let how = if locked { "+i" } else { "-i" };
        let files = names.iter().map(|name| self.path.join(name));
        must(Command::new("chattr").arg(how).args(files));
    }

    /// Read-only, or not; nobody may have a file open for writing. A reader of this process may still be
    /// closing it.
    pub fn remount(&self, how: &str) {
        let mut command = Command::new("mount");
        command
            .args(["-o", &format!("remount,{how}")])
            .arg(&self.path);
        must_soon(&mut command);
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let searched = std::panic::catch_unwind(|| secrets::search_folder(&self.path));
        // Lazily: a program that still runs must not keep it there for ever.
        Command::new("umount")
            .arg("-l")
            .arg(&self.path)
            .status()
            .ok();
        if let Err(found) = searched {
            std::panic::resume_unwind(found);
        }
    }
}

/// Until it succeeds, for a while.
fn must_soon(command: &mut Command) {
    let end = Instant::now() + Duration::from_secs(10);
    while Instant::now() < end {
        if command.output().is_ok_and(|done| done.status.success()) {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    must(command);
}

fn must(command: &mut Command) {
    let output = command
        .output()
        .unwrap_or_else(|why| panic!("{command:?}: {why}"));
    assert!(
        output.status.success(),
        "{command:?}: {}\nThese tests mount file systems of their own: run them as root, where mounting is allowed.",
        String::from_utf8_lossy(&output.stderr)
    );
}
