//! Setting up devices by a code and a passphrase.

use std::io;
use std::time::Duration;

use leftoff_roam::set_up::{ErrorKind, Invitation, Joining, change_passphrase, join, set_up};
use leftoff_roam::store::{Answer, DeferredStore, FolderStore, MemoryStore, Request, Store};
use leftoff_roam::{Key, KeyRing, Roam, RoamStatus};
use leftoff_seal::Cost;

use crate::support::{Device, NAME, WITHIN, open, until};

const CHEAP: Cost = Cost { memory: 64, passes: 1, lanes: 1 };
const APP: &str = "com.example.form";

fn first(store: &dyn Store) -> (Key, Invitation) {
    set_up(store, APP, "ana", "the place", "correct horse", CHEAP).unwrap()
}

#[test]
fn page_without_threads_joins_by_code_and_passphrase() {
    let there = MemoryStore::new();
    let (key, invitation) = first(&there);
    there.put("v1/other", b"").unwrap();
    let join = |passphrase: &str| {
        let (store, mut joining, mut requests) =
            (DeferredStore::new(), Joining::new(invitation.clone(), passphrase), 0);
        loop {
            match store.run(|store| joining.join(store)) {
                Ok(joined) => return (joined.map(|key| key.id()), requests),
                Err(request) => {
                    requests += 1;
                    let answer = match &request {
                        Request::Get(name) if requests == 1 => there.get(name).map(Answer::Bytes),
                        Request::Get(_) => panic!("the slot was read again"),
                        Request::List(prefix) => there.list(prefix).map(Answer::Names),
                        _ => panic!("it writes"),
                    };
                    store.answer(request, answer);
                }
            }
        }
    };
    let (joined, requests) = join("correct horse");
    assert_eq!((joined.unwrap(), requests), (key.id(), 2));
    let (wrong, requests) = join("wrong horse");
    assert_eq!((wrong.unwrap_err().kind(), requests), (ErrorKind::WrongPassphrase, 1));
}

