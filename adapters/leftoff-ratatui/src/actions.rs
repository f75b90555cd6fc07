//! What the user can do with the card, and the keys for it.

use leftoff::Session;
use leftoff::resume::CardAction;

use crate::arrow::Arrow;
use crate::text::Text;

impl Arrow {
    /// Names the key that the program binds to an action of the card. The [card](Self::card) and the
    /// [status line](Self::status_line) then show it, while the action is [offered](Self::offers).
    ///
    /// ```
    /// use leftoff::resume::CardAction;
    /// use leftoff_ratatui::Arrow;
    ///
    /// let arrow = Arrow::new().key(CardAction::Continue, "F5").key(CardAction::Done, "F6").key(CardAction::NotNow, "Esc");
    /// ```
    #[must_use]
    pub fn key(mut self, action: CardAction, key: &str) -> Self {
        self.keys.push((action, key.to_owned()));
        self
    }

    /// Returns the actions that have an effect now, so that no key is shown in vain: see
    /// [`Resume::offers`](leftoff::resume::Resume::offers).
    ///
    /// "Continue" is offered while the element exists and is not in view, and after the arrow has faded.
    pub fn offers(&self) -> Vec<CardAction> {
        self.resume.offers(false)
    }

    /// Does what the user chose. Returns whether that needs another frame.
    ///
    /// - Continue: shows the arrow again, as [`take_back`](Self::take_back) does. Then open the page of
    ///   [`target`](Self::target) and scroll by [`reveal`](Self::reveal).
    /// - Not now: hides the marker until the next return of the user.
    /// - Done: records that the element is [finished](Session::mark_finished), and hides the marker. The next
    ///   [`autosave`](Session::autosave) saves that.
    /// - Undo restore, after a crash: [quarantines](Session::quarantine_all) all that was restored. Call
    ///   [`prepare`](Self::prepare) directly after it: that does it, and returns `true`.
    ///
    /// An action that is not [offered](Self::offers) does nothing, except for Continue.
    ///
    /// ```
    /// use leftoff::resume::CardAction;
    ///
    /// # let (mut session, mut arrow) = (leftoff::Session::in_memory(), leftoff_ratatui::Arrow::new());
    /// // F6 was pressed.
    /// arrow.act(&mut session, CardAction::Done);
    /// ```
    pub fn act(&mut self, session: &mut Session, action: CardAction) -> bool {
        self.resume.act(session, action)
    }

    /// Marks this element as [finished](Session::mark_finished): the form was sent, the task is done. Words and arrow
    /// disappear if they point there; the next start calls it finished. Returns whether that needs another frame.
    ///
    /// The next [`autosave`](Session::autosave) or [`save`](Session::save) saves it.
    ///
    /// ```
    /// use leftoff::{Mark, Phase};
    ///
    /// # let (mut session, mut arrow) = (leftoff::Session::in_memory(), leftoff_ratatui::Arrow::new());
    /// arrow.mark(&mut session, Mark::new("contact/email"));
    /// // The form was sent.
    /// arrow.finish(&mut session, "contact/email");
    /// assert_eq!(session.last_mark().map(|last| last.phase()), Some(Phase::Committed));
    /// ```
    pub fn finish(&mut self, session: &mut Session, path: &str) -> bool {
        self.resume.finish(session, path)
    }

    /// The keys of the offered actions: "F5 continue  F6 done".
    pub(crate) fn hints(&self) -> String {
        let key = |action: &CardAction| self.keys.iter().find(|(bound, _)| bound == action);
        let offers = self.offers();
        let hints = offers.iter().filter_map(key).map(|(action, key)| {
            let does = Text::Action(*action).said_by(self.texts.as_ref());
            format!("{key} {does}")
        });
        hints.collect::<Vec<_>>().join("  ")
    }
}
