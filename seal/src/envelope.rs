//! The header of everything sealed: 68 bytes, all of them associated data of the cipher.

use crate::error::{Error, ErrorKind};
use crate::key::{KeyId, random};

/// The length of the header in bytes.
pub(crate) const HEADER: usize = 68;
const MAGIC: [u8; 3] = [0x89, b'L', b'S'];
/// In the byte after the magic, in every version; so is the checksum in its position.
const VERSION: u8 = 1;

/// The name that sealed bytes are bound to: of a frame, or of an object.
pub(crate) type Name = [u8; 20];

/// The features that a reader must understand; a reader refuses all others as newer.
pub(crate) mod must {
    pub(crate) const COMPRESSED: u8 = 1;
    pub(crate) const PADDED: u8 = 2;
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Header {
    pub(crate) must: u8,
    pub(crate) key: KeyId,
    pub(crate) nonce: [u8; 24],
    pub(crate) name: Name,
}

impl Header {
    /// Returns a header with a new random nonce.
    pub(crate) fn new(must: u8, key: KeyId, name: Name) -> Result<Self, Error> {
        let mut nonce = [0; 24];
        random(&mut nonce)?;
        Ok(Self { must, key, nonce, name })
    }

    pub(crate) fn to_bytes(self) -> [u8; HEADER] {
        let [a, b, c] = MAGIC;
        // No flags yet: a flag is a hint that a reader may ignore.
        let front = [a, b, c, VERSION, 0, self.must];
        let check = check(front, &self.key, &self.nonce, &self.name);
        let parts: [&[u8]; 5] = [&front, &check, &self.key.0, &self.nonce, &self.name];
        let mut bytes = [0; HEADER];
        bytes.iter_mut().zip(parts.into_iter().flatten()).for_each(|(byte, part)| *byte = *part);
        bytes
    }

    /// Reads the header at the front of sealed bytes. `known` are the features that the caller understands.
    pub(crate) fn parse(sealed: &[u8], known: u8) -> Result<Self, Error> {
        let magic = MAGIC.get(..sealed.len().min(MAGIC.len())).unwrap_or_default();
        if !sealed.starts_with(magic) {
            return Err(ErrorKind::NotSealed.into());
        }
        let (front, stored, header) = Self::split(sealed).ok_or(ErrorKind::Torn)?;
        if stored != check(front, &header.key, &header.nonce, &header.name) {
            return Err(ErrorKind::Damaged.into());
        }
        let [_, _, _, version, _, must] = front;
        if version != VERSION || must & !known != 0 {
            return Err(ErrorKind::Newer.into());
        }
        Ok(header)
    }

    fn split(bytes: &[u8]) -> Option<([u8; 6], [u8; 2], Self)> {
        let (front, rest) = bytes.split_first_chunk::<6>()?;
        let (check, rest) = rest.split_first_chunk()?;
        let (key, rest) = rest.split_first_chunk()?;
        let (nonce, rest) = rest.split_first_chunk()?;
        let (name, _) = rest.split_first_chunk()?;
        let [.., must] = *front;
        Some((*front, *check, Self { must, key: KeyId(*key), nonce: *nonce, name: *name }))
    }
}

/// The checksum of a header, in the two bytes after its first six.
///
/// It distinguishes a damaged key id from a missing key: without it, one flipped bit would make the whole state
/// unavailable until someone finds a key that does not exist. It is no protection against an attacker.
fn check(front: [u8; 6], key: &KeyId, nonce: &[u8; 24], name: &Name) -> [u8; 2] {
    checksum(&[&front, &key.0, nonce, name])
}

/// CRC-16/XMODEM: detects every error of one or two bits in a header.
pub(crate) fn checksum(parts: &[&[u8]]) -> [u8; 2] {
    let mut crc = 0_u16;
    for byte in parts.iter().copied().flatten() {
        crc ^= u16::from(*byte) << 8;
        for _ in 0..8 {
            crc = if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 };
        }
    }
    crc.to_le_bytes()
}
