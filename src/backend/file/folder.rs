//! The directory, its file names, and opening its files for reading. This module does not depend on the contents of a
//! log.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;

use super::super::Generation;
use super::disk::{Disk, harmless, is_ours, tighten};
use crate::sorted::sort;

/// A directory that this user owns, created if it was missing.
#[derive(Debug)]
pub(super) struct Folder {
    disk: Disk,
    path: PathBuf,
    /// Parent directories that got a new entry when ours was created: until they are synced, a power cut can remove the
    /// entry.
    parents: Vec<PathBuf>,
    /// The owner and the disk of the directory, until the remaining parents are synced. If ours existed, its creator may
    /// have crashed before it synced these, so we sync them once.
    above: Mutex<Option<(u32, u64)>>,
}

impl Folder {
    /// Makes the path absolute first: a later `chdir` must not lead to another directory.
    pub(super) fn open(path: PathBuf, disk: Disk) -> io::Result<Self> {
        let path = std::path::absolute(&path).map_err(at("find", &path))?;
        // Follows a link, for example to a directory on another disk; its target must be ours, too.
        let (parents, metadata) = match fs::metadata(&path) {
            Ok(metadata) => (Vec::new(), metadata),
            Err(_) => {
                let parents = missing(&path);
                if !parents.is_empty() {
                    disk.create_folder(&path).map_err(at("create", &path))?;
                }
                (parents, fs::metadata(&path).map_err(at("open", &path))?)
            }
        };
        if !metadata.is_dir() {
            return Err(refused(
                io::ErrorKind::NotADirectory,
                "not a directory; remove it or choose another path",
                &path,
            ));
        }
        if !is_ours(&metadata) {
            let why = "the directory belongs to another user; choose another directory or change its owner";
            return Err(refused(io::ErrorKind::PermissionDenied, why, &path));
        }
        #[cfg(unix)]
        keep_others_out(&path, &metadata)?;
        let above = Mutex::new(owner_and_disk(&metadata));
        Ok(Self { disk, path, parents, above })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Fails if no log can be created. The lock does not show that: its file may be writable in a read-only directory.
    #[cfg(unix)]
    pub(super) fn check_writable(&self) -> io::Result<()> {
        use rustix::fs::{Access, AtFlags, CWD, accessat};
        use rustix::io::Errno;
        match accessat(CWD, &self.path, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS) {
            Err(error @ (Errno::ACCESS | Errno::PERM | Errno::ROFS)) => {
                Err(at("write to", &self.path)(io::Error::from(error)))
            }
            // Not every system can be asked; then the first write tells.
            _ => Ok(()),
        }
    }

    pub(super) fn disk(&self) -> &Disk {
        &self.disk
    }

    pub(super) fn log(&self, generation: Generation) -> PathBuf {
        self.path.join(log_name(generation))
    }

    /// Lists the generations with a log, oldest first. Foreign names are skipped.
    pub(super) fn generations(&self) -> io::Result<Vec<Generation>> {
        let mut generations = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(at("list", &self.path))? {
            let name = entry.map_err(at("list", &self.path))?.file_name();
            generations.extend(name.to_str().and_then(parse));
        }
        sort(&mut generations);
        Ok(generations)
    }

    /// Makes the directory's entries, and the directory's own name, survive a power cut.
    ///
    /// Unix only: Windows does not open a directory for this, and its file systems log new names themselves.
    pub(super) fn sync(&self) -> io::Result<()> {
        if cfg!(unix) {
            for parent in &self.parents {
                match self.disk.sync_folder(parent) {
                    // A directory with write and search but no read permission cannot be synced; refusing every save
                    // because of that would protect nothing.
                    Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
                    outcome => outcome.map_err(at("sync", parent))?,
                }
            }
            let above = self.above.lock().take().map(|of| above(&self.path, of));
            for folder in above.into_iter().flatten().filter(|folder| !self.parents.contains(folder)) {
                // This matters for one start only, and the parents are not our own work, so an error is ignored.
                let _ = self.disk.sync_folder(&folder);
            }
            self.disk.sync_folder(&self.path).map_err(at("sync", &self.path))?;
        }
        Ok(())
    }
}

/// Other users could plant a state in a directory that they can write to. Our own directory is made private; a
/// deliberately shared directory, such as `/tmp`, is refused, because making it private would break it for all others.
#[cfg(unix)]
fn keep_others_out(path: &Path, metadata: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;

    let mode = metadata.permissions().mode();
    if mode & 0o022 == 0 {
        return Ok(());
    }
    if mode & 0o1000 != 0 {
        let why = "other users can write to this directory; choose a private subdirectory for this program";
        return Err(refused(io::ErrorKind::PermissionDenied, why, path));
    }
    super::disk::make_private(path);
    Ok(())
}

/// Opens our own regular file at `path` for reading, and returns its metadata; `None` for anything else with that name,
/// which is never followed and never waited for, and for a file of another user.
pub(super) fn open_regular(path: &Path) -> io::Result<Option<(File, fs::Metadata)>> {
    let is_fit = |metadata: &fs::Metadata| metadata.is_file() && is_ours(metadata);
    let mut options = OpenOptions::new();
    options.read(true);
    harmless(&mut options);
    // Checked after it was opened: before, it might still be exchanged.
    match options.open(path) {
        Ok(file) => {
            let metadata = file.metadata()?;
            if !is_fit(&metadata) {
                return Ok(None);
            }
            tighten(&file, &metadata);
            Ok(Some((file, metadata)))
        }
        Err(error) => match fs::symlink_metadata(path) {
            Ok(metadata) if !is_fit(&metadata) => Ok(None),
            _ => Err(error),
        },
    }
}

/// Returns whether `path` no longer leads to this open file: it was removed, or it or a parent directory was renamed or
/// replaced. Two system calls. Not checked on Windows, where neither can happen to an open file.
#[cfg(unix)]
pub(super) fn is_astray(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    let Ok(open) = file.metadata() else { return false };
    match fs::symlink_metadata(path) {
        Ok(named) => (named.dev(), named.ino()) != (open.dev(), open.ino()),
        Err(error) => matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory),
    }
}

