//! What stands where in this frame, and what the user did in it.

use std::collections::BTreeMap;

use eframe::egui::{Id, Rect, Response, Ui, style::ScrollAnimation};
use leftoff::{Kind, Mark, Marker, Phase};

/// Filled while the window is drawn; read when the marker is drawn over it.
#[derive(Debug, Default)]
pub(crate) struct Scene {
    /// What an arrow can point at, by the path its marks use.
    pub(crate) elements: BTreeMap<String, Spot>,
    /// What a dashed line can go round where an element is gone.
    pub(crate) containers: BTreeMap<String, Rect>,
    pub(crate) touches: Vec<Touch>,
    /// The element to scroll to. Taken when it was found.
    reveal: Option<String>,
    /// The element to give the keyboard to, if it takes it.
    focus: Option<String>,
    /// The place of everything in the form, and its step.
    place: Option<(String, (u32, u32))>,
    /// The path that was touched last: going into the same field again is no news.
    last: String,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Spot {
    pub(crate) id: Id,
    pub(crate) rect: Rect,
    /// Through which it can be seen.
    pub(crate) clip: Rect,
}

/// A [`Mark`] that outlives the frame it was made in.
#[derive(Debug, Clone)]
pub(crate) struct Touch {
    pub(crate) path: String,
    kind: Kind,
    phase: Phase,
    label: String,
    detail: String,
    request: Option<String>,
    step: Option<(u32, u32)>,
}

impl Touch {
    pub(crate) fn new(path: &str, kind: Kind, label: &str) -> Self {
        let (path, label) = (path.to_owned(), label.to_owned());
        Self { path, kind, phase: Phase::InProgress, label, detail: String::new(), request: None, step: None }
    }

    /// What was touched before this start.
    pub(crate) fn of(marker: &Marker) -> Self {
        Self {
            path: marker.element().to_owned(),
            kind: marker.kind(),
            phase: marker.phase(),
            label: marker.label().unwrap_or_default().to_owned(),
            detail: marker.detail().unwrap_or_default().to_owned(),
            request: marker.breadcrumb().nth(1).map(str::to_owned),
            step: marker.step(),
        }
    }

    pub(crate) fn done(mut self) -> Self {
        self.phase = Phase::Committed;
        self
    }

    /// The first words of what is there now.
    pub(crate) fn detail(mut self, text: &str) -> Self {
        self.detail = text.chars().take(40).collect();
        self
    }

    /// The mark, for as long as `f` runs: it borrows its captions.
    pub(crate) fn with_mark<R>(&self, f: impl FnOnce(Mark<'_>) -> R) -> R {
        let place = ["Requests", self.request.as_deref().unwrap_or_default()];
        let place = if self.request.is_some() { &place[..] } else { &place[..1] };
        let mark = Mark::new(&self.path).kind(self.kind).phase(self.phase).label(&self.label).detail(&self.detail);
        let mark = mark.place(place);
        f(match self.step {
            Some((number, total)) => mark.step(number, total),
            None => mark,
        })
    }
}

impl Scene {
    pub(crate) fn new(reveal: Option<String>, focus: Option<String>, last: String) -> Self {
        Self { reveal, focus, last, ..Self::default() }
    }

    pub(crate) fn set_place(&mut self, request: &str, step: (u32, u32)) {
        self.place = Some((request.to_owned(), step));
    }

    /// Says where an element is, and brings it into view if it is the one that is looked for.
    pub(crate) fn element(&mut self, ui: &Ui, path: &str, response: &Response) {
        let spot = Spot { id: response.id, rect: response.rect, clip: ui.clip_rect() };
        self.elements.insert(path.to_owned(), spot);
        if self.reveal.as_deref() == Some(path) {
            self.reveal = None;
            if !spot.clip.contains_rect(spot.rect) {
                ui.scroll_to_rect_animation(spot.rect.expand(8.0), None, ScrollAnimation::none());
                ui.ctx().request_discard("the marked element is brought into view");
            }
        }
    }

    pub(crate) fn container(&mut self, path: &str, rect: Rect) {
        self.containers.insert(path.to_owned(), rect);
    }

    /// The user did something to an element of the form.
    pub(crate) fn touch(&mut self, mut touch: Touch) {
        if let Some((request, step)) = &self.place {
            (touch.request, touch.step) = (Some(request.clone()), Some(*step));
        }
        self.touches.push(touch);
    }

    /// A text field: where it is, and whether the user wrote into it or went there.
    pub(crate) fn text_field(&mut self, ui: &Ui, path: &str, label: &str, response: &Response, text: &str) {
        self.element(ui, path, response);
        let given = self.focus.as_deref() == Some(path);
        if given {
            self.focus = None;
            response.request_focus();
        }
        if response.changed() {
            self.touch(Touch::new(path, Kind::Edit, label).detail(text));
        } else if response.gained_focus() && !given && self.last != path {
            self.touch(Touch::new(path, Kind::Focus, label).detail(text));
        }
    }
}
