//! Paths of elements and names of scopes: names, separated by slashes.

/// Returns whether a path is `outer`, or below it: `notes/7` is within `notes`, and `notes2` is not.
pub(crate) fn is_within(path: &str, outer: &str) -> bool {
    path.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
