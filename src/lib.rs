//! Save an application's UI and workflow state when its user is interrupted, and bring it back with an arrow beside
//! the last element they touched.
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod backend;
pub mod codec;
mod error;
pub mod marker;
pub mod time;
mod wire;

pub use error::{Error, ErrorKind};
pub use marker::{Kind, Mark, Marker, Phase, Reason, Survivor};
