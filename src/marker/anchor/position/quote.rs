//! The text at a caret or a selection, and its location in the current text.

use std::ops::Range;

use super::similar::{Hit, Point, needed};
use super::text::{beside_character, floor};
use super::{CONTEXT, TextMatch};

/// A caret or a selection with the text around it; see [`Content::Text`](super::Content::Text).
pub(super) struct Quote<'a> {
    pub(super) range: &'a Range<usize>,
    pub(super) prefix: &'a str,
    pub(super) exact: &'a str,
    pub(super) exact_end: &'a str,
    pub(super) suffix: &'a str,
}

impl Quote<'_> {
    pub(super) fn find_in(&self, text: &str) -> (Range<usize>, TextMatch) {
        if [self.prefix, self.exact, self.suffix].iter().all(|side| side.is_empty()) {
            return self.clamped(text);
        }
        if self.agrees(text, self.range) {
            return (self.range.clone(), TextMatch::Exact);
        }
        if let Some(range) = self.verbatim(text) {
            return (range, TextMatch::Moved);
        }
        match self.similar(text) {
            Some(range) if self.agrees(text, &range) => (range, TextMatch::Moved),
            Some(range) => {
                let [start, end] = [range.start, range.end].map(|at| beside_character(text, at));
                (start..end, TextMatch::Similar)
            }
            None => self.clamped(text),
        }
    }

    fn clamped(&self, text: &str) -> (Range<usize>, TextMatch) {
        let [start, end] = [self.range.start, self.range.end].map(|at| beside_character(text, floor(text, at)));
        (start..end, TextMatch::Clamped)
    }

    /// Returns whether the stored text is at this range, ignoring the kind and amount of white space.
    fn agrees(&self, text: &str, range: &Range<usize>) -> bool {
        let Some((before, selected, after)) = split(text, range) else { return false };
        let is_selected = if self.exact_end.is_empty() {
            folded(selected.chars()).eq(folded(self.exact.chars()))
        } else {
            // Only the length of the middle part is known.
            selected.len() == self.range.len()
                && begins(selected.chars(), self.exact.chars())
                && begins(selected.chars().rev(), self.exact_end.chars().rev())
        };
        is_selected
            && begins(before.chars().rev(), self.prefix.chars().rev())
            && begins(after.chars(), self.suffix.chars())
    }

    /// Returns the nearest exact occurrence.
    fn verbatim(&self, text: &str) -> Option<Range<usize>> {
        let is_whole = self.exact_end.is_empty();
        let needle = [self.prefix, self.exact, if is_whole { self.suffix } else { "" }].concat();
        // Two letters occur in any long text.
        let letters = u32::try_from(needle.chars().count()).unwrap_or(u32::MAX);
        if letters.saturating_mul(2) < needed(text.len()) {
            return None;
        }
        let hint = self.range.start.saturating_sub(self.prefix.len());
        let start = nearest(text, &needle, hint)? + self.prefix.len();
        let range = start..start + self.range.len();
        let (_, selected, after) = split(text, &range)?;
        let has_end = is_whole || (selected.ends_with(self.exact_end) && after.starts_with(self.suffix));
        has_end.then_some(range)
    }

    /// Returns the most similar range.
    fn similar(&self, text: &str) -> Option<Range<usize>> {
        let Range { start, end } = *self.range;
        if self.range.is_empty() {
            let at = settled(
                text,
                Point::new(self.prefix, self.suffix, false).find_in(text, start)?.offset,
                self.prefix,
                self.suffix,
            );
            return Some(at..at);
        }
        // A short selection is weak evidence: the text beyond it supports both of its ends.
        let is_whole = self.exact_end.is_empty();
        let ahead = [self.exact, if is_whole { self.suffix } else { "" }].concat();
        let behind = if is_whole { [self.prefix, self.exact].concat() } else { self.exact_end.to_owned() };
        let first = Point::new(self.prefix, &ahead, true).find_in(text, start);
        let hint = first.map_or(end, |first| first.offset.saturating_add(self.range.len()));
        let last = Point::new(&behind, self.suffix, false).find_in(text, hint);
        let len = self.range.len();
        let begin = |first: Hit| settled(text, first.offset, self.prefix, &ahead);
        let finish = |last: Hit| settled(text, last.offset, &behind, self.suffix);
        let from = |start: usize| start..floor(text, start.saturating_add(len));
        let until = |end: usize| floor(text, end.saturating_sub(len))..end;
        match (first, last) {
            // The two ends contradict each other: either both are at the former selection, or one of them is wrong.
            (Some(first), Some(last)) if last.offset < first.offset => {
                let is_gone = first.offset - last.offset <= CONTEXT;
                Some(match (first.support < last.support, is_gone) {
                    (false, true) => begin(first)..begin(first),
                    (true, true) => finish(last)..finish(last),
                    (false, false) => from(begin(first)),
                    (true, false) => until(finish(last)),
                })
            }
            (Some(first), Some(last)) => Some(begin(first)..finish(last).max(begin(first))),
            (Some(first), None) => Some(from(begin(first))),
            (None, Some(last)) => Some(until(finish(last))),
            (None, None) => None,
        }
    }
}

