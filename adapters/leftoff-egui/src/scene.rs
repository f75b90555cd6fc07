//! The elements of this frame and their positions.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash, Hasher};

use egui::{Context, Id, LayerId, Rect, Response, Ui, ViewportId};
use leftoff::marker::anchor::{Element, ElementId, Elements, Key, Probe, UiTree};

use crate::target::Target;

/// The elements of a frame: filled while the window is drawn, read when the marker is drawn over it.
#[derive(Default)]
pub(crate) struct Scene {
    /// The egui pass of these elements; each viewport counts its own.
    pass: Option<(ViewportId, u64)>,
    pub(crate) elements: Elements,
    spots: Vec<Spot>,
    /// Containers with a registered area.
    regions: Vec<(String, Area)>,
    /// Virtual lists: path, record name and row of the wanted record.
    lists: Vec<(String, String, Option<u64>)>,
    /// Changes with every input of the resolver.
    signature: DefaultHasher,
}

/// The position of an element, and its widget.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spot {
    element: ElementId,
    pub(crate) id: Id,
    pub(crate) area: Area,
}

/// A rectangle in a layer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Area {
    pub(crate) layer: LayerId,
    pub(crate) rect: Rect,
    /// The visible area around it.
    pub(crate) clip: Rect,
}

impl Spot {
    pub(crate) fn element(&self) -> ElementId {
        self.element
    }
}

impl Scene {
    /// Clears the scene for a new pass. egui may run several passes for one frame.
    pub(crate) fn at_pass_of(&mut self, ctx: &Context) {
        let pass = Some((ctx.viewport_id(), ctx.cumulative_pass_nr()));
        if self.pass != pass {
            self.pass = pass;
            self.elements.clear();
            self.spots.clear();
            self.regions.clear();
            self.lists.clear();
            self.signature = DefaultHasher::new();
        }
    }

    pub(crate) fn add(&mut self, ui: &Ui, target: &Target<'_>, response: &Response) -> Spot {
        let element = Element::new(target.path).role(target.role).name(target.name()).origin(target.origin);
        (target.path, target.role, target.name()).hash(&mut self.signature);
        let area = Area { layer: response.layer_id, rect: response.rect, clip: ui.clip_rect() };
        let spot = Spot { element: self.elements.add(element), id: response.id, area };
        self.spots.push(spot);
        spot
    }

    pub(crate) fn add_region(&mut self, ui: &Ui, path: &str, rect: Rect) {
        if self.elements.find(path).is_none() {
            self.elements.add(path);
        }
        path.hash(&mut self.signature);
        self.regions.push((path.to_owned(), Area { layer: ui.layer_id(), rect, clip: ui.clip_rect() }));
    }

    pub(crate) fn add_list(&mut self, path: &str, key: &str, row: Option<u64>) {
        if self.elements.find(path).is_none() {
            self.elements.add(path);
        }
        (path, key, row).hash(&mut self.signature);
        self.lists.push((path.to_owned(), key.to_owned(), row));
    }

    /// Returns a value that stays the same as long as the resolver's result does.
    pub(crate) fn signature(&self) -> u64 {
        self.signature.finish()
    }

    pub(crate) fn spot(&self, element: ElementId) -> Option<&Spot> {
        self.spots.iter().find(|spot| spot.element == element)
    }

    /// Returns the drawn elements of a container.
    fn inside(&self, path: &str) -> impl Iterator<Item = &Spot> {
        self.spots.iter().filter(move |spot| {
            let inner = self.elements.path(spot.element).strip_prefix(path);
            path.is_empty() || inner.is_some_and(|inner| inner.starts_with('/'))
        })
    }

    /// Returns whether another element in the same direct container is drawn, so that the page of both is open.
    pub(crate) fn page_is_open(&self, path: &str) -> bool {
        let container = path.rsplit_once('/').map_or("", |(container, _)| container);
        self.is_open(container)
    }

    /// Returns whether an element of this container is drawn.
    pub(crate) fn is_open(&self, container: &str) -> bool {
        self.inside(container).next().is_some()
    }

    /// Returns the area of a container: the registered area, or else the area around its elements.
    pub(crate) fn region(&self, element: ElementId) -> Option<Area> {
        let path = self.elements.path(element);
        if let Some((_, area)) = self.regions.iter().find(|(region, _)| region == path) {
            return Some(*area);
        }
        let mut inside = self.inside(path);
        let mut all = inside.next()?.area;
        for Spot { area, .. } in inside.filter(|spot| spot.area.layer == all.layer) {
            (all.rect, all.clip) = (all.rect.union(area.rect), all.clip.union(area.clip));
        }
        Some(all)
    }
}

/// Describes the elements, and the rows of virtual lists that are not built.
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
        let list = self.lists.iter().find(|(list, asked, _)| list == path && asked == key);
        match list {
            Some((_, _, Some(index))) => Probe::Unrealized { index: *index },
            Some((_, _, None)) => Probe::Absent,
            None => known,
        }
    }
}
