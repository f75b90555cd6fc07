//! The four calls, on a runtime of their own.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use futures_util::TryStreamExt;
use leftoff_roam::store::Store;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use tokio::runtime::{Builder, Runtime};

use crate::failure::failure;

/// An `object_store` as a store of leftoff-roam.
///
/// It has a thread with a tokio runtime of its own, so it works in programs with and without a runtime, and its calls may
/// come from either. Pass a store that nothing else uses: a client that is shared with another runtime shares its
/// connections with it, too. Objects are put under their names at the root; a `PrefixStore` puts them elsewhere.
///
/// `object_store` repeats failed requests itself, ten times in three minutes unless its `RetryConfig` says less. A call ends
/// after [`CALL_TIMEOUT`](Self::CALL_TIMEOUT) in any case; leftoff-roam repeats it later.
pub struct AsyncStore {
    store: Arc<dyn ObjectStore>,
    timeout: Duration,
    /// Always there until the end.
    runtime: Option<Runtime>,
}

impl AsyncStore {
    /// The time after which a call fails: one minute.
    pub const CALL_TIMEOUT: Duration = Duration::from_secs(60);

    /// A store that passes its calls to this one.
    ///
    /// # Errors
    /// If the system has no more threads.
    pub fn new(store: impl ObjectStore) -> io::Result<Self> {
        Self::with_timeout(store, Self::CALL_TIMEOUT)
    }

    fn with_timeout(store: impl ObjectStore, timeout: Duration) -> io::Result<Self> {
        let runtime =
            Builder::new_multi_thread().worker_threads(1).thread_name("leftoff-store").enable_all().build()?;
        Ok(Self { store: Arc::new(store), timeout, runtime: Some(runtime) })
    }

    /// Runs the call on the runtime's thread, and waits for it on this one.
    fn wait<T: Send + 'static>(
        &self,
        call: impl Future<Output = object_store::Result<T>> + Send + 'static,
    ) -> io::Result<T> {
        let (sender, receiver) = mpsc::channel();
        let timeout = self.timeout;
        let Some(runtime) = &self.runtime else { return Err(io::ErrorKind::Other.into()) };
        runtime.spawn(async move {
            let answer = tokio::time::timeout(timeout, call).await;
            // Nobody waits any more if the other end is gone.
            let _ = sender.send(answer);
        });
        match receiver.recv() {
            Ok(Ok(answer)) => answer.map_err(|error| failure(&error)),
            Ok(Err(_)) => Err(io::ErrorKind::TimedOut.into()),
            // The store panicked.
            Err(_) => Err(io::ErrorKind::Other.into()),
        }
    }
}

fn path(name: &str) -> io::Result<Path> {
    Path::parse(name).map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "not the name of an object"))
}

impl Store for AsyncStore {
    fn put(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let (store, path, bytes) = (Arc::clone(&self.store), path(name)?, PutPayload::from(bytes.to_vec()));
        self.wait(async move { store.put(&path, bytes).await.map(drop) })
    }

    fn get(&self, name: &str) -> io::Result<Vec<u8>> {
        let (store, path) = (Arc::clone(&self.store), path(name)?);
        self.wait(async move { Ok(store.get(&path).await?.bytes().await?.to_vec()) })
    }

    fn list(&self, prefix: &str) -> io::Result<Vec<String>> {
        // A prefix of `object_store` ends where a part of the name ends.
        let parent = prefix.rsplit_once('/').map(|(parent, _)| path(parent)).transpose()?;
        let names = self.store.list(parent.as_ref());
        let prefix = prefix.to_owned();
        self.wait(async move {
            let names: Vec<String> = names.map_ok(|object| object.location.to_string()).try_collect().await?;
            Ok(names.into_iter().filter(|name| name.starts_with(&prefix)).collect())
        })
    }

    fn delete(&self, name: &str) -> io::Result<()> {
        let (store, path) = (Arc::clone(&self.store), path(name)?);
        match self.wait(async move { store.delete(&path).await }) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done,
        }
    }
}

impl Drop for AsyncStore {
    fn drop(&mut self) {
        // A runtime that is dropped in the ordinary way waits, and panics if a host drops it inside its own runtime.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Without what is stored: some stores print it.
impl fmt::Debug for AsyncStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncStore").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
