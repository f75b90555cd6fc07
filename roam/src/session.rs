//! The joint between a session and the replicator.

pub(crate) mod newer;

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use leftoff::time::Timestamp;
use leftoff::{Error, ErrorKind, ResumePoint, Section, Session, StoredMark, StoredSection};
use leftoff_seal::{KeyProvider, Sealer};
use serde::de::DeserializeOwned;

use crate::drive::Driver;
use crate::join::{Content, DeviceId, Dot, SectionId, Value};
use crate::kept::Kept;
use crate::publication::{Blob, Touch};
use crate::replicator::{News, Settings, stamp, time};
use crate::shared::{Command, Shared, View};
use crate::store::{FolderStore, SealedStore, Store};
use crate::words::Other;
use crate::{Cadence, RoamStatus};

/// How the state of a session follows its user. [`start`](Self::start) begins it.
pub struct Roam {
    store: Box<dyn Store>,
    sealer: Sealer,
    settings: Settings,
    take_over_within: Duration,
    dir: Option<PathBuf>,
    kept: Kept,
}

impl fmt::Debug for Roam {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Roam").field("store", &self.store).finish_non_exhaustive()
    }
}

impl Roam {
    /// How long after the start a newer state from elsewhere is taken over without asking: 3 seconds.
    pub const TAKE_OVER_WITHIN: Duration = Duration::from_secs(3);

    /// Roaming through `store`, sealed with the keys of `keys`. `app` and `person` name the state; the store sees a hash of
    /// both, with which it can test a guess, so a random id is better than an address.
    pub fn new(app: &str, person: &str, store: impl Store, keys: impl KeyProvider) -> Self {
        let (app, person) = (app.to_owned(), person.to_owned());
        let settings = Settings { app, person, label: String::new(), cadence: Cadence::default() };
        Self {
            store: Box::new(store),
            sealer: Sealer::new(keys).compressed().padded(),
            settings,
            take_over_within: Self::TAKE_OVER_WITHIN,
            dir: None,
            kept: Kept::default(),
        }
    }

    /// Sets the name of this device, as its user calls it in the middle of a sentence: "laptop".
    #[must_use]
    pub fn device_name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.settings.label);
        self
    }

    /// Sets when to publish and list.
    #[must_use]
    pub fn cadence(mut self, cadence: Cadence) -> Self {
        self.settings.cadence = cadence;
        self
    }

    /// Sets how long after the start a newer state is taken over without asking; zero means never.
    #[must_use]
    pub fn take_over_within(mut self, time: Duration) -> Self {
        self.take_over_within = time;
        self
    }

    /// Sets the directory for what is known of the other devices. Without it, the directory `others` beside the log.
    #[must_use]
    pub fn keep_in(mut self, dir: impl Into<PathBuf>) -> Self {
        self.dir = Some(dir.into());
        self
    }

    /// Keeps a section on this device. [Private](Section::private) sections never leave it in any case, nor do those that
    /// are [erased on close](Section::erase_on_close).
    #[must_use]
    pub fn keep_here<T>(mut self, section: Section<T>) -> Self {
        self.kept.sections.insert(SectionId::new("", section.name()));
        self
    }

    /// Keeps a scope on this device, with its sections and touches. A scope takes those below it along: `notes` also stands for
    /// `notes/7`.
    ///
    /// Scopes of which all sections are private stay here without this.
    #[must_use]
    pub fn keep_scope_here(mut self, scope: &str) -> Self {
        self.kept.scopes.insert(scope.into());
        self
    }

    /// Starts the thread that publishes and fetches. Makes no call to the store itself.
    ///
    /// # Errors
    /// `InvalidInput` if the session has no directory and none was [set](Self::keep_in); the system's error if it starts no
    /// thread.
    pub fn start(self, session: &Session) -> io::Result<Roaming> {
        let dir = self.dir.or_else(|| session.dir().map(|dir| dir.join("others")));
        let dir =
            dir.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "set a directory with `Roam::keep_in`"))?;
        let (shared, kept) = (Arc::new(Shared::new()), Arc::new(self.kept));
        let driver = Driver {
            shared: Arc::clone(&shared),
            reader: session.stored_reader(),
            store: self.store,
            local: Box::new(SealedStore::new(FolderStore::new(dir), self.sealer.clone())),
            sealer: self.sealer,
            settings: self.settings,
            kept: Arc::clone(&kept),
        };
        let thread = thread::Builder::new().name("leftoff-roam".to_owned()).spawn(move || driver.run())?;
        Ok(Roaming {
            shared,
            thread: Some(thread),
            take_over_until: Instant::now() + self.take_over_within,
            touched: last_touch(session),
            told_touch: last_touch(session),
            kept,
            looked_at: None,
            told: BTreeSet::new(),
            told_offers: BTreeSet::new(),
            settled: BTreeSet::new(),
            undo: None,
        })
    }
}

