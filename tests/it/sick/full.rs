//! A full disk: the history gives way to the present state, and retries leave nothing behind.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use leftoff::backend::{self, FrameId, Generation};

use super::*;

/// A memory with a limited number of bytes. Each generation takes 200 bytes beside those of its frames.
#[derive(Debug, Clone)]
struct Volume {
    memory: MemoryBackend,
    limit: Arc<AtomicU64>,
    /// Whether it tells how much room it has.
    tells: bool,
    sizes: Arc<Mutex<BTreeMap<FrameId, u64>>>,
}

impl Volume {
    /// A volume with room for this percentage of the state.
    fn of(percent: u64) -> Self {
        let limit = Arc::new(AtomicU64::new(percent * SIZE / 100));
        Self { memory: MemoryBackend::new(), limit, tells: false, sizes: Arc::default() }
    }

    fn used(&self) -> u64 {
        self.sizes.lock().unwrap().values().sum()
    }

    fn grow(&self) {
        self.limit.store(u64::MAX, Ordering::SeqCst);
    }
}

impl Backend for Volume {
    fn list(&self) -> backend::Result<Vec<FrameId>> {
        self.memory.list()
    }
    fn read(&self, id: FrameId) -> backend::Result<Vec<u8>> {
        self.memory.read(id)
    }
    fn create(&self, id: FrameId, bytes: &[u8]) -> backend::Result<()> {
        let more = bytes.len() as u64 + if id.index == 0 { 200 } else { 0 };
        if self.used() + more > self.limit.load(Ordering::SeqCst) {
            return Err(io::Error::from(io::ErrorKind::StorageFull).into());
        }
        self.memory.create(id, bytes)?;
        self.sizes.lock().unwrap().insert(id, more);
        Ok(())
    }
    fn sync(&self) -> backend::Result<()> {
        self.memory.sync()
    }
    fn remove(&self, generation: Generation) -> backend::Result<()> {
        self.sizes.lock().unwrap().retain(|id, _| id.generation != generation);
        self.memory.remove(generation)
    }
    fn read_range(&self, id: FrameId, range: Range<u64>) -> backend::Result<Vec<u8>> {
        self.memory.read_range(id, range)
    }
    fn room(&self) -> Option<u64> {
        self.tells.then(|| self.limit.load(Ordering::SeqCst).saturating_sub(self.used()))
    }
}

/// Above the size from which each save makes a compaction due.
const SIZE: u64 = 600 << 10;

fn bulk(step: u64) -> String {
    Random::new(step).text(SIZE as usize)
}

/// Changes almost everything in each save, for many launches.
#[test]
fn each_save_succeeds_on_a_volume_of_eight_states_however_much_history_there_would_be() {
    for thread in [false, true] {
        let (volume, clock) = (Volume::of(800), ManualClock::new());
        let mut step = 0;
        for launch in 0..6 {
            let builder = still(volume.clone()).clock(clock.clone());
            let mut session = if thread {
                Session::builder(APP).backend(volume.clone()).clock(clock.clone()).open()
            } else {
                builder.open()
            };
            let stored = session.get(BULK).unwrap();
            assert!(stored == (step > 0).then(|| bulk(step)), "launch {launch}, thread: {thread}");
            for _ in 0..4 {
                step += 1;
                clock.advance(seconds(100));
                session.mark("bulk");
                session.save(|capture| capture.set(BULK, &bulk(step))).unwrap();
                assert!(session.status().failing.is_none());
            }
            if launch % 3 == 0 {
                session.close().unwrap();
            } else if !thread {
                crash(session);
            }
        }
        let mut session = open(volume.memory.clone());
        assert!(session.get(BULK).unwrap() == Some(bulk(step)));
        assert!(session.report().is_whole() && !session.history().unwrap().is_empty());
    }
}

/// The present state, the one that the launch found, the new values, and the next base: no volume can do with less than
/// four states.
#[test]
fn each_save_succeeds_on_a_volume_of_little_more_than_four_states_that_tells_its_room() {
    /// Below the size from which each save makes a compaction due.
    const SMALL: u64 = 200 << 10;
    for (thread, is_closed, percent) in [(false, false, 430), (false, true, 500), (true, true, 430), (true, true, 490)]
    {
        let limit = Arc::new(AtomicU64::new(percent * SMALL / 100));
        let volume = Volume { tells: true, limit, ..Volume::of(0) };
        let value = |step| Random::new(step).text(SMALL as usize);
        let clock = ManualClock::new();
        let mut step = 0;
        for launch in 0..6 {
            let builder = Session::builder(APP).backend(volume.clone()).clock(clock.clone());
            let mut session = if thread { builder.open() } else { builder.without_thread().open() };
            let stored = session.get(BULK).unwrap();
            assert!(stored == (step > 0).then(|| value(step)), "launch {launch}, thread: {thread}");
            for _ in 0..4 {
                step += 1;
                clock.advance(seconds(100));
                session.mark("bulk");
                session.save(|capture| capture.set(BULK, &value(step))).unwrap();
                assert!(session.status().failing.is_none());
            }
            if is_closed { session.close().unwrap() } else { crash(session) }
        }
        let mut session = open(volume.memory.clone());
        assert!(session.get(BULK).unwrap() == Some(value(step)));
        assert!(session.report().is_whole());
    }
}

