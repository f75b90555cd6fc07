//! One page: opens the database, keeps it up with the session, and tells the session of the page's events.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io;
use std::rc::{Rc, Weak};
use std::time::Duration;

use leftoff::backend::FrameId;
use leftoff::{Builder, ErrorKind, InterruptHandle, Reason, Session};
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::spawn_local;

use crate::backend::{Listener, PageBackend};
use crate::queue::{Change, Queue, Refusal};
use crate::{key, store};

/// A session, and the page that stores it.
#[derive(Debug)]
pub struct Opened {
    /// The session, with the state that was found.
    pub session: Session,
    /// What stores it. Keep it as long as the session.
    pub page: Page,
}

/// Whether this page may write the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Access {
    /// It writes.
    Writes,
    /// Another tab had the state when this page opened it: the session has a copy, and stores nothing.
    Copy,
    /// The other tab was closed. Open the session again to continue with what that tab saved.
    Free,
    /// Another tab [took over](take_over): the session stores nothing from then on.
    TakenOver,
    /// The browser refused its database, or removed it: the session stores nothing.
    Refused,
}

/// Stores the session of a page, does its pending work, and reports the page's events to it.
///
/// Dropping it stops that, and lets another tab write.
pub struct Page {
    inner: Rc<Inner>,
    listening: JsValue,
    lock: JsValue,
}

struct Inner {
    app: String,
    backend: PageBackend,
    database: RefCell<Option<JsValue>>,
    session: RefCell<Option<InterruptHandle>>,
    access: Cell<Access>,
    /// Frames in the journal whose transaction failed: of use until a later one succeeds.
    stale: RefCell<Vec<String>>,
    timer: RefCell<Option<JsValue>>,
    /// The user has left the page, and has not come back.
    left: Cell<bool>,
    told: Closure<dyn Fn(String)>,
    on_time: Closure<dyn Fn()>,
    on_free: Closure<dyn Fn()>,
    on_lost: Closure<dyn Fn()>,
    on_closed: Closure<dyn Fn()>,
    /// Called after each change of what is stored, or may be.
    watchers: RefCell<Vec<Box<dyn Fn()>>>,
    /// Waits for the next such change.
    waiting: RefCell<Vec<js_sys::Function>>,
}

/// Opens the session of this builder with the state in the browser's database, and keeps it there.
///
/// Never fails: if the browser has no database, or refuses it, the session is
/// [`Unavailable`](leftoff::Outcome::Unavailable), and the reason is in its status. If another tab has the state open, the
/// session has a copy of it: see [`Page::access`].
///
/// The builder's backend is replaced, and its session has no thread.
pub async fn open(builder: Builder) -> Opened {
    open_as(builder, false).await
}

/// Opens like [`open`], and takes the state from another tab that has it open. That tab stores nothing from then on.
///
/// What the other tab has not stored yet is not in this session. If it stores it nevertheless, because a transaction was
/// under way, that is a state of its own: see [`Session::other_states`].
pub async fn take_over(builder: Builder) -> Opened {
    open_as(builder, true).await
}

async fn open_as(builder: Builder, take: bool) -> Opened {
    let app = builder.app().as_str().to_owned();
    let inner = Rc::new_cyclic(|weak: &Weak<Inner>| {
        let calls = |act: fn(&Rc<Inner>)| {
            let weak = weak.clone();
            Closure::<dyn Fn()>::new(move || {
                if let Some(inner) = weak.upgrade() {
                    act(&inner);
                }
            })
        };
        let told = weak.clone();
        Inner {
            backend: PageBackend::new(Queue::default(), Told { app: app.clone(), page: register(weak.clone()) }),
            database: RefCell::default(),
            session: RefCell::default(),
            access: Cell::new(Access::Writes),
            stale: RefCell::default(),
            timer: RefCell::default(),
            left: Cell::new(false),
            told: Closure::new(move |word: String| {
                if let Some(inner) = told.upgrade() {
                    inner.hear(&word);
                }
            }),
            on_time: calls(|inner| {
                inner.work();
                inner.tell();
            }),
            on_free: calls(|inner| inner.become_one(Access::Free)),
            on_lost: calls(|inner| {
                inner.backend.queue().held = Some(busy("another tab has taken over the state"));
                inner.become_one(Access::TakenOver);
            }),
            on_closed: calls(Inner::reopen),
            watchers: RefCell::default(),
            waiting: RefCell::default(),
            app,
        }
    });
    let lock = store::acquire(&inner.app, take, &inner.on_free, &inner.on_lost).await;
    let is_owner = store::is_held(&lock);
    match inner.load(is_owner).await {
        Ok(()) if is_owner => {}
        Ok(()) => {
            inner.backend.queue().held = Some(busy("the state is open in another tab"));
            inner.access.set(Access::Copy);
        }
        Err(error) => {
            inner.backend.queue().unreadable = Some(store::refusal(&error));
            inner.access.set(Access::Refused);
        }
    }
    // Every transaction is durable by itself, so there is nothing to wait for.
    let session = builder.backend(inner.backend.clone()).without_thread().sync_every(Duration::ZERO).open();
    *inner.session.borrow_mut() = Some(session.interrupt_handle());
    let listening = store::listen(&inner.told);
    inner.work();
    Opened { session, page: Page { inner, listening, lock } }
}

