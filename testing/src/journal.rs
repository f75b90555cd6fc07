use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use leftoff::backend::{DiskObserver, DiskStep, FileBackend};
use parking_lot::Mutex;

/// A record of the disk operations of a [`FileBackend`], call by call. Clones write to the same journal.
///
/// A call is recorded after it succeeded. So a step recorded before the start of a sync had reached the operating
/// system when that sync started. Together, the steps determine the possible disk contents after a power cut at any
/// moment.
///
/// ```
/// use leftoff::backend::{Backend, FrameId, Generation};
/// use leftoff_testing::{Journal, Step};
///
/// # let scratch = tempfile::tempdir()?;
/// # let directory = scratch.path().join("notes");
/// let journal = Journal::new();
/// let backend = journal.open(directory)?;
/// backend.create(FrameId { generation: Generation { number: 1, writer: 7 }, index: 0 }, b"draft")?;
///
/// let written = journal.len();
/// let is_of_draft = |step: &Step| matches!(step, Step::Write(_, _, bytes) if bytes.ends_with(b"draft"));
/// assert!(journal.steps().iter().any(is_of_draft));
///
/// backend.sync()?;
/// let covers_it = |step: &Step| matches!(step, Step::Sync(_, covers) if *covers >= written);
/// assert!(journal.steps().iter().any(covers_it));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Journal {
    steps: Arc<Mutex<Vec<Step>>>,
    hook: Arc<Mutex<Hook>>,
}

/// The action of a test in the middle of a call of the backend.
type Act = Arc<dyn Fn(&Step) + Send + Sync>;

#[derive(Default)]
struct Hook(Option<Act>);

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Hook").field(&self.0.is_some()).finish()
    }
}

/// One call that changed the disk or made changes durable.
#[derive(Clone, PartialEq, Eq)]
pub enum Step {
    /// A directory was created.
    CreateDir(PathBuf),
    /// An empty file was created.
    Create(PathBuf),
    /// These bytes were written to the file, from this offset on.
    Write(PathBuf, u64, Vec<u8>),
    /// The file was truncated or extended to this length.
    Resize(PathBuf, u64),
    /// Contents and length of the file became durable, in their state after this number of steps.
    Sync(PathBuf, usize),
    /// The directory entries became durable, in their state after this number of steps.
    SyncDir(PathBuf, usize),
    /// The file was removed.
    Remove(PathBuf),
}

impl Journal {
    /// Creates an empty journal.
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens the directory `dir` as [`FileBackend::open`] does, and records every step of that backend.
    ///
    /// # Errors
    /// As for [`FileBackend::open`].
    pub fn open(&self, dir: impl Into<PathBuf>) -> io::Result<FileBackend> {
        FileBackend::open_observed(dir, Arc::new(self.clone()))
    }

    /// Returns the number of steps so far.
    pub fn len(&self) -> usize {
        self.steps.lock().len()
    }

    /// Returns whether there is no step yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns all steps so far.
    pub fn steps(&self) -> Vec<Step> {
        self.steps.lock().clone()
    }

    /// Calls `act` after each step, on the thread of the step and before that thread continues. So `act` runs in the
    /// middle of a call of the backend.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    /// use leftoff_testing::{Journal, Step};
    ///
    /// # let scratch = tempfile::tempdir()?;
    /// let journal = Journal::new();
    /// let files = Arc::new(AtomicUsize::new(0));
    /// let counter = Arc::clone(&files);
    /// journal.after_each_step(move |step| {
    ///     if matches!(step, Step::Create(_)) {
    ///         counter.fetch_add(1, Relaxed);
    ///     }
    /// });
    /// journal.open(scratch.path())?;
    /// assert!(files.load(Relaxed) > 0, "the lock, at least");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn after_each_step(&self, act: impl Fn(&Step) + Send + Sync + 'static) {
        self.hook.lock().0 = Some(Arc::new(act));
    }

    fn record(&self, step: &Step) {
        self.steps.lock().push(step.clone());
        // No lock is held during the call: steps of `act` may be recorded, too.
        let act = self.hook.lock().0.clone();
        if let Some(act) = act {
            act(step);
        }
    }
}

impl DiskObserver for Journal {
    fn before(&self, step: DiskStep<'_>) -> Box<dyn FnOnce()> {
        let journal = self.clone();
        let covers = self.len();
        // At this point, the file of the step does not exist yet.
        let steps = match step {
            DiskStep::CreateDirAll(path) => {
                let missing: Vec<_> = path.ancestors().take_while(|path| !path.exists()).collect();
                missing.into_iter().rev().map(|path| Step::CreateDir(path.to_owned())).collect()
            }
            DiskStep::OpenOrCreate(path) if path.exists() => Vec::new(),
            DiskStep::CreateDir(path) => vec![Step::CreateDir(path.to_owned())],
            DiskStep::OpenOrCreate(path) | DiskStep::Create(path) => vec![Step::Create(path.to_owned())],
            DiskStep::Write(path, at, bytes) => vec![Step::Write(path.to_owned(), at, bytes.to_vec())],
            DiskStep::Resize(path, len) => vec![Step::Resize(path.to_owned(), len)],
            DiskStep::Sync(path) => vec![Step::Sync(path.to_owned(), covers)],
            DiskStep::SyncDir(path) => vec![Step::SyncDir(path.to_owned(), covers)],
            DiskStep::Remove(path) => vec![Step::Remove(path.to_owned())],
        };
        Box::new(move || steps.iter().for_each(|step| journal.record(step)))
    }
}

impl Step {
    /// Returns the file or directory of the step.
    pub fn path(&self) -> &Path {
        match self {
            Self::CreateDir(path)
            | Self::Create(path)
            | Self::Write(path, ..)
            | Self::Resize(path, _)
            | Self::Sync(path, _)
            | Self::SyncDir(path, _)
            | Self::Remove(path) => path,
        }
    }
}

/// Omits the bytes, which are user data.
impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.path().display();
        match self {
            Self::CreateDir(_) => write!(f, "create directory {name}"),
            Self::Create(_) => write!(f, "create {name}"),
            Self::Write(_, at, bytes) => write!(f, "write {} bytes at {at} of {name}", bytes.len()),
            Self::Resize(_, len) => write!(f, "resize {name} to {len}"),
            Self::Sync(..) => write!(f, "sync {name}"),
            Self::SyncDir(..) => write!(f, "sync directory {name}"),
            Self::Remove(_) => write!(f, "remove {name}"),
        }
    }
}
