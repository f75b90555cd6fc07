//! Breaks and cuts text by its width in columns.

use ratatui_core::style::Style;
use ratatui_core::text::Span;

use crate::pointer::width;

/// Breaks the text into lines of at most `room` columns, between words if possible.
pub(crate) fn wrap(text: &str, room: i32) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let blank = usize::from(!line.is_empty());
        if fits(&[&line, &" "[..blank], word], room) {
            line.push_str(&" "[..blank]);
            line.push_str(word);
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        // A word that is longer than a line is broken between any two characters.
        for symbol in Span::raw(word).styled_graphemes(Style::new()).map(|grapheme| grapheme.symbol) {
            if !line.is_empty() && !fits(&[&line, symbol], room) {
                lines.push(std::mem::take(&mut line));
            }
            if fits(&[symbol], room) {
                line.push_str(symbol);
            }
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// Returns the start of the text that fits, with `ellipsis` at its end if it is cut.
pub(crate) fn cut(text: &str, room: i32, ellipsis: &str) -> String {
    if fits(&[text], room) {
        return text.to_owned();
    }
    let mut front = String::new();
    for symbol in Span::raw(text).styled_graphemes(Style::new()).map(|grapheme| grapheme.symbol) {
        if !fits(&[&front, symbol, ellipsis], room) {
            break;
        }
        front.push_str(symbol);
    }
    if fits(&[&front, ellipsis], room) {
        front.push_str(ellipsis);
    }
    front
}

fn fits(parts: &[&str], room: i32) -> bool {
    parts.iter().map(|part| width(part)).fold(0, i32::saturating_add) <= room
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_break_between_words_and_long_words_anywhere() {
        assert_eq!(wrap("call Ana before noon", 9), ["call Ana", "before", "noon"]);
        assert_eq!(wrap("Donaudampfschiff ab", 6), ["Donaud", "ampfsc", "hiff", "ab"]);
        assert_eq!(wrap("東京都港区", 5), ["東京", "都港", "区"]);
        assert_eq!((wrap("", 5), wrap("abc", 0), wrap("東", 1)), (vec![], vec![], vec![]));
    }

    #[test]
    fn what_is_cut_says_so() {
        assert_eq!((cut("Amount", 6, "…"), cut("Amount", 5, "…")), ("Amount".into(), "Amou…".into()));
        assert_eq!(
            (cut("東京都", 4, "…"), cut("東京都", 1, "…"), cut("東京都", 0, "…")),
            ("東…".into(), "…".into(), String::new())
        );
        assert_eq!((cut("Amount", 2, "..."), cut("Amount", 3, "...")), (String::new(), "...".into()));
    }

    proptest! {
        #[test]
        fn no_line_is_too_wide_and_no_word_is_lost(text in "\\PC{0,40}", room in 0_i32..12) {
            let lines = wrap(&text, room);
            prop_assert!(lines.iter().all(|line| width(line) <= room), "{:?}", lines);
            prop_assert!(width(&cut(&text, room, "…")) <= room);
        }

        #[test]
        fn no_letter_is_lost(text in "[a-z ]{0,40}", room in 1_i32..12) {
            let letters = |text: &str| text.replace(' ', "");
            prop_assert_eq!(letters(&wrap(&text, room).concat()), letters(&text));
        }
    }
}
