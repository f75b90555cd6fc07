//! A state that kills the application at each start must not keep its user out, and nothing is deleted for that.

use leftoff::backend::{Backend, MemoryBackend};
use leftoff::{KeptWhy, LastExit, Outcome, READY_AFTER, Reason, Section, SectionFate, Session};

use crate::support::clock::seconds;
use crate::support::{ManualClock, crash, open, put, still};

const FORM: Section<String> = Section::new("form", 1);
const LAYOUT: Section<u32> = Section::new("layout", 1);
const DRAFT: Section<Vec<u8>> = Section::new("draft", 1);

fn stored() -> MemoryBackend {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, "form/name", |capture| {
        capture.set(FORM, &"Ana".to_owned());
        capture.set(LAYOUT, &7);
        capture.set(DRAFT, &vec![1, 2, 3]);
    });
    session.close().unwrap();
    memory
}

/// A start that dies while it uses the section it asked for last.
fn dies_on(memory: &MemoryBackend, ask: impl FnOnce(&mut Session)) {
    let mut session = open(memory.clone());
    ask(&mut session);
    crash(session);
}

fn gets_all(session: &mut Session) {
    session.get(LAYOUT).unwrap();
    session.get(FORM).unwrap();
    session.get(DRAFT).unwrap();
}

#[track_caller]
fn fate(session: &Session, name: &str) -> Option<SectionFate> {
    session.report().sections.into_iter().find(|section| section.name == name).map(|section| section.fate)
}

#[test]
fn one_death_costs_nothing() {
    let memory = stored();
    dies_on(&memory, gets_all);
    let mut session = open(memory);
    assert_eq!((session.outcome(), session.last_exit()), (Outcome::Recovered, &LastExit::Crashed));
    assert_eq!(session.get(FORM).unwrap().as_deref(), Some("Ana"));
    assert_eq!(session.get(LAYOUT).unwrap(), Some(7));
    assert_eq!(session.get(DRAFT).unwrap(), Some(vec![1, 2, 3]));
    assert!(session.kept().is_empty());
}

/// kryptic-sh/buffr#61: three starts in a minute, and no way in.
#[test]
fn kryptic_sh_buffr_61_the_third_start_leaves_out_the_section_that_kills() {
    let memory = stored();
    for _ in 0..2 {
        dies_on(&memory, |session| {
            session.get(LAYOUT).unwrap();
            session.get(FORM).unwrap();
        });
    }
    let mut session = open(memory.clone());
    assert_eq!(session.get(FORM).unwrap(), None, "withheld");
    assert_eq!(fate(&session, "form"), Some(SectionFate::Withheld));
    assert_eq!(session.get(LAYOUT).unwrap(), Some(7), "only the blamed one is left out");
    assert_eq!(session.get(DRAFT).unwrap(), Some(vec![1, 2, 3]));
    assert_eq!(session.marker().unwrap().element(), "form/name");
    let kept = session.kept();
    assert_eq!(kept.len(), 1);
    assert_eq!((kept[0].name.as_str(), kept[0].why, kept[0].version), ("form", KeptWhy::Blamed, 1));
    assert_eq!(session.get_kept(FORM).unwrap().as_deref(), Some("Ana"), "nothing is deleted");
    put(&mut session, "form/name", |capture| capture.set(FORM, &"Bo".to_owned()));
    session.close().unwrap();

    let mut session = open(memory);
    assert_eq!(session.get(FORM).unwrap().as_deref(), Some("Bo"));
    assert_eq!(session.get_kept(FORM).unwrap().as_deref(), Some("Ana"), "offered until it is dropped");
    session.drop_kept(FORM);
    session.autosave(|_| {}).unwrap();
    assert!(session.kept().is_empty());
    assert_eq!(session.get_kept(FORM).unwrap(), None);
}

#[test]
fn what_was_withheld_stays_offered_through_many_launches() {
    let memory = stored();
    for _ in 0..2 {
        dies_on(&memory, |session| drop(session.get(FORM)));
    }
    for round in 0..20 {
        let mut session = open(memory.clone());
        assert_eq!(session.get_kept(FORM).unwrap().as_deref(), Some("Ana"), "launch {round}");
        assert_eq!(session.get(FORM).unwrap(), None);
        put(&mut session, "layout", |capture| capture.set(LAYOUT, &round));
        session.drive();
        session.close().unwrap();
    }
}

