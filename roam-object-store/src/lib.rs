//! A [`Store`](leftoff_roam::store::Store) in an [`object_store`] that the application already has: a cloud, a directory,
//! or one of its own.
//!
//! ```
//! use leftoff_roam::store::Store;
//! use leftoff_roam_object_store::AsyncStore;
//! use object_store::memory::InMemory;
//! use object_store::prefix::PrefixStore;
//!
//! let store = AsyncStore::new(PrefixStore::new(InMemory::new(), "leftoff"))?;
//! store.put("v1/name", b"value")?;
//! assert_eq!(store.get("v1/name")?, b"value");
//! # Ok::<(), std::io::Error>(())
//! ```
#![forbid(unsafe_code)]

mod failure;
mod store;

pub use store::AsyncStore;
