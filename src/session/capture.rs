//! The capture: what the application passes its sections to when a save is due.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::backend;
use crate::error::{Error, ErrorKind};
use crate::frame::{Machine, Meta, SectionKey, checksum};
use crate::mark::TrailEntry;
use crate::marker::Listing;
use crate::marker::anchor::{Anchor, Position, UiTree};
use crate::section::{Attributes, Section};
use crate::session::presence::Marks;
use crate::session::spot::{self, Spot};
use crate::sorted::{SortedMap, SortedSet};
use crate::store::{Inner, Item, Job, LARGE, Store, types};
use crate::time::Timestamp;

/// Collects the values to save. Sections that are not mentioned keep their last saved value.
///
/// Nothing is saved until the closure returns. Then everything is saved; if the closure panics, nothing is. A section
/// that cannot be encoded does not prevent the others from being saved; the call that captured returns its error.
///
/// ```
/// use leftoff::{Section, Session};
///
/// const FORM: Section<String> = Section::new("form", 1);
/// const DRAFT: Section<String> = Section::new("draft", 1);
///
/// let mut session = Session::in_memory();
/// let (form, draft) = (String::from("Ana"), String::from("Dear"));
/// session.mark("form/name");
/// session.autosave(|capture| {
///     capture.set(FORM, &form);
///     capture.scope("window/2").set(DRAFT, &draft);
/// })?;
/// # Ok::<(), leftoff::Error>(())
/// ```
pub struct Capture<'a> {
    pub(super) staging: &'a mut Staging,
    pub(super) marks: &'a Marks,
    pub(super) scope: &'a str,
}

impl fmt::Debug for Capture<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Capture").field("scope", &self.scope).field("staged", &self.staging.items.len()).finish()
    }
}

/// The values that a closure staged before it returned.
pub(crate) struct Staging {
    pub(crate) store: Arc<Store>,
    /// The staged items in order; the last item of a section counts.
    pub(crate) items: Vec<(SectionKey, Item)>,
    /// The number of this capture in the session.
    number: u64,
    /// The locations of marked elements, by scope.
    pub(crate) spots: SortedMap<Arc<str>, Spot>,
    /// The fingerprints of elements, by scope.
    pub(super) seen: SortedMap<Arc<str>, Listing>,
    /// Sections that are never stored.
    pub(crate) secrets: SortedSet<SectionKey>,
    /// The first section that could not be encoded.
    pub(crate) error: Option<Error>,
    pub(crate) at: Timestamp,
    /// Whether the values come from a former store of the application.
    pub(crate) imports: bool,
    /// A buffer reused between sections, so that unchanged sections cost no allocation.
    pub(crate) scratch: Vec<u8>,
}

impl<'a> Capture<'a> {
    pub(crate) fn new(staging: &'a mut Staging, marks: &'a Marks) -> Self {
        Self { staging, marks, scope: "" }
    }

    /// Encodes and saves `value` as this section; writes nothing if the bytes equal the stored ones.
    pub fn set<T: Serialize>(&mut self, section: Section<T>, value: &T) {
        self.encode(&section, value, None);
    }

    /// Like [`set`](Self::set), and records the import in the same frame.
    pub(super) fn import<T: Serialize>(&mut self, section: Section<T>, value: &T) {
        self.staging.imports = true;
        self.set(section, value);
    }

    /// Saves `value` unless this section was last captured with the same `revision` since the session was opened.
    ///
    /// For large values that count their changes.
    pub fn set_revision<T: Serialize>(&mut self, section: Section<T>, revision: u64, value: &T) {
        let known = self.staging.store.inner.lock_in_capture();
        let unchanged = !known.is_rejected(self.scope, section.name())
            && known
                .entries
                .get(self.scope, section.name())
                .is_some_and(|entry| entry.revision == Some(revision) && entry.staged_in != self.staging.number);
        drop(known);
        if !unchanged {
            self.encode(&section, value, Some(revision));
        }
    }

