//! What is stored of the user's interactions: marks, the trail they leave, and the reason of an interruption.
//!
//! The log depends on this module and not on [`marker`](crate::marker), which shows what it holds.

mod entry;
#[expect(clippy::module_inception, reason = "the file of `Mark`, which is re-exported beside its parts")]
mod mark;
mod reason;
mod trail;

use std::fmt;

pub(crate) use entry::MAX_UNKNOWN;
pub use entry::TrailEntry;
pub(crate) use mark::MAX_PATH;
pub use mark::{Action, Mark, Phase};
pub use reason::Reason;
pub(crate) use trail::{TRAIL_LEN, Trail};

/// Returns at most `max` bytes from the front of `text`, cut at a character boundary.
pub(crate) fn cut(text: &str, max: usize) -> &str {
    if text.len() <= max {
        return text;
    }
    // No character is longer than four bytes, so one of these is a boundary.
    (max.saturating_sub(3)..=max).rev().find_map(|end| text.get(..end)).unwrap_or_default()
}

/// Returns the text without anything that could break or reorder the line it is shown in: line breaks, control
/// characters (a terminal obeys them), and the marks that change the direction of the text after them.
pub(crate) fn one_line(text: &str) -> String {
    let directs = |char: char| matches!(char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let breaks = |char: char| char.is_control() || matches!(char, '\u{2028}' | '\u{2029}');
    text.chars().filter(|char| !directs(*char)).map(|char| if breaks(char) { ' ' } else { char }).collect()
}

/// Replaces user content in `Debug` output: shows its length, never its text.
pub(crate) struct Hidden(pub(crate) usize);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} bytes>", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cut_is_the_longest_front_that_fits(text in "\\PC{0,40}", max in 0_usize..50) {
            let front = cut(&text, max);
            prop_assert!(front.len() <= max && text.starts_with(front));
            let next = text[front.len()..].chars().next();
            prop_assert!(next.is_none_or(|next| front.len() + next.len_utf8() > max));
        }
    }
}
