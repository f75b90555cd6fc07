//! The request that is chosen: its steps, and the form of the second one.

use eframe::egui::epaint::MarginF32;
use eframe::egui::{
    self, Align, Button, ComboBox, Frame, Layout, Margin, Response, RichText, ScrollArea, TextEdit, Ui, vec2,
};
use leftoff::Kind;

use crate::list::path;
use crate::place::GUTTER;
use crate::requests::Request;
use crate::scene::{Scene, Touch};
use crate::send;
use crate::state::{Decision, Desk, Step};
use crate::theme;

/// Leaves room for the words of the marker at the right.
const FIELD: f32 = 400.0;

pub(crate) fn show(ui: &mut Ui, desk: &mut Desk, scene: &mut Scene, now_millis: i64) {
    let Some(request) = desk.selected() else {
        ui.centered_and_justified(|ui| ui.label(RichText::new("Choose a request at the left.").weak()));
        return;
    };
    scene.container(&path(request), ui.max_rect());
    let total = Step::Send.number();
    scene.set_place(request.id, (desk.view.step.number(), total));
    let area = ScrollArea::vertical().id_salt(("form", request.id)).auto_shrink(false);
    ui.visuals_mut().widgets.inactive.bg_fill = theme::palette(ui.visuals()).bar;
    area.show(ui, |ui| {
        ui.reset_style();
        // Room for the arrow.
        let margin = MarginF32 { left: GUTTER, right: 14.0, top: 6.0, bottom: 4.0 };
        Frame::new().inner_margin(margin).show(ui, |ui| {
            title(ui, desk, scene, request);
            stepper(ui, desk, scene, request);
            ui.add_space(8.0);
            match desk.view.step {
                Step::Read => read(ui, desk, scene, request),
                Step::Decide => decide(ui, desk, scene, request),
                Step::Send => send::show(ui, desk, scene, request, now_millis),
            }
        });
    });
}

fn title(ui: &mut Ui, desk: &mut Desk, scene: &mut Scene, request: &Request) {
    egui::Sides::new().shrink_left().truncate().show(
        ui,
        |ui| ui.heading(request.what),
        |ui| {
            let response = ui.button("Delete");
            let path = format!("{}/delete", path(request));
            scene.element(ui, &path, &response);
            if response.clicked() {
                scene.touch(Touch::new(&path, Kind::Press, "Delete").done());
                delete(desk, request);
            }
        },
    );
    let facts = format!("{} · {} asks for {} € · due {}", request.id, request.who, request.amount, request.due);
    ui.label(RichText::new(facts).weak());
    ui.add_space(6.0);
}

fn delete(desk: &mut Desk, request: &Request) {
    let next = desk.requests().find(|other| other.id > request.id).or_else(|| desk.requests().next());
    let next = next.map(|next| next.id.to_owned()).unwrap_or_default();
    desk.ledger.deleted.insert(request.id.to_owned());
    desk.drafts.remove(request.id);
    (desk.view.selected, desk.view.step) = (next, Step::Read);
}

/// The arrow fits between two steps, on the line that joins them.
fn stepper(ui: &mut Ui, desk: &mut Desk, scene: &mut Scene, request: &Request) {
    let palette = theme::palette(ui.visuals());
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        for step in Step::ALL {
            if step != Step::Read {
                let (line, _) = ui.allocate_exact_size(vec2(GUTTER + 4.0, 28.0), egui::Sense::hover());
                ui.painter().hline(line.shrink(6.0).x_range(), line.center().y, (1.5, palette.line));
            }
            let here = desk.view.step == step;
            let text = RichText::new(format!("{}  {}", step.number(), step.name()));
            let text = if here { text.color(palette.on_accent) } else { text };
            let mut button = Button::new(text).corner_radius(14.0).min_size(vec2(88.0, 28.0));
            if here {
                button = button.fill(palette.accent);
            }
            let response = ui.add(button);
            let name = format!("Step {} of 3: {}{}", step.number(), step.name(), if here { ", here" } else { "" });
            let response = response.accessible_name(name);
            scene.element(ui, &step_path(request, step), &response);
            if response.clicked() {
                go_to(desk, scene, request, step);
            }
        }
    });
}

pub(crate) fn step_path(request: &Request, step: Step) -> String {
    format!("{}/step/{}", path(request), step.name().to_lowercase())
}