    /// Saves the value behind this pointer and encodes it on the flusher thread; the UI thread only clones a pointer.
    ///
    /// The same pointer counts as unchanged, so change a shared value by replacing the pointer ([`Arc::make_mut`] does
    /// this).
    ///
    /// Until the flusher has encoded the value, [`get`](crate::Session::get) returns the value before it. Until the
    /// flusher has written the value, a kill loses this capture; [`Status::pending`](crate::Status) shows whether it
    /// has. If the value cannot be encoded, the next capture returns the error.
    pub fn share<T>(&mut self, section: Section<T>, value: &Arc<T>)
    where
        T: Serialize + Send + Sync + 'static,
    {
        let Some(demands) = self.demands(&section) else { return };
        let shared: Arc<dyn Any + Send + Sync> = Arc::clone(value) as _;
        let guard = self.staging.store.inner.lock_in_capture();
        let known = guard.entries.get(self.scope, section.name());
        let known = known.filter(|entry| entry.staged_in != self.staging.number);
        let unchanged = known.and_then(|entry| entry.shared.as_ref()).is_some_and(|known| Arc::ptr_eq(known, &shared));
        drop(guard);
        if unchanged {
            return;
        }
        let types = Arc::clone(&self.staging.store.types);
        let used = match types.lock().note(self.scope, &section) {
            Ok(used) => used,
            Err(error) => {
                self.staging.error.get_or_insert(error.in_scope(self.scope));
                return;
            }
        };
        let (value, at) = (Arc::clone(value), self.staging.at);
        let key = SectionKey::new(self.scope, section.name());
        let scope = Arc::clone(&key.scope);
        let version = section.version();
        let machine = self.staging.machine(&section);
        let job: Job = Box::new(move |out: &mut Vec<u8>| {
            types::encode(&types, |_| Ok(used), &section, &*value, out)
                .map(|()| meta_of(&section, demands, at, machine))
                .map_err(|error| error.in_scope(&scope))
        });
        self.staging.put(key, Item::Share { version, job, shared });
    }

    /// Removes a section; the next restore returns `None`. Earlier values stay in the history, and a value that could not be
    /// read is quarantined.
    pub fn remove<T>(&mut self, section: Section<T>) {
        self.remove_named(section.name());
    }

    pub(crate) fn remove_named(&mut self, name: &str) {
        self.staging.put(SectionKey::new(self.scope, name), Item::Remove);
    }

    /// Returns a capture for the sections of a scope: a window, a document, a plug-in.
    ///
    /// Scopes do not nest: `capture.scope("a").scope("b")` is the scope `"b"`.
    pub fn scope<'b>(&'b mut self, scope: &'b str) -> Capture<'b> {
        Capture { staging: self.staging, marks: self.marks, scope }
    }

    /// Records the location of the element marked last in this scope.
    ///
    /// [`Marker::resolve`](crate::Marker::resolve) uses it to find the element after the interface has changed: fields
    /// renamed, rows sorted, a page rebuilt.
    ///
    /// The tree is searched once for each burst of marks on one element; in later captures the call costs nothing.
    /// Nothing is recorded if nothing was marked, or if the tree does not contain the element (yet).
    ///
    /// ```
    /// use leftoff::Session;
    /// use leftoff::marker::anchor::Elements;
    /// use leftoff::marker::resolve::Match;
    ///
    /// let mut elements = Elements::new();
    /// ["form/name", "form/street", "form/town"].map(|path| elements.add(path));
    ///
    /// let mut session = Session::in_memory();
    /// session.mark("form/street");
    /// session.autosave(|capture| capture.anchor(&elements))?;
    /// session.suspend("lunch")?;
    ///
    /// // After lunch, the street is gone. What the user had passed before it is still there.
    /// let mut elements = Elements::new();
    /// let [name, _] = ["form/name", "form/town"].map(|path| elements.add(path));
    /// let found = session.wake().map(|marker| marker.resolve(&elements).outcome());
    /// assert!(matches!(found, Some(Match::Nearest { node, .. }) if node == name));
    /// # Ok::<(), leftoff::Error>(())
    /// ```
    pub fn anchor<T: UiTree>(&mut self, tree: &T) {
        let Some(last) = self.marks.last_of(self.scope) else { return };
        let known = self.spot(last);
        // The same burst: the interface was recorded when the burst began.
        if known.is_some_and(Spot::has_anchor) {
            return;
        }
        if let Some(anchor) = Anchor::take(tree, last.element()) {
            let anchor = if last.is_sensitive() { anchor.without_name() } else { anchor };
            let spot = known.cloned().unwrap_or_else(|| Spot::of(last)).with_anchor(&anchor);
            self.stage_spot(spot);
        }
    }

