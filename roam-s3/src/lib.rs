//! A [`Store`](leftoff_roam::store::Store) in a bucket of any S3-compatible service.
//!
//! ```no_run
//! use leftoff_roam_s3::{Addressing, Credentials, S3Store};
//!
//! let credentials = Credentials::new("the key id", "the secret key");
//! let store = S3Store::new("https://s3.eu-central-1.amazonaws.com", "eu-central-1", "my-bucket", Addressing::Host, credentials)?;
//! # drop(store);
//! # Ok::<(), std::io::Error>(())
//! ```
#![forbid(unsafe_code)]

mod answer;
mod clock;
mod store;

pub use store::{Addressing, Credentials, S3Store};
