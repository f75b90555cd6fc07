//! One pass over a value: writes bincode's bytes, and checks and extends the shape at the same time.
//!
//! A matching node costs one comparison. Everything else is out of line and extends the shape.
#![expect(clippy::inline_always, reason = "measured: without it, encoding takes a third longer")]

use std::any::type_name;

use serde::ser::{Serialize, Serializer};

use super::super::{FREE_ELEMENTS, MAX_DEPTH};
use super::bits::{IN_2, IN_4, IN_8, IN_16, SMALL, fold16, fold32, fold64, fold128};
use super::compound::{Elements, Entries, Fields};
use super::kind::{
    ARRAY, BOOL, BYTES, CHAR, ENUM, F32, F64, I8, I16, I32, I64, I128, MAP, MAX_TUPLE, MAX_VARIANT, OF_NEWTYPE,
    OF_STRUCT, OF_TUPLE, OF_UNIT, OF_UNSEEN, OPTION, SEQ, STR, STRUCT, Seen, TUPLE, U8, U16, U32, U64, U128, UNIT,
};
use super::live::{Live, TypeName, Want};
use super::{Fail, steps};

/// The maximum number of passes. Each further pass turns a node into a union or a struct into a loose one.
const MOST_PASSES: usize = 64;

#[expect(clippy::cast_possible_truncation, reason = "a small constant")]
const MOST_DEPTH: u32 = MAX_DEPTH as u32;

/// Passed by value, not by reference: each indirection is a load for each scalar.
#[derive(Debug)]
pub(super) struct Encoder {
    pub(super) out: Vec<u8>,
    pub(super) live: Live,
    /// The number of announced elements.
    pub(super) claimed: usize,
    /// The number of fields and tuple elements, which may have no bytes.
    steps: usize,
    /// The maximum length of `out`.
    most: usize,
    type_name: TypeName,
    /// The first refusal, even if the value's `Serialize` discarded the error.
    refused: Option<Fail>,
}

/// Appends the bytes of `value`, without the shape. If its `Serialize` panics, `out` and `live` are left empty.
pub(super) fn encode<T>(value: &T, live: &mut Live, out: &mut Vec<u8>, most: usize) -> Result<(), Fail>
where
    T: Serialize + ?Sized,
{
    let body = out.len();
    let mut encoder = Encoder {
        out: std::mem::take(out),
        live: std::mem::take(live),
        claimed: 0,
        steps: 0,
        most,
        type_name: type_name::<T>,
        refused: None,
    };
    let result = encoder.passes(value, body);
    (*out, *live) = (encoder.out, encoder.live);
    result
}

impl Encoder {
    fn passes<T: Serialize + ?Sized>(&mut self, value: &T, body: usize) -> Result<(), Fail> {
        for _ in 0..MOST_PASSES {
            self.live.changed_layout = false;
            (self.claimed, self.steps) = (0, 0);
            let result = self.child(0, 0, value);
            if self.live.is_full {
                return Err(Fail::ShapeTooLarge);
            }
            self.refused.map_or(result, Err)?;
            let bytes = self.out.len() - body;
            // The reader counts in the same way.
            if self.claimed > bytes.saturating_add(FREE_ELEMENTS) || self.steps > steps(bytes) {
                return Err(Fail::TooManyElements);
            }
            if !self.live.changed_layout {
                return Ok(());
            }
            self.out.truncate(body);
        }
        Err(Fail::Unstable)
    }

    #[inline(always)]
    pub(super) fn child<T: Serialize + ?Sized>(&mut self, slot: u32, depth: u32, value: &T) -> Result<(), Fail> {
        self.type_name = type_name::<T>;
        let result = value.serialize(Place { encoder: self, slot, depth });
        if let Err(fail) = result {
            self.refuse(fail);
        }
        result
    }

    #[cold]
    #[inline(never)]
    fn refuse(&mut self, fail: Fail) {
        self.refused.get_or_insert(fail);
    }

    /// Called for each element and before each text, so that a value far beyond its limit stops early.
    #[inline(always)]
    pub(super) fn check_length(&self, more: usize) -> Result<(), Fail> {
        if self.out.len().saturating_add(more) > self.most { Err(Fail::TooLong) } else { Ok(()) }
    }

