//! What the arrow does with events and layouts.

use std::sync::Arc;

use iced_core::{Event, Point, Rectangle, text as core_text, window};
use leftoff::marker::cue::{CardSize, Cue, Salience};
use leftoff::resume::{CardText, Choice, Sight, Target};
use leftoff::{Action, Phase, Session};

use crate::arrow::{Inner, Request};
use crate::collect::{self, Collector, Reveal, Spot};
use crate::geometry::{contains, to_core};
use crate::input;
use crate::paint;

/// The outcome of a layout.
#[derive(Default)]
pub(crate) struct News {
    pub(crate) requests: Vec<Request>,
    pub(crate) reveal: Option<Reveal>,
    /// The card has other words, and maybe another height.
    pub(crate) is_layout_old: bool,
    /// There is more to do in the next frame.
    pub(crate) goes_on: bool,
}

/// See [`Inner::focus_frames`].
const FOCUS_FRAMES: u8 = 3;

impl Inner {
    /// Reports input and presence to the session.
    pub(crate) fn note(&mut self, event: &Event, session: &mut Session) {
        if input::can_change(event) {
            self.has_input = true;
            self.focus_frames = FOCUS_FRAMES;
            self.resume.input(session);
        } else if input::is_presence(event) {
            self.resume.user_active(session);
        } else if matches!(event, Event::Window(window::Event::Unfocused)) {
            session.focus_lost();
        }
    }

    /// The same. Returns whether the session took over from another instance: no message of the content may come first.
    pub(crate) fn hear(&mut self, event: &Event, session: &mut Session) -> bool {
        let took_over = input::is_presence(event) && session.took_over();
        self.note(event, session);
        took_over
    }

    /// Does what a press on the strip or on an arrow at the edge asks for, and returns what the program must do; `None`
    /// if the press is for the content.
    pub(crate) fn press(&mut self, point: Point, origin: Point, session: &mut Session) -> Option<Request> {
        match self.strip.at(origin, point) {
            Some(choice) if self.resume.choose(session, choice) => return Some(Request::ReadAgain),
            Some(_) => {}
            None if self.is_on_edge(point) => {
                self.resume.take_back();
            }
            None => return None,
        }
        // What the user has finished is marked.
        Some(Request::Save)
    }

    pub(crate) fn is_over(&self, point: Point, origin: Point) -> bool {
        self.strip.at(origin, point).is_some() || self.is_on_edge(point)
    }

    /// Returns whether the point is on an arrow towards an element out of view.
    fn is_on_edge(&self, point: Point) -> bool {
        self.figure.edge().any(|rect| contains(rect, point))
    }

    /// Hides the marker, as Esc does; returns whether there was one to hide.
    pub(crate) fn dismiss(&mut self) -> bool {
        let is_shown = self.resume.cue().is_some_and(|cue| cue.salience() != Salience::Hidden);
        if is_shown {
            self.resume.dismiss();
        }
        is_shown
    }

    /// Marks what the user touched with this event; returns whether anything was marked.
    pub(crate) fn touches(
        &mut self,
        event: &Event,
        press: Option<Point>,
        is_captured: bool,
        session: &mut Session,
    ) -> bool {
        let focused = self.collected.spots.iter().find(|spot| spot.is_focused);
        let now = focused.map(|spot| spot.target.path.clone());
        let is_new = now != self.focused;
        let touched = match press.and_then(|point| collect::at(&self.collected.spots, point)) {
            Some(spot) if spot.is_field => (spot.is_focused && is_new).then_some((spot, Action::Focus)),
            Some(spot) => (spot.is_leaf || is_captured).then_some((spot, Action::Press)),
            None if is_captured && input::edits(event) => focused.map(|spot| (spot, Action::Edit)),
            // The program may focus a field by itself, at its start for example.
            None if self.focus_frames > 0 && is_new => focused.map(|spot| (spot, Action::Focus)),
            None => None,
        };
        let touched = touched.map(|(spot, action)| (Arc::clone(&spot.target), action));
        // The caret has left the text: it is not known whether the text is finished.
        let left = self.typing.take_if(|typing| now.as_ref() != Some(&typing.path));
        self.focused = now;
        if let Some((target, action)) = touched {
            self.typing = (action == Action::Edit).then(|| Arc::clone(&target));
            let phase = if action == Action::Edit { Phase::InProgress } else { Phase::Unknown };
            self.mark(&target, action, phase, session);
            return true;
        }
        if let Some(target) = &left {
            self.mark(target, Action::Edit, Phase::Unknown, session);
        }
        left.is_some()
    }

