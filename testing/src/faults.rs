use std::io;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use leftoff::backend::FrameId;

/// The faults that a [`FaultyBackend`](super::FaultyBackend) injects. Clones share their settings and counts.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    script: Arc<Mutex<Script>>,
}

#[derive(Debug, Default)]
struct Script {
    calls: [u64; 5],
    met: u64,
    rules: Vec<(Call, When, Fault)>,
    /// In order of creation.
    created: Vec<FrameId>,
}

impl Faults {
    /// Creates an instance without faults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes `call` fail as unavailable with an `io::Error` of this kind, for the calls that `when` selects.
    ///
    /// A failing call does not reach the inner backend and changes nothing. Several settings for one call can coexist;
    /// the first that applies wins.
    pub fn fail(&self, call: Call, when: When, kind: io::ErrorKind) {
        self.inject(call, when, Fault::Fail(kind));
    }

    /// Injects any fault into `call`, for the calls that `when` selects.
    ///
    /// ```
    /// use leftoff::backend::{Backend, Error, MemoryBackend};
    /// use leftoff_testing::{Call, Fault, Faults, FaultyBackend, When};
    ///
    /// let faults = Faults::new();
    /// let backend = FaultyBackend::new(MemoryBackend::new(), faults.clone());
    /// // The storage becomes unavailable: every call fails with ENOENT …
    /// for call in Call::ALL {
    ///     faults.inject(call, When::Always, Fault::Os(2));
    /// }
    /// assert!(matches!(backend.sync(), Err(Error::Unavailable(error)) if error.raw_os_error() == Some(2)));
    /// // … and available again.
    /// faults.mend_all();
    /// backend.sync()?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn inject(&self, call: Call, when: When, fault: Fault) {
        self.script.lock().rules.push((call, when, fault));
    }

    /// Removes every setting for `call`. The counts continue.
    pub fn mend(&self, call: Call) {
        self.script.lock().rules.retain(|(broken, ..)| *broken != call);
    }

    /// Removes every setting.
    pub fn mend_all(&self) {
        self.script.lock().rules.clear();
    }

    /// Returns the number of calls of this type so far, including failed calls.
    pub fn calls(&self, call: Call) -> u64 {
        *self.script.lock().count(call)
    }

    /// Returns the number of calls with a fault so far.
    pub fn met(&self) -> u64 {
        self.script.lock().met
    }

    pub(super) fn created(&self, id: FrameId) {
        self.script.lock().created.push(id);
    }

    /// Returns the most recently created frames, newest first.
    pub(super) fn created_last(&self, count: usize) -> Vec<FrameId> {
        self.script.lock().created.iter().rev().take(count).copied().collect()
    }

    /// Returns the fault of the present call, and its number among the calls of its type.
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

/// Spreads a number over all bits, so that consecutive numbers are unrelated.
fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// The types of calls that can fail.
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
    /// All types of calls: unavailable storage fails in each of them.
    pub const ALL: [Self; 5] = [Self::List, Self::Read, Self::Create, Self::Sync, Self::Remove];
}

/// The selection of calls that fail. Calls are counted from one, since the [`Faults`] were created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum When {
    /// Only this call.
    Nth(u64),
    /// This call and all later ones.
    From(u64),
    /// All calls, until [`Faults::mend`].
    Always,
    /// This percentage of the calls, chosen by the seed; the same seed selects the same calls.
    Percent(u8, u64),
}

/// The fault of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The call fails as [`Unavailable`](leftoff::backend::Error::Unavailable) with this kind of `io::Error`, and changes
    /// nothing.
    Fail(io::ErrorKind),
    /// The call fails with this error number of the operating system and changes nothing.
    Os(i32),
    /// The call takes this long and then succeeds.
    Delay(Duration),
    /// The call takes this long, fails with this kind of error, and changes nothing.
    FailAfter(Duration, io::ErrorKind),
    /// The call is carried out and then returns this error: the answer was lost.
    DoneAndFail(io::ErrorKind),
    /// Half of the frame is stored under its name, and the call fails. For [`Call::Create`]; a backend must never do so.
    Short,
    /// The call does nothing and returns `Ok`. For [`Call::Create`], [`Call::Sync`] and [`Call::Remove`]; a backend
    /// must never do so.
    Lie,
    /// The answer is outdated: it lacks this many of the most recently created frames of any backend with these faults.
    /// For [`Call::List`].
    Stale(usize),
    /// The answer is complete, in the wrong order. For [`Call::List`].
    Reordered,
}
