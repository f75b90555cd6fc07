//! What an autosave takes from the heap: on a busy heap, each allocation may wait for another thread.

use leftoff::{Saved, Section};

use crate::support::{APP, ManualClock, folder};

const FORM: Section<(String, u64)> = Section::new("form", 1);
/// The bound for one small section in a directory, after all buffers have grown.
const MOST: u64 = 10;

#[test]
fn autosave_of_one_small_section_makes_few_allocations() {
    let folder = folder::scratch();
    let mut session = leftoff::Session::builder(APP).dir(folder.path()).without_thread().open();
    let mut value = ("Ana".to_owned(), 0);
    let mut counts = Vec::new();
    for step in 0..40 {
        value.1 = step;
        session.mark("form/name");
        let info = allocation_counter::measure(|| {
            assert_eq!(session.autosave(|capture| capture.set(FORM, &value)).unwrap(), Saved::Written);
        });
        counts.push(info.count_total);
    }
    counts.sort_unstable();
    assert!(counts[counts.len() / 2] <= MOST, "{counts:?}");
}

/// Sections of 4 kB, as many as a large program has.
const SECTIONS: usize = 500;
/// What a session may keep for each of them beside its bytes: names, metadata, room in maps. It is less than the bytes, so a
/// second copy of them would exceed it.
const EACH: u64 = 1_500;
/// The block that a reader keeps.
const READING: u64 = 256 * 1024;
const NOTE: Section<String> = Section::new("note", 1);

#[test]
fn session_keeps_the_bytes_of_its_sections_once() {
    let folder = folder::scratch();
    let clock = ManualClock::new();
    let open = || leftoff::Session::builder(APP).dir(folder.path()).clock(clock.clone()).without_thread().open();
    let sections: Vec<_> = (0..SECTIONS).map(|number| NOTE.named(&format!("note/{number:04}")).unwrap()).collect();
    let value = |number: usize, edit: usize| format!("{number:04}/{edit:04} ").repeat(400);
    let state: u64 = (0..SECTIONS).map(|number| value(number, 0).len() as u64).sum();
    let save_all = |session: &mut leftoff::Session, edit: usize| {
        session.mark_dirty();
        let all = |capture: &mut leftoff::Capture<'_>| {
            sections.iter().enumerate().for_each(|(number, section)| capture.set(*section, &value(number, edit)));
        };
        session.save(all).unwrap();
    };
    let drive = |session: &mut leftoff::Session| {
        for _ in 0..8 {
            let Some(wait) = session.run_pending() else { break };
            clock.advance(wait);
        }
    };
    let mut session = open();
    save_all(&mut session, 0);
    drive(&mut session);
    session.close().unwrap();

    // Each way in which a session comes to its bytes: restored, edited one by one, summed up, all captured.
    let mut kept = Vec::new();
    let mut session = None;
    let mut measure = |what: &'static str, step: &dyn Fn(&mut Option<leftoff::Session>)| {
        let info = allocation_counter::measure(|| step(&mut session));
        let before = kept.last().map_or(0, |(_, kept, _)| *kept);
        kept.push((what, before + info.bytes_current, info.bytes_max));
    };
    measure("opened", &|session| *session = Some(open()));
    measure("restored", &|session| {
        let session = session.as_mut().unwrap();
        for (number, section) in sections.iter().enumerate() {
            assert_eq!(session.get(*section).unwrap(), Some(value(number, 0)));
        }
        session.confirm_restored();
    });
    measure("edited", &|session| {
        let session = session.as_mut().unwrap();
        for (number, section) in sections.iter().enumerate().take(50) {
            session.mark("note");
            session.autosave(|capture| capture.set(*section, &value(number, 1))).unwrap();
        }
    });
    measure("driven", &|session| drive(session.as_mut().unwrap()));
    measure("all changed", &|session| save_all(session.as_mut().unwrap(), 2));
    measure("driven again", &|session| drive(session.as_mut().unwrap()));
    let most = i64::try_from(state + READING + EACH * SECTIONS as u64).unwrap();
    assert!(kept.iter().all(|(_, kept, _)| *kept <= most), "{state} bytes of state: {kept:?}");
}
