//! The values of fields that several kinds of frames have: texts, times, points, processes.

use super::Unreadable;
use super::body::{Moment, Point, Process};
use super::op::SectionKey;
use crate::backend::Generation;
use crate::time::Timestamp;
use crate::wire::{Malformed, Reader, put_bytes, put_varint};

/// Applies `parse` and requires that it consumes every byte.
pub(super) fn whole<T>(
    value: &[u8],
    parse: impl FnOnce(&mut Reader<'_>) -> Result<T, Malformed>,
) -> Result<T, Unreadable> {
    let mut reader = Reader::new(value);
    let parsed = parse(&mut reader)?;
    if reader.is_empty() { Ok(parsed) } else { Err(Unreadable::Damaged) }
}

pub(super) fn parse_str(value: &[u8]) -> Result<Box<str>, Unreadable> {
    std::str::from_utf8(value).map(Into::into).map_err(|_| Unreadable::Damaged)
}

pub(super) fn parse_moment(value: &[u8]) -> Result<Moment, Unreadable> {
    whole(value, |reader| {
        Ok(Moment { wall: Timestamp::from_millis(reader.i64()?), monotonic: reader.varint()?, synced: 0, after: None })
    })
}

pub(super) fn put_point(out: &mut Vec<u8>, point: Point) {
    put_generation(out, point.generation);
    out.extend_from_slice(&point.index.to_le_bytes());
}

pub(super) fn parse_point(value: &[u8]) -> Result<Point, Unreadable> {
    whole(value, |reader| Ok(Point { generation: parse_generation(reader)?, index: reader.u32()? }))
}

pub(super) fn put_generation(out: &mut Vec<u8>, generation: Generation) {
    put_varint(out, generation.number);
    out.extend_from_slice(&generation.writer.to_le_bytes());
}

pub(super) fn parse_generation(reader: &mut Reader<'_>) -> Result<Generation, Malformed> {
    Ok(Generation { number: reader.varint()?, writer: reader.u64()? })
}

pub(super) fn put_refused(out: &mut Vec<u8>, (key, since): &(SectionKey, Timestamp)) {
    out.extend_from_slice(&since.as_millis().to_le_bytes());
    key.encode(out);
}

pub(super) fn parse_refused(reader: &mut Reader<'_>) -> Result<(SectionKey, Timestamp), Malformed> {
    let since = Timestamp::from_millis(reader.i64()?);
    Ok((SectionKey::parse(reader)?, since))
}

pub(super) fn put_process(out: &mut Vec<u8>, process: &Process) {
    out.extend_from_slice(&process.pid.to_le_bytes());
    put_bytes(out, process.boot.as_ref().map_or(&[][..], |boot| boot));
    // One more than the uptime, so that zero means unknown.
    put_varint(out, process.uptime.map_or(0, |uptime| uptime.saturating_add(1)));
}

pub(super) fn parse_process(value: &[u8]) -> Result<Process, Unreadable> {
    whole(value, |reader| {
        let pid = reader.u32()?;
        let boot = match reader.bytes()? {
            [] => None,
            boot => Some(boot.try_into().map_err(|_| Malformed)?),
        };
        let uptime = reader.varint()?.checked_sub(1);
        Ok(Process { pid, boot, uptime, app_version: Box::default() })
    })
}
