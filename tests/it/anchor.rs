//! What is known of where the marked element stands: that it comes back with the marker, belongs to its burst of touches
//! only, and is no concern of the application's own sections.

use std::borrow::Cow;

use leftoff::backend::MemoryBackend;
use leftoff::marker::anchor::{Anchor, Content, Element, Elements, Key, KeyOrigin, Position, Probe, UiTree};
use leftoff::marker::resolve::{Certainty, Match, Relation};
use leftoff::{Action, Mark, Reason, Section, Session};

use crate::support::{crash, frames, holds, memory_of, open, put, still};

const FORM: Section<u32> = Section::new("form", 1);

fn form(names: &[&str]) -> Elements {
    let mut elements = Elements::new();
    for name in names {
        elements.add(Element::new(name).role("text field").name(name));
    }
    elements
}

/// Marks, and saves with the interface there is.
fn touch<'m>(session: &mut Session, mark: impl Into<Mark<'m>>, elements: &Elements) {
    session.mark(mark);
    session
        .autosave(|capture| {
            capture.set(FORM, &1);
            capture.anchor(elements);
        })
        .unwrap();
}

#[track_caller]
fn certainty(session: &Session, elements: &Elements) -> Certainty {
    session.marker().expect("there is a marker").resolve(elements).certainty()
}

#[test]
fn an_anchor_comes_back_after_a_kill_and_finds_what_a_path_alone_cannot() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    touch(&mut session, "person/mail", &form(&["person/name", "person/mail", "person/phone"]));
    crash(session);

    let session = open(memory);
    let marker = session.marker().unwrap();
    assert_ne!(marker.anchor(), &Anchor::from_path("person/mail"), "more is known than the path");
    let after = form(&["person/name", "person/phone"]);
    let nearest = marker.resolve(&after).outcome();
    assert_eq!(
        nearest,
        Match::Nearest { node: after.find("person/name").unwrap(), relation: Relation::PreviousSibling }
    );
}

#[test]
fn an_anchor_is_of_one_burst_of_touches_and_no_other() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    let elements = form(&["name", "mail"]);
    touch(&mut session, "name", &elements);
    let bare = |session: &Session| session.marker().unwrap().anchor() == &Anchor::from_path("name");
    session.mark("mail");
    session.mark("name");
    session.autosave(|capture| capture.set(FORM, &2)).unwrap();
    crash(session);
    let mut session = open(memory.clone());
    assert!(bare(&session), "the interface may have changed between the two bursts");
    touch(&mut session, "name", &elements);
    crash(session);
    assert!(!bare(&open(memory)));
}

#[test]
fn the_interface_is_described_once_for_a_burst() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    let elements = form(&["name", "mail"]);
    touch(&mut session, "name", &elements);
    let before: usize = frames(&memory).iter().map(|(_, bytes)| bytes.len()).sum();
    for _ in 0..10 {
        touch(&mut session, "name", &form(&["something", "else"]));
    }
    let after: usize = frames(&memory).iter().map(|(_, bytes)| bytes.len()).sum();
    assert!(after - before < 10 * 200, "ten keystrokes cost {} bytes", after - before);
    crash(session);
    assert_eq!(certainty(&open(memory), &elements), Certainty::Point);
}

#[test]
fn an_element_that_is_not_in_the_interface_yet_is_described_by_a_later_save() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    touch(&mut session, "name", &Elements::new());
    touch(&mut session, "name", &form(&["name"]));
    crash(session);
    assert_ne!(open(memory).marker().unwrap().anchor(), &Anchor::from_path("name"));
}

#[test]
fn a_position_follows_the_caret_and_comes_back() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    let text = "Dear Ana, the price is 1 200 EUR.";
    for caret in [4, 8, 10] {
        session.mark("mail/body");
        session.autosave(|capture| capture.position(Position::text(text, caret..caret))).unwrap();
    }
    crash(session);
    let session = open(memory.clone());
    let position = session.marker().unwrap().position().unwrap().clone();
    let longer = format!("From: me\n\n{text}");
    assert_eq!(position.find_in(&longer).unwrap().0, 20..20);
    drop(session);

    let mut session = open(memory.clone());
    session.mark("mail/subject");
    session.autosave(|_| {}).unwrap();
    crash(session);
    assert_eq!(open(memory).marker().unwrap().position(), None, "that was in another element");
}

