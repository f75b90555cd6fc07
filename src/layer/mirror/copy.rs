//! The thread that copies to the second backend. Only this thread calls it.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use super::state::MirrorState;
use crate::backend::{Backend, Error, FrameId, Generation, LayerKind, Result};
use crate::sorted::SortedSet;

/// What the first backend has done.
#[derive(Debug)]
pub(super) enum Order {
    Copy(FrameId),
    Remove(Generation),
}

/// A question to the second backend, from a thread that waits for a limited time.
enum Question {
    Generations(SyncSender<Vec<Generation>>),
    /// All frames of a generation, in order; no answer if one of them cannot be read.
    Frames(Generation, SyncSender<Vec<Vec<u8>>>),
}

/// Opens the second backend.
type Open = Box<dyn Fn() -> Result<Box<dyn Backend>> + Send>;

/// The first pause after a failure, and the longest.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(60));
/// Above this number of orders, the thread compares both backends instead, so that a second one that never answers costs
/// no memory.
const MOST_ORDERS: usize = 1024;

#[derive(Default)]
struct Inbox {
    orders: VecDeque<Order>,
    questions: Vec<Question>,
    /// Whether both backends must be compared, as at the start.
    compare: bool,
    is_closed: bool,
    /// Whether the thread has ended, and closed the second backend.
    has_ended: bool,
    layers: Option<Vec<LayerKind>>,
    states: Vec<MirrorState>,
    /// What was reported last.
    last: (bool, Option<String>),
}

#[derive(Default)]
struct Post {
    inbox: Mutex<Inbox>,
    arrived: Condvar,
    ended: Condvar,
}

/// The owner's end of the thread. Dropping it lets the thread finish what it can copy without a failure, and waits for
/// that for at most [`CLOSE_WAIT`].
pub(super) struct Copier(Arc<Post>);

/// How long the end of a session waits for the copy of its last frames.
const CLOSE_WAIT: Duration = Duration::from_millis(250);
/// How often a second backend that is in use is tried, while someone waits for an answer.
const BUSY_EVERY: Duration = Duration::from_millis(20);

impl Copier {
    pub(super) fn start(first: Arc<dyn Backend>, open: impl Fn() -> Result<Box<dyn Backend>> + Send + 'static) -> Self {
        let post = Arc::new(Post::default());
        post.inbox.lock().compare = true;
        let worker = Worker { post: Arc::clone(&post), first, open: Box::new(open), second: None, pause: PAUSE.0 };
        if thread::Builder::new().name("leftoff-mirror".into()).spawn(move || worker.run()).is_err() {
            post.inbox.lock().has_ended = true;
            post.report(false, Some("the system starts no thread, so nothing is copied".to_owned()));
        }
        Self(post)
    }

    pub(super) fn report_to(&self, state: &MirrorState) {
        let mut inbox = self.0.inbox.lock();
        let (is_complete, failing) = inbox.last.clone();
        state.set(is_complete && inbox.orders.is_empty(), failing);
        inbox.states.push(state.clone());
    }

    /// Returns the layers of the second backend, once it is open.
    pub(super) fn layers(&self) -> Option<Vec<LayerKind>> {
        self.0.inbox.lock().layers.clone()
    }

    pub(super) fn order(&self, order: Order) {
        let mut inbox = self.0.inbox.lock();
        if inbox.orders.len() < MOST_ORDERS {
            inbox.orders.push_back(order);
        } else if let Order::Copy(_) = order {
            // Removals that are waiting stay in the queue; the copies in it are found by the comparison.
            inbox.orders.retain(|order| matches!(order, Order::Remove(_)));
            inbox.compare = true;
        }
        inbox.last.0 = false;
        inbox.states.iter().for_each(|state| state.set(false, state.failing()));
        drop(inbox);
        self.0.arrived.notify_one();
    }

    pub(super) fn generations(&self, wait: Duration) -> Option<Vec<Generation>> {
        self.ask(Question::Generations, wait)
    }

    pub(super) fn read_all(&self, generation: Generation, wait: Duration) -> Option<Vec<Vec<u8>>> {
        self.ask(|answer| Question::Frames(generation, answer), wait)
    }

