//! The folder, the names in it, and how a file in it is opened for reading. Nothing here knows what a log holds.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;

use super::super::Generation;
use super::disk::{Disk, harmless, is_ours, tighten};

/// A folder that this user owns, made if it was missing.
#[derive(Debug)]
pub(super) struct Folder {
    disk: Disk,
    path: PathBuf,
    /// Folders that got a new entry when ours was made: until they are synced, a power cut can take it back.
    parents: Vec<PathBuf>,
    /// Those further up. If ours was there, who made it may have died before it could sync these, so we do it once.
    above: Mutex<Vec<PathBuf>>,
}

impl Folder {
    /// The path is made absolute first: a later `chdir` must not lead to another directory.
    pub(super) fn open(path: PathBuf, disk: Disk) -> io::Result<Self> {
        let path = std::path::absolute(&path).map_err(at("find", &path))?;
        let parents = missing(&path);
        if !parents.is_empty() {
            disk.create_folder(&path).map_err(at("create", &path))?;
        }
        // Follows a link, to a folder on another disk for one; what it leads to must be ours all the same.
        let metadata = fs::metadata(&path).map_err(at("open", &path))?;
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
        let above = Mutex::new(above(&path, &metadata).filter(|folder| !parents.contains(folder)).collect());
        Ok(Self { disk, path, parents, above })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn disk(&self) -> &Disk {
        &self.disk
    }

    pub(super) fn log(&self, generation: Generation) -> PathBuf {
        self.path.join(log_name(generation))
    }

    /// The generations with a log, oldest first. Names that are not ours are passed over.
    pub(super) fn generations(&self) -> io::Result<Vec<Generation>> {
        let mut generations = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(at("list", &self.path))? {
            let name = entry.map_err(at("list", &self.path))?.file_name();
            generations.extend(name.to_str().and_then(parse));
        }
        generations.sort_unstable();
        Ok(generations)
    }

    /// Makes the names in the folder survive a power cut, and the folder's own name with them.
    ///
    /// Unix only: Windows does not open a folder for this, and its file systems log a new name by themselves.
    pub(super) fn sync(&self) -> io::Result<()> {
        if cfg!(unix) {
            for parent in &self.parents {
                match self.disk.sync_folder(parent) {
                    // A folder we may enter and change but not read cannot be synced by us at all; refusing every
                    // save for it would protect nothing.
                    Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
                    outcome => outcome.map_err(at("sync", parent))?,
                }
            }
            for folder in std::mem::take(&mut *self.above.lock()) {
                // It is the same for all but one start in a lifetime whether this works, and none of our own doing.
                let _ = self.disk.sync_folder(&folder);
            }
            self.disk.sync_folder(&self.path).map_err(at("sync", &self.path))?;
        }
        Ok(())
    }
}

/// What others can write to they can fill with a state of theirs. A directory of ours is made private; one that is shared
/// on purpose, as `/tmp` is, is refused, because making it private would break it for all others.
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

/// The regular file of ours at `path`, open for reading; `None` where something else has the name, which is never followed,
/// or where it belongs to another user.
pub(super) fn open_regular(path: &Path) -> io::Result<Option<File>> {
    let is_fit = |metadata: &fs::Metadata| metadata.is_file() && is_ours(metadata);
    if !is_fit(&fs::symlink_metadata(path)?) {
        return Ok(None);
    }
    let mut options = OpenOptions::new();
    options.read(true);
    harmless(&mut options);
    match options.open(path) {
        // Looked at again, because it may have been exchanged since.
        Ok(file) => {
            let metadata = file.metadata()?;
            tighten(&file, &metadata);
            Ok(is_fit(&metadata).then_some(file))
        }
        Err(error) => match fs::symlink_metadata(path) {
            Ok(metadata) if !is_fit(&metadata) => Ok(None),
            _ => Err(error),
        },
    }
}

/// Whether `path` no longer leads to this open file: it was removed, or it or a directory above it was renamed or replaced.
/// Two system calls. Not asked on Windows, where neither can be done to a file that is open here.
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

/// A directory that stays reachable wherever it is moved to, so that the logs in it can still be read.
#[derive(Debug)]
pub(super) struct Anchor(#[cfg(unix)] File);

impl Anchor {
    /// `None` where the system has no such thing, or the directory may be entered and not read.
    pub(super) fn of(folder: &Folder) -> Option<Self> {
        #[cfg(unix)]
        return File::open(folder.path()).ok().map(Self);
        #[cfg(not(unix))]
        return None.filter(|_: &Self| folder.path().is_dir());
    }

    /// The log of a generation, open for reading; `None` where there is no regular file of that name.
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

/// An error of the operating system, with what was tried and where. It never has one of the kinds by which a
/// [`Backend`](super::Backend) says something about a frame: the place failed, and that says nothing about the frame.
pub(super) fn at<'a>(tried: &'static str, path: &'a Path) -> impl Fn(io::Error) -> io::Error + 'a {
    use io::ErrorKind::{AlreadyExists, InvalidData, NotFound, Other, UnexpectedEof, Unsupported};

    move |source| {
        let kind = match source.kind() {
            AlreadyExists | InvalidData | NotFound | UnexpectedEof | Unsupported => Other,
            kind => kind,
        };
        io::Error::new(kind, Failed { tried, path: path.to_owned(), source })
    }
}

/// An error that is about the path itself.
pub(super) fn refused(kind: io::ErrorKind, why: &'static str, path: &Path) -> io::Error {
    io::Error::new(kind, Refused { why, path: path.to_owned() })
}

#[derive(Debug, thiserror::Error)]
#[error("could not {tried} {}", path.display())]
struct Failed {
    tried: &'static str,
    path: PathBuf,
    source: io::Error,
}

/// The directory is not where it was when it was opened.
#[derive(Debug, thiserror::Error)]
#[error("{} was moved, replaced or removed while it was in use; {now}", path.display())]
pub(super) struct Moved {
    path: PathBuf,
    now: &'static str,
    source: Option<io::Error>,
}

impl Moved {
    /// What the path names now was opened in its place.
    pub(super) fn settled(folder: &Folder) -> io::Error {
        let now = "the state will be rewritten to the directory now at this path";
        io::Error::other(Self { path: folder.path.clone(), now, source: None })
    }

    /// What the path names now cannot be used.
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

/// For each folder on the way to `path` that is missing, the one above it.
fn missing(path: &Path) -> Vec<PathBuf> {
    let absent = path.ancestors().take_while(|path| {
        !path.as_os_str().is_empty() && fs::symlink_metadata(path).is_err_and(|e| e.kind() == io::ErrorKind::NotFound)
    });
    absent
        .filter_map(Path::parent)
        .map(|above| if above.as_os_str().is_empty() { PathBuf::from(".") } else { above.to_owned() })
        .collect()
}

/// The folders above `path` in which this user may have made the next one: those of their own, on the same disk.
#[cfg(unix)]
fn above(path: &Path, metadata: &fs::Metadata) -> impl Iterator<Item = PathBuf> {
    use std::os::unix::fs::MetadataExt;

    let (owner, disk) = (metadata.uid(), metadata.dev());
    path.ancestors()
        .skip(1)
        .take_while(move |path| fs::metadata(path).is_ok_and(|above| above.uid() == owner && above.dev() == disk))
        .map(Path::to_owned)
}

#[cfg(not(unix))]
fn above(_: &Path, _: &fs::Metadata) -> std::iter::Empty<PathBuf> {
    std::iter::empty()
}

/// The generation of a log with this name, if it is the name of one.
pub(super) fn parse(name: &str) -> Option<Generation> {
    let (number, writer) = name.strip_suffix(".log")?.split_once('-')?;
    Some(Generation { number: hex(number)?, writer: hex(writer)? })
}

/// Exactly the form [`Folder::log`] writes, so that no two names mean the same generation.
fn hex(digits: &str) -> Option<u64> {
    let ours = digits.len() == 16 && digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    ours.then(|| u64::from_str_radix(digits, 16).ok()).flatten()
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
        assert_eq!(
            folder(vec![gone.clone()]).sync().unwrap_err().to_string(),
            format!("could not sync {}", gone.display())
        );
        let new = path.join("a/b");
        assert_eq!(missing(&new), [path.join("a"), path.clone()]);
        assert_eq!(missing(&path), Vec::<PathBuf>::new());
        assert_eq!(missing(Path::new("not there")), [Path::new(".")]);
        // A file is no missing folder, and nothing is missing below it.
        std::fs::write(path.join("file"), b"").unwrap();
        assert_eq!(missing(&path.join("file/b")), Vec::<PathBuf>::new());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn only_folders_of_the_same_user_on_the_same_disk_are_synced_from_here() {
        let scratch = tempfile::tempdir().unwrap();
        let on = |path: &Path| fs::metadata(path).unwrap();
        let found: Vec<_> = above(&scratch.path().join("a"), &on(scratch.path())).collect();
        assert_eq!(found.first().map(PathBuf::as_path), Some(scratch.path()));
        // Root's, as all above is, and on a disk of its own.
        assert_eq!(above(Path::new("/etc/a"), &on(Path::new("/proc"))).count(), 0);
    }

    #[test]
    fn a_failure_of_the_place_never_has_a_kind_that_speaks_of_a_frame() {
        for kind in [io::ErrorKind::NotFound, io::ErrorKind::InvalidData, io::ErrorKind::Unsupported] {
            assert_eq!(at("open", Path::new("/x"))(kind.into()).kind(), io::ErrorKind::Other);
        }
        let error = at("open", Path::new("/x"))(io::Error::from_raw_os_error(28));
        assert_eq!(error.to_string(), "could not open /x");
        assert_eq!(error.kind(), io::Error::from_raw_os_error(28).kind());
        let cause = error.get_ref().unwrap().source().unwrap().downcast_ref::<io::Error>();
        assert_eq!(cause.unwrap().raw_os_error(), Some(28));
    }
}
