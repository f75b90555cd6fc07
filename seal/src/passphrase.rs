use std::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use zeroize::Zeroizing;

use crate::chunks::{self, Binding};
use crate::envelope::{HEADER, Header, Name, checksum};
use crate::error::{Error, ErrorKind};
use crate::key::{Key, Use, random};

/// What it costs to try one passphrase, for the user and for a thief.
///
/// The default takes about 150 ms on a machine of 2024, and 64 MiB of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB, from 8 KiB for each lane to [`Cost::MAX_MEMORY`].
    pub memory: u32,
    /// Passes over the memory, from 1 to [`Cost::MAX_PASSES`].
    pub passes: u32,
    /// Lanes, from 1 to [`Cost::MAX_LANES`]. They are computed one after the other.
    pub lanes: u32,
}

impl Cost {
    /// 1 GiB. A slot that asks for more is refused: it may come from a hostile store.
    pub const MAX_MEMORY: u32 = 1 << 20;
    /// A slot that asks for more passes is refused.
    pub const MAX_PASSES: u32 = 64;
    /// A slot that asks for more lanes is refused.
    pub const MAX_LANES: u32 = 16;

    fn hasher(self) -> Option<Argon2<'static>> {
        let Self { memory, passes, lanes } = self;
        let is_bounded = memory <= Self::MAX_MEMORY && passes <= Self::MAX_PASSES && lanes <= Self::MAX_LANES;
        let params = Params::new(memory, passes, lanes, Some(32)).ok().filter(|_| is_bounded)?;
        Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
    }
}

/// 64 MiB, three passes, one lane.
impl Default for Cost {
    fn default() -> Self {
        Self { memory: 64 << 10, passes: 3, lanes: 1 }
    }
}

/// A key, wrapped so that a passphrase opens it: 150 bytes to store beside the sealed data. They are no secret, but let
/// a thief try passphrases.
///
/// The key is random and stays the same when the passphrase changes: a new passphrase is a new slot of the same key.
/// Several slots may hold one key, for example one for a passphrase and one for a recovery code.
///
/// Opening and closing a slot takes as long as its [`Cost`] says: not on the UI thread.
///
/// ```
/// use leftoff_seal::{Cost, Key, KeyRing, KeySlot};
///
/// # let cost = Cost { memory: 64, passes: 1, lanes: 1 };
/// # _ = stringify! {
/// let cost = Cost::default();
/// # };
/// // First start: a new key, and a slot for it, which is stored in a file.
/// let key = Key::random()?;
/// let stored = KeySlot::new(&key, "correct horse", cost)?.to_bytes();
///
/// // Next start.
/// let key = KeySlot::from_bytes(&stored)?.open("correct horse")?;
/// let ring = KeyRing::new(key.clone());
///
/// // A new passphrase: the same key in a new slot, and the old slot is deleted.
/// let changed = KeySlot::new(&key, "battery staple", cost)?;
/// assert_eq!(changed.open("battery staple")?.id(), key.id());
/// # Ok::<(), leftoff_seal::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct KeySlot {
    cost: Cost,
    salt: [u8; 16],
    wrapped: [u8; WRAPPED],
}

const MAGIC: [u8; 4] = [0x89, b'L', b'K', 1];
const WRAPPED: usize = HEADER + 32 + chunks::TAG;

impl KeySlot {
    /// Wraps a key with a passphrase.
    ///
    /// The bytes of the passphrase count as they are. If users type it on different systems, normalise it first (NFC).
    ///
    /// # Errors
    /// [`ErrorKind::InvalidCost`], [`ErrorKind::NoMemory`] or [`ErrorKind::NoRandom`].
    pub fn new(key: &Key, passphrase: impl AsRef<[u8]>, cost: Cost) -> Result<Self, Error> {
        let mut salt = [0; 16];
        random(&mut salt)?;
        let wrapping = wrapping_key(passphrase.as_ref(), cost, &salt)?;
        let header = Header::new(0, wrapping.id(), name(&wrapping, cost, &salt))?;
        let bytes = header.to_bytes();
        let bound = Binding { header: &bytes, nonce: &header.nonce };
        let sealed = chunks::seal(&wrapping.cipher(Use::Slot), bound, key.expose())?;
        let wrapped = sealed.try_into().map_err(|_| ErrorKind::Damaged)?;
        Ok(Self { cost, salt, wrapped })
    }

