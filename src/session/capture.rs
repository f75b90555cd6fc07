//! Where the application writes its sections when a save is due.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::error::{Error, ErrorKind};
use crate::frame::{Machine, Meta, SectionKey, checksum};
use crate::marker::TrailEntry;
use crate::marker::anchor::{Anchor, Position, UiTree};
use crate::section::{Attributes, Section};
use crate::session::presence::Marks;
use crate::session::spot::{self, Spot};
use crate::store::{Inner, Job, Store, types};
use crate::time::Timestamp;

/// The place to put what should be saved. Sections that are not mentioned stay as they were saved last.
///
/// Nothing is saved before the closure returns, and then all of it is, or, if the closure panics, none of it. A section
/// that cannot be encoded does not keep the others from being saved; the call that captured returns its error.
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
    staging: &'a mut Staging,
    marks: &'a Marks,
    scope: &'a str,
}

impl fmt::Debug for Capture<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Capture").field("scope", &self.scope).field("staged", &self.staging.items.len()).finish()
    }
}

/// What a closure staged, before it is known that it returned.
pub(crate) struct Staging {
    pub(crate) store: Arc<Store>,
    /// What the closure said, in order: the last word on a section is the one that counts.
    pub(crate) items: Vec<(SectionKey, Item)>,
    /// Which capture of the session this is.
    number: u64,
    /// Where marked elements stand, by scope.
    pub(crate) spots: BTreeMap<Box<str>, Spot>,
    /// The first section that could not be encoded.
    pub(crate) error: Option<Error>,
    pub(crate) at: Timestamp,
    /// What is set comes from where the application had kept it before.
    pub(crate) imports: bool,
    /// Reused between sections: what did not change costs no allocation.
    pub(crate) scratch: Vec<u8>,
}

pub(crate) enum Item {
    Set {
        bytes: Vec<u8>,
        meta: Meta,
        revision: Option<u64>,
    },
    Share {
        version: u32,
        job: Job,
        shared: Arc<dyn Any + Send + Sync>,
    },
    /// It could not be encoded.
    Reject(Error),
    Remove,
}

impl<'a> Capture<'a> {
    pub(crate) fn new(staging: &'a mut Staging, marks: &'a Marks) -> Self {
        Self { staging, marks, scope: "" }
    }

    /// Saves `value` as this section: encodes it, and writes nothing if the bytes equal the stored ones.
    pub fn set<T: Serialize>(&mut self, section: Section<T>, value: &T) {
        self.encode(&section, value, None);
    }

    /// As [`set`](Self::set), and the log notes in the same frame where the value came from.
    pub(super) fn import<T: Serialize>(&mut self, section: Section<T>, value: &T) {
        self.staging.imports = true;
        self.set(section, value);
    }

