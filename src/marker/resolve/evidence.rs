//! The evidence for a resolution.

use std::fmt;

/// One piece of evidence for a [`Resolution`](super::Resolution). `Display` contains no user content.
///
/// ```
/// use leftoff::marker::resolve::Evidence;
///
/// assert_eq!(Evidence::PathHolds.to_string(), "the whole path is there");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Evidence {
    /// The whole path exists.
    PathHolds,
    /// Matched through one of the application's renames.
    Renamed,
    /// Several elements have the same path, or the same key among their siblings: an error in the application.
    DuplicateKey,
    /// The key counts rows, and another row has the number now: an error in the application. Give the id of the record, with
    /// [`KeyOrigin::Data`](crate::marker::anchor::KeyOrigin::Data).
    RowNumber,
    /// Exactly one element elsewhere has the key.
    KeyElsewhere,
    /// The list contains the key but has not built the row.
    NotBuilt,
    /// The window of the element is closed.
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
    /// Both are fields without a name, behind the same label.
    SameLabel,
    /// Most of the named or keyed contents are still inside; of a row of a list, its texts.
    SameContents,
    /// No other element has the role, before or now.
    RareRole,
    /// The candidate is in the same container.
    SameContainer,
    /// The candidate is beside the same element.
    SameNeighbour,
    /// A sibling of the element exists.
    SiblingHolds,
    /// A container of the element exists.
    ContainerHolds,
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PathHolds => "the whole path is there",
            Self::Renamed => "a rename applied",
            Self::DuplicateKey => "several elements have the key",
            Self::RowNumber => "the key counts rows, and is no key",
            Self::KeyElsewhere => "one element elsewhere has the key",
            Self::NotBuilt => "the list knows the key and has not built the row",
            Self::WindowClosed => "its window is closed",
            Self::Tied => "several candidates are equally likely",
            Self::SameRole => "same role",
            Self::SameName => "same name",
            Self::SimilarName => "similar name",
            Self::SimilarKey => "similar key",
            Self::SameLabel => "behind the same label",
            Self::SameContents => "same contents",
            Self::RareRole => "the only one with its role",
            Self::SameContainer => "same container",
            Self::SameNeighbour => "beside the same element",
            Self::SiblingHolds => "a sibling is there",
            Self::ContainerHolds => "a container is there",
        })
    }
}
