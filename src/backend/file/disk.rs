//! Every call by which this backend changes something on the disk or makes it durable, and nothing else.
//!
//! They stand in one place so that a test can have them written down, and materialise from the record whatever a power
//! cut may leave. Watching the folder from outside would not do: which write came before which sync is the whole
//! question, and no folder shows it. Without the feature `testing` a [`Disk`] has no size, and each call is the one of
//! the system.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

#[cfg(feature = "testing")]
use crate::testing::{Journal, Step};

/// The disk, watched or not.
#[derive(Debug, Clone, Default)]
pub(super) struct Disk {
    #[cfg(feature = "testing")]
    journal: Option<Journal>,
}

/// A file that is open for writing.
#[derive(Debug)]
pub(super) struct Output {
    #[cfg(feature = "testing")]
    disk: Disk,
    file: File,
    path: PathBuf,
}

impl Disk {
    #[cfg(feature = "testing")]
    pub(super) fn watched(journal: &Journal) -> Self {
        Self { journal: Some(journal.clone()) }
    }

    #[cfg(feature = "testing")]
    fn note(&self, step: impl FnOnce() -> Step) {
        if let Some(journal) = &self.journal {
            journal.note(step());
        }
    }

    /// How many steps were taken: what a sync that begins now will cover.
    #[cfg(feature = "testing")]
    fn steps(&self) -> usize {
        self.journal.as_ref().map_or(0, Journal::len)
    }

    /// Makes the folder `path`, private, and those on the way to it that are missing.
    pub(super) fn create_folder(&self, path: &Path) -> io::Result<()> {
        if let Some(above) = path.parent() {
            #[cfg(feature = "testing")]
            let missing: Vec<_> = above.ancestors().take_while(|path| !path.exists()).map(Path::to_owned).collect();
            fs::create_dir_all(above)?;
            #[cfg(feature = "testing")]
            missing.into_iter().rev().for_each(|path| self.note(|| Step::CreateFolder(path)));
        }
        #[cfg_attr(not(unix), allow(unused_mut, reason = "only Unix gives a folder a mode at birth"))]
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        match builder.create(path) {
            // Another start of the same program was quicker. The lock decides which of the two goes on.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
            made => made?,
        }
        #[cfg(feature = "testing")]
        self.note(|| Step::CreateFolder(path.to_owned()));
        // A umask can only take bits away, and may have taken the owner's. A file system without modes refuses.
        #[cfg(unix)]
        let _ = fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o700));
        Ok(())
    }

    /// A new file that only this user may read, open for writing. Fails where anything has the name, even a dead link.
    pub(super) fn create_new(&self, path: &Path) -> io::Result<Output> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        harmless(&mut options);
        let file = options.open(path).map(private)?;
        #[cfg(feature = "testing")]
        self.note(|| Step::Create(path.to_owned()));
        Ok(self.output(file, path))
    }

    /// The file at `path`, made if it is missing, that only this user may read. Empty or not, its bytes are left alone.
    pub(super) fn open_or_create(&self, path: &Path) -> io::Result<Output> {
        #[cfg(feature = "testing")]
        let is_new = !path.exists();
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        harmless(&mut options);
        let file = options.open(path).map(private)?;
        #[cfg(feature = "testing")]
        if is_new {
            self.note(|| Step::Create(path.to_owned()));
        }
        Ok(self.output(file, path))
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

    fn output(&self, file: File, path: &Path) -> Output {
        Output {
            #[cfg(feature = "testing")]
            disk: self.clone(),
            file,
            path: path.to_owned(),
        }
    }

    pub(super) fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)?;
        #[cfg(feature = "testing")]
        self.note(|| Step::Remove(path.to_owned()));
        Ok(())
    }

    /// Gives a file or a directory another name, in one step. Not written down: only what is adopted gets another name, and
    /// a watched disk adopts nothing.
    #[allow(clippy::unused_self, reason = "as all other calls")]
    pub(super) fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    /// Removes an empty directory; not written down either.
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
        #[cfg(feature = "testing")]
        let covers = self.steps();
        options.open(path)?.sync_data()?;
        #[cfg(feature = "testing")]
        self.note(|| Step::Sync(path.to_owned(), covers));
        Ok(())
    }

    /// Makes the names in a folder durable.
    pub(super) fn sync_folder(&self, path: &Path) -> io::Result<()> {
        #[cfg(feature = "testing")]
        let covers = self.steps();
        File::open(path)?.sync_all()?;
        #[cfg(feature = "testing")]
        self.note(|| Step::SyncFolder(path.to_owned(), covers));
        Ok(())
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
        write_all_at(&self.file, bytes, at)?;
        #[cfg(feature = "testing")]
        self.disk.note(|| Step::Write(self.path.clone(), at, bytes.to_vec()));
        Ok(())
    }

    pub(super) fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)?;
        #[cfg(feature = "testing")]
        self.disk.note(|| Step::Resize(self.path.clone(), len));
        Ok(())
    }

    /// Makes contents and length durable, as they are when this is called; not the name.
    pub(super) fn sync(&self) -> io::Result<()> {
        #[cfg(feature = "testing")]
        let covers = self.disk.steps();
        self.file.sync_data()?;
        #[cfg(feature = "testing")]
        self.disk.note(|| Step::Sync(self.path.clone(), covers));
        Ok(())
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
