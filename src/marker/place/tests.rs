#![expect(clippy::float_cmp, reason = "exact is what is promised")]

use super::*;

mod scenes;

/// Scenes that each property is tried on: a million in a release build, fewer in a debug one, or as many as the
/// environment variable `PLACE_CASES` says.
fn cases() -> u64 {
    let wanted = std::env::var("PLACE_CASES").ok().and_then(|text| text.parse().ok());
    wanted.unwrap_or(if cfg!(debug_assertions) { 20_000 } else { 1_000_000 })
}

/// A generator with a seed, so that a failure can be had again.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u16) -> u16 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        u16::try_from((bits >> 31) % u64::from(end)).unwrap()
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::from(self.below(u16::try_from(from.len()).unwrap()))]
    }

    /// Often a whole number, as in real interfaces, or one a hair off.
    fn number(&mut self, from: i16, end: i16) -> f32 {
        let whole = f32::from(from) + f32::from(self.below(u16::try_from(end - from).unwrap()));
        match self.below(4) {
            0 | 1 => whole,
            2 => whole + f32::from(self.below(1000)) / 1000.0,
            _ => whole + 0.5,
        }
    }

    fn rect(&mut self, reach: i16, sizes: &[i16]) -> Rect {
        let (width, height) = (self.pick(sizes), self.pick(sizes));
        Rect::new(self.number(-reach, reach), self.number(-reach, reach), self.number(1, width), self.number(1, height))
    }

    fn case(&mut self) -> Case {
        let snap =
            [Snap::None, Snap::Cells, Snap::Pixels(1.0), Snap::Pixels(1.25), Snap::Pixels(2.0), Snap::Pixels(1.1)];
        let snap = self.pick(&snap);
        let usual = if snap == Snap::Cells { Metrics::cells() } else { Metrics { snap, ..Metrics::pixels(1.0) } };
        let label = if self.below(3) == 0 { (0.0, 0.0) } else { (self.number(1, 90), self.number(1, 30)) };
        let mut metrics = Metrics { label, ..usual };
        if self.below(4) == 0 {
            metrics.length = self.number(1, 40);
            metrics.width = self.number(1, 40);
            metrics.gap = self.number(0, 9);
            metrics.air = self.number(0, 9);
        }
        let clip = self.rect(300, &[4, 60, 300, 900]);
        let reach = self.pick(&[40, 400, 900]);
        let target = self.rect(reach, &[3, 40, 300, 3000]);
        let inside = Point {
            x: target.min.x + (target.max.x - target.min.x) * f32::from(self.below(101)) / 100.0,
            y: target.min.y + (target.max.y - target.min.y) * f32::from(self.below(101)) / 100.0,
        };
        let anywhere = Point { x: self.number(-900, 900), y: self.number(-900, 900) };
        let focus = self.pick(&[None, Some(inside), Some(inside), Some(anywhere)]);
        let direction = self.pick(&[Direction::LeftToRight, Direction::RightToLeft]);
        let others = (0..self.below(4)).map(|_| self.rect(400, &[40, 200])).collect();
        Case { scene: Scene { target, clip, focus, direction }, metrics, others }
    }
}

#[derive(Debug, Clone)]
struct Case {
    scene: Scene,
    metrics: Metrics,
    others: Vec<Rect>,
}

impl Case {
    fn place(&self) -> Option<Placement> {
        place(&self.scene, &self.metrics, &self.others)
    }

    fn scale(&self) -> f32 {
        if let Snap::Pixels(scale) = self.metrics.snap { scale } else { 1.0 }
    }

    /// What the grid makes of a size.
    fn rounded(&self, size: f32) -> f32 {
        if self.metrics.snap == Snap::None { size } else { (size * self.scale() + 0.5).floor() / self.scale() }
    }
}

fn all_cases(check: impl Fn(&Case, &Placement)) {
    let mut random = Random(7);
    let mut placed = 0;
    for _ in 0..cases() {
        let case = random.case();
        if let Some(placement) = case.place() {
            check(&case, &placement);
            placed += 1;
        }
    }
    assert!(placed > cases() / 4 * 3, "{placed} is too few to prove anything");
}

