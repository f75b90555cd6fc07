//! What holds for a value in every codec, whatever the codec itself would allow.
//!
//! - **Depth**: bincode recurses until the stack overflows, JSON and `MessagePack` each have a limit of their own when
//!   they read and none when they write. [`Codec::MAX_DEPTH`] applies to all, both ways.
//! - **Elements**: a length in the bytes is a claim. Each element takes a byte or more, save those of no bytes at all, so
//!   the claims of a value of n bytes must not add up to more than n + [`FREE_ELEMENTS`].
//! - **Allocation**: what is allocated on the strength of claims alone is in sum at most one element for each byte.
//!   Strings are taken from the bytes, so their length is checked against what is there before anything is allocated.
//!
//! bincode's own `with_limit` would only guard the last, is a parameter of the type, so that a ladder of limits compiles
//! every section's decoder once for each rung, and allows allocations of many times the input.

use std::cell::Cell;
use std::fmt;

use super::{Cause, Codec, FREE_ELEMENTS, MAX_DEPTH};

/// What is counted while one value is encoded or decoded, and the first thing that was refused.
#[derive(Debug)]
pub(super) struct Watch {
    codec: Codec,
    refused: Cell<Option<Cause>>,
    claimed: Cell<usize>,
    bytes: usize,
    /// How many elements may still be allocated before they are read.
    ahead: Cell<usize>,
}

impl Watch {
    /// For a value of `bytes` bytes, or of at most so many.
    pub(super) fn new(codec: Codec, bytes: usize) -> Self {
        Self { codec, refused: Cell::new(None), claimed: Cell::new(0), bytes, ahead: Cell::new(bytes) }
    }

    pub(super) fn codec(&self) -> Codec {
        self.codec
    }

    pub(super) fn refused(&self) -> Option<Cause> {
        self.refused.get()
    }

    /// Notes why, for the caller of the codec. What is returned becomes an error that only makes the codec stop.
    #[cold]
    pub(super) fn refuse(&self, cause: Cause) -> Refused {
        if self.refused.get().is_none() {
            self.refused.set(Some(cause));
        }
        Refused
    }

    /// A sequence or map says it has this many elements.
    #[inline]
    pub(super) fn claim(&self, elements: usize) -> Result<(), Refused> {
        self.claimed.set(self.claimed.get().saturating_add(elements));
        self.check_claims(self.bytes).map_err(|cause| self.refuse(cause))
    }

    /// Whether all claims so far can be true of `bytes` bytes.
    #[inline]
    pub(super) fn check_claims(&self, bytes: usize) -> Result<(), Cause> {
        let most = bytes.saturating_add(FREE_ELEMENTS);
        if self.claimed.get() > most { Err(Cause::TooManyElements) } else { Ok(()) }
    }

    /// How many of so many fields can be there at all.
    #[inline]
    pub(super) fn cap(&self, fields: usize) -> usize {
        fields.min(self.bytes)
    }

    /// How many of so many claimed elements may be allocated at once.
    #[inline]
    pub(super) fn allot(&self, elements: usize) -> usize {
        let ahead = self.ahead.get();
        let allotted = elements.min(ahead);
        self.ahead.set(ahead - allotted);
        allotted
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a small constant")]
const MOST_DEPTH: u32 = MAX_DEPTH as u32;

/// A place in a value: how deep it is, and who watches.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) watch: &'a Watch,
    depth: u32,
    /// Directly in a `Some`, where "nothing" could not be told from `None`.
    pub(super) in_some: bool,
}

impl<'a> At<'a> {
    pub(super) fn root(watch: &'a Watch) -> Self {
        Self { watch, depth: 0, in_some: false }
    }

    /// One level further in.
    #[inline]
    pub(super) fn enter(self) -> Result<Self, Refused> {
        let depth = self.depth + 1;
        if depth >= MOST_DEPTH {
            return Err(self.watch.refuse(Cause::TooDeep));
        }
        Ok(Self { depth, in_some: false, ..self })
    }

    #[inline]
    pub(super) fn enter_some(self) -> Result<Self, Refused> {
        Ok(Self { in_some: true, ..self.enter()? })
    }

    /// A newtype adds a level of stack but no byte: what is directly in a `Some` still is.
    #[inline]
    pub(super) fn enter_newtype(self) -> Result<Self, Refused> {
        Ok(Self { in_some: self.in_some, ..self.enter()? })
    }
}

/// Becomes an error of whatever codec is at work; the reason is kept by the [`Watch`].
#[derive(Debug)]
pub(super) struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused")
    }
}
