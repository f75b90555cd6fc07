//! The deserializer for serde.
//!
//! If the type requests the type of the shape, it receives the value directly. Otherwise the value is passed in the
//! form of a self-describing format (structs and variants with content as maps, unit variants as texts), and the type's
//! own visitor decides, as for JSON.

use serde::de::value::{MapAccessDeserializer, SeqDeserializer, StrDeserializer};
use serde::de::{Deserializer, Visitor};

use super::super::MAX_DEPTH;
use super::Fail;
use super::access::{Elements, Entries, Pairs, Picked, Single};
use super::bits::{float_holds, single_holds, unfold16, unfold32, unfold64, unfold128, widened};
use super::input::Input;
use super::kind::{
    ARRAY, BOOL, BYTES, CHAR, ENUM, F32, F64, I8, I16, I32, I64, I128, LOOSE, MAP, OF_UNIT, OPTION, SEQ, STR, STRUCT,
    Seen, TUPLE, U8, U16, U32, U64, U128, UNION, UNIT, UNKNOWN,
};
use super::live::small;

#[expect(clippy::cast_possible_truncation, reason = "a small constant")]
const MOST_DEPTH: u32 = MAX_DEPTH as u32;

/// A value about to be read.
#[derive(Debug)]
pub(super) struct Value<'a, 'de, 's> {
    pub(super) input: &'a mut Input<'de, 's>,
    pub(super) seen: Seen,
    pub(super) depth: u32,
}

impl<'de> Value<'_, 'de, '_> {
    #[inline]
    pub(super) fn enter(&mut self) -> Result<(), Fail> {
        self.depth += 1;
        if self.depth >= MOST_DEPTH { Err(self.input.lose(Fail::TooDeep)) } else { Ok(()) }
    }

    #[inline]
    fn index(&self) -> u32 {
        small(self.seen.index())
    }

    /// Reads past the numbers of alternatives.
    pub(super) fn settle(&mut self) -> Result<(), Fail> {
        while self.seen.kind() == UNION {
            self.seen = self.input.alternative(self.seen)?;
        }
        Ok(())
    }

    /// Reads past alternatives and `Some`, as in JSON; `None` is a unit.
    fn bare(mut self) -> Result<Self, Fail> {
        loop {
            self.settle()?;
            if self.seen.kind() != OPTION {
                return Ok(self);
            }
            if !self.input.bool()? {
                self.seen = Seen::plain(UNIT);
                return Ok(self);
            }
            self.seen = self.input.shape.slot(self.index());
            self.enter()?;
        }
    }

    /// Returns whether the content may itself be null, so that a `Some` around it must be visible.
    fn may_be_nothing(&self, seen: Seen, depth: u32) -> bool {
        match seen.kind() {
            UNIT | OPTION | UNKNOWN => true,
            UNION => {
                let alternatives = self.input.shape.unions.get(seen.index()).map(Vec::as_slice).unwrap_or_default();
                depth == 0 || alternatives.iter().any(|other| self.may_be_nothing(*other, depth - 1))
            }
            _ => false,
        }
    }