    /// Returns the key.
    ///
    /// # Errors
    /// [`ErrorKind::WrongPassphrase`], [`ErrorKind::NoMemory`], or [`ErrorKind::Damaged`] and [`ErrorKind::Newer`] as
    /// their names state.
    pub fn open(&self, passphrase: impl AsRef<[u8]>) -> Result<Key, Error> {
        let header = Header::parse(&self.wrapped, 0)?;
        let wrapping = wrapping_key(passphrase.as_ref(), self.cost, &self.salt)?;
        // The id commits to the wrapping key, so a forged slot cannot open with two passphrases.
        if wrapping.id() != header.key || header.name != name(&wrapping, self.cost, &self.salt) {
            return Err(ErrorKind::WrongPassphrase.into());
        }
        let (bytes, body) = self.wrapped.split_first_chunk::<HEADER>().ok_or(ErrorKind::Torn)?;
        let bound = Binding { header: bytes, nonce: &header.nonce };
        let opened = Zeroizing::new(chunks::open(&wrapping.cipher(Use::Slot), bound, body)?);
        let key = opened.first_chunk().ok_or(ErrorKind::Damaged)?;
        Ok(Key::from_bytes(*key))
    }

    /// Returns the cost of one try.
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// Returns the 150 bytes to store.
    pub fn to_bytes(&self) -> Vec<u8> {
        let front = front(self.cost, &self.salt);
        [&front[..], &checksum(&[&front]), &self.wrapped].concat()
    }

    /// Reads a stored slot.
    ///
    /// # Errors
    /// [`ErrorKind::NotSealed`]: this is no slot. [`ErrorKind::Newer`], [`ErrorKind::Torn`] or [`ErrorKind::Damaged`]:
    /// as their names state.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let [a, b, c, version] = MAGIC;
        let magic = [a, b, c];
        if !bytes.starts_with(magic.get(..bytes.len().min(3)).unwrap_or_default()) {
            return Err(ErrorKind::NotSealed.into());
        }
        let (front, check, wrapped) = split(bytes).ok_or(ErrorKind::Torn)?;
        if checksum(&[&front]) != check {
            return Err(ErrorKind::Damaged.into());
        }
        let (head, salt) = front.split_last_chunk::<16>().ok_or(ErrorKind::Torn)?;
        let [_, _, _, stated, rest @ ..] = head else { return Err(ErrorKind::Torn.into()) };
        if *stated != version {
            return Err(ErrorKind::Newer.into());
        }
        let mut numbers = rest.chunks_exact(4).filter_map(|four| Some(u32::from_le_bytes(*four.first_chunk()?)));
        let mut number = || numbers.next().unwrap_or_default();
        let cost = Cost { memory: number(), passes: number(), lanes: number() };
        cost.hasher().ok_or(ErrorKind::Damaged)?;
        let wrapped = wrapped.try_into().map_err(|_| ErrorKind::Damaged)?;
        Ok(Self { cost, salt: *salt, wrapped })
    }
}

impl fmt::Debug for KeySlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySlot").field("cost", &self.cost).finish_non_exhaustive()
    }
}

fn split(bytes: &[u8]) -> Option<([u8; 32], [u8; 2], &[u8])> {
    let (front, rest) = bytes.split_first_chunk()?;
    let (check, wrapped) = rest.split_first_chunk()?;
    (wrapped.len() >= WRAPPED).then_some((*front, *check, wrapped))
}

fn front(cost: Cost, salt: &[u8; 16]) -> [u8; 32] {
    let (memory, passes, lanes) = (cost.memory.to_le_bytes(), cost.passes.to_le_bytes(), cost.lanes.to_le_bytes());
    let parts: [&[u8]; 5] = [&MAGIC, &memory, &passes, &lanes, salt];
    let mut front = [0; 32];
    front.iter_mut().zip(parts.into_iter().flatten()).for_each(|(byte, part)| *byte = *part);
    front
}

/// Binds the wrapped key to the cost and the salt.
fn name(wrapping: &Key, cost: Cost, salt: &[u8; 16]) -> Name {
    let mut name = [0; 20];
    name.iter_mut().zip(wrapping.tag("slot", &front(cost, salt))).for_each(|(byte, tag)| *byte = tag);
    name
}

fn wrapping_key(passphrase: &[u8], cost: Cost, salt: &[u8; 16]) -> Result<Key, Error> {
    let hasher = cost.hasher().ok_or(ErrorKind::InvalidCost)?;
    let mut bytes = Zeroizing::new([0; 32]);
    hasher.hash_password_into(passphrase, salt, &mut *bytes).map_err(|error| match error {
        argon2::Error::OutOfMemory => Error::from(ErrorKind::NoMemory),
        other => Error::new(ErrorKind::InvalidCost).because(other),
    })?;
    Ok(Key::from_bytes(*bytes))
}
