//! Targets out of view.

use std::time::Duration;

use eframe::egui::{ScrollArea, Shape, Ui, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use leftoff::backend::MemoryBackend;
use leftoff::marker::anchor::Position;
use leftoff::marker::resolve::Certainty;
use leftoff::{AppId, Reason, Session};
use leftoff_egui::{Arrow, Drawn, Target};

use crate::app::Options;
use crate::support::Place;

const ROWS: usize = 500;

struct List {
    session: Session,
    arrow: Arrow,
    virtual_rows: bool,
}

impl List {
    fn show(&mut self, ui: &mut Ui) {
        let mut area = ScrollArea::vertical().auto_shrink(false).max_height(200.0);
        if let Some(row) = self.arrow.row_wanted("list") {
            area = area.vertical_scroll_offset(f32::from(u16::try_from(row).unwrap()) * 20.0);
        }
        if self.virtual_rows {
            ui.spacing_mut().item_spacing.y = 2.0;
            let shown = area.show_rows(ui, 18.0, ROWS, |ui, rows| rows.for_each(|row| self.row(ui, row)));
            self.arrow.region(ui, "list", shown.inner_rect);
            self.arrow.list(ui, "list", |key| key.strip_prefix("row-")?.parse().ok().filter(|row| *row < 500));
        } else {
            area.show(ui, |ui| (0..ROWS).for_each(|row| self.row(ui, row)));
        }
        _ = self.arrow.show(ui.ctx(), &mut self.session);
        self.session
            .autosave(|capture| {
                capture.anchor(self.arrow.elements());
                if let Some(position) = self.arrow.position() {
                    capture.position(position);
                }
            })
            .unwrap();
    }

    fn row(&mut self, ui: &mut Ui, row: usize) {
        ui.set_min_height(18.0);
        let response = ui.button(format!("Row {row}"));
        self.arrow.mark(ui, Target::new(&format!("list/row-{row}")).record(), &response);
    }
}

/// The user left off at this row, and the list begins at its beginning again.
fn left_at(row: usize, virtual_rows: bool) -> Harness<'static, List> {
    let mut session = Session::builder(AppId::new("org.example.test")).backend(MemoryBackend::new()).open();
    session.mark(format!("list/row-{row}").as_str());
    session.suspend(Reason::Call).unwrap();
    session.wake();
    let mut arrow = Arrow::new();
    arrow.settings.policy.quiet_below = Duration::ZERO;
    let list = List { session, arrow, virtual_rows };
    let builder = Harness::builder().with_size(vec2(400.0, 300.0)).with_max_steps(80);
    let mut harness = builder.build_ui_state(|ui, list: &mut List| list.show(ui), list);
    harness.run();
    harness.hover_at(pos2(390.0, 290.0));
    harness.run();
    harness
}

fn is_in_view(harness: &Harness<'static, List>, row: usize) -> bool {
    let rect = harness.query_by_label(&format!("Row {row}")).map(|node| node.rect());
    rect.is_some_and(|rect| rect.top() >= 0.0 && rect.bottom() <= 210.0)
}

#[test]
fn an_element_out_of_view_is_pointed_to_and_a_click_goes_there() {
    let mut harness = left_at(100, false);
    let arrow = &harness.state().arrow;
    assert_eq!((arrow.certainty(), arrow.pointed_at()), (Some(Certainty::Point), Some("list/row-100")));
    let Some(&Drawn::Arrow { bounds, off_screen: true, .. }) = arrow.drawn() else { panic!("{:?}", arrow.drawn()) };
    assert!(bounds.bottom() <= 210.0 && bounds.bottom() > 150.0, "at the lower edge of the list: {bounds:?}");
    assert!(!is_in_view(&harness, 100));
    for pressed in [true, false] {
        harness.event(eframe::egui::Event::PointerMoved(bounds.center()));
        harness.event(eframe::egui::Event::PointerButton {
            pos: bounds.center(),
            button: eframe::egui::PointerButton::Primary,
            pressed,
            modifiers: eframe::egui::Modifiers::NONE,
        });
    }
    harness.run();
    assert!(is_in_view(&harness, 100));
    assert!(matches!(harness.state().arrow.drawn(), Some(Drawn::Arrow { off_screen: false, .. })));
    let marked = harness.state().session.last_mark().map(|mark| mark.element().to_owned());
    assert_eq!(marked.as_deref(), Some("list/row-100"), "nothing under the arrow was clicked");
}

