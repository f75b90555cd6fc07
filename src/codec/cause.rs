//! Why a codec failed, without a word of what the user typed.

/// The codecs' own errors quote the data ("invalid type: string \"secret\""), so they never leave this module's siblings;
/// this takes their place at the end of an [`Error`](crate::Error)'s chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Cause {
    #[error("it is nested {} levels deep or deeper", super::MAX_DEPTH)]
    TooDeep,
    #[error("it takes more bytes than the limit of its section")]
    TooLong,
    #[error("it has far more elements than its bytes, or the limit of its section, allow")]
    TooManyElements,

    #[error("its `Serialize` returned an error")]
    Refused,
    #[error("its `Serialize` wrote more or fewer elements than it announced")]
    WrongLength,
    #[error("its `Serialize` wrote something else each time it was called")]
    Unstable,
    #[error(
        "its type has more fields and variants than the default codec describes; give the section another one with \
         `Section::codec`"
    )]
    ShapeTooLarge,
    #[error("bincode cannot store a sequence or map whose length is not known at its start, as `flatten` makes them")]
    NoLength,
    #[error("bincode cannot leave out a field, as `skip_serializing_if` does")]
    SkippedField,
    #[error("a `Some` with nothing in it would be restored as `None`")]
    EmptySome,
    #[error("JSON has neither NaN nor infinity")]
    NotFinite,

    #[error("the bytes end before the value does")]
    EndsEarly,
    #[error("the value ends before the bytes do")]
    TrailingBytes,
    #[error("the bytes are not what the type expects")]
    Mismatch,
    #[error("the type asks the bytes what comes next (`untagged`, `tag`, `flatten`), and bincode's do not say")]
    NotSelfDescribing,
    #[cfg(feature = "json")]
    #[error("not the expected JSON at line {line}, column {column}")]
    NotTheJson { line: usize, column: usize },
}

impl Cause {
    /// Whether a smaller or flatter value would have been stored.
    pub(crate) fn is_size(self) -> bool {
        matches!(self, Self::TooDeep | Self::TooLong | Self::TooManyElements)
    }
}
