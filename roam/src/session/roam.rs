//! How roaming is set up.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
use std::io;
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use leftoff::{Section, Session};
use leftoff_seal::{KeyProvider, Sealer};

use super::{Roaming, last_touch, told};
use crate::Cadence;
use crate::clock::Instant;
use crate::drive::Driver;
use crate::join::SectionId;
use crate::merge::{Merge, Merges};
use crate::replicator::Settings;
use crate::shared::Shared;
use crate::steps::Steps;
use crate::store::{DeferredStore, Store};

/// How the state of a session follows its user. [`start`](Self::start) begins it.
pub struct Roam {
    store: Box<dyn Store>,
    sealer: Sealer,
    settings: Settings,
    take_over_within: Duration,
    #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
    dir: Option<PathBuf>,
    kept_here: BTreeSet<SectionId>,
    merges: Merges,
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
        let settings =
            Settings { app, person, label: String::new(), cadence: Cadence::default(), merges: BTreeSet::new() };
        Self {
            store: Box::new(store),
            sealer: Sealer::new(keys).compressed().padded(),
            settings,
            take_over_within: Self::TAKE_OVER_WITHIN,
            #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
            dir: None,
            kept_here: BTreeSet::new(),
            merges: Merges::default(),
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
    #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
    #[must_use]
    pub fn keep_in(mut self, dir: impl Into<PathBuf>) -> Self {
        self.dir = Some(dir.into());
        self
    }

    /// Keeps a section on this device, whose [sensitivity](Section::sensitivity) is public and not for the program to change.
    /// Sections that are local, scrubbed at close or secret never leave it in any case, nor do
    /// [scopes](leftoff::Builder::scope_sensitivity) that are.
    #[must_use]
    pub fn keep_here<T>(mut self, section: Section<T>) -> Self {
        self.kept_here.insert(SectionId::new("", section.name()));
        self
    }

    /// Merges values of a section that two devices wrote without knowing of each other, in all scopes: see
    /// [`Roaming::merge`].
    ///
    /// The function gets the value that both were made from, if it is still known, and both values. It returns `None` for
    /// values that only their user can merge. It must depend on nothing but these values, and must not change its result if
    /// the two are exchanged: it runs on each device, for which another one is the first.
    #[must_use]
    pub fn merge<T: 'static>(mut self, section: Section<T>, merge: Merge<T>) -> Self {
        self.settings.merges.insert(section.name().into());
        self.merges.insert(section.name(), merge);
        self
    }

    /// Starts the thread that publishes and fetches. Makes no call to the store itself.
    ///
    /// # Errors
    /// `InvalidInput` if the session has no directory and none was [set](Self::keep_in); the system's error if it starts no
    /// thread.
    #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
    pub fn start(mut self, session: &Session) -> io::Result<Roaming> {
        use crate::drive::Thread;
        use crate::store::{FolderStore, SealedStore};

        let dir = self.dir.take().or_else(|| session.dir().map(|dir| dir.join("others")));
        let dir =
            dir.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "set a directory with `Roam::keep_in`"))?;
        let local = Box::new(SealedStore::new(FolderStore::new(&dir), self.sealer.clone()));
        let (mut roaming, driver, store) = self.prepare(session);
        let thread = Thread { driver: Box::new(driver), store, local, dir };
        let thread = std::thread::Builder::new().name("leftoff-roam".to_owned()).spawn(move || thread.run())?;
        roaming.thread = Some(thread);
        Ok(roaming)
    }

    /// Starts without a thread: see [`steps`](crate::steps). `store` is the one that was passed to [`new`](Self::new).
    ///
    /// `kept` are the objects that [`Step::Write`](crate::steps::Step::Write) has written on this device by now.
    pub fn start_in_steps(
        self,
        session: &Session,
        store: &DeferredStore,
        kept: BTreeMap<String, Vec<u8>>,
    ) -> (Roaming, Steps) {
        let (roaming, driver, _) = self.prepare(session);
        (roaming, Steps::new(driver, store.clone(), kept))
    }

    fn prepare(self, session: &Session) -> (Roaming, Driver, Box<dyn Store>) {
        let (shared, kept) = (Arc::new(Shared::new()), Arc::new(self.kept_here));
        let driver = Driver {
            shared: Arc::clone(&shared),
            reader: session.stored_reader(),
            sealer: self.sealer,
            settings: self.settings,
            kept: Arc::clone(&kept),
        };
        let roaming = Roaming {
            shared,
            thread: None,
            take_over_until: Instant::now() + self.take_over_within,
            touched: last_touch(session),
            told_touch: told(session),
            kept,
            merges: self.merges,
            merging: BTreeMap::new(),
            not_merged: BTreeSet::new(),
            taken: BTreeMap::new(),
            looked_at: None,
            seen: None,
            told: BTreeSet::new(),
            told_offers: BTreeSet::new(),
            settled: BTreeSet::new(),
            undo: None,
        };
        (roaming, driver, self.store)
    }
}
