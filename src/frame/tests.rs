use super::*;
use crate::backend::Generation;
use crate::mark::{Action as What, Mark, Trail};
use crate::time::Timestamp;
use crate::wire::put_field;

/// The frames of the example in `docs/format.md`: a launch, a note, a clean close.
fn example() -> Vec<(FrameId, Vec<u8>)> {
    let generation = Generation { number: 1, writer: 7 };
    let at = |seconds: u64, synced| Moment {
        wall: Timestamp::from_millis(1_700_000_000_000 + i64::try_from(seconds * 1000).unwrap()),
        monotonic: seconds * 1000,
        synced,
        after: None,
    };
    let section = b"\x08call Ana";
    let meta = Meta {
        version: 1,
        codec: 1,
        private: false,
        erase_on_close: false,
        saved_at: Timestamp::from_millis(1_700_000_001_000),
        expires: None,
        stand_in: false,
        machine: None,
        group: None,
    };
    let put = Change::Put { meta, len: section.len() as u64, sum: checksum(section) };
    let mut trail = Trail::default();
    let mark = Mark::new("note/text").action(What::Edit).label("Note");
    trail.record(&mark, 1, Timestamp::from_millis(1_700_000_001_000));
    let process = Process { pid: 42, boot: None, uptime: None, app_version: "1.0".into() };
    let bodies = [
        Body::Launch(Launch {
            at: at(0, 0),
            parent: None,
            process,
            continued: false,
            ready: false,
            caution: Caution::default(),
            closed: None,
            erasable: false,
            passed: Vec::new(),
            past: Vec::new(),
            restart: false,
            left: None,
        }),
        Body::Delta(Delta {
            at: at(1, 0),
            ops: vec![Op { key: SectionKey::new("", "note"), change: put }],
            marks: trail.iter().map(|entry| ("".into(), entry.clone())).collect(),
            replaces: false,
            refused: Vec::new(),
        }),
        Body::Close(Close { at: at(2, 2), reason: None, erased: false }),
    ];
    let frame = |(index, body): (u32, Body)| {
        let id = FrameId { generation, index };
        let mut bytes = Vec::new();
        encode(id, &body, std::iter::once(section.as_slice()).filter(|_| index == 1), &mut bytes);
        assert_eq!(Frame::parse(id, &bytes).unwrap().body, body);
        (id, bytes)
    };
    (0..).zip(bodies).map(frame).collect()
}

#[test]
fn the_example_of_the_format_document_is_what_is_written() {
    let document = include_str!("../docs/format.md");
    for (id, bytes) in example() {
        let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        for line in hex.chunks(16) {
            assert!(document.contains(&line.join(" ")), "frame {}: {}", id.index, hex.join(" "));
        }
    }
}

#[test]
fn a_frame_with_any_bit_changed_is_not_the_same_frame() {
    for (id, bytes) in example() {
        let whole = Frame::parse(id, &bytes).unwrap();
        // The payload has its own checksums, which are verified when it is used.
        let covered = usize::try_from(whole.header.payload_start()).unwrap();
        for bit in 0..covered * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Frame::parse(id, &changed), Err(Unreadable::Damaged), "frame {}, bit {bit}", id.index);
        }
    }
}

#[test]
fn a_frame_under_another_name_is_damaged() {
    for (id, bytes) in example() {
        let elsewhere = [
            FrameId { index: id.index + 1, ..id },
            FrameId { generation: Generation { writer: 8, ..id.generation }, ..id },
            FrameId { generation: Generation { number: 2, ..id.generation }, ..id },
        ];
        for id in elsewhere {
            assert_eq!(Frame::parse(id, &bytes), Err(Unreadable::Damaged));
        }
    }
}

#[test]
fn a_newer_format_is_from_the_future_and_not_damaged() {
    for (at, value) in [(4, FORMAT + 1), (4, 255), (6, 1), (7, 128)] {
        let (id, mut bytes) = example().remove(0);
        bytes[at] = value;
        let sum = checksum(&bytes[..HEADER_LEN - 8]).to_le_bytes();
        bytes[HEADER_LEN - 8..HEADER_LEN].copy_from_slice(&sum);
        assert_eq!(Frame::parse(id, &bytes), Err(Unreadable::NewerFormat), "byte {at} is {value}");
    }
}

