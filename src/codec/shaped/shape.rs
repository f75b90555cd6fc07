//! The parser for the stored bytes of a shape.
//!
//! Every index in the tables is valid after successful parsing. Shapes come from storage, so everything is checked: no
//! count exceeds the remaining bytes, and no nesting exceeds [`MAX_NESTED`].

use std::cell::Cell;

use super::Fail;
use super::kind::{
    ARRAY, ENUM, KINDS, LOOSE, MAP, MAX_NESTED, MAX_SLOTS, MAX_VARIANT, OF_STRUCT, OF_TUPLE, OF_UNIT, OPTION, SEQ,
    STRUCT, Seen, TUPLE, UNION, UNIT,
};
use super::live::small;
use crate::wire::Reader;

/// The most recently compared list of field names, by address and length, and the result.
pub(super) type Asked = Cell<(usize, usize, bool)>;

#[derive(Debug)]
pub(super) struct StructDef {
    pub(super) first: u32,
    pub(super) fields: u32,
    pub(super) asked: Asked,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct TupleDef {
    pub(super) first: u32,
    pub(super) len: u32,
}

/// A name of a field or variant, as a range of the names of its shape.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Name {
    start: u32,
    end: u32,
}

#[derive(Debug)]
pub(super) struct Variant {
    pub(super) number: u32,
    pub(super) name: Name,
    pub(super) form: u8,
    pub(super) content: Seen,
}

/// Owns its names, so that it can be used for other values with the same stored bytes.
#[derive(Debug, Default)]
pub(super) struct Shape {
    pub(super) root: Seen,
    /// All names, one after the other.
    texts: String,
    /// The kind of each slot.
    pub(super) slots: Vec<Seen>,
    /// Parallel to the slots: the names of fields.
    names: Vec<Name>,
    pub(super) structs: Vec<StructDef>,
    pub(super) tuples: Vec<TupleDef>,
    pub(super) enums: Vec<Vec<Variant>>,
    pub(super) unions: Vec<Vec<Seen>>,
}

impl Shape {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Fail> {
        let mut parser =
            Parser { bytes: Reader::new(bytes), shape: Self::default(), known: Vec::new(), definitions: Vec::new() };
        parser.shape.root = parser.place(0)?;
        if parser.bytes.is_empty() { Ok(parser.shape) } else { Err(Fail::Trailing) }
    }

    /// Forgets which lists of names were compared: a library that is loaded at run time may be replaced by another one
    /// with a list at the same address.
    pub(super) fn forget_asked(&self) {
        self.structs.iter().for_each(|definition| definition.asked.set((0, 0, false)));
    }

    #[inline]
    pub(super) fn slot(&self, slot: u32) -> Seen {
        self.slots.get(slot as usize).copied().unwrap_or(Seen::NOTHING)
    }

    #[inline]
    pub(super) fn name(&self, slot: u32) -> &str {
        self.text(self.names.get(slot as usize).copied().unwrap_or_default())
    }

    #[inline]
    pub(super) fn text(&self, name: Name) -> &str {
        self.texts.get(name.start as usize..name.end as usize).unwrap_or_default()
    }

    #[inline]
    pub(super) fn struct_def(&self, seen: Seen) -> Result<&StructDef, Fail> {
        self.structs.get(seen.index()).ok_or(Fail::Mismatch)
    }

    #[inline]
    pub(super) fn tuple(&self, seen: Seen) -> Result<TupleDef, Fail> {
        self.tuples.get(seen.index()).copied().ok_or(Fail::Mismatch)
    }

    #[inline]
    pub(super) fn variants(&self, seen: Seen) -> &[Variant] {
        self.enums.get(seen.index()).map(Vec::as_slice).unwrap_or_default()
    }

    #[inline]
    pub(super) fn alternative(&self, seen: Seen, number: usize) -> Result<Seen, Fail> {
        self.unions.get(seen.index()).and_then(|union| union.get(number)).copied().ok_or(Fail::Mismatch)
    }
}

impl StructDef {
    /// Returns whether these are the names of the stored fields, in order. Each list is compared once for each value.
    #[inline]
    pub(super) fn is(&self, shape: &Shape, fields: &'static [&'static str]) -> bool {
        let (at, len) = (fields.as_ptr().addr(), fields.len());
        let (asked_at, asked_len, same) = self.asked.get();
        if (asked_at, asked_len) == (at, len) {
            return same;
        }
        let first = self.first as usize;
        let names = shape.names.get(first..first + self.fields as usize).unwrap_or_default();
        let same = names.len() == len && names.iter().zip(fields).all(|(name, field)| shape.text(*name) == *field);
        self.asked.set((at, len, same));
        same
    }
}

struct Parser<'b> {
    bytes: Reader<'b>,
    shape: Shape,
    /// The names in order of first use.
    known: Vec<Name>,
    definitions: Vec<Seen>,
}