/// A running connection to the other devices. Dropping it ends its thread after the present call of the store.
pub struct Roaming {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    take_over_until: Instant,
    /// The number of the last touch that was noticed.
    touched: Option<u64>,
    /// The number of the last touch that was published, or is older than this launch.
    told_touch: Option<u64>,
    kept: Arc<Kept>,
    looked_at: Option<Instant>,
    /// The news that the application was told.
    told: BTreeSet<(SectionId, Option<Dot>)>,
    /// The conflicts that the application was told, or that it settled.
    told_offers: BTreeSet<(SectionId, Dot)>,
    /// The offers that were taken, merged or dismissed here, and may not be published as such yet.
    settled: BTreeSet<(SectionId, Dot)>,
    undo: Option<ResumePoint>,
}

impl fmt::Debug for Roaming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Roaming").field("status", &self.status()).finish_non_exhaustive()
    }
}

/// Something came from another device.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Arrival {
    /// The session now has the newer state: read all sections again. [`Roaming::undo`] goes back.
    TakenOver(Option<Other>),
    /// A newer state can be [taken over](Roaming::take_over).
    Offered(Option<Other>),
    /// Sections, by scope and name, that another device changed without knowing of the changes here. Both values are kept:
    /// see [`Roaming::offers`].
    Conflict(Vec<(String, String)>),
}

impl Arrival {
    /// Returns one line for the user: *Continued from your laptop.*
    pub fn words(&self) -> String {
        match self {
            Self::TakenOver(Some(other)) if !other.device.is_empty() => {
                format!("Continued from your {}.", other.device)
            }
            Self::TakenOver(_) => "Continued from your other device.".to_owned(),
            Self::Offered(Some(other)) if !other.device.is_empty() => {
                format!("Your {} has newer changes.", other.device)
            }
            Self::Offered(_) => "Your other device has newer changes.".to_owned(),
            Self::Conflict(_) => "Another device changed what you changed here. Both are kept.".to_owned(),
        }
    }
}

/// A value of a section that another device wrote without knowing of the value here.
#[derive(Clone)]
#[non_exhaustive]
pub struct Offer<T> {
    /// The value.
    pub value: T,
    /// The name of the device that wrote it; empty if it is not known.
    pub device: String,
    /// When it was written.
    pub at: SystemTime,
    section: SectionId,
    dot: Dot,
    by: DeviceId,
    content: Content,
}

/// Without the value.
impl<T> fmt::Debug for Offer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Offer").field("section", &self.section).field("at", &self.at).finish_non_exhaustive()
    }
}

impl<T> Offer<T> {
    /// Returns one line for the user: *Your laptop also changed Address.* `label` is what they call the section.
    pub fn words(&self, label: &str) -> String {
        let device = if self.device.is_empty() { "other device" } else { &self.device };
        format!("Your {device} also changed {label}.")
    }
}

impl Roaming {
    /// Call this where the program calls [`Session::autosave`]. Returns what has arrived, each thing once.
    ///
    /// Never waits for the store. A newer state is taken over if it comes within the time set for that, and the user has
    /// touched nothing; this writes to the log as a capture does.
    ///
    /// # Errors
    /// As for [`Session::put_stored`].
    pub fn arrived(&mut self, session: &mut Session) -> Result<Option<Arrival>, Error> {
        self.shared.pass_by();
        let is_time = self.looked_at.is_none_or(|at| at.elapsed() >= Duration::from_secs(1));
        if is_time {
            self.looked_at = Some(Instant::now());
            self.notice_touch(session);
        }
        let news = self.shared.look(|view| view.news.iter().map(key_of).collect::<BTreeSet<_>>());
        if news.is_empty() || news.is_subset(&self.told) {
            return Ok(self.conflict());
        }
        let is_untouched = last_touch(session) == self.touched;
        if Instant::now() < self.take_over_until && is_untouched {
            if let Some(from) = self.take_news(session)? {
                return Ok(Some(Arrival::TakenOver(from.or_else(|| self.newest()))));
            }
        }
        self.told = news;
        Ok(Some(Arrival::Offered(self.newest())))
    }

