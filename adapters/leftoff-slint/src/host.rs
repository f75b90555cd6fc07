//! The window of the program, whose types `slint-build` generates there.

use std::rc::Rc;

use slint::{Color, ComponentHandle, ModelRc, SharedString, VecModel};

use leftoff::marker::place::Rect;

/// What the `.slint` half says. Only [`connect!`](crate::connect) makes it.
#[doc(hidden)]
#[derive(Debug)]
pub enum Said {
    Spot { path: SharedString, label: SharedString, role: SharedString, flags: i32, rect: Rect },
    Touched { path: SharedString, label: SharedString, breadcrumb: SharedString, flags: i32, action: i32 },
    Moved,
    Heard(i32),
    Escaped,
    Frame { rect: Rect, accent: Color },
    Measured { text: SharedString, width: f32, height: f32 },
    Chosen { block: i32, button: i32 },
    Followed,
}

/// What the `.slint` half shows. Only [`connect!`](crate::connect) takes it.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum Set<'a> {
    Look(i32),
    Measure(&'a str),
    Drawing(&'a Drawing),
    Card(&'a CardLists),
    Announcement(&'a str),
    Scroll { number: i32, path: &'a str, by: (f32, f32) },
}

/// The shapes.
#[doc(hidden)]
#[derive(Debug, Clone, PartialEq)]
pub struct Drawing {
    pub color: Color,
    pub arrow: String,
    pub is_bracket: bool,
    /// Of the element, or the bracket.
    pub outline: Option<Rect>,
    pub dashes: String,
    pub words: Option<(String, Rect)>,
    /// A click there goes to the element.
    pub edge: Option<Rect>,
}

/// The texts of the strip.
#[doc(hidden)]
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CardLists {
    pub notice_lines: Vec<String>,
    pub notice_buttons: Vec<String>,
    pub lines: Vec<String>,
    pub small_lines: Vec<String>,
    pub buttons: Vec<String>,
}

/// A window with the global `LeftOff`. Implemented by [`connect!`](crate::connect).
pub trait Host: ComponentHandle + 'static {
    #[doc(hidden)]
    fn hear(&self, ear: Rc<dyn Fn(Said) -> bool>);

    #[doc(hidden)]
    fn set(&self, what: Set<'_>);
}

#[doc(hidden)]
pub fn list(texts: &[String]) -> ModelRc<SharedString> {
    let texts: Vec<SharedString> = texts.iter().map(SharedString::from).collect();
    ModelRc::new(VecModel::from(texts))
}

/// Connects the generated types of a window with this crate: its component, and the global `LeftOff` of `leftoff.slint`,
/// which the program's `.slint` file exports. Once for each component that is a window.
///
/// ```ignore
/// slint::include_modules!();
/// leftoff_slint::connect!(App, LeftOff);
/// ```
#[macro_export]
macro_rules! connect {
    ($window:ident, $global:ident) => {
        impl $crate::Host for $window {
            fn hear(&self, ear: ::std::rc::Rc<dyn Fn($crate::__private::Said) -> bool>) {
                use $crate::__private::{Rect, Said};
                let global = $crate::__private::ComponentHandle::global::<$global>(self);
                let to = ear.clone();
                global.on_spot(move |path, label, role, flags, x, y, w, h| {
                    to(Said::Spot { path, label, role, flags, rect: Rect::new(x, y, w, h) });
                });
                let to = ear.clone();
                global.on_touched(move |path, label, breadcrumb, flags, action| {
                    to(Said::Touched { path, label, breadcrumb, flags, action });
                });
                let to = ear.clone();
                global.on_moved(move || {
                    to(Said::Moved);
                });
                let to = ear.clone();
                global.on_heard(move |input| {
                    to(Said::Heard(input));
                });
                let to = ear.clone();
                global.on_escaped(move || to(Said::Escaped));
                let to = ear.clone();
                global.on_frame(move |x, y, w, h, accent| {
                    to(Said::Frame { rect: Rect::new(x, y, w, h), accent });
                });
                let to = ear.clone();
                global.on_measured(move |text, width, height| {
                    to(Said::Measured { text, width, height });
                });
                let to = ear.clone();
                global.on_chosen(move |block, button| {
                    to(Said::Chosen { block, button });
                });
                global.on_followed(move || {
                    ear(Said::Followed);
                });
            }

            fn set(&self, what: $crate::__private::Set<'_>) {
                use $crate::__private::{Set, list};
                let global = $crate::__private::ComponentHandle::global::<$global>(self);
                match what {
                    Set::Look(number) => global.set_look(number),
                    Set::Measure(text) => global.set_to_measure(text.into()),
                    Set::Drawing(drawing) => {
                        global.set_color(drawing.color);
                        global.set_arrow(drawing.arrow.as_str().into());
                        global.set_is_bracket(drawing.is_bracket);
                        global.set_has_outline(drawing.outline.is_some());
                        if let Some(rect) = drawing.outline {
                            global.set_outline_x(rect.min.x);
                            global.set_outline_y(rect.min.y);
                            global.set_outline_w(rect.max.x - rect.min.x);
                            global.set_outline_h(rect.max.y - rect.min.y);
                        }
                        global.set_dashes(drawing.dashes.as_str().into());
                        let words = drawing.words.as_ref();
                        global.set_words(words.map(|(words, _)| words.as_str()).unwrap_or_default().into());
                        if let Some((_, rect)) = words {
                            global.set_words_x(rect.min.x);
                            global.set_words_y(rect.min.y);
                            global.set_words_w(rect.max.x - rect.min.x);
                            global.set_words_h(rect.max.y - rect.min.y);
                        }
                        global.set_can_follow(drawing.edge.is_some());
                        if let Some(rect) = drawing.edge {
                            global.set_arrow_x(rect.min.x);
                            global.set_arrow_y(rect.min.y);
                            global.set_arrow_w(rect.max.x - rect.min.x);
                            global.set_arrow_h(rect.max.y - rect.min.y);
                        }
                    }
                    Set::Card(card) => {
                        global.set_notice_lines(list(&card.notice_lines));
                        global.set_notice_buttons(list(&card.notice_buttons));
                        global.set_card_lines(list(&card.lines));
                        global.set_card_small_lines(list(&card.small_lines));
                        global.set_card_buttons(list(&card.buttons));
                    }
                    Set::Announcement(words) => global.set_announcement(words.into()),
                    Set::Scroll { number, path, by } => {
                        global.set_scroll_path(path.into());
                        global.set_scroll_x(by.0);
                        global.set_scroll_y(by.1);
                        global.set_scroll(number);
                    }
                }
            }
        }
    };
}
