//! The one thread: it does the store's work until it is told to stop, and sleeps without a timer while there is none.

use std::io;
use std::sync::Arc;

use crate::store::Store;
use crate::sync::caught;
use crate::sync::thread::{self, JoinHandle};

pub(crate) fn spawn(store: &Arc<Store>) -> io::Result<JoinHandle<()>> {
    let store = Arc::clone(store);
    thread::Builder::new().name("leftoff".into()).spawn(move || run(&store))
}

fn run(store: &Store) {
    while !store.inner.lock().orders.stop {
        // A panic in a round must not end the thread: nothing would be synced any more, and nobody would know.
        if caught(|| turn(store)).is_none() {
            store.recover();
            store.wait_after_panic();
        }
    }
    store.finish();
}

/// One round of work, and the sleep after it.
fn turn(store: &Store) {
    store.round();
    let mut guard = store.inner.lock();
    // Whoever gave an order while we worked did so under this lock, so it is seen here or it wakes us below.
    let now = store.now();
    if guard.orders.stop || guard.is_busy(now, &store.settings) {
        return;
    }
    // Asked under the lock that is held until we sleep: whoever wrote since the work was done found us awake, and what
    // they wrote must not wait for the next write to be synced.
    match guard.next_deadline(now, &store.settings) {
        Some(timeout) => drop(store.wake.wait_for(&mut guard, timeout)),
        None => store.wake.wait(&mut guard),
    }
}
