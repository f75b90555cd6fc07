//! The logs of earlier processes, as far as they may be in the page cache only.

use std::collections::BTreeSet;
use std::io;
use std::mem;

use parking_lot::Mutex;

use super::Generation;
use super::folder::{Folder, at};

/// Which logs of earlier processes the next sync has to bring to the disk.
///
/// A process that was killed left its last frames to the page cache. The frames of this one build on them and say that they
/// are synced, so they must be before this one's are: what a power cut took of them would look like damage otherwise.
#[derive(Debug)]
pub(super) struct Inherited(Mutex<Which>);

#[derive(Debug)]
enum Which {
    /// All that are there, until somebody says what the frames of this process build on.
    AllUnlessSaid,
    /// All that are there, whatever is said: what lies in the directory may be a copy that was just made.
    All,
    These(BTreeSet<Generation>),
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

    /// The frames of this process build on these.
    pub(super) fn rely_on(&self, generations: &[Generation]) {
        let mut which = self.0.lock();
        match &mut *which {
            Which::AllUnlessSaid => *which = Which::These(generations.iter().copied().collect()),
            Which::All => {}
            Which::These(these) => these.extend(generations),
        }
    }

    /// The directory is another one.
    pub(super) fn is_anew(&self) {
        *self.0.lock() = Which::All;
    }

    /// Syncs what is there of them, but for those that `is_own`: once, unless it fails.
    pub(super) fn sync(&self, folder: &Folder, is_own: impl Fn(Generation) -> bool) -> io::Result<()> {
        let which = mem::replace(&mut *self.0.lock(), Which::These(BTreeSet::new()));
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
