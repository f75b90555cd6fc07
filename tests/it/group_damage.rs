//! Groups of which a section is damaged: all of the group comes from one capture, and nothing that can be read is lost.

use std::collections::BTreeMap;

use leftoff::backend::MemoryBackend;
use leftoff::{ErrorKind, QuarantineReason, Section, SectionFate, Session};

use crate::support::clock::seconds;
use crate::support::random::env;
use crate::support::{ManualClock, Random, crash, folder, open, put, rewrite, settle, still};

const STEP: Section<String> = Section::<String>::new("step", 1).group("wizard");
const DATA: Section<String> = Section::<String>::new("data", 1).group("wizard");
const NOTE: Section<String> = Section::<String>::new("note", 1).group("wizard");
const LAYOUT: Section<String> = Section::new("layout", 1);

fn step(number: u32) -> String {
    format!("step {number}.")
}

/// Long enough to be stored as a difference to the value before it.
fn data(number: u32) -> String {
    format!("{} data {}.", "What does not change. ".repeat(40), number.to_string().repeat(6))
}

#[track_caller]
fn save(session: &mut Session, number: u32) {
    put(session, "wizard/step", |capture| {
        capture.set(STEP, &step(number));
        capture.set(DATA, &data(number));
        capture.set(LAYOUT, &format!("layout {number}."));
    });
}

/// The same frames with these texts damaged wherever they are stored.
fn spoil(memory: &MemoryBackend, texts: &[&str]) -> MemoryBackend {
    rewrite(memory, |_, bytes| {
        for text in texts.iter().map(|text| text.as_bytes()) {
            let found = (0..bytes.len()).filter(|at| bytes.get(*at..*at + text.len()) == Some(text));
            found.collect::<Vec<_>>().into_iter().for_each(|at| folder::flip(bytes, at * 8));
        }
        true
    })
}

/// Three captures, with the newest step damaged.
fn damaged() -> MemoryBackend {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    (1..=3).for_each(|number| save(&mut session, number));
    crash(session);
    spoil(&memory, &["step 3."])
}

#[track_caller]
fn assert_wizard(session: &mut Session, number: u32) {
    assert_eq!(session.get(STEP).unwrap(), Some(step(number)));
    assert_eq!(session.get(DATA).unwrap(), Some(data(number)));
}

#[track_caller]
fn assert_fell_back(session: &Session) {
    for fate in [session.fate(STEP), session.fate(DATA)] {
        assert!(matches!(fate, SectionFate::FellBack { .. }), "{fate:?}");
    }
}

#[test]
fn section_of_a_group_comes_from_the_same_capture_as_the_damaged_one() {
    let memory = damaged();
    let mut session = open(memory.clone());
    assert_fell_back(&session);
    assert_wizard(&mut session, 2);
    assert_fell_back(&session);
    assert_eq!(session.get(LAYOUT).unwrap().as_deref(), Some("layout 3."));
    assert_eq!(session.fate(LAYOUT), SectionFate::Restored);
    crash(session);
    // Whichever is asked for first.
    let mut session = open(memory);
    assert_eq!(session.get(DATA).unwrap(), Some(data(2)));
    assert_wizard(&mut session, 2);
}

#[test]
fn undamaged_group_is_handed_out_as_it_was_saved_last() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    (1..=3).for_each(|number| save(&mut session, number));
    put(&mut session, "wizard/data", |capture| capture.set(DATA, &data(4)));
    crash(session);
    let mut session = open(memory);
    assert_eq!(session.get(STEP).unwrap(), Some(step(3)));
    assert_eq!(session.get(DATA).unwrap(), Some(data(4)));
    assert_eq!((session.fate(STEP), session.fate(DATA)), (SectionFate::Restored, SectionFate::Restored));
    assert!(session.quarantined().is_empty());
}

#[test]
fn newer_value_of_a_damaged_group_stays_in_quarantine() {
    let memory = damaged();
    let mut session = open(memory.clone());
    assert_wizard(&mut session, 2);
    put(&mut session, "layout", |capture| capture.set(LAYOUT, &"layout 4.".to_owned()));
    crash(session);
    let mut session = open(memory);
    let aside: Vec<_> = session.quarantined().into_iter().map(|aside| (aside.name, aside.why)).collect();
    assert_eq!(aside, [("data".to_owned(), QuarantineReason::Replaced)]);
    assert_wizard(&mut session, 2);
    assert_eq!(session.get_quarantined(DATA).unwrap(), Some(data(3)));
    assert_eq!(session.bring_back(DATA).unwrap(), Some(data(3)));
}

#[test]
fn new_value_of_one_section_is_stored_beside_the_older_value_of_the_other() {
    let memory = damaged();
    let mut session = open(memory.clone());
    assert_eq!(session.get(STEP).unwrap(), Some(step(2)));
    put(&mut session, "wizard/step", |capture| capture.set(STEP, &step(9)));
    assert_eq!(session.get(DATA).unwrap(), Some(data(2)));
    crash(session);
    let mut session = open(memory);
    assert_eq!(session.get(STEP).unwrap(), Some(step(9)));
    assert_eq!(session.get(DATA).unwrap(), Some(data(2)));
    assert_eq!(session.get_quarantined(DATA).unwrap(), Some(data(3)));
}

