//! The value that several writes have in common.

use super::Dot;

/// Returns the newest write of the first list that is in all lists; each list has the newest write first.
///
/// The list of a value is its own write followed by [`Value::from`](super::Value::from). `None` if they have no write
/// in common, or one that is too long ago.
///
/// ```
/// use leftoff_roam::join::{Dot, Lane, common_ancestor};
///
/// let dot = |lane, index| Dot { lane: Lane(lane), index, nonce: 7 };
/// let laptop = [dot(1, 2), dot(1, 1), dot(1, 0)];
/// let desk = [dot(2, 0), dot(1, 1)];
/// assert_eq!(common_ancestor(&laptop, [&desk[..]]), Some(dot(1, 1)));
/// assert_eq!(common_ancestor(&laptop, [&desk[..1]]), None);
/// ```
pub fn common_ancestor<'a>(first: &[Dot], others: impl IntoIterator<Item = &'a [Dot]>) -> Option<Dot> {
    let others: Vec<&[Dot]> = others.into_iter().collect();
    first.iter().find(|dot| others.iter().all(|other| other.contains(dot))).copied()
}
