use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use leftoff::backend::{self, Backend, Error, FrameId, Generation};

/// Checks a backend against every clause of the contract of [`Backend`] that a test can check.
///
/// `make` returns a new, empty backend each time. `reopen` closes the given backend and opens the same storage again,
/// as the next start of an application does; an in-memory backend may return itself. The kit creates some dozens of
/// backends and stores less than 10 MiB in each.
///
/// The kit does not check that frames survive a kill or, after `sync`, a power cut, nor that damaged bytes are
/// [`Error::Damaged`].
///
/// ```
/// use leftoff::backend::MemoryBackend;
///
/// leftoff_testing::conformance(MemoryBackend::new, |backend| backend);
/// ```
///
/// # Panics
/// If the backend violates a clause. The message names the clause and the observation.
pub fn conformance<B: Backend>(make: impl Fn() -> B, reopen: impl Fn(B) -> B) {
    let rules: [(&str, Check<B>); 13] = [
        ("what was created is listed, and read back byte for byte", reads_back),
        ("frames are listed in the order of their numbers, generations oldest first", keeps_order),
        ("nothing is overwritten", overwrites_nothing),
        ("`sync` changes nothing that can be read", syncs),
        ("a name is refused only if it is taken", refuses_taken_names_only),
        ("what is not there is `NotFound`", misses),
        ("a part of a frame is cut to its length", reads_parts),
        ("`remove` drops one generation, whole, and no other", removes),
        ("removing what is not there is no error", removes_nothing),
        ("the next start sees everything, and its names stay taken", reopens),
        ("of two creates under one name, one wins and its bytes stay", races),
        ("frames are whole at any moment, while others are created and synced", works_from_two_threads),
        ("`Debug` prints nothing of what is stored", prints_nothing),
    ];
    for (rule, check) in rules {
        if let Err(seen) = check(&Place { make: &make, reopen: &reopen }) {
            broken(rule, &seen);
        }
    }
}

#[allow(clippy::panic, reason = "this is an assertion: it runs in tests, and its message is its result")]
pub(crate) fn broken(rule: &str, seen: &str) -> ! {
    panic!("this backend breaks the rule that {rule}: {seen}");
}

type Check<B> = fn(&Place<'_, B>) -> Result<(), String>;
type Frames = BTreeMap<FrameId, Vec<u8>>;

struct Place<'a, B> {
    make: &'a dyn Fn() -> B,
    reopen: &'a dyn Fn(B) -> B,
}

fn reads_back<B: Backend>(place: &Place<'_, B>) -> Result<(), String> {
    let backend = (place.make)();
    let mut model = Frames::new();
    agrees(&backend, &model)?;
    for (index, len) in (0..).zip([0, 1, 31, 100, 4_096, 5_000, 0, 65_537, 3 << 20, 7]) {
        create(&backend, &mut model, id(A, index), len)?;
    }
    agrees(&backend, &model)
}

fn keeps_order<B: Backend>(place: &Place<'_, B>) -> Result<(), String> {
    let backend = (place.make)();
    let mut model = Frames::new();
    for (number, writer) in [(10, 5), (9, u64::MAX), (u64::MAX, 0), (10, 4), (0, 1), (100, 5)] {
        create(&backend, &mut model, id(Generation { number, writer }, 0), 20)?;
    }
    for index in 0..300 {
        create(&backend, &mut model, id(A, index), 3)?;
    }
    agrees(&backend, &model)
}

fn overwrites_nothing<B: Backend>(place: &Place<'_, B>) -> Result<(), String> {
    let backend = (place.make)();
    let mut model = Frames::new();
    for (index, len) in (0..).zip([10, 5_000, 0, 100_000]) {
        create(&backend, &mut model, id(A, index), len)?;
    }
    for (taken, bytes) in model.clone() {
        for again in [bytes, Vec::new(), text(99, 4), text(98, 200_000)] {
            let outcome = backend.create(taken, &again);
            expect(&format!("creating frame {} again", taken.index), "Taken", outcome)?;
        }
    }
    agrees(&backend, &model)?;
    create(&backend, &mut model, id(A, 4), 10)?;
    agrees(&backend, &model)
}

