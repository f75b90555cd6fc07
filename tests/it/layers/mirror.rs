use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::*;
use leftoff::layer::{Mirror, MirrorState};
use leftoff_testing::{Call, Faults, FaultyBackend, When, conformance};

use crate::support::{Doors, crash};

const SOON: Duration = Duration::from_secs(60);

fn mirror(first: &MemoryBackend, second: &MemoryBackend, state: &MirrorState) -> Mirror<MemoryBackend> {
    let second = second.clone();
    Mirror::new(first.clone(), move || Ok(second.clone())).reporting_to(state)
}

fn frames(memory: &MemoryBackend) -> Vec<(FrameId, Vec<u8>)> {
    crate::support::frames(memory)
}

/// Two copies of a state, after its session ended.
fn two_copies(value: &str) -> (MemoryBackend, MemoryBackend) {
    let (first, second, state) = (MemoryBackend::new(), MemoryBackend::new(), MirrorState::new());
    let mut session = still(mirror(&first, &second, &state)).open();
    session.save(|capture| capture.set(NOTE, &value.to_owned())).unwrap();
    session.close().unwrap();
    assert!(state.wait(SOON));
    (first, second)
}

#[test]
fn mirrored_memory_conforms() {
    conformance(|| mirror(&MemoryBackend::new(), &MemoryBackend::new(), &MirrorState::new()), |backend| backend);
}

#[test]
fn mirror_with_a_dead_second_conforms() {
    let dead = || Err::<MemoryBackend, _>(io::Error::other("unplugged").into());
    conformance(|| Mirror::new(MemoryBackend::new(), dead), |backend| backend);
}

#[test]
fn second_has_every_frame_and_loses_removed_generations() {
    let (first, second, state) = (MemoryBackend::new(), MemoryBackend::new(), MirrorState::new());
    let mut session = still(mirror(&first, &second, &state)).open();
    for round in 0..60 {
        session.mark("note");
        session.save(|capture| capture.set(NOTE, &format!("{round}{}", "z".repeat(30_000)))).unwrap();
        crate::support::settle(&mut session);
    }
    session.close().unwrap();
    assert!(state.wait(SOON));
    assert_eq!(frames(&second), frames(&first));
    assert_eq!(state.failing(), None);
}

#[test]
fn stuck_second_is_never_waited_for_and_catches_up_in_the_next_launch() {
    let (first, second, state) = (MemoryBackend::new(), MemoryBackend::new(), MirrorState::new());
    // `first` has a state, so nothing is asked of the second at the start.
    still(first.clone()).open().save(|capture| capture.set(NOTE, &"old".to_owned())).unwrap();
    let doors = Doors::new(second.clone());
    doors.hold(Call::Create);
    let stuck = doors.clone();
    let mut session = still(Mirror::new(first.clone(), move || Ok(stuck.clone())).reporting_to(&state)).open();
    doors.wait_for(1);
    // The door stays shut, so a call that waited for the second would never return.
    for round in 0..50 {
        session.save(|capture| capture.set(NOTE, &format!("round {round}"))).unwrap();
    }
    session.close().unwrap();
    assert!(!state.is_complete());
    assert_eq!(second.list().unwrap(), []);
    let state = MirrorState::new();
    let mut next = still(mirror(&first, &second, &state)).open();
    assert_eq!(next.get(NOTE).unwrap().as_deref(), Some("round 49"));
    assert!(state.wait(SOON));
    crash(next);
    assert_eq!(frames(&second), frames(&first));
    doors.open();
}

#[test]
fn failing_second_is_named_and_retried() {
    let (first, second, faults) = (MemoryBackend::new(), MemoryBackend::new(), Faults::new());
    let state = MirrorState::new();
    faults.fail(Call::Create, When::Always, io::ErrorKind::StorageFull);
    let full = {
        let (second, faults) = (second.clone(), faults.clone());
        move || Ok(FaultyBackend::new(second.clone(), faults.clone()))
    };
    let mut session = still(Mirror::new(first.clone(), full).reporting_to(&state)).open();
    session.save(|capture| capture.set(NOTE, &"call Ana".to_owned())).unwrap();
    crate::support::wait_until("the failure is reported", || state.failing().is_some());
    assert!(!state.is_complete());
    faults.mend_all();
    assert!(state.wait(SOON));
    assert_eq!((state.failing(), frames(&second)), (None, frames(&first)));
}

#[test]
fn generation_that_is_removed_is_not_read_from_a_second_that_still_has_it() {
    let (first, second) = two_copies("call Ana");
    let faults = Faults::new();
    faults.fail(Call::Remove, When::Always, io::ErrorKind::PermissionDenied);
    let kept = {
        let (second, faults) = (second.clone(), faults.clone());
        move || Ok(FaultyBackend::new(second.clone(), faults.clone()))
    };
    let mirror = Mirror::new(first.clone(), kept);
    let id = first.list().unwrap()[0];
    mirror.remove(id.generation).unwrap();
    assert!(matches!(mirror.read(id), Err(backend::Error::NotFound(_))));
    assert!(second.list().unwrap().contains(&id));
}

#[test]
fn read_of_a_damaged_frame_heals_the_first() {
    let (first, second) = two_copies("call Ana");
    let good = frames(&first);
    let damaged = Damaging::new(&first, good[1].0);
    let mirror = {
        let second = second.clone();
        Mirror::new(damaged.clone(), move || Ok(second.clone()))
    };
    assert_eq!(mirror.read(good[1].0).unwrap(), good[1].1);
    assert_eq!(mirror.read_range(good[1].0, 3..9).unwrap(), &good[1].1[3..9]);
    // The first was written again, and has it without the second.
    assert_eq!(damaged.read(good[1].0).unwrap(), good[1].1);
    assert_eq!((frames(&first), frames(&second)), (good.clone(), good));
}

