//! Anchors as bytes; `docs/format.md` describes how fields are stored.

use super::Anchor;
use super::outline::{MAX_OUTLINE, MAX_ROLE, MAX_ROLES, Outlined};
use super::segment::{MAX_SEGMENTS, MAX_WORDS, NEIGHBOURS, Segment};
use super::tree::KeyOrigin;
use crate::mark::MAX_PATH;
use crate::mark::MAX_UNKNOWN;
use crate::wire::{Malformed, Reader, fields, put_bytes, put_field, put_varint};

/// The fields of a stored anchor. The meaning of a tag never changes, and new tags come after the last one.
mod tag {
    pub(super) const PATH: u8 = 1;
    pub(super) const SEGMENTS: u8 = 2;
    pub(super) const BEFORE: u8 = 3;
    pub(super) const AFTER: u8 = 4;
    pub(super) const ROLES: u8 = 5;
    pub(super) const OUTLINE: u8 = 6;
    pub(super) const TARGET: u8 = 7;
}

pub(super) fn encode(anchor: &Anchor) -> Vec<u8> {
    let mut out = Vec::new();
    let mut field = |tag, write: &dyn Fn(&mut Vec<u8>)| {
        let mut value = Vec::new();
        write(&mut value);
        if !value.is_empty() {
            put_field(&mut out, tag, &value);
        }
    };
    let outline = &anchor.outline;
    field(tag::PATH, &|value| value.extend_from_slice(anchor.path.as_bytes()));
    for (tag, segments) in
        [(tag::SEGMENTS, &anchor.segments), (tag::BEFORE, &anchor.before), (tag::AFTER, &anchor.after)]
    {
        field(tag, &|value| segments.iter().for_each(|segment| put_segment(value, segment)));
    }
    field(tag::ROLES, &|value| outline.roles.iter().for_each(|role| put_bytes(value, role.as_bytes())));
    field(tag::OUTLINE, &|value| {
        outline.nodes.iter().enumerate().for_each(|(place, node)| put_outlined(value, place, node));
    });
    field(tag::TARGET, &|value| {
        if outline.target > 0 {
            put_varint(value, outline.target as u64);
        }
    });
    out.extend_from_slice(&anchor.unknown);
    out
}

/// Decodes the output of [`encode`] and accepts nothing else: equal anchors have equal bytes.
pub(super) fn decode(bytes: &[u8]) -> Option<Anchor> {
    let anchor = read(bytes).ok()?;
    (encode(&anchor) == bytes).then_some(anchor)
}

fn read(bytes: &[u8]) -> Result<Anchor, Malformed> {
    let mut anchor = Anchor::from_path("");
    for field in fields(bytes) {
        let (tag, value) = field?;
        let outline = &mut anchor.outline;
        match tag {
            tag::PATH => anchor.path = text(value, MAX_PATH)?,
            tag::SEGMENTS => anchor.segments = all(value, MAX_SEGMENTS, |reader, _| segment(reader))?,
            tag::BEFORE => anchor.before = all(value, NEIGHBOURS, |reader, _| segment(reader))?,
            tag::AFTER => anchor.after = all(value, NEIGHBOURS, |reader, _| segment(reader))?,
            tag::ROLES => outline.roles = all(value, MAX_ROLES, |reader, _| text(reader.bytes()?, MAX_ROLE))?,
            tag::OUTLINE => outline.nodes = all(value, MAX_OUTLINE, outlined)?,
            tag::TARGET => outline.target = Reader::new(value).len()?,
            unknown => put_field(&mut anchor.unknown, unknown, value),
        }
    }
    let outline = &anchor.outline;
    let target_is_there = outline.target < outline.nodes.len().max(1);
    let roles_are_there = outline.nodes.iter().all(|node| usize::from(node.role) <= outline.roles.len());
    let is_sound = target_is_there && roles_are_there && anchor.unknown.len() <= MAX_UNKNOWN;
    if is_sound { Ok(anchor) } else { Err(Malformed) }
}

