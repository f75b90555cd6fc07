//! Positions as bytes.

use super::*;
use crate::wire::{Malformed, put_field};

fn bytes_of(position: &Position) -> Vec<u8> {
    let mut bytes = Vec::new();
    position.encode(&mut bytes);
    bytes
}

#[test]
fn the_bytes_of_a_position_never_change() {
    let long = format!("a{}é", "-".repeat(300));
    let dashes = [b'-'; 31];
    let stored: [(Position, Vec<u8>); 6] = [
        (Position::default(), vec![]),
        (
            Position::text("one two three", 4..7),
            [&[1, 2, 4, 3, 2, 4][..], b"one ", &[3, 3], b"two", &[5, 6], b" three"].concat(),
        ),
        (
            Position::text(&long, 0..long.len()),
            [&[1, 3, 0, 0xaf, 2, 3, 32, b'a'][..], &dashes, &[4, 33], &dashes, "é".as_bytes()].concat(),
        ),
        (
            Position::scroll("r/7", 2.5).viewport(0.5, -1.0),
            vec![6, 7, 0, 0, 0x20, 0x40, b'r', b'/', b'7', 9, 8, 0, 0, 0, 0x3f, 0, 0, 0x80, 0xbf],
        ),
        (Position::value(-2), vec![7, 8, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
        (Position::host(vec![3, 2, 1]), vec![8, 3, 3, 2, 1]),
    ];
    for (position, bytes) in stored {
        assert_eq!(bytes_of(&position), bytes, "{position:?}");
        assert_eq!(Position::decode(&bytes), Ok(position));
    }
}

#[test]
fn what_a_newer_version_wrote_is_written_back() {
    let stored = [1, 2, 1, 0, 2, 1, b'a', 10, 2, 1, 2, 255, 0];
    let read = Position::decode(&stored).unwrap();
    assert_eq!(read.find_in("ab").unwrap().0, 1..1);
    assert_eq!(bytes_of(&read), stored);
    // A content that only it understands is none.
    assert_eq!(Position::decode(&[10, 1, 7]).unwrap().content(), &Content::None);
}

#[test]
fn only_the_one_right_form_is_read() {
    let nan = f32::NAN.to_le_bytes();
    let wrong: [(&str, &[u8]); 24] = [
        ("tag zero", &[0, 0]),
        ("a tag twice", &[8, 0, 8, 0]),
        ("tags out of order", &[8, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0]),
        ("an unknown tag twice", &[20, 0, 20, 0]),
        ("unknown tags out of order", &[21, 0, 20, 0]),
        ("two kinds of content", &[7, 8, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0]),
        ("a text and something else", &[1, 2, 0, 0, 8, 0]),
        ("a text without a range", &[2, 1, b'a']),
        ("an empty text", &[1, 2, 1, 0, 2, 0]),
        ("half a range", &[1, 1, 0]),
        ("more than a range", &[1, 3, 0, 0, 0]),
        ("a long varint", &[1, 3, 0x80, 0, 0]),
        ("a range beyond all memory", &[1, 11, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 1]),
        ("no text but bytes", &[1, 2, 1, 0, 2, 1, 0xff]),
        ("more before than there was", &[1, 2, 1, 0, 2, 2, b'a', b'b']),
        ("more selected than there was", &[1, 2, 0, 1, 3, 2, b'a', b'b']),
        ("less selected than there was", &[1, 2, 0, 3, 3, 2, b'a', b'b']),
        ("nothing of what was selected", &[1, 2, 1, 1, 2, 1, b'a']),
        ("a short front with an end", &[1, 2, 0, 9, 3, 1, b'a', 4, 1, b'b']),
        ("a value of other size", &[7, 7, 0, 0, 0, 0, 0, 0, 0]),
        ("no offset", &[6, 3, 0, 0, 0]),
        ("no number", &[6, 4, nan[0], nan[1], nan[2], nan[3]]),
        ("a zero below zero", &[6, 4, 0, 0, 0, 0x80]),
        ("half a viewport", &[9, 4, 0, 0, 0, 0]),
    ];
    for (what, bytes) in wrong {
        assert_eq!(Position::decode(bytes), Err(Malformed), "{what}");
    }
}

#[test]
fn lengths_are_capped_on_the_way_in() {
    let field = |tag: u8, value: Vec<u8>| {
        let mut bytes = Vec::new();
        put_field(&mut bytes, tag, &value);
        bytes
    };
    let quoted = |tag: u8, count: usize| [vec![1, 3, 0xff, 1, 0], field(tag, "é".repeat(count).into_bytes())].concat();
    let is_read = |bytes: Vec<u8>| Position::decode(&bytes).is_ok();
    for tag in [2, 5] {
        assert!(is_read(quoted(tag, CONTEXT)) && !is_read(quoted(tag, CONTEXT + 1)), "{tag}");
    }
    let selected =
        |tag: u8, count: usize| [vec![1, 2, 0, 100, 3, 32], vec![b'a'; 32], field(tag, vec![b'a'; count])].concat();
    assert!(is_read(selected(4, CONTEXT)) && !is_read(selected(4, CONTEXT + 1)));
    for (tag, cap) in [(6, 4 + MAX_PATH), (8, MAX_HOST), (99, 1024 - 3)] {
        assert!(is_read(field(tag, vec![0; cap])) && !is_read(field(tag, vec![0; cap + 1])), "{tag}");
    }
}

proptest! {
    #[test]
    fn any_position_comes_back_as_it_was(
        (text, range) in any_text_and_range(), kind in 0..5, offset: f32, value: i64, host: Vec<u8>,
        viewport: Option<(f32, f32)>,
    ) {
        let position = match kind {
            0 => Position::default(),
            1 => Position::scroll(&text, offset),
            2 => Position::value(value),
            3 => Position::host(host),
            _ => Position::text(&text, range),
        };
        let position = viewport.map_or(position.clone(), |(x, y)| position.viewport(x, y));
        prop_assert_eq!(Position::decode(&bytes_of(&position)), Ok(position.clone()));
        let bare = position.without_content();
        prop_assert_eq!(Position::decode(&bytes_of(&bare)), Ok(bare));
    }

    #[test]
    fn hostile_bytes_never_panic_and_have_one_form(bytes in hostile(), text in "\\PC{0,40}") {
        if let Ok(position) = Position::decode(&bytes) {
            prop_assert_eq!(bytes_of(&position), bytes);
            if let Some((range, _)) = position.find_in(&text) {
                prop_assert!(text.get(range).is_some());
            }
        }
    }
}

/// Sequences of well-formed fields, each of which may be wrong inside: plain noise rarely gets past the first tag.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let value = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..4),
        prop::collection::vec(any::<u8>(), 8),
        prop::collection::vec(b'a'..=b'z', 0..9),
    ];
    let range = (0_u8..9, 0_u8..9).prop_map(|(start, len)| vec![1, 2, start, len]);
    let fields = prop::collection::btree_map(0_u8..13, value, 0..5);
    (prop::option::of(range), fields, prop::collection::vec(any::<u8>(), 0..2)).prop_map(|(range, fields, noise)| {
        let mut bytes = range.clone().unwrap_or_default();
        for (tag, value) in fields.iter().filter(|(tag, _)| range.is_none() || **tag > 1) {
            put_field(&mut bytes, *tag, value);
        }
        bytes.extend_from_slice(&noise);
        bytes
    })
}
