//! Scrolling to the element that the arrow points at.

use egui::style::ScrollAnimation;
use egui::{Align, Id, Memory, Response, Ui, vec2};

use crate::compat;
use crate::seen::Seen;

/// Whether to scroll to the element that the arrow points at, and where to.
#[derive(Clone, Default)]
#[allow(clippy::struct_excessive_bools, reason = "independent of each other")]
pub(crate) struct Way {
    /// The user wants to go there.
    pub(crate) is_wanted: bool,
    /// The former height of the element in the window, as a fraction.
    pub(crate) top: Option<f32>,
    pub(crate) reduced_motion: bool,
    /// The element is to get the keyboard focus, once.
    pub(crate) has_focus_to_give: bool,
    was_focus_given: bool,
    /// The element with the keyboard focus.
    focused: Option<Id>,
}

impl Way {
    /// Returns whether to scroll to this element. Call it for each element, because it follows the focus.
    pub(crate) fn leads_to(&mut self, seen: &Seen, is_target: bool) -> bool {
        // The keyboard came to it. A user who then scrolls away is not scrolled back.
        let is_in_view = seen.clip.contains_rect(seen.rect);
        let is_new = seen.has_focus && self.focused != Some(seen.widget) && !is_in_view && !seen.is_pointed;
        match (seen.has_focus, self.focused) {
            (true, _) => self.focused = Some(seen.widget),
            (false, Some(id)) if id == seen.widget => self.focused = None,
            _ => {}
        }
        is_target && (self.is_wanted || is_new)
    }

    /// Scrolls an element to its former height, or at least into view.
    pub(crate) fn scroll_to(&self, ui: &Ui, seen: &Seen) {
        let (rect, clip) = (seen.rect, seen.clip);
        let animation = if self.reduced_motion { ScrollAnimation::none() } else { ui.style().scroll_animation };
        let window = compat::content_rect(ui.ctx());
        let top = self.top.map(|y| window.top() + y * window.height());
        match top.filter(|top| *top >= clip.top() && top + rect.height() <= clip.bottom()) {
            Some(top) => {
                // egui leaves the item spacing above it.
                let above = rect.translate(vec2(0.0, clip.top() - top + ui.spacing().item_spacing.y));
                ui.scroll_to_rect_animation(above, Some(Align::Min), animation);
            }
            None if !clip.contains_rect(rect) => ui.scroll_to_rect_animation(rect.expand(8.0), None, animation),
            None => {}
        }
    }

    /// Gives the keyboard focus to the element where the user left off, once. Returns whether to do so.
    pub(crate) fn give_focus(&mut self, is_target: bool) -> bool {
        let gives = is_target && self.has_focus_to_give && !self.was_focus_given;
        self.was_focus_given |= gives;
        gives
    }

    /// Takes over everything except the focus.
    pub(crate) fn follow(&mut self, other: &Self) {
        *self = Self { focused: self.focused, was_focus_given: self.was_focus_given, ..other.clone() };
    }
}

/// Gives the widget the keyboard focus, unless another one has it.
pub(crate) fn focus(response: &Response) {
    if response.ctx.memory(Memory::focused).is_none() {
        response.request_focus();
    }
}
