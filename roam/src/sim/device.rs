//! A device of the simulation: a session, a directory, and the real replicator.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use super::rng::Rng;
use super::truth::{Id, content_of, id_of};
use super::world::{Directory, Fuse, View, World};
use super::{Broken, person_settings};
use crate::join::{Dot, SectionId, Stamp};
use crate::publication::Touch;
use crate::replicator::{Io, News, Now, Random, Replicator, Rule};
use crate::store::{DeferredStore, MemoryStore, Store};

/// What a session holds: by section, the value and whether it is a removal.
pub(super) type Held = BTreeMap<SectionId, (Id, bool)>;

pub(super) struct Device {
    pub(super) world: Arc<Mutex<World>>,
    pub(super) view: View,
    pub(super) directory: Directory,
    fuse: Arc<Mutex<Fuse>>,
    pub(super) captured: Held,
    pub(super) synced: Held,
    fed: Held,
    merging: BTreeMap<SectionId, Merging>,
    pub(super) replicator: Option<Replicator>,
    /// How far the clock is ahead, in milliseconds.
    pub(super) clock: i64,
    started: i64,
    broken: Option<Broken>,
    rng: Rng,
}

/// Values that the user merged with the one on the screen.
#[derive(Clone)]
struct Merging {
    before: Option<(Id, bool)>,
    theirs: Vec<Id>,
    dots: Vec<Dot>,
}

/// What a backup contains.
#[derive(Clone)]
pub(super) struct Backup {
    files: MemoryStore,
    synced: Held,
}

fn random(mut rng: Rng) -> Random {
    Box::new(move || Ok(rng.next()))
}

/// A step as a host without threads makes it: each call is made between two runs of the round.
fn step_in_steps(replicator: &mut Replicator, now: Now, view: &View, local: &Directory) {
    let store = DeferredStore::new();
    let mut is_first = true;
    if let Some(date) = view.date() {
        store.set_date(date);
    }
    while replicator.step_again(now, is_first, &Io { store: &store, local }).is_none() {
        is_first = false;
        let request = store.take_request().unwrap();
        let answer = request.make(view);
        store.answer(request, answer);
    }
}

impl Device {
    pub(super) fn new(world: &Arc<Mutex<World>>, number: usize, mut rng: Rng, broken: Option<Broken>) -> Self {
        let fuse = Arc::new(Mutex::new(Fuse::default()));
        let has_date = rng.percent(50);
        let hours = if rng.percent(60) { 0 } else { i64::try_from(rng.below(47)).unwrap() - 23 };
        let view = View {
            world: Arc::clone(world),
            device: number,
            fuse: Arc::clone(&fuse),
            rng: Mutex::new(Rng::new(rng.next())),
            is_cut_off: Mutex::new(false),
            has_date,
        };
        Self {
            world: Arc::clone(world),
            view,
            directory: Directory { files: MemoryStore::new(), fuse: Arc::clone(&fuse) },
            fuse,
            captured: Held::new(),
            synced: Held::new(),
            fed: Held::new(),
            merging: BTreeMap::new(),
            replicator: None,
            clock: hours * 3_600_000,
            started: 0,
            broken,
            rng,
        }
    }

    fn now(&self) -> Now {
        let now = self.world.lock().now;
        let steady = Duration::from_millis(u64::try_from(now - self.started).unwrap());
        Now { wall: Stamp(now + self.clock), steady }
    }

    /// The user replaces or removes a section.
    pub(super) fn write(&mut self, section: &SectionId, is_removal: bool) {
        let over = self.captured.get(section).map(|(id, _)| *id);
        // The value on the screen may be a merged one.
        let theirs =
            self.merging.get_mut(section).map(|merging| std::mem::take(&mut merging.theirs)).unwrap_or_default();
        let id = self.world.lock().truth.write(over.into_iter().chain(theirs), is_removal);
        self.captured.insert(section.clone(), (id, is_removal));
    }

    pub(super) fn sync(&mut self) {
        self.synced = self.captured.clone();
        let mut world = self.world.lock();
        self.synced.values().for_each(|(id, _)| world.truth.acknowledge(*id));
    }

