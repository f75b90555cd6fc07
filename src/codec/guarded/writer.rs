//! A buffer with a size limit.

use std::io;

#[cfg(feature = "bincode")]
use ::bincode::{enc::write::Writer, error::EncodeError};

use super::Cause;
use super::guard::{Refused, Watch};

/// Appends to the caller's buffer, which can be reused so that later saves allocate nothing.
#[derive(Debug)]
pub(in crate::codec) struct Capped<'a> {
    out: &'a mut Vec<u8>,
    /// The maximum length of `out`.
    most: usize,
    watch: &'a Watch,
}

impl<'a> Capped<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>, limit: usize, watch: &'a Watch) -> Self {
        let most = out.len().saturating_add(limit);
        Self { out, most, watch }
    }

    #[inline]
    fn append(&mut self, bytes: &[u8]) -> Result<(), Refused> {
        // No overflow: `out` is never longer than `most`.
        if bytes.len() > self.most - self.out.len() {
            return Err(self.watch.refuse(Cause::TooLong));
        }
        self.out.extend_from_slice(bytes);
        Ok(())
    }
}

#[cfg(feature = "bincode")]
impl Writer for Capped<'_> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.append(bytes).map_err(|Refused| EncodeError::UnexpectedEnd)
    }
}

impl io::Write for Capped<'_> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.append(bytes).map_err(|Refused| io::ErrorKind::StorageFull.into())
    }

    #[inline]
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::super::Codec;
    use super::*;

    #[test]
    fn what_is_written_in_parts_is_all_there_up_to_the_limit() {
        let watch = Watch::new(Codec::Shaped, 5);
        let mut out = b"kept".to_vec();
        let mut capped = Capped::new(&mut out, 5, &watch);
        assert_eq!(Write::write(&mut capped, b"abc").unwrap(), 3);
        assert_eq!(Write::write(&mut capped, b"def").unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!((out, watch.refused()), (b"keptabc".to_vec(), Some(Cause::TooLong)));
    }
}
