//! The stored bytes of a shape: each definition at its first use, and its number at every further use.

use super::Fail;
use super::kind::{
    ARRAY, ENUM, KINDS, LOOSE, MAP, MAX_NESTED, OF_UNIT, OF_UNSEEN, OPTION, SEQ, STRUCT, Seen, TUPLE, UNION,
};
use super::live::Live;
use crate::sorted::SortedMap;
use crate::wire::put_varint;

pub(super) fn encode(live: &Live) -> Result<Vec<u8>, Fail> {
    let mut form = Form { live, out: Vec::new(), names: SortedMap::new(), definitions: SortedMap::new() };
    form.slot(0, 0)?;
    Ok(form.out)
}

struct Form<'a> {
    live: &'a Live,
    out: Vec<u8>,
    /// The names with their numbers, in order of first use.
    names: SortedMap<&'static str, usize>,
    definitions: SortedMap<Seen, usize>,
}

impl Form<'_> {
    fn number(&mut self, number: usize) {
        put_varint(&mut self.out, number as u64);
    }

    fn name(&mut self, name: &'static str) {
        if let Some(known) = self.names.get(name) {
            let number = known * 2 + 1;
            return self.number(number);
        }
        self.names.insert(name, self.names.len());
        self.number(name.len() * 2);
        self.out.extend_from_slice(name.as_bytes());
    }

    fn slots(&mut self, first: u32, count: u32, depth: usize) -> Result<(), Fail> {
        (first..first + count).try_for_each(|slot| self.slot(slot, depth))
    }

    fn slot(&mut self, slot: u32, depth: usize) -> Result<(), Fail> {
        if depth > MAX_NESTED {
            return Err(Fail::ShapeTooLarge);
        }
        let seen = self.live.seen(slot);
        let (kind, index, depth) = (seen.kind(), seen.index(), depth + 1);
        if matches!(kind, TUPLE | ARRAY | STRUCT | LOOSE | ENUM) {
            if let Some(known) = self.definitions.get(&seen) {
                let number = usize::from(KINDS) + known;
                self.number(number);
                return Ok(());
            }
            self.definitions.insert(seen, self.definitions.len());
        }
        self.number(usize::from(kind));
        match kind {
            OPTION | SEQ => self.slot(super::live::small(index), depth),
            MAP => self.slots(super::live::small(index), 2, depth),
            TUPLE | ARRAY => {
                let tuple = self.live.tuple(index);
                self.number(tuple.len as usize);
                self.slots(tuple.first, if kind == TUPLE { tuple.len } else { 1 }, depth)
            }
            STRUCT | LOOSE => {
                let definition = self.live.struct_def(index);
                self.number(definition.known as usize);
                (definition.first..definition.first + definition.known).try_for_each(|field| {
                    self.name(self.live.slot(field).key);
                    self.slot(field, depth)
                })
            }
            ENUM => self.variants(index, depth),
            UNION => {
                let alternatives = self.live.unions.get(index).map(Vec::as_slice).unwrap_or_default();
                self.number(alternatives.len());
                alternatives.iter().try_for_each(|alternative| self.slot(*alternative, depth))
            }
            _ => Ok(()),
        }
    }

    fn variants(&mut self, index: usize, depth: usize) -> Result<(), Fail> {
        let variants = self.live.enums.get(index).map(Vec::as_slice).unwrap_or_default();
        self.number(variants.iter().filter(|variant| variant.form != OF_UNSEEN).count());
        let mut next = 0;
        for (number, variant) in variants.iter().enumerate().filter(|(_, variant)| variant.form != OF_UNSEEN) {
            self.number((number - next) * 8 + usize::from(variant.form));
            next = number + 1;
            self.name(variant.name);
            if variant.form != OF_UNIT {
                self.slot(variant.slot, depth)?;
            }
        }
        Ok(())
    }
}