fn busy(why: &str) -> Refusal {
    Refusal::new(io::ErrorKind::ResourceBusy, why)
}

impl Page {
    /// Returns whether this page may write the state. Changes by itself: see [`on_change`](Self::on_change).
    pub fn access(&self) -> Access {
        self.inner.access.get()
    }

    /// Waits until the database has confirmed everything that the session has captured, for a *save* button.
    ///
    /// `session` is the one that was opened with this page. Returns `false` if the database refused something, or if
    /// nothing can be stored: [`Session::status`] says why, and everything is tried again.
    pub fn saved(&self, session: &mut Session) -> impl Future<Output = bool> + use<> {
        // It cannot wait here. A time-out means that everything is on its way to the database.
        let is_on_its_way = session.flush().map_or_else(|error| error.kind() == ErrorKind::TimedOut, |()| true);
        let inner = Rc::clone(&self.inner);
        async move {
            let turn = inner.backend.queue().turn();
            loop {
                inner.pump(false);
                let is_over = |queue: &Queue| !queue.is_running() || queue.turn() != turn;
                if is_over(&inner.backend.queue()) {
                    break;
                }
                inner.next_change().await;
            }
            // The session hears of a failure when it asks, some milliseconds later.
            while inner.backend.queue().has_failed() && inner.timer.borrow().is_some() {
                inner.next_change().await;
            }
            let queue = inner.backend.queue();
            is_on_its_way && queue.turn() == turn && queue.is_settled() && inner.access.get() == Access::Writes
        }
    }

    /// Calls `act` whenever the database has confirmed or refused something, or [`access`](Self::access) has changed, for
    /// an indicator such as "saved". The session may be used in it.
    pub fn on_change(&self, act: impl Fn() + 'static) {
        self.inner.watchers.borrow_mut().push(Box::new(act));
    }

    /// Calls `act` once this page may not write any more.
    #[cfg(feature = "roam")]
    pub(crate) fn on_loss(&self, act: impl Fn() + 'static) {
        let inner = Rc::downgrade(&self.inner);
        let look = move || {
            if inner.upgrade().is_some_and(|inner| inner.access.get() != Access::Writes) {
                act();
            }
        };
        look();
        self.on_change(look);
    }

    /// Asks the browser to keep the data of this site when space runs short. Returns whether it will; some browsers ask the
    /// user.
    pub async fn persist() -> bool {
        store::persist().await.is_truthy()
    }

    /// Returns whether the browser had discarded this page in the background, to save memory, and has loaded it anew.
    pub fn was_discarded() -> bool {
        store::was_discarded()
    }
}

impl Inner {
    /// Reads the database, and the journal of frames that did not reach it.
    async fn load(self: &Rc<Self>, is_owner: bool) -> Result<(), JsValue> {
        let database = store::open_database(&self.app, &self.on_closed).await?;
        let frames = store::read_all(&database).await?;
        *self.database.borrow_mut() = Some(database);
        let mut queue = self.backend.queue();
        *queue = Queue::new(frames);
        // In order, because no frame is accepted without its predecessor. What is refused is in the database already, or
        // the beginning of its log never got there.
        let mut journal = store::journal(&self.app);
        journal.sort_unstable_by_key(|(id, _)| *id);
        let mut useless = Vec::new();
        for (id, bytes) in journal {
            if queue.create(id, &bytes).is_err() {
                useless.push(key::of_frame(id));
            }
        }
        drop(queue);
        if is_owner {
            store::journal_remove(&self.app, useless);
            self.pump(false);
        }
        Ok(())
    }

    /// Gives the database what it does not have. Without `at_once`, one transaction follows the other.
    ///
    /// If the page is killed before the transaction begins, the frames are in the journal; if it is killed later, the
    /// browser completes the transaction.
    fn pump(self: &Rc<Self>, at_once: bool) {
        let may_write = matches!(self.access.get(), Access::Writes);
        let Some(database) = self.database.borrow().clone().filter(|_| may_write) else { return };
        let Some(batch) = self.backend.queue().take(at_once) else { return };
        store::set_unsaved(&self.app, true, &self.told);
        let inner = Rc::clone(self);
        spawn_local(async move {
            let result = store::apply(&database, &batch.changes).await;
            let created = batch.changes.iter().filter_map(|change| match change {
                Change::Create(id, _) => Some(key::of_frame(*id)),
                Change::Remove(..) => None,
            });
            match result {
                Ok(()) => {
                    inner.backend.queue().confirm(&batch);
                    let stale = inner.stale.take();
                    store::journal_remove(&inner.app, created.chain(stale).collect());
                }
                Err(error) => {
                    inner.stale.borrow_mut().extend(created);
                    inner.backend.queue().fail(&batch, store::refusal(&error));
                }
            }
            inner.work();
            inner.pump(false);
            if !inner.backend.queue().is_running() {
                store::set_unsaved(&inner.app, false, &inner.told);
            }
            inner.tell();
        });
    }

