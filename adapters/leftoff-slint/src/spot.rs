//! The elements of a layout, as the `.slint` half says them.

use std::collections::HashSet;

use leftoff::marker::anchor::{Element, KeyOrigin};
use leftoff::marker::place::{Point, Rect};
use leftoff::resume::Resume;
use leftoff::{Action, Mark, Phase};

use crate::geometry::common;

/// The flags of an element, as in `leftoff.slint`.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Flags(pub(crate) i32);

impl Flags {
    fn has(self, bit: i32) -> bool {
        self.0 & bit != 0
    }

    fn is_record(self) -> bool {
        self.has(1)
    }

    fn is_sensitive(self) -> bool {
        self.has(2)
    }

    fn is_group(self) -> bool {
        self.has(4)
    }

    fn scrolls(self) -> bool {
        self.has(8)
    }

    fn is_done(self) -> bool {
        self.has(16)
    }

    fn is_hidden(self) -> bool {
        self.has(32)
    }

    fn is_caption(self) -> bool {
        self.has(64)
    }
}

/// An element in a layout.
#[derive(Debug, Clone)]
pub(crate) struct Spot {
    pub(crate) path: String,
    label: String,
    role: String,
    flags: Flags,
    pub(crate) rect: Rect,
    /// The visible part of the window around it.
    pub(crate) clip: Rect,
    /// Contains no other element.
    pub(crate) is_leaf: bool,
}

impl Spot {
    pub(crate) fn new(path: String, label: String, role: String, flags: i32, rect: Rect) -> Self {
        Self { path, label, role, flags: Flags(flags), rect, clip: rect, is_leaf: false }
    }

    pub(crate) fn is_shown(&self) -> bool {
        !self.flags.is_hidden()
    }

    /// Returns whether it can scroll this element into view.
    pub(crate) fn scrolls_to(&self, path: &str) -> bool {
        self.flags.scrolls() && self.is_shown() && is_in(path, &self.path)
    }

    /// Tells the neutral part.
    pub(crate) fn add(&self, resume: &mut Resume) {
        if self.flags.is_caption() {
            if self.is_shown() {
                resume.add_obstacle(self.rect, self.clip);
            }
            return;
        }
        let origin = if self.flags.is_record() { KeyOrigin::Data } else { KeyOrigin::Authored };
        let name = if self.flags.is_sensitive() { "" } else { &self.label };
        let element = Element::new(&self.path).role(&self.role).name(name).origin(origin);
        if self.is_leaf && self.is_shown() {
            resume.add(element, self.rect, self.clip);
            return;
        }
        resume.add_unseen(element);
        // An arrow may stand between the elements of a group.
        if self.is_shown() {
            resume.add_region(&self.path, self.rect, self.clip);
        }
    }
}

fn is_in(path: &str, container: &str) -> bool {
    path.strip_prefix(container).is_some_and(|rest| rest.starts_with('/'))
}

/// Makes a layout of what the elements said, in any order: in the coordinates of the content, in reading order, each with
/// its clip.
pub(crate) fn layout(mut spots: Vec<Spot>, frame: Rect) -> Vec<Spot> {
    spots.retain(|spot| !spot.path.is_empty() || spot.flags.is_caption());
    let (left, top) = (frame.min.x, frame.min.y);
    let window = Rect::new(0.0, 0.0, frame.max.x - left, frame.max.y - top);
    for spot in &mut spots {
        let Rect { min, max } = spot.rect;
        let moved = |point: Point| Point { x: point.x - left, y: point.y - top };
        spot.rect = Rect { min: moved(min), max: moved(max) };
    }
    let containers: HashSet<String> =
        spots.iter().flat_map(|spot| spot.path.match_indices('/').map(|(at, _)| spot.path[..at].to_owned())).collect();
    let views: Vec<(String, Rect)> =
        spots.iter().filter(|spot| spot.flags.scrolls()).map(|spot| (spot.path.clone(), spot.rect)).collect();
    for spot in &mut spots {
        spot.is_leaf = !spot.flags.is_group() && !spot.flags.is_caption() && !containers.contains(&spot.path);
        let around = views.iter().filter(|(path, _)| is_in(&spot.path, path));
        let nothing = Rect::new(window.max.x, window.max.y, 0.0, 0.0);
        spot.clip = around.fold(window, |clip, (_, rect)| common(clip, *rect).unwrap_or(nothing));
    }
    spots.sort_by(|a, b| order(a).total_cmp(&order(b)).then(a.rect.min.x.total_cmp(&b.rect.min.x)));
    spots
}

/// The elements of a row are not always on the same pixel.
const ROW: f32 = 12.0;

fn order(spot: &Spot) -> f32 {
    (f32::midpoint(spot.rect.min.y, spot.rect.max.y) / ROW).round()
}

/// A touch, as the `.slint` half says it.
#[derive(Debug, Clone)]
pub(crate) struct Touch {
    pub(crate) path: String,
    pub(crate) label: String,
    pub(crate) breadcrumb: String,
    pub(crate) flags: i32,
    /// 0 focus, 1 edit, 2 press, 3 choose.
    pub(crate) action: i32,
}

impl Touch {
    pub(crate) fn is_focus(&self) -> bool {
        self.action == 0
    }

    /// Calls `f` with the mark, which borrows its captions.
    pub(crate) fn with_mark<R>(&self, f: impl FnOnce(Mark<'_>) -> R) -> R {
        let flags = Flags(self.flags);
        let (action, phase) = match self.action {
            0 => (Action::Focus, Phase::Unknown),
            1 => (Action::Edit, Phase::InProgress),
            3 => (Action::Choose, Phase::Unknown),
            _ => (Action::Press, Phase::Unknown),
        };
        let phase = if flags.is_done() && !self.is_focus() { Phase::Committed } else { phase };
        let breadcrumb: Vec<&str> =
            Some(self.breadcrumb.as_str()).into_iter().filter(|part| !part.is_empty()).collect();
        let mark = Mark::new(&self.path).action(action).phase(phase).label(&self.label).breadcrumb(&breadcrumb);
        f(if flags.is_sensitive() { mark.sensitive() } else { mark })
    }
}
