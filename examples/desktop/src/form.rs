//! The selected request: its steps, and the form of the second step.

use eframe::egui::epaint::MarginF32;
use eframe::egui::{
    self, Align, Button, ComboBox, Frame, Layout, Margin, Response, RichText, ScrollArea, TextEdit, Ui, vec2,
};
use leftoff::Action;
use leftoff_egui::GUTTER;

use crate::next::Version;
use crate::page::{At, Page, clicked};
use crate::requests::Request;
use crate::send;
use crate::state::{Decision, Desk, Step};
use crate::theme;

/// The width of a field, which leaves room for the text of the marker at the right.
const FIELD: f32 = 350.0;

/// `id` is that of the request that was open; it may be empty.
pub(crate) fn nothing_chosen(ui: &mut Ui, id: &str) {
    let gone = if id.is_empty() { String::new() } else { format!("{id} is no longer in the list. ") };
    ui.centered_and_justified(|ui| ui.label(RichText::new(gone + "Choose a request at the left.").weak()));
}

pub(crate) fn show(ui: &mut Ui, desk: &mut Desk, page: &mut Page<'_>, request: &Request, now_millis: i64) {
    let area = ScrollArea::vertical().id_salt(("form", request.id)).auto_shrink(false);
    ui.visuals_mut().widgets.inactive.bg_fill = theme::palette(ui.visuals()).bar;
    area.show(ui, |ui| {
        ui.reset_style();
        // Room for the arrow.
        let margin = MarginF32 { left: GUTTER, right: 14.0, top: 6.0, bottom: 4.0 };
        Frame::new().inner_margin(margin).show(ui, |ui| {
            title(ui, desk, page, request);
            stepper(ui, desk, page, request);
            ui.add_space(8.0);
            match desk.view.step {
                Step::Read => read(ui, desk, page, request),
                Step::Decide => decide(ui, desk, page, request),
                Step::Send => send::show(ui, desk, page, request, now_millis),
            }
        });
    });
}

