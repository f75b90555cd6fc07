//! Bytes in and out: little-endian integers, variable-length integers, length-prefixed bytes.
//!
//! The one place that turns numbers of the stored format into bytes; `docs/format.md` describes them.

/// The stored bytes do not have the shape they must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed bytes")]
pub(crate) struct Malformed;

/// Reads from the front of a slice; every read either consumes exactly what it returns or fails.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// All that was not read yet.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn take(&mut self, len: usize) -> Result<&'a [u8], Malformed> {
        let (head, tail) = self.rest.split_at_checked(len).ok_or(Malformed)?;
        self.rest = tail;
        Ok(head)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (head, tail) = self.rest.split_first_chunk().ok_or(Malformed)?;
        self.rest = tail;
        Ok(*head)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Malformed> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Malformed> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Malformed> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn i64(&mut self) -> Result<i64, Malformed> {
        self.array().map(i64::from_le_bytes)
    }

    /// LEB128, at most ten bytes, shortest form only, so that equal values have equal bytes.
    pub(crate) fn varint(&mut self) -> Result<u64, Malformed> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(Malformed);
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return if byte == 0 && shift > 0 { Err(Malformed) } else { Ok(value) };
            }
        }
        Err(Malformed)
    }

    /// A varint that must fit the address space.
    pub(crate) fn len(&mut self) -> Result<usize, Malformed> {
        usize::try_from(self.varint()?).map_err(|_| Malformed)
    }

    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let len = self.len()?;
        self.take(len)
    }

    /// Reads one field of an extensible record: its tag and its value.
    pub(crate) fn field(&mut self) -> Result<(u8, &'a [u8]), Malformed> {
        Ok((self.u8()?, self.bytes()?))
    }

    pub(crate) fn str(&mut self) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Malformed)
    }
}

// In forty places: a copy in each would be more code than the call.
#[inline(never)]
pub(crate) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            out.push(low & 0x7f);
            return;
        }
        out.push(low | 0x80);
    }
}

pub(crate) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// One field of an extensible record: tag, length, value. A reader that does not know the tag can step over it.
pub(crate) fn put_field(out: &mut Vec<u8>, tag: u8, value: &[u8]) {
    out.push(tag);
    put_bytes(out, value);
}

/// Writes a field whose value `write` appends.
pub(crate) fn put_field_with(out: &mut Vec<u8>, tag: u8, write: impl FnOnce(&mut Vec<u8>)) {
    // The length is known only after the value. It nearly always takes one byte.
    out.extend_from_slice(&[tag, 0]);
    let start = out.len();
    write(out);
    put_len_before(out, start);
}

/// Writes the length of the bytes from `start` on before them, where one byte is reserved.
fn put_len_before(out: &mut Vec<u8>, start: usize) {
    let len = out.len() - start;
    if let Some(byte) = out.get_mut(start - 1) {
        [*byte, ..] = len.to_le_bytes();
    }
    if len >= 0x80 {
        let end = out.len();
        put_varint(out, len as u64);
        let more = out.len() - end;
        if let Some(field) = out.get_mut(start - 1..) {
            // The length moves to the front, over the byte that was meant for it.
            field.rotate_right(more);
        }
        out.remove(start - 1 + more);
    }
}

/// The fields of a record that has one form only: each tag once, in ascending order, none of them zero.
///
/// Ends after the first field that is malformed.
pub(crate) fn fields(bytes: &[u8]) -> impl Iterator<Item = Result<(u8, &[u8]), Malformed>> {
    let (mut reader, mut previous) = (Reader::new(bytes), 0);
    std::iter::from_fn(move || {
        if reader.is_empty() {
            return None;
        }
        let field = reader.field().and_then(|field| if field.0 > previous { Ok(field) } else { Err(Malformed) });
        previous = field.map_or(previous, |(tag, _)| tag);
        if field.is_err() {
            reader = Reader::new(&[]);
        }
        Some(field)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn varints_round_trip_and_have_one_form(value: u64, tail: Vec<u8>) {
            let mut bytes = Vec::new();
            put_varint(&mut bytes, value);
            bytes.extend_from_slice(&tail);
            let mut reader = Reader::new(&bytes);
            prop_assert_eq!(reader.varint(), Ok(value));
            prop_assert_eq!(reader.rest, &tail[..]);
        }

        #[test]
        fn what_reads_as_a_varint_is_written_back_the_same(bytes: Vec<u8>) {
            let mut reader = Reader::new(&bytes);
            if let Ok(value) = reader.varint() {
                let mut again = Vec::new();
                put_varint(&mut again, value);
                prop_assert_eq!(&again[..], &bytes[..bytes.len() - reader.rest.len()]);
            }
        }
    }

    #[test]
    fn field_is_the_same_whether_its_length_is_known_before_or_after_its_value() {
        for len in [0, 1, 127, 128, 300, 16_383, 16_384, 70_000] {
            let value: Vec<u8> = (0..len).map(|at: usize| at.to_le_bytes()[0] ^ 0x5a).collect();
            let (mut before, mut after) = (b"head".to_vec(), b"head".to_vec());
            put_field(&mut before, 7, &value);
            put_field_with(&mut after, 7, |out| out.extend_from_slice(&value));
            assert!(before == after, "{len} bytes");
        }
    }

    #[test]
    fn a_length_beyond_the_input_is_malformed() {
        assert_eq!(Reader::new(&[5, 1, 2]).bytes(), Err(Malformed));
        assert_eq!(Reader::new(&[0xff; 11]).varint(), Err(Malformed));
    }

    #[test]
    fn fields_ascend_and_end_with_what_is_malformed() {
        let read = |bytes: &'static [u8]| fields(bytes).collect::<Vec<_>>();
        assert_eq!(read(&[1, 1, 7, 3, 0]), [Ok((1, &[7][..])), Ok((3, &[][..]))]);
        for bad in [&[0, 0][..], &[2, 0, 2, 0, 3, 0], &[2, 0, 1, 0], &[1, 9, 7]] {
            assert_eq!(read(bad).last(), Some(&Err(Malformed)), "{bad:?}");
        }
        assert_eq!(read(&[2, 0, 2, 0, 3, 0]).len(), 2);
    }
}