    fn ask<T>(&self, question: impl FnOnce(SyncSender<T>) -> Question, wait: Duration) -> Option<T> {
        let (answer, answered) = sync_channel(1);
        self.0.inbox.lock().questions.push(question(answer));
        self.0.arrived.notify_one();
        answered.recv_timeout(wait).ok()
    }
}

impl Drop for Copier {
    fn drop(&mut self) {
        let mut inbox = self.0.inbox.lock();
        inbox.is_closed = true;
        self.0.arrived.notify_one();
        let until = Instant::now() + CLOSE_WAIT;
        while !inbox.has_ended && !self.0.ended.wait_until(&mut inbox, until).timed_out() {}
    }
}

impl Post {
    /// Returns whether the removal of a generation is waiting.
    fn is_removed(&self, generation: Generation) -> bool {
        let inbox = self.inbox.lock();
        inbox.orders.iter().any(|order| matches!(order, Order::Remove(removed) if *removed == generation))
    }

    fn report(&self, is_complete: bool, failing: Option<String>) {
        let mut inbox = self.inbox.lock();
        let is_complete = is_complete && inbox.orders.is_empty() && !inbox.compare;
        inbox.last = (is_complete, failing.clone());
        inbox.states.iter().for_each(|state| state.set(is_complete, failing.clone()));
    }
}

struct Worker {
    post: Arc<Post>,
    first: Arc<dyn Backend>,
    open: Open,
    second: Option<Box<dyn Backend>>,
    pause: Duration,
}

impl Worker {
    fn run(mut self) {
        // The panic message is dropped, because it may contain user input.
        if crate::sync::caught(|| self.work()).is_none() {
            self.post.report(false, Some("the second backend panicked, so nothing is copied".to_owned()));
        }
        self.second = None;
        self.post.inbox.lock().has_ended = true;
        self.post.ended.notify_all();
    }

    fn work(&mut self) {
        loop {
            self.answer();
            match self.round() {
                Ok(()) => {
                    self.pause = PAUSE.0;
                    self.post.report(true, None);
                    if !self.wait(None) {
                        return;
                    }
                }
                Err(error) => {
                    self.post.inbox.lock().compare = true;
                    self.post.report(false, Some(error.to_string()));
                    let pause = self.pause;
                    self.pause = (pause * 2).min(PAUSE.1);
                    if !self.wait(Some(pause)) {
                        return;
                    }
                }
            }
        }
    }

    /// Waits for work, or until it is time to try again. Returns `false` if nothing is left to do for a closed mirror.
    fn wait(&self, pause: Option<Duration>) -> bool {
        let until = pause.map(|pause| Instant::now() + pause);
        let mut inbox = self.post.inbox.lock();
        loop {
            let is_idle = inbox.orders.is_empty() && !inbox.compare;
            match until {
                // After a failure, a closed mirror gives up: the next launch compares.
                Some(_) if inbox.is_closed => return false,
                Some(_) if !inbox.questions.is_empty() => return true,
                Some(until) => {
                    if self.post.arrived.wait_until(&mut inbox, until).timed_out() {
                        return true;
                    }
                }
                None if !inbox.questions.is_empty() || !is_idle => return true,
                None if inbox.is_closed => return false,
                None => self.post.arrived.wait(&mut inbox),
            }
        }
    }

    fn answer(&mut self) {
        let post = Arc::clone(&self.post);
        let questions = std::mem::take(&mut post.inbox.lock().questions);
        for question in questions {
            let Some(second) = self.second_in_time() else { continue };
            // The one who asked may have given up.
            match question {
                // Its removal is waiting behind this question, or failed.
                Question::Frames(generation, _) if post.is_removed(generation) => {}
                Question::Generations(answer) => drop(second.generations().map(|all| answer.send(all))),
                Question::Frames(generation, answer) => {
                    drop(read_all(second, generation).map(|frames| answer.send(frames)));
                }
            }
        }
    }

    /// Opens the second backend for someone who waits. A former session or process may still be closing it.
    fn second_in_time(&mut self) -> Option<&dyn Backend> {
        let until = Instant::now() + super::HEAL_WAIT;
        while let Err(error) = self.second() {
            let is_busy = matches!(&error, Error::Unavailable(error) if is_busy(error.kind()));
            if !is_busy || Instant::now() > until {
                return None;
            }
            thread::sleep(BUSY_EVERY);
        }
        self.second.as_deref()
    }

