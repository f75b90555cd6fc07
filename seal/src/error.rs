use std::fmt;
use std::io;

use leftoff::backend;

use crate::key::KeyId;

/// Why something could not be sealed or opened. Contains no content and no key.
///
/// As the error of a backend, the kinds [`Damaged`](ErrorKind::Damaged), [`Moved`](ErrorKind::Moved) and
/// [`Torn`](ErrorKind::Torn) become [`backend::Error::Damaged`], [`Newer`](ErrorKind::Newer) becomes
/// [`backend::Error::Newer`], and every other kind becomes [`backend::Error::Unavailable`] with
/// [`io::ErrorKind::PermissionDenied`]: without the right key, nothing is known about the bytes.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The cases that an application may want to distinguish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The provider has no key to seal with, so nothing is stored.
    NoKey,
    /// The data names a key that the provider does not have. The data may be intact.
    KeyMissing(KeyId),
    /// The provider returned another key than the one with this id. The data may be intact.
    WrongKey(KeyId),
    /// The provider could not answer. The source is the provider's error.
    Provider,
    /// The data is intact and belongs under another name.
    Moved,
    /// The data was never sealed. It is not read, because anyone could have written it.
    NotSealed,
    /// A newer version of this library sealed the data.
    Newer,
    /// The data ends inside its header.
    Torn,
    /// The bytes are not those that were sealed.
    Damaged,
    /// The passphrase does not open the key slot, or the key slot is damaged.
    WrongPassphrase,
    /// The operating system returned no random numbers.
    NoRandom,
    /// There is not enough memory for the cost of a passphrase.
    NoMemory,
    /// The cost of a passphrase is outside its limits, or the passphrase is longer than 4 GiB.
    InvalidCost,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind) -> Self {
        Self { kind, source: None }
    }

    pub(crate) fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Returns the case.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self::new(kind)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ErrorKind::NoKey => f.write_str("there is no key to seal with; nothing is stored without one"),
            ErrorKind::KeyMissing(id) => write!(f, "the key {id} is missing; the data is kept and needs that key"),
            ErrorKind::WrongKey(id) => {
                write!(f, "the key provider returned another key for {id}; the data is kept and needs that key")
            }
            ErrorKind::Provider => f.write_str("the key provider failed; the data is kept"),
            ErrorKind::Moved => f.write_str("the sealed data belongs under another name"),
            ErrorKind::NotSealed => f.write_str("the data is not sealed; it is kept and not read"),
            ErrorKind::Newer => f.write_str("a newer version sealed the data"),
            ErrorKind::Torn => f.write_str("the sealed data ends inside its header"),
            ErrorKind::Damaged => f.write_str("the sealed data is damaged"),
            ErrorKind::WrongPassphrase => {
                f.write_str("the passphrase does not open the key slot, or the key slot is damaged")
            }
            ErrorKind::NoMemory => f.write_str("there is not enough memory to check the passphrase"),
            ErrorKind::InvalidCost => f.write_str("the cost of the passphrase is outside its limits"),
            ErrorKind::NoRandom => f.write_str("the system returned no random numbers; nothing was sealed"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

impl From<Error> for backend::Error {
    fn from(error: Error) -> Self {
        match error.kind {
            ErrorKind::Damaged | ErrorKind::Moved | ErrorKind::Torn => Self::Damaged(error.into()),
            ErrorKind::Newer => Self::Newer(error.into()),
            // Always this kind, whatever the provider said: a kind such as `StorageFull` would let the session remove
            // old generations to make room.
            _ => Self::Unavailable(io::Error::new(io::ErrorKind::PermissionDenied, error)),
        }
    }
}
