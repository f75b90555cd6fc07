use std::sync::Arc;

use crate::chunks::{self, Binding};
use crate::envelope::{HEADER, Header, Name, must};
use crate::error::{Error, ErrorKind};
use crate::key::{Key, KeyId, Use};
use crate::pad;
use crate::provider::{self, KeyProvider};

/// Seals byte strings for places other than a backend: objects of a store, export files.
///
/// Sealed bytes are bound to a context, such as the name under which they are stored. They open with the same context
/// only. The context is not stored, and is not secret.
///
/// The order is: compress, pad, seal. Without [padding](Self::padded), the length of the sealed bytes reveals the
/// length of the content; with [compression](Self::compressed) and no padding, also how well it compresses.
///
/// ```
/// use leftoff_seal::{ErrorKind, Key, KeyRing, Sealer};
///
/// let sealer = Sealer::new(KeyRing::new(Key::random()?)).compressed().padded();
/// let sealed = sealer.seal(b"lane 5, object 1", b"what the user wrote")?;
/// assert_eq!(sealer.open(b"lane 5, object 1", &sealed)?, b"what the user wrote");
/// assert_eq!(sealer.open(b"lane 5, object 2", &sealed).unwrap_err().kind(), ErrorKind::Moved);
/// # Ok::<(), leftoff_seal::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Sealer {
    keys: Arc<dyn KeyProvider>,
    compress: bool,
    pad: bool,
}

impl Sealer {
    /// Seals with the current key of `keys`, and opens with any of them.
    pub fn new(keys: impl KeyProvider) -> Self {
        Self { keys: Arc::new(keys), compress: false, pad: false }
    }

    /// Compresses with LZ4 what becomes smaller by it.
    ///
    /// Do not combine secrets and text of a stranger in one object: then lengths may reveal the secret.
    #[must_use]
    pub fn compressed(mut self) -> Self {
        self.compress = true;
        self
    }

    /// Pads with zeros to a Padmé length, which reveals only the order of magnitude: at most 12 % more bytes.
    #[must_use]
    pub fn padded(mut self) -> Self {
        self.pad = true;
        self
    }

    /// Returns the id of the key that [`seal`](Self::seal) uses.
    ///
    /// # Errors
    /// [`ErrorKind::NoKey`] or [`ErrorKind::Provider`].
    pub fn current(&self) -> Result<KeyId, Error> {
        provider::current(&*self.keys).map(|key| key.id())
    }

    /// Seals bytes for the place that the context names. Each call returns other bytes.
    ///
    /// # Errors
    /// [`ErrorKind::NoKey`], [`ErrorKind::Provider`] or [`ErrorKind::NoRandom`].
    pub fn seal(&self, context: &[u8], plain: &[u8]) -> Result<Vec<u8>, Error> {
        self.seal_with(&provider::current(&*self.keys)?, context, plain)
    }

    /// As [`seal`](Self::seal), with a key of the caller's choice.
    ///
    /// # Errors
    /// [`ErrorKind::NoRandom`].
    pub fn seal_with(&self, key: &Key, context: &[u8], plain: &[u8]) -> Result<Vec<u8>, Error> {
        let mut features = 0;
        let compressed = self.compress.then(|| compress(plain)).filter(|smaller| smaller.len() < plain.len());
        if compressed.is_some() {
            features |= must::COMPRESSED;
        }
        let payload = compressed.as_deref().unwrap_or(plain);
        let padded = self.pad.then(|| pad::pad(payload));
        if padded.is_some() {
            features |= must::PADDED;
        }
        let payload = padded.as_deref().unwrap_or(payload);
        let header = Header::new(features, key.id(), name(key, context))?;
        let bytes = header.to_bytes();
        let bound = Binding { header: &bytes, nonce: &header.nonce };
        chunks::seal(&key.cipher(Use::Object), bound, payload)
    }

    /// Opens sealed bytes, with the context they were sealed for.
    ///
    /// Whether they are compressed or padded is stated in the bytes; the settings of this object do not matter.
    ///
    /// # Errors
    /// [`ErrorKind::KeyMissing`], [`ErrorKind::WrongKey`] or [`ErrorKind::Provider`]: the bytes may be intact.
    /// [`ErrorKind::Moved`]: another context. [`ErrorKind::NotSealed`], [`ErrorKind::Newer`], [`ErrorKind::Torn`] or
    /// [`ErrorKind::Damaged`]: as their names state.
    pub fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Error> {
        let header = Header::parse(sealed, must::COMPRESSED | must::PADDED)?;
        let key = provider::find(&*self.keys, header.key)?;
        let (bytes, body) = sealed.split_first_chunk::<HEADER>().ok_or(ErrorKind::Torn)?;
        let payload = chunks::open(&key.cipher(Use::Object), Binding { header: bytes, nonce: &header.nonce }, body)?;
        if header.name != name(&key, context) {
            return Err(ErrorKind::Moved.into());
        }
        let payload = if header.must & must::PADDED == 0 { &payload } else { pad::unpad(&payload)? };
        if header.must & must::COMPRESSED == 0 { Ok(payload.to_vec()) } else { decompress(payload) }
    }
}

/// Returns the id of the key that sealed bytes name, from the first 68 bytes or more. Needs no key.
///
/// ```
/// use leftoff_seal::{Key, KeyRing, Sealer, key_of};
///
/// let key = Key::random()?;
/// let sealed = Sealer::new(KeyRing::new(key.clone())).seal(b"name", b"content")?;
/// assert_eq!(key_of(&sealed)?, key.id());
/// # Ok::<(), leftoff_seal::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::NotSealed`], [`ErrorKind::Newer`], [`ErrorKind::Torn`] or [`ErrorKind::Damaged`].
pub fn key_of(sealed: &[u8]) -> Result<KeyId, Error> {
    Header::parse(sealed, u8::MAX).map(|header| header.key)
}

/// Returns the stored form of a context: 20 bytes that reveal nothing of it.
fn name(key: &Key, context: &[u8]) -> Name {
    let mut name = [0; 20];
    name.iter_mut().zip(key.tag("object", context)).for_each(|(byte, tag)| *byte = tag);
    name
}

/// Returns the length as 8 bytes, followed by the compressed bytes.
fn compress(plain: &[u8]) -> Vec<u8> {
    let mut bytes = (plain.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(&lz4_flex::block::compress(plain));
    bytes
}

fn decompress(payload: &[u8]) -> Result<Vec<u8>, Error> {
    let (len, bytes) = payload.split_first_chunk().ok_or(ErrorKind::Damaged)?;
    let len = usize::try_from(u64::from_le_bytes(*len)).map_err(|_| ErrorKind::Damaged)?;
    // LZ4 cannot expand further: a forged length must not allocate more.
    if len / 255 > bytes.len() {
        return Err(ErrorKind::Damaged.into());
    }
    let plain = lz4_flex::block::decompress(bytes, len).map_err(|_| ErrorKind::Damaged)?;
    if plain.len() == len { Ok(plain) } else { Err(ErrorKind::Damaged.into()) }
}
