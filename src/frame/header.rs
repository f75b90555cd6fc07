//! The fixed header of every frame: its kind, its name, its length, and their checksum.

use super::Unreadable;
use crate::backend::{FrameId, Generation};
use crate::wire::Reader;

/// The format that this build writes, and the newest that it reads.
pub(crate) const FORMAT: u8 = 1;
pub(crate) const HEADER_LEN: usize = 56;
const MAGIC: [u8; 4] = *b"LFTO";
/// How frames begin that were stored through a layer, sealed or compressed. Without the layer they are not damaged, and must
/// not be removed like damaged ones: only a session with the layer can read them.
const LAYERED: [[u8; 3]; 2] = [[0x89, b'L', b'S'], [0x89, b'L', b'Z']];

/// The kind of a frame, by its stored number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Launch = 1,
    Delta = 2,
    Base = 3,
    Ready = 4,
    Close = 5,
    Handout = 6,
    Wake = 7,
    Seal = 8,
    Crash = 9,
}

impl Kind {
    pub(crate) fn from_number(number: u8) -> Option<Self> {
        use Kind::{Base, Close, Crash, Delta, Handout, Launch, Ready, Seal, Wake};
        [Launch, Delta, Base, Ready, Close, Handout, Wake, Seal, Crash].into_iter().find(|kind| *kind as u8 == number)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) kind: Kind,
    pub(crate) id: FrameId,
    pub(crate) directory_len: u32,
    pub(crate) directory_sum: u64,
    pub(crate) payload_len: u64,
}

impl Header {
    pub(crate) fn to_bytes(self) -> [u8; HEADER_LEN] {
        let mut bytes = [0; HEADER_LEN];
        let mut rest = bytes.as_mut_slice();
        let mut put = |value: &[u8]| {
            if let Some((head, tail)) = std::mem::take(&mut rest).split_at_mut_checked(value.len()) {
                head.copy_from_slice(value);
                rest = tail;
            }
        };
        put(&MAGIC);
        put(&[FORMAT, self.kind as u8, 0, 0]);
        put(&self.id.generation.number.to_le_bytes());
        put(&self.id.generation.writer.to_le_bytes());
        put(&self.id.index.to_le_bytes());
        put(&self.directory_len.to_le_bytes());
        put(&self.payload_len.to_le_bytes());
        put(&self.directory_sum.to_le_bytes());
        let (covered, _) = bytes.split_at(HEADER_LEN - 8);
        let sum = super::checksum(covered).to_le_bytes();
        let (_, tail) = bytes.split_at_mut(HEADER_LEN - 8);
        tail.copy_from_slice(&sum);
        bytes
    }

    /// Returns the length of the whole frame.
    pub(crate) fn frame_len(&self) -> u64 {
        let front = self.payload_start();
        let directories = if self.kind == Kind::Base { front.saturating_mul(2) } else { front };
        directories.saturating_add(self.payload_len)
    }

    /// Parses the first [`HEADER_LEN`] bytes of `bytes`.
    ///
    /// Every version of the format has the magic, the version byte and the header checksum at the same offsets, so that
    /// a frame from the future (valid checksum, unknown version) and a damaged one can be distinguished.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Unreadable> {
        if LAYERED.iter().any(|magic| bytes.starts_with(magic)) {
            return Err(Unreadable::NewerFormat);
        }
        let bytes: &[u8; HEADER_LEN] = bytes.first_chunk().ok_or(Unreadable::Damaged)?;
        let mut reader = Reader::new(bytes);
        let magic: [u8; 4] = reader.array()?;
        let (version, kind, must_understand) = (reader.u8()?, reader.u8()?, reader.u16()?);
        let generation = Generation { number: reader.u64()?, writer: reader.u64()? };
        let id = FrameId { generation, index: reader.u32()? };
        let (directory_len, payload_len, directory_sum) = (reader.u32()?, reader.u64()?, reader.u64()?);
        let (covered, _) = bytes.split_at(HEADER_LEN - 8);
        if magic != MAGIC || super::checksum(covered) != reader.u64()? {
            return Err(Unreadable::Damaged);
        }
        if version > FORMAT || must_understand != 0 {
            return Err(Unreadable::NewerFormat);
        }
        let kind = Kind::from_number(kind).filter(|_| version == FORMAT).ok_or(Unreadable::Damaged)?;
        Ok(Self { kind, id, directory_len, directory_sum, payload_len })
    }

    /// Returns the offset of the section bytes.
    pub(crate) fn payload_start(&self) -> u64 {
        HEADER_LEN as u64 + u64::from(self.directory_len)
    }
}
