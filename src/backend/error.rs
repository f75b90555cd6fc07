use std::io;

/// The error of a [`Backend`](super::Backend) call: a statement about a frame, or unavailable storage.
///
/// An [`io::Error`] becomes [`Unavailable`](Self::Unavailable), whatever its kind: `ENOENT` from an unplugged disk does
/// not mean [`NotFound`](Self::NotFound), and `ENOTSUP` from a file system does not mean [`Newer`](Self::Newer). So a
/// backend can use `?` on calls of the standard library, and names every other case explicitly.
///
/// The variants about stored bytes contain the cause, which names the file or the row; its text ends up in the error
/// that the application shows.
///
/// ```
/// use std::io;
///
/// use leftoff::backend::Error;
///
/// fn read(frame: &str) -> Result<Vec<u8>, Error> {
///     match std::fs::read(frame) {
///         // This backend stores each frame in a file, and checks elsewhere that the directory exists.
///         Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Error::NotFound(error.into())),
///         bytes => Ok(bytes?),
///     }
/// }
/// # assert!(matches!(read("no such file"), Err(Error::NotFound(_))));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The frame name is taken; nothing was changed.
    #[error("the frame already exists")]
    Taken,
    /// The frame does not exist.
    #[error("frame not found")]
    NotFound(#[source] Cause),
    /// The bytes of the frame are damaged. A key that is missing or wrong is [`Unavailable`](Self::Unavailable).
    #[error("the frame is damaged")]
    Damaged(#[source] Cause),
    /// A newer version of the backend wrote the frame.
    #[error("this version cannot read the frame")]
    Newer(#[source] Cause),
    /// The predecessor of the frame does not exist; nothing was stored.
    #[error("frame out of order: predecessor not found")]
    OutOfOrder,
    /// Only from [`sync`](super::Backend::sync): the storage cannot be waited for, as in a page of a browser.
    ///
    /// The frames created so far will survive a power cut later; a `sync` that returns `Ok` confirms it, one with another
    /// error denies it. Until then, each later call takes effect on the medium after all earlier calls, or not at all.
    #[error("the storage has not confirmed yet")]
    Underway,
    /// The storage cannot be used, or the key to it is missing or wrong. This allows no conclusion about its contents.
    ///
    /// For a key, use [`io::ErrorKind::PermissionDenied`].
    #[error(transparent)]
    Unavailable(#[from] io::Error),
}

impl Error {
    /// Returns whether the storage has no space left, so that removing something may help.
    pub(crate) fn is_full(&self) -> bool {
        use io::ErrorKind::{QuotaExceeded, StorageFull};
        matches!(self, Self::Unavailable(error) if matches!(error.kind(), StorageFull | QuotaExceeded))
    }
}

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// The result of a [`Backend`](super::Backend) call.
pub type Result<T> = std::result::Result<T, Error>;
