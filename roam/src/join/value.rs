//! One value of a section, and the name of a section.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Dot;

/// The name of a section in its scope; the scope of the session itself is `""`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SectionId {
    /// The scope, such as a window or a document.
    #[serde(rename = "s")]
    pub scope: Box<str>,
    /// The name of the section.
    #[serde(rename = "n")]
    pub name: Box<str>,
}

impl SectionId {
    /// The section `name` of `scope`.
    pub fn new(scope: &str, name: &str) -> Self {
        Self { scope: scope.into(), name: name.into() }
    }
}

/// A device of a person: 64 random bits, kept as long as the device has its directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DeviceId(pub u64);

/// Wall-clock time in milliseconds since 1970, as far as the writer knows it.
///
/// Stamps only choose which of several values is shown. Causality decides which values are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Stamp(pub i64);

impl Stamp {
    /// The stamp of a new value: newer than each stamp that was seen in the section, so that it is shown in its place.
    ///
    /// `latest` bounds it, so that a stamp from a far future does not spread: see [`MAX_AHEAD`](Self::MAX_AHEAD).
    #[must_use]
    pub fn next(clock: Self, newest_seen: Option<Self>, latest: Self) -> Self {
        let after = newest_seen.map_or(clock, |seen| Self(seen.0.saturating_add(1)));
        clock.max(after).min(latest)
    }

    /// How far ahead of the store's clock a stamp may be, in milliseconds: 24 hours.
    pub const MAX_AHEAD: i64 = 24 * 60 * 60 * 1000;
}

/// A value of a section as a device stored it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Value {
    /// When it was written.
    #[serde(rename = "t")]
    pub stamp: Stamp,
    /// The device that wrote it.
    #[serde(rename = "d")]
    pub device: DeviceId,
    /// The encoded value; `None` records that the section was removed while other values of it are kept.
    #[serde(rename = "c")]
    pub content: Option<Content>,
    /// The writes that it was made from, the newest first, at most [`MAX_FROM`](Self::MAX_FROM): for finding the value that
    /// two writes have in common.
    #[serde(rename = "f", default, skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<Dot>,
}

impl Value {
    /// The number of writes that a value names as those it was made from: 8.
    pub const MAX_FROM: usize = 8;
}

/// The encoded bytes of a section with what is needed to decode them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Content {
    /// The version of the section.
    #[serde(rename = "v")]
    pub version: u32,
    /// The number of the codec, as the log stores it.
    #[serde(rename = "c")]
    pub codec: u8,
    /// The bytes, with the shape in front if the codec stores one.
    #[serde(rename = "b", with = "bytes")]
    pub bytes: Arc<[u8]>,
    /// Whether a device stores it under a seal only.
    #[serde(rename = "s", default, skip_serializing_if = "std::ops::Not::not")]
    pub needs_seal: bool,
}

/// Without contents.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stamp, device, content, .. } = self;
        f.debug_struct("Value").field("stamp", stamp).field("device", device).field("content", content).finish()
    }
}

/// Without contents.
impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content")
            .field("version", &self.version)
            .field("len", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

/// Serde stores a slice of bytes as a list of numbers unless told otherwise.
pub(crate) mod bytes {
    use std::fmt;
    use std::sync::Arc;

    use serde::de::{Deserializer, Error, SeqAccess, Visitor};
    use serde::ser::Serializer;

    pub(crate) fn serialize<S: Serializer>(bytes: &Arc<[u8]>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(bytes)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<[u8]>, D::Error> {
        deserializer.deserialize_bytes(Bytes)
    }

    struct Bytes;

    impl<'de> Visitor<'de> for Bytes {
        type Value = Arc<[u8]>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("bytes")
        }

        fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
            Ok(bytes.into())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut bytes = Vec::new();
            while let Some(byte) = list.next_element()? {
                bytes.push(byte);
            }
            Ok(bytes.into())
        }
    }
}
