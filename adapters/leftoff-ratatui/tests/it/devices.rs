//! What has come from the user's other devices: two homes and one store stand for two devices.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use leftoff::{Action, AppId, Mark, Section, Session};
use leftoff_ratatui::Arrow;
use leftoff_roam::devices::DeviceAction;
use leftoff_roam::store::MemoryStore;
use leftoff_roam::{Cadence, Devices, Key, KeyRing, Roam};
use ratatui::buffer::Cell;
use ratatui::{Terminal, backend::TestBackend};

const AMOUNT: Section<String> = Section::new("amount", 1);
const WITHIN: Duration = Duration::from_secs(20);

struct Device {
    session: Session,
    devices: Devices,
    arrow: Arrow,
}

/// Two homes, and the store between them.
struct World {
    home: tempfile::TempDir,
    store: MemoryStore,
}

impl World {
    fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap(), store: MemoryStore::new() }
    }

    fn start(&self, name: &str, keys: KeyRing, take_over_within: Duration) -> Device {
        let dir: &Path = &self.home.path().join(name);
        let session = Session::builder(AppId::new("com.example.trip")).dir(dir).open();
        let mut cadence = Cadence::default();
        (cadence.list_every, cadence.settle) = (Duration::from_millis(100), Duration::from_millis(20));
        let roam = Roam::new("com.example.trip", "ana", self.store.clone(), keys).device_name(name).cadence(cadence);
        let devices = Devices::new(roam.take_over_within(take_over_within).start(&session).unwrap());
        let differences = |mine: &String, theirs: &String| vec![format!("Amount: {theirs} (here {mine})")];
        let keys = [
            (DeviceAction::Undo, "Ctrl-U"),
            (DeviceAction::Show, "F2"),
            (DeviceAction::TakeOver, "F3"),
            (DeviceAction::NotNow, "Esc"),
            (DeviceAction::Understood, "Esc"),
        ];
        let arrow = keys.into_iter().fold(Arrow::new(), |arrow, (action, key)| arrow.device_key(action, key));
        Device { session, devices: devices.section(AMOUNT, "the amount", differences), arrow }
    }

    /// A device that asks before it takes anything over.
    fn asks(&self, name: &str) -> Device {
        self.start(name, key(), Duration::ZERO)
    }
}

fn key() -> KeyRing {
    KeyRing::new(Key::from_bytes([7; 32]))
}

impl Device {
    fn write(&mut self, amount: &str) {
        self.session.mark(Mark::new("money/amount").action(Action::Edit));
        self.session.autosave(|capture| capture.set(AMOUNT, &amount.to_owned())).unwrap();
        assert!(self.devices.roaming_mut().publish(&mut self.session, WITHIN).unwrap());
    }

    fn amount(&mut self) -> String {
        self.session.get_or_default(AMOUNT)
    }

