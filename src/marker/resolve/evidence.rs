//! Why a resolution is what it is.

use std::fmt;

/// One reason for a [`Resolution`](super::Resolution). `Display` gives words without user content.
///
/// ```
/// use leftoff::marker::resolve::Evidence;
///
/// assert_eq!(Evidence::PathHolds.to_string(), "the whole path is there");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Evidence {
    /// The whole path is there.
    PathHolds,
    /// A rename of the application's applied.
    Renamed,
    /// Several elements have the same path, or the same key among their siblings: a mistake of the application.
    DuplicateKey,
    /// One element elsewhere has the key, and no other.
    KeyElsewhere,
    /// The key is known to its list, which has not built the row.
    NotBuilt,
    /// Its window is closed.
    WindowClosed,
    /// Several candidates are equally likely.
    Tied,
    /// The role is the same.
    SameRole,
    /// The name is the same.
    SameName,
    /// The name is similar.
    SimilarName,
    /// The key is similar.
    SimilarKey,
    /// It is in the same container.
    SameContainer,
    /// It is beside the same element.
    SameNeighbour,
    /// A sibling of it is there.
    SiblingHolds,
    /// What it was in is there.
    ContainerHolds,
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PathHolds => "the whole path is there",
            Self::Renamed => "a rename applied",
            Self::DuplicateKey => "several elements have the key",
            Self::KeyElsewhere => "one element elsewhere has the key",
            Self::NotBuilt => "the list knows the key and has not built the row",
            Self::WindowClosed => "its window is closed",
            Self::Tied => "several candidates are equally likely",
            Self::SameRole => "same role",
            Self::SameName => "same name",
            Self::SimilarName => "similar name",
            Self::SimilarKey => "similar key",
            Self::SameContainer => "same container",
            Self::SameNeighbour => "beside the same element",
            Self::SiblingHolds => "a sibling is there",
            Self::ContainerHolds => "a container is there",
        })
    }
}
