//! The default codec: bincode's bytes behind the shape of what was written.
//!
//! A stored value is `varint length of the shape, shape, bytes`. The shape names the fields and variants that the
//! serializer walked and the kind of each place, so the bytes can be read as a self-describing format reads: serde's
//! rules for renamed, reordered, added, removed and widened fields apply as they do for JSON. Where the shape is what
//! the type expects, fields are read by position, as bincode reads them.
//!
//! | file | job |
//! |---|---|
//! | `kind` | the kinds of places, shared by writer and reader |
//! | `bits` | bincode's forms of numbers |
//! | `live` | the shape while it is learned: the writer's form |
//! | `form` | the stored bytes of a learned shape |
//! | `ser`, `compound` | one pass over a value: bytes out, shape extended |
//! | `shape` | the stored bytes of a shape, taken apart: the reader's form |
//! | `input` | what is left of the bytes, and how much work they may still cause |
//! | `de`, `access`, `key` | the bytes as serde asks for them |
//! | `same` | whether two shapes make the same value of the same bytes |
//!
//! A place of a value is a *slot*. Structs and enums are one definition for each Rust type, so recursive types have a
//! finite shape. A place where values of different kinds were seen (`untagged`, `Value`) becomes a *union*: the bytes
//! number the alternative. A struct whose fields come and go (`skip_serializing_if`) becomes a *loose* one: the bytes
//! count and number its fields. Only there do the bytes differ from bincode's, and only there is a value written twice:
//! once to find out, and once more in the layout that was found.
//!
//! Nothing depends on names of types being unique: each position of the bytes is described by the shape, and a clash
//! of two types costs bytes, never a value.

mod access;
mod bits;
mod compound;
mod de;
mod form;
mod input;
mod key;
mod kind;
mod live;
mod same;
mod ser;
mod shape;

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Cause;
use crate::wire::{Reader, put_varint};

pub(crate) use self::live::Live;
use self::shape::Shape;

/// How much work of no bytes one byte may cause: a struct's units, a tuple's empty elements.
const STEPS_EACH: usize = super::MAX_DEPTH;
/// The same for a value of no bytes.
const STEPS_FREE: usize = 1 << 16;

/// Work that is allowed for a value of so many bytes.
fn steps(bytes: usize) -> usize {
    bytes.saturating_mul(STEPS_EACH).saturating_add(STEPS_FREE)
}

/// The reason in one byte: results of this size stay in registers, and one passes for each scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fail {
    Refused,
    TooDeep,
    TooLong,
    TooManyElements,
    WrongLength,
    ShapeTooLarge,
    Unstable,
    EndsEarly,
    Trailing,
    Mismatch,
}

impl From<Fail> for Cause {
    fn from(fail: Fail) -> Self {
        match fail {
            Fail::Refused => Self::Refused,
            Fail::TooDeep => Self::TooDeep,
            Fail::TooLong => Self::TooLong,
            Fail::TooManyElements => Self::TooManyElements,
            Fail::WrongLength => Self::WrongLength,
            Fail::ShapeTooLarge => Self::ShapeTooLarge,
            Fail::Unstable => Self::Unstable,
            Fail::EndsEarly => Self::EndsEarly,
            Fail::Trailing => Self::TrailingBytes,
            Fail::Mismatch => Self::Mismatch,
        }
    }
}

impl fmt::Display for Fail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Cause::from(*self).fmt(f)
    }
}

impl std::error::Error for Fail {}

/// What a `Serialize` says quotes the data, so it goes no further than this.
impl serde::ser::Error for Fail {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Refused
    }
}

impl serde::de::Error for Fail {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Mismatch
    }
}

/// Appends the stored form of `value`, at most `limit` bytes, and learns its shape. After an error `out` may end in
/// part of it.
///
/// If a `Serialize` panics, `live` is empty and learns anew.
pub(super) fn encode<T>(value: &T, live: &mut Live, out: &mut Vec<u8>, limit: usize) -> Result<(), Cause>
where
    T: Serialize + ?Sized,
{
    let (start, had_seen) = (out.len(), !live.is_new());
    let mut result = write(value, live, out, limit);
    if result == Err(Fail::ShapeTooLarge) {
        // Too much was seen in too many values. This one alone may need less.
        *live = Live::default();
        if had_seen {
            out.truncate(start);
            result = write(value, live, out, limit);
        }
        if result == Err(Fail::ShapeTooLarge) {
            *live = Live::default();
        }
    }
    result.map_err(Cause::from)
}

fn write<T>(value: &T, live: &mut Live, out: &mut Vec<u8>, limit: usize) -> Result<(), Fail>
where
    T: Serialize + ?Sized,
{
    let start = out.len();
    let most = start.saturating_add(limit);
    let mut learned = std::mem::take(live);
    learned.begin();
    put_head(&learned, out);
    let body = out.len();
    let (result, mut learned) = ser::encode(value, learned, out, most);
    let result = result.and_then(|()| {
        if learned.has_grown() {
            learned.note_form()?;
            // The reader has limits, too. What it would refuse is refused now, while the value is still there.
            Shape::parse(learned.form())?;
            let mut head = Vec::new();
            put_head(&learned, &mut head);
            out.splice(start..body, head);
        }
        if out.len() > most { Err(Fail::TooLong) } else { Ok(()) }
    });
    *live = learned;
    result
}

fn put_head(live: &Live, out: &mut Vec<u8>) {
    put_varint(out, live.form().len() as u64);
    out.extend_from_slice(live.form());
}

/// The value of exactly these bytes.
pub(super) fn decode<T: DeserializeOwned>(stored: &[u8]) -> Result<T, Cause> {
    let (shape, bytes) = split(stored)?;
    de::decode(&Shape::parse(shape)?, bytes).map_err(Cause::from)
}

/// Whether the shapes differ and nothing else does.
pub(super) fn may_be_same(one: &[u8], other: &[u8]) -> bool {
    match (split(one), split(other)) {
        (Ok((shape, bytes)), Ok((shape_of_other, bytes_of_other))) => {
            shape != shape_of_other && bytes == bytes_of_other
        }
        _ => false,
    }
}

/// Whether two stored values are the same value, though the shape grew between them.
pub(super) fn is_same(one: &[u8], other: &[u8]) -> bool {
    match (split(one), split(other)) {
        (Ok((shape, bytes)), Ok((shape_of_other, bytes_of_other))) => {
            bytes == bytes_of_other && same::is_same(shape, shape_of_other, bytes)
        }
        _ => false,
    }
}

/// The shape in front of a stored value, and the value.
fn split(stored: &[u8]) -> Result<(&[u8], &[u8]), Cause> {
    let mut reader = Reader::new(stored);
    let shape = reader.bytes().map_err(|_| Cause::EndsEarly)?;
    Ok((shape, reader.rest()))
}
