//! Taking the state along in one file, and continuing it elsewhere.

use std::sync::Arc;

use super::finished::again;
use super::presence::Marks;
use super::{ResumePoint, Session, StoredSection};
use crate::error::{Error, ErrorKind};
use crate::export::{Carried, Export, ExportState, LeftOut, WhyLeftOut};
use crate::frame::SectionKey;
use crate::generation::{Layers, Loaded, Value};
use crate::mark::Trail;
use crate::report::LastExit;
use crate::sorted::{SortedMap, SortedSet, sort_by, sort_by_key};
use crate::store::{Inner, Store};
use crate::time::{Away, Timestamp};

/// What [`Session::continue_from`] did.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Continued {
    /// The sections that were changed or removed, by scope and name: the application must read them again.
    pub changed: Vec<(String, String)>,
    /// The sections of the other state that were not taken, because this program leaves them out of exports.
    pub kept: Vec<(String, String)>,
    /// The state before: [`Session::resume_at`] returns to it, with its marks.
    pub undo: ResumePoint,
}

impl Session {
    /// Returns the present state, and up to `history` earlier ones, as one file to take along: for another device, for a
    /// support case, as a copy before a risky step.
    ///
    /// Sections that are [private](crate::Section::private), [erased on close](crate::Section::erase_on_close) or stored only
    /// under a [seal](crate::Sensitivity::Sealed) are left out of every state, and so are values in quarantine;
    /// [`Export::left_out`] lists them. Marks in a scope that has
    /// such a private section keep the path of their element and lose label, detail and note. Closed scopes, recorded
    /// positions of elements and the points of the history beyond `history` are left out, too.
    ///
    /// The export is made in memory and has the size of the state, once for each state. It is not encrypted.
    ///
    /// ```
    /// use leftoff::{Export, Section, Session};
    ///
    /// const NOTE: Section<String> = Section::new("note", 1);
    /// const PIN: Section<String> = Section::<String>::new("pin", 1).private();
    ///
    /// let mut desk = Session::in_memory();
    /// desk.mark("note/text");
    /// desk.save(|capture| {
    ///     capture.set(NOTE, &"call Ana".to_owned());
    ///     capture.set(PIN, &"1234".to_owned());
    /// })?;
    /// let export = desk.export(0)?;
    /// assert_eq!(export.left_out()[0].name, "pin");
    /// # let scratch = tempfile::tempdir().unwrap();
    /// # let path = scratch.path().join("notes.leftoff");
    /// export.write_to(&path)?;
    ///
    /// // On the laptop:
    /// let mut laptop = Session::in_memory();
    /// laptop.save(|capture| capture.set(NOTE, &"older".to_owned()))?;
    /// let export = Export::read_from(&path)?;
    /// let continued = laptop.continue_from(&export.states()[0])?;
    /// assert_eq!(laptop.get(NOTE)?.as_deref(), Some("call Ana"));
    /// assert_eq!(laptop.marker().map(|marker| marker.element()), Some("note/text"));
    /// // Nothing was replaced:
    /// laptop.resume_at(&continued.undo)?;
    /// assert_eq!(laptop.get(NOTE)?.as_deref(), Some("older"));
    /// # Ok::<(), leftoff::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`], [`ErrorKind::TimedOut`]: storage cannot be read. [`ErrorKind::Closed`]: the session is
    /// closed.
    pub fn export(&mut self, history: usize) -> Result<Export, Error> {
        let store = Arc::clone(&self.store);
        // A value that the flusher has yet to encode.
        if !store.inner.lock().jobs.is_empty() {
            self.settle()?;
        }
        let (present, left_out, stays) = self.present_state(&store)?;
        let mut states = vec![present];
        if history > 0 {
            let failed = |error| Error::storage("could not read the history for the export", error);
            for point in self.history()?.into_iter().take(history) {
                let mut catalog = self.catalog(failed)?;
                let loaded = Loaded::at(&mut catalog, point.point, None).map_err(failed)?;
                states.push(earlier_state(&store, &loaded, point.at, &stays).map_err(failed)?);
            }
        }
        let mut export = Export {
            app: self.apps.first().map(|app| app.as_str().into()).unwrap_or_default(),
            app_version: store.settings.process.app_version.to_string(),
            states,
            left_out,
        };
        export.share();
        Ok(export)
    }

