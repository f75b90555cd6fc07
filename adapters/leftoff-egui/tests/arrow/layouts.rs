//! Layouts as programs have them, none of them with room for an arrow: nothing that is drawn covers a widget or a text.

use eframe::egui::{Grid, Pos2, Rect, Role, ScrollArea, TextEdit, Ui, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::NodeT;
use leftoff::marker::place::Direction;
use leftoff::{Reason, Session};
use leftoff_egui::{Arrow, Drawn, Target};

type State = (Session, Arrow, String);
type Layout = fn(&mut Ui, &mut State);

/// The number of elements of each layout.
const COUNT: usize = 6;

fn name(index: usize) -> String {
    format!("Element {index}")
}

fn field(ui: &mut Ui, (_, arrow, text): &mut State, index: usize, width: f32) {
    let response = ui.add(TextEdit::singleline(text).id_salt(index).hint_text(name(index)).desired_width(width));
    arrow.mark(ui, Target::new(&name(index)), &response);
}

fn button(ui: &mut Ui, (_, arrow, _): &mut State, index: usize) {
    let response = ui.button(name(index));
    arrow.mark(ui, Target::new(&name(index)), &response);
}

/// Labels above their fields, with egui's distances.
fn stack(ui: &mut Ui, state: &mut State) {
    for index in 0..COUNT {
        ui.label(format!("Label {index}"));
        field(ui, state, index, f32::INFINITY);
    }
}

fn label_and_field(ui: &mut Ui, state: &mut State) {
    for index in 0..COUNT {
        ui.horizontal(|ui| {
            ui.label(format!("Label {index}"));
            field(ui, state, index, 90.0);
            ui.label("units");
        });
    }
}

fn buttons(ui: &mut Ui, state: &mut State) {
    ui.horizontal_wrapped(|ui| (0..COUNT).for_each(|index| button(ui, state, index)));
    ui.label("Text below the buttons");
}

fn list(ui: &mut Ui, state: &mut State) {
    ScrollArea::vertical().max_height(110.0).show(ui, |ui| {
        for index in 0..COUNT {
            let response = ui.selectable_label(index == 2, name(index));
            state.1.mark(ui, Target::new(&name(index)).record(), &response);
        }
    });
    ui.label("Text below the list");
}

fn grid(ui: &mut Ui, state: &mut State) {
    Grid::new("grid").num_columns(3).show(ui, |ui| {
        for row in 0..COUNT / 2 {
            ui.label(format!("Label {row}"));
            button(ui, state, row * 2);
            button(ui, state, row * 2 + 1);
            ui.end_row();
        }
    });
}

fn shown(layout: Layout, at: usize, width: f32, zoom: f32, direction: Direction) -> Harness<'static, State> {
    let mut session = Session::in_memory();
    session.mark(name(at).as_str());
    session.suspend(Reason::Call).unwrap();
    session.wake();
    let mut arrow = Arrow::new();
    arrow.settings.direction = direction;
    let draw = move |ui: &mut Ui, state: &mut State| {
        layout(ui, state);
        _ = state.1.show(ui.ctx(), &mut state.0);
    };
    let builder = Harness::builder().with_max_steps(60).with_size(vec2(width, 260.0));
    let mut harness = builder.with_pixels_per_point(zoom).build_ui_state(draw, (session, arrow, String::new()));
    harness.run();
    harness.hover_at(Pos2::new(width - 1.0, 259.0));
    harness.run();
    harness
}

/// What must stay readable: every widget and every text of the layout.
fn widgets(harness: &Harness<'static, State>) -> Vec<Rect> {
    let is_widget = |role| matches!(role, Role::Button | Role::TextInput | Role::Label);
    let nodes = harness.root().children_recursive();
    let rects = nodes.filter(|node| is_widget(node.accesskit_node().role())).map(|node| node.rect());
    rects.filter(Rect::is_positive).collect()
}

#[test]
fn nothing_that_is_drawn_covers_a_widget_or_a_text() {
    let layouts: [(&str, Layout); 5] =
        [("stack", stack), ("rows", label_and_field), ("buttons", buttons), ("list", list), ("grid", grid)];
    let mut count = 0;
    let mut faults = Vec::new();
    for (kind, layout) in layouts {
        for (width, zoom) in [(200.0, 1.0), (200.0, 2.0), (330.0, 1.0), (640.0, 1.5)] {
            for (direction, at) in [Direction::LeftToRight, Direction::RightToLeft]
                .into_iter()
                .flat_map(|d| (0..COUNT).map(move |at| (d, at)))
            {
                let harness = shown(layout, at, width, zoom, direction);
                let areas = match harness.state().1.drawn() {
                    Some(Drawn::Arrow { bounds, words, .. }) => vec![Some(*bounds), *words],
                    other => panic!("{kind} {width} {at}: {other:?}"),
                };
                for area in areas.into_iter().flatten() {
                    count += 1;
                    let covered = |rect: &Rect| rect.shrink(0.5).intersects(area);
                    for rect in widgets(&harness).into_iter().filter(covered) {
                        faults.push(format!(
                            "{kind}, {width} wide, zoom {zoom}, {direction:?}, {at}: {area:?} on {rect:?}"
                        ));
                    }
                }
            }
        }
    }
    assert!(faults.is_empty(), "{} of {count}:\n{}", faults.len(), faults.join("\n"));
    assert!(count > 200, "{count}");
}
