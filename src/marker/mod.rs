//! The user's position: what an application records on each touch ([`Mark`]), and what it gets back ([`Marker`]).
//!
//! All types are plain values: no I/O, no clock, no thread, no toolkit. An application marks the elements that the user
//! touches. After an interruption it reads the [`Marker`], locates the element in the current interface with
//! [`Marker::resolve`], and draws as much as is certain: an arrow beside the element, a bracket around its container,
//! or only the [`Card`]. [`cue`] decides how prominent the cue is, and [`place`] its geometry.
//!
//! ```
//! use leftoff::marker::anchor::Elements;
//! use leftoff::marker::resolve::Match;
//! use leftoff::time::Timestamp;
//! use leftoff::{Action, Mark, Marker};
//!
//! let mark = Mark::new("invoice/42/amount").action(Action::Edit).label("Amount");
//! let marker = Marker::from_marks("main", [(mark, Timestamp::from_millis(0))], None, None).unwrap();
//!
//! let mut elements = Elements::new();
//! let amount = elements.add("invoice/42/amount");
//! assert_eq!(marker.resolve(&elements).outcome(), Match::Exact(amount));
//! assert_eq!(marker.card(Timestamp::from_millis(42 * 60_000)).when(), "42 min ago, 00:00 UTC");
//! ```

pub mod anchor;
mod card;
pub mod cue;
mod entry;
mod mark;
#[expect(clippy::module_inception, reason = "the file of `Marker`, which is re-exported beside its parts")]
mod marker;
mod message;
pub mod place;
mod reason;
pub mod resolve;
mod trail;

use std::fmt;

pub use card::{Card, TrailLine};
pub use entry::TrailEntry;
pub(crate) use mark::MAX_PATH;
pub use mark::{Action, Mark, Phase};
pub use marker::Marker;
pub use message::{Message, human_duration};
pub use reason::Reason;

pub(crate) use marker::Renames;
pub(crate) use trail::{TRAIL_LEN, Trail};

/// Returns at most `max` bytes from the front of `text`, cut at a character boundary.
fn cut(text: &str, max: usize) -> &str {
    if text.len() <= max {
        return text;
    }
    // No character is longer than four bytes, so one of these is a boundary.
    (max.saturating_sub(3)..=max).rev().find_map(|end| text.get(..end)).unwrap_or_default()
}

/// Replaces user content in `Debug` output: shows its length, never its text.
struct Hidden(usize);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} bytes>", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cut_is_the_longest_front_that_fits(text in "\\PC{0,40}", max in 0_usize..50) {
            let front = cut(&text, max);
            prop_assert!(front.len() <= max && text.starts_with(front));
            let next = text[front.len()..].chars().next();
            prop_assert!(next.is_none_or(|next| front.len() + next.len_utf8() > max));
        }
    }
}
