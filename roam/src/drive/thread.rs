//! The thread that drives the replicator in a program.

use std::io;
use std::path::PathBuf;
use std::time::SystemTime;

use super::{Driver, LOOK, Turn};
use crate::lock::Lock;
use crate::replicator::{Io, Replicator};
use crate::shared::Shared;
use crate::store::Store;
use crate::{OfflineCause, RoamStatus};

/// Everything that the thread owns.
pub(crate) struct Thread {
    pub(crate) driver: Box<Driver>,
    pub(crate) store: Box<dyn Store>,
    pub(crate) local: Box<dyn Store>,
    /// The directory of `local`, which is locked.
    pub(crate) dir: PathBuf,
}

impl Thread {
    /// Runs until the handle is closed or dropped.
    pub(crate) fn run(self) {
        let Self { mut driver, store, local, dir } = self;
        let Some(_lock) = wait_for_lock(&driver.shared, dir) else { return };
        let retry = driver.settings.cadence.retry;
        let mut running = loop {
            match driver.open(&*local) {
                Ok(running) => break running,
                Err(same) => driver = same,
            }
            driver.shared.sleep(retry, LOOK);
            if driver.shared.take().is_none() {
                return;
            }
        };
        loop {
            match running.begin() {
                Turn::Step(now, number) => {
                    let wait = running.replicator.step(now, &Io { store: &*store, local: &*local });
                    let wait = running.end(number, wait);
                    running.driver().shared.sleep(wait, LOOK);
                }
                Turn::ForgetAll => return forget_all(running.driver(), &running.replicator, &*store, &*local),
                Turn::End => return,
            }
        }
    }
}

/// Takes the lock of the directory; `None` if the handle goes before.
fn wait_for_lock(shared: &Shared, dir: PathBuf) -> Option<Lock> {
    loop {
        match Lock::take(&dir) {
            Ok(lock) => return Some(lock),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => shared.say(RoamStatus::InUse),
            Err(error) => {
                let (since, cause) = (SystemTime::now(), OfflineCause::Device(error.kind()));
                shared.say(RoamStatus::Offline { since, cause });
            }
        }
        shared.sleep_at_most(LOOK);
        if shared.is_stopped() {
            return None;
        }
    }
}

/// Removes everything of this person from the store, and everything that this device keeps of the others, until both are
/// empty or the handle is gone.
fn forget_all(driver: &Driver, replicator: &Replicator, store: &dyn Store, local: &dyn Store) {
    let remove = |store: &dyn Store, prefix: &str| -> io::Result<bool> {
        let names = store.list(prefix)?;
        names.iter().try_for_each(|name| store.delete(name))?;
        Ok(store.list(prefix)?.is_empty())
    };
    loop {
        // What this device keeps goes last: with it, the next launch sees that the store was cleared.
        let is_empty = remove(store, &replicator.prefix()).and_then(|is_empty| Ok(is_empty && remove(local, "")?));
        if matches!(is_empty, Ok(true)) {
            return driver.shared.say_forgotten();
        }
        driver.shared.sleep(driver.settings.cadence.retry, LOOK);
        if driver.shared.take().is_none() {
            return;
        }
    }
}
