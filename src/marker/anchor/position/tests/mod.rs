mod find;
mod prose;
mod stored;

use proptest::prelude::*;

use super::*;

fn found(position: &Position, text: &str) -> (Range<usize>, TextMatch) {
    position.find_in(text).unwrap()
}

/// Any text with any range, most of which is no sensible one.
fn any_text_and_range() -> impl Strategy<Value = (String, Range<usize>)> {
    let text = prop_oneof!["\\PC{0,20}", "[ab \n]{0,90}", "[ a-zäあé\u{301}👩\u{200d}🚀]{0,120}"];
    let offset = || prop_oneof![9 => 0_usize..150, 1 => any::<usize>()];
    (text, offset(), offset()).prop_map(|(text, start, end)| (text, start..end))
}

/// One of the character boundaries of the text.
fn boundary(text: &str, at: prop::sample::Index) -> usize {
    let boundaries: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    boundaries[at.index(boundaries.len())]
}

#[test]
fn debug_shows_offsets_and_keys_and_no_content() {
    let text = Position::text(&"secret ".repeat(50), 7..300).viewport(0.5, 0.25);
    let mut newer = Position::value(4711);
    newer.unknown.0.extend_from_slice(b"secret");
    for position in [text, Position::host(b"secret".to_vec()), newer] {
        let shown = format!("{position:?}");
        assert!(!shown.contains("secret") && !shown.contains("4711") && !shown.contains("115, 101"), "{shown}");
    }
    assert!(format!("{:?}", Position::text("abc", 1..2).viewport(0.5, 0.25)).contains("1..2"));
    assert!(format!("{:?}", Position::scroll("row/7", 2.5)).contains("\"row/7\", offset: 2.5"));
}

#[test]
fn what_a_sensitive_element_keeps_says_nothing_of_its_content() {
    let mut text = Position::text("hunter2", 3..5).viewport(0.5, 0.25);
    text.unknown.0.extend_from_slice(&[200, 1, 7]);
    let kept = text.without_content();
    let mut bytes = Vec::new();
    kept.encode(&mut bytes);
    assert_eq!(bytes, [1, 2, 3, 2, 9, 8, 0, 0, 0, 0x3f, 0, 0, 0x80, 0x3e], "offsets and viewport");
    assert_eq!(found(&kept, "hunter2"), (3..5, TextMatch::Clamped), "nothing tells that it is the same");
    assert_eq!(found(&kept, "hun"), (3..3, TextMatch::Clamped));

    let [value, host] = [Position::value(1234), Position::host(vec![1])].map(Position::without_content);
    assert_eq!((value.content(), host.content()), (&Content::None, &Content::None));
    assert_eq!(Position::scroll("row", 1.0).without_content(), Position::scroll("row", 1.0));
}

#[test]
fn what_is_too_long_or_not_finite_is_not_kept() {
    assert_eq!(Position::host(vec![0; MAX_HOST]).content(), &Content::Host(vec![0; MAX_HOST]));
    assert_eq!(Position::host(vec![0; MAX_HOST + 1]).content(), &Content::None);
    let key = "x".repeat(MAX_PATH + 1);
    assert!(matches!(Position::scroll(&key[1..], 0.0).content(), Content::Scroll { item, .. } if item == &key[1..]));
    assert_eq!(Position::scroll(&key, 0.0).content(), &Content::None);
    assert_eq!(Position::scroll("row", f32::INFINITY), Position::scroll("row", 0.0));
    for (x, y) in [(f32::NAN, 0.0), (0.0, f32::NEG_INFINITY)] {
        assert_eq!(Position::default().viewport(0.5, 0.5).viewport(x, y).viewport_fraction(), None);
    }
}

proptest! {
    #[test]
    fn what_is_kept_is_what_stood_there((text, range) in any_text_and_range()) {
        let position = Position::text(&text, range);
        let Content::Text { range, prefix, exact, exact_end, suffix } = position.content() else { panic!() };
        let (before, selected, after) = (&text[..range.start], &text[range.clone()], &text[range.end..]);
        prop_assert!(before.ends_with(prefix) && selected.starts_with(exact) && after.starts_with(suffix));
        prop_assert_eq!(exact_end.is_empty(), exact.len() == selected.len());
        prop_assert!(selected.ends_with(exact_end));
        for (kept, whole) in [(prefix, before), (exact, selected), (suffix, after)] {
            prop_assert_eq!(kept.chars().count(), whole.chars().count().min(CONTEXT));
        }
    }
}
