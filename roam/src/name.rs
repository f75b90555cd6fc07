//! The names of objects in a store.

use std::fmt;

use leftoff_seal::KeyId;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::join::Lane;

/// The SHA-256 of the sealed bytes of a publication.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "(u128, u128)", into = "(u128, u128)")]
pub(crate) struct Hash(u128, u128);

impl Hash {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let digest: [u8; 32] = Sha256::digest(bytes).into();
        let (high, low) = digest.split_at(16);
        let number = |half: &[u8]| half.iter().fold(0, |number: u128, &byte| number << 8 | u128::from(byte));
        Self(number(high), number(low))
    }
}

impl From<(u128, u128)> for Hash {
    fn from((high, low): (u128, u128)) -> Self {
        Self(high, low)
    }
}

impl From<Hash> for (u128, u128) {
    fn from(hash: Hash) -> Self {
        (hash.0, hash.1)
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}{:032x}", self.0, self.1)
    }
}

/// The objects of one person: the first parts of all their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Person(u128);

impl Person {
    /// Derives the tag from the id of the application and of the person. Not keyed, so that it stays the same when the
    /// key is rotated: a store can test a guess of both ids.
    pub(crate) fn new(app: &str, person: &str) -> Self {
        let mut digest = Sha256::new();
        digest.update(b"leftoff roam v1 person");
        digest.update((app.len() as u64).to_le_bytes());
        digest.update(app.as_bytes());
        digest.update(person.as_bytes());
        let digest: [u8; 32] = digest.finalize().into();
        Self(digest.iter().take(16).fold(0, |number, &byte| number << 8 | u128::from(byte)))
    }

    pub(crate) fn prefix(self) -> String {
        format!("v1/{:032x}/", self.0)
    }

    /// The names of all key slots begin with this.
    pub(crate) fn slots(self) -> String {
        format!("{}keys/", self.prefix())
    }

    /// The name of a key slot.
    #[cfg(feature = "passphrase")]
    pub(crate) fn slot(self, key: KeyId, number: u32) -> String {
        format!("{}{key}-{number:08x}", self.slots())
    }

    /// The key that a slot holds; `None` for everything that this version would not write.
    pub(crate) fn key_of_slot(self, name: &str) -> Option<KeyId> {
        let (key, number) = name.strip_prefix(&self.slots())?.split_once('-')?;
        parse_hex(number, 8)?;
        Some(KeyId(parse_hex(key, 32)?.to_be_bytes()))
    }

    /// The object that distinguishes an empty place from a place without access.
    pub(crate) fn marker(self) -> String {
        format!("{}marker", self.prefix())
    }
}

/// The name of a publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "(Lane, u32, Hash)", into = "(Lane, u32, Hash)")]
pub(crate) struct Name {
    pub(crate) lane: Lane,
    pub(crate) index: u32,
    pub(crate) hash: Hash,
}

impl From<(Lane, u32, Hash)> for Name {
    fn from((lane, index, hash): (Lane, u32, Hash)) -> Self {
        Self { lane, index, hash }
    }
}

impl From<Name> for (Lane, u32, Hash) {
    fn from(name: Name) -> Self {
        (name.lane, name.index, name.hash)
    }
}

impl Name {
    /// The name in the store: `v1/<person>/<lane>/<index>-<hash>`.
    pub(crate) fn object(&self, person: Person) -> String {
        format!("{}{}/{:08x}-{}", person.prefix(), self.lane, self.index, self.hash)
    }

    /// The name in the outbox.
    pub(crate) fn outbox(&self) -> String {
        format!("{OUTBOX}{}-{:08x}-{}", self.lane, self.index, self.hash)
    }

    /// Parses the end of a name; `None` for everything that this version would not write.
    pub(crate) fn parse(name: &str, person: Person) -> Option<Self> {
        let (lane, rest) = name.strip_prefix(&person.prefix())?.split_once('/')?;
        let (index, hash) = rest.split_once('-')?;
        Self::of_parts(lane, index, hash)
    }

    pub(crate) fn parse_outbox(name: &str) -> Option<Self> {
        let mut parts = name.strip_prefix(OUTBOX)?.splitn(3, '-');
        Self::of_parts(parts.next()?, parts.next()?, parts.next()?)
    }

    fn of_parts(lane: &str, index: &str, hash: &str) -> Option<Self> {
        let (high, low) = hash.split_at_checked(32)?;
        let hash = Hash(parse_hex(high, 32)?, parse_hex(low, 32)?);
        Some(Self { lane: Lane(parse_hex(lane, 32)?), index: u32::try_from(parse_hex(index, 8)?).ok()?, hash })
    }

    /// What the sealed bytes are bound to, so that a store cannot move them.
    pub(crate) fn context(person: Person, lane: Lane, index: u32) -> Vec<u8> {
        format!("roam {}{lane}/{index:08x}", person.prefix()).into_bytes()
    }
}

/// Parses exactly this number of lower-case hexadecimal digits.
pub(crate) fn parse_hex(digits: &str, len: usize) -> Option<u128> {
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let is_right = digits.len() == len && digits.bytes().all(is_hex);
    is_right.then(|| u128::from_str_radix(digits, 16).ok()).flatten()
}

/// Where sealed bytes wait until the store has them.
pub(crate) const OUTBOX: &str = "outbox/";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_is_parsed_from_what_it_writes_and_from_nothing_else() {
        let person = Person::new("app", "ana");
        let name = Name { lane: Lane(5), index: 18, hash: Hash::of(b"bytes") };
        let object = name.object(person);
        assert_eq!(Name::parse(&object, person), Some(name));
        assert_eq!(Name::parse_outbox(&name.outbox()), Some(name));
        assert!(object.len() < 200);
        assert_eq!(Name::parse(&object, Person::new("app", "ben")), None);
        for other in [
            format!("{object}.sync-conflict-20260101"),
            object.to_uppercase(),
            format!("{object}0"),
            object.replace("00000012", "+0000012"),
            person.marker(),
            format!("{}é/x-y", person.prefix()),
        ] {
            assert_eq!(Name::parse(&other, person), None, "{other}");
        }
    }
}