#[test]
fn deaths_that_no_section_explains_end_in_a_fresh_start_with_everything_offered() {
    let memory = stored();
    for _ in 0..2 {
        dies_on(&memory, |session| {
            gets_all(session);
            // It lived on after the last section, and died of something else.
            session.drive();
        });
    }
    let before: Vec<_> = crate::support::frames(&memory);
    let mut session = open(memory.clone());
    assert_eq!(session.get(FORM).unwrap(), None);
    assert_eq!(session.get(LAYOUT).unwrap(), None);
    assert!(session.marker().is_none() && session.scope_to_raise().is_none(), "a place in a state that is not there");
    let mut kept: Vec<_> = session.kept().into_iter().map(|kept| (kept.name, kept.why)).collect();
    kept.sort_by(|a, b| a.0.cmp(&b.0));
    let expected = ["draft", "form", "layout"].map(|name| (name.to_owned(), KeptWhy::FreshStart));
    assert_eq!(kept, expected);
    assert_eq!(session.get_kept(FORM).unwrap().as_deref(), Some("Ana"));
    assert_ne!(session.outcome(), Outcome::Fresh, "something was stored");
    for (id, bytes) in before {
        assert_eq!(memory.read(id).unwrap(), bytes, "nothing was deleted for it");
    }
    put(&mut session, "menu", |capture| capture.set(LAYOUT, &8));
    session.close().unwrap();

    let mut session = open(memory);
    assert_eq!(session.get(LAYOUT).unwrap(), Some(8));
    assert_eq!(session.get(FORM).unwrap(), None);
    assert_eq!(session.get_kept(FORM).unwrap().as_deref(), Some("Ana"));
    assert_eq!(session.marker().unwrap().element(), "menu");
}

#[test]
fn after_a_fresh_start_the_marker_points_where_the_user_went_then() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    for step in 0..40 {
        put(&mut session, if step % 2 == 0 { "old/a" } else { "old/b" }, |capture| capture.set(LAYOUT, &step));
    }
    session.close().unwrap();
    for _ in 0..2 {
        dies_on(&memory, |session| {
            session.get(LAYOUT).unwrap();
            session.drive();
        });
    }
    let mut session = open(memory.clone());
    assert!(session.marker().is_none());
    put(&mut session, "new", |capture| capture.set(LAYOUT, &1));
    session.close().unwrap();
    let session = open(memory);
    assert_eq!(session.marker().unwrap().element(), "new");
    assert_eq!(session.marker().unwrap().trail().len(), 1);
}

/// Three starts die, whatever they die of, and the next one works: it is given nothing that was there before.
#[test]
fn the_wrong_blame_is_found_out_one_start_later() {
    let memory = stored();
    // It is LAYOUT that kills, but only when everything is drawn: DRAFT is blamed.
    for _ in 0..2 {
        dies_on(&memory, gets_all);
    }
    let mut session = open(memory.clone());
    assert_eq!(fate(&session, "draft"), Some(SectionFate::Withheld));
    gets_all(&mut session);
    crash(session);
    let mut session = open(memory.clone());
    gets_all(&mut session);
    assert_eq!(session.get(LAYOUT).unwrap(), None);
    assert_eq!(session.kept().len(), 3);
    assert_eq!(session.get_kept(DRAFT).unwrap(), Some(vec![1, 2, 3]));
    assert_eq!(session.get_kept(LAYOUT).unwrap(), Some(7));
}

#[test]
fn a_marker_that_kills_cannot_keep_the_user_out() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, "a/path/that/crashes/the/tree", |_| {});
    session.close().unwrap();
    for _ in 0..3 {
        // It goes to the marker's element, and never comes back.
        dies_on(&memory, |session| drop(session.marker().cloned()));
    }
    assert!(open(memory).marker().is_none(), "the fourth start is given nothing");
}

#[test]
fn a_death_before_anything_was_asked_for_blames_nothing() {
    let memory = stored();
    for _ in 0..6 {
        dies_on(&memory, |_| {});
    }
    let mut session = open(memory);
    assert_eq!(session.get(FORM).unwrap().as_deref(), Some("Ana"), "the state had no part in it");
    assert!(session.kept().is_empty());
}

#[test]
fn launches_that_ended_well_do_not_count() {
    let memory = stored();
    let dies = |memory: &MemoryBackend| dies_on(memory, gets_all);
    let whole = |memory: &MemoryBackend, why: &str| {
        let mut session = open(memory.clone());
        assert_eq!(session.get(FORM).unwrap().as_deref(), Some("Ana"), "{why}");
        assert!(session.kept().is_empty(), "{why}");
        session
    };
    dies(&memory);
    whole(&memory, "one death").close().unwrap();
    dies(&memory);
    whole(&memory, "a clean close between").suspend(Reason::SessionEnd).unwrap();
    dies(&memory);
    let mut session = whole(&memory, "the end of the desktop session between");
    session.suspend(Reason::Sleep).unwrap();
    crash(session);
    dies(&memory);
    whole(&memory, "killed in its sleep");
}

