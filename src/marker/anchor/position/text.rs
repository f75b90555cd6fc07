//! Offsets in a text where a caret can be.

/// Returns the last character boundary at or before `at`.
pub(super) fn floor(text: &str, at: usize) -> usize {
    if at >= text.len() {
        return text.len();
    }
    // No character is longer than four bytes.
    (at.saturating_sub(3)..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

/// Returns the first character boundary at or after `at`.
pub(super) fn ceil(text: &str, at: usize) -> usize {
    (at..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
}

/// Returns the last `count` characters.
pub(super) fn end(text: &str, count: usize) -> &str {
    let last = text.char_indices().rev().take(count).last();
    last.and_then(|(at, _)| text.get(at..)).unwrap_or_default()
}

/// Returns the first offset at or after the boundary `at` that is not inside a user-perceived character. Handles the
/// common accents, variants and joined emoji, not all rules of all scripts.
pub(super) fn beside_character(text: &str, at: usize) -> usize {
    let (before, mut rest) = text.split_at_checked(at).unwrap_or((text, ""));
    let mut joins = before.ends_with(JOINER);
    if before.is_empty() {
        return 0;
    }
    while let Some(char) = rest.chars().next().filter(|char| joins || is_part(*char)) {
        joins = char == JOINER;
        rest = rest.get(char.len_utf8()..).unwrap_or_default();
    }
    text.len() - rest.len()
}

/// The zero-width joiner, which joins two emoji into one.
const JOINER: char = '\u{200d}';

/// Returns whether the character is drawn as part of the previous one.
fn is_part(char: char) -> bool {
    matches!(char,
        '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}'
        | '\u{3099}' | '\u{309a}' | '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}' | JOINER)
}
