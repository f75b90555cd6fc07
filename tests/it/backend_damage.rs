//! `FileBackend` on damaged logs: no wrong byte is ever given out, what was not hit is given out, and what was is
//! reported.

use std::fs;
use std::io::Write;
use std::ops::Range;
use std::path::PathBuf;

use leftoff::backend::{Backend, Error, FileBackend, FrameId, Generation};
use tempfile::TempDir;

const GENERATION: Generation = Generation { number: 3, writer: 0xabc };

/// A log with frames of several lengths, and the place of each of its records, worked out from the format's
/// description and not from its code.
struct Log {
    scratch: TempDir,
    backend: FileBackend,
    bytes: Vec<u8>,
    frames: Vec<Vec<u8>>,
    records: Vec<Range<usize>>,
}

impl Log {
    fn new(lens: &[usize]) -> Self {
        let scratch = crate::support::folder::scratch();
        let backend = FileBackend::open(scratch.path()).unwrap();
        let mut frames = Vec::new();
        let mut records = Vec::new();
        let mut end: usize = 16;
        for (index, len) in (0..).zip(lens) {
            let frame: Vec<u8> = (0..*len).map(|at| (at % 251) as u8 ^ (index as u8) | 1).collect();
            backend.create(FrameId { generation: GENERATION, index }, &frame).unwrap();
            let undivided = if 32 + len <= 4096 { 32 + len } else { 32 };
            let start = if end % 4096 + undivided > 4096 { end.next_multiple_of(4096) } else { end };
            records.push(start..start + 32 + len);
            end = (start + 32 + len).next_multiple_of(8);
            frames.push(frame);
        }
        drop(backend);
        let backend = FileBackend::open(scratch.path()).unwrap();
        let mut log = Self { scratch, backend, bytes: Vec::new(), frames, records };
        log.bytes = fs::read(log.path(GENERATION)).unwrap();
        assert_eq!(log.bytes.len(), end, "the layout is as described");
        log
    }

    fn path(&self, generation: Generation) -> PathBuf {
        self.scratch.path().join(format!("{:016x}-{:016x}.log", generation.number, generation.writer))
    }

    /// Puts `bytes` in place of the log and checks everything that can be read of it. Returns how many frames are
    /// listed.
    ///
    /// `must` says which frames must be read; every other one must be reported as damaged, or, where that is in `may`,
    /// be absent.
    fn check(&self, bytes: &[u8], what: &str, must: impl Fn(usize) -> bool, may: impl Fn(usize) -> bool) -> usize {
        // Over the old bytes: a file that is cut to nothing first is slow to write, 20 000 times over.
        let file = fs::OpenOptions::new().write(true).open(self.path(GENERATION)).unwrap();
        file.set_len(bytes.len() as u64).unwrap();
        (&file).write_all(bytes).unwrap();
        let listed = self.backend.frames(GENERATION).unwrap();
        assert!(listed.iter().copied().eq(0..listed.len() as u32), "{what}: {listed:?}");
        for (index, frame) in self.frames.iter().enumerate() {
            let id = FrameId { generation: GENERATION, index: index as u32 };
            match self.backend.read(id) {
                Ok(read) => assert!(read == *frame, "{what}: frame {index} came with wrong bytes"),
                Err(error) => {
                    assert!(!must(index), "{what}: frame {index} was not hit, and is {error}");
                    match error {
                        Error::Damaged(_) => assert!(index < listed.len(), "{what}: damage must be listed"),
                        Error::NotFound(_) => assert!(may(index), "{what}: frame {index} is lost without a word"),
                        error => panic!("{what}: frame {index}: {error:?}"),
                    }
                }
            }
        }
        for index in self.frames.len()..listed.len() {
            let read = self.backend.read(FrameId { generation: GENERATION, index: index as u32 });
            assert!(matches!(read, Err(Error::Damaged(_))), "{what}: frame {index} never was");
        }
        listed.len()
    }
}

/// Below a page, at its edge (so that the next one moves to the following page), and across pages.
const LENS: [usize; 9] = [10, 0, 100, 33, 3_700, 1, 4_064, 5_000, 60];

#[test]
fn every_truncation_keeps_the_frames_before_it_and_reports_the_one_it_hit() {
    let log = Log::new(&LENS);
    for cut in 0..=log.bytes.len() {
        let whole = |index: usize| log.records[index].end <= cut;
        let gone = |index: usize| log.records[index].start >= cut;
        let listed = log.check(&log.bytes[..cut], &format!("cut at {cut}"), whole, gone);
        let hit = log.records.iter().filter(|record| record.start < cut).count();
        // A cut in the file header is a log that lost all it may have had.
        assert_eq!(listed, if (1..16).contains(&cut) { 1 } else { hit }, "cut at {cut}");
    }
}

