//! The ten promises of the design, each as a user would hold the library to it.

mod places;

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use leftoff::backend::{Backend, FrameId, MemoryBackend};
use leftoff::marker::anchor::Elements;
use leftoff::marker::resolve::Certainty;
use leftoff::{AppId, ErrorKind, LastExit, Mark, Outcome, Phase, Saved, Section, SectionFate, Session};
use leftoff_testing::{Call, Faults, FaultyBackend, When};

use crate::support::clock::seconds;
use crate::support::{APP, Doors, ManualClock, Random, child, crash, folder, frames, open, put, rewrite, still};
use places::{Newer, Volatile};

const FORM: Section<String> = Section::new("form", 1);
const LAYOUT: Section<[u32; 4]> = Section::new("layout", 1);
const BULK: Section<String> = Section::new("bulk", 1);

/// Everything an application does in a year, in a second: launches, saves, summings up, deaths.
fn a_year(memory: &MemoryBackend, mut check: impl FnMut(&MemoryBackend)) {
    let mut random = Random::new(1);
    for launch in 0..12 {
        let clock = ManualClock::new();
        let mut session = still(memory.clone()).clock(clock.clone()).open();
        session.get(FORM).unwrap();
        for step in 0..12 {
            put(&mut session, "form/name", |capture| {
                capture.set(FORM, &format!("launch {launch}, step {step}"));
                capture.set(BULK, &random.text(60 << 10));
            });
            clock.advance(seconds(5));
            session.run_pending();
            check(memory);
        }
        match launch % 3 {
            0 => session.close().unwrap(),
            1 => drop(session.suspend("call").unwrap()),
            _ => crash(session),
        }
        check(memory);
    }
}

#[test]
fn promise_1_nothing_is_ever_overwritten() {
    const NEWER: Section<[u32; 4]> = Section::new("form", 2);

    // Whatever was stored under a name has the same bytes for as long as it is there.
    let mut seen: BTreeMap<FrameId, Vec<u8>> = BTreeMap::new();
    a_year(&MemoryBackend::new(), |memory| {
        for (id, bytes) in frames(memory) {
            let before = seen.entry(id).or_insert_with(|| bytes.clone());
            assert!(*before == bytes, "{id:?} has changed");
        }
    });
    assert!(seen.keys().map(|id| id.generation).collect::<std::collections::BTreeSet<_>>().len() > 20);

    // The files of earlier launches are not so much as opened for writing.
    let folder = folder::scratch();
    let mut earlier = folder::Files::new();
    for launch in 0..8 {
        let mut session = Session::builder(APP).dir(folder.path()).open();
        let now = folder::logs(folder.path());
        for (name, bytes) in &earlier {
            assert!(now.get(name).is_none_or(|now| now == bytes), "launch {launch}: {name} has changed");
        }
        put(&mut session, "form", |capture| capture.set(FORM, &launch.to_string()));
        drop(session);
        earlier = folder::logs(folder.path());
    }

    // What cannot be read stays as it is, and is offered again when it can be.
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, "form", |capture| capture.set(NEWER, &[7; 4]));
    session.close().unwrap();
    let mut session = open(memory.clone());
    assert_eq!(session.get(FORM).unwrap_err().kind(), ErrorKind::NewerSection);
    put(&mut session, "form", |capture| capture.set(FORM, &"Ana".to_owned()));
    session.close().unwrap();
    assert_eq!(open(memory).get_quarantined(NEWER).unwrap(), Some([7; 4]));
}

#[test]
fn promise_2_could_not_read_is_never_was_empty() {
    let stored = || {
        let memory = MemoryBackend::new();
        let mut session = open(memory.clone());
        put(&mut session, "form", |capture| capture.set(FORM, &"the only copy".to_owned()));
        session.close().unwrap();
        memory
    };
    let look = |backend: Box<dyn Backend>| {
        let mut session = open(backend);
        (session.outcome(), session.get(FORM).map_err(|error| error.kind()))
    };
    let damaged = rewrite(&stored(), |_, bytes| {
        if bytes.windows(8).any(|window| window == b"the only") {
            bytes[0] ^= 1;
        }
        true
    });
    let crashed = stored();
    crash(open(crashed.clone()));
    let faults = Faults::new();
    faults.fail(Call::List, When::Always, io::ErrorKind::TimedOut);
    let value = || Ok(Some("the only copy".to_owned()));
    assert_eq!(look(Box::new(MemoryBackend::new())), (Outcome::Fresh, Ok(None)));
    assert_eq!(look(Box::new(stored())), (Outcome::Resumed, value()));
    assert_eq!(look(Box::new(crashed)), (Outcome::Recovered, value()));
    assert_eq!(look(Box::new(damaged)), (Outcome::Damaged, Err(ErrorKind::Damaged)));
    assert_eq!(
        look(Box::new(FaultyBackend::new(stored(), faults))),
        (Outcome::Unavailable, Err(ErrorKind::Unavailable))
    );
    let newer = Newer(stored());
    assert_eq!(look(Box::new(newer)), (Outcome::NewerFormat, Err(ErrorKind::NewerFormat)));
}

