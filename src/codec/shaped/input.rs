//! The remaining bytes, and the remaining budget of work.

use super::super::{FREE_ELEMENTS, MAX_DEPTH};
use super::bits::{IN_2, IN_4, IN_8, IN_16, SMALL, unfold16, unfold32, unfold64, unfold128};
use super::kind::{
    ARRAY, BOOL, BYTES, CHAR, F32, F64, I8, I16, I32, I64, I128, LOOSE, STR, U8, U16, U32, U64, U128, UNIT,
};
use super::kind::{ENUM, MAP, OPTION, SEQ, STRUCT, Seen, TUPLE, UNION};
use super::shape::Shape;
use super::trace::Trace;
use super::{Fail, steps};

/// Reads by the shape. The requested type never decides how far to read.
#[derive(Debug)]
pub(super) struct Input<'de, 's> {
    pub(super) bytes: &'de [u8],
    pub(super) shape: &'s Shape,
    /// The number of elements that may still be announced.
    claims: usize,
    /// The number of elements that may still be allocated before they are read.
    ahead: usize,
    /// The remaining number of fields and tuple elements.
    steps: usize,
    /// Whether structs are passed as maps even if structs are requested.
    pub(super) by_name: bool,
    /// The first reason why the following bytes do not match the shape, even if a `Deserialize` discarded the error.
    lost: Option<Fail>,
    pub(super) trace: Trace<'s>,
}

impl<'de, 's> Input<'de, 's> {
    pub(super) fn new(shape: &'s Shape, bytes: &'de [u8], by_name: bool) -> Self {
        let claims = bytes.len().saturating_add(FREE_ELEMENTS);
        let (ahead, steps) = (bytes.len(), steps(bytes.len()));
        Self { bytes, shape, claims, ahead, steps, by_name, lost: None, trace: Trace::default() }
    }

    pub(super) fn finish(&self) -> Result<(), Fail> {
        match self.lost {
            Some(fail) => Err(fail),
            None if self.bytes.is_empty() => Ok(()),
            None => Err(Fail::Trailing),
        }
    }

    /// Records the failure: after an error in the middle of a value, the position of the next one is unknown.
    #[cold]
    #[inline(never)]
    pub(super) fn lose(&mut self, fail: Fail) -> Fail {
        *self.lost.get_or_insert(fail)
    }

