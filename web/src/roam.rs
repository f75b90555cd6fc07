//! Roaming of a page's session, through a store that the page's program reaches itself.
//!
//! The host of the store is an object of JavaScript with four functions that return promises:
//! `put(name, bytes)`, `get(name)`, `list(prefix)` and `delete(name)`. It calls `fetch`, with requests that it or a server
//! of its own has signed, or whatever else reaches the objects. See [`leftoff_roam::store::Store`] for what they must do:
//! no conditional write is needed.
//!
//! | function | resolves to | rejects with |
//! |---|---|---|
//! | `put(name, bytes)` | anything, once the bytes are stored | any error: it is tried again |
//! | `get(name)` | a `Uint8Array`, an `ArrayBuffer`, a `Blob`, a `Response`; `null` if there is no such object | the same |
//! | `list(prefix)` | all names with the prefix, as strings | the same, also if only a part could be listed |
//! | `delete(name)` | anything, also if there was no such object | the same |
//! | `date()`, which may be missing | not a promise: the time by the clock of the store, as a `Date` or in milliseconds | |
//!
//! A `status` of the error is understood as that of HTTP: 404, 409 and 412, 401 and 403, 429 and 503. A call that takes a
//! minute has failed.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use js_sys::{Array, Uint8Array};
use leftoff::Session;
use leftoff_roam::set_up::{Error, Invitation, Joining};
use leftoff_roam::steps::{Change, Step, Steps};
use leftoff_roam::store::{Answer, DeferredStore, Request};
use leftoff_roam::{Key, Roam, Roaming};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::spawn_local;

use crate::Page;
use crate::page::MOST;
use crate::store::{self, refusal};

#[wasm_bindgen(module = "/js/roam.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = openKept)]
    async fn open_kept(app: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch)]
    async fn write(database: &JsValue, changes: Array) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch)]
    async fn call(host: &JsValue, name: &str, text: &str, bytes: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = dateOf)]
    fn date_of(host: &JsValue) -> Result<JsValue, JsValue>;
}

/// What this browser keeps of the other devices of the user, sealed, in a database beside that of the session.
pub struct Kept {
    database: JsValue,
    objects: BTreeMap<String, Vec<u8>>,
}

impl Kept {
    /// Opens it for the application with this id.
    ///
    /// # Errors
    /// What the browser says if it refuses its database.
    pub async fn open(app: &str) -> Result<Self, JsValue> {
        let found: Array = open_kept(app).await?.unchecked_into();
        let (names, values): (Array, Array) = (found.get(1).unchecked_into(), found.get(2).unchecked_into());
        let object =
            |(name, value): (JsValue, JsValue)| Some((name.as_string()?, value.dyn_ref::<Uint8Array>()?.to_vec()));
        let objects = names.iter().zip(values.iter()).filter_map(object).collect();
        Ok(Self { database: found.get(0), objects })
    }
}

/// Without names and contents.
impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").finish_non_exhaustive()
    }
}

/// Returns the key for a further device, by the code and the passphrase of another one.
///
/// Computing the key from the passphrase takes as long as the slot says, in which the page does not move.
///
/// # Errors
/// As for [`leftoff_roam::set_up::join`].
pub async fn join(host: &JsValue, invitation: Invitation, passphrase: &str) -> Result<Key, Error> {
    let (store, mut joining) = (DeferredStore::new(), Joining::new(invitation, passphrase));
    loop {
        match store.run(|store| joining.join(store)) {
            Ok(joined) => return joined,
            Err(request) => {
                let answer = answer_of(host, &request).await;
                store.answer(request, answer);
            }
        }
    }
}

/// Starts roaming; `store` is the one that was passed to [`Roam::new`], and `host` makes its calls.
///
/// Runs until the connection is closed or dropped, or the page may not write any more.
pub fn start(page: &Page, session: &Session, roam: Roam, store: DeferredStore, host: JsValue, kept: Kept) -> Roaming {
    let Kept { database, objects } = kept;
    let (roaming, steps) = roam.start_in_steps(session, &store, objects);
    let number = CONNECTIONS.with_borrow(Vec::len);
    steps.on_work(move || go(number));
    let connection = Rc::new(Connection {
        steps: RefCell::new(Some(steps)),
        store,
        host,
        database,
        timer: RefCell::default(),
        is_running: Cell::new(false),
        on_time: Closure::new(move || go(number)),
    });
    CONNECTIONS.with_borrow_mut(|connections| connections.push(Some(connection)));
    page.on_loss(move || leave(number));
    go(number);
    roaming
}

/// One session's connection to the store.
struct Connection {
    steps: RefCell<Option<Steps>>,
    store: DeferredStore,
    host: JsValue,
    database: JsValue,
    timer: RefCell<Option<JsValue>>,
    is_running: Cell<bool>,
    on_time: Closure<dyn Fn()>,
}

thread_local! {
    /// What wakes a connection must be able to cross threads, which a page does not have: it has a number. A connection that
    /// has ended is removed.
    static CONNECTIONS: RefCell<Vec<Option<Rc<Connection>>>> = const { RefCell::new(Vec::new()) };
}

