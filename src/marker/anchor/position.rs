//! Where the user was inside the element: caret, scroll position, value; and where the element was in the window.

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

/// Where the user was inside the element, and where the element was in the window.
///
/// The content of a sensitive element is not kept: of a text position only the offsets are, of a scroll position all, of
/// a value or of bytes of the application nothing.
///
/// ```
/// use leftoff::marker::anchor::{TextMatch, Position};
///
/// let position = Position::text("Dear Ana, see you on Monday.", 9..9).viewport(0.2, 0.4);
///
/// let found = position.find_in("Hello!\nDear Ana, see you on Monday.").unwrap();
/// assert_eq!((found.range, found.how), (16..16, TextMatch::Moved));
/// assert_eq!(position.viewport_fraction(), Some((0.2, 0.4)));
/// assert!(!format!("{position:?}").contains("Ana"), "logs never show what the user typed");
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Position {
    content: Content,
    viewport: Option<(f32, f32)>,
    /// Whole fields of a newer version. They come last, tags being in ascending order.
    unknown: Unknown,
}

/// What a [`Position`] says of the inside of the element.
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
    /// Nothing.
    #[default]
    None,
    /// A caret or a selection in a text, as byte offsets, with what stood there: at most [`CONTEXT`](Position::CONTEXT) characters each.
    /// All four are empty for a sensitive element.
    #[non_exhaustive]
    Text {
        /// Byte offsets; empty for a caret.
        range: Range<usize>,
        /// The end of what stood before.
        prefix: String,
        /// The front of what was selected.
        exact: String,
        /// The end of what was selected, if `exact` is not all of it.
        exact_end: String,
        /// The front of what stood behind.
        suffix: String,
    },
    /// Scrolled so that this item was at the upper edge of the view.
    #[non_exhaustive]
    Scroll {
        /// The key of the item.
        item: String,
        /// How far into the item, in the units of the toolkit.
        offset: f32,
    },
    /// A value: of a slider, of a page counter.
    Value(i64),
    /// What only the application understands.
    Host(Vec<u8>),
}

/// Where a text position was found again.
///
/// ```
/// use leftoff::marker::anchor::{Found, TextMatch, Position};
///
/// let position = Position::text("one two three", 4..7);
/// assert_eq!(position.find_in("one two three"), Some(Found { range: 4..7, how: TextMatch::Exact }));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Byte offsets in the text of now, on character boundaries. Empty for a caret, and where all that was selected has
    /// been deleted.
    pub range: Range<usize>,
    /// How sure that is.
    pub how: TextMatch,
}

/// How a text position was found again. How much white space there is, and of which kind, makes no difference.
///
/// ```
/// use leftoff::marker::anchor::{TextMatch, Position};
///
/// let position = Position::text("The quick brown fox jumps.", 16..19);
/// let how = |text| position.find_in(text).unwrap().how;
/// assert_eq!(how("The quick brown fox jumps."), TextMatch::Exact);
/// assert_eq!(how("Once: The quick brown fox jumps."), TextMatch::Moved);
/// assert_eq!(how("The quick brown foxes jumped."), TextMatch::Similar);
/// assert_eq!(how("Nothing of that kind."), TextMatch::Clamped);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TextMatch {
    /// The same offset, and the same text around it.
    Exact,
    /// The same text, elsewhere.
    Moved,
    /// A text like it, there or elsewhere: some of it was edited, or one side only is still there.
    Similar,
    /// None of it is there any more, or nothing of it was kept: the old offset, cut to the length of the text.
    Clamped,
}

impl Position {
    /// So many characters are kept of what stood before a caret or selection, at the front and at the end of the selection,
    /// and behind it: 32 each.
    pub const CONTEXT: usize = CONTEXT;
    /// The longest [`Content::Host`] that is kept, in bytes.
    pub const MAX_HOST: usize = MAX_HOST;
    /// So many bytes around the old offset are searched for a *similar* text: 1 MiB. The same text is found anywhere.
    pub const SEARCHED: usize = SEARCHED;

