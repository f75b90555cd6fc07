//! Sessions as devices, over one directory.

use std::time::Duration;

use leftoff_roam::store::FolderStore;
use leftoff_roam::{Arrival, Key, KeyRing, Roam, RoamStatus};

use crate::support::{AMOUNT, Device, HERE, NAME, WITHIN, bytes_below, open, roam, until};

#[test]
fn value_of_one_device_is_offered_on_the_other_and_taken_over() {
    let home = tempfile::tempdir().unwrap();
    let mut desk = Device::start(home.path(), "desk");
    desk.write("Ana");
    let mut laptop = Device::start(home.path(), "laptop");
    let arrival = laptop.arrival();
    assert!(matches!(&arrival, Arrival::Offered(Some(other)) if other.device == "desk"), "{arrival:?}");
    assert_eq!(arrival.words(), "Your desk has newer changes.");
    assert_eq!(laptop.name(), None, "nothing was taken over without being asked for");
    assert!(laptop.roaming.take_over(&mut laptop.session).unwrap());
    assert_eq!(laptop.name().as_deref(), Some("Ana"));

    // And back, with a change.
    laptop.write("Ana Li");
    desk.arrival();
    assert!(desk.roaming.take_over(&mut desk.session).unwrap());
    assert_eq!(desk.name().as_deref(), Some("Ana Li"));
    assert!(desk.roaming.sections_with_offers().is_empty());
}

#[test]
fn newer_state_is_taken_over_at_the_start_and_undone() {
    let home = tempfile::tempdir().unwrap();
    let mut desk = Device::start(home.path(), "desk");
    desk.write("Ana");
    let mut laptop = Device::start(home.path(), "laptop");
    laptop.arrival();
    laptop.roaming.take_over(&mut laptop.session).unwrap();
    laptop.write("Ben");
    laptop.roaming.close(&mut laptop.session, WITHIN).unwrap();
    laptop.session.close().unwrap();
    desk.roaming.close(&mut desk.session, WITHIN).unwrap();
    desk.session.close().unwrap();

    let session = open(home.path(), "desk");
    let roaming = roam(home.path(), "desk").take_over_within(WITHIN).start(&session).unwrap();
    let mut desk = Device { session, roaming };
    assert_eq!(desk.name().as_deref(), Some("Ana"), "the own state is there at once");
    let arrival = desk.arrival();
    assert!(matches!(arrival, Arrival::TakenOver(_)));
    assert_eq!(arrival.words(), "Continued from your laptop.");
    assert_eq!(desk.name().as_deref(), Some("Ben"));
    assert!(desk.roaming.undo(&mut desk.session).unwrap());
    assert_eq!(desk.name().as_deref(), Some("Ana"));
}

#[test]
fn touched_session_is_only_offered_the_newer_state() {
    let home = tempfile::tempdir().unwrap();
    let mut desk = Device::start(home.path(), "desk");
    desk.write("Ana");
    let session = open(home.path(), "laptop");
    let roaming = roam(home.path(), "laptop").take_over_within(WITHIN).start(&session).unwrap();
    let mut laptop = Device { session, roaming };
    laptop.session.mark("form/amount");
    assert!(matches!(laptop.arrival(), Arrival::Offered(_)));
}

#[test]
fn conflict_is_offered_on_both_devices_until_it_is_settled() {
    let home = tempfile::tempdir().unwrap();
    let mut desk = Device::start(home.path(), "desk");
    desk.write("Ana");
    let mut laptop = Device::start(home.path(), "laptop");
    laptop.arrival();
    laptop.roaming.take_over(&mut laptop.session).unwrap();
    desk.session.mark("form/name");
    desk.session.autosave(|capture| capture.set(NAME, &"from the desk".to_owned())).unwrap();
    laptop.session.mark("form/name");
    laptop.session.autosave(|capture| capture.set(NAME, &"from the laptop".to_owned())).unwrap();
    desk.session.flush().unwrap();
    laptop.session.flush().unwrap();
    // Neither has listed since, or one of them has: both must offer the other's value either way.
    desk.roaming.publish(&mut desk.session, WITHIN).unwrap();
    laptop.roaming.publish(&mut laptop.session, WITHIN).unwrap();
    let told = Arrival::Conflict(vec![(String::new(), "name".to_owned())]);
    until(|| desk.roaming.arrived(&mut desk.session).unwrap() == Some(told.clone()));
    assert_eq!(desk.roaming.arrived(&mut desk.session).unwrap(), None, "once");
    until(|| {
        laptop.roaming.arrived(&mut laptop.session).unwrap();
        !laptop.roaming.offers(NAME).unwrap().is_empty()
    });
    assert_eq!(desk.name().as_deref(), Some("from the desk"));
    let offer = desk.roaming.offers(NAME).unwrap().remove(0);
    assert_eq!(offer.value, "from the laptop");
    assert_eq!(offer.words("Name"), "Your laptop also changed Name.");

    // Taken on the desk, it is the value on both, and nothing is left to offer.
    desk.roaming.take(&mut desk.session, offer).unwrap();
    assert!(desk.roaming.offers(NAME).unwrap().is_empty() && desk.roaming.sections_with_offers().is_empty(), "at once");
    assert_eq!(desk.name().as_deref(), Some("from the laptop"));
    desk.roaming.publish(&mut desk.session, WITHIN).unwrap();
    until(|| {
        laptop.roaming.arrived(&mut laptop.session).unwrap();
        laptop.roaming.take_over(&mut laptop.session).unwrap();
        laptop.roaming.offers(NAME).unwrap().is_empty() && laptop.name().as_deref() == Some("from the laptop")
    });
    assert!(desk.roaming.offers(NAME).unwrap().is_empty());
}