    fn mark(&mut self, target: &Target, action: Action, phase: Phase, session: &mut Session) {
        target.with_mark("", action, phase, |mark| self.resume.touch(session, mark));
    }

    /// Returns whether the frame on the screen shows another marker, or shows it in another way.
    pub(crate) fn is_old(&self, session: &mut Session) -> bool {
        let cue = self.resume.cue();
        let salience = cue.map_or(Salience::Hidden, Cue::salience);
        let has_card = cue.is_some_and(|cue| cue.card() != CardSize::None);
        self.salience != salience
            || self.has_card != has_card
            || session.scope(self.resume.scope()).marker() != self.resume.marker()
    }

    /// Locates the marked element in the layout that was collected, and prepares what is drawn.
    pub(crate) fn lay_out<R: core_text::Renderer>(
        &mut self,
        session: &mut Session,
        window: Rectangle,
        renderer: &R,
    ) -> News {
        self.has_input = false;
        let mut news = News::default();
        self.focus_frames = self.focus_frames.saturating_sub(1);
        add(&mut self.resume, &self.collected);
        if self.resume.end(session) {
            news.requests.push(Request::ReadAgain);
        }
        self.go(&mut news);
        self.salience = self.resume.cue().map_or(Salience::Hidden, Cue::salience);
        let measure = |words: &str| {
            let size = paint::tag_size(renderer, words);
            Some((size.width, size.height))
        };
        let sight = Sight {
            window: to_core(window),
            direction: self.direction,
            scale: self.scale,
            speaker: self.speaker.as_deref(),
            may_cover: true,
            measure: &measure,
        };
        self.figure = self.resume.figure(&sight);
        let [notice, card] = self.resume.strip(session, &self.figure, &sight, self.opens_pages);
        self.has_card = card.is_some();
        let words: Vec<CardText> = notice.into_iter().chain(card.map(with_cross)).collect();
        news.is_layout_old = words != self.strip.words;
        self.strip.words = words;
        news
    }

    /// Goes where the user wants to go: scrolls, or requests the page.
    fn go(&mut self, news: &mut News) {
        let Some(wanted) = self.resume.wanted() else {
            self.requested = None;
            return;
        };
        news.goes_on = true;
        if let Some(spot) = self.collected.spots.iter().find(|spot| spot.target.path == wanted) {
            news.reveal = Reveal::of(spot, &self.collected);
        } else if self.opens_pages && self.requested.as_deref() != Some(wanted) {
            news.requests.push(Request::Open(wanted.to_owned()));
            self.requested = Some(wanted.to_owned());
        }
    }
}

/// The button that hides the card is a mere cross, because the strip is as low as its lines.
fn with_cross(mut card: CardText) -> CardText {
    for (name, _) in card.buttons.iter_mut().filter(|(_, choice)| *choice == Choice::Dismiss) {
        "×".clone_into(name);
    }
    card
}

/// Tells the neutral part of the layout.
fn add(resume: &mut leftoff::resume::Resume, collected: &Collector) {
    resume.begin();
    for Spot { target, rect, clip, is_leaf, is_field, .. } in &collected.spots {
        let element = target.element("", if *is_field { "field" } else { "" });
        if *is_leaf {
            resume.add(element, to_core(*rect), to_core(*clip));
        } else {
            // An arrow may stand between the elements of a group.
            resume.add_unseen(element);
            resume.add_region(&target.path, to_core(*rect), to_core(*clip));
        }
    }
    for (rect, clip) in &collected.obstacles {
        resume.add_obstacle(to_core(*rect), to_core(*clip));
    }
}
