//! Padmé: lengths of which only the leading bits are free, as many as the length of the length.

use crate::error::{Error, ErrorKind};

/// Returns the length as 8 bytes, the content, and zeros.
pub(crate) fn pad(content: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(padme(content.len() + 8));
    bytes.extend_from_slice(&(content.len() as u64).to_le_bytes());
    bytes.extend_from_slice(content);
    bytes.resize(padme(bytes.len()), 0);
    bytes
}

/// Returns the content.
pub(crate) fn unpad(bytes: &[u8]) -> Result<&[u8], Error> {
    let (len, rest) = bytes.split_first_chunk().ok_or(ErrorKind::Damaged)?;
    let len = usize::try_from(u64::from_le_bytes(*len)).map_err(|_| ErrorKind::Damaged)?;
    rest.get(..len).ok_or_else(|| ErrorKind::Damaged.into())
}

/// Returns the next Padmé length.
fn padme(len: usize) -> usize {
    let Some(exponent) = len.checked_ilog2().filter(|exponent| *exponent > 0) else { return len };
    let free = exponent.ilog2() + 1;
    let mask = (1_usize << exponent.saturating_sub(free)) - 1;
    len.saturating_add(mask) & !mask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_adds_at_most_an_eighth_and_hides_all_but_the_leading_bits_of_the_length() {
        let lengths: Vec<_> = (1_usize..100_000).map(padme).collect();
        assert!((1..).zip(&lengths).all(|(len, padded)| *padded >= len && (*padded - len) * 8 <= len), "overhead");
        assert!(lengths.is_sorted());
        let mut distinct = lengths.clone();
        distinct.dedup();
        assert!(distinct.len() < 250, "{} lengths can be told apart", distinct.len());
        // The example of the paper that defines it.
        assert_eq!(padme(9), 10);
    }
}