#[test]
fn ready_or_the_first_mark_ends_the_danger() {
    for ready in [true, false] {
        let memory = stored();
        for _ in 0..5 {
            dies_on(&memory, |session| {
                gets_all(session);
                if ready {
                    session.ready();
                } else {
                    put(session, "menu", |_| {});
                }
            });
        }
        let mut session = open(memory);
        assert_eq!(session.get(FORM).unwrap().as_deref(), Some("Ana"));
        assert!(session.kept().is_empty());
    }
}

#[test]
fn a_minute_of_life_ends_the_danger_and_a_second_less_does_not() {
    for (age, counts) in [(READY_AFTER.checked_sub(seconds(1)).unwrap(), true), (READY_AFTER, false)] {
        let (memory, clock) = (stored(), ManualClock::new());
        for _ in 0..2 {
            let mut session = still(memory.clone()).clock(clock.clone()).open().unwrap();
            gets_all(&mut session);
            clock.advance(age);
            // The clock being set says nothing about age.
            clock.set_wall(-365 * 86_400_000);
            session.drive();
            crash(session);
        }
        let session = still(memory).clock(clock).open().unwrap();
        assert_eq!(session.kept().is_empty(), !counts, "died at the age of {age:?}");
    }
}

#[test]
fn a_launch_that_went_down_with_the_machine_does_not_count() {
    let (memory, clock) = (stored(), ManualClock::new());
    let start = || still(memory.clone()).clock(clock.clone()).open().unwrap();
    for _ in 0..5 {
        let mut session = start();
        assert!(matches!(session.last_exit(), LastExit::Clean | LastExit::Rebooted), "{:?}", session.last_exit());
        gets_all(&mut session);
        crash(session);
        clock.reboot();
    }
    let mut session = start();
    assert_eq!((session.outcome(), session.last_exit()), (Outcome::Recovered, &LastExit::Rebooted));
    assert_eq!(session.get(FORM).unwrap().as_deref(), Some("Ana"));
    assert!(session.kept().is_empty());
    // But it takes nothing back either: two deaths around a power cut are two.
    crash(session);
    let mut session = start();
    gets_all(&mut session);
    crash(session);
    clock.reboot();
    let mut session = start();
    gets_all(&mut session);
    crash(session);
    assert!(!start().kept().is_empty());
}

#[test]
fn a_launch_that_goes_on_in_a_new_file_is_still_one_launch() {
    let memory = stored();
    // Ready, compacted, and dead: no failed start, however the log went on.
    for round in 0..4_u8 {
        let mut session = open(memory.clone());
        gets_all(&mut session);
        let mut random = crate::support::Random::new(u64::from(round));
        for _ in 0..12 {
            put(&mut session, "draft", |capture| capture.set(DRAFT, &random.bytes(64 << 10)));
            session.drive();
        }
        put(&mut session, "draft", |capture| capture.set(DRAFT, &vec![1, 2, 3]));
        crash(session);
    }
    let mut session = open(memory);
    assert_eq!(session.last_exit(), &LastExit::Crashed);
    assert_eq!(session.get(FORM).unwrap().as_deref(), Some("Ana"));
    assert!(session.kept().is_empty());
}

/// mozilla-mobile/fenix#13604: the crash came back with the restored tab, again and again, after the fix had shipped too.
#[test]
fn mozilla_mobile_fenix_13604_a_kept_section_can_be_tried_again() {
    let memory = stored();
    for _ in 0..2 {
        dies_on(&memory, |session| drop(session.get(FORM)));
    }
    let mut session = open(memory.clone());
    let form = session.get_kept(FORM).unwrap().unwrap();
    put(&mut session, "form/name", |capture| capture.set(FORM, &form));
    session.drop_kept(FORM);
    session.autosave(|_| {}).unwrap();
    session.close().unwrap();
    let mut session = open(memory);
    assert_eq!(session.get(FORM).unwrap().as_deref(), Some("Ana"));
    assert!(session.kept().is_empty());
}

#[test]
fn a_refused_second_instance_does_not_count() {
    let folder = crate::support::folder::scratch();
    let open = || Session::builder(crate::support::APP).dir(folder.path()).open().unwrap();
    let mut first = open();
    put(&mut first, "form", |capture| capture.set(FORM, &"Ana".to_owned()));
    for _ in 0..3 {
        let mut second = open();
        assert_eq!(second.outcome(), Outcome::Unavailable);
        assert!(second.get(FORM).is_err());
        assert!(second.autosave(|_| {}).is_ok_and(|saved| saved == leftoff::Saved::Unchanged));
        second.mark("form");
        let saved = second.autosave(|capture| capture.set(FORM, &"no".to_owned())).unwrap();
        assert_eq!(saved, leftoff::Saved::Off);
    }
    first.close().unwrap();
    let mut session = open();
    assert_eq!(session.outcome(), Outcome::Resumed);
    assert_eq!(session.get(FORM).unwrap().as_deref(), Some("Ana"));
}
