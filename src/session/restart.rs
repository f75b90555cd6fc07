//! A start that the program itself asked for before it ended.

use std::time::Duration;

use super::builder::{self, Location, NotOpened, Opened};
use super::{Builder, Session};

impl Builder {
    /// The longest time that [`open`](Self::open) waits for an instance that asked for a restart and still holds the
    /// location: ten seconds.
    ///
    /// See [`Session::is_restart`]. Nothing waits with a [`wait_for_holder`](Self::wait_for_holder) of zero.
    pub const RESTART_WAIT: Duration = Duration::from_secs(10);
}

impl Session {
    /// Returns whether the program asked for this start: it was suspended with [`Reason::Restart`](crate::Reason) and ended.
    ///
    /// The request stands until one launch has completed it: it received a section and then gave a sign of life (see
    /// [`confirm_restored`](Self::confirm_restored)) or was closed, or it stored something of its own. A successor that
    /// crashes or is killed before that leaves the request to the next start. [`wake`](Self::wake) and
    /// [`mark`](Self::mark) withdraw it.
    ///
    /// So a restart brings back everything, whatever the program does at an ordinary start. It is no crash:
    /// [`last_exit`](Self::last_exit) is [`Interrupted`](crate::LastExit::Interrupted).
    ///
    /// The successor may start before the old process has ended: [`Builder::open`] then waits for it, for up to
    /// [`Builder::RESTART_WAIT`]. With [`slot_per_instance`](Builder::slot_per_instance), the successor gets the slot that
    /// asked. If several successors start, one of them completes the request.
    ///
    /// ```
    /// use leftoff::{AppId, LastExit, Reason, Section, Session};
    /// # use leftoff::backend::MemoryBackend;
    ///
    /// const FORM: Section<String> = Section::new("form", 1);
    ///
    /// # let memory = MemoryBackend::new();
    /// # let open = || Session::builder(AppId::new("com.example.desk")).backend(memory.clone()).open();
    /// # let mut session = open();
    /// # session.mark("form");
    /// # session.autosave(|capture| capture.set(FORM, &"Ana".to_owned()))?;
    /// // An update is installed:
    /// session.suspend(Reason::Restart)?;
    /// session.close()?;
    /// // Here the program starts its successor, and exits.
    ///
    /// // The successor:
    /// let mut session = open();
    /// assert!(session.is_restart());
    /// assert_eq!(*session.last_exit(), LastExit::Interrupted(Reason::Restart));
    /// let form = session.get_or_default(FORM);
    /// session.confirm_restored();
    /// # assert_eq!(form, "Ana");
    /// # session.close()?;
    ///
    /// // The next start is an ordinary one.
    /// assert!(!open().is_restart());
    /// # Ok::<(), leftoff::Error>(())
    /// ```
    pub fn is_restart(&self) -> bool {
        self.start().is_restart
    }
}

/// Opens the files of the location. Waits up to `wait` for another instance that holds it, and longer for one that asked
/// for this start.
#[cfg(any(unix, windows))]
pub(super) fn open_files(location: &Location, wait: Duration) -> Result<Opened, NotOpened> {
    use crate::generation::restart_in;

    let start = std::time::Instant::now();
    let mut patience = wait;
    loop {
        let may_wait = !wait.is_zero() && start.elapsed() < Builder::RESTART_WAIT;
        if location.slot_per_instance {
            match open_slot_that_asked(location) {
                Some(Err(held)) if may_wait && is_other(&held) => {
                    std::thread::sleep(STEP);
                    continue;
                }
                Some(Ok(opened)) => return Ok(opened),
                Some(Err(_)) | None => {}
            }
        }
        let refused = match builder::open_files(location, patience) {
            Err(refused) if may_wait && is_other(&refused) => refused,
            decided => return decided,
        };
        // Read without the lock, because the holder has it.
        let logs = refused.readable.as_ref().and_then(|dir| builder::open_copy(dir.to_path_buf(), location));
        if !logs.is_some_and(|logs| restart_in(&*logs).is_ok_and(|(asks, _)| asks)) {
            return Err(refused);
        }
        patience = STEP;
    }
}

#[cfg(not(any(unix, windows)))]
pub(super) fn open_files(location: &Location, wait: Duration) -> Result<Opened, NotOpened> {
    builder::open_files(location, wait)
}

/// How often a start looks whether the instance that asked for it has ended, or has another reason to be suspended.
#[cfg(any(unix, windows))]
const STEP: Duration = Duration::from_millis(100);

/// Returns whether another process holds the location. A holder in this process cannot end while its thread waits.
#[cfg(any(unix, windows))]
fn is_other(refused: &NotOpened) -> bool {
    refused.holder.as_ref().is_some_and(|holder| holder.pid != Some(std::process::id()))
}

/// Opens the slot that asked for a restart, or returns the error if the instance that asked still holds it. Skips a slot
/// whose request another successor has received.
#[cfg(any(unix, windows))]
fn open_slot_that_asked(location: &Location) -> Option<Result<Opened, NotOpened>> {
    use crate::backend::{FileBackend, slots_to_read};
    use crate::generation::restart_in;

    slots_to_read(&location.dir).find_map(|(number, logs)| {
        let (asks, is_left) = restart_in(&*location.layers.wrap(Box::new(logs))).ok()?;
        let open = || FileBackend::open_this_slot(&location.dir, number, Duration::ZERO);
        let opened = is_left.then(|| builder::open_files_by(location, open))?;
        (asks || opened.is_ok()).then_some(opened)
    })
}
