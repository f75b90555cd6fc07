//! The bodies of the fuzz targets in `fuzz/`: each takes any bytes and panics where a promise is broken.
//!
//! Compiled for unit tests, which run every body on a stable compiler, and with `--cfg fuzzing`, which `cargo fuzz` sets. No
//! other build has this module. It is part of the library because the bodies need private items: the frame encoder, the
//! codecs' decoder, the records of a log.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::missing_panics_doc, reason = "a panic is the verdict")]

pub(crate) mod section;

#[cfg(any(unix, windows))]
use crate::backend::FileBackend;
use crate::backend::{Backend, FrameId, Generation, MemoryBackend};
use crate::frame::{self, Body, Change, Frame, Kind, checksum};
use crate::mark::Trail;
use crate::marker::anchor::{Anchor, Element, Elements, Position};
use crate::marker::resolve::Resolver;
use crate::wire::Reader;
use crate::{AppId, Migration, Outcome, Section, Session};

/// Decoding a frame never panics, and what was decoded is written back the same.
pub fn frame(data: &[u8]) {
    let id = FrameId { generation: Generation { number: 7, writer: 9 }, index: 3 };
    let mut frames = vec![data.to_vec()];
    // Once more with checksums that hold, or no input would ever get past them.
    frames.extend(sealed(id, data));
    for bytes in frames {
        let Ok(frame) = Frame::parse(id, &bytes) else { continue };
        let start = usize::try_from(frame.header.payload_start()).unwrap();
        let end = start + usize::try_from(frame.header.payload_len).unwrap();
        let Some(payload) = bytes.get(start..end) else { continue };
        let mut again = Vec::new();
        frame::encode(id, &frame.body, std::iter::once(payload), &mut again);
        // A frame may have fields of a newer writer, which this one steps over and does not repeat.
        if again.len() as u64 == frame.len() && bytes.len() as u64 == frame.len() {
            assert_eq!(Frame::parse(id, &again).as_ref(), Ok(&frame), "what is written back says the same");
        }
        assert!(Frame::parse(id, &again).is_ok_and(|again| again.body == frame.body));
    }
}

/// A log of frames with damage anywhere opens, is never taken for an empty one, keeps what it has, and can be used.
pub fn log(data: &[u8]) {
    let memory = MemoryBackend::new();
    let frames = frames(data);
    let mut stored = Vec::new();
    for (id, bytes) in frames {
        if memory.create(id, &bytes).is_ok() {
            stored.push((id, bytes));
        }
    }
    let may_be_erased = stored.iter().any(|(id, bytes)| asks_for_erasure(*id, bytes));
    for round in 0..2 {
        let mut session = open(memory.clone());
        if !stored.is_empty() {
            assert_ne!(session.outcome(), Outcome::Fresh, "something was stored");
        }
        use_it(&mut session, round);
        close(session, may_be_erased);
    }
    for (id, bytes) in stored {
        match memory.read(id) {
            Ok(now) => assert_eq!(now, bytes, "no stored frame changed"),
            Err(_) => assert!(may_be_erased, "a frame is gone that nobody asked to erase"),
        }
    }
}

/// A close fails only where something should be erased that is out of reach, and then it says so.
fn close(mut session: Session, may_be_erased: bool) {
    if let Err(error) = session.close() {
        assert!(may_be_erased, "{error:#}");
    }
}

/// Whether a clean close may have to erase something because of this frame. One that cannot be read as a whole may.
fn asks_for_erasure(id: FrameId, bytes: &[u8]) -> bool {
    let Ok(frame) = Frame::parse(id, bytes) else { return true };
    let ops = match &frame.body {
        Body::Launch(launch) => return launch.erasable,
        Body::Delta(delta) => &delta.ops,
        Body::Base(base) => &base.ops,
        _ => return false,
    };
    ops.iter().any(|op| op.change.meta().is_some_and(|meta| meta.erase_on_close))
}

/// A folder that anybody filled opens, shows no frame that was never written, changes no file, and can be used.
#[cfg(any(unix, windows))]
pub fn folder(data: &[u8]) {
    let mut planted = crate::backend::file::fuzz::plant(data, sealed);
    let scratch = planted.write();
    let mut may_be_erased = false;
    for round in 0..2 {
        let backend = FileBackend::open(&scratch.0).unwrap();
        if round == 0 {
            planted.check(&backend);
            let asks = |id: FrameId| asks_for_erasure(id, &backend.read(id).unwrap_or_default());
            may_be_erased = backend.list().unwrap().into_iter().any(asks);
        }
        let anything = !backend.generations().unwrap().is_empty();
        let mut session = open(backend);
        assert_eq!(session.outcome() == Outcome::Fresh, !anything, "fresh is what has no log");
        use_it(&mut session, round);
        close(session, may_be_erased);
        planted.check_files(&scratch.0, may_be_erased);
    }
}

