//! Compound values while their parts are written.
#![expect(clippy::inline_always, reason = "measured: without it, encoding takes a third longer")]

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};

use super::Fail;
use super::live::small;
use super::ser::Encoder;

/// The elements of a sequence, tuple or array.
#[derive(Debug)]
pub(super) struct Elements<'e> {
    encoder: &'e mut Encoder,
    slot: u32,
    /// The distance from one element's slot to the next.
    step: u32,
    /// The number of announced elements not yet written. Wraps below zero, so that one element too many is not mistaken
    /// for none left.
    left: usize,
    /// The offset for a length that was unknown at the start.
    uncounted: Option<usize>,
    depth: u32,
}

impl<'e> Elements<'e> {
    #[inline(always)]
    pub(super) fn fixed(encoder: &'e mut Encoder, slot: u32, step: u32, len: usize, depth: u32) -> Self {
        Self { encoder, slot, step, left: len, uncounted: None, depth }
    }

    #[inline(always)]
    pub(super) fn counted(encoder: &'e mut Encoder, slot: u32, len: Option<usize>, depth: u32) -> Result<Self, Fail> {
        let uncounted = begin(encoder, len)?;
        Ok(Self { encoder, slot, step: 0, left: len.unwrap_or_default(), uncounted, depth })
    }

    #[inline(always)]
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fail> {
        // Checked before writing: there is no slot beyond the last one.
        if self.left == 0 && self.uncounted.is_none() {
            return Err(Fail::WrongLength);
        }
        self.left = self.left.wrapping_sub(1);
        self.encoder.check_length(0)?;
        let slot = self.slot;
        self.slot += self.step;
        self.encoder.child(slot, self.depth, value)
    }
}

/// Writes the number of elements. If it is unknown, returns the offset where it belongs.
#[inline(always)]
fn begin(encoder: &mut Encoder, len: Option<usize>) -> Result<Option<usize>, Fail> {
    match len {
        Some(len) => {
            encoder.claim(len)?;
            encoder.number(len as u64);
            Ok(None)
        }
        None => Ok(Some(encoder.out.len())),
    }
}

#[inline(always)]
fn end(encoder: &mut Encoder, left: usize, uncounted: Option<usize>) -> Result<(), Fail> {
    match uncounted {
        None if left == 0 => Ok(()),
        None => Err(Fail::WrongLength),
        Some(start) => {
            let elements = left.wrapping_neg();
            encoder.claim(elements)?;
            encoder.insert_length(start, elements);
            Ok(())
        }
    }
}

macro_rules! elements {
    ($($trait:ident $method:ident,)*) => {$(
        impl $trait for Elements<'_> {
            type Ok = ();
            type Error = Fail;

            #[inline(always)]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fail> {
                self.element(value)
            }

            #[inline]
            fn end(self) -> Result<(), Fail> {
                end(self.encoder, self.left, self.uncounted)
            }
        }
    )*};
}

elements! {
    SerializeSeq serialize_element,
    SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field,
}

/// The entries of a map.
#[derive(Debug)]
pub(super) struct Entries<'e> {
    encoder: &'e mut Encoder,
    /// The slot of the keys; the next slot is that of the values.
    slot: u32,
    left: usize,
    uncounted: Option<usize>,
    /// Whether a key was written and its value was not.
    in_entry: bool,
    depth: u32,
}

impl<'e> Entries<'e> {
    #[inline(always)]
    pub(super) fn new(encoder: &'e mut Encoder, slot: u32, len: Option<usize>, depth: u32) -> Result<Self, Fail> {
        let uncounted = begin(encoder, len)?;
        Ok(Self { encoder, slot, left: len.unwrap_or_default(), uncounted, in_entry: false, depth })
    }
}

impl SerializeMap for Entries<'_> {
    type Ok = ();
    type Error = Fail;

    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Fail> {
        if std::mem::replace(&mut self.in_entry, true) {
            return Err(Fail::WrongLength);
        }
        self.left = self.left.wrapping_sub(1);
        self.encoder.check_length(0)?;
        self.encoder.child(self.slot, self.depth, key)
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fail> {
        if !std::mem::replace(&mut self.in_entry, false) {
            return Err(Fail::WrongLength);
        }
        self.encoder.child(self.slot + 1, self.depth, value)
    }

    #[inline]
    fn end(self) -> Result<(), Fail> {
        if self.in_entry {
            return Err(Fail::WrongLength);
        }
        end(self.encoder, self.left, self.uncounted)
    }
}

/// The fields of a struct.
#[derive(Debug)]
pub(super) struct Fields<'e> {
    encoder: &'e mut Encoder,
    /// The struct's definition.
    index: usize,
    /// The slot of the next field, and the end of the slots; both zero if the fields are unknown or not fixed.
    slot: u32,
    end: u32,
    /// The number of written fields; if fields are fixed, the number of the next one.
    number: u32,
    left: usize,
    depth: u32,
}

impl<'e> Fields<'e> {
    #[inline(always)]
    pub(super) fn known(encoder: &'e mut Encoder, index: usize, first: u32, fields: usize, depth: u32) -> Self {
        let end = first + small(fields);
        Self { encoder, index, slot: first, end, number: 0, left: fields, depth }
    }

    pub(super) fn new(encoder: &'e mut Encoder, index: usize, fields: usize, depth: u32) -> Self {
        Self { encoder, index, slot: 0, end: 0, number: 0, left: fields, depth }
    }

    #[inline(always)]
    fn field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Fail> {
        self.left = self.left.wrapping_sub(1);
        let is_next = self.slot < self.end && std::ptr::eq(self.encoder.live.slot(self.slot).key, key);
        let slot = if is_next { self.slot } else { self.find(key)? };
        self.slot += 1;
        self.number += 1;
        self.encoder.child(slot, self.depth, value)
    }

    #[cold]
    #[inline(never)]
    fn find(&mut self, key: &'static str) -> Result<u32, Fail> {
        if self.slot < self.end && self.encoder.live.slot(self.slot).key == key {
            return Ok(self.slot);
        }
        self.encoder.check_length(0)?;
        (self.slot, self.end) = (0, 0);
        let live = &mut self.encoder.live;
        let number = live.field(self.index, self.number, key);
        if live.is_full {
            return Err(Fail::ShapeTooLarge);
        }
        let definition = live.struct_def(self.index);
        if definition.is_loose {
            self.encoder.number(number.into());
            self.number = number;
        } else if number != self.number {
            live.loosen(self.index);
        }
        Ok(definition.first + number)
    }

    #[cold]
    fn skip(&mut self) {
        self.encoder.live.loosen(self.index);
    }
}

macro_rules! fields {
    ($($trait:ident,)*) => {$(
        impl $trait for Fields<'_> {
            type Ok = ();
            type Error = Fail;

            #[inline(always)]
            fn serialize_field<T>(&mut self, key: &'static str, value: &T) -> Result<(), Fail>
            where
                T: Serialize + ?Sized,
            {
                self.field(key, value)
            }

            #[inline]
            fn skip_field(&mut self, _: &'static str) -> Result<(), Fail> {
                self.skip();
                Ok(())
            }

            #[inline]
            fn end(self) -> Result<(), Fail> {
                if self.left == 0 { Ok(()) } else { Err(Fail::WrongLength) }
            }
        }
    )*};
}

fields! {
    SerializeStruct,
    SerializeStructVariant,
}