#[test]
fn value_saved_after_the_news_came_is_kept_and_the_news_is_offered() {
    let home = tempfile::tempdir().unwrap();
    let mut desk = Device::start(home.path(), "desk");
    desk.write("Ana");
    let mut laptop = Device::start(home.path(), "laptop");
    laptop.arrival();
    laptop.roaming.take_over(&mut laptop.session).unwrap();
    laptop.roaming.publish(&mut laptop.session, WITHIN).unwrap();
    desk.write("from the desk");
    laptop.arrival();
    // Before the replicator hears of it.
    laptop.session.mark("form/name");
    laptop.session.autosave(|capture| capture.set(NAME, &"from the laptop".to_owned())).unwrap();
    laptop.roaming.take_over(&mut laptop.session).unwrap();
    assert_eq!(laptop.name().as_deref(), Some("from the laptop"));
    laptop.roaming.publish(&mut laptop.session, WITHIN).unwrap();
    until(|| !laptop.roaming.offers(NAME).unwrap().is_empty());
    assert_eq!(laptop.roaming.offers(NAME).unwrap().remove(0).value, "from the desk");
}

#[test]
fn private_section_and_names_are_not_in_the_store() {
    let home = tempfile::tempdir().unwrap();
    let mut desk = Device::start(home.path(), "desk-canary");
    desk.session.mark("form/canary");
    let save = |capture: &mut leftoff::Capture<'_>| {
        capture.set(HERE, &"canary private".to_owned());
        capture.set(NAME, &"canary public".to_owned());
        capture.set(AMOUNT, &7);
    };
    desk.session.autosave(save).unwrap();
    assert!(desk.roaming.publish(&mut desk.session, WITHIN).unwrap());
    let mut laptop = Device::start(home.path(), "laptop");
    laptop.arrival();
    laptop.roaming.take_over(&mut laptop.session).unwrap();
    assert_eq!(laptop.session.get(AMOUNT).unwrap(), Some(7));
    assert_eq!(laptop.name().as_deref(), Some("canary public"));
    assert_eq!(laptop.session.get(HERE).unwrap(), None);
    let mut seen = 0;
    let mut open = vec![home.path().join("shared")];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            assert!(!path.to_string_lossy().contains("canary"));
            if path.is_dir() {
                open.push(path);
            } else {
                seen += 1;
                let bytes = std::fs::read(&path).unwrap();
                for word in [&b"canary"[..], b"amount", b"ana", b"com.example"] {
                    assert!(!bytes.windows(word.len()).any(|part| part == word), "{word:?}");
                }
            }
        }
    }
    assert!(seen >= 2);
    assert!(!format!("{desk:?}", desk = desk.roaming).contains("canary"));
}

#[test]
fn without_a_key_nothing_is_sent_and_the_status_says_so() {
    let home = tempfile::tempdir().unwrap();
    let mut session = open(home.path(), "desk");
    let store = FolderStore::new(home.path().join("shared"));
    let mut roaming = Roam::new("com.example.form", "ana", store, KeyRing::default()).start(&session).unwrap();
    session.mark("form/name");
    session.autosave(|capture| capture.set(NAME, &"Ana".to_owned())).unwrap();
    assert!(!roaming.publish(&mut session, Duration::from_millis(1500)).unwrap());
    until(|| roaming.status() == RoamStatus::NoKey);
    assert!(!home.path().join("shared").exists(), "not even the marker");
    assert!(bytes_below(&home.path().join("desk").join("others")).is_empty(), "nothing is kept in plain, either");
}