    fn second(&mut self) -> Result<&dyn Backend> {
        if self.second.is_none() {
            let second = (self.open)()?;
            self.post.inbox.lock().layers = Some(second.layers());
            self.second = Some(second);
        }
        self.second.as_deref().ok_or(Error::Underway)
    }

    /// Carries out everything that waits.
    fn round(&mut self) -> Result<()> {
        let compare = std::mem::take(&mut self.post.inbox.lock().compare);
        let first = Arc::clone(&self.first);
        self.second()?;
        if compare {
            // What was created since is in the queue as well, and found to be there.
            copy_missing(&*first, self.second()?)?;
        }
        while let Some(order) = self.next_order() {
            let second = self.second()?;
            match &order {
                Order::Copy(id) => copy(&*first, second, *id)?,
                Order::Remove(generation) => {
                    if let Err(error) = second.remove(*generation) {
                        self.post.inbox.lock().orders.push_front(order);
                        return Err(error);
                    }
                }
            }
            if !self.post.inbox.lock().questions.is_empty() {
                self.answer();
            }
        }
        self.second()?.sync()
    }

    fn next_order(&self) -> Option<Order> {
        self.post.inbox.lock().orders.pop_front()
    }
}

fn is_busy(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::ResourceBusy | io::ErrorKind::WouldBlock)
}

fn read_all(backend: &dyn Backend, generation: Generation) -> Result<Vec<Vec<u8>>> {
    let frames = backend.frames(generation)?;
    // A generation whose beginning is missing has no frame in its place.
    let is_whole = (0..).zip(&frames).all(|(place, index): (u32, _)| place == *index);
    if frames.is_empty() || !is_whole {
        return Err(Error::NotFound("the copy does not have the whole generation".into()));
    }
    frames.into_iter().map(|index| backend.read(FrameId { generation, index })).collect()
}

/// Stores a generation again, in place of what the backend has of it.
pub(super) fn rewrite(backend: &dyn Backend, generation: Generation, frames: &[Vec<u8>]) -> Result<()> {
    backend.remove(generation)?;
    for (index, bytes) in (0..).zip(frames) {
        backend.create(FrameId { generation, index }, bytes)?;
    }
    Ok(())
}

/// Copies one frame, unless it was removed since, or cannot be read.
fn copy(first: &dyn Backend, second: &dyn Backend, id: FrameId) -> Result<()> {
    match copy_frames(first, second, id.generation, [id.index]) {
        // The frames before it are missing, for example because the copy was deleted.
        Err(Error::OutOfOrder) => copy_missing(first, second),
        copied => copied,
    }
}

/// Copies everything that the second backend does not list.
fn copy_missing(first: &dyn Backend, second: &dyn Backend) -> Result<()> {
    for generation in first.generations()? {
        let has: SortedSet<_> = second.frames(generation)?.into_iter().collect();
        let lacks = first.frames(generation)?.into_iter().filter(|index| !has.contains(index));
        match copy_frames(first, second, generation, lacks) {
            // A directory does not continue what an earlier process began.
            Err(Error::OutOfOrder) => replace(first, second, generation)?,
            copied => copied?,
        }
    }
    Ok(())
}

/// Copies these frames, up to the first that cannot be read: what follows it would not be in order.
fn copy_frames(
    first: &dyn Backend,
    second: &dyn Backend,
    generation: Generation,
    indexes: impl IntoIterator<Item = u32>,
) -> Result<()> {
    for index in indexes {
        let id = FrameId { generation, index };
        match first.read(id) {
            Ok(bytes) => match second.create(id, &bytes) {
                Ok(()) | Err(Error::Taken) => {}
                Err(error) => return Err(error),
            },
            Err(Error::Unavailable(error)) => return Err(error.into()),
            Err(_) => break,
        }
    }
    Ok(())
}

/// Copies a generation again from its beginning, if the first backend has all of it. If the process dies after the
/// removal, the copy lacks frames that the first backend has, and the next launch copies the generation again.
fn replace(first: &dyn Backend, second: &dyn Backend, generation: Generation) -> Result<()> {
    match read_all(first, generation) {
        Ok(frames) => rewrite(second, generation, &frames),
        Err(Error::Unavailable(error)) => Err(error.into()),
        // The frames that the copy has may be the only good ones.
        Err(_) => Ok(()),
    }
}
