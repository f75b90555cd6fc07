//! What users see of their other devices, and what their answers do.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use leftoff::backend::MemoryBackend;
use leftoff::{Action, AppId, Mark, Section, Session};
use leftoff_roam::devices::{DeviceAction, DeviceText};
use leftoff_roam::store::FolderStore;
use leftoff_roam::{Cadence, Devices, Key, KeyRing, Roam, RoamStatus};
use leftoff_testing::{Call, Faults, FaultyBackend, When};

const NAME: Section<String> = Section::new("name", 1);
const PAGE: Section<u32> = Section::new("page", 1);

const WITHIN: Duration = Duration::from_secs(20);

struct Device {
    session: Session,
    devices: Devices,
}

impl Device {
    fn start(home: &Path, name: &str, take_over_within: Duration) -> Self {
        let session = Session::builder(AppId::new("com.example.form")).dir(home.join(name)).open();
        Self::of(session, home, name, take_over_within)
    }

    fn of(session: Session, home: &Path, name: &str, take_over_within: Duration) -> Self {
        let mut cadence = Cadence::default();
        (cadence.list_every, cadence.settle) = (Duration::from_millis(100), Duration::from_millis(20));
        let keys = KeyRing::new(Key::from_bytes([9; 32]));
        let shared = home.join("shared");
        // The first device sets up the place.
        let store = if shared.exists() { FolderStore::existing(shared) } else { FolderStore::new(shared) };
        let roam = Roam::new("com.example.form", "ana", store, keys);
        let roam = roam.device_name(name).cadence(cadence).take_over_within(take_over_within);
        let roam = roam.keep_in(home.join(name).join("others"));
        let devices = Devices::new(roam.start(&session).unwrap());
        let differences = |mine: &String, theirs: &String| vec![format!("{mine} -> {theirs}")];
        Self { session, devices: devices.section(NAME, "the name", differences).quiet(PAGE) }
    }

    fn asks(home: &Path, name: &str) -> Self {
        Self::start(home, name, Duration::ZERO)
    }

    fn write(&mut self, name: &str) {
        self.session.mark(Mark::new("form/name").action(Action::Edit));
        self.session.autosave(|capture| capture.set(NAME, &name.to_owned())).unwrap();
        self.send();
    }

    fn turn_to(&mut self, page: u32) {
        self.session.mark_dirty();
        self.session.autosave(|capture| capture.set(PAGE, &page)).unwrap();
        self.send();
    }

    fn send(&mut self) {
        assert!(self.devices.roaming_mut().publish(&mut self.session, WITHIN).unwrap());
    }

    fn name(&mut self) -> Option<String> {
        self.session.get(NAME).unwrap()
    }

    fn words(&self) -> String {
        self.devices.notice().map(|notice| DeviceText::Notice(notice).english()).unwrap_or_default()
    }