    /// Records the user's position within that element: caret, scroll position, value.
    ///
    /// [`Marker::position`](crate::Marker::position) returns it. Call this in each capture in which the position may
    /// have changed; the next mark of another element ends it.
    ///
    /// For a [sensitive](crate::Mark::sensitive) element, only offsets are stored, no text.
    ///
    /// ```
    /// use leftoff::Session;
    /// use leftoff::marker::anchor::Position;
    ///
    /// let mut session = Session::in_memory();
    /// let (text, caret) = ("Dear Ana, ", 10);
    /// session.mark("mail/7/body");
    /// session.autosave(|capture| capture.position(Position::text(text, caret..caret)))?;
    /// session.suspend("call")?;
    /// assert!(session.wake().is_some_and(|marker| marker.position().is_some()));
    /// # Ok::<(), leftoff::Error>(())
    /// ```
    pub fn position(&mut self, position: Position) {
        let Some(last) = self.marks.last_of(self.scope) else { return };
        let position = if last.is_sensitive() { position.without_content() } else { position };
        let spot = self.spot(last).cloned().unwrap_or_else(|| Spot::of(last)).with_position(position);
        self.stage_spot(spot);
    }

    /// Returns the recorded location of the element, from this capture or an earlier one.
    fn spot(&self, last: &TrailEntry) -> Option<&Spot> {
        let known = self.staging.spots.get(self.scope).or_else(|| self.marks.spot_of(self.scope));
        known.filter(|known| known.is_of(last))
    }

    fn stage_spot(&mut self, spot: Spot) {
        let meta = spot::meta(self.staging.at);
        self.staging.scratch.clear();
        spot.encode(&mut self.staging.scratch);
        self.staging.spots.insert(self.scope.into(), spot);
        self.staging.stage(self.scope, spot::SECTION, meta, None);
    }

    /// Returns what section and scope demand, if a value may be stored; otherwise sees to it that none is.
    fn demands<T>(&mut self, section: &Section<T>) -> Option<Attributes> {
        let store = &self.staging.store;
        let demands = store.settings.scopes.apply(self.scope, section.attributes());
        let key = || SectionKey::new(self.scope, section.name());
        if demands.secret {
            let guard = store.inner.lock_in_capture();
            let is_stored =
                guard.entries.get(self.scope, section.name()).is_some() || guard.loaded.sections.contains_key(&key());
            drop(guard);
            self.staging.secrets.insert(key());
            if is_stored {
                self.staging.put(key(), Item::Remove);
            }
            return None;
        }
        if demands.sealed && !backend::is_sealed(&*store.backend) {
            let error = Error::new(ErrorKind::NotSealed, "the section is stored only under a seal, and there is none");
            self.staging.put(key(), Item::Reject(error));
            return None;
        }
        Some(demands)
    }

    fn encode<T: Serialize>(&mut self, section: &Section<T>, value: &T, revision: Option<u64>) {
        let Some(demands) = self.demands(section) else { return };
        let Staging { scratch, at, store, .. } = &mut *self.staging;
        scratch.clear();
        let find = |types: &mut types::Types| types.note(self.scope, section);
        if let Err(error) = types::encode(&store.types, find, section, value, scratch) {
            let error = error.in_scope(self.scope);
            self.staging.put(SectionKey::new(self.scope, section.name()), Item::Reject(error.clone()));
            self.staging.error.get_or_insert(error);
            return;
        }
        let at = *at;
        let meta = meta_of(section, demands, at, self.staging.machine(section));
        self.staging.stage(self.scope, section.name(), meta, revision);
    }
}

