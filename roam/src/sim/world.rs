//! The store of the simulation, as each device sees it, and the moment at which a device is killed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use leftoff_seal::Sealer;
use parking_lot::Mutex;

use super::rng::Rng;
use super::truth::{Id, Truth, id_of};
use crate::join::{Stamp, State};
use crate::name::{Name, Person};
use crate::publication::Publication;
use crate::replicator::time;
use crate::store::{MemoryStore, Store};

/// How late an object may appear to other devices, in milliseconds: two hours.
pub(super) const LATE: i64 = 2 * 60 * 60 * 1000;

pub(super) struct Object {
    pub(super) bytes: Vec<u8>,
    born: i64,
    by: usize,
}

/// The store, the time and what is true.
pub(super) struct World {
    pub(super) now: i64,
    pub(super) objects: BTreeMap<String, Object>,
    pub(super) truth: Truth,
    pub(super) is_healed: bool,
    pub(super) sealer: Sealer,
    pub(super) person: Person,
    pub(super) requests: u64,
    /// Whether every second device has no thread: see [`steps`](crate::steps).
    pub(super) has_steps: bool,
}

impl World {
    fn is_visible(&self, device: usize, name: &str) -> bool {
        let Some(object) = self.objects.get(name) else { return false };
        // Without the hash, which differs between two runs with one seed.
        let place = name.rsplit_once('-').map_or(name, |(place, _)| place);
        let mixed = place.bytes().fold(device as u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
        let late = i64::try_from(Rng::new(mixed).next() % u64::try_from(LATE).unwrap()).unwrap();
        self.is_healed || object.by == device || object.born + late <= self.now
    }

    /// What an object says; `None` for the marker.
    pub(super) fn body(&self, name: &str, bytes: &[u8]) -> Option<State> {
        let name = Name::parse(name, self.person)?;
        let plain = self.sealer.open(&Name::context(self.person, name.lane, name.index), bytes).unwrap();
        Some(Publication::decode(&plain).unwrap().body)
    }

    /// The values in an object.
    fn ids(&self, name: &str, bytes: &[u8]) -> BTreeSet<Id> {
        let Some(body) = self.body(name, bytes) else { return BTreeSet::new() };
        body.sections().flat_map(|section| body.values(section)).filter_map(|(_, value)| id_of(value)).collect()
    }

    fn put(&mut self, device: usize, name: &str, bytes: &[u8]) {
        let now = self.now;
        for id in self.ids(name, bytes) {
            self.truth.landed.entry(id).or_insert(now);
            self.truth.vanished.remove(&id);
        }
        let object = Object { bytes: bytes.to_vec(), born: now, by: device };
        let former = self.objects.insert(name.to_owned(), object);
        if let (Some(former), Some(object)) = (former, self.objects.get_mut(name)) {
            object.born = former.born;
        }
    }

    /// A rule of the bucket, or a hand, removes an object.
    pub(super) fn vanish(&mut self, name: &str, by: usize) {
        if let Some(object) = self.objects.remove(name) {
            for id in self.ids(name, &object.bytes) {
                self.truth.landed.remove(&id);
                self.truth.vanished.insert(id, by);
            }
        }
    }
}

/// Ends a device in the middle of its work.
#[derive(Debug, Default)]
pub(super) struct Fuse {
    /// The number of calls that still work.
    left: Option<u32>,
    /// Whether the last call takes effect.
    lands: bool,
}

impl Fuse {
    pub(super) fn set(&mut self, left: u32, lands: bool) {
        (self.left, self.lands) = (Some(left), lands);
    }

    pub(super) fn is_blown(&self) -> bool {
        self.left == Some(0)
    }

    /// Whether the call takes effect, and whether its answer arrives.
    fn burn(&mut self) -> (bool, bool) {
        match &mut self.left {
            None => (true, true),
            Some(0) => (false, false),
            Some(left) => {
                *left -= 1;
                if *left == 0 { (self.lands, false) } else { (true, true) }
            }
        }
    }
}

fn dead() -> io::Error {
    io::Error::other("the process is gone")
}

/// The store as one device reaches it.
pub(super) struct View {
    pub(super) world: Arc<Mutex<World>>,
    pub(super) device: usize,
    pub(super) fuse: Arc<Mutex<Fuse>>,
    pub(super) rng: Mutex<Rng>,
    pub(super) is_cut_off: Mutex<bool>,
    pub(super) has_date: bool,
}

impl View {
    /// 12 % of the requests fail before they take effect, 8 % after.
    fn call<T>(&self, is_write: bool, call: impl FnOnce(&mut World) -> io::Result<T>) -> io::Result<T> {
        let (lands, answers) = self.fuse.lock().burn();
        if !lands {
            return Err(dead());
        }
        let mut world = self.world.lock();
        world.requests += 1;
        if *self.is_cut_off.lock() {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        let chance = self.rng.lock().next() % 100;
        if !world.is_healed && chance < 12 {
            let kind = if is_write && chance < 2 { io::ErrorKind::AlreadyExists } else { io::ErrorKind::TimedOut };
            return Err(kind.into());
        }
        let done = call(&mut world);
        if !answers {
            return Err(dead());
        }
        if !world.is_healed && chance < 20 {
            let kind = if is_write && chance < 14 { io::ErrorKind::AlreadyExists } else { io::ErrorKind::Other };
            return Err(kind.into());
        }
        done
    }
}

impl Store for View {
    fn put(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.call(true, |world| {
            world.put(self.device, name, bytes);
            Ok(())
        })
    }

    fn get(&self, name: &str) -> io::Result<Vec<u8>> {
        self.call(false, |world| {
            let object = world.objects.get(name).filter(|_| world.is_visible(self.device, name));
            object.map(|object| object.bytes.clone()).ok_or_else(|| io::ErrorKind::NotFound.into())
        })
    }

    fn list(&self, prefix: &str) -> io::Result<Vec<String>> {
        self.call(false, |world| {
            let names = world.objects.keys().filter(|name| name.starts_with(prefix));
            let mut names: Vec<String> = names.filter(|name| world.is_visible(self.device, name)).cloned().collect();
            names.push(format!("{prefix}notes.sync-conflict-20260101"));
            names.reverse();
            Ok(names)
        })
    }

    fn delete(&self, name: &str) -> io::Result<()> {
        self.call(false, |world| {
            world.objects.remove(name);
            Ok(())
        })
    }

    fn date(&self) -> Option<SystemTime> {
        self.has_date.then(|| time(Stamp(self.world.lock().now)))
    }
}

impl fmt::Debug for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View").finish_non_exhaustive()
    }
}

/// The directory of a device.
#[derive(Debug)]
pub(super) struct Directory {
    pub(super) files: MemoryStore,
    pub(super) fuse: Arc<Mutex<Fuse>>,
}

impl Directory {
    fn call<T>(&self, call: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        let (lands, answers) = self.fuse.lock().burn();
        if !lands {
            return Err(dead());
        }
        let done = call();
        if answers { done } else { Err(dead()) }
    }
}

impl Store for Directory {
    fn put(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.call(|| self.files.put(name, bytes))
    }

    fn get(&self, name: &str) -> io::Result<Vec<u8>> {
        self.call(|| self.files.get(name))
    }

    fn list(&self, prefix: &str) -> io::Result<Vec<String>> {
        self.call(|| self.files.list(prefix))
    }

    fn delete(&self, name: &str) -> io::Result<()> {
        self.call(|| self.files.delete(name))
    }
}