    #[inline(always)]
    pub(super) fn claim(&mut self, elements: usize) -> Result<(), Fail> {
        self.claimed = self.claimed.saturating_add(elements);
        if self.claimed > self.most.saturating_add(FREE_ELEMENTS) { Err(Fail::TooManyElements) } else { Ok(()) }
    }

    #[inline(always)]
    fn step(&mut self, fields: usize) {
        self.steps = self.steps.saturating_add(fields);
    }

    #[inline(always)]
    fn put(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    #[inline(always)]
    pub(super) fn number(&mut self, number: u64) {
        let [low, ..] = number.to_le_bytes();
        if number < u64::from(SMALL) { self.out.push(low) } else { self.large_number(number) }
    }

    #[inline(never)]
    fn large_number(&mut self, number: u64) {
        if let Ok(number) = u16::try_from(number) {
            self.out.push(IN_2);
            self.put(&number.to_le_bytes());
        } else if let Ok(number) = u32::try_from(number) {
            self.out.push(IN_4);
            self.put(&number.to_le_bytes());
        } else {
            self.out.push(IN_8);
            self.put(&number.to_le_bytes());
        }
    }

    fn number128(&mut self, number: u128) {
        if let Ok(number) = u64::try_from(number) {
            self.number(number);
        } else {
            self.out.push(IN_16);
            self.put(&number.to_le_bytes());
        }
    }

    /// One function for all texts, so that the inlined code around it stays small.
    #[inline(never)]
    fn text(&mut self, bytes: &[u8]) -> Result<(), Fail> {
        self.check_length(bytes.len())?;
        self.out.reserve(bytes.len() + 9);
        self.number(bytes.len() as u64);
        self.put(bytes);
        Ok(())
    }

    /// Returns the slot for a value that does not fit the shape, after writing the number of the alternative.
    #[cold]
    #[inline(never)]
    fn learn(&mut self, slot: u32, want: Want) -> u32 {
        let (slot, alternative) = self.live.resolve(slot, want, self.type_name);
        if let Some(number) = alternative {
            self.number(number.into());
        }
        slot
    }

    /// Moves the length of a sequence, known only at its end, to its front.
    #[cold]
    pub(super) fn insert_length(&mut self, start: usize, elements: usize) {
        let end = self.out.len();
        self.number(elements as u64);
        let width = self.out.len() - end;
        if let Some(sequence) = self.out.get_mut(start..) {
            sequence.rotate_right(width);
        }
    }
}

/// A value about to be written.
#[derive(Debug)]
pub(super) struct Place<'e> {
    encoder: &'e mut Encoder,
    slot: u32,
    depth: u32,
}

impl<'e> Place<'e> {
    #[inline(always)]
    fn plain(&mut self, kind: u8) {
        if self.encoder.live.seen(self.slot) != Seen::plain(kind) {
            self.slot = self.encoder.learn(self.slot, Want::Plain(kind));
        }
    }

    /// Returns the first slot of the contents.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "the index of a slot")]
    fn holder(&mut self, kind: u8) -> u32 {
        let mut seen = self.encoder.live.seen(self.slot);
        if seen.kind() != kind {
            let slot = self.encoder.learn(self.slot, Want::Plain(kind));
            seen = self.encoder.live.seen(slot);
        }
        seen.index() as u32
    }

    #[inline(always)]
    fn enter(&mut self) -> Result<(), Fail> {
        self.depth += 1;
        if self.depth >= MOST_DEPTH { Err(Fail::TooDeep) } else { Ok(()) }
    }

    /// Returns the slot of a variant's content.
    #[inline(always)]
    fn variant(&mut self, number: u32, name: &'static str, form: u8) -> Result<u32, Fail> {
        self.enter()?;
        let seen = self.encoder.live.seen(self.slot);
        let known = if seen.kind() == ENUM { self.encoder.live.variant(seen.index(), number) } else { None };
        match known {
            Some(known) if known.form == form && (std::ptr::eq(known.name, name) || known.name == name) => {
                let slot = known.slot;
                self.encoder.number(number.into());
                Ok(slot)
            }
            _ => self.new_variant(number, name, form),
        }
    }

    #[cold]
    #[inline(never)]
    fn new_variant(&mut self, number: u32, name: &'static str, form: u8) -> Result<u32, Fail> {
        if number > MAX_VARIANT {
            return Err(Fail::ShapeTooLarge);
        }
        let slot = self.encoder.learn(self.slot, Want::Variant(number, name, form));
        let live = &mut self.encoder.live;
        let index = live.seen(slot).index();
        if live.variant(index, number).is_none_or(|known| known.form == OF_UNSEEN) {
            live.add_variant(index, number, name, form);
        }
        let slot = live.variant(index, number).map_or(0, |variant| variant.slot);
        self.encoder.number(number.into());
        Ok(slot)
    }

