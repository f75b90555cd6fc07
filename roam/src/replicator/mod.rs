//! The replicator: publishes what the session has stored and takes in what other devices published.
//!
//! It is a state machine without thread and clock. [`Replicator::step`] is told the time, makes the calls that are due,
//! and returns when it wants to be called again. So the simulation drives the same code as a program.

mod ancestors;
mod choose;
mod clear;
mod receive;
mod remove;
mod rule;
mod saved;
mod send;
mod settings;
mod status;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::time::Duration;

use leftoff_seal::{ErrorKind as SealError, Sealer};

pub(crate) use rule::{Rule, Rules};
pub use settings::Cadence;
pub(crate) use settings::{Now, Settings};
pub use status::{OfflineCause, RoamStatus};
pub(crate) use status::{stamp, time};

use crate::join::{Content, DeviceId, Dot, Lane, SectionId, State, Value};
use crate::name::{Hash, Name, OUTBOX, Person};
use crate::publication::Touch;
use crate::store::{Store, key_trouble};
use crate::words::Other;
use receive::Listing;
use saved::{Saved, Shown};
use send::Prepared;
use status::Health;

/// The storage that a step uses.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Io<'a> {
    /// Where the other devices look.
    pub(crate) store: &'a dyn Store,
    /// The directory of this device: puts replace, and are synced when they return.
    pub(crate) local: &'a dyn Store,
}

/// Random numbers: those of the system, or those of a simulation.
pub(crate) type Random = Box<dyn FnMut() -> io::Result<u64> + Send>;

/// See the [module](self).
pub(crate) struct Replicator {
    settings: Settings,
    person: Person,
    sealer: Sealer,
    random: Random,
    rules: Rules,
    saved: Saved,
    /// Whether `saved` differs from what is stored of it.
    is_unsaved: bool,
    /// The sections that changed since their object was written.
    unwritten: BTreeSet<SectionId>,
    lane: Lane,
    next_index: u32,
    previous: Option<Name>,
    /// Values of the session that are not published.
    changes: BTreeMap<SectionId, Change>,
    /// Sealed, and not in the outbox yet.
    prepared: Option<Prepared>,
    /// What the store has not acknowledged.
    outbox: BTreeSet<Name>,
    wants_base: bool,
    listing: Option<Listing>,
    agenda: Agenda,
    health: Health,
    is_open: bool,
    touch: Option<Touch>,
    /// What the last publication said of the two.
    told: (bool, Option<Touch>),
}

/// A value of the session that is not published.
#[derive(Debug, Clone, PartialEq)]
struct Change {
    /// `None` if the section was removed.
    content: Option<Content>,
    /// Values of others that it was made from, too, and replaces.
    also: Vec<Dot>,
}

/// When what is due. All times are of the steady clock.
#[derive(Debug, Clone, Default)]
struct Agenda {
    changed_at: Option<Duration>,
    published_at: Option<Duration>,
    listed_at: Option<Duration>,
    /// Since when the window has the focus.
    focus: Option<Duration>,
    retry_at: Option<Duration>,
    failures: u32,
    /// Publish at once, whatever the cadence.
    publishes_now: bool,
    /// The same, until the window has the focus again. Stays until there is something: what the program saved as it lost the
    /// focus may reach the disk, and this, a moment later.
    has_lost_focus: bool,
    /// List at once.
    lists_now: bool,
}

impl Agenda {
    fn is_urgent(&self) -> bool {
        self.publishes_now || self.has_lost_focus
    }
}

/// Without contents and names.
impl fmt::Debug for Replicator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replicator")
            .field("lane", &self.lane)
            .field("changes", &self.changes.len())
            .field("outbox", &self.outbox.len())
            .field("health", &self.health)
            .finish_non_exhaustive()
    }
}

/// What another device changed in a section.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum News {
    /// The session's value is an ancestor of this one.
    Newer(Dot, Value),
    /// The session's value was removed.
    Removed,
}

/// Why a round ended early.
#[derive(Debug)]
enum Trouble {
    /// The directory of this device.
    Local(io::ErrorKind),
    /// The store.
    Store(io::ErrorKind),
    /// There is no key, or the system has no random numbers.
    Seal,
}

