//! The mark that travels: the arrow stands where the user left off on the other device.

use std::path::Path;

use leftoff::marker::anchor::{Element, Elements};
use leftoff::marker::resolve::Match;
use leftoff::{AppId, Capture, Mark, Phase, Section, Sensitivity, Session};
use leftoff_roam::Arrival;

use crate::support::{Device, HERE, NAME, WITHIN, open, roam, until};

const DIAGNOSIS: Section<String> = Section::new("diagnosis", 1).private();
const NOTE: Section<String> = Section::new("note", 1);

fn ui(town: &str) -> Elements {
    let mut elements = Elements::new();
    elements.add(Element::new("form/name").role("text field").name("Name"));
    elements.add(Element::new(town).role("text field").name("Town"));
    elements.add(Element::new("form/street").role("text field").name("Street"));
    elements
}

/// Marks the town, and publishes.
fn touch_town(device: &mut Device, value: &str) {
    device.session.mark(Mark::new("form/town").label("Town").note("ask Ana"));
    let save = |capture: &mut Capture<'_>| {
        capture.set(NAME, &value.to_owned());
        capture.anchor(&ui("form/town"));
    };
    device.session.autosave(save).unwrap();
    assert!(device.roaming.publish(&mut device.session, WITHIN).unwrap());
}

fn take_over(device: &mut Device) {
    device.arrival();
    assert!(device.roaming.take_over(&mut device.session).unwrap());
}

/// A desk whose user left off at the town, and a laptop that took that over.
fn continued(home: &Path) -> (Device, Device) {
    let mut desk = Device::start(home, "desk");
    touch_town(&mut desk, "Rome");
    let mut laptop = Device::start(home, "laptop");
    take_over(&mut laptop);
    (desk, laptop)
}

#[test]
fn arrow_stands_where_the_user_left_off_on_the_other_device() {
    let home = tempfile::tempdir().unwrap();
    let mut desk = Device::start(home.path(), "desk");
    touch_town(&mut desk, "Rome");
    let mut laptop = Device::start(home.path(), "laptop");
    laptop.session.mark("form/street");
    laptop.session.autosave(|_| {}).unwrap();
    take_over(&mut laptop);

    let marker = laptop.session.marker().unwrap();
    assert_eq!((marker.element(), marker.device()), ("form/town", Some("desk")));
    let card = marker.card_now().to_string();
    assert!(card.contains("Town, on your desk, ") && card.starts_with("Note: ask Ana"), "{card}");
    // This device has another version of the interface, in which the field has another key.
    let elements = ui("form/place");
    let Match::Moved(node) = marker.resolve(&elements).outcome() else { panic!("the anchor did not travel") };
    assert_eq!(elements.path(node), "form/place");

    // The next start finds it as well.
    laptop.roaming.close(&mut laptop.session, WITHIN).unwrap();
    laptop.session.close().unwrap();
    let session = open(home.path(), "laptop");
    let marker = session.marker().unwrap();
    assert_eq!((marker.element(), marker.device()), ("form/town", Some("desk")));
}

#[test]
fn what_the_program_finished_is_finished_on_the_other_device_and_moves_no_arrow_there() {
    let home = tempfile::tempdir().unwrap();
    let (mut desk, mut laptop) = continued(home.path());
    let phase = |device: &Device| device.session.last_mark().unwrap().phase();
    assert_eq!(phase(&laptop), Phase::Unknown);
    desk.session.mark_finished("form/town");
    desk.session.autosave(|capture| capture.set(NAME, &"Rome, sent".to_owned())).unwrap();
    assert!(desk.roaming.publish(&mut desk.session, WITHIN).unwrap());
    // At once, before the first value is synced here.
    take_over(&mut laptop);
    assert_eq!(laptop.session.get(NAME).unwrap().as_deref(), Some("Rome, sent"));
    let marker = laptop.session.marker().unwrap();
    assert_eq!((marker.element(), marker.device(), phase(&laptop)), ("form/town", Some("desk"), Phase::Committed));
}

#[test]
fn touch_of_another_device_that_is_finished_here_is_not_sent_as_one_of_this_device() {
    let home = tempfile::tempdir().unwrap();
    let (mut desk, mut laptop) = continued(home.path());
    laptop.session.mark_finished("form/town");
    laptop.session.autosave(|capture| capture.set(crate::support::AMOUNT, &7)).unwrap();
    assert!(laptop.roaming.publish(&mut laptop.session, WITHIN).unwrap());
    desk.arrival();
    assert!(desk.roaming.others().iter().all(|other| other.element.is_none()), "{:?}", desk.roaming.others());
}

#[test]
fn undo_brings_back_the_own_marker() {
    let home = tempfile::tempdir().unwrap();
    let mut desk = Device::start(home.path(), "desk");
    touch_town(&mut desk, "Rome");
    let mut laptop = Device::start(home.path(), "laptop");
    laptop.session.mark("form/street");
    laptop.session.autosave(|capture| capture.set(crate::support::AMOUNT, &7)).unwrap();
    take_over(&mut laptop);
    assert_eq!(laptop.session.last_mark().map(|mark| mark.element().to_owned()).as_deref(), Some("form/town"));
    assert!(laptop.roaming.undo(&mut laptop.session).unwrap());
    let marker = laptop.session.marker().unwrap();
    assert_eq!((marker.element(), marker.device()), ("form/street", None));
}

