//! What a hostile store, and another user of the machine, can do.

use std::path::{Path, PathBuf};

use leftoff_roam::RoamStatus;
use leftoff_roam::store::{FolderStore, Store};

use crate::support::{Device, WITHIN, until};

fn publications(store: &FolderStore) -> Vec<String> {
    let names = store.list("v1/").unwrap();
    names.into_iter().filter(|name| !name.ends_with("/marker")).collect()
}

fn look(device: &mut Device) {
    device.roaming.arrived(&mut device.session).unwrap();
    device.roaming.publish(&mut device.session, WITHIN).unwrap();
    device.roaming.arrived(&mut device.session).unwrap();
}

#[test]
fn moved_object_is_not_read_under_its_new_name() {
    let home = tempfile::tempdir().unwrap();
    let store = FolderStore::new(home.path().join("shared"));
    let mut desk = Device::start(home.path(), "desk");
    desk.write("Ana");
    let name = publications(&store).remove(0);
    let bytes = store.get(&name).unwrap();
    // The hash is right, and lane or index are not those that it was sealed for.
    let (front, rest) = name.rsplit_once('/').unwrap();
    let (index, hash) = rest.split_once('-').unwrap();
    let (person, lane) = front.rsplit_once('/').unwrap();
    let other_lane = lane.chars().rev().collect::<String>();
    store.delete(&name).unwrap();
    for moved in [format!("{front}/0000ffff-{hash}"), format!("{person}/{other_lane}/{index}-{hash}")] {
        store.put(&moved, &bytes).unwrap();
    }
    let mut laptop = Device::start(home.path(), "laptop");
    until(|| {
        laptop.roaming.arrived(&mut laptop.session).unwrap();
        laptop.roaming.status() == RoamStatus::Looking
    });
    laptop.roaming.publish(&mut laptop.session, std::time::Duration::from_millis(500)).unwrap();
    assert!(!laptop.roaming.take_over(&mut laptop.session).unwrap(), "nothing was read");
    assert_eq!(laptop.name(), None);
    assert_eq!(publications(&store).len(), 2, "and nothing is sent before something was opened");
}

#[test]
fn changed_object_is_not_read_and_the_next_whole_one_is() {
    let home = tempfile::tempdir().unwrap();
    let store = FolderStore::new(home.path().join("shared"));
    let mut desk = Device::start(home.path(), "desk");
    desk.write("Ana");
    let name = publications(&store).remove(0);
    let whole = store.get(&name).unwrap();
    for spoil in [0, whole.len() / 2, whole.len() - 1] {
        let mut bytes = whole.clone();
        bytes[spoil] ^= 1;
        store.put(&name, &bytes).unwrap();
        let mut laptop = Device::start(home.path(), &format!("laptop {spoil}"));
        laptop.roaming.publish(&mut laptop.session, std::time::Duration::from_millis(500)).unwrap();
        assert!(!matches!(laptop.roaming.status(), RoamStatus::UpToDate(_)), "it says so");
        assert!(!laptop.roaming.take_over(&mut laptop.session).unwrap());
    }
    store.put(&name, &whole).unwrap();
    let mut laptop = Device::start(home.path(), "laptop");
    laptop.arrival();
    assert!(laptop.roaming.take_over(&mut laptop.session).unwrap());
    assert_eq!(laptop.name().as_deref(), Some("Ana"));
    look(&mut laptop);
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