/// Returns the text before, in and after the range. `None` if the range is not valid in this text.
fn split<'t>(text: &'t str, range: &Range<usize>) -> Option<(&'t str, &'t str, &'t str)> {
    Some((text.get(..range.start)?, text.get(range.start..range.end)?, text.get(range.end..)?))
}

/// Returns whether `text` begins with `side`, ignoring white space. An empty side always matches.
fn begins(text: impl Iterator<Item = char>, side: impl Iterator<Item = char>) -> bool {
    let mut text = folded(text);
    folded(side).all(|char| text.next() == Some(char))
}

/// Folds each run of white space into one space.
fn folded(chars: impl Iterator<Item = char>) -> impl Iterator<Item = char> {
    let mut in_blank = false;
    chars.filter_map(move |char| {
        let follows_blank = std::mem::replace(&mut in_blank, char.is_whitespace());
        if in_blank { (!follows_blank).then_some(' ') } else { Some(char) }
    })
}

/// Returns the occurrence of `needle` in `text` nearest to `hint`.
fn nearest(text: &str, needle: &str, hint: usize) -> Option<usize> {
    let hint = floor(text, hint);
    let behind = text.get(hint..)?.find(needle).map(|at| hint + at);
    let reach = floor(text, hint.saturating_add(needle.len()).saturating_sub(1));
    let before = text.get(..reach)?.rfind(needle);
    match (before, behind) {
        (Some(before), Some(behind)) if hint - before < behind - hint => Some(before),
        (before, behind) => behind.or(before),
    }
}

/// Returns the offset in a run of white space near `offset` where most of the surrounding white space matches. The
/// search folded the run into one space.
fn settled(text: &str, offset: usize, before: &str, after: &str) -> usize {
    let (behind, ahead) = text.split_at_checked(offset).unwrap_or((text, ""));
    let in_blank = |chars: &mut dyn Iterator<Item = char>| -> Vec<usize> {
        let blank = chars.take_while(|char| char.is_whitespace()).take(CONTEXT);
        blank
            .scan(0, |len, char| {
                *len += char.len_utf8();
                Some(*len)
            })
            .collect()
    };
    let earlier = in_blank(&mut behind.chars().rev()).into_iter().map(|len| offset - len);
    let later = in_blank(&mut ahead.chars()).into_iter().map(|len| offset + len);
    let agreeing = |at: usize| {
        let (behind, ahead) = text.split_at_checked(at).unwrap_or((text, ""));
        same(behind.chars().rev(), before.chars().rev()) + same(ahead.chars(), after.chars())
    };
    let mut best = (agreeing(offset), offset);
    for at in earlier.chain(later) {
        let agreeing = agreeing(at);
        if agreeing > best.0 {
            best = (agreeing, at);
        }
    }
    best.1
}

fn same(left: impl Iterator<Item = char>, right: impl Iterator<Item = char>) -> usize {
    left.zip(right).take_while(|(left, right)| left == right).count()
}
