//! What is true in the simulation: who wrote what over what.

use std::collections::{BTreeMap, BTreeSet};

use crate::join::{Content, Value};

/// A value of the simulation, or a removal.
pub(super) type Id = u64;

#[derive(Debug, Default)]
pub(super) struct Truth {
    parents: BTreeMap<Id, Vec<Id>>,
    children: BTreeMap<Id, Vec<Id>>,
    removals: BTreeSet<Id>,
    /// What a user was told is safe, or saw on another device.
    acknowledged: BTreeSet<Id>,
    /// What was only on a device that was put back to a backup.
    pub(super) forfeited: BTreeSet<Id>,
    pub(super) dismissed: BTreeSet<Id>,
    /// When a value was first in the store.
    pub(super) landed: BTreeMap<Id, i64>,
    /// What the store lost, and the device whose own log has it.
    pub(super) vanished: BTreeMap<Id, usize>,
}

impl Truth {
    /// A user replaces the values that they see.
    pub(super) fn write(&mut self, over: impl IntoIterator<Item = Id>, is_removal: bool) -> Id {
        let id = self.parents.len() as u64 + 1;
        let over: Vec<Id> = over.into_iter().collect();
        self.parents.insert(id, over.clone());
        for over in over {
            self.children.entry(over).or_default().push(id);
        }
        if is_removal {
            self.removals.insert(id);
        }
        id
    }

    pub(super) fn acknowledge(&mut self, id: Id) {
        self.acknowledged.insert(id);
    }

    pub(super) fn count(&self) -> usize {
        self.parents.len()
    }

    /// Whether a user who saw the value replaced it by one that is safe, or that was replaced in turn.
    fn is_replaced(&self, id: Id) -> bool {
        let lives = |child: &Id| {
            let is_safe = self.acknowledged.contains(child) && !self.forfeited.contains(child);
            is_safe || self.is_replaced(*child)
        };
        self.children.get(&id).is_some_and(|children| children.iter().any(lives))
    }

    /// Whether a user may expect to find the value: it is safe, and no user who saw it replaced it or let it go.
    pub(super) fn is_required(&self, id: Id) -> bool {
        let is_safe = self.acknowledged.contains(&id) && !self.forfeited.contains(&id);
        is_safe && !self.removals.contains(&id) && !self.dismissed.contains(&id) && !self.is_replaced(id)
    }

    /// The story of a value and of those that replaced it.
    pub(super) fn story(&self, id: Id) -> String {
        let children = self.children.get(&id).into_iter().flatten().map(|child| self.story(*child));
        let children: Vec<String> = children.collect();
        let is = |set: &BTreeSet<Id>, mark: &str| if set.contains(&id) { mark.to_owned() } else { String::new() };
        let marks =
            [is(&self.acknowledged, "!"), is(&self.forfeited, "forfeited"), is(&self.removals, "removal")].concat();
        format!("{id}{marks}{children:?}")
    }

    pub(super) fn required(&self) -> impl Iterator<Item = Id> + '_ {
        self.parents.keys().copied().filter(|id| self.is_required(*id))
    }
}

pub(super) fn content_of(id: Id) -> Content {
    Content { version: 1, codec: 0, bytes: id.to_le_bytes()[..].into(), needs_seal: false }
}

pub(super) fn id_of(value: &Value) -> Option<Id> {
    value.content.as_ref().map(|content| Id::from_le_bytes(content.bytes[..].try_into().unwrap()))
}
