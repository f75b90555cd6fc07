//! The file backend: a directory of logs. `docs/format.md` describes their bytes.

mod adopt;
mod disk;
mod flock;
mod folder;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod inherited;
pub(crate) mod listed;
mod lock;
mod newest;
pub(crate) mod projects;
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

use parking_lot::Mutex;

use super::{Backend, Error, FrameId, Generation, LayerKind, Result, Speed};
use crate::fork::Owner;
use disk::{Disk, is_ours};
use folder::{Anchor, Folder, Moved, about, at, room_at};
use inherited::Inherited;
use lock::{Lock, PATIENCE};
use newest::Newest;
use reader::Reading;
use readings::Readings;
use writer::Live;

pub use disk::{DiskObserver, DiskStep};
pub(crate) use lock::Held;
pub(crate) use read_only::ReadOnlyFiles;
pub(crate) use slots::{slots_to_read, used_slots};

/// Stores frames in a directory on a local disk: the default backend.
///
/// Each generation is one append-only file; the file of an earlier launch is never reopened for writing. Creating a
/// frame takes one positioned write (three for a frame above 64 KiB); the frame then survives the end of the process.
/// [`sync`](Backend::sync) makes it survive a power cut. No `create` waits for a `sync`.
///
/// One object holds the directory at a time, across all processes: [`open`](Self::open) takes a lock that is released
/// when its holder ends, however it ends. Files with other names are neither read nor changed.
///
/// # The directory
///
/// The path is made absolute at open, so a later `chdir` has no effect. The path may contain symbolic links, for
/// example to another disk; the lock, the logs and the file that names the holder may not be links. If the directory is
/// moved, replaced or removed while it is open, the next [`sync`](Backend::sync) or the next new generation fails once.
/// After that, the backend writes to the directory that the path names now. While that directory can neither be opened
/// nor created, these calls fail, and each of them and each listing tries again. The frames left behind can still be
/// [read](Backend::read).
///
/// # Other users
///
/// The directory is created with mode 0700 and its files with mode 0600, whatever the umask. If an existing directory
/// of this user is writable by others, its mode is changed to 0700. A deliberately shared directory (with the sticky
/// bit, such as `/tmp`) is refused, and so are a directory and a lock of another user. A log of another user is
/// [`Error::Damaged`], and is never removed. On a file system without modes or owners, none of this can be checked, and any
/// user who can write there can plant a state.
///
/// # Processes
///
/// After a `fork` without `exec`, every call in the child fails, and dropping the child's copy changes nothing. The
/// child holds the parent's lock until the child ends or opens its own `FileBackend`.
///
/// # System limits
///
/// If the system limits the size of files (`RLIMIT_FSIZE`, `ulimit -f`), a write above the limit ends the process with
/// the signal `SIGXFSZ`; all frames acknowledged before are kept. A program that ignores that signal gets an error
/// instead, as on a full disk. Without working locks, which some network file systems do not support, the directory
/// cannot be opened.
///
/// ```
/// use leftoff::backend::{Backend, FileBackend, FrameId, Generation};
///
/// # let scratch = tempfile::tempdir()?;
/// # let dir = scratch.path().join("notes");
/// let id = FrameId { generation: Generation { number: 1, writer: 7 }, index: 0 };
/// let backend = FileBackend::open(&dir)?;
/// backend.create(id, b"draft")?;
/// backend.sync()?;
/// drop(backend);
/// assert_eq!(FileBackend::open(&dir)?.read(id)?, b"draft");
/// # Ok::<(), leftoff::backend::Error>(())
/// ```
pub struct FileBackend {
    /// Every call checks it before taking any lock: in a forked child, a thread that was not copied may hold a lock.
    owner: Owner,
    folder: Folder,
    slot: u32,
    /// The generations begun here, few at any time. Locked for a lookup, never across a system call on a log.
    live: Mutex<Vec<Arc<Live>>>,
    readings: Readings,
    /// Held for a whole `sync` and by nothing else.
    syncing: Mutex<()>,
    /// Whether directory entries changed since the directory was synced; changes by earlier processes count.
    names_changed: AtomicBool,
    inherited: Inherited,
    /// The number of the generation of the newest append. First frames do not count, because a base has only that one.
    last: AtomicU64,
    newest: Newest,
    /// Directories that the path named earlier: frames that are not in the present directory are read from there.
    left: Mutex<Vec<Anchor>>,
    /// The last field, so that everything else is closed before the next holder gets the lock.
    home: Mutex<Home>,
}

/// The directory that the path named at the most recent open.
struct Home {
    anchor: Option<Anchor>,
    lock: Lock,
    /// Whether the path names another directory or none, and that could not be opened. The caller has had the error.
    is_homeless: bool,
    /// Whether frames were left behind and neither a `sync` has failed nor a generation was begun since.
    owes_error: bool,
}

