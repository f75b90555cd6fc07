//! Where what users typed may be: in the log it belongs in, for as long as it belongs there, and nowhere else.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use leftoff::backend::{Backend, FileBackend};
use leftoff::{ErrorKind, Mark, Outcome, Section, Session};
use leftoff_testing::{Call, Fault, Faults, FaultyBackend, When};
use serde::{Deserialize, Serialize};

use crate::support::{APP, Random, child, folder, put};

const CANARY: &str = "kanarie-3f9c-";

const NOTE: Section<String> = Section::new("note", 1);
const PASSWORD: Section<String> = Section::<String>::new("password", 1).private();
const PIN: Section<String> = Section::<String>::new("pin", 1).erase_on_close();
const BULK: Section<String> = Section::new("bulk", 1);

fn canary(of: &str) -> String {
    format!("{CANARY}{of}")
}

/// Every file below `place` in which a canary is, with how often.
fn spills(place: &Path) -> BTreeMap<PathBuf, usize> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(place).unwrap() {
        let path = entry.unwrap().path();
        assert!(!path.to_string_lossy().contains(CANARY), "no name has it");
        if path.is_dir() {
            found.extend(spills(&path));
        } else {
            let bytes = fs::read(&path).unwrap();
            let times = bytes.windows(CANARY.len()).filter(|window| *window == CANARY.as_bytes()).count();
            if times > 0 {
                found.insert(path, times);
            }
        }
    }
    found
}

#[track_caller]
fn only_in_logs(place: &Path) {
    for path in spills(place).into_keys() {
        assert_eq!(path.extension().and_then(|extension| extension.to_str()), Some("log"), "{}", path.display());
    }
}

fn type_secrets(session: &mut Session) {
    let [label, detail, note] = ["label", "detail", "note-of-mark"].map(canary);
    let mark = Mark::new("login/password").label(&label).detail(&detail).note(&note);
    put(session, mark, |capture| {
        capture.set(NOTE, &canary("note"));
        capture.set(PASSWORD, &canary("password"));
        capture.set(PIN, &canary("pin"));
        capture.scope("window/2").set(NOTE, &canary("note-of-window"));
    });
}

/// What a program might log of all it can get hold of.
fn told(session: &mut Session) -> String {
    let mut told = String::new();
    let card = session.marker().map(|marker| format!("{:?} {:?}", marker, marker.trail()));
    write!(told, "{session:?} {:?} {:?} {:?} {card:?}", session.status(), session.report(), session.quarantined())
        .unwrap();
    write!(told, "{:?} {:?} {:?}", session.last_exit(), session.scopes(), session.last_mark()).unwrap();
    if let Ok(points) = session.history() {
        write!(told, "{:?}", points.iter().map(|point| (point.at, &point.exit)).collect::<Vec<_>>()).unwrap();
    }
    write!(told, "{:?}", session.scope("window/2")).unwrap();
    session.mark_dirty();
    let _ = session.autosave(|capture| write!(told, "{capture:?}").unwrap());
    told
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut told = format!("{error} {error:?} {error:#} {error:#?}");
    let mut cause = error.source();
    while let Some(error) = cause {
        write!(told, " {error} {error:?}").unwrap();
        cause = error.source();
    }
    told
}

#[test]
fn what_was_typed_is_in_the_logs_and_in_no_other_file_message_or_debug_output() {
    let scratch = folder::scratch();
    let place = scratch.path().join("state");
    let open = || Session::builder(APP).dir(&place).open();
    let mut session = open();
    type_secrets(&mut session);
    assert!(!spills(&place).is_empty());
    only_in_logs(scratch.path());
    let mut heard = told(&mut session);
    // A second instance, refused and in a slot.
    let second = Session::builder(APP).dir(&place).open();
    heard += &chain(&second.status().refused.unwrap());
    let mut slot = Session::builder(APP).dir(&place).slot_per_instance().open();
    type_secrets(&mut slot);
    heard += &told(&mut slot);
    only_in_logs(scratch.path());
    drop(slot);
    // Summed up, killed, damaged.
    let mut random = Random::new(3);
    for _ in 0..2 {
        put(&mut session, "a", |capture| capture.set(BULK, &random.text(300 << 10)));
    }
    session.save(|_| {}).unwrap();
    only_in_logs(scratch.path());
    let killed = folder::write(&folder::logs(&place));
    drop(session);
    for at in 0..12 {
        let mut files = folder::logs(killed.path());
        for bytes in files.values_mut() {
            let len = bytes.len();
            folder::flip(bytes, random.index(len * 8));
        }
        let spoiled = folder::write(&files);
        let mut session = Session::builder(APP).dir(spoiled.path()).open();
        for section in [NOTE, PASSWORD, PIN] {
            let _ = session.get(section).map_err(|error| heard += &chain(&error));
        }
        heard += &told(&mut session);
        only_in_logs(spoiled.path());
        if at % 3 == 0 {
            session.close().unwrap();
            only_in_logs(spoiled.path());
        }
    }
    assert!(!heard.contains(CANARY), "{heard}");
}

