//! A backend for [`leftoff`] in a table of an `SQLite` database: the one that the application already has.
//!
//! - [`SqliteBackend::open`] opens a database file by its path, on a connection of its own.
//! - [`SqliteBackend::shared`] uses a connection of the application, so that a document and the state of its window can
//!   change in one transaction.
//!
//! ```
//! use leftoff::{AppId, Section, Session};
//! use leftoff_sqlite::SqliteBackend;
//!
//! const DRAFT: Section<String> = Section::new("draft", 1);
//!
//! # let scratch = tempfile::tempdir()?;
//! # let path = scratch.path().join("notes.db");
//! let mut session = Session::builder(AppId::new("com.example.notes")).backend(SqliteBackend::open(&path)?).open();
//! let draft = session.get_or_default(DRAFT) + "!";
//! session.mark("draft");
//! session.autosave(|capture| capture.set(DRAFT, &draft))?;
//! session.close()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod backend;
mod connection;
mod error;
mod key;
mod lock;

pub use backend::SqliteBackend;
pub use connection::Shared;
