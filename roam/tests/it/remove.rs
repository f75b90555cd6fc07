//! Removing a device, forgetting everywhere, and a rotation of the key.

use std::path::Path;
use std::time::Duration;

use leftoff_roam::store::{FolderStore, Store};
use leftoff_roam::{Cadence, Key, KeyRing, Roam, RoamStatus};

use crate::support::{AMOUNT, Device, NAME, WITHIN, bytes_below, open, until};

fn cadence() -> Cadence {
    let mut cadence = Cadence::default();
    cadence.list_every = Duration::from_millis(100);
    cadence.settle = Duration::from_millis(20);
    cadence.publish_every = Duration::from_millis(50);
    cadence
}

fn start(home: &Path, name: &str, keys: KeyRing) -> Device {
    start_with(home, name, keys, cadence())
}

fn start_with(home: &Path, name: &str, keys: KeyRing, cadence: Cadence) -> Device {
    let session = open(home, name);
    let store = FolderStore::new(home.join("shared"));
    let roam = Roam::new("com.example.form", "ana", store, keys).device_name(name).cadence(cadence);
    Device { roaming: roam.take_over_within(Duration::ZERO).start(&session).unwrap(), session }
}

fn key() -> KeyRing {
    crate::support::key()
}

fn names(home: &Path) -> Vec<String> {
    let names = FolderStore::new(home.join("shared")).list("v1/").unwrap();
    names.into_iter().filter(|name| !name.ends_with("/marker")).collect()
}

fn take_over(device: &mut Device) {
    until(|| {
        device.roaming.arrived(&mut device.session).unwrap();
        device.roaming.take_over(&mut device.session).unwrap()
    });
}

#[test]
fn objects_of_a_removed_device_go_and_its_work_stays() {
    let home = tempfile::tempdir().unwrap();
    let mut laptop = start(home.path(), "laptop", key());
    laptop.write("Ben");
    let of_laptop = names(home.path());
    laptop.roaming.close(&mut laptop.session, WITHIN).unwrap();
    let mut at_once = cadence();
    at_once.grace = Duration::ZERO;
    let mut desk = start_with(home.path(), "desk", key(), at_once);
    // Not taken over: the state of the laptop is known here, and that is enough.
    desk.arrival();
    let other = desk.roaming.others().remove(0);
    desk.roaming.remove_device(&other);
    until(|| {
        desk.roaming.arrived(&mut desk.session).unwrap();
        desk.roaming.others().is_empty() && names(home.path()).iter().all(|name| !of_laptop.contains(name))
    });
    let mut tablet = start(home.path(), "tablet", key());
    take_over(&mut tablet);
    assert_eq!(tablet.name().as_deref(), Some("Ben"));
}

#[test]
fn forgotten_section_leaves_the_store_and_the_other_devices() {
    let home = tempfile::tempdir().unwrap();
    let mut desk = start(home.path(), "desk", key());
    desk.session.autosave(|_| {}).unwrap();
    desk.session.mark("form/amount");
    desk.session.autosave(|capture| capture.set(AMOUNT, &7)).unwrap();
    desk.write("Ana");
    let mut laptop = start(home.path(), "laptop", key());
    take_over(&mut laptop);
    laptop.write("Ben");
    take_over(&mut desk);
    let before = names(home.path());
    desk.roaming.forget(&mut desk.session, NAME).unwrap();
    assert_eq!(desk.name(), None);
    // Each device removes its own objects, whose grace is a day otherwise.
    until(|| {
        for device in [&mut desk, &mut laptop] {
            device.roaming.arrived(&mut device.session).unwrap();
            device.roaming.publish(&mut device.session, Duration::from_millis(200)).unwrap();
        }
        names(home.path()).iter().all(|name| !before.contains(name))
    });
    until(|| {
        laptop.roaming.arrived(&mut laptop.session).unwrap();
        laptop.roaming.take_over(&mut laptop.session).unwrap();
        laptop.name().is_none()
    });
    let mut tablet = start(home.path(), "tablet", key());
    take_over(&mut tablet);
    assert_eq!((tablet.session.get(AMOUNT).unwrap(), tablet.name()), (Some(7), None));
}

#[test]
fn forgotten_everywhere_leaves_an_empty_store_and_an_empty_directory() {
    let home = tempfile::tempdir().unwrap();
    let mut desk = start(home.path(), "desk", key());
    desk.write("Ana");
    let mut laptop = start(home.path(), "laptop", key());
    laptop.write("Ben");
    assert!(desk.roaming.forget_everything(&mut desk.session, WITHIN).unwrap());
    assert!(FolderStore::new(home.path().join("shared")).list("").unwrap().is_empty());
    assert!(bytes_below(&home.path().join("desk").join("others")).is_empty());
    assert_eq!(desk.session.get(NAME).unwrap(), None);
    // The other device sends nothing into the empty store, and keeps its work.
    until(|| {
        laptop.roaming.arrived(&mut laptop.session).unwrap();
        laptop.roaming.status() == RoamStatus::StoreGone
    });
    laptop.session.mark("form/amount");
    laptop.session.autosave(|capture| capture.set(AMOUNT, &7)).unwrap();
    assert!(!laptop.roaming.publish(&mut laptop.session, Duration::from_millis(200)).unwrap());
    assert_eq!(laptop.name().as_deref(), Some("Ben"));
    assert!(FolderStore::new(home.path().join("shared")).list("").unwrap().is_empty());
}

#[test]
fn after_a_rotation_a_device_with_the_new_key_alone_reads_everything() {
    let home = tempfile::tempdir().unwrap();
    let keys = key();
    let mut desk = start(home.path(), "desk", keys.clone());
    desk.session.mark("form/amount");
    desk.session.autosave(|capture| capture.set(AMOUNT, &7)).unwrap();
    desk.write("Ana");
    let new = Key::from_bytes([5; 32]);
    keys.rotate(new.clone());
    let before = names(home.path());
    until(|| {
        desk.roaming.arrived(&mut desk.session).unwrap();
        desk.roaming.publish(&mut desk.session, Duration::from_millis(200)).unwrap();
        names(home.path()).iter().any(|name| !before.contains(name))
    });
    let mut laptop = start(home.path(), "laptop", KeyRing::new(new));
    take_over(&mut laptop);
    assert_eq!((laptop.session.get(AMOUNT).unwrap(), laptop.name().as_deref()), (Some(7), Some("Ana")));
}
