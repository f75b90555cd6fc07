//! Code that is not ours and panics off the user's thread: a backend, a clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use leftoff::backend::{self, Backend, FrameId, Generation};
use leftoff::time::SystemClock;
use leftoff_testing::Call;

use super::*;

/// How often something panics from now on.
#[derive(Debug, Clone, Default)]
struct Panics(Arc<AtomicU32>);

impl Panics {
    fn arm(&self, times: u32) {
        self.0.store(times, Ordering::SeqCst);
    }

    fn meet(&self) {
        let left = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        assert!(left.is_err(), "told to panic");
    }

    fn left(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Panics in one of its calls.
#[derive(Debug)]
struct Panicking {
    memory: MemoryBackend,
    call: Call,
    panics: Panics,
}

impl Panicking {
    fn in_call(&self, call: Call) -> &MemoryBackend {
        if call == self.call {
            self.panics.meet();
        }
        &self.memory
    }
}

impl Backend for Panicking {
    fn list(&self) -> backend::Result<Vec<FrameId>> {
        self.in_call(Call::List).list()
    }
    fn read(&self, id: FrameId) -> backend::Result<Vec<u8>> {
        self.in_call(Call::Read).read(id)
    }
    fn create(&self, id: FrameId, bytes: &[u8]) -> backend::Result<()> {
        self.in_call(Call::Create).create(id, bytes)
    }
    fn sync(&self) -> backend::Result<()> {
        self.in_call(Call::Sync).sync()
    }
    fn remove(&self, generation: Generation) -> backend::Result<()> {
        self.in_call(Call::Remove).remove(generation)
    }
}

#[test]
fn a_backend_that_panics_is_a_storage_that_fails_and_saving_goes_on_after_it() {
    for thread in [false, true] {
        for call in [Call::Create, Call::Sync] {
            let (memory, panics) = (MemoryBackend::new(), Panics::default());
            let backend = Panicking { memory: memory.clone(), call, panics: panics.clone() };
            let builder = Session::builder(APP).backend(backend);
            let mut session = if thread { builder.open() } else { builder.without_thread().open() };
            put(&mut session, "a", |capture| capture.set(FORM, &1));
            panics.arm(u32::MAX);
            session.mark("b");
            let saved = session.autosave(|capture| capture.set(FORM, &2)).unwrap();
            assert_eq!(saved, if call == Call::Create { Saved::Deferred } else { Saved::Written });
            let error = session.save(|_| {}).unwrap_err();
            assert_eq!(error.kind(), leftoff::ErrorKind::Unavailable, "it does not time out: {error:#}");
            let said = format!("{:#}", session.status().failing.unwrap());
            assert!(said.contains("the backend panicked in"), "{said}");
            panics.arm(0);
            assert_eq!(session.save(|_| {}).unwrap(), Saved::Synced, "{call:?}, thread: {thread}");
            assert!(session.status().failing.is_none());
            session.close().unwrap();
            assert_eq!(open(memory).get(FORM).unwrap(), Some(2));
        }
    }
}

/// Panics where the flusher asks it.
#[derive(Debug)]
struct PanickingClock {
    clock: SystemClock,
    panics: Panics,
}

impl Clock for PanickingClock {
    fn now(&self) -> Now {
        if std::thread::current().name() == Some("leftoff") {
            self.panics.meet();
        }
        self.clock.now()
    }
}

#[test]
fn a_round_of_the_flusher_that_panics_is_in_the_status_and_the_thread_goes_on() {
    let (memory, panics) = (MemoryBackend::new(), Panics::default());
    let clock = PanickingClock { clock: SystemClock::new(), panics: panics.clone() };
    let mut session = Session::builder(APP).backend(memory.clone()).clock(clock).open();
    put(&mut session, "a", |capture| capture.set(FORM, &1));
    session.save(|_| {}).unwrap();
    panics.arm(u32::MAX);
    put(&mut session, "b", |capture| capture.set(FORM, &2));
    let error = session.save(|_| {}).unwrap_err();
    assert!(error.to_string().contains("panicked"), "it does not time out: {error:#}");
    assert!(session.status().failing.is_some());
    panics.arm(0);
    assert_eq!(session.save(|_| {}).unwrap(), Saved::Synced);
    assert!(session.status().failing.is_none());
    // Nobody asks: the next round comes by itself.
    panics.arm(1);
    put(&mut session, "c", |capture| capture.set(FORM, &3));
    wait_until("the flusher has panicked", || panics.left() == 0);
    wait_until("it syncs", || is_stored(&session));
    session.forget().unwrap();
    session.save(|capture| capture.set(FORM, &4)).unwrap();
    session.close().unwrap();
    assert_eq!(open(memory).get(FORM).unwrap(), Some(4));
}

#[test]
fn a_last_round_that_panics_once_is_tried_again_and_one_that_always_does_is_told() {
    for times in [1, u32::MAX] {
        let (memory, panics) = (MemoryBackend::new(), Panics::default());
        let clock = PanickingClock { clock: SystemClock::new(), panics: panics.clone() };
        let mut session = Session::builder(APP).backend(memory.clone()).clock(clock).open();
        put(&mut session, "a", |capture| capture.set(FORM, &1));
        session.save(|_| {}).unwrap();
        panics.arm(times);
        assert_eq!(session.close().is_ok(), times == 1);
        let mut session = open(memory);
        assert_eq!(session.get(FORM).unwrap(), Some(1));
        crash(session);
    }
}