impl Replicator {
    /// Starts a launch: a new lane, with what the last launch kept in `local`.
    ///
    /// # Errors
    /// If the directory cannot be read, or the system has no random numbers.
    pub(crate) fn open(
        settings: Settings,
        sealer: Sealer,
        local: &dyn Store,
        mut random: Random,
        now: Now,
    ) -> io::Result<Self> {
        let device = DeviceId(random()?);
        let lane = new_lane(&mut random)?;
        let (saved, unwritten) = Saved::load(local, device)?;
        let outbox = local.list(OUTBOX)?.iter().filter_map(|name| Name::parse_outbox(name)).collect();
        let person = Person::new(&settings.app, &settings.person);
        // The last launch may have ended before the base was made that is to be relied on.
        let wants_base = saved.rest.is_hasty || !saved.rest.removing.is_empty();
        let agenda = Agenda { focus: Some(now.steady), ..Agenda::default() };
        Ok(Self {
            settings,
            person,
            sealer,
            random,
            rules: Rules::default(),
            saved,
            is_unsaved: true,
            unwritten,
            lane,
            next_index: 0,
            previous: None,
            changes: BTreeMap::new(),
            prepared: None,
            outbox,
            wants_base,
            listing: None,
            agenda,
            health: Health::default(),
            is_open: true,
            touch: None,
            told: (false, None),
        })
    }

    #[cfg(test)]
    pub(crate) fn without(mut self, rule: Option<Rule>) -> Self {
        self.rules.without = rule;
        self
    }

    /// A copy of the running device, memory and all, as a snapshot of a virtual machine makes one.
    #[cfg(test)]
    pub(crate) fn copied(&self, random: Random) -> Self {
        Self {
            settings: self.settings.clone(),
            sealer: self.sealer.clone(),
            random,
            saved: self.saved.clone(),
            unwritten: self.unwritten.clone(),
            changes: self.changes.clone(),
            prepared: self.prepared.clone(),
            outbox: self.outbox.clone(),
            listing: self.listing.clone(),
            agenda: self.agenda.clone(),
            health: self.health.clone(),
            touch: self.touch.clone(),
            told: self.told.clone(),
            ..*self
        }
    }

    /// The own log, from the newest base on.
    #[cfg(test)]
    pub(crate) fn relied_on(&self) -> Vec<Name> {
        let log = &self.saved.rest.log;
        let base = log.iter().rposition(|logged| logged.is_base).unwrap_or_default();
        log.iter().skip(base).map(|logged| logged.name).collect()
    }

    /// Reports the synced value of a section of the session; `None` if the session has no such section. `also` are values of
    /// other devices that it was made from: it replaces them, too.
    ///
    /// Only what is synced: after a power cut, the store must not know more than this device.
    pub(crate) fn feed(&mut self, section: &SectionId, content: Option<Content>, also: &[Dot], now: Now) {
        let sum = content.as_ref().map(sum);
        let shown = self.saved.rest.shown.get(section);
        let mut also = also.to_vec();
        also.extend(self.changes.get(section).into_iter().flat_map(|change| &change.also));
        if also.is_empty() && shown.map_or(sum.is_none(), |shown| shown.sum == sum) {
            self.changes.remove(section);
            return;
        }
        // A take-over that was stored in the log and not here. The value is held already, and writing it again would
        // replace the value that it was chosen over, unless its user chose it instead of that one.
        let own = shown.map(|shown| shown.dots.clone()).unwrap_or_default();
        let same = self.saved.state.values(section).find(|(_, value)| content.is_some() && value.content == content);
        let same = same.filter(|(dot, _)| !own.contains(dot) && also.is_empty());
        if let Some((dot, value)) = same {
            let from = value.from.clone();
            self.show(section, Shown { dots: vec![dot], sum, from });
            return;
        }
        let change = Change { content, also };
        if self.changes.get(section) != Some(&change) {
            self.changes.insert(section.clone(), change);
            self.agenda.changed_at = Some(now.steady);
        }
    }

