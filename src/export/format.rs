//! The bytes of an export: header, body, footer. Described in `docs/format.md`.

use std::sync::Arc;

use super::{Carried, Export, ExportState, LeftOut, WhyLeftOut};
use crate::backend::{FrameId, Generation};
use crate::error::{Error, ErrorKind};
use crate::frame::{self, Base, Body, Change, Frame, Moment, Op, Point, SectionKey, Unreadable, checksum};
use crate::wire::{Malformed, Reader, put_bytes, put_field, put_field_with};

/// The first bytes of every export.
const MAGIC: [u8; 8] = *b"LEFTEXP\x1a";
/// The first bytes of what `leftoff-seal` seals.
const SEALED: [u8; 3] = [0x89, b'L', b'S'];
const VERSION: u16 = 1;
/// Magic, version, flags that a reader must know, length of the body, checksum of these.
pub(super) const HEADER: usize = 28;
/// The checksum of everything before it.
const FOOTER: usize = 8;

// A reader may skip unknown tags from 128 on and must know all tags below.
const APP: u8 = 1;
const APP_VERSION: u8 = 2;
const STATE: u8 = 3;
const LEFT_OUT: u8 = 4;
const FIRST_OPTIONAL: u8 = 128;

pub(super) fn encode(export: &Export) -> Vec<u8> {
    let mut body = Vec::new();
    put_field(&mut body, APP, export.app.as_bytes());
    put_field(&mut body, APP_VERSION, export.app_version.as_bytes());
    for (number, state) in (1..).zip(&export.states) {
        let frame = encode_state(id(number), state);
        put_field(&mut body, STATE, &frame);
    }
    for LeftOut { scope, name, why } in &export.left_out {
        put_field_with(&mut body, LEFT_OUT, |value| {
            put_bytes(value, scope.as_bytes());
            put_bytes(value, name.as_bytes());
            value.push(why.number());
        });
    }
    let mut bytes = header(body.len() as u64, VERSION, 0);
    bytes.append(&mut body);
    let sum = checksum(&bytes);
    bytes.extend_from_slice(&sum.to_le_bytes());
    bytes
}

fn header(body_len: u64, version: u16, must: u16) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&version.to_le_bytes());
    bytes.extend_from_slice(&must.to_le_bytes());
    bytes.extend_from_slice(&body_len.to_le_bytes());
    let sum = checksum(&bytes);
    bytes.extend_from_slice(&sum.to_le_bytes());
    bytes
}

/// The name of a state's frame, by which it cannot be exchanged for another.
fn id(number: u64) -> FrameId {
    FrameId { generation: Generation { number, writer: 0 }, index: 0 }
}

fn encode_state(id: FrameId, state: &ExportState) -> Vec<u8> {
    let ops = state.sections.iter().map(|Carried { key, meta, sum, bytes }| Op {
        key: key.clone(),
        change: Change::Put { meta: *meta, len: bytes.len() as u64, sum: *sum },
    });
    let base = Base {
        at: Moment { wall: state.at, monotonic: 0, synced: 0, after: None },
        covers: Point { generation: id.generation, index: 0 },
        ops: ops.collect(),
        sorted: None,
        trails: state.trails.clone(),
        refused: Vec::new(),
        past: Vec::new(),
    };
    let mut out = Vec::new();
    frame::encode(id, &Body::Base(base), state.sections.iter().map(|carried| carried.bytes.as_slice()), &mut out);
    out
}

/// Reads the header and returns the length that the whole export must have.
pub(super) fn whole_len(bytes: &[u8]) -> Result<u64, Error> {
    let known = bytes.get(..MAGIC.len()).unwrap_or(bytes);
    if !MAGIC.starts_with(known) {
        let is_sealed = bytes.starts_with(&SEALED);
        let message = if is_sealed {
            "the file is sealed; open it with its key first"
        } else {
            "the file is not an export of this library"
        };
        return Err(Error::new(ErrorKind::NotAnExport, message));
    }
    let header = bytes.get(..HEADER).ok_or_else(truncated)?;
    let mut reader = Reader::new(header);
    let (version, must, body_len) = parse_header(&mut reader).map_err(|_| damaged())?;
    // The checksum stays where it is in every version, so that damage does not count as a newer version.
    if header.get(..HEADER - 8).map(checksum) != reader.u64().ok() {
        return Err(damaged());
    }
    if version != VERSION || must != 0 {
        return Err(newer());
    }
    body_len.checked_add((HEADER + FOOTER) as u64).ok_or_else(damaged)
}

fn parse_header(reader: &mut Reader<'_>) -> Result<(u16, u16, u64), Malformed> {
    reader.u64()?;
    Ok((reader.u16()?, reader.u16()?, reader.u64()?))
}

