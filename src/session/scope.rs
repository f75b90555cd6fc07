//! A namespace for sections and marks: a window, a document, a plug-in.

use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::Session;
use crate::error::Error;
use crate::frame::{SectionKey, When, is_own_name};
use crate::generation::{self, CLOSED_TOGETHER};
use crate::mark::Mark;
use crate::marker::Marker;
use crate::section::Section;
use crate::sorted::{SortedMap, SortedSet};
use crate::store::{Entry, Inner};
use crate::time::Timestamp;

/// One scope of a session, for the duration of a borrow.
///
/// ```
/// use leftoff::{Section, Session};
///
/// const DRAFT: Section<String> = Section::new("draft", 1);
///
/// let mut session = Session::in_memory();
/// let draft = session.scope("window/2").get(DRAFT)?.unwrap_or_default();
/// session.scope("window/2").mark("body");
/// session.autosave(|capture| capture.scope("window/2").set(DRAFT, &draft))?;
/// # Ok::<(), leftoff::Error>(())
/// ```
#[derive(Debug)]
pub struct Scope<'a> {
    pub(super) session: &'a mut Session,
    pub(super) name: &'a str,
}

impl Session {
    /// Returns the sections and marks of one window, document or plug-in.
    ///
    /// Name a scope by what it is, as elements are named; the empty name is the application itself.
    pub fn scope<'a>(&'a mut self, name: &'a str) -> Scope<'a> {
        Scope { session: self, name }
    }

    /// Returns the scopes that have sections: the windows to reopen.
    ///
    /// Scopes with only [quarantined](Self::can_bring_back) sections are included.
    ///
    /// The scope used last comes last, so that windows opened in this order leave that window on top. The scope used
    /// last is the one with the newest mark. Scopes that were never marked come before scopes that were, in the order
    /// of their newest section. A scope whose sections were all removed or have expired is not listed, whatever marks
    /// it has, and neither is a [closed](Scope::close) scope.
    pub fn scopes(&self) -> Vec<String> {
        let guard = self.store.inner.lock();
        let when = self.store.when();
        let now = when.wall;
        // The save time of the newest section, by scope.
        let mut saved: SortedMap<&str, Timestamp> = SortedMap::new();
        for (scope, _, saved_at) in guard.present(when).filter(|(scope, ..)| !scope.is_empty()) {
            let newest = saved.get_or_insert(scope, || saved_at);
            *newest = saved_at.max(*newest);
        }
        // Shared by pointer and not encoded yet: these are newer than all others.
        saved.extend(guard.jobs.keys().filter(|key| !key.scope.is_empty()).map(|key| (&*key.scope, now)));
        let mut scopes: Vec<_> =
            saved.into_iter().map(|(scope, saved)| (self.marks.last_seq_of(scope), saved, scope)).collect();
        scopes.sort_unstable();
        scopes.into_iter().map(|(_, _, scope)| scope.to_owned()).collect()
    }

    /// Returns the names of the application's own sections that have a value, in alphabetical order.
    ///
    /// The value may be stored, captured or [withheld](Self::quarantined). [`Scope::sections`] lists the sections of a
    /// scope.
    ///
    /// ```
    /// use leftoff::{Section, Session};
    ///
    /// const FORM: Section<String> = Section::new("form", 1);
    /// const STEP: Section<u32> = Section::new("step", 1);
    ///
    /// let mut session = Session::in_memory();
    /// session.save(|capture| {
    ///     capture.set(STEP, &2);
    ///     capture.scope("window/2").set(FORM, &"Ana".to_owned());
    /// })?;
    /// assert_eq!(session.sections(), ["step"]);
    /// assert_eq!(session.scope("window/2").sections(), ["form"]);
    /// # Ok::<(), leftoff::Error>(())
    /// ```
    pub fn sections(&self) -> Vec<String> {
        self.sections_in("")
    }

