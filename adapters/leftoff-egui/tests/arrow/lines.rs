//! The words of the one-line card, and the second line that they get.

use eframe::egui::{Shape, vec2};

use crate::app::Options;
use crate::support::{Desk, Place};

/// Left in the last field, which is out of view in a low window, and killed: the card has all its buttons and many words.
fn killed_in_the_notes() -> Place {
    let place = Place::default();
    let mut desk = place.open(Options::default());
    desk.write("Notes", "ask Mei");
    // The process is killed: nothing is closed.
    std::mem::forget(desk);
    place
}

fn returned(place: &Place, (width, height): (f32, f32)) -> Desk {
    let mut desk = place.sized(Place::after(42), vec2(width, height));
    desk.stir();
    desk
}

/// The tops of the name and of the details, and whether a part of them is cut.
fn line(desk: &Desk) -> (f32, f32, bool) {
    let texts = || {
        desk.0.output().shapes.iter().filter_map(|clipped| match &clipped.shape {
            Shape::Text(text) => Some((text.galley.text(), text.pos.y, text.galley.elided)),
            _ => None,
        })
    };
    // The card is above the label of the field.
    let names = texts().filter(|(text, ..)| *text == "Notes");
    let (_, top, name_is_cut) = names.min_by(|one, other| one.1.total_cmp(&other.1)).unwrap();
    let (_, below, is_cut) = texts().find(|(text, ..)| text.contains("42 min ago")).unwrap();
    (top, below, name_is_cut || is_cut)
}

fn is_wrapped(desk: &Desk) -> bool {
    let (top, below, _) = line(desk);
    below - top > 10.0
}

#[test]
fn words_of_the_card_are_whole_at_each_width() {
    let place = killed_in_the_notes();
    let mut seen = Vec::new();
    for step in 0..11_u8 {
        let width = 480.0 + 80.0 * f32::from(step);
        for height in [230.0, 520.0] {
            let desk = returned(&place, (width, height));
            assert!(!line(&desk).2, "cut at {width} × {height} points");
            seen.push(is_wrapped(&desk));
        }
    }
    assert!(seen.contains(&true) && seen.contains(&false), "{seen:?}");
}

#[test]
fn second_line_stays_when_a_button_goes() {
    let place = killed_in_the_notes();
    let widths = (0..40_u8).map(|step| 700.0 + 20.0 * f32::from(step));
    let mut between = widths.filter(|width| {
        // "Continue" is offered only while the field is out of view.
        is_wrapped(&returned(&place, (*width, 230.0))) && !is_wrapped(&returned(&place, (*width, 520.0)))
    });
    let width = between.next().unwrap();
    let mut desk = returned(&place, (width, 230.0));
    desk.0.set_size(vec2(width, 520.0));
    desk.0.run();
    assert!(desk.0.state().arrow.drawn().is_some(), "{width} points: nothing is drawn");
    assert!(is_wrapped(&desk), "{width} points");
}
