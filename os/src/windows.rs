//! The events of Windows.

use std::thread;
use std::time::Duration;

use leftoff::Reason;

use crate::Source;
use crate::hub::{Hub, State, hub};
use crate::sys::windows::{Event, listen, watch_console};

/// A margin below the five seconds after which Windows ends a program that does not answer.
const DEADLINE: Duration = Duration::from_secs(4);

/// Windows waits two seconds before it sleeps.
const BEFORE_SLEEP: Duration = Duration::from_millis(1_500);

pub(crate) fn watch(hub: &'static Hub) {
    hub.set(&[Source::Exit], &State::Off("Windows tells a program nothing of its own exit".to_owned()));
    hub.set(&[Source::Signals], &State::of(&watch_console(hear)));
    let set = move |state: State| hub.set(&Source::DESKTOP, &state);
    set(State::Starting);
    let act = move || {
        let error = listen(hear, |has_session| {
            let is_told = if has_session { Ok(()) } else { Err("Windows does not announce the session's lock") };
            hub.set(&[Source::Power], &State::On);
            hub.set(&[Source::Lock], &State::of(&is_told));
        });
        set(State::Off(error.to_string()));
    };
    if let Err(error) = thread::Builder::new().name("leftoff-window".to_owned()).spawn(act) {
        set(State::Off(error.to_string()));
    }
}

fn hear(event: Event) {
    let hub = hub();
    match event {
        Event::Interrupt => hub.interrupted(&Reason::Terminate, DEADLINE),
        Event::ConsoleClosed => hub.interrupted(&Reason::Hangup, DEADLINE),
        Event::SessionEnds => hub.interrupted(&Reason::SessionEnd, DEADLINE),
        Event::Restarts => hub.interrupted(&Reason::Restart, DEADLINE),
        Event::Sleeps => hub.interrupted(&Reason::Sleep, BEFORE_SLEEP),
        Event::Locked => hub.interrupted(&Reason::Lock, DEADLINE),
        Event::SessionGoesOn | Event::Wakes | Event::Unlocked => hub.resumed(),
    }
}