    /// The process ends; what was captured is in the page cache.
    pub(super) fn kill(&mut self) {
        self.replicator = None;
        self.merging.clear();
        *self.fuse.lock() = Fuse::default();
    }

    pub(super) fn cut_power(&mut self) {
        self.kill();
        self.captured = self.synced.clone();
    }

    /// The process will end after some more calls.
    pub(super) fn light_fuse(&mut self) {
        let (left, lands) = (self.rng.below(30) + 1, self.rng.percent(50));
        self.fuse.lock().set(u32::try_from(left).unwrap(), lands);
    }

    pub(super) fn backup(&self) -> Backup {
        Backup { files: self.directory.files.copied(), synced: self.synced.clone() }
    }

    pub(super) fn restore(&mut self, backup: &Backup) {
        self.kill();
        self.directory.files = backup.files.copied();
        self.synced = backup.synced.clone();
        self.captured = backup.synced.clone();
    }

    /// A live copy: the same memory, the same lane, another number.
    pub(super) fn copied(&self, number: usize, mut rng: Rng) -> Self {
        let mut copy = Self::new(&self.world, number, Rng::new(rng.next()), self.broken);
        copy.directory.files = self.directory.files.copied();
        copy.captured = self.captured.clone();
        copy.synced = self.synced.clone();
        copy.fed = self.fed.clone();
        copy.merging = self.merging.clone();
        copy.started = self.started;
        (copy.clock, copy.view.has_date) = (self.clock, self.view.has_date);
        copy.replicator = self.replicator.as_ref().map(|replicator| replicator.copied(random(rng)));
        copy
    }

    /// Runs one step of the replicator; starts a launch if none is running.
    pub(super) fn step(&mut self, is_hurried: bool) {
        if self.replicator.is_none() {
            self.started = self.world.lock().now;
            let sealer = self.world.lock().sealer.clone();
            let now = self.now();
            let rng = Rng::new(self.rng.next());
            let opened = Replicator::open(person_settings(), sealer, &self.directory, random(rng), now);
            let rule = self.broken.and_then(Broken::rule);
            self.fed = Held::new();
            self.replicator = opened.ok().map(|replicator| replicator.without(rule));
        }
        let now = self.now();
        let source = if self.broken == Some(Broken::SyncedOnly) { &self.captured } else { &self.synced };
        let source = source.clone();
        if let Some(replicator) = &mut self.replicator {
            let sections: BTreeSet<SectionId> = replicator.fed().cloned().chain(source.keys().cloned()).collect();
            for section in sections {
                let content = source.get(&section).filter(|(_, is_removal)| !is_removal).map(|(id, _)| content_of(*id));
                let (held, merging) = (source.get(&section), self.merging.get(&section));
                // The session tells nothing while a newer value is not synced.
                let is_saved =
                    |merging: &&Merging| held == self.captured.get(&section) && held != merging.before.as_ref();
                let also = merging.filter(is_saved).map(|merging| merging.dots.clone()).unwrap_or_default();
                if !also.is_empty() {
                    self.merging.remove(&section);
                }
                replicator.feed(&section, content, &also, now);
            }
            self.fed = source;
            if is_hurried {
                replicator.hurry();
            }
            let is_in_steps = self.world.lock().has_steps && self.view.device % 2 == 1;
            if is_in_steps {
                step_in_steps(replicator, now, &self.view, &self.directory);
            } else {
                replicator.step(now, &Io { store: &self.view, local: &self.directory });
            }
        }
        if self.fuse.lock().is_blown() {
            self.kill();
        }
    }

    /// The user touches something and changes nothing.
    pub(super) fn touch(&mut self) {
        let now = self.now();
        if let Some(replicator) = &mut self.replicator {
            replicator.touched(Touch { at: now.wall, element: "form/amount".into(), label: None, mark: None }, now);
        }
    }