#[test]
fn damage_in_older_values_moves_the_group_to_a_point_before_it() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    (1..=4).for_each(|number| save(&mut session, number));
    crash(session);
    let mut session = open(spoil(&memory, &["step 4.", "333333"]));
    assert_wizard(&mut session, 2);
}

#[test]
fn section_that_was_saved_first_after_the_point_is_withheld() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, "wizard", |capture| capture.set(STEP, &step(1)));
    save(&mut session, 2);
    crash(session);
    let memory = spoil(&memory, &["step 2."]);
    let mut session = open(memory.clone());
    assert_eq!(session.fate(DATA), SectionFate::Quarantined);
    assert_eq!(session.get(STEP).unwrap(), Some(step(1)));
    for _ in 0..2 {
        assert_eq!(session.get(DATA).unwrap_err().kind(), ErrorKind::Quarantined);
    }
    assert_eq!(session.fate(DATA), SectionFate::Quarantined);
    put(&mut session, "wizard", |capture| capture.set(STEP, &step(3)));
    crash(session);
    let mut session = open(memory);
    assert_eq!(session.get(STEP).unwrap(), Some(step(3)));
    assert_eq!(session.get(DATA).unwrap(), None);
    assert_eq!(session.bring_back(DATA).unwrap(), Some(data(2)));
}

#[test]
fn lost_section_does_not_hold_its_group_back() {
    let memory = damaged();
    let mut session = open(spoil(&memory, &["step 1.", "step 2."]));
    assert_eq!(session.get(STEP).unwrap_err().kind(), ErrorKind::Damaged);
    assert_eq!(session.get(DATA).unwrap(), Some(data(3)));
    assert!(session.quarantined().is_empty());
}

#[test]
fn lost_section_does_not_bring_back_a_point_before_its_first_capture() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    (1..=3).for_each(|number| save(&mut session, number));
    put(&mut session, "wizard/note", |capture| {
        capture.set(NOTE, &"a note".to_owned());
        capture.set(DATA, &data(4));
    });
    crash(session);
    let mut session = open(spoil(&spoil(&memory, &["a note"]), &["step 3."]));
    assert_eq!(session.get(NOTE).unwrap_err().kind(), ErrorKind::Damaged);
    assert_wizard(&mut session, 2);
    let mut session = open(spoil(&memory, &["a note"]));
    assert_eq!(session.get(STEP).unwrap(), Some(step(3)));
    assert_eq!(session.get(DATA).unwrap(), Some(data(4)));
}

#[test]
fn base_is_made_of_values_of_one_point_although_nobody_asked_for_them() {
    let memory = damaged();
    let clock = ManualClock::new();
    let mut session = still(memory.clone()).clock(clock.clone()).open();
    session.mark("layout");
    clock.advance(seconds(10));
    settle(&mut session);
    assert_wizard(&mut session, 2);
    session.close().unwrap();
    let mut session = open(memory);
    assert_wizard(&mut session, 2);
    assert_eq!(session.get_quarantined(DATA).unwrap(), Some(data(3)));
}

/// A log whose state is in a base as well as in the frames that it was made from.
fn summed_up() -> MemoryBackend {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    (1..=3).for_each(|number| save(&mut session, number));
    session.close().unwrap();
    let clock = ManualClock::new();
    let mut session = still(memory.clone()).clock(clock.clone()).open();
    session.mark("layout");
    clock.advance(seconds(10));
    settle(&mut session);
    crash(session);
    memory
}

#[test]
fn group_whose_base_is_damaged_comes_from_one_capture_before_it() {
    let memory = spoil(&summed_up(), &["step 3."]);
    let mut session = open(memory.clone());
    assert_wizard(&mut session, 2);
    assert_fell_back(&session);
    put(&mut session, "layout", |capture| capture.set(LAYOUT, &"layout 4.".to_owned()));
    crash(session);
    let mut session = open(memory);
    assert_wizard(&mut session, 2);
    assert_eq!(session.get_quarantined(DATA).unwrap(), Some(data(3)));
}

#[test]
fn earlier_state_with_damage_has_the_group_as_of_one_capture() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    (1..=3).for_each(|number| save(&mut session, number));
    session.close().unwrap();
    let mut session = open(memory.clone());
    save(&mut session, 4);
    session.close().unwrap();
    let mut session = open(spoil(&memory, &["step 3."]));
    let point = session.history().unwrap().remove(0);
    assert_eq!(session.get_at(&point, DATA).unwrap(), Some(data(2)));
    assert_eq!(session.get_at(&point, STEP).unwrap(), Some(step(2)));
    assert!(session.restore_section(&point, DATA).unwrap());
    assert_wizard(&mut session, 2);
}