impl Home {
    fn new(anchor: Option<Anchor>, lock: Lock) -> Self {
        Self { anchor, lock, is_homeless: false, owes_error: false }
    }
}

/// The maximum number of slots: see [`FileBackend::open_slot`].
pub(crate) const MAX_SLOTS: u32 = 64;

impl FileBackend {
    /// The maximum number of slots that [`open_slot`](Self::open_slot) tries.
    pub const MAX_SLOTS: u32 = MAX_SLOTS;

    /// Opens the directory `dir` exclusively, and creates it if it does not exist.
    ///
    /// # Errors
    /// - [`ResourceBusy`](io::ErrorKind::ResourceBusy) if another object holds it; the message names the holder.
    /// - [`PermissionDenied`](io::ErrorKind::PermissionDenied) if the directory or its lock belongs to another user, if
    ///   it is deliberately shared (sticky), or if it is not writable.
    /// - [`NotADirectory`](io::ErrorKind::NotADirectory) if it is not a directory.
    /// - Any other kind: the directory cannot be used.
    ///
    /// An error leaves everything stored unchanged.
    pub fn open(dir: impl Into<PathBuf>) -> io::Result<Self> {
        Self::open_as(dir.into(), 1, PATIENCE, Disk::default())
    }

    /// Opens the directory `dir`, or its first free subdirectory if another object holds it.
    ///
    /// The subdirectories are `slot-2`, `slot-3`, … up to [`MAX_SLOTS`](Self::MAX_SLOTS). For applications that may run
    /// several instances at once, each with its own state.
    ///
    /// # Errors
    /// As for [`open`](Self::open). The error for another holder names that of `dir`, and is returned only if every slot is
    /// taken.
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

    /// Opens this slot, and waits up to `patience` for its holder.
    pub(crate) fn open_this_slot(dir: &Path, slot: u32, patience: Duration) -> io::Result<Self> {
        let place = slots::place(dir, slot).ok_or_else(|| io::Error::from(io::ErrorKind::NotADirectory))?;
        Self::open_as(place, slot, patience, Disk::default())
    }

    /// Opens as [`open`](Self::open) or [`open_slot`](Self::open_slot) does, and waits up to `patience` for another
    /// holder.
    ///
    /// Does not wait for a holder in this process: it cannot end while its thread waits here. If `dir` never held a
    /// state, the first slot continues the state of the first directory in `formerly` that has one; the other slots do
    /// not.
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

    /// Returns the slot number, from 1; always 1 after [`open`](Self::open).
    pub fn slot(&self) -> u32 {
        self.slot
    }

    /// Returns the directory that contains the logs; for a slot, the slot's directory.
    pub fn dir(&self) -> &Path {
        self.folder.path()
    }

    /// Opens the directory `dir` as [`open`](Self::open) does; `observer` receives each [`DiskStep`].
    ///
    /// For the journal of `leftoff-testing`, which works with any 0.1 of this crate: a change of this interface is a
    /// breaking change.
    #[doc(hidden)]
    pub fn open_observed(dir: impl Into<PathBuf>, observer: Arc<dyn DiskObserver>) -> io::Result<Self> {
        Self::open_as(dir.into(), 1, PATIENCE, Disk::observed(observer))
    }