    /// `step` is the distance from one element's slot to the next.
    #[inline]
    fn show_seq<V: Visitor<'de>>(mut self, first: u32, len: usize, step: u32, visitor: V) -> Result<V::Value, Fail> {
        self.enter()?;
        let hint = self.input.allot(len);
        let mut elements = Elements { input: self.input, slot: first, step, left: len, hint, depth: self.depth };
        let result = visitor.visit_seq(&mut elements);
        let left = elements.left;
        whole(self.input, result, left)
    }

    #[inline]
    fn show_counted<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        let len = self.input.len()?;
        self.input.claim(len)?;
        let slot = self.index();
        self.show_seq(slot, len, 0, visitor)
    }

    #[inline]
    fn show_tuple<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        let tuple = self.input.shape.tuple(self.seen)?;
        self.input.step(tuple.len)?;
        self.show_seq(tuple.first, tuple.len as usize, 1, visitor)
    }

    fn show_array<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        let tuple = self.input.shape.tuple(self.seen)?;
        let len = tuple.len as usize;
        self.input.claim(len)?;
        self.show_seq(tuple.first, len, 0, visitor)
    }

    #[cold]
    #[inline(never)]
    fn show_fields<V: Visitor<'de>>(mut self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Fail> {
        self.enter()?;
        let mut entries = Entries::new(self.input, self.seen, self.depth)?;
        let result = visitor.visit_map(&mut entries);
        let (left, is_read) = (entries.left, entries.is_read());
        if result.is_err() && is_read {
            self.input.note_missing(self.seen, fields);
        }
        whole(self.input, result, left)
    }

    #[inline]
    fn show_pairs<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Fail> {
        self.enter()?;
        let len = self.input.len()?;
        self.input.claim(len)?;
        let hint = self.input.allot(len);
        let mut pairs = Pairs { slot: self.index(), input: self.input, left: len, hint, depth: self.depth };
        let result = visitor.visit_map(&mut pairs);
        let left = pairs.left;
        whole(self.input, result, left)
    }

    fn show_variant<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Fail> {
        let row = self.input.variant(self.seen)?;
        let shape = self.input.shape;
        let variant = shape.variants(self.seen).get(row).ok_or(Fail::Mismatch)?;
        let name = shape.text(variant.name);
        if variant.form == OF_UNIT {
            return visitor.visit_str(name);
        }
        self.enter()?;
        let content = Some(variant.content);
        let mut single = Single { input: self.input, name, is_named: false, content, depth: self.depth };
        let result = visitor.visit_map(&mut single);
        let left = usize::from(single.content.is_some());
        whole(self.input, result, left)
    }

    fn show_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        let mut bytes = SeqDeserializer::<_, Fail>::new(self.input.blob()?.iter().copied());
        let value = visitor.visit_seq(&mut bytes)?;
        bytes.end()?;
        Ok(value)
    }

    /// Passes the value to a type that is not the stored one, or that requests any type.
    fn show<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Fail> {
        self.settle()?;
        match self.seen.kind() {
            OPTION if self.input.bool()? => {
                self.enter()?;
                let seen = self.input.shape.slot(self.index());
                let inner = Self { seen, ..self };
                if inner.may_be_nothing(seen, 8) { visitor.visit_some(inner) } else { inner.show(visitor) }
            }
            UNIT | OPTION => visitor.visit_unit(),
            BOOL => visitor.visit_bool(self.input.bool()?),
            U8 => visitor.visit_u8(self.input.byte()?),
            U16 => visitor.visit_u16(self.input.number16()?),
            U32 => visitor.visit_u32(self.input.number32()?),
            U64 => visitor.visit_u64(self.input.number()?),
            U128 => match self.input.number128()? {
                number if u64::try_from(number).is_ok() => visitor.visit_u64(u64::try_from(number).unwrap_or(u64::MAX)),
                number => visitor.visit_u128(number),
            },
            I8 => visitor.visit_i8(i8::from_le_bytes(self.input.array()?)),
            I16 => visitor.visit_i16(unfold16(self.input.number16()?)),
            I32 => visitor.visit_i32(unfold32(self.input.number32()?)),
            I64 => visitor.visit_i64(unfold64(self.input.number()?)),
            I128 => {
                let number = unfold128(self.input.number128()?);
                match (i64::try_from(number), u64::try_from(number)) {
                    (Ok(number), _) => visitor.visit_i64(number),
                    (_, Ok(number)) => visitor.visit_u64(number),
                    _ => visitor.visit_i128(number),
                }
            }
            F32 => self.show_single(visitor),
            F64 => visitor.visit_f64(f64::from_le_bytes(self.input.array()?)),
            CHAR => visitor.visit_char(self.input.letter()?),
            STR => visitor.visit_borrowed_str(self.input.text()?),
            BYTES => self.show_bytes(visitor),
            SEQ => self.show_counted(visitor),
            TUPLE => self.show_tuple(visitor),
            ARRAY => self.show_array(visitor),
            STRUCT | LOOSE => self.show_fields(&[], visitor),
            MAP => self.show_pairs(visitor),
            ENUM => self.show_variant(visitor),
            _ => Err(self.input.lose(Fail::Mismatch)),
        }
    }

    /// Reads the `f64` with the same decimal form, if it converts back to this `f32`.
    #[expect(clippy::cast_possible_truncation, clippy::float_cmp, reason = "that is what is looked at")]
    fn show_single<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        let single = f32::from_le_bytes(self.input.array()?);
        let double = widened(single);
        if double as f32 == single { visitor.visit_f64(double) } else { visitor.visit_f32(single) }
    }

    /// Passes a number to a float type with this many digits, if the type can hold the number: serde's own visitors
    /// convert an integer to the nearest float and a large `f64` to infinity. An `f64` is rounded to the nearest `f32`.
    #[cold]
    #[inline(never)]
    fn show_float<V: Visitor<'de>>(self, digits: u32, visitor: V) -> Result<V::Value, Fail> {
        let value = self.bare()?;
        // Looks ahead: the number is read again below.
        let start = value.input.bytes;
        let fits = match value.seen.kind() {
            kind @ U8..=I128 => float_holds(value.input.magnitude(kind)?, digits),
            F64 if digits == f32::MANTISSA_DIGITS => single_holds(f64::from_le_bytes(value.input.array()?)),
            _ => true,
        };
        value.input.bytes = start;
        if fits { value.show(visitor) } else { Err(value.input.lose(Fail::NumberTooLarge)) }
    }

    #[cold]
    #[inline(never)]
    fn show_bare<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        self.bare()?.show(visitor)
    }

    #[cold]
    #[inline(never)]
    fn show_struct<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Fail> {
        let value = self.bare()?;
        if value.seen.kind() == STRUCT { value.show_fields(fields, visitor) } else { value.show(visitor) }
    }

    /// Reads a variant from a map of one entry, as JSON writes it; it may have been stored in this form.
    fn enum_of_map<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Fail> {
        self.enter()?;
        let mut entries = Entries::new(self.input, self.seen, self.depth)?;
        if entries.left != 1 {
            return Err(self.input.lose(Fail::Mismatch));
        }
        let result = MapAccessDeserializer::new(&mut entries).deserialize_enum("", &[], visitor);
        let left = entries.left;
        whole(self.input, result, left)
    }
}

