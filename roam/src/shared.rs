//! What the thread of the replicator and the thread of the user exchange. Neither waits for the other while it works.

use std::collections::BTreeMap;
use std::mem::discriminant;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use crate::RoamStatus;
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
use crate::clock::Instant;
use crate::join::{Content, DeviceId, Dot, SectionId, Value};
use crate::publication::Touch;
use crate::replicator::News;
use crate::words::Other;

/// The value of a section before it is changed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Before {
    /// The one that was synced last.
    LastSynced,
    /// The one with this checksum; `None` if the section had no value.
    Sum(Option<u64>),
}

/// What the user did, for the replicator.
#[derive(Debug)]
pub(crate) enum Command {
    Adopted(SectionId, Dot),
    AdoptedRemoval(SectionId),
    /// The next value of the section that differs from this one was made from these values, too.
    Merged(SectionId, Vec<Dot>, Before),
    /// The section gets a value that is not the merged one.
    NotMerged(SectionId),
    Dismissed(SectionId, Dot),
    Touched(Touch),
    RemoveDevice(DeviceId),
    Forget(SectionId),
    ForgetAll,
    Focus(bool),
    Hurry,
    Close,
}

impl Command {
    /// The section of which it changes what the session is known to hold.
    pub(crate) fn section(&self) -> Option<&SectionId> {
        match self {
            Self::Adopted(section, _) | Self::AdoptedRemoval(section) => Some(section),
            _ => None,
        }
    }
}

/// A conflicting value, its write, and the name of the device that made it.
pub(crate) type Offered = (Dot, Value, String);

/// What the replicator knows, for the user.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) status: RoamStatus,
    pub(crate) others: Vec<Other>,
    pub(crate) news: Vec<(SectionId, News)>,
    /// The checksums of the session's values of the sections with news, as the log has them.
    pub(crate) fed: BTreeMap<SectionId, u64>,
    /// Per section: the conflicting values, and the names of the devices that wrote them.
    pub(crate) offers: BTreeMap<SectionId, Vec<Offered>>,
    /// What the values in conflict were made from, for sections with a merge function.
    pub(crate) bases: BTreeMap<SectionId, Content>,
    /// The number of commands that are reflected in this view, with a step after them.
    pub(crate) done: u64,
    pub(crate) is_sent: bool,
    /// Grows with each change of the news or the offers, so that nobody walks through them without need.
    pub(crate) version: u64,
    /// Whether everything in the store and on this device was removed.
    pub(crate) is_forgotten: bool,
}

struct Waker(Box<dyn Fn() + Send>);

impl std::fmt::Debug for Waker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Waker").finish_non_exhaustive()
    }
}

#[derive(Debug, Default)]
struct Inbox {
    commands: Vec<Command>,
    sent: u64,
    is_stopped: bool,
}

/// See the [module](self).
#[derive(Debug)]
pub(crate) struct Shared {
    inbox: Mutex<Inbox>,
    wake: Condvar,
    view: Mutex<View>,
    seen: Condvar,
    waker: Mutex<Option<Waker>>,
    /// Wakes what drives the replicator where there is no thread, and nobody can wait for it.
    driver: Mutex<Option<Waker>>,
    /// Whether the user's thread came by since the replicator looked.
    is_active: AtomicBool,
}

impl Shared {
    pub(crate) fn new() -> Self {
        let (news, fed, offers) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        let (status, others, bases) = (RoamStatus::Looking, Vec::new(), BTreeMap::new());
        let view =
            View { status, others, news, fed, offers, bases, done: 0, is_sent: false, version: 0, is_forgotten: false };
        Self {
            inbox: Mutex::default(),
            wake: Condvar::new(),
            view: Mutex::new(view),
            seen: Condvar::new(),
            waker: Mutex::default(),
            driver: Mutex::default(),
            is_active: AtomicBool::new(true),
        }
    }

    /// Notes that the user's thread came by. Costs one atomic exchange, and once a second at most a short lock.
    pub(crate) fn pass_by(&self) {
        if !self.is_active.swap(true, Ordering::AcqRel) {
            // With the lock, so that the other thread does not fall asleep between its check and this.
            drop(self.inbox.lock());
            self.wake_driver();
        }
    }

    /// Wakes what drives the replicator. Not with the inbox locked: it may look into it.
    fn wake_driver(&self) {
        self.wake.notify_one();
        if let Some(Waker(wake)) = &*self.driver.lock() {
            wake();
        }
    }

    /// Whether no thread drives the replicator.
    pub(crate) fn is_driven(&self) -> bool {
        self.driver.lock().is_some()
    }

    /// The number of the last command.
    pub(crate) fn number(&self) -> u64 {
        self.inbox.lock().sent
    }

