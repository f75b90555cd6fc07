//! The notice about quarantined sections, and the key that brings them back. A user who only looks loses nothing.

use std::time::{Duration, Instant};

use leftoff::backend::MemoryBackend;
use leftoff::{AppId, Section, Session};
use leftoff_ratatui::{Arrow, CardAction};
use ratatui::layout::Rect;
use ratatui::{Terminal, backend::TestBackend};

use crate::screens::NOON;

const EMAIL: Section<String> = Section::new("email", 1);
const NOTICE: &str = "Part of your work is safe, but was not opened after crashes. F8: bring it back";

fn open(disk: &MemoryBackend) -> Session {
    Session::builder(AppId::new("org.example.contacts")).backend(disk.clone()).without_thread().open()
}

fn saved() -> MemoryBackend {
    let disk = MemoryBackend::new();
    let mut session = open(&disk);
    session.mark("contact/email");
    session.autosave(|capture| capture.set(EMAIL, &"ana@x.eu".to_owned())).unwrap();
    session.close().unwrap();
    disk
}

/// Killed, with nothing of it run any more.
fn kill(session: Session) {
    std::mem::forget(session);
}

fn crash_inside_the_restore(disk: &MemoryBackend) {
    for _ in 0..5 {
        let mut session = open(disk);
        session.get(EMAIL).unwrap();
        kill(session);
    }
}

/// What one frame shows.
fn draw(arrow: &mut Arrow, session: &mut Session) -> String {
    let mut terminal = Terminal::new(TestBackend::new(80, 4)).unwrap();
    let drawn = terminal.draw(|frame| {
        arrow.begin(frame.area());
        arrow.register("contact/email", Rect::new(2, 1, 30, 1));
        arrow.show(frame, session, NOON);
    });
    drawn.unwrap();
    terminal.backend().to_string()
}

#[test]
fn twenty_looks_at_one_frame_each_return_the_value_every_time() {
    let disk = saved();
    for look in 1..=20 {
        let mut session = open(&disk);
        assert_eq!(session.get(EMAIL).unwrap().as_deref(), Some("ana@x.eu"), "look {look}");
        assert!(!draw(&mut Arrow::new(), &mut session).contains(NOTICE));
        kill(session);
    }
}

#[test]
fn notice_about_quarantined_sections_names_the_key_that_brings_them_back() {
    let disk = saved();
    crash_inside_the_restore(&disk);
    let (mut session, mut arrow) = (open(&disk), Arrow::new());
    assert_eq!(session.get_or_default(EMAIL), "");
    assert!(draw(&mut arrow, &mut session).contains(NOTICE));
    assert!(arrow.bring_back(&mut session));
    assert_eq!(session.get_or_default(EMAIL), "ana@x.eu");
    assert!(!draw(&mut arrow, &mut session).contains(NOTICE));
    assert!(!arrow.bring_back(&mut session), "there is nothing more");
}

#[test]
fn restore_after_a_crash_is_undone_by_one_key_and_brought_back_by_another() {
    let disk = saved();
    let mut session = open(&disk);
    session.mark("contact/email");
    session.autosave(|capture| capture.set(EMAIL, &"ana@y.eu".to_owned())).unwrap();
    kill(session);
    let (mut session, mut arrow) = (open(&disk), Arrow::new().key(CardAction::UndoRestore, "F7"));
    assert_eq!(session.get_or_default(EMAIL), "ana@y.eu");
    draw(&mut arrow, &mut session);
    assert_eq!(arrow.status_line().hints(), "F7 undo restore");
    assert!(arrow.act(&mut session, CardAction::UndoRestore) && arrow.prepare(&mut session));
    assert_eq!(session.get_or_default(EMAIL), "");
    let screen = draw(&mut arrow, &mut session);
    assert!(screen.contains("What was restored is set aside, and kept. F8: bring it back"), "{screen}");
    assert!(arrow.bring_back(&mut session));
    assert_eq!(session.get_or_default(EMAIL), "ana@y.eu");
}

#[test]
fn dismissed_notice_is_hidden_and_the_value_returns_at_the_next_start() {
    let disk = saved();
    crash_inside_the_restore(&disk);
    let (mut session, mut arrow) = (open(&disk), Arrow::new());
    draw(&mut arrow, &mut session);
    assert!(arrow.dismiss());
    assert!(!draw(&mut arrow, &mut session).contains(NOTICE));
    kill(session);
    assert_eq!(open(&disk).get(EMAIL).unwrap().as_deref(), Some("ana@x.eu"), "and is offered again by itself");
}

#[test]
fn different_work_of_another_instance_is_reported_until_that_is_dismissed() {
    let dir = tempfile::tempdir().unwrap();
    let open = || Session::builder(AppId::new("org.example.contacts")).dir(dir.path()).open();
    let (mut first, mut second, mut arrow) = (open(), open(), Arrow::new());
    for (session, email) in [(&mut first, "ana@x.eu"), (&mut second, "bo@x.eu")] {
        session.mark("contact/email");
        session.autosave(|capture| capture.set(EMAIL, &email.to_owned())).unwrap();
    }
    first.close().unwrap();
    let give_up = Instant::now() + Duration::from_secs(60);
    while !arrow.prepare(&mut second) {
        assert!(Instant::now() < give_up);
        std::thread::sleep(Duration::from_millis(10));
    }
    let notice = "Another copy of this program saved different work.";
    assert!(draw(&mut arrow, &mut second).contains(notice));
    assert!(!arrow.bring_back(&mut second), "it offers nothing");
    assert!(arrow.dismiss() && !draw(&mut arrow, &mut second).contains(notice));
}