#[test]
fn a_base_survives_damage_to_either_copy_of_its_directory() {
    let id = FrameId { generation: Generation { number: 2, writer: 7 }, index: 0 };
    let (covered, bytes) = example().remove(1);
    let delta = Frame::parse(covered, &bytes).unwrap();
    let Body::Delta(Delta { at, ops, .. }) = delta.body else { panic!("the second frame is a delta") };
    let covers = Point { generation: covered.generation, index: covered.index };
    let body = Body::Base(Base {
        at,
        covers,
        ops,
        sorted: None,
        trails: Vec::new(),
        refused: vec![(SectionKey::new("a", "b"), at.wall)],
        past: vec![Generation { number: 2, writer: 7 }],
    });
    let mut base = Vec::new();
    encode(id, &body, std::iter::once(b"\x08call Ana".as_slice()), &mut base);
    let frame = Frame::parse(id, &base).unwrap();
    assert_eq!((frame.body.clone(), frame.len()), (body, base.len() as u64));
    for bit in 0..base.len() * 8 {
        let mut changed = base.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(Frame::parse(id, &changed).as_ref(), Ok(&frame), "bit {bit}");
    }
}

#[test]
fn sorted_sections_of_a_base_are_the_same_parsed_and_in_place_and_survive_damage_to_either_copy() {
    let (covered, bytes) = example().remove(1);
    let Body::Delta(Delta { at, ops, .. }) = Frame::parse(covered, &bytes).unwrap().body else {
        panic!("the second frame is a delta")
    };
    let named = |name: String| Op { key: SectionKey::new("", &name), ..ops[0].clone() };
    let own = named("\u{1}spot".into());
    let ops: Vec<_> = [own.clone()].into_iter().chain((0..100).map(|number| named(format!("{number:03}")))).collect();
    let covers = Point { generation: covered.generation, index: covered.index };
    let base = Base { at, covers, ops, sorted: None, trails: Vec::new(), refused: Vec::new(), past: Vec::new() };
    let id = FrameId { generation: Generation { number: 2, writer: 7 }, index: 0 };
    let mut bytes = Vec::new();
    let section: &[u8] = b"\x08call Ana";
    encode(id, &Body::Base(base.clone()), std::iter::repeat_n(section, 101), &mut bytes);
    assert_eq!(Frame::parse(id, &bytes).unwrap().body, Body::Base(base.clone()));
    let check = |bytes: &[u8]| {
        let frame = Frame::parse_in_place(id, bytes).unwrap();
        assert_eq!((frame.body.ops(), &*frame.body.all_ops()), (&[own.clone()][..], &*base.ops));
        assert!(frame.holds(bytes) && frame.len() == bytes.len() as u64);
    };
    check(&bytes);
    for at in (0..bytes.len()).step_by(61).filter(|at| bytes[*at..].len() > 56 && !is_payload(&bytes, *at)) {
        let mut changed = bytes.clone();
        changed[at] ^= 4;
        check(&changed);
    }
}

fn is_payload(base: &[u8], at: usize) -> bool {
    let header = Header::parse(base).unwrap();
    let start = usize::try_from(header.payload_start()).unwrap();
    (start..start + usize::try_from(header.payload_len).unwrap()).contains(&at)
}

/// Parses a frame of these fields, with valid checksums.
fn made_of(kind: Kind, fields: &[(u8, &[u8])]) -> Result<Frame, Unreadable> {
    let id = FrameId { generation: Generation { number: 2, writer: 7 }, index: 0 };
    let mut bytes = Vec::new();
    let directory = |out: &mut Vec<u8>| fields.iter().for_each(|(tag, value)| put_field(out, *tag, value));
    seal(id, kind, directory, std::iter::empty(), &mut bytes);
    Frame::parse(id, &bytes)
}

/// The time, the first field of every frame.
const AT: (u8, &[u8]) = (1, &[0; 9]);

#[test]
fn fields_of_a_newer_version_are_stepped_over_where_it_says_that_they_may_be() {
    let plain = made_of(Kind::Ready, &[AT]).unwrap();
    for more in [&[(128, &b"x"[..])][..], &[(128, b""), (128, b"y"), (255, b"z")], &[(200, b"")]] {
        assert_eq!(made_of(Kind::Ready, &[&[AT], more].concat()).unwrap().body, plain.body);
    }
    assert_eq!(made_of(Kind::Ready, &[AT, (127, b"")]), Err(Unreadable::NewerFormat));
    assert_eq!(made_of(Kind::Ready, &[AT, (200, b""), (199, b"")]), Err(Unreadable::Damaged), "tags ascend");
    assert_eq!(made_of(Kind::Ready, &[]), Err(Unreadable::Damaged), "every frame says when");
}

#[test]
fn a_count_of_none_is_said_by_saying_nothing() {
    assert!(made_of(Kind::Ready, &[AT, (2, &[1])]).is_ok());
    assert_eq!(made_of(Kind::Ready, &[AT, (2, &[0])]), Err(Unreadable::Damaged));
    let process = [[0; 4].as_slice(), &[0, 0]].concat();
    let launch = |strikes: &[u8]| made_of(Kind::Launch, &[AT, (17, &process), (18, b"1.0"), (21, strikes)]);
    assert!(launch(&[2, 1]).is_ok());
    for wrong in [[].as_slice(), &[1], &[0, 0], &[1, 2], &[1, 1, 1]] {
        assert_eq!(launch(wrong), Err(Unreadable::Damaged), "{wrong:?}");
    }
}

