//! Where the element marked last stands in the user interface, and where in it the user is: stored beside the
//! application's own sections, so that it is written, summed up, damaged and healed as they are.

use std::fmt;
use std::sync::Arc;

use super::Session;
use crate::frame::{Meta, SectionKey};
use crate::mark::TrailEntry;
use crate::marker::Marker;
use crate::marker::anchor::{Anchor, Position};
use crate::time::Timestamp;
use crate::wire::{Malformed, Reader, put_field, put_varint};

/// A name that no application can give to a section, because it has a control character.
pub(crate) const SECTION: &str = "\u{1}spot";

/// Says that the bytes are no value of an application's type.
const CODEC: u8 = 255;

mod tag {
    pub(super) const FIRST_SEQ: u8 = 1;
    pub(super) const ANCHOR: u8 = 2;
    pub(super) const POSITION: u8 = 3;
}

/// Whether the library itself put this section there.
pub(crate) fn is_own(key: &SectionKey) -> bool {
    key.is_own()
}

/// What is stored beside the bytes. Always version 1: fields may come, and are stepped over.
pub(crate) fn meta(saved_at: Timestamp) -> Meta {
    Meta {
        version: 1,
        codec: CODEC,
        private: true,
        erase_on_close: false,
        saved_at,
        expires: None,
        stand_in: false,
        machine: None,
        group: None,
    }
}

/// What is known of the element of one burst of touches.
#[derive(Clone, PartialEq)]
pub(crate) struct Spot {
    /// Which burst. Another one, even on the same element, may be in an interface that has changed.
    first_seq: u64,
    /// As stored: it is looked at when a marker is made, and copied with every keystroke.
    anchor: Option<Arc<[u8]>>,
    position: Option<Position>,
}

impl Spot {
    pub(crate) fn of(entry: &TrailEntry) -> Self {
        Self { first_seq: entry.first_seq(), anchor: None, position: None }
    }

    pub(crate) fn is_of(&self, entry: &TrailEntry) -> bool {
        self.first_seq == entry.first_seq()
    }

    /// Goes with a burst that is counted from a later number on.
    pub(crate) fn shift(&mut self, by: u64) {
        self.first_seq = self.first_seq.saturating_add(by);
    }

    pub(crate) fn has_anchor(&self) -> bool {
        self.anchor.is_some()
    }

    pub(crate) fn with_anchor(mut self, anchor: &Anchor) -> Self {
        self.anchor = Some(anchor.to_bytes().into());
        self
    }

    pub(crate) fn with_position(mut self, position: Position) -> Self {
        self.position = Some(position);
        self
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        let mut value = Vec::new();
        put_varint(&mut value, self.first_seq);
        put_field(out, tag::FIRST_SEQ, &value);
        if let Some(anchor) = &self.anchor {
            put_field(out, tag::ANCHOR, anchor);
        }
        if let Some(position) = &self.position {
            value.clear();
            position.encode(&mut value);
            put_field(out, tag::POSITION, &value);
        }
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut spot = Self { first_seq: 0, anchor: None, position: None };
        let mut fields = Reader::new(bytes);
        while !fields.is_empty() {
            let (tag, value) = (fields.u8()?, fields.bytes()?);
            match tag {
                tag::FIRST_SEQ => spot.first_seq = Reader::new(value).varint()?,
                tag::ANCHOR => spot.anchor = Some(value.into()),
                tag::POSITION => spot.position = Some(Position::decode(value)?),
                // Of a newer version. It was said of this burst, and goes with it.
                _ => {}
            }
        }
        Ok(spot)
    }

    /// Tells the marker, if it is of the same burst.
    pub(crate) fn complete(&self, marker: &mut Marker, last: &TrailEntry) {
        if self.is_of(last) {
            let anchor = self.anchor.as_deref().and_then(Anchor::from_bytes);
            let anchor = anchor.filter(|anchor| anchor.path() == last.element());
            marker.place(anchor, self.position.clone());
        }
    }
}

impl fmt::Debug for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spot")
            .field("first_seq", &self.first_seq)
            .field("anchor", &self.anchor.is_some())
            .field("position", &self.position.is_some())
            .finish()
    }
}

impl Session {
    /// Reads where the marked elements stood. What is damaged or unknown only makes the markers less sure.
    pub(crate) fn restore_spots(&mut self) {
        let store = Arc::clone(&self.store);
        let guard = store.inner.lock();
        let keys: Vec<SectionKey> = guard.loaded.sections.keys().filter(|key| is_own(key)).cloned().collect();
        for key in keys {
            let Ok(Some(value)) = guard.loaded.value(&*store.backend, &key) else { continue };
            if let Ok(spot) = Spot::decode(&value.bytes) {
                self.marks.note_spots([(key.scope, spot)]);
            }
        }
        drop(guard);
        self.marks.complete_markers();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_spot_comes_back_and_steps_over_what_it_does_not_know() {
        let spot = Spot { first_seq: 300, anchor: None, position: None };
        let spot = spot.with_anchor(&Anchor::from_path("form/name")).with_position(Position::value(7));
        let mut bytes = Vec::new();
        spot.encode(&mut bytes);
        put_field(&mut bytes, 77, b"newer");
        assert_eq!(Spot::decode(&bytes), Ok(spot));
        bytes.pop();
        assert_eq!(Spot::decode(&bytes), Err(Malformed));
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(bytes: Vec<u8>) {
            let _ = Spot::decode(&bytes);
        }
    }
}
