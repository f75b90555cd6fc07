//! The events of Windows.

use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use leftoff::Reason;

use crate::Source;
use crate::hub::{Hub, State};
use crate::sys::windows::{Event, listen, watch_console};

/// A margin below the five seconds after which Windows ends a program that does not answer.
const DEADLINE: Duration = Duration::from_secs(4);

/// Windows waits two seconds before it sleeps.
const BEFORE_SLEEP: Duration = Duration::from_millis(1_500);

static HUB: OnceLock<&'static Hub> = OnceLock::new();

pub(crate) fn watch(hub: &'static Hub) {
    let _ = HUB.set(hub);
    hub.set(Source::Exit, &State::Off("Windows tells a program nothing of its own exit".to_owned()));
    match watch_console(hear) {
        Ok(()) => hub.set(Source::Signals, &State::On),
        Err(error) => hub.set(Source::Signals, &State::Off(error.to_string())),
    }
    [Source::Power, Source::Lock].into_iter().for_each(|source| hub.set(source, &State::Starting));
    let act = || {
        let error = listen(hear, |has_session| {
            hub.set(Source::Power, &State::On);
            let why = || State::Off("Windows does not announce the session's lock".to_owned());
            hub.set(Source::Lock, &if has_session { State::On } else { why() });
        });
        [Source::Power, Source::Lock].into_iter().for_each(|source| hub.set(source, &State::Off(error.to_string())));
    };
    if let Err(error) = thread::Builder::new().name("leftoff-window".to_owned()).spawn(act) {
        [Source::Power, Source::Lock].into_iter().for_each(|source| hub.set(source, &State::Off(error.to_string())));
    }
}

fn hear(event: Event) {
    let Some(hub) = HUB.get() else { return };
    match event {
        Event::Interrupt => hub.interrupted(&Reason::Terminate, DEADLINE),
        Event::ConsoleClosed => hub.interrupted(&Reason::Hangup, DEADLINE),
        Event::SessionEnds => hub.interrupted(&Reason::SessionEnd, DEADLINE),
        Event::Sleeps => hub.interrupted(&Reason::Sleep, BEFORE_SLEEP),
        Event::Locked => hub.interrupted(&Reason::Lock, DEADLINE),
        Event::SessionGoesOn | Event::Wakes | Event::Unlocked => hub.resumed(),
    }
}