    /// The sections of the session that the replicator knows of.
    pub(crate) fn fed(&self) -> impl Iterator<Item = &SectionId> {
        let present = self.saved.rest.shown.iter().filter(|(_, shown)| shown.sum.is_some()).map(|(section, _)| section);
        present.chain(self.changes.keys())
    }

    /// All that is held, on this device and as far as it knows on others.
    #[cfg_attr(not(test), allow(dead_code, reason = "for the simulation"))]
    pub(crate) fn state(&self) -> &State {
        &self.saved.state
    }

    /// The other devices, the one seen last first.
    pub(crate) fn others(&self) -> Vec<Other> {
        let current_for = self.settings.cadence.publish_every.saturating_mul(2);
        let other = |(id, device): (&DeviceId, &saved::Device)| {
            let touch = device.about.touch.as_ref();
            Other {
                device: device.about.label.clone(),
                is_open: device.about.is_open,
                seen: time(self.health.local(device.about.at)),
                touched: touch.map(|touch| time(self.health.local(touch.at))),
                element: touch.map(|touch| touch.element.clone()),
                label: touch.and_then(|touch| touch.label.clone()),
                id: *id,
                mark: touch.and_then(|touch| touch.mark.clone()),
                current_for,
            }
        };
        let is_wanted = |(id, _): &(&DeviceId, &saved::Device)| !self.saved.rest.removing.contains(*id);
        let mut others: Vec<Other> = self.saved.rest.devices.iter().filter(is_wanted).map(other).collect();
        others.sort_by_key(|other| std::cmp::Reverse(other.seen));
        others
    }

    /// Whether the store has everything that was reported.
    pub(crate) fn is_sent(&self) -> bool {
        let is_told = self.previous.is_none() || self.told.0 == self.is_open;
        let is_empty = self.changes.is_empty() && self.outbox.is_empty() && self.prepared.is_none();
        let has_news = self.wants_base || !self.saved.rest.dismissed.is_empty();
        is_empty && is_told && !has_news && self.agenda.failures == 0
    }

    /// What the names of all objects of this person begin with.
    pub(crate) fn prefix(&self) -> String {
        self.person.prefix()
    }

    /// The name of a device, if one of its publications was read.
    pub(crate) fn label(&self, device: DeviceId) -> Option<&str> {
        self.saved.rest.devices.get(&device).map(|device| &*device.about.label)
    }

    /// Records a touch of the user, to be published with the next publication.
    pub(crate) fn touched(&mut self, touch: Touch, now: Now) {
        if self.touch.as_ref() != Some(&touch) {
            self.touch = Some(touch);
            self.agenda.changed_at = Some(now.steady);
        }
    }

    /// Reports that the window got or lost the focus. Losing it publishes at once.
    pub(crate) fn focus(&mut self, has_focus: bool, now: Now) {
        self.agenda.focus = has_focus.then_some(now.steady);
        self.agenda.lists_now |= has_focus;
        self.agenda.has_lost_focus = !has_focus;
    }

    /// Reports that the session ends.
    pub(crate) fn close(&mut self) {
        self.is_open = false;
        self.agenda.publishes_now = true;
    }

    /// Makes the next step publish and list at once.
    pub(crate) fn hurry(&mut self) {
        (self.agenda.publishes_now, self.agenda.lists_now) = (true, true);
        self.agenda.retry_at = None;
    }

    /// Does what is due; returns after what time to call it again, at the latest.
    ///
    /// Blocks as long as the store and the directory do. A call that fails is repeated later, with the same bytes.
    #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
    pub(crate) fn step(&mut self, now: Now, io: &Io<'_>) -> Duration {
        if self.agenda.retry_at.is_some_and(|at| at > now.steady) {
            return self.wait(now);
        }
        self.health.note_date(now, io.store.date());
        let done = self.round(now, io);
        self.note(done, now)
    }

