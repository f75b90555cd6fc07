//! One file to take along: what is in it, what is not, and that continuing it loses nothing.

use std::path::Path;
use std::time::Duration;

use leftoff::backend::{Backend, FrameId, MemoryBackend};
use leftoff::time::{Clock, Now, Timestamp};
use leftoff::{AppId, Builder, ErrorKind, Export, Mark, Outcome, Section, Session, WhyLeftOut};
use leftoff_testing::{Call, Faults, FaultyBackend, When};

const APP: AppId = AppId::new("com.example.desk");
const NAME: Section<String> = Section::new("name", 1);
const AMOUNT: Section<u32> = Section::new("amount", 1);
const PLAN: Section<String> = Section::new("plan", 1);
const KEY: Section<String> = Section::<String>::new("key", 1).private();
const PIN: Section<String> = Section::<String>::new("pin", 1).erase_on_close();

fn builder(backend: impl Backend) -> Builder {
    Session::builder(APP).backend(backend).without_thread()
}

fn text(value: &str) -> String {
    value.to_owned()
}

/// A desk with a state of its own, and the point in the form where its user stopped.
fn desk() -> Session {
    let mut desk = builder(MemoryBackend::new()).app_version("2.1").open();
    desk.mark(Mark::new("form/name").label("Name"));
    desk.autosave(|capture| capture.set(NAME, &text("An"))).unwrap();
    desk.mark(Mark::new("form/amount").label("Amount").detail("1 200"));
    desk.save(|capture| {
        capture.set(NAME, &text("Ana"));
        capture.set(AMOUNT, &1200);
        capture.scope("letter").set(PLAN, &text("post it"));
    })
    .unwrap();
    desk
}

/// A laptop with another state, in this storage.
fn laptop(memory: &MemoryBackend) -> Session {
    let mut laptop = builder(memory.clone()).open();
    laptop.mark(Mark::new("form/name").label("Name"));
    laptop
        .save(|capture| {
            capture.set(NAME, &text("Ben"));
            capture.set(PLAN, &text("call the bank"));
            capture.set(KEY, &text("of this laptop"));
        })
        .unwrap();
    laptop
}

/// Name, amount, plan, key, and the plan of the letter.
type State = (Option<String>, Option<u32>, Option<String>, Option<String>, Option<String>);

fn state(session: &mut Session) -> State {
    let letter = session.scope("letter").get(PLAN).unwrap();
    let (name, amount) = (session.get(NAME).unwrap(), session.get(AMOUNT).unwrap());
    (name, amount, session.get(PLAN).unwrap(), session.get(KEY).unwrap(), letter)
}

fn of_laptop() -> State {
    (Some(text("Ben")), None, Some(text("call the bank")), Some(text("of this laptop")), None)
}

fn of_desk_on_laptop() -> State {
    (Some(text("Ana")), Some(1200), None, Some(text("of this laptop")), Some(text("post it")))
}

fn frames(memory: &MemoryBackend) -> Vec<(FrameId, Vec<u8>)> {
    let mut ids = memory.list().unwrap();
    ids.sort_unstable();
    ids.into_iter().map(|id| (id, memory.read(id).unwrap())).collect()
}

fn contains(bytes: &[u8], needle: &str) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle.as_bytes())
}

#[test]
fn continued_state_has_the_values_and_the_marker_of_the_other_device() {
    let bytes = desk().export(0).unwrap().to_bytes();
    let export = Export::from_bytes(&bytes).unwrap();
    assert_eq!((export.app(), export.app_version(), export.states().len()), ("com.example.desk", "2.1", 1));
    let memory = MemoryBackend::new();
    let mut laptop = laptop(&memory);
    let continued = laptop.continue_from(export.present().unwrap()).unwrap();
    assert_eq!(state(&mut laptop), of_desk_on_laptop());
    let mut changed = continued.changed.clone();
    changed.sort();
    let pair = |scope: &str, name: &str| (text(scope), text(name));
    assert_eq!(changed, [pair("", "amount"), pair("", "name"), pair("", "plan"), pair("letter", "plan")]);
    assert_eq!(continued.kept, []);
    let marker = laptop.marker().unwrap();
    assert_eq!((marker.element(), marker.trail().last().unwrap().label()), ("form/amount", Some("Amount")));
    // A kill after the call loses nothing of it.
    std::mem::forget(laptop);
    let mut next = builder(memory).open();
    assert_eq!(state(&mut next), of_desk_on_laptop());
    assert_eq!(next.marker().unwrap().element(), "form/amount");
}

