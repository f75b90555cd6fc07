//! The log of a generation that is being written.
//!
//! Two threads meet here. The user's appends, and never waits for the disk: it holds the state's lock for one positioned
//! write. The flusher fills room ahead with zeros and syncs, and holds the lock for neither. What keeps the two apart is
//! a claim: while the flusher fills a stretch, a record that does not fit before it goes behind it.

use std::fmt;
use std::io;

use parking_lot::Mutex;

use super::super::Generation;
use super::disk::Output;
use super::folder::{Folder, at, is_astray, refused};
use super::record::{ALIGN, FILE_HEADER, HEADER, Header, Kind, Opening, PAGE, PAGE_LEN, Seal};

/// One log, open for writing. Only the object that began the generation has one.
pub(super) struct Live {
    pub(super) generation: Generation,
    file: Output,
    seal: Seal,
    state: Mutex<State>,
}

/// Not `Debug`: the buffer holds what users typed.
#[derive(Default)]
struct State {
    /// The index the next frame must have. Beyond `u32` once every index is used.
    next: u64,
    /// Everything before this offset is stored; the next record starts here or a little later. Zero until the file
    /// header is written.
    end: u64,
    /// Where this is beyond `end`, what lies between may be left from a failed write.
    soiled: u64,
    /// Room: everything from `end` to here is in the file already, as zeros.
    filled: u64,
    /// While the flusher fills, the end of what it fills, which starts at `filled`; else zero.
    filling: u64,
    /// How many writes were stored, and how many of them are known to be on the disk.
    stored: u64,
    synced: u64,
    /// Header and payload side by side, for one write. Bounded by [`COPIED`].
    record: Vec<u8>,
}

