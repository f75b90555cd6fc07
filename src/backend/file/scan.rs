//! The index of a log, built by scanning from header to header; payloads are not read.

use std::io;

use super::record::{ALIGN, FILE_HEADER, HEADER, Header, Kind, Seal};
use super::window::Window;

/// The frames of one log, up to the scanned offset.
#[derive(Debug)]
pub(super) struct Log {
    /// In order of their index, without gaps.
    frames: Vec<Frame>,
    /// The offset at which the scan continues.
    at: u64,
}

/// The state of a frame.
#[derive(Debug, Clone, Copy)]
pub(super) enum Frame {
    /// The header is valid.
    Stored(Payload),
    /// The frame existed, and only its number remains.
    Lost,
}

/// The position of a frame's bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Payload {
    pub(super) at: u64,
    pub(super) len: u64,
    pub(super) checksum: u64,
}

/// The result of a search.
#[derive(Default)]
struct Search {
    found: Option<(u64, Header)>,
    /// Whether the search skipped bytes other than zeros, or more zeros than any reserved space has.
    soiled: bool,
    /// The number of skipped bytes in holes, which were never written.
    holes: u64,
}

/// After this many consecutive zeros, in bytes, the file system is queried for the next data: more than any reserved
/// space.
const ROOM_AT_MOST: u64 = 1 << 20;
/// No log contains this many consecutive zeros, in bytes, even if a power cut left zeros in place of a large payload.
/// If they were written, the search ends here, and everything after them counts as one lost frame.
const ZEROS_AT_MOST: u64 = 64 << 20;
/// The maximum number of bytes that a search skips, holes excluded, before it ends in the same way: more than the size
/// of a large base.
const SEARCH_AT_MOST: u64 = 1 << 30;

impl Log {
    pub(super) fn new() -> Self {
        Self { frames: Vec::new(), at: FILE_HEADER as u64 }
    }

    /// Returns the number of frames, including lost ones. Their indexes are the numbers below.
    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.frames.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn frame(&self, index: u32) -> Option<Frame> {
        self.frames.get(usize::try_from(index).ok()?).copied()
    }

    /// Adds a lost frame: it, or something in its place, existed.
    pub(super) fn lose(&mut self) {
        self.frames.push(Frame::Lost);
    }

    /// Scans up to the window's limit.
    ///
    /// At an invalid header, the scan searches for the next valid one: damage costs only the records it hit. The
    /// indexes reveal their number. Only zeros up to the limit are the reserved space after the last record, which is
    /// not damage; any other bytes there count as one lost frame.
    pub(super) fn advance(&mut self, window: &mut Window, seal: Seal) -> io::Result<()> {
        while self.at < window.limit() {
            let Search { found, soiled, .. } = self.search(window, seal)?;
            let Some((at, header)) = found else {
                if soiled {
                    self.lose();
                }
                self.at = window.limit();
                break;
            };
            while self.len() < header.index {
                self.lose();
            }
            match header.kind {
                Kind::Frame => self.frames.push(Frame::Stored(Payload {
                    at: Header::payload(at),
                    len: header.len,
                    checksum: header.checksum,
                })),
                // Its `create` never returned, so its payload is ignored.
                Kind::Begun => {}
            }
            self.at = header.end(at);
        }
        Ok(())
    }

    /// Finds the next valid header from the present offset. The cost is bounded by the file's data, not by its claimed
    /// length: holes are skipped, and a file of zeros is not read to its end.
    fn search(&self, window: &mut Window, seal: Seal) -> io::Result<Search> {
        let mut at = self.at;
        let mut search = Search::default();
        // The number of consecutive zeros right before `at`, and how many of them were read.
        let (mut zeros, mut read) = (0, 0);
        loop {
            let ahead = window.at_least(at, HEADER)?;
            let found = ahead.get(..HEADER).and_then(|bytes| Header::parse(bytes, seal, at));
            if let Some(header) = found.filter(|header| self.expects(header, at - search.holes)) {
                search.found = Some((at, header));
                return Ok(search);
            }
            if ahead.is_empty() {
                return Ok(search);
            }
            let new = leading_zeros(ahead);
            search.soiled |= new == 0;
            let step = (new / ALIGN * ALIGN).max(ALIGN);
            at += step;
            (zeros, read) = if new == 0 { (0, 0) } else { (zeros + step, read + step) };
            if zeros >= ROOM_AT_MOST {
                let data = window.next_data(at) / ALIGN * ALIGN;
                let hole = data.saturating_sub(at);
                (at, zeros, search.holes) = (at.max(data), zeros + hole, search.holes + hole);
            }
            search.soiled |= zeros >= ZEROS_AT_MOST;
            if read >= ZEROS_AT_MOST || at - search.holes - self.at >= SEARCH_AT_MOST {
                search.soiled = true;
                return Ok(search);
            }
        }
    }

    /// Returns whether the header is plausible here. A header whose index was already passed, or so far ahead that its
    /// predecessors would not fit, was not written by this backend. The second rule bounds the number of frames in a
    /// hostile file.
    fn expects(&self, header: &Header, at: u64) -> bool {
        let skipped = u64::from(header.index).checked_sub(self.frames.len() as u64);
        skipped.is_some_and(|skipped| skipped <= (at - self.at) / HEADER as u64)
    }
}

/// Returns the number of leading zeros, rounded down to a stride unless all bytes are zero.
fn leading_zeros(bytes: &[u8]) -> u64 {
    let run = |stride| {
        let zeros = bytes.chunks(stride).take_while(|chunk| chunk.iter().fold(0, |any, byte| any | byte) == 0);
        zeros.map(|chunk| chunk.len() as u64).sum::<u64>()
    };
    // In two strides: only the long one is fast, and only the short one is exact enough.
    match run(1024) {
        0 => run(8),
        long => long,
    }
}
