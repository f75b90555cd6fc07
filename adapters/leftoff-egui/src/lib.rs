//! Shows an arrow beside the element that the user touched last, when the user returns after a call, a crash or an
//! update.
//!
//! This crate connects [leftoff], which stores the state and the user's position, with [egui]. The integration
//! takes six steps:
//!
//! ```
//! use leftoff::{Section, Session};
//! use leftoff_egui::{Arrow, Target};
//!
//! const AMOUNT: Section<String> = Section::new("amount", 1);
//!
//! struct App {
//!     session: Session,
//!     amount: String,
//!     // 1: the arrow, next to the session
//!     arrow: Arrow,
//! }
//!
//! impl eframe::App for App {
//!     fn ui(&mut self, ui: &mut egui::Ui, _: &mut eframe::Frame) {
//!         // 2: the resume card, after a long absence
//!         self.arrow.card(ui);
//!
//!         // 3: every element that the arrow may point at
//!         let response = ui.text_edit_singleline(&mut self.amount);
//!         let target = Target::new("invoice/42/amount").label("Amount");
//!         self.arrow.mark(ui, target, &response);
//!
//!         // 4: after all widgets: draws the arrow. If `true`, the stored values changed: read all sections again.
//!         if self.arrow.show(ui.ctx(), &mut self.session) {
//!             self.amount = self.session.get_or_default(AMOUNT);
//!         }
//!
//!         // 5: also stores the elements, so that the touched one can be located in later versions
//!         let saved = self.arrow.autosave(&mut self.session, |capture| capture.set(AMOUNT, &self.amount));
//!         if let Err(error) = saved {
//!             eprintln!("not saved: {error:#}");
//!         }
//!     }
//!
//!     // 6: the window is closed: save everything, close
//!     fn on_exit(&mut self, _: Option<&eframe::glow::Context>) {
//!         let saved = self.session.save(|capture| capture.set(AMOUNT, &self.amount));
//!         let closed = self.session.close();
//!         if let Err(error) = saved.and(closed) {
//!             eprintln!("not saved: {error:#}");
//!         }
//!     }
//! }
//! # let session = Session::in_memory();
//! # let mut app = App { session, amount: String::new(), arrow: Arrow::new() };
//! # let mut frame = eframe::Frame::_new_kittest();
//! # let input = egui::RawInput::default();
//! # let mut run = egui::Context::default().run_ui(input, |ui| eframe::App::ui(&mut app, ui, &mut frame));
//! # run.textures_delta.clear();
//! # app.amount = "7".to_owned();
//! # eframe::App::on_exit(&mut app, None);
//! # assert!(app.session.status().is_synced);
//! ```
//!
//! The README has this program with its `main`, tables of what is drawn and after which absence, and a clock to try
//! absences.
//!
//! # Usage notes
//!
//! - **Order.** Call [`Arrow::mark`] directly after the widget and with its `ui`; call [`Arrow::show`] after all widgets;
//!   then call `autosave`.
//! - **Functions without the arrow.** `ui.button("Send").left_off(ui, "form/send")` marks as [`Arrow::mark`] does, and
//!   needs no arrow: see [`LeftOff`]. The arrow that is shown in the same window receives the element.
//! - **Names.** Without [`Target::label`], an element has the name that a screen reader says: the text of a button, or the
//!   label that `labelled_by` names. A password field is [sensitive](Target::sensitive) by itself. Both are read from
//!   egui's accessibility tree, which this crate switches on.
//! - **Changes without a mark.** Marks are for the arrow; saving does not depend on them. [`Arrow::show`] makes the next
//!   `autosave` due after every key, text, click, end of a drag and dropped file, in any widget. Changes that the program
//!   makes without input (a timer, a download) need [`Session::mark_dirty`](leftoff::Session::mark_dirty). The `save` in
//!   `on_exit` covers the rest, so keep it: it replaces the `save` of eframe's own persistence.
//! - **Touches.** [`Arrow::mark`] reads the touch from the `Response`; a change by the program is not a touch. For combo
//!   boxes and other composite widgets, report it yourself with [`Arrow::element`] and [`Arrow::touch`]. Only a
//!   text with the caret in it is called unfinished. Call [`Target::done`] where an action finishes something, and pass
//!   [`Action::Tick`](leftoff::Action::Tick) or `Untick` for a check box.
//! - **Records.** Declare each row as a record: `Target::new("R-1").record()`. Otherwise the arrow can point into the wrong
//!   record: with `R-2` open, its notes look like the notes of `R-1` under a new name, since only the name of a record is
//!   assumed never to change. See [`Target::record`].
//! - **Second instance.** If [`Arrow::show`] returns `true`, read all sections again: the session may have
//!   [taken over](leftoff::Session::took_over) from another instance. If both instances changed a section, a notice says
//!   so, and [`Session::quarantined`](leftoff::Session::quarantined) lists what the other instance saved.
//! - **Quarantine.** After repeated crashes during a restore, the library quarantines the sections that it blames for them.
//!   A notice says so and offers to bring them back; the user can move it. [`Arrow::show`] returns `true` when the user
//!   accepts. Each drawn frame confirms the restore, so a user who only looks and closes the window loses nothing, however
//!   often.
//! - **Take me back.** Bind [`Arrow::take_me_back`] to a shortcut. If the element is on another page, [`Arrow::wanted`]
//!   returns its path, so that you can open that page (and set `arrow.settings.opens_pages`). If it is a row of a virtual
//!   list that you described with [`Arrow::list`], [`Arrow::row_wanted`] returns the row.
//! - **Room.** [`GUTTER`] points on the side where reading begins have room for the arrow. [`Arrow::card_size`] returns,
//!   before anything is drawn, whether there is a card, so that a panel around it can be left out; [`Arrow::card_height`]
//!   returns the height that it needs in a `Ui`, and keeps it when the card disappears.
//! - **Scrolling and focus.** If the element is scrolled out of view, the arrow is at the edge, and a click on it scrolls
//!   there. The arrow never moves the keyboard focus: [`Arrow::focus_advice`] returns where the focus should be. If the
//!   element gets the focus out of view, it is scrolled into view once; nothing else scrolls.
//! - **Done.** Call [`Arrow::finished`] when a form was sent or a task is done, so that nobody is led back to it.
//! - **Undo restore.** After a crash, the card offers to set aside what was restored. [`Arrow::show`] returns `true` then:
//!   read all sections, which have no value now. A notice offers to bring them back.
//! - **The way back.** [`Timeline`], [`Preview`], [`Arrow::open_work`] and [`Arrow::since_you_left`] are widgets for a panel
//!   of your own. Give sections names for users with [`Text::Section`]. After [`TimelineEvent::Restored`], and if
//!   [`Preview::show`] returns `true`, read all sections again.
//! - **Other devices.** With the feature `roam`, [`Arrow::devices_card`], [`Arrow::devices_list`] and
//!   [`Arrow::devices_line`] show what has come from the user's other devices, and ask what they want.
//! - **Fading.** The arrow is quiet once the user is back at the element, and hidden after ten touches, 15 seconds of
//!   activity, or Esc: see [`CuePolicy`](leftoff::marker::cue::CuePolicy). The widget with the keyboard focus and open
//!   popups receive Esc first. A bookmark remains at the edge of the window until the user was back at the element. A
//!   window without input sleeps while the arrow is shown.
//! - **Colour and size.** See [`Settings`]: the colour is that of egui's selection; `scale` and `high_contrast` help users who
//!   see less.
//! - **Motion.** One pulse of less than a second and a short fade. Set `arrow.settings.reduced_motion` to disable both:
//!   egui has no access to the system setting.
//! - **Screen readers.** When the user is present, one polite sentence is announced. The element has a description and is
//!   marked as the current one. This needs eframe's feature `accesskit`.
//! - **Time.** With the default feature `local-time`, a card says "yesterday at 16:07" in the system's time zone; without it,
//!   "17 h ago". [`Arrow::set_utc_offset`] sets another time zone.
//! - **Other languages.** [`Arrow::set_texts`] receives each message as data ([`Text`]); set `arrow.settings.direction` for
//!   right-to-left languages.
//!
//! # Several windows
//!
//! Each window has its own scope and its own [`Arrow`] ([`Arrow::for_scope`]), wherever it is drawn. One arrow in two
//! windows panics in debug builds.
//!
//! The code of a deferred viewport runs without the code of the main window. So while the user types there, an `autosave`
//! in the main window would not run; [`Arrow::show`] and [`Arrow::show_marker`] therefore request a repaint of the main
//! window after input that can change a value. If the program changes a value of such a window by itself, call
//! `ctx.request_repaint_of(ViewportId::ROOT)` together with [`Session::mark_dirty`](leftoff::Session::mark_dirty).
//!
//! ```
//! use std::sync::{Arc, Mutex};
//!
//! use egui::{Ui, ViewportBuilder, ViewportId};
//! use leftoff::{Section, Session};
//! use leftoff_egui::Arrow;
//!
//! const NOTES: Section<String> = Section::new("notes", 1);
//! const EDITOR: &str = "editor";
//!
//! struct App {
//!     session: Session,
//!     // Arrow::new()
//!     arrow: Arrow,
//!     notes: String,
//!     // Arrow::for_scope(EDITOR)
//!     editor_arrow: Arrow,
//! }
//!
//! fn main_window(app: &Arc<Mutex<App>>, ui: &mut Ui) {
//!     let shared = Arc::clone(app);
//!     // Not while `app` is locked: without support for several windows, egui calls the closure right here.
//!     ui.ctx().show_viewport_deferred(ViewportId::from_hash_of(EDITOR), ViewportBuilder::default(), move |ui, _| {
//!         editor(&mut shared.lock().unwrap(), ui);
//!     });
//!     let App { session, arrow, notes, editor_arrow } = &mut *app.lock().unwrap();
//!     // … the widgets of the main window …
//!     if arrow.show(ui.ctx(), session) {
//!         // The sections of all windows.
//!         *notes = session.scope(EDITOR).get_or_default(NOTES);
//!     }
//!     let saved = session.autosave(|capture| {
//!         capture.anchor(arrow.elements());
//!         let mut editor = capture.scope(EDITOR);
//!         editor.set(NOTES, notes);
//!         editor.anchor(editor_arrow.elements());
//!     });
//!     # saved.unwrap();
//! }
//!
//! fn editor(app: &mut App, ui: &mut Ui) {
//!     let response = ui.text_edit_multiline(&mut app.notes);
//!     app.editor_arrow.mark(ui, "notes", &response);
//!     // Marks, draws, and wakes the main window.
//!     if app.editor_arrow.show(ui.ctx(), &mut app.session) {
//!         // The sections of all windows.
//!         app.notes = app.session.scope(EDITOR).get_or_default(NOTES);
//!     }
//! }
//! # let (arrow, editor_arrow) = (Arrow::new(), Arrow::for_scope(EDITOR));
//! # let app = App { session: Session::in_memory(), arrow, notes: String::new(), editor_arrow };
//! # let app = Arc::new(Mutex::new(app));
//! # let input = egui::RawInput::default();
//! # egui::Context::default().run_ui(input, |ui| main_window(&app, ui)).textures_delta.clear();
//! ```
//!
//! A program that marks by itself, or whose session is not within reach of the viewport, replaces `show` by its two
//! halves: [`Arrow::show_marker`] in the viewport and [`Arrow::take_marks`] in the main window. Neither of them sees a
//! take-over: call [`Session::took_over`](leftoff::Session::took_over). When the user closes such a window but not the
//! program, call [`Scope::close`](leftoff::Scope::close).
//! [`Session::last_active_scope`](leftoff::Session::last_active_scope) names the window to raise after a start.

mod arrow;
mod ask;
mod bookmark;
mod card;
mod compat;
#[cfg(feature = "roam")]
mod devices;
mod draw;
mod geometry;
mod input;
#[cfg(feature = "persistence")]
mod memory;
mod names;
mod note;
mod noted;
mod paint;
mod preview;
mod quarantine;
mod rows;
mod scene;
mod scroll;
mod seen;
mod settings;
mod since;
mod target;
mod text;
mod timeline;
mod way;
mod windows;
mod work;

pub use arrow::Arrow;
pub use card::CARD_HEIGHT;
pub use draw::Drawn;
pub use geometry::GUTTER;
#[cfg(feature = "persistence")]
pub use memory::{MEMORY, capture_memory, restore_memory};
pub use noted::LeftOff;
pub use paint::HALO;
pub use preview::Preview;
pub use scroll::{SCROLLS, Scrolls};
pub use settings::Settings;
pub use target::Target;
pub use text::Text;
pub use timeline::{Timeline, TimelineEvent};
pub use work::{Destination, Unfinished};

/// Compiles the programs of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