/// Marks have one form: what can be read is written back with the same bytes.
pub fn trail(data: &[u8]) {
    let Ok(trail) = Trail::decode(data) else { return };
    let mut again = Vec::new();
    trail.encode(&mut again);
    assert_eq!(again, data, "one form for each trail");
}

/// Two rounds of reading everything and saving something else.
fn use_it(session: &mut Session, round: i32) {
    const TEXT: Section<String> = Section::new("text", 1);
    #[derive(serde::Deserialize)]
    #[serde(transparent)]
    struct Short(Vec<u16>);
    impl From<Short> for Vec<u32> {
        fn from(old: Short) -> Self {
            old.0.into_iter().map(u32::from).collect()
        }
    }
    const LIST: Section<Vec<u32>> = Section::new("list", 2).migrations(&[Migration::from::<Short>(1)]);
    let text = session.get(TEXT);
    let list = session.get(LIST);
    if round == 1 {
        assert_eq!(text.unwrap().as_deref(), Some("ninth"), "what was saved comes back");
        assert_eq!(list.unwrap(), Some(vec![1, 2, 3]));
    }
    for word in ["first", "second", "ninth"] {
        session.mark("text");
        session
            .autosave(|capture| {
                capture.set(TEXT, &word.to_owned());
                capture.set(LIST, &vec![1, 2, 3]);
            })
            .unwrap();
    }
    let _ = (session.report(), session.quarantined(), session.marker().is_some(), session.status(), session.scopes());
}

/// A section's bytes decode within their limits or not at all, and what was decoded is written back the same.
pub fn section(data: &[u8]) {
    section::check(data);
}

fn open(backend: impl Backend) -> Session {
    // The thread would make a finding depend on the moment; retention must not drop what is compared.
    let builder = Session::builder(AppId::new("com.example.fuzz")).backend(backend).without_thread();
    builder.history_launches(usize::MAX).history_bytes(u64::MAX).open()
}

/// An anchor and a position are read or refused, written back the same, and give the same answer each time in any
/// interface and any text.
pub fn anchor(data: &[u8]) {
    let mut reader = Reader::new(data);
    let Ok(stored) = reader.bytes() else { return };
    let rest = String::from_utf8_lossy(reader.rest());
    if let Some(anchor) = Anchor::from_bytes(stored) {
        assert_eq!(anchor.to_bytes(), stored);
        let mut elements = Elements::new();
        // Each line is an element: its path, and its name behind a blank.
        for line in rest.lines().take(64) {
            let (path, name) = line.split_once(' ').unwrap_or((line, ""));
            elements.add(Element::new(path).role("field").name(name));
        }
        let found = Resolver::new().resolve(&anchor, &elements);
        assert_eq!(found, Resolver::new().resolve(&anchor, &elements));
        assert!((0.0..=1.0).contains(&found.score()));
    }
    if let Ok(position) = Position::decode(stored) {
        let mut again = Vec::new();
        position.encode(&mut again);
        assert_eq!(again, stored);
        if let Some(found) = position.find_in(&rest) {
            assert!(rest.get(found.0.clone()).is_some(), "on character boundaries");
            assert_eq!(position.find_in(&rest), Some(found));
        }
    }
}

/// Cuts the input into frames of a few generations: `generation:1 how:1 length:2 bytes`.
fn frames(data: &[u8]) -> Vec<(FrameId, Vec<u8>)> {
    let mut reader = Reader::new(data);
    let mut frames = Vec::new();
    let mut next = std::collections::BTreeMap::<Generation, u32>::new();
    while let (Ok(generation), Ok(how), Ok(len)) = (reader.u8(), reader.u8(), reader.u16()) {
        let bytes = reader.take(usize::from(len)).unwrap_or_else(|_| reader.rest());
        let generation = Generation { number: u64::from(generation % 8) + 1, writer: u64::from(generation / 128) };
        let index = next.entry(generation).or_default();
        let id = FrameId { generation, index: *index };
        *index += 1;
        // The highest bit asks for bytes as they are.
        let frame = if how & 0x80 == 0 { sealed(id, bytes) } else { None };
        frames.push((id, frame.unwrap_or_else(|| bytes.to_vec())));
        if bytes.len() < usize::from(len) {
            break;
        }
    }
    frames
}

