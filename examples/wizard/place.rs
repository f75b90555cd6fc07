//! The location of the marked field in this version of the form, as a sign and in words.

use leftoff::Marker;
use leftoff::marker::anchor::Elements;
use leftoff::marker::resolve::Match;

use crate::form::{Field, with_submit};

pub(crate) enum Place<'a> {
    /// The marked field.
    At(&'a str),
    /// The marked field was beside this field, or on this page.
    Near(&'a str),
    Gone,
}

impl<'a> Place<'a> {
    pub(crate) fn of(marker: &Marker, elements: &'a Elements) -> Self {
        match marker.resolve(elements).outcome() {
            Match::Exact(field) | Match::Moved(field) => Self::At(elements.path(field)),
            Match::Nearest { node, .. } => Self::Near(elements.path(node)),
            _ => Self::Gone,
        }
    }

    /// Returns the field from which to continue: the first one with a sign.
    pub(crate) fn field(&self, fields: &'static [Field]) -> Option<usize> {
        with_submit(fields).position(|field| self.sign(field.path) != ' ')
    }

    /// Returns the sign beside the field with this path.
    pub(crate) fn sign(&self, path: &str) -> char {
        match self {
            Self::At(field) if *field == path => '➤',
            Self::Near(place)
                if path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) =>
            {
                '['
            }
            _ => ' ',
        }
    }

    /// Returns the text for a field that is not in its former position.
    pub(crate) fn words(&self, marker: &Marker, fields: &'static [Field]) -> Option<String> {
        let was = marker.label().unwrap_or(marker.element());
        match self {
            Self::At(path) if *path == marker.element() => None,
            Self::At(path) => {
                let Field { label, page: (_, title), .. } = with_submit(fields).find(|field| field.path == *path)?;
                Some(if was == *label {
                    format!("“{was}” has moved to {title}.")
                } else {
                    format!("“{was}” is called “{label}” now.")
                })
            }
            Self::Near(_) => Some(format!("“{was}” is no longer asked; it was here: [")),
            Self::Gone => Some(format!("“{was}” is no longer asked.")),
        }
    }
}
