use std::io;
use std::ops::Range;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::backend::{Backend, FrameId, Generation, Speed};

/// A backend that fails when its [`Faults`] say so, and otherwise does what the one inside does.
///
/// A call that is made to fail does not reach the backend inside: it changes nothing.
///
/// ```
/// use std::io::ErrorKind;
/// use leftoff::backend::{Backend, FrameId, Generation, MemoryBackend};
/// use leftoff::testing::{Call, Faults, FaultyBackend, When};
///
/// let faults = Faults::new();
/// let backend = FaultyBackend::new(MemoryBackend::new(), faults.clone());
/// faults.fail(Call::Create, When::Nth(2), ErrorKind::StorageFull);
///
/// let generation = Generation { number: 1, writer: 7 };
/// backend.create(FrameId { generation, index: 0 }, b"first")?;
/// let error = backend.create(FrameId { generation, index: 1 }, b"second").unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::StorageFull);
/// backend.create(FrameId { generation, index: 1 }, b"second")?;
/// assert_eq!(faults.calls(Call::Create), 3);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct FaultyBackend<B> {
    inner: B,
    faults: Faults,
}

impl<B: Backend> FaultyBackend<B> {
    /// `inner`, failing as `faults` say. Keep a clone of them to change their mind while the backend is in use.
    pub fn new(inner: B, faults: Faults) -> Self {
        Self { inner, faults }
    }
}

/// Which calls fail and how. Clones share their settings and counts.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    script: Arc<Mutex<Script>>,
}

#[derive(Debug, Default)]
struct Script {
    calls: [u64; 5],
    rules: Vec<(Call, When, io::ErrorKind)>,
}

impl Faults {
    /// No faults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets `call` fail with `kind`, `when`. Several settings for one call hold side by side, the first one first.
    pub fn fail(&self, call: Call, when: When, kind: io::ErrorKind) {
        self.script.lock().rules.push((call, when, kind));
    }

    /// Takes back every setting for `call`. The counts go on.
    pub fn mend(&self, call: Call) {
        self.script.lock().rules.retain(|(broken, ..)| *broken != call);
    }

    /// How often `call` was made so far, failed ones included.
    pub fn calls(&self, call: Call) -> u64 {
        *self.script.lock().count(call)
    }

    fn meet(&self, call: Call) -> io::Result<()> {
        let mut script = self.script.lock();
        let count = script.count(call);
        *count += 1;
        let count = *count;
        let due = |when: &When| match *when {
            When::Nth(nth) => count == nth,
            When::From(first) => count >= first,
            When::Always => true,
        };
        match script.rules.iter().find(|(broken, when, _)| *broken == call && due(when)) {
            Some((.., kind)) => Err(io::Error::new(*kind, format!("told to fail {call:?}, call {count}"))),
            None => Ok(()),
        }
    }
}

impl Script {
    fn count(&mut self, call: Call) -> &mut u64 {
        let [list, read, create, sync, remove] = &mut self.calls;
        match call {
            Call::List => list,
            Call::Read => read,
            Call::Create => create,
            Call::Sync => sync,
            Call::Remove => remove,
        }
    }
}

/// The calls that can be made to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Call {
    /// [`list`](Backend::list), [`frames`](Backend::frames) and [`generations`](Backend::generations).
    List,
    /// [`read`](Backend::read) and [`read_range`](Backend::read_range).
    Read,
    /// [`create`](Backend::create).
    Create,
    /// [`sync`](Backend::sync).
    Sync,
    /// [`remove`](Backend::remove).
    Remove,
}

/// Which of the calls fail. Calls are counted from one, since the [`Faults`] were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum When {
    /// This one only.
    Nth(u64),
    /// This one and all after it.
    From(u64),
    /// All, until [`Faults::mend`].
    Always,
}

#[deny(clippy::missing_trait_methods)]
impl<B: Backend> Backend for FaultyBackend<B> {
    fn list(&self) -> io::Result<Vec<FrameId>> {
        self.faults.meet(Call::List)?;
        self.inner.list()
    }

    fn read(&self, id: FrameId) -> io::Result<Vec<u8>> {
        self.faults.meet(Call::Read)?;
        self.inner.read(id)
    }

    fn create(&self, id: FrameId, bytes: &[u8]) -> io::Result<()> {
        self.faults.meet(Call::Create)?;
        self.inner.create(id, bytes)
    }

    fn sync(&self) -> io::Result<()> {
        self.faults.meet(Call::Sync)?;
        self.inner.sync()
    }

    fn remove(&self, generation: Generation) -> io::Result<()> {
        self.faults.meet(Call::Remove)?;
        self.inner.remove(generation)
    }

    fn read_range(&self, id: FrameId, range: Range<u64>) -> io::Result<Vec<u8>> {
        self.faults.meet(Call::Read)?;
        self.inner.read_range(id, range)
    }

    fn generations(&self) -> io::Result<Vec<Generation>> {
        self.faults.meet(Call::List)?;
        self.inner.generations()
    }

    fn frames(&self, generation: Generation) -> io::Result<Vec<u32>> {
        self.faults.meet(Call::List)?;
        self.inner.frames(generation)
    }

    fn speed(&self) -> Speed {
        self.inner.speed()
    }
}
