//! The widgets beside the arrow: timeline, preview, what changed, open work.

use eframe::egui::{Rect, Ui, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use leftoff::backend::MemoryBackend;
use leftoff::marker::Changes;
use leftoff::marker::place::Direction;
use leftoff::{Action, AppId, Mark, Phase, Reason, Section, Session};
use leftoff_egui::{Arrow, Preview, Text, Timeline, TimelineEvent, Unfinished};

const TEXT: Section<String> = Section::new("text", 1);
const COUNT: Section<u32> = Section::new("count", 1);

struct Panels {
    session: Session,
    arrow: Arrow,
    timeline: Timeline,
    preview: Preview,
    changes: Changes,
    drafts: Vec<Unfinished<'static>>,
    asked: Vec<String>,
}

fn open(memory: &MemoryBackend) -> Session {
    Session::builder(AppId::new("org.example.panels")).backend(memory.clone()).without_thread().open()
}

fn panels(session: Session, show: impl Fn(&mut Ui, &mut Panels) + 'static) -> Harness<'static, Panels> {
    let (timeline, preview) = (Timeline::new(), Preview::new());
    let mut arrow = Arrow::new();
    arrow.set_utc_offset(|_| Some(0));
    let (changes, drafts, asked) = Default::default();
    let panels = Panels { session, arrow, timeline, preview, changes, drafts, asked };
    let mut harness = Harness::builder().with_size(vec2(330.0, 600.0)).build_ui_state(show, panels);
    harness.run();
    harness
}

fn timeline(ui: &mut Ui, panels: &mut Panels) {
    match panels.timeline.show(ui, &panels.arrow, &mut panels.session) {
        Some(TimelineEvent::GoTo(place)) => panels.asked.push(format!("{}: {}", place.scope, place.element)),
        Some(_) => panels.asked.push("read again".to_owned()),
        None => {}
    }
}

fn preview(ui: &mut Ui, panels: &mut Panels) {
    if panels.preview.show(ui, &panels.arrow, &mut panels.session) {
        panels.asked.push("read again".to_owned());
    }
    let _ = panels.arrow.show(ui.ctx(), &mut panels.session);
}

fn click(panels: &mut Harness<'_, Panels>, words: &str) {
    panels.get_by_label_contains(words).click();
    panels.run();
}

fn shows(panels: &Harness<'_, Panels>, words: &str) -> bool {
    panels.query_all_by_label_contains(words).next().is_some()
}

fn values(panels: &mut Harness<'_, Panels>) -> (Option<String>, Option<u32>) {
    let session = &mut panels.state_mut().session;
    (session.get(TEXT).unwrap(), session.get(COUNT).unwrap())
}

fn write(session: &mut Session, text: &str, count: u32) {
    session.mark(Mark::new("note/text").action(Action::Edit).label("Text").detail(text).breadcrumb(&["Note"]));
    session
        .autosave(|capture| {
            capture.set(TEXT, &text.to_owned());
            capture.set(COUNT, &count);
        })
        .unwrap();
}

/// A session whose text and count were "one" and 1 when its user left for a call, and are "two" and 2.
fn two_states() -> Session {
    let memory = MemoryBackend::new();
    let mut session = open(&memory);
    write(&mut session, "one", 1);
    session.suspend(Reason::Call).unwrap();
    drop(session);
    let mut session = open(&memory);
    write(&mut session, "two", 2);
    session
}

#[test]
fn timeline_shows_what_was_done_with_its_content_and_a_click_goes_there() {
    let mut session = two_states();
    // Another millisecond: what is sorted are times.
    std::thread::sleep(std::time::Duration::from_millis(5));
    session.scope("editor").mark(Mark::new("page/7").action(Action::Open).label("Page 7"));
    let mut panels = panels(session, timeline);
    assert!(shows(&panels, "in Note · edited · it says “two”"));
    let top = |words: &str| panels.get_all_by_label_contains(words).next().unwrap().rect().top();
    assert!(top("Page 7") < top("in Note · edited"), "newest first");
    click(&mut panels, "Page 7");
    assert_eq!(panels.state().asked, ["editor: page/7"]);
}

#[test]
fn earlier_state_is_shown_before_it_comes_back_and_that_can_be_undone() {
    let mut panels = panels(two_states(), timeline);
    assert!(!shows(&panels, "Bring it back"));
    click(&mut panels, "as it was: Text · before a call");
    assert!(shows(&panels, "text: back to") && shows(&panels, "count: back to"));
    assert_eq!(values(&mut panels), (Some("two".to_owned()), Some(2)), "nothing changes before the user wants it");

    click(&mut panels, "Bring it back");
    assert_eq!(panels.state().asked, ["read again"]);
    assert_eq!(values(&mut panels), (Some("one".to_owned()), Some(1)));

    click(&mut panels, "Undo");
    assert_eq!(panels.state().asked, ["read again", "read again"]);
    assert_eq!(values(&mut panels), (Some("two".to_owned()), Some(2)));
    assert!(!shows(&panels, "Undo"));
}

#[test]
fn one_section_of_an_earlier_state_comes_back_alone_and_that_can_be_undone() {
    let mut panels = panels(two_states(), timeline);
    click(&mut panels, "as it was: Text");
    click(&mut panels, "count: back to");
    click(&mut panels, "Bring it back");
    assert_eq!(values(&mut panels), (Some("one".to_owned()), Some(2)));
    click(&mut panels, "Undo");
    assert_eq!(values(&mut panels), (Some("two".to_owned()), Some(2)));
}

#[test]
fn program_names_its_sections() {
    let mut panels = panels(two_states(), timeline);
    panels.state_mut().arrow.set_texts(|text| match text {
        Text::Section("", "text") => Some("Your note".to_owned()),
        _ => None,
    });
    click(&mut panels, "as it was: Text");
    assert!(shows(&panels, "Your note: back to"));
}

#[test]
fn of_states_after_one_another_the_newest_is_listed_until_all_are_wanted() {
    let memory = MemoryBackend::new();
    for launch in 1..=4 {
        let mut session = open(&memory);
        session.mark(Mark::new("note/text").action(Action::Edit).label("Text"));
        session.autosave(|capture| capture.set(COUNT, &launch)).unwrap();
    }
    let mut panels = panels(open(&memory), timeline);
    let states = |panels: &Harness<'_, Panels>| panels.query_all_by_label_contains("as it was").count();
    assert_eq!(states(&panels), 1);
    click(&mut panels, "All 3 earlier states");
    assert_eq!(states(&panels), 3);
}

#[test]
fn preview_keeps_all_some_or_none() {
    let stored = || {
        let memory = MemoryBackend::new();
        write(&mut open(&memory), "one", 1);
        open(&memory)
    };
    let all = &mut panels(stored(), preview);
    assert!(shows(all, "text, from") && shows(all, "count, from"));
    click(all, "Keep all");
    assert_eq!((values(all), all.state().asked.len()), ((Some("one".to_owned()), Some(1)), 0));
    assert!(!shows(all, "Restored from the last run"));

    let some = &mut panels(stored(), preview);
    click(some, "count, from");
    click(some, "Keep only these");
    assert_eq!(some.state().asked, ["read again"]);
    assert_eq!(values(some), (Some("one".to_owned()), None));
    assert!(shows(some, "count: set aside, not lost"));
    assert!(shows(some, "What was restored is set aside"), "the notice says who did that");
    some.get_all_by_label("Bring it back").next().unwrap().click();
    some.run();
    assert_eq!(values(some), (Some("one".to_owned()), Some(1)));

    let none = &mut panels(stored(), preview);
    click(none, "count, from");
    click(none, "text, from");
    click(none, "Keep only these");
    assert_eq!(values(none), (None, None));
}

#[test]
fn changes_are_counted_until_the_user_has_read_them() {
    let show = |ui: &mut Ui, panels: &mut Panels| {
        if panels.arrow.since_you_left(ui, &panels.changes) {
            panels.changes = Changes::default();
        }
        panels.arrow.new_divider(ui);
    };
    let mut session = Session::in_memory();
    session.mark("list/1");
    session.autosave(|capture| (1..=3).for_each(|id| capture.fingerprint(&format!("list/{id}"), 1))).unwrap();
    session.suspend(Reason::Call).unwrap();
    let marker = session.wake().unwrap();
    let changes = marker.changes([("list/1", 2), ("list/2", 1), ("list/7", 1), ("list/8", 1)]).unwrap();
    let mut panels = panels(session, show);
    assert!(!shows(&panels, "Since you left"), "no change, no line");
    panels.state_mut().changes = changes;
    panels.run();
    assert!(shows(&panels, "Since you left: 2 new, 1 changed, 1 gone") && shows(&panels, "new since you left"));
    click(&mut panels, "OK");
    assert!(!shows(&panels, "Since you left"));
}

fn open_work(ui: &mut Ui, panels: &mut Panels) {
    if let Some(place) = panels.arrow.open_work(ui, &panels.session, &panels.drafts) {
        panels.asked.push(format!("{}: {}", place.scope, place.element));
    }
}

#[test]
fn open_work_is_each_window_and_each_draft_once_and_nothing_finished() {
    let draft = |element, label| Unfinished { scope: "", element, label, rest: "draft" };
    let mut panels = panels(Session::in_memory(), open_work);
    assert!(shows(&panels, "Nothing is open."));

    let state = panels.state_mut();
    let mark = Mark::new("invoice/42/amount").action(Action::Edit).phase(Phase::InProgress).label("Amount");
    state.session.mark(mark.breadcrumb(&["Invoice 42"]).step(2, 3));
    state.session.scope("sent").mark(Mark::new("send").action(Action::Press).phase(Phase::Committed).label("Send"));
    state.session.scope("letter").mark(Mark::new("text").action(Action::Edit).label("Letter"));
    state.session.suspend(Reason::Call).unwrap();
    state.session.wake();
    state.drafts = vec![draft("invoice/42", "Invoice 42, a draft"), draft("invoice/43", "Invoice 43, a draft")];
    panels.run();
    assert!(shows(&panels, "in Invoice 42 · step 2 of 3 · edited, not finished"));
    assert!(!shows(&panels, "Send") && !shows(&panels, "Invoice 42, a draft"));
    let top = |words: &str| panels.get_by_label_contains(words).rect().top();
    assert!(top("Letter") < top("Amount"), "the window touched last is first");
    click(&mut panels, "Letter");
    click(&mut panels, "Invoice 43");
    assert_eq!(panels.state().asked, ["letter: text", ": invoice/43"]);
}

#[test]
fn rows_begin_where_reading_begins() {
    let start = |direction| {
        let mut panels = panels(two_states(), timeline);
        panels.state_mut().arrow.settings.direction = direction;
        panels.run();
        let heading: Rect = panels.get_by_label("What you did last").rect();
        (heading.left(), heading.right())
    };
    let (ltr, rtl) = (start(Direction::LeftToRight), start(Direction::RightToLeft));
    assert!(ltr.0 < 20.0 && rtl.1 > 310.0, "{ltr:?} {rtl:?}");
}