#[cfg(not(unix))]
pub(super) fn is_astray(_: &File, _: &Path) -> bool {
    false
}

/// A directory handle that stays valid when the directory is moved, so that its logs can still be read.
#[derive(Debug)]
pub(super) struct Anchor(#[cfg(unix)] File);

impl Anchor {
    /// Returns `None` if the platform has no such handle, or without read permission.
    pub(super) fn of(folder: &Folder) -> Option<Self> {
        #[cfg(unix)]
        return File::open(folder.path()).ok().map(Self);
        #[cfg(not(unix))]
        return None.filter(|_: &Self| folder.path().is_dir());
    }

    /// Opens the log of a generation for reading; `None` if there is no regular file of that name.
    pub(super) fn open_log(&self, generation: Generation) -> io::Result<Option<File>> {
        #[cfg(unix)]
        {
            use rustix::fs::{Mode, OFlags, openat};

            let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
            let file = match openat(&self.0, log_name(generation), flags, Mode::empty()) {
                Ok(file) => File::from(file),
                Err(rustix::io::Errno::NOENT | rustix::io::Errno::LOOP) => return Ok(None),
                Err(error) => return Err(error.into()),
            };
            let metadata = file.metadata()?;
            Ok((metadata.is_file() && is_ours(&metadata)).then_some(file))
        }
        #[cfg(not(unix))]
        Ok(None.filter(|_: &File| generation.number > 0))
    }
}

pub(super) fn log_name(generation: Generation) -> String {
    format!("{:016x}-{:016x}.log", generation.number, generation.writer)
}

/// Wraps an error of the operating system with the operation and the path.
pub(super) fn at<'a>(tried: &'static str, path: &'a Path) -> impl Fn(io::Error) -> io::Error + 'a {
    move |source| failed(tried, path, source)
}

#[cold]
fn failed(tried: &'static str, path: &Path, source: io::Error) -> io::Error {
    io::Error::new(source.kind(), Failed { tried, path: path.to_owned(), source })
}

/// Creates an error about the path itself.
pub(super) fn refused(kind: io::ErrorKind, why: &'static str, path: &Path) -> io::Error {
    io::Error::new(kind, about(why, path))
}

/// Creates the cause of an error about a frame: why, and in which file.
pub(super) fn about(why: &'static str, path: &Path) -> Box<dyn std::error::Error + Send + Sync> {
    Box::new(Refused { why, path: path.to_owned() })
}

#[derive(Debug, thiserror::Error)]
#[error("could not {tried} {}", path.display())]
struct Failed {
    tried: &'static str,
    path: PathBuf,
    source: io::Error,
}

/// The directory was moved after it was opened.
#[derive(Debug, thiserror::Error)]
#[error("{} was moved, replaced or removed while it was in use; {now}", path.display())]
pub(super) struct Moved {
    path: PathBuf,
    now: &'static str,
    source: Option<io::Error>,
}

impl Moved {
    /// The directory that the path names now was opened instead.
    pub(super) fn settled(folder: &Folder) -> io::Error {
        let now = "the state will be rewritten to the directory now at this path";
        io::Error::other(Self { path: folder.path.clone(), now, source: None })
    }

    /// The directory that the path names now cannot be used.
    pub(super) fn homeless(folder: &Folder, source: io::Error) -> io::Error {
        let now = "the file or directory now at this path is unusable; the state is kept in memory and will be retried";
        io::Error::new(source.kind(), Self { path: folder.path.clone(), now, source: Some(source) })
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{}: {why}", path.display())]
struct Refused {
    why: &'static str,
    path: PathBuf,
}

/// Returns the parent of each missing directory in `path`.
fn missing(path: &Path) -> Vec<PathBuf> {
    let absent = path.ancestors().take_while(|path| {
        !path.as_os_str().is_empty() && fs::symlink_metadata(path).is_err_and(|e| e.kind() == io::ErrorKind::NotFound)
    });
    absent
        .filter_map(Path::parent)
        .map(|above| if above.as_os_str().is_empty() { PathBuf::from(".") } else { above.to_owned() })
        .collect()
}

/// Returns the parents of `path` in which this user may have created the next one: the user's own directories on the
/// same disk.
fn above(path: &Path, of: (u32, u64)) -> impl Iterator<Item = PathBuf> {
    let is_same = move |path: &&Path| fs::metadata(path).is_ok_and(|above| owner_and_disk(&above) == Some(of));
    path.ancestors().skip(1).take_while(is_same).map(Path::to_owned)
}

#[cfg(unix)]
#[allow(clippy::unnecessary_wraps, reason = "other systems do not report it")]
fn owner_and_disk(metadata: &fs::Metadata) -> Option<(u32, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.uid(), metadata.dev()))
}

#[cfg(not(unix))]
fn owner_and_disk(_: &fs::Metadata) -> Option<(u32, u64)> {
    None
}

/// Parses the name of a log into its generation.
pub(super) fn parse(name: &str) -> Option<Generation> {
    let (number, writer) = name.strip_suffix(".log")?.split_once('-')?;
    Some(Generation { number: hex(number)?, writer: hex(writer)? })
}

/// Accepts exactly the form that [`Folder::log`] writes, so that no two names mean the same generation.
fn hex(digits: &str) -> Option<u64> {
    let ours = digits.len() == 16 && digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    ours.then(|| u64::from_str_radix(digits, 16).ok()).flatten()
}

/// Returns the bytes that this user can still write to the volume of `path`, where the system tells.
pub(super) fn room_at(path: &Path) -> Option<u64> {
    #[cfg(unix)]
    return rustix::fs::statvfs(path).ok().map(|volume| volume.f_bavail.saturating_mul(volume.f_frsize));
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_name_that_is_written_is_read() {
        let generation = Generation { number: 0x1f, writer: u64::MAX };
        let folder =
            Folder { disk: Disk::default(), path: PathBuf::from("/x"), parents: Vec::new(), above: Mutex::default() };
        let path = folder.log(generation);
        let name = path.file_name().unwrap().to_str().unwrap();
        assert_eq!(name, "000000000000001f-ffffffffffffffff.log");
        assert_eq!(parse(name), Some(generation));
        let foreign =
            [&name.to_uppercase(), &name[1..], &format!("0{name}"), &format!("{name}~"), "lock", ".log", "-.log"];
        for name in foreign {
            assert_eq!(parse(name), None, "{name}");
        }
        assert_eq!(parse("+00000000000001f-ffffffffffffffff.log"), None);
    }

    #[test]
    fn a_folder_is_as_durable_as_the_ones_it_was_made_in() {
        let scratch = tempfile::tempdir().unwrap();
        let (path, gone) = (scratch.path().to_owned(), scratch.path().join("gone"));
        let folder = |parents| Folder { disk: Disk::default(), path: path.clone(), parents, above: Mutex::default() };
        folder(vec![path.clone()]).sync().unwrap();
        // Only Unix syncs directories.
        if cfg!(unix) {
            let error = folder(vec![gone.clone()]).sync().unwrap_err();
            assert_eq!(error.to_string(), format!("could not sync {}", gone.display()));
        }
        let new = path.join("a/b");
        assert_eq!(missing(&new), [path.join("a"), path.clone()]);
        assert_eq!(missing(&path), Vec::<PathBuf>::new());
        assert_eq!(missing(Path::new("not there")), [Path::new(".")]);
        // A file is not a missing directory, and nothing is missing below it. Windows does not tell the two apart.
        std::fs::write(path.join("file"), b"").unwrap();
        if cfg!(unix) {
            assert_eq!(missing(&path.join("file/b")), Vec::<PathBuf>::new());
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn only_folders_of_the_same_user_on_the_same_disk_are_synced_from_here() {
        let scratch = tempfile::tempdir().unwrap();
        let on = |path: &Path| owner_and_disk(&fs::metadata(path).unwrap()).unwrap();
        let found: Vec<_> = above(&scratch.path().join("a"), on(scratch.path())).collect();
        assert_eq!(found.first().map(PathBuf::as_path), Some(scratch.path()));
        // Owned by root, like all parents, and on another disk.
        assert_eq!(above(Path::new("/etc/a"), on(Path::new("/proc"))).count(), 0);
    }

    #[test]
    fn error_of_the_system_keeps_its_kind_and_names_the_path() {
        let error = at("open", Path::new("/x"))(io::Error::from_raw_os_error(28));
        assert_eq!(error.to_string(), "could not open /x");
        assert_eq!(error.kind(), io::Error::from_raw_os_error(28).kind());
        let cause = error.get_ref().unwrap().source().unwrap().downcast_ref::<io::Error>();
        assert_eq!(cause.unwrap().raw_os_error(), Some(28));
    }
}
