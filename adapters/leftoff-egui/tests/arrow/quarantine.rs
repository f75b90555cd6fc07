//! The notice about quarantined sections, and the click that brings them back. A user who only looks loses nothing.

use eframe::egui::vec2;
use egui_kittest::kittest::Queryable;
use leftoff::{Outcome, Session};

use crate::app::{FORM, Options};
use crate::support::{Desk, Place, SIZE};

const NOTICE: &str = "Part of your work is safe, but was not opened after crashes. If you bring it back, what you entered \
                      since then is set aside.";

fn saved() -> Place {
    let place = Place::default();
    let mut desk = place.open(Options::default());
    desk.write("Customer", "Delmar");
    drop(desk);
    place
}

/// Killed, with nothing of it run any more.
fn kill(desk: Desk) {
    std::mem::forget(desk);
}

/// Five launches that end after they were given the form, before any frame.
fn crash_inside_the_restore(place: &Place) {
    for _ in 0..5 {
        let mut session: Session = place.session();
        session.get(FORM).unwrap();
        std::mem::forget(session);
    }
}

#[test]
fn twenty_looks_at_one_frame_each_show_the_form_every_time() {
    let place = saved();
    for look in 1..=20 {
        let desk = place.open(Options::default());
        assert_eq!(desk.0.state().form.customer, "Delmar", "look {look}");
        assert!(!desk.reads(NOTICE));
        kill(desk);
    }
}

#[test]
fn quarantined_sections_are_reported_and_one_click_brings_them_back() {
    let place = saved();
    crash_inside_the_restore(&place);
    let mut desk = place.open(Options::default());
    assert_eq!(desk.0.state().session.outcome(), Outcome::Quarantined);
    assert_eq!(desk.0.state().form.customer, "");
    assert!(desk.reads(NOTICE));
    desk.click("Bring it back");
    assert_eq!(desk.0.state().form.customer, "Delmar");
    assert!(!desk.reads(NOTICE));
    drop(desk);
    assert_eq!(place.open(Options::default()).0.state().form.customer, "Delmar");
}

#[test]
fn notice_covers_no_field_and_can_be_moved() {
    for size in [SIZE, vec2(900.0, 520.0)] {
        let place = saved();
        crash_inside_the_restore(&place);
        let mut desk = place.sized(Options::default(), size);
        let text = desk.rect(NOTICE);
        let notice = text.union(desk.rect("Bring it back")).union(desk.rect("Later"));
        for field in ["Customer", "Amount", "Due date", "Cost centre", "Reference", "Notes", "Urgent", "Send"] {
            let field = desk.0.get_by_label(field).rect();
            assert!(!field.intersects(notice), "{size}: {notice:?} is on {field:?}");
        }
        // Egui draws on and on during a drag.
        desk.0.drag_at(text.center());
        desk.0.run_steps(2);
        desk.0.hover_at(text.center() - vec2(30.0, 40.0));
        desk.0.run_steps(2);
        desk.0.drop_at(text.center() - vec2(30.0, 40.0));
        desk.0.run();
        assert_eq!(desk.rect(NOTICE).center(), text.center() - vec2(30.0, 40.0));
        kill(desk);
    }
}

#[test]
fn notice_can_be_put_off_and_is_shown_again_after_the_next_start() {
    let place = saved();
    crash_inside_the_restore(&place);
    let mut desk = place.open(Options::default());
    desk.click("Later");
    assert!(!desk.reads(NOTICE));
    desk.write("Customer", "Bo");
    drop(desk);
    let desk = place.open(Options::default());
    assert_eq!(desk.0.state().form.customer, "Bo", "newer work");
    assert!(desk.reads(NOTICE), "and the quarantined value is still offered");
}