    /// Makes the state of an export the present one: a take-over, not a replacement.
    ///
    /// Read all sections again afterwards, and show the [marker](Self::marker): it is at the element that was touched last
    /// there. Sections that the other state does not have are removed, so that no mixture results, except those that the
    /// export could not contain and those that are private to this machine. The state before is in the
    /// [history](Self::history), and [`Continued::undo`] returns to it.
    ///
    /// Everything is written as one frame: if the process dies before it is written, the next start finds the state
    /// before. A section that was saved by a newer version of the application is an error of
    /// [`get`](Self::get), as always.
    ///
    /// # Errors
    /// [`ErrorKind::OtherApplication`]: the export belongs neither to this application nor to one of its
    /// [former ids](crate::Builder::formerly). [`ErrorKind::InvalidSetting`]: the session keeps no
    /// [history](crate::Builder::history_launches), so a take-over could not be undone. [`ErrorKind::Unavailable`],
    /// [`ErrorKind::TimedOut`], [`ErrorKind::Closed`]: storage cannot be written, or another instance has it. In these
    /// cases nothing was changed. If only the last write fails, the values are kept in memory and retried, and
    /// [`status`](Self::status) shows it.
    pub fn continue_from(&mut self, state: &ExportState) -> Result<Continued, Error> {
        state.check_app(&self.apps)?;
        if self.store.settings.retention.launches == 0 {
            let message =
                "the session keeps no history, so continuing another state could not be undone; nothing was changed";
            return Err(Error::new(ErrorKind::InvalidSetting, message));
        }
        self.settle()?;
        let store = Arc::clone(&self.store);
        let guard = store.inner.lock();
        let undo = self.present_point(&store, &guard)?;
        let (present, stays) = (guard.values(), guard.staying());
        drop(guard);
        let (kept, taken): (Vec<_>, Vec<_>) = state.sections.iter().partition(|carried| stays.contains(&carried.key));
        let named: SortedSet<_> = state.sections.iter().map(|carried| &carried.key).chain(&*state.missing).collect();
        let is_gone = |key: &&SectionKey| !named.contains(*key) && !stays.contains(*key);
        let removed: Vec<_> = present.keys().filter(is_gone).map(names).collect();
        let is_new = |carried: &&&Carried| present.get(&carried.key).is_none_or(|(sum, _)| *sum != carried.sum);
        let values = taken.iter().filter(is_new).map(|carried| StoredSection::from_elsewhere(carried)).collect();
        let (trails, away) = (state.trails.clone(), state.away(store.now().wall));
        let changed =
            self.replace_with(values, &removed, |_, _, _| true, |marks| marks.continue_with(&trails, away))?;
        self.dirty = false;
        store.notify();
        Ok(Continued { changed, kept: kept.iter().map(|carried| names(&carried.key)).collect(), undo })
    }

    /// Returns the point at the end of everything written.
    fn present_point(&self, store: &Store, inner: &Inner) -> Result<ResumePoint, Error> {
        let written = inner.writer.as_ref().and_then(|writer| writer.point().or(writer.head()));
        let message = "storage did not accept the record of this launch; nothing was changed";
        let point = written.ok_or_else(|| Error::new(ErrorKind::Unavailable, message))?;
        let when = store.when();
        let last = self.marks.last_of(&self.marks.last_visited()).cloned();
        Ok(ResumePoint {
            point,
            machine: when.machine,
            at: when.wall,
            element: last.as_ref().map(|last| last.element().to_owned()),
            label: last.and_then(|last| last.label().map(str::to_owned)),
            exit: LastExit::Unknown,
        })
    }

    /// Returns the present state as captured or stored, with what it lacks, and the keys of the sections that stay here.
    #[allow(clippy::type_complexity, reason = "used once, and named where it is taken apart")]
    fn present_state(&self, store: &Store) -> Result<(ExportState, Vec<LeftOut>, SortedSet<SectionKey>), Error> {
        let guard = store.inner.lock();
        if let Some(refusal) = guard.refusal().filter(|_| !guard.is_copy()) {
            return Err(refusal);
        }
        let (when, stays) = (store.when(), guard.staying());
        let mut sections = Vec::new();
        let mut left_out = SortedMap::new();
        let is_public = |key: &SectionKey| !key.is_own() && !stays.contains(key);
        left_out.extend(stays.iter().map(|key| (key.clone(), WhyLeftOut::StaysHere)));
        for (scope, name, entry) in guard.entries.iter() {
            let key = SectionKey::new(scope, name);
            let latest = entry.latest.as_ref().map(|latest| (&latest.bytes, latest.meta));
            let known = latest.or(entry.stored.as_ref().map(|stored| (&stored.bytes, stored.meta)));
            let known = known.filter(|(_, meta)| !entry.removed && is_public(&key) && !meta.is_expired(when));
            sections.extend(known.map(|(bytes, meta)| Carried::new(key, meta, Arc::clone(bytes))));
        }
        let mut unread = Vec::new();
        for key in guard.loaded.sections.keys().filter(|key| is_public(key)) {
            if !guard.entries.get(&key.scope, &key.name).is_some_and(|entry| entry.is_known() || entry.removed) {
                unread.extend(guard.loaded.unread(key).map(|unread| (key.clone(), unread)));
            }
        }
        for parked in guard.loaded.parked.iter().filter(|parked| parked.is_withheld() && is_public(&parked.key)) {
            left_out.insert(parked.key.clone(), WhyLeftOut::Quarantined);
        }
        let trails = self.marks.to_export(|scope| stays.iter().any(|key| *key.scope == *scope));
        // The log does not change in place, so the rest is read without the lock.
        drop(guard);
        for (key, unread) in unread {
            let failed = |error| Error::storage(format!("section {key}: could not read storage"), error);
            match unread.member(&*store.backend).map_err(failed)?.value {
                Some(Value { bytes, meta, .. }) if !meta.is_expired(when) => {
                    sections.push(Carried::new(key, meta, Arc::new(bytes)));
                }
                Some(_) => {}
                None => drop(left_out.insert(key, WhyLeftOut::Unreadable)),
            }
        }
        sort_by(&mut sections, |one, other| one.key.cmp(&other.key));
        left_out.retain(|key, _| sections.binary_search_by(|carried| carried.key.cmp(key)).is_err());
        let line = |(key, why): (SectionKey, WhyLeftOut)| {
            let (scope, name) = names(&key);
            LeftOut { scope, name, why }
        };
        Ok((ExportState::new(when.wall, sections, trails), left_out.into_iter().map(line).collect(), stays))
    }
}

