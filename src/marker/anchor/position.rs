//! The user's position inside the element (caret, scroll position, value), and the element's position in the window.

mod quote;
mod similar;
mod stored;
#[cfg(test)]
mod tests;
mod text;

use std::fmt;
use std::ops::Range;

use crate::mark::{Hidden, MAX_PATH};
use quote::Quote;

pub(super) const CONTEXT: usize = 32;
pub(super) const MAX_HOST: usize = 1024;
pub(super) const SEARCHED: usize = 1 << 20;

/// The user's position inside the element, and the element's position in the window.
///
/// The content of a sensitive element is not stored: of a text position only the offsets, of a scroll position
/// everything, of a value or host bytes nothing.
///
/// ```
/// use leftoff::marker::anchor::{TextMatch, Position};
///
/// let position = Position::text("Dear Ana, see you on Monday.", 9..9).viewport(0.2, 0.4);
///
/// let found = position.find_in("Hello!\nDear Ana, see you on Monday.");
/// assert_eq!(found, Some((16..16, TextMatch::Moved)));
/// assert_eq!(position.viewport_fraction(), Some((0.2, 0.4)));
/// assert!(!format!("{position:?}").contains("Ana"), "logs never show what the user typed");
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Position {
    content: Content,
    viewport: Option<(f32, f32)>,
    /// Complete fields of a newer version. They come last, because tags ascend.
    unknown: Unknown,
}

/// The content of a [`Position`]: the user's position inside the element.
///
/// ```
/// use leftoff::marker::anchor::{Content, Position};
///
/// let position = Position::text("one two three", 4..7);
/// let Content::Text { range, prefix, exact, suffix, .. } = position.content() else { panic!("it is a text") };
/// assert_eq!((range.clone(), prefix.as_str(), exact.as_str(), suffix.as_str()), (4..7, "one ", "two", " three"));
/// ```
#[derive(Clone, PartialEq, Default)]
#[non_exhaustive]
pub enum Content {
    /// No content.
    #[default]
    None,
    /// A caret or a selection in a text, as byte offsets, with the text around it: at most
    /// [`CONTEXT`](Position::CONTEXT) characters each. All four texts are empty for a sensitive element.
    #[non_exhaustive]
    Text {
        /// The byte range; empty for a caret.
        range: Range<usize>,
        /// The end of the text before the range.
        prefix: String,
        /// The start of the selected text.
        exact: String,
        /// The end of the selected text, if `exact` is not all of it.
        exact_end: String,
        /// The start of the text after the range.
        suffix: String,
    },
    /// A scroll position: this item was at the upper edge of the view.
    #[non_exhaustive]
    Scroll {
        /// The key of the item.
        item: String,
        /// The offset into the item, in units of the toolkit.
        offset: f32,
    },
    /// A value, such as that of a slider or a page counter.
    Value(i64),
    /// Bytes that only the application understands.
    Host(Vec<u8>),
}

/// The way a text position was located. Differences in the amount and kind of white space are ignored.
///
/// ```
/// use leftoff::marker::anchor::{TextMatch, Position};
///
/// let position = Position::text("The quick brown fox jumps.", 16..19);
/// let how = |text| position.find_in(text).unwrap().1;
/// assert_eq!(how("The quick brown fox jumps."), TextMatch::Exact);
/// assert_eq!(how("Once: The quick brown fox jumps."), TextMatch::Moved);
/// assert_eq!(how("The quick brown foxes jumped."), TextMatch::Similar);
/// assert_eq!(how("Nothing of that kind."), TextMatch::Clamped);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TextMatch {
    /// The same offset, with the same text around it.
    Exact,
    /// The same text, at another offset.
    Moved,
    /// A similar text at any offset: part of it was edited, or only one side still exists.
    Similar,
    /// The text no longer exists, or no text was stored: the old offset, cut to the length of the text.
    Clamped,
}