#[test]
fn a_capture_that_panics_leaves_the_anchor_as_it_was() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    touch(&mut session, "name", &form(&["name", "mail"]));
    session.mark("mail");
    let panics = std::panic::AssertUnwindSafe(|| {
        let _ = session.autosave(|capture| {
            capture.anchor(&form(&["name", "mail"]));
            panic!("in the application");
        });
    });
    assert!(std::panic::catch_unwind(panics).is_err());
    session.suspend(Reason::Call).unwrap();
    let marker = session.wake().unwrap();
    assert_eq!(marker.anchor(), &Anchor::from_path("mail"));
}

#[test]
fn waking_in_the_same_process_knows_the_anchor_too() {
    let mut session = open(MemoryBackend::new());
    let elements = form(&["name", "mail", "phone"]);
    touch(&mut session, "mail", &elements);
    session.suspend(Reason::Meeting).unwrap();
    let marker = session.wake().unwrap();
    assert_ne!(marker.anchor(), &Anchor::from_path("mail"));
    assert_eq!(marker.resolve(&form(&["phone", "mail"])).certainty(), Certainty::Point);
}

#[test]
fn each_scope_has_its_own_anchor_and_loses_it_with_the_window() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    let (first, second) = (form(&["name", "mail"]), form(&["text", "name"]));
    session.scope("window/1").mark("name");
    session.scope("window/2").mark("name");
    session
        .autosave(|capture| {
            capture.scope("window/1").set(FORM, &1);
            capture.scope("window/1").anchor(&first);
            capture.scope("window/2").anchor(&second);
        })
        .unwrap();
    crash(session);

    let mut session = open(memory.clone());
    let anchor_of = |session: &mut Session, scope: &str| session.scope(scope).marker().map(|m| m.anchor().clone());
    let (one, two) = (anchor_of(&mut session, "window/1").unwrap(), anchor_of(&mut session, "window/2").unwrap());
    assert_ne!(one, two);
    assert_eq!((one, two), (Anchor::take(&first, "name").unwrap(), Anchor::take(&second, "name").unwrap()));
    session.scope("window/2").close();
    session.autosave(|_| {}).unwrap();
    crash(session);
    let mut session = open(memory);
    assert_eq!(session.scopes(), ["window/1"]);
    assert_eq!(anchor_of(&mut session, "window/2"), None);
    session.scope("window/2").mark("name");
    session.suspend(Reason::Call).unwrap();
    session.wake();
    assert_eq!(anchor_of(&mut session, "window/2"), Some(Anchor::from_path("name")));
}

#[test]
fn the_application_sees_nothing_of_how_anchors_are_stored() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    touch(&mut session, "name", &form(&["name"]));
    session.close().unwrap();
    let mut session = open(memory.clone());
    assert_eq!(session.get(FORM).unwrap(), Some(1));
    assert!(session.report().is_whole());
    assert_eq!(session.report().sections.len(), 1, "{:?}", session.report());
    assert_eq!(session.scopes(), [""; 0]);
    session.forget().unwrap();
    assert!(frames(&memory).is_empty());
}

#[test]
fn start_after_start_that_dies_sets_no_anchor_aside() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    touch(&mut session, "name", &form(&["name"]));
    crash(session);
    for _ in 0..5 {
        let mut session = open(memory.clone());
        let _ = session.get(FORM);
        crash(session);
    }
    let session = open(memory);
    assert!(session.quarantined().iter().all(|kept| kept.name == "form"), "{:?}", session.quarantined());
}

#[test]
fn a_sensitive_element_leaves_neither_its_name_nor_its_content() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    let mut elements = Elements::new();
    elements.add(Element::new("login/pin").role("text field").name("canary-name"));
    session.mark(Mark::new("login/pin").action(Action::Edit).sensitive());
    session
        .autosave(|capture| {
            capture.anchor(&elements);
            capture.position(Position::text("canary-text 1234", 5..9));
        })
        .unwrap();
    session.close().unwrap();
    assert!(!holds(&memory, b"canary"));
    let session = open(memory);
    assert_eq!(certainty(&session, &elements), Certainty::Point);
    assert!(
        !matches!(session.marker().unwrap().position().unwrap().content(), Content::Text { exact, .. } if !exact.is_empty())
    );
}

