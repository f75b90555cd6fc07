//! The next release of the desk, so that one program can save in one version and restore in the other.
//!
//! Version 2 sorts the requests by amount, drops one, renames *Cost centre* to "Charge to" and declares it, moves
//! *Amount* into a group without declaring it, and has no budget box.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use leftoff::{Migration, Section};
use serde::{Deserialize, Serialize};

use crate::requests::{GONE, MEANWHILE, REQUESTS, Request};
use crate::state::{Decision, Draft, Drafts, ListPlace, VIEW, View};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Version {
    #[default]
    One,
    Two,
}

/// A request that version 2 does not have: it was settled in the meantime.
const SETTLED: &str = "R-1036";

impl Version {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::One => "1.0.0",
            Self::Two => "2.0.0",
        }
    }

    /// Returns the renames for [`leftoff::Builder::renames`], for every request.
    pub fn renames(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::One => &[],
            Self::Two => &[("*/decide/cost-center", "*/decide/money/charge-to")],
        }
    }

    /// Returns the requests as the server sends them, in the order of the list.
    pub(crate) fn requests(self, meanwhile: bool) -> Vec<&'static Request> {
        let mut requests: Vec<&Request> = REQUESTS.iter().collect();
        if meanwhile {
            requests.retain(|request| request.id != GONE && MEANWHILE.iter().all(|newer| newer.id != request.id));
            requests.extend(&MEANWHILE);
            requests.sort_by_key(|request| request.id);
        }
        if self == Self::Two {
            requests.retain(|request| request.id != SETTLED);
            requests.sort_by_key(|request| Reverse(request.euros()));
        }
        requests
    }
}

/// The view in version 2. The list has another order, so the old row at the top means nothing now; the selected row
/// does.
pub(crate) const VIEW_2: Section<View> = Section::new(VIEW.name(), 2).migrations(&[Migration::from::<View1>(1)]);

#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct View1(View);

impl From<View1> for View {
    fn from(View1(old): View1) -> Self {
        let list = ListPlace { top: old.selected.clone(), hidden: 0.0 };
        Self { list, ..old }
    }
}

pub(crate) const DRAFTS_2: Section<Drafts2> = Section::new("drafts", 2).migrations(&[Migration::from::<Drafts1>(1)]);

#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Drafts1(Drafts);

impl From<Drafts1> for Drafts2 {
    fn from(Drafts1(old): Drafts1) -> Self {
        old.into_iter().map(|(id, draft)| (id, draft.into())).collect()
    }
}

pub(crate) type Drafts2 = BTreeMap<String, Draft2>;

/// A draft in the form that version 2 stores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Draft2 {
    decision: Decision,
    message: String,
    amount: String,
    charge_to: String,
    notes: String,
}

impl From<Draft> for Draft2 {
    fn from(draft: Draft) -> Self {
        let Draft { amount, cost_center: charge_to, decision, budget_checked: _, message, notes } = draft;
        Self { decision, message, amount, charge_to, notes }
    }
}

/// Both versions are one program here, so the window uses one kind of draft.
impl From<Draft2> for Draft {
    fn from(draft: Draft2) -> Self {
        let Draft2 { decision, message, amount, charge_to: cost_center, notes } = draft;
        Self { amount, cost_center, decision, budget_checked: false, message, notes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_of_version_1_keeps_all_that_version_2_has() -> Result<(), leftoff::Error> {
        let old = Draft { cost_center: "2100".into(), notes: "n".into(), budget_checked: true, ..Draft::default() };
        let new = Draft2::from(old.clone());
        assert_eq!(new.charge_to, "2100");
        assert_eq!(Draft::from(new.clone()), Draft { budget_checked: false, ..old });
        let drafts = Drafts2::from([("R-1".into(), new)]);
        assert_eq!(DRAFTS_2.round_trip(&drafts)?, drafts);
        Ok(())
    }

    #[test]
    fn the_largest_amount_is_first_and_one_request_is_gone() {
        let requests = Version::Two.requests(false);
        assert_eq!((requests.len(), requests.first().map(|first| first.id)), (29, Some("R-1050")));
    }
}