    /// Saves `value` unless this section was last captured with the same `revision` since the session was opened. For
    /// values that are large, and that count their changes.
    pub fn set_revision<T: Serialize>(&mut self, section: Section<T>, revision: u64, value: &T) {
        let known = self.staging.store.inner.lock();
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

    /// Saves the value behind this pointer, encoding it on the flusher: the user's thread pays for a pointer. The same
    /// pointer again counts as unchanged, so change a shared value by putting a new one in its place
    /// ([`Arc::make_mut`] does).
    ///
    /// Until the flusher has written it, a kill loses this capture: [`Status::pending`](crate::Status) tells. If it
    /// cannot be encoded, the next capture returns the error.
    pub fn share<T>(&mut self, section: Section<T>, value: &Arc<T>)
    where
        T: Serialize + Send + Sync + 'static,
    {
        let shared: Arc<dyn Any + Send + Sync> = Arc::clone(value) as _;
        let guard = self.staging.store.inner.lock();
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
                self.staging.error.get_or_insert(error);
                return;
            }
        };
        let (value, at) = (Arc::clone(value), self.staging.at);
        let key = SectionKey::new(self.scope, section.name());
        let version = section.version();
        let machine = self.staging.machine(&section);
        let job: Job = Box::new(move |out: &mut Vec<u8>| {
            types::encode(&types, |_| Ok(used), &section, &*value, out).map(|()| meta_of(&section, at, machine))
        });
        self.staging.put(key, Item::Share { version, job, shared });
    }

    /// Removes a section; the next restore returns `None`. Earlier values stay in the history.
    pub fn remove<T>(&mut self, section: Section<T>) {
        self.staging.put(SectionKey::new(self.scope, section.name()), Item::Remove);
    }

    /// The same for the sections of a scope: a window, a document, a plug-in.
    pub fn scope<'b>(&'b mut self, scope: &'b str) -> Capture<'b> {
        Capture { staging: self.staging, marks: self.marks, scope }
    }

    /// Notes where the element that was marked last in this scope stands in the user interface, so that
    /// [`Marker::resolve`](crate::Marker::resolve) can find it when the interface has changed: fields renamed, rows
    /// sorted, a page rebuilt.
    ///
    /// The tree is looked through once for each burst of marks on one element; in the captures after that, the call
    /// costs nothing. Nothing is noted if nothing was marked, or the tree does not have the element (yet).
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
        // The same burst: the interface was described when it began.
        if known.is_some_and(Spot::has_anchor) {
            return;
        }
        if let Some(anchor) = Anchor::take(tree, last.element()) {
            let anchor = if last.is_sensitive() { anchor.without_name() } else { anchor };
            let spot = known.cloned().unwrap_or_else(|| Spot::of(last)).with_anchor(&anchor);
            self.stage_spot(spot);
        }
    }

    /// Notes where in that element the user is: caret, scroll position, value. It comes back as
    /// [`Marker::position`](crate::Marker::position). Call it in each capture in which it may have changed; the next
    /// mark of another element ends it.
    ///
    /// Of a [sensitive](crate::Mark::sensitive) element, only offsets are stored, no text.
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

    /// What is known of where the element stands, in this capture or before.
    fn spot(&self, last: &TrailEntry) -> Option<&Spot> {
        let known = self.staging.spots.get(self.scope).or_else(|| self.marks.spot_of(self.scope));
        known.filter(|known| known.is_of(last))
    }

    fn stage_spot(&mut self, spot: Spot) {
        let meta = spot::meta(self.staging.at);
        self.staging.scratch.clear();
        spot.encode(&mut self.staging.scratch);
        self.staging.spots.insert(self.scope.into(), spot);
        self.stage(spot::SECTION, meta, None);
    }

    fn encode<T: Serialize>(&mut self, section: &Section<T>, value: &T, revision: Option<u64>) {
        let Staging { scratch, at, store, .. } = &mut *self.staging;
        scratch.clear();
        let find = |types: &mut types::Types| types.note(self.scope, section);
        if let Err(error) = types::encode(&store.types, find, section, value, scratch) {
            self.staging.put(SectionKey::new(self.scope, section.name()), Item::Reject(error.clone()));
            self.staging.error.get_or_insert(error);
            return;
        }
        let at = *at;
        let meta = meta_of(section, at, self.staging.machine(section));
        self.stage(section.name(), meta, revision);
    }

    /// Stages what `scratch` holds, unless that is stored already.
    fn stage(&mut self, name: &str, meta: Meta, revision: Option<u64>) {
        let Staging { store, scratch, number, .. } = &mut *self.staging;
        let mut guard = store.inner.lock();
        let rejected = guard.is_rejected(self.scope, name);
        if let Some(entry) = guard.entries.get_mut(self.scope, name) {
            // What was staged before under this name is not what the application wants any more, even if this is no change.
            let staged = std::mem::replace(&mut entry.staged_in, *number) == *number;
            if !staged && !rejected && entry.has(scratch, &meta) {
                entry.revision = revision;
                entry.staged_in = 0;
                return;
            }
        }
        drop(guard);
        let key = SectionKey::new(self.scope, name);
        // The buffer of a large section goes with it, and that of a small one stays: it has grown already.
        let scratch = &mut self.staging.scratch;
        let bytes = if scratch.len() > COPIED { std::mem::take(scratch) } else { scratch.clone() };
        self.staging.add(key, Item::Set { bytes, meta, revision });
    }
}

/// Up to this length, in bytes, copying a section costs less than growing another buffer for the next one.
const COPIED: usize = 16 * 1024;

/// Half of a checksum: it tells the few groups of a scope apart.
fn group_number(name: &str) -> u32 {
    let [a, b, c, d, ..] = checksum(name.as_bytes()).to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

fn meta_of<T>(section: &Section<T>, saved_at: Timestamp, machine: Option<Machine>) -> Meta {
    let Attributes { private, erase_on_close, expires, group } = section.attributes();
    let group = group.map(group_number);
    let (version, codec) = (section.version(), section.codec_id());
    Meta { version, codec, private, erase_on_close, saved_at, expires, stand_in: false, machine, group }
}

impl Staging {
    /// Where the machine's clock stands, for a section whose life is told by it.
    fn machine<T>(&self, section: &Section<T>) -> Option<Machine> {
        section.attributes().expires.and_then(|_| self.store.machine(self.store.now()))
    }

    pub(crate) fn new(store: Arc<Store>, number: u64, at: Timestamp, scratch: Vec<u8>) -> Self {
        let (items, spots) = (Vec::new(), BTreeMap::new());
        Self { store, items, number, spots, error: None, at, imports: false, scratch }
    }

    /// Whether no other capture began after this one.
    pub(crate) fn is_newest(&self, inner: &Inner) -> bool {
        self.number == inner.captures
    }

    fn put(&mut self, key: SectionKey, item: Item) {
        if let Some(entry) = self.store.inner.lock().entries.get_mut(&key.scope, &key.name) {
            entry.staged_in = self.number;
        }
        self.add(key, item);
    }

    fn add(&mut self, key: SectionKey, item: Item) {
        if key.name.is_empty() {
            self.error.get_or_insert(Error::new(ErrorKind::InvalidSetting, "a section has no name"));
        }
        self.items.push((key, item));
    }
}
