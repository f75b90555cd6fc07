//! The way to the value that could not be decoded, in names of fields and variants.
//!
//! It is built while the error returns through the compound values around it, so a value that can be decoded costs
//! nothing. It contains no part of the value, such as the key of a map or the number of an element.

use super::Fail;
use super::input::Input;
use super::kind::{STRUCT, Seen};

/// One step from a compound value into its content.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part<'s> {
    /// A field or a variant.
    Named(&'s str),
    /// A field of the type that is not stored.
    Missing(&'static str),
    /// An element of a sequence or tuple, or an entry of a map.
    Element,
}

impl<'s> Part<'s> {
    /// `name` is empty for a slot that is not a field.
    fn of_slot(name: &'s str) -> Self {
        if name.is_empty() { Self::Element } else { Self::Named(name) }
    }
}

#[derive(Debug, Default)]
pub(super) struct Trace<'s> {
    /// The innermost part first.
    parts: Vec<Part<'s>>,
    /// The number of bytes that were left when the first part was added.
    left: usize,
    /// A `Deserialize` discarded an error and read on, so the parts do not belong together.
    is_broken: bool,
}

impl Trace<'_> {
    /// Returns the way from the outermost value, such as `orders[].state.Paid.at`; `None` if it is not known, or if the
    /// failed value is the outermost one.
    pub(super) fn path(&self) -> Option<Box<str>> {
        if self.is_broken || self.parts.is_empty() {
            return None;
        }
        let mut path = String::new();
        for part in self.parts.iter().rev() {
            let name = match part {
                Part::Named(name) | Part::Missing(name) => name,
                Part::Element => "[]",
            };
            if !path.is_empty() && !matches!(part, Part::Element) {
                path.push('.');
            }
            path.push_str(name);
        }
        Some(path.into())
    }
}

impl<'s> Input<'_, 's> {
    /// Adds the part that the error leaves, and returns the error.
    #[cold]
    #[inline(never)]
    pub(super) fn leave(&mut self, fail: Fail, part: Part<'s>) -> Fail {
        let (left, trace) = (self.bytes.len(), &mut self.trace);
        if trace.parts.is_empty() {
            trace.left = left;
        }
        // An error is returned without reading on.
        trace.is_broken |= trace.left != left;
        trace.parts.push(part);
        fail
    }

    /// Like [`leave`](Self::leave), for an element or field.
    #[cold]
    #[inline(never)]
    pub(super) fn leave_slot(&mut self, fail: Fail, slot: u32) -> Fail {
        let name = self.shape.name(slot);
        self.leave(fail, Part::of_slot(name))
    }

    /// Like [`leave`](Self::leave), for a variant.
    #[cold]
    #[inline(never)]
    pub(super) fn leave_variant(&mut self, fail: Fail, of: Seen, row: usize) -> Fail {
        let shape = self.shape;
        let name = shape.variants(of).get(row).map_or("", |variant| shape.text(variant.name));
        self.leave(fail, Part::Named(name))
    }

    /// Adds the field that the type requires and that is not stored. A derived visitor that has read all fields fails
    /// only because one is missing, so that is the one if no other of its fields is.
    #[cold]
    #[inline(never)]
    pub(super) fn note_missing(&mut self, stored: Seen, fields: &'static [&'static str]) {
        let shape = self.shape;
        let Ok(definition) = shape.struct_def(stored) else { return };
        // A value of a loose struct may lack any field.
        if stored.kind() != STRUCT || !self.trace.parts.is_empty() {
            return;
        }
        let is_stored = |field: &str| {
            (definition.first..definition.first + definition.fields).any(|slot| shape.name(slot) == field)
        };
        let mut missing = fields.iter().filter(|field| !is_stored(field));
        if let (Some(field), None) = (missing.next(), missing.next()) {
            let _ = self.leave(Fail::Mismatch, Part::Missing(field));
        }
    }
}
