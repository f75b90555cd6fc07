//! The error type of the crate.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::sync::Arc;

use crate::backend;

pub(crate) type Source = Arc<dyn std::error::Error + Send + Sync + 'static>;

/// The error type of this crate.
///
/// Opaque: branch on [`kind`](Self::kind) and show the text. The text names the section or the path and never contains
/// user input; [`source`](std::error::Error::source) returns the cause one level down, and `{error:#}` prints the
/// whole chain.
///
/// ```
/// use leftoff::{AppId, ErrorKind};
///
/// let error = "no spaces allowed".parse::<AppId>().unwrap_err();
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
    /// Returns the kind of failure.
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

    /// Prepends the consequence of the failure to the message.
    pub(crate) fn prefixed(mut self, what: &str) -> Self {
        let failure = Arc::make_mut(&mut self.0);
        failure.message = format!("{what}: {}", failure.message).into();
        self
    }

    /// Names the scope of the section that the message names. The empty scope has no name.
    pub(crate) fn in_scope(self, scope: &str) -> Self {
        if scope.is_empty() { self } else { self.prefixed(&format!("scope {scope:?}")) }
    }

    /// Replaces the message and keeps the kind and the cause.
    pub(crate) fn restated(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        Arc::make_mut(&mut self.0).message = message.into();
        self
    }

    /// Maps the error of a backend to a kind.
    pub(crate) fn storage(message: impl Into<Cow<'static, str>>, source: backend::Error) -> Self {
        let kind = match &source {
            backend::Error::Damaged(_) | backend::Error::NotFound(_) => ErrorKind::Damaged,
            backend::Error::Newer(_) => ErrorKind::NewerFormat,
            backend::Error::Unavailable(error) if error.kind() == io::ErrorKind::TimedOut => ErrorKind::TimedOut,
            _ => ErrorKind::Unavailable,
        };
        let error = Self::new(kind, message);
        match source {
            backend::Error::Unavailable(source) => error.because(source),
            source => error.because(source),
        }
    }
}

/// Writes the message; with `{:#}`, also each cause after a colon.
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

/// So that `?` passes the error on in functions that return [`io::Result`], as the main functions of many terminal programs
/// do. The error is in [`io::Error::get_ref`].
///
/// ```
/// fn main() -> std::io::Result<()> {
///     let mut session = leftoff::Session::in_memory();
///     Ok(session.close()?)
/// }
/// ```
impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        Self::other(error)
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

/// The kinds of failure that an application may want to distinguish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A programming mistake that can never work. Fix the program.
    ///
    /// For example, an id that is no file name, or one section used with two types.
    InvalidSetting,
    /// Storage could not be used: locked by another instance, an I/O error, missing permission. Nothing was changed.
    Unavailable,
    /// Stored bytes are damaged. They are preserved as they are.
    Damaged,
    /// Stored bytes were written by a newer version of this library. They are preserved as they are.
    NewerFormat,
    /// The section was stored by a newer version of the application. It is preserved unread.
    NewerSection,
    /// The section was stored in an older version that its migrations do not list.
    ///
    /// It is preserved unread. See [`Section::migrations`](crate::Section::migrations).
    NoMigration,
    /// The section was stored with a codec that this build does not include. It is preserved unread.
    ///
    /// The error names the cargo feature that adds the codec.
    UnknownCodec,
    /// The value could not be encoded.
    Encode,
    /// The stored bytes are not a value of this type, or the section's migration rejected them.
    ///
    /// The bytes are intact and are preserved unread.
    Decode,
    /// The value exceeds the section's limit, or is nested too deeply.
    ///
    /// The depth is limited to [`Codec::MAX_DEPTH`](crate::codec::Codec::MAX_DEPTH).
    TooLarge,
    /// Storage did not respond in time; the operation continues in the background.
    ///
    /// [`Session::status`](crate::Session::status) shows its result.
    TimedOut,
    /// The section is stored only under a seal, and the backend has none: see
    /// [`Sensitivity::Sealed`](crate::Sensitivity::Sealed).
    NotSealed,
    /// The section was withheld because earlier launches crashed during their restore.
    ///
    /// It is preserved; [`Session::bring_back`](crate::Session::bring_back) returns it, and it is offered again to the
    /// launch after one that survives its restore.
    Quarantined,
    /// The bytes are not an [`Export`](crate::Export), or one that is still sealed.
    NotAnExport,
    /// The end of an [`Export`](crate::Export) is missing, as after an interrupted copy.
    Truncated,
    /// The [`Export`](crate::Export) belongs to another application.
    OtherApplication,
    /// The session was closed, or its state was forgotten; nothing is saved.
    ///
    /// Or the calling process is a forked child of the process that opened the session.
    Closed,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Saved;

    #[test]
    fn error_of_a_backend_determines_the_kind_and_its_cause_is_in_the_chain() {
        let kind = |error| Error::storage("x", error).kind();
        assert_eq!(kind(backend::Error::NotFound("".into())), ErrorKind::Damaged);
        assert_eq!(kind(backend::Error::Newer("".into())), ErrorKind::NewerFormat);
        assert_eq!(kind(backend::Error::OutOfOrder), ErrorKind::Unavailable);
        assert_eq!(kind(io::Error::from(io::ErrorKind::TimedOut).into()), ErrorKind::TimedOut);
        // None of these is a statement about a frame.
        for os in [io::ErrorKind::NotFound, io::ErrorKind::InvalidData, io::ErrorKind::Unsupported] {
            assert_eq!(kind(io::Error::from(os).into()), ErrorKind::Unavailable);
        }
        let error = Error::storage("could not read x", backend::Error::Damaged("/y.log: checksum mismatch".into()));
        assert_eq!(error.kind(), ErrorKind::Damaged);
        assert_eq!(format!("{error:#}"), "could not read x: the frame is damaged: /y.log: checksum mismatch");
    }

    #[test]
    fn the_error_is_one_pointer_wide() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
        assert_eq!(size_of::<Option<Error>>(), size_of::<usize>());
        assert!(size_of::<Result<Saved, Error>>() <= 16);
    }
}
