//! The right to write: an advisory lock that the kernel releases when its holder ends, however it ends.

use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use parking_lot::Mutex;

use super::disk::{Disk, Output, harmless, is_ours};
use super::flock::{try_lock, unlock};
use super::folder::{Folder, at, is_astray, open_regular, refused};
use crate::fork::Owner;
use crate::time::Timestamp;

/// The directory is in use: the inner error of the [`io::Error`] of [`FileBackend::open`](super::FileBackend::open).
///
/// The information about the holder is for people, and may be missing: the holder writes it after it got the lock, and
/// continues if it cannot write it, for example on a full disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) dir: PathBuf,
    /// The process id of the holder.
    pub(crate) pid: Option<u32>,
    /// The file name of the holder's program.
    pub(crate) program: Option<String>,
    /// The time at which the holder took the lock.
    pub(crate) since: Option<Timestamp>,
}

impl Held {
    fn by_whom(folder: &Path) -> Self {
        let mut held = Self { dir: folder.to_owned(), pid: None, program: None, since: None };
        // Only used in messages: unreadable parts are left out.
        let Ok(Some((file, _))) = open_regular(&folder.join(HOLDER)) else { return held };
        let mut text = String::new();
        if file.take(4 * HOLDER_LEN as u64).read_to_string(&mut text).is_err() {
            return held;
        }
        for (key, value) in text.lines().filter_map(|line| line.split_once(' ')) {
            match key {
                "pid" => held.pid = value.parse().ok(),
                "program" => held.program = Some(printable(value)),
                "since" => held.since = value.parse().ok().map(Timestamp::from_millis),
                _ => {}
            }
        }
        held
    }
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is in use by {}", self.dir.display(), self.program.as_deref().unwrap_or("another program"))?;
        if let Some(pid) = self.pid {
            write!(f, ", process {pid}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Held {}

/// The lock of a directory, held until it is dropped or its process ends.
#[derive(Debug)]
pub(super) struct Lock {
    owner: Owner,
    file: Arc<Copied>,
}

/// The open lock file; `None` after a forked child has closed its copy.
type Copied = Mutex<Option<Output>>;

/// Every lock taken by this process and, in a forked child, the inherited ones.
static TAKEN: Mutex<Vec<(Owner, Weak<Copied>)>> = Mutex::new(Vec::new());

/// Registers a lock, so that a child of this process can close its copy.
fn note_taken(owner: Owner, file: &Arc<Copied>) {
    // Bounded, because a thread that held this during a fork never releases it in the child.
    if let Some(mut taken) = TAKEN.try_lock_for(PATIENCE) {
        taken.retain(|(_, file)| file.strong_count() > 0);
        taken.push((owner, Arc::downgrade(file)));
    }
}

/// Closes the lock files that a forked child inherited. Closing does not unlock: the parent keeps its lock while it
/// runs, and after its end the child, such as a daemon, can take the lock.
fn let_go_of_inherited() {
    let Some(taken) = TAKEN.try_lock_for(PATIENCE) else { return };
    for (_, file) in taken.iter().filter(|(owner, _)| !owner.is_here()) {
        if let Some(mut file) = file.upgrade().as_deref().and_then(|file| file.try_lock()) {
            *file = None;
        }
    }
}

impl Lock {
    /// Takes the lock of `folder`.
    ///
    /// The lock is on a separate empty file, which is never removed: otherwise, a process that holds an unlinked lock
    /// file and a process that created a new one would both hold the lock. The holder is named in a second file,
    /// because on Windows other processes cannot read a locked file. Waits up to `patience` for the present holder to
    /// end.
    pub(super) fn take(folder: &Folder, patience: Duration) -> io::Result<Self> {
        let_go_of_inherited();
        let path = folder.path().join(LOCK);
        let (file, metadata) = folder.disk().open_or_create(&path).map_err(|error| why_not_opened(error, &path))?;
        check(&metadata, &path)?;
        let start = Instant::now();
        loop {
            match try_lock(file.file()) {
                Ok(true) => break,
                Ok(false) if start.elapsed() < patience => thread::sleep(PATIENCE / 10),
                Ok(false) => return Err(io::Error::new(io::ErrorKind::ResourceBusy, Held::by_whom(folder.path()))),
                Err(error) => return Err(not_lockable(error, &path)),
            }
        }
        // Only a message depends on it, so neither a full nor a read-only disk may stop the start here.
        let _ = sign(folder.disk(), folder.path());
        let (owner, file) = (Owner::this(), Arc::new(Mutex::new(Some(file))));
        note_taken(owner, &file);
        Ok(Self { owner, file })
    }

    /// Returns whether the lock's name leads to another file or to none, which the next instance would lock.
    pub(super) fn is_astray(&self) -> bool {
        self.file.lock().as_ref().is_some_and(|file| is_astray(file.file(), file.path()))
    }
}

/// The lock of a directory that is read and never written: no other process writes to it while this exists.
#[derive(Debug)]
pub(super) struct Borrowed(fs::File);

impl Borrowed {
    /// Takes the lock. Waits up to `patience` for another process; a holder in this process cannot end while its thread
    /// waits. `None` if no lock file exists, so that there is no holder: creating it would change the directory.
    pub(super) fn take(dir: &Path, patience: Duration) -> io::Result<Option<Self>> {
        let path = dir.join(LOCK);
        let open = |may_write| {
            let mut options = fs::OpenOptions::new();
            options.read(true).write(may_write);
            harmless(&mut options);
            options.open(&path)
        };
        // Some network file systems lock only files that are open for writing, and a read-only medium opens no file for
        // writing.
        let file = match open(true).or_else(|_| open(false)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file.map_err(at("open", &path))?,
        };
        let start = Instant::now();
        loop {
            if try_lock(&file).map_err(|error| not_lockable(error, &path))? {
                return Ok(Some(Self(file)));
            }
            let held = Held::by_whom(dir);
            if start.elapsed() >= patience || held.pid == Some(std::process::id()) {
                return Err(io::Error::new(io::ErrorKind::ResourceBusy, held));
            }
            thread::sleep(PATIENCE / 10);
        }
    }
}

impl Drop for Borrowed {
    /// Closing would suffice, except while another thread is starting a child process; see [`Lock`].
    fn drop(&mut self) {
        unlock(&self.0);
    }
}

/// Checks that this can be the lock. A second name is allowed: a lock changes no byte of the file, and the mode is then
/// not changed.
fn check(metadata: &fs::Metadata, path: &Path) -> io::Result<()> {
    if !metadata.is_file() {
        let why = "the lock file is not a regular file; remove it and restart the program";
        return Err(refused(io::ErrorKind::Other, why, path));
    }
    if !is_ours(metadata) {
        // Its owner could hold it indefinitely. No instance of this user locks it, so removing it is safe.
        let why = "the lock file belongs to another user; remove it and restart the program";
        return Err(refused(io::ErrorKind::PermissionDenied, why, path));
    }
    Ok(())
}

fn why_not_opened(error: io::Error, path: &Path) -> io::Error {
    let planted = fs::symlink_metadata(path).ok().and_then(|metadata| check(&metadata, path).err());
    planted.unwrap_or_else(|| at("open", path)(error))
}

/// Two instances without a lock would interfere with each other, so nothing is saved without a lock.
fn not_lockable(error: io::Error, path: &Path) -> io::Error {
    io::Error::new(error.kind(), NotLockable { path: path.to_owned(), source: error })
}

#[derive(Debug, thiserror::Error)]
#[error("could not lock {}; the file system may not support locks: choose a directory on a local disk", path.display())]
struct NotLockable {
    path: PathBuf,
    source: io::Error,
}

impl Drop for Lock {
    /// Closing the file would suffice, except while another thread is starting a child process: until its `exec`, the
    /// child holds a copy of the file, and with it the lock. In a forked child, only closing is allowed, because
    /// unlocking would release the parent's lock, too.
    fn drop(&mut self) {
        if self.owner.is_here() {
            if let Some(file) = self.file.lock().take() {
                unlock(file.file());
            }
        }
    }
}

/// Writes the holder over the previous one: creating a new file would cost more than the rest of a start. Anything
/// except our own file with a single name, such as a planted link, is replaced and never followed.
///
/// If the process dies in between, the next refused instance reads no holder, or the previous one; nothing else depends
/// on it.
fn sign(disk: &Disk, folder: &Path) -> io::Result<()> {
    let file = disk.open_or_replace(&folder.join(HOLDER))?;
    let program = std::env::current_exe().ok().and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    let since = Timestamp::from(SystemTime::now()).as_millis();
    let name = printable(&program.unwrap_or_default());
    let text = format!("pid {}\nprogram {name}\nsince {since}\n", std::process::id());
    // Always the same length, so that nothing of a longer predecessor remains behind it.
    file.write_at(format!("{text:<HOLDER_LEN$}").as_bytes(), 0)
}

/// Removes control characters: a program can have any name, and this name is printed to a terminal.
fn printable(name: &str) -> String {
    name.chars().filter(|char| !char.is_control()).take(LONGEST_PROGRAM).collect()
}

/// The time to wait for a holder. A program that is restarted the moment it was killed meets its own ending process; a
/// real second instance can afford this delay.
pub(super) const PATIENCE: Duration = Duration::from_millis(100);
const LOCK: &str = "lock";
const HOLDER: &str = "holder";
/// The length of the holder's file, in characters. Never more than four times this many bytes are read, for UTF-8.
const HOLDER_LEN: usize = 256;
/// The maximum length of the program's name, in characters.
const LONGEST_PROGRAM: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_was_dropped_is_free_although_a_child_has_a_copy_of_its_file() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = Folder::open(scratch.path().into(), Disk::default()).unwrap();
        let lock = Lock::take(&folder, Duration::ZERO).unwrap();
        let copy = lock.file.lock().as_ref().unwrap().file().try_clone().unwrap();
        drop(lock);
        Lock::take(&folder, Duration::ZERO).unwrap();
        drop(copy);
    }

    #[test]
    fn the_holder_is_who_signed_last_whatever_the_name_is_made_of() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = Folder::open(scratch.path().into(), Disk::default()).unwrap();
        let _lock = Lock::take(&folder, Duration::ZERO).unwrap();
        let held = Held::by_whom(scratch.path());
        let exe = std::env::current_exe().unwrap();
        let name: String = exe.file_name().unwrap().to_string_lossy().chars().take(LONGEST_PROGRAM).collect();
        assert_eq!((held.pid, held.program), (Some(std::process::id()), Some(name)));
        let long = "\u{1f980}".repeat(LONGEST_PROGRAM + 1);
        let text = format!("pid 7\nprogram {long}\nsince 5\n");
        fs::write(scratch.path().join(HOLDER), format!("{text:<HOLDER_LEN$}")).unwrap();
        let held = Held::by_whom(scratch.path());
        assert_eq!(held.program.as_deref(), long.strip_suffix('\u{1f980}'));
        assert_eq!((held.pid, held.since), (Some(7), Some(Timestamp::from_millis(5))));
    }

    /// A file with a second name belongs to another program.
    #[cfg(unix)]
    #[test]
    fn a_signature_is_written_over_the_last_one_and_over_nothing_else() {
        use std::os::unix::fs::MetadataExt;

        let scratch = tempfile::tempdir().unwrap();
        let (holder, disk) = (scratch.path().join(HOLDER), Disk::default());
        let inode = || fs::metadata(&holder).unwrap().ino();
        sign(&disk, scratch.path()).unwrap();
        let first = inode();
        sign(&disk, scratch.path()).unwrap();
        assert_eq!(inode(), first, "the same file");
        let other = scratch.path().join("other");
        fs::hard_link(&holder, &other).unwrap();
        sign(&disk, scratch.path()).unwrap();
        assert_ne!(inode(), first, "a new one");
        assert_eq!(fs::metadata(&other).unwrap().ino(), first);
    }

    #[test]
    fn the_message_names_the_holder_as_far_as_it_is_known() {
        let mut held = Held { dir: "/x".into(), pid: None, program: None, since: None };
        assert_eq!(held.to_string(), "/x is in use by another program");
        held.program = Some("notes".into());
        held.pid = Some(4711);
        assert_eq!(held.to_string(), "/x is in use by notes, process 4711");
    }
}
