//! What the user typed is searched in every byte on disk, in file names, errors, `Debug` output and panic messages.

use std::fmt::Write;
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::panic;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use leftoff::backend::{Backend, FileBackend};
use leftoff::{Mark, Outcome, Section, Session};
use leftoff_seal::{Key, KeyId, KeyProvider, KeyRing, Sealed, Sealer};

use crate::support::APP;

const NOTE: Section<String> = Section::new("note", 1);
const PRIVATE: Section<String> = Section::<String>::new("private", 1).private();
const ERASED: Section<String> = Section::<String>::new("erased", 1).erase_on_close();
const BULK: Section<String> = Section::new("bulk", 1);

/// Different in each run, so that no file of the machine contains it by chance.
struct Canary(String);

impl Canary {
    fn new() -> Self {
        Self(format!("kanarie{:016x}", RandomState::new().hash_one(1)))
    }

    fn of(&self, what: &str) -> String {
        format!("{}-{what}", self.0)
    }

    fn is_in(&self, bytes: &[u8]) -> bool {
        bytes.windows(self.0.len()).any(|window| window == self.0.as_bytes())
    }
}

/// Returns the files below a directory that contain the needle, in their name or in their bytes, and how many there are.
fn spills(place: &Path, is_in: &dyn Fn(&[u8]) -> bool) -> (Vec<String>, usize) {
    let (mut found, mut files) = (Vec::new(), 0);
    for entry in fs::read_dir(place).unwrap() {
        let path = entry.unwrap().path();
        let name = path.to_string_lossy().into_owned();
        if path.is_dir() {
            let (below, count) = spills(&path, is_in);
            found.extend(below);
            files += count;
        } else {
            files += 1;
            if is_in(&fs::read(&path).unwrap()) {
                found.push(name.clone());
            }
        }
        if is_in(name.as_bytes()) {
            found.push(name);
        }
    }
    (found, files)
}

/// Puts canaries wherever an application can put text.
fn type_secrets(session: &mut Session, canary: &Canary) {
    let [path, label, detail, note] = ["path", "label", "detail", "note-of-mark"].map(|what| canary.of(what));
    session.mark(Mark::new(&path).label(&label).detail(&detail).note(&note));
    let saved = session.autosave(|capture| {
        capture.set(NOTE, &canary.of("note"));
        capture.set(PRIVATE, &canary.of("private"));
        capture.set(ERASED, &canary.of("erased"));
        capture.set(BULK, &canary.of("bulk ").repeat(20_000));
        capture.scope(&canary.of("scope")).set(NOTE, &canary.of("note-of-scope"));
        capture.scope(&canary.of("closed")).set(NOTE, &canary.of("note-of-closed"));
    });
    // Without a key, the value is deferred or refused; either is fine here.
    drop(saved);
    session.scope(&canary.of("scope")).mark(Mark::new(&path).label(&label));
    let _ = session.autosave(|_| {});
}

/// Returns what a program might log of a session: in general, and of what has a name.
///
/// The names of scopes and elements are the program's, and are part of the handle of a scope, of errors about its
/// sections, and of the marks that a program asks for. They are in nothing else.
fn told(session: &mut Session, canary: &Canary) -> [String; 2] {
    let name = canary.of("scope");
    let mut told = format!("{session:?} {:?} {:?} {:?}", session.status(), session.report(), session.quarantined());
    write!(told, "{:?} {:?}", session.last_exit(), session.support_report()).unwrap();
    for result in [session.get(NOTE), session.get(PRIVATE), session.get(ERASED), session.get(BULK)] {
        if let Err(error) = result {
            write!(told, "{error} {error:?} {error:#}").unwrap();
        }
    }
    let mut named = format!("{:?} {:?} {:?}", session.marker(), session.last_mark(), session.scopes());
    write!(named, "{:?}", session.scope(&name)).unwrap();
    if let Err(error) = session.scope(&name).get(NOTE) {
        write!(named, "{error} {error:?} {error:#}").unwrap();
    }
    if let Some(error) = session.status().refused.or(session.status().failing) {
        write!(told, "{error} {error:?} {error:#} {error:#?}").unwrap();
    }
    let names = [name, canary.of("closed"), canary.of("path")];
    [told, names.iter().fold(named, |named, name| named.replace(name, "a name"))]
}

/// A provider that panics when it is told to.
#[derive(Debug, Clone)]
struct Panics(KeyRing, Arc<AtomicBool>);

impl KeyProvider for Panics {
    fn current(&self) -> io::Result<Option<Key>> {
        assert!(!self.1.load(Ordering::Relaxed), "the key store is gone");
        self.0.current()
    }

    fn find(&self, id: KeyId) -> io::Result<Option<Key>> {
        self.0.find(id)
    }
}

