//! The name of a node: the text by which the user knows the element, and never its content.

use std::collections::{HashMap, HashSet};

use super::accesskit::{Node, NodeId, Role};

/// The nodes, and those among them that are parts of a field: runs of its text.
pub(super) struct Names<'t> {
    nodes: &'t HashMap<NodeId, Node>,
    contents: HashSet<NodeId>,
}

/// The maximum number of nodes from whose texts a name is made.
const MAX_PARTS: usize = 32;

impl<'t> Names<'t> {
    pub(super) fn new(nodes: &'t HashMap<NodeId, Node>) -> Self {
        let fields = nodes.values().filter(|node| is_field(node.role()));
        let mut open: Vec<NodeId> = fields.flat_map(|node| node.children().iter().copied()).collect();
        let mut contents = HashSet::new();
        while let Some(id) = open.pop() {
            // Also of a node that is missing: another may have its id later.
            if contents.insert(id) {
                open.extend(nodes.get(&id).into_iter().flat_map(Node::children));
            }
        }
        Self { nodes, contents }
    }

    /// Returns whether the node shows the content of a field.
    pub(super) fn is_content(&self, id: NodeId, node: &Node) -> bool {
        node.role() == Role::TextRun || self.contents.contains(&id)
    }

    /// Returns the label, else the texts of the nodes that label it, else those inside a button or the like, else the
    /// placeholder.
    pub(super) fn of(&self, node: &Node) -> Option<String> {
        self.own(node)
            .or_else(|| joined(node.labelled_by().iter().take(MAX_PARTS).filter_map(|id| self.text(*id))))
            .or_else(|| self.inside(node))
            .or_else(|| node.placeholder().and_then(telling))
    }

    /// Returns the text of a label.
    fn text(&self, id: NodeId) -> Option<String> {
        let node = self.nodes.get(&id).filter(|node| !self.is_content(id, node))?;
        self.own(node).or_else(|| self.inside(node))
    }

    /// Returns the node's own label. A text that is no field has its label in its value, or in its runs.
    fn own(&self, node: &Node) -> Option<String> {
        let is_text = matches!(node.role(), Role::Label | Role::Heading | Role::Caption | Role::Legend);
        let label = node.label().and_then(telling);
        label.or_else(|| if is_text { node.value().and_then(telling).or_else(|| self.runs(node)) } else { None })
    }

    fn runs(&self, node: &Node) -> Option<String> {
        let runs = node.children().iter().take(MAX_PARTS).filter(|id| !self.contents.contains(id));
        let runs = runs.filter_map(|id| self.nodes.get(id)).filter(|run| run.role() == Role::TextRun);
        telling(&runs.filter_map(Node::value).collect::<String>())
    }

    fn inside(&self, node: &Node) -> Option<String> {
        if !is_named_by_its_contents(node.role()) {
            return None;
        }
        let mut open: Vec<NodeId> = node.children().iter().rev().copied().collect();
        let mut texts = Vec::new();
        // A cycle ends here.
        for _ in 0..MAX_PARTS {
            let Some(id) = open.pop() else { break };
            let Some(node) = self.nodes.get(&id).filter(|node| !self.is_content(id, node) && !node.is_hidden()) else {
                continue;
            };
            match node.role() {
                Role::Label | Role::Image => texts.extend(self.own(node)),
                Role::GenericContainer => open.extend(node.children().iter().rev()),
                _ => {}
            }
        }
        joined(texts)
    }
}

fn telling(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn joined(texts: impl IntoIterator<Item = String>) -> Option<String> {
    texts.into_iter().reduce(|all, text| all + " " + &text)
}

/// Returns whether the user types into it, so that its value and its children are the user's.
pub(super) fn is_field(role: Role) -> bool {
    matches!(
        role,
        Role::TextInput
            | Role::MultilineTextInput
            | Role::SearchInput
            | Role::DateInput
            | Role::DateTimeInput
            | Role::WeekInput
            | Role::MonthInput
            | Role::TimeInput
            | Role::EmailInput
            | Role::NumberInput
            | Role::PasswordInput
            | Role::PhoneNumberInput
            | Role::UrlInput
            | Role::SpinButton
    )
}

fn is_named_by_its_contents(role: Role) -> bool {
    matches!(
        role,
        Role::Button
            | Role::DefaultButton
            | Role::CheckBox
            | Role::RadioButton
            | Role::Switch
            | Role::Link
            | Role::Tab
            | Role::MenuItem
            | Role::MenuItemCheckBox
            | Role::MenuItemRadio
            | Role::ListBoxOption
            | Role::Label
            | Role::Heading
    )
}
