//! The flusher thread: does the store's work until the session ends, and sleeps without a timer while there is no work.

use std::io;
use std::sync::Arc;

use crate::fork::steady;
use crate::store::Store;
use crate::sync::caught;
use crate::sync::thread::{self, JoinHandle};

pub(crate) fn spawn(store: &Arc<Store>) -> io::Result<JoinHandle<()>> {
    let store = Arc::clone(store);
    thread::Builder::new().name("leftoff".into()).spawn(move || run(&store))
}

fn run(store: &Store) {
    while !store.inner.lock().life.is_ending() {
        // A panic in a round must not end the thread: nothing would be synced from then on, and nothing would report it.
        if caught(|| turn(store)).is_none() {
            store.recover();
            store.tell();
            store.wait_after_panic();
        }
    }
    store.finish();
}

/// Does one round of work, then sleeps until the next.
fn turn(store: &Store) {
    steady(|| store.round());
    store.tell();
    let mut guard = store.inner.lock();
    // Requests are queued under this lock, so this thread either sees one here or is woken below.
    let now = store.now();
    if guard.life.is_ending() || guard.is_busy(now, &store.settings) {
        return;
    }
    // Computed under the lock that is held until the sleep begins: a write since the round found this thread awake, and
    // its fsync must not wait for the next write.
    let at = guard.wake_up_at(now, &store.settings);
    guard.wakes_at = at;
    match at.map(|at| at.saturating_sub(now.monotonic)) {
        Some(timeout) => drop(store.wake.wait_for(&mut guard, timeout)),
        None => store.wake.wait(&mut guard),
    }
    guard.wakes_at = None;
}
