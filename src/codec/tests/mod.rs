//! What a value must go through. The types are those of [`fuzzing`](crate::fuzzing::section).

mod cost;
#[cfg(feature = "bincode")]
mod desk;
mod golden;
mod hostile;
mod numbers;
mod odd;
mod path;
mod refused;
mod round_trip;

use super::{Cause, Codec, FREE_ELEMENTS, Live, MAX_DEPTH};
use crate::fuzzing::section;
use crate::fuzzing::section::{Bytes, Floats, Leaf, Node, Nothing, Pair, Wrapper, leaf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// All that this build has; not found by their numbers, or one that lost its number would be tested by nobody.
fn codecs() -> impl Iterator<Item = Codec> {
    [
        #[cfg(feature = "bincode")]
        Codec::Bincode,
        #[cfg(feature = "msgpack")]
        Codec::MsgPack,
        #[cfg(feature = "json")]
        Codec::Json,
        Codec::Shaped,
    ]
    .into_iter()
}

/// The first capture of a section: nothing was learned before.
fn encode<T: Serialize + ?Sized>(codec: Codec, value: &T, out: &mut Vec<u8>, limit: usize) -> Result<(), Cause> {
    super::encode(codec, value, &mut Live::default(), out, limit)
}

fn decode<T: DeserializeOwned>(codec: Codec, bytes: &[u8]) -> Result<T, Cause> {
    super::decode(codec, bytes).map_err(|undecodable| undecodable.cause)
}

#[track_caller]
fn encoded<T: Serialize + ?Sized>(codec: Codec, value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(codec, value, &mut bytes, usize::MAX).unwrap();
    bytes
}

/// The number of links of the longest [`chain`] that may be stored.
const LONGEST: usize = MAX_DEPTH - 2;

/// A chain of so many newtype variants: a level for each, and one for the unit variant that ends it.
fn chain(links: usize) -> Node {
    (0..links).fold(Node::Unit, |inner, _| Node::Newtype(Box::new(inner)))
}

/// Does it with the stack that Rust gives a thread; on overflow the whole test process dies.
#[track_caller]
fn on_a_thread(work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(2 * 1024 * 1024).spawn(work).unwrap().join().unwrap();
}
