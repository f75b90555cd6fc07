//! The file format, and a stored interface as a tree whose keys can be hidden.

use std::borrow::Cow;
use std::error::Error;
use std::path::Path;

use leftoff::marker::anchor::{Key, KeyOrigin, UiTree};
use serde_json::Value;

/// Two versions of one interface.
pub(crate) struct Record {
    pub(crate) file: String,
    pub(crate) a: Interface,
    pub(crate) b: Interface,
    /// The same element in both.
    pub(crate) pairs: Vec<(usize, usize)>,
    /// Elements of `a` that `b` has not, or has under another id.
    pub(crate) gone: Vec<usize>,
}

#[derive(Clone, Default)]
pub(crate) struct Interface {
    pub(crate) nodes: Vec<Node>,
    children: Vec<Vec<usize>>,
    /// The elements without a parent: a file may describe several.
    tops: Vec<usize>,
}

#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) parent: Option<usize>,
    pub(crate) role: String,
    pub(crate) key: Option<String>,
    pub(crate) is_generated: bool,
    pub(crate) label: Option<String>,
    pub(crate) index: u64,
}

/// Which keys the resolver does not get to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hide {
    None,
    /// That of the element in question.
    Leaf,
    /// The same; in the later version it has another key, unlike the old one.
    Fresh,
    All,
}

impl Hide {
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        [("none", Self::None), ("leaf", Self::Leaf), ("fresh", Self::Fresh), ("all", Self::All)]
            .into_iter()
            .find_map(|(known, mode)| (known == word).then_some(mode))
    }
}

pub(crate) fn read(file: &Path) -> Result<Vec<Record>, Box<dyn Error>> {
    let text = std::fs::read_to_string(file)?;
    let wrong = |line: usize| format!("{}, line {}: not in the format", file.display(), line + 1);
    text.lines().enumerate().map(|(line, text)| record(text).ok_or_else(|| wrong(line).into())).collect()
}

fn record(line: &str) -> Option<Record> {
    let value: Value = serde_json::from_str(line).ok()?;
    let number = |value: &Value| usize::try_from(value.as_u64()?).ok();
    let pair = |value: &Value| Some((number(value.get(0)?)?, number(value.get(1)?)?));
    Some(Record {
        file: format!("{}:{}", value.get("repo")?.as_str()?, value.get("file_a")?.as_str()?),
        a: interface(value.get("a")?)?,
        b: interface(value.get("b")?)?,
        pairs: value.get("pairs")?.as_array()?.iter().map(pair).collect::<Option<_>>()?,
        gone: value.get("gone")?.as_array()?.iter().map(number).collect::<Option<_>>()?,
    })
}

fn interface(value: &Value) -> Option<Interface> {
    let mut interface = Interface::default();
    for (place, node) in value.as_array()?.iter().enumerate() {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let node = Node {
            parent: usize::try_from(node.get(0)?.as_i64()?).ok(),
            role: text(node.get(1)?)?,
            key: text(node.get(2)?),
            is_generated: node.get(3)?.as_bool()?,
            label: text(node.get(4)?),
            index: node.get(5)?.as_u64()?,
        };
        match node.parent {
            Some(parent) => interface.children.get_mut(parent)?.push(place),
            None => interface.tops.push(place),
        }
        interface.nodes.push(node);
        interface.children.push(Vec::new());
    }
    Some(interface)
}

impl Record {
    /// The later version becomes the earlier one with its siblings in the opposite order, everywhere.
    pub(crate) fn reverse(&mut self) {
        self.b = self.a.clone();
        let siblings = self.b.children.iter_mut().chain([&mut self.b.tops]);
        siblings.for_each(|siblings| siblings.reverse());
        // None is where it was.
        self.b.nodes.iter_mut().for_each(|node| node.index = u64::MAX - node.index);
        self.pairs = (0..self.a.nodes.len()).filter(|node| self.a.keyed(*node)).map(|node| (node, node)).collect();
        self.gone.clear();
    }
}

impl Interface {
    /// Whether a person named the node.
    fn keyed(&self, node: usize) -> bool {
        self.nodes.get(node).is_some_and(|node| node.key.is_some() && !node.is_generated)
    }

    /// Whether one node is the other, or its direct container.
    pub(crate) fn is_one_level(&self, one: usize, other: usize) -> bool {
        let parent = |node: usize| self.nodes.get(node).and_then(|node| node.parent);
        one == other || parent(one) == Some(other) || parent(other) == Some(one)
    }

    /// Keys, roles and places among siblings from the root to the node.
    pub(crate) fn path(&self, node: usize) -> Vec<(Option<&str>, &str, u64)> {
        let up = |node: &usize| self.nodes.get(*node).and_then(|node| node.parent);
        std::iter::successors(Some(node), up)
            .filter_map(|node| self.nodes.get(node))
            .map(|node| (node.key.as_deref(), node.role.as_str(), node.index))
            .collect()
    }
}

/// An interface as the library sees it: below the root, which stands for the window, what the file describes. Node `n` of
/// the file is node `n + 1` here.
pub(crate) struct Shown<'i> {
    pub(crate) interface: &'i Interface,
    pub(crate) hide: Hide,
    /// The element in question.
    pub(crate) element: Option<usize>,
    /// Its key, if it is not its own.
    pub(crate) fresh: Option<&'i str>,
    /// An element that is left out, with its contents.
    pub(crate) removed: Option<usize>,
}

impl UiTree for Shown<'_> {
    type Node = usize;

    fn root(&self) -> usize {
        0
    }

    fn parent(&self, node: usize) -> Option<usize> {
        Some(self.stored(node)?.parent.map_or(0, |parent| parent + 1))
    }

    fn children(&self, node: usize) -> impl Iterator<Item = usize> {
        let children = match node.checked_sub(1) {
            Some(node) => self.interface.children.get(node),
            None => Some(&self.interface.tops),
        };
        children.into_iter().flatten().filter(|child| Some(**child) != self.removed).map(|child| child + 1)
    }

    fn key(&self, node: usize) -> Option<Key<'_>> {
        let hidden = self.hide == Hide::All
            || (self.hide != Hide::None && self.element.map(|element| element + 1) == Some(node));
        let stored = self.stored(node)?;
        let text = if hidden { self.fresh? } else { stored.key.as_deref()? };
        let origin = if stored.is_generated { KeyOrigin::Generated } else { KeyOrigin::Authored };
        Some(Key { text: Cow::Borrowed(text), origin })
    }

    fn role(&self, node: usize) -> Cow<'_, str> {
        Cow::Borrowed(self.stored(node).map_or("", |node| &node.role))
    }

    fn name(&self, node: usize) -> Option<Cow<'_, str>> {
        self.stored(node)?.label.as_deref().map(Cow::Borrowed)
    }
}

impl<'i> Shown<'i> {
    fn stored(&self, node: usize) -> Option<&'i Node> {
        self.interface.nodes.get(node.checked_sub(1)?)
    }
}