    #[inline]
    pub(super) fn take(&mut self, len: usize) -> Result<&'de [u8], Fail> {
        let Some((head, tail)) = self.bytes.split_at_checked(len) else { return Err(self.lose(Fail::EndsEarly)) };
        self.bytes = tail;
        Ok(head)
    }

    #[inline]
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Fail> {
        let Some((head, tail)) = self.bytes.split_first_chunk() else { return Err(self.lose(Fail::EndsEarly)) };
        self.bytes = tail;
        Ok(*head)
    }

    #[inline]
    pub(super) fn byte(&mut self) -> Result<u8, Fail> {
        self.array::<1>().map(|[byte]| byte)
    }

    #[inline]
    pub(super) fn number(&mut self) -> Result<u64, Fail> {
        let first = self.byte()?;
        if first < SMALL { Ok(first.into()) } else { self.large_number(first) }
    }

    #[inline(never)]
    fn large_number(&mut self, first: u8) -> Result<u64, Fail> {
        match first {
            IN_2 => Ok(u16::from_le_bytes(self.array()?).into()),
            IN_4 => Ok(u32::from_le_bytes(self.array()?).into()),
            IN_8 => Ok(u64::from_le_bytes(self.array()?)),
            _ => Err(self.lose(Fail::Mismatch)),
        }
    }

    pub(super) fn number128(&mut self) -> Result<u128, Fail> {
        match self.byte()? {
            first @ 0..SMALL => Ok(first.into()),
            IN_16 => Ok(u128::from_le_bytes(self.array()?)),
            first => self.large_number(first).map(u128::from),
        }
    }

    /// Reads an integer of this kind, without its sign.
    pub(super) fn magnitude(&mut self, kind: u8) -> Result<u128, Fail> {
        Ok(match kind {
            U8 => self.byte()?.into(),
            I8 => i8::from_le_bytes(self.array()?).unsigned_abs().into(),
            I16 => unfold16(self.number16()?).unsigned_abs().into(),
            I32 => unfold32(self.number32()?).unsigned_abs().into(),
            I64 => unfold64(self.number()?).unsigned_abs().into(),
            I128 => unfold128(self.number128()?).unsigned_abs(),
            U128 => self.number128()?,
            _ => self.number()?.into(),
        })
    }

    #[inline]
    fn fitting<T: TryFrom<u64>>(&mut self) -> Result<T, Fail> {
        T::try_from(self.number()?).map_err(|_| self.lose(Fail::Mismatch))
    }

    #[inline]
    pub(super) fn number16(&mut self) -> Result<u16, Fail> {
        self.fitting()
    }

    #[inline]
    pub(super) fn number32(&mut self) -> Result<u32, Fail> {
        self.fitting()
    }

    #[inline]
    pub(super) fn len(&mut self) -> Result<usize, Fail> {
        self.fitting()
    }

    #[inline]
    pub(super) fn bool(&mut self) -> Result<bool, Fail> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(self.lose(Fail::Mismatch)),
        }
    }

    #[inline]
    pub(super) fn blob(&mut self) -> Result<&'de [u8], Fail> {
        let len = self.len()?;
        self.take(len)
    }

    #[inline(never)]
    pub(super) fn text(&mut self) -> Result<&'de str, Fail> {
        let blob = self.blob()?;
        std::str::from_utf8(blob).map_err(|_| self.lose(Fail::Mismatch))
    }

    pub(super) fn letter(&mut self) -> Result<char, Fail> {
        let len = match self.bytes.first() {
            None => return Err(self.lose(Fail::EndsEarly)),
            Some(0..=0x7f) => 1,
            Some(0xc0..=0xdf) => 2,
            Some(0xe0..=0xef) => 3,
            Some(_) => 4,
        };
        let text = std::str::from_utf8(self.take(len)?).ok();
        text.and_then(|text| text.chars().next()).ok_or_else(|| self.lose(Fail::Mismatch))
    }

    /// Counts announced elements.
    #[inline]
    pub(super) fn claim(&mut self, elements: usize) -> Result<(), Fail> {
        let Some(claims) = self.claims.checked_sub(elements) else { return Err(self.lose(Fail::TooManyElements)) };
        self.claims = claims;
        Ok(())
    }

    /// Counts fields, which may have no bytes.
    #[inline]
    pub(super) fn step(&mut self, fields: u32) -> Result<(), Fail> {
        let steps = self.steps.checked_sub(fields as usize);
        let Some(steps) = steps else { return Err(self.lose(Fail::TooManyElements)) };
        self.steps = steps;
        Ok(())
    }

    /// Returns how many of the announced elements may be allocated at once.
    #[inline]
    pub(super) fn allot(&mut self, elements: usize) -> usize {
        let allotted = elements.min(self.ahead);
        self.ahead -= allotted;
        allotted
    }

    /// Reads the number of a variant, and returns its row.
    pub(super) fn variant(&mut self, of: Seen) -> Result<usize, Fail> {
        let number = self.number32()?;
        let variants = self.shape.variants(of);
        // Usually, all variants below it have been seen.
        if variants.get(number as usize).is_some_and(|variant| variant.number == number) {
            return Ok(number as usize);
        }
        variants.binary_search_by_key(&number, |variant| variant.number).map_err(|_| self.lose(Fail::Mismatch))
    }

    pub(super) fn alternative(&mut self, of: Seen) -> Result<Seen, Fail> {
        let number = self.len()?;
        self.shape.alternative(of, number).map_err(|fail| self.lose(fail))
    }

    /// Skips a value that is not requested.
    pub(super) fn skip(&mut self, seen: Seen, depth: usize) -> Result<(), Fail> {
        // A value is not deeper, and each of its levels is an alternative at most once.
        if depth >= 2 * MAX_DEPTH {
            return Err(self.lose(Fail::TooDeep));
        }
        let (shape, depth) = (self.shape, depth + 1);
        match seen.kind() {
            OPTION if self.bool()? => self.skip(shape.slot(super::live::small(seen.index())), depth),
            UNIT | OPTION => Ok(()),
            BOOL | U8 | I8 => self.byte().map(drop),
            U16 | U32 | U64 | U128 | I16 | I32 | I64 | I128 => self.number128().map(drop),
            F32 => self.take(4).map(drop),
            F64 => self.take(8).map(drop),
            CHAR => self.letter().map(drop),
            STR | BYTES => self.blob().map(drop),
            SEQ | MAP => {
                let len = self.len()?;
                self.claim(len)?;
                let slots = if seen.kind() == MAP { 2 } else { 1 };
                (0..len).try_for_each(|_| self.skip_slots(super::live::small(seen.index()), slots, depth))
            }
            ARRAY => {
                let tuple = shape.tuple(seen)?;
                self.claim(tuple.len as usize)?;
                (0..tuple.len).try_for_each(|_| self.skip(shape.slot(tuple.first), depth))
            }
            TUPLE => {
                let tuple = shape.tuple(seen)?;
                self.step(tuple.len)?;
                self.skip_slots(tuple.first, tuple.len, depth)
            }
            STRUCT => {
                let definition = shape.struct_def(seen)?;
                self.step(definition.fields)?;
                self.skip_slots(definition.first, definition.fields, depth)
            }
            LOOSE => {
                let definition = shape.struct_def(seen)?;
                let len = self.len()?;
                self.claim(len)?;
                (0..len).try_for_each(|_| {
                    let slot = self.field(definition.first, definition.fields)?;
                    self.skip(shape.slot(slot), depth)
                })
            }
            ENUM => {
                let row = self.variant(seen)?;
                let content = shape.variants(seen).get(row).map_or(Seen::NOTHING, |variant| variant.content);
                self.skip(content, depth)
            }
            UNION => {
                let alternative = self.alternative(seen)?;
                self.skip(alternative, depth)
            }
            _ => Err(self.lose(Fail::Mismatch)),
        }
    }

    fn skip_slots(&mut self, first: u32, count: u32, depth: usize) -> Result<(), Fail> {
        (first..first + count).try_for_each(|slot| self.skip(self.shape.slot(slot), depth))
    }

    /// Reads the number of a field, and returns its slot.
    pub(super) fn field(&mut self, first: u32, fields: u32) -> Result<u32, Fail> {
        let number = self.number32()?;
        if number < fields { Ok(first + number) } else { Err(self.lose(Fail::Mismatch)) }
    }
}