    /// The rows of the card at this width, as high as it asks for.
    fn card(&self, width: u16) -> Vec<String> {
        let height = self.arrow.devices_height(&self.devices, width);
        if height == 0 {
            return Vec::new();
        }
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| frame.render_widget(self.arrow.devices_card(&self.devices), frame.area())).unwrap();
        let rows = terminal.backend().buffer().content.chunks(width.into());
        rows.map(|row| row.iter().map(Cell::symbol).collect::<String>().trim_end().to_owned()).collect()
    }

    /// Updates until the card begins with this; returns whether values changed meanwhile.
    fn until(&mut self, words: &str) -> bool {
        let (end, mut changed) = (Instant::now() + WITHIN, false);
        loop {
            changed |= self.devices.update(&mut self.session);
            let card = self.card(200).join(" ");
            if card.starts_with(words) && !card.is_empty() {
                return changed;
            }
            assert!(Instant::now() < end, "the card has {card:?}, and not {words:?}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn act(&mut self, action: DeviceAction) -> bool {
        self.devices.act(&mut self.session, action)
    }

    fn lines(&self) -> Vec<String> {
        self.arrow.devices_lines(&self.devices).into_iter().map(|line| line.text).collect()
    }

    /// Chooses the line with this text.
    fn choose(&mut self, text: &str) -> bool {
        let lines = self.arrow.devices_lines(&self.devices);
        let line = lines.into_iter().find(|line| line.text == text).expect("a line to choose");
        let (waiting, action) = line.choice.expect("a choice");
        self.devices.decide(&mut self.session, &waiting, action)
    }
}

#[test]
fn card_of_a_take_over_says_from_where_and_how_to_undo_it() {
    let world = World::new();
    world.asks("laptop").write("7");
    let mut desk = world.start("desk", key(), WITHIN);
    assert!(desk.until("Continued from your laptop."));
    assert!(!desk.act(DeviceAction::Undo), "a new device has nothing to go back to");
    drop(desk);
    let mut laptop = world.asks("laptop");
    laptop.write("9");
    let mut desk = world.start("desk", key(), WITHIN);
    assert!(desk.until("Continued from your laptop."));
    assert_eq!(desk.amount(), "9");
    let gap = " ".repeat(80 - 27 - 19);
    assert_eq!(desk.card(80), [format!("Continued from your laptop.{gap}Ctrl-U undo  Esc ok")]);
    assert!(desk.act(DeviceAction::Undo));
    assert_eq!(desk.amount(), "7");
    desk.until("Undone. Your other devices will get this state, too.");
    assert!(!desk.act(DeviceAction::Understood));
    assert_eq!(desk.card(80), [""; 0]);
}

#[test]
fn narrow_card_has_all_its_words_and_a_row_for_the_keys() {
    let world = World::new();
    world.asks("laptop").write("7");
    let mut desk = world.asks("desk");
    desk.until("Your laptop has newer changes.");
    assert_eq!(desk.card(40), ["Your laptop has newer changes.", "F2 show  F3 take over  Esc not now"]);
    let narrow = desk.card(20);
    assert_eq!(narrow[..2], ["Your laptop has", "newer changes."]);
}

#[test]
fn offered_state_is_listed_with_its_differences_and_chosen_there() {
    let world = World::new();
    world.asks("laptop").write("7");
    let mut desk = world.asks("desk");
    desk.until("Your laptop has newer changes.");
    assert!(!desk.act(DeviceAction::Show));
    assert!(desk.devices.wants_list());
    let lines = desk.lines();
    assert_eq!(lines[..3], ["Your laptop has newer changes.", "Amount: 7 (here )", "Take over"]);
    assert!(lines[3].contains("on your laptop, "), "{lines:?}");
    assert!(desk.choose("Take over"));
    assert_eq!(desk.amount(), "7");
}

#[test]
fn state_that_is_not_wanted_now_stays_in_the_list() {
    let world = World::new();
    world.asks("laptop").write("7");
    let mut desk = world.asks("desk");
    desk.until("Your laptop has newer changes.");
    assert!(!desk.act(DeviceAction::NotNow));
    assert!(!desk.devices.update(&mut desk.session));
    assert_eq!((desk.card(80), desk.amount().as_str()), (Vec::new(), ""));
    assert!(desk.lines().contains(&"Take over".to_owned()));
}

#[test]
fn conflict_is_listed_with_both_values_and_either_can_be_chosen() {
    for (choice, amount) in [("Take theirs", "7"), ("Keep mine", "8")] {
        let world = World::new();
        let (mut laptop, mut desk) = (world.asks("laptop"), world.asks("desk"));
        laptop.write("7");
        desk.write("8");
        desk.until("Your laptop also changed the amount.");
        assert_eq!(
            desk.lines()[..4],
            ["Your laptop also changed the amount.", "Amount: 7 (here 8)", "Take theirs", "Keep mine"]
        );
        assert_eq!(desk.choose(choice), choice == "Take theirs");
        assert_eq!(desk.amount(), amount);
        assert!(!desk.lines().contains(&choice.to_owned()), "it is settled");
    }
}

#[test]
fn device_without_a_key_says_that_nothing_is_sent() {
    let world = World::new();
    let mut desk = world.start("desk", KeyRing::empty(), WITHIN);
    let end = Instant::now() + WITHIN;
    while desk.arrow.devices_line(&desk.devices).is_none() {
        assert!(Instant::now() < end);
        assert!(!desk.devices.update(&mut desk.session));
        thread::sleep(Duration::from_millis(20));
    }
    let line = desk.arrow.devices_line(&desk.devices);
    assert_eq!(line.as_deref(), Some("This device has no key: nothing is sent."));
}

#[test]
fn status_row_is_free_while_everything_is_in_order() {
    let world = World::new();
    let mut desk = world.asks("desk");
    desk.write("7");
    assert_eq!(desk.arrow.devices_line(&desk.devices), None);
    assert!(desk.lines().iter().all(|line| !line.contains("up to date")));
}
