//! The frames of a chain as they were read, and which of them a power cut may have torn.

use std::io;
use std::sync::Arc;

use super::catalog::{ReadError, sort_error};
use crate::backend::{Backend, FrameId, Generation};
use crate::frame::{Body, Frame, Kind, Launch, Unreadable};

/// The bytes of a whole frame, if they are in memory.
pub(crate) type Held = Option<Arc<Vec<u8>>>;

/// A frame of the chain, as far as it could be read.
pub(crate) struct Record {
    pub(crate) id: FrameId,
    /// With the bytes of the whole frame, unless its sections are read when they are asked for.
    pub(crate) content: Result<(Frame, Held), Unreadable>,
    /// The frame as a whole is damaged; what was salvaged of it has checksums of its own.
    pub(crate) salvaged: bool,
}

pub(crate) fn why(error: ReadError) -> Unreadable {
    match error {
        ReadError::Missing => Unreadable::Damaged,
        ReadError::Unreadable(why) => why,
    }
}

pub(crate) fn read_frames(
    backend: &dyn Backend,
    generation: Generation,
    from: u32,
    to: u32,
    records: &mut Vec<Record>,
) -> io::Result<()> {
    // In order whatever the backend says: replayed in another one, an older value would win without a word.
    let mut indexes = backend.frames(generation)?;
    indexes.sort_unstable();
    indexes.dedup();
    for index in indexes.into_iter().filter(|index| (from..=to).contains(index)) {
        let id = FrameId { generation, index };
        let whole = sort_error(backend.read(id))?;
        let salvaged = whole == Err(ReadError::Unreadable(Unreadable::Damaged));
        // The directory of a damaged frame, and some of its sections, may be as they were.
        let bytes = if salvaged { sort_error(backend.read_range(id, 0..u64::MAX))? } else { whole };
        let content = bytes.map_err(why).and_then(|bytes| {
            let frame = Frame::parse(id, &bytes)?;
            Ok((frame, Some(Arc::new(bytes))))
        });
        records.push(Record { id, content, salvaged });
    }
    Ok(())
}

/// The first position that a power cut may have torn; frames before it that cannot be read are damaged.
///
/// A cut tears what was not synced, so nothing that a readable frame knows to have been synced. And it ends a run of the
/// machine: a launch of a later run saw the tear, and names the very frame it goes on from as its parent, so that the
/// torn ones are no part of its chain. What is left are the launches of the last run, unless that is still the present
/// one. Where the system tells no run from another, only the last launch is doubted.
pub(crate) fn torn_from(records: &[Record], boot: Option<[u8; 16]>) -> usize {
    let vouched = vouched_for(records).map_or(0, |vouched| vouched + 1);
    let mut last_run = None;
    let mut begins = 0;
    for (position, record) in records.iter().enumerate().rev() {
        let Ok((Frame { body: Body::Launch(Launch { continued: false, process, .. }), .. }, _)) = &record.content
        else {
            continue;
        };
        match last_run {
            None if process.boot.is_some() && process.boot == boot => return records.len(),
            None => (last_run, begins) = (Some(process.boot), position),
            Some(last) if last.is_some() && last == process.boot => begins = position,
            Some(_) => break,
        }
    }
    vouched.max(begins)
}

/// The last position that a readable frame knows to have been synced. A base counts: nothing is used before it is.
fn vouched_for(records: &[Record]) -> Option<usize> {
    let mut vouched = None;
    let mut start = 0;
    for (position, record) in records.iter().enumerate() {
        if records.get(start).is_some_and(|first| first.id.generation != record.id.generation) {
            start = position;
        }
        let Ok((frame, _)) = &record.content else { continue };
        if frame.header.kind == Kind::Base {
            vouched = vouched.max(Some(position));
        } else if frame.body.at().synced > 0 {
            let of_generation = records.get(start..=position).unwrap_or_default();
            let synced = of_generation.partition_point(|record| record.id.index < frame.body.at().synced);
            // Everything before the generation counts even if none of its own frames do.
            vouched = vouched.max((start + synced).checked_sub(1));
        }
    }
    vouched
}