    /// Does the session's pending work, now and when more is due.
    fn work(self: &Rc<Self>) {
        if let Some(timer) = self.timer.take() {
            store::never(&timer);
        }
        let session = self.session.borrow().clone();
        if let Some(next) = session.and_then(|session| session.run_pending()) {
            let next = u32::try_from(next.as_millis()).unwrap_or(u32::MAX).saturating_add(1);
            *self.timer.borrow_mut() = Some(store::later(next.min(MOST), &self.on_time));
        }
    }

    /// An event of the page. Nothing waits here: what the session writes is in the journal when this returns, and in a
    /// transaction before the page is gone.
    fn hear(self: &Rc<Self>, word: &str) {
        let Some(session) = self.session.borrow().clone() else { return };
        // A page that is left is hidden afterwards, which is no reason of its own.
        let is_left = self.left.replace(matches!(word, "left" | "kept") || (self.left.get() && word != "visible"));
        // The database confirms later, which the session reports as a time-out.
        match word {
            "hidden" | "frozen" if !is_left => drop(session.interrupted(Reason::FocusLost, Duration::ZERO)),
            "kept" => drop(session.interrupted(Reason::Exit, Duration::ZERO)),
            "left" => drop(session.ending(Reason::Exit, Duration::ZERO)),
            "visible" => session.resumed(),
            _ => {}
        }
        self.pump(true);
    }

    fn become_one(&self, access: Access) {
        if self.access.get() != Access::Refused {
            self.access.set(access);
        }
        self.tell();
    }

    /// The browser closed the database, because its data was removed. The session writes everything to a new one.
    fn reopen(self: &Rc<Self>) {
        self.database.take();
        self.backend.queue().lose(Refusal::new(io::ErrorKind::NotFound, "the browser removed the stored data"));
        let inner = Rc::clone(self);
        spawn_local(async move {
            match store::open_database(&inner.app, &inner.on_closed).await {
                Ok(database) => *inner.database.borrow_mut() = Some(database),
                Err(error) => {
                    inner.backend.queue().held = Some(store::refusal(&error));
                    inner.access.set(Access::Refused);
                }
            }
            inner.work();
            inner.pump(false);
            inner.tell();
        });
    }

    fn tell(&self) {
        for resolve in self.waiting.take() {
            drop(resolve.call0(&JsValue::UNDEFINED));
        }
        for watcher in self.watchers.borrow().iter() {
            watcher();
        }
    }

    async fn next_change(&self) {
        let promise = js_sys::Promise::new(&mut |resolve, _| self.waiting.borrow_mut().push(resolve));
        drop(wasm_bindgen_futures::JsFuture::from(promise).await);
    }
}

/// The longest time that a timer of a browser takes, about 25 days.
pub(crate) const MOST: u32 = i32::MAX as u32;

impl Drop for Page {
    fn drop(&mut self) {
        store::unlisten(&self.listening);
        if let Some(timer) = self.inner.timer.take() {
            store::never(&timer);
        }
        // What is captured until now is written; the last transaction goes on without this page.
        self.inner.pump(true);
        self.inner.access.set(Access::Free);
        store::release(&self.lock);
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page").field("access", &self.access()).finish_non_exhaustive()
    }
}

thread_local! {
    /// The backend must be able to cross threads, which a page does not have and its objects cannot: it has a number.
    static PAGES: RefCell<Vec<Weak<Inner>>> = const { RefCell::new(Vec::new()) };
}

fn register(page: Weak<Inner>) -> usize {
    PAGES.with_borrow_mut(|pages| {
        pages.push(page);
        pages.len() - 1
    })
}

struct Told {
    app: String,
    page: usize,
}

impl Listener for Told {
    fn created(&self, id: FrameId, bytes: &[u8]) {
        store::journal_add(&self.app, &key::of_frame(id), bytes);
    }

    fn changed(&self) {
        self.soon(|page| page.pump(false));
    }

    fn refused(&self) {
        self.soon(Inner::work);
    }
}

impl Told {
    /// Not now: the session is in the middle of its call.
    fn soon(&self, act: fn(&Rc<Inner>)) {
        if let Some(page) = PAGES.with_borrow(|pages| pages.get(self.page)?.upgrade()) {
            spawn_local(async move { act(&page) });
        }
    }
}
