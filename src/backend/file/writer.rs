//! The log of a generation that is being written.
//!
//! Two threads use it. The UI thread appends and never waits for the disk: it holds the state's lock for one positioned
//! write. The flusher fills the space ahead with zeros and syncs, and holds the lock for neither. A claim separates the
//! two: while the flusher fills an area, a record that does not fit before the area goes behind it.

use std::fmt;
use std::io;

use parking_lot::Mutex;

use super::super::{Error, Generation, Result};
use super::disk::Output;
use super::folder::{Folder, at, is_astray, refused, room_at};
use super::record::{ALIGN, FILE_HEADER, HEADER, Header, Kind, Opening, PAGE, PAGE_LEN, Seal};

/// One log, open for writing. Only the object that started the generation has it.
pub(super) struct Live {
    pub(super) generation: Generation,
    file: Output,
    seal: Seal,
    state: Mutex<State>,
}

/// Not `Debug`: the buffer contains user data.
#[derive(Default)]
struct State {
    /// The index of the next frame. Beyond `u32` once every index is used.
    next: u64,
    /// Everything before this offset is stored; the next record starts here or a little later. Zero until the file
    /// header is written.
    end: u64,
    /// If this is beyond `end`, the bytes in between may be remains of a failed write.
    soiled: u64,
    /// Reserved space: everything from `end` to here is already in the file, as zeros.
    filled: u64,
    /// While the flusher fills, the end of the filled area, which starts at `filled`; otherwise zero.
    filling: u64,
    /// The number of stored writes, and how many of them are known to be on the disk.
    stored: u64,
    synced: u64,
    /// Header and payload in one buffer, for one write. Bounded by [`COPIED`].
    record: Vec<u8>,
}

