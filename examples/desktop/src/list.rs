//! The list at the left: all requests, and its scroll position.

use eframe::egui::{
    Align2, FontId, Rect, Response, Role, ScrollArea, Sense, TextStyle, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};
use leftoff::Action;
use leftoff::marker::Changes;
use leftoff_egui::{Arrow, GUTTER, Target};

use crate::next::Version;
use crate::page::clicked;
use crate::requests::Request;
use crate::state::{Desk, Draft, ListPlace};
use crate::theme;

pub(crate) const WIDTH: f32 = 330.0;
const ROW: f32 = 46.0;
const SPACE: f32 = 2.0;

/// Draws the list. With `restore`, the list is drawn for the first time and scrolls to its stored position.
pub(crate) fn show(ui: &mut Ui, desk: &mut Desk, arrow: &mut Arrow, since: &Changes, restore: bool) {
    let mut area = ScrollArea::vertical().id_salt("requests").auto_shrink(false);
    if restore {
        area = area.vertical_scroll_offset(offset_of(desk));
    }
    ui.visuals_mut().widgets.inactive.bg_fill = theme::palette(ui.visuals()).bar;
    let output = area.show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = SPACE;
        let rows: Vec<_> = desk.requests().collect();
        // In another order, what is new is among the rest.
        let first_new = since.new.first().filter(|_| desk.version == Version::One);
        for request in rows {
            if first_new.is_some_and(|first| first == request.id) {
                arrow.new_divider(ui);
            }
            let response = row(ui, desk, since, request);
            // The row is the request: in the paths of marks, the form is inside the row.
            let target = Target::new(request.id).record().label(request.id).role("row");
            if clicked(arrow, ui, target.detail(request.what).breadcrumb(&["Requests"]), &response, Action::Open) {
                request.id.clone_into(&mut desk.view.selected);
            }
        }
    });
    keep_place(desk, output.state.clamped_offset().y);
}

pub(crate) fn tally(desk: &Desk) -> String {
    let sent = desk.ledger.sent.len();
    let open = desk.requests().filter(|request| !desk.ledger.sent.contains_key(request.id)).count();
    format!("{open} open, {sent} sent")
}

