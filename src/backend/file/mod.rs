//! A folder of logs. `docs/format.md` describes their bytes.

mod adopt;
mod disk;
mod folder;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod inherited;
mod lock;
mod newest;
mod read_only;
mod reader;
mod readings;
mod record;
mod scan;
mod slots;
mod window;
mod writer;

use std::fmt;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::{Mutex, RwLock};

use super::{Backend, FrameId, Generation, Speed};
use crate::fork::Owner;
use disk::{Disk, is_ours};
use folder::{Anchor, Folder, Moved, at};
use inherited::Inherited;
use lock::{Lock, PATIENCE};
use newest::Newest;
use reader::Reading;
use readings::Readings;
use writer::Live;

pub use disk::{DiskObserver, DiskStep};
pub use lock::Held;
pub(crate) use read_only::ReadOnlyFiles;
pub(crate) use slots::used_slots;

/// Frames in a folder on a local disk: the backend an application gets if it does not bring its own.
///
/// Each generation is one append-only file; the file of an earlier launch is never opened for writing again. A frame
/// costs its thread one positioned write (three for a frame above 64 KiB), and survives the death of the process from
/// then on; [`sync`](Backend::sync) makes it survive a power cut, and no `create` waits for a `sync`.
///
/// One object has the directory at a time, in this process and all others: [`open`](Self::open) takes a lock that ends with
/// its holder, however that ends. Files with names of another form are neither read nor touched.
///
/// # Where it is
///
/// The path is made absolute at open, so a later `chdir` changes nothing. It may lead through links, to another disk for
/// example; the lock, the logs and the file that names the holder may not be links. If the directory is moved, replaced or
/// removed while it is open, the next [`sync`](Backend::sync) or the next new generation fails once, and from then on this
/// writes to what the path names now. What was left behind can still be [read](Backend::read).
///
/// # Other users
///
/// The directory is made with mode 0700 and its files with 0600, whatever the umask. An existing directory of this user that
/// others can write to is made 0700; one that is shared on purpose (with the sticky bit, as `/tmp`) is refused, and so are a
/// directory and a lock of another user. A log of another user is `InvalidData`, and is never removed. On a file system
/// without modes or owners, nothing of this can be seen, and whoever can write there can plant a state.
///
/// # Processes
///
/// After a `fork` without `exec` every call in the child fails, and dropping the child's copy changes nothing. The child
/// keeps the parent's lock from ending until it is gone, or opens a `FileBackend` of its own.
///
/// # Limits of the system
///
/// Where the system limits the length of files (`RLIMIT_FSIZE`, `ulimit -f`), a write above the limit ends the process with
/// the signal `SIGXFSZ`; everything that was acknowledged before is kept. A program that ignores that signal gets an error
/// instead, as on a full disk. Without working locks, which some network file systems refuse, the directory cannot be
/// opened.
///
/// ```
/// use leftoff::backend::{Backend, FileBackend, FrameId, Generation};
///
/// # let scratch = tempfile::tempdir()?;
/// # let folder = scratch.path().join("notes");
/// let id = FrameId { generation: Generation { number: 1, writer: 7 }, index: 0 };
/// let backend = FileBackend::open(&folder)?;
/// backend.create(id, b"draft")?;
/// backend.sync()?;
/// drop(backend);
/// assert_eq!(FileBackend::open(&folder)?.read(id)?, b"draft");
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct FileBackend {
    /// Checked by every call before any lock is taken: in a forked child, a lock may be held by a thread that is not there.
    owner: Owner,
    folder: Folder,
    slot: u32,
    /// The generations begun here, few at any time. Locked to look one up, never across a system call on a log.
    live: RwLock<Vec<Arc<Live>>>,
    readings: Readings,
    /// Held for a whole `sync`, by nothing else.
    syncing: Mutex<()>,
    /// Whether names came or went since the folder was synced; those of earlier processes count.
    names_changed: AtomicBool,
    inherited: Inherited,
    /// The number of the generation that was appended to last; its first frame does not count, because a base has no more.
    last: AtomicU64,
    newest: Newest,
    /// Directories that the path named before: what is not in the present one is read from there, while this lives.
    left: Mutex<Vec<Anchor>>,
    /// Last, so that everything else is closed when the next holder comes in.
    home: Mutex<Home>,
}

/// The directory that the path named when it was opened last.
struct Home {
    anchor: Option<Anchor>,
    lock: Lock,
}

/// How many instances can have a slot at the same time: see [`FileBackend::open_slot`].
pub(crate) const MAX_SLOTS: u32 = 64;

impl FileBackend {
    /// The most slots that [`open_slot`](Self::open_slot) looks at.
    pub const MAX_SLOTS: u32 = MAX_SLOTS;

