//! Logs made frame by frame, in forms that a session produces only by accident or that somebody forges.

mod bases;
mod retention;

use std::iter;

use parking_lot::Mutex;

use super::catalog::{First, Link};
use super::*;
#[cfg(any(unix, windows))]
use crate::backend::FileBackend;
use crate::backend::{self, Backend, FrameId, Generation, MemoryBackend};
use crate::frame::{
    self, Base, Body, Change, Close, Delta, Launch, Meta, Moment, Op, Point, Process, SectionKey, Unreadable,
};
use crate::time::Timestamp;

const BOOT: [u8; 16] = [1; 16];
const NEXT: [u8; 16] = [2; 16];

/// A generation begun in that boot.
fn generation(number: u64) -> Generation {
    Generation { number, writer: writer_id(9, Some(BOOT)) }
}

fn point(number: u64, index: u32) -> Point {
    Point { generation: generation(number), index }
}

fn end(number: u64) -> Point {
    point(number, Point::END)
}

fn at(wall: i64) -> Moment {
    Moment { wall: Timestamp::from_millis(wall), monotonic: 0, synced: 0, after: None }
}

fn base_of(covers: Point, ops: Vec<Op>) -> Body {
    Body::Base(Base { at: at(0), covers, ops, sorted: None, trails: Vec::new(), refused: Vec::new(), past: Vec::new() })
}

fn launch(parent: Option<Point>) -> Launch {
    let process = Process { boot: Some(BOOT), ..Process::default() };
    Launch { parent, ..Launch::first(at(0), process) }
}

fn key(name: &str) -> SectionKey {
    SectionKey::new("", name)
}

fn put(name: &str, value: &[u8]) -> Op {
    let (private, erase_on_close, stand_in) = (false, false, false);
    let (saved_at, expires, machine) = (Timestamp::default(), None, None);
    let meta =
        Meta { version: 1, codec: 1, private, erase_on_close, saved_at, expires, stand_in, machine, group: None };
    Op { key: key(name), change: Change::Put { meta, len: value.len() as u64, sum: frame::checksum(value) } }
}

fn delta(ops: Vec<Op>) -> Body {
    Body::Delta(Delta { at: at(0), ops, marks: Vec::new(), replaces: false, refused: Vec::new() })
}

/// A backend that lost some frames without noticing.
#[derive(Debug, Default)]
struct Place(MemoryBackend, Mutex<Vec<FrameId>>);

impl Place {
    fn has(&self, id: FrameId) -> bool {
        !self.1.lock().contains(&id)
    }
}

impl Backend for Place {
    fn list(&self) -> backend::Result<Vec<FrameId>> {
        Ok(self.0.list()?.into_iter().filter(|id| self.has(*id)).collect())
    }
    fn read(&self, id: FrameId) -> backend::Result<Vec<u8>> {
        if self.has(id) { self.0.read(id) } else { Err(backend::Error::NotFound("removed".into())) }
    }
    fn create(&self, id: FrameId, bytes: &[u8]) -> backend::Result<()> {
        self.0.create(id, bytes)
    }
    fn sync(&self) -> backend::Result<()> {
        self.0.sync()
    }
    fn remove(&self, generation: Generation) -> backend::Result<()> {
        self.0.remove(generation)
    }
}

/// A log, and methods that append to it.
#[derive(Debug, Default)]
struct Log(Place);

impl Log {
    fn add(&self, at: Point, body: &Body, payload: &[u8]) -> u64 {
        let mut bytes = Vec::new();
        let id = FrameId { generation: at.generation, index: at.index };
        frame::encode(id, body, iter::once(payload), &mut bytes);
        self.0.create(id, &bytes).unwrap();
        bytes.len() as u64
    }

    /// A launch that saves `text` as the section `text`.
    fn launch(&self, number: u64, parent: Option<Point>, text: &[u8]) -> u64 {
        self.add(point(number, 0), &Body::Launch(launch(parent)), b"") + self.save(point(number, 1), text)
    }

    fn save(&self, at: Point, text: &[u8]) -> u64 {
        self.add(at, &delta(vec![put("text", text)]), text)
    }

    fn base(&self, number: u64, covers: Point, text: &[u8]) -> u64 {
        let body = base_of(covers, vec![put("text", text)]);
        self.add(point(number, 0), &body, text)
    }

