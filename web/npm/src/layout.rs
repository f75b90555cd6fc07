//! The elements of the page, and what to draw beside one of them.

use js_sys::{Float64Array, Object, Reflect};
use leftoff::marker::anchor::{Element, KeyOrigin};
use leftoff::marker::cue::Salience;
use leftoff::marker::place::{Direction, Metrics, Placement, Rect};
use leftoff::resume::{Pointer, Text};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::{Core, words};

/// The numbers of an element: its rectangle and what is visible of the page around it, left, top, right, bottom each.
const NUMBERS: usize = 8;

#[wasm_bindgen]
impl Core {
    /// The page as it is now: `texts` has path, role and name of each element; `numbers` its rectangle and its clip (four
    /// each), all zero for an element that exists and is not shown; `captions` the same for texts that an arrow does not cover.
    /// Returns whether the sections must be read again.
    pub fn layout(&mut self, texts: Vec<String>, numbers: &[f64], captions: &[f64]) -> bool {
        self.resume.begin();
        for (texts, numbers) in texts.chunks_exact(3).zip(numbers.chunks_exact(NUMBERS)) {
            let [path, role, name] = texts else { continue };
            let (rect, clip) = numbers.split_at(NUMBERS / 2);
            let mut element = Element::new(path).role(role);
            if !name.is_empty() {
                element = element.name(name);
            }
            if path.rsplit('/').next().is_some_and(|key| key.starts_with(RECORD)) {
                element = element.origin(KeyOrigin::Data);
            }
            match (rectangle(rect), rectangle(clip)) {
                (Some(rect), Some(clip)) => drop(self.resume.add(element, rect, clip)),
                _ => self.resume.add_unseen(element),
            }
        }
        for caption in captions.chunks_exact(NUMBERS) {
            let (rect, clip) = caption.split_at(NUMBERS / 2);
            if let (Some(rect), Some(clip)) = (rectangle(rect), rectangle(clip)) {
                self.resume.add_obstacle(rect, clip);
            }
        }
        self.resume.end(&mut self.session)
    }

    /// Returns what to draw; `undefined` for nothing. `label` is the width and height of the label's text.
    pub fn pointer(&self, rtl: bool, scale: f32, label_width: f32, label_height: f32) -> JsValue {
        let direction = if rtl { Direction::RightToLeft } else { Direction::LeftToRight };
        let metrics = Metrics { label: (label_width, label_height), ..Metrics::pixels(scale) };
        let Some(pointer) = self.resume.pointer(direction, &metrics) else { return JsValue::UNDEFINED };
        let drawn = Object::new();
        let put = |name: &str, value: JsValue| drop(Reflect::set(&drawn, &name.into(), &value));
        put("loud", (self.resume.salience() == Salience::Prominent).into());
        match pointer {
            Pointer::Arrow { placement, .. } => of_arrow(&placement, &put),
            Pointer::Bracket { rect, .. } => put("bracket", numbers(&[rect]).into()),
            _ => return JsValue::UNDEFINED,
        }
        drawn.into()
    }

    /// Returns the words beside the arrow or bracket; `undefined` if there is nothing to draw.
    #[wasm_bindgen(js_name = label)]
    pub fn label(&self) -> Option<String> {
        let whereabouts = self.resume.found()?.whereabouts;
        let marker = self.resume.marker()?;
        let card = self.resume.words(words::now())?;
        Some(Text::Pointer(whereabouts, marker.phase(), card.element()).english())
    }

    /// Returns the present path of the marked element; `undefined` if it was not found.
    pub fn target(&self) -> Option<String> {
        self.resume.target().map(str::to_owned)
    }

    /// Returns the path of the element that the user wants to see, until it is in view.
    pub fn wanted(&self) -> Option<String> {
        self.resume.wanted().map(str::to_owned)
    }
}

/// The beginning of a path's last name that is the id of a record of the page's data.
const RECORD: char = '#';

fn of_arrow(placement: &Placement, put: &impl Fn(&str, JsValue)) {
    let tip: Vec<f64> = placement.arrow.iter().flat_map(|point| [f64::from(point.x), f64::from(point.y)]).collect();
    put("arrow", Float64Array::from(tip.as_slice()).into());
    if let Some(outline) = placement.outline {
        put("outline", numbers(&[outline]).into());
    }
    if let Some(label) = placement.label {
        put("label", numbers(&[label]).into());
    }
}

#[allow(clippy::cast_possible_truncation, reason = "pixels of a window")]
fn rectangle(numbers: &[f64]) -> Option<Rect> {
    let [left, top, right, bottom] = *numbers else { return None };
    let is_there = right > left && bottom > top;
    is_there.then(|| Rect::new(left as f32, top as f32, (right - left) as f32, (bottom - top) as f32))
}

fn numbers(rects: &[Rect]) -> Float64Array {
    let sides = |rect: &Rect| [rect.min.x, rect.min.y, rect.max.x, rect.max.y].map(f64::from);
    let numbers: Vec<f64> = rects.iter().flat_map(sides).collect();
    Float64Array::from(numbers.as_slice())
}
