//! For authors of a [`Backend`](crate::backend::Backend) and for tests of applications. Feature `testing`.
//!
//! - [`conformance`] checks a backend or a stack of layers against the whole contract, in one call.
//! - [`FaultyBackend`] fails, lies or takes its time where a test says so, to see what an application makes of it.

mod conformance;
mod faults;
mod faulty;
#[cfg(any(unix, windows))]
mod journal;

pub use conformance::conformance;
pub use faults::{Call, Fault, Faults, When};
pub use faulty::FaultyBackend;
#[cfg(any(unix, windows))]
#[doc(hidden)]
pub use journal::{Journal, Step};