    /// The user takes over what others changed, where they changed nothing themselves.
    pub(super) fn take_over(&mut self) {
        let Some(replicator) = &mut self.replicator else { return };
        for (section, news) in replicator.news() {
            let held = self.captured.get(&section);
            if held != self.synced.get(&section) || held != self.fed.get(&section) {
                continue;
            }
            self.merging.remove(&section);
            match news {
                News::Newer(dot, value) => {
                    if !replicator.adopt(&section, dot) {
                        continue;
                    }
                    match id_of(&value) {
                        Some(id) => {
                            self.world.lock().truth.acknowledge(id);
                            self.captured.insert(section.clone(), (id, false));
                        }
                        None => drop(self.captured.remove(&section)),
                    }
                }
                News::Removed => {
                    if replicator.adopt_removal(&section) {
                        self.captured.remove(&section);
                    }
                }
            }
            // The take-over is synced before the next feed.
            match self.captured.get(&section) {
                Some(held) => drop(self.synced.insert(section.clone(), *held)),
                None => drop(self.synced.remove(&section)),
            }
            match self.captured.get(&section) {
                Some(held) => drop(self.fed.insert(section, *held)),
                None => drop(self.fed.remove(&section)),
            }
        }
    }

    /// The merge function merges what is in conflict, and the user sees the result. It is saved with the next change.
    pub(super) fn merge(&mut self) {
        let Some(replicator) = &mut self.replicator else { return };
        let sections: Vec<SectionId> = replicator.state().sections().cloned().collect();
        if sections.is_empty() {
            return;
        }
        let section = self.rng.pick(&sections).clone();
        let offers = replicator.offers(&section);
        if offers.is_empty() || self.merging.contains_key(&section) {
            return;
        }
        if self.broken == Some(Broken::Rule(Rule::MergeOnSave)) {
            for (dot, _) in &offers {
                replicator.also_replaces(&section, *dot);
            }
        }
        let theirs = offers.iter().filter_map(|(_, value)| id_of(value)).collect();
        let dots = offers.into_iter().map(|(dot, _)| dot).collect();
        let before = self.captured.get(&section).copied();
        self.merging.insert(section, Merging { before, theirs, dots });
    }

    /// The user removes another device from the list. It may still run.
    pub(super) fn remove_another(&mut self) {
        let Some(replicator) = &mut self.replicator else { return };
        let others = replicator.device_ids();
        if !others.is_empty() {
            replicator.remove_device(*self.rng.pick(&others));
        }
    }

    /// The user lets an offer go.
    pub(super) fn dismiss(&mut self) {
        let now = self.now();
        let Some(replicator) = &mut self.replicator else { return };
        let sections: Vec<SectionId> = replicator.state().sections().cloned().collect();
        if sections.is_empty() {
            return;
        }
        let section = self.rng.pick(&sections).clone();
        let Some((dot, value)) = replicator.offers(&section).into_iter().next() else { return };
        if let Some(id) = id_of(&value) {
            self.world.lock().truth.dismissed.insert(id);
        }
        replicator.dismiss(&section, dot, now);
    }

    /// The values in the state of the replicator.
    pub(super) fn ids(&self) -> BTreeSet<Id> {
        let Some(replicator) = &self.replicator else { return BTreeSet::new() };
        let state = replicator.state();
        state.sections().flat_map(|section| state.values(section)).filter_map(|(_, value)| id_of(value)).collect()
    }

    /// Everything on this device, in memory or not.
    pub(super) fn everything(&self) -> BTreeSet<Id> {
        let held = self.captured.values().chain(self.synced.values()).map(|(id, _)| *id);
        let mut ids: BTreeSet<Id> = held.chain(self.ids()).collect();
        if self.replicator.is_none() {
            let sealer = self.world.lock().sealer.clone();
            let directory = Directory { files: self.directory.files.copied(), fuse: Arc::default() };
            if let Ok(replicator) =
                Replicator::open(person_settings(), sealer, &directory, random(self.rng.clone()), self.now())
            {
                let state = replicator.state();
                ids.extend(
                    state.sections().flat_map(|section| state.values(section)).filter_map(|(_, value)| id_of(value)),
                );
            }
        }
        ids
    }
}