    #[inline(always)]
    fn tuple(mut self, len: usize) -> Result<Elements<'e>, Fail> {
        self.enter()?;
        let is_array = len > MAX_TUPLE;
        if u32::try_from(len).is_err() {
            return Err(Fail::TooManyElements);
        }
        let (kind, want) = if is_array { (ARRAY, Want::Array(len)) } else { (TUPLE, Want::Tuple(len)) };
        let mut seen = self.encoder.live.seen(self.slot);
        if seen.kind() != kind || self.encoder.live.tuple(seen.index()).len as usize != len {
            let slot = self.encoder.learn(self.slot, want);
            seen = self.encoder.live.seen(slot);
        }
        if is_array {
            self.encoder.claim(len)?;
        } else {
            self.encoder.step(len);
        }
        let first = self.encoder.live.tuple(seen.index()).first;
        Ok(Elements::fixed(self.encoder, first, u32::from(!is_array), len, self.depth))
    }

    #[inline(always)]
    fn fields(mut self, name: &'static str, fields: usize) -> Result<Fields<'e>, Fail> {
        self.enter()?;
        self.encoder.step(fields);
        let slot = self.encoder.live.slot(self.slot);
        if slot.seen.kind() == STRUCT && self.encoder.live.is_head(slot.link.wrapping_sub(1), name, fields) {
            return Ok(Fields::known(self.encoder, slot.seen.index(), slot.link, fields, self.depth));
        }
        self.new_fields(name, fields)
    }

    #[cold]
    #[inline(never)]
    fn new_fields(self, name: &'static str, fields: usize) -> Result<Fields<'e>, Fail> {
        let slot = self.encoder.learn(self.slot, Want::Struct(name, fields));
        let seen = self.encoder.live.seen(slot);
        let index = seen.index();
        if seen.kind() == STRUCT && self.encoder.live.struct_def(index).room as usize != fields {
            self.encoder.live.loosen(index);
        }
        let definition = self.encoder.live.struct_def(index);
        if !definition.is_loose && definition.known as usize == fields {
            // The same name at another address.
            return Ok(Fields::known(self.encoder, index, definition.first, fields, self.depth));
        }
        if definition.is_loose {
            self.encoder.claim(fields)?;
            self.encoder.number(fields as u64);
        }
        Ok(Fields::new(self.encoder, index, fields, self.depth))
    }
}

macro_rules! scalars {
    ($($method:ident $type:ty, $kind:expr, |$encoder:ident, $value:ident| $write:expr;)*) => {$(
        #[inline(always)]
        fn $method(mut self, $value: $type) -> Result<(), Fail> {
            self.plain($kind);
            let $encoder = self.encoder;
            $write;
            Ok(())
        }
    )*};
}

impl<'e> Serializer for Place<'e> {
    type Ok = ();
    type Error = Fail;
    type SerializeSeq = Elements<'e>;
    type SerializeTuple = Elements<'e>;
    type SerializeTupleStruct = Elements<'e>;
    type SerializeTupleVariant = Elements<'e>;
    type SerializeMap = Entries<'e>;
    type SerializeStruct = Fields<'e>;
    type SerializeStructVariant = Fields<'e>;

    scalars! {
        serialize_bool bool, BOOL, |encoder, value| encoder.out.push(value.into());
        serialize_u8 u8, U8, |encoder, value| encoder.out.push(value);
        serialize_u16 u16, U16, |encoder, value| encoder.number(value.into());
        serialize_u32 u32, U32, |encoder, value| encoder.number(value.into());
        serialize_u64 u64, U64, |encoder, value| encoder.number(value);
        serialize_u128 u128, U128, |encoder, value| encoder.number128(value);
        serialize_i8 i8, I8, |encoder, value| encoder.put(&value.to_le_bytes());
        serialize_i16 i16, I16, |encoder, value| encoder.number(fold16(value).into());
        serialize_i32 i32, I32, |encoder, value| encoder.number(fold32(value).into());
        serialize_i64 i64, I64, |encoder, value| encoder.number(fold64(value));
        serialize_i128 i128, I128, |encoder, value| encoder.number128(fold128(value));
        serialize_f32 f32, F32, |encoder, value| encoder.put(&value.to_le_bytes());
        serialize_f64 f64, F64, |encoder, value| encoder.put(&value.to_le_bytes());
        serialize_char char, CHAR, |encoder, value| encoder.put(value.encode_utf8(&mut [0; 4]).as_bytes());
        serialize_str &str, STR, |encoder, value| encoder.text(value.as_bytes())?;
    }

    /// One level, because JSON writes an array.
    #[inline]
    fn serialize_bytes(mut self, value: &[u8]) -> Result<(), Fail> {
        self.enter()?;
        self.plain(BYTES);
        self.encoder.text(value)
    }

    #[inline(always)]
    fn serialize_none(mut self) -> Result<(), Fail> {
        self.holder(OPTION);
        self.encoder.out.push(0);
        Ok(())
    }

    #[inline(always)]
    fn serialize_some<T: Serialize + ?Sized>(mut self, value: &T) -> Result<(), Fail> {
        self.enter()?;
        let slot = self.holder(OPTION);
        self.encoder.out.push(1);
        self.encoder.child(slot, self.depth, value)
    }

    #[inline]
    fn serialize_unit(mut self) -> Result<(), Fail> {
        self.plain(UNIT);
        Ok(())
    }

    #[inline]
    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Fail> {
        self.serialize_unit()
    }

    #[inline(always)]
    fn serialize_unit_variant(mut self, _: &'static str, number: u32, name: &'static str) -> Result<(), Fail> {
        self.variant(number, name, OF_UNIT).map(drop)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(mut self, _: &'static str, value: &T) -> Result<(), Fail> {
        self.enter()?;
        self.encoder.child(self.slot, self.depth, value)
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        mut self,
        _: &'static str,
        number: u32,
        name: &'static str,
        value: &T,
    ) -> Result<(), Fail> {
        let slot = self.variant(number, name, OF_NEWTYPE)?;
        self.encoder.child(slot, self.depth, value)
    }

    #[inline]
    fn serialize_seq(mut self, len: Option<usize>) -> Result<Elements<'e>, Fail> {
        self.enter()?;
        let slot = self.holder(SEQ);
        Elements::counted(self.encoder, slot, len, self.depth)
    }

    #[inline]
    fn serialize_tuple(self, len: usize) -> Result<Elements<'e>, Fail> {
        self.tuple(len)
    }

    #[inline]
    fn serialize_tuple_struct(self, _: &'static str, len: usize) -> Result<Elements<'e>, Fail> {
        self.tuple(len)
    }

    /// Two levels, the variant and its content, as for the reader.
    #[inline]
    fn serialize_tuple_variant(
        mut self,
        _: &'static str,
        number: u32,
        name: &'static str,
        len: usize,
    ) -> Result<Elements<'e>, Fail> {
        self.slot = self.variant(number, name, OF_TUPLE)?;
        if len <= MAX_TUPLE && self.encoder.live.seen(self.slot) == Seen::NOTHING {
            self.encoder.live.define_content(self.slot, Want::Tuple(len));
        }
        self.tuple(len)
    }

    #[inline]
    fn serialize_map(mut self, len: Option<usize>) -> Result<Entries<'e>, Fail> {
        self.enter()?;
        let slot = self.holder(MAP);
        Entries::new(self.encoder, slot, len, self.depth)
    }

    #[inline(always)]
    fn serialize_struct(self, name: &'static str, len: usize) -> Result<Fields<'e>, Fail> {
        self.fields(name, len)
    }

    /// As for tuples.
    #[inline]
    fn serialize_struct_variant(
        mut self,
        _: &'static str,
        number: u32,
        name: &'static str,
        len: usize,
    ) -> Result<Fields<'e>, Fail> {
        self.slot = self.variant(number, name, OF_STRUCT)?;
        if self.encoder.live.seen(self.slot) == Seen::NOTHING {
            self.encoder.live.define_content(self.slot, Want::Struct(name, len));
        }
        self.fields(name, len)
    }

    /// Returns `true`: serde requests the contents of its buffers for `flatten` and `untagged` in human-readable form,
    /// whatever the codec returns, so they must be written in that form.
    #[inline]
    fn is_human_readable(&self) -> bool {
        true
    }
}
