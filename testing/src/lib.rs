//! Test equipment for authors of a [`Backend`](leftoff::backend::Backend) and for applications that save with
//! [`leftoff`].
//!
//! - [`conformance`] checks a backend, or a stack of layers, against the whole contract in one call.
//! - [`conformance_without_key`] checks that a backend that needs a key keeps what it cannot read.
//! - [`Kills`] kills a process that saves, again and again, and checks that nothing it stored is lost.
//! - [`FaultyBackend`] injects errors, wrong results and delays as set in [`Faults`]. It shows how an application
//!   behaves while its storage fails.
//! - [`Upgrade`] opens recorded states of earlier versions of an application with its present sections and elements, and
//!   lists what its users would miss.
//! - [`Journal`] records every call by which a [`FileBackend`](leftoff::backend::FileBackend) changes the disk or makes
//!   changes durable. From the record, a test can derive the possible disk contents after a power cut.
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
//! // The disk is full: the value stays in memory, and the program continues.
//! faults.fail(Call::Create, When::Always, ErrorKind::StorageFull);
//! session.mark("note/text");
//! let saved = session.autosave(|capture| capture.set(NOTE, &"call Ana".to_owned()))?;
//! assert_eq!(saved, Saved::Deferred);
//!
//! // There is space again.
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
mod keyless;
#[cfg(any(unix, windows))]
mod kills;
#[cfg(any(unix, windows))]
mod upgrade;

pub use conformance::conformance;
pub use faults::{Call, Fault, Faults, When};
pub use faulty::FaultyBackend;
#[cfg(any(unix, windows))]
pub use journal::{Journal, Step};
pub use keyless::conformance_without_key;
#[cfg(any(unix, windows))]
pub use kills::Kills;
#[cfg(any(unix, windows))]
pub use upgrade::{Loss, LostArrow, LostSection, Upgrade, UpgradeReport};

/// The example in the README, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
