//! The name of the newest log, in a file beside the logs: without it, a deleted or emptied log would leave no trace,
//! and the state before it would count as the newest.
//!
//! A log is named after its first sync, and the name is synced before anything else happens. So a named log was on the
//! disk, regardless of later power cuts; and a log that is removed on purpose loses its name first.

use std::io;
use std::path::PathBuf;

use parking_lot::Mutex;

use super::super::Generation;
use super::folder::{Folder, log_name, open_regular, parse};
use super::window::read_at;

/// The name in the file, and the state of that log.
#[derive(Debug)]
pub(super) struct Newest {
    path: PathBuf,
    /// Locked across a sync by writers.
    named: Mutex<Option<Generation>>,
    /// Never locked across a system call, because readers lock it.
    missing: Mutex<Option<Generation>>,
}

impl Newest {
    /// Reads the name, and checks that its log exists and is not empty. An unreadable file names nothing.
    pub(super) fn look(folder: &Folder) -> Self {
        let path = folder.path().join(FILE);
        let mut bytes = [0; LEN + 1];
        let read = open_regular(&path).ok().flatten().map_or(0, |(file, _)| read_at(&file, &mut bytes, 0).unwrap_or(0));
        // A longer file is not ours.
        let text = bytes.get(..read).filter(|_| read <= LEN).and_then(|text| std::str::from_utf8(text).ok());
        let named = text.and_then(|text| parse(text.strip_prefix(KEY)?.trim_end()));
        let missing = named.filter(|named| {
            let found = std::fs::symlink_metadata(folder.log(*named));
            found.map_or_else(|error| error.kind() == io::ErrorKind::NotFound, |found| found.len() == 0)
        });
        Self { path, named: Mutex::new(named), missing: Mutex::new(missing) }
    }

    /// Resets the name after the directory was replaced.
    pub(super) fn reset(&self) {
        *self.named.lock() = None;
        *self.missing.lock() = None;
    }

    /// Returns the log that was named at the start and was missing or empty.
    pub(super) fn missing(&self) -> Option<Generation> {
        *self.missing.lock()
    }

    /// Names a log. Everything written to it so far is synced, including its name in the directory.
    ///
    /// If the process dies before this is synced, the next start sees the old name or this one: both logs exist,
    /// because none is removed in between. A partially written file names nothing.
    pub(super) fn name(&self, folder: &Folder, generation: Generation) -> io::Result<()> {
        let mut named = self.named.lock();
        if *named != Some(generation) {
            self.write(folder, &log_name(generation))?;
            *named = Some(generation);
        }
        Ok(())
    }

    /// Clears the name before a log is removed on purpose.
    ///
    /// If the process dies between this and the removal, the next start sees a log that nothing names: no damage, and
    /// no trace if the log disappears.
    pub(super) fn forget(&self, folder: &Folder, generation: Generation) -> io::Result<()> {
        let mut named = self.named.lock();
        if *named == Some(generation) {
            self.write(folder, "")?;
            *named = None;
        }
        self.missing.lock().take_if(|missing| *missing == generation);
        Ok(())
    }

    fn write(&self, folder: &Folder, name: &str) -> io::Result<()> {
        let file = folder.disk().open_or_replace(&self.path)?;
        // Always the same length, so that nothing of the previous name remains behind it.
        file.write_at(format!("{:<LEN$}", format!("{KEY}{name}")).as_bytes(), 0)?;
        file.sync()
    }
}

pub(super) const FILE: &str = "newest";
const KEY: &str = "log ";
/// The length of the file, in bytes.
const LEN: usize = 48;

#[cfg(test)]
mod tests {
    use super::super::disk::Disk;
    use super::*;
    use std::fs;

    fn generation(number: u64) -> Generation {
        Generation { number, writer: u64::MAX - number }
    }

    #[test]
    fn named_log_is_missing_once_it_is_removed_or_emptied_unless_that_was_said_before() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = Folder::open(scratch.path().into(), Disk::default()).unwrap();
        let newest = Newest::look(&folder);
        assert_eq!((*newest.named.lock(), newest.missing()), (None, None));
        for number in [1, 2] {
            fs::write(folder.log(generation(number)), b"log").unwrap();
            newest.name(&folder, generation(number)).unwrap();
        }
        let found = Newest::look(&folder);
        assert_eq!((*found.named.lock(), found.missing()), (Some(generation(2)), None));
        fs::write(folder.log(generation(2)), b"").unwrap();
        assert_eq!(Newest::look(&folder).missing(), Some(generation(2)), "emptied");
        fs::remove_file(folder.log(generation(2))).unwrap();
        let found = Newest::look(&folder);
        assert_eq!(found.missing(), Some(generation(2)), "removed");
        found.forget(&folder, generation(1)).unwrap();
        assert_eq!(Newest::look(&folder).missing(), Some(generation(2)), "another one was meant");
        found.forget(&folder, generation(2)).unwrap();
        assert_eq!((found.missing(), Newest::look(&folder).missing()), (None, None));
    }

    #[test]
    fn file_of_anything_else_names_nothing() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = Folder::open(scratch.path().into(), Disk::default()).unwrap();
        for text in [&b""[..], b"log ", b"log 1.log", b"\xff\xfe", b"log ../../etc/passwd", &[b' '; 4096]] {
            fs::write(scratch.path().join(FILE), text).unwrap();
            assert_eq!(*Newest::look(&folder).named.lock(), None, "{text:?}");
        }
    }
}
