//! Keeps the state of a [leftoff] session in a page of a browser.
//!
//! ```no_run
//! use leftoff::{AppId, Section, Session};
//!
//! const NAME: Section<String> = Section::new("name", 1);
//!
//! # async fn start() -> Result<(), leftoff::Error> {
//! let builder = Session::builder(AppId::new("com.example.form"));
//! let leftoff_web::Opened { mut session, page } = leftoff_web::open(builder).await;
//! let name = session.get_or_default(NAME);
//! // After each change:
//! session.mark("form/name");
//! session.autosave(|capture| capture.set(NAME, &name))?;
//! # drop(page);
//! # Ok(())
//! # }
//! ```
//!
//! Keep the [`Page`] as long as the session. It writes what the session captures to `IndexedDB`, does the session's other
//! work, and reports to it when the page is hidden, frozen, left and shown again. No call waits: a page cannot. See
//! [`Page::saved`] for what the call `save` of a desktop program does.
//!
//! # What survives what
//!
//! | | captured | confirmed by the database |
//! |---|---|---|
//! | the page's process is killed, crashes, is discarded; reload, close of the tab | kept | kept |
//! | the browser is killed or ended | kept a few milliseconds later | kept |
//! | power cut, crash of the system | kept once confirmed | kept |
//! | the user clears the data of the site; a private window is closed | lost | lost |
//!
//! Measured in Chromium; `docs/web.md` of the repository has the figures and the limits.

mod backend;
mod key;
mod page;
mod queue;
#[cfg(feature = "roam")]
pub mod roam;
mod store;

pub use page::{Access, Opened, Page, open, take_over};
#[cfg(test)]
mod tests;
