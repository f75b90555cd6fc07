//! Who is running: what a launch writes down about itself so that the next one can tell a crash from a reboot.

use crate::frame::Process;
use crate::time::Clock;

/// What is known of this process and this run of the machine.
pub(crate) fn current(app_version: &str, clock: &dyn Clock) -> Process {
    Process {
        pid: id(),
        boot: clock.boot_id().map(u128::to_be_bytes),
        uptime: clock.uptime().map(|uptime| u64::try_from(uptime.as_millis()).unwrap_or(u64::MAX)),
        app_version: app_version.into(),
    }
}

/// A page of a browser has no process of its own, and asking for its id would panic.
fn id() -> u32 {
    if cfg!(target_family = "wasm") { 0 } else { std::process::id() }
}
