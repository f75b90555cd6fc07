//! The column at the left: the requests, the way through them, the memo; and going to a place in any of them.

use eframe::egui::{Frame, Margin, Response, RichText, ScrollArea, Ui};
use leftoff::marker::Changes;
use leftoff_egui::{Arrow, GUTTER, Text, Timeline, TimelineEvent, Unfinished};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::requests::Request;
use crate::state::{Decision, Step};
use crate::{list, memo};

/// The names of the sections for users; `None` for a text that has no name.
pub(crate) fn words(text: Text<'_>) -> Option<String> {
    let Text::Section(_, name) = text else { return None };
    let name = match name {
        "drafts" => "Drafts",
        "ledger" => "Sent and deleted",
        "memo" => "Memo",
        "view" => "Page and list",
        "window" => "Window",
        other => other,
    };
    Some(name.to_owned())
}

/// What the column shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Tab {
    #[default]
    Requests,
    /// What the user did, and earlier states.
    Timeline,
    Memo,
    /// The user's other devices.
    Devices,
}

/// An element that the user asked for and that is not on the screen yet.
#[derive(Debug, Default)]
pub(crate) struct Goto(Option<String>);

impl Goto {
    pub(crate) fn to(element: &str) -> Self {
        Self(Some(element.to_owned()))
    }

    /// Scrolls to the element and gives it the keyboard, if it is this one. If the arrow is at it, the arrow does that.
    pub(crate) fn arrive(&mut self, arrow: &Arrow, path: &str, response: &Response) {
        if self.0.as_deref() == Some(path) {
            self.0 = None;
            response.scroll_to_me(None);
            if arrow.pointed_at() != Some(path) {
                response.request_focus();
            }
        }
    }
}

impl App {
    pub(crate) fn column(&mut self, ui: &mut Ui, is_first: bool) {
        ui.horizontal(|ui| {
            ui.add_space(GUTTER);
            if self.devices.is_some() {
                // Four names have room side by side.
                (ui.spacing_mut().item_spacing.x, ui.spacing_mut().button_padding.x) = (2.0, 5.0);
            }
            let tab = &mut self.desk.view.tab;
            let before = *tab;
            ui.selectable_value(tab, Tab::Requests, "Requests");
            ui.selectable_value(tab, Tab::Timeline, "Timeline");
            if let Some(memo) = &self.memo {
                ui.selectable_value(tab, Tab::Memo, if memo.is_unsaved() { "Memo *" } else { "Memo" });
            }
            if let Some(devices) = &self.devices {
                let waiting = devices.waiting().len();
                let name = if waiting > 0 { format!("Devices ({waiting})") } else { "Devices".to_owned() };
                ui.selectable_value(tab, Tab::Devices, name);
            }
            if before != *tab {
                // The history is read once, when the user opens it.
                self.timeline = Timeline::new();
                self.session.mark_dirty();
            }
        });
        ui.add_space(4.0);
        match self.desk.view.tab {
            Tab::Timeline => self.way(ui),
            Tab::Memo if self.memo.is_some() => self.memo(ui),
            Tab::Devices if self.devices.is_some() => {
                let area = ScrollArea::vertical().id_salt("devices").auto_shrink(false);
                let margin = Margin { left: 16, right: 6, top: 4, bottom: 4 };
                area.show(ui, |ui| Frame::new().inner_margin(margin).show(ui, |ui| self.devices_list(ui)));
            }
            // What this start does not have, an earlier one, or another device, may have had.
            _ => self.requests(ui, is_first),
        }
    }

    fn requests(&mut self, ui: &mut Ui, is_first: bool) {
        let is_read = ui.horizontal(|ui| {
            ui.add_space(GUTTER);
            if self.since.is_empty() {
                ui.label(RichText::new(list::tally(&self.desk)).small().weak());
            }
            self.arrow.since_you_left(ui, &self.since)
        });
        if is_read.inner {
            self.since = Changes::default();
        }
        list::show(ui, &mut self.desk, &mut self.arrow, &self.since, is_first);
    }

