//! Save an application's UI and workflow state when its user is interrupted, and bring it back with an arrow beside
//! the last element they touched.
//!
//! People are torn out of their work by calls, meetings, closed lids, crashes and forced updates. An application that
//! embeds this crate comes back as they left it, points at the place, and says since when and why:
//! *Amount of invoice 42, not finished, 42 min ago, before a call.*
//!
//! ```
//! use leftoff::{AppId, Section, Session};
//! # use leftoff::backend::MemoryBackend;
//!
//! const NOTE: Section<String> = Section::new("note", 1);
//!
//! # let mut session = Session::builder(AppId::new("com.example.notes")).backend(MemoryBackend::new()).open();
//! # if false {
//! let mut session = Session::open(AppId::new("com.example.notes"));
//! # }
//! let mut note = session.get_or_default(NOTE);
//! note.push_str("call Ana");
//! session.mark("note/text");
//! session.autosave(|capture| capture.set(NOTE, &note))?;
//! # Ok::<(), leftoff::Error>(())
//! ```
//!
//! # Which item do I need
//!
//! - [`Session`] is the one handle. [`Session::open`] for the defaults, [`Session::builder`] for a folder, a backend or
//!   settings of your own.
//! - [`Section`] is a constant that names and types a piece of state. The default codec stores the names of fields and
//!   variants with each value, and reads by name what has changed, as JSON does: added fields with `#[serde(default)]`,
//!   removed, moved and aliased fields, new variants and wider numbers need no new version. What does not fit is an error and
//!   is kept. For a change of meaning, raise the version and list the [`migrations`](Section::migrations).
//! - [`Mark`] is what you say on each interaction, [`Marker`] is what comes back. [`Marker::card`] has the words,
//!   [`Marker::resolve`] finds the element in an interface that has changed, given [`marker::anchor::Elements`] or a tree
//!   of your own; [`marker::cue`] and [`marker::place`] are for those who draw the arrow themselves.
//! - [`Session::suspend`] and [`Session::wake`] are for interruptions that the program survives, which is the everyday
//!   case; [`Session::user_active`] finds out about those that nobody announced.
//! - [`Scope`] keeps windows, documents and plug-ins apart.
//! - [`Outcome`], [`LastExit`], [`Report`] and [`Status`] report how the state was restored and whether it is saved;
//!   [`Session::fate`] tells never saved, removed, expired, withheld and damaged apart.
//! - [`Session::history`] lists earlier states, within this launch as well as between launches;
//!   [`Session::restore_section`] and [`Session::restore_scope`] bring one thing back,
//!   [`Session::closed_scopes`] and [`Session::reopen_scope`] a window that was closed.
//! - [`Session::quarantined`] lists what was stored and not handed out, [`Session::bring_back`] returns it.
//! - [`backend`] is for states that live elsewhere than in a folder; the crate
//!   [`leftoff-testing`](https://docs.rs/leftoff-testing) checks such a backend.
//!
//! # Guarantees
//!
//! 1. Nothing is ever overwritten. Data that cannot be read is preserved byte for byte and carried forward.
//! 2. "Could not be read" and "was withheld" are never reported as "was empty".
//! 3. Opening never fails because of the storage and never destroys; each failure is an [`Outcome`]. [`Session::autosave`] and
//!    [`Session::suspend`] return storage trouble as a value of [`Saved`], so no `?` on them ends a program because of it.
//! 4. A damaged section spoils only itself, and falls back to its newest good value; the [`Report`] says so.
//! 5. The user's thread never waits for an fsync, except in [`Session::save`], [`Session::close`] and [`Session::forget`].
//! 6. What [`Session::autosave`] called [`Saved::Written`] survives a kill; what was synced (within a
//!    [second](Builder::DEFAULT_SYNC_EVERY)) survives a power cut.
//! 7. The marker is frozen when it is made, and moved by nothing but the user's acts.
//! 8. Restoring hands out values; it repeats no act.
//! 9. A state that crashes the application cannot trap the user, and a user who looks cannot lose it: only launches that
//!    ended inside the restore count, what they were blamed on is withheld and kept, and the launch after one that lives is
//!    given it again.
//! 10. Files are readable by their owner only, and no error, log line or `Debug` output repeats what users typed.
//!
//! # Limits
//!
//! - One instance at a time in one directory. A second one waits [1.5 seconds](Builder::DEFAULT_HOLDER_WAIT), then shows a read-only copy, names the holder
//!   ([`Status::holder`]) and takes over when that one ends ([`Session::took_over`]); or it gets a
//!   [slot](Builder::slot_per_instance) of its own.
//! - Not encrypted yet: values, and the names of their fields, can be read by anyone who can read the user's files. Leave
//!   secrets out.
//! - Section bytes are held in memory once, so that saving can write differences.
//! - On systems without a boot id (all but Linux) a power cut is reported as a crash.
//!
//! How it works, decisions and crash reasoning: [`_documentation::design`]. Every byte: [`_documentation::format`].
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod _documentation;
mod app_id;
pub mod backend;
pub mod codec;
mod error;
mod flusher;
mod fork;
mod frame;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod generation;
pub mod marker;
mod migrate;
mod process;
mod section;
mod session;
mod store;
mod sync;
pub mod time;
mod wire;

pub use app_id::AppId;
pub use error::{Error, ErrorKind};
pub use marker::{Action, Mark, Marker, Phase, Reason};
pub use migrate::Migration;
pub use section::Section;
pub use session::{
    Builder, Capture, ClosedScope, Failing, Holder, LastExit, Outcome, QuarantineReason, Quarantined, Report,
    ResumePoint, Saved, Scope, SectionFate, SectionReport, Session, Slot, Status, Unsaved,
};
