//! How far a value goes: canaries in sections, paths, labels, notes and names, searched in everything that is stored or said.

use std::path::Path;
use std::time::Duration;

use leftoff::{AppId, Capture, ErrorKind, Mark, Section, Sensitivity, Session};
use leftoff_roam::{Key, KeyRing, Roaming};
use leftoff_seal::Sealed;

use crate::support::{Device, WITHIN, bytes_below, key, roam};

const fn section(name: &'static str, is: Sensitivity) -> Section<String> {
    Section::<String>::new(name, 1).sensitivity(is)
}

const PUBLIC: Section<String> = section("public-canary", Sensitivity::Public);
const LOCAL: Section<String> = section("local-canary", Sensitivity::Local);
const SEALED: Section<String> = section("sealed-canary", Sensitivity::Sealed);
const SCRUBBED: Section<String> = section("scrubbed-canary", Sensitivity::ScrubbedAtClose);
const SECRET: Section<String> = section("secret-canary", Sensitivity::Secret);

fn text(of: &str) -> String {
    format!("{of} canary text")
}

fn save_all(capture: &mut Capture<'_>) {
    for (of, section) in
        [("public", PUBLIC), ("local", LOCAL), ("sealed", SEALED), ("scrubbed", SCRUBBED), ("secret", SECRET)]
    {
        capture.set(section, &text(of));
        capture.scope("scope-canary").set(section, &text(of));
    }
}

fn open(home: &Path, name: &str, is_sealed: bool) -> Session {
    let builder = Session::builder(AppId::new("com.example.form")).dir(home.join(name));
    if is_sealed { builder.layer(|storage| Sealed::new(storage, key())).open() } else { builder.open() }
}

fn start(home: &Path, name: &str, is_sealed: bool) -> Device {
    let session = open(home, name, is_sealed);
    let roaming: Roaming = roam(home, "device-canary").take_over_within(Duration::ZERO).start(&session).unwrap();
    Device { session, roaming }
}

/// The names of all files and directories below a directory.
fn names_below(dir: &Path) -> String {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| format!("{} {}", path.display(), if path.is_dir() { names_below(&path) } else { String::new() }))
        .collect::<Vec<_>>()
        .join(" ")
}

fn holds(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|part| part == word.as_bytes())
}

#[test]
fn no_canary_is_in_any_byte_of_a_sealed_device_or_the_store_nor_in_anything_said() {
    let home = tempfile::tempdir().unwrap();
    let mut desk = start(home.path(), "desk", true);
    let mark = |path: &'static str| Mark::new(path).label("label canary").note("note canary").detail("detail canary");
    desk.session.mark(mark("path-canary/a").breadcrumb(&["caption canary"]));
    desk.session.scope("scope-canary").mark(mark("path-canary/b"));
    let saved = desk.session.autosave(save_all);
    assert!(saved.is_ok() && desk.roaming.publish(&mut desk.session, WITHIN).unwrap());
    let mut laptop = start(home.path(), "laptop", true);
    let arrival = laptop.arrival();
    let mut said = vec![format!("{arrival:?}")];
    assert!(laptop.roaming.take_over(&mut laptop.session).unwrap());
    assert_eq!(laptop.session.get(PUBLIC).unwrap().as_deref(), Some("public canary text"));
    assert_eq!(laptop.session.get(SEALED).unwrap().as_deref(), Some("sealed canary text"));
    for kept in [LOCAL, SCRUBBED, SECRET] {
        assert_eq!(laptop.session.get(kept).unwrap(), None, "{} stays on its device", kept.name());
    }
    // A conflict, an error, and everything that can be printed.
    desk.session.autosave(|_| {}).unwrap();
    for device in [&mut desk, &mut laptop] {
        said.push(format!("{:?} {:?} {:?}", device.roaming, device.roaming.status(), device.roaming.others()));
        said.push(format!("{:?}", device.roaming.offers(PUBLIC)));
    }
    let wrong = Section::<u32>::new("public-canary", 1);
    said.push(desk.roaming.offers(wrong).map_or_else(|error| format!("{error:?} {error:#}"), |_| String::new()));
    let bytes = bytes_below(home.path());
    assert!(bytes.len() > 1000 && !holds(&bytes, "canary"));
    assert!(!names_below(home.path()).contains("canary"));
    assert!(said.iter().all(|said| !said.contains("canary")), "{said:#?}");
}

#[test]
fn secret_is_never_stored_and_its_marks_have_no_text() {
    let home = tempfile::tempdir().unwrap();
    let mut desk = start(home.path(), "desk", false);
    // As programs do at their start.
    assert_eq!(desk.session.get(SECRET).unwrap(), None);
    desk.session.mark(Mark::new("secret-canary/digit").label("label canary").note("note canary"));
    desk.session.autosave(save_all).unwrap();
    desk.session.flush().unwrap_err();
    let bytes = bytes_below(&home.path().join("desk"));
    assert!(holds(&bytes, "local canary text"), "the log is plain, so it can be searched");
    assert!(!holds(&bytes, "secret canary text") && !holds(&bytes, "label canary") && !holds(&bytes, "note canary"));
    assert_eq!(desk.session.get(SECRET).unwrap(), None);
    assert!(desk.session.last_mark().unwrap().is_sensitive());
}