    /// Publishes the last touch, if it is a new one, is written, and may leave this device.
    fn notice_touch(&mut self, session: &Session) {
        let last = last_touch(session);
        if last != self.touched {
            self.touched = last;
            self.take_over_until = Instant::now();
        }
        if last == self.told_touch {
            return;
        }
        let Some(mark) = session.stored_mark(|scope, name| self.kept.keeps(scope, name)) else { return };
        let Some(entry) = mark.last().filter(|entry| Some(entry.seq()) > self.told_touch) else { return };
        self.told_touch = Some(entry.seq());
        self.shared.send(Command::Touched(Touch {
            at: stamp(entry.at().to_system_time()),
            element: entry.element().to_owned(),
            label: entry.label().map(str::to_owned),
            mark: Some(Blob(mark.to_bytes().into())),
        }));
    }

    /// Shows where the user left off on another device.
    fn put_mark(&mut self, session: &mut Session, from: &Other) -> Result<(), Error> {
        let mark = from.mark.as_ref().and_then(|mark| StoredMark::from_bytes(&mark.0));
        let Some(mark) = mark else { return Ok(()) };
        let put = session.put_stored_mark(&mark, &from.device);
        // Not a touch of the user on this device.
        (self.touched, self.told_touch) = (last_touch(session), last_touch(session));
        put
    }

    fn other(&self, id: DeviceId) -> Option<Other> {
        self.shared.look(|view| view.others.iter().find(|other| other.id == id).cloned())
    }

    /// Returns the conflicts that the application was not told yet.
    fn conflict(&mut self) -> Option<Arrival> {
        let of = |(id, held): (&SectionId, &Vec<(Dot, Value, String)>)| {
            held.iter().map(|(dot, ..)| (id.clone(), *dot)).collect::<Vec<_>>()
        };
        let offers = self.shared.look(|view| view.offers.iter().flat_map(of).collect::<BTreeSet<_>>());
        let new: BTreeSet<_> = offers.difference(&self.told_offers).cloned().collect();
        let mut sections: Vec<_> = new.iter().map(|(id, _)| (id.scope.to_string(), id.name.to_string())).collect();
        sections.dedup();
        self.told_offers.extend(new);
        (!sections.is_empty()).then_some(Arrival::Conflict(sections))
    }

    /// Notes that an offer is settled here: it is not offered again, and not told.
    fn settle(&mut self, section: &SectionId, dot: Dot) {
        self.told_offers.insert((section.clone(), dot));
        self.settled.insert((section.clone(), dot));
    }

    /// Makes the newer values of the other devices the present ones. Read all sections again afterwards.
    ///
    /// What they replace is a point of the [history](Session::history), to which [`undo`](Self::undo) goes back. Values in
    /// conflict with those here stay [offers](Self::offers). The [marker](Session::marker) is then where the user left off on
    /// the device that wrote the newest of these values. Returns whether there was anything newer.
    ///
    /// # Errors
    /// As for [`Session::put_stored`].
    pub fn take_over(&mut self, session: &mut Session) -> Result<bool, Error> {
        self.take_news(session).map(|taken| taken.is_some())
    }

