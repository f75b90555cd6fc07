//! What a hostile store, and another user of the machine, can do.

use std::path::{Path, PathBuf};
use std::time::Duration;

use leftoff_roam::RoamStatus;
use leftoff_roam::store::{FolderStore, Store};

use crate::support::{AMOUNT, Device, WITHIN};

const SHORT: Duration = Duration::from_millis(1500);

fn publications(store: &FolderStore) -> Vec<String> {
    let names = store.list("v1/").unwrap();
    names.into_iter().filter(|name| !name.ends_with("/marker")).collect()
}

/// A store with the state of a device that has ended, so that it publishes nothing again.
fn written(home: &Path) -> (FolderStore, Vec<String>) {
    let mut desk = Device::start(home, "desk");
    desk.write("Ana");
    desk.roaming.close(&mut desk.session, WITHIN).unwrap();
    let store = FolderStore::new(home.join("shared"));
    let names = publications(&store);
    (store, names)
}

/// A device that looks at the store and finds nothing that it can read.
fn finds_nothing(home: &Path, name: &str) {
    let mut laptop = Device::start(home, name);
    laptop.session.mark("form/amount");
    laptop.session.autosave(|capture| capture.set(AMOUNT, &7)).unwrap();
    assert!(!laptop.roaming.publish(&mut laptop.session, SHORT).unwrap());
    assert!(matches!(laptop.roaming.status(), RoamStatus::Unsent { .. }), "it does not say that it is up to date");
    assert!(!laptop.roaming.take_over(&mut laptop.session).unwrap());
    assert_eq!(laptop.name(), None);
}

#[test]
fn moved_object_is_not_read_under_its_new_name() {
    let home = tempfile::tempdir().unwrap();
    let (store, names) = written(home.path());
    for name in &names {
        let bytes = store.get(name).unwrap();
        // The hash is right, and the lane is not the one that it was sealed for.
        let (front, rest) = name.rsplit_once('/').unwrap();
        let (person, lane) = front.rsplit_once('/').unwrap();
        let other_lane = lane.chars().rev().collect::<String>();
        store.put(&format!("{person}/{other_lane}/{rest}"), &bytes).unwrap();
        store.delete(name).unwrap();
    }
    finds_nothing(home.path(), "laptop");
    assert_eq!(publications(&store).len(), names.len(), "nothing is sent before something was opened");
}

#[test]
fn changed_object_is_not_read_and_the_whole_one_is() {
    let home = tempfile::tempdir().unwrap();
    let (store, names) = written(home.path());
    let whole: Vec<Vec<u8>> = names.iter().map(|name| store.get(name).unwrap()).collect();
    for part in 0..3 {
        for (name, whole) in names.iter().zip(&whole) {
            let mut bytes = whole.clone();
            bytes[(whole.len() - 1) * part / 2] ^= 1;
            store.put(name, &bytes).unwrap();
        }
        finds_nothing(home.path(), &format!("laptop {part}"));
    }
    names.iter().zip(&whole).for_each(|(name, whole)| store.put(name, whole).unwrap());
    let mut laptop = Device::start(home.path(), "laptop");
    laptop.arrival();
    assert!(laptop.roaming.take_over(&mut laptop.session).unwrap());
    assert_eq!(laptop.name().as_deref(), Some("Ana"));
}

#[cfg(unix)]
#[test]
fn other_users_cannot_read_what_a_device_keeps_nor_a_store_in_a_directory() {
    use std::os::unix::fs::PermissionsExt;

    fn all(dir: &Path) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
        entries.flat_map(|path| if path.is_dir() { [all(&path), vec![path]].concat() } else { vec![path] }).collect()
    }
    let home = tempfile::tempdir().unwrap();
    let mut desk = Device::start(home.path(), "desk");
    desk.write("Ana");
    let (kept, store) = (home.path().join("desk").join("others"), home.path().join("shared"));
    let mut paths = [all(&kept), all(&store)].concat();
    paths.extend([home.path().join("desk").join("others.lock"), kept, store]);
    assert!(paths.len() > 6);
    for path in paths {
        let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        let expected = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode, expected, "{}", path.display());
    }
}
