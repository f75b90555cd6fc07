//! Access to compound values, which serde reads part by part.

use serde::de::value::StrDeserializer;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};

use super::Fail;
use super::de::Value;
use super::input::Input;
use super::key::Key;
use super::kind::{LOOSE, MAP, OF_UNIT, STRUCT, Seen};
use super::live::small;
use super::trace::Part;

/// The elements of a sequence, tuple or array, or of a struct that is read by position.
#[derive(Debug)]
pub(super) struct Elements<'a, 'de, 's> {
    pub(super) input: &'a mut Input<'de, 's>,
    pub(super) slot: u32,
    pub(super) step: u32,
    pub(super) left: usize,
    pub(super) hint: usize,
    pub(super) depth: u32,
}

impl<'de> SeqAccess<'de> for Elements<'_, 'de, '_> {
    type Error = Fail;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Fail> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let slot = self.slot;
        let place = self.input.shape.slot(slot);
        self.slot += self.step;
        match seed.deserialize(Value { input: self.input, seen: place, depth: self.depth }) {
            Ok(value) => Ok(Some(value)),
            Err(fail) => Err(self.input.leave_slot(fail, slot)),
        }
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        Some(self.hint.min(self.left))
    }
}

/// The entries of a map that is requested as a map.
#[derive(Debug)]
pub(super) struct Pairs<'a, 'de, 's> {
    pub(super) input: &'a mut Input<'de, 's>,
    /// The slot of the keys; the next slot is that of the values.
    pub(super) slot: u32,
    pub(super) left: usize,
    pub(super) hint: usize,
    pub(super) depth: u32,
}

impl<'de> MapAccess<'de> for Pairs<'_, 'de, '_> {
    type Error = Fail;

    #[inline]
    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Fail> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let place = self.input.shape.slot(self.slot);
        match seed.deserialize(Key(Value { input: self.input, seen: place, depth: self.depth })) {
            Ok(key) => Ok(Some(key)),
            Err(fail) => Err(self.input.leave(fail, Part::Element)),
        }
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Fail> {
        let place = self.input.shape.slot(self.slot + 1);
        let result = seed.deserialize(Value { input: self.input, seen: place, depth: self.depth });
        result.map_err(|fail| self.input.leave(fail, Part::Element))
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        Some(self.hint.min(self.left))
    }
}

/// There is no slot with this number.
const NO_SLOT: u32 = u32::MAX;

/// The fields of a struct, or the entries of a map, by name.
#[derive(Debug)]
pub(super) struct Entries<'a, 'de, 's> {
    input: &'a mut Input<'de, 's>,
    kind: u8,
    first: u32,
    fields: u32,
    number: u32,
    pub(super) left: usize,
    hint: usize,
    depth: u32,
    /// The slot of the value to be read next, if its key was read.
    slot: u32,
}

impl<'a, 'de, 's> Entries<'a, 'de, 's> {
    /// `depth` is the depth of the contents.
    pub(super) fn new(input: &'a mut Input<'de, 's>, seen: Seen, depth: u32) -> Result<Self, Fail> {
        let kind = seen.kind();
        let (first, fields) = if kind == MAP {
            (small(seen.index()), 0)
        } else {
            let definition = input.shape.struct_def(seen)?;
            (definition.first, definition.fields)
        };
        let (left, hint) = if kind == STRUCT {
            input.step(fields)?;
            (fields as usize, fields as usize)
        } else {
            let left = input.len()?;
            input.claim(left)?;
            (left, input.allot(left))
        };
        Ok(Self { input, kind, first, fields, number: 0, left, hint, depth, slot: NO_SLOT })
    }

    /// Returns whether everything was read.
    pub(super) fn is_read(&self) -> bool {
        self.left == 0 && self.slot == NO_SLOT
    }
}

