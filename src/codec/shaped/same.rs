//! Compares two stored values with equal bytes and different shapes.
//!
//! A shape grows when another value of the type is seen, in this launch or another one. A value stored with the smaller
//! shape need not be stored again for that reason.

use super::super::MAX_DEPTH;
use super::Fail;
use super::input::Input;
use super::kind::{ARRAY, ENUM, LOOSE, MAP, OPTION, SEQ, STRUCT, Seen, TUPLE, UNION, UNKNOWN};
use super::live::small;
use super::shape::{Shape, Variant};

/// Compares the meaning of the bytes under both shapes, node by node.
pub(super) fn is_same(one: &[u8], other: &[u8], bytes: &[u8]) -> bool {
    let (Ok(one), Ok(other)) = (Shape::parse(one), Shape::parse(other)) else { return false };
    let mut walk = Walk { input: Input::new(&one, bytes, false), other: &other };
    let same = walk.place(one.root, other.root, 0);
    same == Ok(true) && walk.input.finish().is_ok()
}

struct Walk<'a, 'b> {
    input: Input<'a, 'a>,
    other: &'b Shape,
}

impl Walk<'_, '_> {
    fn place(&mut self, one: Seen, other: Seen, depth: usize) -> Result<bool, Fail> {
        if one.kind() != other.kind() || one.kind() == UNKNOWN || depth >= 2 * MAX_DEPTH {
            return Ok(false);
        }
        let depth = depth + 1;
        let (first, first_other) = (small(one.index()), small(other.index()));
        match one.kind() {
            OPTION => Ok(!self.input.bool()? || self.slots(first, first_other, 1, depth)?),
            SEQ | MAP => {
                let len = self.input.len()?;
                self.input.claim(len)?;
                self.repeat(len, first, first_other, if one.kind() == MAP { 2 } else { 1 }, depth)
            }
            TUPLE | ARRAY => {
                let (one_def, other_def) = (self.input.shape.tuple(one)?, self.other.tuple(other)?);
                if one_def.len != other_def.len {
                    return Ok(false);
                }
                let len = one_def.len as usize;
                if one.kind() == ARRAY {
                    self.input.claim(len)?;
                    return self.repeat(len, one_def.first, other_def.first, 1, depth);
                }
                self.input.step(one_def.len)?;
                self.slots(one_def.first, other_def.first, one_def.len, depth)
            }
            STRUCT => {
                let (one, other) = (self.input.shape.struct_def(one)?, self.other.struct_def(other)?);
                let (first, first_other, fields) = (one.first, other.first, one.fields);
                self.input.step(fields)?;
                let names = |number| self.input.shape.name(first + number) == self.other.name(first_other + number);
                Ok(fields == other.fields && (0..fields).all(names) && self.slots(first, first_other, fields, depth)?)
            }
            LOOSE => self.loose(one, other, depth),
            ENUM => {
                let row = self.input.variant(one)?;
                let Some(variant) = self.input.shape.variants(one).get(row) else { return Ok(false) };
                let of_other = self.other.variants(other).iter().find(|other| other.number == variant.number);
                let name = self.input.shape.text(variant.name);
                let is_it = |other: &&Variant| other.form == variant.form && self.other.text(other.name) == name;
                match of_other.filter(is_it) {
                    Some(other) => self.place(variant.content, other.content, depth),
                    None => Ok(false),
                }
            }
            UNION => {
                let number = self.input.len()?;
                let (one, other) = (self.input.shape.alternative(one, number), self.other.alternative(other, number));
                one.and_then(|one| self.place(one, other?, depth))
            }
            _ => self.input.skip(one, depth).map(|()| true),
        }
    }

    fn slots(&mut self, one: u32, other: u32, count: u32, depth: usize) -> Result<bool, Fail> {
        for number in 0..count {
            let (one, other) = (self.input.shape.slot(one + number), self.other.slot(other + number));
            if !self.place(one, other, depth)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn repeat(&mut self, len: usize, one: u32, other: u32, slots: u32, depth: usize) -> Result<bool, Fail> {
        for _ in 0..len {
            if !self.slots(one, other, slots, depth)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn loose(&mut self, one: Seen, other: Seen, depth: usize) -> Result<bool, Fail> {
        let (one, other) = (self.input.shape.struct_def(one)?, self.other.struct_def(other)?);
        let len = self.input.len()?;
        self.input.claim(len)?;
        for _ in 0..len {
            let slot = self.input.field(one.first, one.fields)?;
            let number = slot - one.first;
            let of_other = other.first + number;
            if number >= other.fields
                || self.input.shape.name(slot) != self.other.name(of_other)
                || !self.slots(slot, of_other, 1, depth)?
            {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
