use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

/// What a [`FileBackend`](crate::backend::FileBackend) did to the disk, call by call, for tests that work out what a
/// power cut may have left of it. Clones write to the same journal.
///
/// A call is written down after it succeeded, so what stands before the beginning of a sync was in the operating
/// system's hands when that sync began.
#[derive(Debug, Clone, Default)]
pub struct Journal(Arc<Mutex<Vec<Step>>>, Arc<Mutex<Hook>>);

/// What a test does in the middle of a call of the backend.
type Act = Arc<dyn Fn(&Step) + Send + Sync>;

#[derive(Default)]
struct Hook(Option<Act>);

impl std::fmt::Debug for Hook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Hook").field(&self.0.is_some()).finish()
    }
}

/// One call that changed something, or that made changes durable.
#[derive(Clone, PartialEq, Eq)]
pub enum Step {
    /// A folder was made.
    CreateFolder(PathBuf),
    /// An empty file was made.
    Create(PathBuf),
    /// Bytes were written to the file of this name, from this offset on.
    Write(PathBuf, u64, Vec<u8>),
    /// The file of this name was cut or stretched to this length.
    Resize(PathBuf, u64),
    /// Contents and length of the file of this name became durable, as they were after so many steps.
    Sync(PathBuf, usize),
    /// The names in this folder became durable, as they were after so many steps.
    SyncFolder(PathBuf, usize),
    /// The name went, and the file with it.
    Remove(PathBuf),
}

impl Journal {
    /// An empty journal.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many steps were taken so far.
    pub fn len(&self) -> usize {
        self.0.lock().len()
    }

    /// Whether nothing was done yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All steps so far.
    pub fn steps(&self) -> Vec<Step> {
        self.0.lock().clone()
    }

    /// Calls `act` after each step, on the thread that took it and before it goes on: what `act` does then happens in
    /// the middle of a call of the backend.
    pub fn after_each_step(&self, act: impl Fn(&Step) + Send + Sync + 'static) {
        self.1.lock().0 = Some(Arc::new(act));
    }

    /// Writes a step down.
    pub fn note(&self, step: Step) {
        self.0.lock().push(step.clone());
        // No lock is held meanwhile: what is done in there may be noted, too.
        let act = self.1.lock().0.clone();
        if let Some(act) = act {
            act(&step);
        }
    }
}

impl Step {
    /// What it was done to.
    pub fn path(&self) -> &Path {
        match self {
            Self::CreateFolder(path)
            | Self::Create(path)
            | Self::Write(path, ..)
            | Self::Resize(path, _)
            | Self::Sync(path, _)
            | Self::SyncFolder(path, _)
            | Self::Remove(path) => path,
        }
    }
}

/// Without the bytes: they are what users typed.
impl std::fmt::Debug for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = self.path().display();
        match self {
            Self::CreateFolder(_) => write!(f, "create folder {name}"),
            Self::Create(_) => write!(f, "create {name}"),
            Self::Write(_, at, bytes) => write!(f, "write {} bytes at {at} of {name}", bytes.len()),
            Self::Resize(_, len) => write!(f, "resize {name} to {len}"),
            Self::Sync(..) => write!(f, "sync {name}"),
            Self::SyncFolder(..) => write!(f, "sync folder {name}"),
            Self::Remove(_) => write!(f, "remove {name}"),
        }
    }
}
