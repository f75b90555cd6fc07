//! The lock on the directory of a device: two replicators on one directory would take each other for copies.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// Held until it is dropped, or the process ends. The file stays, empty.
#[derive(Debug)]
pub(crate) struct Lock(#[allow(dead_code, reason = "the open file holds the lock")] File);

impl Lock {
    /// Takes the lock of a directory, without waiting. The lock is a file beside the directory, so that the directory can be
    /// removed.
    ///
    /// # Errors
    /// `WouldBlock` if another one holds it.
    pub(crate) fn take(dir: &Path) -> io::Result<Self> {
        let path = beside(dir);
        if let Some(above) = path.parent() {
            #[cfg_attr(not(unix), allow(unused_mut, reason = "only Unix gives a directory a mode at birth"))]
            let mut builder = DirBuilder::new();
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            builder.recursive(true).create(above)?;
        }
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        match fs4::FileExt::try_lock(&file) {
            Ok(()) => Ok(Self(file)),
            Err(fs4::TryLockError::WouldBlock) => Err(io::ErrorKind::WouldBlock.into()),
            Err(fs4::TryLockError::Error(error)) => Err(error),
        }
    }
}

fn beside(dir: &Path) -> PathBuf {
    let mut name = dir.file_name().unwrap_or_default().to_owned();
    name.push(".lock");
    dir.with_file_name(name)
}
