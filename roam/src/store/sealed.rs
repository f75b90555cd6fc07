//! What this device keeps of the others, sealed like what is sent.

use std::io;

use leftoff_seal::{ErrorKind, Sealer};

use super::Store;
use crate::name::OUTBOX;

/// A store whose objects are sealed, each under its name.
#[derive(Debug)]
pub(crate) struct SealedStore<S> {
    store: S,
    sealer: Sealer,
}

impl<S: Store> SealedStore<S> {
    pub(crate) fn new(store: S, sealer: Sealer) -> Self {
        Self { store, sealer }
    }
}

/// Returns the reason if the key, and not the directory, is the cause of an error.
pub(crate) fn key_trouble(error: &io::Error) -> Option<ErrorKind> {
    error.get_ref()?.downcast_ref::<leftoff_seal::Error>().map(leftoff_seal::Error::kind)
}

/// Sealed already: the bytes that are sent.
fn is_sealed(name: &str) -> bool {
    name.starts_with(OUTBOX)
}

/// Unlike that of a publication, so that none can be planted as the other.
fn context(name: &str) -> Vec<u8> {
    [b"here/", name.as_bytes()].concat()
}

fn without_key(error: leftoff_seal::Error) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, error)
}

impl<S: Store> Store for SealedStore<S> {
    fn put(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        if is_sealed(name) {
            return self.store.put(name, bytes);
        }
        self.store.put(name, &self.sealer.seal(&context(name), bytes).map_err(without_key)?)
    }

    /// A damaged object is returned as an empty one, which its reader takes for damaged. A missing key is an error, because
    /// what it opens may be whole.
    fn get(&self, name: &str) -> io::Result<Vec<u8>> {
        let bytes = self.store.get(name)?;
        if is_sealed(name) {
            return Ok(bytes);
        }
        self.sealer.open(&context(name), &bytes).or_else(|error| match error.kind() {
            ErrorKind::Damaged | ErrorKind::Torn | ErrorKind::Moved | ErrorKind::NotSealed => Ok(Vec::new()),
            _ => Err(without_key(error)),
        })
    }

    fn list(&self, prefix: &str) -> io::Result<Vec<String>> {
        self.store.list(prefix)
    }

    fn delete(&self, name: &str) -> io::Result<()> {
        self.store.delete(name)
    }
}