/// Works for some launches: saves, compactions, a kill, a closed scope, and a provider that panics. Returns all text that
/// a program could log.
fn work(canary: &Canary, open: &dyn Fn(Panics) -> Session, ring: &KeyRing) -> String {
    let (mut heard, panicking) = (String::new(), Arc::new(AtomicBool::new(false)));
    let keys = Panics(ring.clone(), Arc::clone(&panicking));
    for launch in 0..10 {
        let mut session = open(keys.clone());
        type_secrets(&mut session, canary);
        session.scope(&canary.of("closed")).close();
        heard += &told(&mut session, canary).concat();
        if launch == 5 {
            panicking.store(true, Ordering::Relaxed);
            session.mark("a");
            heard += &format!("{:?}", session.autosave(|capture| capture.set(NOTE, &canary.of("panic"))));
            heard += &told(&mut session, canary).concat();
            panicking.store(false, Ordering::Relaxed);
        }
        if launch % 3 == 0 {
            drop(session);
        } else {
            session.save(|_| {}).unwrap();
            session.close().unwrap();
        }
    }
    heard
}

#[test]
fn nothing_that_was_typed_is_on_disk_or_in_any_message() {
    let (scratch, canary) = (tempfile::tempdir().unwrap(), Canary::new());
    let key = Key::random().unwrap();
    let ring = KeyRing::new(key.clone());
    let panics = Arc::new(Mutex::new(String::new()));
    let heard_by_hook = Arc::clone(&panics);
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        heard_by_hook.lock().unwrap().push_str(&info.to_string());
        before(info);
    }));

    // The same work without the seal is found: the search works.
    let plain = scratch.path().join("plain");
    let open = |_| Session::builder(APP).backend(FileBackend::open(&plain).unwrap()).open();
    work(&canary, &open, &ring);
    let search = |bytes: &[u8]| canary.is_in(bytes);
    assert!(!spills(&plain, &search).0.is_empty());
    fs::remove_dir_all(&plain).unwrap();

    let place = scratch.path().join("sealed");
    let files = || FileBackend::open(&place).unwrap();
    let open = |keys| Session::builder(APP).backend(Sealed::new(files(), keys)).open();
    let mut heard = work(&canary, &open, &ring);
    // Without the key, with another, and damaged.
    for absent in [KeyRing::empty(), KeyRing::new(Key::random().unwrap())] {
        let mut session = Session::builder(APP).backend(Sealed::new(files(), absent)).open();
        assert_eq!(session.outcome(), Outcome::Unavailable);
        type_secrets(&mut session, &canary);
        heard += &told(&mut session, &canary).concat();
        heard += &format!("{:?}", session.close());
    }
    let mut logs: Vec<_> = fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().path()).collect();
    logs.retain(|path| path.extension().is_some_and(|extension| extension == "log"));
    for log in &logs {
        let mut bytes = fs::read(log).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(log, bytes).unwrap();
    }
    let backend = Sealed::new(files(), ring.clone());
    heard += &format!("{backend:?} {backend:#?} {:?}", backend.usage());
    for id in backend.list().unwrap() {
        if let Err(error) = backend.read(id) {
            heard += &format!("{error} {error:?} {error:#?}");
        }
    }
    let mut session = Session::builder(APP).backend(backend).open();
    heard += &told(&mut session, &canary).concat();
    drop(session);
    let sealer = Sealer::new(ring.clone()).compressed();
    let object = sealer.seal(canary.of("context").as_bytes(), canary.of("object").repeat(9).as_bytes()).unwrap();
    assert!(!canary.is_in(&object));
    heard += &format!("{sealer:?} {ring:?} {key:?} {:?}", sealer.open(b"elsewhere", &object).unwrap_err());

    drop(panic::take_hook());
    let (found, files) = spills(scratch.path(), &search);
    assert!(files > 3, "{files} files were searched");
    assert!(found.is_empty(), "{found:?}");
    let is_key = |bytes: &[u8]| bytes.windows(32).any(|window| window == key.expose());
    assert!(spills(scratch.path(), &is_key).0.is_empty(), "the key is in no file");
    let panics = panics.lock().unwrap();
    assert!(panics.contains("the key store is gone"), "the provider panicked: {panics}");
    assert!(!canary.is_in(panics.as_bytes()), "{panics}");
    assert!(!canary.is_in(heard.as_bytes()), "{heard}");
    assert!(heard.contains(&key.id().to_string()), "what was heard contains the words about the key");
    let digits = key.expose().iter().take(8).fold(String::new(), |digits, byte| digits + &format!("{byte:02x}"));
    assert!(!heard.contains(&digits) && !heard.contains(format!("{:?}", &key.expose()[..8]).trim_matches(['[', ']'])));
}