#[derive(Debug, Serialize, Deserialize)]
enum Other {
    Nothing,
    Both(u64, Vec<String>),
}

#[test]
fn no_error_tells_what_was_typed() {
    let place = folder::scratch();
    let mut session = Session::builder(APP).dir(place.path()).open();
    type_secrets(&mut session);
    let mut heard = String::new();
    let mut hear = |error: Option<leftoff::Error>, kind: ErrorKind| {
        let error = error.unwrap_or_else(|| panic!("no {kind:?}"));
        assert_eq!(error.kind(), kind);
        heard += &chain(&error);
    };
    hear(session.get(Section::<Other>::new("note", 1)).err(), ErrorKind::InvalidSetting);
    hear(session.get(Section::<String>::new("note", 2)).err(), ErrorKind::NoMigration);
    let reopen = |session: Session| {
        drop(session);
        Session::builder(APP).dir(place.path()).open()
    };
    session = reopen(session);
    hear(session.get(Section::<Other>::new("note", 1)).err(), ErrorKind::Decode);
    session = reopen(session);
    hear(session.get(Section::<(char, bool, String)>::new("note", 1)).err(), ErrorKind::Decode);
    session.mark("a");
    let limited = Section::<String>::new("limited", 1).limit(10);
    hear(session.autosave(|capture| capture.set(limited, &canary("limit"))).err(), ErrorKind::TooLarge);
    session.mark("a");
    session.autosave(|capture| capture.set(Section::<String>::new("new", 9), &canary("new"))).unwrap();
    hear(session.get(Section::<String>::new("new", 3)).err(), ErrorKind::NewerSection);
    drop(session);
    // Of the storage.
    let faults = Faults::new();
    let backend = FaultyBackend::new(FileBackend::open(place.path()).unwrap(), faults.clone());
    let mut session = Session::builder(APP).backend(backend).without_thread().open();
    for call in Call::ALL {
        faults.inject(call, When::Always, Fault::Os(5));
    }
    session.mark(Mark::new("a").label(&canary("label")));
    let error = session.save(|capture| capture.set(NOTE, &canary("unwritten"))).unwrap_err();
    heard += &chain(&error);
    write!(heard, "{:?}", session.status()).unwrap();
    heard += &chain(&session.history().unwrap_err());
    heard += &chain(&session.forget().unwrap_err());
    assert!(!heard.contains(CANARY), "{heard}");
}

/// Panics while secrets are being saved and restored.
#[test]
fn panicking_child() {
    let Some(place) = child::role() else { return };
    let mut session = Session::builder(APP).dir(place).open();
    type_secrets(&mut session);
    session.mark(Mark::new("a").label(&canary("label")));
    let _ = session.autosave(|capture| {
        capture.set(NOTE, &canary("second"));
        child::say("panics");
        panic!("of the application");
    });
}

