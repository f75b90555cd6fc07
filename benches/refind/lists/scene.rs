//! A list on the screen: a tree with a toolbar, the rows that are built, and a status line.

use std::borrow::Cow;
use std::ops::Range;

use leftoff::marker::anchor::{Key, KeyOrigin, Probe, UiTree};

use super::source::Record;

/// What the host gives as the keys of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keys {
    /// The id of the record, as what it is.
    Data,
    /// The id of the record, as if a developer had named the row.
    Authored,
    /// The number of the row.
    Number,
    None,
}

/// How a row is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) keys: Keys,
    /// A row has a cell for each column and a button; otherwise it is one element with the texts as its name.
    pub(crate) has_cells: bool,
    /// The cells have keys.
    pub(crate) has_cell_keys: bool,
    /// The list answers `probe`.
    pub(crate) answers: bool,
}

#[derive(Default)]
struct Node {
    parent: usize,
    children: Vec<usize>,
    key: String,
    is_data: bool,
    role: &'static str,
    name: String,
}

pub(crate) struct Scene {
    nodes: Vec<Node>,
    list: usize,
    /// The records, built or not: the key of each.
    keys: Vec<String>,
    /// The node of each row, if it is built.
    rows: Vec<Option<usize>>,
    answers: bool,
}

impl Scene {
    pub(crate) fn new(columns: &[&str], records: &[Record], built: &Range<usize>, shape: Shape) -> Self {
        let mut scene =
            Self { nodes: vec![Node::default()], list: 0, keys: Vec::new(), rows: Vec::new(), answers: shape.answers };
        let bar = scene.push(0, "toolbar", "toolbar", "");
        for name in ["New", "Reply", "Delete"] {
            scene.push(bar, &name.to_lowercase(), "button", name);
        }
        scene.list = scene.push(0, "list", "list", "");
        for (index, record) in records.iter().enumerate() {
            let key = match shape.keys {
                Keys::Data | Keys::Authored => record.id.clone(),
                Keys::Number => format!("row-{index}"),
                Keys::None => String::new(),
            };
            let row = built.contains(&index).then(|| scene.row(columns, record, &key, shape));
            scene.keys.push(key);
            scene.rows.push(row);
        }
        scene.push(0, "status", "label", &format!("{} entries", records.len()));
        scene
    }

    fn row(&mut self, columns: &[&str], record: &Record, key: &str, shape: Shape) -> usize {
        let name = if shape.has_cells { String::new() } else { record.texts.join(", ") };
        let row = self.push(self.list, key, "row", &name);
        if let Some(node) = self.nodes.get_mut(row) {
            node.is_data = shape.keys == Keys::Data;
        }
        if shape.has_cells {
            let cell_key = |key: &str| if shape.has_cell_keys { key.to_owned() } else { String::new() };
            for (column, text) in columns.iter().zip(&record.texts) {
                self.push(row, &cell_key(column), "text", text);
            }
            self.push(row, &cell_key("open"), "button", "Open");
        }
        row
    }

    fn push(&mut self, parent: usize, key: &str, role: &'static str, name: &str) -> usize {
        let id = self.nodes.len();
        self.nodes.push(Node { parent, key: key.to_owned(), role, name: name.to_owned(), ..Node::default() });
        if let Some(parent) = self.nodes.get_mut(parent).filter(|_| id > 0) {
            parent.children.push(id);
        }
        id
    }

    /// The row at this index, or a part of it; `None` if it is not built.
    pub(crate) fn part(&self, row: usize, part: Option<usize>) -> Option<usize> {
        let node = self.rows.get(row).copied().flatten()?;
        match part {
            None => Some(node),
            Some(part) => self.nodes.get(node)?.children.get(part).copied(),
        }
    }

    /// The index of the row that the node is or is in.
    pub(crate) fn row_of(&self, node: usize) -> Option<usize> {
        let parent = self.nodes.get(node)?.parent;
        self.rows.iter().position(|row| row.is_some_and(|row| row == node || row == parent))
    }
}

impl UiTree for Scene {
    type Node = usize;

    fn root(&self) -> usize {
        0
    }

    fn parent(&self, node: usize) -> Option<usize> {
        (node > 0).then(|| self.nodes.get(node).map_or(0, |node| node.parent))
    }

    fn children(&self, node: usize) -> impl Iterator<Item = usize> {
        self.nodes.get(node).into_iter().flat_map(|node| node.children.iter().copied())
    }

    fn key(&self, node: usize) -> Option<Key<'_>> {
        let node = self.nodes.get(node).filter(|node| !node.key.is_empty())?;
        let origin = if node.is_data { KeyOrigin::Data } else { KeyOrigin::Authored };
        Some(Key { text: Cow::Borrowed(&node.key), origin })
    }

    fn role(&self, node: usize) -> Cow<'_, str> {
        Cow::Borrowed(self.nodes.get(node).map_or("", |node| node.role))
    }

    fn name(&self, node: usize) -> Option<Cow<'_, str>> {
        self.nodes.get(node).map(|node| node.name.as_str()).filter(|name| !name.is_empty()).map(Cow::Borrowed)
    }

    fn probe(&self, container: usize, key: &str) -> Probe<usize> {
        if container != self.list || !self.answers {
            return Probe::Unknown;
        }
        match self.keys.iter().position(|own| own == key).map(|row| (row, self.rows.get(row).copied().flatten())) {
            Some((_, Some(node))) => Probe::Realized(node),
            Some((row, None)) => Probe::Unrealized { index: row as u64 },
            None => Probe::Absent,
        }
    }
}
