//! A line for oneself, before the program sleeps.

use egui::{Response, TextEdit, Ui};
use leftoff::Mark;

use crate::arrow::Arrow;
use crate::compat;
use crate::text::Text;

impl Arrow {
    /// Shows a one-line field in which the user can note what to do next, for a program that is put to sleep.
    ///
    /// It is optional, and nothing waits for it. Pass the text to
    /// [`Session::suspend_with_note`](leftoff::Session::suspend_with_note), again after each change: the card shows it
    /// first when the user is back.
    ///
    /// ```
    /// # use leftoff::{Reason, Session};
    /// # fn ui(ui: &mut egui::Ui, arrow: &leftoff_egui::Arrow, session: &mut Session, note: &mut String) -> Result<(), leftoff::Error> {
    /// if arrow.note_line(ui, note).changed() {
    ///     session.suspend_with_note(Reason::Call, note)?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn note_line(&self, ui: &mut Ui, note: &mut String) -> Response {
        let question = Text::WhatNext.said_by(self.texts.as_ref());
        // A character has at most four bytes.
        let field = TextEdit::singleline(note).hint_text(&question).char_limit(Mark::MAX_TEXT / 4);
        compat::named(ui.add(field.desired_width(ui.available_width())), &question)
    }
}
