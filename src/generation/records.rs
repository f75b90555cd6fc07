//! The frames of a chain as they were read, and which of them a power cut may have torn.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use super::catalog::{ReadError, sort_error};
use super::run::Run;
use crate::backend::{Backend, FrameId, Generation};
use crate::frame::{Body, Frame, Kind, Point, Unreadable};

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

impl Record {
    /// A frame that must have been there and is not.
    fn missing(id: FrameId) -> Self {
        Self { id, content: Err(Unreadable::Damaged), salvaged: false }
    }
}

/// Reads frames `from..=to` of a generation, and says whether it ends there or before.
pub(crate) fn read_frames(
    backend: &dyn Backend,
    generation: Generation,
    from: u32,
    to: u32,
    records: &mut Vec<Record>,
) -> io::Result<bool> {
    // In order whatever the backend says: replayed in another one, an older value would win without a word.
    let mut indexes = backend.frames(generation)?;
    indexes.sort_unstable();
    indexes.dedup();
    let ends = indexes.last().is_some_and(|last| *last <= to);
    let mut next = from;
    for index in indexes.into_iter().filter(|index| (from..=to).contains(index)) {
        // Frames are numbered without gaps. One record for each gap: how long it is, a forged index may claim.
        if index > next {
            records.push(Record::missing(FrameId { generation, index: next }));
        }
        next = index.saturating_add(1);
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
    // Who goes on from this very frame saw it: its log is shorter now than it was.
    if to != Point::END && next <= to {
        records.push(Record::missing(FrameId { generation, index: next }));
    }
    Ok(ends)
}

/// Puts what is missing at the end of an old generation in front of the new one, whose records start at `start` and may
/// say how far the process had come in the old one when it turned to the new one.
pub(crate) fn mind_the_gap(records: &mut Vec<Record>, start: usize, reached: &BTreeMap<Generation, u32>) {
    let says = |record: &Record| record.content.as_ref().ok().and_then(|(frame, _)| frame.body.at().after);
    let Some(after) = records.get(start..).unwrap_or_default().iter().find_map(says) else { return };
    if reached.get(&after.generation).is_some_and(|reached| *reached < after.index) {
        records.insert(start, Record::missing(FrameId { generation: after.generation, index: after.index }));
    }
}

/// Whether all bytes of a frame are what was written.
pub(crate) fn is_whole(backend: &dyn Backend, id: FrameId) -> io::Result<bool> {
    Ok(sort_error(backend.read(id))?.is_ok_and(|bytes| Frame::parse(id, &bytes).is_ok_and(|frame| frame.holds(&bytes))))
}

/// Which records a power cut may have torn, newest first: an unreadable one in here takes all after it in its stretch with
/// it, because they may build on it. Any other that cannot be read is damaged.
///
/// A cut tears what was not synced, so nothing that a readable frame knows to have been synced. And it ends a run of the
/// machine: a launch of a later run saw the tear, and names the very frame it goes on from as its parent, so that the
/// torn ones are no part of its chain. What is left are the launches of the last run, unless that is still the present
/// one; and, where the first frame of a run is lost, so that nobody knows what it named, those of the run before it, which
/// are judged as it would have judged them. Where the system tells no run from another, only the last launch is doubted.
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

/// Where the last run of the machine begins in these records, and which it was, if the system tells.
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
    // A base alone: nothing of the launches after it is there.
    last.or(records.first().map(|_| (0, None)))
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
