//! What a capture says about one section.

use std::any::Any;
use std::sync::Arc;

use super::{Compared, Job};
use crate::error::Error;
use crate::frame::Meta;

pub(crate) enum Item {
    Set {
        bytes: Vec<u8>,
        meta: Meta,
        revision: Option<u64>,
        /// What the capture found out about the bytes.
        compared: Option<Compared>,
    },
    Share {
        version: u32,
        job: Job,
        shared: Arc<dyn Any + Send + Sync>,
    },
    /// The value could not be encoded.
    Reject(Error),
    Remove,
}
