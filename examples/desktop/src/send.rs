//! The last step: the summary, and sending.

use eframe::egui::{Grid, RichText, Ui, vec2};
use leftoff::Action;
use leftoff::time::Timestamp;

use crate::clock::time_of_day;
use crate::form::{self, primary};
use crate::next::Version;
use crate::page::{Page, clicked};
use crate::requests::Request;
use crate::sign::{self, Sign};
use crate::state::{Decision, Desk, Sent, Step};
use crate::theme;

pub(crate) fn show(ui: &mut Ui, desk: &mut Desk, page: &mut Page<'_>, request: &Request, now_millis: i64) {
    let draft = desk.draft(request).clone();
    Grid::new("summary").num_columns(2).spacing(vec2(24.0, 8.0)).show(ui, |ui| {
        let budget = if draft.budget_checked { "covers it" } else { "not checked" };
        let amount = format!("{} €", draft.amount);
        let message = if draft.message.is_empty() { "none" } else { &draft.message };
        let facts = [
            ("Decision", draft.decision.name()),
            ("Amount", &amount),
            (form::cost_center(desk.version), &draft.cost_center),
            ("Budget", budget),
            ("Message", message),
        ];
        let facts = facts.into_iter().filter(|(label, _)| desk.version == Version::One || *label != "Budget");
        for (label, text) in facts {
            ui.label(RichText::new(label).weak());
            ui.label(text);
            ui.end_row();
        }
    });
    ui.add_space(12.0);
    let sent = desk.ledger.sent.get(request.id).map(|sent| Timestamp::from_millis(sent.at_millis));
    let ready = sent.is_none() && draft.decision != Decision::Open;
    let response = ui.add_enabled_ui(ready, |ui| primary(ui, if sent.is_some() { "Sent" } else { "Send" })).inner;
    let path = format!("{}/button", Step::Send.path(request));
    // Not "in progress": a returning user must not be led to send twice.
    let (at, decision) = (page.at, draft.decision.name());
    let target = at.target(&path, "Send", "button").done().detail(decision);
    if clicked(page.arrow, ui, target, &response, Action::Press) {
        let sent = Sent { at_millis: now_millis, decision: draft.decision, amount: draft.amount };
        desk.ledger.sent.insert(request.id.to_owned(), sent);
    }
    ui.add_space(4.0);
    let palette = theme::palette(ui.visuals());
    match sent {
        Some(at) => ui.horizontal(|ui| {
            sign::show(ui, Sign::Done, palette.fine);
            let text = format!("Sent at {}. Nothing is left to do.", time_of_day(at));
            ui.label(RichText::new(text).color(palette.fine))
        }),
        None if !ready => ui.horizontal(|ui| ui.label(RichText::new("Decide first, in step 2.").weak())),
        None => ui.horizontal(|ui| ui.label(RichText::new(format!("Goes to {}.", request.who)).weak())),
    };
}