    pub(super) fn sections_in(&self, scope: &str) -> Vec<String> {
        let guard = self.store.inner.lock();
        let present = guard.present(self.store.when()).filter(|(of, ..)| *of == scope).map(|(_, name, _)| name);
        let shared = guard.jobs.range(SectionKey::all_of(scope)).map(|(key, _)| &*key.name);
        let names: SortedSet<&str> = present.chain(shared).collect();
        names.into_iter().map(str::to_owned).collect()
    }

    /// Returns the scopes that were closed and can be [reopened](Self::reopen_scope), the one closed last first.
    ///
    /// The list contains the scope closed last, the scopes that were [closed together](Scope::close) with it, whatever
    /// their number, and the 32 scopes ([`MAX_CLOSED_SCOPES`](Self::MAX_CLOSED_SCOPES)) closed before them. No scope is
    /// dropped because of its age. A scope that had no section, not even a quarantined one, is not listed.
    pub fn closed_scopes(&self) -> Vec<ClosedScope> {
        let guard = self.store.inner.lock();
        let closed = guard.loaded.closed.iter().rev().filter(|closed| guard.loaded.is_worth_opening(closed));
        closed.map(ClosedScope::of).collect()
    }

    /// Reopens the scope of this name that was closed last, with its sections, marks and marker.
    ///
    /// Returns `false` if there is none. The next [`autosave`](Self::autosave) writes the change. If a scope of this
    /// name is open, it is closed first, so that none of its state is lost.
    pub fn reopen_scope(&mut self, name: &str) -> bool {
        let guard = self.store.inner.lock();
        let Some(at) = guard.loaded.can_reopen(name).map(|closed| closed.at) else { return false };
        drop(guard);
        if self.scopes().iter().any(|open| open == name) {
            self.close_scope(name);
        }
        let mut guard = self.store.inner.lock();
        let trail = guard.reopen_scope(name, at);
        self.hints.has_withheld |= guard.loaded.has_withheld();
        drop(guard);
        self.marks.put_trail(name, trail.unwrap_or_default());
        self.restore_spots();
        self.dirty = true;
        true
    }

    pub(super) fn close_scope(&mut self, name: &str) {
        let store = Arc::clone(&self.store);
        let now = store.now();
        let trail = self.marks.close_scope(name);
        let mut guard = store.inner.lock();
        if guard.jobs.keys().any(|key| *key.scope == *name) {
            store.encode_jobs(&mut guard);
        }
        guard.close_scope(name, now.wall, trail, self.quitting.together(now.monotonic));
        guard.accept_scope(name);
        drop(guard);
        store.types.lock().close_scope(name);
        self.dirty = true;
    }

    /// Records a call with this scope that shows that it is open.
    pub(super) fn revive(&mut self, name: &str) {
        if self.hints.has_shut {
            let mut guard = self.store.inner.lock();
            guard.revive(name);
            self.hints.has_shut = !guard.shut.is_empty();
        }
    }

    /// Reopens the windows that were closed together with the program: see [`Scope::close`].
    pub(crate) fn reopen_quitting(&mut self) {
        let quitting = std::mem::take(&mut self.quitting);
        if !quitting.is_recent(self.store.now().monotonic) {
            return;
        }
        let mut guard = self.store.inner.lock();
        for (_, name) in quitting.names {
            let at = guard.loaded.can_reopen(&name).map(|closed| closed.at);
            if let Some(at) = at.filter(|_| guard.refusal().is_none()) {
                guard.reopen_scope(&name, at);
            }
        }
    }
}

/// The windows that were closed in quick succession, with no mark in between.
#[derive(Debug, Default)]
pub(crate) struct Quitting {
    /// In the order in which they were closed, by number.
    names: SortedMap<u64, Arc<str>>,
    /// The number of each name.
    numbers: SortedMap<Arc<str>, u64>,
    /// The monotonic time of the last closing.
    last: Duration,
    /// How many windows can be closed together: as many as were open. Counted if there are more than
    /// [`MAX_CLOSED_SCOPES`](generation::MAX_CLOSED_SCOPES).
    most: Option<usize>,
}