#[test]
fn promise_3_open_never_fails_for_the_storage_and_destroys_nothing() {
    let scratch = folder::scratch();
    let file = scratch.path().join("a file");
    std::fs::write(&file, b"somebody's").unwrap();
    let full = scratch.path().join("full of something else");
    std::fs::create_dir(&full).unwrap();
    std::fs::write(full.join("thesis.txt"), b"somebody's").unwrap();
    std::fs::write(full.join("0000000000000001-0000000000000001.log"), b"not ours, whatever its name says").unwrap();
    let places = [file.clone(), file.join("below a file"), full.clone(), scratch.path().join("a/b/c")];
    for place in places {
        let mut session = Session::builder(APP).dir(&place).open();
        if session.outcome() == Outcome::Unavailable {
            assert!(session.status().refused.is_some() && session.get(FORM).is_err(), "{place:?}");
        } else {
            put(&mut session, "form", |capture| capture.set(FORM, &"Ana".to_owned()));
            session.close().unwrap();
        }
    }
    assert_eq!(std::fs::read(&file).unwrap(), b"somebody's");
    assert_eq!(std::fs::read(full.join("thesis.txt")).unwrap(), b"somebody's");
    let odd = std::fs::read(full.join("0000000000000001-0000000000000001.log")).unwrap();
    assert_eq!(odd, b"not ours, whatever its name says");
    for app in ["", "no spaces", "../up", "-x", &"x".repeat(129)] {
        assert_eq!(app.parse::<AppId>().unwrap_err().kind(), ErrorKind::InvalidSetting, "{app:?}");
    }
    for call in [Call::List, Call::Read, Call::Create, Call::Sync, Call::Remove] {
        let faults = Faults::new();
        faults.fail(call, When::Always, io::ErrorKind::PermissionDenied);
        open(FaultyBackend::new(MemoryBackend::new(), faults));
    }
}

#[test]
fn promise_4_one_bad_section_spoils_only_itself_and_falls_back() {
    let memory = MemoryBackend::new();
    for round in 0..2_u32 {
        let mut session = open(memory.clone());
        put(&mut session, "form", |capture| {
            capture.set(FORM, &format!("round {round}{}", " and more of it".repeat(9 - 8 * round as usize)));
            capture.set(LAYOUT, &[round; 4]);
        });
        crash(session);
    }
    let spoiled = rewrite(&memory, |_, bytes| {
        if let Some(at) = bytes.windows(7).position(|window| window == b"round 1") {
            bytes[at] ^= 4;
        }
        true
    });
    let mut session = open(spoiled);
    assert!(session.get(FORM).unwrap().unwrap().starts_with("round 0 and more"));
    assert_eq!(session.get(LAYOUT).unwrap(), Some([1; 4]), "the other one of the same frame");
    let report = session.report();
    let fate = |name: &str| report.sections.iter().find(|line| line.name == name).unwrap().fate;
    assert!(matches!(fate("form"), SectionFate::FellBack { .. }), "{report:?}");
    assert_eq!(fate("layout"), SectionFate::Restored);
    assert!(!report.is_whole());
}

#[test]
fn promise_5_the_users_thread_never_waits_for_a_sync() {
    let memory = MemoryBackend::new();
    let doors = Doors::new(memory.clone());
    let mut session = Session::builder(APP).backend(doors.clone()).sync_every(Duration::from_millis(1)).open();
    doors.hold(Call::Sync);
    for step in 0..300 {
        session.mark("form");
        session.autosave(|capture| capture.set(FORM, &step.to_string())).unwrap();
        session.user_active();
        if step % 100 == 50 {
            // The flusher is in the middle of a sync.
            doors.wait_for(1);
            session.suspend("call").unwrap();
            session.wake();
        }
        if step == 200 {
            // And of the next one.
            doors.let_one_through();
            doors.wait_for(2);
        }
    }
    let (by_others, by_me) = doors.by_others_and_by_me(Call::Sync);
    assert!(
        by_others >= 2 && by_me == 0 && doors.forced() == 0,
        "{by_others} and {by_me}, the user waited {} times",
        doors.forced()
    );
    doors.open();
    session.close().unwrap();
    assert_eq!(open(memory).get(FORM).unwrap().as_deref(), Some("299"));
}

