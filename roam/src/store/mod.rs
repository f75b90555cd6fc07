//! The storage of publications: four calls that a directory, a bucket or a server of the application can answer.

mod deferred;
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
mod folder;
mod memory;
mod sealed;

use std::fmt::Debug;
use std::io;
use std::sync::Arc;
use std::time::SystemTime;

pub use deferred::{Answer, DeferredStore, Request};
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub use folder::FolderStore;
pub use memory::MemoryStore;
pub(crate) use sealed::{SealedStore, key_trouble};

/// Objects under names that their writer chooses.
///
/// The replicator needs no conditional write, no lock and no order. It puts each object under a name that contains the
/// hash of its bytes, so putting it again changes nothing, and checks the hash of each object that it gets. All calls
/// come from its thread and may block; a store bounds the time of each call itself.
///
/// [`testing::conformance`](crate::testing::conformance) checks a store.
///
/// # Errors
/// `NotFound` from [`get`](Self::get) means that there is no such object. Every other error means that the store cannot
/// be used at present: the replicator retries later, and shows that it is offline. Errors must not contain keys, tokens
/// or contents.
pub trait Store: Debug + Send + Sync + 'static {
    /// Stores an object. When it returns, every later [`get`](Self::get) returns either all of its bytes or `NotFound`,
    /// and the object survives a power cut of the store.
    ///
    /// Putting the same bytes under the same name again succeeds. A store that cannot replace objects may answer
    /// `AlreadyExists`; the caller then reads the object back and compares.
    ///
    /// # Errors
    /// Any error may also mean that the object was stored.
    fn put(&self, name: &str, bytes: &[u8]) -> io::Result<()>;

    /// Returns the bytes of an object.
    ///
    /// # Errors
    /// `NotFound` if there is no such object.
    fn get(&self, name: &str) -> io::Result<Vec<u8>>;

    /// Returns all names that begin with `prefix`, in any order. Names may be missing that were put or deleted a moment
    /// ago.
    ///
    /// # Errors
    /// If the store cannot be used. A listing of which only a part could be fetched is an error.
    fn list(&self, prefix: &str) -> io::Result<Vec<String>>;

    /// Removes an object; removing one that is not there succeeds.
    ///
    /// # Errors
    /// If the store cannot be used.
    fn delete(&self, name: &str) -> io::Result<()>;

    /// Returns the present time by the clock of the store, if it has told it: the `Date` of the last answer, with the
    /// time added that has passed since.
    ///
    /// Without it, the clock of this device is not checked. The default returns `None`.
    fn date(&self) -> Option<SystemTime> {
        None
    }
}

macro_rules! forward {
    ($($pointer:ty),+) => {$(
        impl<S: Store + ?Sized> Store for $pointer {
            fn put(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
                S::put(self, name, bytes)
            }

            fn get(&self, name: &str) -> io::Result<Vec<u8>> {
                S::get(self, name)
            }

            fn list(&self, prefix: &str) -> io::Result<Vec<String>> {
                S::list(self, prefix)
            }

            fn delete(&self, name: &str) -> io::Result<()> {
                S::delete(self, name)
            }

            // Without this line, a store behind a pointer would not tell the time.
            fn date(&self) -> Option<SystemTime> {
                S::date(self)
            }
        }
    )+};
}

forward!(Arc<S>, Box<S>);

/// Checks that a name has the form that every store can hold: parts of lower-case letters, digits and `-` between `/`,
/// less than 200 bytes.
fn check_name(name: &str) -> io::Result<()> {
    let is_part = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    if name.len() < 200 && name.split('/').all(is_part) {
        Ok(())
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "not the name of an object"))
    }
}
