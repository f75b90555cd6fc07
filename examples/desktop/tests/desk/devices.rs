//! Two desks in two directories stand for two devices of one user.

use std::path::Path;
use std::time::{Duration, Instant};

use approvals_desk::{APP_ID, App, Meeting, Version, Way};
use eframe::egui::Key as Keyboard;
use leftoff::Session;
use leftoff::time::SystemClock;
use leftoff_roam::store::MemoryStore;
use leftoff_roam::{Cadence, Key, KeyRing, Roam};

use crate::support::Desk;

const WITHIN: Duration = Duration::from_secs(30);

struct World {
    home: tempfile::TempDir,
    store: MemoryStore,
}

impl World {
    fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap(), store: MemoryStore::new() }
    }

    fn start(&self, name: &str, keys: KeyRing, take_over_within: Duration) -> Desk {
        let dir: &Path = &self.home.path().join(name);
        let session = Session::builder(APP_ID).dir(dir).open();
        let mut cadence = Cadence::default();
        (cadence.list_every, cadence.settle) = (Duration::from_millis(100), Duration::from_millis(20));
        cadence.publish_every = Duration::from_millis(200);
        let roam = Roam::new(APP_ID.as_str(), "approver", self.store.clone(), keys).device_name(name).cadence(cadence);
        let app = App::new(session, SystemClock::new(), Version::One);
        Desk::window(app.with_devices(roam.take_over_within(take_over_within)).unwrap())
    }

    fn asks(&self, name: &str) -> Desk {
        self.start(name, key(), Duration::ZERO)
    }
}

fn key() -> KeyRing {
    KeyRing::new(Key::from_bytes([7; 32]))
}

/// Draws until the window shows these words.
fn until(desk: &mut Desk, words: &str) {
    let end = Instant::now() + WITHIN;
    while !desk.shows(words) {
        assert!(Instant::now() < end, "{words:?} is not shown");
        std::thread::sleep(Duration::from_millis(30));
        desk.0.run();
    }
}

/// Types an amount, and waits until the store has it.
fn write(desk: &mut Desk, amount: &str) {
    desk.decide("R-1033");
    desk.write("Amount", amount);
    assert!(desk.0.state_mut().send_to_devices(WITHIN));
}

#[test]
fn desk_goes_on_where_the_laptop_was_and_one_click_undoes_it() {
    let world = World::new();
    write(&mut world.asks("laptop"), "3 5");
    let mut desk = world.start("desk", key(), WITHIN);
    until(&mut desk, "Continued from your laptop.");
    until(&mut desk, "Message to the requester");
    assert_eq!(desk.value("Amount").as_deref(), Some("3 5"), "the page is that of the laptop, too");
    desk.click("Undo");
    until(&mut desk, "Undone. Your other devices will get this state, too.");
    assert!(!desk.shows("Message to the requester"), "the page is its own again");
    desk.click("OK");
    assert!(!desk.shows("Undone."));
}

/// A desk that was told of a newer state.
fn told(world: &World) -> Desk {
    write(&mut world.asks("laptop"), "3 5");
    let mut desk = world.asks("desk");
    until(&mut desk, "Your laptop has newer changes.");
    desk
}

/// A desk with "4 6" that was shown the conflict with "3 5".
fn shown_a_conflict(world: &World) -> Desk {
    let (mut laptop, mut desk) = (world.asks("laptop"), world.asks("desk"));
    write(&mut laptop, "3 5");
    write(&mut desk, "4 6");
    until(&mut desk, "Your laptop also changed the drafts.");
    desk.click("Show");
    desk
}

#[test]
fn offered_state_is_shown_in_its_tab_and_taken_over_there() {
    let world = World::new();
    let mut desk = told(&world);
    assert!(desk.0.ctx.memory(eframe::egui::Memory::focused).is_none(), "a card never takes the keyboard");
    desk.click("Show");
    assert!(desk.shows("R-1033: a draft (here none)"));
    assert!(desk.shows("Devices (1)"));
    desk.click("Take over");
    assert_eq!(desk.value("Amount").as_deref(), Some("3 5"));
    assert!(!desk.shows("Devices (1)"));
}

