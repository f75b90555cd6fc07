use super::*;
use crate::backend::Generation;
use crate::marker::{Kind as What, Mark, Phase, Trail};
use crate::time::Timestamp;

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
    };
    let put = Change::Put { meta, len: section.len() as u64, sum: checksum(section) };
    let mut trail = Trail::default();
    let mark = Mark::new("note/text").kind(What::Edit).phase(Phase::InProgress).label("Note");
    trail.record(&mark, 1, Timestamp::from_millis(1_700_000_001_000));
    let process = Process { pid: 42, boot: None, uptime: None, app_version: "1.0".into() };
    let bodies = [
        Body::Launch(Launch {
            at: at(0, 0),
            parent: None,
            process,
            continued: false,
            ready: false,
            failures: 0,
            closed: None,
            erasable: false,
        }),
        Body::Delta(Delta {
            at: at(1, 0),
            ops: vec![Op { key: SectionKey::new("", "note"), change: put }],
            marks: trail.iter().map(|entry| ("".into(), entry.clone())).collect(),
            closed_scopes: Vec::new(),
            ends_trails: false,
        }),
        Body::Close(Close { at: at(2, 2), reason: None, erased: false }),
    ];
    let frame = |(index, body): (u32, Body)| {
        let id = FrameId { generation, index };
        let mut bytes = Vec::new();
        encode(id, &body, if index == 1 { section } else { &[] }, &mut bytes);
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
        // The payload has checksums of its own, which are judged where it is used.
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
        assert_eq!(Frame::parse(id, &bytes), Err(Unreadable::FromFuture), "byte {at} is {value}");
    }
}

#[test]
fn a_base_survives_damage_to_either_copy_of_its_directory() {
    let id = FrameId { generation: Generation { number: 2, writer: 7 }, index: 0 };
    let (covered, bytes) = example().remove(1);
    let delta = Frame::parse(covered, &bytes).unwrap();
    let Body::Delta(Delta { at, ops, .. }) = delta.body else { panic!("the second frame is a delta") };
    let covers = Point { generation: covered.generation, index: covered.index };
    let body = Body::Base(Base { at, covers, ops, trails: Vec::new() });
    let mut base = Vec::new();
    encode(id, &body, b"\x08call Ana", &mut base);
    let frame = Frame::parse(id, &base).unwrap();
    assert_eq!((frame.body.clone(), frame.len()), (body, base.len() as u64));
    for bit in 0..base.len() * 8 {
        let mut changed = base.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(Frame::parse(id, &changed).as_ref(), Ok(&frame), "bit {bit}");
    }
}