fn title(ui: &mut Ui, desk: &mut Desk, page: &mut Page<'_>, request: &Request) {
    egui::Sides::new().shrink_left().truncate().show(
        ui,
        |ui| ui.heading(request.what),
        |ui| {
            let response = ui.button("Delete");
            let (at, path) = (page.at, format!("{}/delete", request.id));
            if clicked(page.arrow, ui, at.target(&path, "Delete", "button").done(), &response, Action::Press) {
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

/// Draws the steps. The arrow fits between two steps, on the line that joins them.
fn stepper(ui: &mut Ui, desk: &mut Desk, page: &mut Page<'_>, request: &Request) {
    let palette = theme::palette(ui.visuals());
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        for step in Step::ALL {
            if step != Step::Read {
                let line = ui.max_rect().with_min_x(ui.cursor().left()).with_max_x(ui.cursor().left() + GUTTER + 4.0);
                ui.painter().hline(line.shrink(6.0).x_range(), line.center().y, (1.5, palette.line));
                // Not a widget: an arrow may cover it.
                ui.add_space(line.width());
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
            let (at, path) = (At::new(request, step), step.path(request));
            if clicked(page.arrow, ui, at.target(&path, step.name(), "step"), &response, Action::Open) {
                desk.view.step = step;
            }
        }
    });
}

/// Goes to a step as if it had been clicked.
fn go_to(desk: &mut Desk, page: &mut Page<'_>, request: &Request, step: Step) {
    desk.view.step = step;
    page.arrow.touch(At::new(request, step).target(&step.path(request), step.name(), "step"), Action::Open);
}

pub(crate) fn primary(ui: &mut Ui, text: &str) -> Response {
    let palette = theme::palette(ui.visuals());
    let text = RichText::new(text).color(palette.on_accent).strong();
    let button = Button::new(text).fill(palette.accent).min_size(vec2(120.0, 32.0));
    // In a horizontal layout, the text is centred vertically.
    ui.horizontal(|ui| ui.add(button)).inner
}

fn read(ui: &mut Ui, desk: &mut Desk, page: &mut Page<'_>, request: &Request) {
    let facts = [("Requester", request.who), ("Cost centre", request.cost_center), ("Why", request.why)];
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
        go_to(desk, page, request, Step::Decide);
    }
}

fn decide(ui: &mut Ui, desk: &mut Desk, page: &mut Page<'_>, request: &Request) {
    let sent = desk.ledger.sent.contains_key(request.id);
    ui.add_enabled_ui(!sent, |ui| fields(ui, desk, page, request));
    ui.add_space(2.0);
    if primary(ui, "Check and send").clicked() {
        go_to(desk, page, request, Step::Send);
    }
}

/// Draws the fields. Version 2 has another order, and a group for the money.
fn fields(ui: &mut Ui, desk: &mut Desk, page: &mut Page<'_>, request: &Request) {
    let of = |name: &str| format!("{}/{name}", Step::Decide.path(request));
    let (version, draft) = (desk.version, desk.draft(request));
    match version {
        Version::One => {
            line(ui, page, &of("amount"), "Amount", "€", &mut draft.amount);
            line(ui, page, &of("cost-center"), cost_center(version), "", &mut draft.cost_center);
            decision(ui, page, &of("decision"), &mut draft.decision);
            budget(ui, page, &of("budget"), &mut draft.budget_checked);
            line(ui, page, &of("message"), MESSAGE, "", &mut draft.message);
            notes(ui, page, &of("notes"), &mut draft.notes);
        }
        Version::Two => {
            decision(ui, page, &of("decision"), &mut draft.decision);
            line(ui, page, &of("message"), MESSAGE, "", &mut draft.message);
            notes(ui, page, &of("notes"), &mut draft.notes);
            ui.label(RichText::new("Money").strong());
            line(ui, page, &of("money/amount"), "Amount", "€", &mut draft.amount);
            line(ui, page, &of("money/charge-to"), cost_center(version), "", &mut draft.cost_center);
        }
    }
}

const MESSAGE: &str = "Message to the requester";

pub(crate) fn cost_center(version: Version) -> &'static str {
    match version {
        Version::One => "Cost centre",
        Version::Two => "Charge to",
    }
}

fn line(ui: &mut Ui, page: &mut Page<'_>, path: &str, label: &str, unit: &str, text: &mut String) {
    field(ui, label, |ui| {
        let mut edit = TextEdit::singleline(text).id_salt(path).desired_width(width(ui));
        if !unit.is_empty() {
            edit = edit.suffix(RichText::new(unit).weak());
        }
        let response = ui.add(edit.margin(Margin::symmetric(8, 5)));
        page.text_field(ui, path, label, &response, text);
        response
    });
}

fn notes(ui: &mut Ui, page: &mut Page<'_>, path: &str, text: &mut String) {
    field(ui, "Notes", |ui| {
        let edit = TextEdit::multiline(text).id_salt(path).desired_rows(3);
        let response = ui.add(edit.desired_width(width(ui)).margin(Margin::symmetric(8, 5)));
        page.text_field(ui, path, "Notes", &response, text);
        response
    });
}

fn budget(ui: &mut Ui, page: &mut Page<'_>, path: &str, is_checked: &mut bool) {
    let label = "The budget covers it";
    let response = ui.checkbox(is_checked, label);
    let (at, act) = (page.at, if *is_checked { Action::Tick } else { Action::Untick });
    page.arrow.mark(ui, at.target(path, label, "box").action(act), &response);
}

fn decision(ui: &mut Ui, page: &mut Page<'_>, path: &str, decision: &mut Decision) {
    field(ui, "Decision", |ui| {
        let before = *decision;
        let combo = ComboBox::from_id_salt(path).selected_text(decision.name()).width(width(ui));
        let combo = combo.show_ui(ui, |ui| {
            for choice in Decision::ALL {
                ui.selectable_value(decision, choice, choice.name());
            }
        });
        let chosen = (*decision != before).then_some(decision.name());
        page.choice(ui, path, "Decision", &combo.response, chosen);
        combo.response
    });
}

/// Draws a label over an input, and associates the two.
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
