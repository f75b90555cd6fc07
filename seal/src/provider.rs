use std::collections::BTreeMap;
use std::fmt::Debug;
use std::io;
use std::sync::Arc;

use parking_lot::RwLock;

use crate::error::{Error, ErrorKind};
use crate::key::{Key, KeyId};

/// Where the keys are: the key store of the system, a password manager, a [`KeyRing`].
///
/// Both functions are called for every frame that is written or read, also on the UI thread. Answer from memory: fetch
/// the keys at the start of the program, and keep them in a [`KeyRing`].
///
/// An `Err` means that the provider could not look. It leads to the same result as a missing key: stored data is
/// unavailable, and nothing of it is changed or removed.
pub trait KeyProvider: Debug + Send + Sync + 'static {
    /// Returns the key to seal with; `Ok(None)` if there is none yet, and then nothing is stored.
    ///
    /// # Errors
    /// The provider could not look.
    fn current(&self) -> io::Result<Option<Key>>;

    /// Returns the key with this id; `Ok(None)` if this provider does not have it.
    ///
    /// # Errors
    /// The provider could not look.
    fn find(&self, id: KeyId) -> io::Result<Option<Key>>;
}

#[deny(clippy::missing_trait_methods)]
impl<T: KeyProvider + ?Sized> KeyProvider for Arc<T> {
    fn current(&self) -> io::Result<Option<Key>> {
        T::current(self)
    }

    fn find(&self, id: KeyId) -> io::Result<Option<Key>> {
        T::find(self, id)
    }
}

/// Keys in memory, one of them current. A clone shares the keys.
///
/// ```
/// use leftoff_seal::{Key, KeyProvider, KeyRing};
///
/// let old = Key::random()?;
/// let ring = KeyRing::new(old.clone());
/// // A rotation: new data is sealed under the new key, old data stays readable.
/// let new = Key::random()?;
/// ring.rotate(new.clone());
/// assert_eq!(ring.current()?.map(|key| key.id()), Some(new.id()));
/// assert!(ring.find(old.id())?.is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct KeyRing(Arc<RwLock<Ring>>);

#[derive(Debug, Default)]
struct Ring {
    current: Option<KeyId>,
    keys: BTreeMap<KeyId, Key>,
}

impl KeyRing {
    /// Returns a ring with one key, which is current.
    pub fn new(current: Key) -> Self {
        let ring = Self::default();
        ring.rotate(current);
        ring
    }

    /// Returns a ring without a key: sealed data is unavailable until [`rotate`](Self::rotate) or [`add`](Self::add),
    /// and to a session that was opened before, until it is opened again.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Adds a key and makes it current. The keys before it remain for reading.
    pub fn rotate(&self, key: Key) {
        let mut ring = self.0.write();
        ring.current = Some(key.id());
        ring.keys.insert(key.id(), key);
    }

    /// Adds a key for reading only.
    pub fn add(&self, key: Key) {
        self.0.write().keys.insert(key.id(), key);
    }

    /// Removes a key. Data sealed under it is unavailable from now on; drop a key after nothing names it.
    pub fn drop_key(&self, id: KeyId) {
        let mut ring = self.0.write();
        ring.current = ring.current.filter(|current| *current != id);
        ring.keys.remove(&id);
    }

    /// Removes all keys, for example when the user locks the application.
    pub fn lock(&self) {
        *self.0.write() = Ring::default();
    }

    /// Returns the ids of all keys.
    pub fn ids(&self) -> Vec<KeyId> {
        self.0.read().keys.keys().copied().collect()
    }
}

impl KeyProvider for KeyRing {
    fn current(&self) -> io::Result<Option<Key>> {
        let ring = self.0.read();
        Ok(ring.current.and_then(|id| ring.keys.get(&id).cloned()))
    }

    fn find(&self, id: KeyId) -> io::Result<Option<Key>> {
        Ok(self.0.read().keys.get(&id).cloned())
    }
}

/// The current key of a provider.
pub(crate) fn current(keys: &dyn KeyProvider) -> Result<Key, Error> {
    let key = keys.current().map_err(|source| Error::new(ErrorKind::Provider).because(source))?;
    key.ok_or_else(|| ErrorKind::NoKey.into())
}

/// The key with this id, and no other, whatever the provider returns.
pub(crate) fn find(keys: &dyn KeyProvider, id: KeyId) -> Result<Key, Error> {
    let key = keys.find(id).map_err(|source| Error::new(ErrorKind::Provider).because(source))?;
    let key = key.ok_or(ErrorKind::KeyMissing(id))?;
    if key.id() == id { Ok(key) } else { Err(ErrorKind::WrongKey(id).into()) }
}
