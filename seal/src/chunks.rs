//! The bytes after a header: chunks of 64 KiB, each sealed on its own, so that a part can be opened alone.
//!
//! A chunk is bound to its position and to being the last: chunks cannot be reordered, dropped from the end or moved
//! into other sealed data.

use chacha20poly1305::aead::{AeadInOut, Tag};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use crate::envelope::HEADER;
use crate::error::{Error, ErrorKind};

/// The plain bytes of each chunk except the last, which has fewer or as many.
pub(crate) const CHUNK: usize = 64 << 10;
pub(crate) const TAG: usize = 16;
/// The stored bytes of each chunk except the last.
pub(crate) const SEALED: usize = CHUNK + TAG;

/// A header as it is stored, and its nonce.
#[derive(Clone, Copy)]
pub(crate) struct Binding<'a> {
    pub(crate) header: &'a [u8; HEADER],
    pub(crate) nonce: &'a [u8; 24],
}

impl Binding<'_> {
    /// Returns the nonce of a chunk. Within one header, each position has another nonce, the last one included.
    fn nonce_of(&self, position: u32, is_last: bool) -> XNonce {
        let mut nonce = *self.nonce;
        let [a, b, c, d] = position.to_be_bytes();
        let change = [a, b, c, d, u8::from(is_last)];
        nonce.iter_mut().rev().zip(change).for_each(|(byte, change)| *byte ^= change);
        nonce.into()
    }

    /// Opens the chunk in this position.
    pub(crate) fn open(
        &self,
        cipher: &XChaCha20Poly1305,
        sealed: &[u8],
        position: u32,
        is_last: bool,
    ) -> Option<Vec<u8>> {
        let (text, tag) = sealed.split_last_chunk::<TAG>()?;
        let mut plain = text.to_vec();
        let nonce = self.nonce_of(position, is_last);
        let tag = Tag::<XChaCha20Poly1305>::from(*tag);
        cipher.decrypt_inout_detached(&nonce, self.header, plain.as_mut_slice().into(), &tag).ok()?;
        Some(plain)
    }
}

/// Returns the header, followed by the sealed bytes.
///
/// # Errors
/// Only if the plain bytes are beyond the limit of the cipher, 256 TiB.
pub(crate) fn seal(cipher: &XChaCha20Poly1305, bound: Binding<'_>, plain: &[u8]) -> Result<Vec<u8>, Error> {
    let count = plain.len().div_ceil(CHUNK).max(1);
    let mut sealed = Vec::with_capacity(HEADER + plain.len() + count * TAG);
    sealed.extend_from_slice(bound.header);
    let (mut rest, mut position) = (plain, 0_u32);
    loop {
        let (chunk, behind) = rest.split_at(rest.len().min(CHUNK));
        let start = sealed.len();
        sealed.extend_from_slice(chunk);
        let text = sealed.get_mut(start..).unwrap_or_default();
        let nonce = bound.nonce_of(position, behind.is_empty());
        let tag = cipher.encrypt_inout_detached(&nonce, bound.header, text.into());
        sealed.extend_from_slice(&tag.map_err(|_| ErrorKind::Damaged)?);
        if behind.is_empty() {
            return Ok(sealed);
        }
        (rest, position) = (behind, position.checked_add(1).ok_or(ErrorKind::Damaged)?);
    }
}

/// Opens all bytes after a header, or nothing.
pub(crate) fn open(cipher: &XChaCha20Poly1305, bound: Binding<'_>, sealed: &[u8]) -> Result<Vec<u8>, Error> {
    let mut plain = Vec::with_capacity(sealed.len());
    let (mut rest, mut position) = (sealed, 0);
    loop {
        let (chunk, behind) = rest.split_at(rest.len().min(SEALED));
        let opened = bound.open(cipher, chunk, position, behind.is_empty());
        plain.extend_from_slice(&opened.ok_or(ErrorKind::Damaged)?);
        if behind.is_empty() {
            return Ok(plain);
        }
        (rest, position) = (behind, position.checked_add(1).ok_or(ErrorKind::Damaged)?);
    }
}
