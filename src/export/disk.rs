//! An export as a file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::{Export, format};
use crate::error::{Error, ErrorKind};

impl Export {
    /// Writes the export to a new file, which only its owner can read, and waits for the fsync.
    ///
    /// The file appears complete or not at all. An existing file is never replaced.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`]: the path exists, or cannot be written; nothing is left behind.
    pub fn write_to(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        let failed = |error| {
            let message = format!("could not write the export to {}", path.display());
            Error::new(ErrorKind::Unavailable, message).because(error)
        };
        put(path, &self.to_bytes()).map_err(failed)
    }

    /// Reads the file that [`write_to`](Self::write_to) wrote.
    ///
    /// # Errors
    /// As for [`from_bytes`](Self::from_bytes), and [`ErrorKind::Unavailable`] if the file cannot be read.
    pub fn read_from(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let failed = |error| {
            let message = format!("could not read the export {}", path.display());
            Error::new(ErrorKind::Unavailable, message).because(error)
        };
        let mut file = File::open(path).map_err(failed)?;
        let mut bytes = Vec::new();
        (&mut file).take(format::HEADER as u64).read_to_end(&mut bytes).map_err(failed)?;
        // A large file that is no export is not read.
        let stated = format::whole_len(&bytes)?;
        format::check_len(file.metadata().map_err(failed)?.len(), stated)?;
        file.read_to_end(&mut bytes).map_err(failed)?;
        Self::from_bytes(&bytes)
    }
}

fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if fs::symlink_metadata(path).is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let (mut file, partial) = create_beside(path)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| publish(&partial, path));
    if written.is_err() {
        // Whatever failed first is reported.
        let _ = fs::remove_file(&partial);
        return written;
    }
    sync_directory(path);
    Ok(())
}

/// Creates the file that is renamed once it is complete. If the process dies before that, this file stays, and no file has
/// the name of the export.
fn create_beside(path: &Path) -> io::Result<(File, PathBuf)> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let mut partial = std::ffi::OsString::from(".");
    partial.push(name);
    partial.push(format!(".{:016x}.part", crate::random::number()));
    let partial = path.with_file_name(partial);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    Ok((options.open(&partial)?, partial))
}

/// Gives the complete file its name. A link fails if the name was taken meanwhile; a file system without links can only
/// rename, after the check that [`put`] made.
fn publish(partial: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(partial, path) {
        // If the process dies between these two calls, the file has two names.
        Ok(()) => fs::remove_file(partial),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        Err(_) if fs::symlink_metadata(path).is_ok() => Err(io::ErrorKind::AlreadyExists.into()),
        Err(_) => fs::rename(partial, path),
    }
}

/// Makes the name survive a power cut. The bytes do already; a file system that cannot sync a directory writes the name
/// within seconds.
#[cfg(unix)]
fn sync_directory(path: &Path) {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let _ = File::open(parent).and_then(|directory| directory.sync_all());
}

#[cfg(not(unix))]
fn sync_directory(_: &Path) {}
