//! Going to sleep, waking, and what happens when the user is back.

use eframe::egui::{self, Context, Event, Id, Key, Popup};
use leftoff::time::Timestamp;
use leftoff::{Kind, Marker, Phase, Reason};

use crate::app::App;
use crate::card_view::{self, Words};
use crate::clock::time_of_day;
use crate::cue::{Cue, Salience};
use crate::header::REASONS;
use crate::scene::Touch;
use crate::state::Step;
use crate::status::{self, Safety};

#[derive(Debug)]
pub(crate) struct Asleep {
    pub(crate) since: Timestamp,
    pub(crate) reason: Reason,
    pub(crate) focused: Option<Id>,
}

impl App {
    /// Before anything is drawn: is the user back, and what do the keys mean to the marker?
    pub(crate) fn look_at_input(&mut self, ctx: &Context) {
        let is_sign = |event: &Event| !matches!(event, Event::WindowFocused(false) | Event::PointerGone);
        if ctx.input(|input| input.events.iter().any(is_sign)) && self.session.presence() {
            self.greet();
        }
        if self.asleep.is_some() {
            let pressed = |event: &Event| match event {
                Event::Key { key, pressed: true, .. } => Some(*key),
                _ => None,
            };
            self.waking_key = ctx.input(|input| input.events.iter().find_map(pressed));
            if self.waking_key.is_some() {
                self.wake(ctx);
            }
        }
        self.swallow_waking_key(ctx);
        if self.asleep.is_none()
            && self.is_marker_shown()
            && !Popup::is_any_open(ctx)
            && ctx.input_mut(|input| input.consume_key(egui::Modifiers::NONE, Key::Escape))
        {
            self.dismiss();
            // egui takes the keyboard from a field on Esc; this one was not meant for the field.
            if let Some(id) = self.focused {
                ctx.memory_mut(|memory| memory.request_focus(id));
            }
        }
        self.focused = ctx.memory(egui::Memory::focused).or(self.focused.filter(|_| self.asleep.is_some()));
    }

    /// What it types arrives with it or after it, and again and again while it is held.
    fn swallow_waking_key(&mut self, ctx: &Context) {
        let Some(waking) = self.waking_key else { return };
        let mut held = true;
        ctx.input_mut(|input| {
            input.events.retain(|event| match event {
                Event::Key { key, pressed, .. } if *key == waking => {
                    held &= *pressed;
                    false
                }
                Event::Text(_) => !held,
                // Its release may go to another window.
                Event::Key { pressed: true, .. } | Event::PointerButton { .. } | Event::WindowFocused(_) => {
                    held = false;
                    true
                }
                _ => true,
            });
        });
        self.waking_key = held.then_some(waking);
    }

    pub(crate) fn is_marker_shown(&self) -> bool {
        self.session.marker().is_some() && self.cue.salience() != Salience::Hidden
    }

    pub(crate) fn sleeping_card(&mut self, ctx: &Context) {
        let Some(asleep) = &self.asleep else { return };
        let now = self.clock.now().wall;
        let marker = self
            .last
            .as_ref()
            .and_then(|(touch, at)| touch.with_mark(|mark| Marker::from_marks("", [(mark, *at)], None, None)));
        let words = match &marker {
            Some(marker) => Words::of(&marker.card(now), marker.at(), now, None),
            None => Words::nothing(),
        };
        let since = format!("Asleep since {}, before {}", time_of_day(asleep.since), asleep.reason);
        let (safety, line) = status::safety(&self.session.status(), self.uncaptured.as_ref());
        if card_view::asleep(ctx, &words, &since, (safety == Safety::Unsafe).then_some(&line)) {
            self.wake(ctx);
        }
    }

    pub(crate) fn sleep(&mut self) {
        let reason = REASONS.get(self.reason).map_or(Reason::Break, |(_, reason)| reason.clone());
        // What the status line says is what the user needs to know of a failure here, too.
        self.session.changed();
        self.save();
        let _ = self.session.suspend(reason.clone());
        self.asleep = Some(Asleep { since: self.clock.now().wall, reason, focused: self.focused });
    }

    fn wake(&mut self, ctx: &Context) {
        let Some(asleep) = self.asleep.take() else { return };
        self.session.wake();
        self.greet();
        if let Some(id) = asleep.focused {
            ctx.memory_mut(|memory| memory.request_focus(id));
        }
        ctx.request_repaint();
    }

    /// The marker is there, or is there again.
    pub(crate) fn greet(&mut self) {
        let now = self.clock.now().wall;
        let Some(marker) = self.session.marker() else { return };
        self.announcement = Words::of(&marker.card(now), marker.at(), now, self.hint(marker)).announcement();
        self.reveal = Some(marker.element().to_owned());
        self.cue = Cue::loud();
        if self.last.is_none() {
            self.last = Some((Touch::of(marker), marker.at()));
        }
    }

    pub(crate) fn dismiss(&mut self) {
        self.session.dismiss_marker();
        self.cue = Cue::hidden();
    }

    /// Opens the page the marked element is on, and brings it into view.
    pub(crate) fn go_to_marked(&mut self) {
        let Some(marker) = self.session.marker() else { return };
        let mut names = marker.element().split('/').skip(1);
        if let Some(id) = names.next()
            && self.desk.requests().any(|request| request.id == id)
        {
            id.clone_into(&mut self.desk.view.selected);
            self.desk.view.step = match names.next() {
                None | Some("step" | "delete") => self.desk.view.step,
                Some("send") => Step::Send,
                Some(_) => Step::Decide,
            };
        }
        self.reveal = Some(marker.element().to_owned());
        self.focus = is_unfinished_edit(marker).then(|| marker.element().to_owned());
        self.cue = Cue::loud();
        self.session.changed();
    }

    /// What the card adds where there is no arrow.
    pub(crate) fn hint(&self, marker: &Marker) -> Option<&'static str> {
        let request = marker.element().strip_prefix("request/")?.split('/').next()?;
        self.desk.requests().all(|other| other.id != request).then_some("not there any more")
    }
}

pub(crate) fn is_unfinished_edit(marker: &Marker) -> bool {
    marker.kind() == Kind::Edit && marker.phase() == Phase::InProgress
}
