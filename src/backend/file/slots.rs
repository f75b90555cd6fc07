//! Lists the slots of a directory without opening one.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::lock::{Borrowed, Held};
use super::read_only::ReadOnlyFiles;
use super::{MAX_SLOTS, held_by};
use crate::backend::{Backend, Result};

/// A slot with a log in it.
#[derive(Debug)]
pub(crate) struct UsedSlot {
    pub(crate) number: u32,
    pub(crate) dir: PathBuf,
    /// The process that holds the slot now.
    pub(crate) held: Option<Held>,
    pub(crate) logs: ReadOnlyFiles,
}

/// Returns the directory of a slot; `None` if something other than a directory has its name. The library creates no links
/// here, so a link was made by another program and is not followed.
pub(super) fn place(dir: &Path, number: u32) -> Option<PathBuf> {
    if number == 1 {
        return Some(dir.to_owned());
    }
    let place = dir.join(format!("slot-{number}"));
    (!fs::symlink_metadata(&place).is_ok_and(|metadata| !metadata.is_dir())).then_some(place)
}

/// Returns the slots of `dir` that have a directory, by number, with their logs. Takes no lock.
pub(crate) fn slots_to_read(dir: &Path) -> impl Iterator<Item = (u32, ReadOnlyFiles)> {
    let place = |number| Some((number, place(dir, number).filter(|place| place.exists())?));
    (1..=MAX_SLOTS).filter_map(place).filter_map(|(number, place)| Some((number, ReadOnlyFiles::open(place).ok()?)))
}

/// Returns the slots of `dir` that have a log, by number. Creates nothing. Takes the lock of each free slot for a moment.
///
/// # Errors
/// A slot exists and cannot be read.
pub(crate) fn used_slots(dir: &Path) -> Result<Vec<UsedSlot>> {
    let mut used = Vec::new();
    for number in 1..=MAX_SLOTS {
        let Some(dir) = place(dir, number).filter(|place| place.exists()) else { continue };
        let logs = ReadOnlyFiles::open(dir.clone())?;
        if logs.generations()?.is_empty() {
            continue;
        }
        let held = match Borrowed::take(&dir, Duration::ZERO) {
            Ok(_) => None,
            Err(error) => Some(held_by(&error).cloned().ok_or(error)?),
        };
        used.push(UsedSlot { number, dir, held, logs });
    }
    Ok(used)
}