    /// Opens the folder `dir` for this object alone, and makes it if it is missing.
    ///
    /// # Errors
    /// - [`ResourceBusy`](io::ErrorKind::ResourceBusy) if another object has it; [`Held`] inside tells who.
    /// - [`PermissionDenied`](io::ErrorKind::PermissionDenied) if the directory or its lock belongs to another user, if it
    ///   is shared on purpose (sticky), or if it may not be written.
    /// - [`NotADirectory`](io::ErrorKind::NotADirectory) if it is not a directory.
    /// - Any other: the place cannot be used. In every case nothing that was stored has changed.
    pub fn open(dir: impl Into<PathBuf>) -> io::Result<Self> {
        Self::open_as(dir.into(), 1, PATIENCE, Disk::default())
    }

    /// Opens the folder `dir`, or, where another object has it, the first of its sub-folders `slot-2`, `slot-3`, …
    /// [`MAX_SLOTS`](Self::MAX_SLOTS) that is free: for applications that may run more than once, each instance with a state of its own.
    ///
    /// # Errors
    /// As [`open`](Self::open). [`Held`] names the holder of `dir`, and is returned only if every slot is taken.
    pub fn open_slot(dir: impl Into<PathBuf>) -> io::Result<Self> {
        let dir = dir.into();
        let first = match Self::open_as(dir.clone(), 1, PATIENCE, Disk::default()) {
            Err(error) if is_held(&error) => error,
            decided => return decided,
        };
        for slot in 2..=MAX_SLOTS {
            let Some(place) = slots::place(&dir, slot) else { continue };
            match Self::open_as(place, slot, Duration::ZERO, Disk::default()) {
                Err(error) if is_held(&error) => {}
                decided => return decided,
            }
        }
        Err(first)
    }

    /// As [`open`](Self::open), or [`open_slot`](Self::open_slot), with so much patience for another holder. One in this
    /// very process does not go while its thread waits here. If `dir` never had a state, it continues that of the first of the
    /// directories `formerly` that has one, in the first slot alone.
    pub(crate) fn open_within(
        dir: PathBuf,
        formerly: &[PathBuf],
        slot_per_instance: bool,
        patience: Duration,
    ) -> io::Result<Self> {
        let mut opened = Self::open_waiting(dir, slot_per_instance, patience)?;
        if opened.slot == 1 && !formerly.is_empty() {
            adopt::adopt(&opened.folder, formerly, patience)?;
            opened.newest = Newest::look(&opened.folder);
        }
        Ok(opened)
    }

    fn open_waiting(dir: PathBuf, slot_per_instance: bool, patience: Duration) -> io::Result<Self> {
        if slot_per_instance {
            return Self::open_slot(dir);
        }
        let first = Self::open_as(dir.clone(), 1, patience.min(PATIENCE), Disk::default());
        let is_other = |held: &Held| held.pid != Some(std::process::id());
        match first {
            Err(error) if patience > PATIENCE && held_by(&error).is_some_and(is_other) => {
                Self::open_as(dir, 1, patience.saturating_sub(PATIENCE), Disk::default())
            }
            first => first,
        }
    }

    /// Which of the folder's slots this is, from 1; always 1 after [`open`](Self::open).
    pub fn slot(&self) -> u32 {
        self.slot
    }

    /// The folder the logs are in; that of the slot, where it is one.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Opens the directory `dir` as [`open`](Self::open) does; `observer` sees each [`DiskStep`].
    ///
    /// For the journal of `leftoff-testing`, which is built for any 0.1 of this crate: a change of this interface is a
    /// breaking change.
    #[doc(hidden)]
    pub fn open_observed(dir: impl Into<PathBuf>, observer: Arc<dyn DiskObserver>) -> io::Result<Self> {
        Self::open_as(dir.into(), 1, PATIENCE, Disk::observed(observer))
    }

    fn open_as(dir: PathBuf, slot: u32, patience: Duration, disk: Disk) -> io::Result<Self> {
        let folder = Folder::open(dir, disk)?;
        let home = Home { lock: Lock::take(&folder, patience)?, anchor: Anchor::of(&folder) };
        // Before anything is looked for.
        adopt::finish(&folder)?;
        let newest = Newest::look(&folder);
        Ok(Self {
            owner: Owner::this(),
            folder,
            slot,
            live: RwLock::default(),
            readings: Readings::default(),
            syncing: Mutex::default(),
            names_changed: AtomicBool::new(true),
            inherited: Inherited::new(),
            last: AtomicU64::new(0),
            newest,
            left: Mutex::default(),
            home: Mutex::new(home),
        })
    }

    fn live(&self, generation: Generation) -> Option<Arc<Live>> {
        self.live.read().iter().find(|live| live.generation == generation).cloned()
    }

