//! A publication: what one object contains.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::join::{DeviceId, SectionId, Stamp, State};
use crate::name::Name;

/// What a device tells the others: `MessagePack` with named fields, so that a later version can add some.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Publication {
    /// The version that a reader must know. Fields may be added without raising it.
    #[serde(rename = "v")]
    version: u32,
    /// The publication before it in its lane.
    #[serde(rename = "p")]
    pub(crate) previous: Option<Name>,
    /// Whether the body is the whole state of the device.
    #[serde(rename = "b")]
    pub(crate) is_base: bool,
    /// In a delta, the writes that it adds and those they replace, and no others: so a delta can be joined in any order.
    #[serde(rename = "s")]
    pub(crate) body: State,
    /// The publications of the device that a base makes superfluous.
    #[serde(rename = "c", default)]
    pub(crate) covers: Vec<Name>,
    #[serde(rename = "d")]
    pub(crate) device: DeviceId,
    #[serde(rename = "a")]
    pub(crate) about: About,
    /// Sections that were forgotten everywhere, and when: each device removes its objects that contain them.
    #[serde(rename = "g", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) forgotten: BTreeMap<SectionId, Stamp>,
    /// Devices that were removed: a reader takes them off its list, unless it knows of a newer publication.
    #[serde(rename = "r", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) removed: Removed,
}

/// The time of the newest publication of each device that was removed, by the device itself.
pub(crate) type Removed = BTreeMap<DeviceId, Stamp>;

/// What is shown of a device.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct About {
    /// The name of the device, as its user knows it.
    #[serde(rename = "n")]
    pub(crate) label: String,
    /// Whether its session is open.
    #[serde(rename = "o")]
    pub(crate) is_open: bool,
    /// When it was published.
    #[serde(rename = "t")]
    pub(crate) at: Stamp,
    /// The last touch, as the session describes it.
    #[serde(rename = "m", default)]
    pub(crate) touch: Option<Touch>,
}

/// The element that the user touched last.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Touch {
    #[serde(rename = "t")]
    pub(crate) at: Stamp,
    #[serde(rename = "e")]
    pub(crate) element: String,
    #[serde(rename = "l", default)]
    pub(crate) label: Option<String>,
    /// The mark with the location of its element, as the session encodes it. The last field, so that it may be left out.
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    pub(crate) mark: Option<Blob>,
}

/// Bytes that this crate does not interpret.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Blob(#[serde(with = "crate::join::bytes")] pub(crate) Arc<[u8]>);

const VERSION: u32 = 1;

/// Why a publication is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unread {
    Newer,
    Damaged,
}

impl Publication {
    pub(crate) fn new(device: DeviceId, previous: Option<Name>, about: About) -> Self {
        Self {
            version: VERSION,
            previous,
            is_base: false,
            body: State::default(),
            covers: Vec::new(),
            device,
            about,
            forgotten: BTreeMap::new(),
            removed: Removed::new(),
        }
    }

    /// # Errors
    /// None that the types here can cause.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, Unread> {
        rmp_serde::to_vec_named(self).map_err(|_| Unread::Damaged)
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Unread> {
        #[derive(Deserialize)]
        struct Version {
            v: u32,
        }
        let version: Version = rmp_serde::from_slice(bytes).map_err(|_| Unread::Damaged)?;
        if version.v > VERSION {
            return Err(Unread::Newer);
        }
        rmp_serde::from_slice(bytes).map_err(|_| Unread::Damaged)
    }
}

/// Without what users typed, and without the name of the device.
impl fmt::Debug for Publication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publication")
            .field("previous", &self.previous)
            .field("is_base", &self.is_base)
            .finish_non_exhaustive()
    }
}

/// As above.
impl fmt::Debug for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("About").field("is_open", &self.is_open).field("at", &self.at).finish_non_exhaustive()
    }
}

/// As above.
impl fmt::Debug for Touch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Touch").field("at", &self.at).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::join::{Content, Dot, Lane, Value};
    use crate::name::Hash;

    fn publication() -> Publication {
        let lane = Lane(u128::MAX - 4);
        let name = Name { lane, index: 3, hash: Hash::of(b"x") };
        let touch = Touch { at: Stamp(8), element: "form/amount".into(), label: None, mark: None };
        let about = About { label: "Desk".into(), is_open: true, at: Stamp(-9), touch: Some(touch) };
        let mut publication = Publication::new(DeviceId(u64::MAX), Some(name), about);
        let content = Content { version: 2, codec: 1, bytes: vec![0, 255, 7].into(), needs_seal: false };
        let value = Value { stamp: Stamp(4), device: DeviceId(1), content: Some(content), from: Vec::new() };
        let dot = Dot { lane, index: 4, nonce: u64::MAX };
        publication.body.write(&SectionId::new("w", "n"), dot, value, &[Dot { index: 2, ..dot }]);
        publication.covers = vec![name];
        publication
    }

    #[test]
    fn publication_is_decoded_from_what_it_encodes() {
        let mut publication = publication();
        for mark in [None, Some(Blob(vec![0, 7, 255].into()))] {
            publication.about.touch.as_mut().unwrap().mark = mark;
            let bytes = publication.encode().unwrap();
            assert_eq!(Publication::decode(&bytes), Ok(publication.clone()));
            // What this device keeps has no field names.
            let kept = rmp_serde::to_vec(&publication.about).unwrap();
            assert!(rmp_serde::from_slice::<About>(&kept).unwrap() == publication.about);
        }
    }

    /// Version 1 as it was first written. Never changed once it is in a release.
    #[test]
    fn golden_publication_is_read() {
        let golden = include_bytes!("publication/v1.bin");
        if std::env::var_os("LEFTOFF_WRITE_GOLDEN").is_some() {
            std::fs::write("src/publication/v1.bin", publication().encode().unwrap()).unwrap();
        }
        assert_eq!(Publication::decode(golden), Ok(publication()));
        assert_eq!(publication().encode().unwrap(), golden);
    }

    #[test]
    fn newer_version_is_distinguished_from_damage() {
        #[derive(Serialize)]
        struct Later {
            v: u32,
            other: Vec<u8>,
        }
        let bytes = rmp_serde::to_vec_named(&Later { v: 2, other: vec![1] }).unwrap();
        assert_eq!(Publication::decode(&bytes), Err(Unread::Newer));
        assert_eq!(Publication::decode(&bytes[..4]), Err(Unread::Damaged));
    }

    #[test]
    fn unknown_field_is_ignored() {
        #[derive(Serialize)]
        struct Later {
            #[serde(flatten)]
            publication: Publication,
            zz: u32,
        }
        let bytes = rmp_serde::to_vec_named(&Later { publication: publication(), zz: 7 }).unwrap();
        assert_eq!(Publication::decode(&bytes), Ok(publication()));
    }

    #[test]
    fn every_prefix_is_damage_and_none_panics() {
        let bytes = publication().encode().unwrap();
        for len in 0..bytes.len() {
            assert!(Publication::decode(&bytes[..len]).is_err());
        }
    }
}