    /// Takes the news over; returns the device that wrote the newest of it, as far as it is known.
    fn take_news(&mut self, session: &mut Session) -> Result<Option<Option<Other>>, Error> {
        let (news, fed) = self.shared.look(|view| (view.news.clone(), view.fed.clone()));
        if news.is_empty() {
            return Ok(None);
        }
        let (mut values, mut removed) = (Vec::new(), Vec::new());
        for (section, news) in &news {
            match news {
                News::Newer(_, Value { content: Some(content), stamp, .. }) => {
                    values.push(stored(section, content, time(*stamp)));
                }
                News::Newer(..) | News::Removed => removed.push((section.scope.to_string(), section.name.to_string())),
            }
        }
        self.told.extend(news.iter().map(key_of));
        // What the user changed since is a conflict, and is kept as one.
        let is_known = |scope: &str, name: &str, sum| fed.get(&SectionId::new(scope, name)).copied() == sum;
        let changed = session.put_stored(values, &removed, is_known)?;
        let is_changed = |section: &SectionId| {
            changed.iter().any(|(scope, name)| **scope == *section.scope && **name == *section.name)
        };
        let news: Vec<_> = news.into_iter().filter(|(section, _)| is_changed(section)).collect();
        let newest = |(_, news): &(SectionId, News)| match news {
            News::Newer(_, value) => Some((value.stamp, value.device)),
            News::Removed => None,
        };
        let from = news.iter().filter_map(newest).max().and_then(|(_, device)| self.other(device));
        for (section, news) in news {
            // Processed after the values are in the log: if the process dies between, the next launch finds equal values.
            self.shared.send(match news {
                News::Newer(dot, _) => Command::Adopted(section, dot),
                News::Removed => Command::AdoptedRemoval(section),
            });
        }
        if changed.is_empty() {
            return Ok(None);
        }
        self.undo = session.history()?.into_iter().next();
        if let Some(from) = &from {
            self.put_mark(session, from)?;
        }
        Ok(Some(from))
    }

    /// Goes back to the state before the last take-over of this launch; returns whether there was one. Read all sections
    /// again afterwards. The other devices are told as of any other change.
    ///
    /// # Errors
    /// As for [`Session::resume_at`].
    pub fn undo(&mut self, session: &mut Session) -> Result<bool, Error> {
        let Some(point) = self.undo.take() else { return Ok(false) };
        session.resume_at(&point)?;
        (self.touched, self.told_touch) = (last_touch(session), last_touch(session));
        Ok(true)
    }

    /// Returns the other devices, the one seen last first. From memory.
    pub fn others(&self) -> Vec<Other> {
        self.shared.look(|view| view.others.clone())
    }

    fn newest(&self) -> Option<Other> {
        self.others().into_iter().next()
    }

    /// Returns the values of a section that conflict with the present one, newest first. They stay until they are
    /// [dismissed](Self::dismiss), [taken](Self::take) or [merged](Self::merged).
    ///
    /// # Errors
    /// As for [`Session::get`], about a value.
    pub fn offers<T: DeserializeOwned>(&self, section: Section<T>) -> Result<Vec<Offer<T>>, Error> {
        self.offers_in("", section)
    }

    /// Like [`offers`](Self::offers), for a section of a scope.
    ///
    /// # Errors
    /// As for [`offers`](Self::offers).
    pub fn offers_in<T: DeserializeOwned>(&self, scope: &str, section: Section<T>) -> Result<Vec<Offer<T>>, Error> {
        let id = SectionId::new(scope, section.name());
        let held = self.shared.look(|view| view.offers.get(&id).cloned().unwrap_or_default());
        let mut offers = Vec::new();
        for (dot, value, device) in held {
            if self.settled.contains(&(id.clone(), dot)) {
                continue;
            }
            let (at, Some(content)) = (time(value.stamp), value.content) else { continue };
            let (by, section_id) = (value.device, id.clone());
            let value = stored(&id, &content, at).decode(&section)?;
            offers.push(Offer { value, device, at, section: section_id, dot, by, content });
        }
        Ok(offers)
    }

    /// Returns the sections that have offers, by scope and name.
    pub fn sections_with_offers(&self) -> Vec<(String, String)> {
        let names = |id: &SectionId| (id.scope.to_string(), id.name.to_string());
        let is_open = |(id, held): &(&SectionId, &Vec<(Dot, Value, String)>)| {
            held.iter().any(|(dot, ..)| !self.settled.contains(&((*id).clone(), *dot)))
        };
        self.shared.look(|view| view.offers.iter().filter(is_open).map(|(id, _)| names(id)).collect())
    }

