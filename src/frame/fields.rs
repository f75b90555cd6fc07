//! The fields of a directory, in their only valid order.

use super::Unreadable;
use crate::wire::Reader;

/// A reader may skip unknown tags from here on.
const FIRST_OPTIONAL: u8 = 128;

/// Iterates over the fields of a directory in their only valid order.
pub(super) struct Fields<'a> {
    reader: Reader<'a>,
    next: Option<(u8, &'a [u8])>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(directory: &'a [u8]) -> Self {
        Self { reader: Reader::new(directory), next: None }
    }

    /// Returns the next field, if it has this tag.
    fn take(&mut self, tag: u8) -> Result<Option<&'a [u8]>, Unreadable> {
        if self.next.is_none() && !self.reader.is_empty() {
            self.next = Some(self.reader.field()?);
        }
        match self.next {
            Some((found, value)) if found == tag => {
                self.next = None;
                Ok(Some(value))
            }
            _ => Ok(None),
        }
    }

    pub(super) fn one(&mut self, tag: u8) -> Result<Option<&'a [u8]>, Unreadable> {
        self.take(tag)
    }

    /// Reads a flag: present means true.
    pub(super) fn flag(&mut self, tag: u8) -> Result<bool, Unreadable> {
        match self.one(tag)? {
            None => Ok(false),
            Some([]) => Ok(true),
            Some(_) => Err(Unreadable::Damaged),
        }
    }

    pub(super) fn many<T>(
        &mut self,
        tag: u8,
        parse: impl Fn(&'a [u8]) -> Result<T, Unreadable>,
    ) -> Result<Vec<T>, Unreadable> {
        let Some(first) = self.take(tag)? else { return Ok(Vec::new()) };
        // Most frames have one change and one mark; room for four of them is large.
        let mut all = Vec::with_capacity(1);
        all.push(parse(first)?);
        while let Some(value) = self.take(tag)? {
            all.push(parse(value)?);
        }
        Ok(all)
    }

    /// Checks that the remaining fields may be skipped.
    pub(super) fn finish(mut self) -> Result<(), Unreadable> {
        let mut last = FIRST_OPTIONAL;
        loop {
            let Some((tag, _)) = self.next.take() else {
                if self.reader.is_empty() {
                    return Ok(());
                }
                self.next = Some(self.reader.field()?);
                continue;
            };
            if tag < FIRST_OPTIONAL {
                return Err(Unreadable::NewerFormat);
            }
            if tag < last {
                return Err(Unreadable::Damaged);
            }
            last = tag;
        }
    }
}
