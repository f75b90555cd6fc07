//! Signals, and the normal exit of the process.

use std::collections::BTreeMap;
use std::io;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::thread;
use std::time::Duration;

use leftoff::Reason;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::flag::{self, register_conditional_default, register_conditional_shutdown};
use signal_hook::iterator::Signals;
use signal_hook::low_level::{self, emulate_default_handler};

use crate::hub::{Hub, State, hub};
use crate::sys::unix::{Disposition, at_exit, default_in_forked_child, disposition, note_first};
use crate::{DEADLINE, Source};

/// How long Ctrl-Z and a normal exit wait at most: somebody sits in front of it.
const SHORT: Duration = Duration::from_secs(1);

/// The time within which a second signal is taken for a part of the first: when a terminal is closed, its shell and the
/// kernel both send SIGHUP, and many a wrapper passes on a Ctrl-C that the process has received already.
const ECHO: Duration = Duration::from_millis(200);

pub(crate) fn watch(hub: &'static Hub) {
    hub.set(&[Source::Signals], &State::of(&watch_signals(hub)));
    hub.set(&[Source::Exit], &State::of(&at_exit(exit)));
}

/// Ends the process as the signal does by default.
fn end_by(signal: i32) {
    if is_first_process() {
        low_level::exit(status_of(signal));
    }
    let _ = emulate_default_handler(signal);
}

/// Whether this is the first process of a container, which no signal ends by default.
fn is_first_process() -> bool {
    process::id() == 1
}

/// The exit status by which a shell names the signal.
fn status_of(signal: i32) -> i32 {
    128 + signal
}

extern "C" fn exit() {
    hub().ending(&Reason::Exit, SHORT);
}

fn watch_signals(hub: &'static Hub) -> io::Result<()> {
    let mut found = BTreeMap::new();
    for signal in [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT] {
        match disposition(signal)? {
            // `nohup`, or a shell's background job.
            Disposition::Ignored => {}
            known => drop(found.insert(signal, known)),
        }
    }
    // What may fail comes first: a handler that no thread listens to would make the process immune to the signal.
    let signals = Signals::new([0_i32; 0])?;
    let handle = signals.handle();
    let ours: Vec<i32> =
        found.iter().filter(|(_, is)| **is == Disposition::Default).map(|(signal, _)| *signal).collect();
    let listener = Listener::new(hub, ours.clone());
    let (is_ending, goes_on) = (Arc::clone(&listener.is_ending), Arc::clone(&listener.goes_on));
    thread::Builder::new().name("leftoff-signals".to_owned()).spawn(move || listener.listen(signals)).map(drop)?;
    for signal in ours.into_iter().filter(|signal| *signal != SIGCONT) {
        default_in_forked_child(signal)?;
        if signal == SIGTSTP {
            continue;
        }
        note_first(signal, &FIRST)?;
        flag::register(signal, Arc::clone(&goes_on))?;
        // In the handler itself, so that it works while the thread waits for a disk.
        let is_ending = Arc::clone(&is_ending);
        if is_first_process() {
            register_conditional_shutdown(signal, status_of(signal), is_ending)?;
        } else {
            register_conditional_default(signal, is_ending)?;
        }
    }
    flag::register(SIGCONT, goes_on)?;
    found.into_keys().try_for_each(|signal| handle.add_signal(signal))
}

/// The signal that ends the process: of several that arrive at once, the first.
static FIRST: AtomicI32 = AtomicI32::new(0);

/// What the thread knows that waits for signals.
struct Listener {
    hub: &'static Hub,
    /// The signals with their default action.
    ours: Vec<i32>,
    /// A signal now ends the process at once.
    is_ending: Arc<AtomicBool>,
    /// A signal has arrived after which the process must not stop: one that continues it, or ends it.
    goes_on: Arc<AtomicBool>,
    is_paused: bool,
}

impl Listener {
    fn new(hub: &'static Hub, ours: Vec<i32>) -> Self {
        Self { hub, ours, is_ending: Arc::default(), goes_on: Arc::default(), is_paused: false }
    }

    fn listen(mut self, mut signals: Signals) {
        for signal in signals.forever() {
            match signal {
                // What else has interrupted the user is not over: a service manager sends it after SIGTERM.
                SIGCONT => self.go_on(),
                SIGTSTP => self.pause(),
                signal => self.end(signal),
            }
        }
    }

    fn go_on(&mut self) {
        if std::mem::take(&mut self.is_paused) {
            self.hub.resumed();
        }
    }

    fn pause(&mut self) {
        self.goes_on.store(false, Ordering::Release);
        self.is_paused = true;
        self.hub.interrupted(&Reason::Pause, SHORT);
        if !self.ours.contains(&SIGTSTP) {
            return;
        }
        if !self.goes_on.load(Ordering::Acquire) {
            // Returns when the process is continued.
            let _ = emulate_default_handler(SIGTSTP);
        }
        self.go_on();
    }

    fn end(&self, signal: i32) {
        let is_ours = self.ours.contains(&signal);
        let signal = Some(FIRST.load(Ordering::Acquire)).filter(|first| is_ours && *first != 0).unwrap_or(signal);
        let reason = if signal == SIGHUP { Reason::Hangup } else { Reason::Terminate };
        if !is_ours {
            return self.hub.interrupted(&reason, DEADLINE);
        }
        let is_ending = Arc::clone(&self.is_ending);
        // If no thread can be started, no second signal ends the process sooner.
        let _ = thread::Builder::new().spawn(move || {
            thread::sleep(ECHO);
            is_ending.store(true, Ordering::Release);
        });
        self.hub.ending(&reason, DEADLINE);
        end_by(signal);
    }
}
