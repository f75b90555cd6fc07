//! The system's advisory lock of an open file. The kernel releases it when the file is closed, however its process ends.

use std::fs::File;
use std::io;

/// Takes the lock, unless another open file has it. Returns whether it was taken.
#[cfg(all(unix, not(target_os = "solaris")))]
pub(super) fn try_lock(file: &File) -> io::Result<bool> {
    use rustix::fs::{FlockOperation, flock};
    use rustix::io::Errno;
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(Errno::WOULDBLOCK) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Releases the lock. Closing the last copy of the open file does that, too.
#[cfg(all(unix, not(target_os = "solaris")))]
pub(super) fn unlock(file: &File) {
    let _ = rustix::fs::flock(file, rustix::fs::FlockOperation::Unlock);
}

/// Takes the lock, unless another open file has it. Returns whether it was taken.
#[cfg(any(windows, target_os = "solaris"))]
pub(super) fn try_lock(file: &File) -> io::Result<bool> {
    match fs4::FileExt::try_lock(file) {
        Ok(()) => Ok(true),
        Err(fs4::TryLockError::WouldBlock) => Ok(false),
        Err(fs4::TryLockError::Error(error)) => Err(error),
    }
}

/// Releases the lock. Closing the last copy of the open file does that, too.
#[cfg(any(windows, target_os = "solaris"))]
pub(super) fn unlock(file: &File) {
    let _ = fs4::FileExt::unlock(file);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lock_of_one_open_file_keeps_another_out_until_it_is_released_or_closed() {
        let scratch = tempfile::tempdir().unwrap();
        let open = || File::create(scratch.path().join("lock")).unwrap();
        let (first, second) = (open(), open());
        assert!(try_lock(&first).unwrap());
        assert!(!try_lock(&second).unwrap());
        unlock(&first);
        assert!(try_lock(&second).unwrap());
        assert!(!try_lock(&first).unwrap());
        drop(second);
        assert!(try_lock(&first).unwrap());
    }
}
