//! The elements of a layout, read from the widgets by an operation.

use std::any::Any;
use std::sync::Arc;

use iced_core::widget::Id;
use iced_core::widget::operation::scrollable::AbsoluteOffset;
use iced_core::widget::operation::{Focusable, Operation, Scrollable};
use iced_core::{Point, Rectangle, Vector};
use leftoff::resume::Target;

/// A named element, after scrolling.
pub(crate) struct Spot {
    pub(crate) target: Arc<Target>,
    pub(crate) rect: Rectangle,
    /// The visible part of the window around it.
    pub(crate) clip: Rectangle,
    /// Contains no other named element.
    pub(crate) is_leaf: bool,
    /// A widget in it, in no other named element, takes the keyboard.
    pub(crate) is_field: bool,
    pub(crate) is_focused: bool,
    /// The scrollables around it, outermost first, as numbers in the order of the tree.
    scrollables: Vec<usize>,
}

/// Collects the elements of a layout.
#[derive(Default)]
pub(crate) struct Collector {
    pub(crate) spots: Vec<Spot>,
    /// Texts and fields, named or not: an arrow should not cover them.
    pub(crate) obstacles: Vec<(Rectangle, Rectangle)>,
    /// The bounds of all scrollables, after scrolling of those around them.
    scrollables: Vec<Rectangle>,
    open: Vec<usize>,
    views: Vec<View>,
    next: Next,
}

/// The visible area, and how far its contents are scrolled.
#[derive(Clone, Copy)]
struct View {
    clip: Rectangle,
    translation: Vector,
    number: Option<usize>,
}

/// What the next traversal enters.
#[derive(Default)]
enum Next {
    #[default]
    Container,
    Spot(usize),
    View(View),
}

impl Collector {
    pub(crate) fn new(window: Rectangle) -> Self {
        let view = View { clip: window, translation: Vector::ZERO, number: None };
        Self { views: vec![view], ..Self::default() }
    }

    fn add_obstacle(&mut self, bounds: Rectangle) {
        let (rect, clip) = self.seen(bounds);
        // Of a long list, most are out of view.
        if rect.intersects(&clip) {
            self.obstacles.push((rect, clip));
        }
    }

    fn seen(&self, bounds: Rectangle) -> (Rectangle, Rectangle) {
        let view = self.views.last().copied();
        let (clip, by) = view.map_or((bounds, Vector::ZERO), |view| (view.clip, view.translation));
        (bounds - by, clip)
    }
}

impl Operation for Collector {
    fn traverse(&mut self, operate: &mut dyn FnMut(&mut dyn Operation)) {
        match std::mem::take(&mut self.next) {
            Next::Container => operate(self),
            Next::Spot(index) => {
                self.open.push(index);
                operate(self);
                self.open.pop();
                let is_leaf = self.spots.len() == index + 1;
                if let Some(spot) = self.spots.get_mut(index) {
                    spot.is_leaf = is_leaf;
                }
            }
            Next::View(view) => {
                self.views.push(view);
                operate(self);
                self.views.pop();
            }
        }
        self.next = Next::Container;
    }

    fn container(&mut self, _: Option<&Id>, _: Rectangle) {
        self.next = Next::Container;
    }

    fn scrollable(
        &mut self,
        _: Option<&Id>,
        bounds: Rectangle,
        _: Rectangle,
        translation: Vector,
        _: &mut dyn Scrollable,
    ) {
        let (rect, clip) = self.seen(bounds);
        let around = self.views.last().map_or(Vector::ZERO, |view| view.translation);
        let number = Some(self.scrollables.len());
        self.scrollables.push(rect);
        let clip = clip.intersection(&rect).unwrap_or(Rectangle { width: 0.0, height: 0.0, ..rect });
        self.next = Next::View(View { clip, translation: around + translation, number });
    }

    fn focusable(&mut self, _: Option<&Id>, bounds: Rectangle, state: &mut dyn Focusable) {
        self.add_obstacle(bounds);
        if let Some(spot) = self.open.last().and_then(|index| self.spots.get_mut(*index)) {
            spot.is_field = true;
            spot.is_focused |= state.is_focused();
        }
    }

    fn text(&mut self, _: Option<&Id>, bounds: Rectangle, _: &str) {
        self.add_obstacle(bounds);
    }

    fn custom(&mut self, _: Option<&Id>, bounds: Rectangle, state: &mut dyn Any) {
        self.next = Next::Container;
        let Some(target) = state.downcast_ref::<Arc<Target>>() else { return };
        let (rect, clip) = self.seen(bounds);
        let scrollables = self.views.iter().filter_map(|view| view.number).collect();
        self.next = Next::Spot(self.spots.len());
        self.spots.push(Spot {
            target: Arc::clone(target),
            rect,
            clip,
            is_leaf: true,
            is_field: false,
            is_focused: false,
            scrollables,
        });
    }
}

/// Scrolls one scrollable, the one with this number.
pub(crate) struct Reveal {
    number: usize,
    by: Vector,
    count: usize,
}

impl Reveal {
    /// Returns the next step of scrolling an element into view: the innermost scrollable that does not show it.
    pub(crate) fn of(spot: &Spot, collected: &Collector) -> Option<Self> {
        let step = |number: &usize| {
            let view = collected.scrollables.get(*number)?;
            let by = Vector::new(
                shift(spot.rect.x, spot.rect.width, view.x, view.width),
                shift(spot.rect.y, spot.rect.height, view.y, view.height),
            );
            (by != Vector::ZERO).then_some(Self { number: *number, by, count: 0 })
        };
        spot.scrollables.iter().rev().find_map(step)
    }
}

/// Room above and below an element that was scrolled into view.
const MARGIN: f32 = 8.0;

/// Returns how far to scroll along one axis, so that the element is in the view; its start if it is larger.
fn shift(start: f32, length: f32, view: f32, room: f32) -> f32 {
    let (before, after) = (start - view, start + length - view - room);
    if before >= 0.0 && after <= 0.0 {
        return 0.0;
    }
    // Below a pixel, rounding alone would scroll for ever.
    let by = if before < 0.0 || length + MARGIN > room { before - MARGIN } else { after + MARGIN };
    if by.abs() < 1.0 { 0.0 } else { by }
}

impl Operation for Reveal {
    fn traverse(&mut self, operate: &mut dyn FnMut(&mut dyn Operation)) {
        operate(self);
    }

    fn scrollable(
        &mut self,
        _: Option<&Id>,
        bounds: Rectangle,
        content: Rectangle,
        _: Vector,
        state: &mut dyn Scrollable,
    ) {
        if self.count == self.number {
            state.scroll_by(AbsoluteOffset { x: self.by.x, y: self.by.y }, bounds, content);
        }
        self.count += 1;
    }
}

/// Returns the named element at a point: the innermost one of the uppermost layer.
pub(crate) fn at(spots: &[Spot], point: Point) -> Option<&Spot> {
    spots.iter().rev().find(|spot| spot.rect.contains(point) && spot.clip.contains(point))
}