pub(crate) fn go_to(desk: &mut Desk, scene: &mut Scene, request: &Request, step: Step) {
    desk.view.step = step;
    scene.set_place(request.id, (step.number(), Step::Send.number()));
    scene.touch(Touch::new(&step_path(request, step), Kind::Open, step.name()));
}

pub(crate) fn primary(ui: &mut Ui, text: &str) -> Response {
    let palette = theme::palette(ui.visuals());
    let text = RichText::new(text).color(palette.on_accent).strong();
    let button = Button::new(text).fill(palette.accent).min_size(vec2(120.0, 32.0));
    // Laid out in a row, its text is in the middle.
    ui.horizontal(|ui| ui.add(button)).inner
}

fn read(ui: &mut Ui, desk: &mut Desk, scene: &mut Scene, request: &Request) {
    let facts = [("Requester", request.who), ("Cost centre", request.cost_centre), ("Why", request.why)];
    for (label, text) in facts {
        ui.label(RichText::new(label).small().weak());
        ui.scope(|ui| {
            ui.set_max_width(FIELD + 60.0);
            ui.label(text);
        });
        ui.add_space(6.0);
    }
    ui.add_space(8.0);
    if primary(ui, "Decide").clicked() {
        go_to(desk, scene, request, Step::Decide);
    }
}

fn decide(ui: &mut Ui, desk: &mut Desk, scene: &mut Scene, request: &Request) {
    let sent = desk.ledger.sent.contains_key(request.id);
    ui.add_enabled_ui(!sent, |ui| fields(ui, desk, scene, request));
    ui.add_space(2.0);
    if primary(ui, "Check and send").clicked() {
        go_to(desk, scene, request, Step::Send);
    }
}

fn fields(ui: &mut Ui, desk: &mut Desk, scene: &mut Scene, request: &Request) {
    let of = |name: &str| format!("{}/{name}", path(request));
    let draft = desk.draft(request);
    line(ui, scene, &of("amount"), "Amount", "€", &mut draft.amount);
    line(ui, scene, &of("cost-centre"), "Cost centre", "", &mut draft.cost_centre);
    decision(ui, scene, &of("decision"), &mut draft.decision);
    let checked = ui.checkbox(&mut draft.budget_checked, "The budget covers it");
    scene.element(ui, &of("budget"), &checked);
    if checked.changed() {
        let detail = if draft.budget_checked { "yes" } else { "no" };
        scene.touch(Touch::new(&of("budget"), Kind::Choose, "The budget covers it").detail(detail));
    }
    line(ui, scene, &of("message"), "Message to the requester", "", &mut draft.message);
    field(ui, "Notes", |ui| {
        let edit = TextEdit::multiline(&mut draft.notes).id_salt(of("notes")).desired_rows(3);
        let response = ui.add(edit.desired_width(width(ui)).margin(Margin::symmetric(8, 5)));
        scene.text_field(ui, &of("notes"), "Notes", &response, &draft.notes);
        response
    });
}

fn line(ui: &mut Ui, scene: &mut Scene, path: &str, label: &str, unit: &str, text: &mut String) {
    field(ui, label, |ui| {
        let mut edit = TextEdit::singleline(text).id_salt(path).desired_width(width(ui));
        if !unit.is_empty() {
            edit = edit.suffix(RichText::new(unit).weak());
        }
        let response = ui.add(edit.margin(Margin::symmetric(8, 5)));
        scene.text_field(ui, path, label, &response, text);
        response
    });
}

fn decision(ui: &mut Ui, scene: &mut Scene, path: &str, decision: &mut Decision) {
    field(ui, "Decision", |ui| {
        let before = *decision;
        let combo = ComboBox::from_id_salt(path).selected_text(decision.name()).width(width(ui));
        let combo = combo.show_ui(ui, |ui| {
            for choice in Decision::ALL {
                ui.selectable_value(decision, choice, choice.name());
            }
        });
        scene.element(ui, path, &combo.response);
        if *decision != before {
            scene.touch(Touch::new(path, Kind::Choose, "Decision").detail(decision.name()));
        }
        combo.response
    });
}

/// A label over an input, and tied to it.
fn field(ui: &mut Ui, label: &str, input: impl FnOnce(&mut Ui) -> Response) {
    ui.spacing_mut().item_spacing.y = 6.0;
    let label = ui.label(RichText::new(label).small().weak());
    let response = ui.with_layout(Layout::top_down(Align::Min), input).inner;
    response.labelled_by(label.id);
    ui.add_space(2.0);
}

fn width(ui: &Ui) -> f32 {
    FIELD.min(ui.available_width() - 16.0)
}
