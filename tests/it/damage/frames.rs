//! Whole frames in the wrong place: exchanged, doubled, deleted, old ones under a new name, and the logs of two programs
//! in one folder. On a backend that checks nothing, so that the frames have to speak for themselves.

use leftoff::backend::MemoryBackend;

use super::*;
use crate::support::{frames, memory_of, open, put};

/// Two launches; each step saves a small and a long section, which is stored as a difference.
fn log() -> MemoryBackend {
    let memory = MemoryBackend::new();
    for launch in 0..2_u32 {
        let mut session = open(memory.clone());
        session.get(FORM).unwrap();
        for step in 0..4 {
            put(&mut session, format!("step/{launch}{step}").as_str(), |capture| {
                capture.set(LAYOUT, &[launch, step, 0, 0, 0, 0, 0, 0]);
                capture.set(FORM, &format!("{}{launch}{step}{}", "before ".repeat(90), " after".repeat(90)));
            });
        }
        crash(session);
    }
    memory
}

/// Whatever comes back was saved, and what is older than the newest is reported.
#[track_caller]
fn judge(memory: &MemoryBackend, what: &str) -> Outcome {
    let before = frames(memory);
    let mut session = open(memory.clone());
    assert!(!matches!(session.outcome(), Outcome::Fresh | Outcome::Unavailable), "{what}");
    let (layout, form) = (session.get(LAYOUT), session.get(FORM));
    let mut newest = 0;
    for value in [
        layout.map(|layout| layout.map(|layout| layout[0] * 10 + layout[1])),
        form.map(|form| {
            form.map(|form| {
                let digits: String = form.chars().filter(char::is_ascii_digit).collect();
                let rest = form.replace(&digits, "");
                assert_eq!(rest, format!("{}{}", "before ".repeat(90), " after".repeat(90)), "{what}");
                digits.parse().unwrap()
            })
        }),
    ] {
        match value {
            Ok(Some(value)) => {
                assert!([0, 1, 2, 3, 10, 11, 12, 13].contains(&value), "{what}: {value} was never saved");
                newest += u32::from(value == 13);
            }
            Ok(None) => assert_ne!(session.report().unreadable, 0, "{what}: it is not there, and nobody says why"),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Damaged, "{what}"),
        }
    }
    assert!(newest == 2 || session.outcome() != Outcome::Resumed, "{what}");
    assert!(newest == 2 || session.outcome() == Outcome::Damaged, "{what}: {:?}", session.report());
    let element = session.marker().map(|marker| marker.element().to_owned());
    assert!(element.is_none_or(|element| element.starts_with("step/")), "{what}");
    let outcome = session.outcome();
    crash(session);
    let kept: Vec<_> = frames(memory).into_iter().filter(|(id, _)| before.iter().any(|(old, _)| old == id)).collect();
    assert!(kept == before, "{what}: the damaged bytes are there afterwards");
    outcome
}

#[test]
fn frames_that_changed_places_or_are_there_twice_are_damage() {
    let whole = frames(&log());
    let (mut cases, mut told) = (0, 0);
    for a in 0..whole.len() {
        for b in (0..whole.len()).filter(|b| *b != a) {
            let mut doubled = whole.clone();
            doubled[a].1.clone_from(&whole[b].1);
            told +=
                u32::from(judge(&memory_of(&doubled), &format!("{b} in the place of {a}, too")) == Outcome::Damaged);
            let mut swapped = doubled;
            swapped[b].1.clone_from(&whole[a].1);
            told += u32::from(judge(&memory_of(&swapped), &format!("{a} and {b} exchanged")) == Outcome::Damaged);
            cases += 2;
        }
    }
    assert_eq!(told, cases, "none of them is believed");
    eprintln!("{cases} frames in wrong places, all told");
}

/// A frame of an earlier time under the same name: storage that gave back an old block.
#[test]
fn a_stale_frame_of_another_life_of_the_same_log_is_never_mixed_in() {
    let whole = frames(&log());
    // The same program on the same day, with other values: another writer by chance, and so another name.
    let other = frames(&log());
    for (at, (id, _)) in whole.iter().enumerate() {
        let stale = other
            .iter()
            .find(|(theirs, _)| theirs.index == id.index && theirs.generation.number == id.generation.number);
        let mut spoiled = whole.clone();
        spoiled[at].1.clone_from(&stale.unwrap().1);
        assert_eq!(judge(&memory_of(&spoiled), &format!("frame {at} of another log")), Outcome::Damaged);
    }
}

#[test]
fn a_deleted_frame_or_tail_is_noticed_or_ends_the_log() {
    let whole = frames(&log());
    for at in 0..whole.len() {
        let id = whole[at].0;
        // From here to the end of its generation: what a log looks like that ended earlier.
        let ended: Vec<_> = whole
            .iter()
            .filter(|(other, _)| other.generation != id.generation || other.index < id.index)
            .cloned()
            .collect();
        let memory = memory_of(&ended);
        let mut session = open(memory);
        if let Ok(Some(form)) = session.get(FORM) {
            assert!(form.starts_with("before ") && form.ends_with(" after"));
        }
        crash(session);
        // One alone, with others behind it: its place is empty.
        let mut gap = whole.clone();
        gap[at].1.clear();
        assert_eq!(judge(&memory_of(&gap), &format!("frame {at} gone")), Outcome::Damaged);
    }
}

/// Two programs, or two copies of one, in one folder: two histories under one roof.
#[test]
fn two_logs_in_one_folder_come_back_as_one_of_them() {
    let (a, b) = (make(Shape::Plain), make(Shape::SummedUp));
    for (first, second) in [(&a, &b), (&b, &a)] {
        let mut files = first.files.clone();
        files.extend(second.files.clone());
        assert_eq!(files.len(), 8, "their names differ");
        let folder = folder::write(&files);
        let mut session = begin_unsynced(folder.path());
        let (form, layout) = (session.get(FORM).unwrap().unwrap(), session.get(LAYOUT).unwrap().unwrap());
        assert!(form.starts_with("launch 2, as it was in step 2") && layout[..2] == [2, 2], "{form}");
        assert_eq!(session.marker().unwrap().element(), "invoice/2/field-2");
        session.mark("after");
        session.save(|capture| capture.set(FORM, &"after".to_owned())).unwrap();
        session.close().unwrap();
        for (name, bytes) in &files {
            assert_eq!(&std::fs::read(folder.path().join(name)).unwrap(), bytes, "{name}");
        }
        assert_eq!(begin_unsynced(folder.path()).get(FORM).unwrap().as_deref(), Some("after"));
    }
}