fn connection(number: usize) -> Option<Rc<Connection>> {
    CONNECTIONS.with_borrow(|connections| connections.get(number).cloned().flatten())
}

/// Does what there is to do, soon: this may be called within a call of the session.
fn go(number: usize) {
    let Some(connection) = connection(number).filter(|connection| !connection.is_running.replace(true)) else { return };
    spawn_local(async move {
        let is_over = connection.run().await;
        connection.is_running.set(false);
        if is_over {
            end(number);
        }
    });
}

fn end(number: usize) {
    CONNECTIONS.with_borrow_mut(|connections| connections.get_mut(number).and_then(Option::take));
}

/// Another tab has the state now.
fn leave(number: usize) {
    let steps = connection(number).and_then(|connection| connection.steps.try_borrow_mut().ok()?.take());
    if let Some(steps) = steps {
        steps.leave_to_another();
        end(number);
    }
}

impl Connection {
    /// Goes on until there is nothing to do; returns whether there never will be.
    async fn run(&self) -> bool {
        if let Some(timer) = self.timer.take() {
            store::never(&timer);
        }
        loop {
            let step = self.with_steps(Steps::step);
            match step {
                Some(Step::Ask(request)) => {
                    let answer = answer_of(&self.host, &request).await;
                    if let Some(date) = date_by(&self.host) {
                        self.store.set_date(date);
                    }
                    self.with_steps(|steps| steps.answered(answer));
                }
                Some(Step::Write(changes)) => {
                    let written = write(&self.database, changes.iter().map(array_of).collect()).await;
                    let written = written.map(drop).map_err(|error| io::Error::from(refusal(&error).kind));
                    self.with_steps(|steps| steps.written(written));
                }
                Some(Step::Wait(time)) => {
                    let time = u32::try_from(time.as_millis()).unwrap_or(MOST).saturating_add(1);
                    *self.timer.borrow_mut() = Some(store::later(time.min(MOST), &self.on_time));
                    return false;
                }
                Some(Step::End) | None => return true,
            }
        }
    }

    fn with_steps<T>(&self, act: impl FnOnce(&mut Steps) -> T) -> Option<T> {
        self.steps.borrow_mut().as_mut().map(act)
    }
}

fn array_of((name, bytes): &Change) -> Array {
    match bytes {
        Some(bytes) => Array::of2(&name.into(), &Uint8Array::from(&**bytes)),
        None => Array::of1(&name.into()),
    }
}

fn date_by(host: &JsValue) -> Option<SystemTime> {
    let milliseconds = date_of(host).ok()?.as_f64().filter(|date| date.is_finite() && *date >= 0.0)?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(milliseconds / 1000.0).ok()?)
}

/// Makes a call of the host.
async fn answer_of(host: &JsValue, request: &Request) -> io::Result<Answer> {
    let nothing = JsValue::UNDEFINED;
    let answer = match request {
        Request::Put(name, bytes) => call(host, "put", name, &Uint8Array::from(&**bytes)).await,
        Request::Get(name) => call(host, "get", name, &nothing).await,
        Request::List(prefix) => call(host, "list", prefix, &nothing).await,
        Request::Delete(name) => call(host, "delete", name, &nothing).await,
        _ => return Err(io::ErrorKind::Unsupported.into()),
    };
    let answer = answer.map_err(|error| io::Error::from(kind_of(&error)))?;
    match request {
        Request::Get(_) if answer.is_null() => Err(io::ErrorKind::NotFound.into()),
        Request::Get(_) => {
            let bytes = answer.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec);
            bytes.map(Answer::Bytes).ok_or_else(|| io::ErrorKind::InvalidData.into())
        }
        Request::List(_) => {
            let names = answer.dyn_ref::<Array>().and_then(|names| names.iter().map(|name| name.as_string()).collect());
            // A name that is not text cannot be one of ours, but the listing can be half of one.
            names.map(Answer::Names).ok_or_else(|| io::ErrorKind::InvalidData.into())
        }
        _ => Ok(Answer::Done),
    }
}

/// What the host's error means. Its words are not kept: they may contain addresses and names.
fn kind_of(error: &JsValue) -> io::ErrorKind {
    let get = |name: &str| js_sys::Reflect::get(error, &name.into()).unwrap_or_default();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a status has three digits")]
    let status = get("status").as_f64().map(|status| status as u16);
    match (status, get("name").as_string().as_deref()) {
        (Some(404 | 410), _) | (None, Some("NotFoundError")) => io::ErrorKind::NotFound,
        (Some(409 | 412), _) => io::ErrorKind::AlreadyExists,
        (Some(401 | 403), _) => io::ErrorKind::PermissionDenied,
        (Some(429 | 503), _) => io::ErrorKind::ResourceBusy,
        (None, Some("TimeoutError" | "AbortError")) => io::ErrorKind::TimedOut,
        // What `fetch` rejects with if there is no network.
        (None, Some("TypeError")) => io::ErrorKind::ConnectionRefused,
        _ => io::ErrorKind::Other,
    }
}
