//! Setting up the first device and further ones with a passphrase, and erasing everything in a store.
//!
//! The key is random. A key slot in the store wraps it, so that the passphrase opens it on another device. An
//! [`Invitation`] names the rest: the application, the person, the place and the slot. Alone, it reveals nothing. Together
//! with the passphrase and access to the place, it is enough to read everything.
//!
//! ```
//! use leftoff_roam::set_up::{Cost, Invitation, join, set_up};
//! use leftoff_roam::store::MemoryStore;
//!
//! let store = MemoryStore::new();
//! # let cost = Cost { memory: 64, passes: 1, lanes: 1 };
//! # _ = stringify! {
//! let cost = Cost::default();
//! # };
//! // The first device.
//! let (key, invitation) = set_up(&store, "com.example.desk", "ana", "/home/ana/Sync/desk", "correct horse", cost)?;
//! let code = invitation.to_code();
//!
//! // The second device: its user types or scans the code, and types the passphrase.
//! let invitation = Invitation::from_code(&code).unwrap();
//! assert_eq!(join(&store, &invitation, "correct horse")?.id(), key.id());
//! # Ok::<(), leftoff_roam::set_up::Error>(())
//! ```

use std::error;
use std::fmt::{self, Write as _};
use std::io;

pub use leftoff_seal::Cost;
use leftoff_seal::{ErrorKind as SealError, Key, KeyRing, KeySlot, Sealer};
use serde::{Deserialize, Serialize};

use crate::name::{Hash, Name, Person, parse_hex};
use crate::store::Store;

/// What another device needs to take part, beside the passphrase and the access to the store.
///
/// `Debug` prints nothing of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Invitation {
    /// The id of the application.
    pub app: String,
    /// The id of the person.
    pub person: String,
    /// Where the store is, as the program writes it: a directory, an address. Nothing here reads it.
    pub place: String,
    /// The name of the key slot in the store.
    slot: String,
}

/// Precedes each code.
const CODE: &str = "leftoff1:";

impl Invitation {
    /// Encodes the invitation as text of letters, digits and one colon, for a file, a QR code or the clipboard.
    pub fn to_code(&self) -> String {
        let bytes = rmp_serde::to_vec(self).unwrap_or_default();
        let check = Hash::of(&bytes).to_string();
        let mut code = format!("{CODE}{}", check.get(..8).unwrap_or_default());
        for byte in bytes {
            // Writing to a string cannot fail.
            let _ = write!(code, "{byte:02x}");
        }
        code
    }

    /// Decodes a code; `None` if it is not one, or has a typing error. White space is ignored.
    pub fn from_code(code: &str) -> Option<Self> {
        let code: String = code.split_whitespace().collect();
        let (check, hex) = code.strip_prefix(CODE)?.split_at_checked(8)?;
        let digits: Vec<char> = hex.chars().collect();
        let byte = |pair: &[char]| u8::try_from(parse_hex(&pair.iter().collect::<String>(), 2)?).ok();
        let bytes = digits.chunks(2).map(byte).collect::<Option<Vec<u8>>>()?;
        Hash::of(&bytes).to_string().starts_with(check).then(|| rmp_serde::from_slice(&bytes).ok()).flatten()
    }

    fn whose(&self) -> Person {
        Person::new(&self.app, &self.person)
    }
}

impl fmt::Debug for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invitation").finish_non_exhaustive()
    }
}

/// Why a device was not set up. Contains nothing that a user typed.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    source: Option<Box<dyn error::Error + Send + Sync>>,
}

/// The kinds of [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The store already has something of this person. [Join](join) it; a second key would split the devices.
    NotEmpty,
    /// The store has no slot of this name: another place, a changed passphrase, or a removed invitation.
    NoSlot,
    /// The passphrase does not open the slot.
    WrongPassphrase,
    /// The key from the slot opens none of the publications in the store.
    WrongKey,
    /// The store did not return what was put.
    NotReadBack,
    /// The store could not be used. The cause is the source.
    Store,
    /// The slot is damaged or newer, or the system has no random numbers or memory. The cause is the source.
    Seal,
}

impl Error {
    /// Returns the kind.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self { kind, source: None }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self { kind: ErrorKind::Store, source: Some(Box::new(error)) }
    }
}