    /// Begins the generation of its first frame.
    fn begin(&self, generation: Generation) -> io::Result<Arc<Live>> {
        self.settle()?;
        let begun = Arc::new(Live::begin(&self.folder, generation)?);
        self.live.write().push(Arc::clone(&begun));
        self.names_changed.store(true, Ordering::Release);
        Ok(begun)
    }

    /// Where the path no longer leads to the directory that was opened (it was deleted, emptied, renamed, replaced, or a link
    /// on the way leads elsewhere), opens and locks what it names now: the next start looks there.
    ///
    /// # Errors
    /// Once for each such change, even where all went well: what was written until now is not where it will be looked for, so
    /// the caller has to write it anew. Each time while what the path names now cannot be used, because another instance
    /// has it for one.
    fn settle(&self) -> io::Result<()> {
        let mut home = self.home.lock();
        if !home.lock.is_astray() {
            return Ok(());
        }
        // Closed for appends before anybody else can lock the old directory; the next append to them is refused.
        self.live.write().clear();
        let again = || {
            let folder = Folder::open(self.folder.path().to_owned(), self.folder.disk().clone())?;
            let lock = Lock::take(&folder, Duration::ZERO)?;
            // Before it counts as ours: where this fails, the next call tries all of it again.
            folder.sync()?;
            Ok(Home { lock, anchor: Anchor::of(&folder) })
        };
        let now = again().map_err(|error| Moved::homeless(&self.folder, error))?;
        let before = std::mem::replace(&mut *home, now);
        let mut left = self.left.lock();
        left.extend(before.anchor);
        if left.len() > LEFT_DIRECTORIES {
            left.remove(0);
        }
        drop(left);
        self.readings.clear();
        self.newest.reset();
        self.names_changed.store(true, Ordering::Release);
        // A copy that was put in its place may be in the page cache only.
        self.inherited.is_anew();
        Err(Moved::settled(&self.folder))
    }

    /// Why a frame with a predecessor cannot be created in a generation that was not begun here.
    fn not_begun(&self, id: FrameId) -> io::Error {
        match self.with_log(id.generation, true, |log| Ok(log.frames().contains(&id.index))) {
            Ok(Some(true)) => io::Error::new(io::ErrorKind::AlreadyExists, "the frame is there already"),
            Ok(_) => io::Error::new(io::ErrorKind::InvalidInput, "the generation was not begun by this backend"),
            Err(error) => error,
        }
    }

    fn walk(&self, generation: Generation, limit: Option<u64>) -> io::Result<Option<Reading>> {
        let reading = Reading::open(&self.folder, generation, limit)?;
        let is_missing = self.newest.missing() == Some(generation) && reading.as_ref().is_none_or(Reading::is_empty);
        Ok(if is_missing { Some(Reading::missing(&self.folder, generation)) } else { reading })
    }

    /// Runs `ask` on the log of a generation; `None` if it has none.
    ///
    /// `afresh` walks a log again that is open, unless it is written here, because then nobody else changes it.
    fn with_log<T>(
        &self,
        generation: Generation,
        afresh: bool,
        ask: impl FnOnce(&mut Reading) -> io::Result<T>,
    ) -> io::Result<Option<T>> {
        let limit = self.live(generation).map(|live| live.end());
        let renew = |known: Option<Reading>| match (known, limit) {
            (Some(mut known), Some(limit)) => known.grow(limit).map(|()| Some(known)),
            (Some(known), None) if !afresh || known.is_fresh() => Ok(Some(known)),
            _ => self.walk(generation, limit),
        };
        self.readings.with(generation, renew, ask)
    }
}

impl FileBackend {
    /// Runs `ask` on the log of a generation, even if that was left behind in a directory that was moved away: what this
    /// process has not read yet is still to be had there.
    fn with_log_or_left(
        &self,
        generation: Generation,
        ask: impl Fn(&mut Reading) -> io::Result<Vec<u8>>,
    ) -> io::Result<Vec<u8>> {
        if let Some(found) = self.with_log(generation, false, &ask)? {
            return Ok(found);
        }
        for left in self.left.lock().iter().rev() {
            if let Some(mut log) = Reading::open_left(&self.folder, left, generation)? {
                return ask(&mut log);
            }
        }
        Err(no_generation())
    }
}

/// How many directories that were moved away are still read from.
const LEFT_DIRECTORIES: usize = 4;

#[deny(clippy::missing_trait_methods)]
impl Backend for FileBackend {
    fn list(&self) -> io::Result<Vec<FrameId>> {
        self.owner.check()?;
        let mut list = Vec::new();
        for generation in self.generations()? {
            list.extend(self.frames(generation)?.into_iter().map(|index| FrameId { generation, index }));
        }
        Ok(list)
    }

