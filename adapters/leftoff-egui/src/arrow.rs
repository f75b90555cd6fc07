//! The arrow of a window, updated in each frame.

use std::fmt;
use std::sync::Arc;

use egui::style::ScrollAnimation;
use egui::text_edit::TextEditState;
use egui::{Align, Context, Id, Rect, Response, Ui, ViewportId, vec2};
use leftoff::marker::Card;
use leftoff::marker::anchor::{Elements, Position};
use leftoff::marker::cue::{CueEvent, Salience};
use leftoff::time::{Clock, SystemClock, Timestamp};
use leftoff::{Action, LastExit, Mark, Marker, Phase, Session};

use crate::current::Current;
use crate::draw::{self, Drawn};
use crate::input::Input;
use crate::local::{self, UtcOffset};
use crate::quarantine::{Notice, Undo};
use crate::scene::Scene;
use crate::settings::Settings;
use crate::target::{Target, Touch, act};
use crate::text::{Speaker, Text};
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
    clock: Arc<dyn Clock>,
    /// `None`: of the system's time zone.
    utc_offset: Option<UtcOffset>,
    /// Whether the last touched element is a text that has the caret since it was edited.
    is_typing: bool,
    scope: String,
    scene: Scene,
    windows: Windows,
    touches: Vec<Touch>,
    /// The path of the last touched element: a burst in one element counts as one touch for the cue.
    last: String,
    /// The position of that element in the window, as fractions.
    viewport: Option<(f32, f32)>,
    input: Input,
    pub(crate) current: Option<Current>,
    /// The user chose "take me back": scroll there, or let the application open the page, within this number of frames.
    pub(crate) reveal: u8,
    pub(crate) take_back: bool,
    pub(crate) notice: Notice,
    /// What the user has completed, until the session hears of it.
    pub(crate) finished: Vec<String>,
    /// The element with the keyboard focus.
    focused: Option<Id>,
    /// The position of the bookmark, which stays while it is free.
    pub(crate) bookmark: Option<Rect>,
    /// The window has no room for the open card.
    pub(crate) is_low: bool,
}

/// The number of frames in which the application may open the page of a wanted element. After that, the request ends,
/// so that the user is not held on that page and the window can sleep.
const TRIES: u8 = 4;