    /// Like [`step`](Self::step), with a store whose calls are answered later: `None` if the round ended at a call that has no
    /// answer yet. Call it again with the same time, and without `is_first`, once it has one.
    ///
    /// A round that ends early goes on where it was: each call of the store leaves a state that can be continued, as after
    /// a failure.
    pub(crate) fn step_again(&mut self, now: Now, is_first: bool, io: &Io<'_>) -> Option<Duration> {
        if self.agenda.retry_at.is_some_and(|at| at > now.steady) {
            return Some(self.wait(now));
        }
        if is_first {
            // `now` is the past later on, and the clock of the store is not.
            self.health.note_date(now, io.store.date());
        }
        match self.round(now, io) {
            Err(Trouble::Store(io::ErrorKind::WouldBlock)) => None,
            done => Some(self.note(done, now)),
        }
    }

    /// Notes how a round ended; returns when the next one is due.
    fn note(&mut self, done: Result<(), Trouble>, now: Now) -> Duration {
        match done {
            Ok(()) => {
                (self.agenda.failures, self.agenda.retry_at) = (0, None);
                self.agenda.lists_now = false;
                self.health.worked();
            }
            Err(trouble) => {
                let doubled = self.settings.cadence.retry.saturating_mul(1 << self.agenda.failures.min(16));
                let pause = doubled.min(self.settings.cadence.list_idle);
                // Devices that failed together must not come back together.
                let share = (self.random)().unwrap_or_default() % 512 + 512;
                let pause = pause.saturating_mul(u32::try_from(share).unwrap_or(1024)) / 1024;
                self.agenda.failures = self.agenda.failures.saturating_add(1);
                self.agenda.retry_at = Some(now.steady + pause);
                self.health.failed(&trouble, now);
            }
        }
        self.wait(now)
    }

    fn round(&mut self, now: Now, io: &Io<'_>) -> Result<(), Trouble> {
        self.persist(io.local)?;
        self.stash(io.local)?;
        if self.list_is_due(now) {
            self.list(now, io)?;
            self.persist(io.local)?;
        }
        if !self.rules.keep(Rule::BaseBeforeDeletion) {
            self.clear(now, io)?;
        }
        self.seal_again();
        if !self.may_send() {
            return Ok(());
        }
        self.send(io)?;
        if self.publish_is_due(now) {
            self.prepare(now)?;
            // In this order: if the process dies after the first, the name is missing in the store, and the next launch
            // publishes its whole state. If it dies after the second, the next launch sends the same bytes.
            self.persist(io.local)?;
            self.stash(io.local)?;
            self.send(io)?;
        }
        self.confirm(now, io)?;
        self.clear(now, io)?;
        self.remove_objects(now, io)?;
        self.persist(io.local)
    }

    fn persist(&mut self, local: &dyn Store) -> Result<(), Trouble> {
        if self.is_unsaved || !self.unwritten.is_empty() {
            if let Err(error) = self.saved.store(local, &mut self.unwritten) {
                let Some(why) = key_trouble(&error) else { return Err(Trouble::Local(error.kind())) };
                self.health.no_key = why == SealError::NoKey;
                return Err(Trouble::Seal);
            }
            self.health.no_key = false;
            self.is_unsaved = false;
        }
        Ok(())
    }

    /// How long the next step may wait.
    fn wait(&self, now: Now) -> Duration {
        let cadence = &self.settings.cadence;
        let until = |at: Duration| at.saturating_sub(now.steady);
        if let Some(at) = self.agenda.retry_at {
            return until(at).max(Duration::from_millis(10));
        }
        let list = self.list_due_at(now).map_or(cadence.list_idle, until);
        let publish = if self.may_send() { self.publish_due_at().map_or(list, until) } else { list };
        list.min(publish).max(Duration::from_millis(10))
    }
}

fn new_lane(random: &mut Random) -> io::Result<Lane> {
    Ok(Lane(u128::from(random()?) << 64 | u128::from(random()?)))
}

/// The checksum of a value, to recognise it.
fn sum(content: &Content) -> Hash {
    let mut bytes = Vec::with_capacity(content.bytes.len() + 5);
    bytes.extend_from_slice(&content.version.to_le_bytes());
    bytes.push(content.codec);
    bytes.extend_from_slice(&content.bytes);
    Hash::of(&bytes)
}