impl Quitting {
    fn is_recent(&self, now: Duration) -> bool {
        now.saturating_sub(self.last) <= CLOSED_TOGETHER
    }

    /// Records a closing. `open` counts the open windows: a program that opens and closes scopes all day, without
    /// a mark, must not collect them without bound.
    fn close(&mut self, name: &str, now: Duration, open: impl FnOnce() -> usize) {
        if !self.is_recent(now) {
            self.is_over();
        }
        self.last = now;
        let next = self.names.last().map_or(0, |(last, _)| last + 1);
        let name = Arc::from(name);
        if let Some(before) = self.numbers.insert(Arc::clone(&name), next) {
            self.names.remove(&before);
        }
        self.names.insert(next, name);
        if self.names.len() > generation::MAX_CLOSED_SCOPES {
            let most = *self.most.get_or_insert_with(|| self.names.len() + open());
            if self.names.len() > most {
                let oldest = self.names.pop_first();
                oldest.and_then(|(_, oldest)| self.numbers.remove(&oldest));
            }
        }
    }

    /// Returns the number of windows that are being closed together.
    fn together(&self, now: Duration) -> usize {
        if self.is_recent(now) { self.names.len() } else { 0 }
    }

    /// Forgets the closings, because the user continued to work.
    pub(crate) fn is_over(&mut self) {
        if !self.names.is_empty() {
            *self = Self { last: self.last, ..Self::default() };
        }
    }
}

/// A scope that was closed and can be opened again.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClosedScope {
    /// Its name.
    pub name: String,
    /// When it was closed.
    pub at: Timestamp,
    /// The element touched last in it, if any.
    pub element: Option<String>,
    /// The label of that element, if any.
    pub label: Option<String>,
}

impl Inner {
    /// Returns scope, name and save time of each section of the application that has a value: stored, captured or
    /// withheld. Sections shared by pointer and not encoded yet are not included.
    fn present(&self, when: When) -> impl Iterator<Item = (&str, &str, Timestamp)> {
        let is_known = |key: &SectionKey| self.entries.get(&key.scope, &key.name).is_some_and(Entry::is_known);
        let withheld = self.loaded.parked.iter().filter(|parked| parked.is_withheld());
        let stored = self.loaded.sections.iter().chain(withheld.map(|parked| (&parked.key, &parked.layers)));
        let stored = stored.filter(move |(key, _)| !is_known(key));
        let stored = stored.filter_map(|(key, layers)| Some((&*key.scope, &*key.name, &layers.newest()?.meta)));
        let captured = self.entries.iter().filter_map(|(scope, name, entry)| Some((scope, name, entry.present()?)));
        let present =
            stored.chain(captured).filter(move |(_, name, meta)| !is_own_name(name) && !meta.is_expired(when));
        present.map(|(scope, name, meta)| (scope, name, meta.saved_at))
    }
}

impl ClosedScope {
    fn of(closed: &generation::ClosedScope) -> Self {
        let last = closed.trail.last();
        Self {
            name: closed.name.to_string(),
            at: closed.at,
            element: last.map(|last| last.element().to_owned()),
            label: last.and_then(|last| last.label()).map(str::to_owned),
        }
    }
}