    fn garbage(&self, at: Point) {
        self.0.create(FrameId { generation: at.generation, index: at.index }, b"garbage").unwrap();
    }

    fn lose(&self, at: Point) {
        self.0.1.lock().push(FrameId { generation: at.generation, index: at.index });
    }

    fn load(&self, point: Point) -> Loaded {
        Loaded::at(&mut Catalog::read(&self.0).unwrap(), point, None).unwrap()
    }

    fn text(&self, loaded: &Loaded) -> Vec<u8> {
        loaded.value(&self.0, &key("text")).unwrap().unwrap().bytes
    }

    fn numbers(&self) -> Vec<u64> {
        self.0.generations().unwrap().into_iter().map(|generation| generation.number).collect()
    }
}

fn size_of(log: &Log, numbers: &[u64]) -> u64 {
    let ids = log.0.list().unwrap().into_iter().filter(|id| numbers.contains(&id.generation.number));
    ids.map(|id| log.0.read(id).unwrap().len() as u64).sum()
}

#[test]
fn a_base_is_followed_by_the_frames_after_what_it_covers() {
    let log = Log::default();
    log.launch(1, None, b"1");
    log.save(point(1, 2), b"2");
    log.save(point(1, 3), b"3");
    let size = log.base(2, point(1, 2), b"2");
    let deltas = log.launch(3, Some(end(1)), b"4");
    let frames = |number, from, to| Link::Frames { generation: generation(number), from, to };
    let loaded = log.load(end(1));
    assert_eq!(loaded.chain.links, [Link::Base(generation(2)), frames(1, 3, Point::END)]);
    assert_eq!((log.text(&loaded), loaded.last_frame), (b"3".to_vec(), Some(point(1, 3))));
    assert_eq!(loaded.base_bytes, size);
    let loaded = log.load(point(1, 2));
    assert_eq!(loaded.chain.links, [Link::Base(generation(2))]);
    assert_eq!((log.text(&loaded), loaded.last_frame), (b"2".to_vec(), Some(point(1, 2))));
    assert_eq!((loaded.base_bytes, loaded.delta_bytes), (size, 0));
    let loaded = log.load(end(3));
    let third = log.0.read(FrameId { generation: generation(1), index: 3 }).unwrap().len() as u64;
    assert_eq!((log.text(&loaded), loaded.delta_bytes), (b"4".to_vec(), deltas + third));
    assert!(loaded.problems.is_empty() && !loaded.is_patchy());
}

/// The last byte of `old` becomes `new`'s; the patch claims to apply to `base` and to result in `sum`.
fn patch(old: &[u8], base: u64, sum: u64) -> Op {
    let Op { key, change: Change::Put { meta, .. } } = put("text", old) else { unreachable!("a put") };
    let change = Change::Patch { meta, len: 1, prefix: old.len() as u64 - 1, suffix: 0, base, sum };
    Op { key, change }
}

fn value(log: &Log, number: u64) -> Value {
    log.load(end(number)).value(&log.0, &key("text")).unwrap().unwrap()
}

#[test]
fn a_damaged_copy_in_a_base_is_healed_and_what_comes_after_it_fits() {
    let (old, new) = (b"text 1", b"text 2");
    for (sum, bytes, fate) in [(frame::checksum(new), new, Fate::Healed), (4711, old, Fate::FellBack)] {
        let log = Log::default();
        log.launch(1, None, old);
        // A base of the same value, saved later, with different bytes.
        let mut op = put("text", old);
        let Change::Put { meta, .. } = &mut op.change else { unreachable!("a put") };
        meta.saved_at = Timestamp::from_millis(5);
        let body = base_of(point(1, 1), vec![op]);
        log.add(point(2, 0), &body, b"damage");
        log.add(point(2, 1), &Body::Seal(at(0)), b"");
        let healed = value(&log, 1);
        assert_eq!((healed.bytes.as_slice(), healed.fate), (&old[..], Fate::Healed));
        assert_eq!(healed.meta.saved_at, Timestamp::from_millis(5));
        log.add(point(3, 0), &Body::Launch(launch(Some(end(1)))), b"");
        log.add(point(3, 1), &delta(vec![patch(old, frame::checksum(old), sum)]), b"2");
        let found = value(&log, 3);
        assert_eq!((found.bytes.as_slice(), found.fate), (&bytes[..], fate));
    }
}