impl Live {
    /// Begins a generation.
    ///
    /// If we die right after, the next reader sees an empty log: a generation without frames.
    pub(super) fn begin(folder: &Folder, generation: Generation) -> io::Result<Self> {
        let path = folder.log(generation);
        let file = folder.disk().create_new(&path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => io::Error::new(error.kind(), "the generation already exists"),
            _ => at("create", &path)(error),
        })?;
        Ok(Self { generation, file, seal: Seal::new(generation), state: Mutex::default() })
    }

    /// How far a reader may look. Behind it a record may be half written at this moment.
    pub(super) fn end(&self) -> u64 {
        self.state.lock().end
    }

    /// Stores a frame: when this returns `Ok`, the operating system has it.
    pub(super) fn append(&self, index: u32, payload: &[u8]) -> io::Result<()> {
        let mut state = self.state.lock();
        match u64::from(index).cmp(&state.next) {
            std::cmp::Ordering::Equal => {}
            std::cmp::Ordering::Less => {
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, "the frame already exists"));
            }
            std::cmp::Ordering::Greater => {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "frame out of order: predecessor not found"));
            }
        }
        self.write(&mut state, index, payload).map_err(at("write", self.file.path()))
    }

    fn write(&self, state: &mut State, index: u32, payload: &[u8]) -> io::Result<()> {
        self.clean(state)?;
        if state.end == 0 {
            state.soiled = FILE_HEADER as u64;
            // If we die after this, the next reader sees a log without frames.
            self.file.write_at(&Opening::encode(), 0)?;
            state.end = FILE_HEADER as u64;
        }
        let header = Header::of(index, payload);
        let start = state.place(header.len);
        let end = header.end(start);
        state.soiled = end;
        if let Err(error) = self.put(&mut state.record, start, header, payload) {
            // Best now; else before the next record.
            let _ = self.clean(state);
            return Err(error);
        }
        state.end = end;
        state.filled = state.filled.max(end.next_multiple_of(PAGE));
        state.next += 1;
        state.stored += 1;
        Ok(())
    }

    fn put(&self, record: &mut Vec<u8>, start: u64, header: Header, payload: &[u8]) -> io::Result<()> {
        record.clear();
        if fits_a_page(header.len) {
            // One write into one page: the kernel copies it whole or not at all, so if we are killed, the next reader
            // sees the frame or nothing. After a power cut that tore it, the payload does not match its checksum.
            record.extend_from_slice(&header.encode(self.seal, start));
            record.extend_from_slice(payload);
            return self.file.write_at(record, start);
        }
        // Longer writes are cut short by a kill. First the record as merely begun: if we die before the last step, the
        // next reader sees a `create` that never returned, which is neither a frame nor damage.
        record.extend_from_slice(&Header { kind: Kind::Begun, ..header }.encode(self.seal, start));
        if payload.len() <= COPIED {
            record.extend_from_slice(payload);
            self.file.write_at(record, start)?;
        } else {
            self.file.write_at(record, start)?;
            self.file.write_at(payload, Header::payload(start))?;
        }
        // Then the frame comes into being, with one write that never crosses a page. A power cut before `sync` can
        // leave this header without its payload: the checksum tells.
        self.file.write_at(&header.encode(self.seal, start), start)
    }

    /// Cuts off what a failed write left behind, so that nobody takes it for anything. Frees the space, too.
    ///
    /// If we die before it, the next reader sees a record merely begun, or the damaged end of a small one.
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

    /// Fills room ahead and makes everything stored so far survive a power cut. To be called from one thread at a time.
    pub(super) fn sync(&self) -> io::Result<()> {
        let (stored, is_short) = {
            let state = self.state.lock();
            if state.stored == state.synced {
                return Ok(());
            }
            (state.stored, state.synced == 0 || state.stored <= FEW)
        };
        // Not at the first sync: many a log gets no second one, and would be filled only to be trimmed. A base gets one,
        // for its seal, and no more.
        if !is_short {
            self.fill();
        }
        // On failure nothing is noted, and the next call tries again; what this one left out of the page cache, no
        // later one can bring back, so the caller goes on in another generation.
        self.file.sync().map_err(at("sync", self.file.path()))?;
        // What is written to a file without a name is gone with its writer, and under another name nobody looks for it.
        if self.is_astray() {
            let why = "the log was moved, replaced or removed while it was being written";
            return Err(refused(io::ErrorKind::Other, why, self.file.path()));
        }
        // Only now: a frame that came in while the disk worked has a higher number, and counts as not synced.
        self.state.lock().synced = stored;
        Ok(())
    }

    /// Whether the log's path no longer leads to it.
    pub(super) fn is_astray(&self) -> bool {
        is_astray(self.file.file(), self.file.path())
    }

    /// Keeps [`ROOM`] ahead of the appends, so that they change neither size nor extents of the file: a sync then
    /// writes one page instead of the file system's journal.
    ///
    /// In writes of one page, because larger ones put large folios into the page cache, which make small writes slow.
    /// If we die in between, the next reader sees fewer zeros. A failure is left for the next append to meet: room is a
    /// convenience, and the frames that are stored must be synced all the same.
    fn fill(&self) {
        let Some((from, to)) = self.state.lock().claim() else { return };
        let mut done = from;
        while done < to && self.file.write_at(&[0; PAGE_LEN], done).is_ok() {
            done += PAGE;
        }
        let mut state = self.state.lock();
        state.filling = 0;
        state.filled = state.filled.max(done);
    }

    /// Gives back the room that was not used. To be called when no other call can be running.
    ///
    /// If we die before it, the next reader sees zeros behind the last record, which mean the same.
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
    /// Where a record with a payload of `len` bytes starts.
    fn place(&self, len: u64) -> u64 {
        let whole = if fits_a_page(len) { HEADER as u64 + len } else { HEADER as u64 };
        let mut start = self.end;
        if start % PAGE + whole > PAGE {
            start = next_page(start);
        }
        // Readers look for the next header where zeros are in its place, so a stretch may be skipped.
        let end = start.saturating_add(HEADER as u64).saturating_add(len);
        if self.filling > start && end > self.filled { self.filling } else { start }
    }

    /// What to fill, in whole pages; marked as being filled.
    fn claim(&mut self) -> Option<(u64, u64)> {
        // The bytes from a page's last record to its end need no filling: the page is there, and reads as zeros.
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

/// Less room than this ahead of the last record is filled up to twice as much, in bytes: some 650 small saves, while
/// what the next start has to look through stays small.
const ROOM: u64 = 64 * 1024;
/// So many frames are no beginning of a long log.
const FEW: u64 = 2;
/// Up to this length, in bytes, a payload is copied behind its header and costs one write; above, the copy costs more.
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
