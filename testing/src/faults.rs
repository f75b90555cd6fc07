use std::io;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use leftoff::backend::FrameId;

/// Which calls of a [`FaultyBackend`](super::FaultyBackend) go wrong and how. Clones share their settings and counts.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    script: Arc<Mutex<Script>>,
}

#[derive(Debug, Default)]
struct Script {
    calls: [u64; 5],
    met: u64,
    rules: Vec<(Call, When, Fault)>,
    /// In the order in which they were created.
    created: Vec<FrameId>,
}

impl Faults {
    /// No faults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets `call` fail with `kind`, `when`: it does not reach the backend inside and changes nothing. Several settings
    /// for one call hold side by side; the first that applies decides.
    pub fn fail(&self, call: Call, when: When, kind: io::ErrorKind) {
        self.inject(call, when, Fault::Fail(kind));
    }

    /// Lets `call` go wrong in any way, `when`.
    ///
    /// ```
    /// use leftoff::backend::{Backend, MemoryBackend};
    /// use leftoff_testing::{Call, Fault, Faults, FaultyBackend, When};
    ///
    /// let faults = Faults::new();
    /// let backend = FaultyBackend::new(MemoryBackend::new(), faults.clone());
    /// // The storage goes away: every call fails with ENOENT …
    /// for call in Call::ALL {
    ///     faults.inject(call, When::Always, Fault::Os(2));
    /// }
    /// assert_eq!(backend.sync().unwrap_err().raw_os_error(), Some(2));
    /// // … and comes back.
    /// faults.mend_all();
    /// backend.sync()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn inject(&self, call: Call, when: When, fault: Fault) {
        self.script.lock().rules.push((call, when, fault));
    }

    /// Removes every setting for `call`. The counts go on.
    pub fn mend(&self, call: Call) {
        self.script.lock().rules.retain(|(broken, ..)| *broken != call);
    }

    /// Removes every setting.
    pub fn mend_all(&self) {
        self.script.lock().rules.clear();
    }

    /// How often `call` was made so far, failed ones included.
    pub fn calls(&self, call: Call) -> u64 {
        *self.script.lock().count(call)
    }

    /// How many calls went wrong so far.
    pub fn met(&self) -> u64 {
        self.script.lock().met
    }

    pub(super) fn created(&self, id: FrameId) {
        self.script.lock().created.push(id);
    }

    /// The frames created last, newest first.
    pub(super) fn created_last(&self, count: usize) -> Vec<FrameId> {
        self.script.lock().created.iter().rev().take(count).copied().collect()
    }

    /// What goes wrong with a call that is made now, and the how manieth of its sort it is.
    pub(super) fn meet(&self, call: Call) -> (Option<Fault>, u64) {
        let mut script = self.script.lock();
        let count = script.count(call);
        *count += 1;
        let count = *count;
        let due = |when: &When| match *when {
            When::Nth(nth) => count == nth,
            When::From(first) => count >= first,
            When::Always => true,
            When::Percent(percent, seed) => mix(seed ^ mix(count) ^ call as u64) % 100 < u64::from(percent),
        };
        let fault =
            script.rules.iter().find(|(broken, when, _)| *broken == call && due(when)).map(|(.., fault)| *fault);
        script.met += u64::from(fault.is_some());
        (fault, count)
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

/// Spreads a number over all bits, so that neighbours have nothing in common.
fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// The calls that can be made to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Call {
    /// [`list`](leftoff::backend::Backend::list), [`frames`](leftoff::backend::Backend::frames) and
    /// [`generations`](leftoff::backend::Backend::generations).
    List,
    /// [`read`](leftoff::backend::Backend::read) and [`read_range`](leftoff::backend::Backend::read_range).
    Read,
    /// [`create`](leftoff::backend::Backend::create).
    Create,
    /// [`sync`](leftoff::backend::Backend::sync).
    Sync,
    /// [`remove`](leftoff::backend::Backend::remove).
    Remove,
}

impl Call {
    /// All calls: storage that goes away fails in each of them.
    pub const ALL: [Self; 5] = [Self::List, Self::Read, Self::Create, Self::Sync, Self::Remove];
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
    /// This percentage of the calls, chosen by the seed; the same calls for the same seed.
    Percent(u8, u64),
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The call fails with this kind of error and changes nothing.
    Fail(io::ErrorKind),
    /// The same, with an error number of the operating system.
    Os(i32),
    /// The call takes this long, and then does what it should.
    Delay(Duration),
    /// The call takes this long, fails with this kind of error, and changes nothing.
    FailAfter(Duration, io::ErrorKind),
    /// The call does what it should, and then returns this error: the answer was lost on its way.
    DoneAndFail(io::ErrorKind),
    /// Half of the frame is stored under its name, and the call fails. For [`Call::Create`]; a backend must never do so.
    Short,
    /// Nothing is done, and the call returns `Ok`. For [`Call::Create`], [`Call::Sync`] and [`Call::Remove`]; a backend must
    /// never do so.
    Lie,
    /// An older answer: it lacks this many of the frames that were created last, through any backend with these faults. For
    /// [`Call::List`].
    Stale(usize),
    /// The answer is complete, in the wrong order. For [`Call::List`].
    Reordered,
}
