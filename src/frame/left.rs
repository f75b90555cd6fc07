//! How the user left the element touched last, carried through launches in which nothing was touched.

use crate::wire::{Malformed, Reader, put_varint};

/// A part of a launch frame. Without it, a short look between an interruption and the user's return would be the last
/// thing that the next start finds: its clean close, and the seconds since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Left {
    /// The number of the newest mark, which this is about. With any other newest mark, it is ignored.
    pub(crate) seq: u64,
    /// The id of the reason, if it was known.
    pub(crate) reason: Option<Box<str>>,
    /// The length of the absence until this frame, in milliseconds; `None` if no clock could determine it.
    pub(crate) away: Option<u64>,
    /// How far the wall clock was set ahead meanwhile, in milliseconds.
    pub(crate) ahead: u64,
}

impl Left {
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        put_varint(out, self.seq);
        // One more than the length, so that zero means unknown.
        put_varint(out, self.away.map_or(0, |away| away.saturating_add(1)));
        put_varint(out, self.ahead);
        out.extend_from_slice(self.reason.as_deref().unwrap_or_default().as_bytes());
    }

    pub(super) fn parse(value: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(value);
        let (seq, away, ahead) = (reader.varint()?, reader.varint()?.checked_sub(1), reader.varint()?);
        let reason = std::str::from_utf8(reader.rest()).map_err(|_| Malformed)?;
        Ok(Self { seq, reason: Some(reason.into()).filter(|_| !reason.is_empty()), away, ahead })
    }

    /// Returns the same for a frame that is written this many milliseconds later.
    pub(crate) fn later(self, passed: u64) -> Self {
        Self { away: self.away.map(|away| away.saturating_add(passed)), ..self }
    }
}
