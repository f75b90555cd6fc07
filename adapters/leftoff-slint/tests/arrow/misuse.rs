//! What a program can do wrong: nothing panics, and nothing is lost.

use std::rc::Rc;
use std::time::Duration;

use leftoff::backend::MemoryBackend;
use leftoff_slint::Drawn;
use slint::ComponentHandle;

use crate::support::*;

fn desk() -> Desk {
    Desk::with(&MemoryBackend::new(), FORM, Duration::ZERO)
}

#[test]
fn session_that_is_borrowed_during_events_is_saved_later() {
    let memory = MemoryBackend::new();
    let desk = Desk::with(&memory, FORM, Duration::ZERO);
    let session = desk.session.borrow_mut();
    desk.click(0);
    desk.write("held");
    drop(session);
    i_slint_backend_testing::mock_elapsed_time(Duration::from_secs(1));
    std::mem::forget(desk);
    assert_eq!(Desk::with(&memory, FORM, Duration::ZERO).value(0), "held");
}

#[test]
fn second_arrow_takes_the_window_over() {
    let desk = desk();
    let second = attach(&desk.app, &desk.session);
    desk.click(1);
    desk.write("7");
    assert_eq!(desk.last().unwrap().0, "form/amount");
    assert_eq!(second.drawn(), Drawn::Nothing);
}

#[test]
fn window_without_its_arrow_goes_on_and_the_session_is_let_go() {
    let Desk { app, arrow, session } = desk();
    arrow.resume(leftoff::resume::Resume::take_back);
    drop(arrow);
    assert_eq!(Rc::strong_count(&session), 1);
    let global = app.global::<LeftOff>();
    global.invoke_chosen(1, 0);
    global.invoke_followed();
    global.invoke_moved();
    assert!(!global.invoke_escaped());
    pump();
}

#[test]
fn arrow_without_its_window_shows_nothing_more() {
    let Desk { app, arrow, session } = desk();
    app.hide().unwrap();
    drop(app);
    arrow.take_back();
    pump();
    arrow.changed();
    pump();
    drop(arrow);
    assert!(session.borrow_mut().close().is_ok());
}

#[test]
fn strange_elements_and_answers_are_no_trouble() {
    let strange = [
        ("", "Empty", FIELD),
        ("form/twice", "Twice", FIELD),
        ("form/twice", "Twice", FIELD),
        ("/", "", FIELD),
        ("form//x/", "Ünïcödé 🦀", FIELD),
    ];
    let leave = |desk: &Desk| {
        for nth in 0..5 {
            desk.click(nth);
            desk.write("x");
        }
    };
    let desk = Desk::after(leave, &strange, &strange);
    let global = desk.app.global::<LeftOff>();
    for wrong in [-1, 9, i32::MAX] {
        global.invoke_chosen(wrong, wrong);
        global.invoke_heard(wrong);
        global.invoke_touched("form/x".into(), "".into(), "".into(), wrong, wrong);
        global.invoke_spot("form/x".into(), "".into(), "".into(), wrong, f32::NAN, f32::INFINITY, -1.0, 0.0);
    }
    global.invoke_frame(f32::NAN, 0.0, -1.0, f32::INFINITY, slint::Color::default());
    pump();
}
