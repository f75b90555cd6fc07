//! The arrow of a window, updated in each frame.

use std::fmt;
use std::sync::Arc;

use egui::{Context, Rect, Response, Ui, ViewportId};
use leftoff::marker::anchor::{Element, Elements, Position};
use leftoff::marker::cue::{Cue, CueEvent, FocusAdvice, Salience};
use leftoff::resume::Resume;
use leftoff::time::{Clock, SystemClock, Timestamp};
use leftoff::{Action, Capture, Error, Mark, Marker, Phase, Saved, Session};

use crate::compat;
use crate::draw::{self, Look};
use crate::geometry::to_core;
use crate::input::Input;
use crate::names;
use crate::noted::Noted;
use crate::quarantine::Place;
use crate::scene::Scene;
use crate::seen::Seen;
use crate::settings::Settings;
use crate::target::{Target, Touch};
use crate::text::{Speaker, Text};
use crate::way::{self, Way};
use crate::windows::Windows;

/// The arrow of one window: records the elements that the user touches, and points at the element where the user left
/// off.
///
/// Keep it next to the [`Session`]. In each frame, pass it the elements that an arrow may point at
/// ([`mark`](Self::mark)), and call [`show`](Self::show) after all of them are drawn.
pub struct Arrow {
    /// Reading direction, motion and fading.
    pub settings: Settings,
    pub(crate) texts: Option<Speaker>,
    pub(crate) clock: Arc<dyn Clock>,
    /// Whether the last touched element is a text that has the caret since it was edited.
    is_typing: bool,
    pub(crate) resume: Resume,
    pub(crate) scene: Scene,
    windows: Windows,
    touches: Vec<Touch>,
    /// The position of the last touched element in the window, as fractions.
    viewport: Option<(f32, f32)>,
    input: Input,
    pub(crate) look: Look,
    /// Of the notice about quarantined sections.
    pub(crate) place: Place,
    /// What the user has completed, until the session hears of it.
    pub(crate) finished: Vec<String>,
    way: Way,
    /// The position of the bookmark, which stays while it is free.
    pub(crate) bookmark: Option<Rect>,
    /// The window has no room for the open card.
    pub(crate) is_low: bool,
}

impl fmt::Debug for Arrow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arrow")
            .field("settings", &self.settings)
            .field("scope", &self.resume.scope())
            .field("salience", &self.salience())
            .field("certainty", &self.certainty())
            .finish_non_exhaustive()
    }
}

impl Arrow {
    /// Creates the arrow of the main window, or of an application with one window.
    #[expect(clippy::new_without_default, reason = "a default arrow in a second window would have the wrong scope")]
    pub fn new() -> Self {
        Self::for_scope("")
    }

    /// Creates the arrow of the window or document with this [scope](Session::scope): it marks there and shows the
    /// marker of that scope.
    ///
    /// Each window has its own arrow. One arrow in two windows panics in debug builds; in others, it records marks
    /// and shows nothing.
    pub fn for_scope(scope: &str) -> Self {
        let mut resume = Resume::new(scope);
        resume.set_utc_offset(Timestamp::local_offset);
        Self {
            settings: Settings::default(),
            texts: None,
            clock: Arc::new(SystemClock::new()),
            is_typing: false,
            resume,
            scene: Scene::default(),
            windows: Windows::default(),
            touches: Vec::new(),
            viewport: None,
            input: Input::default(),
            look: Look::default(),
            place: Place::default(),
            finished: Vec::new(),
            way: Way::default(),
            bookmark: None,
            is_low: false,
        }
    }