/// A frame with a damaged start is read from its end: only a base has a second copy there, and only at that offset.
#[test]
fn the_end_of_a_frame_that_is_no_base_or_has_another_length_is_not_believed() {
    let (id, delta) = example().remove(1);
    let (header, rest) = delta.split_at(HEADER_LEN);
    let directory = &rest[..Frame::parse(id, &delta).unwrap().header.directory_len as usize];
    let like_a_base = [&[0; HEADER_LEN], rest, directory, header].concat();
    assert_eq!(Frame::parse(id, &like_a_base), Err(Unreadable::Damaged));
    let covers = Point { generation: Generation { number: 1, writer: 7 }, index: 3 };
    let id = FrameId { index: 0, ..id };
    let Body::Delta(Delta { at, ops, .. }) = Frame::parse(example()[1].0, &delta).unwrap().body else {
        panic!("the second frame is a delta")
    };
    let mut base = Vec::new();
    encode(
        id,
        &Body::Base(Base { at, covers, ops, sorted: None, trails: Vec::new(), refused: Vec::new(), past: Vec::new() }),
        std::iter::once(b"\x08call Ana".as_slice()),
        &mut base,
    );
    base[..HEADER_LEN].fill(0);
    assert!(Frame::parse(id, &base).is_ok());
    base.insert(HEADER_LEN, 0);
    assert_eq!(Frame::parse(id, &base), Err(Unreadable::Damaged));
}

#[test]
fn a_frame_holds_the_bytes_that_it_speaks_of() {
    let (id, delta) = example().remove(1);
    let frame = Frame::parse(id, &delta).unwrap();
    assert!(frame.holds(&delta));
    let start = delta.len() - b"\x08call Ana".len();
    for at in start..delta.len() {
        let mut changed = delta.clone();
        changed[at] ^= 1;
        assert!(!frame.holds(&changed) && !frame.holds(&delta[..at]), "byte {at}");
    }
    // A section without a readable copy is still listed in a base, and has no bytes that could be missing.
    let Body::Delta(Delta { ops, .. }) = &frame.body else { panic!("the second frame is a delta") };
    let meta = *ops[0].change.meta().unwrap();
    let nothing = Change::PutParked { meta, why: Parked::Unread, len: 0, sum: 5 };
    assert_eq!(nothing.payload_sum(), None);
}

#[test]
fn sections_are_named_and_ordered_by_scope_and_name() {
    let keys = [("", "b"), ("window/1", "a"), ("window/2", "a"), ("window/2", "b")]
        .map(|(scope, name)| SectionKey::new(scope, name));
    for pair in keys.windows(2) {
        assert!(pair[0] < pair[1]);
    }
    assert_eq!(keys[0].to_string(), "b");
    assert_eq!(keys[1].to_string(), "a of window/1");
}

#[test]
fn every_change_comes_back_as_it_was_written() {
    let (id, delta) = example().remove(1);
    let Body::Delta(Delta { ops, .. }) = Frame::parse(id, &delta).unwrap().body else {
        panic!("the second frame is a delta")
    };
    let meta =
        Meta { private: true, expires: Some(std::time::Duration::from_secs(9)), ..*ops[0].change.meta().unwrap() };
    let changes = [
        Change::Put { meta, len: 300, sum: 1 },
        Change::Patch { meta: Meta { erase_on_close: true, ..meta }, len: 1, prefix: 2, suffix: 3, base: 4, sum: 5 },
        Change::Remove,
        Change::Park { why: Parked::Blamed },
        Change::PutParked { meta, why: Parked::FreshStart, len: 0, sum: 7 },
        Change::PutParked { meta, why: Parked::BlamedClosed, len: 0, sum: 7 },
        Change::PutParked { meta, why: Parked::FreshStartClosed, len: 0, sum: 7 },
        Change::DropParked,
        Change::Unpark { sum: 6 },
        Change::Put { meta: Meta { stand_in: true, group: Some(7), ..meta }, len: 1, sum: 2 },
    ];
    for change in changes {
        let op = Op { key: SectionKey::new("window/1", "form"), change };
        let mut bytes = Vec::new();
        op.encode(&mut bytes);
        assert_eq!(Op::parse(&bytes), Ok(op));
        bytes.push(0);
        assert_eq!(Op::parse(&bytes), Err(Unreadable::Damaged));
    }
}