#[test]
fn a_difference_that_is_damaged_is_passed_over_by_one_that_fits_what_was_before_it() {
    let log = Log::default();
    let (old, new) = (b"text 1", b"text 3");
    log.launch(1, None, old);
    log.add(point(1, 2), &delta(vec![patch(old, frame::checksum(old), 4711)]), b"2");
    log.add(point(1, 3), &delta(vec![patch(old, frame::checksum(old), frame::checksum(new))]), b"3");
    let found = value(&log, 1);
    assert_eq!((found.bytes.as_slice(), found.fate), (&new[..], Fate::Current));
}

#[test]
fn bytes_of_sections_are_not_printed() {
    let log = Log::default();
    log.launch(1, None, b"secret");
    log.base(2, point(1, 1), b"secret");
    for point in [point(1, 1), point(1, 0)] {
        let debug = format!("{:?}", log.load(point).sections);
        assert!(!debug.contains(&format!("{:?}", b"secret")), "{debug}");
    }
    // Their presence is visible, however.
    assert!(format!("{:?}", log.load(point(1, 1)).sections).contains("FrameId"), "in the base");
    log.save(point(1, 2), b"secret");
    assert!(format!("{:?}", log.load(end(1)).sections).contains("6 bytes held"), "in memory");
}

#[test]
fn a_parent_that_is_not_older_is_none() {
    let log = Log::default();
    log.launch(1, Some(end(1)), b"1");
    log.launch(2, Some(end(3)), b"2");
    assert_eq!(log.load(end(1)).chain.links.len(), 1);
    assert_eq!(log.load(end(2)).chain.links.len(), 1);
}

#[test]
fn a_base_that_covers_itself_or_what_comes_later_is_damaged() {
    let log = Log::default();
    log.base(2, point(2, 0), b"2");
    log.base(3, point(4, 0), b"3");
    log.base(5, point(4, 0), b"5");
    let mut catalog = Catalog::read(&log.0).unwrap();
    let mut first = |number| catalog.first(generation(number)).unwrap();
    assert!(matches!(first(2), First::Unreadable(Unreadable::Damaged)));
    assert!(matches!(first(3), First::Unreadable(Unreadable::Damaged)));
    assert!(matches!(first(5), First::Base(_)));
}

#[test]
#[cfg(any(unix, windows))]
fn a_generation_without_frames_is_a_birth_cut_short_and_one_without_the_first_is_damaged() {
    let scratch = tempfile::tempdir().unwrap();
    std::fs::write(scratch.path().join("0000000000000001-0000000000000007.log"), b"").unwrap();
    let backend = FileBackend::open(scratch.path()).unwrap();
    let empty = Generation { number: 1, writer: 7 };
    assert!(matches!(Catalog::read(&backend).unwrap().first(empty).unwrap(), First::Empty));
    let log = Log::default();
    log.launch(1, None, b"1");
    log.lose(point(1, 0));
    let mut catalog = Catalog::read(&log.0).unwrap();
    assert!(matches!(catalog.first(generation(1)).unwrap(), First::Unreadable(Unreadable::Damaged)));
    assert!(matches!(catalog.first(generation(2)).unwrap(), First::Empty), "it is not there at all");
}

#[test]
fn a_launch_without_its_first_frame_is_known_by_its_others_and_a_base_has_none_but_its_seal() {
    let log = Log::default();
    log.launch(1, None, b"1");
    log.garbage(point(2, 0));
    log.add(point(2, 1), &Body::Seal(at(0)), b"");
    let head = Catalog::read(&log.0).unwrap().head().unwrap();
    assert_eq!((head.generation, head.unreadable.len()), (Some(generation(1)), 1));
    log.garbage(point(3, 0));
    let head = Catalog::read(&log.0).unwrap().head().unwrap();
    assert_eq!((head.generation, head.unreadable.len()), (Some(generation(1)), 2));
    log.save(point(3, 1), b"3");
    let head = Catalog::read(&log.0).unwrap().head().unwrap();
    assert_eq!((head.generation, head.newest), (Some(generation(3)), Some(generation(3))));
    let loaded = log.load(end(3));
    assert_eq!((log.text(&loaded), loaded.chain.links.len()), (b"3".to_vec(), 2));
}

