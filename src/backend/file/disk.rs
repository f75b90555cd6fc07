//! Every call with which this backend changes the disk or makes changes durable, and nothing else.
//!
//! All calls are in one file, so that a test can record them and construct the possible disk contents after a power
//! cut. Watching the directory from outside would not suffice: the order of writes and syncs matters, and no directory
//! reveals it. Without an observer, each call is the plain system call.

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A call that changes the disk or makes changes durable.
#[derive(Clone, Copy)]
#[allow(missing_debug_implementations, reason = "the bytes are what users typed")]
pub enum DiskStep<'a> {
    /// Creates a directory and its missing parents.
    CreateDirAll(&'a Path),
    /// Creates a directory.
    CreateDir(&'a Path),
    /// Creates an empty file.
    Create(&'a Path),
    /// Opens a file, or creates it if it is missing.
    OpenOrCreate(&'a Path),
    /// Writes bytes to a file, from this offset on.
    Write(&'a Path, u64, &'a [u8]),
    /// Truncates or extends a file to this length.
    Resize(&'a Path, u64),
    /// Makes contents and length of a file durable.
    Sync(&'a Path),
    /// Makes the entries of a directory durable.
    SyncDir(&'a Path),
    /// Removes a file.
    Remove(&'a Path),
}

/// Receives every step before it is executed.
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

    /// Executes one step and reports it to the observer.
    fn step<T>(&self, step: DiskStep<'_>, act: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        let Some(observer) = &self.observer else { return act() };
        let succeeded = observer.before(step);
        let done = act()?;
        succeeded();
        Ok(done)
    }

    /// Creates the private directory `path` and its missing parents.
    pub(super) fn create_folder(&self, path: &Path) -> io::Result<()> {
        if let Some(above) = path.parent() {
            self.step(DiskStep::CreateDirAll(above), || fs::create_dir_all(above))?;
        }
        #[cfg_attr(not(unix), allow(unused_mut, reason = "only Unix gives a folder a mode at birth"))]
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        match self.step(DiskStep::CreateDir(path), || builder.create(path)) {
            // Another instance of the program created it first. The lock decides which of the two continues.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
            made => made?,
        }
        // A umask can only clear bits, and may have cleared the owner's. A file system without modes refuses the
        // change.
        #[cfg(unix)]
        let _ = fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o700));
        Ok(())
    }

    /// Creates a private file, open for writing. Fails if the name exists, even as a dangling link.
    pub(super) fn create_new(&self, path: &Path) -> io::Result<Output> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        Ok(self.open(DiskStep::Create(path), options, path)?.0)
    }

    /// Opens the private file at `path`, or creates it, and returns its metadata. Does not change existing bytes.
    pub(super) fn open_or_create(&self, path: &Path) -> io::Result<(Output, fs::Metadata)> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        self.open(DiskStep::OpenOrCreate(path), options, path)
    }

    fn open(&self, step: DiskStep<'_>, mut options: OpenOptions, path: &Path) -> io::Result<(Output, fs::Metadata)> {
        harmless(&mut options);
        let (file, metadata) = self.step(step, || {
            let file = options.open(path)?;
            let metadata = file.metadata()?;
            tighten(&file, &metadata);
            Ok((file, metadata))
        })?;
        Ok((Output { disk: self.clone(), file, path: path.to_owned() }, metadata))
    }

    /// Opens the file at `path`, or creates it. Anything except our own file with a single name, such as a planted
    /// link, is replaced and never followed.
    pub(super) fn open_or_replace(&self, path: &Path) -> io::Result<Output> {
        let is_fit = |metadata: &fs::Metadata| has_one_name(metadata) && is_ours(metadata);
        match self.open_or_create(path) {
            Ok((file, metadata)) if is_fit(&metadata) => Ok(file),
            _ => {
                self.remove(path)?;
                self.create_new(path)
            }
        }
    }

    pub(super) fn remove(&self, path: &Path) -> io::Result<()> {
        self.step(DiskStep::Remove(path), || fs::remove_file(path))
    }

    /// Renames a file or a directory in one step. Not observed: only adopted files are renamed, and an observed disk
    /// adopts nothing.
    #[allow(clippy::unused_self, reason = "as all other calls")]
    pub(super) fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    /// Removes an empty directory; not observed either.
    #[allow(clippy::unused_self, reason = "as all other calls")]
    pub(super) fn remove_folder(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir(path)
    }

    /// Removes a directory with everything in it; not observed either. Links in it are removed and not followed.
    #[allow(clippy::unused_self, reason = "as all other calls")]
    pub(super) fn remove_all(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir_all(path)
    }

    /// Syncs a file that another process wrote, if it is a regular file.
    pub(super) fn sync_regular(&self, path: &Path) -> io::Result<()> {
        let metadata = fs::symlink_metadata(path)?;
        if !metadata.is_file() || !is_ours(&metadata) {
            return Ok(());
        }
        let mut options = OpenOptions::new();
        // Windows flushes only files that are open for writing; nothing is written.
        options.read(true).write(cfg!(windows));
        harmless(&mut options);
        self.step(DiskStep::Sync(path), || options.open(path)?.sync_data())
    }

    /// Makes the entries of a directory durable.
    pub(super) fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.step(DiskStep::SyncDir(path), || File::open(path)?.sync_all())
    }
}

impl Output {
    /// Returns the file for calls that change nothing: metadata, locks.
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

    /// Makes the present contents and length durable, but not the name.
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

/// Opening a planted entry must neither follow a link nor wait for the other end of a pipe; a new file is private from
/// the start.
#[cfg(unix)]
pub(super) fn harmless(options: &mut OpenOptions) {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt;

    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    options.mode(0o600).custom_flags(i32::try_from(flags.bits()).unwrap_or_default());
}

#[cfg(not(unix))]
pub(super) fn harmless(_: &mut OpenOptions) {}

/// Makes an existing directory private. A file system without modes refuses the change, which is ignored.
#[cfg(unix)]
pub(super) fn make_private(path: &Path) {
    let _ = fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o700));
}

/// Makes `file` private to its owner. A new file is already private, except for owner bits that the umask cleared; a
/// file system without modes refuses the change, which is ignored. A file of another user, or with a second name, is
/// not changed: another user may have linked it here for that purpose.
#[cfg(unix)]
pub(super) fn tighten(file: &File, metadata: &fs::Metadata) {
    use std::os::unix::fs::PermissionsExt;

    if metadata.permissions().mode() & 0o777 != 0o600 && has_one_name(metadata) && is_ours(metadata) {
        let _ = file.set_permissions(fs::Permissions::from_mode(0o600));
    }
}

#[cfg(not(unix))]
pub(super) fn tighten(_: &File, _: &fs::Metadata) {}

/// Returns whether this is a file with a single name.
#[cfg(unix)]
pub(super) fn has_one_name(metadata: &fs::Metadata) -> bool {
    metadata.is_file() && std::os::unix::fs::MetadataExt::nlink(metadata) == 1
}

#[cfg(not(unix))]
pub(super) fn has_one_name(metadata: &fs::Metadata) -> bool {
    metadata.is_file()
}

/// Returns whether the user who runs this program owns it. Root trusts no other user either.
#[cfg(unix)]
pub(super) fn is_ours(metadata: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::uid(metadata) == crate::fork::user()
}

/// On this platform, a directory in the user's profile inherits private access.
#[cfg(not(unix))]
pub(super) fn is_ours(_: &fs::Metadata) -> bool {
    true
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