    /// Updates until the card has these words; returns whether values changed meanwhile.
    fn until(&mut self, words: &str) -> bool {
        let (end, mut changed) = (Instant::now() + WITHIN, false);
        loop {
            changed |= self.devices.update(&mut self.session);
            if self.words() == words {
                return changed;
            }
            assert!(Instant::now() < end, "the card has {:?}, and not {words:?}", self.words());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Updates for a time in which everything that was sent has arrived.
    fn settle(&mut self) {
        for _ in 0..40 {
            assert!(!self.devices.update(&mut self.session), "something was taken over without being asked for");
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn act(&mut self, action: DeviceAction) -> bool {
        self.devices.act(&mut self.session, action)
    }

    fn decide(&mut self, action: DeviceAction) -> bool {
        let id = self.devices.waiting()[0].id.clone();
        self.devices.decide(&mut self.session, &id, action)
    }

    fn waiting(&self) -> usize {
        self.devices.waiting().len()
    }
}

#[test]
fn newer_state_is_taken_over_at_the_start_with_a_card_and_undone_by_it() {
    let home = tempfile::tempdir().unwrap();
    let mut desk = Device::asks(home.path(), "desk");
    desk.write("Ana");
    let mut laptop = Device::start(home.path(), "laptop", WITHIN);
    laptop.write("Ben");
    laptop.until("Your desk also changed the name.");
    assert!(laptop.decide(DeviceAction::TakeTheirs));
    laptop.write("Cleo");
    drop(desk);

    let mut desk = Device::start(home.path(), "desk", WITHIN);
    assert_eq!(desk.name().as_deref(), Some("Ana"), "the own state is there at once");
    assert!(desk.until("Continued from your laptop."));
    assert_eq!(desk.name().as_deref(), Some("Cleo"));
    assert_eq!(desk.devices.actions(), [DeviceAction::Undo, DeviceAction::Understood]);
    assert!(desk.act(DeviceAction::Undo));
    assert_eq!(desk.name().as_deref(), Some("Ana"));
    assert_eq!(desk.words(), "Undone. Your other devices will get this state, too.");
    desk.send();
    laptop.until("Your desk has newer changes.");
}

#[test]
fn newer_state_is_offered_with_its_differences_and_taken_over() {
    let home = tempfile::tempdir().unwrap();
    let mut desk = Device::asks(home.path(), "desk");
    desk.write("Ana");
    let mut laptop = Device::asks(home.path(), "laptop");
    laptop.until("Your desk has newer changes.");
    assert_eq!(laptop.devices.actions(), [DeviceAction::Show, DeviceAction::TakeOver, DeviceAction::NotNow]);
    assert!(!laptop.act(DeviceAction::Show));
    assert!(laptop.devices.wants_list() && !laptop.devices.wants_list());
    assert!(laptop.devices.notice().is_none(), "the list has it now");
    assert_eq!(laptop.devices.waiting()[0].differences, [" -> Ana"]);
    assert!(laptop.decide(DeviceAction::TakeOver));
    assert_eq!((laptop.name().as_deref(), laptop.waiting()), (Some("Ana"), 0));
    assert_eq!(laptop.words(), "Continued from your desk.");
}

#[test]
fn put_off_state_waits_in_the_list_and_goes_when_the_user_has_a_conflict_instead() {
    let home = tempfile::tempdir().unwrap();
    let mut desk = Device::asks(home.path(), "desk");
    desk.write("Ana");
    let mut laptop = Device::asks(home.path(), "laptop");
    laptop.until("Your desk has newer changes.");
    assert!(!laptop.act(DeviceAction::NotNow));
    laptop.settle();
    assert_eq!((laptop.words().as_str(), laptop.waiting()), ("", 1));
    laptop.write("Ben");
    laptop.until("Your desk also changed the name.");
    assert!(laptop.devices.waiting().iter().all(|waiting| !waiting.is_newer()));
    assert_eq!(laptop.waiting(), 1);
}

#[test]
fn value_of_a_conflict_is_taken_and_undone() {
    let home = tempfile::tempdir().unwrap();
    let (mut desk, mut laptop) = conflict(home.path());
    assert_eq!(laptop.devices.waiting()[0].differences, ["Ben -> Ana"]);
    assert!(laptop.decide(DeviceAction::TakeTheirs));
    assert_eq!((laptop.name().as_deref(), laptop.waiting()), (Some("Ana"), 0));
    assert_eq!(laptop.words(), "Taken from your desk: the name. What was here is among the earlier states.");
    assert!(laptop.act(DeviceAction::Undo));
    assert_eq!((laptop.name().as_deref(), laptop.words().as_str()), (Some("Ben"), "Undone."));
    laptop.settle();
    assert_eq!(laptop.waiting(), 1, "it can be decided again");
    laptop.send();
    desk.settle();
    assert_eq!((desk.name().as_deref(), desk.waiting()), (Some("Ana"), 1), "both are still there");
}

#[test]
fn own_value_of_a_conflict_is_kept_and_the_other_device_is_offered_it() {
    let home = tempfile::tempdir().unwrap();
    let (mut desk, mut laptop) = conflict(home.path());
    assert!(!laptop.decide(DeviceAction::KeepMine));
    assert_eq!((laptop.name().as_deref(), laptop.waiting(), laptop.words().as_str()), (Some("Ben"), 0, ""));
    laptop.send();
    desk.until("Your laptop has newer changes.");
    assert_eq!(desk.name().as_deref(), Some("Ana"));
}

#[test]
fn both_users_keep_theirs_and_nothing_is_removed() {
    let home = tempfile::tempdir().unwrap();
    let (mut desk, mut laptop) = conflict(home.path());
    desk.until("Your laptop also changed the name.");
    assert!(!desk.decide(DeviceAction::KeepMine));
    assert!(!laptop.decide(DeviceAction::KeepMine));
    desk.send();
    laptop.send();
    laptop.settle();
    desk.settle();
    for (device, name) in [(&mut desk, "Ana"), (&mut laptop, "Ben")] {
        assert_eq!(device.devices.roaming().newer_sections(), [], "a take-over would remove the name");
        assert_eq!((device.name().as_deref(), device.waiting()), (Some(name), 1), "the conflict is there again");
    }
}

#[test]
fn page_alone_is_no_news_and_no_conflict() {
    let home = tempfile::tempdir().unwrap();
    let mut desk = Device::asks(home.path(), "desk");
    desk.write("Ana");
    let mut laptop = Device::asks(home.path(), "laptop");
    laptop.until("Your desk has newer changes.");
    assert!(laptop.act(DeviceAction::TakeOver));
    assert!(!laptop.act(DeviceAction::Understood));
    desk.turn_to(2);
    laptop.settle();
    assert_eq!((laptop.words().as_str(), laptop.waiting()), ("", 0));
    laptop.turn_to(3);
    desk.turn_to(4);
    laptop.settle();
    desk.settle();
    assert_eq!((laptop.words().as_str(), laptop.waiting(), desk.waiting()), ("", 0, 0));
}

#[test]
fn take_over_brings_the_page_along_although_both_have_turned_it() {
    let home = tempfile::tempdir().unwrap();
    let mut desk = Device::asks(home.path(), "desk");
    let mut laptop = Device::asks(home.path(), "laptop");
    laptop.turn_to(3);
    desk.turn_to(4);
    desk.write("Ana");
    laptop.until("Your desk has newer changes.");
    assert!(laptop.act(DeviceAction::TakeOver));
    assert_eq!(laptop.session.get(PAGE).unwrap(), Some(4));
    assert!(laptop.act(DeviceAction::Undo));
    assert_eq!(laptop.session.get(PAGE).unwrap(), Some(3));
}

#[test]
fn undo_goes_with_the_first_edit_and_not_with_a_focus() {
    let home = tempfile::tempdir().unwrap();
    let mut desk = Device::asks(home.path(), "desk");
    desk.write("Ana");
    let mut laptop = Device::start(home.path(), "laptop", WITHIN);
    laptop.until("Continued from your desk.");
    laptop.session.mark(Mark::new("form/amount").action(Action::Focus));
    assert!(!laptop.devices.update(&mut laptop.session));
    assert_eq!(laptop.words(), "Continued from your desk.");
    laptop.write("Ben");
    assert!(!laptop.devices.update(&mut laptop.session));
    assert_eq!(laptop.words(), "");
    assert!(!laptop.act(DeviceAction::Undo), "what the user typed stays");
    assert_eq!(laptop.name().as_deref(), Some("Ben"));
}

#[test]
fn value_of_a_newer_version_is_announced_and_never_taken_over() {
    const NEWER: Section<Vec<String>> = Section::new("name", 2);

    let home = tempfile::tempdir().unwrap();
    let mut desk = Device::asks(home.path(), "desk");
    desk.session.save(|capture| capture.set(NEWER, &vec!["Ana".to_owned()])).unwrap();
    desk.send();
    let mut laptop = Device::start(home.path(), "laptop", WITHIN);
    laptop.until("Your desk has newer changes, which this version of the program cannot read. They stay there.");
    assert_eq!(laptop.devices.actions(), [DeviceAction::Understood]);
    assert_eq!(laptop.devices.waiting()[0].actions(), []);
    assert_eq!(laptop.name(), None);
}

#[test]
fn directory_that_is_moved_away_stays_away_and_everything_follows_when_it_is_back() {
    let home = tempfile::tempdir().unwrap();
    let (shared, away) = (home.path().join("shared"), home.path().join("away"));
    Device::asks(home.path(), "first").turn_to(1);
    let mut desk = Device::asks(home.path(), "desk");
    desk.write("Ana");
    std::fs::rename(&shared, &away).unwrap();
    desk.session.save(|capture| capture.set(NAME, &"Ben".to_owned())).unwrap();
    assert!(!desk.devices.roaming_mut().publish(&mut desk.session, WITHIN).unwrap());
    let status = desk.devices.roaming().status();
    assert!(matches!(status, RoamStatus::StoreGone | RoamStatus::Offline { .. }), "{status:?}");
    assert!(!shared.exists(), "what is written there reaches nobody");

    std::fs::rename(&away, &shared).unwrap();
    desk.send();
    let mut laptop = Device::asks(home.path(), "laptop");
    laptop.until("Your desk has newer changes.");
    assert_eq!(laptop.devices.waiting()[0].differences, [" -> Ben"]);
}

/// Both devices have changed the name, and the laptop says so.
fn conflict(home: &Path) -> (Device, Device) {
    let mut desk = Device::asks(home, "desk");
    let mut laptop = Device::asks(home, "laptop");
    desk.write("Ana");
    laptop.write("Ben");
    laptop.until("Your desk also changed the name.");
    (desk, laptop)
}

/// The values are in memory: a program that goes on showing the old ones would save them over the new ones.
#[test]
fn take_over_that_cannot_be_written_has_the_sections_read_again() {
    let home = tempfile::tempdir().unwrap();
    let mut desk = Device::asks(home.path(), "desk");
    desk.write("Ana");
    let faults = Faults::new();
    let backend = FaultyBackend::new(MemoryBackend::new(), faults.clone());
    let session = Session::builder(AppId::new("com.example.form")).backend(backend).open();
    let mut laptop = Device::of(session, home.path(), "laptop", Duration::ZERO);
    laptop.until("Your desk has newer changes.");
    faults.fail(Call::Create, When::Always, std::io::ErrorKind::StorageFull);
    assert!(laptop.devices.act(&mut laptop.session, DeviceAction::TakeOver));
    assert_eq!(laptop.name().as_deref(), Some("Ana"));
    assert!(laptop.words().starts_with("This may not be stored yet: "), "{}", laptop.words());
    faults.mend_all();
    laptop.session.flush().unwrap();
    laptop.settle();
    laptop.write("Ana and Ben");
    desk.until("Your laptop has newer changes.");
    assert!(desk.devices.act(&mut desk.session, DeviceAction::TakeOver));
    assert_eq!(desk.name().as_deref(), Some("Ana and Ben"));
}