fn shared(a: Rect, b: Rect) -> Rect {
    let min = Point { x: a.min.x.max(b.min.x), y: a.min.y.max(b.min.y) };
    Rect { min, max: Point { x: a.max.x.min(b.max.x), y: a.max.y.min(b.max.y) } }
}

fn overlap(a: Rect, b: Rect) -> bool {
    let both = shared(a, b);
    both.min.x < both.max.x && both.min.y < both.max.y
}

fn contains(outer: Rect, inner: Rect) -> bool {
    shared(outer, inner) == inner
}

fn moved(rect: Rect, (x, y): (f32, f32)) -> Rect {
    let moved = |point: Point| Point { x: point.x + x, y: point.y + y };
    Rect { min: moved(rect.min), max: moved(rect.max) }
}

/// Of coordinates of this size, `f32` knows no more.
fn close(a: f32, b: f32) -> bool {
    (a - b).abs() < 2e-3
}

#[test]
fn all_of_it_is_in_the_clip() {
    all_cases(|case, placement| {
        let rects = [Some(placement.bounds), placement.outline, placement.label];
        let inside = rects.into_iter().flatten().all(|rect| contains(case.scene.clip, rect));
        let points = placement.arrow.map(|Point { x, y }| contains(placement.bounds, Rect::new(x, y, 0.0, 0.0)));
        assert!(inside && points == [true; 3], "{case:?} {placement:?}");
    });
}

#[test]
fn beside_the_target_the_arrow_is_never_on_it_and_its_tip_is_at_the_gap_from_the_outline() {
    all_cases(|case, placement| {
        let (Mode::Beside(side), Some(outline)) = (placement.mode, placement.outline) else { return };
        let visible = shared(case.scene.target, case.scene.clip);
        assert!(!overlap(placement.bounds, visible) && contains(outline, visible_part(case, visible)), "{case:?}");
        let [tip, one, other] = placement.arrow;
        let (gap, level, bounds) = match side {
            Side::Left => {
                (outline.min.x - tip.x, f32::midpoint(one.y, other.y) - tip.y, placement.bounds.max.x - tip.x)
            }
            Side::Right => {
                (tip.x - outline.max.x, f32::midpoint(one.y, other.y) - tip.y, placement.bounds.min.x - tip.x)
            }
            Side::Top => (outline.min.y - tip.y, f32::midpoint(one.x, other.x) - tip.x, placement.bounds.max.y - tip.y),
            Side::Bottom => {
                (tip.y - outline.max.y, f32::midpoint(one.x, other.x) - tip.x, placement.bounds.min.y - tip.y)
            }
        };
        let exact = close(gap, case.rounded(case.metrics.gap)) && close(level, 0.0) && close(bounds, 0.0);
        assert!(exact, "{case:?} {placement:?}");
    });
}

/// Without the fractions of pixels that the clip cuts and no outline can be in.
fn visible_part(case: &Case, visible: Rect) -> Rect {
    if case.metrics.snap == Snap::None {
        return visible;
    }
    let scale = f64::from(case.scale());
    #[expect(clippy::cast_possible_truncation, reason = "as the library does")]
    let on = |at: f32, round: fn(f64) -> f64| (round(f64::from(at) * scale) / scale) as f32;
    let clip = case.scene.clip;
    let min = Point { x: on(clip.min.x, f64::ceil), y: on(clip.min.y, f64::ceil) };
    let max = Point { x: on(clip.max.x, f64::floor), y: on(clip.max.y, f64::floor) };
    shared(visible, Rect { min, max })
}

