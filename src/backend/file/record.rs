//! The bytes of a log: one file header, then records. `docs/format.md` contains the tables.

use twox_hash::XxHash3_64;

use super::super::Generation;
use crate::wire::Reader;

/// The length of the header at the start of a log, in bytes. The first record follows it directly.
pub(super) const FILE_HEADER: usize = 16;
/// The length of the header before each payload, in bytes.
pub(super) const HEADER: usize = 32;
/// The page size. A record that fits one page never crosses into the next, so that a kill cannot leave half of it.
pub(super) const PAGE: u64 = PAGE_LEN as u64;
/// The page size as `usize`, for arrays.
pub(super) const PAGE_LEN: usize = 4096;
/// The alignment of records, so that a searching reader tries only every eighth byte.
pub(super) const ALIGN: u64 = 8;

const MAGIC: &[u8; 8] = b"\x89LEFTOFF";
const FORMAT: u32 = 1;
const FRAME: &[u8; 4] = b"\xF7FRM";
const BEGUN: &[u8; 4] = b"\xF7BGN";

/// The result of parsing a log's file header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    /// The format of this build.
    Current,
    /// A later format.
    Newer,
    /// Not a header. The records are bound to the generation in the file's *name*, so a reader can still search for
    /// them.
    Broken,
}

impl Opening {
    /// Encodes the file header in the format of this build.
    pub(super) fn encode() -> [u8; FILE_HEADER] {
        Self::of(FORMAT)
    }

    fn of(version: u32) -> [u8; FILE_HEADER] {
        let mut out = [0; FILE_HEADER];
        let (said, check) = out.split_at_mut(12);
        let (magic, format) = said.split_at_mut(8);
        magic.copy_from_slice(MAGIC);
        format.copy_from_slice(&version.to_le_bytes());
        check.copy_from_slice(&low_half(said));
        out
    }

    /// Encodes the file header of a later format.
    #[cfg(test)]
    pub(super) fn later() -> [u8; FILE_HEADER] {
        Self::of(FORMAT + 1)
    }

    /// Parses the first [`FILE_HEADER`] bytes. Their layout is the same in every later format, so that an older build
    /// can distinguish a newer log from a damaged one.
    pub(super) fn parse(bytes: &[u8]) -> Self {
        let mut reader = Reader::new(bytes);
        let (Ok(said), Ok(check)) = (reader.take(12), reader.array::<4>()) else { return Self::Broken };
        let mut reader = Reader::new(said);
        match (reader.array(), reader.u32()) {
            (Ok(magic), Ok(format)) if magic == *MAGIC && check == low_half(said) => match format {
                FORMAT => Self::Current,
                0 => Self::Broken,
                _ => Self::Newer,
            },
            _ => Self::Broken,
        }
    }
}

fn low_half(bytes: &[u8]) -> [u8; 4] {
    let [a, b, c, d, ..] = XxHash3_64::oneshot(bytes).to_le_bytes();
    [a, b, c, d]
}

/// Binds the records of a log to its generation, so that a foreign record is never accepted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seal(u64);

impl Seal {
    pub(super) fn new(generation: Generation) -> Self {
        let mut name = [0; 20];
        let (number, rest) = name.split_at_mut(8);
        let (writer, format) = rest.split_at_mut(8);
        number.copy_from_slice(&generation.number.to_le_bytes());
        writer.copy_from_slice(&generation.writer.to_le_bytes());
        format.copy_from_slice(&FORMAT.to_le_bytes());
        Self(XxHash3_64::oneshot(&name))
    }

    /// Covers the offset as well: a copy of a record at another offset, for example inside a payload, is not a record.
    fn stamp(self, at: u64, said: &[u8]) -> [u8; 8] {
        XxHash3_64::oneshot_with_seed(self.0.wrapping_add(at), said).to_le_bytes()
    }
}

/// Returns the checksum of a payload. The header that contains it is sealed, which binds the payload too.
pub(super) fn checksum(payload: &[u8]) -> u64 {
    XxHash3_64::oneshot(payload)
}

/// The kind of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A frame: its `create` returned, or the process died immediately before.
    Frame,
    /// An unfinished `create`. Neither a frame nor damage.
    Begun,
}

/// The header of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) kind: Kind,
    pub(super) index: u32,
    /// The length of the payload, in bytes.
    pub(super) len: u64,
    /// The checksum of the payload.
    pub(super) checksum: u64,
}