#[test]
fn promise_6_what_was_captured_survives_a_kill_and_what_was_synced_a_power_cut() {
    // Captured and killed: `kill.rs` does it with real processes.
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    assert_eq!(put(&mut session, "form", |capture| capture.set(FORM, &"captured".to_owned())), Saved::Written);
    crash(session);
    assert_eq!(open(memory).get(FORM).unwrap().as_deref(), Some("captured"));

    for seed in 0..crate::support::random::env("LEFTOFF_CUTS", 60) {
        let mut random = Random::new(seed);
        let mut disk = Volatile::default();
        let clock = ManualClock::new();
        let mut synced = 0_u32;
        for _ in 0..6 {
            let mut session = still(disk.clone()).clock(clock.clone()).open();
            if synced == 0 && session.outcome() == Outcome::Damaged {
                // Not even the first frame of the first launch arrived.
                break;
            }
            let found = session.get(LAYOUT).unwrap().map_or(0, |layout| layout[0]);
            let text = session.get(FORM).unwrap();
            assert!(found >= synced, "seed {seed}: {synced} was synced, {found} came back");
            assert_eq!(
                text.map(|text| text.len()),
                (found > 0).then_some(found as usize % 40),
                "seed {seed}: of one moment"
            );
            let element = session.marker().map(|marker| marker.element().to_owned());
            assert_eq!(element, (found > 0).then(|| format!("step/{found}")), "seed {seed}: of the same moment");
            let mut step = found;
            for _ in 0..random.below(30) {
                step += 1;
                session.mark(format!("step/{step}").as_str());
                let capture = |capture: &mut leftoff::Capture<'_>| {
                    capture.set(LAYOUT, &[step; 4]);
                    capture.set(FORM, &"x".repeat(step as usize % 40));
                };
                match random.below(8) {
                    0 => assert_eq!(session.save(capture).unwrap(), Saved::Synced),
                    _ => drop(session.autosave(capture).unwrap()),
                }
                if random.chance(20) {
                    clock.advance(seconds(2));
                    session.run_pending();
                }
                if session.status().is_synced {
                    synced = step;
                }
            }
            crash(session);
            disk = disk.cut(&mut random);
            clock.reboot();
        }
    }
}

#[test]
fn promise_7_the_marker_never_lies() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, Mark::new("invoice/42/amount").label("Amount"), |capture| capture.set(FORM, &"1".to_owned()));
    session.close().unwrap();

    let mut session = open(memory.clone());
    let marker = session.marker().unwrap().clone();
    // Frozen at restore, whatever the program and the user do.
    session.get(FORM).unwrap();
    session.confirm_restored();
    put(&mut session, "menu", |capture| capture.set(FORM, &"2".to_owned()));
    assert_eq!(session.marker(), Some(&marker));
    // An arrow only where the element is; a region or a card where it is not.
    let certainty = |paths: [&str; 2]| {
        let mut elements = Elements::new();
        for path in paths {
            elements.add(path);
        }
        marker.resolve(&elements).certainty()
    };
    assert_eq!(certainty(["invoice/42/amount", "invoice/4"]), Certainty::Point);
    assert_eq!(certainty(["invoice/42/customer", "invoice/43/amount"]), Certainty::Region);
    assert_eq!(certainty(["settings/paper", "settings/colour"]), Certainty::Card);
    crash(session);

    // Moved by the user's acts, and by nothing else.
    let mut session = open(memory.clone());
    assert_eq!(session.marker().unwrap().element(), "menu");
    session.mark_dirty();
    session.autosave(|capture| capture.set(FORM, &"3".to_owned())).unwrap();
    session.close().unwrap();
    assert_eq!(open(memory).marker().unwrap().element(), "menu");
}

#[test]
fn promise_8_restoring_does_nothing_but_restore() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, Mark::new("invoice/42/send").phase(Phase::Committed), |capture| {
        capture.set(FORM, &"sent".to_owned());
    });
    crash(session);
    let before = frames(&memory);
    for _ in 0..3 {
        let mut session = open(memory.clone());
        assert_eq!(session.marker().unwrap().phase(), Phase::Committed, "nobody sends it again");
        session.get(FORM).unwrap();
        session.history().unwrap();
        session.quarantined();
        session.report();
        session.close().unwrap();
    }
    for (id, bytes) in &before {
        assert_eq!(memory.read(*id).ok().as_ref(), Some(bytes));
    }
    let mut session = open(memory);
    assert_eq!(session.marker().unwrap().phase(), Phase::Committed);
    assert_eq!(session.marker().unwrap().trail().len(), 1, "looking is no act");
    assert_eq!(session.get(FORM).unwrap().as_deref(), Some("sent"));
    assert_eq!(*session.last_exit(), LastExit::Clean);
}

