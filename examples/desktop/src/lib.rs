//! The approvals desk: a window whose user is called away, and finds the place again.
//!
//! Everything but the window itself is here, so that the tests drive the same [`App`] without one.

mod app;
mod asleep;
mod clock;
mod form;
mod header;
mod list;
mod next;
mod page;
mod requests;
mod resume;
mod send;
mod sign;
mod state;
mod status;
mod theme;

pub use app::{APP_ID, App, Start};
pub use clock::Later;
pub use next::Version;
