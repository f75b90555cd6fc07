//! A tree for tests that counts its queries.

use std::borrow::Cow;
use std::cell::Cell;

use proptest::prelude::*;

use super::tree::{Key, KeyOrigin, Probe, UiTree};

/// Nodes by number; 0 is the root.
#[derive(Debug, Clone, Default)]
pub(in crate::marker) struct Plain {
    pub(in crate::marker) parents: Vec<usize>,
    pub(in crate::marker) children: Vec<Vec<usize>>,
    /// Empty: none. A tilde in front: made up. A hash in front: the id of a record.
    pub(in crate::marker) keys: Vec<String>,
    pub(in crate::marker) roles: Vec<String>,
    pub(in crate::marker) names: Vec<String>,
    /// Whether `probe` answers.
    pub(in crate::marker) answers: bool,
    /// A child that has not been built: container, key, row.
    pub(in crate::marker) unbuilt: Option<(usize, String, u64)>,
    pub(in crate::marker) probed: Cell<usize>,
    /// How many children were handed out.
    pub(in crate::marker) visited: Cell<usize>,
}

impl Plain {
    /// From (parent, key) of each node but the root.
    pub(in crate::marker) fn new(nodes: &[(usize, &str)]) -> Self {
        let mut tree = Self::default();
        tree.push(0, "", "", "");
        for (parent, key) in nodes {
            tree.push(*parent, key, "", "");
        }
        tree
    }

    pub(in crate::marker) fn push(&mut self, parent: usize, key: &str, role: &str, name: &str) -> usize {
        let id = self.parents.len();
        self.parents.push(parent);
        self.children.push(Vec::new());
        self.keys.push(key.to_owned());
        self.roles.push(role.to_owned());
        self.names.push(name.to_owned());
        if id > 0 {
            self.children[parent].push(id);
        }
        id
    }
}

impl UiTree for Plain {
    type Node = usize;

    fn root(&self) -> usize {
        0
    }

    fn parent(&self, node: usize) -> Option<usize> {
        (node > 0).then(|| self.parents[node])
    }

    fn children(&self, node: usize) -> impl Iterator<Item = usize> {
        self.children[node].iter().copied().inspect(|_| self.visited.set(self.visited.get() + 1))
    }

    fn key(&self, node: usize) -> Option<Key<'_>> {
        let key = self.keys[node].as_str();
        let origin = match key.chars().next()? {
            '~' => KeyOrigin::Generated,
            '#' => KeyOrigin::Data,
            _ => KeyOrigin::Authored,
        };
        Some(Key { text: Cow::Borrowed(key.trim_start_matches('#')), origin })
    }

    fn role(&self, node: usize) -> Cow<'_, str> {
        Cow::Borrowed(&self.roles[node])
    }

    fn name(&self, node: usize) -> Option<Cow<'_, str>> {
        Some(self.names[node].as_str()).filter(|name| !name.is_empty()).map(Cow::Borrowed)
    }

    fn probe(&self, container: usize, key: &str) -> Probe<usize> {
        self.probed.set(self.probed.get() + 1);
        if let Some((parent, unbuilt, row)) = &self.unbuilt {
            if (*parent, unbuilt.as_str()) == (container, key) {
                return Probe::Unrealized { index: *row };
            }
        }
        if !self.answers {
            return Probe::Unknown;
        }
        let has = |child: &&usize| self.key(**child).is_some_and(|own| own.text == key);
        let found: Vec<_> = self.children[container].iter().filter(has).collect();
        match found[..] {
            [] => Probe::Absent,
            [only] => Probe::Realized(*only),
            _ => Probe::Ambiguous,
        }
    }
}

/// Trees of up to thirty nodes, with few keys, roles and names, so that many are alike.
pub(in crate::marker) fn any_tree() -> impl Strategy<Value = Plain> {
    let key = prop_oneof![Just(String::new()), "[a-e]{1,2}", "~[a-c]", "#[0-9]"];
    let name = prop_oneof![Just(String::new()), "[A-C]{1,2}", Just("...".to_owned())];
    let role = prop_oneof![Just(""), Just("button"), Just("list"), Just("QCheckBox")];
    prop::collection::vec((any::<prop::sample::Index>(), key, role, name), 0..30).prop_map(|nodes| {
        let mut tree = Plain::new(&[]);
        for (parent, key, role, name) in nodes {
            tree.push(parent.index(tree.parents.len()), &key, role, &name);
        }
        tree
    })
}

impl Plain {
    /// The path of each node, if it has a key of its own.
    pub(in crate::marker) fn path(&self, node: usize) -> Option<String> {
        let own = |node: usize| Some(self.key(node)?.text.into_owned()).filter(|key| !key.starts_with('~'));
        own(node)?;
        let up = |node: &usize| Some(self.parents[*node]).filter(|parent| *parent > 0);
        let mut names: Vec<String> = std::iter::successors(Some(node), up).filter_map(own).collect();
        names.reverse();
        Some(names.join("/"))
    }
}
