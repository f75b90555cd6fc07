//! The encoding of a position.

use super::{CONTEXT, Content, MAX_HOST, Position, finite};
use crate::mark::MAX_PATH;
use crate::wire::{Malformed, Reader, fields, put_field, put_field_with, put_varint};

/// The maximum number of bytes of fields of a newer version in one position.
const MAX_UNKNOWN: usize = 1024;

impl Position {
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        match &self.content {
            Content::None => {}
            Content::Text { range, prefix, exact, exact_end, suffix } => {
                put_field_with(out, tag::RANGE, |value| {
                    put_varint(value, range.start as u64);
                    put_varint(value, range.len() as u64);
                });
                put_text(out, tag::PREFIX, prefix);
                put_text(out, tag::EXACT, exact);
                put_text(out, tag::EXACT_END, exact_end);
                put_text(out, tag::SUFFIX, suffix);
            }
            Content::Scroll { item, offset } => {
                put_field(out, tag::SCROLL, &[&offset.to_le_bytes(), item.as_bytes()].concat());
            }
            Content::Value(value) => put_field(out, tag::VALUE, &value.to_le_bytes()),
            Content::Host(bytes) => put_field(out, tag::HOST, bytes),
        }
        if let Some((x, y)) = self.viewport {
            put_field(out, tag::VIEWPORT, &[x.to_le_bytes(), y.to_le_bytes()].concat());
        }
        out.extend_from_slice(&self.unknown.0);
    }

    /// Decodes the output of [`encode`](Self::encode) and accepts nothing else: equal positions have equal bytes.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let position = Self::read(bytes)?;
        let mut again = Vec::with_capacity(bytes.len());
        position.encode(&mut again);
        if again == bytes && position.content.is_sound() { Ok(position) } else { Err(Malformed) }
    }

    fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut position = Self::default();
        let content = &mut position.content;
        for field in fields(bytes) {
            let (tag, value) = field?;
            match tag {
                tag::RANGE => *content = range(value)?,
                tag::PREFIX..=tag::SUFFIX => content.add(tag, quoted(value)?)?,
                // A second kind of content replaces the first, whose bytes are then missing in the comparison.
                tag::SCROLL => *content = scroll(value)?,
                tag::VALUE => *content = Content::Value(i64::from_le_bytes(array(value)?)),
                tag::HOST if value.len() <= MAX_HOST => *content = Content::Host(value.to_vec()),
                tag::HOST => return Err(Malformed),
                tag::VIEWPORT => position.viewport = Some(viewport(value)?),
                unknown => put_field(&mut position.unknown.0, unknown, value),
            }
        }
        if position.unknown.0.len() > MAX_UNKNOWN { Err(Malformed) } else { Ok(position) }
    }
}

impl Content {
    /// Adds a text of a text position; the content must be a text position.
    fn add(&mut self, tag: u8, text: String) -> Result<(), Malformed> {
        let Self::Text { prefix, exact, exact_end, suffix, .. } = self else { return Err(Malformed) };
        let place = match tag {
            tag::PREFIX => prefix,
            tag::EXACT => exact,
            tag::EXACT_END => exact_end,
            _ => suffix,
        };
        *place = text;
        Ok(())
    }

    /// Returns whether the texts are possible at the range.
    fn is_sound(&self) -> bool {
        let Self::Text { range, prefix, exact, exact_end, suffix } = self else { return true };
        let is_bare = [prefix, exact, exact_end, suffix].iter().all(|text| text.is_empty());
        let is_selected = if exact_end.is_empty() {
            exact.len() == range.len()
        } else {
            let is_full = |text: &str| text.chars().count() == CONTEXT && text.len() < range.len();
            is_full(exact) && is_full(exact_end)
        };
        is_bare || (prefix.len() <= range.start && is_selected)
    }
}

/// The fields of a stored position; `docs/format.md` describes them. The meaning of a tag never changes, and new tags
/// come after the last one.
mod tag {
    pub(super) const RANGE: u8 = 1;
    pub(super) const PREFIX: u8 = 2;
    pub(super) const EXACT: u8 = 3;
    pub(super) const EXACT_END: u8 = 4;
    pub(super) const SUFFIX: u8 = 5;
    pub(super) const SCROLL: u8 = 6;
    pub(super) const VALUE: u8 = 7;
    pub(super) const HOST: u8 = 8;
    pub(super) const VIEWPORT: u8 = 9;
}

fn put_text(out: &mut Vec<u8>, tag: u8, text: &str) {
    if !text.is_empty() {
        put_field(out, tag, text.as_bytes());
    }
}

fn range(value: &[u8]) -> Result<Content, Malformed> {
    let mut reader = Reader::new(value);
    let (start, len) = (reader.len()?, reader.len()?);
    let end = start.checked_add(len).ok_or(Malformed)?;
    if reader.is_empty() { Ok(Content::bare_text(start..end)) } else { Err(Malformed) }
}

fn quoted(value: &[u8]) -> Result<String, Malformed> {
    let text = std::str::from_utf8(value).map_err(|_| Malformed)?;
    if text.chars().count() <= CONTEXT { Ok(text.to_owned()) } else { Err(Malformed) }
}

fn scroll(value: &[u8]) -> Result<Content, Malformed> {
    let (offset, item) = value.split_first_chunk().ok_or(Malformed)?;
    let item = std::str::from_utf8(item).map_err(|_| Malformed)?;
    if item.len() > MAX_PATH {
        return Err(Malformed);
    }
    Ok(Content::Scroll { item: item.to_owned(), offset: number(*offset)? })
}

fn viewport(value: &[u8]) -> Result<(f32, f32), Malformed> {
    let mut reader = Reader::new(value);
    let (x, y) = (number(reader.array()?)?, number(reader.array()?)?);
    if reader.is_empty() { Ok((x, y)) } else { Err(Malformed) }
}

fn number(bytes: [u8; 4]) -> Result<f32, Malformed> {
    finite(f32::from_le_bytes(bytes)).ok_or(Malformed)
}

fn array<const N: usize>(value: &[u8]) -> Result<[u8; N], Malformed> {
    value.try_into().map_err(|_| Malformed)
}