    /// Draws the open work, what was restored, and the timeline.
    fn way(&mut self, ui: &mut Ui) {
        let area = ScrollArea::vertical().id_salt("timeline").auto_shrink(false);
        let margin = Margin { left: 16, right: 6, top: 4, bottom: 4 };
        area.show(ui, |ui| Frame::new().inner_margin(margin).show(ui, |ui| self.way_in_frame(ui)));
    }

    fn way_in_frame(&mut self, ui: &mut Ui) {
        let drafts = self.drafts();
        let drafts: Vec<_> = drafts.iter().map(Draft::as_unfinished).collect();
        let chosen = self.arrow.open_work(ui, &self.session, &drafts);
        ui.separator();
        let is_changed = self.shows_preview && self.preview.show(ui, &self.arrow, &mut self.session);
        self.shows_preview &= !self.preview.is_answered() || self.session.can_bring_back();
        if self.shows_preview {
            ui.separator();
        }
        let event = self.timeline.show(ui, &self.arrow, &mut self.session);
        if is_changed || event == Some(TimelineEvent::Restored) {
            let tab = self.desk.view.tab;
            self.read_again();
            self.desk.view.tab = tab;
            self.resume = true;
        }
        if let Some(place) = chosen {
            self.go_to(&place.element);
        } else if let Some(TimelineEvent::GoTo(place)) = event {
            self.go_to(&place.element);
        }
    }

    /// Returns what the user has begun and not sent or saved.
    fn drafts(&self) -> Vec<Draft> {
        let begun = self.desk.requests().filter(|request| list::is_draft(&self.desk, request));
        let mut drafts: Vec<Draft> = begun.map(|request| Draft::of(&self.desk.drafts[request.id], request)).collect();
        if let Some(memo) = self.memo.as_ref().filter(|memo| memo.is_unsaved()) {
            let rest = format!("not saved in {}", memo.name());
            drafts.push(Draft { element: memo::PATH.to_owned(), label: "Memo".to_owned(), rest });
        }
        drafts
    }

    /// Returns whether the page of an element exists: what is gone has none.
    pub(crate) fn has_page(&self, path: &str) -> bool {
        let id = path.split('/').next().unwrap_or_default();
        (path == memo::PATH && self.memo.is_some()) || self.desk.requests().any(|request| request.id == id)
    }

    /// Opens the page of an element. Returns whether there is one.
    pub(crate) fn open_page(&mut self, path: &str) -> bool {
        if !self.has_page(path) {
            return false;
        }
        self.session.mark_dirty();
        if path == memo::PATH {
            self.desk.view.tab = Tab::Memo;
            return true;
        }
        let mut names = path.split('/');
        let id = names.next().unwrap_or_default();
        id.clone_into(&mut self.desk.view.selected);
        match names.next() {
            Some(step) => self.desk.view.step = Step::of_path(step).unwrap_or(self.desk.view.step),
            // The row itself.
            None => self.desk.view.tab = Tab::Requests,
        }
        true
    }

    fn go_to(&mut self, path: &str) {
        if self.open_page(path) {
            self.goto = Goto::to(path);
        }
    }
}

struct Draft {
    element: String,
    label: String,
    rest: String,
}

impl Draft {
    fn of(draft: &crate::state::Draft, request: &Request) -> Self {
        let step = Step::Decide;
        let lacks = if draft.decision == Decision::Open { "not decided" } else { "not sent" };
        Self {
            element: step.path(request),
            label: format!("{}  {}", request.id, request.what),
            rest: format!("step {} of {} · {lacks}", step.number(), Step::Send.number()),
        }
    }

    fn as_unfinished(&self) -> Unfinished<'_> {
        Unfinished { scope: "", element: &self.element, label: &self.label, rest: &self.rest }
    }
}
