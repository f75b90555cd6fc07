//! What the application decides.

use leftoff::marker::cue::CuePolicy;
use leftoff::marker::place::Direction;

/// What the application decides; may be changed at any time.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Settings {
    /// The direction of reading: at which side of an element the arrow is best.
    pub direction: Direction,
    /// The user wants nothing to move: no pulse, no fading, no smooth scrolling. egui does not know; ask the system.
    pub reduced_motion: bool,
    /// The application opens the page of the element that is [wanted](crate::Arrow::wanted), so the card has a button for that
    /// where the element is not on the screen. It has none if there is a bracket, and other elements in the same
    /// container are on the screen: so where `invoice/42` has two pages, let the paths say which,
    /// `invoice/42/send/button`.
    pub opens_pages: bool,
    /// When the arrow fades, and what is shown after which absence. For markers that come after the change.
    pub policy: CuePolicy,
}
