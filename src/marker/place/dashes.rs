//! The dashes of a bracket.

const CORNER: f32 = 12.0;
const DASH: f32 = 8.0;
const GAP: f32 = 6.0;

/// Returns the dashes of one side of a bracket, from start to end: solid corners, and short dashes between them. In logical
/// pixels.
///
/// ```
/// use leftoff::marker::place::dashes;
///
/// assert_eq!(dashes(60.0), [(0.0, 12.0), (48.0, 60.0), (18.0, 26.0), (32.0, 40.0)]);
/// assert_eq!(dashes(20.0), [(0.0, 10.0), (10.0, 20.0)]);
/// ```
pub fn dashes(length: f32) -> Vec<(f32, f32)> {
    let corner = CORNER.min(length / 2.0);
    let mut dashes = vec![(0.0, corner), (length - corner, length)];
    let end = length - corner - GAP;
    let mut from = corner + GAP;
    while from < end && dashes.len() < MOST {
        dashes.push((from, (from + DASH).min(end)));
        from += DASH + GAP;
    }
    dashes
}

/// More than a window has.
const MOST: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_lie_within_the_side_and_apart_from_each_other() {
        for length in [1.0, 24.0, 37.0, 100.0, 1234.5] {
            let mut dashes = dashes(length);
            dashes.sort_by(|one, other| one.0.total_cmp(&other.0));
            assert_eq!((dashes[0].0, dashes[dashes.len() - 1].1), (0.0, length));
            assert!(dashes.iter().all(|(from, to)| from < to), "{dashes:?}");
            assert!(dashes.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{dashes:?}");
        }
    }

    #[test]
    fn a_side_without_an_end_has_a_bounded_number_of_dashes() {
        for length in [f32::INFINITY, f32::NAN, -5.0, f32::MAX] {
            assert!(dashes(length).len() <= MOST);
        }
    }
}
