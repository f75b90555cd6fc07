//! For authors of a [`Backend`](leftoff::backend::Backend) and for tests of applications that save with [`leftoff`].
//!
//! - [`conformance`] checks a backend, or a stack of layers, against the whole contract in one call.
//! - [`FaultyBackend`] fails, lies or takes its time where [`Faults`] say so. It shows how an application behaves while its
//!   storage fails.
//! - [`Journal`] records every call by which a [`FileBackend`](leftoff::backend::FileBackend) changes the disk or makes
//!   changes durable. A test can work out from the record what a power cut may leave.
//!
//! ```
//! use std::io::ErrorKind;
//! use leftoff::backend::MemoryBackend;
//! use leftoff::{AppId, Saved, Section, Session};
//! use leftoff_testing::{Call, Faults, FaultyBackend, When};
//!
//! const NOTE: Section<String> = Section::new("note", 1);
//!
//! let faults = Faults::new();
//! let backend = FaultyBackend::new(MemoryBackend::new(), faults.clone());
//! let mut session = Session::builder(AppId::new("com.example.notes")).backend(backend).open();
//!
//! // The disk is full: the value waits in memory, and the program goes on.
//! faults.fail(Call::Create, When::Always, ErrorKind::StorageFull);
//! session.mark("note/text");
//! let saved = session.autosave(|capture| capture.set(NOTE, &"call Ana".to_owned()))?;
//! assert_eq!(saved, Saved::Deferred);
//!
//! // There is room again.
//! faults.mend_all();
//! session.save(|capture| capture.set(NOTE, &"call Ana".to_owned()))?;
//! assert!(session.status().is_synced);
//! # Ok::<(), leftoff::Error>(())
//! ```
#![forbid(unsafe_code)]

mod conformance;
mod faults;
mod faulty;
#[cfg(any(unix, windows))]
mod journal;

pub use conformance::conformance;
pub use faults::{Call, Fault, Faults, When};
pub use faulty::FaultyBackend;
#[cfg(any(unix, windows))]
pub use journal::{Journal, Step};

/// The example in README, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