impl Position {
    /// The number of context characters: 32 for each of four texts, before a caret or selection, at the start and at the
    /// end of the selection, and after it.
    pub const CONTEXT: usize = CONTEXT;
    /// The maximum size of [`Content::Host`], in bytes.
    pub const MAX_HOST: usize = MAX_HOST;
    /// The number of bytes around the old offset that are searched for a *similar* text: 1 MiB. An identical text is found
    /// anywhere.
    pub const SEARCHED: usize = SEARCHED;

    /// Creates a position for a caret (`range` is empty) or a selection in `text`, as byte offsets.
    ///
    /// Stores up to [`CONTEXT`](Self::CONTEXT) characters around it, so that it can be located after the text has changed.
    ///
    /// An offset beyond the end counts as the end, and an offset inside a character as the start of that character. A
    /// reversed range is put in order.
    ///
    /// ```
    /// use leftoff::marker::anchor::Position;
    ///
    /// let caret = Position::text("call Ana", 5..5);
    /// assert_eq!(caret.find_in("please call Ana").unwrap().0, 12..12);
    /// ```
    pub fn text(text: &str, range: Range<usize>) -> Self {
        let [start, end] = [range.start, range.end].map(|at| text::floor(text, at));
        Content::text(text, start.min(end)..start.max(end)).into()
    }

    /// Creates a scroll position: the item with this key is at the upper edge of the view, with `offset` units of it
    /// scrolled out.
    ///
    /// An offset that is not finite counts as zero. A key longer than [`MAX_PATH`](crate::Mark::MAX_PATH) bytes would
    /// be useless if cut: the content is then [`Content::None`].
    ///
    /// ```
    /// use leftoff::marker::anchor::{Content, Position};
    ///
    /// let position = Position::scroll("mail/17", 12.5);
    /// let Content::Scroll { item, offset, .. } = position.content() else { panic!("scrolled") };
    /// assert_eq!((item.as_str(), *offset), ("mail/17", 12.5));
    /// ```
    pub fn scroll(item: &str, offset: f32) -> Self {
        if item.len() > MAX_PATH {
            return Self::default();
        }
        Content::Scroll { item: item.to_owned(), offset: finite(offset).unwrap_or_default() }.into()
    }

    /// Creates a position from a value, such as that of a slider or a page counter.
    ///
    /// ```
    /// use leftoff::marker::anchor::{Content, Position};
    ///
    /// assert_eq!(Position::value(7).content(), &Content::Value(7));
    /// ```
    pub fn value(value: i64) -> Self {
        Content::Value(value).into()
    }

    /// Creates a position from bytes that only the application understands, such as a position in a shared document.
    ///
    /// More than [`MAX_HOST`](Self::MAX_HOST) bytes are not stored, since a part of them would be useless: the content is
    /// then [`Content::None`].
    ///
    /// ```
    /// use leftoff::marker::anchor::{Content, Position};
    ///
    /// assert_eq!(Position::host(vec![1, 2]).content(), &Content::Host(vec![1, 2]));
    /// assert_eq!(Position::host(vec![0; Position::MAX_HOST + 1]).content(), &Content::None);
    /// ```
    pub fn host(bytes: Vec<u8>) -> Self {
        if bytes.len() > MAX_HOST { Self::default() } else { Content::Host(bytes).into() }
    }

    /// Sets the element's position in the window, as fractions of its width and height from the upper left corner.
    ///
    /// A value below zero or above one is out of view. Fractions that are not finite are ignored.
    ///
    /// ```
    /// use leftoff::marker::anchor::Position;
    ///
    /// let position = Position::default().viewport(0.25, 0.5);
    /// assert_eq!(position.viewport_fraction(), Some((0.25, 0.5)));
    /// assert_eq!(position.viewport(f32::NAN, 0.5).viewport_fraction(), None);
    /// ```
    #[must_use]
    pub fn viewport(mut self, x: f32, y: f32) -> Self {
        self.viewport = finite(x).zip(finite(y));
        self
    }

    /// Returns the user's position inside the element.
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// Returns the element's position in the window; see [`viewport`](Self::viewport).
    pub fn viewport_fraction(&self) -> Option<(f32, f32)> {
        self.viewport
    }