#[test]
fn closed_scope_with_damage_keeps_its_group_as_of_one_capture_in_a_base() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    for number in 1..=3 {
        put(&mut session, "wizard", |capture| {
            let mut capture = capture.scope("window");
            capture.set(STEP, &step(number));
            capture.set(DATA, &data(number));
        });
    }
    session.scope("window").close();
    put(&mut session, "layout", |capture| capture.set(LAYOUT, &"layout 4.".to_owned()));
    crash(session);
    let memory = spoil(&memory, &["step 3."]);
    let clock = ManualClock::new();
    let mut session = still(memory.clone()).clock(clock.clone()).open();
    session.mark("layout");
    clock.advance(seconds(10));
    settle(&mut session);
    crash(session);
    let mut session = open(memory);
    assert!(session.reopen_scope("window"));
    assert_eq!(session.scope("window").get(STEP).unwrap(), Some(step(2)));
    assert_eq!(session.scope("window").get(DATA).unwrap(), Some(data(2)));
    assert_eq!(session.scope("window").get_quarantined(DATA).unwrap(), Some(data(3)));
}

/// The number that a value was saved with.
fn number(text: &str) -> Option<u32> {
    text.trim_end_matches('.').rsplit(' ').next()?.get(..1)?.parse().ok()
}

const GROUP: [(Section<String>, &str); 3] = [(STEP, "step"), (DATA, "data"), (NOTE, "note")];

/// What each section of the group had after each capture that changed any.
type Points = Vec<BTreeMap<&'static str, u32>>;

/// Captures of some of a group, the first one of two sections that are not damaged.
fn some_captures(random: &mut Random) -> (MemoryBackend, Points) {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    let mut points = Points::new();
    for capture_number in 1..=8 {
        let mut point = points.last().cloned().unwrap_or_default();
        put(&mut session, "wizard", |capture| {
            for (section, name) in GROUP {
                if random.chance(60) || (capture_number == 1 && name != "note") {
                    let text = if random.chance(50) { data(capture_number) } else { step(capture_number) };
                    capture.set(section, &format!("{name} {text}"));
                    point.insert(name, capture_number);
                }
            }
        });
        if points.last() != Some(&point) {
            points.push(point);
        }
    }
    crash(session);
    let mut is_first = true;
    let memory = rewrite(&memory, |_, bytes| {
        let payload = u64::from_le_bytes(bytes[32..40].try_into().unwrap());
        if payload > 0 && !std::mem::take(&mut is_first) && random.chance(40) {
            let at = bytes.len() - 1 - random.index(usize::try_from(payload).unwrap());
            folder::flip(bytes, at * 8);
        }
        true
    });
    (memory, points)
}

/// The same log up to a capture, counted from 0.
fn up_to(memory: &MemoryBackend, capture: usize) -> MemoryBackend {
    let mut captures = 0;
    rewrite(memory, |_, bytes| {
        captures += usize::from(bytes[32..40] != [0; 8]);
        captures <= capture + 1
    })
}

#[test]
fn any_damage_leaves_a_group_as_it_was_at_one_point_that_can_be_read() {
    let (seeds, mut newest) = (env("LEFTOFF_GROUPS", 150), 0);
    for seed in 0..seeds {
        let (memory, points) = some_captures(&mut Random::new(seed));
        let mut session = open(memory.clone());
        let lost = GROUP.map(|(section, _)| session.fate(section) == SectionFate::Lost);
        let is_whole = |capture: &usize| {
            let session = open(up_to(&memory, *capture));
            let is_whole = |section| matches!(session.fate(section), SectionFate::Restored | SectionFate::NeverSaved);
            GROUP.into_iter().zip(lost).all(|((section, _), is_lost)| is_lost || is_whole(section))
        };
        let mut readable = (0..points.len()).rev().filter(is_whole).map(|capture| points[capture].clone());
        let mut got = BTreeMap::new();
        for ((section, name), is_lost) in GROUP.into_iter().zip(lost) {
            match session.get(section) {
                Ok(value) => got.extend(value.as_deref().and_then(number).map(|number| (name, number))),
                Err(error) if is_lost => assert_eq!(error.kind(), ErrorKind::Damaged, "seed {seed}, {name}"),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Quarantined, "seed {seed}, {name}");
                    assert!(session.get_quarantined(section).unwrap().is_some(), "seed {seed}, {name}");
                }
            }
        }
        let is_it = |point: BTreeMap<&str, u32>| {
            let of_it = point
                .iter()
                .filter(|(name, _)| GROUP.iter().zip(lost).all(|((_, other), lost)| other != *name || !lost));
            of_it.eq(got.iter())
        };
        let position = readable.position(is_it);
        newest += u64::from(position == Some(0));
        assert!(position.is_some(), "seed {seed}: {got:?}, of {points:?}");
    }
    // An overwritten patch that is damaged may hide a newer value that could be read: see `Run::apply`.
    assert!(newest * 100 >= seeds * 98, "{newest} of {seeds} are of the newest such point");
}