impl Live {
    /// Starts a generation.
    ///
    /// If the process dies right after, the next reader sees an empty log: a generation without frames.
    pub(super) fn begin(folder: &Folder, generation: Generation) -> Result<Self> {
        let path = folder.log(generation);
        let file = folder.disk().create_new(&path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Error::Taken,
            _ => at("create", &path)(error).into(),
        })?;
        Ok(Self { generation, file, seal: Seal::new(generation), state: Mutex::default() })
    }

    /// Returns the end for readers. Behind it, a record may be partially written at this moment.
    pub(super) fn end(&self) -> u64 {
        self.state.lock().end
    }

    /// Stores a frame: when this returns `Ok`, the operating system has it.
    pub(super) fn append(&self, index: u32, payload: &[u8]) -> Result<()> {
        let mut state = self.state.lock();
        match u64::from(index).cmp(&state.next) {
            std::cmp::Ordering::Equal => {}
            std::cmp::Ordering::Less => return Err(Error::Taken),
            std::cmp::Ordering::Greater => return Err(Error::OutOfOrder),
        }
        Ok(self.write(&mut state, index, payload).map_err(at("write", self.file.path()))?)
    }

    fn write(&self, state: &mut State, index: u32, payload: &[u8]) -> io::Result<()> {
        self.clean(state)?;
        let header = Header::of(index, payload);
        let before = state.end;
        // The file header and the first record are one write into one page, if they fit.
        let is_together = before == 0 && (FILE_HEADER + HEADER) as u64 + header.len <= PAGE;
        if before == 0 {
            state.soiled = FILE_HEADER as u64;
            if !is_together {
                // If the process dies after this, the next reader sees a log without frames.
                self.file.write_at(&Opening::encode(), 0)?;
            }
            state.end = FILE_HEADER as u64;
        }
        let start = state.place(header.len);
        let end = header.end(start);
        state.soiled = end;
        if let Err(error) = self.put(&mut state.record, start, header, payload, is_together) {
            if is_together {
                state.end = before;
            }
            // Preferably now, otherwise before the next record.
            let _ = self.clean(state);
            return Err(error);
        }
        state.end = end;
        state.filled = state.filled.max(end.next_multiple_of(PAGE));
        state.next += 1;
        state.stored += 1;
        Ok(())
    }

    fn put(&self, record: &mut Vec<u8>, start: u64, header: Header, payload: &[u8], is_first: bool) -> io::Result<()> {
        record.clear();
        if fits_a_page(header.len) {
            // One write into one page: the kernel copies it completely or not at all. If the process is killed here,
            // the next reader sees the frame or nothing: of the first one, an empty log. After a power cut that tore
            // it, the payload does not match its checksum.
            if is_first {
                record.extend_from_slice(&Opening::encode());
            }
            record.extend_from_slice(&header.encode(self.seal, start));
            record.extend_from_slice(payload);
            return self.file.write_at(record, if is_first { 0 } else { start });
        }
        // A kill can truncate longer writes. First write the record as begun: if the process dies before the last step,
        // the next reader sees an unfinished `create`, which is neither a frame nor damage.
        record.extend_from_slice(&Header { kind: Kind::Begun, ..header }.encode(self.seal, start));
        if payload.len() <= COPIED {
            record.extend_from_slice(payload);
            self.file.write_at(record, start)?;
        } else {
            self.file.write_at(record, start)?;
            self.file.write_at(payload, Header::payload(start))?;
        }
        // Then turn it into a frame, with one write that never crosses a page. A power cut before `sync` can leave this
        // header without its payload: the checksum detects it.
        self.file.write_at(&header.encode(self.seal, start), start)
    }

    /// Cuts off the remains of a failed write, so that no reader misreads them. Also frees the space.
    ///
    /// If the process dies before it, the next reader sees a begun record, or the damaged end of a small one.
    fn clean(&self, state: &mut State) -> io::Result<()> {
        if state.soiled > state.end {
            if self.file.file().metadata()?.len() > state.end {
                self.file.set_len(state.end)?;
            }
            state.soiled = state.end;
            state.filled = state.end;
        }
        Ok(())
    }

    /// Fills the space ahead and makes everything stored so far survive a power cut. Call it from one thread at a time.
    pub(super) fn sync(&self) -> io::Result<()> {
        let (stored, is_short) = {
            let state = self.state.lock();
            if state.stored == state.synced {
                return Ok(());
            }
            (state.stored, state.synced == 0 || state.stored <= FEW)
        };
        // Not at the first sync: many logs get no second sync, and the space would only be filled and trimmed. A base
        // gets a second one for its seal, and no more.
        if !is_short {
            self.fill();
        }
        // After a failure, nothing is recorded, and the next call retries. Pages that this call dropped from the page
        // cache cannot be recovered by a later one, so the caller continues in another generation.
        self.file.sync().map_err(at("sync", self.file.path()))?;
        // The contents of a file without a name are lost when its writer ends, and no reader looks for them under
        // another name.
        if self.is_astray() {
            let why = "the log was moved, replaced or removed while it was being written";
            return Err(refused(io::ErrorKind::Other, why, self.file.path()));
        }
        // Set it only now: a frame appended during the sync has a higher number, and counts as not synced.
        self.state.lock().synced = stored;
        Ok(())
    }

    /// Returns whether the log's path no longer leads to it.
    pub(super) fn is_astray(&self) -> bool {
        is_astray(self.file.file(), self.file.path())
    }

    /// Reserves [`ROOM`] ahead of the appends, so that they change neither size nor extents of the file: a sync then
    /// writes one page instead of the file system's journal.
    ///
    /// Writes one page at a time, because larger writes put large folios into the page cache, which slow small writes
    /// down. If the process dies in between, the next reader sees fewer zeros. An error is left for the next append:
    /// the reserved space is optional, and the stored frames must be synced anyway.
    fn fill(&self) {
        let Some((from, to)) = self.state.lock().claim() else { return };
        let has_plenty = room_at(self.file.path()).is_none_or(|room| room >= PLENTY);
        let mut done = from;
        while has_plenty && done < to && self.file.write_at(&[0; PAGE_LEN], done).is_ok() {
            done += PAGE;
        }
        let mut state = self.state.lock();
        state.filling = 0;
        state.filled = state.filled.max(done);
    }

    /// Frees the unused space. Call it when no other call can be running.
    ///
    /// If the process dies before it, the next reader sees zeros behind the last record, which mean the same.
    pub(super) fn trim(&self) {
        let state = self.state.lock();
        if state.end > 0 {
            let _ = self.file.set_len(state.end);
        }
    }
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").field("generation", &self.generation).finish_non_exhaustive()
    }
}

