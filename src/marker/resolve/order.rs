//! The current element at the position in the reading order that a captured element had.

use super::compare::Sides;

/// The maximum number of comparisons; beyond it, the reading order is not used.
const MOST: usize = 4_000_000;
/// The minimum likeness for two elements to be aligned.
const LEAST: f32 = 0.4;

/// Aligns the two interfaces like two versions of a text: as many similar elements as possible in the same reading
/// order. For containers that were split, the alignment preserves the order of their contents.
///
/// If several optimal alignments give an element different partners, it has no partner.
pub(super) fn side_by_side(sides: &Sides, may_be: impl Fn(usize, usize) -> bool) -> Vec<Option<usize>> {
    if sides.old.len().saturating_mul(sides.new.len()) > MOST {
        return Vec::new();
    }
    let early = laid(sides, &may_be, |pair, rest| pair >= rest);
    let late = laid(sides, &may_be, |pair, rest| pair > rest);
    early.into_iter().zip(late).map(|(early, late)| early.filter(|_| early == late)).collect()
}

/// Returns one optimal alignment: `takes` decides whether to take a pair with this gain, compared with the gain of
/// leaving it.
fn laid(sides: &Sides, may_be: &impl Fn(usize, usize) -> bool, takes: impl Fn(f32, f32) -> bool) -> Vec<Option<usize>> {
    let (old, new) = (sides.old.len(), sides.new.len());
    let mut partners = vec![None; old];
    // Row by row from the end: the gain of aligning the rest, and whether this pair is part of it.
    let width = new + 1;
    let mut below = vec![0.0_f32; width];
    let mut row = below.clone();
    let mut steps = vec![Step::SkipNew; old * width];
    for (place, choices) in steps.chunks_exact_mut(width).enumerate().rev() {
        let mut right = 0.0;
        let mut diagonal = 0.0;
        for at in (0..new).rev() {
            let skip_old = below.get(at).copied().unwrap_or_default();
            let like = sides.static_likeness(place, at);
            let pair = if like < LEAST || !may_be(place, at) { f32::MIN } else { like + diagonal };
            let (best, step) = if takes(pair, skip_old.max(right)) {
                (pair, Step::Pair)
            } else if skip_old >= right {
                (skip_old, Step::SkipOld)
            } else {
                (right, Step::SkipNew)
            };
            diagonal = skip_old;
            right = best;
            if let (Some(cell), Some(choice)) = (row.get_mut(at), choices.get_mut(at)) {
                (*cell, *choice) = (best, step);
            }
        }
        std::mem::swap(&mut below, &mut row);
    }
    let (mut place, mut at) = (0, 0);
    while place < old && at < new {
        match steps.get(place * width + at) {
            Some(Step::Pair) => {
                if let Some(partner) = partners.get_mut(place) {
                    *partner = Some(at);
                }
                (place, at) = (place + 1, at + 1);
            }
            Some(Step::SkipOld) => place += 1,
            _ => at += 1,
        }
    }
    partners
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Pair,
    SkipOld,
    SkipNew,
}

#[cfg(test)]
mod tests {
    use crate::marker::anchor::Anchor;
    use crate::marker::anchor::testing::Plain;
    use crate::marker::resolve::Resolver;

    #[test]
    fn what_was_taken_out_of_its_container_is_known_by_the_order_of_reading() {
        let mut before = Plain::new(&[]);
        let left = before.push(0, "", "box", "");
        before.push(left, "", "photo", "");
        let right = before.push(0, "", "box", "");
        let preview = before.push(right, "", "text", "");
        let line = before.push(right, "", "box", "");
        let [_, _, subject, count] = ["image", "image", "text", "text"].map(|role| before.push(line, "", role, ""));
        let [_, date] = ["image", "text"].map(|role| before.push(0, "", role, ""));

        let mut after = Plain::new(&[]);
        let all = ["space", "photo", "text", "image", "image", "text", "text", "image", "text", "guide", "guide"];
        let [_, _, now_preview, _, _, now_subject, now_count, _, now_date, ..] =
            all.map(|role| after.push(0, "", role, ""));
        for (old, new) in [(preview, now_preview), (subject, now_subject), (count, now_count), (date, now_date)] {
            let best = Resolver::new().resolve(&Anchor::of_node(&before, old), &after).best();
            assert_eq!(best.map(|best| best.node), Some(new));
        }
    }
}