    /// Says that no thread drives the replicator, and what does.
    pub(crate) fn drive_with(&self, waker: Box<dyn Fn() + Send>) {
        *self.driver.lock() = Some(Waker(waker));
    }

    /// Sends a command; returns its number.
    pub(crate) fn send(&self, command: Command) -> u64 {
        let mut inbox = self.inbox.lock();
        inbox.commands.push(command);
        inbox.sent += 1;
        let number = inbox.sent;
        drop(inbox);
        self.wake_driver();
        number
    }

    pub(crate) fn stop(&self) {
        self.inbox.lock().is_stopped = true;
        self.wake_driver();
    }

    pub(crate) fn look<T>(&self, at: impl FnOnce(&View) -> T) -> T {
        at(&self.view.lock())
    }

    /// Waits until the view meets a condition; returns whether it does. Does not wait if no thread could bring that about.
    #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
    pub(crate) fn wait(&self, within: Duration, is_met: impl Fn(&View) -> bool) -> bool {
        let has_thread = self.driver.lock().is_none();
        let until = Instant::now() + if has_thread { within } else { Duration::ZERO };
        let mut view = self.view.lock();
        while !is_met(&view) {
            if self.seen.wait_until(&mut view, until).timed_out() {
                return is_met(&view);
            }
        }
        true
    }

    /// Returns whether the view meets a condition: a page has no thread that could wait.
    #[cfg(all(target_family = "wasm", target_os = "unknown"))]
    pub(crate) fn wait(&self, _: Duration, is_met: impl Fn(&View) -> bool) -> bool {
        is_met(&self.view.lock())
    }

    /// For the thread of the replicator: takes the commands, with the number of the last one; `None` if it is to end.
    pub(crate) fn take(&self) -> Option<(Vec<Command>, u64, bool)> {
        let mut inbox = self.inbox.lock();
        if inbox.is_stopped && inbox.commands.is_empty() {
            return None;
        }
        Some((std::mem::take(&mut inbox.commands), inbox.sent, self.is_active.swap(false, Ordering::AcqRel)))
    }

    /// Whether there is something to do before the time of a turn has come.
    pub(crate) fn has_work(&self) -> (bool, bool) {
        let inbox = self.inbox.lock();
        (inbox.is_stopped || !inbox.commands.is_empty(), self.is_active.load(Ordering::Acquire))
    }

    /// Sleeps for this time, until a command comes, or until the user's thread has come by and `after` has passed.
    #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
    pub(crate) fn sleep(&self, time: Duration, after: Duration) {
        let now = Instant::now();
        let (end, soon) = (now + time, now + time.min(after));
        let mut inbox = self.inbox.lock();
        while inbox.commands.is_empty() && !inbox.is_stopped {
            let until = if self.is_active.load(Ordering::Acquire) { soon } else { end };
            if Instant::now() >= until {
                return;
            }
            self.wake.wait_until(&mut inbox, until);
        }
    }

    /// Sleeps for this time, or until the handle goes; leaves the commands where they are.
    #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
    pub(crate) fn sleep_at_most(&self, time: Duration) {
        let end = Instant::now() + time;
        let mut inbox = self.inbox.lock();
        while !inbox.is_stopped && !self.wake.wait_until(&mut inbox, end).timed_out() {}
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.inbox.lock().is_stopped
    }

    /// Shows a status before there is a view.
    pub(crate) fn say(&self, new: RoamStatus) {
        let before = std::mem::replace(&mut self.view.lock().status, new.clone());
        if discriminant(&before) != discriminant(&new) {
            self.wake_user();
        }
    }

    /// Notes that everything was removed.
    pub(crate) fn say_forgotten(&self) {
        self.view.lock().is_forgotten = true;
        self.seen.notify_all();
        self.wake_user();
    }

    pub(crate) fn show(&self, mut view: View) {
        let mut shown = self.view.lock();
        let is_same = view.news == shown.news && view.offers == shown.offers;
        view.version = shown.version + u64::from(!is_same);
        // What the user sees, apart from the age of things.
        let differs =
            !is_same || discriminant(&view.status) != discriminant(&shown.status) || view.others != shown.others;
        *shown = view;
        drop(shown);
        self.seen.notify_all();
        if differs {
            self.wake_user();
        }
    }

    /// Sets what wakes the user's thread.
    pub(crate) fn wake_with(&self, waker: Box<dyn Fn() + Send>) {
        *self.waker.lock() = Some(Waker(waker));
    }

    fn wake_user(&self) {
        if let Some(Waker(wake)) = &*self.waker.lock() {
            wake();
        }
    }
}