/// Without an explicit save: the flusher alone resumes.
#[test]
fn autosave_on_a_full_volume_is_written_in_the_next_round() {
    let (volume, clock) = (Volume::of(800), ManualClock::new());
    for launch in 1..12 {
        let mut session = still(volume.clone()).clock(clock.clone()).open();
        session.mark("bulk");
        session.autosave(|capture| capture.set(BULK, &bulk(launch))).unwrap();
        clock.advance(seconds(60));
        session.run_pending();
        assert!(session.status().is_synced && !session.status().pending, "{launch}: {:?}", session.status());
        session.close().unwrap();
    }
}

/// Saves values of which almost everything changes, until the history had to give way several times.
fn fill(session: &mut Session, clock: &ManualClock, volume: &Volume) {
    for step in 0..10 {
        clock.advance(seconds(100));
        session.mark("bulk");
        session.save(|capture| capture.set(BULK, &bulk(step))).unwrap();
    }
    assert!(volume.used() > 2 * SIZE && volume.memory.generations().unwrap().len() < 12);
}

#[test]
fn state_that_the_launch_found_and_quarantined_values_are_never_given_up() {
    const NEWER: Section<String> = Section::new("newer", 2);
    const OLDER: Section<String> = Section::new("newer", 1);
    let (volume, clock) = (Volume::of(500), ManualClock::new());
    let start = || still(volume.clone()).clock(clock.clone()).open();
    let mut session = start();
    session.mark("text");
    let saved = session.save(|capture| {
        capture.set(TEXT, &"by the user".to_owned());
        capture.set(NEWER, &"of a newer version".to_owned());
    });
    saved.unwrap();
    session.close().unwrap();
    // A fresh start: the values of the user are overwritten.
    let mut session = start();
    session.get(OLDER).unwrap_err();
    put(&mut session, "text", |capture| {
        capture.set(TEXT, &"default".to_owned());
        capture.set(OLDER, &"default".to_owned());
    });
    fill(&mut session, &clock, &volume);
    assert_eq!(session.get_quarantined(NEWER).unwrap().as_deref(), Some("of a newer version"));
    let last = session.history().unwrap().last().unwrap().clone();
    session.resume_at(&last).unwrap();
    assert_eq!(session.get(TEXT).unwrap().as_deref(), Some("by the user"));
}

#[test]
fn other_heads_are_never_given_up() {
    let (volume, clock) = (Volume::of(500), ManualClock::new());
    let mut session = still(volume.clone()).clock(clock.clone()).open();
    put(&mut session, "text", |capture| capture.set(TEXT, &"of both".to_owned()));
    session.close().unwrap();
    // Another device continued from there, and then this one.
    let other = memory_of(&frames(&volume.memory));
    for (memory, value) in [(other.clone(), 1), (volume.memory.clone(), 2)] {
        clock.advance(seconds(60));
        let mut session = still(memory).clock(clock.clone()).open();
        put(&mut session, "form", |capture| capture.set(FORM, &value));
        crash(session);
    }
    for (id, bytes) in frames(&other) {
        let _ = volume.create(id, &bytes);
    }
    let mut session = still(volume.clone()).clock(clock.clone()).open();
    fill(&mut session, &clock, &volume);
    let others = session.other_states().unwrap();
    let values: Vec<_> = others.iter().map(|point| session.get_at(point, FORM).unwrap()).collect();
    assert_eq!(values, [Some(1)]);
}

#[test]
fn failed_retries_leave_no_generations_behind() {
    for is_refused in [true, false] {
        let (volume, clock, faults) = (Volume::of(190), ManualClock::new(), Faults::new());
        let builder = still(FaultyBackend::new(volume.clone(), faults.clone())).clock(clock.clone());
        let mut session = builder.open();
        session.mark("bulk");
        session.autosave(|capture| capture.set(BULK, &bulk(1))).unwrap();
        if !is_refused {
            // Stored, and not synced: what a file system does that reserves no space for a write.
            volume.grow();
            faults.fail(Call::Sync, When::Always, io::ErrorKind::StorageFull);
        }
        let mut most = 0;
        for step in 2..40 {
            // A frame is small enough, and a base is not.
            if is_refused {
                put(&mut session, "form", |capture| capture.set(FORM, &step));
            }
            clock.advance(seconds(60));
            session.run_pending();
            most = most.max(volume.memory.generations().unwrap().len());
        }
        assert!(faults.calls(Call::Sync) >= 30 || is_refused);
        assert!(most <= 3, "refused: {is_refused}: {most} generations");
        volume.grow();
        faults.mend_all();
        session.save(|capture| capture.set(FORM, &99)).unwrap();
        crash(session);
        let mut session = open(volume);
        assert_eq!(session.get(FORM).unwrap(), Some(99));
        assert!(session.get(BULK).unwrap() == Some(bulk(1)) && session.report().is_whole());
    }
}

/// Nothing is left to give up: the failure is shown, and everything stored stays as it is.
#[test]
fn state_that_does_not_fit_is_kept_in_memory_until_there_is_room() {
    let clock = ManualClock::new();
    let volume = Volume::of(200);
    let mut session = still(volume.clone()).clock(clock.clone()).open();
    session.mark("bulk");
    session.save(|capture| capture.set(BULK, &bulk(1))).unwrap();
    let stored = frames(&volume.memory);
    session.mark("bulk");
    session.save(|capture| capture.set(BULK, &"x".repeat(3 * SIZE as usize))).unwrap_err();
    assert!(session.status().failing.is_some());
    assert_eq!(frames(&volume.memory), stored);
    crash(session);
    volume.grow();
    let mut session = open(volume);
    assert!(session.get(BULK).unwrap() == Some(bulk(1)));
}