impl<'de> MapAccess<'de> for Entries<'_, 'de, '_> {
    type Error = Fail;

    #[inline]
    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Fail> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        if self.kind == MAP {
            self.slot = self.first + 1;
            let place = self.input.shape.slot(self.first);
            let result = seed.deserialize(Key(Value { input: self.input, seen: place, depth: self.depth }));
            return result.map(Some).map_err(|fail| self.input.leave(fail, Part::Element));
        }
        let slot = if self.kind == LOOSE {
            self.input.field(self.first, self.fields)?
        } else {
            self.number += 1;
            self.first + self.number - 1
        };
        self.slot = slot;
        let result = seed.deserialize(StrDeserializer::new(self.input.shape.name(slot)));
        result.map(Some).map_err(|fail| self.input.leave_slot(fail, slot))
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Fail> {
        let slot = std::mem::replace(&mut self.slot, NO_SLOT);
        let place = self.input.shape.slot(slot);
        let result = seed.deserialize(Value { input: self.input, seen: place, depth: self.depth });
        result.map_err(|fail| self.input.leave_slot(fail, slot))
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        Some(self.hint.min(self.left))
    }
}

/// A variant with content in the form of JSON: a map of one entry.
#[derive(Debug)]
pub(super) struct Single<'a, 'de, 's> {
    pub(super) input: &'a mut Input<'de, 's>,
    pub(super) name: &'s str,
    pub(super) is_named: bool,
    pub(super) content: Option<Seen>,
    pub(super) depth: u32,
}

impl<'de> MapAccess<'de> for Single<'_, 'de, '_> {
    type Error = Fail;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Fail> {
        if std::mem::replace(&mut self.is_named, true) {
            return Ok(None);
        }
        let result = seed.deserialize(StrDeserializer::new(self.name));
        result.map(Some).map_err(|fail| self.input.leave(fail, Part::Named(self.name)))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Fail> {
        let place = self.content.take().unwrap_or(Seen::NOTHING);
        let result = seed.deserialize(Value { input: self.input, seen: place, depth: self.depth });
        result.map_err(|fail| self.input.leave(fail, Part::Named(self.name)))
    }
}

/// A variant and its content.
///
/// Variants are matched by name: by number, an alias among the names of the type would shift to a wrong one.
#[derive(Debug)]
pub(super) struct Picked<'a, 'de, 's> {
    pub(super) input: &'a mut Input<'de, 's>,
    pub(super) of: Seen,
    pub(super) row: usize,
    pub(super) depth: u32,
}

impl<'de> EnumAccess<'de> for Picked<'_, 'de, '_> {
    type Error = Fail;
    type Variant = Self;

    #[inline]
    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Fail> {
        let shape = self.input.shape;
        let name = shape.variants(self.of).get(self.row).map_or("", |variant| shape.text(variant.name));
        match seed.deserialize(StrDeserializer::<Fail>::new(name)) {
            Ok(value) => Ok((value, self)),
            // The content was not read.
            Err(fail) => {
                let fail = self.input.lose(fail);
                Err(self.input.leave(fail, Part::Named(name)))
            }
        }
    }
}

impl<'de> Picked<'_, 'de, '_> {
    /// Reads the content; `None` if the variant has none.
    #[inline]
    fn read<T>(self, read: impl FnOnce(Option<Value<'_, 'de, '_>>) -> Result<T, Fail>) -> Result<T, Fail> {
        let Self { input, of, row, depth } = self;
        let variant = input.shape.variants(of).get(row);
        let content = variant.filter(|variant| variant.form != OF_UNIT).map(|variant| variant.content);
        match read(content.map(|seen| Value { input, seen, depth })) {
            Ok(value) => Ok(value),
            Err(fail) => Err(input.leave_variant(fail, of, row)),
        }
    }
}

impl<'de> VariantAccess<'de> for Picked<'_, 'de, '_> {
    type Error = Fail;

    #[inline]
    fn unit_variant(self) -> Result<(), Fail> {
        self.read(|content| content.map_or(Ok(()), <()>::deserialize))
    }

    #[inline]
    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Fail> {
        self.read(|content| seed.deserialize(content.ok_or(Fail::Mismatch)?))
    }

    #[inline]
    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Fail> {
        self.read(|content| content.ok_or(Fail::Mismatch)?.deserialize_tuple(len, visitor))
    }

    #[inline]
    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Fail> {
        self.read(|content| content.ok_or(Fail::Mismatch)?.deserialize_struct("", fields, visitor))
    }
}