    fn open_as(dir: PathBuf, slot: u32, patience: Duration, disk: Disk) -> io::Result<Self> {
        let folder = Folder::open(dir, disk)?;
        let lock = Lock::take(&folder, patience)?;
        #[cfg(unix)]
        folder.check_writable()?;
        let home = Home::new(Anchor::of(&folder), lock);
        // Before any log is searched for.
        adopt::finish(&folder)?;
        let newest = Newest::look(&folder);
        Ok(Self {
            owner: Owner::this(),
            folder,
            slot,
            live: Mutex::default(),
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
        self.live.lock().iter().find(|live| live.generation == generation).cloned()
    }

    /// Begins a generation for its first frame.
    fn begin(&self, generation: Generation) -> Result<Arc<Live>> {
        self.settle()?;
        let begun = Arc::new(Live::begin(&self.folder, generation)?);
        self.live.lock().push(Arc::clone(&begun));
        self.home.lock().owes_error = false;
        self.names_changed.store(true, Ordering::Release);
        Ok(begun)
    }

    /// Removes the log of a generation whose first frame could not be stored: on a full disk, retries under new numbers
    /// must not leave a file each.
    ///
    /// If the process dies before the removal, the next reader sees an empty log. If the removal fails, a retry uses the log.
    fn end_unused(&self, generation: Generation) {
        if self.folder.disk().remove(&self.folder.log(generation)).is_ok() {
            self.live.lock().retain(|live| live.generation != generation);
        }
    }

    /// Checks that the path still names the opened directory; otherwise opens and locks the directory it names now.
    ///
    /// The path changes if the directory was deleted, emptied, renamed or replaced, or if a link in the path was
    /// changed. The next start uses the directory that the path names.
    ///
    /// # Errors
    /// Once for each such change, even if the new directory was opened: the next start will not find the frames written
    /// until now, so the caller must write them again. On every call while the new directory cannot be used, for
    /// example because another instance holds it; the call after that succeeds.
    fn settle(&self) -> io::Result<()> {
        let mut home = self.home.lock();
        if !home.lock.is_astray() {
            home.is_homeless = false;
            return Ok(());
        }
        // Close the logs for appends before another instance can lock the old directory; the next append is refused.
        let mut live = self.live.lock();
        home.owes_error |= !live.is_empty();
        live.clear();
        drop(live);
        let again = || {
            let folder = Folder::open(self.folder.path().to_owned(), self.folder.disk().clone())?;
            let lock = Lock::take(&folder, Duration::ZERO)?;
            // Sync before taking the directory over: if this fails, the next call retries everything.
            folder.sync()?;
            Ok((Anchor::of(&folder), lock))
        };
        let was_homeless = std::mem::replace(&mut home.is_homeless, true);
        let (anchor, lock) = again().map_err(|error| Moved::homeless(&self.folder, error))?;
        let now = Home { owes_error: home.owes_error, ..Home::new(anchor, lock) };
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
        // A copy that replaced the directory may exist only in the page cache.
        self.inherited.is_anew();
        if was_homeless { Ok(()) } else { Err(Moved::settled(&self.folder)) }
    }

    /// Tries again to open the directory that the path names now, if that failed before.
    ///
    /// A caller that lists the logs before it writes everything again would otherwise never get to the call that
    /// creates a missing directory.
    fn settle_if_homeless(&self) -> io::Result<()> {
        // Not while the lock is held: it was checked a moment ago then, and a listing must not wait for a slow disk.
        let is_homeless = self.home.try_lock().is_some_and(|home| home.is_homeless);
        if is_homeless { self.settle() } else { Ok(()) }
    }

    /// Checks the directory for a sync, which must not succeed for frames that were left behind.
    fn settle_for_sync(&self) -> io::Result<()> {
        let settled = self.settle();
        let owes_error = std::mem::take(&mut self.home.lock().owes_error);
        settled.and_then(|()| if owes_error { Err(Moved::settled(&self.folder)) } else { Ok(()) })
    }

    /// The error for a frame with index above 0 in a generation that was not begun here.
    fn not_begun(&self, id: FrameId) -> Error {
        match self.with_log(id.generation, true, |log| Ok(log.frames().contains(&id.index))) {
            Ok(Some(true)) => Error::Taken,
            Ok(_) => Error::OutOfOrder,
            Err(error) => error,
        }
    }

    fn walk(&self, generation: Generation, limit: Option<u64>) -> io::Result<Option<Reading>> {
        let reading = Reading::open(&self.folder, generation, limit)?;
        let is_missing = self.newest.missing() == Some(generation) && reading.as_ref().is_none_or(Reading::is_empty);
        Ok(if is_missing { Some(Reading::missing(&self.folder, generation)) } else { reading })
    }

    /// Runs `ask` on the log of a generation; `None` if the log does not exist.
    ///
    /// `afresh` scans an open log again, unless this object writes it: no other writer changes it then.
    fn with_log<T>(
        &self,
        generation: Generation,
        afresh: bool,
        ask: impl FnOnce(&mut Reading) -> Result<T>,
    ) -> Result<Option<T>> {
        self.settle_if_homeless()?;
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
    /// Runs `ask` on the log of a generation, including logs left in a directory that was moved away.
    ///
    /// This process may not have read those frames yet.
    fn with_log_or_left(
        &self,
        generation: Generation,
        ask: &dyn Fn(&mut Reading) -> Result<Vec<u8>>,
    ) -> Result<Vec<u8>> {
        if let Some(found) = self.with_log(generation, false, ask)? {
            return Ok(found);
        }
        for left in self.left.lock().iter().rev() {
            if let Some(mut log) = Reading::open_left(&self.folder, left, generation)? {
                return ask(&mut log);
            }
        }
        Err(no_log(&self.folder, generation))
    }
}

/// The maximum number of moved directories that are still read from.
const LEFT_DIRECTORIES: usize = 4;

#[deny(clippy::missing_trait_methods)]
impl Backend for FileBackend {
    fn list(&self) -> Result<Vec<FrameId>> {
        self.owner.check()?;
        let mut list = Vec::new();
        for generation in self.generations()? {
            list.extend(self.frames(generation)?.into_iter().map(|index| FrameId { generation, index }));
        }
        Ok(list)
    }

    fn read(&self, id: FrameId) -> Result<Vec<u8>> {
        self.owner.check()?;
        self.with_log_or_left(id.generation, &|log| log.read(id.index))
    }

    fn create(&self, id: FrameId, bytes: &[u8]) -> Result<()> {
        self.owner.check()?;
        match self.live(id.generation) {
            Some(live) => {
                live.append(id.index, bytes)?;
                self.last.store(id.generation.number, Ordering::Release);
                Ok(())
            }
            None if id.index == 0 => {
                let begun = self.begin(id.generation)?;
                begun.append(0, bytes).inspect_err(|_| self.end_unused(id.generation))
            }
            None => Err(self.not_begun(id)),
        }
    }

    fn sync(&self) -> Result<()> {
        self.owner.check()?;
        let _alone = self.syncing.lock();
        // Read before any sync, so that the log named below is synced up to everything written by now.
        let last = self.last.load(Ordering::Acquire);
        let live = self.live.lock().clone();
        let last = live.iter().map(|log| log.generation).find(|generation| generation.number == last);
        let mut outcome = self.settle_for_sync();
        // Inherited logs first: the logs of this process build on them.
        let is_own = |generation| live.iter().any(|live| live.generation == generation);
        outcome = outcome.and(self.inherited.sync(&self.folder, is_own));
        for log in live {
            // Sync every log, so that an error in one does not keep the others off the disk.
            outcome = outcome.and(log.sync());
        }
        // The error was returned once. New captures go to another log, and appends to these are refused.
        self.live.lock().retain(|log| !log.is_astray());
        // Sync the directory after the contents. If the process crashes in between, the file may have no directory
        // entry and the next reader sees no log. So success is returned only after both syncs.
        if self.names_changed.swap(false, Ordering::AcqRel) {
            let names = self.folder.sync();
            if names.is_err() {
                self.names_changed.store(true, Ordering::Release);
            }
            outcome = outcome.and(names);
        }
        if let (Ok(()), Some(last)) = (&outcome, last) {
            // Only the detection of a removed log depends on it; the next sync tries again.
            let _ = self.newest.name(&self.folder, last);
        }
        Ok(outcome?)
    }

    fn rely_on(&self, generations: &[Generation]) {
        // In a forked child, a thread that was not copied may hold the lock.
        if self.owner.is_here() {
            self.inherited.rely_on(generations);
        }
    }

    fn remove(&self, generation: Generation) -> Result<()> {
        self.owner.check()?;
        // Close the log first: Windows keeps the name of a removed file until its last handle is closed.
        self.live.lock().retain(|live| live.generation != generation);
        self.readings.close(generation);
        let path = self.folder.log(generation);
        // A log of another user was never read as part of this state, so it is not removed.
        if fs::symlink_metadata(&path).is_ok_and(|metadata| !is_ours(&metadata)) {
            return Ok(());
        }
        self.newest.forget(&self.folder, generation).map_err(at("remove", &path))?;
        match self.folder.disk().remove(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(at("remove", &path)(error).into()),
            // One file, one step: if the process dies before or after it, the next reader sees all of its frames or
            // none.
            Ok(()) => {
                self.names_changed.store(true, Ordering::Release);
                Ok(())
            }
        }
    }

    fn read_range(&self, id: FrameId, range: Range<u64>) -> Result<Vec<u8>> {
        self.owner.check()?;
        self.with_log_or_left(id.generation, &|log| log.read_range(id.index, range.clone()))
    }

    fn generations(&self) -> Result<Vec<Generation>> {
        self.owner.check()?;
        self.settle_if_homeless()?;
        let mut generations = self.folder.generations()?;
        if let Some(missing) = self.newest.missing() {
            if let Err(place) = generations.binary_search(&missing) {
                generations.insert(place, missing);
            }
        }
        Ok(generations)
    }

    fn frames(&self, generation: Generation) -> Result<Vec<u32>> {
        self.owner.check()?;
        Ok(self.with_log(generation, true, |log| Ok(log.frames().collect()))?.unwrap_or_default())
    }

    fn layers(&self) -> Vec<LayerKind> {
        Vec::new()
    }

    fn speed(&self) -> Speed {
        Speed::NonBlocking
    }

    fn room(&self) -> Option<u64> {
        room_at(self.folder.path())
    }
}

impl Drop for FileBackend {
    fn drop(&mut self) {
        // A forked child has an old end offset: the parent may have appended since, and a trim would cut off synced
        // frames.
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

/// Returns the holder of the directory if the error contains one.
pub(crate) fn held_by(error: &io::Error) -> Option<&Held> {
    error.get_ref().and_then(|inner| inner.downcast_ref::<Held>())
}

fn no_log(folder: &Folder, generation: Generation) -> Error {
    Error::NotFound(about("the log does not exist", &folder.log(generation)))
}