#[test]
fn damage_of_an_anchor_costs_the_anchor_only() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    session.mark("name");
    session.autosave(|capture| capture.set(FORM, &7)).unwrap();
    session.mark_dirty();
    session.autosave(|capture| capture.anchor(&form(&["name", "mail"]))).unwrap();
    crash(session);
    let mut frames = frames(&memory);
    // The anchor is all there is in the payload of the last frame.
    *frames.last_mut().unwrap().1.last_mut().unwrap() ^= 0x40;
    let mut session = open(memory_of(&frames));
    assert_eq!(session.get(FORM).unwrap(), Some(7));
    let marker = session.marker().unwrap();
    assert_eq!((marker.element(), marker.anchor()), ("name", &Anchor::from_path("name")));
}

#[test]
fn renames_lead_from_the_old_name_to_the_new_one() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    touch(&mut session, "contact/mail", &form(&["contact/name", "contact/mail"]));
    crash(session);
    let renamed = still(memory).renames(&[("contact", "person"), ("person/mail", "person/email")]);
    let session = renamed.open();
    let elements = form(&["person/email", "person/name"]);
    let found = session.marker().unwrap().resolve(&elements).outcome();
    assert_eq!(found, Match::Exact(elements.find("person/email").unwrap()));
}

#[test]
fn going_back_in_history_brings_the_anchor_of_that_time() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    let elements = form(&["name", "mail"]);
    touch(&mut session, "mail", &elements);
    session.close().unwrap();
    let mut session = open(memory.clone());
    // Another value: equal states take one place in the history, whatever was touched in between.
    put(&mut session, "name", |capture| {
        capture.set(FORM, &2);
        capture.anchor(&elements);
    });
    session.close().unwrap();
    let mut session = open(memory);
    assert_eq!(session.marker().unwrap().element(), "name");
    let point = session.history().unwrap().into_iter().find(|point| point.element.as_deref() == Some("mail")).unwrap();
    session.resume_at(&point).unwrap();
    assert_eq!(session.marker().unwrap().anchor(), &Anchor::take(&elements, "mail").unwrap());
}

/// A form whose fields have no keys. A field is named by its position in the tree, `~2`, which is another one later.
struct Nameless(Vec<&'static str>);

impl UiTree for Nameless {
    type Node = usize;
    fn root(&self) -> usize {
        0
    }
    fn parent(&self, node: usize) -> Option<usize> {
        match node {
            0 => None,
            1 => Some(0),
            _ => Some(1),
        }
    }
    fn children(&self, node: usize) -> impl Iterator<Item = usize> {
        (0..self.0.len() + 2).filter(move |child| self.parent(*child) == Some(node))
    }
    fn key(&self, node: usize) -> Option<Key<'_>> {
        (node == 1).then(|| Key { text: "form".into(), origin: KeyOrigin::Authored })
    }
    fn role(&self, node: usize) -> Cow<'_, str> {
        if node > 1 { "text field" } else { "box" }.into()
    }
    fn name(&self, node: usize) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(*self.0.get(node.checked_sub(2)?)?))
    }
    fn probe(&self, container: usize, key: &str) -> Probe<usize> {
        let named = key.strip_prefix('~').and_then(|node| node.parse().ok()).filter(|_| container == 1);
        named.map_or(Probe::Unknown, Probe::Realized)
    }
}

#[test]
fn an_element_without_a_key_is_captured_by_the_name_that_its_tree_gives_it() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, "form/~3", |capture| capture.anchor(&Nameless(vec!["Customer", "Amount", "Date", "Purpose"])));
    crash(session);
    let session = open(memory);
    let marker = session.marker().unwrap();
    assert_eq!((marker.element(), marker.anchor().path()), ("form/~3", "form"));
    let after = Nameless(vec!["Cost centre", "Customer", "Date", "Amount", "Purpose"]);
    assert_eq!(marker.resolve(&after).outcome(), Match::Moved(5));
    // Its name is that of another field by now, and no key.
    assert_eq!(marker.resolve(&Nameless(vec!["Date", "Purpose"])).certainty(), Certainty::Region);
}