fn kind<T>(result: Result<T, leftoff_roam::set_up::Error>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

#[test]
fn second_device_is_set_up_by_code_and_passphrase() {
    let home = tempfile::tempdir().unwrap();
    let store = FolderStore::new(home.path().join("shared"));
    let (key, invitation) = first(&store);
    let start = |name: &str, key: Key| {
        let session = open(home.path(), name);
        let roam = Roam::new(APP, "ana", store.clone(), KeyRing::new(key)).device_name(name);
        Device { roaming: roam.take_over_within(Duration::ZERO).start(&session).unwrap(), session }
    };
    let mut desk = start("desk", key);
    desk.write("Ana");
    // The user copies the code with spaces and a line break in it.
    let code = invitation.to_code();
    let (left, right) = code.split_at(20);
    let invitation = Invitation::from_code(&format!(" {left}\n {right} ")).unwrap();
    assert_eq!((invitation.person.as_str(), invitation.place.as_str()), ("ana", "the place"));
    let mut laptop = start("laptop", join(&store, &invitation, "correct horse").unwrap());
    laptop.arrival();
    assert!(laptop.roaming.take_over(&mut laptop.session).unwrap());
    assert_eq!(laptop.name().as_deref(), Some("Ana"));
    assert!(!format!("{invitation:?}").contains("ana"));
}

#[test]
fn code_with_any_typing_error_is_refused() {
    let code = first(&MemoryStore::new()).1.to_code();
    for at in 0..code.len() {
        let mut typed = code.clone().into_bytes();
        typed[at] = if typed[at] == b'7' { b'8' } else { b'7' };
        assert_eq!(Invitation::from_code(&String::from_utf8(typed).unwrap()), None, "{at}");
        assert_eq!(Invitation::from_code(&code[..at]), None);
    }
}

#[test]
fn no_key_is_made_while_the_store_holds_anything() {
    let store = MemoryStore::new();
    first(&store);
    let before = store.list("").unwrap();
    let again = set_up(&store, APP, "ana", "the place", "another", CHEAP);
    assert_eq!(kind(again), Some(ErrorKind::NotEmpty));
    assert_eq!(store.list("").unwrap(), before);
    assert!(set_up(&store, APP, "ben", "the place", "another", CHEAP).is_ok(), "another person has nothing there");
}

/// A store in which another first device is at work at the same time.
#[derive(Debug, Default)]
struct Crowded(MemoryStore);

impl Store for Crowded {
    fn put(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.0.put(&name.replace("keys/", "keys/0"), bytes)?;
        self.0.put(name, bytes)
    }

    fn get(&self, name: &str) -> io::Result<Vec<u8>> {
        self.0.get(name)
    }

    fn list(&self, prefix: &str) -> io::Result<Vec<String>> {
        self.0.list(prefix)
    }

    fn delete(&self, name: &str) -> io::Result<()> {
        self.0.delete(name)
    }
}

#[test]
fn first_device_that_meets_another_one_takes_its_slot_back() {
    let store = Crowded::default();
    assert_eq!(kind(set_up(&store, APP, "ana", "", "correct horse", CHEAP)), Some(ErrorKind::NotEmpty));
    assert_eq!(store.0.len(), 1, "only that of the other");
}

#[test]
fn wrong_passphrase_and_removed_slot_are_told_apart_and_change_nothing() {
    let store = MemoryStore::new();
    let (key, old) = first(&store);
    assert_eq!(kind(join(&store, &old, "wrong horse")), Some(ErrorKind::WrongPassphrase));
    let new = change_passphrase(&store, &old, &key, "battery staple", CHEAP).unwrap();
    assert_eq!(kind(join(&store, &old, "correct horse")), Some(ErrorKind::NoSlot));
    assert_eq!(join(&store, &new, "battery staple").unwrap().id(), key.id());
    assert_eq!(store.len(), 1);
}

#[test]
fn key_that_opens_no_object_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let store = FolderStore::new(home.path().join("shared"));
    let mut desk = Device::start(home.path(), "desk");
    desk.write("Ana");
    // A slot with another key gets there somehow.
    let elsewhere = MemoryStore::new();
    let (_, invitation) = first(&elsewhere);
    for name in elsewhere.list("").unwrap() {
        store.put(&name, &elsewhere.get(&name).unwrap()).unwrap();
    }
    assert_eq!(kind(join(&store, &invitation, "correct horse")), Some(ErrorKind::WrongKey));
}

#[test]
fn device_with_another_key_than_that_of_the_slot_sends_nothing() {
    let home = tempfile::tempdir().unwrap();
    let store = FolderStore::new(home.path().join("shared"));
    let (key, _) = first(&store);
    let mut session = open(home.path(), "desk");
    let other = KeyRing::new(Key::from_bytes([1; 32]));
    let mut roaming = Roam::new(APP, "ana", store.clone(), other).start(&session).unwrap();
    session.mark("form/name");
    session.autosave(|capture| capture.set(NAME, &"Ana".to_owned())).unwrap();
    assert!(!roaming.publish(&mut session, Duration::from_millis(1500)).unwrap());
    until(|| roaming.status() == RoamStatus::KeyMissing(key.id()));
    assert!(!roaming.publish(&mut session, Duration::from_millis(100)).unwrap());
    let names = store.list("v1/").unwrap();
    assert!(names.iter().all(|name| name.contains("/keys/") || name.ends_with("/marker")), "{names:?}");
    drop(roaming);
    // What the device kept until now is sealed with the other key.
    let roam = Roam::new(APP, "ana", store, KeyRing::new(key)).keep_in(home.path().join("kept"));
    let mut roaming = roam.start(&session).unwrap();
    assert!(roaming.publish(&mut session, WITHIN).unwrap(), "with the key of the slot, everything is sent");
}
