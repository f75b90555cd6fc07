//! An invoice in two versions of the program: the form, without its window.

use std::time::Duration;

use eframe::egui::epaint::MarginF32;
use eframe::egui::{self, Align, Button, CentralPanel, Frame, Layout, Panel, ScrollArea, TextEdit, Ui};
use leftoff::marker::cue::FocusAdvice;
use leftoff::marker::place::Direction;
use leftoff::time::{Clock, Now, SystemClock};
use leftoff::{Action, Capture, Error, Section, Session};
use leftoff_egui::{Arrow, GUTTER, Target};
use serde::{Deserialize, Serialize};

pub const FORM: Section<Form> = Section::new("form", 1);

#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct Form {
    pub customer: String,
    pub amount: String,
    pub due: String,
    pub cost_center: String,
    pub reference: String,
    pub notes: String,
    pub urgent: bool,
    pub copy: bool,
    pub sent: bool,
}

/// The options of the program.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
pub struct Options {
    /// Run the next version: other names, another order, one field less.
    pub next: bool,
    pub dark: bool,
    pub right_to_left: bool,
    pub reduced_motion: bool,
    /// The offset of the clock, to try out absences.
    pub later: Duration,
}

pub struct App {
    pub session: Session,
    pub form: Form,
    pub arrow: Arrow,
    options: Options,
    focused: bool,
}

impl App {
    pub fn new(mut session: Session, options: Options) -> Self {
        let form = session.get_or_default(FORM);
        let mut arrow = Arrow::new();
        arrow.set_clock(Later::new(options.later));
        arrow.settings.reduced_motion = options.reduced_motion;
        if options.right_to_left {
            arrow.settings.direction = Direction::RightToLeft;
        }
        Self { session, form, arrow, options, focused: false }
    }

    /// Draws one frame.
    pub fn show(&mut self, ui: &mut Ui) {
        ui.ctx().set_theme(if self.options.dark { egui::Theme::Dark } else { egui::Theme::Light });
        if ui.input_mut(|input| input.consume_key(egui::Modifiers::COMMAND, egui::Key::J)) {
            self.arrow.take_me_back();
        }
        Panel::top("card").show(ui, |ui| {
            // As high as the card, so that the layout does not jump when the card appears or disappears.
            ui.set_min_height(self.arrow.card_height(ui));
            if !self.arrow.card(ui) {
                ui.label("Invoice 42 — leave whenever you must, Ctrl+J takes you back");
            }
        });
        CentralPanel::default().show(ui, |ui| ScrollArea::vertical().auto_shrink(false).show(ui, |ui| self.page(ui)));
        if self.arrow.show(ui.ctx(), &mut self.session) {
            self.form = self.session.get_or_default(FORM);
        }
        let saved = self.session.autosave(|capture| capture_all(capture, &self.form, &self.arrow));
        if let Err(error) = saved {
            ui.ctx().debug_painter().debug_text(egui::Pos2::ZERO, egui::Align2::LEFT_TOP, egui::Color32::RED, error);
        }
    }

    /// Saves and closes the session when the window is closed. The save includes changes that were not marked.
    pub fn exit(&mut self) -> Result<(), Error> {
        let saved = self.session.save(|capture| capture_all(capture, &self.form, &self.arrow));
        let closed = self.session.close();
        saved.and(closed)
    }

    fn page(&mut self, ui: &mut Ui) {
        let gutter = MarginF32::symmetric(10.0, 0.0);
        let gutter = if self.options.right_to_left {
            // The scroll bar is on this side, too.
            MarginF32 { right: GUTTER + 12.0, ..gutter }
        } else {
            MarginF32 { left: GUTTER, ..gutter }
        };
        let align = if self.options.right_to_left { Align::Max } else { Align::Min };
        Frame::new().inner_margin(gutter).show(ui, |ui| {
            ui.with_layout(Layout::top_down(align), |ui| {
                if self.options.next {
                    self.next_fields(ui);
                } else {
                    self.fields(ui);
                }
                ui.add_space(8.0);
                self.send(ui);
                let page = ui.min_rect();
                self.arrow.region(ui, "invoice/42", page);
            });
        });
    }

