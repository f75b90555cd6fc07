//! Read access to a directory of logs that cannot be written: another instance holds the lock, or the medium is
//! read-only.

use std::fs;
use std::io;
use std::ops::Range;
use std::path::PathBuf;

use super::super::{Backend, FrameId, Generation, LayerKind, Result, Speed};
use super::disk::Disk;
use super::folder::{Folder, refused};
use super::no_log;
use super::reader::Reading;
use super::readings::Readings;

/// Reads the logs of a directory without its lock. Creates and changes nothing.
///
/// The holder of the lock may write and remove logs meanwhile. A growing log is read up to its last complete frame; a
/// removed log is missing. So data of one moment must be read at once.
#[derive(Debug)]
pub(crate) struct ReadOnlyFiles {
    folder: Folder,
    readings: Readings,
}

impl ReadOnlyFiles {
    /// # Errors
    /// The directory is missing, is not a directory, belongs to another user, or cannot be inspected.
    pub(crate) fn open(dir: PathBuf) -> io::Result<Self> {
        // A missing directory would be created below.
        if !fs::metadata(&dir)?.is_dir() {
            return Err(refused(io::ErrorKind::NotADirectory, "not a directory", &dir));
        }
        Ok(Self { folder: Folder::open(dir, Disk::default())?, readings: Readings::default() })
    }

    fn with_log<T>(&self, generation: Generation, ask: impl FnOnce(&mut Reading) -> Result<T>) -> Result<Option<T>> {
        let renew = |known: Option<Reading>| match known.filter(Reading::is_fresh) {
            Some(known) => Ok(Some(known)),
            None => Reading::open(&self.folder, generation, None),
        };
        self.readings.with(generation, renew, ask)
    }

    fn refuse<T>(&self) -> Result<T> {
        let why = "the directory is open for reading only";
        Err(refused(io::ErrorKind::ReadOnlyFilesystem, why, self.folder.path()).into())
    }
}

#[deny(clippy::missing_trait_methods)]
impl Backend for ReadOnlyFiles {
    fn list(&self) -> Result<Vec<FrameId>> {
        let mut list = Vec::new();
        for generation in self.generations()? {
            list.extend(self.frames(generation)?.into_iter().map(|index| FrameId { generation, index }));
        }
        Ok(list)
    }

    fn read(&self, id: FrameId) -> Result<Vec<u8>> {
        self.with_log(id.generation, |log| log.read(id.index))?.ok_or_else(|| no_log(&self.folder, id.generation))
    }

    fn create(&self, _: FrameId, _: &[u8]) -> Result<()> {
        self.refuse()
    }

    fn sync(&self) -> Result<()> {
        self.refuse()
    }

    fn rely_on(&self, _: &[Generation]) {}

    fn remove(&self, _: Generation) -> Result<()> {
        self.refuse()
    }

    fn read_range(&self, id: FrameId, range: Range<u64>) -> Result<Vec<u8>> {
        self.with_log(id.generation, |log| log.read_range(id.index, range))?
            .ok_or_else(|| no_log(&self.folder, id.generation))
    }

    fn generations(&self) -> Result<Vec<Generation>> {
        Ok(self.folder.generations()?)
    }

    fn frames(&self, generation: Generation) -> Result<Vec<u32>> {
        Ok(self.with_log(generation, |log| Ok(log.frames().collect()))?.unwrap_or_default())
    }

    fn layers(&self) -> Vec<LayerKind> {
        Vec::new()
    }

    fn speed(&self) -> Speed {
        Speed::NonBlocking
    }

    fn room(&self) -> Option<u64> {
        None
    }
}
