//! A list of requests, one of which is open: which of the pages is meant.

use std::time::Duration;

use eframe::egui::{Ui, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use leftoff::backend::MemoryBackend;
use leftoff::marker::cue::FocusAdvice;
use leftoff::{AppId, Reason, Session};
use leftoff_egui::{Arrow, Drawn, Target};

struct Requests {
    session: Session,
    arrow: Arrow,
    rows: &'static [&'static str],
    open: &'static str,
    fields: Vec<&'static str>,
    text: String,
}

impl Requests {
    fn show(&mut self, ui: &mut Ui) {
        self.arrow.card(ui);
        for &request in self.rows {
            let row = ui.button(request);
            self.arrow.element(ui, Target::new(request).record().label(request).role("row"), &row);
            if row.clicked() {
                self.open = request;
            }
        }
        for field in &self.fields {
            let name = ui.label(*field);
            let edit = ui.text_edit_singleline(&mut self.text).labelled_by(name.id);
            let path = format!("{}/{}", self.open, field.to_lowercase());
            self.arrow.mark(ui, Target::new(&path).label(field).role("field"), &edit);
        }
        _ = self.arrow.show(ui.ctx(), &mut self.session);
        if self.arrow.wanted().is_some_and(|wanted| wanted.starts_with("R-1/")) {
            self.open = "R-1";
        }
        self.session.autosave(|capture| capture.anchor(self.arrow.elements())).unwrap();
    }

    fn drawn_at(&self) -> Option<(&str, bool)> {
        match self.arrow.drawn()? {
            Drawn::Arrow { element, .. } => Some((element, true)),
            Drawn::Bracket { round, .. } => Some((round, false)),
            _ => None,
        }
    }
}

/// The user wrote into the notes of the first request, and is back.
fn notes_left() -> Harness<'static, Requests> {
    let session = Session::builder(AppId::new("org.example.test")).backend(MemoryBackend::new()).open();
    let mut arrow = Arrow::new();
    arrow.settings.opens_pages = true;
    (arrow.settings.policy.quiet_below, arrow.settings.policy.line_from) = (Duration::ZERO, Duration::ZERO);
    let rows: &[&str] = &["R-1", "R-2"];
    let requests = Requests { session, arrow, rows, open: "R-1", fields: vec!["Amount", "Notes"], text: String::new() };
    let mut harness =
        Harness::builder().with_max_steps(60).build_ui_state(|ui, it: &mut Requests| it.show(ui), requests);
    harness.run();
    write(&mut harness, "Notes");
    harness.state_mut().session.suspend(Reason::Call).unwrap();
    harness.state_mut().session.wake();
    harness.run();
    assert_eq!(harness.state().drawn_at(), Some(("R-1/notes", true)));
    harness
}

fn click(harness: &mut Harness<'static, Requests>, label: &str) {
    harness.get_by_label(label).click();
    harness.run();
}

fn write(harness: &mut Harness<'static, Requests>, field: &str) {
    click(harness, field);
    harness.get_by_label(field).type_text("n");
    harness.run();
}

#[test]
fn the_notes_of_another_record_are_not_the_notes() {
    let mut harness = notes_left();
    click(&mut harness, "R-2");
    assert_eq!(harness.state().drawn_at(), Some(("R-1", false)), "round the row, and no arrow");
}

/// The page of the requests is closed: nothing of the surroundings is left.
#[test]
fn field_of_a_request_that_is_not_open_is_not_said_to_be_gone() {
    let mut harness = notes_left();
    (harness.state_mut().rows, harness.state_mut().fields) = (&[], vec![]);
    harness.run();
    assert_eq!(harness.state().drawn_at(), None);
    assert!(harness.query_by_label_contains("Continue").is_some(), "there is a way");
    assert!(harness.query_by_label_contains("no longer here").is_none());
}

#[test]
fn who_asks_the_card_for_the_way_gets_the_keyboard_back_there() {
    let mut harness = notes_left();
    click(&mut harness, "R-2");
    write(&mut harness, "Amount");
    assert_eq!(harness.state().arrow.focus_advice(), Some(FocusAdvice::LeaveAlone), "at work elsewhere");
    click(&mut harness, "Continue");
    assert_eq!(harness.state().drawn_at(), Some(("R-1/notes", true)));
    assert_eq!(harness.state().arrow.focus_advice(), Some(FocusAdvice::OnTarget));
}

#[test]
fn button_of_a_narrow_card_has_its_own_line() {
    let mut harness = notes_left();
    click(&mut harness, "R-2");
    for (width, is_below) in [(640.0, false), (230.0, true), (180.0, true)] {
        harness.set_size(vec2(width, 400.0));
        harness.run();
        let (button, cross) = (harness.get_by_label("Continue").rect(), harness.get_by_label("Dismiss").rect());
        assert_eq!(button.top() >= cross.bottom(), is_below, "{width}: {button:?}, {cross:?}");
        assert!(button.left() >= 0.0 && cross.right() <= width, "{width}: {button:?}, {cross:?}");
        assert!(button.top() - cross.bottom() < 60.0, "{width}: far away, {button:?}");
        assert!(button.width() > 60.0, "{width}: shortened, {button:?}");
    }
}

#[test]
fn there_is_no_way_to_a_page_that_is_open() {
    let mut harness = notes_left();
    // The next version has no notes any more.
    harness.state_mut().fields.pop();
    harness.run();
    assert_eq!(harness.state().drawn_at(), Some(("R-1/amount", false)));
    assert!(harness.query_by_label("Continue").is_none());
    click(&mut harness, "R-2");
    assert_eq!(harness.state().drawn_at(), Some(("R-1", false)));
    click(&mut harness, "Continue");
    assert_eq!(harness.state().drawn_at(), Some(("R-1/amount", false)), "there is more of it there");
    assert!(harness.query_by_label("Continue").is_none());
}
