//! Reads one file in order, a block at a time.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// A file with a moving block in memory, so that many small reads need few system calls.
pub(super) struct Window {
    file: File,
    /// The end of the readable part.
    limit: u64,
    block: Vec<u8>,
    /// The offset of the block in the file.
    at: u64,
    /// The length requested for the present block; doubles while the file is read in order.
    step: usize,
}

impl Window {
    pub(super) fn new(file: File, limit: u64) -> Self {
        Self { file, limit, block: Vec::new(), at: 0, step: FIRST_STEP }
    }

    pub(super) fn limit(&self) -> u64 {
        self.limit
    }

    /// Extends the readable part of a growing file.
    pub(super) fn grow(&mut self, limit: u64) {
        self.limit = self.limit.max(limit);
    }

    /// Returns the bytes at `at`, at least `want` of them unless the file or its limit ends earlier.
    ///
    /// `want` must be at most [`BLOCK`].
    pub(super) fn at_least(&mut self, at: u64, want: usize) -> io::Result<&[u8]> {
        let ahead = |window: &Self| usize::try_from(at.checked_sub(window.at)?).ok();
        let is_last = self.at + self.block.len() as u64 >= self.limit;
        let held =
            ahead(self).and_then(|from| self.block.get(from..)).is_some_and(|rest| rest.len() >= want || is_last);
        if !held {
            self.load(at, want)?;
        }
        Ok(ahead(self).and_then(|from| self.block.get(from..)).unwrap_or_default())
    }

    /// Returns exactly `len` bytes at `at`; fewer if the file ends earlier.
    pub(super) fn bytes(&mut self, at: u64, len: usize) -> io::Result<Vec<u8>> {
        if len <= BLOCK {
            let held = self.at_least(at, len)?;
            return Ok(held.get(..len).unwrap_or(held).to_vec());
        }
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(len)?;
        self.file.seek(SeekFrom::Start(at))?;
        Read::by_ref(&mut self.file).take(len as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn load(&mut self, at: u64, want: usize) -> io::Result<()> {
        // A short jump counts as reading in order: skipping payloads is cheaper in large blocks than one by one.
        let reach = (self.block.len() * 2) as u64;
        let onward = at > self.at && at - self.at <= reach;
        self.step = if onward { (self.step * 2).min(BLOCK) } else { FIRST_STEP };
        // The log of a short launch is read whole, once.
        let at = if self.limit <= SMALL { 0 } else { at };
        let want = if self.limit <= SMALL { BLOCK } else { want };
        let len = (self.step.max(want) as u64).min(self.limit.saturating_sub(at));
        let len = usize::try_from(len).unwrap_or(BLOCK);
        self.at = at;
        // One system call for the whole block; `read_to_end` would use several small ones. A new block is zeroed by the
        // allocator; an old block is overwritten.
        if self.block.len() < len {
            self.block = vec![0; len];
        }
        self.block.truncate(len);
        let read = read_at(&self.file, &mut self.block, at);
        // Bytes read before an error are not treated as the end of the file.
        self.block.truncate(*read.as_ref().unwrap_or(&0));
        read.map(drop)
    }

    /// Returns the offset of the first written byte at or after `at`; the limit if there is none, `at` if the system
    /// does not report it.
    pub(super) fn next_data(&self, at: u64) -> u64 {
        #[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd", target_os = "macos"))]
        match rustix::fs::seek(&self.file, rustix::fs::SeekFrom::Data(at)) {
            Ok(data) => return data.clamp(at, self.limit.max(at)),
            Err(rustix::io::Errno::NXIO) => return self.limit.max(at),
            Err(_) => {}
        }
        at
    }

    /// Frees the block's memory, unless it is the whole of a small file.
    pub(super) fn rest(&mut self) {
        if self.limit > SMALL {
            self.block = Vec::new();
        }
    }
}

/// Fills `bytes` from the file's offset `at`, up to the end of the file.
pub(super) fn read_at(file: &File, bytes: &mut [u8], at: u64) -> io::Result<usize> {
    let mut done = 0;
    while let Some(rest) = bytes.get_mut(done..).filter(|rest| !rest.is_empty()) {
        #[cfg(unix)]
        let read = std::os::unix::fs::FileExt::read_at(file, rest, at + done as u64);
        #[cfg(windows)]
        let read = std::os::windows::fs::FileExt::seek_read(file, rest, at + done as u64);
        match read {
            Ok(0) => break,
            Ok(read) => done += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

impl fmt::Debug for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Window").field("limit", &self.limit).field("held", &self.block.len()).finish_non_exhaustive()
    }
}

/// The maximum block length, in bytes, which is the memory that a reader keeps.
pub(super) const BLOCK: usize = 256 * 1024;
/// A file of at most this length, in bytes, is one block, which is kept: a start reads some of it several times.
const SMALL: u64 = 16 * 1024;
/// The length of the first block, in bytes: enough for the few records of a short launch, or for the header of a large
/// one.
const FIRST_STEP: usize = 4 * 1024;

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_an_error_and_not_tried_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read_at(&File::open(folder.path()).unwrap(), &mut [0; 4], 0).is_err());
    }
}
