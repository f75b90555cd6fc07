//! The reason a codec failed, without any user data.

use std::fmt;

/// The reason a codec failed, at the end of an [`Error`](crate::Error)'s source chain.
///
/// The codecs' own errors quote the data ("invalid type: string \"secret\""), so they never leave the codec modules;
/// this type replaces them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Cause {
    #[error("the value is nested {} or more levels deep", super::MAX_DEPTH)]
    TooDeep,
    #[error("the value takes more bytes than the limit of its section")]
    TooLong,
    #[error("the value has more elements than its section may have bytes, or far more elements than bytes")]
    TooManyElements,

    #[error("the `Serialize` implementation returned an error")]
    Refused,
    #[error("the `Serialize` implementation wrote more or fewer elements than it announced")]
    WrongLength,
    #[error("the `Serialize` implementation wrote different data each time it was called")]
    Unstable,
    #[error(
        "the type has more fields and variants than the default codec supports; choose another codec with \
         `Section::codec`"
    )]
    ShapeTooLarge,
    #[error("bincode cannot store a sequence or map of unknown length, such as `flatten` produces")]
    NoLength,
    #[error("bincode cannot omit a field, as `skip_serializing_if` does")]
    SkippedField,
    #[error("a `Some` without content would be restored as `None`")]
    EmptySome,
    #[cfg(feature = "json")]
    #[error("JSON cannot represent a map whose keys are neither texts nor numbers")]
    NotAJsonKey,
    #[error("JSON cannot represent NaN or infinity")]
    NotFinite,

    #[error("the bytes end before the value is complete")]
    EndsEarly,
    #[error("there are trailing bytes after the value")]
    TrailingBytes,
    #[error("the type is a floating-point number that cannot hold the stored number")]
    NumberTooLarge,
    #[error("the bytes do not match the type")]
    Mismatch,
    #[cfg(feature = "bincode")]
    #[error("the type needs a self-describing format (`untagged`, `tag`, `flatten`), which bincode is not")]
    NotSelfDescribing,
    #[cfg(feature = "json")]
    #[error("invalid or unexpected JSON at line {line}, column {column}")]
    NotTheJson { line: usize, column: usize },
}

impl Cause {
    /// Returns whether a smaller or flatter value could be stored.
    pub(crate) fn is_size(self) -> bool {
        matches!(self, Self::TooDeep | Self::TooLong | Self::TooManyElements)
    }
}

/// Why and where a stored value does not fit its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Undecodable {
    pub(crate) cause: Cause,
    /// The names of the fields and variants on the way there, if they are known. Nothing of the value is in it.
    pub(crate) path: Option<Box<str>>,
}

impl fmt::Display for Undecodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cause, path } = self;
        match path {
            Some(path) => write!(f, "{cause}, in field {path:?}"),
            None => cause.fmt(f),
        }
    }
}

impl std::error::Error for Undecodable {}