/// The length in bytes up to which copying a section costs less than growing another buffer for the next section.
const COPIED: usize = 16 * 1024;

/// Returns half of a checksum, enough to distinguish the few groups of a scope.
fn group_number(name: &str) -> u32 {
    let [a, b, c, d, ..] = checksum(name.as_bytes()).to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

fn meta_of<T>(section: &Section<T>, demands: Attributes, saved_at: Timestamp, machine: Option<Machine>) -> Meta {
    let Attributes { private, erase_on_close, sealed, expires, group, .. } = demands;
    let group = group.map(group_number);
    let (version, codec) = (section.version(), section.codec_id());
    Meta { version, codec, private, erase_on_close, sealed, saved_at, expires, stand_in: false, machine, group }
}

impl Staging {
    /// Returns the machine's clock, for a section that expires.
    fn machine<T>(&self, section: &Section<T>) -> Option<Machine> {
        section.attributes().expires.and_then(|_| self.store.machine(self.store.now()))
    }

    pub(crate) fn new(store: Arc<Store>, number: u64, at: Timestamp, scratch: Vec<u8>) -> Self {
        let (items, spots, seen) = (Vec::new(), SortedMap::new(), SortedMap::new());
        Self { store, items, number, spots, seen, secrets: SortedSet::new(), error: None, at, imports: false, scratch }
    }

    /// Whether no other capture began after this one.
    pub(crate) fn is_newest(&self, inner: &Inner) -> bool {
        self.number == inner.captures
    }

    /// Stages the bytes in `scratch` unless they are already stored.
    pub(super) fn stage(&mut self, scope: &str, name: &str, meta: Meta, revision: Option<u64>) {
        let Staging { store, scratch, number, .. } = &mut *self;
        let mut guard = store.inner.lock_in_capture();
        let rejected = guard.is_rejected(scope, name);
        // If the flusher will write a large section, it compares it, too.
        let may_compare = scratch.len() <= LARGE || store.is_quick(&guard);
        let known = guard.entries.find(scope, name).map(|(key, entry)| {
            // This call replaces what was staged under this name before, even if the value equals the stored one.
            let staged = std::mem::replace(&mut entry.staged_in, *number) == *number;
            let uncompared = entry.look_for(scratch, &meta, staged || rejected);
            if uncompared.is_none() {
                entry.revision = revision;
                entry.staged_in = 0;
            }
            (key, uncompared)
        });
        drop(guard);
        let (key, uncompared) = match known {
            Some((_, None)) => return,
            Some((key, uncompared)) => (key, uncompared),
            None => (SectionKey::new(scope, name), None),
        };
        // Now, while the bytes are in the processor's cache.
        let compared = uncompared.filter(|_| may_compare).map(|uncompared| uncompared.with(scratch));
        // The buffer of a large section is moved into the item. The buffer of a small section is kept, because it has
        // already grown.
        let scratch = &mut self.scratch;
        let bytes = if scratch.len() > COPIED { std::mem::take(scratch) } else { scratch.clone() };
        self.add(key, Item::Set { bytes, meta, revision, compared });
    }

    fn put(&mut self, key: SectionKey, item: Item) {
        if let Some(entry) = self.store.inner.lock_in_capture().entries.get_mut(&key.scope, &key.name) {
            entry.staged_in = self.number;
        }
        self.add(key, item);
    }

    fn add(&mut self, key: SectionKey, item: Item) {
        if key.name.is_empty() {
            self.error.get_or_insert(Error::new(ErrorKind::InvalidSetting, "a section has an empty name"));
        }
        self.items.push((key, item));
    }
}
