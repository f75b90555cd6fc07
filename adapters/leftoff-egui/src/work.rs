//! The open work: where the user left off in each window, and drafts.

use egui::Ui;
use leftoff::marker::Message;
use leftoff::{Phase, Session};

use crate::arrow::Arrow;
use crate::text::{self, Text};

/// An element that the user wants to go to, in this window or another one: open its page, raise its window.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Destination {
    /// The [scope](leftoff::Session::scope) of its window; empty for the main window.
    pub scope: String,
    /// The path of the element.
    pub element: String,
}

impl Destination {
    pub(crate) fn new(scope: &str, element: &str) -> Self {
        Self { scope: scope.to_owned(), element: element.to_owned() }
    }
}

/// A draft, a half-filled form or another piece of work that the program knows to be unfinished.
#[derive(Debug, Clone, Copy)]
pub struct Unfinished<'a> {
    /// The scope of its window; empty for the main window.
    pub scope: &'a str,
    /// The path of the element where the user continues.
    pub element: &'a str,
    /// Its name, as the user knows it.
    pub label: &'a str,
    /// What is left to do: "step 2 of 3 · amount missing".
    pub rest: &'a str,
}

impl Arrow {
    /// Shows where the user left off in each window, the window touched last first, and the unfinished work of the
    /// program that is not among that. Returns the element that the user chose.
    ///
    /// What the user has finished is left out.
    ///
    /// ```
    /// # use leftoff::Session;
    /// # fn ui(ui: &mut egui::Ui, arrow: &leftoff_egui::Arrow, session: &Session) {
    /// use leftoff_egui::Unfinished;
    ///
    /// let draft = Unfinished { scope: "", element: "R-7/decide", label: "R-7", rest: "draft, not sent" };
    /// if let Some(chosen) = arrow.open_work(ui, session, &[draft]) {
    ///     println!("open {} in the window {:?}", chosen.element, chosen.scope);
    /// }
    /// # }
    /// ```
    pub fn open_work(&self, ui: &mut Ui, session: &Session, drafts: &[Unfinished<'_>]) -> Option<Destination> {
        self.rows(ui, |ui| {
            self.heading(ui, Text::OpenWork);
            let mut chosen = None;
            let markers = session.markers();
            let open: Vec<_> = markers.into_iter().filter(|marker| marker.phase() != Phase::Committed).collect();
            for marker in &open {
                let card = marker.local_card(self.now(), |at| self.offset(at)).isolated(self.settings.direction);
                let said = |message: &Message| self.said(Text::Fact(message));
                let is_rest = |message: &&Message| {
                    use Message::{Act, Age, Day, Note, Place, Reason, Step};
                    matches!(message, Place(_) | Step { .. } | Act(..) | Age(_) | Day { .. } | Reason(_) | Note(_))
                };
                let rest = card.messages().iter().filter(is_rest).map(said).collect::<Vec<_>>().join(text::BETWEEN);
                if self.row(ui, [&said(card.element()), &rest, ""]).clicked() {
                    chosen = Some(Destination::new(marker.scope(), marker.element()));
                }
            }
            let is_new = |draft: &&Unfinished<'_>| {
                let has = |element: &str| element.starts_with(draft.element) || draft.element.starts_with(element);
                !open.iter().any(|marker| marker.scope() == draft.scope && has(marker.element()))
            };
            let drafts: Vec<_> = drafts.iter().filter(is_new).collect();
            for draft in &drafts {
                if self.row(ui, [draft.label, draft.rest, ""]).clicked() {
                    chosen = Some(Destination::new(draft.scope, draft.element));
                }
            }
            if open.is_empty() && drafts.is_empty() {
                self.quiet(ui, Text::NoOpenWork);
            }
            chosen
        })
    }
}