/// Returns an earlier state. Sections that are private now or were private then are left out.
fn earlier_state(
    store: &Store,
    loaded: &Loaded,
    at: Timestamp,
    stays: &SortedSet<SectionKey>,
) -> crate::backend::Result<ExportState> {
    let then: SortedSet<_> = stays.iter().cloned().chain(loaded.staying()).collect();
    let mut sections = Vec::new();
    for key in loaded.sections.keys().filter(|key| !key.is_own() && !then.contains(key)) {
        let value = loaded.unread(key).map(|unread| unread.member(&*store.backend)).transpose()?;
        let value = value.and_then(|member| member.value);
        sections.extend(value.map(|Value { bytes, meta, .. }| Carried::new(key.clone(), meta, Arc::new(bytes))));
    }
    let has_private = |scope: &str| then.iter().any(|key| *key.scope == *scope);
    let trails =
        loaded.trails.iter().map(|(scope, trail)| (Arc::clone(scope), without_texts(trail, has_private(scope))));
    let trails = trails.filter(|(_, trail)| !trail.is_empty()).collect();
    Ok(ExportState::new(at, sections, trails))
}

fn without_texts(trail: &Trail, is_private: bool) -> Trail {
    let mut trail = trail.clone();
    if is_private {
        trail.drop_texts();
    }
    trail
}

/// Returns whether a section must not be in a plain file.
fn is_left_out(meta: &crate::frame::Meta) -> bool {
    meta.stays_here() || meta.sealed
}

fn names(key: &SectionKey) -> (String, String) {
    (key.scope.to_string(), key.name.to_string())
}

impl Carried {
    fn new(key: SectionKey, meta: crate::frame::Meta, bytes: Arc<Vec<u8>>) -> Self {
        let sum = crate::frame::checksum(&bytes);
        // The clock of this machine means nothing on another one.
        Self { key, meta: crate::frame::Meta { machine: None, stand_in: false, ..meta }, sum, bytes }
    }
}

impl ExportState {
    fn new(at: Timestamp, sections: Vec<Carried>, trails: Vec<(Arc<str>, Trail)>) -> Self {
        Self { app: Arc::default(), at, sections, trails, missing: Arc::default() }
    }
}

impl Loaded {
    /// Returns the sections that are left out of exports.
    fn staying(&self) -> impl Iterator<Item = SectionKey> + '_ {
        let stays = |layers: &Layers| layers.newest().is_some_and(|newest| is_left_out(&newest.meta));
        self.sections.iter().filter(move |(key, layers)| !key.is_own() && stays(layers)).map(|(key, _)| key.clone())
    }
}

impl Inner {
    /// Returns the sections that are left out of exports, as captured or stored.
    fn staying(&self) -> SortedSet<SectionKey> {
        let mut staying: SortedSet<_> = self.loaded.staying().collect();
        for (scope, name, entry) in self.entries.iter() {
            let latest = entry.latest.as_ref().map(|latest| latest.meta);
            let meta = latest.or(entry.stored.as_ref().map(|stored| stored.meta));
            let key = SectionKey::new(scope, name);
            match meta.filter(|_| !entry.removed && !key.is_own()) {
                Some(meta) if is_left_out(&meta) => drop(staying.insert(key)),
                Some(_) => drop(staying.remove(&key)),
                None => {}
            }
        }
        staying
    }
}

impl Marks {
    /// Returns the trails of all scopes, apart from marks that lead nowhere any more.
    fn to_export(&self, has_private: impl Fn(&str) -> bool) -> Vec<(Arc<str>, Trail)> {
        let is_past = |scope: &str, trail: &Trail| self.past.get(scope).is_some_and(|past| past.covers(trail));
        let live = self.trails.iter().filter(|(scope, trail)| !trail.is_empty() && !is_past(scope, trail));
        live.map(|(scope, trail)| (Arc::clone(scope), without_texts(trail, has_private(scope)))).collect()
    }

    /// Makes the touches of another state the newest ones, in their order and at their own time, and freezes markers.
    fn continue_with(&mut self, trails: &[(Arc<str>, Trail)], away: Away) {
        let mut entries: Vec<_> =
            trails.iter().flat_map(|(scope, trail)| trail.iter().map(move |entry| (scope, entry))).collect();
        sort_by_key(&mut entries, |(_, entry)| entry.seq());
        for (scope, entry) in &entries {
            again(entry, |mark| self.append(scope, &mark, entry.at()));
        }
        if !entries.is_empty() {
            self.return_after(away);
        }
    }
}
