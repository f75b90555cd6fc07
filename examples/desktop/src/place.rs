//! Where the arrow goes: geometry only, no drawing.

use eframe::egui::{Pos2, Rect, Vec2, pos2, vec2};

/// From the tip to the end of the shaft.
pub(crate) const LENGTH: f32 = 28.0;
/// Across the head.
pub(crate) const WIDTH: f32 = 24.0;
/// Between the tip and the outline.
const GAP: f32 = 6.0;
/// Between the element and the outline round it.
const AIR: f32 = 3.0;
/// What a container must leave free beside its elements, so that an arrow has room there.
pub(crate) const GUTTER: f32 = AIR + GAP + LENGTH + 4.0;

/// An arrow that touches neither its target nor anything else.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Placement {
    pub(crate) tip: Pos2,
    /// Of length one, the way the arrow points.
    pub(crate) direction: Vec2,
    /// Round the target. `None` where the target cannot be seen and the arrow says which way it is.
    pub(crate) outline: Option<Rect>,
    /// Room for the words, where there is some.
    pub(crate) words: Option<Rect>,
}

impl Placement {
    /// What the arrow covers.
    #[cfg(test)]
    fn bounds(&self) -> Rect {
        arrow_bounds(self.tip, self.direction)
    }
}

/// Places an arrow beside `target`, which can be seen through `clip` only, with words of the size `words` on its other
/// side. `others` is what must stay readable.
///
/// `None` for what has no place at all: a rectangle that is empty or not finite.
pub(crate) fn place(target: Rect, clip: Rect, others: &[Rect], words: Vec2) -> Option<Placement> {
    if !is_real(target) || !is_real(clip) {
        return None;
    }
    let visible = target.intersect(clip);
    let sliver = vec2(WIDTH, WIDTH / 2.0).min(target.size());
    if !is_real(visible) || visible.width() < sliver.x || visible.height() < sliver.y {
        return Some(towards(target, clip));
    }
    let outline = visible.expand(AIR).intersect(clip);
    let free = |rect: Rect| clip.contains_rect(rect) && !others.iter().any(|other| other.intersects(rect));
    let sides = [vec2(1.0, 0.0), vec2(-1.0, 0.0), vec2(0.0, 1.0), vec2(0.0, -1.0)];
    let beside = sides.map(|direction| (tip_beside(outline, direction), direction));
    let fits = |&(tip, direction): &(Pos2, Vec2)| free(arrow_bounds(tip, direction));
    let in_clip = |&(tip, direction): &(Pos2, Vec2)| clip.contains_rect(arrow_bounds(tip, direction));
    let found = beside.into_iter().find(fits).or_else(|| beside.into_iter().find(in_clip));
    // Nothing is free: an element as wide as its container. The arrow lies on its first line, at the edge.
    let inside = (pos2(visible.left() + LENGTH + GAP, first_line(visible)), vec2(1.0, 0.0));
    let (tip, direction) = found.unwrap_or(inside);
    let room = Rect::from_min_size(pos2(outline.right() + 10.0, first_line(outline) - words.y / 2.0), words);
    let taken = arrow_bounds(tip, direction).intersects(room);
    Some(Placement { tip, direction, outline: Some(outline), words: (free(room) && !taken).then_some(room) })
}

/// The target is scrolled out of view: an arrow at the nearest edge, pointing to where it is.
fn towards(target: Rect, clip: Rect) -> Placement {
    let gaps = [
        (clip.top() - target.bottom(), vec2(0.0, -1.0)),
        (target.top() - clip.bottom(), vec2(0.0, 1.0)),
        (clip.left() - target.right(), vec2(-1.0, 0.0)),
        (target.left() - clip.right(), vec2(1.0, 0.0)),
    ];
    let (_, direction) = gaps.into_iter().fold((f32::NEG_INFINITY, Vec2::DOWN), |a, b| if b.0 > a.0 { b } else { a });
    let inner = clip.shrink(GAP);
    let across = |min: f32, max: f32, at: f32| at.clamp((min + WIDTH / 2.0).min(max), (max - WIDTH / 2.0).max(min));
    let tip = if direction.x == 0.0 {
        // In the gutter, where it covers nothing.
        let x = across(inner.left(), inner.right(), target.left() - GUTTER / 2.0);
        pos2(x, if direction.y < 0.0 { inner.top() } else { inner.bottom() })
    } else {
        let y = across(inner.top(), inner.bottom(), target.center().y);
        pos2(if direction.x < 0.0 { inner.left() } else { inner.right() }, y)
    };
    Placement { tip, direction, outline: None, words: None }
}

