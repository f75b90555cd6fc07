//! Lines for lists of the program's own: open work, the timeline, earlier states.

use leftoff::Marker;
use leftoff::ResumePoint;
use leftoff::marker::{Changes, TrailEntry};
use leftoff::time::Timestamp;

use crate::arrow::Arrow;
use crate::text::Text;

/// The lists themselves are the program's: which keys they have, and where they stand.
impl Arrow {
    /// Returns an action of [`Session::timeline`](leftoff::Session::timeline) in one line: "Amount, in Money: edited,
    /// today at 16:07".
    ///
    /// The line is in the [time zone](Self::utc_offset), the [language](Self::texts) and the [characters](Self::ascii) of
    /// the arrow, as are those of [`point_line`](Self::point_line) and [`marker_line`](Self::marker_line).
    ///
    /// ```
    /// use leftoff::{Action, Mark, Session};
    /// use leftoff_ratatui::Arrow;
    ///
    /// # let mut session = Session::in_memory();
    /// session.mark(Mark::new("money/amount").action(Action::Edit).label("Amount").breadcrumb(&["Money"]));
    /// let arrow = Arrow::new().utc_offset(|_| None);
    /// let (_scope, entry) = session.timeline().remove(0);
    /// assert_eq!(arrow.entry_line(&entry, entry.at()), "Amount, in Money: edited, just now");
    /// ```
    pub fn entry_line(&self, entry: &TrailEntry, now: Timestamp) -> String {
        self.said(Text::Past(&entry.line(now, |at| self.resume.utc_offset(at))))
    }

    /// Returns an earlier state of [`Session::history`](leftoff::Session::history) in one line: "Amount, today at 16:07,
    /// before a call".
    pub fn point_line(&self, point: &ResumePoint, now: Timestamp) -> String {
        self.said(Text::Past(&point.line(now, |at| self.resume.utc_offset(at))))
    }

    /// Returns one of the [`Session::markers`](leftoff::Session::markers) in one line, below the user's note if there is
    /// one: "Amount, in Money, step 2 of 3: edited, not finished, 42 min ago".
    pub fn marker_line(&self, marker: &Marker, now: Timestamp) -> String {
        self.said(Text::Open(&marker.local_card(now, |at| self.resume.utc_offset(at))))
    }

    /// Returns how many elements are new, changed and gone since the user left, in one line; `None` if there is no change.
    ///
    /// The changes are those of [`Marker::changes`]. The program lists the elements themselves, in its own way.
    ///
    /// ```
    /// use leftoff::Session;
    /// use leftoff_ratatui::Arrow;
    ///
    /// # let mut session = Session::in_memory();
    /// session.mark("request/17");
    /// session.autosave(|capture| capture.fingerprint("request/17", 1))?;
    /// session.suspend("meeting")?;
    /// let changes = session.wake().unwrap().changes([("request/17", 2), ("request/18", 1)]).unwrap();
    /// assert_eq!(Arrow::new().since_line(&changes).as_deref(), Some("Since you left: 1 new, 1 changed"));
    /// # Ok::<(), leftoff::Error>(())
    /// ```
    pub fn since_line(&self, changes: &Changes) -> Option<String> {
        (!changes.is_empty()).then(|| self.said(Text::SinceYouLeft(changes)))
    }

    fn said(&self, text: Text<'_>) -> String {
        self.glyphs.words(text.said_by(self.texts.as_ref()))
    }
}