#[test]
fn taken_offer_moves_the_arrow_to_where_it_was_written() {
    let home = tempfile::tempdir().unwrap();
    let mut desk = Device::start(home.path(), "desk");
    let mut laptop = Device::start(home.path(), "laptop");
    touch_town(&mut desk, "Rome");
    laptop.write("Milan");
    until(|| {
        laptop.roaming.arrived(&mut laptop.session).unwrap();
        !laptop.roaming.offers(NAME).unwrap().is_empty()
    });
    assert!(laptop.session.marker().is_none());
    let offer = laptop.roaming.offers(NAME).unwrap().remove(0);
    laptop.roaming.take(&mut laptop.session, offer).unwrap();
    let marker = laptop.session.marker().unwrap();
    assert_eq!((marker.element(), marker.device()), ("form/town", Some("desk")));
}

#[test]
fn touch_just_before_the_end_travels_and_a_taken_one_is_not_told_again() {
    let home = tempfile::tempdir().unwrap();
    let mut desk = Device::start(home.path(), "desk");
    desk.write("Rome");
    // No `arrived` after this one.
    desk.session.mark("form/last");
    desk.roaming.close(&mut desk.session, WITHIN).unwrap();
    let mut laptop = Device::start(home.path(), "laptop");
    take_over(&mut laptop);
    assert_eq!(laptop.session.marker().map(|marker| marker.element().to_owned()).as_deref(), Some("form/last"));
    laptop.roaming.publish(&mut laptop.session, WITHIN).unwrap();
    desk.session.close().unwrap();
    let mut session = open(home.path(), "desk");
    let mut roaming = roam(home.path(), "desk").start(&session).unwrap();
    assert!(roaming.publish(&mut session, WITHIN).unwrap());
    let laptop_touched =
        roaming.others().iter().filter(|other| other.device == "laptop").any(|other| other.element.is_some());
    assert!(!laptop_touched, "nobody touched anything there");
}

/// The text of everything that the store has told a device about the others.
fn told(device: &mut Device, others: usize) -> String {
    until(|| {
        device.roaming.arrived(&mut device.session).unwrap();
        device.roaming.others().len() >= others
    });
    let others = device.roaming.others();
    others.iter().map(|other| format!("{:?} {:?}", other.element, other.label)).collect::<Vec<_>>().join(" ")
}

#[test]
fn touch_of_a_private_section_or_scope_is_never_published() {
    let home = tempfile::tempdir().unwrap();
    let builder = Session::builder(AppId::new("com.example.form")).dir(home.path().join("desk"));
    let session = builder.scope_sensitivity("vault", Sensitivity::Local).open();
    let mut desk = Device { roaming: roam(home.path(), "desk").start(&session).unwrap(), session };
    let canary = |path: &'static str| Mark::new(path).label("canary label").note("canary note");
    // The path names a private section; the scope has private sections only; the program says that the scope stays.
    desk.session.mark("form/name");
    desk.session.autosave(|capture| capture.set(NAME, &"Ana".to_owned())).unwrap();
    desk.session.mark(canary("here/canary"));
    desk.session.autosave(|capture| capture.set(HERE, &"canary".to_owned())).unwrap();
    desk.session.scope("patient").mark(canary("canary/text"));
    // Not written yet: what is saved with it may be private.
    desk.roaming.arrived(&mut desk.session).unwrap();
    desk.session.autosave(|capture| capture.scope("patient").set(DIAGNOSIS, &"canary".to_owned())).unwrap();
    desk.session.scope("vault/7").mark(canary("canary"));
    desk.session.autosave(|capture| capture.scope("vault/7").set(NOTE, &"canary".to_owned())).unwrap();
    assert!(desk.roaming.publish(&mut desk.session, WITHIN).unwrap());

    let mut laptop = Device::start(home.path(), "laptop");
    let words = told(&mut laptop, 1);
    assert!(words.contains("form/name") && !words.contains("canary"), "{words}");
    let arrival = laptop.arrival();
    assert!(matches!(arrival, Arrival::Offered(_)));
    assert!(laptop.roaming.take_over(&mut laptop.session).unwrap());
    assert_eq!(laptop.session.marker().map(|marker| marker.element().to_owned()).as_deref(), Some("form/name"));
    let trail = format!("{:?}", laptop.session.timeline());
    assert!(!trail.contains("canary"), "{trail}");
    assert!(laptop.session.scopes().is_empty(), "sections of a scope that stays do not travel");
}

#[test]
fn touch_of_a_sensitive_element_travels_without_text() {
    let home = tempfile::tempdir().unwrap();
    let mut desk = Device::start(home.path(), "desk");
    desk.session.mark(Mark::new("form/pin").label("canary label").detail("canary").sensitive());
    desk.session.autosave(|capture| capture.set(NAME, &"Ana".to_owned())).unwrap();
    assert!(desk.roaming.publish(&mut desk.session, WITHIN).unwrap());
    let mut laptop = Device::start(home.path(), "laptop");
    let words = told(&mut laptop, 1);
    assert!(words.contains("form/pin") && !words.contains("canary"), "{words}");
    take_over(&mut laptop);
    let marker = laptop.session.marker().unwrap();
    assert!(marker.is_sensitive() && marker.label().is_none());
}
