//! Short stories with the default cadence: what days of use leave in the store, what a removed device leaves on the others,
//! and a device whose disk is full.

use std::sync::Arc;

use parking_lot::Mutex;

use super::rng::Rng;
use super::used::{Used, open};
use super::world::{Directory, Fuse};
use crate::join::{Content, SectionId};
use crate::publication::Touch;
use crate::replicator::{Io, RoamStatus};
use crate::store::MemoryStore;

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

/// A launch of ten minutes; the user writes at its beginning.
fn launch(store: &MemoryStore, local: &MemoryStore, begun: u64, rng: &mut Rng, writes: bool) -> Used {
    let mut used = open(local, begun, rng);
    if writes {
        used.write(begun);
    }
    for second in (begun..begun + 600).step_by(60) {
        used.step(second, store);
    }
    used
}

impl Used {
    fn write(&mut self, second: u64) {
        let content = Content { version: 1, codec: 0, bytes: second.to_le_bytes()[..].into(), needs_seal: false };
        self.replicator.feed(&SectionId::new("", "name"), Some(content), &[], self.now(second));
    }

    fn step(&mut self, second: u64, store: &MemoryStore) {
        let now = self.now(second);
        self.replicator.step(now, &Io { store, local: &self.local });
    }

    fn names(&self) -> usize {
        self.replicator.others().len()
    }
}

#[test]
fn program_that_starts_every_six_hours_leaves_a_bounded_number_of_objects() {
    let (store, local, mut rng) = (MemoryStore::new(), MemoryStore::new(), Rng::new(1));
    let mut most = 0;
    for number in 0..40 {
        launch(&store, &local, number * 6 * HOUR, &mut rng, true);
        most = most.max(store.len());
    }
    // Those of the last day and the one before them, and the marker.
    assert!(most <= 12, "{most} objects");
}

#[test]
fn removed_device_leaves_the_lists_of_the_others_and_its_objects_go() {
    let (store, mut rng) = (MemoryStore::new(), Rng::new(2));
    let locals = [MemoryStore::new(), MemoryStore::new(), MemoryStore::new()];
    for (number, local) in (0_u64..).zip(&locals) {
        launch(&store, local, number * HOUR, &mut rng, true);
    }
    assert_eq!(launch(&store, &locals[1], 3 * HOUR, &mut rng, false).names(), 2);
    let mut desk = launch(&store, &locals[0], 4 * HOUR, &mut rng, false);
    assert_eq!(desk.names(), 2);
    // The tablet had nothing to tell since its first launch.
    let lost = desk.replicator.others()[0].id;
    desk.replicator.remove_device(lost);
    desk.step(4 * HOUR + 700, &store);
    assert_eq!(desk.names(), 1);
    let before = store.len();
    for day in 1..4 {
        launch(&store, &locals[0], 4 * HOUR + day * DAY, &mut rng, false);
    }
    assert!(store.len() < before + 3, "the objects of the removed device are still there");
    let mut tablet = launch(&store, &locals[1], 5 * HOUR + 3 * DAY, &mut rng, false);
    tablet.step(8 * HOUR + 3 * DAY, &store);
    assert_eq!(tablet.names(), 1);
    let now = tablet.now(8 * HOUR + 3 * DAY);
    assert!(!matches!(tablet.replicator.status(now), RoamStatus::RolledBack { .. }));
    // It still runs, and comes back.
    launch(&store, &locals[2], 9 * HOUR + 3 * DAY, &mut rng, true);
    for local in &locals[..2] {
        assert_eq!(launch(&store, local, 10 * HOUR + 3 * DAY, &mut rng, false).names(), 2);
    }
}

#[test]
fn value_of_another_device_is_shown_only_once_it_is_stored_here() {
    let (store, local, mut rng) = (MemoryStore::new(), MemoryStore::new(), Rng::new(3));
    launch(&store, &MemoryStore::new(), 0, &mut rng, true);
    let mut desk = open(&local, HOUR, &mut rng);
    let fuse = Arc::new(Mutex::new(Fuse::default()));
    let directory = Directory { files: local, fuse: Arc::clone(&fuse) };
    let section = SectionId::new("", "name");
    // The first two calls are made before the listing.
    fuse.lock().set(3, false);
    desk.replicator.step(desk.now(HOUR), &Io { store: &store, local: &directory });
    assert!(desk.replicator.state().values(&section).next().is_some(), "the value was not read");
    assert_eq!(desk.replicator.news().len(), 0);
    *fuse.lock() = Fuse::default();
    desk.replicator.step(desk.now(HOUR + 600), &Io { store: &store, local: &directory });
    assert_eq!(desk.replicator.news().len(), 1);
}

#[test]
fn last_change_before_the_end_is_sent_also_if_the_whole_state_is_to_be_sent_again() {
    let (store, local, mut rng) = (MemoryStore::new(), MemoryStore::new(), Rng::new(5));
    let mut desk = launch(&store, &local, 0, &mut rng, true);
    desk.write(700);
    desk.step(710, &store);
    desk.replicator.forget(&SectionId::new("", "other"), desk.now(715));
    desk.write(716);
    desk.replicator.close();
    assert!(!desk.replicator.is_sent());
    let before = store.len();
    desk.step(720, &store);
    assert_eq!((store.len(), desk.replicator.is_sent()), (before + 1, true));
}

#[test]
fn touch_of_the_same_time_as_the_one_before_is_sent() {
    let (store, local, mut rng) = (MemoryStore::new(), MemoryStore::new(), Rng::new(6));
    let mut desk = launch(&store, &local, 0, &mut rng, true);
    let at = desk.now(700).wall;
    desk.write(700);
    for (time, element) in [(710, "form/name"), (720, "form/last")] {
        let before = store.len();
        let touch = Touch { at, element: element.into(), label: None, mark: None };
        desk.replicator.touched(touch, desk.now(time));
        desk.replicator.hurry();
        desk.step(time, &store);
        assert_eq!(store.len(), before + 1, "{element}");
    }
}

#[test]
fn value_that_is_synced_just_after_the_focus_was_lost_is_published_at_once() {
    let (store, local, mut rng) = (MemoryStore::new(), MemoryStore::new(), Rng::new(4));
    let mut desk = launch(&store, &local, 0, &mut rng, true);
    desk.write(700);
    desk.step(710, &store);
    let before = store.len();
    desk.replicator.focus(false, desk.now(715));
    desk.step(715, &store);
    desk.write(716);
    desk.step(716, &store);
    assert_eq!(store.len(), before + 1);
}
