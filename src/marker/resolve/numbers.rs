//! Keys that only count rows: `row-7` names a position, and after a change of the list another row has that position.

use std::borrow::Cow;

use super::rows::FEW;
use crate::marker::anchor::{Anchor, End, Key, KeyOrigin, Outline, Probe, Segment, UiTree, Writer, hash, walk};

/// The maximum number of elements of a row that are read.
const SEEN: usize = 64;

/// A row that contains the element, whose key is a number in a row of numbers.
pub(super) struct Numbered {
    /// Its index among the segments, and in the outline.
    segment: usize,
    row: usize,
    prefix: String,
}

/// Splits a key into its prefix and its number.
fn split(key: &str) -> Option<(&str, u64)> {
    let prefix = key.trim_end_matches(|letter: char| letter.is_ascii_digit());
    Some((prefix, key.get(prefix.len()..)?.parse().ok()?))
}

impl Numbered {
    /// Returns the outermost container of the element whose key counts its siblings.
    pub(super) fn new(anchor: &Anchor) -> Option<Self> {
        let (segments, outline) = (anchor.segments(), anchor.outline());
        // The id of a record is what the application says it is, also where records are numbered.
        let is_authored = |segment: &&Segment| segment.origin != KeyOrigin::Data;
        let number = |segment| Some(segment).filter(is_authored).and_then(Segment::path_key).and_then(split);
        let numbers: Vec<_> = segments.iter().map(number).collect();
        if numbers.iter().all(Option::is_none) {
            return None;
        }
        let mut row = outline.target;
        let mut found = None;
        for (segment, number) in numbers.into_iter().enumerate().rev() {
            if let Some((prefix, number)) = number {
                if counts(outline, row, prefix, number) {
                    found = Some(Self { segment, row, prefix: prefix.to_owned() });
                }
            }
            row = outline.nodes.get(row)?.parent;
        }
        found
    }

    /// Returns whether the row with this key is still the row: all texts of its own are in it.
    pub(super) fn holds<T: UiTree>(&self, anchor: &Anchor, tree: &T) -> bool {
        let Some((_, number)) = anchor.segments().get(self.segment).and_then(|own| split(&own.key)) else {
            return true;
        };
        self.is_there(anchor, tree, self.row, number)
    }

    /// Returns whether the current row with this number has all texts that only this captured row had. A row without
    /// texts is taken at its key.
    ///
    /// If a text changed, the search by texts, which weighs them, may still find the row.
    fn is_there<T: UiTree>(&self, anchor: &Anchor, tree: &T, row: usize, number: u64) -> bool {
        let outline = anchor.outline();
        let mut own = outline.texts(row);
        let has_none = own.is_empty();
        for other in siblings(outline, self.row).into_iter().filter(|other| *other != row) {
            let theirs = outline.texts(other);
            own.retain(|text| !theirs.contains(text));
        }
        let has_own = !own.is_empty();
        let around = anchor.segments().iter().take(self.segment).filter_map(|segment| segment.path_key());
        let key = format!("{}{number}", self.prefix);
        let path = around.chain([key.as_str()]).collect::<Vec<_>>().join("/");
        let walked = walk(tree, &path);
        if has_none || walked.end != End::Held {
            return has_none;
        }
        let (mut writer, mut roles, mut open) = (Writer::default(), Vec::new(), vec![walked.reached]);
        for _ in 0..SEEN {
            let Some(node) = open.pop() else { break };
            let name = writer.outlined(tree, node, &mut roles).name;
            own.retain(|text| *text != name);
            open.extend(tree.children(node).take(SEEN));
        }
        has_own && own.is_empty()
    }

    /// Returns the anchor without these keys.
    pub(super) fn anchor(&self, anchor: &Anchor) -> Anchor {
        anchor.without_keys(self.segment, self.row)
    }

    /// Returns the interface without these keys.
    pub(super) fn tree<'t, T: UiTree>(&'t self, tree: &'t T) -> Unnumbered<'t, T> {
        Unnumbered { tree, prefix: &self.prefix }
    }
}

/// Returns the siblings of an element, itself included.
fn siblings(outline: &Outline, row: usize) -> Vec<usize> {
    let parent = outline.nodes.get(row).map(|node| node.parent);
    let all = outline.nodes.iter().enumerate().skip(1);
    all.filter(|(_, other)| Some(other.parent) == parent).map(|(place, _)| place).collect()
}

/// Returns whether the siblings have consecutive numbers behind this prefix.
fn counts(outline: &Outline, row: usize, prefix: &str, number: u64) -> bool {
    let siblings = siblings(outline, row);
    let Some(at) = siblings.iter().position(|sibling| *sibling == row) else { return false };
    let counted = |index: &usize| {
        let number = number.checked_add(*index as u64)?.checked_sub(at as u64)?;
        let key = outline.nodes.get(*siblings.get(*index)?)?.key;
        (key == hash(&format!("{prefix}{number}"))).then_some(())
    };
    let before = (0..at).rev().take_while(|index| counted(index).is_some()).count();
    let after = (at..siblings.len()).take_while(|index| counted(index).is_some()).count();
    before + after >= FEW
}

/// An interface without the keys that consist of a prefix and a number.
pub(super) struct Unnumbered<'t, T> {
    tree: &'t T,
    prefix: &'t str,
}

impl<T> Unnumbered<'_, T> {
    fn counts(&self, key: &str) -> bool {
        split(key).is_some_and(|(prefix, _)| prefix == self.prefix)
    }
}

impl<T: UiTree> UiTree for Unnumbered<'_, T> {
    type Node = T::Node;

    fn root(&self) -> T::Node {
        self.tree.root()
    }

    fn parent(&self, node: T::Node) -> Option<T::Node> {
        self.tree.parent(node)
    }

    fn children(&self, node: T::Node) -> impl Iterator<Item = T::Node> {
        self.tree.children(node)
    }

    fn key(&self, node: T::Node) -> Option<Key<'_>> {
        self.tree.key(node).filter(|key| !self.counts(&key.text))
    }

    fn role(&self, node: T::Node) -> Cow<'_, str> {
        self.tree.role(node)
    }

    fn name(&self, node: T::Node) -> Option<Cow<'_, str>> {
        self.tree.name(node)
    }

    fn probe(&self, container: T::Node, key: &str) -> Probe<T::Node> {
        if self.counts(key) { Probe::Unknown } else { self.tree.probe(container, key) }
    }
}