fn refuses_taken_names_only<B: Backend>(place: &Place<'_, B>) -> Result<(), String> {
    let backend = (place.make)();
    let mut model = Frames::new();
    // Generations that share a number or a writer, written alternately.
    for index in 0..3 {
        for generation in [A, SAME_NUMBER, SAME_WRITER] {
            create(&backend, &mut model, id(generation, index), 10)?;
        }
    }
    agrees(&backend, &model)
}

fn misses<B: Backend>(place: &Place<'_, B>) -> Result<(), String> {
    let backend = (place.make)();
    let mut model = Frames::new();
    create(&backend, &mut model, id(A, 0), 10)?;
    create(&backend, &mut model, id(SAME_NUMBER, 0), 10)?;
    create(&backend, &mut model, id(SAME_NUMBER, 1), 10)?;
    for absent in [id(A, 1), id(A, u32::MAX), id(SAME_WRITER, 0)] {
        expect(&format!("reading {absent:?}"), "NotFound", backend.read(absent))?;
        expect(&format!("reading a part of {absent:?}"), "NotFound", backend.read_range(absent, 0..1))?;
    }
    agrees(&backend, &model)
}

fn reads_parts<B: Backend>(place: &Place<'_, B>) -> Result<(), String> {
    let backend = (place.make)();
    let mut model = Frames::new();
    for (index, len) in (0..).zip([0_u32, 1, 1_000, 1 << 20]) {
        create(&backend, &mut model, id(A, index), len as usize)?;
        let all = u64::from(len);
        let (early, late) = (all / 3, all - all / 5);
        let ends = [0, 1, early, late, all, all + 1, all + 5_000, u64::MAX - 1, u64::MAX];
        for (start, end) in ends.into_iter().flat_map(|start| ends.map(|end| (start, end))) {
            let part = done("reading a part", backend.read_range(id(A, index), start..end))?;
            let clamp = |offset: u64| usize::try_from(offset.min(all)).unwrap_or_default();
            let all = model.get(&id(A, index)).map(Vec::as_slice).unwrap_or_default();
            let due = all.get(clamp(start)..clamp(end)).unwrap_or_default();
            if part != due {
                return Err(format!("bytes {start}..{end} of {len} came as {} bytes, or as others", part.len()));
            }
        }
    }
    Ok(())
}

fn removes<B: Backend>(place: &Place<'_, B>) -> Result<(), String> {
    let mut backend = (place.make)();
    let mut model = Frames::new();
    for index in 0..3 {
        for generation in [SAME_WRITER, A, SAME_NUMBER] {
            create(&backend, &mut model, id(generation, index), 10)?;
        }
    }
    done("remove", backend.remove(A))?;
    model.retain(|id, _| id.generation != A);
    agrees(&backend, &model)?;
    expect("reading a removed frame", "NotFound", backend.read(id(A, 0)))?;
    create(&backend, &mut model, id(SAME_NUMBER, 3), 10)?;
    agrees(&backend, &model)?;
    synced("sync", &backend)?;
    backend = (place.reopen)(backend);
    agrees(&backend, &model).map_err(|seen| format!("after the next start {seen}"))?;
    done("remove", backend.remove(SAME_WRITER))?;
    model.retain(|id, _| id.generation != SAME_WRITER);
    agrees(&backend, &model).map_err(|seen| format!("removing what an earlier start wrote: {seen}"))
}

fn removes_nothing<B: Backend>(place: &Place<'_, B>) -> Result<(), String> {
    let backend = (place.make)();
    let mut model = Frames::new();
    done("removing from an empty place", backend.remove(A))?;
    create(&backend, &mut model, id(SAME_NUMBER, 0), 10)?;
    done("removing a missing generation", backend.remove(A))?;
    agrees(&backend, &model)?;
    done("remove", backend.remove(SAME_NUMBER))?;
    done("removing it again", backend.remove(SAME_NUMBER))?;
    agrees(&backend, &Frames::new())
}

