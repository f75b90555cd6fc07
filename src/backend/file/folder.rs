//! The folder, the names in it, and the ways a file in it is opened. Nothing here knows what a log holds.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::super::Generation;

/// A folder that this user owns, made if it was missing.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// Folders that got a new entry when ours was made: until they are synced, a power cut can take it back.
    parents: Vec<PathBuf>,
}

impl Folder {
    pub(super) fn open(path: PathBuf) -> io::Result<Self> {
        let parents = missing(&path);
        if !parents.is_empty() {
            create(&path).map_err(at("create", &path))?;
        }
        // Follows a link, to a folder on another disk for one; what it leads to must be ours all the same.
        let metadata = fs::metadata(&path).map_err(at("open", &path))?;
        if !metadata.is_dir() {
            return Err(refused(io::ErrorKind::NotADirectory, "not a folder", &path));
        }
        #[cfg(unix)]
        if std::os::unix::fs::MetadataExt::uid(&metadata) != rustix::process::geteuid().as_raw() {
            return Err(refused(io::ErrorKind::PermissionDenied, "the folder belongs to another user", &path));
        }
        Ok(Self { path, parents })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn log(&self, generation: Generation) -> PathBuf {
        self.path.join(format!("{:016x}-{:016x}.log", generation.number, generation.writer))
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
                match File::open(parent) {
                    Ok(parent) => parent.sync_all(),
                    // A folder we may enter and change but not read cannot be synced by us at all; refusing every
                    // save for it would protect nothing.
                    Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
                    Err(error) => Err(error),
                }
                .map_err(at("sync", parent))?;
            }
            File::open(&self.path).and_then(|folder| folder.sync_all()).map_err(at("sync", &self.path))?;
        }
        Ok(())
    }
}

/// A new file that only this user may read, open for writing. Fails where anything has the name, even a dead link.
pub(super) fn create_new(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    harmless(&mut options);
    options.open(path).map(private)
}

/// The file at `path`, made if it is missing, that only this user may read. Empty or not, its bytes are left alone.
pub(super) fn open_or_create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    harmless(&mut options);
    options.open(path).map(private)
}

/// The regular file at `path`, open for reading; `None` where something else has the name, which is never followed.
pub(super) fn open_regular(path: &Path) -> io::Result<Option<File>> {
    if !fs::symlink_metadata(path)?.is_file() {
        return Ok(None);
    }
    let mut options = OpenOptions::new();
    options.read(true);
    harmless(&mut options);
    match options.open(path) {
        // Looked at again, because it may have been exchanged since.
        Ok(file) => Ok(file.metadata()?.is_file().then_some(file)),
        Err(error) => match fs::symlink_metadata(path) {
            Ok(metadata) if !metadata.is_file() => Ok(None),
            _ => Err(error),
        },
    }
}

/// Whether an open file has no name any more. Not asked on Windows, where nobody can remove a file that is open here.
#[cfg(unix)]
pub(super) fn is_gone(file: &File) -> bool {
    file.metadata().is_ok_and(|metadata| std::os::unix::fs::MetadataExt::nlink(&metadata) == 0)
}

#[cfg(not(unix))]
pub(super) fn is_gone(_: &File) -> bool {
    false
}

/// Brings a file that somebody else wrote to the disk, if it is one.
pub(super) fn sync_regular(path: &Path) -> io::Result<()> {
    if !fs::symlink_metadata(path)?.is_file() {
        return Ok(());
    }
    let mut options = OpenOptions::new();
    // Windows flushes only what is opened for writing; nothing is written.
    options.read(true).write(cfg!(windows));
    harmless(&mut options);
    options.open(path)?.sync_data()
}

/// Opening what somebody planted must neither follow a link nor wait for the other end of a pipe; a new file is born
/// private.
#[cfg(unix)]
fn harmless(options: &mut OpenOptions) {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt;

    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    options.mode(0o600).custom_flags(i32::try_from(flags.bits()).unwrap_or_default());
}

#[cfg(not(unix))]
fn harmless(_: &mut OpenOptions) {}

/// Makes `file` readable by its owner and nobody else. A new one is born so, less what the umask takes from the owner;
/// a file system without modes refuses this, and must do without.
#[cfg(unix)]
fn private(file: File) -> File {
    use std::os::unix::fs::PermissionsExt;

    let open_to_us_alone = |metadata: fs::Metadata| metadata.permissions().mode() & 0o777 == 0o600;
    if !file.metadata().is_ok_and(open_to_us_alone) {
        let _ = file.set_permissions(fs::Permissions::from_mode(0o600));
    }
    file
}

/// A folder in the user's profile is private by inheritance there.
#[cfg(not(unix))]
fn private(file: File) -> File {
    file
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
#[error("cannot {tried} {}", path.display())]
struct Failed {
    tried: &'static str,
    path: PathBuf,
    source: io::Error,
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

fn create(path: &Path) -> io::Result<()> {
    if let Some(above) = path.parent() {
        fs::create_dir_all(above)?;
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
    // A umask can only take bits away, and may have taken the owner's. A file system without modes refuses.
    #[cfg(unix)]
    let _ = fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o700));
    Ok(())
}

fn parse(name: &str) -> Option<Generation> {
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
        let folder = Folder { path: PathBuf::from("/x"), parents: Vec::new() };
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
    fn a_failure_of_the_place_never_has_a_kind_that_speaks_of_a_frame() {
        for kind in [io::ErrorKind::NotFound, io::ErrorKind::InvalidData, io::ErrorKind::Unsupported] {
            assert_eq!(at("open", Path::new("/x"))(kind.into()).kind(), io::ErrorKind::Other);
        }
        let error = at("open", Path::new("/x"))(io::Error::from_raw_os_error(28));
        assert_eq!(error.to_string(), "cannot open /x");
        assert_eq!(error.kind(), io::Error::from_raw_os_error(28).kind());
        let cause = error.get_ref().unwrap().source().unwrap().downcast_ref::<io::Error>();
        assert_eq!(cause.unwrap().raw_os_error(), Some(28));
    }
}