impl From<leftoff_seal::Error> for Error {
    fn from(error: leftoff_seal::Error) -> Self {
        let kind = match error.kind() {
            SealError::WrongPassphrase => ErrorKind::WrongPassphrase,
            _ => ErrorKind::Seal,
        };
        Self { kind, source: Some(Box::new(error)) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            ErrorKind::NotEmpty => "the store already has data of this person; join it with an invitation",
            ErrorKind::NoSlot => "the store has no key slot of this invitation",
            ErrorKind::WrongPassphrase => "the passphrase does not open the key slot",
            ErrorKind::WrongKey => "the key opens none of the objects in the store; nothing was changed",
            ErrorKind::NotReadBack => "the store did not return what was put; nothing is set up",
            ErrorKind::Store => "the store could not be used",
            ErrorKind::Seal => "the key slot could not be made or read",
        })
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// Sets up the first device: makes a key, puts a slot for it into the store, and reads it back.
///
/// Keep the key in the key store of the system. Takes as long as `cost` says: not on the UI thread.
///
/// # Errors
/// [`ErrorKind::NotEmpty`] if the store has any object of this person, also one that came while this ran: a key is never made
/// beside another. [`ErrorKind::NotReadBack`], [`ErrorKind::Store`], [`ErrorKind::Seal`].
pub fn set_up(
    store: &dyn Store,
    app: &str,
    person: &str,
    place: &str,
    passphrase: &str,
    cost: Cost,
) -> Result<(Key, Invitation), Error> {
    let whose = Person::new(app, person);
    if !store.list(&whose.prefix())?.is_empty() {
        return Err(ErrorKind::NotEmpty.into());
    }
    let key = Key::random()?;
    let invitation = add_slot(store, whose, &key, passphrase, cost)?;
    let slot = whose.slots() + &invitation;
    if store.list(&whose.prefix())?.iter().any(|name| *name != slot) {
        // Two first devices: neither has published anything, so the slot may go.
        store.delete(&slot)?;
        return Err(ErrorKind::NotEmpty.into());
    }
    let [app, person, place] = [app, person, place].map(str::to_owned);
    Ok((key, Invitation { app, person, place, slot: invitation }))
}

/// Returns the key for a further device, after it has opened one of the publications in the store, if there is any.
///
/// Takes as long as the slot says: not on the UI thread. A page of a browser, which has no other, uses [`Joining`].
///
/// # Errors
/// [`ErrorKind::NoSlot`], [`ErrorKind::WrongPassphrase`], [`ErrorKind::WrongKey`], [`ErrorKind::Store`],
/// [`ErrorKind::Seal`].
pub fn join(store: &dyn Store, invitation: &Invitation, passphrase: &str) -> Result<Key, Error> {
    Joining::new(invitation.clone(), passphrase).join(store)
}

/// A [`join`] that can be repeated without another computation of the key from the passphrase, for
/// [`DeferredStore::run`](crate::store::DeferredStore::run).
///
/// `Debug` prints nothing of it.
pub struct Joining {
    invitation: Invitation,
    passphrase: String,
    key: Option<Key>,
}

impl Joining {
    /// Prepares it; makes no call to the store.
    pub fn new(invitation: Invitation, passphrase: &str) -> Self {
        Self { invitation, passphrase: passphrase.to_owned(), key: None }
    }

    /// See [`join`].
    ///
    /// # Errors
    /// As for [`join`].
    pub fn join(&mut self, store: &dyn Store) -> Result<Key, Error> {
        let whose = self.invitation.whose();
        let key = if let Some(key) = &self.key {
            key.clone()
        } else {
            let bytes = match store.get(&(whose.slots() + &self.invitation.slot)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(ErrorKind::NoSlot.into()),
                bytes => bytes?,
            };
            self.key.insert(KeySlot::from_bytes(&bytes)?.open(&self.passphrase)?).clone()
        };
        let sealer = Sealer::new(KeyRing::new(key.clone()));
        let mut is_refused = false;
        for name in store.list(&whose.prefix())?.iter().filter_map(|name| Name::parse(name, whose)) {
            // Removed since, or half there: another one tells as much.
            let Ok(bytes) = store.get(&name.object(whose)) else { continue };
            if Hash::of(&bytes) != name.hash {
                continue;
            }
            match sealer.open(&Name::context(whose, name.lane, name.index), &bytes) {
                Ok(_) => return Ok(key),
                // Under a key before the rotation, or a later one.
                Err(_) => is_refused = true,
            }
        }
        if is_refused { Err(ErrorKind::WrongKey.into()) } else { Ok(key) }
    }
}

impl fmt::Debug for Joining {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Joining").finish_non_exhaustive()
    }
}

/// Puts a slot for the same key and another passphrase into the store, then removes the slot of `invitation`.
///
/// The old passphrase still opens a copy of the old slot. If a stranger knows that passphrase, rotate the key as well.
///
/// # Errors
/// As for [`set_up`], without [`ErrorKind::NotEmpty`]. The old slot is then still there.
pub fn change_passphrase(
    store: &dyn Store,
    invitation: &Invitation,
    key: &Key,
    passphrase: &str,
    cost: Cost,
) -> Result<Invitation, Error> {
    let whose = invitation.whose();
    let slot = add_slot(store, whose, key, passphrase, cost)?;
    store.delete(&(whose.slots() + &invitation.slot))?;
    Ok(Invitation { slot, ..invitation.clone() })
}

/// Puts a slot for a key, and reads it back; returns its name.
fn add_slot(store: &dyn Store, whose: Person, key: &Key, passphrase: &str, cost: Cost) -> Result<String, Error> {
    let bytes = KeySlot::new(key, passphrase, cost)?.to_bytes();
    let number = crate::random::number()?;
    let name = whose.slot(key.id(), u32::try_from(number >> 32).unwrap_or_default());
    store.put(&name, &bytes)?;
    if store.get(&name)?[..] != bytes[..] {
        return Err(ErrorKind::NotReadBack.into());
    }
    KeySlot::from_bytes(&bytes)?.open(passphrase)?;
    Ok(name.strip_prefix(&whose.slots()).unwrap_or_default().to_owned())
}