    fn read(&self, id: FrameId) -> io::Result<Vec<u8>> {
        self.owner.check()?;
        self.with_log_or_left(id.generation, |log| log.read(id.index))
    }

    fn create(&self, id: FrameId, bytes: &[u8]) -> io::Result<()> {
        self.owner.check()?;
        match self.live(id.generation) {
            Some(live) => {
                live.append(id.index, bytes)?;
                self.last.store(id.generation.number, Ordering::Release);
                Ok(())
            }
            None if id.index == 0 => self.begin(id.generation)?.append(0, bytes),
            None => Err(self.not_begun(id)),
        }
    }

    fn sync(&self) -> io::Result<()> {
        self.owner.check()?;
        let _alone = self.syncing.lock();
        // Before anything is synced, so that what is named below is synced as far as it was written by now.
        let last = self.last.load(Ordering::Acquire);
        let live = self.live.read().clone();
        let last = live.iter().map(|log| log.generation).find(|generation| generation.number == last);
        let mut outcome = self.settle();
        // Before ours, which build on them.
        let is_own = |generation| live.iter().any(|live| live.generation == generation);
        outcome = outcome.and(self.inherited.sync(&self.folder, is_own));
        for log in live {
            // Every log is tried, so that trouble with one does not keep the others from the disk.
            outcome = outcome.and(log.sync());
        }
        // Told once; what is captured now belongs elsewhere, and writing on here is refused.
        self.live.write().retain(|log| !log.is_astray());
        // Names after contents: if we die in between, the next reader sees a log without a name, that is none. That is
        // why nothing is claimed before both are done.
        if self.names_changed.swap(false, Ordering::AcqRel) {
            let names = self.folder.sync();
            if names.is_err() {
                self.names_changed.store(true, Ordering::Release);
            }
            outcome = outcome.and(names);
        }
        if let (Ok(()), Some(last)) = (&outcome, last) {
            // Nothing but the discovery of a removed log depends on it; the next sync tries again.
            let _ = self.newest.name(&self.folder, last);
        }
        outcome
    }

    fn rely_on(&self, generations: &[Generation]) {
        // In a forked child, the lock may be held by a thread that is not there.
        if self.owner.is_here() {
            self.inherited.rely_on(generations);
        }
    }

    fn remove(&self, generation: Generation) -> io::Result<()> {
        self.owner.check()?;
        // Closed first, because Windows keeps the name of a removed file until then.
        self.live.write().retain(|live| live.generation != generation);
        self.readings.close(generation);
        let path = self.folder.log(generation);
        // A log of another user was never read as ours, and is not ours to remove.
        if fs::symlink_metadata(&path).is_ok_and(|metadata| !is_ours(&metadata)) {
            return Ok(());
        }
        self.newest.forget(&self.folder, generation).map_err(at("remove", &path))?;
        match self.folder.disk().remove(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(at("remove", &path)(error)),
            // One file, one step: if we die around it, the next reader sees all of its frames or none.
            Ok(()) => {
                self.names_changed.store(true, Ordering::Release);
                Ok(())
            }
        }
    }

    fn read_range(&self, id: FrameId, range: Range<u64>) -> io::Result<Vec<u8>> {
        self.owner.check()?;
        self.with_log_or_left(id.generation, |log| log.read_range(id.index, range.clone()))
    }

    fn generations(&self) -> io::Result<Vec<Generation>> {
        self.owner.check()?;
        let mut generations = self.folder.generations()?;
        if let Some(missing) = self.newest.missing() {
            if let Err(place) = generations.binary_search(&missing) {
                generations.insert(place, missing);
            }
        }
        Ok(generations)
    }

    fn frames(&self, generation: Generation) -> io::Result<Vec<u32>> {
        self.owner.check()?;
        Ok(self.with_log(generation, true, |log| Ok(log.frames().collect()))?.unwrap_or_default())
    }

    fn speed(&self) -> Speed {
        Speed::NonBlocking
    }
}

impl Drop for FileBackend {
    fn drop(&mut self) {
        // A forked child knows an end from before its parent wrote on, and would cut off what was synced since.
        if !self.owner.is_here() {
            return;
        }
        for live in self.live.get_mut() {
            live.trim();
        }
    }
}

impl fmt::Debug for FileBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileBackend")
            .field("folder", &self.folder.path())
            .field("slot", &self.slot)
            .finish_non_exhaustive()
    }
}

fn is_held(error: &io::Error) -> bool {
    held_by(error).is_some()
}

/// Who has the directory, if that is what the error says.
pub(crate) fn held_by(error: &io::Error) -> Option<&Held> {
    error.get_ref().and_then(|inner| inner.downcast_ref::<Held>())
}

fn no_generation() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "no such generation")
}