/// A value that was not read to its end is a failure.
#[inline]
fn whole<T>(input: &mut Input<'_, '_>, result: Result<T, Fail>, left: usize) -> Result<T, Fail> {
    match result {
        Ok(value) if left == 0 => Ok(value),
        Ok(_) => Err(input.lose(Fail::Mismatch)),
        Err(fail) => Err(input.lose(fail)),
    }
}

macro_rules! scalars {
    ($($method:ident $kind:expr, $visit:ident |$input:ident| $read:expr;)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
            if self.seen == Seen::plain($kind) {
                let $input = self.input;
                return visitor.$visit($read);
            }
            self.show_bare(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for Value<'_, 'de, '_> {
    type Error = Fail;

    scalars! {
        deserialize_bool BOOL, visit_bool |input| input.bool()?;
        deserialize_u8 U8, visit_u8 |input| input.byte()?;
        deserialize_u16 U16, visit_u16 |input| input.number16()?;
        deserialize_u32 U32, visit_u32 |input| input.number32()?;
        deserialize_u64 U64, visit_u64 |input| input.number()?;
        deserialize_u128 U128, visit_u128 |input| input.number128()?;
        deserialize_i8 I8, visit_i8 |input| i8::from_le_bytes(input.array()?);
        deserialize_i16 I16, visit_i16 |input| unfold16(input.number16()?);
        deserialize_i32 I32, visit_i32 |input| unfold32(input.number32()?);
        deserialize_i64 I64, visit_i64 |input| unfold64(input.number()?);
        deserialize_i128 I128, visit_i128 |input| unfold128(input.number128()?);
        deserialize_char CHAR, visit_char |input| input.letter()?;
        deserialize_str STR, visit_borrowed_str |input| input.text()?;
        deserialize_string STR, visit_borrowed_str |input| input.text()?;
        deserialize_identifier STR, visit_borrowed_str |input| input.text()?;
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        self.show(visitor)
    }

    #[inline]
    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        if self.seen == Seen::plain(F32) {
            return visitor.visit_f32(f32::from_le_bytes(self.input.array()?));
        }
        self.show_float(f32::MANTISSA_DIGITS, visitor)
    }

    #[inline]
    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        if self.seen == Seen::plain(F64) {
            return visitor.visit_f64(f64::from_le_bytes(self.input.array()?));
        }
        self.show_float(f64::MANTISSA_DIGITS, visitor)
    }

    #[inline]
    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        let mut bare = self.bare()?;
        match bare.seen.kind() {
            BYTES | STR => {
                bare.enter()?;
                visitor.visit_borrowed_bytes(bare.input.blob()?)
            }
            _ => bare.show(visitor),
        }
    }

    #[inline]
    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        self.deserialize_bytes(visitor)
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Fail> {
        if self.seen.kind() != OPTION {
            self.settle()?;
            if self.seen.kind() == UNIT {
                return visitor.visit_none();
            }
            if self.seen.kind() != OPTION {
                self.enter()?;
                return visitor.visit_some(self);
            }
        }
        if !self.input.bool()? {
            return visitor.visit_none();
        }
        self.enter()?;
        let seen = self.input.shape.slot(self.index());
        visitor.visit_some(Self { seen, ..self })
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        self.bare()?.show(visitor)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fail> {
        self.bare()?.show(visitor)
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(mut self, _: &'static str, visitor: V) -> Result<V::Value, Fail> {
        self.enter()?;
        visitor.visit_newtype_struct(self)
    }

    #[inline]
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        if self.seen.kind() == SEQ { self.show_counted(visitor) } else { self.show_bare(visitor) }
    }

    #[inline]
    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Fail> {
        if self.seen.kind() == TUPLE { self.show_tuple(visitor) } else { self.show_bare(visitor) }
    }

    #[inline]
    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Fail> {
        self.deserialize_tuple(len, visitor)
    }

    #[inline]
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        if self.seen.kind() == MAP { self.show_pairs(visitor) } else { self.show_bare(visitor) }
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fail> {
        if self.seen.kind() != STRUCT {
            return self.show_struct(fields, visitor);
        }
        let shape = self.input.shape;
        let definition = shape.struct_def(self.seen)?;
        if self.input.by_name || !definition.is(shape, fields) {
            return self.show_fields(fields, visitor);
        }
        self.input.step(definition.fields)?;
        self.show_seq(definition.first, definition.fields as usize, 1, visitor)
    }

    #[inline]
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fail> {
        let mut value = if self.seen.kind() == ENUM { self } else { self.bare()? };
        match value.seen.kind() {
            ENUM => {
                value.enter()?;
                let (of, row) = (value.seen, value.input.variant(value.seen)?);
                let Value { input, depth, .. } = value;
                visitor.visit_enum(Picked { input, of, row, depth })
            }
            STR => visitor.visit_enum(StrDeserializer::new(value.input.text()?)),
            STRUCT | LOOSE | MAP => value.enum_of_map(visitor),
            _ => value.show(visitor),
        }
    }

    #[inline]
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        self.input.skip(self.seen, self.depth as usize)?;
        visitor.visit_unit()
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        true
    }
}