impl State {
    /// Returns the start of a record with a payload of `len` bytes.
    fn place(&self, len: u64) -> u64 {
        let whole = if fits_a_page(len) { HEADER as u64 + len } else { HEADER as u64 };
        let mut start = self.end;
        if start % PAGE + whole > PAGE {
            start = next_page(start);
        }
        // Readers search for the next header if there are zeros in its place, so an area may be skipped.
        let end = start.saturating_add(HEADER as u64).saturating_add(len);
        if self.filling > start && end > self.filled { self.filling } else { start }
    }

    /// Returns the area to fill, in whole pages, and marks it as being filled.
    fn claim(&mut self) -> Option<(u64, u64)> {
        // The bytes from the last record of a page to its end need no filling: the page exists, and reads as zeros.
        let from = self.filled.max(self.end.next_multiple_of(PAGE));
        if from >= self.end + ROOM {
            return None;
        }
        self.filled = from;
        self.filling = (self.end + 2 * ROOM).next_multiple_of(PAGE);
        Some((from, self.filling))
    }
}

fn fits_a_page(len: u64) -> bool {
    len <= PAGE - HEADER as u64
}

fn next_page(at: u64) -> u64 {
    (at / PAGE + 1) * PAGE
}

/// If less space than this is reserved after the last record, it is filled up to twice as much, in bytes. That suffices
/// for about 650 small saves, and keeps the area small that the next start has to scan.
const ROOM: u64 = 64 * 1024;
/// On a volume with less room, in bytes, no space is reserved: after a kill, it would be lacking for a new base.
const PLENTY: u64 = 64 * ROOM;
/// A log with at most this many frames is not expected to grow.
const FEW: u64 = 2;
/// Up to this length, in bytes, a payload is copied behind its header and needs one write; above it, the copy costs
/// more.
const COPIED: usize = 64 * 1024;

const _: () = assert!(PAGE % ALIGN == 0 && FILE_HEADER as u64 % ALIGN == 0 && ROOM % PAGE == 0);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_record_crosses_no_page_it_could_fit_and_never_touches_what_is_being_filled(
            end in (2..40_000_u64).prop_map(|end| end * ALIGN),
            room in 0..20_u64,
            filling in prop_oneof![Just(0), 1..40_u64],
            len in prop_oneof![0..300_u64, 3_900..4_200_u64, 0..200_000_u64],
        ) {
            let filled = end.next_multiple_of(PAGE) + room * PAGE;
            let filling = if filling == 0 { 0 } else { filled + filling * PAGE };
            let state = State { end, filled, filling, ..State::default() };
            let start = state.place(len);
            let end_of_record = start + HEADER as u64 + len;
            prop_assert!(start >= end && start % ALIGN == 0);
            prop_assert!(end_of_record <= filled || start >= filling, "{start}..{end_of_record} is being filled");
            let one_write = if fits_a_page(len) { end_of_record } else { start + HEADER as u64 };
            prop_assert_eq!(start / PAGE, (one_write - 1) / PAGE);
            prop_assert!(filling > 0 || start <= end.next_multiple_of(PAGE), "no more is skipped than must be");
        }
    }

    #[test]
    fn a_record_that_fits_exactly_is_not_moved() {
        let header = HEADER as u64;
        let state = State { end: 16, ..State::default() };
        assert_eq!(state.place(PAGE - header - 16), 16, "up to the end of the page");
        assert_eq!(state.place(PAGE - header - 15), PAGE);
        let state = State { end: 16, filled: 2 * PAGE, filling: 4 * PAGE, ..State::default() };
        assert_eq!(state.place(2 * PAGE - header - 16), 16, "up to what is being filled");
        assert_eq!(state.place(2 * PAGE - header - 15), 4 * PAGE);
    }

    #[test]
    fn room_is_claimed_once_and_only_when_it_runs_low() {
        let mut state = State { end: 100, ..State::default() };
        assert_eq!(state.claim(), Some((PAGE, 100_u64.next_multiple_of(PAGE) + 2 * ROOM)));
        state.filled = state.filling;
        assert_eq!(state.claim(), None);
        state.end += ROOM;
        assert_eq!(state.claim(), None, "there is enough for now");
        state.end += PAGE * 2;
        assert!(state.claim().is_some());
    }
}
