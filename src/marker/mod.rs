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
//! assert_eq!(marker.card(Timestamp::from_millis(42 * 60_000)).when(), Some("42 min ago"));
//! ```

pub mod anchor;
mod card;
mod changes;
pub mod contrast;
pub mod cue;
#[expect(clippy::module_inception, reason = "the file of `Marker`, which is re-exported beside its parts")]
mod marker;
mod message;
pub mod place;
pub mod resolve;
mod when;

pub use crate::mark::{Action, Mark, Phase, Reason, TrailEntry};
pub use card::{Card, TrailLine};
pub use changes::Changes;
pub use marker::Marker;
pub use message::Message;
pub use when::{Day, Unit};

pub(crate) use changes::{Listing, MAX_FINGERPRINTS, Seen};
pub(crate) use marker::Renames;
