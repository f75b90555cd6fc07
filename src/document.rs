//! Unsaved documents: the draft, the file that it belongs to, and whether the file has changed meanwhile.
//!
//! All types are plain values, and nothing here reads or writes a file. A [`Draft`] is a serde value for a section of the
//! application: one for each document, such as one in the scope of its window, or one under its name
//! ([`Section::named`](crate::Section::named)). When it is restored, the application reads the file and
//! [compares](Draft::compare) the two.
//!
//! ```
//! use leftoff::document::{Comparison, Draft, Fingerprint};
//! use leftoff::{Section, Session};
//!
//! const DRAFT: Section<Draft> = Section::new("draft", 1);
//!
//! // The user opens a file and types.
//! let mut file = b"Dear Ana,".to_vec();
//! let text = String::from_utf8(file.clone()).unwrap();
//! let mut draft = Draft::new(text, Some(Fingerprint::of(&file)));
//! let mut session = Session::in_memory();
//! draft.content_mut().push_str(" the offer");
//! session.mark("letter/text");
//! session.autosave(|capture| capture.set(DRAFT, &draft))?;
//!
//! // After a kill, the file is as it was: the draft is shown as unsaved.
//! let draft = session.get(DRAFT)?.unwrap();
//! assert!(matches!(draft.compare(Some(&file)), Comparison::Unchanged));
//!
//! // If another program changed the file, the user decides.
//! let changed = b"Dear Anna,";
//! match draft.compare(Some(changed)) {
//!     Comparison::Conflict { theirs, mine, .. } => {
//!         assert_eq!((theirs, mine.as_str()), (Some(&changed[..]), "Dear Ana, the offer"));
//!     }
//!     _ => panic!("the file has changed"),
//! }
//!
//! // The user saves: the file first, then the draft is discarded.
//! file = draft.content().clone().into_bytes();
//! // A kill here does not bring the draft back as unsaved.
//! assert!(matches!(draft.compare(Some(&file)), Comparison::AlreadySaved));
//! session.save(|capture| capture.remove(DRAFT))?;
//! assert_eq!(session.get(DRAFT)?, None);
//! # Ok::<(), leftoff::Error>(())
//! ```
//!
//! # At a real save
//!
//! 1. Capture the draft as it is to be written ([`Session::autosave`](crate::Session::autosave)).
//! 2. Write the file, and sync it: write a new file beside it, and rename that.
//! 3. Remove the draft, in the same capture as all else that changes with it. If the user goes on typing, the next draft is
//!    based on the [`Fingerprint`] of what was written.
//!
//! After a kill before step 2, the draft is [`Unchanged`](Comparison::Unchanged); after a kill between steps 2 and 3, it is
//! [`AlreadySaved`](Comparison::AlreadySaved). If the kill tore the file, it is a [`Conflict`](Comparison::Conflict), and
//! the draft has the whole text. Without step 1, the stored draft may be older than the file, which is a conflict, too.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::frame::checksum;

/// Identifies the content of a file: its length and a 64-bit hash.
///
/// For changes by accident. A hash of 64 bits is no protection from somebody who builds a file of the same hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Fingerprint {
    len: u64,
    /// XXH3, 64 bits. Stored: it stays the same in all versions.
    hash: u64,
}

impl Fingerprint {
    /// Returns the fingerprint of a file with these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self { len: bytes.len() as u64, hash: checksum(bytes) }
    }
}

/// The unsaved content of a document, and the fingerprint of the file that it was begun from.
///
/// The content is what a save would write to the file: with the line ends, and in the encoding, of the file. `T` is a
/// `String`, or a `Vec<u8>` for other than text. A document can be kept in its draft ([`content_mut`](Self::content_mut)),
/// so that capturing it copies nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft<T = String> {
    content: T,
    base: Option<Fingerprint>,
}

impl<T: AsRef<[u8]>> Draft<T> {
    /// Creates a draft from its content, and from the fingerprint of the file as it was read; `None` if there was no file.
    pub fn new(content: T, base: Option<Fingerprint>) -> Self {
        Self { content, base }
    }

    /// Returns the content.
    pub fn content(&self) -> &T {
        &self.content
    }

    /// Returns the content, to change it.
    pub fn content_mut(&mut self) -> &mut T {
        &mut self.content
    }

    /// Returns the content, to keep it elsewhere.
    pub fn into_content(self) -> T {
        self.content
    }

    /// Returns the fingerprint of the file that the draft was begun from; `None` if there was no file.
    pub fn base(&self) -> Option<Fingerprint> {
        self.base
    }

    /// Compares the draft with the file as it is now; `None` if there is no file.
    ///
    /// Pass `None` only if the file does not exist. If it could not be read, show the draft and ask later.
    pub fn compare<'a>(&'a self, file: Option<&'a [u8]>) -> Comparison<'a, T> {
        if file == Some(self.content.as_ref()) {
            return Comparison::AlreadySaved;
        }
        // Hashed only if the length is the same: most changes change the length.
        let is_base = |file: &[u8]| {
            let of_length = self.base.filter(|base| base.len == file.len() as u64);
            of_length.is_some_and(|base| base == Fingerprint::of(file))
        };
        if file.map_or(self.base.is_none(), is_base) {
            return Comparison::Unchanged;
        }
        Comparison::Conflict { base: self.base, theirs: file, mine: &self.content }
    }
}