    fn fields(&mut self, ui: &mut Ui) {
        let form = &mut self.form;
        let (arrow, focused) = (&mut self.arrow, &mut self.focused);
        field(ui, arrow, focused, "invoice/42/customer", "Customer", &mut form.customer);
        field(ui, arrow, focused, "invoice/42/amount", "Amount", &mut form.amount);
        field(ui, arrow, focused, "invoice/42/due", "Due date", &mut form.due);
        field(ui, arrow, focused, "invoice/42/cost-center", "Cost centre", &mut form.cost_center);
        field(ui, arrow, focused, "invoice/42/reference", "Reference", &mut form.reference);
        let urgent = ui.checkbox(&mut form.urgent, "Urgent");
        let act = if form.urgent { Action::Tick } else { Action::Untick };
        arrow.mark(ui, Target::new("invoice/42/urgent").label("Urgent").role("box").action(act), &urgent);
        notes(ui, arrow, &mut form.notes);
        let copy = ui.checkbox(&mut form.copy, "Keep a copy");
        arrow.mark(ui, Target::new("options/copy").label("Keep a copy").role("box"), &copy);
    }

    /// The reference has a new name that [`RENAMES`] declares, the due date has a new name that nothing declares, the
    /// order is different, and cost centre and options are gone.
    fn next_fields(&mut self, ui: &mut Ui) {
        let form = &mut self.form;
        let (arrow, focused) = (&mut self.arrow, &mut self.focused);
        field(ui, arrow, focused, "invoice/42/order-number", "Order number", &mut form.reference);
        field(ui, arrow, focused, "invoice/42/due_date", "Due date", &mut form.due);
        field(ui, arrow, focused, "invoice/42/customer", "Customer", &mut form.customer);
        notes(ui, arrow, &mut form.notes);
        field(ui, arrow, focused, "invoice/42/amount", "Amount", &mut form.amount);
        let urgent = ui.checkbox(&mut form.urgent, "Urgent");
        let act = if form.urgent { Action::Tick } else { Action::Untick };
        arrow.mark(ui, Target::new("invoice/42/urgent").label("Urgent").role("box").action(act), &urgent);
    }

    fn send(&mut self, ui: &mut Ui) {
        let send = ui.add_enabled(!self.form.sent, Button::new(if self.form.sent { "Sent" } else { "Send" }));
        self.arrow.mark(ui, Target::new("invoice/42/send").label("Send").role("button").done(), &send);
        self.form.sent |= send.clicked();
    }
}

fn capture_all(capture: &mut Capture<'_>, form: &Form, arrow: &Arrow) {
    capture.set(FORM, form);
    capture.anchor(arrow.elements());
    if let Some(position) = arrow.position() {
        capture.position(position);
    }
}

/// The names of elements in the first version and in the next one.
pub const RENAMES: &[(&str, &str)] = &[("invoice/42/reference", "invoice/42/order-number")];

fn field(ui: &mut Ui, arrow: &mut Arrow, focused: &mut bool, path: &str, label: &str, text: &mut String) {
    let name = ui.label(label);
    let response = ui.add(TextEdit::singleline(text).id_salt(path).desired_width(260.0)).labelled_by(name.id);
    let detail: String = if text.chars().count() > 40 { text.chars().take(40).collect() } else { text.clone() };
    let place = ["Invoices", "Invoice 42"];
    arrow.mark(ui, Target::new(path).label(label).role("field").detail(&detail).breadcrumb(&place), &response);
    // Once, and only if no key repeats a finished action.
    if !*focused && arrow.pointed_at() == Some(path) {
        *focused = true;
        if arrow.focus_advice() == Some(FocusAdvice::OnTarget) {
            response.request_focus();
        }
    }
    ui.add_space(6.0);
}

fn notes(ui: &mut Ui, arrow: &mut Arrow, text: &mut String) {
    let name = ui.label("Notes");
    let edit = TextEdit::multiline(text).id_salt("notes").desired_rows(4).desired_width(f32::INFINITY);
    let response = ui.add(edit).labelled_by(name.id);
    arrow.mark(ui, Target::new("invoice/42/notes").label("Notes").role("field"), &response);
    ui.add_space(6.0);
}

/// A clock with an offset.
#[derive(Debug, Clone)]
pub struct Later {
    clock: SystemClock,
    by: Duration,
}

impl Later {
    pub fn new(by: Duration) -> Self {
        Self { clock: SystemClock::new(), by }
    }
}

impl Clock for Later {
    fn now(&self) -> Now {
        let Now { wall, monotonic } = self.clock.now();
        let ahead = i64::try_from(self.by.as_millis()).unwrap_or(0);
        let wall = leftoff::time::Timestamp::from_millis(wall.as_millis().saturating_add(ahead));
        Now { wall, monotonic: monotonic + self.by }
    }

    fn boot_id(&self) -> Option<u128> {
        self.clock.boot_id()
    }

    fn uptime(&self) -> Option<Duration> {
        self.clock.uptime().map(|up| up + self.by)
    }
}
