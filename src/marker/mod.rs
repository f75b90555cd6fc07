//! Where the user was: what an application says on each touch ([`Mark`]), and what comes back ([`Marker`]).
//!
//! Plain values, all of it: no I/O, no clock, no thread, no toolkit. An application marks what the user touches; after
//! an interruption it reads the [`Marker`], finds with [`Marker::resolve`] what is left of that element in the interface
//! of now, and draws as much as is certain: an arrow beside it, a bracket round what it was in, or only the [`Card`].
//! The [`cue`] says how loudly, and [`place`] where.
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
#[expect(clippy::module_inception, reason = "the file of `Marker`, which is re-exported beside its parts")]
mod marker;
mod message;
pub mod place;
pub mod resolve;

pub use crate::mark::{Action, Mark, Phase, Reason, TrailEntry};
pub use card::{Card, TrailLine};
pub use marker::Marker;
pub use message::{Message, human_duration};

pub(crate) use marker::Renames;