impl Scope<'_> {
    /// Like [`Session::sections`], for this scope.
    pub fn sections(&self) -> Vec<String> {
        self.session.sections_in(self.name)
    }

    /// Like [`Session::get`].
    ///
    /// # Errors
    /// As for [`Session::get`].
    pub fn get<T: DeserializeOwned>(&mut self, section: Section<T>) -> Result<Option<T>, Error> {
        self.session.revive(self.name);
        self.session.get_in(self.name, &section)
    }

    /// Like [`Session::get_or_default`].
    pub fn get_or_default<T>(&mut self, section: Section<T>) -> T
    where
        T: DeserializeOwned + Default,
    {
        self.get(section).ok().flatten().unwrap_or_default()
    }

    /// Like [`Session::get_quarantined`].
    ///
    /// # Errors
    /// As for [`Session::get`].
    pub fn get_quarantined<T: DeserializeOwned>(&self, section: Section<T>) -> Result<Option<T>, Error> {
        self.session.get_quarantined_in(self.name, &section)
    }

    /// Like [`Session::discard_quarantined`].
    pub fn discard_quarantined<T>(&mut self, section: Section<T>) {
        self.session.discard_quarantined_in(self.name, section.name());
    }

    /// Like [`Session::bring_back`].
    ///
    /// # Errors
    /// As for [`Session::bring_back`].
    pub fn bring_back<T: DeserializeOwned>(&mut self, section: Section<T>) -> Result<Option<T>, Error> {
        self.session.bring_back_in(self.name, &section)
    }

    /// Like [`Session::mark`].
    pub fn mark<'m>(&mut self, mark: impl Into<Mark<'m>>) {
        self.session.revive(self.name);
        self.session.mark_in(self.name, &mark.into());
    }

    /// Returns where the user left off in this scope.
    pub fn marker(&self) -> Option<&Marker> {
        let marker = self.session.marks.marker_of(self.name)?;
        self.session.note_marker();
        Some(marker)
    }

    /// Like [`Session::dismiss_marker`], for this scope.
    pub fn dismiss_marker(&mut self) {
        self.session.marks.dismiss(self.name);
    }

    /// Closes the scope, so that its window, document or plug-in is not reopened at the next start.
    ///
    /// The next [`Session::autosave`] writes the change. The scope's sections go with it: [`get`](Self::get) returns
    /// nothing until [`Session::reopen_scope`] restores the scope completely, which [`Session::closed_scopes`] lists. So
    /// keep what must outlive the window, such as settings, in the main scope, and set a window's sections only while it
    /// is open. Values that
    /// the crash guard withheld from it stay in [quarantine](Session::quarantined) and are offered again only after
    /// the scope was reopened.
    ///
    /// **Quitting is not closing.** Windows that are closed together with the program should be reopened: if no mark
    /// lies between them, at most three seconds lie between one closing and the next, and at most three seconds lie
    /// between the last one and the close of the session, then [`Session::scopes`] lists all of them at the next start,
    /// whatever their number. So a toolkit that closes each window when its user quits does no harm, and an application
    /// that is quitting need not close its scopes.
    ///
    /// **A section that is set after this does not reopen the scope** by accident: a value that the scope already had
    /// changes nothing, and a value set by the next capture still belongs to the closed scope. For a new, empty
    /// window of the same name, first call [`Session::scope`] and [`get`](Self::get) or [`mark`](Self::mark); for the closed one
    /// with its content, [`Session::reopen_scope`]. A later capture that sets a different value reopens the scope, too, because it shows
    /// that a user is working in the window.
    ///
    /// ```
    /// use leftoff::{Section, Session};
    ///
    /// const DRAFT: Section<String> = Section::new("draft", 1);
    ///
    /// let mut session = Session::in_memory();
    /// session.scope("window/2").mark("body");
    /// session.autosave(|capture| capture.scope("window/2").set(DRAFT, &"Dear Ana".to_owned()))?;
    /// session.scope("window/2").close();
    /// assert!(session.scopes().is_empty());
    ///
    /// // "Reopen closed window"
    /// let last = session.closed_scopes().remove(0);
    /// assert!(session.reopen_scope(&last.name));
    /// assert_eq!(session.scope("window/2").get(DRAFT)?.as_deref(), Some("Dear Ana"));
    /// # Ok::<(), leftoff::Error>(())
    /// ```
    pub fn close(self) {
        let now = self.session.store.now().monotonic;
        let mut quitting = std::mem::take(&mut self.session.quitting);
        quitting.close(self.name, now, || self.session.scopes().len());
        self.session.quitting = quitting;
        self.session.close_scope(self.name);
        self.session.hints.has_shut = true;
    }
}
