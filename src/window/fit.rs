//! Placing a window on monitors that have changed.
//!
//! Computes with 64 bits, so that no coordinate and no size of 32 bits overflows. A stored value may contain any number; a
//! product of three of them saturates, and the result is limited to the work area all the same.

use std::num::NonZeroU32;

use super::{Area, Geometry, Mode, Monitor, Placement};

/// A range of the desktop in one direction: start and length.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Span {
    start: i64,
    len: i64,
}

impl Span {
    fn end(self) -> i64 {
        self.start.saturating_add(self.len)
    }

    /// The length of the part that is in both; negative if there is a gap.
    fn shared(self, other: Self) -> i64 {
        self.end().min(other.end()) - self.start.max(other.start)
    }

    /// Moved and shrunk as little as possible, so that it lies within `whole`.
    fn within(self, whole: Self) -> Self {
        let len = self.len.min(whole.len);
        Self { start: self.start.clamp(whole.start, whole.end() - len), len }
    }

    /// Moved from one monitor to another, and resized by the ratio of their scales.
    fn moved(self, from: i64, to: i64, scales: (NonZeroU32, NonZeroU32)) -> Self {
        let start = to.saturating_add(rescaled(self.start - from, scales));
        Self { start, len: rescaled(self.len, scales).max(1) }
    }
}

fn rescaled(length: i64, (from, to): (NonZeroU32, NonZeroU32)) -> i64 {
    if from == to { length } else { length.saturating_mul(to.get().into()) / i64::from(from.get()) }
}

impl Area {
    fn spans(self) -> (Span, Span) {
        let span = |start: i32, len: NonZeroU32| Span { start: start.into(), len: len.get().into() };
        (span(self.x, self.width), span(self.y, self.height))
    }

    fn of(x: Span, y: Span) -> Self {
        let start = |span: Span| i32::try_from(span.start).unwrap_or(if span.start < 0 { i32::MIN } else { i32::MAX });
        let len = |span: Span| NonZeroU32::new(u32::try_from(span.len).unwrap_or(u32::MAX)).unwrap_or(NonZeroU32::MIN);
        Self { x: start(x), y: start(y), width: len(x), height: len(y) }
    }

    /// The area that both have; negative and smaller the farther apart they are.
    fn nearness(self, other: Self) -> i64 {
        let ((x, y), (other_x, other_y)) = (self.spans(), other.spans());
        let (x, y) = (x.shared(other_x), y.shared(other_y));
        if x > 0 && y > 0 { x.saturating_mul(y) } else { x.min(0) + y.min(0) }
    }

    fn touches(self, other: Self) -> bool {
        self.nearness(other) > 0
    }

    /// Whether the grip of a window with this area lies within the monitor.
    fn is_reachable_on(self, monitor: &Monitor) -> bool {
        let ((x, y), (work_x, work_y)) = (self.spans(), monitor.work_area.spans());
        let grip = |size: u32, span: Span| (i64::from(size) * i64::from(monitor.scale.get()) / 1000).min(span.len);
        let (width, height) = (grip(Geometry::GRIP.0, x), grip(Geometry::GRIP.1, y));
        let upper = Span { start: y.start, len: height };
        x.shared(work_x) >= width.min(work_x.len) && upper.shared(work_y) >= height.min(work_y.len)
    }

    /// Moves and shrinks the area as little as possible, so that it lies within `whole`.
    fn within(self, whole: Self) -> Self {
        let ((x, y), (whole_x, whole_y)) = (self.spans(), whole.spans());
        Self::of(x.within(whole_x), y.within(whole_y))
    }

    /// Moves the area to the same place of another monitor, with the same apparent size.
    fn moved(self, from: &Monitor, to: &Monitor) -> Self {
        let scales = (from.scale, to.scale);
        let ((x, y), from, to) = (self.spans(), from.work_area, to.work_area);
        Self::of(x.moved(from.x.into(), to.x.into(), scales), y.moved(from.y.into(), to.y.into(), scales))
    }
}

/// The monitor that shows most of the area, or is nearest to it. Of several, the first.
fn monitor_of(area: Area, monitors: &[Monitor]) -> Option<&Monitor> {
    // `max_by_key` returns the last of equal ones.
    monitors.iter().rev().max_by_key(|monitor| area.nearness(monitor.work_area))
}

/// The monitor that was `former`: unchanged, or else of its name. Two of one model may have one name; the nearest of
/// them to the former place is the best guess.
fn same<'m>(former: &Monitor, monitors: &'m [Monitor]) -> Option<&'m Monitor> {
    let named = || monitors.iter().filter(|monitor| !monitor.name.is_empty() && monitor.name == former.name);
    let nearest = || named().rev().max_by_key(|monitor| former.work_area.nearness(monitor.work_area));
    monitors.iter().find(|monitor| *monitor == former).or_else(nearest)
}

impl Placement {
    fn with_area(self, area: Area) -> Self {
        Self::new(area, self.mode)
    }

    /// Whether part of the window is on a monitor, as far as this is known.
    pub(super) fn is_on_any(&self, monitors: &[Monitor]) -> bool {
        let Some(area) = self.area() else { return true };
        monitors.is_empty() || monitors.iter().any(|monitor| area.touches(monitor.work_area))
    }

    /// Returns this placement with the known normal area, on the monitor that the window is on: a toolkit reports the
    /// area of the whole monitor for a maximised window.
    pub(super) fn with_normal_area_of(&self, known: &Self, monitors: &[Monitor]) -> Self {
        if self.mode == Mode::Normal {
            return *self;
        }
        let normal = Self { mode: self.mode, ..*known };
        let (Some(now), Some(area)) = (self.area(), known.area()) else { return normal };
        match (monitor_of(area, monitors), monitor_of(now, monitors)) {
            (Some(from), Some(to)) if from != to => normal.with_area(area.moved(from, to).within(to.work_area)),
            _ => normal,
        }
    }

    /// Returns the placement on `monitors`, given the monitors that it was recorded with.
    pub(super) fn fit(self, former: &[Monitor], monitors: &[Monitor]) -> Self {
        let (Some(area), false) = (self.area(), monitors.is_empty()) else {
            return Self { position: None, ..self.no_larger_than(monitors) };
        };
        let was_on = monitor_of(area, former);
        let is_on = was_on.and_then(|was_on| same(was_on, monitors));
        let Some(target) = is_on.or(monitor_of(area, monitors)) else { return self };
        let is_unchanged = was_on == Some(target);
        if is_unchanged && monitors.iter().any(|monitor| area.is_reachable_on(monitor)) {
            return self;
        }
        let area = was_on.map_or(area, |was_on| match is_on {
            Some(is_on) => area.moved(was_on, is_on),
            // Another monitor: the place on the desktop is all that remains, and the size follows the scale.
            None => Area { x: area.x, y: area.y, ..area.moved(was_on, target) },
        });
        self.with_area(area.within(target.work_area))
    }

    /// Shrinks the size to the largest monitor, since the system chooses which one.
    fn no_larger_than(self, monitors: &[Monitor]) -> Self {
        let largest = |size: fn(&Area) -> NonZeroU32| monitors.iter().map(|monitor| size(&monitor.work_area)).max();
        let shrunk = |len: NonZeroU32, most: Option<NonZeroU32>| most.map_or(len, |most| len.min(most));
        let (width, height) = (largest(|area| area.width), largest(|area| area.height));
        Self { width: shrunk(self.width, width), height: shrunk(self.height, height), ..self }
    }
}
