//! The lock of the table: one session at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::PathBuf;

/// Takes the lock of the database at `path`, until the file is closed.
///
/// On a file of its own: a lock on the database itself would be in the way of `SQLite`'s. The file is never removed, because
/// a process that holds an unlinked file and one that made a new one would both hold the lock.
pub(crate) fn lock(path: &str) -> io::Result<File> {
    let mut name = PathBuf::from(path).into_os_string();
    name.push("-leftoff.lock");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(name)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let why = "another session stores its state in this database";
            Err(io::Error::new(io::ErrorKind::ResourceBusy, why))
        }
        Err(TryLockError::Error(error)) => Err(error),
    }
}
