//! Every call by which this backend changes something on the disk or makes it durable, and nothing else.
//!
//! They stand in one place so that a test can have them written down, and materialise from the record whatever a power
//! cut may leave. Watching the directory from outside would not do: which write came before which sync is the whole
//! question, and no directory shows it. Without an observer, each call is the one of the system.

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A call that changes something on the disk, or that makes changes durable.
#[derive(Clone, Copy)]
#[allow(missing_debug_implementations, reason = "the bytes are what users typed")]
pub enum DiskStep<'a> {
    /// Makes a directory, and those above it that are missing.
    CreateDirAll(&'a Path),
    /// Makes a directory.
    CreateDir(&'a Path),
    /// Makes an empty file.
    Create(&'a Path),
    /// Opens a file and makes it if it is missing.
    OpenOrCreate(&'a Path),
    /// Writes bytes to a file, from this offset on.
    Write(&'a Path, u64, &'a [u8]),
    /// Cuts or stretches a file to this length.
    Resize(&'a Path, u64),
    /// Makes contents and length of a file durable.
    Sync(&'a Path),
    /// Makes the names in a directory durable.
    SyncDir(&'a Path),
    /// Removes a file.
    Remove(&'a Path),
}

/// Sees every step before it is taken.
pub trait DiskObserver: fmt::Debug + Send + Sync {
    /// Returns the function that is called if the step succeeds.
    fn before(&self, step: DiskStep<'_>) -> Box<dyn FnOnce()>;
}

/// The disk, observed or not.
#[derive(Debug, Clone, Default)]
pub(super) struct Disk {
    observer: Option<Arc<dyn DiskObserver>>,
}

/// A file that is open for writing.
#[derive(Debug)]
pub(super) struct Output {
    disk: Disk,
    file: File,
    path: PathBuf,
}

impl Disk {
    pub(super) fn observed(observer: Arc<dyn DiskObserver>) -> Self {
        Self { observer: Some(observer) }
    }

    /// Takes one step, in sight of the observer.
    fn step<T>(&self, step: DiskStep<'_>, act: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        let Some(observer) = &self.observer else { return act() };
        let succeeded = observer.before(step);
        let done = act()?;
        succeeded();
        Ok(done)
    }

    /// Makes the folder `path`, private, and those on the way to it that are missing.
    pub(super) fn create_folder(&self, path: &Path) -> io::Result<()> {
        if let Some(above) = path.parent() {
            self.step(DiskStep::CreateDirAll(above), || fs::create_dir_all(above))?;
        }
        #[cfg_attr(not(unix), allow(unused_mut, reason = "only Unix gives a folder a mode at birth"))]
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        match self.step(DiskStep::CreateDir(path), || builder.create(path)) {
            // Another start of the same program was quicker. The lock decides which of the two goes on.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
            made => made?,
        }
        // A umask can only take bits away, and may have taken the owner's. A file system without modes refuses.
        #[cfg(unix)]
        let _ = fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o700));
        Ok(())
    }

    /// A new file that only this user may read, open for writing. Fails where anything has the name, even a dead link.
    pub(super) fn create_new(&self, path: &Path) -> io::Result<Output> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        self.open(DiskStep::Create(path), options, path)
    }

    /// The file at `path`, made if it is missing, that only this user may read. Empty or not, its bytes are left alone.
    pub(super) fn open_or_create(&self, path: &Path) -> io::Result<Output> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        self.open(DiskStep::OpenOrCreate(path), options, path)
    }

    fn open(&self, step: DiskStep<'_>, mut options: OpenOptions, path: &Path) -> io::Result<Output> {
        harmless(&mut options);
        let file = self.step(step, || options.open(path).map(private))?;
        Ok(Output { disk: self.clone(), file, path: path.to_owned() })
    }

    /// The file at `path`, made if it is missing. What is not a file of ours with one name only, a planted link for one, is
    /// replaced and never followed.
    pub(super) fn open_or_replace(&self, path: &Path) -> io::Result<Output> {
        let is_fit = |metadata: &fs::Metadata| has_one_name(metadata) && is_ours(metadata);
        match self.open_or_create(path) {
            Ok(file) if is_fit(&file.file().metadata()?) => Ok(file),
            _ => {
                self.remove(path)?;
                self.create_new(path)
            }
        }
    }

    pub(super) fn remove(&self, path: &Path) -> io::Result<()> {
        self.step(DiskStep::Remove(path), || fs::remove_file(path))
    }

    /// Gives a file or a directory another name, in one step. Not observed: only what is adopted gets another name, and an
    /// observed disk adopts nothing.
    #[allow(clippy::unused_self, reason = "as all other calls")]
    pub(super) fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    /// Removes an empty directory; not observed either.
    #[allow(clippy::unused_self, reason = "as all other calls")]
    pub(super) fn remove_folder(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir(path)
    }

    /// Brings a file that somebody else wrote to the disk, if it is one.
    pub(super) fn sync_regular(&self, path: &Path) -> io::Result<()> {
        let metadata = fs::symlink_metadata(path)?;
        if !metadata.is_file() || !is_ours(&metadata) {
            return Ok(());
        }
        let mut options = OpenOptions::new();
        // Windows flushes only what is opened for writing; nothing is written.
        options.read(true).write(cfg!(windows));
        harmless(&mut options);
        self.step(DiskStep::Sync(path), || options.open(path)?.sync_data())
    }

    /// Makes the names in a folder durable.
    pub(super) fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.step(DiskStep::SyncDir(path), || File::open(path)?.sync_all())
    }
}

impl Output {
    /// For what changes nothing: its metadata, its lock.
    pub(super) fn file(&self) -> &File {
        &self.file
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        self.disk.step(DiskStep::Write(&self.path, at, bytes), || write_all_at(&self.file, bytes, at))
    }

    pub(super) fn set_len(&self, len: u64) -> io::Result<()> {
        self.disk.step(DiskStep::Resize(&self.path, len), || self.file.set_len(len))
    }

    /// Makes contents and length durable, as they are when this is called; not the name.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.disk.step(DiskStep::Sync(&self.path), || self.file.sync_data())
    }
}

#[cfg(unix)]
fn write_all_at(file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, at)
}

#[cfg(windows)]
fn write_all_at(file: &File, mut bytes: &[u8], mut at: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_write(file, bytes, at) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                bytes = bytes.get(written..).unwrap_or_default();
                at += written as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Opening what somebody planted must neither follow a link nor wait for the other end of a pipe; a new file is born
/// private.
#[cfg(unix)]
pub(super) fn harmless(options: &mut OpenOptions) {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt;

    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    options.mode(0o600).custom_flags(i32::try_from(flags.bits()).unwrap_or_default());
}

#[cfg(not(unix))]
pub(super) fn harmless(_: &mut OpenOptions) {}

/// Makes `file` readable by its owner and nobody else. A new one is born so, less what the umask takes from the owner;
/// a file system without modes refuses this, and must do without. What belongs to another user, or has another name as well,
/// is left alone: somebody may have linked it here for this.
#[cfg(unix)]
fn private(file: File) -> File {
    if let Ok(metadata) = file.metadata() {
        tighten(&file, &metadata);
    }
    file
}

/// Makes an existing directory private. A file system without modes refuses this, and must do without.
#[cfg(unix)]
pub(super) fn make_private(path: &Path) {
    let _ = fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o700));
}

