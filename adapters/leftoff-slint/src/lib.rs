//! Shows an arrow beside the element that the user touched last, when the user returns after a call, a crash or an update.
//!
//! This crate connects [leftoff], which stores the state and the user's position, with [slint]. In this program, the
//! `.slint` part is in a macro; with a build script, as in the README, it is in a file:
//!
//! ```no_run
//! use std::cell::RefCell;
//! use std::rc::Rc;
//!
//! use leftoff::{AppId, Section, Session};
//! use leftoff_slint::Arrow;
//! use slint::ComponentHandle;
//!
//! slint::slint! {
//!     // A copy of `ui/leftoff.slint` from this crate.
//!     #[library_path(leftoff) = "ui/leftoff.slint"]
//!     import { LineEdit } from "std-widgets.slint";
//!     import { LeftOff, LeftOffFrame, LeftOffMark } from "@leftoff";
//!     // 1: for the Rust side
//!     export { LeftOff }
//!
//!     export component App inherits Window {
//!         in-out property <string> amount <=> edit.text;
//!         // 2: hears of input, and draws
//!         LeftOffFrame {
//!             // 3: every element that the arrow may point at
//!             LeftOffMark {
//!                 path: "invoice/42/amount";
//!                 label: "Amount";
//!                 focused: edit.has-focus;
//!                 edit := LineEdit {}
//!             }
//!         }
//!     }
//! }
//! // 4: the generated types
//! leftoff_slint::connect!(App, LeftOff);
//!
//! const AMOUNT: Section<String> = Section::new("amount", 1);
//!
//! fn main() -> Result<(), slint::PlatformError> {
//!     // 5: the session, and what it has stored
//!     let session = Rc::new(RefCell::new(Session::open(AppId::new("com.example.invoice"))));
//!     let app = App::new()?;
//!     app.set_amount(session.borrow_mut().get_or_default(AMOUNT).into());
//!     // 6: connect the window, and say what to store
//!     let weak = app.as_weak();
//!     let arrow = Arrow::attach(&app, &session, move |capture| {
//!         if let Some(app) = weak.upgrade() {
//!             capture.set(AMOUNT, &app.get_amount().to_string());
//!         }
//!     });
//!     // 7: the stored values changed: read all sections again
//!     let (weak, stored) = (app.as_weak(), session.clone());
//!     arrow.on_read_again(move || {
//!         if let Some(app) = weak.upgrade() {
//!             let amount = stored.borrow_mut().get_or_default(AMOUNT);
//!             app.set_amount(amount.into());
//!         }
//!     });
//!     app.run()
//! }
//! ```
//!
//! The README has tables of what is drawn, of the line for each widget, of versions and of costs.
//!
//! # Usage notes
//!
//! - **Paths.** The `path` of a `LeftOffMark` leads from the window to the element, with a `/` between the names, as in
//!   [`Mark::new`](leftoff::Mark::new). It stays the same in all versions and languages of the program.
//! - **Touches.** A field is marked when it gets the focus, if `focused` says so, and at each key
//!   ([`Action::Edit`](leftoff::Action::Edit)); others when a handler of the program calls `press()`, `choose()` or `edit()`
//!   of their mark. A focus that the program sets while the user is away is no touch.
//! - **Changes without input.** Call [`Arrow::changed`] when a timer, a download or another task changes a value.
//! - **Records.** Set `is-record: true` for every mark whose path ends with the id of a record. Otherwise the arrow can point
//!   into the wrong record. For a `ListView`, which builds only its visible rows, call [`Arrow::add_list`].
//! - **Scrolling.** A mark with `scrolls: true` cuts off the elements whose paths begin with its own. With
//!   `content-y <=> view.content-y`, the arrow scrolls there.
//! - **Passwords.** Set `is-sensitive: true`: the label is not stored. Values are never read, whatever the element.
//! - **Pages.** [`Arrow::on_open`] opens the page of an element that is not in the window. Elements on a page that is hidden,
//!   such as that of a `TabWidget`, have `is-shown: tabs.current-index == 1`.
//! - **Take me back.** Bind [`Arrow::take_back`] to a shortcut.
//! - **Calls.** When the program itself learns of an interruption, call [`Arrow::suspend`], and [`Arrow::wake`] at its end.
//!   [`leftoff_os::watch`](https://docs.rs/leftoff-os) reports those that the system knows.
//! - **The `RefCell`.** The arrow borrows the session only while it handles events and timers. While the program keeps it
//!   borrowed, events pass unmarked, and are saved a second later.
//! - **Second instance, quarantine.** [`Arrow::on_read_again`] is called after a take-over, after *Undo restore*, and after
//!   *Bring it back*.
//! - **Several windows.** Each window has its own scope and its own arrow: [`Arrow::attach_scope`]. Each component that is a
//!   window has its own [`connect!`].
//! - **Room.** Leave about 40 units free on one side of an element, and the large arrow fits.

#![forbid(unsafe_code)]

mod arrow;
mod geometry;
mod heart;
mod host;
mod paint;
mod spot;
mod state;

pub use arrow::Arrow;
pub use host::Host;
pub use leftoff::resume::{Drawn, Text};

/// For [`connect!`].
#[doc(hidden)]
pub mod __private {
    pub use crate::host::{CardLists, Drawing, Said, Set, list};
    pub use leftoff::marker::place::Rect;
    pub use slint::ComponentHandle;
}
