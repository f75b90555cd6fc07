//! What the thread of the replicator and the thread of the user exchange. Neither waits for the other while it works.

use std::collections::BTreeMap;
use std::mem::discriminant;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use crate::RoamStatus;
use crate::join::{Dot, SectionId, Value};
use crate::publication::Touch;
use crate::replicator::News;
use crate::session::key_of;
use crate::words::Other;

/// What the user did, for the replicator.
#[derive(Debug)]
pub(crate) enum Command {
    Adopted(SectionId, Dot),
    AdoptedRemoval(SectionId),
    Merged(SectionId, Dot),
    Dismissed(SectionId, Dot),
    Touched(Touch),
    Focus(bool),
    Hurry,
    Close,
}

impl Command {
    /// The section of which it changes what the session is known to hold.
    pub(crate) fn section(&self) -> Option<&SectionId> {
        match self {
            Self::Adopted(section, _) | Self::AdoptedRemoval(section) | Self::Merged(section, _) => Some(section),
            _ => None,
        }
    }
}

/// What the replicator knows, for the user.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) status: RoamStatus,
    pub(crate) others: Vec<Other>,
    pub(crate) news: Vec<(SectionId, News)>,
    /// The checksums of the session's values of the sections with news, as the log has them.
    pub(crate) fed: BTreeMap<SectionId, u64>,
    /// Per section: the conflicting values, and the names of the devices that wrote them.
    pub(crate) offers: BTreeMap<SectionId, Vec<(Dot, Value, String)>>,
    /// The number of commands that are reflected in this view, with a step after them.
    pub(crate) done: u64,
    pub(crate) is_sent: bool,
}

impl View {
    /// Whether a user would see a difference, apart from the age of things.
    fn differs_from(&self, before: &Self) -> bool {
        let news = |view: &Self| view.news.iter().map(key_of).collect::<Vec<_>>();
        let offers = |view: &Self| {
            let dots = view.offers.iter().flat_map(|(id, held)| held.iter().map(move |(dot, ..)| (id.clone(), *dot)));
            dots.collect::<Vec<_>>()
        };
        discriminant(&self.status) != discriminant(&before.status)
            || self.others != before.others
            || news(self) != news(before)
            || offers(self) != offers(before)
    }
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
    /// Whether the user's thread came by since the replicator looked.
    is_active: AtomicBool,
}

impl Shared {
    pub(crate) fn new() -> Self {
        let (news, fed, offers) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        let view = View { status: RoamStatus::Looking, others: Vec::new(), news, fed, offers, done: 0, is_sent: false };
        Self {
            inbox: Mutex::default(),
            wake: Condvar::new(),
            view: Mutex::new(view),
            seen: Condvar::new(),
            waker: Mutex::default(),
            is_active: AtomicBool::new(true),
        }
    }

    /// Notes that the user's thread came by. Costs one atomic exchange, and once a second at most a short lock.
    pub(crate) fn pass_by(&self) {
        if !self.is_active.swap(true, Ordering::AcqRel) {
            // With the lock, so that the other thread does not fall asleep between its check and this.
            let _inbox = self.inbox.lock();
            self.wake.notify_one();
        }
    }

    /// Sends a command; returns its number.
    pub(crate) fn send(&self, command: Command) -> u64 {
        let mut inbox = self.inbox.lock();
        inbox.commands.push(command);
        inbox.sent += 1;
        self.wake.notify_one();
        inbox.sent
    }

    pub(crate) fn stop(&self) {
        self.inbox.lock().is_stopped = true;
        self.wake.notify_one();
    }

    pub(crate) fn look<T>(&self, at: impl FnOnce(&View) -> T) -> T {
        at(&self.view.lock())
    }

    /// Waits until the view meets a condition; returns whether it does.
    pub(crate) fn wait(&self, within: Duration, is_met: impl Fn(&View) -> bool) -> bool {
        let until = Instant::now() + within;
        let mut view = self.view.lock();
        while !is_met(&view) {
            if self.seen.wait_until(&mut view, until).timed_out() {
                return is_met(&view);
            }
        }
        true
    }

    /// For the thread of the replicator: takes the commands, with the number of the last one; `None` if it is to end.
    pub(crate) fn take(&self) -> Option<(Vec<Command>, u64, bool)> {
        let mut inbox = self.inbox.lock();
        if inbox.is_stopped && inbox.commands.is_empty() {
            return None;
        }
        Some((std::mem::take(&mut inbox.commands), inbox.sent, self.is_active.swap(false, Ordering::AcqRel)))
    }

    /// Sleeps for this time, until a command comes, or until the user's thread has come by and `after` has passed.
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

    /// Shows a status before there is a view.
    pub(crate) fn say(&self, new: RoamStatus) {
        let before = std::mem::replace(&mut self.view.lock().status, new.clone());
        if discriminant(&before) != discriminant(&new) {
            self.wake_user();
        }
    }

    pub(crate) fn show(&self, view: View) {
        let before = std::mem::replace(&mut *self.view.lock(), view);
        self.seen.notify_all();
        if self.look(|view| view.differs_from(&before)) {
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
