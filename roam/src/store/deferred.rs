//! A store whose calls are answered later, for hosts that cannot wait.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use parking_lot::Mutex;

use super::{Store, check_name};
use crate::clock::Instant;

/// A call of a [`DeferredStore`] that its host makes.
///
/// `Debug` prints no contents.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Request {
    /// [`Store::put`]: the name and the bytes.
    Put(String, Vec<u8>),
    /// [`Store::get`]: the name.
    Get(String),
    /// [`Store::list`]: the prefix.
    List(String),
    /// [`Store::delete`]: the name.
    Delete(String),
}

impl Request {
    /// Makes the call of a store that answers at once.
    ///
    /// # Errors
    /// What the store returns.
    pub fn make(&self, store: &dyn Store) -> io::Result<Answer> {
        match self {
            Self::Put(name, bytes) => store.put(name, bytes).map(|()| Answer::Done),
            Self::Get(name) => store.get(name).map(Answer::Bytes),
            Self::List(prefix) => store.list(prefix).map(Answer::Names),
            Self::Delete(name) => store.delete(name).map(|()| Answer::Done),
        }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Put(..) => "Put",
            Self::Get(_) => "Get",
            Self::List(_) => "List",
            Self::Delete(_) => "Delete",
        })
    }
}

/// What a call returned.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// For [`Request::Put`] and [`Request::Delete`].
    Done,
    /// For [`Request::Get`].
    Bytes(Vec<u8>),
    /// For [`Request::List`].
    Names(Vec<String>),
}

/// Without contents.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Done => "Done",
            Self::Bytes(_) => "Bytes",
            Self::Names(_) => "Names",
        })
    }
}

/// A store whose calls return `WouldBlock` until the host has answered them.
///
/// The host takes the [request](Self::take_request) at which a call stopped, makes it in its own time, passes the
/// [answer](Self::answer), and runs again what had made the call: that then finds the answer. Clones share their answers.
///
/// [`run`](Self::run) does this for a function, and [`Steps`](crate::steps::Steps) for a session.
#[derive(Clone, Default)]
pub struct DeferredStore(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    answers: BTreeMap<Request, Result<Answer, io::ErrorKind>>,
    asked: Option<Request>,
    /// A time by the clock of the store, and when that was.
    date: Option<(SystemTime, Instant)>,
}

impl DeferredStore {
    /// A store without answers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the request at which a call stopped, if one did.
    pub fn take_request(&self) -> Option<Request> {
        self.0.lock().asked.take()
    }

    /// Passes what a request returned. Of an error, only the kind is kept.
    pub fn answer(&self, request: Request, answer: io::Result<Answer>) {
        let mut inner = self.0.lock();
        if let Request::Put(name, _) | Request::Delete(name) = &request {
            // What is known of the object is out of date.
            inner.answers.remove(&Request::Get(name.clone()));
        }
        // It would be asked for again at once, for ever.
        let answer = answer.map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => io::ErrorKind::TimedOut,
            kind => kind,
        });
        inner.answers.insert(request, answer);
    }

    /// Forgets all answers, so that every call asks anew.
    pub fn forget_answers(&self) {
        let mut inner = self.0.lock();
        (inner.answers, inner.asked) = (BTreeMap::new(), None);
    }

    /// Sets what time it is now by the clock of the store, as its answer says: see [`Store::date`].
    pub fn set_date(&self, now: SystemTime) {
        self.0.lock().date = Some((now, Instant::now()));
    }

    /// Runs a function that makes calls of this store, or as far as there are answers.
    ///
    /// Returns the request that is to be answered before it is run again; `Ok` if it made no call without an answer. It is
    /// run from its beginning each time, so it must do the same until then, and nothing that must not be repeated.
    ///
    /// ```
    /// use leftoff_roam::store::{Answer, DeferredStore, Request, Store};
    ///
    /// let store = DeferredStore::new();
    /// let mut read = || store.run(|store| store.get("v1/a"));
    /// let request = read().unwrap_err();
    /// assert_eq!(request, Request::Get("v1/a".to_owned()));
    /// store.answer(request, Ok(Answer::Bytes(b"bytes".to_vec())));
    /// assert_eq!(read().unwrap()?, b"bytes");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// The request.
    pub fn run<T>(&self, act: impl FnOnce(&dyn Store) -> T) -> Result<T, Request> {
        self.0.lock().asked = None;
        let done = act(self);
        self.take_request().map_or(Ok(done), Err)
    }

    fn ask(&self, request: Request) -> io::Result<Answer> {
        let mut inner = self.0.lock();
        if let Some(answer) = inner.answers.get(&request) {
            return answer.clone().map_err(Into::into);
        }
        // The first one counts: a caller that goes on after an error may ask for more.
        inner.asked.get_or_insert(request);
        Err(io::ErrorKind::WouldBlock.into())
    }
}

/// The host answered another call.
fn mismatch() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the answer is not one to this request")
}

impl Store for DeferredStore {
    fn put(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        check_name(name)?;
        self.ask(Request::Put(name.to_owned(), bytes.to_vec())).map(drop)
    }

    fn get(&self, name: &str) -> io::Result<Vec<u8>> {
        match self.ask(Request::Get(name.to_owned()))? {
            Answer::Bytes(bytes) => Ok(bytes),
            _ => Err(mismatch()),
        }
    }

    fn list(&self, prefix: &str) -> io::Result<Vec<String>> {
        match self.ask(Request::List(prefix.to_owned()))? {
            Answer::Names(names) => Ok(names),
            _ => Err(mismatch()),
        }
    }

    fn delete(&self, name: &str) -> io::Result<()> {
        self.ask(Request::Delete(name.to_owned())).map(drop)
    }

    fn date(&self) -> Option<SystemTime> {
        let (date, since) = self.0.lock().date?;
        date.checked_add(since.elapsed())
    }
}

/// Without names and contents.
impl fmt::Debug for DeferredStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeferredStore").finish_non_exhaustive()
    }
}