/// A frame with right checksums from `kind:1 directory_length:2 directory payload`.
fn sealed(id: FrameId, data: &[u8]) -> Option<Vec<u8>> {
    let mut reader = Reader::new(data);
    let kind = Kind::from_number(reader.u8().ok()? % 9)?;
    let len = usize::from(reader.u16().ok()?);
    let directory = reader.take(len).ok()?;
    let mut bytes = Vec::new();
    frame::seal(id, kind, |out| out.extend_from_slice(directory), std::iter::once(reader.rest()), &mut bytes);
    let Ok(mut frame) = Frame::parse(id, &bytes) else { return Some(bytes) };
    let mut rest = reader.rest();
    let ops = match &mut frame.body {
        Body::Delta(delta) => delta.ops.as_mut_slice(),
        Body::Base(base) => base.ops.as_mut_slice(),
        _ => &mut [],
    };
    for op in ops {
        let len = usize::try_from(op.change.payload_len()).ok()?;
        let (section, tail) = rest.split_at_checked(len)?;
        rest = tail;
        if let Change::Put { sum, .. } | Change::PutParked { sum, .. } = &mut op.change {
            *sum = checksum(section);
        }
    }
    bytes.clear();
    frame::encode(id, &frame.body, std::iter::once(reader.rest()), &mut bytes);
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use proptest::prelude::*;

    type Target = fn(&[u8]);

    const TARGETS: &[(&str, Target)] = &[
        ("frame", super::frame),
        ("log", super::log),
        ("section", super::section),
        ("trail", super::trail),
        ("anchor", super::anchor),
        #[cfg(any(unix, windows))]
        ("folder", super::folder),
    ];

    fn corpus(target: &str) -> Vec<Vec<u8>> {
        inputs(target).map(|input| fs::read(input.path()).unwrap()).collect()
    }

    fn inputs(target: &str) -> impl Iterator<Item = fs::DirEntry> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
        // A released package has no inputs.
        fs::read_dir(folder).into_iter().flatten().map(Result::unwrap)
    }

    /// What the fuzzer found its way with, on a stable compiler.
    #[test]
    fn the_committed_inputs_of_every_target_hold() {
        let mut folders = 0;
        for (target, body) in TARGETS {
            let inputs = corpus(target);
            assert!(inputs.is_empty() || inputs.len() >= 5, "{target}: {} inputs", inputs.len());
            for input in &inputs {
                body(input);
            }
            folders += usize::from(!inputs.is_empty());
        }
        if let Ok(there) = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus")) {
            assert_eq!(there.count(), folders, "a corpus without a target here");
        }
    }

    /// Those that were written by hand; the ones that the fuzzer found, named by their hash, are many.
    #[test]
    fn every_cut_and_flip_of_a_written_input_holds() {
        for (target, body) in [("frame", super::frame as Target), ("log", super::log), ("section", super::section)] {
            for input in inputs(target).filter(|input| input.file_name().len() != 40) {
                let bytes = fs::read(input.path()).unwrap();
                body(&bytes);
                for cut in 0..bytes.len() {
                    body(&bytes[..cut]);
                    let mut flipped = bytes.clone();
                    flipped[cut] ^= 1 << (cut % 8);
                    body(&flipped);
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn any_bytes_are_a_frame_or_not(data in prop::collection::vec(any::<u8>(), 0..300)) {
            super::frame(&data);
        }

        #[test]
        fn any_bytes_are_a_log(data in prop::collection::vec(any::<u8>(), 0..600)) {
            super::log(&data);
        }

        #[test]
        fn any_bytes_are_an_anchor_or_not(data in prop::collection::vec(any::<u8>(), 0..300)) {
            super::anchor(&data);
        }

        #[test]
        fn any_bytes_are_a_trail_or_not(data in prop::collection::vec(any::<u8>(), 0..300)) {
            super::trail(&data);
        }

        #[test]
        fn any_bytes_are_a_section_or_not(data in prop::collection::vec(any::<u8>(), 0..300)) {
            super::section(&data);
        }
    }

    #[cfg(any(unix, windows))]
    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]

        #[test]
        fn any_bytes_are_a_folder(data in prop::collection::vec(any::<u8>(), 0..400)) {
            super::folder(&data);
        }
    }
}
