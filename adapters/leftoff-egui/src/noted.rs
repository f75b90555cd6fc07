//! Marks on a response, without the arrow at hand.

use std::mem;

use egui::{Context, Response, Ui};

use crate::compat;
use crate::names;
use crate::seen::Seen;
use crate::target::{Owned, Target};
use crate::way::{self, Way};

/// Marks a widget where its [`Arrow`](crate::Arrow) is out of reach.
///
/// ```
/// use leftoff_egui::{LeftOff as _, Target};
///
/// fn form(ui: &mut egui::Ui, name: &mut String) {
///     let caption = ui.label("Name:");
///     ui.text_edit_singleline(name).labelled_by(caption.id).left_off(ui, "form/name");
///     if ui.button("Send").left_off(ui, Target::new("form/send").done()).clicked() {
///         // …
///     }
/// }
/// # let mut name = String::new();
/// # egui::Context::default().run_ui(egui::RawInput::default(), |ui| form(ui, &mut name)).textures_delta.clear();
/// ```
pub trait LeftOff {
    /// Registers the widget as an element, and marks it if the user touched it in this frame, as
    /// [`Arrow::mark`](crate::Arrow::mark) does. Returns the response.
    ///
    /// Call it directly after the widget, with the same `ui`. The elements of a window ([`Context::viewport_id`]) are
    /// kept in the [`Context`] until an arrow is used in that window: in the same pass, call
    /// [`Arrow::show`](crate::Arrow::show) or [`show_marker`](crate::Arrow::show_marker) after all widgets. In a window
    /// without an arrow, nothing is marked. Where several arrows share a window, as where egui embeds its viewports, use
    /// `Arrow::mark`.
    #[expect(clippy::return_self_not_must_use, reason = "most responses are dropped")]
    fn left_off<'a>(self, ui: &Ui, target: impl Into<Target<'a>>) -> Self;
}

impl LeftOff for Response {
    fn left_off<'a>(self, ui: &Ui, target: impl Into<Target<'a>>) -> Self {
        let ctx = ui.ctx();
        let seen = Seen::of(ui, &self);
        names::with_own(ui, target.into(), &self, |target| {
            let (way, gets_focus) = Noted::with(ctx, |noted, pass| {
                noted.begin(pass);
                let is_target = noted.pointed_at.as_deref() == Some(target.path);
                let leads_here = noted.way.leads_to(&seen, is_target);
                noted.is_fulfilled |= leads_here;
                noted.elements.push((Owned::new(&target), seen.clone()));
                (leads_here.then(|| noted.way.clone()), noted.way.give_focus(is_target))
            });
            if gets_focus {
                way::focus(&self);
            }
            if let Some(way) = way {
                way.scroll_to(ui, &seen);
            }
        });
        self
    }
}

/// The elements of a window that no arrow has taken yet.
#[derive(Clone, Default)]
pub(crate) struct Noted {
    pass: u64,
    pub(crate) elements: Vec<(Owned, Seen)>,
    /// The window was scrolled to the wanted element.
    pub(crate) is_fulfilled: bool,
    pointed_at: Option<String>,
    way: Way,
}

impl Noted {
    /// Calls `f` with the elements of this window and the number of the pass. `f` must not use the context, which is
    /// locked.
    fn with<R>(ctx: &Context, f: impl FnOnce(&mut Self, u64) -> R) -> R {
        let (key, pass) = (compat::id(("leftoff elements", ctx.viewport_id())), ctx.cumulative_pass_nr());
        ctx.data_mut(|data| f(data.get_temp_mut_or_default(key), pass))
    }

    /// Drops the elements of another pass, which no arrow has taken.
    fn begin(&mut self, pass: u64) {
        if self.pass != pass {
            (self.pass, self.is_fulfilled) = (pass, false);
            self.elements.clear();
        }
    }

    /// Takes the elements of this pass, in the order in which they were drawn.
    pub(crate) fn take(ctx: &Context) -> Self {
        Self::with(ctx, |noted, pass| {
            noted.begin(pass);
            Self {
                elements: mem::take(&mut noted.elements),
                is_fulfilled: mem::take(&mut noted.is_fulfilled),
                ..Self::default()
            }
        })
    }

    /// Sets where the arrow points, for the next pass.
    pub(crate) fn lead(ctx: &Context, pointed_at: Option<&str>, way: &Way) {
        Self::with(ctx, |noted, _| {
            noted.pointed_at = pointed_at.map(str::to_owned);
            noted.way.follow(way);
        });
    }
}
