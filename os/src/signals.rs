//! Signals, and the normal exit of the process.

use std::collections::BTreeMap;
use std::io;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use leftoff::Reason;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::flag::{register_conditional_default, register_conditional_shutdown};
use signal_hook::iterator::Signals;
use signal_hook::low_level::{self, emulate_default_handler};

use crate::hub::{Hub, State, hub};
use crate::sys::unix::{Disposition, at_exit, default_in_forked_child, disposition};
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
    let is_ours = |signal: i32| found.get(&signal) == Some(&Disposition::Default);
    for signal in found.keys().copied().filter(|signal| *signal != SIGCONT && is_ours(*signal)) {
        default_in_forked_child(signal)?;
    }
    // In the handler itself, so that it works while the thread below waits for a disk.
    let is_ending = Arc::new(AtomicBool::new(false));
    for signal in [SIGTERM, SIGINT, SIGHUP, SIGQUIT].into_iter().filter(|signal| is_ours(*signal)) {
        let is_ending = Arc::clone(&is_ending);
        if is_first_process() {
            register_conditional_shutdown(signal, status_of(signal), is_ending)?;
        } else {
            register_conditional_default(signal, is_ending)?;
        }
    }
    let mut signals = Signals::new(found.keys())?;
    let act = move || {
        for signal in signals.forever() {
            let is_ours = found.get(&signal) == Some(&Disposition::Default);
            match signal {
                SIGCONT => hub.resumed(),
                SIGTSTP => {
                    hub.interrupted(&Reason::Pause, SHORT);
                    if is_ours {
                        // Returns when the process is continued.
                        let _ = emulate_default_handler(signal);
                        hub.resumed();
                    }
                }
                signal => {
                    let reason = if signal == SIGHUP { Reason::Hangup } else { Reason::Terminate };
                    if is_ours {
                        let is_ending = Arc::clone(&is_ending);
                        // If no thread can be started, no second signal ends the process sooner.
                        let _ = thread::Builder::new().spawn(move || {
                            thread::sleep(ECHO);
                            is_ending.store(true, Ordering::Release);
                        });
                    }
                    if is_ours {
                        hub.ending(&reason, DEADLINE);
                        end_by(signal);
                    } else {
                        hub.interrupted(&reason, DEADLINE);
                    }
                }
            }
        }
    };
    thread::Builder::new().name("leftoff-signals".to_owned()).spawn(act).map(drop)
}
