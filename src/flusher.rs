//! The one thread: it does the store's work until it is told to stop, and sleeps without a timer while there is none.

use std::io;
use std::sync::Arc;

use crate::store::Store;
use crate::sync::thread::{self, JoinHandle};

pub(crate) fn spawn(store: &Arc<Store>) -> io::Result<JoinHandle<()>> {
    let store = Arc::clone(store);
    thread::Builder::new().name("leftoff".into()).spawn(move || run(&store))
}

fn run(store: &Store) {
    loop {
        store.work();
        let mut guard = store.inner.lock();
        if guard.orders.stop {
            drop(guard);
            return store.finish();
        }
        // Whoever gave an order while we worked did so under this lock, so it is seen here or it wakes us below.
        let (now, sync_every) = (store.now(), store.settings.sync_every);
        if guard.is_busy(now, sync_every) {
            continue;
        }
        // Asked under the lock that is held until we sleep: whoever wrote since the work was done found us awake, and what
        // they wrote must not wait for the next write to be synced.
        match guard.next_deadline(now, sync_every) {
            Some(timeout) => drop(store.wake.wait_for(&mut guard, timeout)),
            None => store.wake.wait(&mut guard),
        }
    }
}
