//! The shape of a section in memory: the nodes that serializers visited, merged over all values seen.

use super::Fail;
use super::form;
use super::kind::{ARRAY, ENUM, LOOSE, MAP, MAX_SLOTS, OF_UNSEEN, OPTION, SEQ, STRUCT, Seen, TUPLE, UNION, UNKNOWN};

/// Returns the name of a value's type. Called only for new nodes.
pub(super) type TypeName = fn() -> &'static str;

/// A node of a value. The slot before the fields of a struct is its *head*: its key is the struct's name, and `link` is
/// the number of fields once all of them are known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    /// The name of a field.
    pub(super) key: &'static str,
    pub(super) seen: Seen,
    /// For a struct: the first slot of its fields.
    pub(super) link: u32,
}

const EMPTY: Slot = Slot { key: "", seen: Seen::NOTHING, link: 0 };
/// The link of a head whose fields are not all known.
const INCOMPLETE: u32 = u32::MAX;

#[derive(Debug, Clone, Copy)]
pub(super) struct StructDef {
    pub(super) name: &'static str,
    /// The slot of the first field.
    pub(super) first: u32,
    /// The number of known fields, and of reserved slots.
    pub(super) known: u32,
    pub(super) room: u32,
    pub(super) is_loose: bool,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct TupleDef {
    pub(super) first: u32,
    pub(super) len: u32,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Variant {
    pub(super) name: &'static str,
    pub(super) form: u8,
    pub(super) slot: u32,
}

pub(super) const UNSEEN: Variant = Variant { name: "", form: OF_UNSEEN, slot: 0 };

/// The properties of the next written value that decide whether it fits the shape.
#[derive(Debug, Clone, Copy)]
pub(super) enum Want {
    Plain(u8),
    Tuple(usize),
    Array(usize),
    Struct(&'static str, usize),
    Variant(u32, &'static str, u8),
}

/// The learned shape of a section's values. The default is empty.
#[derive(Debug, Default)]
pub(crate) struct Live {
    pub(super) slots: Vec<Slot>,
    pub(super) structs: Vec<StructDef>,
    pub(super) tuples: Vec<TupleDef>,
    pub(super) enums: Vec<Vec<Variant>>,
    pub(super) unions: Vec<Vec<u32>>,
    /// Definitions by kind, type and name.
    named: Vec<(u8, &'static str, &'static str, Seen)>,
    /// The stored bytes, as of the last update.
    form: Vec<u8>,
    /// Whether a node was seen that `form` does not contain.
    grown: bool,
    /// Whether bytes of this pass may be in an abandoned layout.
    pub(super) changed_layout: bool,
    pub(super) is_full: bool,
}

#[expect(clippy::cast_possible_truncation, reason = "never more than MAX_SLOTS")]
pub(super) const fn small(number: usize) -> u32 {
    number as u32
}

impl Live {
    pub(super) fn is_new(&self) -> bool {
        self.slots.is_empty()
    }

    /// Starts a pass. There is always a slot for the value itself.
    pub(super) fn begin(&mut self) {
        if self.slots.is_empty() {
            (self.slots, self.grown) = (vec![EMPTY], true);
        }
    }

    pub(super) fn form(&self) -> &[u8] {
        &self.form
    }

    pub(super) fn has_grown(&self) -> bool {
        self.grown
    }

    pub(super) fn note_form(&mut self) -> Result<(), Fail> {
        self.form = form::encode(self)?;
        self.grown = false;
        Ok(())
    }

    #[inline]
    pub(super) fn slot(&self, slot: u32) -> Slot {
        self.slots.get(slot as usize).copied().unwrap_or(EMPTY)
    }

    #[inline]
    pub(super) fn seen(&self, slot: u32) -> Seen {
        self.slots.get(slot as usize).map_or(Seen::NOTHING, |slot| slot.seen)
    }

    pub(super) fn struct_def(&self, index: usize) -> StructDef {
        let none = StructDef { name: "", first: 0, known: 0, room: 0, is_loose: true };
        self.structs.get(index).copied().unwrap_or(none)
    }

    #[inline]
    pub(super) fn tuple(&self, index: usize) -> TupleDef {
        self.tuples.get(index).copied().unwrap_or(TupleDef { first: 0, len: 0 })
    }

    #[inline]
    pub(super) fn variant(&self, index: usize, number: u32) -> Option<&Variant> {
        self.enums.get(index)?.get(number as usize)
    }

    /// Returns whether this is the head of a struct with this name and this number of fields, all known.
    #[inline]
    pub(super) fn is_head(&self, slot: u32, name: &'static str, fields: usize) -> bool {
        self.slots.get(slot as usize).is_some_and(|head| head.link as usize == fields && std::ptr::eq(head.key, name))
    }

    pub(super) fn set(&mut self, slot: u32, seen: Seen) {
        let link = if seen.kind() == STRUCT { self.struct_def(seen.index()).first } else { 0 };
        if let Some(slot) = self.slots.get_mut(slot as usize) {
            (slot.seen, slot.link) = (seen, link);
        }
    }

    /// Adds slots. If there is no room, the shape is full and its result is discarded.
    fn add_slots(&mut self, count: usize) -> u32 {
        self.grown = true;
        let first = self.slots.len();
        if count > MAX_SLOTS || first + count > MAX_SLOTS {
            self.is_full = true;
            return 0;
        }
        self.slots.resize(first + count, EMPTY);
        small(first)
    }

    fn add_tuple(&mut self, kind: u8, slots: usize, len: usize) -> Seen {
        let first = self.add_slots(slots);
        self.tuples.push(TupleDef { first, len: small(len) });
        Seen::new(kind, self.tuples.len() - 1)
    }

    fn add_struct(&mut self, name: &'static str, fields: usize) -> Seen {
        let head = self.add_slots(fields.saturating_add(1));
        if let Some(head) = self.slots.get_mut(head as usize).filter(|_| !self.is_full) {
            (head.key, head.link) = (name, if fields == 0 { 0 } else { INCOMPLETE });
        }
        self.structs.push(StructDef { name, first: head + 1, known: 0, room: small(fields), is_loose: false });
        Seen::new(STRUCT, self.structs.len() - 1)
    }

    fn accepts(&self, seen: Seen, want: Want) -> bool {
        let (kind, index) = (seen.kind(), seen.index());
        match want {
            Want::Plain(wanted) => kind == wanted,
            Want::Tuple(len) => kind == TUPLE && self.tuple(index).len as usize == len,
            Want::Array(len) => kind == ARRAY && self.tuple(index).len as usize == len,
            Want::Struct(name, _) => matches!(kind, STRUCT | LOOSE) && self.struct_def(index).name == name,
            Want::Variant(number, name, form) => {
                let fits = |known: &Variant| known.form == OF_UNSEEN || (known.form == form && known.name == name);
                kind == ENUM && self.variant(index, number).is_none_or(fits)
            }
        }
    }

    /// Returns the definition for this type, and creates it if none fits.
    fn define(&mut self, want: Want, type_name: TypeName) -> Seen {
        let by_name = match want {
            Want::Struct(name, _) => Some((STRUCT, type_name(), name)),
            Want::Variant(..) => Some((ENUM, type_name(), "")),
            Want::Tuple(_) => Some((TUPLE, type_name(), "")),
            Want::Plain(_) | Want::Array(_) => None,
        };
        if let Some((kind, of, name)) = by_name {
            let same = self.named.iter().filter(|known| (known.0, known.1, known.2) == (kind, of, name));
            let present = |seen: Seen| match seen.kind() {
                STRUCT if self.struct_def(seen.index()).is_loose => Seen::new(LOOSE, seen.index()),
                _ => seen,
            };
            if let Some(known) = same.map(|known| present(known.3)).find(|seen| self.accepts(*seen, want)) {
                return known;
            }
        }
        let made = match want {
            Want::Plain(kind @ (OPTION | SEQ)) => Seen::new(kind, self.add_slots(1) as usize),
            Want::Plain(MAP) => Seen::new(MAP, self.add_slots(2) as usize),
            Want::Plain(kind) => Seen::plain(kind),
            Want::Tuple(len) => self.add_tuple(TUPLE, len, len),
            Want::Array(len) => self.add_tuple(ARRAY, 1, len),
            Want::Struct(name, fields) => self.add_struct(name, fields),
            Want::Variant(..) => {
                self.enums.push(Vec::new());
                Seen::new(ENUM, self.enums.len() - 1)
            }
        };
        self.named.extend(by_name.map(|(kind, of, name)| (kind, of, name, made)));
        made
    }

    /// Returns the slot to continue with and, in a union, the number of the alternative.
    pub(super) fn resolve(&mut self, slot: u32, want: Want, type_name: TypeName) -> (u32, Option<u32>) {
        let seen = self.seen(slot);
        if seen.kind() != UNION && self.accepts(seen, want) {
            return (slot, None);
        }
        self.grown = true;
        if seen.kind() == UNKNOWN {
            let made = self.define(want, type_name);
            self.set(slot, made);
            return (slot, None);
        }
        if seen.kind() != UNION {
            // Two kinds of values at one node: from now on, the bytes contain the number of the kind.
            let first = self.add_slots(1);
            self.set(first, seen);
            self.unions.push(vec![first]);
            self.set(slot, Seen::new(UNION, self.unions.len() - 1));
            self.changed_layout = true;
        }
        let index = self.seen(slot).index();
        let alternatives = self.unions.get(index).cloned().unwrap_or_default();
        let fitting = alternatives.iter().position(|other| self.accepts(self.seen(*other), want));
        if let Some((number, alternative)) = fitting.and_then(|number| Some((number, *alternatives.get(number)?))) {
            return (alternative, Some(small(number)));
        }
        let alternative = self.add_slots(1);
        let made = self.define(want, type_name);
        self.set(alternative, made);
        if let Some(union) = self.unions.get_mut(index) {
            union.push(alternative);
        }
        (alternative, Some(small(alternatives.len())))
    }

    /// Makes a struct loose because its fields vary: from now on, the bytes count and number its fields.
    pub(super) fn loosen(&mut self, index: usize) {
        let Some(definition) = self.structs.get_mut(index).filter(|definition| !definition.is_loose) else { return };
        definition.is_loose = true;
        (self.changed_layout, self.grown) = (true, true);
        for slot in self.slots.iter_mut().filter(|slot| slot.seen == Seen::new(STRUCT, index)) {
            (slot.seen, slot.link) = (Seen::new(LOOSE, index), 0);
        }
    }

    /// Returns the number of a field, and creates it if it is new. It is probably the field after the previous one.
    pub(super) fn field(&mut self, index: usize, probably: u32, key: &'static str) -> u32 {
        let StructDef { mut first, known, mut room, is_loose, .. } = self.struct_def(index);
        let is_it = |number: &u32| self.slot(first + number).key == key;
        if let Some(number) = Some(probably).filter(|it| *it < known && is_it(it)).or_else(|| (0..known).find(is_it)) {
            return number;
        }
        self.grown = true;
        if known == room {
            room = (room * 2).max(4);
            let moved = self.add_slots(room as usize);
            if self.is_full {
                return 0;
            }
            for number in 0..known {
                let slot = self.slot(first + number);
                if let Some(room) = self.slots.get_mut((moved + number) as usize) {
                    *room = slot;
                }
            }
            first = moved;
            self.changed_layout = true;
        }
        if let Some(slot) = self.slots.get_mut((first + known) as usize) {
            slot.key = key;
        }
        if known + 1 == room && !is_loose {
            if let Some(head) = self.slots.get_mut((first as usize).wrapping_sub(1)) {
                head.link = room;
            }
        }
        if let Some(definition) = self.structs.get_mut(index) {
            (definition.first, definition.room, definition.known) = (first, room, known + 1);
        }
        known
    }

    /// Adds a variant of an enum. Its content gets its own slot.
    pub(super) fn add_variant(&mut self, index: usize, number: u32, name: &'static str, form: u8) {
        let slot = if form == super::kind::OF_UNIT { 0 } else { self.add_slots(1) };
        self.grown = true;
        let Some(variants) = self.enums.get_mut(index) else { return };
        if variants.len() <= number as usize {
            variants.resize(number as usize + 1, UNSEEN);
        }
        if let Some(variant) = variants.get_mut(number as usize) {
            *variant = Variant { name, form, slot };
        }
    }

    /// Defines a new variant. Its content belongs to it alone, and is not found elsewhere by the name of its type.
    #[cold]
    pub(super) fn define_content(&mut self, slot: u32, want: Want) {
        let made = match want {
            Want::Struct(name, fields) => self.add_struct(name, fields),
            Want::Tuple(len) => self.add_tuple(TUPLE, len, len),
            _ => return,
        };
        self.grown = true;
        self.set(slot, made);
    }
}