impl Header {
    /// Creates the header of `payload` as frame `index`.
    pub(super) fn of(index: u32, payload: &[u8]) -> Self {
        Self { kind: Kind::Frame, index, len: payload.len() as u64, checksum: checksum(payload) }
    }

    /// Encodes this header for offset `at`; it is valid nowhere else.
    pub(super) fn encode(&self, seal: Seal, at: u64) -> [u8; HEADER] {
        let mut out = [0; HEADER];
        let (said, stamp) = out.split_at_mut(HEADER - 8);
        let (magic, rest) = said.split_at_mut(4);
        let (index, rest) = rest.split_at_mut(4);
        let (len, checksum) = rest.split_at_mut(8);
        magic.copy_from_slice(match self.kind {
            Kind::Frame => FRAME,
            Kind::Begun => BEGUN,
        });
        index.copy_from_slice(&self.index.to_le_bytes());
        len.copy_from_slice(&self.len.to_le_bytes());
        checksum.copy_from_slice(&self.checksum.to_le_bytes());
        stamp.copy_from_slice(&seal.stamp(at, said));
        out
    }

    /// Parses the header at `at`, if it is valid. Needs [`HEADER`] bytes.
    pub(super) fn parse(bytes: &[u8], seal: Seal, at: u64) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let kind = match &reader.array::<4>().ok()? {
            FRAME => Kind::Frame,
            BEGUN => Kind::Begun,
            _ => return None,
        };
        let header = Self { kind, index: reader.u32().ok()?, len: reader.u64().ok()?, checksum: reader.u64().ok()? };
        let stamp = reader.array::<8>().ok()?;
        (stamp == seal.stamp(at, bytes.get(..HEADER - 8)?)).then_some(header)
    }

    /// Returns the offset of the payload for a header at `at`.
    pub(super) fn payload(at: u64) -> u64 {
        at.saturating_add(HEADER as u64)
    }

    /// Returns the first offset after the record at `at` where another may start. Saturates: a length can have any
    /// value.
    pub(super) fn end(&self, at: u64) -> u64 {
        Self::payload(at).saturating_add(self.len).checked_next_multiple_of(ALIGN).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEAL: Seal = Seal(7);

    #[test]
    fn a_header_holds_only_for_its_generation_and_its_place() {
        let header = Header::of(3, b"payload");
        let bytes = header.encode(SEAL, 64);
        assert_eq!(Header::parse(&bytes, SEAL, 64), Some(header));
        assert_eq!(Header::parse(&bytes, SEAL, 72), None);
        assert_eq!(Header::parse(&bytes, Seal(8), 64), None);
        assert_eq!(Header::parse(&bytes[..HEADER - 1], SEAL, 64), None);
        let other = |number, writer| Seal::new(Generation { number, writer }).0;
        assert_ne!(other(1, 2), other(2, 1));
    }

    #[test]
    fn no_flipped_bit_leaves_a_header_valid() {
        let record = Header::of(3, b"payload").encode(SEAL, 64);
        for bit in 0..HEADER * 8 {
            let mut bytes = record;
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Header::parse(&bytes, SEAL, 64), None, "bit {bit}");
        }
        let opening = Opening::encode();
        assert_eq!(Opening::parse(&opening), Opening::Current);
        for bit in 0..FILE_HEADER * 8 {
            let mut bytes = opening;
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Opening::parse(&bytes), Opening::Broken, "bit {bit}: damage is not a newer version");
        }
    }

    #[test]
    fn a_newer_format_is_told_from_one_that_never_was() {
        for (format, opening) in [(0, Opening::Broken), (1, Opening::Current), (2, Opening::Newer)] {
            let mut bytes = Opening::encode();
            bytes[8..12].copy_from_slice(&u32::to_le_bytes(format));
            let sum = low_half(&bytes[..12]);
            bytes[12..].copy_from_slice(&sum);
            assert_eq!(Opening::parse(&bytes), opening, "{format}");
        }
    }

    #[test]
    fn a_header_of_any_claim_has_an_end() {
        for len in [0, 1, 8, u64::MAX] {
            let header = Header { kind: Kind::Frame, index: 0, len, checksum: 0 };
            assert!(header.end(u64::MAX - 3) >= u64::MAX - 3 && header.end(16) > 16);
        }
    }
}
