//! The stores of this crate pass the kit, and the directory is safe from half objects and foreign files.

use std::fs;
use std::io;
use std::sync::Arc;

use leftoff_roam::store::{FolderStore, MemoryStore, Store};
use leftoff_roam::testing::{Fault, FaultyStore, Request, conformance};

#[test]
fn memory_store_passes_the_kit() {
    conformance(MemoryStore::new, |store| store);
}

#[test]
fn folder_store_passes_the_kit() {
    let dir = tempfile::tempdir().unwrap();
    let number = std::cell::Cell::new(0);
    let path = |number: i32| dir.path().join(number.to_string());
    let make = || {
        number.set(number.get() + 1);
        FolderStore::new(path(number.get()))
    };
    conformance(make, |_| FolderStore::new(path(number.get())));
}

#[test]
fn store_behind_a_pointer_passes_the_kit() {
    conformance(|| Arc::new(FaultyStore::new(MemoryStore::new(), |_| Fault::None)), |store| store);
}

#[test]
#[should_panic(expected = "putting the same bytes again succeeds")]
fn kit_finds_a_store_that_refuses_a_repetition() {
    let make = || {
        let mut puts = 0;
        FaultyStore::new(MemoryStore::new(), move |request| {
            puts += u32::from(request == Request::Put);
            if request == Request::Put && puts == 2 { Fault::LandsThenFails } else { Fault::None }
        })
    };
    // The first rule puts four objects: they must not meet the fault.
    let count = std::cell::Cell::new(0);
    let late = || {
        count.set(count.get() + 1);
        if count.get() == 2 { make() } else { FaultyStore::new(MemoryStore::new(), |_| Fault::None) }
    };
    conformance(late, |store| store);
}

#[test]
#[should_panic(expected = "1,200 names are listed")]
fn kit_finds_a_store_that_lists_a_part() {
    #[derive(Debug)]
    struct OnePage(MemoryStore);
    impl Store for OnePage {
        fn put(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
            self.0.put(name, bytes)
        }
        fn get(&self, name: &str) -> io::Result<Vec<u8>> {
            self.0.get(name)
        }
        fn list(&self, prefix: &str) -> io::Result<Vec<String>> {
            self.0.list(prefix).map(|names| names.into_iter().take(1000).collect())
        }
        fn delete(&self, name: &str) -> io::Result<()> {
            self.0.delete(name)
        }
    }
    conformance(|| OnePage(MemoryStore::new()), |store| store);
}

#[test]
fn folder_store_lists_conflict_copies_and_keeps_them() {
    let dir = tempfile::tempdir().unwrap();
    let store = FolderStore::new(dir.path());
    store.put("v1/aa/bb/00000001-cc", b"one").unwrap();
    let copy = dir.path().join("v1/aa/bb/00000001-cc.sync-conflict-20260101-120000-ABCDEFG");
    fs::write(&copy, b"theirs").unwrap();
    fs::write(dir.path().join("v1/aa/.DS_Store"), b"").unwrap();
    let mut names = store.list("v1/aa/").unwrap();
    names.sort();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(store.get(&names[1]).is_err(), "not a name of ours");
    assert!(store.delete(&names[1]).is_err());
    assert!(copy.exists());
}

#[test]
fn folder_store_of_a_medium_that_is_not_mounted_is_empty_and_stays_uncreated() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("medium");
    let store = FolderStore::new(&path);
    assert_eq!(store.list("v1/").unwrap(), Vec::<String>::new());
    assert_eq!(store.get("v1/a").unwrap_err().kind(), io::ErrorKind::NotFound);
    store.delete("v1/a").unwrap();
    assert!(!path.exists());
}

#[test]
fn folder_store_refuses_names_that_leave_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = FolderStore::new(dir.path().join("store"));
    for name in ["../a", "v1/../../a", "/etc/a", "v1//a", "v1/A", "", ".leftoff-tmp/a", "v1/a\\b"] {
        assert_eq!(store.put(name, b"x").unwrap_err().kind(), io::ErrorKind::InvalidInput, "{name}");
        assert!(store.get(name).is_err());
    }
    assert!(!dir.path().join("store").exists());
}

#[cfg(unix)]
#[test]
fn folder_store_is_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let store = FolderStore::new(dir.path().join("store"));
    store.put("v1/aa/bb", b"one").unwrap();
    for (path, mode) in [("store", 0o700), ("store/v1", 0o700), ("store/v1/aa", 0o700), ("store/v1/aa/bb", 0o600)] {
        let found = fs::metadata(dir.path().join(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!(found, mode, "{path}");
    }
    // Nothing is left of the temporary file.
    assert_eq!(fs::read_dir(dir.path().join("store").join(FolderStore::TEMPORARY)).unwrap().count(), 0);
}

#[test]
fn directory_that_must_exist_is_not_created() {
    let home = tempfile::tempdir().unwrap();
    let shared = home.path().join("shared");
    let store = FolderStore::existing(&shared);
    assert_eq!(store.put("marker", b"1").unwrap_err().kind(), std::io::ErrorKind::NotFound);
    assert!(store.list("").unwrap().is_empty() && !shared.exists());
    std::fs::create_dir(&shared).unwrap();
    store.put("marker", b"1").unwrap();
    assert_eq!(store.get("marker").unwrap(), b"1");
}

#[test]
fn publication_is_refused_where_no_place_was_set_up() {
    let home = tempfile::tempdir().unwrap();
    let store = FolderStore::existing(home.path());
    let name = format!("v1/{0}/{0}/00000000-{0}{0}", "0a".repeat(16));
    assert_eq!(store.put(&name, b"1").unwrap_err().kind(), std::io::ErrorKind::NotFound);
    store.put(&format!("v1/{}/marker", "0a".repeat(16)), b"1").unwrap();
    store.put(&name, b"1").unwrap();
}