#[test]
fn a_base_is_not_written_over_what_a_newer_version_wrote() {
    for (version, written) in [(2, false), (0, true)] {
        let log = Log::default();
        log.launch(1, None, b"1");
        let id = FrameId { generation: generation(1), index: 2 };
        let mut bytes = Vec::new();
        frame::encode(id, &delta(Vec::new()), iter::empty(), &mut bytes);
        // A future version, or one that never existed, named by the header itself.
        bytes[4] = version;
        let sum = frame::checksum(&bytes[..frame::HEADER_LEN - 8]).to_le_bytes();
        bytes[frame::HEADER_LEN - 8..frame::HEADER_LEN].copy_from_slice(&sum);
        log.0.create(id, &bytes).unwrap();
        let size = write_base(&log.0, generation(2), point(1, 2), at(0), 0, false).unwrap();
        assert_eq!((size.is_some(), log.numbers().len()), (written, 1 + usize::from(written)));
    }
}

#[test]
fn a_process_that_goes_on_is_as_ready_as_either_of_its_logs_says() {
    for (first, second) in [(false, false), (true, false), (false, true)] {
        let log = Log::default();
        log.launch(1, None, b"1");
        if first {
            log.add(point(1, 2), &Body::Ready(at(0)), b"");
        }
        let continued = Launch { continued: true, ready: second, at: at(7), ..launch(Some(end(1))) };
        log.add(point(2, 0), &Body::Launch(continued), b"");
        let run = log.load(end(2)).last_run;
        assert_eq!(run.is_ready(), first || second);
        assert_eq!(run.last_at, Some(at(7)));
    }
}

#[test]
fn whatever_follows_a_section_shows_that_it_was_survived() {
    let log = Log::default();
    log.add(point(1, 0), &Body::Launch(launch(None)), b"");
    log.add(point(1, 1), &Body::Handout { at: at(0), key: key("text") }, b"");
    let run = log.load(end(1)).last_run;
    assert_eq!(run.handing_out, Some(key("text")));
    log.add(point(1, 2), &delta(Vec::new()), b"");
    let run = log.load(end(1)).last_run;
    assert_eq!(run.handing_out, None);
}

#[test]
fn what_was_erased_is_not_to_be_erased_again() {
    for erased in [false, true] {
        let log = Log::default();
        log.add(point(1, 0), &Body::Launch(Launch { erasable: true, ..launch(None) }), b"");
        log.add(point(1, 1), &Body::Close(Close { at: at(0), reason: None, erased }), b"");
        assert_eq!(log.load(end(1)).erasable, !erased);
    }
}

#[test]
fn a_frame_that_is_left_out_is_missing_and_so_is_one_that_a_parent_names() {
    let log = Log::default();
    log.launch(1, None, b"1");
    for index in 2..5 {
        log.save(point(1, index), b"4");
    }
    (2..4).for_each(|index| log.lose(point(1, index)));
    assert_eq!(log.load(end(1)).problems.len(), 1, "however many");
    assert_eq!(log.load(point(1, 4)).problems.len(), 1);
    assert_eq!(log.load(point(1, 5)).problems.len(), 2);
    assert_eq!(log.load(point(1, 1)).problems.len(), 0);
    log.add(
        point(2, 0),
        &Body::Launch(Launch { at: Moment { after: Some(point(1, 4)), ..at(0) }, ..launch(Some(end(1))) }),
        b"",
    );
    assert_eq!(log.load(end(2)).problems.len(), 1);
    log.add(
        point(3, 0),
        &Body::Launch(Launch { at: Moment { after: Some(point(1, 5)), ..at(0) }, ..launch(Some(end(1))) }),
        b"",
    );
    assert_eq!(log.load(end(3)).problems.len(), 2);
}

/// A launch frame contains nothing about sections; a whole generation may contain anything.
#[test]
fn sections_are_doubted_where_something_later_may_have_been_of_them() {
    let log = Log::default();
    log.launch(1, None, b"1");
    log.garbage(point(2, 0));
    log.add(point(2, 1), &delta(vec![put("other", b"2")]), b"2");
    let loaded = log.load(end(2));
    assert_eq!((loaded.problems.len(), loaded.doubts(&key("text")), loaded.is_patchy()), (1, false, true));
    log.add(point(2, 2), &delta(Vec::new()), b"");
    log.add(point(2, 3), &delta(vec![put("other", b"3")]), b"3");
    log.lose(point(2, 2));
    let loaded = log.load(end(2));
    assert_eq!((loaded.problems.len(), loaded.doubts(&key("text")), loaded.doubts(&key("other"))), (2, true, false));
    // Nothing of this launch exists, but the next one names it.
    log.launch(5, Some(end(4)), b"5");
    log.add(point(5, 2), &delta(vec![put("more", b"5")]), b"5");
    let loaded = log.load(end(5));
    assert!(loaded.doubts(&key("other")) && !loaded.doubts(&key("text")), "{:?}", loaded.problems);
}