#[test]
fn undo_returns_to_the_own_state_with_its_marker_and_the_other_state_becomes_history() {
    let export = desk().export(0).unwrap();
    let mut laptop = laptop(&MemoryBackend::new());
    let continued = laptop.continue_from(export.present().unwrap()).unwrap();
    laptop.resume_at(&continued.undo).unwrap();
    assert_eq!(state(&mut laptop), of_laptop());
    assert_eq!(laptop.marker().unwrap().element(), "form/name");
    let other = laptop.history().unwrap().remove(0);
    assert_eq!(laptop.get_at(&other, AMOUNT).unwrap(), Some(1200));
}

#[test]
fn own_state_is_a_history_point_of_the_next_launch() {
    let (export, memory) = (desk().export(0).unwrap(), MemoryBackend::new());
    let mut first = laptop(&memory);
    first.continue_from(export.present().unwrap()).unwrap();
    first.close().unwrap();
    let mut next = builder(memory).open();
    let own = next.history().unwrap().into_iter().find(|point| next.get_at(point, NAME).unwrap() == Some(text("Ben")));
    next.resume_at(&own.unwrap()).unwrap();
    assert_eq!(state(&mut next), of_laptop());
}

#[test]
fn first_state_of_an_empty_device_can_be_undone_to_nothing() {
    let export = desk().export(0).unwrap();
    let mut fresh = builder(MemoryBackend::new()).open();
    let continued = fresh.continue_from(export.present().unwrap()).unwrap();
    assert_eq!(fresh.get(NAME).unwrap(), Some(text("Ana")));
    fresh.resume_at(&continued.undo).unwrap();
    assert_eq!(state(&mut fresh), (None, None, None, None, None));
}

#[test]
fn private_and_erased_sections_are_in_no_byte_of_an_export_and_are_listed() {
    let memory = MemoryBackend::new();
    let mut session = builder(memory.clone()).open();
    let first = |capture: &mut leftoff::Capture<'_>| {
        // The sections of an earlier version of the program were not private.
        capture.set(Section::<String>::new("key", 1), &text("canary-in-history"));
        capture.scope("letter").set(NAME, &text("public"));
    };
    session.mark("letter");
    session.save(first).unwrap();
    session
        .scope("letter")
        .mark(Mark::new("letter/pin").label("canary-label").detail("canary-detail").note("canary-note"));
    session
        .save(|capture| {
            capture.set(KEY, &text("canary-private"));
            capture.scope("letter").set(PIN, &text("canary-erased"));
            capture.scope("letter").set(NAME, &text("public"));
        })
        .unwrap();
    let export = session.export(usize::MAX).unwrap();
    assert!(export.states().len() > 1);
    let bytes = export.to_bytes();
    assert!(contains(&bytes, "public") && contains(&bytes, "letter/pin"));
    for canary in
        ["canary-private", "canary-erased", "canary-in-history", "canary-label", "canary-detail", "canary-note"]
    {
        assert!(!contains(&bytes, canary), "{canary}");
    }
    let left_out: Vec<_> = export.left_out().iter().map(|left| (&*left.scope, &*left.name, left.why)).collect();
    assert_eq!(left_out, [("", "key", WhyLeftOut::StaysHere), ("letter", "pin", WhyLeftOut::StaysHere)]);
    assert!(!format!("{export:?}").contains("public"));
    // The next launch has read none of it yet.
    std::mem::forget(session);
    let bytes = builder(memory).open().export(usize::MAX).unwrap().to_bytes();
    assert!(contains(&bytes, "public") && !contains(&bytes, "canary"));
}

#[test]
fn section_that_is_private_here_is_kept_and_named() {
    let mut desk = builder(MemoryBackend::new()).open();
    desk.save(|capture| capture.set(Section::<String>::new("key", 1), &text("of the desk"))).unwrap();
    let export = desk.export(0).unwrap();
    let mut laptop = laptop(&MemoryBackend::new());
    let continued = laptop.continue_from(export.present().unwrap()).unwrap();
    assert_eq!(laptop.get(KEY).unwrap(), Some(text("of this laptop")));
    assert_eq!(continued.kept, [(String::new(), text("key"))]);
}

