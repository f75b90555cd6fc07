//! What the user does.

use std::time::Duration;

use super::Resume;
use crate::mark::Mark;
use crate::marker::cue::CueEvent;
use crate::session::Session;

/// A longer time between two inputs is no active use.
const PAUSE: Duration = Duration::from_secs(1);

/// Each call returns whether the cue must be drawn again.
impl Resume {
    /// Reports input that may have changed a value: a key, a click, a turn of the wheel, a drop, in any widget.
    ///
    /// The next [`autosave`](Session::autosave) captures then, so a change in an element that was never marked is saved,
    /// too.
    pub fn input(&mut self, session: &mut Session) -> bool {
        session.mark_dirty();
        self.user_active(session)
    }

    /// Reports that the user is there, without a change: the pointer moved, the window got the focus.
    pub fn user_active(&mut self, session: &mut Session) -> bool {
        session.user_active();
        let now = session.now();
        let active = self.input.replace(now).map_or(Duration::ZERO, |before| now.since(before).min(PAUSE));
        self.on(CueEvent::UserPresent) | self.on(CueEvent::Elapsed(active))
    }

    /// Reports that the user leaves: together with [`Session::suspend`], or when the window loses the focus for long.
    pub fn away(&mut self) -> bool {
        self.on(CueEvent::UserAway)
    }

    /// Marks the user's action, and tells the marker of the touch.
    pub fn touch<'m>(&mut self, session: &mut Session, mark: impl Into<Mark<'m>>) -> bool {
        let is_changed = self.user_active(session);
        session.scope(&self.scope).mark(mark);
        session.last_mark_of(&self.scope).is_some_and(|path| self.touched(path)) | is_changed
    }

    /// Tells the marker of a touch of this element, without a mark: the half of [`touch`](Self::touch) that needs no
    /// session.
    pub fn touched(&mut self, path: &str) -> bool {
        let is_changed = self.on(CueEvent::UserPresent);
        if path == self.last {
            return is_changed;
        }
        path.clone_into(&mut self.last);
        // A user who works elsewhere must not be taken away.
        self.wish = 0;
        let on_target = self.marked() == Some(path);
        self.on(CueEvent::Touched { on_target }) | is_changed
    }

    /// Returns the path of the last touched element; `None` if the user has touched none since the marker is shown.
    pub fn last_touched(&self) -> Option<&str> {
        (!self.last.is_empty()).then_some(self.last.as_str())
    }

    /// Marks this element as [finished](Session::mark_finished): the form was sent, the task is done. The marker
    /// disappears if it points there, so that nobody is led back to it.
    pub fn finish(&mut self, session: &mut Session, path: &str) -> bool {
        session.scope(&self.scope).mark_finished(path);
        self.finished(path)
    }

    /// Hides the marker if it points at this element: the half of [`finish`](Self::finish) that needs no session.
    pub fn finished(&mut self, path: &str) -> bool {
        self.marked() == Some(path) && self.on(CueEvent::Dismissed)
    }

    /// "Take me back": shows the marker again, whether it faded or was dismissed, and wants to go there.
    pub fn take_back(&mut self) -> bool {
        self.on(CueEvent::Recalled)
    }

    /// Hides the marker and the card, as Esc does.
    pub fn dismiss(&mut self) -> bool {
        self.on(CueEvent::Dismissed)
    }

    /// Passes an event to the cue; all that the user does arrives here.
    pub fn on(&mut self, event: CueEvent) -> bool {
        match event {
            CueEvent::UserPresent | CueEvent::Touched { .. } => self.is_present = true,
            CueEvent::UserAway => {
                (self.is_present, self.input) = (false, None);
                self.last.clear();
                if let Some(shown) = &mut self.shown {
                    // Shown again at the next presence, unless the user still works elsewhere.
                    shown.has_given_way = false;
                }
            }
            CueEvent::Recalled => self.want(),
            CueEvent::Postponed | CueEvent::Dismissed => self.fulfilled(),
            _ => {}
        }
        self.shown.as_mut().is_some_and(|shown| shown.cue.handle(event))
    }
}
