//! The clocks. The standard library has none in a browser's page.

use std::time::SystemTime;

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub(crate) use std::time::Instant;
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
pub(crate) use web_time::Instant;

/// Returns the time of the wall clock.
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub(crate) fn wall() -> SystemTime {
    SystemTime::now()
}

/// Returns the time of the wall clock.
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
pub(crate) fn wall() -> SystemTime {
    use web_time::web::SystemTimeExt;
    web_time::SystemTime::now().to_std()
}
