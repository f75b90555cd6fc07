//! The joint between a session and the replicator.

mod arrival;
mod merge;
pub(crate) mod newer;
mod offer;
mod remove;
mod roam;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use leftoff::marker::TrailEntry;
use leftoff::time::Timestamp;
use leftoff::{Error, ErrorKind, Phase, ResumePoint, Session, StoredMark, StoredSection};

pub use arrival::Arrival;
pub use offer::Offer;
pub use roam::Roam;

use crate::RoamStatus;
use crate::clock::Instant;
use crate::join::{Content, DeviceId, Dot, SectionId, Value};
use crate::merge::Merges;
use crate::publication::{Blob, Touch};
use crate::replicator::{News, stamp, time};
use crate::shared::{Command, Shared, View};
use crate::words::Other;

/// A running connection to the other devices. Dropping it ends its thread after the present call of the store.
pub struct Roaming {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    take_over_until: Instant,
    /// The number of the last touch that was noticed.
    touched: Option<u64>,
    /// The last touch that was published, or is older than this launch: its number, and whether it was finished.
    told_touch: Option<(u64, bool)>,
    kept: Arc<BTreeSet<SectionId>>,
    merges: Merges,
    /// What was merged and is not known to be saved.
    merging: BTreeMap<SectionId, Vec<Dot>>,
    /// The sections whose merge function broke its rules.
    not_merged: BTreeSet<SectionId>,
    /// The checksums of the values that were taken over last.
    taken: BTreeMap<SectionId, u64>,
    looked_at: Option<Instant>,
    /// The version of the view of which the application was told everything.
    seen: Option<u64>,
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
        let version = self.shared.look(|view| view.version);
        if self.seen == Some(version) {
            return Ok(None);
        }
        let news = self.shared.look(|view| view.news.iter().map(key_of).collect::<BTreeSet<_>>());
        if news.is_empty() || news.is_subset(&self.told) {
            let conflict = self.conflict();
            self.seen = Some(version).filter(|_| conflict.is_none());
            return Ok(conflict);
        }
        let is_untouched = last_touch(session) == self.touched;
        if Instant::now() < self.take_over_until && is_untouched {
            if let Some(arrival) = self.take_news(session)? {
                return Ok(Some(arrival));
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
        let newest = session.last_mark().map(state);
        if newest <= self.told_touch {
            return;
        }
        let Some(mark) = session.stored_mark(|scope, name| self.kept.contains(&SectionId::new(scope, name))) else {
            return;
        };
        let Some(entry) = mark.last().filter(|entry| Some(state(entry)) > self.told_touch) else { return };
        self.told_touch = Some(state(entry));
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
        (self.touched, self.told_touch) = (last_touch(session), told(session));
        put
    }

    fn other(&self, id: DeviceId) -> Option<Other> {
        self.shared.look(|view| view.others.iter().find(|other| other.id == id).cloned())
    }

    /// Makes the newer values of the other devices the present ones. Read all sections again afterwards.
    ///
    /// What they replace is a point of the [history](Session::history), to which [`undo`](Self::undo) goes back. Values in
    /// conflict with those here stay [offers](Self::offers). The [marker](Session::marker) is then where the user left off on
    /// the device that wrote the newest of these values. Returns whether there was anything newer.
    ///
    /// # Errors
    /// As for [`Session::put_stored`]. Read all sections again: the values may have been taken over in memory.
    pub fn take_over(&mut self, session: &mut Session) -> Result<bool, Error> {
        self.take_news(session).map(|taken| taken.is_some())
    }

    /// Takes the news over, if there is any.
    fn take_news(&mut self, session: &mut Session) -> Result<Option<Arrival>, Error> {
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
        for (section, _) in &news {
            self.unmerge(section);
        }
        // What the user changed since is a conflict, and is kept as one. What was taken over is not synced at once, and no
        // change of the user.
        let is_known = |scope: &str, name: &str, sum: Option<u64>| {
            let section = SectionId::new(scope, name);
            fed.get(&section).copied() == sum || (sum.is_some() && self.taken.get(&section).copied() == sum)
        };
        let changed = session.put_stored(values, &removed, is_known)?;
        for (scope, name) in &changed {
            let sum = session.stored_sum(scope, name);
            self.taken.extend(sum.map(|sum| (SectionId::new(scope, name), sum)));
        }
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
        // The values are there. What fails from here on must not say otherwise: the program would save what it shows over them.
        self.undo = session.history().ok().and_then(|points| points.into_iter().next());
        if let Some(from) = &from {
            // The status of the session has the failure.
            let _ = self.put_mark(session, from);
        }
        Ok(Some(Arrival::TakenOver(from.or_else(|| self.newest()))))
    }

    /// Goes back to the state before the last take-over of this launch; returns whether there was one. Read all sections
    /// again afterwards. The other devices are told as of any other change.
    ///
    /// # Errors
    /// As for [`Session::resume_at`].
    pub fn undo(&mut self, session: &mut Session) -> Result<bool, Error> {
        let Some(point) = self.undo.take() else { return Ok(false) };
        for section in self.merging.keys().cloned().collect::<Vec<_>>() {
            self.unmerge(&section);
        }
        session.resume_at(&point)?;
        (self.touched, self.told_touch) = (last_touch(session), told(session));
        Ok(true)
    }

    /// Returns the other devices, the one seen last first. From memory.
    pub fn others(&self) -> Vec<Other> {
        self.shared.look(|view| view.others.clone())
    }

    fn newest(&self) -> Option<Other> {
        self.others().into_iter().next()
    }

    /// Reports that the window got or lost the focus. Without it the store is not listed; losing it publishes at once.
    pub fn focus(&mut self, has_focus: bool) {
        self.shared.send(Command::Focus(has_focus));
    }

    /// Publishes everything that is captured, and waits for it, for at most this time, or until it is known that it cannot be
    /// sent at present. For a suspend, or before the lid is closed. Returns whether it was sent; if not, it is tried again, and
    /// [`status`](Self::status) tells why, unless the store has not answered yet.
    ///
    /// In [steps](crate::steps), it waits for nothing and returns `false`: ask for [`sent`](Self::sent) later.
    ///
    /// # Errors
    /// As for [`Session::flush`]: only what is synced is published.
    pub fn publish(&mut self, session: &mut Session, within: Duration) -> Result<bool, Error> {
        let until = Instant::now() + within;
        match flush(session) {
            // Where nobody can wait, the log is synced later.
            Err(error) if error.kind() == ErrorKind::TimedOut && self.shared.is_driven() => {}
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

    /// Returns whether everything was sent that had reached the log at the last [`publish`](Self::publish): `None` while that is
    /// not known, and `false` if it cannot be sent at present, for which [`status`](Self::status) has the reason.
    pub fn sent(&self) -> Option<bool> {
        let number = self.shared.number();
        // Without a key, or in a second window, no command is obeyed.
        let is_shut =
            |view: &View| matches!(view.status, RoamStatus::InUse | RoamStatus::NoKey | RoamStatus::KeyMissing(_));
        let is_decided = |view: &View| view.done >= number && (view.is_sent || view.status.is_blocked());
        self.shared.look(|view| if is_shut(view) { Some(false) } else { is_decided(view).then_some(view.is_sent) })
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
        let status = self.shared.look(|view| view.status.clone());
        let is_quiet = matches!(status, RoamStatus::Unsent { .. } | RoamStatus::UpToDate(_) | RoamStatus::Looking);
        match self.not_merged.first().filter(|_| is_quiet) {
            Some(id) => RoamStatus::NotMerged { scope: id.scope.to_string(), name: id.name.to_string() },
            None => status,
        }
    }
}

impl Drop for Roaming {
    fn drop(&mut self) {
        self.shared.stop();
    }
}

/// Flushes all that can be stored.
fn flush(session: &mut Session) -> Result<(), Error> {
    match session.flush() {
        // Closed or forgotten: nothing more is saved, and what was saved before is published. Without a seal, the status of the
        // session names what is not stored, and the rest is.
        Err(error) if matches!(error.kind(), ErrorKind::Closed | ErrorKind::NotSealed) => Ok(()),
        flushed => flushed,
    }
}

fn key_of((section, news): &(SectionId, News)) -> (SectionId, Option<Dot>) {
    let dot = match news {
        News::Newer(dot, _) => Some(*dot),
        News::Removed => None,
    };
    (section.clone(), dot)
}

fn stored(section: &SectionId, content: &Content, at: SystemTime) -> StoredSection {
    let bytes = Arc::new(content.bytes.to_vec());
    let at = Timestamp::from(at);
    let stored = StoredSection::new(&section.scope, &section.name, content.version, content.codec, bytes, at);
    stored.sealed(content.needs_seal)
}

/// The number of the last touch in any window.
fn last_touch(session: &Session) -> Option<u64> {
    session.last_mark().map(TrailEntry::seq)
}

fn state(entry: &TrailEntry) -> (u64, bool) {
    (entry.seq(), entry.phase() == Phase::Committed)
}

/// The last touch, as one of which nothing is left to tell, also if the program finishes it later: it is no touch of this
/// launch on this device.
fn told(session: &Session) -> Option<(u64, bool)> {
    last_touch(session).map(|number| (number, true))
}
