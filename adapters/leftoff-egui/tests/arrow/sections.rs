//! State of the interface in sections of its own: scroll offsets, an undo stack.

use egui::util::undoer::Undoer;
use egui::{Event, Label, Modifiers, MouseWheelUnit, ScrollArea, TouchPhase, Ui, pos2, vec2};
use egui_kittest::Harness;
use leftoff::Section;
use leftoff_egui::{SCROLLS, Scrolls};

use crate::support::Place;

/// A list of a hundred lines in an area of 200 points.
fn list(ui: &mut Ui, scrolls: &mut Scrolls) {
    let area = ScrollArea::vertical().max_height(200.0).auto_shrink(false);
    scrolls.show(ui, "lines", area, |ui| {
        for line in 0..100 {
            ui.add(Label::new(format!("line {line}")));
        }
    });
}

/// Turns the wheel over the list.
fn scroll(desk: &mut Harness<'_, Scrolls>, by: f32) {
    desk.hover_at(pos2(50.0, 100.0));
    desk.event(Event::MouseWheel {
        unit: MouseWheelUnit::Point,
        delta: vec2(0.0, by),
        phase: TouchPhase::Move,
        source: egui::MouseWheelSource::Wheel,
        modifiers: Modifiers::default(),
    });
    desk.run();
}

#[test]
fn scroll_area_is_at_its_place_after_a_restart() {
    let place = Place::default();
    let mut session = place.session();
    let mut desk = Harness::new_ui_state(list, Scrolls::default());
    desk.run();
    scroll(&mut desk, -300.0);
    let offset = desk.state().offset("lines").unwrap();
    assert!(offset[1] > 100.0, "{offset:?}");
    session.save(|capture| capture.set(SCROLLS, desk.state())).unwrap();
    drop(session);

    let mut session = place.session();
    let mut desk = Harness::new_ui_state(list, session.get_or_default(SCROLLS));
    desk.run();
    assert_eq!(desk.state().offset("lines"), Some(offset));
    // The user scrolls on from there.
    scroll(&mut desk, 50.0);
    assert!(desk.state().offset("lines").unwrap()[1] < offset[1]);
}

#[test]
fn restored_offset_beyond_the_contents_is_corrected() {
    let place = Place::default();
    let mut session = place.session();
    let mut desk = Harness::new_ui_state(list, Scrolls::default());
    desk.run();
    session.save(|capture| capture.set(SCROLLS, desk.state())).unwrap();
    let mut scrolls: Scrolls = session.get_or_default(SCROLLS);
    scrolls.remove("lines");
    assert_eq!(scrolls.offset("lines"), None);
    let far = Section::<(std::collections::BTreeMap<String, [f32; 2]>,)>::new("far", 1);
    let value = std::collections::BTreeMap::from([("lines".to_owned(), [0.0, 1.0e7])]);
    session.save(|capture| capture.set(far, &(value,))).unwrap();
    let far = Section::<Scrolls>::new("far", 1);
    let mut desk = Harness::new_ui_state(list, session.get_or_default(far));
    desk.run();
    assert!(desk.state().offset("lines").unwrap()[1] < 5000.0);
}

const UNDO: Section<Undoer<String>> = Section::new("undo", 1);
const TEXT: Section<String> = Section::new("text", 1);

#[test]
fn user_can_undo_after_a_restart_what_was_done_before_and_after_it() {
    let place = Place::default();
    let mut session = place.session();
    let mut undoer = Undoer::<String>::default();
    let mut text = String::new();
    for (step, next) in (0_u8..).zip(["", "Rua"]) {
        next.clone_into(&mut text);
        // A stable value becomes an undo point after a second.
        for part in [0.0, 1.5] {
            undoer.feed_state(10_000.0 + f64::from(step) * 3.0 + part, &text);
        }
    }
    // The end comes just after an edit.
    "Rua Nova".clone_into(&mut text);
    undoer.feed_state(10_010.0, &text);
    session.mark_dirty();
    session
        .autosave(|capture| {
            capture.set(TEXT, &text);
            capture.set(UNDO, &undoer);
        })
        .unwrap();
    std::mem::forget(session);

    let mut session = place.session();
    let (mut undoer, text) = (session.get_or_default(UNDO), session.get_or_default(TEXT));
    undoer.add_undo(&text);
    let edited = format!("{text} 12");
    for time in [0.5, 2.0] {
        undoer.feed_state(time, &edited);
    }
    let undone = undoer.undo(&edited).cloned();
    assert_eq!(undone.as_deref(), Some("Rua Nova"));
    assert_eq!(undoer.undo(&text).map(String::as_str), Some("Rua"));
}