impl fmt::Debug for Arrow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arrow")
            .field("settings", &self.settings)
            .field("scope", &self.scope)
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
        Self {
            settings: Settings::default(),
            texts: None,
            clock: Arc::new(SystemClock::new()),
            utc_offset: None,
            is_typing: false,
            scope: scope.to_owned(),
            scene: Scene::default(),
            windows: Windows::default(),
            touches: Vec::new(),
            last: String::new(),
            viewport: None,
            input: Input::default(),
            current: None,
            reveal: 0,
            take_back: false,
            notice: Notice::default(),
            finished: Vec::new(),
            focused: None,
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
        self.utc_offset = Some(Box::new(offset));
    }

    /// Registers an element, and marks it if the user touched it in this frame. Returns whether the user touched it.
    ///
    /// Call it directly after the widget, with the same `ui`. A changed widget is marked as [`Action::Edit`] if it can
    /// be dragged in (text, numbers, sliders) and as [`Action::Choose`] otherwise; a clicked widget as
    /// [`Action::Press`]; a widget that the user focused as [`Action::Focus`]. [`Target::action`] overrides the first
    /// three.
    pub fn mark<'a>(&mut self, ui: &Ui, target: impl Into<Target<'a>>, response: &Response) -> bool {
        let target = target.into();
        self.element(ui, target, response);
        let is_users = self.input.is_users(ui.ctx());
        if let Some(kind) = act(response).filter(|_| is_users) {
            let has_caret = response.has_focus() && TextEditState::load(ui.ctx(), response.id).is_some();
            let is_typing = kind == Action::Edit && has_caret;
            self.record(&target, kind, if is_typing { Phase::InProgress } else { Phase::Unknown });
            self.is_typing = is_typing;
            self.viewport = fraction(response.rect, ui.ctx().content_rect());
            return true;
        }
        // The caret left the text, and nothing else was touched: it is not known whether the text is finished.
        if is_users && self.is_typing && response.lost_focus() && self.last == target.path {
            self.record(&target, Action::Edit, Phase::Unknown);
        }
        false
    }

    pub(crate) fn scope(&self) -> &str {
        &self.scope
    }

    fn enter(&mut self, ctx: &Context) {
        self.windows.note(ctx);
        self.scene.at_pass_of(ctx);
    }

    /// Registers an element without marking it, for widgets whose touches the application detects itself. See
    /// [`touch`](Self::touch).
    pub fn element<'a>(&mut self, ui: &Ui, target: impl Into<Target<'a>>, response: &Response) {
        self.enter(ui.ctx());
        let spot = self.scene.add(ui, &target.into(), response);
        let is_target = self.pointed_at().is_some_and(|path| path == self.scene.elements.path(spot.element()));
        // The keyboard came to it. A user who then scrolls away is not scrolled back.
        let is_focused = response.has_focus();
        let is_in_view = spot.area.clip.contains_rect(spot.area.rect);
        let is_pointed = response.is_pointer_button_down_on() || response.clicked();
        let is_new = is_focused && self.focused != Some(response.id) && !is_in_view && !is_pointed;
        match (is_focused, self.focused) {
            (true, _) => self.focused = Some(response.id),
            (false, Some(id)) if id == response.id => self.focused = None,
            _ => {}
        }
        if is_target && (self.reveal > 0 || is_new) {
            self.reveal = 0;
            self.scroll_to(ui, &spot.area.rect, &spot.area.clip);
        }
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
        let repeated = touch.path == self.last;
        if !repeated {
            touch.path.clone_into(&mut self.last);
            // Discard the position of the previous element.
            self.viewport = None;
            // A user who works elsewhere must not be scrolled away.
            self.reveal = 0;
        }
        if let Some(current) = self.current.as_mut().filter(|_| !repeated) {
            let on_target = match &current.drawn {
                Drawn::Arrow { element, .. } => *element == touch.path,
                _ => current.marker.element() == touch.path,
            };
            current.present = true;
            current.cue.handle(CueEvent::UserPresent);
            current.cue.handle(CueEvent::Touched { on_target });
        }
        self.touches.push(touch);
    }

    /// Registers the area of a container: a page, a group, a list.
    ///
    /// If the element is gone, the bracket is around its container. Without this call, the bracket is around all
    /// elements whose paths begin with `path`.
    pub fn region(&mut self, ui: &Ui, path: &str, rect: Rect) {
        self.enter(ui.ctx());
        self.scene.add_region(ui, path, rect);
    }

    /// Registers a virtual list, which builds only its visible rows.
    ///
    /// `row_of` returns the row (from zero) of a record, given the record's name in the path. It is called at most once
    /// per frame, and only if the marker points into this list.
    ///
    /// If the row is not built, [`row_wanted`](Self::row_wanted) returns the row to scroll to.
    pub fn list(&mut self, ui: &Ui, path: &str, row_of: impl FnOnce(&str) -> Option<u64>) {
        self.enter(ui.ctx());
        let Some(current) = &self.current else { return };
        let inner = current.marker.element().strip_prefix(path).and_then(|inner| inner.strip_prefix('/'));
        if let Some(key) = inner.and_then(|inner| inner.split('/').next()) {
            self.scene.add_list(path, key, row_of(key));
        }
    }

    /// Returns the elements of this frame, for [`Capture::anchor`](leftoff::Capture::anchor).
    ///
    /// With the anchor, the last touched element can be located after the interface has changed.
    pub fn elements(&self) -> &Elements {
        &self.scene.elements
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
        // A frame was drawn, so the restored values did not crash the program.
        session.confirm_restored();
        let took_over = self.sees_take_over(ctx, session);
        self.input.was_seen &= !took_over;
        if !self.input.was_seen {
            let is_possible = by_force(session.last_exit()) && !session.preview().is_empty();
            self.notice.undo = if is_possible { Undo::Possible } else { Undo::Impossible };
        }
        let is_undone = self.undoes_restore(ctx, session);
        let is_back = self.show_quarantine(ctx, session);
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
            session.scope(&self.scope).mark_finished(&path);
        }
        self.take_marks(|scope, mark| session.scope(scope).mark(mark));
        // The scope borrows the session, and its name borrows the arrow.
        let scope = std::mem::take(&mut self.scope);
        self.show_marker(ctx, session.scope(&scope).marker());
        self.scope = scope;
        took_over || is_undone || is_back
    }

    /// Returns the touches of this frame: the first half of [`show`](Self::show), for an application that marks by
    /// itself.
    ///
    /// Calls `each` with the scope and the mark of each touch. Changes in widgets that are not marked are yours to report,
    /// too: see [`Session::mark_dirty`].
    pub fn take_marks(&mut self, mut each: impl FnMut(&str, Mark<'_>)) {
        for path in self.finished.drain(..) {
            each(&self.scope, Mark::new(&path).phase(Phase::Committed));
        }
        for touch in self.touches.drain(..) {
            touch.with_mark(|mark| each(&self.scope, mark));
        }
    }

    /// Draws the arrow of this marker: the second half of [`show`](Self::show).
    pub fn show_marker(&mut self, ctx: &Context, marker: Option<&Marker>) {
        self.wake_main_window(ctx);
        self.enter(ctx);
        self.note_height(ctx);
        self.follow(ctx, marker.filter(|_| !self.windows.is_shared()));
        if let Some(mut current) = self.current.take() {
            self.update(ctx, &mut current);
            self.current = Some(current);
        }
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

    /// Starts a new cue for a new marker, and continues with the same one.
    fn follow(&mut self, ctx: &Context, marker: Option<&Marker>) {
        let Some(marker) = marker else {
            self.current = None;
            return;
        };
        if self.current.as_ref().is_some_and(|current| current.is_of(marker)) {
            return;
        }
        let element = self.words_of(marker).element().clone();
        let policy = self.settings.policy.clone();
        let policy = if self.input.was_seen { policy } else { policy.at_start() };
        let mut current = Current::new(marker, element, policy);
        current.can_undo = !self.input.was_seen && self.notice.undo == Undo::Possible;
        self.current = Some(current);
        self.last.clear();
        // The card is above the widgets that were already drawn, and lists did not know the element to look for.
        ctx.request_discard("there is a marker to show");
        ctx.request_repaint();
    }

    fn update(&mut self, ctx: &Context, current: &mut Current) {
        if Input::signs(ctx) {
            current.present = true;
            current.cue.handle(CueEvent::UserPresent);
            current.cue.handle(CueEvent::Elapsed(self.input.active_time(ctx)));
        }
        if std::mem::take(&mut self.take_back) {
            current.cue.handle(CueEvent::Recalled);
            self.reveal = TRIES;
        }
        if current.cue.salience() != Salience::Hidden && self.input.dismisses(ctx) {
            current.cue.handle(CueEvent::Dismissed);
        }
        if current.cue.salience() != Salience::Hidden && current.find(&self.scene) {
            // The card was drawn before this was known.
            ctx.request_repaint();
        }
        if current.cue.salience() == Salience::Prominent && current.present {
            current.pulse.get_or_insert_with(|| ctx.input(|input| input.time));
        }
        let before = current.untold();
        if draw::draw(ctx, &self.scene, current, &self.settings, self.texts.as_ref()) {
            self.reveal = TRIES;
        }
        if current.untold() != before {
            // The card was drawn before this was known, too.
            ctx.request_repaint();
        }
        if matches!(current.drawn, Drawn::Arrow { off_screen: false, .. }) {
            self.reveal = 0;
        } else if self.reveal > 0 {
            // In the next frame, the window scrolls to it, or the application opens its page.
            self.reveal -= 1;
            ctx.request_repaint();
        }
        if current.cue.salience() != Salience::Hidden && current.cue.announce() {
            let (card, certainty) = (self.words_of(&current.marker), current.cue.certainty());
            let text = Text::Announcement(&card, certainty);
            current.announcement = Some(text.said_by(self.texts.as_ref()));
        }
        if current.cue.salience() == Salience::Hidden {
            current.announcement = None;
        }
        draw::announce(ctx, &self.scope, current.announcement.as_deref());
        if current.cue.is_resting() {
            self.show_bookmark(ctx);
        } else {
            self.bookmark = None;
        }
    }

    /// Returns the card of this moment.
    pub(crate) fn words_of(&self, marker: &Marker) -> Card {
        let offset = |at| self.utc_offset.as_ref().map_or_else(|| local::offset(at), |offset| offset(at));
        marker.local_card(self.clock.now().wall, offset).isolated(self.settings.direction)
    }

    /// Scrolls an element to its former height, or at least into view.
    fn scroll_to(&self, ui: &Ui, rect: &Rect, clip: &Rect) {
        let animation =
            if self.settings.reduced_motion { ScrollAnimation::none() } else { ui.style().scroll_animation };
        let marker = self.current.as_ref().map(|current| &current.marker);
        let before = marker.and_then(|marker| marker.position()?.viewport_fraction());
        let window = ui.ctx().content_rect();
        let top = before.map(|(_, y)| window.top() + y * window.height());
        match top.filter(|top| *top >= clip.top() && top + rect.height() <= clip.bottom()) {
            Some(top) => {
                // egui leaves the item spacing above it.
                let above = rect.translate(vec2(0.0, clip.top() - top + ui.spacing().item_spacing.y));
                ui.scroll_to_rect_animation(above, Some(Align::Min), animation);
            }
            None if !clip.contains_rect(*rect) => ui.scroll_to_rect_animation(rect.expand(8.0), None, animation),
            None => {}
        }
    }
}

fn by_force(exit: &LastExit) -> bool {
    matches!(exit, LastExit::Panicked | LastExit::Crashed | LastExit::Rebooted)
}

/// Returns the position of the upper left corner in the window, as fractions.
fn fraction(rect: Rect, window: Rect) -> Option<(f32, f32)> {
    let at = (rect.min - window.min) / window.size();
    (at.x.is_finite() && at.y.is_finite()).then_some((at.x, at.y))
}
