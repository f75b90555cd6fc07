//! Panics in any thread, also where they abort the process.

use std::panic;

use crate::Source;
use crate::hub::{Hub, State};

pub(crate) fn watch(hub: &'static Hub) {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        // Before the program's own hook, which may end the process.
        hub.panicked();
        hook(info);
    }));
    hub.set(&[Source::Panics], &State::On);
}
