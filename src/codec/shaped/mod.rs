//! The default codec: the value in bincode, preceded by its shape.
//!
//! A stored value is `varint length of the shape, shape, bytes`. The shape contains the names of the fields and
//! variants that the serializer visited and the kind of each node, so the bytes can be read like a self-describing
//! format: serde's rules for renamed, reordered, added, removed and widened fields apply as for JSON. If the shape
//! matches the expected type, fields are read by position, as bincode reads them.
//!
//! | file | purpose |
//! |---|---|
//! | `kind` | the kinds of nodes, shared by writer and reader |
//! | `bits` | bincode's encodings of numbers |
//! | `live` | the learned shape: the writer's form |
//! | `form` | the stored bytes of a learned shape |
//! | `ser`, `compound` | one pass over a value: bytes out, shape extended |
//! | `shape` | the parsed bytes of a shape: the reader's form |
//! | `recent` | the shapes that were parsed last |
//! | `input` | the remaining bytes, and the remaining budget of work |
//! | `de`, `access`, `key` | the deserializer for serde |
//! | `pass` | the passes of the deserializer over the bytes |
//! | `trace` | the names on the way to a value that could not be decoded |
//! | `same` | whether two shapes describe the same value of the same bytes |
//!
//! A node of a value has a *slot*. Structs and enums have one definition for each Rust type, so recursive types have a
//! finite shape. A node where values of different kinds were seen (`untagged`, `Value`) becomes a *union*: the bytes
//! contain the number of the alternative. A struct whose fields vary (`skip_serializing_if`) becomes *loose*: the bytes
//! count and number its fields. Only there do the bytes differ from bincode's, and only there is a value written twice:
//! once to detect the layout, and once more in that layout.
//!
//! Correctness does not depend on unique type names: the shape describes each position of the bytes, and a clash of two
//! types costs bytes, never a value.

mod access;
mod bits;
mod compound;
mod de;
mod form;
mod input;
mod key;
mod kind;
mod live;
mod pass;
mod recent;
mod same;
mod ser;
mod shape;
mod trace;

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Cause;
use crate::wire::{Reader, put_varint};

#[cfg(any(feature = "bincode", feature = "json", feature = "msgpack"))]
pub(super) use self::bits::{float_holds, single_holds};
pub(crate) use self::live::Live;

/// The number of steps without bytes that one byte may cause: a struct's units, a tuple's empty elements.
const STEPS_EACH: usize = super::MAX_DEPTH;
/// The number of steps for a value without bytes.
const STEPS_FREE: usize = 1 << 16;

/// Returns the number of allowed steps for a value of this many bytes.
fn steps(bytes: usize) -> usize {
    bytes.saturating_mul(STEPS_EACH).saturating_add(STEPS_FREE)
}

/// The reason of a failure in one byte: results of this size stay in registers, and one is returned for each scalar.
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
    NumberTooLarge,
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
            Fail::NumberTooLarge => Self::NumberTooLarge,
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

/// The message of a `Serialize` quotes the data, so it is dropped here.
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

/// Appends the stored form of `value` to `out`, at most `limit` bytes, and learns its shape. After an error, `out` may
/// end in a part of it.
///
/// If a `Serialize` panics, `live` is empty and learns again.
pub(super) fn encode<T>(value: &T, live: &mut Live, out: &mut Vec<u8>, limit: usize) -> Result<(), Cause>
where
    T: Serialize + ?Sized,
{
    let (start, had_seen) = (out.len(), !live.is_new());
    let mut result = write(value, live, out, limit);
    if result == Err(Fail::ShapeTooLarge) {
        // The shape is full after many values. This value alone may need less.
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
    live.begin();
    put_head(live, out);
    let body = out.len();
    ser::encode(value, live, out, most)?;
    if live.has_grown() {
        live.note_form()?;
        // The reader has limits, too. Refuse now what the reader would refuse, while the value still exists. Most values are
        // read after that, so the parsed shape is kept.
        recent::with(live.form(), |_| ())?;
        let mut head = Vec::new();
        put_head(live, &mut head);
        out.splice(start..body, head);
    }
    if out.len() > most { Err(Fail::TooLong) } else { Ok(()) }
}

fn put_head(live: &Live, out: &mut Vec<u8>) {
    put_varint(out, live.form().len() as u64);
    out.extend_from_slice(live.form());
}

/// Decodes a value from exactly these bytes. If that fails, `path` becomes the way to the value that does not fit.
pub(super) fn decode<T: DeserializeOwned>(stored: &[u8], path: &mut Option<Box<str>>) -> Result<T, Cause> {
    let (shape, bytes) = split(stored)?;
    recent::with(shape, |shape| pass::decode(shape, bytes, path))?.map_err(Cause::from)
}

/// Returns whether only the shapes differ.
pub(super) fn may_be_same(one: &[u8], other: &[u8]) -> bool {
    match (split(one), split(other)) {
        (Ok((shape, bytes)), Ok((shape_of_other, bytes_of_other))) => {
            shape != shape_of_other && bytes == bytes_of_other
        }
        _ => false,
    }
}

/// Returns whether two stored values are equal although the shape grew between them.
pub(super) fn is_same(one: &[u8], other: &[u8]) -> bool {
    match (split(one), split(other)) {
        (Ok((shape, bytes)), Ok((shape_of_other, bytes_of_other))) => {
            bytes == bytes_of_other && same::is_same(shape, shape_of_other, bytes)
        }
        _ => false,
    }
}

/// Splits a stored value into its shape and the value.
fn split(stored: &[u8]) -> Result<(&[u8], &[u8]), Cause> {
    let mut reader = Reader::new(stored);
    let shape = reader.bytes().map_err(|_| Cause::EndsEarly)?;
    Ok((shape, reader.rest()))
}
