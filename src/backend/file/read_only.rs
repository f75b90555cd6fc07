//! A directory of logs that may be read and not written: another instance has the lock, or the medium is read-only.

use std::fs;
use std::io;
use std::ops::Range;
use std::path::PathBuf;

use parking_lot::Mutex;

use super::super::{Backend, FrameId, Generation, Speed};
use super::disk::Disk;
use super::folder::{Folder, refused};
use super::reader::Reading;
use super::{OPEN_LOGS, no_generation};

/// Reads the logs of a directory without its lock. Creates and changes nothing.
///
/// Who has the lock may write and remove logs meanwhile. A log that grows is read up to its last whole frame; one that is
/// removed is missing, so what must be of one moment is to be read at once.
#[derive(Debug)]
pub(crate) struct ReadOnlyFiles {
    folder: Folder,
    reading: Mutex<Vec<Reading>>,
}

impl ReadOnlyFiles {
    /// # Errors
    /// The directory is missing, is none, belongs to another user or cannot be looked at.
    pub(crate) fn open(dir: PathBuf) -> io::Result<Self> {
        // What is missing would be created below.
        if !fs::metadata(&dir)?.is_dir() {
            return Err(refused(io::ErrorKind::NotADirectory, "not a directory", &dir));
        }
        Ok(Self { folder: Folder::open(dir, Disk::default())?, reading: Mutex::default() })
    }

    fn with_log<T>(
        &self,
        generation: Generation,
        ask: impl FnOnce(&mut Reading) -> io::Result<T>,
    ) -> io::Result<Option<T>> {
        let mut open = self.reading.lock();
        let known = open.iter().position(|reading| reading.generation == generation).map(|at| open.remove(at));
        let reading = match known.filter(Reading::is_fresh) {
            Some(reading) => Some(reading),
            None => Reading::open(&self.folder, generation, None)?,
        };
        let Some(mut reading) = reading else { return Ok(None) };
        let answer = ask(&mut reading);
        open.iter_mut().for_each(Reading::rest);
        if open.len() >= OPEN_LOGS {
            open.remove(0);
        }
        open.push(reading);
        answer.map(Some)
    }

    fn refuse<T>(&self) -> io::Result<T> {
        Err(refused(io::ErrorKind::ReadOnlyFilesystem, "opened for reading only", self.folder.path()))
    }
}

#[deny(clippy::missing_trait_methods)]
impl Backend for ReadOnlyFiles {
    fn list(&self) -> io::Result<Vec<FrameId>> {
        let mut list = Vec::new();
        for generation in self.generations()? {
            list.extend(self.frames(generation)?.into_iter().map(|index| FrameId { generation, index }));
        }
        Ok(list)
    }

    fn read(&self, id: FrameId) -> io::Result<Vec<u8>> {
        self.with_log(id.generation, |log| log.read(id.index))?.ok_or_else(no_generation)
    }

    fn create(&self, _: FrameId, _: &[u8]) -> io::Result<()> {
        self.refuse()
    }

    fn sync(&self) -> io::Result<()> {
        self.refuse()
    }

    fn rely_on(&self, _: &[Generation]) {}

    fn remove(&self, _: Generation) -> io::Result<()> {
        self.refuse()
    }

    fn read_range(&self, id: FrameId, range: Range<u64>) -> io::Result<Vec<u8>> {
        self.with_log(id.generation, |log| log.read_range(id.index, range))?.ok_or_else(no_generation)
    }

    fn generations(&self) -> io::Result<Vec<Generation>> {
        self.folder.generations()
    }

    fn frames(&self, generation: Generation) -> io::Result<Vec<u32>> {
        Ok(self.with_log(generation, |log| Ok(log.frames().collect()))?.unwrap_or_default())
    }

    fn speed(&self) -> Speed {
        Speed::Quick
    }
}