impl Parser<'_> {
    fn number(&mut self) -> Result<usize, Fail> {
        self.bytes.len().map_err(|_| Fail::EndsEarly)
    }

    /// Reads a count of items with at least one byte each.
    fn count(&mut self) -> Result<usize, Fail> {
        self.number().and_then(|count| if count > self.bytes.rest().len() { Err(Fail::EndsEarly) } else { Ok(count) })
    }

    fn name(&mut self) -> Result<Name, Fail> {
        let number = self.number()?;
        if number % 2 == 1 {
            return self.known.get(number / 2).copied().ok_or(Fail::Mismatch);
        }
        let text = self.bytes.take(number / 2).map_err(|_| Fail::EndsEarly)?;
        let text = std::str::from_utf8(text).map_err(|_| Fail::Mismatch)?;
        let place = |len: usize| u32::try_from(len).map_err(|_| Fail::ShapeTooLarge);
        let start = place(self.shape.texts.len())?;
        self.shape.texts.push_str(text);
        let name = Name { start, end: place(self.shape.texts.len())? };
        self.known.push(name);
        Ok(name)
    }

    fn add_slots(&mut self, count: usize) -> Result<u32, Fail> {
        let first = self.shape.slots.len();
        if first + count > MAX_SLOTS {
            return Err(Fail::ShapeTooLarge);
        }
        self.shape.slots.resize(first + count, Seen::NOTHING);
        self.shape.names.resize(first + count, Name::default());
        Ok(small(first))
    }

    /// Reads the kinds of these slots and, for fields, their names.
    fn fill(&mut self, first: u32, count: usize, named: bool, depth: usize) -> Result<(), Fail> {
        let first = first as usize;
        for slot in first..first + count {
            if named {
                let read = self.name()?;
                if let Some(name) = self.shape.names.get_mut(slot) {
                    *name = read;
                }
            }
            let seen = self.place(depth)?;
            if let Some(slot) = self.shape.slots.get_mut(slot) {
                *slot = seen;
            }
        }
        Ok(())
    }

    fn place(&mut self, depth: usize) -> Result<Seen, Fail> {
        if depth > MAX_NESTED {
            return Err(Fail::TooDeep);
        }
        let number = self.number()?;
        let Some(kind) = u8::try_from(number).ok().filter(|kind| *kind < KINDS) else {
            return self.definitions.get(number - usize::from(KINDS)).copied().ok_or(Fail::Mismatch);
        };
        let depth = depth + 1;
        match kind {
            OPTION | SEQ | MAP => {
                let slots = if kind == MAP { 2 } else { 1 };
                let first = self.add_slots(slots)?;
                self.fill(first, slots, false, depth)?;
                Ok(Seen::new(kind, first as usize))
            }
            TUPLE | ARRAY => self.tuple(kind, depth),
            STRUCT | LOOSE => self.fields(kind, depth),
            ENUM => self.variants(depth),
            UNION => self.alternatives(depth),
            _ => Ok(Seen::plain(kind)),
        }
    }

    /// Adds a definition before its content is read, because the content may refer to it.
    fn define(&mut self, kind: u8, index: usize) -> Seen {
        let seen = Seen::new(kind, index);
        self.definitions.push(seen);
        seen
    }

    fn tuple(&mut self, kind: u8, depth: usize) -> Result<Seen, Fail> {
        let index = self.shape.tuples.len();
        let seen = self.define(kind, index);
        let len = if kind == TUPLE { self.count()? } else { self.number()? };
        let slots = if kind == TUPLE { len } else { 1 };
        let len = u32::try_from(len).map_err(|_| Fail::TooManyElements)?;
        let first = self.add_slots(slots)?;
        self.shape.tuples.push(TupleDef { first, len });
        self.fill(first, slots, false, depth)?;
        Ok(seen)
    }

    fn fields(&mut self, kind: u8, depth: usize) -> Result<Seen, Fail> {
        let index = self.shape.structs.len();
        let seen = self.define(kind, index);
        let fields = self.count()?;
        let first = self.add_slots(fields)?;
        self.shape.structs.push(StructDef { first, fields: small(fields), asked: Cell::default() });
        self.fill(first, fields, true, depth)?;
        Ok(seen)
    }

    fn variants(&mut self, depth: usize) -> Result<Seen, Fail> {
        let index = self.shape.enums.len();
        let seen = self.define(ENUM, index);
        self.shape.enums.push(Vec::new());
        let mut next = 0_u32;
        for _ in 0..self.count()? {
            let (ahead, form) = { self.number().map(|number| (number / 8, number % 8))? };
            let number = u32::try_from(ahead).ok().and_then(|ahead| next.checked_add(ahead));
            let number = number.filter(|number| *number <= MAX_VARIANT).ok_or(Fail::Mismatch)?;
            let form = u8::try_from(form).map_err(|_| Fail::Mismatch)?;
            let name = self.name()?;
            let content = if form == OF_UNIT { Seen::plain(UNIT) } else { self.place(depth)? };
            let fits = match form {
                OF_TUPLE => matches!(content.kind(), TUPLE | ARRAY),
                OF_STRUCT => matches!(content.kind(), STRUCT | LOOSE),
                form => (OF_UNIT..=OF_STRUCT).contains(&form),
            };
            if !fits {
                return Err(Fail::Mismatch);
            }
            if let Some(variants) = self.shape.enums.get_mut(index) {
                variants.push(Variant { number, name, form, content });
            }
            next = number + 1;
        }
        Ok(seen)
    }

    fn alternatives(&mut self, depth: usize) -> Result<Seen, Fail> {
        let index = self.shape.unions.len();
        self.shape.unions.push(Vec::new());
        for _ in 0..self.count()? {
            let alternative = self.place(depth)?;
            if let Some(union) = self.shape.unions.get_mut(index) {
                union.push(alternative);
            }
        }
        Ok(Seen::new(UNION, index))
    }
}
