//! The approvals desk: a window whose user is interrupted and returns.
//!
//! Everything except the window itself is here, so that the tests drive the same [`App`] without a window.

mod app;
mod asleep;
mod clock;
mod devices;
mod form;
mod header;
mod list;
mod memo;
mod next;
mod page;
mod panel;
mod place;
mod requests;
mod resume;
mod send;
mod sign;
mod state;
mod status;
mod theme;

pub use app::{APP_ID, App, Start};
pub use clock::Later;
pub use devices::{Meeting, Way};
pub use next::Version;
pub use place::SIZE;