    /// Makes an offer the present value. The value that it replaces is in the [history](Session::history), and the
    /// other devices see it replaced. The [marker](Session::marker) is then where the user left off on the device that wrote
    /// it. Read the section again afterwards.
    ///
    /// # Errors
    /// As for [`Session::put_stored`].
    pub fn take<T>(&mut self, session: &mut Session, offer: Offer<T>) -> Result<(), Error> {
        session.put_stored(vec![stored(&offer.section, &offer.content, offer.at)], &[], |_, _, _| true)?;
        self.settle(&offer.section, offer.dot);
        self.shared.send(Command::Merged(offer.section, offer.dot));
        match self.other(offer.by) {
            Some(from) => self.put_mark(session, &from),
            None => Ok(()),
        }
    }

    /// Notes that the next value of the section that the session saves was made from this one, too, and replaces it.
    pub fn merged<T>(&mut self, offer: Offer<T>) {
        self.settle(&offer.section, offer.dot);
        self.shared.send(Command::Merged(offer.section, offer.dot));
    }

    /// Lets an offer go, on all devices.
    pub fn dismiss<T>(&mut self, offer: Offer<T>) {
        self.settle(&offer.section, offer.dot);
        self.shared.send(Command::Dismissed(offer.section, offer.dot));
    }

    /// Reports that the window got or lost the focus. Without it the store is not listed; losing it publishes at once.
    pub fn focus(&mut self, has_focus: bool) {
        self.shared.send(Command::Focus(has_focus));
    }

    /// Publishes everything that is captured, and waits for it, for at most this time, or until it is known that it cannot be
    /// sent at present. For a suspend, or before the lid is closed. Returns whether it was sent; if not, it is tried again, and
    /// [`status`](Self::status) tells why, unless the store has not answered yet.
    ///
    /// # Errors
    /// As for [`Session::flush`]: only what is synced is published.
    pub fn publish(&mut self, session: &mut Session, within: Duration) -> Result<bool, Error> {
        let until = Instant::now() + within;
        match session.flush() {
            // Closed or forgotten: nothing more is saved, and what was saved before is published.
            Err(error) if error.kind() == ErrorKind::Closed => {}
            flushed => flushed?,
        }
        // The flush wrote the last touch.
        self.notice_touch(session);
        let number = self.shared.send(Command::Hurry);
        let left = until.saturating_duration_since(Instant::now());
        let is_decided = |view: &View| view.done >= number && (view.is_sent || view.status.is_blocked());
        self.shared.wait(left, is_decided);
        Ok(self.shared.look(|view| view.done >= number && view.is_sent))
    }

    /// Publishes that the session ends, with everything captured, for at most this time, and ends the thread. Call it
    /// before [`Session::close`]. Returns whether everything was sent; if not, the next start sends it.
    ///
    /// # Errors
    /// As for [`publish`](Self::publish).
    pub fn close(mut self, session: &mut Session, within: Duration) -> Result<bool, Error> {
        self.shared.send(Command::Close);
        let sent = self.publish(session, within);
        self.shared.stop();
        if matches!(sent, Ok(true)) {
            if let Some(thread) = self.thread.take() {
                // It has nothing to do any more. A panic in it has lost nothing that is not in the log.
                let _ = thread.join();
            }
        }
        sent
    }

    /// Returns how far the other devices and this one know of each other. From memory.
    pub fn status(&self) -> RoamStatus {
        self.shared.look(|view| view.status.clone())
    }
}

impl Drop for Roaming {
    fn drop(&mut self) {
        self.shared.stop();
    }
}

pub(crate) fn key_of((section, news): &(SectionId, News)) -> (SectionId, Option<Dot>) {
    let dot = match news {
        News::Newer(dot, _) => Some(*dot),
        News::Removed => None,
    };
    (section.clone(), dot)
}

fn stored(section: &SectionId, content: &Content, at: SystemTime) -> StoredSection {
    let bytes = Arc::new(content.bytes.to_vec());
    StoredSection::new(&section.scope, &section.name, content.version, content.codec, bytes, Timestamp::from(at))
}

/// The number of the last touch in any window.
fn last_touch(session: &Session) -> Option<u64> {
    session.last_mark().map(leftoff::marker::TrailEntry::seq)
}