pub(super) fn decode(bytes: &[u8]) -> Result<Export, Error> {
    let len = whole_len(bytes)?;
    check_len(bytes.len() as u64, len)?;
    let (front, sum) = bytes.split_last_chunk::<FOOTER>().ok_or_else(truncated)?;
    if checksum(front) != u64::from_le_bytes(*sum) {
        return Err(damaged());
    }
    parse_body(front.get(HEADER..).unwrap_or_default()).map_err(|why| match why {
        Unreadable::Damaged => damaged(),
        Unreadable::NewerFormat => newer(),
    })
}

/// Compares the length of an export with the one that its header states.
pub(super) fn check_len(found: u64, stated: u64) -> Result<(), Error> {
    match found.cmp(&stated) {
        std::cmp::Ordering::Less => Err(truncated()),
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(damaged()),
    }
}

fn parse_body(body: &[u8]) -> Result<Export, Unreadable> {
    let mut reader = Reader::new(body);
    let (mut app, mut app_version) = (None, String::new());
    let (mut states, mut left_out) = (Vec::new(), Vec::new());
    while !reader.is_empty() {
        match reader.field()? {
            (APP, value) => app = Some(text(value)?),
            (APP_VERSION, value) => text(value)?.clone_into(&mut app_version),
            (STATE, value) => states.push(parse_state(id(states.len() as u64 + 1), value)?),
            (LEFT_OUT, value) => left_out.push(parse_left_out(value)?),
            (tag, _) if tag < FIRST_OPTIONAL => return Err(Unreadable::NewerFormat),
            _ => {}
        }
    }
    let app: Arc<str> = app.filter(|_| !states.is_empty()).ok_or(Unreadable::Damaged)?.into();
    let mut export = Export { app, app_version, states, left_out };
    export.share();
    Ok(export)
}

impl Export {
    /// Copies into each state what a state needs of the whole export.
    pub(crate) fn share(&mut self) {
        let missing: Vec<_> = self.left_out.iter().map(|left| SectionKey::new(&left.scope, &left.name)).collect();
        let missing = Arc::new(missing);
        for state in &mut self.states {
            (state.app, state.missing) = (Arc::clone(&self.app), Arc::clone(&missing));
        }
    }
}

fn text(bytes: &[u8]) -> Result<&str, Unreadable> {
    std::str::from_utf8(bytes).map_err(|_| Unreadable::Damaged)
}

fn parse_left_out(value: &[u8]) -> Result<LeftOut, Malformed> {
    let mut reader = Reader::new(value);
    let (scope, name) = (reader.str()?.to_owned(), reader.str()?.to_owned());
    Ok(LeftOut { scope, name, why: WhyLeftOut::from_number(reader.u8()?) })
}

fn parse_state(id: FrameId, bytes: &[u8]) -> Result<ExportState, Unreadable> {
    let frame = Frame::parse(id, bytes)?;
    if frame.len() != bytes.len() as u64 || !frame.holds(bytes) {
        return Err(Unreadable::Damaged);
    }
    let start = usize::try_from(frame.header.payload_start()).map_err(|_| Unreadable::Damaged)?;
    let mut payload = Reader::new(bytes.get(start..).unwrap_or_default());
    let Body::Base(base) = frame.body else { return Err(Unreadable::Damaged) };
    let mut sections = Vec::new();
    for Op { key, change } in base.ops {
        let Change::Put { meta, len, sum } = change else { return Err(Unreadable::Damaged) };
        let bytes = payload.take(usize::try_from(len).map_err(|_| Unreadable::Damaged)?)?;
        // The library's own sections are never exported, so only a forged file has one.
        if !key.is_own() {
            sections.push(Carried { key, meta, sum, bytes: Arc::new(bytes.to_vec()) });
        }
    }
    let (app, missing) = (Arc::default(), Arc::default());
    Ok(ExportState { app, at: base.at.wall, sections, trails: base.trails, missing })
}

impl WhyLeftOut {
    fn number(self) -> u8 {
        match self {
            Self::Other => 0,
            Self::StaysHere => 1,
            Self::Unreadable => 2,
            Self::Quarantined => 3,
        }
    }

    fn from_number(number: u8) -> Self {
        match number {
            1 => Self::StaysHere,
            2 => Self::Unreadable,
            3 => Self::Quarantined,
            _ => Self::Other,
        }
    }
}

fn truncated() -> Error {
    Error::new(ErrorKind::Truncated, "the export is incomplete: its end is missing; copy the file again")
}

fn damaged() -> Error {
    Error::new(ErrorKind::Damaged, "the export is damaged; copy the file again")
}

fn newer() -> Error {
    Error::new(ErrorKind::NewerFormat, "a newer version of this library wrote the export; update the application")
}

#[cfg(test)]
mod tests;
