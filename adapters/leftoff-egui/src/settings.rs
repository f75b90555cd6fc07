//! Settings of the arrow.

use leftoff::marker::cue::CuePolicy;
use leftoff::marker::place::Direction;

/// The settings of the arrow; they may be changed at any time.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
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
    /// The policy for fading and for the size of the cue after an absence. Applies to markers that are shown after the
    /// change.
    pub policy: CuePolicy,
}