#[test]
fn other_key_is_missing_and_no_second_key_enters_the_store() {
    let home = tempfile::tempdir().unwrap();
    let mut desk = Device::start(home.path(), "desk");
    desk.write("Ana");
    let mut session = open(home.path(), "laptop");
    let store = FolderStore::new(home.path().join("shared"));
    let other = KeyRing::new(Key::from_bytes([1; 32]));
    let mut roaming = Roam::new("com.example.form", "ana", store, other).start(&session).unwrap();
    session.mark("form/name");
    session.autosave(|capture| capture.set(NAME, &"Ben".to_owned())).unwrap();
    assert!(!roaming.publish(&mut session, Duration::from_millis(1500)).unwrap());
    until(|| matches!(roaming.status(), RoamStatus::KeyMissing(id) if id == Key::from_bytes([9; 32]).id()));
    assert_eq!(session.get(NAME).unwrap().as_deref(), Some("Ben"), "the session works");
}

#[test]
fn unreachable_store_holds_up_nothing() {
    let home = tempfile::tempdir().unwrap();
    // A file where the directory should be: every call fails.
    std::fs::write(home.path().join("shared"), b"").unwrap();
    let mut desk = Device::start(home.path(), "desk");
    desk.session.mark("form/name");
    desk.session.autosave(|capture| capture.set(NAME, &"Ana".to_owned())).unwrap();
    assert!(!desk.roaming.publish(&mut desk.session, Duration::from_millis(300)).unwrap());
    until(|| matches!(desk.roaming.status(), RoamStatus::Offline { .. }));
    // Later, the store is there.
    std::fs::remove_file(home.path().join("shared")).unwrap();
    assert!(desk.roaming.publish(&mut desk.session, WITHIN).unwrap());
    until(|| matches!(desk.roaming.status(), RoamStatus::UpToDate(_)));
}

#[test]
fn what_is_kept_of_the_other_devices_is_sealed_and_found_again() {
    const CANARY: &[u8] = b"canary-in-a-coal-mine";
    let has_canary = |bytes: &[u8]| bytes.windows(CANARY.len()).any(|part| part == CANARY);
    let home = tempfile::tempdir().unwrap();
    let mut desk = Device::start(home.path(), "desk");
    desk.write("canary-in-a-coal-mine");
    let mut laptop = Device::start(home.path(), "laptop");
    laptop.arrival();
    assert!(laptop.roaming.take_over(&mut laptop.session).unwrap());
    laptop.write("canary-in-a-coal-mine 2");
    assert!(has_canary(&bytes_below(home.path())), "the logs themselves are plain here");
    for device in ["desk", "laptop"] {
        let kept = bytes_below(&home.path().join(device).join("others"));
        assert!(!kept.is_empty() && !has_canary(&kept), "{device}");
    }
    drop(laptop);

    // Without the key it is not read, and not replaced either.
    let session = open(home.path(), "laptop");
    let kept = home.path().join("laptop").join("others");
    let before = bytes_below(&kept);
    let other = KeyRing::new(Key::from_bytes([7; 32]));
    let store = FolderStore::new(home.path().join("shared"));
    let roaming = Roam::new("com.example.form", "ana", store, other).start(&session).unwrap();
    until(|| matches!(roaming.status(), RoamStatus::KeyMissing(_)));
    drop((roaming, session));
    assert_eq!(bytes_below(&kept), before);
    let mut laptop = Device::start(home.path(), "laptop");
    until(|| matches!(laptop.roaming.status(), RoamStatus::UpToDate(_)));
    assert_eq!(laptop.name().as_deref(), Some("canary-in-a-coal-mine 2"));
}

/// No test asserts a time; that this ends without the half hour is what it shows.
#[test]
fn close_waits_for_no_key_and_for_no_forgotten_state() {
    let half_an_hour = Duration::from_secs(1800);
    let home = tempfile::tempdir().unwrap();
    let mut session = open(home.path(), "desk");
    let store = FolderStore::new(home.path().join("shared"));
    let roaming = Roam::new("com.example.form", "ana", store, KeyRing::default()).start(&session).unwrap();
    session.mark("form/name");
    session.autosave(|capture| capture.set(NAME, &"Ana".to_owned())).unwrap();
    assert!(!roaming.close(&mut session, half_an_hour).unwrap());

    let mut laptop = Device::start(home.path(), "laptop");
    laptop.write("Ana");
    laptop.session.forget().unwrap();
    laptop.roaming.close(&mut laptop.session, half_an_hour).unwrap();
    laptop.session.close().unwrap();
}
