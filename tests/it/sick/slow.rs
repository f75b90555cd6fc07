//! A slow place: a network, a database that syncs.

use leftoff::backend::Speed;

use super::*;
use crate::support::{Doors, Gate, Slow, Witness};

/// emilk/egui#1686: the interface stands still while the state is written.
#[test]
fn emilk_egui_1686_a_slow_place_is_never_waited_for() {
    let memory = MemoryBackend::new();
    let doors = Doors::new(Slow(memory.clone()));
    let mut session = Session::builder(crate::support::APP).backend(doors.clone()).open();
    let (_, mine) = doors.by_others_and_by_me(Call::Create);
    doors.hold(Call::Create);
    for value in 0..200 {
        session.mark("a");
        assert_eq!(session.autosave(|capture| capture.set(FORM, &value)).unwrap(), Saved::Pending);
        session.user_active();
        assert!(session.status().pending);
        if value == 100 {
            // The flusher is in the middle of a write from here on.
            doors.wait_for(1);
        }
    }
    session.suspend("call").unwrap();
    session.wake();
    assert_eq!((doors.forced(), doors.by_others_and_by_me(Call::Create).1), (0, mine), "the user waited");
    doors.open();
    wait_until("it is written", || !session.status().pending);
    assert!(session.status().written.is_some());
    session.close().unwrap();
    assert_eq!(open(memory).get(FORM).unwrap(), Some(199));
}

#[test]
fn what_waits_for_a_slow_place_is_bounded() {
    let memory = MemoryBackend::new();
    let gate = Gate::new(memory.clone(), Speed::Blocking);
    let mut session = Session::builder(crate::support::APP).backend(gate.clone()).open();
    gate.close();
    let mut random = Random::new(3);
    for value in 0..2000 {
        session.mark(if value % 2 == 0 { "a" } else { "b" });
        session.autosave(|capture| capture.set(BULK, &random.text(4 << 10))).unwrap();
    }
    gate.open();
    wait_until("it is written", || !session.status().pending);
    let stored: usize = frames(&memory).iter().map(|(_, bytes)| bytes.len()).sum();
    assert!(stored < 64 << 10, "{stored} bytes for the latest value and a trail");
    session.close().unwrap();
    let mut session = open(memory);
    assert_eq!(session.marker().unwrap().element(), "b");
    assert_eq!(session.get(BULK).unwrap().unwrap().len(), 4 << 10);
}

