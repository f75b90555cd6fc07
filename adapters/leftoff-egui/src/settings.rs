//! Settings of the arrow.

use egui::{Color32, Visuals};
use leftoff::marker::cue::CuePolicy;
use leftoff::marker::place::Direction;

use crate::paint;

/// The settings of the arrow; they may be changed at any time.
#[derive(Debug, Clone)]
#[non_exhaustive]
#[allow(clippy::struct_excessive_bools, reason = "independent settings")]
pub struct Settings {
    /// The reading direction: the preferred side of an element for the arrow.
    pub direction: Direction,
    /// Disables motion: no pulse, no fading, no smooth scrolling. egui does not provide the system setting; query the
    /// system.
    pub reduced_motion: bool,
    /// Whether the application opens the page of the [wanted](crate::Arrow::wanted) element. The card then has a button
    /// for an element that is not on the screen. It has none if there is a bracket and other elements of the same
    /// container are on the screen: if `invoice/42` has two pages, name the page in the path, as in
    /// `invoice/42/send/button`.
    pub opens_pages: bool,
    /// Whether the element that the arrow points at gets the keyboard focus after a start: once, if no other widget has
    /// it and the [advice](crate::Arrow::focus_advice) is `OnTarget`. Otherwise, the arrow never moves the focus.
    pub restores_focus: bool,
    /// The policy for fading and for the size of the cue after an absence. Applies to markers that are shown after the
    /// change. The first marker after a start follows [`CuePolicy::at_start`].
    pub policy: CuePolicy,
    /// The colour of arrow, text background and outline, made darker until white text on it is readable. `None`: the
    /// darker colour of egui's [`selection`](egui::Visuals::selection), so that the marker looks like the program.
    pub color: Option<Color32>,
    /// The size of the arrow and its text, as a factor: 1.0 by default. [`GUTTER`](crate::GUTTER) is for 1.0.
    pub scale: f32,
    /// Draws black and white, with wider lines. egui does not provide the system setting.
    pub high_contrast: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            direction: Direction::default(),
            reduced_motion: false,
            opens_pages: false,
            restores_focus: false,
            policy: CuePolicy::default(),
            color: None,
            scale: 1.0,
            high_contrast: false,
        }
    }
}

impl Settings {
    /// Returns the dark colour of the marker in this theme; the light one, beside it, is [`HALO`](crate::HALO).
    pub fn dark_color(&self, visuals: &Visuals) -> Color32 {
        if self.high_contrast {
            return Color32::BLACK;
        }
        let selection = [visuals.selection.bg_fill, visuals.selection.stroke.color].map(Color32::to_opaque);
        let [fill, line] = selection;
        let own = if paint::luminance(fill) < paint::luminance(line) { fill } else { line };
        paint::readable_under_white(self.color.map_or(own, Color32::to_opaque))
    }

    /// Returns the factor for sizes, within limits.
    pub(crate) fn factor(&self) -> f32 {
        if self.scale.is_finite() { self.scale.clamp(0.5, 4.0) } else { 1.0 }
    }
}