#[test]
fn state_that_is_not_wanted_now_waits_in_the_tab() {
    let world = World::new();
    let mut desk = told(&world);
    desk.click("Not now");
    assert!(!desk.shows("Your laptop has newer changes.") && desk.shows("Devices (1)"));
    desk.press(Keyboard::Escape);
    assert!(desk.shows("Devices (1)"));
}

#[test]
fn conflict_is_shown_with_both_values_and_theirs_is_taken_and_undone() {
    let world = World::new();
    let mut desk = shown_a_conflict(&world);
    assert!(desk.shows("R-1033, Amount: 3 5 (here 4 6)"));
    desk.click("Take theirs");
    assert_eq!(desk.value("Amount").as_deref(), Some("3 5"));
    assert!(desk.shows("Taken from your laptop: the drafts. What was here is among the earlier states."));
    desk.click("Undo");
    assert_eq!(desk.value("Amount").as_deref(), Some("4 6"));
}

#[test]
fn own_value_is_kept_and_the_conflict_is_gone() {
    let world = World::new();
    let mut desk = shown_a_conflict(&world);
    desk.click("Keep mine");
    assert_eq!(desk.value("Amount").as_deref(), Some("4 6"));
    assert!(!desk.shows("Devices (1)"));
}

#[test]
fn desk_without_a_key_says_that_nothing_is_sent() {
    let world = World::new();
    let mut desk = world.start("desk", KeyRing::empty(), WITHIN);
    until(&mut desk, "This device has no key: nothing is sent.");
}

#[test]
fn second_device_joins_with_the_code_and_the_passphrase_and_with_nothing_less() {
    let home = tempfile::tempdir().unwrap();
    let place = home.path().join("shared").display().to_string();
    let meeting = |device: &str, way| Meeting {
        place: if device == "desk" { place.clone() } else { String::new() },
        device: device.to_owned(),
        key: Some(home.path().join(device)),
        way,
    };
    let (_, code) = meeting("desk", Way::SetUp("correct horse".to_owned())).roam().unwrap();
    let code = code.unwrap().to_code();
    let again = meeting("desk", Way::SetUp("correct horse".to_owned())).roam();
    assert_eq!(again.unwrap_err().kind(), std::io::ErrorKind::AlreadyExists, "a second key would part the devices");
    let join =
        |code: &str, passphrase: &str| meeting("laptop", Way::Join(code.to_owned(), passphrase.to_owned())).roam();
    let wrong = join(&code, "correct hose").unwrap_err();
    assert_eq!(wrong.to_string(), "the passphrase does not open the key slot");
    assert!(join(&code[..code.len() - 1], "correct horse").is_err());
    assert!(!home.path().join("laptop").exists(), "what failed left a key behind");
    let (_, no_code) = join(&code, "correct horse").unwrap();
    assert!(no_code.is_none());
    let read = |device: &str| std::fs::read(home.path().join(device)).unwrap();
    assert_eq!(read("laptop"), read("desk"));
}

#[test]
fn code_is_told_even_if_the_key_cannot_be_kept() {
    let home = tempfile::tempdir().unwrap();
    let meeting = |key: &str, way| Meeting {
        place: home.path().join("shared").display().to_string(),
        device: "desk".to_owned(),
        key: Some(home.path().join(key)),
        way,
    };
    let error = meeting("missing/key", Way::SetUp("correct horse".to_owned())).roam().unwrap_err().to_string();
    let (_, code) = error.rsplit_once("--join ").unwrap();
    meeting("key", Way::Join(code.to_owned(), "correct horse".to_owned())).roam().unwrap();
}
