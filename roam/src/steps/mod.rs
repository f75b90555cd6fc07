//! Roaming without a thread, for a program that cannot wait: a page of a browser.
//!
//! The replicator is the one of all other programs. Its host asks for the next [`Step`], does it in its own time, says how
//! it went, and asks again.
//!
//! ```
//! use std::collections::BTreeMap;
//!
//! use leftoff::{AppId, Section, Session, backend::MemoryBackend};
//! use leftoff_roam::steps::{Step, Steps};
//! use leftoff_roam::store::{DeferredStore, MemoryStore};
//! use leftoff_roam::{Key, KeyRing, Roam};
//!
//! const FORM: Section<String> = Section::new("form", 1);
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let builder = Session::builder(AppId::new("com.example.form")).backend(MemoryBackend::new());
//! let mut session = builder.without_thread().open();
//! let (store, keys) = (DeferredStore::new(), KeyRing::new(Key::random()?));
//! let roam = Roam::new("com.example.form", "ana", store.clone(), keys).device_name("phone");
//! let (mut roaming, mut steps) = roam.start_in_steps(&session, &store, BTreeMap::new());
//!
//! let there = MemoryStore::new(); // where a page calls `fetch`
//! let mut here = BTreeMap::new(); // where a page has a database
//! session.mark_dirty();
//! session.autosave(|capture| capture.set(FORM, &"Lisbon".to_owned()))?;
//! roaming.publish(&mut session, std::time::Duration::ZERO)?;
//! loop {
//!     match steps.step() {
//!         Step::Ask(request) => {
//!             let answer = request.make(&there);
//!             steps.answered(answer);
//!         }
//!         Step::Write(changes) => {
//!             for (name, bytes) in changes {
//!                 bytes.map(|bytes| here.insert(name.clone(), bytes)).unwrap_or_else(|| here.remove(&name));
//!             }
//!             steps.written(Ok(()));
//!         }
//!         Step::Wait(_) | Step::End => break,
//!     }
//! }
//! assert!(!there.is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! # How it works
//!
//! The replicator makes calls of a [`DeferredStore`]. A call without an answer ends its round, as a failure would, and
//! becomes a [`Step::Ask`]; the round is then run again, at the same time, and finds the answer. Every call of the store
//! leaves a state that the next round continues, which the simulation of this crate tries with devices of both kinds.
//!
//! Nothing is asked of the store before everything that the replicator keeps on this device is written: what others see is
//! never newer than what this device knows of itself.

mod kept;

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use crate::RoamStatus;
use crate::clock::Instant;
use crate::drive::{Driver, LOOK, Running, Turn};
use crate::replicator::{Io, Now};
use crate::store::{Answer, DeferredStore, Request, SealedStore, Store};
use kept::Kept;

/// An object on this device that is to be stored under its name, or removed if there are no bytes. It is sealed.
pub type Change = (String, Option<Vec<u8>>);

/// What the host does next.
#[derive(Debug)]
pub enum Step {
    /// Write these objects on this device, in one transaction that survives a power cut, and call
    /// [`written`](Steps::written).
    Write(Vec<Change>),
    /// Make this call, and pass what it returned to [`answered`](Steps::answered). Bound its time.
    Ask(Request),
    /// Ask again after this time, or when [`on_work`](Steps::on_work) says so.
    Wait(Duration),
    /// The connection is closed: there is nothing more to do.
    End,
}

/// Drives the replicator of a session step by step. [`Roam::start_in_steps`](crate::Roam::start_in_steps) makes it.
///
/// After [`Roaming::close`](crate::Roaming::close), go on until [`Step::End`]: what had reached the log is sent. Dropping this
/// ends the connection at once; what is not sent is sent after the next start.
#[derive(Debug)]
pub struct Steps {
    state: State,
    store: DeferredStore,
    kept: Kept,
    local: SealedStore<Kept>,
    /// The turn whose round has not ended: its time, and the number of its last command.
    turn: Option<(Now, u64)>,
    /// A request that waits until everything is written.
    held: Option<Request>,
    /// What the host is doing.
    underway: Underway,
    /// When the last turn ended, and how long the next one may wait.
    rest: Option<(Instant, Duration)>,
}

#[derive(Debug)]
enum State {
    Opening(Box<Driver>),
    Running(Box<Running>),
    Forgetting(Box<Running>),
    Ended,
}

#[derive(Debug)]
enum Underway {
    Nothing,
    Write,
    Ask(Request),
}

impl Steps {
    pub(crate) fn new(driver: Driver, store: DeferredStore, kept: BTreeMap<String, Vec<u8>>) -> Self {
        let kept = Kept::new(kept);
        let local = SealedStore::new(kept.clone(), driver.sealer.clone());
        // Nobody waits for what is done in steps.
        driver.shared.drive_with(Box::new(|| {}));
        let (state, underway) = (State::Opening(Box::new(driver)), Underway::Nothing);
        Self { state, store, kept, local, turn: None, held: None, underway, rest: None }
    }

    /// Calls `wake` whenever there may be something to do before the time of [`Step::Wait`] has passed. It may be called
    /// within calls of the session: let it only cause a later call of [`step`](Self::step).
    pub fn on_work(&self, wake: impl Fn() + Send + 'static) {
        if let Some(driver) = self.driver() {
            driver.shared.drive_with(Box::new(wake));
        }
    }

    /// Returns what to do next. While a step is not reported as done, there is nothing to do but that.
    pub fn step(&mut self) -> Step {
        if !matches!(self.underway, Underway::Nothing) {
            return Step::Wait(Duration::MAX);
        }
        if let Some(request) = self.held.take() {
            return self.ask(request);
        }
        match std::mem::replace(&mut self.state, State::Ended) {
            State::Opening(driver) => self.open(driver),
            State::Running(running) => self.run(running),
            State::Forgetting(running) => self.forget(running),
            State::Ended => Step::End,
        }
    }

