//! The kinds of nodes, shared by writer and reader. The numbers are stored.

/// The kind of a node in the low 8 bits, and above them the index of its contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Seen(u32);

impl Seen {
    /// No value was seen.
    pub(super) const NOTHING: Self = Self::plain(UNKNOWN);

    pub(super) const fn plain(kind: u8) -> Self {
        Self(kind as u32)
    }

    /// Indexes stay far below 2^24: there are at most [`MAX_SLOTS`] slots, and each definition has one.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "far below 2^24")]
    pub(super) const fn new(kind: u8, index: usize) -> Self {
        Self(kind as u32 | (index as u32) << 8)
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the low byte is meant")]
    pub(super) const fn kind(self) -> u8 {
        self.0 as u8
    }

    #[inline]
    pub(super) const fn index(self) -> usize {
        (self.0 >> 8) as usize
    }
}

pub(super) const UNKNOWN: u8 = 0;
pub(super) const UNIT: u8 = 1;
pub(super) const BOOL: u8 = 2;
pub(super) const U8: u8 = 3;
pub(super) const U16: u8 = 4;
pub(super) const U32: u8 = 5;
pub(super) const U64: u8 = 6;
pub(super) const U128: u8 = 7;
pub(super) const I8: u8 = 8;
pub(super) const I16: u8 = 9;
pub(super) const I32: u8 = 10;
pub(super) const I64: u8 = 11;
pub(super) const I128: u8 = 12;
pub(super) const F32: u8 = 13;
pub(super) const F64: u8 = 14;
pub(super) const CHAR: u8 = 15;
pub(super) const STR: u8 = 16;
pub(super) const BYTES: u8 = 17;
/// Index: the slot of the content.
pub(super) const OPTION: u8 = 18;
/// Index: the slot of all elements.
pub(super) const SEQ: u8 = 19;
/// Index: the slot of the keys; the next one is that of the values.
pub(super) const MAP: u8 = 20;
/// Index: a definition with a slot for each element.
pub(super) const TUPLE: u8 = 21;
/// Index: a definition with one slot for all elements.
pub(super) const ARRAY: u8 = 22;
/// Index: a definition with a slot for each field, all of which are always there, in this order.
pub(super) const STRUCT: u8 = 23;
/// Index: the same, but the bytes count and number the fields.
pub(super) const LOOSE: u8 = 24;
/// Index: a definition with its variants.
pub(super) const ENUM: u8 = 25;
/// Index: a list of alternatives; the bytes contain the number of the present one.
pub(super) const UNION: u8 = 26;
/// The number of kinds. From this number on, a stored number refers to an earlier definition.
pub(super) const KINDS: u8 = 27;

/// The forms of a variant's content.
pub(super) const OF_UNSEEN: u8 = 0;
pub(super) const OF_UNIT: u8 = 1;
pub(super) const OF_NEWTYPE: u8 = 2;
pub(super) const OF_TUPLE: u8 = 3;
pub(super) const OF_STRUCT: u8 = 4;

/// The maximum number of nodes in a shape. Smaller in unit tests, which fill it.
pub(super) const MAX_SLOTS: usize = if cfg!(test) { 1 << 12 } else { 1 << 16 };
/// The maximum number of a variant: the table of an enum has a row for each number below.
pub(super) const MAX_VARIANT: u32 = 0xffff;
/// The maximum nesting of definitions in a stored shape. Deeper than a value may be, because a shape is merged from
/// many values.
pub(super) const MAX_NESTED: usize = 4 * super::super::MAX_DEPTH;
/// Up to this length, each element of a tuple has its own slot. Arrays are tuples in serde.
pub(super) const MAX_TUPLE: usize = 32;
