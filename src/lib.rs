//! Save an application's UI and workflow state when its user is interrupted, and bring it back with an arrow beside
//! the last element they touched.
//!
//! People are torn out of their work by calls, meetings, closed lids, crashes and forced updates. An application that
//! embeds this crate comes back as they left it, points at the place, and says since when and why:
//! *Amount of invoice 42, not finished, 42 min ago, before a call.*
//!
//! ```
//! use leftoff::{Section, Session};
//! # use leftoff::backend::MemoryBackend;
//!
//! const NOTE: Section<String> = Section::new("note", 1);
//!
//! # let mut session = Session::builder("com.example.notes").backend(MemoryBackend::new()).open()?;
//! # if false {
//! let mut session = Session::open("com.example.notes")?;
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
//! - [`Section`] is a constant that names and types a piece of state. It has a version; hand
//!   [`from_version`](Section::from_version) to [`Session::get`] when the type has changed. The default codec reads
//!   nothing but the very type that was written: for state whose fields come and go, switch on the feature `msgpack` or
//!   `json` and say so with [`Section::codec`].
//! - [`Mark`] is what you say on each interaction, [`Marker`] is what comes back. [`Marker::card`] has the words,
//!   [`Marker::resolve`] finds the element in an interface that has changed, given [`marker::anchor::Elements`] or a tree
//!   of your own; [`marker::cue`] and [`marker::place`] are for those who draw the arrow themselves.
//! - [`Session::suspend`] and [`Session::wake`] are for interruptions that the program survives, which is the everyday
//!   case; [`Session::presence`] finds out about those that nobody announced.
//! - [`Scope`] keeps windows, documents and plug-ins apart.
//! - [`Outcome`], [`LastExit`], [`Report`] and [`Status`] tell the truth about restoring and saving.
//! - [`backend`] is for states that live elsewhere than in a folder; the feature `testing` checks such a backend.
//!
//! # Guarantees
//!
//! 1. Nothing is ever overwritten. What could not be read stays, byte for byte, and is carried on.
//! 2. "Could not be read" is never reported as "was empty".
//! 3. Opening never fails for the storage's sake and never destroys; each failure is an [`Outcome`].
//! 4. A damaged section spoils only itself, and falls back to its newest good value; the [`Report`] says so.
//! 5. The user's thread never waits for a sync, but in [`Session::save`] and [`Session::close`], which are for that.
//! 6. What [`Session::autosave`] called [`Saved::Written`] survives a kill; what was synced (within a
//!    [second](SYNC_EVERY)) survives a power cut.
//! 7. The marker is frozen when it is made, and moved by nothing but the user's acts.
//! 8. Restoring hands out values; it repeats no act.
//! 9. A state that crashes the application cannot trap the user: the crashing section is withheld, or all of them, and
//!    kept.
//! 10. Files are readable by their owner only, and no error, log line or `Debug` output repeats what users typed.
//!
//! # Limits
//!
//! - One instance at a time in one folder; a second is told who holds it, or gets a [slot](Builder::own_slot) of its own.
//! - Not encrypted yet: what a section holds can be read by whoever can read the user's files. Leave secrets out.
//! - Section bytes are held in memory once, so that saving can write differences.
//! - On systems that tell no boot id (all but Linux) a power cut is reported as a crash.
//!
//! How it works, decisions and crash reasoning: [`_documentation::design`]. Every byte: [`_documentation::format`].
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod _documentation;
pub mod backend;
pub mod codec;
mod error;
mod flusher;
mod fork;
mod frame;
#[cfg(feature = "testing")]
#[doc(hidden)]
pub mod fuzzing;
mod generation;
pub mod marker;
mod migrate;
mod process;
pub mod section;
mod session;
mod store;
mod sync;
#[cfg(feature = "testing")]
#[cfg_attr(docsrs, doc(cfg(feature = "testing")))]
pub mod testing;
pub mod time;
mod wire;

pub use error::{Error, ErrorKind};
pub use generation::{CLOSED_SCOPES_FOR, MAX_CLOSED_SCOPES};
pub use marker::{Kind, Mark, Marker, Phase, Reason};
pub use section::Section;
pub use session::{
    ABSENCE, Builder, Capture, ClosedScope, Failing, HISTORY_BYTES, HISTORY_LAUNCHES, HOLDER_WAIT, Holder, LastExit,
    MAX_APP_ID, Outcome, QuarantineReason, Quarantined, Report, ResumePoint, Saved, Scope, SectionFate, SectionReport,
    Session, Status, Unsaved,
};
pub use store::{DEADLINE, READY_AFTER, SYNC_EVERY};
