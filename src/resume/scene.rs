//! The elements of one layout, and their rectangles.

use std::borrow::Cow;
use std::hash::Hasher;

use twox_hash::XxHash3_64;

use crate::marker::anchor::{Element, ElementId, Elements, Key, Probe, UiTree};
use crate::marker::place::{Point, Rect};
use crate::path::is_within;

/// The elements of one layout.
#[derive(Default)]
pub(super) struct Scene {
    elements: Elements,
    /// The layer of what is added next.
    pub(super) layer: usize,
    spots: Vec<Spot>,
    /// Containers with a rectangle of their own.
    regions: Vec<(String, Area)>,
    /// Widgets that are no elements.
    obstacles: Vec<Area>,
    /// Lists that build only their visible rows: path, name of the wanted record, its row.
    lists: Vec<(String, String, Option<u64>)>,
    /// Changes with everything that the search for an element depends on.
    signature: XxHash3_64,
}

struct Spot {
    element: ElementId,
    area: Area,
}

/// A rectangle in a layer, and the visible part of the window around it.
#[derive(Clone, Copy)]
pub(super) struct Area {
    pub(super) rect: Rect,
    pub(super) clip: Rect,
    pub(super) layer: usize,
}

impl Scene {
    pub(super) fn clear(&mut self) {
        self.elements.clear();
        self.layer = 0;
        self.spots.clear();
        self.regions.clear();
        self.obstacles.clear();
        self.lists.clear();
        self.signature = XxHash3_64::default();
    }

    pub(super) fn elements(&self) -> &Elements {
        &self.elements
    }

    pub(super) fn add(&mut self, element: Element<'_>, rect: Rect, clip: Rect) -> ElementId {
        let element = self.add_unseen(element);
        self.spots.push(Spot { element, area: Area { rect, clip, layer: self.layer } });
        element
    }

    pub(super) fn add_unseen(&mut self, element: Element<'_>) -> ElementId {
        let id = self.elements.add(element);
        let (role, name) = (self.elements.role(id), self.elements.name(id).unwrap_or_default());
        for text in [self.elements.path(id), &role, &name] {
            self.signature.write(text.as_bytes());
            self.signature.write_u8(0xff);
        }
        id
    }

    pub(super) fn add_region(&mut self, path: &str, rect: Rect, clip: Rect) {
        self.imply(path);
        self.regions.push((path.to_owned(), Area { rect, clip, layer: self.layer }));
    }

    pub(super) fn add_obstacle(&mut self, rect: Rect, clip: Rect) {
        self.obstacles.push(Area { rect, clip, layer: self.layer });
    }

    pub(super) fn add_list(&mut self, path: &str, key: &str, row: Option<u64>) {
        self.imply(path);
        self.signature.write_u64(row.map_or(0, |row| row.saturating_add(1)));
        self.lists.push((path.to_owned(), key.to_owned(), row));
    }

    fn imply(&mut self, path: &str) {
        if self.elements.find(path).is_none() {
            self.add_unseen(Element::new(path));
        }
    }

    /// Returns a number that stays the same as long as the result of the search does.
    pub(super) fn signature(&self) -> u64 {
        self.signature.finish()
    }

    /// Returns the elements of a container that have a rectangle.
    fn inside(&self, path: &str) -> impl Iterator<Item = &Spot> {
        self.spots.iter().filter(move |spot| {
            let inner = self.elements.path(spot.element).strip_prefix(path);
            path.is_empty() || inner.is_some_and(|inner| inner.starts_with('/'))
        })
    }

    /// Returns whether an element of this container is in the layout.
    pub(super) fn is_open(&self, container: &str) -> bool {
        self.inside(container).next().is_some()
    }

    /// Returns whether another element of the same container is in the layout, or the list that would have it: the page
    /// of both is open.
    pub(super) fn page_is_open(&self, path: &str) -> bool {
        let is_in = |list: &str, record: &str| {
            let inner = path.strip_prefix(list).and_then(|inner| inner.strip_prefix('/'));
            inner.is_some_and(|inner| is_within(inner, record))
        };
        // The list does not know the record.
        let is_absent = self.lists.iter().any(|(list, record, row)| row.is_none() && is_in(list, record));
        is_absent || self.is_open(path.rsplit_once('/').map_or("", |(container, _)| container))
    }

