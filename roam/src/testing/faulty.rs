//! A store that fails as real ones do.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::time::SystemTime;

use parking_lot::Mutex;

use crate::store::Store;

/// The kind of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "named after the calls")]
pub enum Request {
    Put,
    Get,
    List,
    Delete,
}

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The call works.
    None,
    /// The call has no effect and fails: no connection.
    Offline,
    /// The call takes effect and is answered with 503.
    LandsThenFails,
    /// A put takes effect, and its repetition inside the client is answered with 412, which clients report as
    /// `AlreadyExists`.
    LandsThenExists,
    /// A put has no effect and is answered with 409, which some clients report as `AlreadyExists`.
    Conflict,
    /// No effect: 429, slow down.
    SlowDown,
    /// No effect: 403, because the clock of the client is more than 15 minutes off.
    Skew,
    /// A listing is returned in another order, without the newest names.
    PartialList,
}

type Plan = Box<dyn FnMut(Request) -> Fault + Send>;
type Date = Box<dyn Fn() -> Option<SystemTime> + Send>;

/// Another store, with faults in front of it.
///
/// ```
/// use leftoff_roam::store::{MemoryStore, Store};
/// use leftoff_roam::testing::{Fault, FaultyStore};
///
/// let inner = MemoryStore::new();
/// let store = FaultyStore::new(inner.clone(), |_| Fault::LandsThenFails);
/// assert!(store.put("v1/a", b"bytes").is_err());
/// assert_eq!(inner.len(), 1);
/// ```
pub struct FaultyStore<S> {
    inner: S,
    plan: Mutex<Plan>,
    date: Mutex<Option<Date>>,
    counts: Mutex<BTreeMap<&'static str, u64>>,
}

impl<S: Store> FaultyStore<S> {
    /// A store that asks `plan` what happens to each call.
    pub fn new(inner: S, plan: impl FnMut(Request) -> Fault + Send + 'static) -> Self {
        Self { inner, plan: Mutex::new(Box::new(plan)), date: Mutex::new(None), counts: Mutex::default() }
    }

    /// Sets the clock of the store.
    #[must_use]
    pub fn with_date(self, date: impl Fn() -> Option<SystemTime> + Send + 'static) -> Self {
        *self.date.lock() = Some(Box::new(date));
        self
    }

    /// The number of calls of this kind so far.
    pub fn requests(&self, request: Request) -> u64 {
        self.counts.lock().get(key(request)).copied().unwrap_or_default()
    }

    fn call<T>(&self, request: Request, call: impl FnOnce(Fault) -> io::Result<T>) -> io::Result<T> {
        *self.counts.lock().entry(key(request)).or_default() += 1;
        let fault = (self.plan.lock())(request);
        match fault {
            Fault::None | Fault::PartialList => call(fault),
            Fault::LandsThenFails => call(fault).and(Err(io::Error::other("503"))),
            Fault::LandsThenExists if request == Request::Put => {
                call(fault).and(Err(io::ErrorKind::AlreadyExists.into()))
            }
            Fault::Conflict if request == Request::Put => Err(io::ErrorKind::AlreadyExists.into()),
            Fault::LandsThenExists | Fault::Conflict | Fault::SlowDown => Err(io::Error::other("429")),
            Fault::Skew => Err(io::Error::new(io::ErrorKind::PermissionDenied, "RequestTimeTooSkewed")),
            Fault::Offline => Err(io::ErrorKind::ConnectionRefused.into()),
        }
    }
}

fn key(request: Request) -> &'static str {
    match request {
        Request::Put => "put",
        Request::Get => "get",
        Request::List => "list",
        Request::Delete => "delete",
    }
}

impl<S: Store> Store for FaultyStore<S> {
    fn put(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.call(Request::Put, |_| self.inner.put(name, bytes))
    }

    fn get(&self, name: &str) -> io::Result<Vec<u8>> {
        self.call(Request::Get, |_| self.inner.get(name))
    }

    fn list(&self, prefix: &str) -> io::Result<Vec<String>> {
        self.call(Request::List, |fault| {
            let mut names = self.inner.list(prefix)?;
            if fault == Fault::PartialList {
                names.reverse();
                names.retain(|name| name.bytes().map(u32::from).sum::<u32>() % 3 != 0);
            }
            Ok(names)
        })
    }

    fn delete(&self, name: &str) -> io::Result<()> {
        self.call(Request::Delete, |_| self.inner.delete(name))
    }

    fn date(&self) -> Option<SystemTime> {
        self.date.lock().as_ref().map_or_else(|| self.inner.date(), |date| date())
    }
}

impl<S: fmt::Debug> fmt::Debug for FaultyStore<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultyStore").field("inner", &self.inner).finish_non_exhaustive()
    }
}
