//! What is in a log, found by walking from header to header; payloads are not looked at.

use std::io;

use super::record::{ALIGN, FILE_HEADER, HEADER, Header, Kind, Seal};
use super::window::Window;

/// The frames of one log, as far as it was walked.
#[derive(Debug)]
pub(super) struct Log {
    /// In order of their index, without gaps.
    frames: Vec<Frame>,
    /// Where the walk goes on.
    at: u64,
}

/// What became of a frame.
#[derive(Debug, Clone, Copy)]
pub(super) enum Frame {
    /// Its header is whole.
    Stored(Payload),
    /// It was there, and only its number is left.
    Lost,
}

/// Where the bytes of a frame are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Payload {
    pub(super) at: u64,
    pub(super) len: u64,
    pub(super) checksum: u64,
}

/// What a search came to.
#[derive(Default)]
struct Search {
    found: Option<(u64, Header)>,
    /// Whether anything but zeros was passed over, or more zeros than any room ahead.
    soiled: bool,
    /// Bytes of holes that were passed over, in which nothing was ever written.
    holes: u64,
}

/// After so many zeros in a row, in bytes, the file is asked where its next data are: more than any room ahead.
const ROOM_AT_MOST: u64 = 1 << 20;
/// So many zeros in a row, in bytes, no log has by itself, not even where a power cut left zeros in the place of a large
/// payload. Where they were written, the search ends here, and what follows counts as one lost frame.
const ZEROS_AT_MOST: u64 = 64 << 20;
/// A search passes over so many bytes, holes not counted, before it gives up in the same way: more than a large base has.
const SEARCH_AT_MOST: u64 = 1 << 30;

impl Log {
    pub(super) fn new() -> Self {
        Self { frames: Vec::new(), at: FILE_HEADER as u64 }
    }

    /// How many frames there are, lost ones included. Their indexes are the numbers below.
    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.frames.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn frame(&self, index: u32) -> Option<Frame> {
        self.frames.get(usize::try_from(index).ok()?).copied()
    }

    /// Counts a frame of which nothing is left but the knowledge that it, or something in its place, was there.
    pub(super) fn lose(&mut self) {
        self.frames.push(Frame::Lost);
    }

    /// Walks on to the window's limit.
    ///
    /// Where no header is valid, the walk searches for the next one that is: damage costs the records it hit and no
    /// others. The numbers tell how many those were. Nothing but zeros up to the limit is the room ahead of the last
    /// record, which is no damage; anything else there counts as one lost frame.
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
                // Its `create` never returned. Whatever of its payload is there is nobody's.
                Kind::Begun => {}
            }
            self.at = header.end(at);
        }
        Ok(())
    }

    /// The next valid header, from where the walk stands. Bounded by what the file holds, not by the length it claims: holes
    /// are stepped over, and a file of zeros is not read to its end.
    fn search(&self, window: &mut Window, seal: Seal) -> io::Result<Search> {
        let mut at = self.at;
        let mut search = Search::default();
        // How many zeros in a row lie right before `at`, and how many of them were read.
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

    /// A valid header whose index was passed already, or one so far ahead that its forerunners had no room, was never
    /// written here in good faith. The second rule bounds what a hostile file can make us count.
    fn expects(&self, header: &Header, at: u64) -> bool {
        let skipped = u64::from(header.index).checked_sub(self.frames.len() as u64);
        skipped.is_some_and(|skipped| skipped <= (at - self.at) / HEADER as u64)
    }
}

/// How many zeros the bytes start with, rounded down to a stride unless they all are zero.
fn leading_zeros(bytes: &[u8]) -> u64 {
    let run = |stride| {
        let zeros = bytes.chunks(stride).take_while(|chunk| chunk.iter().fold(0, |any, byte| any | byte) == 0);
        zeros.map(|chunk| chunk.len() as u64).sum::<u64>()
    };
    // In two strides, because only the long one is quick and only the short one is exact enough.
    match run(1024) {
        0 => run(8),
        long => long,
    }
}