#[test]
fn a_place_that_hangs_lets_save_and_close_go_at_their_deadline() {
    let memory = MemoryBackend::new();
    let gate = Gate::new(memory.clone(), Speed::Blocking);
    let mut session = Session::builder(crate::support::APP).backend(gate.clone()).open();
    gate.close();
    let (start, witness) = (Instant::now(), Witness::new());
    session.mark("a");
    let error = session.save(|capture| capture.set(FORM, &1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    let (took, stalled) = (start.elapsed(), witness.longest());
    let most = leftoff::Session::DEADLINE + seconds(3) + stalled;
    assert!(took + seconds(1) >= leftoff::Session::DEADLINE && took < most, "{took:?}, stalled {stalled:?}");
    assert!(session.status().pending);
    gate.open();
    wait_until("it goes on by itself", || !session.status().pending);
    session.close().unwrap();
    assert_eq!(open(memory).get(FORM).unwrap(), Some(1));
}

/// The user's thread acts while a write of the flusher is on its way.
fn meanwhile(first: impl FnOnce(&mut Session), act: impl FnOnce(&mut Session)) -> MemoryBackend {
    let memory = MemoryBackend::new();
    let gate = Gate::new(memory.clone(), Speed::Blocking);
    let mut session = Session::builder(crate::support::APP).backend(gate.clone()).open();
    first(&mut session);
    wait_until("the first is written", || !session.status().pending);
    gate.close();
    session.mark("a");
    session.autosave(|capture| capture.set(FORM, &1)).unwrap();
    gate.wait_for_one();
    act(&mut session);
    gate.open();
    wait_until("all is written", || !session.status().pending);
    session.close().unwrap();
    memory
}

#[test]
fn a_section_captured_again_during_its_write_is_written_again() {
    let memory = meanwhile(
        |_| {},
        |session| {
            session.mark("b");
            session.autosave(|capture| capture.set(FORM, &2)).unwrap();
        },
    );
    let mut session = open(memory);
    assert_eq!(session.get(FORM).unwrap(), Some(2));
    assert_eq!(session.marker().unwrap().element(), "b");
}

#[test]
fn a_section_removed_during_its_write_stays_removed() {
    let memory = meanwhile(
        |_| {},
        |session| {
            session.mark("b");
            session.autosave(|capture| capture.remove(FORM)).unwrap();
            assert_eq!(session.get(FORM).unwrap(), None);
        },
    );
    assert_eq!(open(memory).get(FORM).unwrap(), None);
}

#[test]
fn a_window_closed_during_a_write_that_fails_stays_closed() {
    let memory = MemoryBackend::new();
    let (backend, faults) = faulty(&memory);
    let gate = Gate::new(std::sync::Arc::new(backend), Speed::Blocking);
    let mut session = Session::builder(crate::support::APP).backend(gate.clone()).open();
    gate.close();
    session.scope("window").mark("a");
    session.autosave(|capture| capture.scope("window").set(FORM, &1)).unwrap();
    gate.wait_for_one();
    faults.fail(Call::Create, When::Nth(faults.calls(Call::Create) + 1), io::ErrorKind::StorageFull);
    session.scope("window").close();
    let _ = session.autosave(|_| {});
    gate.open();
    wait_until("it failed and was tried again", || !session.status().pending);
    // The user goes on, so this is no window that was closed together with the program.
    session.mark("b");
    session.close().unwrap();
    let mut session = open(memory);
    assert_eq!(session.scope("window").get(FORM).unwrap(), None);
    assert!(session.scope("window").marker().is_none(), "{:?}", session.scope("window").marker());
    assert!(session.scopes().is_empty());
}

#[test]
fn a_window_closed_during_a_write_of_it_stays_closed() {
    let memory = MemoryBackend::new();
    let gate = Gate::new(memory.clone(), Speed::Blocking);
    let mut session = Session::builder(crate::support::APP).backend(gate.clone()).open();
    gate.close();
    session.scope("window").mark("a");
    session.autosave(|capture| capture.scope("window").set(FORM, &1)).unwrap();
    gate.wait_for_one();
    session.scope("window").close();
    session.autosave(|_| {}).unwrap();
    gate.open();
    session.mark("b");
    session.close().unwrap();
    let mut session = open(memory);
    assert_eq!(session.scope("window").get(FORM).unwrap(), None);
    assert!(session.scopes().is_empty() && session.scope("window").marker().is_none());
}

#[test]
fn going_back_in_history_during_a_write_loses_neither_state() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, "old", |capture| capture.set(FORM, &10));
    session.close().unwrap();
    let gate = Gate::new(memory.clone(), Speed::Blocking);
    let mut session = Session::builder(crate::support::APP).backend(gate.clone()).open();
    session.mark("new");
    session.autosave(|capture| capture.set(FORM, &20)).unwrap();
    wait_until("it is written", || !session.status().pending);
    let point = session.history().unwrap().remove(0);
    gate.close();
    session.mark("newer");
    session.autosave(|capture| capture.set(FORM, &30)).unwrap();
    gate.wait_for_one();
    let opener = std::thread::spawn({
        let gate = gate.clone();
        move || {
            std::thread::sleep(Duration::from_millis(200));
            gate.open();
        }
    });
    session.resume_at(&point).unwrap();
    opener.join().unwrap();
    assert_eq!(session.get(FORM).unwrap(), Some(10));
    session.mark("after");
    session.autosave(|capture| capture.set(FORM, &11)).unwrap();
    wait_until("it is written", || !session.status().pending);
    let left = session.history().unwrap();
    session.close().unwrap();
    let mut session = open(memory);
    assert_eq!(session.get(FORM).unwrap(), Some(11), "what was saved after going back");
    assert_eq!(session.marker().unwrap().element(), "after");
    session.resume_at(&left[0]).unwrap();
    assert_eq!(
        session.get(FORM).unwrap(),
        Some(30),
        "what was captured before going back is the newest of the history"
    );
}

#[test]
fn going_back_in_history_during_a_compaction_loses_neither_state() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, "old", |capture| {
        capture.set(FORM, &10);
        capture.set(TEXT, &"old".to_owned());
    });
    session.close().unwrap();
    let gate = Gate::new(memory.clone(), Speed::NonBlocking);
    let mut session = Session::builder(crate::support::APP).backend(gate.clone()).open();
    put(&mut session, "new", |capture| {
        capture.set(FORM, &20);
        capture.set(TEXT, &"new".to_owned());
    });
    session.save(|_| {}).unwrap();
    let point = session.history().unwrap().remove(0);
    let mut random = Random::new(4);
    // Grow the log until the flusher sums it up, and hold it at its first step.
    gate.hold_next_birth();
    for _ in 0..10 {
        put(&mut session, "new", |capture| capture.set(BULK, &random.text(60 << 10)));
    }
    gate.wait_for_one();
    let opener = std::thread::spawn({
        let gate = gate.clone();
        move || {
            std::thread::sleep(Duration::from_millis(100));
            gate.open();
        }
    });
    session.resume_at(&point).unwrap();
    opener.join().unwrap();
    assert_eq!(session.get(FORM).unwrap(), Some(10));
    for value in 11..=30 {
        put(&mut session, "after", |capture| capture.set(FORM, &value));
        std::thread::sleep(Duration::from_millis(2));
    }
    session.close().unwrap();
    let mut session = open(memory);
    assert_eq!(session.get(FORM).unwrap(), Some(30));
    assert_eq!(session.get(TEXT).unwrap().as_deref(), Some("old"), "that time's, not that of the state gone back from");
    assert_eq!(session.get(BULK).unwrap(), None);
    assert_eq!(session.marker().unwrap().element(), "after");
}
