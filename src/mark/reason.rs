//! The reason of an interruption.

use std::borrow::Cow;
use std::fmt;

use super::{Hidden, cut, one_line};

const MAX_REASON: usize = 128;

/// The reason why the user was interrupted.
///
/// It can also be created from text: a known word in any case becomes its variant, any other text becomes
/// [`Other`](Self::Other), and an empty text becomes [`Break`](Self::Break). `Display` completes "before …".
///
/// ```
/// use leftoff::Reason;
///
/// assert_eq!(Reason::from("Call"), Reason::Call);
/// assert_eq!(format!("before {}", Reason::Call), "before a call");
/// assert_eq!(format!("before {}", Reason::from("the fire drill")), "before the fire drill");
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// A telephone or video call.
    Call,
    /// A meeting.
    Meeting,
    /// A break that the user chose.
    Break,
    /// The machine went to sleep.
    Sleep,
    /// The screen was locked.
    Lock,
    /// Another window or program received the focus.
    FocusLost,
    /// The desktop session ended: logout, shutdown, restart.
    SessionEnd,
    /// The program was asked to stop.
    Terminate,
    /// The terminal was closed.
    Hangup,
    /// The program was paused, for example with Ctrl-Z.
    Pause,
    /// The program exited without closing its session.
    Exit,
    /// The program panicked.
    Panic,
    /// The program crashed or was killed, without a record of it.
    Crash,
    /// The machine went down while the program ran: a power cut, or a reset.
    PowerLoss,
    /// The program restarts itself, for example after an update: see [`Session::is_restart`](crate::Session::is_restart).
    Restart,
    /// The user was inactive for some time.
    Absence,
    /// The application's own words, which complete "before …". Cut at [`MAX_LEN`](Reason::MAX_LEN) bytes when stored.
    Other(Box<str>),
}

/// Precedes the text of [`Reason::Other`] in storage, so that no text can be taken for a known id.
const OTHER: &str = "other:";

impl Reason {
    /// The maximum length of the text of [`Reason::Other`], in bytes; the rest is cut.
    pub const MAX_LEN: usize = MAX_REASON;

    /// Every variant except `Other`.
    const KNOWN: [Self; 16] = [
        Self::Call,
        Self::Meeting,
        Self::Break,
        Self::Sleep,
        Self::Lock,
        Self::FocusLost,
        Self::SessionEnd,
        Self::Terminate,
        Self::Hangup,
        Self::Pause,
        Self::Exit,
        Self::Panic,
        Self::Crash,
        Self::PowerLoss,
        Self::Restart,
        Self::Absence,
    ];

    /// Returns the stored text. It never changes for a variant and is never reused.
    pub(crate) fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(match self {
            Self::Call => "call",
            Self::Meeting => "meeting",
            Self::Break => "break",
            Self::Sleep => "sleep",
            Self::Lock => "lock",
            Self::FocusLost => "focus-lost",
            Self::SessionEnd => "session-end",
            Self::Terminate => "terminate",
            Self::Hangup => "hangup",
            Self::Pause => "pause",
            Self::Exit => "exit",
            Self::Panic => "panic",
            Self::Crash => "crash",
            Self::PowerLoss => "power-loss",
            Self::Restart => "restart",
            Self::Absence => "absence",
            Self::Other(text) => return Cow::Owned(format!("{OTHER}{}", cut(text, MAX_REASON))),
        })
    }

    /// Parses an [`id`](Self::id); an id of a newer version becomes [`Reason::Other`] and is shown as it is.
    pub(crate) fn from_id(id: &str) -> Self {
        if let Some(known) = Self::KNOWN.into_iter().find(|known| known.id() == id) {
            return known;
        }
        Self::Other(cut(id.strip_prefix(OTHER).unwrap_or(id), MAX_REASON).into())
    }
}

impl From<&str> for Reason {
    fn from(words: &str) -> Self {
        let words = words.trim();
        if words.is_empty() {
            return Self::Break;
        }
        let id = words.to_ascii_lowercase().replace(['_', ' '], "-");
        let known = Self::KNOWN.into_iter().find(|known| known.id() == id);
        known.unwrap_or_else(|| Self::Other(cut(words, MAX_REASON).trim_end().into()))
    }
}

impl From<String> for Reason {
    fn from(words: String) -> Self {
        Self::from(words.as_str())
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Call => "a call",
            Self::Meeting => "a meeting",
            Self::Break => "a break",
            Self::Sleep => "the computer went to sleep",
            Self::Lock => "the screen was locked",
            Self::FocusLost => "you went to another window",
            Self::SessionEnd => "a logout or shutdown",
            Self::Terminate => "the program was stopped",
            Self::Hangup => "the terminal was closed",
            Self::Pause => "the program was paused",
            Self::Exit => "the program exited",
            Self::Panic => "a crash",
            Self::Crash => "the program crashed or was killed",
            Self::PowerLoss => "the computer went down",
            Self::Restart => "a restart of the program",
            Self::Absence => "a pause",
            Self::Other(text) if text.trim().is_empty() => "an interruption",
            Self::Other(text) => return f.write_str(&one_line(text)),
        })
    }
}

impl fmt::Debug for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other(text) => f.debug_tuple("Other").field(&Hidden(text.len())).finish(),
            known => f.write_str(&known.id()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_reasons_keep_their_ids() {
        let ids: Vec<_> = Reason::KNOWN.iter().map(|reason| reason.id().into_owned()).collect();
        assert_eq!(
            ids.join(" "),
            "call meeting break sleep lock focus-lost session-end terminate hangup pause exit panic crash power-loss restart absence"
        );
        for reason in Reason::KNOWN {
            assert_eq!(Reason::from_id(&reason.id()), reason);
            assert_eq!(Reason::from(reason.id().to_uppercase().as_str()), reason);
        }
    }

    #[test]
    fn words_are_trimmed_and_nothing_is_a_break() {
        assert_eq!(Reason::from("  focus lost\n"), Reason::FocusLost);
        assert_eq!(Reason::from(" \t"), Reason::Break);
        assert_eq!(Reason::from(" lunch "), Reason::Other("lunch".into()));
        assert_eq!(Reason::from_id("snoozed-by-a-newer-version").to_string(), "snoozed-by-a-newer-version");
        assert_eq!(Reason::Other("".into()).to_string(), "an interruption");
    }

    #[test]
    fn words_of_an_application_neither_command_the_terminal_nor_turn_the_line_around() {
        assert_eq!(Reason::Other("lunch\u{1b}[2J\u{202e}\nnow".into()).to_string(), "lunch [2J now");
    }

    #[test]
    fn debug_shows_no_words_of_the_application() {
        assert_eq!(format!("{:?}", Reason::from("a talk with Ana")), "Other(<15 bytes>)");
        assert_eq!(format!("{:?}", Reason::FocusLost), "focus-lost");
    }

    proptest! {
        #[test]
        fn any_text_comes_back_and_never_as_a_known_reason(text in "(other:)?(call|break|\\PC{0,60})") {
            let other = Reason::Other(cut(&text, MAX_REASON).into());
            prop_assert_eq!(Reason::from_id(&other.id()), other);
        }

        #[test]
        fn what_words_become_is_bounded_and_comes_back(words in "\\PC{0,80}") {
            let reason = Reason::from(words.as_str());
            if let Reason::Other(text) = &reason {
                prop_assert!(text.len() <= MAX_REASON && text.trim() == &**text && !text.is_empty());
            }
            prop_assert_eq!(Reason::from_id(&reason.id()), reason);
        }
    }
}