#[test]
fn first_that_is_lost_is_filled_from_the_second_and_goes_on() {
    let (first, second) = two_copies("call Ana");
    let (empty, state) = (MemoryBackend::new(), MirrorState::new());
    let mut session = still(mirror(&empty, &second, &state)).open();
    assert_eq!(session.outcome(), Outcome::Resumed);
    assert_eq!(session.get(NOTE).unwrap().as_deref(), Some("call Ana"));
    session.save(|capture| capture.set(NOTE, &"call Ben".to_owned())).unwrap();
    assert!(frames(&first).iter().all(|frame| frames(&empty).contains(frame)));
    session.close().unwrap();
    assert!(state.wait(SOON));
    assert_eq!(frames(&second), frames(&empty));
}

#[test]
fn damage_that_the_second_cannot_heal_is_reported_and_its_copy_is_not_removed() {
    let (first, second) = two_copies("call Ana");
    let good = frames(&first);
    let dead = || Err::<MemoryBackend, _>(io::Error::other("unplugged").into());
    let mirror = Mirror::new(Damaging::new(&first, good[1].0), dead);
    assert!(matches!(mirror.read(good[1].0), Err(backend::Error::Damaged(_))));
    drop(mirror);
    let (second_again, state) = (second.clone(), MirrorState::new());
    let mirror = Mirror::new(Damaging::new(&first, good[1].0), move || {
        // It appears only after the first read has given up.
        std::thread::sleep(Duration::from_secs(3));
        Ok(second_again.clone())
    });
    let mirror = mirror.reporting_to(&state);
    assert!(matches!(mirror.read(good[1].0), Err(backend::Error::Damaged(_))));
    mirror.remove(good[0].0.generation).unwrap();
    assert!(state.wait(SOON));
    drop(mirror);
    assert_eq!((frames(&first), frames(&second)), (Vec::new(), good));
}

#[test]
fn copy_that_lags_within_a_generation_is_completed() {
    let (first, second) = two_copies("call Ana");
    let all = frames(&first);
    let behind = MemoryBackend::new();
    behind.create(all[0].0, &all[0].1).unwrap();
    let (state, strict) = (MirrorState::new(), Strict(behind.clone(), Arc::default()));
    let mirror = Mirror::new(first, move || Ok(strict.clone())).reporting_to(&state);
    assert!(state.wait(SOON), "{state:?}");
    drop(mirror);
    assert_eq!(frames(&behind), frames(&second));
}

#[test]
fn one_copy_encrypted_and_the_other_not_is_refused_once_both_are_known() {
    let (second, state) = (MemoryBackend::new(), MirrorState::new());
    let first = Stated(LayerKind::Seal, MemoryBackend::new());
    let mirror = Mirror::new(first, move || Ok(second.clone())).reporting_to(&state);
    assert!(state.wait(SOON));
    assert_eq!(mirror.layers(), [LayerKind::MirrorOpen, LayerKind::Seal]);
    assert_eq!(still(mirror).open().outcome(), Outcome::Unavailable);
}

/// A frame is damaged until its generation is removed.
#[derive(Debug, Clone)]
struct Damaging(MemoryBackend, FrameId, Arc<std::sync::atomic::AtomicBool>);

impl Damaging {
    fn new(memory: &MemoryBackend, id: FrameId) -> Self {
        Self(memory.clone(), id, Arc::default())
    }
}

impl Backend for Damaging {
    fn create(&self, id: FrameId, bytes: &[u8]) -> backend::Result<()> {
        self.0.create(id, bytes)
    }
    fn read(&self, id: FrameId) -> backend::Result<Vec<u8>> {
        if id == self.1 && !self.2.load(std::sync::atomic::Ordering::Relaxed) {
            return Err(backend::Error::Damaged("a bad block".into()));
        }
        self.0.read(id)
    }
    fn list(&self) -> backend::Result<Vec<FrameId>> {
        self.0.list()
    }
    fn sync(&self) -> backend::Result<()> {
        self.0.sync()
    }
    fn remove(&self, generation: Generation) -> backend::Result<()> {
        self.2.store(true, std::sync::atomic::Ordering::Relaxed);
        self.0.remove(generation)
    }
}

/// Does not continue a generation that another object began, as a directory does not.
#[derive(Debug, Clone)]
struct Strict(MemoryBackend, Arc<std::sync::Mutex<Vec<Generation>>>);

impl Backend for Strict {
    fn create(&self, id: FrameId, bytes: &[u8]) -> backend::Result<()> {
        let mut begun = self.1.lock().unwrap();
        if id.index > 0 && !begun.contains(&id.generation) {
            return Err(backend::Error::OutOfOrder);
        }
        begun.push(id.generation);
        self.0.create(id, bytes)
    }
    fn read(&self, id: FrameId) -> backend::Result<Vec<u8>> {
        self.0.read(id)
    }
    fn list(&self) -> backend::Result<Vec<FrameId>> {
        self.0.list()
    }
    fn sync(&self) -> backend::Result<()> {
        self.0.sync()
    }
    fn remove(&self, generation: Generation) -> backend::Result<()> {
        self.0.remove(generation)
    }
}