    /// Locates the caret or the selection in the current text. `None` if this is not a text position.
    ///
    /// The byte range is on character boundaries, and empty for a caret, and if all selected text was deleted.
    ///
    /// Searches for the same text at the old offset, then anywhere, then for a similar text near the old offset, then
    /// within [`SEARCHED`](Self::SEARCHED) bytes. Of several equally good matches, the nearest wins. A caret stays with the
    /// text before it, a selection with the selected text. The more text is searched, the more of it must match.
    ///
    /// The result is deterministic. The search takes a few milliseconds at most per megabyte of text, and some tens of
    /// milliseconds at most for any text.
    ///
    /// ```
    /// use leftoff::marker::anchor::{TextMatch, Position};
    ///
    /// // The caret is before "fox". The text before it is rewritten later.
    /// let position = Position::text("The quick brown fox jumps over the lazy dog.", 16..16);
    /// let text = "A red fox jumps over the lazy dog.";
    /// let (range, how) = position.find_in(text).unwrap();
    /// assert_eq!((&text[range.start..], how), ("fox jumps over the lazy dog.", TextMatch::Similar));
    ///
    /// assert_eq!(Position::value(7).find_in(text), None);
    /// ```
    pub fn find_in(&self, text: &str) -> Option<(Range<usize>, TextMatch)> {
        let Content::Text { range, prefix, exact, exact_end, suffix } = &self.content else { return None };
        Some(Quote { range, prefix, exact, exact_end, suffix }.find_in(text))
    }

    /// Removes the content of a sensitive element: keeps offsets, scroll position and viewport, and drops text, value,
    /// bytes and the fields of a newer version.
    pub(crate) fn without_content(self) -> Self {
        let content = match self.content {
            Content::Text { range, .. } => Content::bare_text(range),
            scrolled @ Content::Scroll { .. } => scrolled,
            Content::None | Content::Value(_) | Content::Host(_) => Content::None,
        };
        Self { content, viewport: self.viewport, unknown: Unknown::default() }
    }
}

impl From<Content> for Position {
    fn from(content: Content) -> Self {
        Self { content, ..Self::default() }
    }
}

impl Content {
    /// The range must be valid in the text.
    fn text(text: &str, range: Range<usize>) -> Self {
        let front = |text: &str| text.chars().take(CONTEXT).collect();
        let selected = text.get(range.clone()).unwrap_or_default();
        let exact: String = front(selected);
        Self::Text {
            prefix: text::end(text.get(..range.start).unwrap_or_default(), CONTEXT).to_owned(),
            exact_end: if exact.len() < selected.len() { text::end(selected, CONTEXT) } else { "" }.to_owned(),
            exact,
            suffix: front(text.get(range.end..).unwrap_or_default()),
            range,
        }
    }

    fn bare_text(range: Range<usize>) -> Self {
        Self::Text {
            range,
            prefix: String::new(),
            exact: String::new(),
            exact_end: String::new(),
            suffix: String::new(),
        }
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Text { range, prefix, exact, exact_end, suffix } => f
                .debug_struct("Text")
                .field("range", range)
                .field("prefix", &Hidden(prefix.len()))
                .field("exact", &Hidden(exact.len()))
                .field("exact_end", &Hidden(exact_end.len()))
                .field("suffix", &Hidden(suffix.len()))
                .finish(),
            // A key is part of a path, which is shown.
            Self::Scroll { item, offset } => {
                f.debug_struct("Scroll").field("item", item).field("offset", offset).finish()
            }
            Self::Value(_) => f.debug_tuple("Value").field(&Hidden(8)).finish(),
            Self::Host(bytes) => f.debug_tuple("Host").field(&Hidden(bytes.len())).finish(),
        }
    }
}

/// Complete fields with tags that this version does not know.
#[derive(Clone, PartialEq, Default)]
struct Unknown(Vec<u8>);

impl fmt::Debug for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hidden(self.0.len()).fmt(f)
    }
}

/// Accepts only numbers that are equal exactly if their bytes are equal: neither infinities nor negative zero.
fn finite(number: f32) -> Option<f32> {
    number.is_finite().then_some(number + 0.0)
}
