use std::fmt;
use std::sync::Arc;

use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

use crate::error::{Error, ErrorKind};

/// Names a key: derived from the key, and no secret.
///
/// Two different keys have different ids, so data that names an id opens under one key only.
///
/// ```
/// use leftoff_seal::Key;
///
/// let id = Key::from_bytes([7; 32]).id();
/// assert_eq!(id, Key::from_bytes([7; 32]).id());
/// assert_eq!(id.to_string(), "3340de31ceb8e1750fbe9b645c4da726");
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(
    /// The 16 bytes that a sealed frame or object contains.
    pub [u8; 16],
);

/// Writes 32 hexadecimal digits.
impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Writes the digits as well.
impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// A secret key of 32 bytes, from which the keys of all uses are derived.
///
/// A clone is a pointer to the same key. The bytes are overwritten when the last clone is dropped. `Debug` prints the
/// [id](Self::id).
///
/// ```
/// use leftoff_seal::Key;
///
/// let key = Key::random()?;
/// // Store the bytes where secrets belong, such as the key store of the system.
/// let again = Key::from_bytes(*key.expose());
/// assert_eq!(again.id(), key.id());
/// # Ok::<(), leftoff_seal::Error>(())
/// ```
#[derive(Clone)]
pub struct Key(Arc<Secrets>);

#[derive(Default)]
struct Secrets {
    master: [u8; 32],
    id: KeyId,
    frame: [u8; 32],
    object: [u8; 32],
    slot: [u8; 32],
    name: [u8; 32],
}

/// What a derived cipher is used for: data of one use never opens in another.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Use {
    /// Frames of a backend.
    Frame,
    /// Objects and exports.
    Object,
    /// A key inside a key slot.
    #[cfg_attr(
        not(feature = "passphrase"),
        allow(dead_code, reason = "the id and the keys are the same in every build")
    )]
    Slot,
}

impl Key {
    /// Uses these bytes as the key. They must come from a source of random numbers or from a key derivation function.
    ///
    /// The caller's own copy of the bytes remains: overwrite it, for example with the crate `zeroize`.
    pub fn from_bytes(mut bytes: [u8; 32]) -> Self {
        // Filled in its final place: a move would leave a copy behind that nothing overwrites.
        let mut shared = Arc::new(Secrets::default());
        if let Some(secrets) = Arc::get_mut(&mut shared) {
            secrets.derive(&bytes);
        }
        bytes.zeroize();
        Self(shared)
    }

    /// Returns a new key from the random numbers of the operating system.
    ///
    /// A program that makes a key while the store already contains data under another key has two keys, and needs both.
    ///
    /// # Errors
    /// [`ErrorKind::NoRandom`]: the system returns no random numbers.
    pub fn random() -> Result<Self, Error> {
        let mut bytes = Zeroizing::new([0; 32]);
        random(&mut *bytes)?;
        Ok(Self::from_bytes(*bytes))
    }

    /// Returns the name of this key.
    pub fn id(&self) -> KeyId {
        self.0.id
    }

    /// Returns the secret bytes, to store them where secrets belong.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0.master
    }

    /// Returns 32 bytes that depend on the key, on `purpose` and on `data`, and that reveal nothing of `data` without
    /// the key: a name under which a store can find something without learning what it is about.
    ///
    /// ```
    /// use leftoff_seal::Key;
    ///
    /// let key = Key::from_bytes([7; 32]);
    /// assert_eq!(key.tag("person", b"ana@example.com"), key.tag("person", b"ana@example.com"));
    /// assert_ne!(key.tag("person", b"ana@example.com"), key.tag("device", b"ana@example.com"));
    /// ```
    pub fn tag(&self, purpose: &str, data: &[u8]) -> [u8; 32] {
        let mut tag = [0; 32];
        let len = (purpose.len() as u64).to_le_bytes();
        let root = Hkdf::<Sha256>::new(Some(b"leftoff-seal v1 name"), &self.0.name);
        // As above: 32 bytes are never too long.
        _ = root.expand_multi_info(&[&len, purpose.as_bytes(), data], &mut tag);
        tag
    }

    pub(crate) fn cipher(&self, of: Use) -> XChaCha20Poly1305 {
        let key = match of {
            Use::Frame => &self.0.frame,
            Use::Object => &self.0.object,
            Use::Slot => &self.0.slot,
        };
        XChaCha20Poly1305::new(key.into())
    }
}

impl Secrets {
    fn derive(&mut self, master: &[u8; 32]) {
        self.master.copy_from_slice(master);
        let root = Hkdf::<Sha256>::new(Some(b"leftoff-seal v1"), master);
        // `expand` fails only above 8 160 bytes.
        let derive = |purpose: &[u8], out: &mut [u8]| _ = root.expand(purpose, out);
        derive(b"key id", &mut self.id.0);
        derive(b"frame", &mut self.frame);
        derive(b"object", &mut self.object);
        derive(b"slot", &mut self.slot);
        derive(b"name", &mut self.name);
    }
}

impl Drop for Secrets {
    fn drop(&mut self) {
        for secret in [&mut self.master, &mut self.frame, &mut self.object, &mut self.slot, &mut self.name] {
            secret.zeroize();
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Key").field(&format_args!("{}", self.0.id)).finish()
    }
}

/// Fills a buffer with random bytes of the operating system.
pub(crate) fn random(bytes: &mut [u8]) -> Result<(), Error> {
    getrandom::fill(bytes).map_err(|source| Error::new(ErrorKind::NoRandom).because(source))
}
