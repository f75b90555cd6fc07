//! The id of an application.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorKind};

/// The id of an application, such as `com.example.desk`: the name of its state directory.
///
/// An id consists of ASCII letters, digits, `.`, `-` and `_`, begins with a letter or digit, and has at most
/// [`MAX_LEN`](Self::MAX_LEN) bytes. The rules are the same on every platform, because the id is part of the program:
/// an id that is not a valid file name on Windows (it ends with a dot, or the part before the first dot is a device
/// such as `con` or `COM1`) is refused on every platform.
///
/// ```
/// use leftoff::AppId;
///
/// const APP: AppId = AppId::new("com.example.desk");
/// assert_eq!(APP.as_str(), "com.example.desk");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AppId(Cow<'static, str>);

impl AppId {
    /// The maximum length of an id, in bytes.
    pub const MAX_LEN: usize = 128;

    /// Creates an id from a constant. For an id that is only known at run time, use [`str::parse`].
    ///
    /// # Panics
    /// If the id breaks the rules of [`AppId`]. For a constant, this is a compile error:
    ///
    /// ```compile_fail,E0080
    /// const APP: leftoff::AppId = leftoff::AppId::new("no spaces allowed");
    /// # let _ = APP;
    /// ```
    #[must_use]
    pub const fn new(id: &'static str) -> Self {
        assert!(
            has_allowed_characters(id.as_bytes()),
            "the application id is empty or too long, does not begin with a letter or digit, or contains a character that \
             is not allowed"
        );
        assert!(is_windows_name(id.as_bytes()), "the application id is not a valid file name on Windows");
        Self(Cow::Borrowed(id))
    }

    /// Returns the id as a string slice.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AppId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for AppId {
    type Err = Error;

    /// # Errors
    /// [`ErrorKind::InvalidSetting`]: the id breaks the rules of [`AppId`].
    fn from_str(id: &str) -> Result<Self, Error> {
        let wrong = if !id.starts_with(|first: char| first.is_ascii_alphanumeric()) {
            "an application id must begin with an ASCII letter or digit, such as com.example.desk"
        } else if id.len() > Self::MAX_LEN {
            "an application id may have at most 128 ASCII characters"
        } else if !has_allowed_characters(id.as_bytes()) {
            "an application id may contain only ASCII letters, digits, '.', '-' and '_', such as com.example.desk"
        } else if !is_windows_name(id.as_bytes()) {
            "this application id is not a valid file name on Windows (a device name, or a trailing dot); choose another id"
        } else {
            return Ok(Self(id.to_owned().into()));
        };
        Err(Error::new(ErrorKind::InvalidSetting, wrong))
    }
}

const fn has_allowed_characters(id: &[u8]) -> bool {
    let [first, ..] = id else { return false };
    let mut rest = id;
    while let [c, tail @ ..] = rest {
        if !c.is_ascii_alphanumeric() && !matches!(*c, b'.' | b'-' | b'_') {
            return false;
        }
        rest = tail;
    }
    first.is_ascii_alphanumeric() && id.len() <= AppId::MAX_LEN
}

/// Windows opens a device if the part before the first dot is one of these names, in any directory and in any case.
const fn is_windows_name(id: &[u8]) -> bool {
    const DEVICES: [&[u8]; 4] = [b"con", b"prn", b"aux", b"nul"];
    const NUMBERED: [&[u8]; 2] = [b"com", b"lpt"];
    if let [.., b'.'] = id {
        return false;
    }
    let is_device = match id {
        [a, b, c] | [a, b, c, b'.', ..] => is_one_of(&DEVICES, [*a, *b, *c]),
        [a, b, c, digit] | [a, b, c, digit, b'.', ..] => digit.is_ascii_digit() && is_one_of(&NUMBERED, [*a, *b, *c]),
        _ => false,
    };
    !is_device
}

const fn is_one_of(mut names: &[&[u8]], stem: [u8; 3]) -> bool {
    while let [name, rest @ ..] = names {
        if let [x, y, z] = name {
            let [a, b, c] = stem;
            if *x == a.to_ascii_lowercase() && *y == b.to_ascii_lowercase() && *z == c.to_ascii_lowercase() {
                return true;
            }
        }
        names = rest;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_that_is_no_file_name_on_windows_is_refused_on_every_system() {
        for id in ["CON", "con", "nul.", "Nul.desk", "COM1", "com9.example", "lpt0", "AUX.b.c", "prn", "a..", "desk."] {
            let error = id.parse::<AppId>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidSetting, "{id}");
            assert!(error.to_string().contains("Windows"), "{id}: {error}");
        }
        for id in ["com.example.desk", "console", "com10", "a.con", "nul-1", "a.b-c_d", "0", "lpt", "auxiliary.desk"] {
            assert_eq!(AppId::new(id), id.parse().unwrap(), "{id}");
        }
        for id in ["", "-a", ".a", "a b", "a/b", "\u{e4}", &"a".repeat(AppId::MAX_LEN + 1)] {
            assert!(id.parse::<AppId>().unwrap_err().to_string().contains("ASCII"), "{id}");
        }
        for id in ["", "-a", ".a", "_", "\u{e4}"] {
            assert!(id.parse::<AppId>().unwrap_err().to_string().contains("must begin with"), "{id}");
        }
    }
}
