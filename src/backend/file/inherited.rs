//! The logs of earlier processes that may exist only in the page cache.

use std::io;
use std::mem;

use parking_lot::Mutex;

use super::Generation;
use super::folder::{Folder, at};
use crate::sorted::SortedSet;

/// The logs of earlier processes that the next sync must bring to the disk.
///
/// A killed process left its last frames in the page cache. The frames of this process build on them and state that
/// they are synced, so they must be synced before the frames of this process: otherwise, the loss of them in a power
/// cut would look like damage.
#[derive(Debug)]
pub(super) struct Inherited(Mutex<Which>);

#[derive(Debug)]
enum Which {
    /// All existing logs, until the session names the logs on which this process builds.
    AllUnlessSaid,
    /// All existing logs, whatever the session names: the directory may contain a fresh copy.
    All,
    These(SortedSet<Generation>),
}

impl Which {
    fn has(&self, generation: Generation) -> bool {
        match self {
            Self::AllUnlessSaid | Self::All => true,
            Self::These(these) => these.contains(&generation),
        }
    }
}

impl Inherited {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Which::AllUnlessSaid))
    }

    /// Adds the generations on which the frames of this process build.
    pub(super) fn rely_on(&self, generations: &[Generation]) {
        let mut which = self.0.lock();
        match &mut *which {
            Which::AllUnlessSaid => *which = Which::These(generations.iter().copied().collect()),
            Which::All => {}
            Which::These(these) => these.extend(generations.iter().copied()),
        }
    }

    /// The directory was replaced.
    pub(super) fn is_anew(&self) {
        *self.0.lock() = Which::All;
    }

    /// Syncs the existing logs among them, except those that `is_own`: once, unless it fails.
    pub(super) fn sync(&self, folder: &Folder, is_own: impl Fn(Generation) -> bool) -> io::Result<()> {
        let which = mem::replace(&mut *self.0.lock(), Which::These(SortedSet::new()));
        if matches!(&which, Which::These(these) if these.is_empty()) {
            return Ok(());
        }
        let sync = |generation| {
            let path = folder.log(generation);
            folder.disk().sync_regular(&path).map_err(at("sync", &path))
        };
        let is_meant = |generation: &Generation| which.has(*generation) && !is_own(*generation);
        let synced = folder.generations().and_then(|present| present.into_iter().filter(is_meant).try_for_each(sync));
        if synced.is_err() {
            *self.0.lock() = Which::All;
        }
        synced
    }
}
