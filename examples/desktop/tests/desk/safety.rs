//! Whether it is safe to close, and what the desk does when nobody does anything.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use approvals_desk::APP_ID;
use eframe::egui::ViewportId;
use leftoff::Session;
use leftoff::backend::MemoryBackend;
use leftoff::time::SystemClock;
use leftoff_testing::{Call, Faults, FaultyBackend, When};

use crate::support::{Desk, Hands};

/// Runs the desk until the flusher, which has a second, has come to its work: more on a busy machine.
#[track_caller]
fn run_until(desk: &mut Desk, is_so: impl Fn(&Desk) -> bool) {
    let give_up = Instant::now() + Duration::from_mins(1);
    while !is_so(desk) {
        assert!(Instant::now() < give_up, "{:?}", desk.0.root());
        std::thread::sleep(Duration::from_millis(50));
        desk.0.run();
    }
}

#[test]
fn the_line_at_the_bottom_says_when_it_is_safe_to_close() {
    let mut desk = Desk::on(MemoryBackend::new(), &SystemClock::new());
    desk.decide("R-1031");
    desk.write("Amount", "5");
    run_until(&mut desk, |desk| desk.shows("safe to close"));
}

#[test]
fn a_storage_that_fails_is_told_and_so_is_its_recovery() {
    let faults = Faults::new();
    let mut desk = Desk::on(FaultyBackend::new(MemoryBackend::new(), faults.clone()), &SystemClock::new());
    faults.fail(Call::Create, When::Always, ErrorKind::StorageFull);
    desk.decide("R-1031");
    assert!(desk.shows("cannot save since"), "{:?}", desk.0.root());
    assert!(!desk.shows("saved"));
    desk.click("Save state");
    assert!(desk.shows("Asleep, but not safe to close") && !desk.shows("Everything is kept"));
    desk.click("Wake");
    faults.mend(Call::Create);
    run_until(&mut desk, |desk| !desk.shows("cannot save since"));
}

#[test]
fn a_second_window_says_who_has_the_state_and_saves_nothing() {
    let (dir, hands) = (tempfile::tempdir().unwrap(), Hands::new());
    let mut first = Desk::open(dir.path(), &hands);
    first.decide("R-1031");
    first.write("Amount", "5");
    let mut second = Desk::open(dir.path(), &hands);
    assert!(second.shows(&format!("process {}", std::process::id())));
    assert!(second.shows("nothing is saved") && second.shows("--own-slot"));
    second.click_row("R-1035");
    assert!(second.shows("nothing is saved"));
    // The other way round, the second one would take over and save what it has.
    drop((second, first));

    let desk = Desk::open(dir.path(), &hands);
    assert_eq!(desk.arrow_at(), Some("R-1031/decide/amount"));
}

#[test]
fn a_slot_of_its_own_is_a_state_of_its_own() {
    let (dir, hands) = (tempfile::tempdir().unwrap(), Hands::new());
    let slot = || Session::builder(APP_ID).dir(dir.path()).slot_per_instance();
    let first = Desk::open(dir.path(), &hands);
    let mut second = Desk::with(slot(), &hands);
    second.click_row("R-1035");
    drop(second);
    let second = Desk::with(slot(), &hands);
    assert_eq!(second.arrow_at(), Some("R-1035"));
    assert_eq!(first.arrow_at(), None);
}

#[test]
fn an_idle_desk_draws_nothing() {
    let mut desk = Desk::on(MemoryBackend::new(), &SystemClock::new());
    desk.click_row("R-1031");
    // Until then, the line at the bottom is drawn anew.
    run_until(&mut desk, |desk| desk.shows("safe to close"));
    desk.0.run();
    let delay = desk.0.output().viewport_output[&ViewportId::ROOT].repaint_delay;
    assert!(delay > Duration::from_secs(5), "{delay:?}");
}

#[test]
fn the_window_has_the_size_it_had() {
    let (memory, hands) = (MemoryBackend::new(), Hands::new());
    let mut desk = Desk::on(memory.clone(), &hands);
    desk.0.set_size([1_100.0, 720.0].into());
    desk.0.run();
    drop(desk);
    assert_eq!(Desk::on(memory, &hands).0.state().window_size(), [1_100.0, 720.0].into());
}