/// Decodes values until the end of the field, at most `max`; `read` receives the index of each.
fn all<T>(
    value: &[u8],
    max: usize,
    mut read: impl FnMut(&mut Reader<'_>, usize) -> Result<T, Malformed>,
) -> Result<Vec<T>, Malformed> {
    let mut reader = Reader::new(value);
    let mut values = Vec::new();
    while !reader.is_empty() {
        if values.len() == max {
            return Err(Malformed);
        }
        values.push(read(&mut reader, values.len())?);
    }
    Ok(values)
}

fn text(bytes: &[u8], max: usize) -> Result<String, Malformed> {
    let text = std::str::from_utf8(bytes).map_err(|_| Malformed)?;
    if text.len() <= max { Ok(text.to_owned()) } else { Err(Malformed) }
}

fn put_segment(out: &mut Vec<u8>, segment: &Segment) {
    out.push(match segment.origin {
        KeyOrigin::Authored => 0,
        KeyOrigin::Data => 1,
        KeyOrigin::Generated => 2,
    });
    for text in [&segment.key, &segment.role, &segment.name] {
        put_bytes(out, text.as_bytes());
    }
    put_varint(out, segment.index.into());
    put_varint(out, segment.siblings.into());
}

fn segment(reader: &mut Reader<'_>) -> Result<Segment, Malformed> {
    let origin = match reader.u8()? {
        0 => KeyOrigin::Authored,
        1 => KeyOrigin::Data,
        2 => KeyOrigin::Generated,
        _ => return Err(Malformed),
    };
    let mut words = || text(reader.bytes()?, MAX_WORDS);
    let (key, role, name) = (words()?, words()?, words()?);
    let mut number = || u32::try_from(reader.varint()?).map_err(|_| Malformed);
    Ok(Segment { key, origin, role, name, index: number()?, siblings: number()? })
}

/// The flags of the hashes that follow; the other hashes are left out.
mod has {
    pub(super) const KEY: u8 = 1;
    /// A key in lower case has the same hash twice.
    pub(super) const FOLDED: u8 = 2;
    pub(super) const NAME: u8 = 4;
}

fn put_outlined(out: &mut Vec<u8>, place: usize, node: &Outlined) {
    put_varint(out, place.abs_diff(node.parent) as u64);
    out.push(node.role);
    let flag = |holds: bool, flag: u8| if holds { flag } else { 0 };
    let has_folded = node.folded != node.key;
    out.push(flag(node.key != 0, has::KEY) | flag(has_folded, has::FOLDED) | flag(node.name != 0, has::NAME));
    for (holds, hash) in [(node.key != 0, node.key), (has_folded, node.folded), (node.name != 0, node.name)] {
        if holds {
            out.extend_from_slice(&hash.to_le_bytes());
        }
    }
}

fn outlined(reader: &mut Reader<'_>, place: usize) -> Result<Outlined, Malformed> {
    let parent = place.checked_sub(reader.len()?).ok_or(Malformed)?;
    let (role, has) = (reader.u8()?, reader.u8()?);
    // Each node is inside the previous one or further up: a node that is its own parent would be a loop.
    if (parent == place && place > 0) || has > (has::KEY | has::FOLDED | has::NAME) {
        return Err(Malformed);
    }
    let mut hash = |flag, other| if has & flag == 0 { Ok(other) } else { reader.u32() };
    let key = hash(has::KEY, 0)?;
    let folded = hash(has::FOLDED, key)?;
    Ok(Outlined { parent, role, key, folded, name: hash(has::NAME, 0)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marker::anchor::testing::{Plain, any_tree};
    use proptest::prelude::*;

    #[test]
    fn what_is_not_known_costs_nothing() {
        assert_eq!(Anchor::from_path("").to_bytes(), b"");
        assert_eq!(Anchor::from_path("a/b").to_bytes(), b"\x01\x03a/b");
    }

    #[test]
    fn fields_of_a_newer_version_are_written_back() {
        let mut bytes = Anchor::of_node(&Plain::new(&[(0, "a"), (1, "b")]), 2).to_bytes();
        put_field(&mut bytes, 200, b"later");
        let anchor = Anchor::from_bytes(&bytes).unwrap();
        assert_eq!((anchor.path(), anchor.to_bytes()), ("a/b", bytes.clone()));
        put_field(&mut bytes, 201, &[0; MAX_UNKNOWN]);
        assert_eq!(Anchor::from_bytes(&bytes), None);
    }

    #[test]
    fn a_place_or_a_role_that_is_not_there_is_malformed() {
        let mut anchor = Anchor::of_node(&Plain::new(&[(0, "a"), (1, "b")]), 2);
        anchor.outline.target = 3;
        assert_eq!(Anchor::from_bytes(&anchor.to_bytes()), None);
        anchor.outline.target = 0;
        anchor.outline.nodes[1].role = 1;
        assert_eq!(Anchor::from_bytes(&anchor.to_bytes()), None);
        anchor.outline.nodes[1].role = 0;
        anchor.outline.nodes[1].parent = 1;
        assert_eq!(Anchor::from_bytes(&anchor.to_bytes()), None);
        anchor.outline.nodes[1].parent = 0;
        assert_eq!(Anchor::from_bytes(&anchor.to_bytes()).as_ref(), Some(&anchor));
        anchor.outline.nodes = vec![Outlined::default(); MAX_OUTLINE + 1];
        (1..=MAX_OUTLINE).for_each(|place| anchor.outline.nodes[place].parent = place - 1);
        assert_eq!(Anchor::from_bytes(&anchor.to_bytes()), None);
    }

    proptest! {
        #[test]
        fn any_anchor_comes_back(tree in any_tree(), node: prop::sample::Index) {
            let anchor = Anchor::of_node(&tree, node.index(tree.parents.len()));
            prop_assert_eq!(Anchor::from_bytes(&anchor.to_bytes()), Some(anchor));
        }

        #[test]
        fn hostile_bytes_never_panic_and_have_one_form(
            tree in any_tree(), at: prop::sample::Index, byte: u8, cut in prop::bool::weighted(0.3),
        ) {
            let mut bytes = Anchor::of_node(&tree, 0).to_bytes();
            if bytes.is_empty() {
                bytes.push(byte);
            }
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if cut {
                bytes.truncate(at);
            }
            if let Some(anchor) = Anchor::from_bytes(&bytes) {
                prop_assert_eq!(anchor.to_bytes(), bytes);
            }
        }

        #[test]
        fn noise_never_panics(bytes: Vec<u8>) {
            if let Some(anchor) = Anchor::from_bytes(&bytes) {
                prop_assert_eq!(anchor.to_bytes(), bytes);
            }
        }
    }
}