#[test]
fn promise_9_a_state_that_crashes_the_program_cannot_trap_the_user() {
    let folder = folder::scratch();
    let mut session = Session::builder(APP).dir(folder.path()).open();
    put(&mut session, "form", |capture| {
        capture.set(FORM, &"boom".to_owned());
        capture.set(LAYOUT, &[7; 4]);
    });
    session.close().unwrap();
    let start = || {
        let mut process = child::spawn("promises::dies_of_its_form", folder.path().to_str().unwrap()).spawn().unwrap();
        let said = child::hear(&mut child::ears(&mut process));
        process.wait().unwrap();
        said
    };
    for _ in 0..5 {
        assert_eq!(start(), None);
    }
    assert_eq!(start().as_deref(), Some("alive, layout [7, 7, 7, 7], kept form"), "the sixth start in a row works");
    let mut session = Session::builder(APP).dir(folder.path()).open();
    assert_eq!(
        session.get(FORM).unwrap().as_deref(),
        Some("boom"),
        "nothing was deleted for it, and it is offered again"
    );
}

#[test]
fn dies_of_its_form() {
    let Some(folder) = child::role() else { return };
    let mut session = Session::builder(APP).dir(folder).open();
    let layout = session.get(LAYOUT).unwrap();
    if session.get_or_default(FORM) == "boom" {
        std::process::abort();
    }
    session.confirm_restored();
    let kept: Vec<String> = session.quarantined().into_iter().map(|kept| kept.name).collect();
    child::say(&format!("alive, layout {:?}, kept {}", layout.unwrap(), kept.join(" ")));
}

#[cfg(unix)]
#[test]
fn promise_10_secrets_stay_out() {
    use std::fmt::Write;
    use std::os::unix::fs::PermissionsExt;

    use leftoff::backend::FileBackend;

    const PIN: Section<String> = Section::<String>::new("pin", 1).erase_on_close();
    const CANARY: &str = "canary-7e1f-of-a-secret";

    let scratch = folder::scratch();
    let place = scratch.path().join("state");
    let mut session = Session::builder(APP).dir(&place).open();
    let mark = Mark::new("login/pin").label(CANARY).detail(CANARY).note(CANARY).sensitive();
    put(&mut session, mark, |capture| capture.set(PIN, &CANARY.to_owned()));
    session.save(|_| {}).unwrap();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(&place), 0o700);
    for entry in std::fs::read_dir(&place).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{path:?}");
    }
    // A sensitive mark says nothing of its content to any file, section or not.
    let spilled = |place: &std::path::Path| {
        let spills = |bytes: &[u8]| bytes.windows(CANARY.len()).filter(|window| *window == CANARY.as_bytes()).count();
        std::fs::read_dir(place)
            .unwrap()
            .map(|entry| spills(&std::fs::read(entry.unwrap().path()).unwrap()))
            .sum::<usize>()
    };
    assert_eq!(spilled(&place), 1, "the section, while it is needed, and nothing else");

    let error = session.autosave(|_| {}).map(|_| ()).and_then(|()| session.history().map(|_| ()));
    let mut told =
        format!("{session:?} {:?} {:?} {:?} {:?}", session.status(), session.report(), session.quarantined(), error);
    session.suspend(leftoff::Reason::Call).unwrap();
    session.wake();
    let card = session.marker().unwrap().card(ManualClock::START);
    write!(told, "{:?} {session:?} {card} {:?}", session.marker(), session.history()).unwrap();
    assert!(!told.contains(CANARY), "{told}");
    session.close().unwrap();
    assert_eq!(spilled(&place), 0);

    // Errors name sections, never what is in them.
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, "a", |capture| capture.set(Section::<String>::new("form", 1), &CANARY.to_owned()));
    let wrong = session.get(Section::<(u64, u64, Vec<String>)>::new("form", 1)).unwrap_err();
    let mut source: Option<&dyn std::error::Error> = Some(&wrong);
    while let Some(error) = source {
        assert!(!format!("{error} {error:?}").contains(CANARY));
        source = error.source();
    }
    assert!(!format!("{:?}", FileBackend::open(&place).unwrap()).contains(CANARY));
}
