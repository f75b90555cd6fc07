//! The frames of a chain as they were read, and which of them a power cut may have torn.

use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

use super::catalog::{ReadError, sort_error};
use super::run::Run;
use crate::backend::{self, Backend, FrameId, Generation};
use crate::frame::{Body, Frame, Kind, Point, Unreadable};
use crate::sorted::SortedMap;

/// The bytes of a whole frame, if they are in memory.
pub(crate) type Held = Option<Arc<Vec<u8>>>;

/// A frame of the chain, as far as it was readable.
pub(crate) struct Record {
    pub(crate) id: FrameId,
    /// With the bytes of the whole frame, unless its sections are read on demand.
    pub(crate) content: Result<(Frame, Held), Unreadable>,
    /// The frame as a whole is damaged; the parts salvaged from it have their own checksums.
    pub(crate) salvaged: bool,
}

pub(crate) fn why(error: ReadError) -> Unreadable {
    match error {
        ReadError::Missing => Unreadable::Damaged,
        ReadError::Unreadable(why) => why,
    }
}

impl Record {
    /// Returns a record for a frame that must have existed but is missing.
    fn missing(id: FrameId) -> Self {
        Self { id, content: Err(Unreadable::Damaged), salvaged: false }
    }
}

/// Reads the frames in a range of a generation that has these `indexes`, in order. Returns whether the generation ends there
/// or before.
pub(crate) fn read_frames(
    backend: &dyn Backend,
    generation: Generation,
    indexes: &[u32],
    range: RangeInclusive<u32>,
    records: &mut Vec<Record>,
) -> backend::Result<bool> {
    let (from, to) = range.into_inner();
    let ends = indexes.last().is_some_and(|last| *last <= to);
    let mut next = from;
    let indexes = indexes.iter().copied().filter(|index| (from..=to).contains(index));
    records.reserve(indexes.clone().count());
    for index in indexes {
        // Frames are numbered without gaps. There is one record per gap, because a forged index could claim any
        // length.
        if index > next {
            records.push(Record::missing(FrameId { generation, index: next }));
        }
        next = index.saturating_add(1);
        let id = FrameId { generation, index };
        let whole = sort_error(backend.read(id))?;
        let salvaged = whole == Err(ReadError::Unreadable(Unreadable::Damaged));
        // The directory of a damaged frame, and some of its sections, may be intact.
        let bytes = if salvaged { sort_error(backend.read_range(id, 0..u64::MAX))? } else { whole };
        let content = bytes.map_err(why).and_then(|bytes| {
            let frame = Frame::parse(id, &bytes)?;
            Ok((frame, Some(Arc::new(bytes))))
        });
        records.push(Record { id, content, salvaged });
    }
    // The continuation saw this very frame, so the log is shorter now than it was.
    if to != Point::END && next <= to {
        records.push(Record::missing(FrameId { generation, index: next }));
    }
    Ok(ends)
}

/// Inserts a record for the missing end of an old generation before the new one, whose records start at `start` and
/// may name the last frame that the process wrote to the old one.
pub(crate) fn mind_the_gap(records: &mut Vec<Record>, start: usize, reached: &SortedMap<Generation, u32>) {
    let says = |record: &Record| record.content.as_ref().ok().and_then(|(frame, _)| frame.body.at().after);
    let Some(after) = records.get(start..).unwrap_or_default().iter().find_map(says) else { return };
    if reached.get(&after.generation).is_some_and(|reached| *reached < after.index) {
        records.insert(start, Record::missing(FrameId { generation: after.generation, index: after.index }));
    }
}

/// Returns whether all bytes of a frame are as they were written.
pub(crate) fn is_whole(backend: &dyn Backend, id: FrameId) -> backend::Result<bool> {
    Ok(sort_error(backend.read(id))?.is_ok_and(|bytes| Frame::parse(id, &bytes).is_ok_and(|frame| frame.holds(&bytes))))
}

/// Returns the ranges of records that a power cut may have torn, newest first. An unreadable record in a range
/// invalidates all records after it in that range, because they may build on it. Any other unreadable record is
/// damaged.
///
/// A power cut tears unsynced frames only, so no frame that a readable frame counts as synced. It also ends a boot of
/// the machine: a launch of a later boot saw the tear and names the exact frame that it continues as its parent, so
/// the torn frames are not part of its chain. What remains are the launches of the last boot, unless that is still the
/// present one; and, if the first frame of a boot is lost, so that its parent is unknown, the launches of the boot
/// before it, which are judged as that boot would have judged them. If the system does not identify boots, only the
/// last launch is doubted.
pub(crate) fn doubtful(records: &[Record], boot: Option<[u8; 16]>) -> Vec<Range<usize>> {
    let mut doubtful = Vec::new();
    let mut before = records;
    while let Some((begins, run)) = last_run(before) {
        if run.is_none() || run != boot.map(Run::from) {
            let vouched = vouched_for(before).map_or(0, |vouched| vouched + 1);
            doubtful.push(vouched.max(begins)..before.len());
        }
        match before.get(begins) {
            Some(Record { content: Err(_), .. }) => before = before.get(..begins).unwrap_or_default(),
            _ => break,
        }
    }
    doubtful
}

/// Returns where the last boot of the machine begins in these records, and its identity, if the system provides one.
fn last_run(records: &[Record]) -> Option<(usize, Option<Run>)> {
    let mut last = None;
    for (position, record) in records.iter().enumerate().rev() {
        let run = match &record.content {
            Ok((Frame { body: Body::Launch(launch), .. }, _)) if !launch.continued => {
                launch.process.boot.map(Run::from)
            }
            Err(_) if record.id.index == 0 => Some(Run::of(record.id.generation)),
            _ => continue,
        };
        match last {
            None => last = Some((position, run)),
            Some((_, last_run)) if last_run.is_some() && last_run == run => last = Some((position, run)),
            Some(_) => break,
        }
    }
    // Only a base: nothing of the launches after it is left.
    last.or(records.first().map(|_| (0, None)))
}

/// Returns the last position that a readable frame counts as synced. A base counts, because it is not used before it
/// is synced.
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
            // Everything before the generation counts, even if none of its own frames do.
            vouched = vouched.max((start + synced).checked_sub(1));
        }
    }
    vouched
}