    /// Reports whether the objects of [`Step::Write`] are written.
    pub fn written(&mut self, written: io::Result<()>) {
        if !matches!(self.underway, Underway::Write) {
            return;
        }
        self.underway = Underway::Nothing;
        self.kept.note(written.is_ok());
        if let (Err(error), Some(request)) = (written, self.held.take()) {
            // The others must not learn what this device may forget.
            self.store.answer(request, Err(error));
        }
    }

    /// Reports what the call of [`Step::Ask`] returned.
    pub fn answered(&mut self, answer: io::Result<Answer>) {
        match std::mem::replace(&mut self.underway, Underway::Nothing) {
            Underway::Ask(request) => self.store.answer(request, answer),
            other => self.underway = other,
        }
    }

    /// Ends the connection because another window of the program has the state:
    /// [`RoamStatus::InUse`].
    pub fn leave_to_another(self) {
        if let Some(driver) = self.driver() {
            driver.shared.say(RoamStatus::InUse);
        }
    }

    fn driver(&self) -> Option<&Driver> {
        match &self.state {
            State::Opening(driver) => Some(driver),
            State::Running(running) | State::Forgetting(running) => Some(running.driver()),
            State::Ended => None,
        }
    }

    fn ask(&mut self, request: Request) -> Step {
        self.underway = Underway::Ask(request.clone());
        Step::Ask(request)
    }

    /// Writes what has changed on this device, if anything has.
    fn write(&mut self) -> Option<Step> {
        let changes = self.kept.take_changes();
        if changes.is_empty() {
            return None;
        }
        self.underway = Underway::Write;
        Some(Step::Write(changes))
    }

    /// Everything is written on this device before anything is asked of the store.
    fn write_and_ask(&mut self) -> Option<Step> {
        let request = self.store.take_request()?;
        if let Some(step) = self.write() {
            self.held = Some(request);
            return Some(step);
        }
        Some(self.ask(request))
    }

    /// How long there is nothing to do yet.
    fn left(&self, driver: &Driver) -> Option<Duration> {
        let (since, wait) = self.rest?;
        let (has_commands, is_active) = driver.shared.has_work();
        let wait = if is_active { wait.min(LOOK) } else { wait };
        let left = wait.saturating_sub(since.elapsed());
        (!has_commands && !left.is_zero()).then_some(left)
    }

    /// Ends a turn. What came meanwhile is not waited for.
    fn rest(&mut self, wait: Duration, driver: &Driver) -> Step {
        self.rest = Some((Instant::now(), wait));
        self.write().unwrap_or_else(|| Step::Wait(self.left(driver).unwrap_or_default()))
    }

    fn open(&mut self, driver: Box<Driver>) -> Step {
        if let Some(left) = self.left(&driver) {
            self.state = State::Opening(driver);
            return Step::Wait(left);
        }
        let retry = driver.settings.cadence.retry;
        match driver.open(&self.local) {
            Ok(running) => self.run(Box::new(running)),
            Err(driver) if driver.shared.is_stopped() => Step::End,
            Err(driver) => {
                let step = self.rest(retry, &driver);
                self.state = State::Opening(driver);
                step
            }
        }
    }

    fn run(&mut self, mut running: Box<Running>) -> Step {
        let is_first = self.turn.is_none();
        let (now, number) = if let Some(turn) = self.turn {
            turn
        } else {
            if let Some(left) = self.left(running.driver()) {
                self.state = State::Running(running);
                return Step::Wait(left);
            }
            match running.begin() {
                Turn::Step(now, number) => (now, number),
                Turn::ForgetAll => {
                    self.rest = None;
                    return self.forget(running);
                }
                Turn::End => return self.write().unwrap_or(Step::End),
            }
        };
        self.turn = Some((now, number));
        let done = running.replicator.step_again(now, is_first, &Io { store: &self.store, local: &self.local });
        let step = done.map_or_else(|| self.write_and_ask(), |_| None);
        let step = step.unwrap_or_else(|| {
            // A round that ended for want of an answer has a request, so this is its end.
            self.turn = None;
            self.store.forget_answers();
            let wait = running.end(number, done.unwrap_or(LOOK));
            self.rest(wait, running.driver())
        });
        self.state = State::Running(running);
        step
    }

    /// Removes everything of this person from the store, then everything on this device.
    fn forget(&mut self, running: Box<Running>) -> Step {
        if let Some(left) = self.left(running.driver()) {
            self.state = State::Forgetting(running);
            return Step::Wait(left);
        }
        let prefix = running.replicator.prefix();
        let removed = self.store.run(|store| -> io::Result<bool> {
            let names = store.list(&prefix)?;
            names.iter().try_for_each(|name| store.delete(name))?;
            Ok(names.is_empty())
        });
        let step = match removed {
            Err(request) => self.ask(request),
            Ok(Ok(true)) => {
                // What this device keeps goes last: with it, the next launch sees that the store was cleared.
                let names = self.kept.list("").unwrap_or_default();
                for name in names {
                    // In memory, nothing fails.
                    let _ = self.kept.delete(&name);
                }
                running.driver().shared.say_forgotten();
                return self.write().unwrap_or(Step::End);
            }
            Ok(done) => {
                self.store.forget_answers();
                let driver = running.driver();
                if done.is_err() && driver.shared.is_stopped() {
                    return Step::End;
                }
                let wait = if done.is_ok() { Duration::ZERO } else { driver.settings.cadence.retry };
                self.rest(wait, driver)
            }
        };
        self.state = State::Forgetting(running);
        step
    }
}