fn tip_beside(outline: Rect, direction: Vec2) -> Pos2 {
    match (direction.x, direction.y) {
        (x, _) if x > 0.0 => pos2(outline.left() - GAP, first_line(outline)),
        (x, _) if x < 0.0 => pos2(outline.right() + GAP, first_line(outline)),
        (_, y) if y > 0.0 => pos2(outline.center().x, outline.top() - GAP),
        _ => pos2(outline.center().x, outline.bottom() + GAP),
    }
}

/// Of a tall element, the arrow points at the first line, where reading begins.
fn first_line(rect: Rect) -> f32 {
    (rect.top() + 20.0).min(rect.center().y)
}

fn arrow_bounds(tip: Pos2, direction: Vec2) -> Rect {
    let side = vec2(-direction.y, direction.x) * (WIDTH / 2.0);
    Rect::from_points(&[tip - side, tip + side, tip - direction * LENGTH - side, tip - direction * LENGTH + side])
}

fn is_real(rect: Rect) -> bool {
    rect.is_finite() && rect.width() > 0.0 && rect.height() > 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIP: Rect = Rect { min: Pos2 { x: 0.0, y: 0.0 }, max: Pos2 { x: 400.0, y: 300.0 } };

    fn rect(x: f32, y: f32, width: f32, height: f32) -> Rect {
        Rect::from_min_size(pos2(x, y), vec2(width, height))
    }

    fn placed(target: Rect, others: &[Rect]) -> Placement {
        place(target, CLIP, others, vec2(100.0, 20.0)).expect("a place")
    }

    #[test]
    fn an_arrow_stands_before_its_target_with_the_words_behind() {
        let placement = placed(rect(GUTTER, 100.0, 150.0, 30.0), &[]);
        assert_eq!(placement.direction, vec2(1.0, 0.0));
        assert!(placement.bounds().right() < GUTTER && placement.words.is_some_and(|words| words.left() > 196.0));
    }

    #[test]
    fn it_goes_to_the_other_side_where_the_first_is_taken() {
        let target = rect(150.0, 100.0, 100.0, 30.0);
        assert_eq!(placed(target, &[rect(60.0, 100.0, 80.0, 30.0)]).direction, vec2(-1.0, 0.0));
        let taken = [rect(60.0, 100.0, 80.0, 30.0), rect(262.0, 100.0, 80.0, 30.0)];
        let above = placed(target, &taken);
        assert_eq!((above.direction, above.words), (vec2(0.0, 1.0), None));
    }

    #[test]
    fn a_target_out_of_view_is_pointed_to_and_not_outlined() {
        let below = placed(rect(50.0, 900.0, 100.0, 30.0), &[]);
        assert_eq!((below.direction, below.outline), (vec2(0.0, 1.0), None));
        assert_eq!(placed(rect(50.0, -90.0, 100.0, 30.0), &[]).direction, vec2(0.0, -1.0));
        assert_eq!(placed(rect(900.0, 50.0, 100.0, 30.0), &[]).direction, vec2(1.0, 0.0));
    }

    #[test]
    fn what_has_no_place_gets_no_arrow() {
        assert_eq!(place(Rect::NOTHING, CLIP, &[], Vec2::ZERO), None);
        assert_eq!(place(rect(f32::NAN, 0.0, 9.0, 9.0), CLIP, &[], Vec2::ZERO), None);
        assert_eq!(place(rect(9.0, 9.0, 0.0, 9.0), CLIP, &[], Vec2::ZERO), None);
    }

    #[test]
    fn wherever_the_target_is_the_arrow_stays_inside_and_off_the_target() {
        let steps = |from: i16, to: i16, by: usize| (from..to).step_by(by).map(f32::from);
        for (x, y) in steps(-200, 500, 13).flat_map(|x| steps(-200, 400, 11).map(move |y| (x, y))) {
            for (width, height) in [(20.0, 20.0), (150.0, 30.0), (60.0, 250.0), (400.0, 30.0)] {
                let target = rect(x, y, width, height);
                let placement = placed(target, &[]);
                assert!(CLIP.contains_rect(placement.bounds()), "{target:?} {placement:?}");
                let covered = placement.outline.is_some_and(|outline| outline.intersects(placement.bounds()));
                assert!(!covered || width >= CLIP.width(), "{target:?} {placement:?}");
            }
        }
    }
}
