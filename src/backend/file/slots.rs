//! The slots of a directory, looked at without taking one.

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
    /// Who has it now.
    pub(crate) held: Option<Held>,
    pub(crate) logs: ReadOnlyFiles,
}

/// Where a slot's logs are. `None` where something else than a directory has the name: what a link in here leads to is none
/// of ours.
pub(super) fn place(dir: &Path, number: u32) -> Option<PathBuf> {
    if number == 1 {
        return Some(dir.to_owned());
    }
    let place = dir.join(format!("slot-{number}"));
    (!fs::symlink_metadata(&place).is_ok_and(|metadata| !metadata.is_dir())).then_some(place)
}

/// The slots of `dir` that have a log, the first one first. Makes nothing. The lock of a slot that is free is taken for the
/// moment of the look.
///
/// # Errors
/// A slot that exists cannot be looked at.
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