impl<T: AsRef<[u8]>> fmt::Debug for Draft<T> {
    /// Writes lengths, and nothing of the content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft").field("len", &self.content.as_ref().len()).field("base", &self.base).finish()
    }
}

/// How a draft relates to its file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Comparison<'a, T> {
    /// The file is as it was when the draft was begun: show the draft as unsaved.
    Unchanged,
    /// The file has the content of the draft: nothing is unsaved, and the draft can be removed.
    AlreadySaved,
    /// The file was changed, created or removed meanwhile: the user decides, and until then, nothing is overwritten.
    Conflict {
        /// The fingerprint of the file that the draft was begun from; `None` if there was no file. To merge three
        /// versions, look for a version with this fingerprint, such as in version control.
        base: Option<Fingerprint>,
        /// The file as it is now; `None` if it is gone.
        theirs: Option<&'a [u8]>,
        /// The draft.
        mine: &'a T,
    },
}

impl<T: AsRef<[u8]>> fmt::Debug for Comparison<'_, T> {
    /// Writes lengths, and nothing of the contents.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unchanged => f.write_str("Unchanged"),
            Self::AlreadySaved => f.write_str("AlreadySaved"),
            Self::Conflict { base, theirs, mine } => f
                .debug_struct("Conflict")
                .field("base", base)
                .field("theirs", &theirs.map(<[u8]>::len))
                .field("mine", &mine.as_ref().len())
                .finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::unnecessary_wraps, reason = "as a draft has it")]
    fn of(text: &str) -> Option<Fingerprint> {
        Some(Fingerprint::of(text.as_bytes()))
    }

    #[test]
    fn each_state_of_the_file_has_its_answer() {
        let compared = |base, now: Option<&'static str>| {
            let draft = Draft::new("mine".to_owned(), base);
            match draft.compare(now.map(str::as_bytes)) {
                Comparison::Unchanged => "unchanged".to_owned(),
                Comparison::AlreadySaved => "saved".to_owned(),
                Comparison::Conflict { base: of, theirs, mine } => {
                    assert_eq!(of, base);
                    format!("{mine}, not {:?}", theirs.map(|theirs| String::from_utf8_lossy(theirs).into_owned()))
                }
            }
        };
        assert_eq!(compared(of("base"), Some("base")), "unchanged");
        assert_eq!(compared(None, None), "unchanged");
        assert_eq!(compared(of("base"), Some("mine")), "saved");
        assert_eq!(compared(None, Some("mine")), "saved");
        assert_eq!(compared(of("mine"), Some("mine")), "saved");
        assert_eq!(compared(of("base"), Some("Base")), r#"mine, not Some("Base")"#);
        assert_eq!(compared(of("base"), Some("")), r#"mine, not Some("")"#);
        assert_eq!(compared(of("base"), None), "mine, not None");
        assert_eq!(compared(None, Some("base")), r#"mine, not Some("base")"#);
        assert_eq!(compared(None, Some("")), r#"mine, not Some("")"#);
        // An empty file is not a file that does not exist.
        assert_eq!(compared(of(""), None), "mine, not None");
    }

    #[test]
    fn fingerprints_are_the_same_in_all_versions() {
        let known = [("", 0x2d06_8005_38d3_94c2), ("a", 0xe6c6_32b6_1e96_4e1f), ("abc", 0x78af_5f94_892f_3950)];
        for (text, hash) in known {
            assert_eq!(of(text), Some(Fingerprint { len: text.len() as u64, hash }), "{text}");
        }
    }

    #[test]
    fn debug_shows_lengths_and_no_content() {
        let draft = Draft::new(b"secret".to_vec(), of("secret base"));
        let shown = format!("{draft:?} {:?} {:?}", draft.compare(Some(b"secret too")), draft.compare(Some(b"secret")));
        assert!(shown.contains("AlreadySaved") && shown.contains("theirs: Some(10)"), "{shown}");
        assert!(!shown.contains("secret") && !shown.contains("115"), "{shown}");
    }

    #[test]
    fn draft_is_stored_as_it_is() {
        const TEXT: crate::Section<Draft> = crate::Section::new("text", 1);
        const BYTES: crate::Section<Draft<Vec<u8>>> = crate::Section::new("bytes", 1);
        let text = Draft::new("Dear Ana,\r\n".to_owned(), of("Dear"));
        assert_eq!(TEXT.round_trip(&text).unwrap(), text);
        let bytes = Draft::new(vec![0, 255, 10], None);
        assert_eq!(BYTES.round_trip(&bytes).unwrap(), bytes);
    }
}