#[test]
fn the_tip_is_level_with_the_focus_point_as_far_as_target_and_clip_allow() {
    all_cases(|case, placement| {
        let (Mode::Beside(side), Some(focus)) = (placement.mode, case.scene.focus) else { return };
        let visible = visible_part(case, shared(case.scene.target, case.scene.clip));
        let (clip, [tip, one, other]) = (case.scene.clip, placement.arrow);
        let axis = |tip: f32, half: f32, aim: f32, visible: (f32, f32), clip: (f32, f32)| {
            let low = visible.0.max(clip.0 + half);
            let high = visible.1.min(clip.1 - half);
            // Less than two steps: the aim is rounded, and so are the limits.
            let slack = if case.metrics.snap == Snap::None { 2e-3 } else { 1.99 / case.scale() };
            (tip - aim.min(high).max(low)).abs() <= slack
        };
        let (visible_x, visible_y) = ((visible.min.x, visible.max.x), (visible.min.y, visible.max.y));
        let fits = match side {
            Side::Left | Side::Right => {
                axis(tip.y, (one.y - other.y).abs() / 2.0, focus.y, visible_y, (clip.min.y, clip.max.y))
            }
            Side::Top | Side::Bottom => {
                axis(tip.x, (one.x - other.x).abs() / 2.0, focus.x, visible_x, (clip.min.x, clip.max.x))
            }
        };
        assert!(fits, "{case:?} {placement:?}");
    });
}

#[test]
fn the_label_covers_nothing() {
    all_cases(|case, placement| {
        let Some(label) = placement.label else { return };
        let visible = shared(case.scene.target, case.scene.clip);
        let taken = [Some(visible), Some(placement.bounds), placement.outline];
        let covers = taken.into_iter().flatten().chain(case.others.iter().copied()).any(|rect| overlap(rect, label));
        let (width, height) = (label.max.x - label.min.x, label.max.y - label.min.y);
        let (least_width, least_height) = case.metrics.label;
        assert!(!covers && width > least_width - 2e-3 && height > least_height - 2e-3, "{case:?} {placement:?}");
    });
}

#[test]
fn what_is_out_of_view_is_revealed_by_its_reveal() {
    all_cases(|case, placement| {
        let (x, y) = placement.reveal;
        let mut then = case.clone();
        then.scene.target = moved(case.scene.target, (x, y));
        then.scene.focus = case.scene.focus.map(|focus| Point { x: focus.x + x, y: focus.y + y });
        let after = then.place().unwrap_or_else(|| panic!("{case:?}"));
        assert!(!matches!(after.mode, Mode::OffScreen(_)), "{case:?} {placement:?} {after:?}");
        assert_eq!(after.reveal, (0.0, 0.0), "{case:?} {placement:?} {after:?}");
        if let Mode::OffScreen(side) = placement.mode {
            let away = match side {
                Side::Left => x > 0.0,
                Side::Right => x < 0.0,
                Side::Top => y > 0.0,
                Side::Bottom => y < 0.0,
            };
            assert!(away, "{case:?} {placement:?}");
        }
    });
}

#[test]
fn nothing_is_moved_further_than_needed() {
    // Two steps of the grid, since target and clip are rounded, and what `f32` does not know.
    let axis = |step: f32, by: f32, target: (f32, f32), clip: (f32, f32), focus: Option<f32>| {
        let (low, high) = (target.0 + by, target.1 + by);
        if target.1 - target.0 <= clip.1 - clip.0 - 2.0 * step {
            let seen = low > clip.0 - step && high < clip.1 + step;
            let at_edge = by == 0.0 || (low - clip.0).abs() < 2.0 * step || (high - clip.1).abs() < 2.0 * step;
            let needed = by == 0.0 || target.0 < clip.0 + step || target.1 > clip.1 - step;
            return seen && at_edge && needed;
        }
        let full = high - low < clip.1 - clip.0 + 2.0 * step || (low < clip.0 + step && high > clip.1 - step);
        let focus = focus.map(|focus| focus.max(target.0).min(target.1) + by);
        full && focus.is_none_or(|focus| focus > clip.0 - step && focus < clip.1 + step)
    };
    all_cases(|case, placement| {
        let Scene { target, clip, focus, .. } = case.scene;
        let step = if case.metrics.snap == Snap::None { 0.02 } else { 2.02 / case.scale() };
        let (x, y) = placement.reveal;
        let fits_x = axis(step, x, (target.min.x, target.max.x), (clip.min.x, clip.max.x), focus.map(|focus| focus.x));
        let fits_y = axis(step, y, (target.min.y, target.max.y), (clip.min.y, clip.max.y), focus.map(|focus| focus.y));
        assert!(fits_x && fits_y, "{case:?} {placement:?}");
    });
}