    /// Returns the area of an element, or of a container: its own, or else that of its elements together, in the layer of
    /// the first.
    pub(super) fn area(&self, element: ElementId) -> Option<Area> {
        if let Some(spot) = self.spots.iter().find(|spot| spot.element == element) {
            return Some(spot.area);
        }
        let path = self.elements.path(element);
        if let Some((_, area)) = self.regions.iter().find(|(region, _)| region == path) {
            return Some(*area);
        }
        let areas = self.inside(path).map(|spot| spot.area);
        areas.reduce(|all, area| if area.layer == all.layer { all.united(area) } else { all })
    }

    /// Returns the visible parts of the elements and obstacles that an arrow at this element should not cover: neither its
    /// containers nor its contents.
    pub(super) fn others(&self, element: ElementId) -> Vec<Rect> {
        let Some(own) = self.area(element) else { return Vec::new() };
        let path = self.elements.path(element);
        let is_other = |spot: &&Spot| {
            let other = self.elements.path(spot.element);
            !is_within(path, other) && !is_within(other, path)
        };
        let elements = self.spots.iter().filter(is_other).map(|spot| &spot.area);
        let areas =
            elements.chain(&self.obstacles).filter(|area| area.layer == own.layer && !holds(area.rect, own.rect));
        areas.map(|area| shared(area.rect, area.clip)).filter(|rect| size(*rect).is_some()).collect()
    }
}

impl Scene {
    /// Returns whether this is an element with a rectangle of its own, and no container.
    pub(super) fn is_leaf(&self, element: ElementId) -> bool {
        self.spots.iter().any(|spot| spot.element == element)
    }

    /// Returns the visible parts of the elements and obstacles that words at this element must not cover: all of its
    /// layer, also its contents, but those around it.
    pub(super) fn beside(&self, element: ElementId) -> Vec<Rect> {
        let Some(own) = self.area(element) else { return Vec::new() };
        let areas = self.spots.iter().map(|spot| &spot.area).chain(&self.obstacles);
        let areas = areas.filter(|area| area.layer == own.layer && !holds(area.rect, own.rect));
        areas.map(|area| shared(area.rect, area.clip)).filter(|rect| size(*rect).is_some()).collect()
    }
}

impl Area {
    fn united(self, other: Self) -> Self {
        Self { rect: united(self.rect, other.rect), clip: united(self.clip, other.clip), ..self }
    }
}

/// Width and height, if both are positive and finite.
pub(super) fn size(Rect { min, max }: Rect) -> Option<(f32, f32)> {
    let size = (max.x - min.x, max.y - min.y);
    let is_real = size.0 > 0.0 && size.1 > 0.0 && size.0.is_finite() && size.1.is_finite();
    is_real.then_some(size)
}

/// Returns the intersection. Without one, its sizes are zero or negative.
pub(super) fn shared(a: Rect, b: Rect) -> Rect {
    let min = Point { x: a.min.x.max(b.min.x), y: a.min.y.max(b.min.y) };
    Rect { min, max: Point { x: a.max.x.min(b.max.x), y: a.max.y.min(b.max.y) } }
}

fn united(a: Rect, b: Rect) -> Rect {
    let min = Point { x: a.min.x.min(b.min.x), y: a.min.y.min(b.min.y) };
    Rect { min, max: Point { x: a.max.x.max(b.max.x), y: a.max.y.max(b.max.y) } }
}

fn holds(outer: Rect, inner: Rect) -> bool {
    let (min, max) = (outer.min, outer.max);
    min.x <= inner.min.x && min.y <= inner.min.y && max.x >= inner.max.x && max.y >= inner.max.y
}

/// The elements, and the rows of lists that have not built them.
impl UiTree for Scene {
    type Node = ElementId;

    fn root(&self) -> ElementId {
        self.elements.root()
    }

    fn parent(&self, node: ElementId) -> Option<ElementId> {
        self.elements.parent(node)
    }

    fn children(&self, node: ElementId) -> impl Iterator<Item = ElementId> {
        self.elements.children(node)
    }

    fn key(&self, node: ElementId) -> Option<Key<'_>> {
        self.elements.key(node)
    }

    fn role(&self, node: ElementId) -> Cow<'_, str> {
        self.elements.role(node)
    }

    fn name(&self, node: ElementId) -> Option<Cow<'_, str>> {
        self.elements.name(node)
    }

    fn probe(&self, container: ElementId, key: &str) -> Probe<ElementId> {
        let known = self.elements.probe(container, key);
        if matches!(known, Probe::Realized(_) | Probe::Ambiguous) {
            return known;
        }
        let path = self.elements.path(container);
        match self.lists.iter().find(|(list, asked, _)| list == path && asked == key) {
            Some((_, _, Some(index))) => Probe::Unrealized { index: *index },
            Some((_, _, None)) => Probe::Absent,
            None => known,
        }
    }
}
