//! The name of a frame as the key of a row.

use leftoff::backend::{FrameId, Generation};

/// Number, writer and index, big-endian, so that `SQLite` orders keys as frames are ordered. Integers of `SQLite` are
/// signed, and numbers of frames are not.
pub(crate) type Key = [u8; 20];

pub(crate) fn encode(id: FrameId) -> Key {
    let mut key = [0; 20];
    let parts = [&id.generation.number.to_be_bytes()[..], &id.generation.writer.to_be_bytes(), &id.index.to_be_bytes()];
    key.iter_mut().zip(parts.into_iter().flatten()).for_each(|(to, from)| *to = *from);
    key
}

/// Returns `None` for a key that this crate did not write.
pub(crate) fn decode(key: &[u8]) -> Option<FrameId> {
    let (number, rest) = key.split_first_chunk()?;
    let (writer, rest) = rest.split_first_chunk()?;
    let index = rest.try_into().ok()?;
    let generation = Generation { number: u64::from_be_bytes(*number), writer: u64::from_be_bytes(*writer) };
    Some(FrameId { generation, index: u32::from_be_bytes(index) })
}

/// The first and the last possible key of a generation.
pub(crate) fn all_of(generation: Generation) -> (Key, Key) {
    (encode(FrameId { generation, index: 0 }), encode(FrameId { generation, index: u32::MAX }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_ordered_as_frames_are() {
        let ids = [(0, 0, 0), (0, 1, 7), (1, 0, 255), (1, 0, 256), (u64::MAX, 2, 0), (u64::MAX, u64::MAX, u32::MAX)];
        let ids = ids.map(|(number, writer, index)| FrameId { generation: Generation { number, writer }, index });
        assert!(ids.map(encode).is_sorted());
        assert_eq!(ids.map(|id| decode(&encode(id))), ids.map(Some));
        assert_eq!(decode(&[0; 19]), None);
        assert_eq!(decode(&[0; 21]), None);
    }
}
