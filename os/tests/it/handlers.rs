//! Programs with signal handlers of their own, as in the documentation of the crate.

use std::io;
use std::process;

use leftoff::{LastExit, Reason, Session};
use rustix::process::Signal;

use crate::support::{FORM, open, spawn};
use crate::{say, signal};

/// The program: installs its handlers before anything is watched, waits for its signal, and exits without a close.
pub(crate) fn run(role: &str, mut session: Session) -> ! {
    session.mark("form/name");
    session.autosave(|capture| capture.set(FORM, &"Ana".to_owned())).unwrap();
    let status = if role == "tokio" { with_tokio(&session) } else { with_signal_hook(&session) };
    process::exit(status.unwrap())
}

fn with_tokio(session: &Session) -> io::Result<i32> {
    use tokio::signal::unix::{SignalKind, signal};
    let handle = session.interrupt_handle();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        leftoff_os::watch(session);
        say("ready");
        terminate.recv().await;
        // Waits for an fsync, so not on a thread of the runtime.
        let sync = move || handle.interrupted(Reason::Terminate, leftoff_os::DEADLINE);
        let _ = tokio::task::spawn_blocking(sync).await;
        Ok(7)
    })
}

fn with_signal_hook(session: &Session) -> io::Result<i32> {
    use signal_hook::consts::SIGHUP;
    use signal_hook::iterator::Signals;
    let handle = session.interrupt_handle();
    let mut signals = Signals::new([SIGHUP])?;
    leftoff_os::watch(session);
    say("ready");
    signals.forever().next();
    let _ = handle.interrupted(Reason::Hangup, leftoff_os::DEADLINE);
    Ok(9)
}

#[test]
fn handlers_of_the_program_pass_the_signal_on_and_decide_how_it_ends() {
    for (role, by, reason, status) in
        [("tokio", Signal::TERM, Reason::Terminate, 7), ("signal-hook", Signal::HUP, Reason::Hangup, 9)]
    {
        let dir = tempfile::tempdir().unwrap();
        let (mut child, mut ears) = spawn(role, dir.path());
        ears.hear("ready");
        signal(&child, by);
        assert_eq!(child.wait().unwrap().code(), Some(status), "{role}");
        let next = open(dir.path());
        assert_eq!(*next.last_exit(), LastExit::Interrupted(reason.clone()), "{role}: the exit only follows");
        assert_eq!(next.marker().unwrap().reason(), Some(&reason), "{role}");
    }
}
