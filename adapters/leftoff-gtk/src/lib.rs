//! Shows an arrow beside the widget that the user touched last, when the user returns after a call, a crash or an update.
//!
//! This crate connects [leftoff], which stores the state and the user's position, with [GTK 4](gtk):
//!
//! ```no_run
//! use std::cell::RefCell;
//! use std::rc::Rc;
//!
//! use gtk::prelude::*;
//! use leftoff::{AppId, Section, Session};
//! use leftoff_gtk::Arrow;
//!
//! const AMOUNT: Section<String> = Section::new("amount", 1);
//!
//! fn main() {
//!     let application = gtk::Application::default();
//!     application.connect_activate(|application| {
//!         // 1: the session, and what it has stored
//!         let session = Rc::new(RefCell::new(Session::open(AppId::new("com.example.invoice"))));
//!         let amount = gtk::Entry::new();
//!         amount.set_text(&session.borrow_mut().get_or_default(AMOUNT));
//!         // 2: a name for each widget that the arrow may point at; an id in a .ui file is one
//!         amount.set_widget_name("amount");
//!         let window = gtk::ApplicationWindow::builder().application(application).child(&amount).build();
//!         // 3: connect the window, and say what to store
//!         let written = amount.clone();
//!         let arrow = Arrow::attach(&window, &session, move |capture| capture.set(AMOUNT, &written.text().to_string()));
//!         // 4: the stored values changed: read all sections again
//!         arrow.on_read_again(move || {
//!             let text = session.borrow_mut().get_or_default(AMOUNT);
//!             amount.set_text(&text);
//!         });
//!         window.present();
//!     });
//!     application.run();
//! }
//! ```
//!
//! The README has tables of what is drawn, of versions and of costs.
//!
//! # Usage notes
//!
//! - **Names.** An element has a path of the names of the widgets around it: `report/pages/journey/traveller`. The name of
//!   a widget is its id in the `.ui` file, or else its [widget name](gtk::prelude::WidgetExt::set_widget_name). A widget
//!   without either is saved, and never pointed at. [`mark`] gives it a path.
//! - **Values of widgets.** [`Arrow::bind`] saves and restores a property: no line in the closure, and none to read again.
//! - **Changes without input.** Call [`Arrow::changed`] when a timer, a download or another task changes a value.
//! - **Touches.** A field is marked when it gets the focus ([`Action::Focus`](leftoff::Action::Focus)) and when its text
//!   changes ([`Action::Edit`](leftoff::Action::Edit)); other controls when they are pressed, with the pointer or a key. A
//!   focus that the program sets without input is no touch.
//! - **Records.** Declare each row as a record, with [`Marked::record`], when the factory binds it: `orders/42`, and in it
//!   `orders/42/notes`. Otherwise the arrow can point into the wrong record. For rows that are not built, call
//!   [`Arrow::add_list`].
//! - **Passwords.** Call [`Marked::sensitive`] for what is secret and is no password entry.
//! - **Pages.** Pages of stacks, notebooks and revealers are opened by "Continue". For others, [`Arrow::on_open`].
//! - **Take me back.** Bind [`Arrow::take_back`] to a shortcut.
//! - **Calls.** When the program itself learns of an interruption, call [`Arrow::suspend`], and
//!   [`Arrow::wake`] at its end.
//!   [`leftoff_os::watch`](https://docs.rs/leftoff-os) reports those that the system knows.
//! - **The `RefCell`.** The arrow borrows the session only while it handles events. Do not keep it borrowed while widgets
//!   change: their handlers may need it. While the program keeps it borrowed, events pass unmarked, and are saved a second
//!   later.
//! - **Second instance, quarantine.** [`Arrow::on_read_again`] is called after a take-over, after *Undo restore*, and after
//!   *Bring it back*. Each drawn frame confirms the restore, so a user who only looks loses nothing.
//! - **Several windows.** Each window has its own scope and its own arrow: [`Arrow::attach_scope`]. At the start, open those in
//!   [`Session::scopes`](leftoff::Session::scopes). For a dialog, [`Arrow::closes_scope`].
//! - **Room.** Leave about 40 units free on one side of an element, such as a margin of the page, and the large arrow fits.

mod arrow;
mod bind;
mod card;
mod collect;
mod events;
mod geometry;
mod go;
mod heart;
mod paint;
mod state;
mod target;

pub use arrow::Arrow;
pub use leftoff::resume::{Drawn, Text};
pub use target::{Marked, describe, mark};

/// Compiles the program of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
