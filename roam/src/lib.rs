//! Lets the state of a [`leftoff`] session follow its user to other devices, through any store of objects that the
//! devices share: a synced directory, a network share, a store of the program's own.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use leftoff::{AppId, Section, Session};
//! use leftoff_roam::store::FolderStore;
//! use leftoff_roam::{Arrival, KeyRing, Roam};
//! # fn keys() -> KeyRing { KeyRing::default() }
//!
//! const FORM: Section<String> = Section::new("form", 1);
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut session = Session::open(AppId::new("com.example.desk"));
//! let store = FolderStore::new("/home/ana/Sync/desk");
//! let roam = Roam::new("com.example.desk", "ana", store, keys()).device_name("laptop");
//! let mut roaming = roam.start(&session)?;
//! let mut form = session.get_or_default(FORM);
//! // In the event loop, where the program calls `autosave`:
//! if let Some(arrival) = roaming.arrived(&mut session)? {
//!     println!("{}", arrival.words());
//!     match arrival {
//!         Arrival::TakenOver(_) => form = session.get_or_default(FORM),
//!         // Ask, and on a yes call `take_over`, and read the sections again.
//!         Arrival::Offered(_) => {}
//!         // Show `roaming.offers(FORM)`, and `take` or `dismiss` each.
//!         _ => {}
//!     }
//! }
//! // At the end: sends what is not sent yet, for at most two seconds.
//! roaming.close(&mut session, Duration::from_secs(2))?;
//! session.close()?;
//! # Ok(())
//! # }
//! ```
//!
//! # How it works
//!
//! The session writes its local log first, always. A thread reads what the log has synced, publishes the changes as
//! sealed objects, lists the objects of the other devices and reads those that are new. No call to the store is made on
//! the user's thread, when a session is opened, or before a save is acknowledged.
//!
//! An object contains the sections that changed. Each write names the writes that it replaces, so objects may arrive in
//! any order, and a value disappears only if a user who saw it replaced it or let it go. What two devices wrote without
//! knowing of each other is kept as [offers](Roaming::offers): see [`join`]. The name of an object contains the hash of
//! its bytes, so it may be put twice, and half an object is never read.
//!
//! A device restored from a backup, or copied while it runs, goes on in a new lane, and both keep their values. A device
//! deletes only objects that its own log names, a day after the base that replaces them was read back.
//!
//! # What is where
//!
//! - [`Roam`] and [`Roaming`]: the joint with a session.
//! - [`Devices`]: what a user sees of it and does about it, for the adapters of toolkits.
//! - [`steps`]: the same without a thread, for a page of a browser.
//! - [`store`]: where the objects lie; [`testing`]: a kit that checks a store of your own.
//! - [`join`]: the merge of two states, as pure functions.
//!
//! # Limits
//!
//! - Section by section: two users who change one section at the same time have a conflict, which is offered, not merged.
//! - Names of scopes and sections are sealed, too. The store sees the number of devices, times and padded sizes, and can
//!   test a guess of the application and the person.
//! - A whole copy of the state is kept in memory, and sealed in the directory `others` beside the log.
#![forbid(unsafe_code)]

mod clock;
pub mod devices;
mod drive;
pub mod join;
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
mod key_file;
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
mod lock;
mod merge;
mod name;
mod publication;
mod random;
mod replicator;
mod session;
#[cfg(feature = "passphrase")]
pub mod set_up;
mod shared;
#[cfg(test)]
mod sim;
pub mod steps;
pub mod store;
pub mod testing;
mod words;

pub use devices::Devices;
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub use key_file::KeyFile;
pub use leftoff_seal::{Key, KeyId, KeyProvider, KeyRing};
pub use merge::Merge;
pub use replicator::{Cadence, OfflineCause, RoamStatus};
pub use session::{Arrival, Offer, Roam, Roaming};
pub use words::Other;
