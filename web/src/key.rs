//! The name of a frame as a key of the database: hexadecimal, so that keys sort like frames and those of a generation
//! have a common beginning.

use leftoff::backend::{FrameId, Generation};

pub(crate) fn of_generation(generation: Generation) -> String {
    format!("{:016x}-{:016x}-", generation.number, generation.writer)
}

pub(crate) fn of_frame(id: FrameId) -> String {
    format!("{}{:08x}", of_generation(id.generation), id.index)
}

/// Returns `None` for a key that this library did not write.
pub(crate) fn parse(key: &str) -> Option<FrameId> {
    let mut parts = key.split('-');
    let (number, writer, index) = (parts.next()?, parts.next()?, parts.next()?);
    let id = FrameId {
        generation: Generation {
            number: u64::from_str_radix(number, 16).ok()?,
            writer: u64::from_str_radix(writer, 16).ok()?,
        },
        index: u32::from_str_radix(index, 16).ok()?,
    };
    (of_frame(id) == key).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_its_frame_and_sorts_like_it() {
        let frame = |number, writer, index| FrameId { generation: Generation { number, writer }, index };
        let frames = [frame(1, u64::MAX, 0), frame(2, 7, 9), frame(2, 7, 10), frame(u64::MAX, 0, u32::MAX)];
        assert!(frames.map(of_frame).is_sorted());
        for id in frames {
            assert_eq!(parse(&of_frame(id)), Some(id));
            assert!(of_frame(id).starts_with(&of_generation(id.generation)));
        }
        for foreign in ["", "1-2-3", "settings", "0000000000000001-0000000000000001-0000000A", "+000000000000001-1-1"] {
            assert_eq!(parse(foreign), None, "{foreign}");
        }
    }
}