fn at_start(log: &Log, point: Point, boot: Option<[u8; 16]>) -> Loaded {
    Loaded::at_start(&mut Catalog::read(&log.0).unwrap(), point, boot).unwrap()
}

/// If the system does not identify boots, the last launch is doubted completely, including the part before it
/// continued in a new log.
#[test]
fn the_last_launch_is_one_in_however_many_logs() {
    let log = Log::default();
    let nameless = |parent, continued| Launch { process: Process::default(), continued, ..launch(parent) };
    log.add(point(1, 0), &Body::Launch(nameless(None, false)), b"");
    log.save(point(1, 1), b"1");
    log.garbage(point(1, 2));
    log.save(point(1, 3), b"3");
    log.add(point(2, 0), &Body::Launch(nameless(Some(end(1)), true)), b"");
    log.save(point(2, 1), b"4");
    let loaded = at_start(&log, end(2), None);
    assert!(loaded.is_torn && loaded.problems.iter().all(|problem| problem.torn));
    assert_eq!((log.text(&loaded), loaded.last_frame), (b"1".to_vec(), Some(point(1, 1))));
    // The launch after that saw the tear, and is now the last one.
    log.add(point(3, 0), &Body::Launch(nameless(Some(end(2)), false)), b"");
    let loaded = at_start(&log, end(3), None);
    assert!(!loaded.is_torn && loaded.problems.iter().all(|problem| !problem.torn));
    assert_eq!(log.text(&loaded), b"4");
}

/// A log whose name does not identify the boot, as on other systems; its launch frame does.
#[test]
fn a_launch_frame_that_can_be_read_tells_the_run_whatever_the_name_says() {
    let log = Log::default();
    let nameless = |index| Point { generation: Generation { number: 1, writer: 7 }, index };
    log.add(nameless(0), &Body::Launch(launch(None)), b"");
    log.save(nameless(1), b"1");
    log.garbage(nameless(2));
    log.save(nameless(3), b"3");
    let loaded = at_start(&log, nameless(Point::END), Some(BOOT));
    assert_eq!((loaded.is_torn, log.text(&loaded)), (false, b"3".to_vec()), "no power cut since");
    let loaded = at_start(&log, nameless(Point::END), Some(NEXT));
    assert_eq!((loaded.is_torn, log.text(&loaded)), (true, b"1".to_vec()));
}

#[test]
fn what_is_from_the_future_was_not_torn() {
    let log = Log::default();
    log.launch(1, None, b"1");
    let id = FrameId { generation: generation(1), index: 2 };
    let mut bytes = Vec::new();
    frame::seal(
        id,
        frame::Kind::Ready,
        |out| out.extend_from_slice(&[1, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 99, 0]),
        iter::empty(),
        &mut bytes,
    );
    log.0.create(id, &bytes).unwrap();
    let loaded = at_start(&log, end(1), Some(NEXT));
    assert!(!loaded.is_torn && !loaded.problems[0].torn);
    assert_eq!(loaded.problems[0].why, Unreadable::NewerFormat);
    assert!(loaded.doubts(&key("text")));
}

#[test]
fn a_writer_says_what_it_wrote_and_steps_over_what_is_there_already() {
    let log = Log::default();
    let mut writer = Writer::new(generation(1), launch(None));
    assert_eq!(writer.point(), None);
    let written = writer.append(&log.0, Body::Ready(at(0)), iter::empty()).unwrap();
    assert_eq!(written, size_of(&log, &[1]), "the launch frame, too");
    // An attempt that seemed to fail had arrived.
    log.save(point(1, 2), b"2");
    writer.append(&log.0, Body::Ready(at(0)), iter::empty()).unwrap();
    assert_eq!(writer.point(), Some(point(1, 3)));
}
