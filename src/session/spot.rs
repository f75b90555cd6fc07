//! The location of the element marked last, and the user's position in it. Stored beside the application's own
//! sections, so that it is written, compacted, damaged and healed like them.

use std::fmt;
use std::sync::Arc;

use super::presence::Marks;
use super::{Session, seen};
use crate::frame::{Meta, SectionKey};
use crate::mark::{Trail, TrailEntry};
use crate::marker::Marker;
use crate::marker::anchor::{Anchor, Position};
use crate::time::Timestamp;
use crate::wire::{Malformed, Reader, put_field, put_field_with, put_varint};

/// A section name that no application can use, because it contains a control character.
pub(crate) const SECTION: &str = "\u{1}spot";

/// Marks the bytes as not being a value of an application's type.
const CODEC: u8 = 255;

mod tag {
    pub(super) const FIRST_SEQ: u8 = 1;
    pub(super) const ANCHOR: u8 = 2;
    pub(super) const POSITION: u8 = 3;
    pub(super) const DEVICE: u8 = 4;
}

/// Returns whether this section belongs to the library itself.
pub(crate) fn is_own(key: &SectionKey) -> bool {
    key.is_own()
}

/// Returns the metadata of a spot. Always version 1: new fields may be added and are skipped by older readers.
pub(crate) fn meta(saved_at: Timestamp) -> Meta {
    Meta {
        version: 1,
        codec: CODEC,
        private: true,
        erase_on_close: false,
        sealed: false,
        saved_at,
        expires: None,
        stand_in: false,
        machine: None,
        group: None,
    }
}

/// Renumbers the burst in the stored form.
pub(super) fn shifted(bytes: &[u8], by: u64) -> Option<Vec<u8>> {
    let mut spot = Spot::decode(bytes).ok()?;
    spot.shift(by);
    let mut bytes = Vec::new();
    spot.encode(&mut bytes);
    Some(bytes)
}

/// The location of the element of one burst of touches.
#[derive(Clone, PartialEq)]
pub(crate) struct Spot {
    /// Identifies the burst. Another burst, even on the same element, may belong to a changed interface.
    first_seq: u64,
    /// In stored form: it is decoded when a marker is made, and copied on every keystroke.
    anchor: Option<Arc<[u8]>>,
    position: Option<Position>,
    /// The other device on which the touch with this number was made.
    device: Option<(u64, Arc<str>)>,
}

impl Spot {
    pub(crate) fn of(entry: &TrailEntry) -> Self {
        Self { first_seq: entry.first_seq(), anchor: None, position: None, device: None }
    }

    pub(crate) fn is_of(&self, entry: &TrailEntry) -> bool {
        self.first_seq == entry.first_seq()
    }

    /// Renumbers the burst, as its marks are renumbered.
    pub(crate) fn shift(&mut self, by: u64) {
        self.first_seq = self.first_seq.saturating_add(by);
        if let Some((seq, _)) = &mut self.device {
            *seq = seq.saturating_add(by);
        }
    }

    /// The same location, for the burst that this entry is, which was made on another device.
    pub(super) fn moved_to(self, entry: &TrailEntry, device: &str) -> Self {
        Self { first_seq: entry.first_seq(), device: Some((entry.seq(), device.into())), ..self }
    }

    /// The location alone, for another device.
    pub(super) fn without_device(self) -> Self {
        Self { device: None, ..self }
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
        put_field_with(out, tag::FIRST_SEQ, |value| put_varint(value, self.first_seq));
        if let Some(anchor) = &self.anchor {
            put_field(out, tag::ANCHOR, anchor);
        }
        if let Some(position) = &self.position {
            put_field_with(out, tag::POSITION, |value| position.encode(value));
        }
        if let Some((seq, name)) = &self.device {
            put_field_with(out, tag::DEVICE, |value| {
                put_varint(value, *seq);
                value.extend_from_slice(name.as_bytes());
            });
        }
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut spot = Self { first_seq: 0, anchor: None, position: None, device: None };
        let mut fields = Reader::new(bytes);
        while !fields.is_empty() {
            let (tag, value) = (fields.u8()?, fields.bytes()?);
            match tag {
                tag::FIRST_SEQ => spot.first_seq = Reader::new(value).varint()?,
                tag::ANCHOR => spot.anchor = Some(value.into()),
                tag::POSITION => spot.position = Some(Position::decode(value)?),
                tag::DEVICE => {
                    let mut value = Reader::new(value);
                    let seq = value.varint()?;
                    let name = std::str::from_utf8(value.rest()).map_err(|_| Malformed)?;
                    spot.device = Some((seq, name.into()));
                }
                // A field of a newer version. Ignored: it belongs to this burst and is dropped with it.
                _ => {}
            }
        }
        Ok(spot)
    }

    /// Adds the location to the marker if it belongs to the same burst.
    pub(crate) fn complete(&self, marker: &mut Marker, last: &TrailEntry) {
        if self.is_of(last) {
            let anchor = self.anchor.as_deref().and_then(Anchor::from_bytes);
            let anchor = anchor.filter(|anchor| anchor.can_be_of(last.element()));
            marker.place(anchor, self.position.clone());
            // A later touch of the same burst was made here.
            if let Some((_, name)) = self.device.as_ref().filter(|(seq, _)| *seq == last.seq()) {
                marker.set_device(name);
            }
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

impl Marks {
    pub(super) fn note_spots(&mut self, spots: impl IntoIterator<Item = (Arc<str>, Spot)>) {
        self.spots.extend(spots);
    }

    /// Adds the locations of their elements to the markers.
    pub(super) fn complete_markers(&mut self) {
        for (scope, marker) in self.markers.iter_mut() {
            if let Some(recorded) = self.seen.get(scope) {
                recorded.complete(marker);
            }
            let last = self.trails.get(scope).and_then(Trail::last);
            if let (Some(spot), Some(last)) = (self.spots.get(scope), last) {
                spot.complete(marker, last);
            }
        }
    }
}

impl Session {
    /// Loads the locations of the marked elements, the fingerprints, and what an undone restore left. Damaged or unknown ones
    /// only make the markers less certain.
    pub(crate) fn restore_spots(&mut self) {
        let store = Arc::clone(&self.store);
        let guard = store.inner.lock();
        let keys: Vec<SectionKey> = guard.loaded.sections.own_keys().cloned().collect();
        for key in keys {
            let Ok(Some(value)) = guard.loaded.value(&*store.backend, &key) else { continue };
            match (&*key.name, Spot::decode(&value.bytes)) {
                (seen::SECTION, _) => self.marks.restore_seen(key.scope, &value.bytes),
                (SECTION, Ok(spot)) => self.marks.note_spots([(key.scope, spot)]),
                _ => {}
            }
        }
        self.restore_undone(&store, &guard);
        drop(guard);
        self.marks.hide_past();
        self.marks.complete_markers();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_spot_comes_back_and_steps_over_what_it_does_not_know() {
        let device = Some((301, "laptop".into()));
        let spot = Spot { first_seq: 300, anchor: None, position: None, device };
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