/// Makes a file of ours private unless it has a second name.
#[cfg(unix)]
pub(super) fn tighten(file: &File, metadata: &fs::Metadata) {
    use std::os::unix::fs::PermissionsExt;

    if metadata.permissions().mode() & 0o777 != 0o600 && has_one_name(metadata) && is_ours(metadata) {
        let _ = file.set_permissions(fs::Permissions::from_mode(0o600));
    }
}

#[cfg(not(unix))]
pub(super) fn tighten(_: &File, _: &fs::Metadata) {}

/// Whether this is a file under one name only.
#[cfg(unix)]
pub(super) fn has_one_name(metadata: &fs::Metadata) -> bool {
    metadata.is_file() && std::os::unix::fs::MetadataExt::nlink(metadata) == 1
}

#[cfg(not(unix))]
pub(super) fn has_one_name(metadata: &fs::Metadata) -> bool {
    metadata.is_file()
}

/// Whether the user who runs this program owns it. Root trusts no other user either.
#[cfg(unix)]
pub(super) fn is_ours(metadata: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::uid(metadata) == rustix::process::geteuid().as_raw()
}

/// A directory in the user's profile is private by inheritance there.
#[cfg(not(unix))]
pub(super) fn is_ours(_: &fs::Metadata) -> bool {
    true
}

/// A folder in the user's profile is private by inheritance there.
#[cfg(not(unix))]
fn private(file: File) -> File {
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_another_start_just_made_will_do_and_any_other_failure_is_one() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join("a/b");
        Disk::default().create_folder(&folder).unwrap();
        assert!(folder.is_dir());
        Disk::default().create_folder(&folder).unwrap();
        Disk::default().create_folder(&scratch.path().join("x".repeat(300))).unwrap_err();
    }
}