#[test]
fn no_panic_tells_what_was_typed() {
    let place = folder::scratch();
    let mut process = child::spawn("privacy::panicking_child", place.path().to_str().unwrap());
    let output = process.env("RUST_BACKTRACE", "full").output().unwrap();
    let (out, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(out.contains(">panics") && format!("{out}{errors}").contains("of the application"), "{out} {errors}");
    assert!(!out.contains(CANARY) && !errors.contains(CANARY), "{out} {errors}");
    only_in_logs(place.path());
    assert_ne!(Session::builder(APP).dir(place.path()).open().outcome(), Outcome::Damaged);
}

#[test]
fn what_is_to_be_erased_on_close_is_in_no_file_after_any_clean_close() {
    let pin = canary("pin");
    let holds = |place: &Path| {
        folder::logs(place).values().any(|bytes| bytes.windows(pin.len()).any(|window| window == pin.as_bytes()))
    };
    for way in ["plain", "shared", "twice", "summed up", "scoped", "restored", "slot"] {
        let scratch = folder::scratch();
        let place = scratch.path().join("state");
        let open = || Session::builder(APP).dir(&place).open();
        let mut session = open();
        let mut random = Random::new(4);
        session.mark("a");
        match way {
            "shared" => drop(session.autosave(|capture| capture.share(PIN, &std::sync::Arc::new(pin.clone())))),
            "scoped" => drop(session.autosave(|capture| capture.scope("window/2").set(PIN, &pin))),
            _ => drop(session.autosave(|capture| capture.set(PIN, &pin))),
        }
        match way {
            "twice" => drop(session.save(|capture| capture.set(PIN, &format!("{pin} and more"))).unwrap()),
            "summed up" => {
                for _ in 0..2 {
                    put(&mut session, "a", |capture| capture.set(BULK, &random.text(300 << 10)));
                    session.save(|_| {}).unwrap();
                }
            }
            "restored" => {
                session.suspend("call").unwrap();
                drop(session);
                session = open();
                assert_eq!(session.get(PIN).unwrap().as_ref(), Some(&pin));
            }
            "slot" => {
                let mut slot = Session::builder(APP).dir(&place).slot_per_instance().open();
                put(&mut slot, "a", |capture| capture.set(PIN, &pin));
                assert!(holds(&place.join("slot-2")));
                slot.close().unwrap();
                assert!(!holds(&place.join("slot-2")));
            }
            _ => {}
        }
        session.save(|_| {}).unwrap();
        assert!(holds(&place), "{way}");
        session.close().unwrap();
        assert!(!holds(&place), "{way}");
    }
}

#[test]
fn umask_child() {
    let Some(role) = child::role() else { return };
    let (umask, place) = role.split_once('|').unwrap();
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(umask.parse().unwrap()));
    let mut random = Random::new(3);
    let mut session = Session::builder(APP).dir(place).open();
    let mut slot = Session::builder(APP).dir(place).slot_per_instance().open();
    for session in [&mut session, &mut slot] {
        for _ in 0..3 {
            put(session, "a", |capture| capture.set(BULK, &random.text(300 << 10)));
            session.save(|_| {}).unwrap();
        }
    }
    child::say("done");
    std::process::abort();
}

#[test]
fn every_file_and_folder_is_private_whatever_the_umask() {
    fn check(place: &Path, count: &mut usize) {
        let mode = |path: &Path| fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777;
        assert_eq!(mode(place), 0o700, "{place:?}");
        for entry in fs::read_dir(place).unwrap() {
            let path = entry.unwrap().path();
            *count += 1;
            if path.is_dir() { check(&path, count) } else { assert_eq!(mode(&path), 0o600, "{path:?}") }
        }
    }
    for umask in [0, 0o022, 0o077, 0o777] {
        let scratch = folder::scratch();
        let place = scratch.path().join("state");
        let output = child::spawn("privacy::umask_child", &format!("{umask}|{}", place.display())).output().unwrap();
        assert!(String::from_utf8_lossy(&output.stdout).contains(">done"), "{umask:o}: {output:?}");
        let mut count = 0;
        check(&place, &mut count);
        assert!(count > 8, "{count}");
    }
}

/// Whatever leads out of the folder is not followed: a log, the lock, its holder, a slot.
#[test]
fn a_link_planted_in_the_folder_is_not_followed() {
    let scratch = folder::scratch();
    let (place, elsewhere) = (scratch.path().join("state"), scratch.path().join("elsewhere"));
    fs::create_dir(&elsewhere).unwrap();
    fs::write(elsewhere.join("precious"), "precious").unwrap();
    fs::create_dir(&place).unwrap();
    for name in ["slot-2", "slot-3"] {
        symlink(&elsewhere, place.join(name)).unwrap();
    }
    fs::write(place.join("slot-4"), "a file").unwrap();
    symlink(elsewhere.join("precious"), place.join("holder")).unwrap();
    let mut first = Session::builder(APP).dir(&place).slot_per_instance().open();
    let mut second = Session::builder(APP).dir(&place).slot_per_instance().open();
    for session in [&mut first, &mut second] {
        assert_eq!(session.outcome(), Outcome::Fresh, "{:?}", session.status().refused);
        type_secrets(session);
        session.save(|_| {}).unwrap();
    }
    let there: Vec<_> = fs::read_dir(&elsewhere).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(there, ["precious"]);
    assert_eq!(fs::read_to_string(elsewhere.join("precious")).unwrap(), "precious");
    // The lock, above all: whoever could make us lock and sign something else could have it spoiled.
    drop((first, second));
    fs::remove_file(place.join("lock")).unwrap();
    symlink(elsewhere.join("precious"), place.join("lock")).unwrap();
    let session = Session::builder(APP).dir(&place).open();
    assert_eq!(session.outcome(), Outcome::Unavailable);
    assert_eq!(fs::read_to_string(elsewhere.join("precious")).unwrap(), "precious");
    assert!(FileBackend::open(&elsewhere).unwrap().list().unwrap().is_empty());
}
