//! The restored state: the sections and their values.

use std::collections::{BTreeMap, BTreeSet};

use leftoff::marker::Changes;
use leftoff::window::Geometry;
use leftoff::{Capture, Section, Session};
use serde::{Deserialize, Serialize};

use crate::next::{DRAFTS_2, VIEW_2, Version};
use crate::panel::Tab;
use crate::place::WINDOW;
use crate::requests::Request;

/// The view: the selection and the scroll position.
pub(crate) const VIEW: Section<View> = Section::new("view", 1);
/// The drafts that are not sent.
pub(crate) const DRAFTS: Section<Drafts> = Section::new("drafts", 1);
/// The finished actions.
pub(crate) const LEDGER: Section<Ledger> = Section::new("ledger", 1);

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct View {
    pub(crate) selected: String,
    pub(crate) step: Step,
    pub(crate) list: ListPlace,
    /// `None`: the system's preference.
    pub(crate) dark: Option<bool>,
    /// Not in a view that an older program saved.
    #[serde(default)]
    pub(crate) tab: Tab,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Step {
    #[default]
    Read,
    Decide,
    Send,
}

impl Step {
    pub(crate) const ALL: [Self; 3] = [Self::Read, Self::Decide, Self::Send];

    pub(crate) fn number(self) -> u32 {
        self as u32 + 1
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Read => "Read",
            Self::Decide => "Decide",
            Self::Send => "Send",
        }
    }

    /// Returns the path of this step of the request.
    pub(crate) fn path(self, request: &Request) -> String {
        format!("{}/{}", request.id, self.name().to_lowercase())
    }

    /// Parses the name of a step in a path.
    pub(crate) fn of_path(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name().eq_ignore_ascii_case(name))
    }
}

/// The scroll position of the list, independent of fonts, rows and screens: the row at the top, and how much of it is
/// hidden above the edge.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ListPlace {
    pub(crate) top: String,
    /// The hidden part, in row heights.
    pub(crate) hidden: f32,
}

pub(crate) type Drafts = BTreeMap<String, Draft>;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Draft {
    pub(crate) amount: String,
    pub(crate) cost_center: String,
    pub(crate) decision: Decision,
    pub(crate) budget_checked: bool,
    pub(crate) message: String,
    pub(crate) notes: String,
}

