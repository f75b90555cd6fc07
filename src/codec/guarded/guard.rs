//! The limits for a value in every codec, whatever the codec itself allows.
//!
//! - **Depth**: bincode recurses until the stack overflows; JSON and `MessagePack` each have their own limit when
//!   reading and none when writing. [`Codec::MAX_DEPTH`] applies to all codecs, in both directions.
//! - **Elements**: a length in the bytes is a claim. Each element takes a byte or more, except elements without bytes,
//!   so the claims of a value of n bytes must not add up to more than n + [`FREE_ELEMENTS`].
//! - **Allocation**: allocations based only on claims add up to at most one element per byte. Strings are taken from
//!   the bytes, so their length is checked against the remaining bytes before any allocation.
//!
//! bincode's own `with_limit` would only cover the last item, and it has two more disadvantages. It is a type
//! parameter, so a series of limits would compile every section's decoder once per limit; and it allows allocations of
//! many times the input.

use std::cell::Cell;
use std::fmt;

use super::super::{Cause, Codec, FREE_ELEMENTS, MAX_DEPTH};

/// The counters while one value is encoded or decoded, and the first refusal.
#[derive(Debug)]
pub(super) struct Watch {
    codec: Codec,
    refused: Cell<Option<Cause>>,
    claimed: Cell<usize>,
    bytes: usize,
    /// The number of elements that may still be allocated before they are read.
    ahead: Cell<usize>,
}

impl Watch {
    /// Creates the counters for a value of `bytes` bytes, or of at most that many.
    pub(super) fn new(codec: Codec, bytes: usize) -> Self {
        Self { codec, refused: Cell::new(None), claimed: Cell::new(0), bytes, ahead: Cell::new(bytes) }
    }

    pub(super) fn codec(&self) -> Codec {
        self.codec
    }

    pub(super) fn refused(&self) -> Option<Cause> {
        self.refused.get()
    }

    /// Records the reason for the caller of the codec. The result becomes an error that only stops the codec.
    #[cold]
    pub(super) fn refuse(&self, cause: Cause) -> Refused {
        if self.refused.get().is_none() {
            self.refused.set(Some(cause));
        }
        Refused
    }

    /// Counts the elements that a sequence or map claims.
    #[inline]
    pub(super) fn claim(&self, elements: usize) -> Result<(), Refused> {
        self.claimed.set(self.claimed.get().saturating_add(elements));
        self.check_claims(self.bytes).map_err(|cause| self.refuse(cause))
    }

    /// Checks that all claims so far are possible in `bytes` bytes.
    #[inline]
    pub(super) fn check_claims(&self, bytes: usize) -> Result<(), Cause> {
        let most = bytes.saturating_add(FREE_ELEMENTS);
        if self.claimed.get() > most { Err(Cause::TooManyElements) } else { Ok(()) }
    }

    /// Returns how many of the claimed fields are possible.
    #[inline]
    pub(super) fn cap(&self, fields: usize) -> usize {
        fields.min(self.bytes)
    }

    /// Returns how many of the claimed elements may be allocated at once.
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

/// A position in a value: its depth, and the counters.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) watch: &'a Watch,
    depth: u32,
    /// Directly inside a `Some`, where null is indistinguishable from `None`.
    pub(super) in_some: bool,
}

impl<'a> At<'a> {
    pub(super) fn root(watch: &'a Watch) -> Self {
        Self { watch, depth: 0, in_some: false }
    }

    /// Returns the position one level deeper.
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

    /// Returns the position inside a newtype. A newtype adds a stack level but no byte: the contents of a `Some` are
    /// still directly inside it.
    #[inline]
    pub(super) fn enter_newtype(self) -> Result<Self, Refused> {
        Ok(Self { in_some: self.in_some, ..self.enter()? })
    }
}

/// Converts to an error of any codec; the [`Watch`] holds the reason.
#[derive(Debug)]
pub(super) struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused")
    }
}