#[test]
fn arrow_and_text_of_an_element_out_of_view_cover_no_row() {
    let harness = left_at(100, false);
    let drawn = harness.state().arrow.drawn();
    let Some(&Drawn::Arrow { bounds, words: Some(words), off_screen: true, .. }) = drawn else { panic!("{drawn:?}") };
    for row in (0..ROWS).filter(|row| is_in_view(&harness, *row)) {
        let rect = harness.get_by_label(&format!("Row {row}")).rect();
        assert!(!rect.intersects(bounds) && !rect.intersects(words), "{bounds:?} or {words:?} is on {row}, {rect:?}");
    }
    let mut shapes = harness.output().shapes.iter().filter_map(|clipped| match &clipped.shape {
        Shape::Text(text) => Some(text.galley.text()),
        _ => None,
    });
    assert!(shapes.any(|text| text.ends_with("further down")));
}

#[test]
fn tab_does_not_stop_at_an_arrow_that_can_be_clicked() {
    let mut harness = left_at(100, false);
    harness.key_press_modifiers(eframe::egui::Modifiers::SHIFT, eframe::egui::Key::Tab);
    harness.run();
    assert!(harness.get_by_label("Row 499").is_focused(), "the last stop, of which there are 500");
}

#[test]
fn it_does_not_scroll_unasked() {
    let mut harness = left_at(100, false);
    harness.run_steps(5);
    assert!(!is_in_view(&harness, 100));
    harness.state_mut().arrow.take_me_back();
    harness.run();
    assert!(is_in_view(&harness, 100));
}

#[test]
fn a_row_that_is_not_built_is_asked_for_by_its_number() {
    let mut harness = left_at(300, true);
    let arrow = &harness.state().arrow;
    assert_eq!((arrow.certainty(), arrow.row_wanted("list")), (Some(Certainty::Region), None));
    assert!(matches!(arrow.drawn(), Some(Drawn::Bracket { round, .. }) if round == "list"));
    harness.state_mut().arrow.take_me_back();
    harness.run();
    let arrow = &harness.state().arrow;
    assert_eq!((arrow.certainty(), arrow.pointed_at()), (Some(Certainty::Point), Some("list/row-300")));
    assert!(is_in_view(&harness, 300));
    assert_eq!(arrow.row_wanted("list"), None, "the user may scroll on");
}

#[test]
fn a_row_that_is_gone_is_not_looked_for() {
    let mut harness = left_at(700, true);
    assert_eq!(harness.state().arrow.pointed_at(), None);
    harness.state_mut().arrow.take_me_back();
    harness.step();
    assert_eq!(harness.state().arrow.row_wanted("list"), None);
    assert_ne!(harness.state().arrow.certainty(), Some(Certainty::Point));
}

#[test]
fn it_comes_back_to_the_height_it_had() {
    let mut harness = left_at(100, false);
    let state = harness.state_mut();
    state.session.mark("list/row-100");
    state
        .session
        .save(|capture| {
            capture.anchor(state.arrow.elements());
            capture.position(Position::default().viewport(0.1, 0.4));
        })
        .unwrap();
    state.session.suspend(Reason::Call).unwrap();
    state.session.wake();
    harness.run();
    assert!(harness.state().session.marker().unwrap().position().is_some());
    harness.state_mut().arrow.take_me_back();
    harness.run();
    let top = harness.get_by_label("Row 100").rect().top();
    assert!((top - 0.4 * 300.0).abs() < 2.0, "{top}");
}

/// A program that follows the advice must not let the user type into a field that is not in view.
#[test]
fn the_field_that_gets_the_keyboard_is_brought_into_view() {
    let place = Place::default();
    place.open(Options::default()).write("Reference", "R-7");
    let mut desk = place.sized(Place::after(42), vec2(640.0, 170.0));
    desk.stir();
    assert!(desk.0.get_by_label("Reference").is_focused());
    let (window, field) = (desk.0.ctx.content_rect(), desk.rect("Reference"));
    assert!(window.contains_rect(field), "{field:?}");
}
