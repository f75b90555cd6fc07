//! Helpers with which the pages register their elements and mark the user's actions.

use std::ops::Range;

use eframe::egui::text::{ByteIndex, CCursor, CCursorRange};
use eframe::egui::text_edit::TextEditState;
use eframe::egui::text_selection::text_cursor_state::{byte_index_from_char_index, char_index_from_byte_index};
use eframe::egui::{Context, Id, Response, Ui};
use leftoff::Action;
use leftoff::marker::anchor::Position;
use leftoff::marker::cue::FocusAdvice;
use leftoff_egui::{Arrow, Target};

use crate::panel::Goto;
use crate::requests::Request;
use crate::state::Step;

/// The arrow and the current page.
#[derive(Debug)]
pub(crate) struct Page<'a> {
    pub(crate) arrow: &'a mut Arrow,
    /// Whether to focus the marked field; cleared when the field takes the focus.
    pub(crate) resume: &'a mut bool,
    /// The user's position in the marked element.
    pub(crate) left: Option<&'a Position>,
    /// The element with the caret, and the position of the caret in it.
    pub(crate) caret: &'a mut Option<(String, Position)>,
    pub(crate) goto: &'a mut Goto,
    pub(crate) at: At,
}

/// The common part of the marks of a page.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct At {
    place: [&'static str; 2],
    step: (u32, u32),
}

impl At {
    pub(crate) fn new(request: &Request, step: Step) -> Self {
        Self { place: ["Requests", request.id], step: (step.number(), Step::Send.number()) }
    }

    pub(crate) fn target<'t>(&'t self, path: &'t str, label: &'t str, role: &'t str) -> Target<'t> {
        Target::new(path).label(label).role(role).breadcrumb(&self.place).step(self.step.0, self.step.1)
    }
}

/// Handles an element that is touched only by a click. Returns whether it was clicked.
pub(crate) fn clicked(arrow: &mut Arrow, ui: &Ui, target: Target<'_>, response: &Response, kind: Action) -> bool {
    arrow.element(ui, target, response);
    if response.clicked() {
        arrow.touch(target, kind);
    }
    response.clicked()
}

impl Page<'_> {
    /// Handles a text field: it is marked when the user focuses it and types, and the caret is restored.
    pub(crate) fn text_field(&mut self, ui: &Ui, path: &str, label: &str, response: &Response, text: &str) {
        let at = self.at;
        self.text(ui, at.target(path, label, "text field"), path, response, text);
    }

    /// Handles a text field that is not of a request.
    pub(crate) fn text(&mut self, ui: &Ui, target: Target<'_>, path: &str, response: &Response, text: &str) {
        self.arrow.mark(ui, target.detail(text), response);
        self.goto.arrive(self.arrow, path, response);
        if response.has_focus()
            && let Some(range) = selection(ui.ctx(), response.id, text)
        {
            *self.caret = Some((path.to_owned(), Position::text(text, range)));
        }
        // The arrow never moves the keyboard focus; it only recommends it.
        let is_here = *self.resume && self.arrow.pointed_at() == Some(path);
        if is_here && self.arrow.focus_advice() == Some(FocusAdvice::OnTarget) {
            *self.resume = false;
            response.request_focus();
            if let Some((range, _)) = self.left.and_then(|left| left.find_in(text)) {
                select(ui.ctx(), response.id, text, range);
            }
        }
    }

    /// Handles a drop-down choice: `chosen` in this frame.
    pub(crate) fn choice(&mut self, ui: &Ui, path: &str, label: &str, response: &Response, chosen: Option<&str>) {
        let at = self.at;
        let target = at.target(path, label, "choice").detail(chosen.unwrap_or_default());
        self.arrow.element(ui, target, response);
        if chosen.is_some() {
            self.arrow.touch(target, Action::Choose);
        }
    }
}

/// Returns the selection in bytes, as the library counts; egui counts characters.
fn selection(ctx: &Context, field: Id, text: &str) -> Option<Range<usize>> {
    let range = TextEditState::load(ctx, field)?.cursor.char_range()?.as_sorted_char_range();
    Some(byte_index_from_char_index(text, range.start).0..byte_index_from_char_index(text, range.end).0)
}

fn select(ctx: &Context, field: Id, text: &str, bytes: Range<usize>) {
    let cursor = |at: usize| CCursor::new(char_index_from_byte_index(text, ByteIndex(at)));
    let mut state = TextEditState::load(ctx, field).unwrap_or_default();
    state.cursor.set_char_range(Some(CCursorRange::two(cursor(bytes.start), cursor(bytes.end))));
    state.store(ctx, field);
}