#[test]
fn every_flipped_byte_costs_the_frame_it_is_in_and_no_other() {
    let mut log = Log::new(&LENS);
    let end = log.bytes.len();
    log.bytes.resize(end + 300, 0);
    for at in 0..log.bytes.len() {
        let flip = [0x01, 0x80, 0xff][at % 3];
        let mut bytes = log.bytes.clone();
        bytes[at] ^= flip;
        let untouched = |index: usize| !log.records[index].contains(&at);
        let listed = log.check(&bytes, &format!("byte {at} ^ {flip}"), untouched, |_| false);
        assert_eq!(listed, log.frames.len() + usize::from(at >= end), "byte {at}: all frames, and dirt behind them");
    }
}

#[test]
fn zeroed_sectors_cost_the_frames_they_cover_and_hide_none_but_the_last() {
    let log = Log::new(&LENS);
    for size in [8, 64, 512, 4_096, 8_192] {
        for at in (0..log.bytes.len()).step_by(size.min(512)) {
            let mut bytes = log.bytes.clone();
            let zeroed = at..(at + size).min(bytes.len());
            bytes[zeroed.clone()].fill(0);
            let overlaps = |record: &Range<usize>| record.start < zeroed.end && zeroed.start < record.end;
            let untouched = |index: usize| !overlaps(&log.records[index]);
            // Behind the last whole frame, one stands for all that may be lost, unless nothing but zeros is left there.
            let first = (0..log.frames.len()).rev().find(|index| untouched(*index)).map_or(0, |last| last + 1);
            let vanished = |index: usize| bytes[log.records[index].start..].iter().all(|byte| *byte == 0);
            log.check(&bytes, &format!("{size} zeros at {at}"), untouched, |index| index > first || vanished(index));
        }
    }
}

#[test]
fn noise_behind_the_last_frame_is_reported_and_hides_nothing() {
    let log = Log::new(&[10, 5_000, 20]);
    let room = [0; 9_000];
    for noise in [&b"x"[..], &[0xff; 5_000], b"\xF7FRM", &[0xF7; 40], &log.bytes] {
        for gap in [0, 8, 13, 8_999] {
            let bytes = [&log.bytes, &room[..gap], noise, &room[..100]].concat();
            assert_eq!(log.check(&bytes, "noise", |_| true, |_| false), 4);
        }
    }
    assert_eq!(log.check(&[&log.bytes, &room[..]].concat(), "room", |_| true, |_| false), 3, "room is no damage");
    assert_eq!(log.check(b"all noise, longer than a header", "noise", |_| false, |index| index > 0), 1);
    assert_eq!(log.check(&[0; 5_000], "zeros", |_| false, |index| index > 0), 1, "not even a file header");
}

#[test]
fn a_record_of_another_generation_or_another_place_is_never_taken() {
    let log = Log::new(&[10, 20, 30]);
    let other = Generation { writer: 0xdef, ..GENERATION };
    log.backend.create(FrameId { generation: other, index: 0 }, b"one").unwrap();
    log.backend.create(FrameId { generation: other, index: 1 }, b"two").unwrap();
    let stale = fs::read(log.path(other)).unwrap();
    // The tail of the other log, at its own offset: recycled blocks could look like this.
    let cut = log.records[1].start;
    let bytes = [&log.bytes[..cut], &stale[cut.min(stale.len())..]].concat();
    log.check(&bytes, "stale tail", |index| index == 0, |index| index > 1);
    assert_eq!(log.check(&stale, "a renamed log", |_| false, |index| index > 0), 1);
    // One record moved over another.
    let mut bytes = log.bytes.clone();
    bytes.copy_within(log.records[0].clone(), log.records[1].start);
    log.check(&bytes, "moved", |index| index != 1, |_| false);
}

#[test]
fn a_frame_that_holds_a_copy_of_its_own_log_is_not_mistaken_for_it() {
    let scratch = crate::support::folder::scratch();
    let id = |index| FrameId { generation: GENERATION, index };
    let path = scratch.path().join(format!("{:016x}-{:016x}.log", GENERATION.number, GENERATION.writer));
    let backend = FileBackend::open(scratch.path()).unwrap();
    backend.create(id(0), b"first").unwrap();
    backend.create(id(1), b"second").unwrap();
    backend.create(id(2), &fs::read(&path).unwrap()).unwrap();
    backend.create(id(3), b"fourth").unwrap();
    drop(backend);
    let backend = FileBackend::open(scratch.path()).unwrap();
    // Both records before the copy lose their headers, so a search comes through the copy.
    let mut bytes = fs::read(&path).unwrap();
    for at in [16, 16 + 40, 16 + 80] {
        bytes[at] ^= 1;
    }
    fs::write(&path, bytes).unwrap();
    assert_eq!(backend.frames(GENERATION).unwrap(), [0, 1, 2, 3]);
    for index in 0..3 {
        assert!(matches!(backend.read(id(index)), Err(Error::Damaged(_))));
    }
    assert_eq!(backend.read(id(3)).unwrap(), b"fourth");
}