    /// A caret (`range` is empty) or a selection in `text`, as byte offsets. What stands around it is kept with it, so
    /// that it can be found again when the text has changed: [`CONTEXT`](Position::CONTEXT) characters.
    ///
    /// An offset beyond the end counts as the end, one inside a character as the beginning of the character. A range
    /// that runs backwards is taken forwards.
    ///
    /// ```
    /// use leftoff::marker::anchor::Position;
    ///
    /// let caret = Position::text("call Ana", 5..5);
    /// assert_eq!(caret.find_in("please call Ana").unwrap().range, 12..12);
    /// ```
    pub fn text(text: &str, range: Range<usize>) -> Self {
        let [start, end] = [range.start, range.end].map(|at| text::floor(text, at));
        Content::text(text, start.min(end)..start.max(end)).into()
    }

    /// Scrolled so that the item with this key is at the upper edge of the view, `offset` units of it scrolled out.
    ///
    /// An offset that is not finite counts as zero. A key longer than [`MAX_PATH`](crate::Mark::MAX_PATH) bytes would be of no use if it were
    /// cut: the content is [`Content::None`] then.
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

    /// A value: of a slider, of a page counter.
    ///
    /// ```
    /// use leftoff::marker::anchor::{Content, Position};
    ///
    /// assert_eq!(Position::value(7).content(), &Content::Value(7));
    /// ```
    pub fn value(value: i64) -> Self {
        Content::Value(value).into()
    }

    /// What only the application understands, such as a position in a shared document.
    ///
    /// More than [`MAX_HOST`](Position::MAX_HOST) bytes are not kept at all, since half of them would be of no use: the content is
    /// [`Content::None`] then.
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

    /// Where the element was in the window, as fractions of its width and height from the upper left corner. Below zero
    /// or above one is out of view. Fractions that are not finite say nothing.
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

    /// What is known of the inside of the element.
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// Where the element was in the window; see [`viewport`](Self::viewport).
    pub fn viewport_fraction(&self) -> Option<(f32, f32)> {
        self.viewport
    }

    /// Finds the caret or the selection again in the text as it is now. `None` if this is no text position.
    ///
    /// Looks for the same text at the old offset, then anywhere, then for a similar one near the old offset, then for
    /// one within [`SEARCHED`](Position::SEARCHED) bytes. Of several that are equally good the nearest is taken. A caret stays with what
    /// stood before it, a selection with what was selected. The more text is searched, the more has to agree.
    ///
    /// Gives the same for the same text. Takes a few milliseconds at most for each megabyte of text, and some tens of
    /// them at most for any text.
    ///
    /// ```
    /// use leftoff::marker::anchor::{TextMatch, Position};
    ///
    /// // The caret is before "fox". What stood before that is rewritten later.
    /// let position = Position::text("The quick brown fox jumps over the lazy dog.", 16..16);
    /// let text = "A red fox jumps over the lazy dog.";
    /// let found = position.find_in(text).unwrap();
    /// assert_eq!((&text[found.range.start..], found.how), ("fox jumps over the lazy dog.", TextMatch::Similar));
    ///
    /// assert_eq!(Position::value(7).find_in(text), None);
    /// ```
    pub fn find_in(&self, text: &str) -> Option<Found> {
        let Content::Text { range, prefix, exact, exact_end, suffix } = &self.content else { return None };
        Some(Quote { range, prefix, exact, exact_end, suffix }.find_in(text))
    }

    /// What may be kept of a sensitive element: offsets, scroll position and viewport, but no text, value or bytes, nor
    /// what only a newer version understands.
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
    /// The range has to be one of the text.
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
            // A key is a part of a path, which is shown.
            Self::Scroll { item, offset } => {
                f.debug_struct("Scroll").field("item", item).field("offset", offset).finish()
            }
            Self::Value(_) => f.debug_tuple("Value").field(&Hidden(8)).finish(),
            Self::Host(bytes) => f.debug_tuple("Host").field(&Hidden(bytes.len())).finish(),
        }
    }
}

/// Whole fields with tags this version does not know.
#[derive(Clone, PartialEq, Default)]
struct Unknown(Vec<u8>);

impl fmt::Debug for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hidden(self.0.len()).fmt(f)
    }
}

/// Only numbers that are equal where their bytes are: neither infinities nor a zero below zero.
fn finite(number: f32) -> Option<f32> {
    number.is_finite().then_some(number + 0.0)
}
