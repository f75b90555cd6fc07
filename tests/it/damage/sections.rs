//! One section is spoiled: it is missed for as long as it is missing, and the others are not.

use std::path::Path;

use super::judge::dies;
use super::*;

/// The bytes of the log with one bit flipped in the text `at`.
fn flip_text(folder: &Path, text: &[u8]) -> (String, Vec<u8>) {
    for (name, mut bytes) in folder::logs(folder) {
        if let Some(at) = bytes.windows(text.len()).position(|window| window == text) {
            folder::flip(&mut bytes, at * 8);
            std::fs::write(folder.join(&name), &bytes).unwrap();
            return (name, bytes);
        }
    }
    panic!("no file has it");
}

/// hydro-project/infinity#93 and can1357/oh-my-pi#9915: the failed restore was saved over what could not be read.
#[test]
fn can1357_oh_my_pi_9915_a_lost_section_is_not_forgotten_by_the_launches_after() {
    let folder = folder::scratch();
    let mut session = begin(folder.path());
    session.mark("a");
    session
        .autosave(|capture| {
            capture.set(FORM, &"the only copy of it".repeat(20));
            capture.set(LAYOUT, &[1; 8]);
        })
        .unwrap();
    session.close().unwrap();
    let (name, bytes) = flip_text(folder.path(), b"only copy");
    for launch in 0..12 {
        let mut session = begin(folder.path());
        match session.get(FORM) {
            Err(error) => assert_eq!(error.kind(), ErrorKind::Damaged),
            Ok(value) => panic!("launch {launch}: {value:?}, and not: there was one"),
        }
        session.mark("b");
        session.autosave(|capture| capture.set(LAYOUT, &[launch; 8])).unwrap();
        for _ in 0..4 {
            session.run_pending();
        }
        session.close().unwrap();
        assert_eq!(std::fs::read(folder.path().join(&name)).unwrap(), bytes, "launch {launch}");
    }
}

#[test]
fn a_lost_section_is_not_forgotten_on_a_backend_that_checks_nothing() {
    use crate::support::{open, put, rewrite, settle};
    let memory = leftoff::backend::MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, "a", |capture| {
        capture.set(FORM, &"the only copy of it".repeat(20));
        capture.set(LAYOUT, &[1; 8]);
    });
    session.close().unwrap();
    let memory = rewrite(&memory, |_, bytes| {
        if let Some(at) = bytes.windows(9).position(|window| window == b"only copy") {
            folder::flip(bytes, at * 8);
        }
        true
    });
    for launch in 0..12 {
        let mut session = open(memory.clone());
        match session.get(FORM) {
            Err(error) => assert_eq!(error.kind(), ErrorKind::Damaged),
            Ok(value) => panic!("launch {launch}: {value:?}, and not: there was one"),
        }
        put(&mut session, "b", |capture| capture.set(LAYOUT, &[launch; 8]));
        settle(&mut session);
        session.close().unwrap();
    }
}

#[test]
fn one_bad_section_of_a_frame_spoils_only_itself() {
    let folder = folder::scratch();
    let mut session = begin(folder.path());
    session.mark("a");
    session
        .autosave(|capture| {
            capture.set(FORM, &"a section that will be damaged".to_owned());
            capture.set(LAYOUT, &[1; 8]);
            capture.scope(WINDOW).set(DRAFT, &"Dear Ana".to_owned());
        })
        .unwrap();
    dies(session, folder.path());
    let mut session = begin(folder.path());
    session.mark("b");
    session.autosave(|_| {}).unwrap();
    dies(session, folder.path());
    flip_text(folder.path(), b"will be dama");
    let mut session = begin(folder.path());
    assert_eq!(session.outcome(), Outcome::Damaged);
    assert_eq!(session.get(LAYOUT).unwrap(), Some([1; 8]));
    assert_eq!(session.scope(WINDOW).get(DRAFT).unwrap().as_deref(), Some("Dear Ana"));
    assert_eq!(session.get(FORM).unwrap_err().kind(), ErrorKind::Damaged);
    assert_eq!(session.marker().unwrap().element(), "b");
}
