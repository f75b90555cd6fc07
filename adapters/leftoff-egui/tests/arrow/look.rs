//! Where the arrow is and what it covers.

use std::time::Duration;

use eframe::egui::{Rect, Shape, TextEdit, Ui, Window, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use leftoff::backend::MemoryBackend;
use leftoff::marker::cue::CardSize;
use leftoff::marker::resolve::Certainty;
use leftoff::time::Timestamp;
use leftoff::{Action, AppId, Mark, Marker, Reason, Session};
use leftoff_egui::{Arrow, CARD_HEIGHT, Drawn, Target};

use crate::app::Options;
use crate::support::{Desk, HERE, Place, core};

fn amount_left(options: Options) -> Desk {
    let place = Place::default();
    place.open(Options { later: Duration::ZERO, ..options }).write("Amount", "1 200");
    place.open(options)
}

fn bounds(desk: &Desk) -> Rect {
    match desk.0.state().arrow.drawn() {
        Some(Drawn::Arrow { bounds, off_screen: false, .. }) => *bounds,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_element_is_named_and_an_arrow_stands_before_it() {
    let desk = amount_left(Place::after(5));
    assert_eq!(desk.pointed_at(), Some(("Amount".to_owned(), HERE.to_owned())));
    assert_eq!(desk.0.state().arrow.certainty(), Some(Certainty::Point));
    let (target, arrow) = (desk.rect("Amount"), desk.painted_arrow().unwrap());
    assert!(arrow.right() <= target.left() && arrow.y_range().contains(target.center().y), "{arrow:?} {target:?}");
    assert!(target.left() - arrow.right() < 15.0, "close enough to belong together");
    assert!(desk.reads(HERE));
}

#[test]
fn read_from_the_right_it_stands_at_the_other_side() {
    let desk = amount_left(Options { right_to_left: true, ..Place::after(5) });
    let (target, arrow) = (desk.rect("Amount"), desk.painted_arrow().unwrap());
    assert!(arrow.left() >= target.right() && arrow.y_range().contains(target.center().y), "{arrow:?} {target:?}");
}

#[test]
fn what_is_painted_is_what_was_placed_and_covers_no_widget() {
    let sizes = [vec2(640.0, 520.0), vec2(320.0, 520.0), vec2(320.0, 900.0), vec2(1200.0, 800.0)];
    let fields = ["Customer", "Amount", "Due date", "Cost centre", "Reference", "Notes", "Urgent"];
    for (size, right_to_left) in sizes.into_iter().flat_map(|size| [(size, false), (size, true)]) {
        let mut desk = Place::default().sized(Options { right_to_left, ..Options::default() }, size);
        for field in fields {
            desk.click(field);
            let app = desk.0.state_mut();
            app.session.suspend(Reason::Call).unwrap();
            app.session.wake();
            app.arrow.take_me_back();
            desk.0.run();
            let painted = desk.painted_arrow().unwrap_or_else(|| panic!("{field} at {size}"));
            assert!(bounds(&desk).expand(0.5).contains_rect(painted), "{field} at {size}: {painted:?}");
            for other in fields {
                assert!(
                    !desk.rect(other).shrink(0.5).intersects(painted),
                    "{field} at {size}: {painted:?} is on {other}"
                );
            }
        }
    }
}

#[test]
fn the_words_cover_nothing_and_are_left_out_where_there_is_no_room() {
    let mut desk = amount_left(Place::after(5));
    desk.stir();
    let words = |desk: &Desk| match desk.0.state().arrow.drawn() {
        Some(Drawn::Arrow { words, .. }) => *words,
        other => panic!("{other:?}"),
    };
    let room = words(&desk).unwrap();
    for label in ["Amount", "Customer", "Due date"] {
        assert!(!desk.rect(label).intersects(room));
    }
    desk.0.set_size(vec2(330.0, 520.0));
    desk.0.run();
    assert_eq!(words(&desk), None);
    assert!(desk.painted_arrow().is_some());
}

#[test]
fn without_a_marker_nothing_is_painted_and_nothing_said() {
    let desk = Place::default().open(Options::default());
    assert!(!desk.paints(core()) && desk.pointed_at().is_none() && desk.announced().is_none());
    assert_eq!(desk.0.state().arrow.certainty(), None);
    assert!(desk.0.query_by_label("Dismiss").is_none());
}

#[test]
fn size_of_the_card_is_known_before_it_is_drawn() {
    for (minutes, size) in [(0, CardSize::Line), (42, CardSize::Line), (4000, CardSize::Open)] {
        let mut desk = amount_left(Place::after(minutes));
        desk.stir();
        assert_eq!(desk.0.state().arrow.card_size(), size, "{minutes} minutes");
        assert_eq!(desk.0.query_by_label("Dismiss").is_some(), size != CardSize::None);
        desk.0.state_mut().arrow.dismiss();
        assert_eq!(desk.0.state().arrow.card_size(), CardSize::None);
    }
    let mut desk = amount_left(Place::after(42));
    desk.stir();
    let button = desk.rect("Dismiss");
    assert!(button.height() <= CARD_HEIGHT && button.bottom() <= 8.0 + CARD_HEIGHT, "{button:?}");
}

/// A card in a window of this width: the height that it needs, and what it takes.
struct Room {
    arrow: Arrow,
    marker: Marker,
    needed: f32,
    taken: f32,
}

fn room(hours: u64, width: f32) -> Harness<'static, Room> {
    let now = Timestamp::from(std::time::SystemTime::now()).as_millis();
    let at = |minutes: i64| Timestamp::from_millis(now - i64::try_from(hours).unwrap() * 3_600_000 - minutes * 60_000);
    let mark = |path| Mark::new(path).action(Action::Edit).breadcrumb(&["Invoices", "Invoice 42"]).detail("1 200 EUR");
    let marks = [
        (mark("customer").label("Customer with a long name"), at(2)),
        (mark("amount").label("Amount").note("ask Ana whether the discount of last year still holds"), at(1)),
    ];
    let away = Some(Duration::from_secs(hours * 3600));
    let marker = Marker::from_marks("", marks, away, Some(Reason::Crash)).unwrap();
    let state = Room { arrow: Arrow::new(), marker, needed: 0.0, taken: 0.0 };
    let mut harness = Harness::builder().with_size(vec2(width, 600.0)).build_ui_state(
        |ui, state: &mut Room| {
            state.needed = state.arrow.card_height(ui);
            let top = ui.cursor().top();
            if state.arrow.card(ui) {
                state.taken = ui.cursor().top() - top - ui.spacing().item_spacing.y;
            }
            state.arrow.show_marker(ui.ctx(), Some(&state.marker));
        },
        state,
    );
    harness.run();
    harness
}

#[test]
fn the_room_for_the_card_is_what_it_takes_and_stays_when_it_disappears() {
    for (hours, width) in
        [1, 48].into_iter().flat_map(|hours| [240.0, 330.0, 420.0, 1200.0].map(|width| (hours, width)))
    {
        let mut harness = room(hours, width);
        let Room { needed, taken, .. } = *harness.state();
        assert!(taken >= CARD_HEIGHT && (needed - taken).abs() < 1.0, "{hours} h, {width} wide: {needed}, {taken}");
        harness.state_mut().arrow.dismiss();
        harness.run();
        assert!((harness.state().needed - taken).abs() < 1.0, "{hours} h, {width} wide");
    }
    assert!(room(1, 240.0).state().taken > 2.0 * CARD_HEIGHT, "else it proves nothing");
}

#[test]
fn card_of_a_low_window_is_a_line() {
    let mut desk = amount_left(Place::after(4000));
    desk.stir();
    for (height, size) in [(200.0, CardSize::Line), (520.0, CardSize::Open)] {
        desk.0.set_size(vec2(640.0, height));
        desk.0.run();
        assert_eq!(desk.0.state().arrow.card_size(), size, "{height} points");
    }
}

#[test]
fn arrow_to_an_element_out_of_view_stands_where_its_text_has_room() {
    let place = Place::default();
    place.open(Options::default()).write("Notes", "ask Mei");
    let mut desk = place.sized(Place::after(42), vec2(640.0, 230.0));
    desk.stir();
    assert!(desk.reads("Notes, further down"));
    let drawn = desk.0.state().arrow.drawn();
    let Some(&Drawn::Arrow { bounds, words: Some(words), off_screen: true, .. }) = drawn else { panic!("{drawn:?}") };
    for label in ["Customer", "Amount", "Due date", "Cost centre"] {
        let rect = desk.rect(label);
        assert!(!rect.intersects(bounds) && !rect.intersects(words), "{bounds:?} or {words:?} is on {label}");
    }
}

#[test]
fn pixels_are_whole_on_a_fine_screen() {
    let desk = amount_left(Place::after(5));
    let Desk(mut harness) = desk;
    harness.set_pixels_per_point(1.5);
    harness.run();
    let bounds = bounds(&Desk(harness));
    for coordinate in [bounds.left(), bounds.top(), bounds.right(), bounds.bottom()] {
        assert!((coordinate * 1.5 - (coordinate * 1.5).round()).abs() < 1e-3, "{bounds:?}");
    }
}

/// A form as egui's users write it: the label before its field, no room left for an arrow.
fn plain_form(in_window: bool) -> Harness<'static, (Session, Arrow, String)> {
    let mut session = Session::builder(AppId::new("org.example.test")).backend(MemoryBackend::new()).open();
    session.scope("form").mark("amount");
    session.suspend(Reason::Call).unwrap();
    session.wake();
    let mut arrow = Arrow::for_scope("form");
    arrow.take_me_back();
    let form = |ui: &mut Ui, arrow: &mut Arrow, text: &mut String| {
        for path in ["customer", "amount", "due"] {
            ui.horizontal(|ui| {
                let name = ui.label(path);
                let field = ui.add(TextEdit::singleline(text).id_salt(path).desired_width(120.0));
                arrow.mark(ui, Target::new(path), &field.labelled_by(name.id));
            });
        }
    };
    let mut harness = Harness::builder().with_size(vec2(400.0, 300.0)).build_ui_state(
        move |ui, (session, arrow, text): &mut (Session, Arrow, String)| {
            if in_window {
                Window::new("Form").show(ui.ctx(), |ui| form(ui, arrow, text));
            } else {
                form(ui, arrow, text);
            }
            _ = arrow.show(ui.ctx(), session);
        },
        (session, arrow, String::new()),
    );
    harness.run();
    harness
}

#[test]
fn where_a_label_is_before_the_field_the_arrow_stands_behind_it() {
    let harness = plain_form(false);
    let Some(&Drawn::Arrow { bounds, off_screen: false, .. }) = harness.state().1.drawn() else { panic!() };
    assert!(bounds.left() >= harness.get_by_label("amount").rect().right(), "{bounds:?}");
}

#[test]
fn the_arrow_of_a_window_is_drawn_in_it_and_marks_go_to_their_scope() {
    let mut harness = plain_form(true);
    assert_eq!(harness.state().1.pointed_at(), Some("amount"));
    let shapes = &harness.output().shapes;
    let arrow = shapes.iter().position(|clipped| matches!(&clipped.shape, Shape::Path(path) if path.fill == core()));
    let is_label = |shape: &Shape| matches!(shape, Shape::Text(text) if text.galley.text() == "amount");
    let label = shapes.iter().position(|clipped| is_label(&clipped.shape));
    assert!(arrow.is_some() && arrow > label, "not under the window");
    harness.get_by_label("due").click();
    harness.run();
    let session = &mut harness.state_mut().0;
    session.suspend(Reason::Call).unwrap();
    session.wake();
    assert_eq!(session.scope("form").marker().map(leftoff::Marker::element), Some("due"));
    assert_eq!(session.scope("").marker(), None);
}

/// What the user wrote down before a call is the first line of the card, also while the card is one line.
#[test]
fn note_for_oneself_is_above_the_line_of_the_card() {
    let place = Place::default();
    let mut desk = place.open(Options::default());
    desk.write("Customer", "Delmar");
    let session = &mut desk.0.state_mut().session;
    session.suspend_with_note(Reason::Call, "next: ask Ana for the amount").unwrap();
    drop(desk);
    let desk = place.open(Place::after(42));
    let top = |words: &str| {
        desk.0.output().shapes.iter().find_map(|clipped| match &clipped.shape {
            Shape::Text(text) if text.galley.text().contains(words) => Some(text.pos.y),
            _ => None,
        })
    };
    let (note, line) = (top("next: ask Ana for the amount"), top("42 min ago"));
    assert!(note.is_some() && line.is_some() && note < line, "{note:?}, {line:?}");
}