fn row(ui: &mut Ui, desk: &Desk, since: &Changes, request: &Request) -> Response {
    let builder = UiBuilder::new().id_salt(request.id);
    let row = ui.scope_builder(builder, |ui| {
        let (full, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
        let rect = Rect::from_min_max(pos2(full.left() + GUTTER, full.top()), pos2(full.right() - 6.0, full.bottom()));
        let response = ui.interact(rect, ui.scope_id().with("row"), Sense::click());
        let selected = desk.view.selected == request.id;
        let state = state(desk, since, request);
        response.widget_info(|| {
            let Request { id, what, who, amount, due, .. } = request;
            let label = format!("{id}, {what}, {who}, {amount} euro, due {due}");
            let label = if state.is_empty() { label } else { format!("{label}, {state}") };
            WidgetInfo::selected(Role::ListBoxOption, ui.is_enabled(), selected, label)
        });
        paint(ui, &response, request, selected, &state);
        response
    });
    row.inner
}

/// Returns the words at the end of a row; empty if there is nothing to say.
fn state(desk: &Desk, since: &Changes, request: &Request) -> String {
    let is_in = |ids: &[String]| ids.iter().any(|id| id == request.id);
    let words = [
        (desk.ledger.sent.contains_key(request.id), "sent"),
        (is_draft(desk, request), "draft"),
        (is_in(&since.changed), "changed"),
        (is_in(&since.new), "new"),
    ];
    words.iter().filter(|(is_so, _)| *is_so).map(|(_, word)| *word).collect::<Vec<_>>().join(" · ")
}

/// Returns whether the user has begun to decide the request, and has not sent it.
pub(crate) fn is_draft(desk: &Desk, request: &Request) -> bool {
    let is_begun = desk.drafts.get(request.id).is_some_and(|draft| *draft != Draft::of(request));
    is_begun && !desk.ledger.sent.contains_key(request.id)
}

fn paint(ui: &Ui, response: &Response, request: &Request, selected: bool, state: &str) {
    let palette = theme::palette(ui.visuals());
    let (painter, rect) = (ui.painter(), response.rect);
    if selected {
        painter.rect_filled(rect, 6.0, palette.chosen);
    } else if response.hovered() || response.has_focus() {
        painter.rect_filled(rect, 6.0, palette.chosen.gamma_multiply(0.5));
    }
    let inner = rect.shrink2(vec2(10.0, 5.0));
    let (body, small) = (TextStyle::Body.resolve(ui.style()), TextStyle::Small.resolve(ui.style()));
    let (strong, weak) = (ui.visuals().strong_text_color(), palette.weak);
    let right = |y: f32, align: Align2, text: String, font: FontId, color| {
        painter.text(pos2(inner.right(), y), align, text, font, color).left()
    };
    let tag_color = if state == "sent" { palette.fine } else { palette.accent };
    let edge = right(inner.top() + 2.0, Align2::RIGHT_TOP, state.to_owned(), small.clone(), tag_color);
    let title = painter.layout_no_wrap(format!("{}  {}", request.id, request.what), body, strong);
    let room = Rect::from_min_max(inner.min, pos2(edge - 6.0, inner.bottom()));
    painter.with_clip_rect(room.intersect(ui.clip_rect())).galley(inner.min, title, strong);
    right(inner.bottom(), Align2::RIGHT_BOTTOM, format!("{} €", request.amount), small.clone(), weak);
    let below = format!("{} · due {}", request.who, request.due);
    painter.text(inner.left_bottom(), Align2::LEFT_BOTTOM, below, small, weak);
}

/// Returns the stored scroll position in the current list. If its row is gone, the next existing request replaces it.
fn offset_of(desk: &Desk) -> f32 {
    let ListPlace { top, hidden } = &desk.view.list;
    let next = desk.requests().map(|request| request.id).filter(|id| *id >= top.as_str()).min();
    let index = desk.requests().position(|request| Some(request.id) == next).unwrap_or(0);
    let found = desk.requests().nth(index).is_some_and(|request| request.id == top);
    let hidden = if found { hidden.clamp(0.0, 1.0) } else { 0.0 };
    // The list is short enough for `f32`.
    #[allow(clippy::cast_precision_loss)]
    let rows = index as f32;
    (rows + hidden) * (ROW + SPACE)
}

fn keep_place(desk: &mut Desk, offset: f32) {
    let rows = (offset / (ROW + SPACE)).max(0.0);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let index = rows.floor() as usize;
    let Some(request) = desk.requests().nth(index) else { return };
    let hidden = rows.fract();
    let place = &mut desk.view.list;
    if place.top != request.id || (place.hidden - hidden).abs() > 0.01 {
        *place = ListPlace { top: request.id.to_owned(), hidden };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(top: &str, hidden: f32) -> Desk {
        let mut desk = Desk::new(Version::One, false);
        desk.view.list = ListPlace { top: top.into(), hidden };
        desk
    }

    #[test]
    fn a_place_goes_through_an_offset_and_back() {
        let mut desk = at("R-1034", 0.5);
        let offset = offset_of(&desk);
        keep_place(&mut desk, offset);
        assert_eq!(desk.view.list, ListPlace { top: "R-1034".into(), hidden: 0.5 });
    }

    #[test]
    fn a_place_whose_row_is_gone_is_the_next_row() {
        let mut desk = at("R-1033", 0.5);
        desk.ledger.deleted.insert("R-1033".into());
        let offset = offset_of(&desk);
        keep_place(&mut desk, offset);
        assert_eq!(desk.view.list, ListPlace { top: "R-1034".into(), hidden: 0.0 });
    }

    #[test]
    fn a_place_nobody_knows_is_the_top() {
        assert!(offset_of(&at("Z", 0.5)).abs() < f32::EPSILON);
        assert!(offset_of(&at("", 0.0)).abs() < f32::EPSILON);
    }
}
