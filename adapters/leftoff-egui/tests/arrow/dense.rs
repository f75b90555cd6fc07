//! Rows of buttons without room for an arrow.

use eframe::egui::{Rect, Ui, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use leftoff::backend::MemoryBackend;
use leftoff::marker::cue::Salience;
use leftoff::marker::place::Direction;
use leftoff::{AppId, Reason, Session};
use leftoff_egui::{Arrow, Drawn};

const ROWS: usize = 4;
const WORDS: [&str; 6] = ["Edit", "Add child", "Move", "Copy", "Delete", "Done"];

fn label(row: usize, word: &str) -> String {
    format!("{word} {row}")
}

/// Rows of buttons, with the distance that egui gives them or another one, and the marker at one of them.
fn rows(at: &str, distance: Option<f32>, direction: Direction) -> Harness<'static, (Session, Arrow)> {
    let mut session = Session::builder(AppId::new("org.example.test")).backend(MemoryBackend::new()).open();
    session.mark(at);
    session.suspend(Reason::Call).unwrap();
    session.wake();
    let mut arrow = Arrow::new();
    arrow.settings.direction = direction;
    let draw = move |ui: &mut Ui, (session, arrow): &mut (Session, Arrow)| {
        if let Some(distance) = distance {
            ui.spacing_mut().item_spacing = vec2(distance, distance);
        }
        for row in 0..ROWS {
            ui.horizontal(|ui| {
                for word in WORDS {
                    let label = label(row, word);
                    let response = ui.button(&label);
                    arrow.mark(ui, label.as_str(), &response);
                }
            });
        }
        _ = arrow.show(ui.ctx(), session);
    };
    let mut harness =
        Harness::builder().with_max_steps(60).with_size(vec2(470.0, 110.0)).build_ui_state(draw, (session, arrow));
    harness.run();
    harness.hover_at(eframe::egui::pos2(469.0, 109.0));
    harness.run();
    harness
}

fn bounds(harness: &Harness<'static, (Session, Arrow)>) -> Rect {
    match harness.state().1.drawn() {
        Some(&Drawn::Arrow { bounds, off_screen: false, .. }) => bounds,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_arrow_in_a_dense_row_covers_no_button() {
    for direction in [Direction::LeftToRight, Direction::RightToLeft] {
        for word in WORDS {
            let at = label(1, word);
            let mut harness = rows(&at, None, direction);
            for is_quiet in [false, true] {
                if is_quiet {
                    harness.get_by_label(&at).click();
                    harness.run();
                    assert_eq!(harness.state().1.salience(), Salience::Quiet);
                }
                let bounds = bounds(&harness);
                for (row, word) in (0..ROWS).flat_map(|row| WORDS.map(|word| (row, word))) {
                    let button = harness.get_by_label(&label(row, word)).rect();
                    let covered = button.intersect(bounds);
                    assert!(!covered.shrink(0.5).is_positive(), "{at}: {bounds:?} is on {word} {row}, {button:?}");
                }
            }
        }
    }
}

#[test]
fn an_arrow_at_the_edge_of_the_window_is_not_cut() {
    for word in ["Edit", "Done"] {
        let harness = rows(&label(1, word), None, Direction::LeftToRight);
        let bounds = bounds(&harness);
        let window = Rect::from_min_size(eframe::egui::Pos2::ZERO, vec2(470.0, 110.0));
        assert!(window.shrink(2.0).contains_rect(bounds), "{word}: {bounds:?}");
    }
}

#[test]
fn an_arrow_in_a_row_without_gaps_covers_no_caption() {
    for word in WORDS {
        let at = label(1, word);
        let harness = rows(&at, Some(3.0), Direction::LeftToRight);
        let bounds = bounds(&harness);
        for other in WORDS.map(|word| label(1, word)) {
            // The caption of a button has 4 points of padding on each side.
            let caption = harness.get_by_label(&other).rect().shrink2(vec2(4.0, 0.0));
            let covered = caption.intersect(bounds);
            assert!(other == at || !covered.shrink(0.5).is_positive(), "{at}: {bounds:?} is on {other}, {caption:?}");
        }
    }
}
