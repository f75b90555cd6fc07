//! A value with many patches, assembled in one pass.
//!
//! Each patch keeps a prefix and a suffix of the value it applies to. Applied to the bytes one after the other, each
//! patch would move the rest of the section; here they split a list of slices, and the bytes are copied once at the
//! end.

/// Slices that make up a value, in blocks, so that an offset among thousands of slices is found without visiting all.
pub(super) struct Rope<'a> {
    blocks: Vec<Block<'a>>,
    len: usize,
}

#[derive(Default)]
struct Block<'a> {
    pieces: Vec<&'a [u8]>,
    len: usize,
}

/// The number of pieces above which a block is split: about the square root of the maximum number of patches of a
/// section.
const BLOCK: usize = 128;

impl<'a> Rope<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { blocks: vec![Block { pieces: vec![bytes], len: bytes.len() }], len: bytes.len() }
    }

    /// Replaces everything except the first `prefix` and the last `suffix` bytes by `middle`. Returns `false`, without
    /// a change, if there are fewer bytes than that.
    pub(super) fn splice(&mut self, prefix: u64, suffix: u64, middle: &'a [u8]) -> bool {
        let (Ok(prefix), Ok(suffix)) = (usize::try_from(prefix), usize::try_from(suffix)) else { return false };
        let Some(end) = self.len.checked_sub(suffix).filter(|end| prefix <= *end) else { return false };
        let (first, from) = self.cut(prefix);
        let (last, to) = self.cut(end);
        if first == last {
            if let Some(block) = self.blocks.get_mut(first) {
                block.pieces.splice(from..to, Some(middle).filter(|middle| !middle.is_empty()));
                block.count();
            }
        } else {
            if let Some(block) = self.blocks.get_mut(last) {
                block.pieces.drain(..to);
                block.count();
            }
            if let Some(block) = self.blocks.get_mut(first) {
                block.pieces.truncate(from);
                block.pieces.extend(Some(middle).filter(|middle| !middle.is_empty()));
                block.count();
            }
            self.blocks.drain(first + 1..last);
        }
        self.len = prefix + middle.len() + suffix;
        self.halve(first);
        true
    }

    /// Makes a piece begin at this offset. Returns its block and its index in the block.
    fn cut(&mut self, at: usize) -> (usize, usize) {
        let mut left = at;
        let last = self.blocks.len().saturating_sub(1);
        for (position, block) in self.blocks.iter_mut().enumerate() {
            if left >= block.len && position != last {
                left -= block.len;
                continue;
            }
            for index in 0..block.pieces.len() {
                let Some(piece) = block.pieces.get_mut(index) else { break };
                if left == 0 {
                    return (position, index);
                }
                if let Some((head, tail)) = piece.split_at_checked(left).filter(|(_, tail)| !tail.is_empty()) {
                    *piece = head;
                    block.pieces.insert(index + 1, tail);
                    return (position, index + 1);
                }
                left -= piece.len();
            }
            return (position, block.pieces.len());
        }
        (last, 0)
    }

    fn halve(&mut self, position: usize) {
        let Some(block) = self.blocks.get_mut(position).filter(|block| block.pieces.len() > BLOCK) else { return };
        let mut half = Block { pieces: block.pieces.split_off(BLOCK / 2), len: 0 };
        block.count();
        half.count();
        self.blocks.insert(position + 1, half);
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.len);
        self.blocks.iter().flat_map(|block| &block.pieces).for_each(|piece| bytes.extend_from_slice(piece));
        bytes
    }
}

impl Block<'_> {
    fn count(&mut self) {
        self.len = self.pieces.iter().map(|piece| piece.len()).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn patches_in_one_pass_are_the_patches_one_after_the_other(
            len in 0..60_000_usize,
            patches in prop::collection::vec(
                (any::<prop::sample::Index>(), prop_oneof![99 => 0..4_usize, 1 => 0..30_000_usize], ".{0,6}"),
                0..900,
            ),
        ) {
            let base: Vec<u8> = (0..=u8::MAX).cycle().take(len).collect();
            let mut bytes = base.clone();
            let mut rope = Rope::new(&base);
            for (at, cut, middle) in &patches {
                let prefix = at.index(bytes.len() + 1);
                let end = (prefix + cut).min(bytes.len());
                prop_assert!(rope.splice(prefix as u64, (bytes.len() - end) as u64, middle.as_bytes()));
                bytes.splice(prefix..end, middle.bytes());
                prop_assert_eq!(rope.len, bytes.len());
            }
            prop_assert_eq!(rope.to_bytes(), bytes);
            prop_assert!(rope.blocks.iter().all(|block| block.pieces.len() <= BLOCK + 2));
        }

        #[test]
        fn patch_that_does_not_fit_changes_nothing(base: Vec<u8>, prefix: u64, suffix: u64) {
            let mut rope = Rope::new(&base);
            if prefix.checked_add(suffix).is_none_or(|kept| kept > base.len() as u64) {
                prop_assert!(!rope.splice(prefix, suffix, b"middle"));
                prop_assert_eq!(rope.to_bytes(), base);
            }
        }
    }
}