#[test]
fn unreadable_section_is_left_out_and_not_removed_where_the_state_is_continued() {
    let memory = MemoryBackend::new();
    let mut desk = builder(memory.clone()).open();
    desk.save(|capture| {
        capture.set(NAME, &text("Ana"));
        capture.set(PLAN, &text("to-be-damaged"));
    })
    .unwrap();
    drop(desk);
    let damaged = MemoryBackend::new();
    for (id, mut bytes) in frames(&memory) {
        let needle = b"to-be-damaged";
        while let Some(at) = bytes.windows(needle.len()).position(|window| window == needle) {
            bytes[at] = b'T';
        }
        damaged.create(id, &bytes).unwrap();
    }
    let export = builder(damaged).open().export(0).unwrap();
    let [left] = export.left_out() else { panic!("one section is unreadable: {:?}", export.left_out()) };
    assert_eq!((&*left.name, left.why), ("plan", WhyLeftOut::Unreadable));
    let mut laptop = laptop(&MemoryBackend::new());
    laptop.continue_from(export.present().unwrap()).unwrap();
    assert_eq!(
        (laptop.get(NAME).unwrap(), laptop.get(PLAN).unwrap()),
        (Some(text("Ana")), Some(text("call the bank")))
    );
}

#[test]
fn earlier_state_of_an_export_can_be_continued() {
    let mut desk = desk();
    let export = desk.export(9).unwrap();
    let earlier = export.states().last().unwrap();
    assert!(export.states().len() > 1 && earlier.at() <= export.present().unwrap().at());
    let mut laptop = laptop(&MemoryBackend::new());
    laptop.continue_from(earlier).unwrap();
    assert_eq!((laptop.get(NAME).unwrap(), laptop.get(AMOUNT).unwrap()), (Some(text("An")), None));
    assert_eq!(earlier.marker(earlier.at()).unwrap().element(), "form/name");
}

#[test]
fn refused_export_changes_nothing() {
    let export = desk().export(0).unwrap();
    let present = export.present().unwrap();
    let memory = MemoryBackend::new();
    let mut own = laptop(&memory);
    let before = frames(&memory);
    let mut other = Session::builder(AppId::new("com.example.other")).backend(MemoryBackend::new()).open();
    other.save(|capture| capture.set(NAME, &text("of the other program"))).unwrap();
    let foreign = other.export(0).unwrap();
    let refused = own.continue_from(foreign.present().unwrap()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::OtherApplication);
    assert!(refused.to_string().contains("another application"));
    assert_eq!((state(&mut own), frames(&memory)), (of_laptop(), before));
    // A former id of the program is its own.
    let mut renamed =
        Session::builder(AppId::new("org.example.desk")).formerly(APP).backend(MemoryBackend::new()).open();
    renamed.continue_from(present).unwrap();
    let mut no_history = builder(memory.clone()).history_launches(0).open();
    assert_eq!(no_history.continue_from(present).unwrap_err().kind(), ErrorKind::InvalidSetting);
    assert_eq!(no_history.get(NAME).unwrap(), Some(text("Ben")));
    no_history.forget().unwrap();
    assert_eq!(no_history.continue_from(present).unwrap_err().kind(), ErrorKind::InvalidSetting);
}

#[test]
fn storage_that_fails_refuses_the_export_and_the_state_stays() {
    let export = desk().export(0).unwrap();
    let (memory, faults) = (MemoryBackend::new(), Faults::new());
    drop(laptop(&memory));
    let mut session = builder(FaultyBackend::new(memory.clone(), faults.clone())).open();
    session.mark("form/name");

    faults.fail(Call::Create, When::Always, std::io::ErrorKind::PermissionDenied);
    assert_eq!(session.continue_from(export.present().unwrap()).unwrap_err().kind(), ErrorKind::Unavailable);
    drop(session);
    assert_eq!(state(&mut builder(memory).open()), of_laptop());
}

#[cfg(any(unix, windows))]
mod files {
    use super::*;