fn reopens<B: Backend>(place: &Place<'_, B>) -> Result<(), String> {
    let mut backend = (place.make)();
    let mut model = Frames::new();
    for start in 1..4 {
        let generation = Generation { number: start, writer: start * 7 };
        for (index, len) in (0..).zip([100, 0, 70_000, 9]) {
            create(&backend, &mut model, id(generation, index), len)?;
        }
        // Without a sync every other time: the process ends, the machine does not.
        if start % 2 == 0 {
            synced("sync", &backend)?;
        }
        backend = (place.reopen)(backend);
        agrees(&backend, &model).map_err(|seen| format!("after start {start} {seen}"))?;
        for taken in model.keys() {
            let outcome = backend.create(*taken, b"other bytes");
            expect("creating a frame of an earlier start", "Taken", outcome)?;
        }
        agrees(&backend, &model)?;
    }
    Ok(())
}

fn syncs<B: Backend>(place: &Place<'_, B>) -> Result<(), String> {
    let backend = (place.make)();
    let mut model = Frames::new();
    synced("syncing an empty place", &backend)?;
    for (index, len) in (0..).zip([100, 5_000, 10, 200_000, 0]) {
        create(&backend, &mut model, id(A, index), len)?;
        synced("sync", &backend)?;
        synced("syncing what is synced", &backend)?;
        agrees(&backend, &model)?;
    }
    Ok(())
}

fn races<B: Backend>(place: &Place<'_, B>) -> Result<(), String> {
    let backend = (place.make)();
    for number in 0..20 {
        let id = id(Generation { number, writer: 1 }, 0);
        let (one, other) = (text(1, 600), text(2, 600));
        let outcomes = thread::scope(|scope| {
            let first = scope.spawn(|| backend.create(id, &one));
            let second = backend.create(id, &other);
            first.join().map(|first| (first, second)).map_err(|_| "create panicked".to_owned())
        })?;
        let winner = match outcomes {
            (Ok(()), Err(Error::Taken)) => one,
            (Err(Error::Taken), Ok(())) => other,
            outcomes => return Err(format!("two threads created the same frame, with {outcomes:?}")),
        };
        if done("read", backend.read(id))? != winner {
            return Err("the bytes are not those of the create that succeeded".to_owned());
        }
    }
    Ok(())
}

fn works_from_two_threads<B: Backend>(place: &Place<'_, B>) -> Result<(), String> {
    let backend = (place.make)();
    let mut model = Frames::new();
    let finished = AtomicBool::new(false);
    let len = |index: u32| if index % 40 == 39 { 100_000 } else { 50 + index as usize % 400 };
    thread::scope(|scope| {
        let beside = scope.spawn(|| {
            let mut seen = 0;
            while !finished.load(Ordering::Acquire) {
                synced("sync", &backend)?;
                let frames = done("frames", backend.frames(A))?;
                if !(0..frames.len()).eq(frames.iter().map(|index| *index as usize)) || frames.len() < seen {
                    return Err(format!("frames came as {}, after {seen} of them were seen", brief(&frames)));
                }
                seen = frames.len();
                for index in frames.into_iter().rev().take(3) {
                    if done("read", backend.read(id(A, index)))? != text(index, len(index)) {
                        return Err(format!("frame {index} was listed with other bytes than it was given"));
                    }
                }
            }
            Ok(())
        });
        // Stop the other thread before returning: otherwise its scope would never end.
        let created = (0..200).try_for_each(|index| create(&backend, &mut model, id(A, index), len(index)));
        finished.store(true, Ordering::Release);
        created.and(beside.join().map_err(|_| "a call panicked".to_owned())?)
    })?;
    agrees(&backend, &model)
}

fn prints_nothing<B: Backend>(place: &Place<'_, B>) -> Result<(), String> {
    let backend = (place.make)();
    let secret = "correct horse battery staple";
    done("create", backend.create(id(A, 0), secret.as_bytes()))?;
    done("read", backend.read(id(A, 0)))?;
    let printed = format!("{backend:?} {backend:#?}");
    // As text, and as the list of numbers that a byte string prints as.
    let numbers = format!("{:?}", secret.as_bytes());
    let spread: String = printed.chars().filter(|char| !char.is_whitespace()).collect();
    let listed: String = numbers.trim_matches(['[', ']']).chars().filter(|char| !char.is_whitespace()).collect();
    if printed.contains("horse") || spread.contains(&listed) {
        return Err("a stored frame can be read in it".to_owned());
    }
    Ok(())
}

