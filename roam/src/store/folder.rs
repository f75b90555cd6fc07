//! Objects as files below a directory that a sync program or a network share carries to the other devices.

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::{Store, check_name};

/// A store in a directory: one file for each object.
///
/// Each object is written to a temporary file in the directory [`TEMPORARY`](Self::TEMPORARY) of the store, synced, and
/// renamed. So a sync program, another process or a start after a power cut sees an object as a whole or not at all.
/// Files are readable by their owner only (Unix: 0600 in directories of 0700). Files with other names, such as the
/// conflict copies of sync programs, are listed like all others and never changed.
///
/// A directory that does not exist yet is created by the first [`put`](Store::put), not before, so that a medium that is
/// not mounted reads as empty and not as new. See [`existing`](Self::existing) for all devices but the first.
#[derive(Clone)]
pub struct FolderStore {
    root: PathBuf,
    must_exist: bool,
}

/// Without the path, which may contain the name of the user.
impl fmt::Debug for FolderStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FolderStore").finish_non_exhaustive()
    }
}

/// The age after which a temporary file belongs to no write any more.
const STALE: Duration = Duration::from_secs(24 * 60 * 60);

impl FolderStore {
    /// The directory for temporary files, within the directory of the store: on the same file system, so that a rename
    /// is atomic, and hidden, so that most sync programs pass over it.
    pub const TEMPORARY: &'static str = ".leftoff-tmp";

    /// The store in this directory.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { root: dir.into(), must_exist: false }
    }

    /// The store in this directory, which is never created: while it is not there, nothing is sent. Publications are
    /// refused, too, while it has no marker object, which is written when the place is set up.
    ///
    /// For every device but the first: a directory that is not mounted at the first start would be set up as a new place.
    pub fn existing(dir: impl Into<PathBuf>) -> Self {
        Self { root: dir.into(), must_exist: true }
    }

    fn path(&self, name: &str) -> io::Result<PathBuf> {
        check_name(name)?;
        Ok(name.split('/').fold(self.root.clone(), |path, part| path.join(part)))
    }

    fn temporary(&self) -> io::Result<(PathBuf, File)> {
        let dir = self.root.join(Self::TEMPORARY);
        create_private(&dir)?;
        let path = dir.join(format!("{:016x}", crate::random::number()?));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path)?;
        Ok((path, file))
    }

    /// Removes temporary files that a killed process left.
    fn sweep(&self) {
        let Ok(files) = fs::read_dir(self.root.join(Self::TEMPORARY)) else { return };
        for file in files.flatten() {
            let age = file.metadata().and_then(|meta| meta.modified()).map(|at| SystemTime::now().duration_since(at));
            if matches!(age, Ok(Ok(age)) if age > STALE) {
                // If it cannot be removed, the next sweep tries again.
                let _ = fs::remove_file(file.path());
            }
        }
    }
}

impl Store for FolderStore {
    fn put(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.path(name)?;
        if self.must_exist && !self.root.is_dir() {
            return Err(io::Error::new(io::ErrorKind::NotFound, "the shared directory is not there"));
        }
        if let Some(marker) = marker_of(name).filter(|marker| self.must_exist && !self.root.join(marker).is_file()) {
            // A medium that was unmounted: what is written into its mount point reaches nobody.
            let words = format!("the shared directory is not there, or not set up: it has no {marker}");
            return Err(io::Error::new(io::ErrorKind::NotFound, words));
        }
        let dir = path.parent().unwrap_or(&self.root);
        create_private(dir)?;
        let (temporary, mut file) = self.temporary()?;
        // If the process dies before the rename, the next reader sees no object, and a later sweep removes the file.
        let written = file.write_all(bytes).and_then(|()| file.sync_all());
        drop(file);
        let renamed = written.and_then(|()| fs::rename(&temporary, &path));
        if renamed.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        renamed?;
        // A power cut before this sync may lose the name: the caller has no answer yet, and puts the object again.
        sync_dir(dir)
    }

    fn get(&self, name: &str) -> io::Result<Vec<u8>> {
        fs::read(self.path(name)?)
    }

    fn list(&self, prefix: &str) -> io::Result<Vec<String>> {
        self.sweep();
        // Only the directory that all names with this prefix are in.
        let (dir, _) = prefix.rsplit_once('/').unwrap_or(("", prefix));
        let start =
            dir.split('/').filter(|part| !part.is_empty()).fold(self.root.clone(), |path, part| path.join(part));
        let mut names = Vec::new();
        let mut open = vec![(start, dir.to_owned())];
        while let Some((path, name)) = open.pop() {
            let entries = match fs::read_dir(&path) {
                Ok(entries) => entries,
                // Never written, or removed since it was listed.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            for entry in entries {
                let entry = entry?;
                let file_name = entry.file_name();
                // A name that is not text is not one of ours.
                let Some(part) = file_name.to_str().filter(|part| !part.starts_with('.')) else { continue };
                let full = if name.is_empty() { part.to_owned() } else { format!("{name}/{part}") };
                let kind = entry.file_type()?;
                if kind.is_dir() {
                    open.push((entry.path(), full));
                } else if kind.is_file() && full.starts_with(prefix) {
                    names.push(full);
                }
            }
        }
        Ok(names)
    }

    fn delete(&self, name: &str) -> io::Result<()> {
        match fs::remove_file(self.path(name)?) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// Returns the name of the object that the place of a publication has; `None` for other objects.
fn marker_of(name: &str) -> Option<String> {
    let mut parts = name.split('/');
    let (version, person, lane, _, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next())
    else {
        return None;
    };
    let is_lane = lane.len() == 32 && lane.bytes().all(|digit| digit.is_ascii_hexdigit());
    (version == "v1" && is_lane).then(|| format!("{version}/{person}/marker"))
}

fn create_private(dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    #[cfg_attr(not(unix), allow(unused_mut, reason = "only Unix gives a directory a mode at birth"))]
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(dir)?;
    // The names of the new directories, up to one that may have existed before.
    dir.ancestors().skip(1).take(4).filter(|above| above.is_dir()).try_for_each(sync_dir)
}

#[cfg(unix)]
fn sync_dir(dir: &Path) -> io::Result<()> {
    // A parent that may not be read holds a name that existed before.
    match File::open(dir) {
        Ok(dir) => dir.sync_all(),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        Err(error) => Err(error),
    }
}

/// Windows has no sync of a directory; NTFS keeps its own journal of names.
#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "as on Unix")]
fn sync_dir(_: &Path) -> io::Result<()> {
    Ok(())
}
