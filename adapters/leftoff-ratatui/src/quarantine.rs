//! The notice about quarantined sections, and the way to bring them back.

use leftoff::Session;
use leftoff::resume::Notice;
use leftoff::time::Timestamp;
use ratatui_core::layout::Rect;
use ratatui_core::widgets::Widget;

use crate::arrow::{Arrow, Shown};
use crate::compat::Frame;
use crate::status::{MAX_ROWS, Shorter, StatusLine};
use crate::text::Text;
use crate::wrap::wrap;

impl Arrow {
    /// Takes over the session's marker, so that [`status_height`](Self::status_height) and [`list`](Self::list) are right
    /// from the first frame on.
    ///
    /// Call it before the layout of a frame, and after the program has waited for a key, before the key changes a value.
    ///
    /// Returns `true` if the stored values may differ from the values on the screen: read all sections again then, before
    /// the next [`autosave`](Session::autosave). Either the session has [taken over](Session::took_over) from another
    /// instance, and would save its older values over the newer ones: if both instances changed a section, the value of this
    /// one stays, the other one is in [`Session::quarantined`], and a notice says so. Or the user undid the restore: see
    /// [`act`](Self::act).
    ///
    /// ```
    /// use leftoff::{Section, Session};
    ///
    /// const EMAIL: Section<String> = Section::new("email", 1);
    ///
    /// # let (mut session, mut arrow) = (Session::in_memory(), leftoff_ratatui::Arrow::new());
    /// # let mut email = String::new();
    /// if arrow.prepare(&mut session) {
    ///     email = session.get_or_default(EMAIL);
    /// }
    /// ```
    #[must_use = "if `true`, read the sections again, or newer values are overwritten"]
    pub fn prepare(&mut self, session: &mut Session) -> bool {
        let must_reread = self.resume.refresh(session);
        self.follow(session.marker());
        self.resume.give_way(session);
        must_reread
    }

    /// Locates the element and draws the arrow of the session's marker, as [`render`](Self::render) does.
    ///
    /// Call it last in each frame. The drawn frame confirms the restore, so a user who only looks and quits loses
    /// nothing, however often.
    ///
    /// If the session has quarantined sections after repeated crashes, or because the user undid the restore, the bottom
    /// rows of the area, four at most, say so until the user [brings them back](Self::bring_back),
    /// [dismisses](Self::dismiss) the notice, or [ends](Self::stop_offering) the offer.
    pub fn show(&mut self, frame: &mut Frame<'_>, session: &mut Session, now: Timestamp) -> Shown {
        self.resume.confirm(session);
        self.follow(session.marker());
        self.resume.give_way(session);
        let shown = self.render(frame, session.marker(), now);
        if let Some(notice) = self.resume.notice(session) {
            let text = match notice {
                Notice::Undone => Text::Undone,
                Notice::Replaced => Text::Replaced,
                Notice::OtherInstance => Text::OfAnother,
                _ => Text::Quarantined,
            };
            let text = text.said_by(self.texts.as_ref());
            let rows = wrap(&text, i32::from(self.area.width)).len();
            let height = u16::try_from(rows).unwrap_or(u16::MAX).min(MAX_ROWS).min(self.area.height);
            let row = Rect { y: self.area.bottom().saturating_sub(height), height, ..self.area };
            StatusLine::new(&text, Shorter::default(), self.glyphs, self.direction).render(row, frame.buffer_mut());
        }
        shown
    }

    /// Brings back the sections that were quarantined after repeated crashes, or when the user undid the restore. What the
    /// user entered since then is quarantined, a notice says so, and the next call brings that back instead.
    ///
    /// Bind it to a key, and name the key in [`Text::Quarantined`], [`Text::Undone`] and [`Text::Replaced`] if it is not
    /// F8. Returns whether a section was brought back: read your sections again then.
    pub fn bring_back(&mut self, session: &mut Session) -> bool {
        self.resume.bring_back(session)
    }

    /// Ends the offer to bring back what an undone restore quarantined, also at the next starts. It stays in quarantine.
    ///
    /// Bind it to a key, and name the key in [`Text::Undone`] if it is not F4. Returns whether that needs another frame.
    pub fn stop_offering(&mut self, session: &mut Session) -> bool {
        self.resume.stop_offering(session)
    }
}