/// Creates a frame in the backend and in the model.
fn create(backend: &impl Backend, model: &mut Frames, id: FrameId, len: usize) -> Result<(), String> {
    let bytes = text(id.index, len);
    done(&format!("creating {id:?}, {len} bytes"), backend.create(id, &bytes))?;
    model.insert(id, bytes);
    Ok(())
}

/// Checks that every query of the backend agrees with the model.
fn agrees(backend: &impl Backend, model: &Frames) -> Result<(), String> {
    let mut listed = done("list", backend.list())?;
    listed.sort_unstable();
    if !listed.iter().eq(model.keys()) {
        let due: Vec<_> = model.keys().copied().collect();
        return Err(format!("list shows {} and should show {}", brief(&listed), brief(&due)));
    }
    let generations = done("generations", backend.generations())?;
    if !generations.is_sorted_by(|before, after| before < after) {
        return Err(format!("generations are not in order, or come twice: {generations:?}"));
    }
    let written: BTreeSet<_> = model.keys().map(|id| id.generation).collect();
    if let Some(missing) = written.iter().find(|generation| !generations.contains(generation)) {
        return Err(format!("generations lack {missing:?}"));
    }
    // A generation without frames may be listed: its first `create` was interrupted.
    for generation in generations.into_iter().chain([NOBODY]) {
        let frames = done("frames", backend.frames(generation))?;
        let due = model.keys().filter(|id| id.generation == generation).map(|id| id.index);
        if !due.clone().eq(frames.iter().copied()) {
            let due: Vec<_> = due.collect();
            return Err(format!("frames of {generation:?} are {} and should be {}", brief(&frames), brief(&due)));
        }
    }
    for (id, bytes) in model {
        let read = done("read", backend.read(*id))?;
        if read != *bytes {
            return Err(format!(
                "{id:?} was given {} bytes and came back as {}, or as others",
                bytes.len(),
                read.len()
            ));
        }
    }
    Ok(())
}

/// Formats the first few entries of a list, and its length.
fn brief<T: fmt::Debug>(list: &[T]) -> String {
    let few: Vec<_> = list.iter().take(4).collect();
    if few.len() < list.len() { format!("{few:?} and so on, {} in all", list.len()) } else { format!("{few:?}") }
}

/// A page of a browser cannot wait; what counts here is that the call changes nothing.
fn synced<B: Backend>(call: &str, backend: &B) -> Result<(), String> {
    match backend.sync() {
        Err(Error::Underway) => Ok(()),
        result => done(call, result),
    }
}

fn done<T>(what: &str, outcome: backend::Result<T>) -> Result<T, String> {
    outcome.map_err(|error| format!("{what} failed: {error} ({error:?})"))
}

fn expect<T>(what: &str, wanted: &str, outcome: backend::Result<T>) -> Result<(), String> {
    let found = match outcome {
        Err(Error::Taken) => "Taken".to_owned(),
        Err(Error::NotFound(_)) => "NotFound".to_owned(),
        Err(error) => format!("{error:?}"),
        Ok(_) => return Err(format!("{what} must fail with {wanted}, and succeeded")),
    };
    if found == wanted { Ok(()) } else { Err(format!("{what} must fail with {wanted}, and failed with {found}")) }
}

/// Returns bytes that differ by seed and by offset.
pub(crate) fn text(seed: u32, len: usize) -> Vec<u8> {
    let mut state = u64::from(seed).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut step = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        bytes.extend_from_slice(&step());
    }
    bytes.truncate(len);
    bytes
}

fn id(generation: Generation, index: u32) -> FrameId {
    FrameId { generation, index }
}

const A: Generation = Generation { number: 5, writer: 0x8000_0000_0000_0001 };
const SAME_NUMBER: Generation = Generation { number: 5, writer: 3 };
const SAME_WRITER: Generation = Generation { number: 4, writer: 0x8000_0000_0000_0001 };
const NOBODY: Generation = Generation { number: 77, writer: 77 };
