//! The one error type of the crate.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::sync::Arc;

pub(crate) type Source = Arc<dyn std::error::Error + Send + Sync + 'static>;

/// Why a call of this library failed.
///
/// Opaque: decide on [`kind`](Self::kind), show the text. The text names the section or the path, never what the user
/// typed; [`source`](std::error::Error::source) leads to the cause one level down, and `{error:#}`
/// prints them all.
///
/// ```
/// use leftoff::{AppId, ErrorKind, Session};
///
/// let error = Session::open(AppId::new("no spaces allowed")).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::InvalidSetting);
/// ```
#[derive(Clone)]
pub struct Error(Arc<Failure>);

/// Behind a pointer, so that the `Result` of the call made most often is two words.
#[derive(Clone)]
struct Failure {
    kind: ErrorKind,
    message: Cow<'static, str>,
    source: Option<Source>,
}

impl Error {
    /// What sort of failure this is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    #[cold]
    pub(crate) fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Arc::new(Failure { kind, message: message.into(), source: None }))
    }

    pub(crate) fn because(self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.because_of(Arc::new(source))
    }

    pub(crate) fn because_of(mut self, source: Source) -> Self {
        Arc::make_mut(&mut self.0).source = Some(source);
        self
    }

    /// The same failure, said of what came of it.
    pub(crate) fn prefixed(mut self, what: &str) -> Self {
        let failure = Arc::make_mut(&mut self.0);
        failure.message = format!("{what}: {}", failure.message).into();
        self
    }

    /// What an `io::Error` of a backend means, by the contract of [`Backend`](crate::backend::Backend).
    pub(crate) fn storage(message: impl Into<Cow<'static, str>>, source: io::Error) -> Self {
        let kind = match source.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof | io::ErrorKind::NotFound => ErrorKind::Damaged,
            io::ErrorKind::Unsupported => ErrorKind::NewerFormat,
            io::ErrorKind::TimedOut => ErrorKind::TimedOut,
            _ => ErrorKind::Unavailable,
        };
        Self::new(kind, message).because(source)
    }
}

/// The message alone; with `{:#}`, the causes too, each after a colon.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        let mut cause = std::error::Error::source(self).filter(|_| f.alternate());
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Error");
        out.field("kind", &self.0.kind).field("message", &self.0.message);
        if let Some(source) = &self.0.source {
            out.field("source", source);
        }
        out.finish()
    }
}

/// The sorts of failure an application may want to tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The program asked for something that can never work: an id that is no file name, one section with two types. A
    /// bug to fix.
    InvalidSetting,
    /// The place could not be used: locked by another instance, an I/O error, no permission. Nothing was changed.
    Unavailable,
    /// Stored bytes were there but broken. They are kept as they are.
    Damaged,
    /// Stored bytes were written by a newer version of this library. They are kept as they are.
    NewerFormat,
    /// The section was stored by a newer version of the application. It is kept unread.
    NewerSection,
    /// The section was stored in an older version and [`Section::migrations`](crate::Section::migrations) does
    /// not list it. It is kept unread.
    NoMigration,
    /// The section was stored with a codec this build does not have. It is kept unread.
    UnknownCodec,
    /// The value could not be encoded.
    Encode,
    /// The stored bytes are whole, but are not a value of this type, or the migration of the section refused them. They are
    /// kept unread.
    Decode,
    /// The value is larger than the section's limit, or nested deeper than
    /// [`Codec::MAX_DEPTH`](crate::codec::Codec::MAX_DEPTH).
    TooLarge,
    /// The storage did not answer in time; the work goes on and [`Session::status`](crate::Session::status) tells.
    TimedOut,
    /// The section was withheld because earlier launches crashed while they restored. It is kept;
    /// [`Session::bring_back`](crate::Session::bring_back) returns it, and the launch after one that lives is given it
    /// again.
    Quarantined,
    /// The session was closed, its state was forgotten, or the calling process is a forked child of the one that opened
    /// it. Nothing is saved.
    Closed,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Saved;

    #[test]
    fn the_error_is_one_pointer_wide() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
        assert_eq!(size_of::<Option<Error>>(), size_of::<usize>());
        assert!(size_of::<Result<Saved, Error>>() <= 16);
    }
}
