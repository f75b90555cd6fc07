//! The notice of what the crash guard set aside, and the user's way back to it.

use leftoff::Session;
use leftoff::time::Timestamp;
use ratatui_core::layout::Rect;
use ratatui_core::terminal::Frame;
use ratatui_core::widgets::Widget;

use crate::arrow::{Arrow, Shown};
use crate::status::StatusLine;

impl Arrow {
    /// Finds the element and draws the arrow of the session's marker, as [`render`](Self::render). Call it last in each
    /// frame. What it drew is a sign of life: a user who looks and leaves loses nothing, however often.
    ///
    /// If the library set something aside after repeated crashes, the bottom row of the area says so until the user has
    /// it [brought back](Self::bring_back) or [dismisses](Self::dismiss) it.
    pub fn show(&mut self, frame: &mut Frame<'_>, session: &mut Session, now: Timestamp) -> Shown {
        let shown = self.render(frame, session.marker(), now);
        session.confirm_restored();
        self.is_aside_shown = !self.is_aside_answered && session.can_bring_back();
        if self.is_aside_shown {
            let row = Rect { y: self.area.bottom().saturating_sub(1), height: self.area.height.min(1), ..self.area };
            StatusLine::new(self.words.set_aside, self.glyphs, self.direction).render(row, frame.buffer_mut());
        }
        shown
    }

    /// The user wants back what was set aside after repeated crashes: give it a key, and name that in
    /// [`Words::set_aside`](crate::Words::set_aside) if it is not F8. Returns whether something came back: read your
    /// sections again then.
    pub fn bring_back(&mut self, session: &mut Session) -> bool {
        // If the storage fails, it stays in quarantine and the notice stays, so that they can try again.
        let is_back = !self.is_aside_answered && session.can_bring_back() && session.bring_back_all().is_ok();
        self.is_aside_answered |= is_back;
        is_back
    }
}
