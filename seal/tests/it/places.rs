//! A sealed session in a directory that the session opens by itself: slots, a second instance, a missing key.

use leftoff::backend::Backend;
use leftoff::{AppId, ErrorKind, Outcome, Saved, Section, Session};
use leftoff_seal::{Key, KeyRing, Sealed};

const APP: AppId = AppId::new("com.example.places");
const NOTE: Section<String> = Section::new("note", 1);
const CANARY: &str = "canary-in-a-coal-mine";

fn open(dir: &std::path::Path, keys: &KeyRing) -> Session {
    open_as(dir, keys, |builder| builder)
}

fn open_as(
    dir: &std::path::Path,
    keys: &KeyRing,
    settings: impl FnOnce(leftoff::Builder) -> leftoff::Builder,
) -> Session {
    let keys = keys.clone();
    let layer = move |storage: Box<dyn Backend>| Sealed::new(storage, keys.clone());
    settings(Session::builder(APP).dir(dir).layer(layer).wait_for_holder(std::time::Duration::ZERO)).open()
}

fn holds_canary(dir: &std::path::Path) -> bool {
    std::fs::read_dir(dir).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds_canary(&path);
        }
        std::fs::read(path).unwrap().windows(CANARY.len()).any(|bytes| bytes == CANARY.as_bytes())
    })
}

#[test]
fn second_instance_shows_the_sealed_state_and_takes_it_over() {
    let scratch = tempfile::tempdir().unwrap();
    let dir = scratch.path().join("state");
    let keys = KeyRing::new(Key::random().unwrap());
    let mut first = open(&dir, &keys);
    first.save(|capture| capture.set(NOTE, &CANARY.to_owned())).unwrap();

    let mut second = open(&dir, &keys);
    assert_eq!(second.outcome(), Outcome::ReadOnly);
    assert_eq!(second.get(NOTE).unwrap().as_deref(), Some(CANARY));
    first.close().unwrap();
    drop(first);
    second.mark_dirty();
    second.save(|capture| capture.set(NOTE, &format!("{CANARY} 2"))).unwrap();
    assert!(second.took_over());
    second.close().unwrap();
    drop(second);
    assert_eq!(open(&dir, &keys).get(NOTE).unwrap(), Some(format!("{CANARY} 2")));
    assert!(!holds_canary(&dir));
}

#[test]
fn slots_are_sealed_listed_and_found_again() {
    let scratch = tempfile::tempdir().unwrap();
    let dir = scratch.path().join("state");
    let keys = KeyRing::new(Key::random().unwrap());
    let slot = |builder: leftoff::Builder| builder.slot_per_instance();
    let mut first = open_as(&dir, &keys, slot);
    let mut second = open_as(&dir, &keys, slot);
    first.save(|capture| capture.set(NOTE, &"one".to_owned())).unwrap();
    second.save(|capture| capture.set(NOTE, &CANARY.to_owned())).unwrap();
    second.close().unwrap();
    drop(second);

    let builder = || Session::builder(APP).dir(&dir);
    let sealing = keys.clone();
    let slots = builder().layer(move |storage| Sealed::new(storage, sealing.clone())).slots().unwrap();
    let second = slots.iter().find(|slot| slot.number == 2).unwrap();
    assert!(slots.len() == 2 && second.written.is_some() && second.holder.is_none());
    assert_eq!(open(&second.dir, &keys).get(NOTE).unwrap().as_deref(), Some(CANARY));
    assert!(!holds_canary(&dir));
}

#[test]
fn directory_without_its_key_is_unavailable_and_with_it_everything_is_back() {
    let scratch = tempfile::tempdir().unwrap();
    let dir = scratch.path().join("state");
    let keys = KeyRing::new(Key::random().unwrap());
    let mut session = open(&dir, &keys);
    session.save(|capture| capture.set(NOTE, &CANARY.to_owned())).unwrap();
    session.close().unwrap();
    drop(session);
    for _ in 0..12 {
        let mut session = open(&dir, &KeyRing::new(Key::random().unwrap()));
        assert_eq!(session.outcome(), Outcome::Unavailable);
        session.mark("note");
        assert_eq!(session.autosave(|capture| capture.set(NOTE, &"default".to_owned())).unwrap(), Saved::Off);
        let refused = session.save(|capture| capture.set(NOTE, &"default".to_owned())).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Unavailable);
    }
    let mut session = open(&dir, &keys);
    assert_eq!((session.outcome(), session.get(NOTE).unwrap().as_deref()), (Outcome::Resumed, Some(CANARY)));
}
