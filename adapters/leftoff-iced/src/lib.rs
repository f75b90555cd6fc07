//! Shows an arrow beside the element that the user touched last, when the user returns after a call, a crash or an
//! update.
//!
//! This crate connects [leftoff], which stores the state and the user's position, with [iced](https://docs.rs/iced):
//!
//! ```no_run
//! use std::cell::RefCell;
//!
//! use iced::widget::{column, text_input};
//! use leftoff::{AppId, Section, Session};
//! use leftoff_iced::{Arrow, Request, mark};
//!
//! const AMOUNT: Section<String> = Section::new("amount", 1);
//!
//! #[derive(Debug, Clone)]
//! enum Message {
//!     Amount(String),
//!     // 1: requests of the arrow
//!     LeftOff(Request),
//! }
//!
//! struct App {
//!     // 2: the session, which the arrow uses between two messages, and the arrow
//!     session: RefCell<Session>,
//!     arrow: Arrow,
//!     amount: String,
//! }
//!
//! impl App {
//!     fn new() -> Self {
//!         let mut session = Session::open(AppId::new("com.example.invoice"));
//!         let amount = session.get_or_default(AMOUNT);
//!         Self { session: RefCell::new(session), arrow: Arrow::new(), amount }
//!     }
//!
//!     fn update(&mut self, message: Message) {
//!         let session = self.session.get_mut();
//!         match message {
//!             Message::Amount(text) => self.amount = text,
//!             // 3: the stored values changed: read all sections again
//!             Message::LeftOff(Request::ReadAgain) => self.amount = session.get_or_default(AMOUNT),
//!             Message::LeftOff(_) => {}
//!         }
//!         // 4: after every message
//!         if let Err(error) = self.arrow.autosave(session, |capture| capture.set(AMOUNT, &self.amount)) {
//!             eprintln!("not saved: {error:#}");
//!         }
//!     }
//!
//!     fn view(&self) -> iced::Element<'_, Message> {
//!         // 5: every element that the arrow may point at
//!         let amount = text_input("", &self.amount).on_input(Message::Amount);
//!         let amount = mark("invoice/42/amount", amount).label("Amount");
//!         // 6: the root of the view
//!         self.arrow.wrap(&self.session, column![amount].padding(50), Message::LeftOff)
//!     }
//! }
//!
//! fn main() -> iced::Result {
//!     iced::application(App::new, App::update, App::view).run()
//! }
//! ```
//!
//! The README has tables of what is drawn, of versions and of costs.
//!
//! # Usage notes
//!
//! - **Order.** Call [`Arrow::autosave`] at the end of `update`, for every message, also for [`Request`]s. The arrow has marked
//!   the user's input before its message arrives. Do not return from `update` before that call.
//! - **One value.** If the state of the program is one value, [`Resuming`] keeps it together with session and arrow.
//! - **Changes without input.** Call [`Session::mark_dirty`](leftoff::Session::mark_dirty) in messages that change a
//!   value and come from a timer, a download or another task. Everything else is due by itself, marked or not.
//! - **Touches.** A field is marked when it gets the focus ([`Action::Focus`](leftoff::Action::Focus)) and when its
//!   text changes ([`Action::Edit`](leftoff::Action::Edit)); other elements when they are pressed
//!   ([`Action::Press`](leftoff::Action::Press), or that of [`Marked::action`]). A text is unfinished while it has the
//!   caret. A focus that the program sets without input is no touch.
//! - **Records.** Declare each row as a record, with [`Marked::record`] around the whole row: `mark("list/42", row)`,
//!   and in it `mark("list/42/notes", field)`. Otherwise the arrow can point into the wrong record.
//! - **Groups.** An element that contains others is their container: a bracket is drawn around it if the marked element
//!   in it is gone.
//! - **Passwords.** Call [`Marked::sensitive`]. No text is ever read from a widget.
//! - **Pages.** Call [`Arrow::opens_pages`], and open the page of the path in [`Request::Open`]; the arrow then scrolls
//!   to the element by itself.
//! - **Take me back.** Bind `arrow.resume().take_back()` to a shortcut; see [`Resume`](leftoff::resume::Resume).
//! - **Calls.** When the program itself learns of an interruption, call `session.suspend(reason)` and
//!   `arrow.resume().away()`. [`leftoff_os::watch`](https://docs.rs/leftoff-os) reports those that the system knows.
//! - **Second instance.** On [`Request::ReadAgain`], read all sections again: the session has [taken
//!   over](leftoff::Session::took_over) from another instance. Where all sections are read in one function, that is one
//!   line.
//! - **Quarantine.** After repeated crashes during a restore, the library quarantines the sections that it blames for
//!   them. A notice above the content says so and offers to bring them back; after *Undo restore*, too. Both answers
//!   arrive as [`Request::ReadAgain`]. Each drawn frame confirms the restore, so a user who only looks loses nothing.
//! - **Several windows.** Each window has its own scope and its own [`Arrow`] ([`Arrow::for_scope`]); all of them share
//!   the session. Capture the elements of each: `capture.scope("editor").anchor(editor.elements())`.
//! - **The `RefCell`.** The view borrows it only while iced passes events to it. While the program itself keeps it
//!   borrowed, events pass unseen; nothing panics.
//! - **Room.** Leave about 40 units free on one side of an element, such as a margin of the page, and the large arrow
//!   fits.

mod arrow;
mod card;
mod collect;
mod geometry;
mod input;
mod observed;
mod paint;
mod resuming;
mod target;
mod touch;
mod wrap;

pub use arrow::{Arrow, Request};
pub use leftoff::resume::{Drawn, Text};
pub use resuming::Resuming;
pub use target::{Marked, mark};

/// Compiles the program of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