    /// Sets the texts of another language. If `speaker` returns `None`, the English text is used.
    ///
    /// ```
    /// use leftoff_egui::{Arrow, Text};
    ///
    /// let mut arrow = Arrow::new();
    /// arrow.set_texts(|text| match text {
    ///     Text::Here { .. } => Some("hier waren Sie".to_owned()),
    ///     Text::Dismiss => Some("Ausblenden".to_owned()),
    ///     _ => None,
    /// });
    /// ```
    pub fn set_texts(&mut self, speaker: impl Fn(Text<'_>) -> Option<String> + Send + Sync + 'static) {
        self.texts = Some(Box::new(speaker));
    }

    /// Sets the clock; use the session's clock if the session has its own.
    pub fn set_clock(&mut self, clock: impl Clock) {
        self.clock = Arc::new(clock);
    }

    /// Sets the time zone in which "yesterday at 16:07" is meant: `offset` returns the offset of local time from UTC at a
    /// time, in seconds east. Default: the system's time zone, with the feature `local-time`; otherwise none.
    ///
    /// Without a time zone, a card says "17 h ago" instead.
    pub fn set_utc_offset(&mut self, offset: impl Fn(Timestamp) -> Option<i32> + Send + Sync + 'static) {
        self.resume.set_utc_offset(offset);
    }

    /// Registers an element, and marks it if the user touched it in this frame. Returns whether the user touched it.
    ///
    /// Call it directly after the widget, with the same `ui`. A changed widget is marked as [`Action::Edit`] if it can
    /// be dragged in (text, numbers, sliders) and as [`Action::Choose`] otherwise; a clicked widget as
    /// [`Action::Press`]; a widget that the user focused as [`Action::Focus`]. [`Target::action`] overrides the first
    /// three.
    ///
    /// Where the arrow is out of reach, [`LeftOff::left_off`](crate::LeftOff::left_off) does the same.
    pub fn mark<'a>(&mut self, ui: &Ui, target: impl Into<Target<'a>>, response: &Response) -> bool {
        self.enter(ui.ctx());
        names::with_own(ui, target.into(), response, |target| {
            let seen = Seen::of(ui, response);
            self.place(&target, &seen);
            self.bring_into_view(ui, target.path, &seen, response);
            self.mark_touch(ui.ctx(), &target, &seen)
        })
    }

    fn enter(&mut self, ctx: &Context) {
        self.windows.note(ctx);
        if self.scene.begins(ctx) {
            self.resume.begin();
        }
        let noted = Noted::take(ctx);
        if noted.is_fulfilled {
            self.resume.fulfilled();
        }
        for (target, seen) in noted.elements {
            target.with(|target| {
                self.place(&target, &seen);
                self.mark_touch(ctx, &target, &seen);
            });
        }
    }