#[test]
fn right_to_left_is_the_exact_mirror_image() {
    let point = |point: Point| Point { x: -point.x, y: point.y };
    let rect = |rect: Rect| Rect {
        min: Point { x: -rect.max.x, y: rect.min.y },
        max: Point { x: -rect.min.x, y: rect.max.y },
    };
    let side = |side| match side {
        Side::Left => Side::Right,
        Side::Right => Side::Left,
        other => other,
    };
    all_cases(|case, placement| {
        let scene = Scene {
            target: rect(case.scene.target),
            clip: rect(case.scene.clip),
            focus: case.scene.focus.map(point),
            direction: match case.scene.direction {
                Direction::LeftToRight => Direction::RightToLeft,
                Direction::RightToLeft => Direction::LeftToRight,
            },
        };
        let others = case.others.iter().copied().map(rect).collect();
        let mirrored = Placement {
            mode: match placement.mode {
                Mode::Beside(at) => Mode::Beside(side(at)),
                Mode::Inside(at) => Mode::Inside(side(at)),
                Mode::OffScreen(at) => Mode::OffScreen(side(at)),
            },
            arrow: placement.arrow.map(point),
            bounds: rect(placement.bounds),
            outline: placement.outline.map(rect),
            label: placement.label.map(rect),
            reveal: (-placement.reveal.0, placement.reveal.1),
        };
        assert_eq!(Case { scene, metrics: case.metrics, others }.place(), Some(mirrored), "{case:?}");
    });
}

#[test]
fn the_same_scene_gives_the_same_place_on_the_grid() {
    all_cases(|case, placement| {
        assert_eq!(case.place().as_ref(), Some(placement));
        if case.metrics.snap == Snap::None {
            return;
        }
        let scale = f64::from(case.scale());
        let on_grid = |at: f32| (f64::from(at) * scale - (f64::from(at) * scale).round()).abs() < 1e-3;
        let rects = [Some(placement.bounds), placement.outline, placement.label].into_iter().flatten();
        let corners = rects.flat_map(|rect| [rect.min, rect.max]);
        let is_cell = case.metrics.snap == Snap::Cells;
        let points = corners.chain(placement.arrow.into_iter().filter(|_| !is_cell));
        let whole = points.chain([Point { x: placement.reveal.0, y: placement.reveal.1 }]);
        for Point { x, y } in whole {
            assert!(on_grid(x) && on_grid(y), "{case:?} {placement:?}");
            assert!(!is_cell || (x.fract(), y.fract()) == (0.0, 0.0), "{case:?} {placement:?}");
        }
    });
}

/// Whether an arrow fits there, by other means than the library's: room to the edge, and room on the other axis.
fn fits(case: &Case, side: Side) -> bool {
    let Scene { target, clip, .. } = case.scene;
    let (visible, Metrics { length, width, gap, air, .. }) = (shared(target, clip), case.metrics);
    let (room, visible, across) = match side {
        Side::Left => (visible.min.x - clip.min.x, (visible.min.y, visible.max.y), (clip.min.y, clip.max.y)),
        Side::Right => (clip.max.x - visible.max.x, (visible.min.y, visible.max.y), (clip.min.y, clip.max.y)),
        Side::Top => (visible.min.y - clip.min.y, (visible.min.x, visible.max.x), (clip.min.x, clip.max.x)),
        Side::Bottom => (clip.max.y - visible.max.y, (visible.min.x, visible.max.x), (clip.min.x, clip.max.x)),
    };
    let half = width / 2.0;
    room >= length + gap + air && visible.0.max(across.0 + half) <= visible.1.min(across.1 - half)
}