#[test]
fn value_that_became_secret_is_removed() {
    const BEFORE: Section<String> = Section::new("secret-canary", 1);
    let home = tempfile::tempdir().unwrap();
    let mut session = open(home.path(), "desk", false);
    session.save(|capture| capture.set(BEFORE, &text("secret"))).unwrap();
    session.close().unwrap();
    let mut session = open(home.path(), "desk", false);
    session.save(|capture| capture.set(SECRET, &text("secret"))).unwrap();
    session.close().unwrap();
    assert_eq!(open(home.path(), "desk", false).get(BEFORE).unwrap(), None);
}

#[test]
fn sealed_section_is_not_stored_without_a_seal_and_the_status_says_so() {
    let home = tempfile::tempdir().unwrap();
    let mut desk = start(home.path(), "desk", false);
    desk.session.mark("a");
    desk.session.autosave(save_all).unwrap();
    let status = desk.session.status();
    let unsaved: Vec<_> = status.unsaved.iter().map(|of| (of.name.as_str(), of.error.kind())).collect();
    assert_eq!(unsaved, [("sealed-canary", ErrorKind::NotSealed); 2]);
    assert_eq!(
        desk.session.save(save_all).unwrap_err().kind(),
        ErrorKind::NotSealed,
        "`save` says whether all is safe"
    );
    assert!(!holds(&bytes_below(&home.path().join("desk")), "sealed canary text"));
    assert!(desk.roaming.publish(&mut desk.session, WITHIN).unwrap(), "the rest is sent");

    // Nor does it come in by way of another device.
    let mut laptop = start(home.path(), "laptop", true);
    laptop.session.mark("a");
    laptop.session.save(save_all).unwrap();
    laptop.roaming.publish(&mut laptop.session, WITHIN).unwrap();
    let mut tablet = start(home.path(), "tablet", false);
    tablet.arrival();
    tablet.roaming.take_over(&mut tablet.session).unwrap();
    assert!(tablet.session.get(PUBLIC).unwrap().is_some());
    assert_eq!(tablet.session.get(SEALED).unwrap(), None);
    tablet.session.flush().unwrap();
    assert!(!holds(&bytes_below(&home.path().join("tablet")), "sealed canary text"));
}

#[test]
fn scrubbed_value_is_in_no_byte_after_the_close() {
    let home = tempfile::tempdir().unwrap();
    let mut session = open(home.path(), "desk", false);
    session.save(|capture| capture.set(SCRUBBED, &text("scrubbed"))).unwrap();
    assert!(holds(&bytes_below(home.path()), "scrubbed canary text"));
    session.close().unwrap();
    assert!(!holds(&bytes_below(home.path()), "scrubbed canary text"));
}

#[test]
fn scope_adds_to_what_its_sections_demand() {
    let home = tempfile::tempdir().unwrap();
    let builder = Session::builder(AppId::new("com.example.form")).dir(home.path().join("desk"));
    let mut session =
        builder.scope_sensitivity("here", Sensitivity::Local).scope_sensitivity("secret", Sensitivity::Secret).open();
    let mut roaming = roam(home.path(), "desk").start(&session).unwrap();
    session.mark("a");
    session.scope("secret").mark(Mark::new("b").label("label canary"));
    let save = |capture: &mut Capture<'_>| {
        capture.set(PUBLIC, &text("main"));
        capture.scope("here/7").set(PUBLIC, &text("here"));
        capture.scope("secret").set(PUBLIC, &text("secret"));
    };
    session.autosave(save).unwrap();
    assert!(roaming.publish(&mut session, WITHIN).unwrap());
    assert_eq!(session.scope("secret").get(PUBLIC).unwrap(), None);
    assert!(!holds(&bytes_below(&home.path().join("desk")), "label canary"));
    let mut laptop = start(home.path(), "laptop", false);
    laptop.arrival();
    assert!(laptop.roaming.take_over(&mut laptop.session).unwrap());
    assert_eq!(laptop.session.get(PUBLIC).unwrap().as_deref(), Some("main canary text"));
    assert!(laptop.session.scopes().is_empty());
    assert_eq!(laptop.session.marker().map(|marker| marker.element().to_owned()).as_deref(), Some("a"));
    // A ring without the key says nothing of what it cannot read.
    let other = KeyRing::new(Key::from_bytes([1; 32]));
    assert!(!format!("{other:?}").contains("[1, 1"));
}
