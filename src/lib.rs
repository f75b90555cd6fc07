//! Save an application's UI and workflow state as its user works, and bring it back after an interruption with an
//! arrow beside the last element they touched.
//!
//! Calls, meetings, closed lids, crashes and forced updates interrupt people at work. An application that embeds this
//! crate restores its state, points at the element the user was working on, and says what they did there and when:
//! *Amount, in Invoices › Invoice 42: edited, not finished, 42 min ago, before a call*.
//!
//! ```no_run
//! use leftoff::{Action, AppId, Mark, Section, Session};
//!
//! const NOTE: Section<String> = Section::new("note", 1);
//!
//! fn main() -> Result<(), leftoff::Error> {
//!     let mut session = Session::open(AppId::new("com.example.notes"));
//!     let mut note = session.get_or_default(NOTE);
//!     if let Some(marker) = session.marker() {
//!         println!("{}", marker.card_now());
//!     }
//!     for line in std::io::stdin().lines().map_while(Result::ok) {
//!         note.push_str(&line);
//!         session.mark(Mark::new("note").label("Note").action(Action::Edit));
//!         session.autosave(|capture| capture.set(NOTE, &note))?;
//!     }
//!     session.close()
//! }
//! ```
//!
//! # Which example is like my program
//!
//! | program | example |
//! |---|---|
//! | a command-line tool or a service | `examples/hello.rs` |
//! | questions one after the other | `examples/prompts.rs`; with commands and a form, `examples/wizard` |
//! | a service with a console, several threads | `examples/service.rs` |
//! | a loop of calls that must not be repeated | `examples/agent.rs` |
//! | several windows or documents | `examples/multi_window.rs` |
//! | a desktop program (egui) | `examples/desktop`, and `adapters/leftoff-egui/examples/invoice` |
//! | a desktop program (iced) | `adapters/leftoff-iced/examples/form` |
//! | a program with eframe | `adapters/leftoff-eframe` |
//! | a desktop program (GTK 4) | `adapters/leftoff-gtk/examples/form` |
//! | a desktop program (slint) | `adapters/leftoff-slint/examples/form` |
//! | a full-screen terminal program (ratatui) | `adapters/leftoff-ratatui/examples/wizard` |
//! | state in your own database | `examples/custom_backend.rs` |
//! | looking at a state directory | `examples/inspect.rs` |
//!
//! [Recipes](_documentation::recipes) answers common questions: signals, async runtimes, large states, packaging.
//!
//! # Features
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `bincode` | yes | `Codec::Bincode`; depends on `bincode`. The default codec does not need it |
//! | `msgpack` | no | `Codec::MsgPack`; depends on `rmp-serde` |
//! | `json` | no | `Codec::Json`; depends on `serde_json` |
//! | `lz4` | no | `layer::Compressed`, which compresses frames; depends on `lz4_flex` |
//! | `quota` | no | `layer::Quota`, which limits what is stored |
//! | `mirror` | no | `layer::Mirror`, which keeps a second copy |
//! | `log` | no | one record of the [`log`](https://docs.rs/log) crate when storage fails and when it works again: see [recipes](_documentation::recipes) |
//! | `local-time` | no | [`Timestamp::local_offset`](time::Timestamp::local_offset), for "yesterday at 16:07" on cards; depends on `jiff` |
//!
//! The default codec is always there and the same in every build. A section stored with a codec that a build lacks is an
//! error of kind [`UnknownCodec`](ErrorKind::UnknownCodec), which names the feature; its bytes are preserved.
//!
//! # Which item do I need
//!
//! - [`Session`] is the only handle. [`Session::open`] uses the defaults; [`Session::builder`] sets a directory, a
//!   backend or other settings.
//! - [`Section`] is a constant that names and types a piece of state. The default codec stores the names of fields and
//!   variants with each value and decodes changed types by name, as JSON does: added fields with `#[serde(default)]`,
//!   removed, moved and aliased fields, new variants and wider numbers need no new version. A value that does not fit
//!   is an error and is preserved. If the meaning changes, raise the version and list the
//!   [`migrations`](Section::migrations).
//! - [`Mark`] describes a user interaction; [`Marker`] is the restored one. [`Marker::card`] returns the text,
//!   [`Marker::resolve`] finds the element in an interface that has changed, given [`marker::anchor::Elements`] or
//!   your own tree. Use [`marker::cue`] and [`marker::place`] to draw the arrow yourself.
//! - [`Capture::fingerprint`] and [`Marker::changes`] list the elements that changed since the user left.
//! - [`Session::suspend`] and [`Session::wake`] handle interruptions that the program survives, which is the everyday
//!   case; [`Session::suspend_with_note`] takes a line for oneself along; [`Session::user_active`] detects interruptions
//!   that were not announced. Signals, sleep, lock and exit reach a session through the package `leftoff-os` and its
//!   [`InterruptHandle`]: [interruptions](_documentation::interruptions).
//! - [`Scope`] keeps windows, documents and plug-ins apart; [`Builder::project`] gives each project a state of its own.
//! - [`steps::Steps`] asks questions one after the other, with any library for prompts, and resumes at the open one.
//! - [`Outcome`], [`LastExit`], [`Report`] and [`Status`] report how the state was restored and whether it is saved;
//!   [`Session::support_report`] is all of it without contents, for a report of a problem;
//!   [`Session::fate`] distinguishes never saved, removed, expired, withheld and damaged.
//! - [`Session::history`] lists earlier states, from this launch and from earlier ones; [`Session::restore_section`]
//!   and [`Session::restore_scope`] restore one section or one scope, [`Session::closed_scopes`] and
//!   [`Session::reopen_scope`] a closed window.
//! - [`Session::quarantined`] lists values that are stored but were not returned; [`Session::bring_back`] returns
//!   them.
//! - [`document`] compares an unsaved draft with the file that it belongs to, which may have changed.
//! - [`window`] saves the geometry of windows with the monitors, and corrects it when they have changed.
//! - [`backend`] stores state somewhere other than a directory; the crate
//!   [`leftoff-testing`](https://docs.rs/leftoff-testing) checks such a backend.
//!
//! # Guarantees
//!
//! 1. No stored frame is changed in place; only retention, [`Session::forget`] and [`Section::erase_on_close`] remove
//!    any. Data that cannot be read is preserved byte for byte and carried forward.
//! 2. Data that could not be read or was withheld is never reported as empty.
//! 3. Opening never fails because of the storage and never destroys data; each failure is an [`Outcome`].
//!    [`Session::autosave`] and [`Session::suspend`] return storage trouble as a value of [`Saved`], so a `?` on them
//!    never ends the program because of it.
//! 4. A damaged section affects no other section. It falls back to its newest readable value, and the [`Report`] lists
//!    it.
//! 5. The UI thread never waits for an fsync, except in [`Session::save`], [`Session::flush`],
//!    [`Session::close`] and [`Session::forget`], and in `open` after dozens of launches that each ended within
//!    milliseconds.
//! 6. State for which [`Session::autosave`] returned [`Saved::Written`] survives a kill; synced state (within a
//!    [second](Builder::DEFAULT_SYNC_EVERY)) survives a power cut.
//! 7. A marker does not move while the user works; the next absence makes a new one. Only user interactions decide
//!    which element it is on.
//! 8. Restoring returns values; it repeats no action.
//! 9. State that crashes the application cannot lock the user out. A user who only looks cannot lose it; after several
//!    looks of less than a second in a row, a section may be quarantined until it is brought back. Only launches that
//!    ended inside the restore count. The blamed part of the state is quarantined and preserved, and is
//!    offered again to the launch after one that survives its restore.
//! 10. Files are readable by their owner only. No error, log line or `Debug` output contains the value of a section or
//!     the text of a mark; names of sections and scopes are shown, so do not build them from what a user enters.
//!
//! # Limits
//!
//! - One instance at a time can use a directory. A second instance waits [1.5 seconds](Builder::DEFAULT_HOLDER_WAIT),
//!   then shows a read-only copy, names the holder ([`Status::holder`]), and takes over when the holder exits
//!   ([`Session::took_over`]). Alternatively, it gets its own [slot](Builder::slot_per_instance).
//! - State is not encrypted by default: values and the names of their fields can be read by anyone who can read the
//!   user's files. [`leftoff-seal`](https://docs.rs/leftoff-seal) encrypts it, as a [layer](Builder::layer).
//! - One copy of all section bytes is held in memory, so that saving can write differences.
//! - On platforms without a boot ID (everything but Linux), a power cut is reported as a crash.
//!
//! How it works, the decisions behind it and the crash reasoning: [`_documentation::design`]. Every byte:
//! [`_documentation::format`].
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod _documentation;
mod app_id;
pub mod backend;
pub mod codec;
pub mod document;
mod error;
mod export;
mod flusher;
mod fork;
mod frame;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod generation;
pub mod layer;
mod mark;
pub mod marker;
mod migrate;
mod path;
mod process;
mod random;
mod report;
pub mod resume;
mod section;
mod session;
mod sorted;
pub mod steps;
mod store;
mod support;
mod sync;
pub mod time;
pub mod window;
mod wire;

pub use app_id::AppId;
pub use error::{Error, ErrorKind};
pub use export::{Export, ExportState, LeftOut, WhyLeftOut};
pub use marker::{Action, Mark, Marker, Phase, Reason};
pub use migrate::Migration;
pub use report::{
    Holder, LastExit, Outcome, QuarantineReason, Quarantined, Report, SectionFate, SectionReport, Status, Unsaved,
};
pub use section::{Section, Sensitivity};
pub use session::{
    Builder, Capture, ClosedScope, Continued, InterruptHandle, Listed, ResumePoint, Saved, Scope, SectionChange,
    SectionPreview, Session, Slot, Snapshot, StoredMark, StoredReader, StoredSection, listed, listed_in,
};
pub use support::SupportReport;