#[test]
fn the_first_side_that_fits_is_taken_and_none_is_overlooked() {
    all_cases(|case, _| {
        // Sizes and places without fractions, so that no rounding comes between this and the library.
        let whole = |rect: Rect| Rect {
            min: Point { x: rect.min.x.floor(), y: rect.min.y.floor() },
            max: Point { x: rect.max.x.ceil(), y: rect.max.y.ceil() },
        };
        let mut case = case.clone();
        case.scene.target = whole(case.scene.target);
        case.scene.clip = whole(case.scene.clip);
        case.metrics = Metrics { label: case.metrics.label, ..Metrics::pixels(1.0) };
        case.others.clear();
        let Some(placement) = case.place() else { return };
        let (start, end) = match case.scene.direction {
            Direction::LeftToRight => (Side::Left, Side::Right),
            Direction::RightToLeft => (Side::Right, Side::Left),
        };
        let first = [start, end, Side::Top, Side::Bottom].into_iter().find(|side| fits(&case, *side));
        match placement.mode {
            Mode::OffScreen(_) => {}
            Mode::Beside(side) => assert_eq!(Some(side), first, "{case:?}"),
            Mode::Inside(side) => assert_eq!((side, None), (start, first), "{case:?}"),
        }
    });
}

#[test]
fn an_arrow_covers_others_only_where_no_side_is_free_of_them() {
    all_cases(|case, placement| {
        let alone = place(&case.scene, &case.metrics, &[]);
        let covers = |bounds: Rect| case.others.iter().any(|other| overlap(bounds, *other));
        if !matches!(placement.mode, Mode::Beside(_)) || covers(placement.bounds) {
            assert_eq!(alone.map(|alone| alone.bounds), Some(placement.bounds), "{case:?}");
        } else if alone.is_some_and(|alone| !covers(alone.bounds)) {
            assert_eq!(alone.map(|alone| alone.mode), Some(placement.mode), "{case:?}");
        }
    });
}

#[test]
fn every_mode_and_every_label_occurs_often_enough_to_prove_something() {
    let seen = std::cell::RefCell::new(std::collections::HashMap::<String, u64>::new());
    all_cases(|_, placement| {
        let key = format!("{:?} {}", placement.mode, placement.label.is_some());
        *seen.borrow_mut().entry(key).or_default() += 1;
    });
    let seen = seen.into_inner();
    assert_eq!(seen.len(), 20, "{seen:?}");
    assert!(seen.values().all(|count| *count > cases() / 4000), "{seen:?}");
}

#[test]
fn what_has_no_place_gets_none_and_nothing_panics() {
    let numbers = [0.0, -0.0, 1.0, -7.5, 1e-30, f32::MIN_POSITIVE, f32::MAX, f32::MIN, f32::INFINITY, f32::NAN, 1e9];
    let mut random = Random(9);
    for _ in 0..cases() {
        let mut case = random.case();
        let [mut a, mut b] = [case.scene.target, case.scene.clip];
        for at in [&mut a.min.x, &mut a.min.y, &mut a.max.x, &mut a.max.y, &mut b.min.x, &mut b.max.y] {
            *at = random.pick(&numbers);
        }
        case.scene.target = if random.below(2) == 0 { a } else { case.scene.target };
        case.scene.clip = if random.below(2) == 0 { b } else { case.scene.clip };
        case.metrics.gap = random.pick(&[case.metrics.gap, 1e9, f32::NAN]);
        let Some(placement) = case.place() else { continue };
        assert!(contains(case.scene.clip, placement.bounds), "{case:?} {placement:?}");
        let all_finite = placement.arrow.iter().all(|point| point.x.is_finite() && point.y.is_finite());
        assert!(all_finite && placement.reveal.0.is_finite() && placement.reveal.1.is_finite(), "{case:?}");
    }
}
