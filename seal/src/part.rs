//! A part of a frame: which chunks contain it, and opening only those.

use std::ops::Range;

use chacha20poly1305::XChaCha20Poly1305;

use crate::chunks::{Binding, CHUNK, SEALED, TAG};
use crate::envelope::HEADER;
use crate::error::{Error, ErrorKind};

/// The chunks that contain a range of plain bytes.
pub(crate) struct Part {
    range: Range<u64>,
    chunks: Range<u64>,
}

impl Part {
    pub(crate) fn of(range: &Range<u64>) -> Self {
        let chunk = CHUNK as u64;
        let first = range.start / chunk;
        // An empty range has a chunk, too: whether the frame exists and can be opened does not depend on its length.
        Self { range: range.clone(), chunks: first..range.end.div_ceil(chunk).max(first + 1) }
    }

    /// Whether the part begins with the first chunk, so that one read returns the header and the part.
    pub(crate) fn is_front(&self) -> bool {
        self.chunks.start == 0
    }

    /// Returns the stored bytes to read: the chunks, and one byte more if there is one, which shows that the last of
    /// them is not the last of the frame. With the header, if this is the front.
    pub(crate) fn stored(&self) -> Range<u64> {
        let offset = |position: u64| position.saturating_mul(SEALED as u64).saturating_add(HEADER as u64);
        let start = if self.is_front() { 0 } else { offset(self.chunks.start) };
        start..offset(self.chunks.end).saturating_add(1)
    }

    /// Opens the chunks. `body` are the stored bytes without the header.
    ///
    /// # Errors
    /// [`ErrorKind::Damaged`] if no chunk opens, and these are all chunks of the frame.
    pub(crate) fn open(&self, cipher: &XChaCha20Poly1305, bound: Binding<'_>, body: &[u8]) -> Result<Vec<u8>, Error> {
        let wanted = usize::try_from(self.chunks.end - self.chunks.start).unwrap_or(usize::MAX).saturating_mul(SEALED);
        let (body, behind) = body.split_at(body.len().min(wanted));
        let (mut plain, mut opened) = (Vec::with_capacity(body.len()), false);
        let count = body.len().div_ceil(SEALED);
        for (at, sealed) in body.chunks(SEALED).enumerate() {
            let position =
                u32::try_from(self.chunks.start.saturating_add(at as u64)).map_err(|_| ErrorKind::Damaged)?;
            let is_last = behind.is_empty() && at + 1 == count;
            // A frame that lost its end has chunks that were not the last; they belong where they are.
            let chunk = bound.open(cipher, sealed, position, is_last);
            let chunk = chunk.or_else(|| is_last.then(|| bound.open(cipher, sealed, position, false))?);
            opened |= chunk.is_some();
            match chunk {
                Some(chunk) => plain.extend_from_slice(&chunk),
                // The position of what follows stays right; the checksums in the frame show what is missing.
                None => plain.resize(plain.len() + sealed.len().saturating_sub(TAG), 0),
            }
        }
        let is_all = self.is_front() && behind.is_empty();
        if is_all && !opened { Err(ErrorKind::Damaged.into()) } else { Ok(plain) }
    }

    /// Cuts the chunks to the range.
    pub(crate) fn cut(&self, mut plain: Vec<u8>) -> Vec<u8> {
        let offset = self.chunks.start.saturating_mul(CHUNK as u64);
        let clamp = |at: u64| usize::try_from(at.saturating_sub(offset)).unwrap_or(usize::MAX).min(plain.len());
        let (start, end) = (clamp(self.range.start), clamp(self.range.end));
        plain.truncate(end);
        plain.drain(..start.min(end));
        plain
    }
}
