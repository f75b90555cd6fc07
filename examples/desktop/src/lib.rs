//! The approvals desk: a window whose user is called away, and finds the place again.
//!
//! Everything but the window itself is here, so that the tests drive the same [`App`] without one.

mod app;
mod card_view;
mod clock;
mod cue;
mod form;
mod header;
mod list;
mod marker_view;
mod place;
mod requests;
mod resume;
mod scene;
mod send;
mod sign;
mod state;
mod status;
mod theme;

pub use app::{APP_ID, App, LEFT_OFF_HERE, Start};
pub use clock::Later;
