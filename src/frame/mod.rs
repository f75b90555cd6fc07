//! Frames: encoding and decoding of one immutable, checksummed record. No I/O, no clock, no thread.
//!
//! `header ‖ directory ‖ payload`. The directory contains everything except the section bytes, and a checksum for each
//! section. So the checksum of header and directory covers the whole frame, and a single section of a large frame can
//! be read and verified alone. A base repeats directory and header at its end: it may contain the only copy of a
//! section, and one bad bit in its directory must not cost all sections.

mod body;
mod fields;
mod header;
mod left;
mod op;
mod sorted;
mod strikes;
mod value;

pub(crate) use body::{Base, Body, Close, Delta, Launch, Moment, Point, Process};
#[cfg(test)]
use header::FORMAT;
pub(crate) use header::{HEADER_LEN, Header, Kind};
pub(crate) use left::Left;
pub(crate) use op::{Change, Machine, Meta, Op, Parked, SectionKey, When, is_own_name};
pub(crate) use sorted::{Position, Sorted};
pub(crate) use strikes::{Caution, Strikes};

use crate::backend::FrameId;
use crate::wire::Malformed;

/// Returns the crate's checksum: xxh3, 64 bits. It detects accidents, not forgery.
pub(crate) fn checksum(bytes: &[u8]) -> u64 {
    twox_hash::XxHash3_64::oneshot(bytes)
}

/// The reason why a frame cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("damaged")]
    Damaged,
    #[error("written by a newer version")]
    NewerFormat,
}

impl From<Malformed> for Unreadable {
    fn from(_: Malformed) -> Self {
        Self::Damaged
    }
}

/// A frame without its section bytes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Frame {
    pub(crate) header: Header,
    pub(crate) body: Body,
}

impl Frame {
    /// Parses a frame from all of its bytes, or from a prefix that contains the whole directory.
    pub(crate) fn parse(id: FrameId, bytes: &[u8]) -> Result<Self, Unreadable> {
        Self::parse_as(id, bytes, body::Depth::All)
    }

    /// Parses a frame like [`parse`](Self::parse), except the [sorted](Sorted) sections of a base.
    pub(crate) fn parse_in_place(id: FrameId, bytes: &[u8]) -> Result<Self, Unreadable> {
        Self::parse_as(id, bytes, body::Depth::InPlace)
    }

    fn parse_as(id: FrameId, bytes: &[u8], depth: body::Depth) -> Result<Self, Unreadable> {
        match Self::parse_front(id, bytes, depth) {
            Err(Unreadable::Damaged) => Self::parse_tail(id, bytes, depth),
            front => front,
        }
    }

    fn parse_front(id: FrameId, bytes: &[u8], depth: body::Depth) -> Result<Self, Unreadable> {
        let header = Header::parse(bytes)?;
        let directory = bytes.get(HEADER_LEN..).ok_or(Unreadable::Damaged)?;
        let directory = directory.get(..header.directory_len as usize).ok_or(Unreadable::Damaged)?;
        Self::from_parts(id, header, directory, depth)
    }

    /// Parses the second copy at the end of a base.
    fn parse_tail(id: FrameId, bytes: &[u8], depth: body::Depth) -> Result<Self, Unreadable> {
        let (rest, tail) = bytes.split_last_chunk::<HEADER_LEN>().ok_or(Unreadable::Damaged)?;
        let header = Header::parse(tail)?;
        let start = rest.len().checked_sub(header.directory_len as usize).ok_or(Unreadable::Damaged)?;
        if header.kind != Kind::Base || bytes.len() as u64 != header.frame_len() {
            return Err(Unreadable::Damaged);
        }
        Self::from_parts(id, header, rest.get(start..).ok_or(Unreadable::Damaged)?, depth)
    }

    fn from_parts(id: FrameId, header: Header, directory: &[u8], depth: body::Depth) -> Result<Self, Unreadable> {
        // A frame under another name was moved: its patches would apply to the wrong bytes.
        if header.id != id || checksum(directory) != header.directory_sum {
            return Err(Unreadable::Damaged);
        }
        Ok(Self { header, body: Body::parse(header.kind, directory, header.payload_len, depth)? })
    }

    /// Returns whether the section bytes in `bytes`, the whole frame, match its directory.
    pub(crate) fn holds(&self, bytes: &[u8]) -> bool {
        let start = usize::try_from(self.header.payload_start()).unwrap_or(usize::MAX);
        let mut rest = bytes.get(start..).unwrap_or_default();
        let mut next = |len: u64| {
            let (section, behind) = rest.split_at_checked(usize::try_from(len).ok()?)?;
            rest = behind;
            Some(checksum(section))
        };
        self.body.all_ops().iter().all(|op| {
            let found = next(op.change.payload_len());
            found.is_some() && op.change.payload_sum().is_none_or(|sum| found == Some(sum))
        })
    }

    /// Returns the length of the whole frame.
    pub(crate) fn len(&self) -> u64 {
        self.header.frame_len()
    }
}

/// The section bytes of a frame, in order.
pub(crate) trait Parts<'p>: Iterator<Item = &'p [u8]> + Clone {}

impl<'p, I: Iterator<Item = &'p [u8]> + Clone> Parts<'p> for I {}

/// Appends the frame `id` to `out`: the directory of `body`, then the parts of `payload`, the section bytes of its
/// changes.
pub(crate) fn encode<'p>(id: FrameId, body: &Body, payload: impl Parts<'p>, out: &mut Vec<u8>) {
    seal(id, body.kind(), |out| body.encode(out), payload, out);
}

/// Adds header and checksums to a directory, whatever its contents.
pub(crate) fn seal<'p>(
    id: FrameId,
    kind: Kind,
    directory: impl FnOnce(&mut Vec<u8>),
    payload: impl Parts<'p>,
    out: &mut Vec<u8>,
) {
    let start = out.len();
    let payload_len = payload.clone().map(<[u8]>::len).sum::<usize>();
    out.resize(start + HEADER_LEN, 0);
    directory(out);
    let directory = out.get(start + HEADER_LEN..).unwrap_or_default();
    let header = Header {
        kind,
        id,
        // A directory of 4 GiB would need tens of millions of sections, which do not fit in memory.
        directory_len: u32::try_from(directory.len()).unwrap_or(u32::MAX),
        directory_sum: checksum(directory),
        payload_len: payload_len as u64,
    };
    let directory_end = out.len();
    let header = header.to_bytes();
    if let Some(room) = out.get_mut(start..start + HEADER_LEN) {
        room.copy_from_slice(&header);
    }
    out.reserve(payload_len);
    for part in payload {
        out.extend_from_slice(part);
    }
    if kind == Kind::Base {
        out.extend_from_within(start + HEADER_LEN..directory_end);
        out.extend_from_slice(&header);
    }
}

#[cfg(test)]
mod tests;