    #[test]
    fn file_appears_complete_is_private_and_replaces_nothing() {
        let (scratch, export) = (tempfile::tempdir().unwrap(), desk().export(0).unwrap());
        let path = scratch.path().join("notes.leftoff");
        export.write_to(&path).unwrap();
        assert_eq!(Export::read_from(&path).unwrap(), export);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let other = laptop(&MemoryBackend::new()).export(0).unwrap();
        assert_eq!(other.write_to(&path).unwrap_err().kind(), ErrorKind::Unavailable);
        assert_eq!(Export::read_from(&path).unwrap(), export);
        assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 1);
        let kind = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            Export::read_from(&path).unwrap_err().kind()
        };
        let bytes = export.to_bytes();
        assert_eq!(kind(&bytes[..bytes.len() - 1]), ErrorKind::Truncated);
        assert_eq!(kind(&bytes[..9]), ErrorKind::Truncated);
        assert_eq!(kind(&[&bytes[..], b"x"].concat()), ErrorKind::Damaged);
        assert_eq!(kind(b"a letter to Ana, much longer than any header"), ErrorKind::NotAnExport);
        assert_eq!(Export::read_from(scratch.path().join("none")).unwrap_err().kind(), ErrorKind::Unavailable);
    }

    #[test]
    fn second_instance_exports_its_copy_and_continues_nothing() {
        let (scratch, export) = (tempfile::tempdir().unwrap(), desk().export(0).unwrap());
        let open = || Session::builder(APP).dir(scratch.path()).wait_for_holder(Duration::ZERO).open();
        let mut first = open();
        first.save(|capture| capture.set(NAME, &text("Ben"))).unwrap();
        let mut second = open();
        assert_eq!(second.outcome(), Outcome::ReadOnly);
        let mut copy = builder(MemoryBackend::new()).open();
        copy.continue_from(second.export(0).unwrap().present().unwrap()).unwrap();
        assert_eq!(copy.get(NAME).unwrap(), Some(text("Ben")));
        assert_eq!(second.continue_from(export.present().unwrap()).unwrap_err().kind(), ErrorKind::Unavailable);
        assert_eq!(second.get(NAME).unwrap(), Some(text("Ben")));
    }
}

#[derive(Debug)]
struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Now {
        Now { wall: Timestamp::from_millis(1_700_000_100_000), monotonic: Duration::from_secs(100) }
    }
}

fn golden() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/v1/export/desk.leftoff")
}

fn golden_export() -> Export {
    let mut session = builder(MemoryBackend::new()).clock(Fixed).app_version("1.2").open();
    session.mark(Mark::new("form/name").label("Name"));
    session.save(|capture| capture.set(NAME, &text("Ana Ünlü"))).unwrap();
    session.scope("letter").mark(Mark::new("letter/plan").label("Plan").breadcrumb(&["Letter"]));
    session
        .save(|capture| {
            capture.set(NAME, &text("Ana Ünlü"));
            capture.set(AMOUNT, &1200);
            capture.set(KEY, &text("stays here"));
            capture.scope("letter").set(PLAN, &text("post it"));
        })
        .unwrap();
    session.export(9).unwrap()
}

#[test]
fn golden_export_is_continued_and_written_again_byte_for_byte() {
    let bytes = include_bytes!("../fixtures/v1/export/desk.leftoff");
    let export = Export::from_bytes(bytes).unwrap();
    assert_eq!(export, golden_export());
    assert_eq!(export.to_bytes(), bytes);
    let mut laptop = laptop(&MemoryBackend::new());
    laptop.continue_from(export.present().unwrap()).unwrap();
    assert_eq!((laptop.get(NAME).unwrap(), laptop.get(AMOUNT).unwrap()), (Some(text("Ana Ünlü")), Some(1200)));
    assert_eq!(laptop.marker_in_letter(), Some(text("letter/plan")));
}

trait InLetter {
    fn marker_in_letter(&mut self) -> Option<String>;
}

impl InLetter for Session {
    fn marker_in_letter(&mut self) -> Option<String> {
        self.scope("letter").marker().map(|marker| marker.element().to_owned())
    }
}

/// Writes the golden file, once: `cargo test --test it -- --ignored write_golden_export`.
#[test]
#[ignore = "writes the golden file"]
fn write_golden_export() {
    std::fs::create_dir_all(golden().parent().unwrap()).unwrap();
    std::fs::write(golden(), golden_export().to_bytes()).unwrap();
}
