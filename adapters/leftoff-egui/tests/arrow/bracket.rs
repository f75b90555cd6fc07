//! The text of a bracket: where it is and what it says.

use eframe::egui::{CentralPanel, Panel, Rect, Ui, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use leftoff::backend::MemoryBackend;
use leftoff::marker::cue::Salience;
use leftoff::{AppId, Reason, Session};
use leftoff_egui::{Arrow, Drawn, Target};

const ROWS: [&str; 4] = ["Groceries", "Call Ana", "Board meeting", "Ideas for May"];
const FIELDS: [&str; 3] = ["Title", "Tags", "Text"];

/// A list of notes, one of which is open beside it.
struct Notes {
    session: Session,
    arrow: Arrow,
    open: usize,
    fields: &'static [&'static str],
    text: String,
    list_width: f32,
}

impl Notes {
    fn show(&mut self, ui: &mut Ui) {
        Panel::left("list").show(ui, |ui| {
            ui.set_min_width(self.list_width);
            for (number, title) in ROWS.iter().enumerate() {
                let row = ui.selectable_label(self.open == number, *title);
                self.arrow.mark(ui, Target::new(&format!("note-{number}")).record().label(title).role("row"), &row);
            }
        });
        CentralPanel::default().show(ui, |ui| {
            for field in self.fields {
                let name = ui.label(*field);
                let edit = ui.text_edit_singleline(&mut self.text).labelled_by(name.id);
                let path = format!("note-{}/{}", self.open, field.to_lowercase());
                self.arrow.mark(ui, Target::new(&path).label(field).role("field"), &edit);
            }
        });
        _ = self.arrow.show(ui.ctx(), &mut self.session);
        self.session.autosave(|capture| capture.anchor(self.arrow.elements())).unwrap();
    }
}

/// The user left off in the text of the first note, and another note is open.
fn left(list_width: f32) -> Harness<'static, Notes> {
    left_at(list_width, &FIELDS)
}

/// The same in the last one of these fields.
fn left_at(list_width: f32, fields: &'static [&'static str]) -> Harness<'static, Notes> {
    let session = Session::builder(AppId::new("org.example.test")).backend(MemoryBackend::new()).open();
    let notes = Notes { session, arrow: Arrow::new(), open: 0, fields, text: String::new(), list_width };
    let builder = Harness::builder().with_size(vec2(640.0, 480.0)).with_max_steps(60);
    let mut harness = builder.build_ui_state(|ui, notes: &mut Notes| notes.show(ui), notes);
    harness.run();
    harness.get_by_label(fields.last().unwrap()).click();
    harness.run();
    let state = harness.state_mut();
    state.session.suspend(Reason::Call).unwrap();
    state.session.wake();
    state.open = 2;
    state.arrow.take_me_back();
    harness.run();
    harness
}

fn words(harness: &Harness<'static, Notes>) -> Option<Rect> {
    match harness.state().arrow.drawn() {
        Some(Drawn::Bracket { round, words, .. }) if round == "note-0" => *words,
        other => panic!("{other:?}"),
    }
}

fn says(harness: &Harness<'static, Notes>, words: &str) -> bool {
    let mut shapes = harness.output().shapes.iter();
    shapes.any(|clipped| matches!(&clipped.shape, eframe::egui::Shape::Text(text) if text.galley.text() == words))
}

#[test]
fn text_of_a_bracket_around_a_row_is_beside_the_row_and_covers_nothing() {
    let harness = left(220.0);
    let room = words(&harness).unwrap();
    for label in ROWS.into_iter().chain(FIELDS) {
        let rect = harness.get_by_label(label).rect();
        assert!(!rect.intersects(room), "{room:?} is on {label}, {rect:?}");
    }
    let row = harness.get_by_label(ROWS[0]).rect();
    assert!(room.y_range().contains(row.center().y), "{room:?} is not beside {row:?}");
}

#[test]
fn text_of_a_bracket_is_left_out_where_it_would_cover_something() {
    let harness = left(100.0);
    assert_eq!(words(&harness), None);
    assert!(!says(&harness, "“Text” is in here"));
}

#[test]
fn row_of_a_record_that_is_not_open_has_the_element_in_it() {
    let mut harness = left(220.0);
    assert!(says(&harness, "“Text” is in here") && !says(&harness, "“Text” was here"));
    // The record is open, and the field is gone from it.
    harness.state_mut().fields = &[];
    harness.state_mut().open = 0;
    harness.run();
    assert!(says(&harness, "“Text” is in here"), "without fields, the record is not known to be open");
}

#[test]
fn text_of_a_bracket_stays_when_the_user_works_elsewhere() {
    let mut harness = left(220.0);
    for field in FIELDS {
        harness.get_by_label(field).click();
        harness.run();
    }
    assert_eq!(harness.state().arrow.salience(), Salience::Quiet);
    assert!(words(&harness).is_some() && says(&harness, "“Text” is in here"));
}

#[test]
fn bracket_without_room_for_a_long_name_has_a_shorter_text() {
    let harness = left_at(220.0, &["Title", "Tags", "Remarks for the accountant"]);
    assert!(!says(&harness, "“Remarks for the accountant” is in here"));
    assert!(words(&harness).is_some() && says(&harness, "you were here"));
}