impl Draft {
    pub(crate) fn of(request: &Request) -> Self {
        Self { amount: request.amount.to_owned(), cost_center: request.cost_center.to_owned(), ..Self::default() }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Decision {
    #[default]
    Open,
    Approve,
    ApproveLess,
    AskBack,
    Reject,
}

impl Decision {
    pub(crate) const ALL: [Self; 5] = [Self::Open, Self::Approve, Self::ApproveLess, Self::AskBack, Self::Reject];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Open => "Not decided",
            Self::Approve => "Approve",
            Self::ApproveLess => "Approve a part",
            Self::AskBack => "Ask for more",
            Self::Reject => "Reject",
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ledger {
    pub(crate) sent: BTreeMap<String, Sent>,
    pub(crate) deleted: BTreeSet<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sent {
    pub(crate) at_millis: i64,
    pub(crate) decision: Decision,
    pub(crate) amount: String,
}

/// The whole state of the desk.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) version: Version,
    pub(crate) view: View,
    pub(crate) drafts: Drafts,
    pub(crate) ledger: Ledger,
    pub(crate) window: Geometry,
    /// All requests, in the order of the list.
    all: Vec<&'static Request>,
    /// Whether colleagues worked meanwhile.
    meanwhile: bool,
}

impl Desk {
    pub(crate) fn new(version: Version, meanwhile: bool) -> Self {
        let (view, drafts, ledger, window) = Default::default();
        Self { version, view, drafts, ledger, window, all: version.requests(meanwhile), meanwhile }
    }

    /// Restores the saved state. The session preserves a section that cannot be restored, and the status line shows it.
    pub(crate) fn restore(session: &mut Session, version: Version, meanwhile: bool) -> Self {
        let mut desk = Self::new(version, meanwhile);
        match version {
            Version::One => {
                desk.view = session.get_or_default(VIEW);
                desk.drafts = session.get_or_default(DRAFTS);
            }
            Version::Two => {
                desk.view = session.get_or_default(VIEW_2);
                let drafts = session.get_or_default(DRAFTS_2);
                desk.drafts = drafts.into_iter().map(|(id, draft)| (id, draft.into())).collect();
            }
        }
        desk.ledger = session.get_or_default(LEDGER);
        desk.window = session.get_or_default(WINDOW);
        if desk.view.selected.is_empty() {
            let first = desk.requests().next().map(|request| request.id.to_owned());
            desk.view.selected = first.unwrap_or_default();
        }
        desk
    }

    pub(crate) fn capture(&self, capture: &mut Capture<'_>) {
        // A request that was only looked at has no draft, and a device on which nothing was done has no sections: both
        // would be in conflict with the work on another device.
        let is_begun = |(id, draft): &(&String, &Draft)| {
            self.all.iter().find(|request| request.id == **id).is_none_or(|request| **draft != Draft::of(request))
        };
        let begun = self.drafts.iter().filter(is_begun).map(|(id, draft)| (id.clone(), draft.clone()));
        match self.version {
            Version::One => {
                capture.set(VIEW, &self.view);
                set(capture, DRAFTS, &begun.collect());
            }
            Version::Two => {
                capture.set(VIEW_2, &self.view);
                set(capture, DRAFTS_2, &begun.map(|(id, draft)| (id, draft.into())).collect());
            }
        }
        set(capture, LEDGER, &self.ledger);
        capture.set(WINDOW, &self.window);
        // What the user saw last: the next start shows what has changed.
        for (id, revision) in self.revisions() {
            capture.fingerprint(id, revision);
        }
    }

    /// Restores it again, after stored values have changed.
    pub(crate) fn again(&self, session: &mut Session) -> Self {
        Self::restore(session, self.version, self.meanwhile)
    }

    /// Returns what changed since the user left.
    pub(crate) fn changes(&self, session: &Session) -> Changes {
        session.marker().and_then(|marker| marker.changes(self.revisions())).unwrap_or_default()
    }

    fn revisions(&self) -> impl Iterator<Item = (&'static str, u64)> + use<'_> {
        self.requests().map(|request| (request.id, request.revision()))
    }

    /// Returns the remaining requests, in the order of the list.
    pub(crate) fn requests(&self) -> impl Iterator<Item = &'static Request> + use<'_> {
        self.all.iter().copied().filter(|request| !self.ledger.deleted.contains(request.id))
    }

    pub(crate) fn selected(&self) -> Option<&'static Request> {
        self.requests().find(|request| request.id == self.view.selected)
    }

    pub(crate) fn draft(&mut self, request: &Request) -> &mut Draft {
        self.drafts.entry(request.id.to_owned()).or_insert_with(|| Draft::of(request))
    }
}

/// Sets a section, or removes it if its value is the default.
fn set<T: Serialize + Default + PartialEq>(capture: &mut Capture<'_>, section: Section<T>, value: &T) {
    if *value == T::default() {
        capture.remove(section);
    } else {
        capture.set(section, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_comes_back_as_it_went() -> Result<(), leftoff::Error> {
        let sent = Sent { at_millis: 7, decision: Decision::Reject, amount: "1".into() };
        let ledger = Ledger { sent: [("R-1".into(), sent)].into(), deleted: ["R-2".into()].into() };
        let list = ListPlace { top: "R-3".into(), hidden: 0.25 };
        let view = View { selected: "R-1".into(), step: Step::Send, list, dark: Some(true), tab: Tab::Memo };
        let drafts = Drafts::from([("R-1".into(), Draft { notes: "n".into(), ..Draft::default() })]);
        assert_eq!(VIEW.round_trip(&view)?, view);
        assert_eq!(DRAFTS.round_trip(&drafts)?, drafts);
        assert_eq!(LEDGER.round_trip(&ledger)?, ledger);
        Ok(())
    }
}
