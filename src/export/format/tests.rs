use super::*;
use crate::frame::Meta;
use crate::mark::{Mark, Trail};
use crate::time::Timestamp;
use proptest::prelude::*;

fn state(at: i64, sections: &[(&str, &[u8])]) -> ExportState {
    let meta = |version| Meta {
        version,
        codec: 1,
        private: false,
        sealed: false,
        erase_on_close: false,
        saved_at: Timestamp::from_millis(at),
        expires: None,
        stand_in: false,
        machine: None,
        group: None,
    };
    let carried = sections.iter().map(|(name, bytes)| Carried {
        key: SectionKey::new("scope", name),
        meta: meta(2),
        sum: checksum(bytes),
        bytes: Arc::new(bytes.to_vec()),
    });
    let mut trail = Trail::default();
    trail.record(&Mark::new("form/name").label("Name"), 7, Timestamp::from_millis(at));
    ExportState {
        app: Arc::default(),
        at: Timestamp::from_millis(at),
        sections: carried.collect(),
        trails: vec![("scope".into(), trail)],
        missing: Arc::default(),
    }
}

fn export() -> Export {
    let left_out = vec![LeftOut { scope: String::new(), name: "pin".to_owned(), why: WhyLeftOut::StaysHere }];
    let states =
        vec![state(1_700_000_000_000, &[("a", b"alpha"), ("b", b"")]), state(1_600_000_000_000, &[("a", b"older")])];
    let mut export = Export { app: "com.example.desk".into(), app_version: "1.2".to_owned(), states, left_out };
    export.share();
    export
}

fn refusal(bytes: &[u8]) -> ErrorKind {
    decode(bytes).unwrap_err().kind()
}

#[test]
fn an_export_decodes_to_what_was_encoded() {
    assert_eq!(decode(&encode(&export())).unwrap(), export());
}

#[test]
fn every_prefix_is_truncated_and_bytes_behind_the_end_are_damage() {
    let bytes = encode(&export());
    for len in 0..bytes.len() {
        assert_eq!(refusal(&bytes[..len]), ErrorKind::Truncated, "{len} bytes");
    }
    assert_eq!(refusal(&[&bytes[..], b"x"].concat()), ErrorKind::Damaged);
}

#[test]
fn every_flipped_bit_is_refused_and_none_counts_as_a_newer_version() {
    let bytes = encode(&export());
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            let wanted = if at < MAGIC.len() { ErrorKind::NotAnExport } else { ErrorKind::Damaged };
            assert_eq!(refusal(&flipped), wanted, "bit {bit} of byte {at}");
        }
    }
}

#[test]
fn a_newer_version_an_unknown_flag_and_an_unknown_field_are_newer() {
    let sealed = |mut bytes: Vec<u8>, body: &[u8]| {
        bytes.extend_from_slice(body);
        let sum = checksum(&bytes);
        bytes.extend_from_slice(&sum.to_le_bytes());
        bytes
    };
    assert_eq!(refusal(&sealed(header(3, 2, 0), b"new")), ErrorKind::NewerFormat);
    assert_eq!(refusal(&sealed(header(3, 1, 1), b"new")), ErrorKind::NewerFormat);
    let known = encode(&export());
    let body = &known[HEADER..known.len() - FOOTER];
    let with = |tag: u8| {
        let mut body = body.to_vec();
        put_field(&mut body, tag, b"x");
        decode(&sealed(header(body.len() as u64, 1, 0), &body))
    };
    assert_eq!(with(127).unwrap_err().kind(), ErrorKind::NewerFormat);
    assert_eq!(with(128).unwrap(), export());
}

#[test]
fn states_in_another_order_are_damage() {
    let mut swapped = Vec::new();
    let known = export();
    put_field(&mut swapped, APP, b"com.example.desk");
    put_field(&mut swapped, STATE, &encode_state(id(2), &known.states[1]));
    put_field(&mut swapped, STATE, &encode_state(id(1), &known.states[0]));
    let mut bytes = header(swapped.len() as u64, VERSION, 0);
    bytes.append(&mut swapped);
    let sum = checksum(&bytes);
    bytes.extend_from_slice(&sum.to_le_bytes());
    assert_eq!(refusal(&bytes), ErrorKind::Damaged);
}

#[test]
fn other_files_and_sealed_ones_are_no_exports() {
    assert_eq!(refusal(b"PK\x03\x04 some archive"), ErrorKind::NotAnExport);
    let sealed = decode(&[0x89, b'L', b'S', 1, 0, 0]).unwrap_err();
    assert_eq!((sealed.kind(), sealed.to_string().contains("sealed")), (ErrorKind::NotAnExport, true));
    assert_eq!(refusal(b""), ErrorKind::Truncated);
}

proptest! {
    #[test]
    fn hostile_bodies_never_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse_body(&body);
        let mut frame = Vec::new();
        put_field(&mut frame, APP, b"a");
        put_field(&mut frame, STATE, &body);
        prop_assert!(parse_body(&frame).is_err());
    }
}