    /// Registers an element without marking it, for widgets whose touches the application detects itself. See
    /// [`touch`](Self::touch).
    pub fn element<'a>(&mut self, ui: &Ui, target: impl Into<Target<'a>>, response: &Response) {
        self.enter(ui.ctx());
        names::with_own(ui, target.into(), response, |target| {
            let seen = Seen::of(ui, response);
            self.place(&target, &seen);
            self.bring_into_view(ui, target.path, &seen, response);
        });
    }

    fn place(&mut self, target: &Target<'_>, seen: &Seen) {
        let element = Element::new(target.path).role(target.role).name(target.name()).origin(target.origin);
        self.resume.set_layer(self.scene.number(seen.layer));
        let element = self.resume.add(element, to_core(seen.rect), to_core(seen.clip));
        self.scene.add(element, seen.widget);
    }

    fn bring_into_view(&mut self, ui: &Ui, path: &str, seen: &Seen, response: &Response) {
        let is_target = self.pointed_at() == Some(path);
        self.set_way();
        if self.way.leads_to(seen, is_target) {
            self.resume.fulfilled();
            self.way.scroll_to(ui, seen);
        }
        if self.way.give_focus(is_target) {
            way::focus(response);
        }
    }

    fn set_way(&mut self) {
        self.way.is_wanted = self.resume.wanted().is_some();
        let before = self.resume.marker().and_then(|marker| marker.position()?.viewport_fraction());
        self.way.top = before.map(|(_, y)| y);
        self.way.reduced_motion = self.settings.reduced_motion;
        self.way.has_focus_to_give = self.settings.restores_focus && self.focus_advice() == Some(FocusAdvice::OnTarget);
    }

    /// Marks the element if the user touched it in this frame. Returns whether the user touched it.
    fn mark_touch(&mut self, ctx: &Context, target: &Target<'_>, seen: &Seen) -> bool {
        let is_users = self.input.is_users(ctx);
        if let Some(kind) = seen.act.filter(|_| is_users) {
            let is_typing = kind == Action::Edit && seen.has_caret;
            self.record(target, kind, if is_typing { Phase::InProgress } else { Phase::Unknown });
            self.is_typing = is_typing;
            self.viewport = fraction(seen.rect, compat::content_rect(ctx));
            return true;
        }
        // The caret left the text, and nothing else was touched: it is not known whether the text is finished.
        if is_users && self.is_typing && seen.lost_focus && self.resume.last_touched() == Some(target.path) {
            self.record(target, Action::Edit, Phase::Unknown);
        }
        false
    }

    /// Records a touch that egui does not report: a combo box whose value changed, a row that was dropped.
    ///
    /// The element is on the screen if it is also passed to [`element`](Self::element).
    pub fn touch<'a>(&mut self, target: impl Into<Target<'a>>, kind: Action) {
        self.record(&target.into(), kind, Phase::Unknown);
    }

    fn record(&mut self, target: &Target<'_>, kind: Action, phase: Phase) {
        let touch = Touch::new(target, kind, phase);
        self.is_typing = false;
        if self.resume.last_touched() != Some(target.path) {
            // Discard the position of the previous element.
            self.viewport = None;
        }
        self.resume.touched(target.path);
        self.touches.push(touch);
    }

    /// Registers the area of a container: a page, a group, a list.
    ///
    /// If the element is gone, the bracket is around its container. Without this call, the bracket is around all
    /// elements whose paths begin with `path`.
    pub fn region(&mut self, ui: &Ui, path: &str, rect: Rect) {
        self.enter(ui.ctx());
        self.resume.set_layer(self.scene.number(ui.layer_id()));
        self.resume.add_region(path, to_core(rect), to_core(ui.clip_rect()));
    }

    /// Registers a virtual list, which builds only its visible rows.
    ///
    /// `row_of` returns the row (from zero) of a record, given the record's name in the path. It is called at most once
    /// per frame, and only if the marker points into this list.
    ///
    /// If the row is not built, [`row_wanted`](Self::row_wanted) returns the row to scroll to.
    pub fn list(&mut self, ui: &Ui, path: &str, row_of: impl FnOnce(&str) -> Option<u64>) {
        self.enter(ui.ctx());
        self.resume.add_list(path, row_of);
    }

    /// Saves what has changed, and the elements of this frame with it: see [`Resume::autosave`].
    ///
    /// # Errors
    /// The errors of [`Session::autosave`].
    pub fn autosave(&self, session: &mut Session, capture: impl FnOnce(&mut Capture<'_>)) -> Result<Saved, Error> {
        self.resume.autosave(session, capture)
    }

    /// Returns the elements of this frame, for [`Capture::anchor`](leftoff::Capture::anchor).
    ///
    /// With the anchor, the last touched element can be located after the interface has changed.
    pub fn elements(&self) -> &Elements {
        self.resume.elements()
    }

    /// Returns the position of the last touched element in the window, for
    /// [`Capture::position`](leftoff::Capture::position).
    ///
    /// With it, the element can be scrolled back to the same height. `None` before the first touch of this run: the
    /// stored position then stays.
    ///
    /// ```
    /// # use leftoff::{Session, backend::MemoryBackend};
    /// # let mut session = Session::in_memory();
    /// # let arrow = leftoff_egui::Arrow::new();
    /// session.autosave(|capture| {
    ///     capture.anchor(arrow.elements());
    ///     if let Some(position) = arrow.position() {
    ///         capture.position(position);
    ///     }
    /// })?;
    /// # Ok::<(), leftoff::Error>(())
    /// ```
    pub fn position(&self) -> Option<Position> {
        self.viewport.map(|(x, y)| Position::default().viewport(x, y))
    }

    /// Ends the frame: passes the touches to the session, and draws the arrow of its marker.
    ///
    /// Call it when all elements are drawn, and before [`Session::autosave`].
    ///
    /// Keys, text, clicks, the end of a drag and dropped files make the next `autosave` due, so it also saves changes in
    /// widgets that were not marked. After a change without input, call [`Session::mark_dirty`].
    ///
    /// Returns `true` in the frame in which the stored values may differ from the values on the screen: read all
    /// sections again then, of every window, before the next `autosave`. There are three causes:
    ///
    /// - The session [took over](Session::took_over) from another instance, so it continues from the state that the
    ///   other instance saved. Without reading again, the program would save its older values over it. If both instances
    ///   changed a section, the value of this instance stays, the other one is in [`Session::quarantined`], and a notice
    ///   says so.
    /// - The session has quarantined sections after repeated crashes, and the user accepted the notice that offers to
    ///   bring them back.
    /// - After a crash, the user chose "Undo restore" on the card, so that all sections are
    ///   [quarantined](Session::quarantine_all) and have no value now; or brought them back with the notice that follows.
    #[must_use = "if `true`, read the sections again, or newer values are overwritten"]
    pub fn show(&mut self, ctx: &Context, session: &mut Session) -> bool {
        let must_reread = self.must_reread(ctx, session);
        self.enter(ctx);
        self.wake_main_window(ctx);
        if Input::signs(ctx) {
            session.user_active();
        }
        if Input::is_unfocused(ctx) {
            session.focus_lost();
        }
        if Input::changes(ctx) {
            // A change in a widget that nobody marked would be lost, even on a clean close. If nothing has changed, the
            // capture writes nothing.
            session.mark_dirty();
        }
        for path in self.finished.drain(..) {
            session.scope(self.resume.scope()).mark_finished(&path);
        }
        self.take_marks(|scope, mark| session.scope(scope).mark(mark));
        // The scope borrows its name, which the arrow has.
        let scope = self.resume.scope().to_owned();
        self.show_marker(ctx, session.scope(&scope).marker());
        must_reread
    }

    /// Returns the touches of this frame: the first half of [`show`](Self::show), for an application that marks by
    /// itself.
    ///
    /// Calls `each` with the scope and the mark of each touch. Changes in widgets that are not marked are yours to report,
    /// too: see [`Session::mark_dirty`].
    pub fn take_marks(&mut self, mut each: impl FnMut(&str, Mark<'_>)) {
        for path in self.finished.drain(..) {
            each(self.resume.scope(), Mark::new(&path).phase(Phase::Committed));
        }
        for touch in self.touches.drain(..) {
            touch.with_mark(|mark| each(self.resume.scope(), mark));
        }
    }

    /// Draws the arrow of this marker: the second half of [`show`](Self::show).
    pub fn show_marker(&mut self, ctx: &Context, marker: Option<&Marker>) {
        self.enter(ctx);
        self.wake_main_window(ctx);
        self.note_height(ctx);
        self.resume.set_policy(self.settings.policy.clone());
        if self.resume.follow(marker.filter(|_| !self.windows.is_shared())) {
            self.look = Look::default();
            if self.resume.marker().is_some() {
                // The card is above the widgets that were already drawn, and lists did not know the element to look for.
                ctx.request_discard("there is a marker to show");
                ctx.request_repaint();
            }
        }
        self.update(ctx);
        self.set_way();
        Noted::lead(ctx, self.pointed_at(), &self.way);
        self.input.remember(ctx);
    }

    /// Draws the main window, too, if this window has something to save: a deferred viewport repaints alone, and the
    /// `autosave` is usually in the main window.
    fn wake_main_window(&self, ctx: &Context) {
        let has_news = Input::changes(ctx) || !self.touches.is_empty() || !self.finished.is_empty();
        if has_news && ctx.viewport_id() != ViewportId::ROOT {
            ctx.request_repaint_of(ViewportId::ROOT);
        }
    }

    fn update(&mut self, ctx: &Context) {
        if Input::signs(ctx) {
            self.resume.on(CueEvent::UserPresent);
            self.resume.on(CueEvent::Elapsed(self.input.active_time(ctx)));
        }
        if self.salience() != Salience::Hidden && self.input.dismisses(ctx) {
            self.dismiss();
        }
        let on_card =
            |arrow: &Self| (arrow.card_size(), arrow.untold(), arrow.resume.offers(arrow.settings.opens_pages));
        let before = on_card(self);
        self.resume.locate();
        if self.salience() == Salience::Prominent && self.resume.cue().is_some_and(Cue::is_present) {
            self.look.pulse.get_or_insert_with(|| ctx.input(|input| input.time));
        }
        if self.draw(ctx) {
            self.resume.want();
        }
        // The card was drawn before this was known. In the next frame, the window scrolls to a wanted element, or the
        // application opens its page.
        if on_card(self) != before || self.resume.wanted().is_some() {
            ctx.request_repaint();
        }
        if self.salience() == Salience::Hidden {
            self.look.announcement = None;
        } else if self.resume.announce() {
            self.look.announcement = self.announcement();
        }
        draw::announce(ctx, self.resume.scope(), self.look.announcement.as_deref());
        if self.resume.cue().is_some_and(Cue::is_resting) {
            self.show_bookmark(ctx);
        } else {
            self.bookmark = None;
        }
    }

    fn announcement(&self) -> Option<String> {
        let (card, certainty) = (self.words()?, self.resume.certainty_to_announce()?);
        Some(Text::Announcement(&card, certainty).said_by(self.texts.as_ref()))
    }
}

/// Returns the position of the upper left corner in the window, as fractions.
fn fraction(rect: Rect, window: Rect) -> Option<(f32, f32)> {
    let at = (rect.min - window.min) / window.size();
    (at.x.is_finite() && at.y.is_finite()).then_some((at.x, at.y))
}
