//! What an arrow knows: the widgets, what the user does with them, what is shown.

use std::time::{Duration, Instant};

use gtk::gdk::RGBA;
use gtk::glib;
use gtk::prelude::*;
use leftoff::marker::cue::{CardSize, Cue, Salience};
use leftoff::marker::place::{Direction, Rect};
use leftoff::resume::{CardText, Figure, Resume, Sight, Speaker, Target};
use leftoff::time::Timestamp;
use leftoff::{Action, Phase, Session};

use crate::collect::{Collected, Spot, bounds};
use crate::go::Way;
use crate::paint;

type RowOf = Box<dyn Fn(&str) -> Option<u32>>;

pub(crate) struct State {
    pub(crate) resume: Resume,
    pub(crate) collected: Collected,
    pub(crate) figure: Figure,
    pub(crate) color: Option<RGBA>,
    pub(crate) speaker: Option<Box<Speaker>>,
    /// Lists that build only their visible rows.
    pub(crate) lists: Vec<(glib::WeakRef<gtk::Widget>, RowOf)>,
    /// The element with the keyboard focus.
    focused: Option<usize>,
    /// The field whose text the user is editing.
    typing: Option<Target>,
    /// The last input that can change a value.
    input: Option<Instant>,
    /// What happens now follows from input, so a new focus is the user's.
    is_input: bool,
    /// The element that this input has pressed: its focus is no touch of its own.
    pressed: Option<usize>,
    /// The element for which a page was requested.
    requested: Option<String>,
    /// Frames are looked at, because something is shown that may have to move.
    pub(crate) is_shown: bool,
    salience: Salience,
    has_card: bool,
}

/// The outcome of a look.
#[derive(Clone, Default)]
pub(crate) struct News {
    pub(crate) must_reread: bool,
    pub(crate) words: Vec<CardText>,
    pub(crate) announcement: Option<String>,
    /// Where the user wants to go.
    pub(crate) way: Option<Way>,
    /// There is more to do in the next frame.
    pub(crate) goes_on: bool,
}

/// A text that changes later than this after input was changed by the program.
const AFTER_INPUT: Duration = Duration::from_secs(2);

impl State {
    pub(crate) fn new(scope: &str) -> Self {
        let mut resume = Resume::new(scope);
        resume.set_utc_offset(Timestamp::local_offset);
        Self {
            resume,
            collected: Collected::default(),
            figure: Figure::default(),
            color: None,
            speaker: None,
            lists: Vec::new(),
            focused: None,
            typing: None,
            input: None,
            is_input: false,
            pressed: None,
            requested: None,
            is_shown: false,
            salience: Salience::Hidden,
            has_card: false,
        }
    }

    /// Input that can change a value, in any widget.
    pub(crate) fn input(&mut self, session: &mut Session) {
        (self.input, self.is_input) = (Some(Instant::now()), true);
        self.resume.input(session);
    }

    /// What follows from the last input has happened.
    pub(crate) fn end_input(&mut self) {
        (self.is_input, self.pressed) = (false, None);
    }

    /// Reads the widgets, and tells the neutral part.
    pub(crate) fn read(&mut self, content: &gtk::Widget) {
        self.collected = Collected::read(content);
        self.resume.begin();
        for spot in &self.collected.spots {
            add(&mut self.resume, spot);
        }
        for (rect, clip) in &self.collected.obstacles {
            self.resume.add_obstacle(*rect, *clip);
        }
        let lists = self.lists.iter().filter_map(|(list, row_of)| Some((list.upgrade()?, row_of)));
        for (list, row_of) in lists {
            if let Some(spot) = self.collected.spot(crate::target::id(&list)) {
                self.resume.add_list(&spot.named.path, |record| row_of(record).map(u64::from));
            }
        }
    }

    /// The user presses this widget with the pointer, or with a key.
    pub(crate) fn press(&mut self, widget: &gtk::Widget, session: &mut Session) {
        let Some(spot) = self.collected.at(widget).filter(|spot| !spot.is_text) else { return };
        let (id, named, action) = (spot.id, spot.named.clone(), action_of(spot));
        self.pressed = Some(id);
        self.mark(named, action, Phase::Unknown, session);
    }

    /// A key that changes a slider or a choice, whose focus is here.
    pub(crate) fn moves(&self, widget: &gtk::Widget) -> bool {
        self.collected.at(widget).is_some_and(|spot| action_of(spot) != Action::Press)
    }

    /// Follows the keyboard focus. Returns the text that has it.
    pub(crate) fn focus(&mut self, focus: Option<&gtk::Widget>, session: &mut Session) -> Option<gtk::Widget> {
        let spot = focus.and_then(|focus| self.collected.focused(focus));
        let now = spot.map(|spot| (spot.id, spot.named.clone()));
        let text = spot.filter(|spot| spot.is_text).and_then(|spot| spot.widget.upgrade());
        let id = now.as_ref().map(|(id, _)| *id);
        if id == self.focused {
            return text;
        }
        self.focused = id;
        // The caret has left the text: it is not known whether the text is finished.
        let left = self.typing.take_if(|typing| now.as_ref().is_none_or(|(_, named)| named.path != typing.path));
        match now {
            // The program may focus a field by itself, at its start for example.
            Some((id, named)) if self.is_input && self.pressed != Some(id) => {
                self.mark(named, Action::Focus, Phase::Unknown, session);
            }
            _ => {
                if let Some(left) = left {
                    self.mark(left, Action::Edit, Phase::Unknown, session);
                }
            }
        }
        text
    }

    /// The text with the focus has changed. Returns whether the user did it.
    pub(crate) fn edit(&mut self, widget: &gtk::Widget, session: &mut Session) -> bool {
        let is_users = self.input.is_some_and(|at| at.elapsed() < AFTER_INPUT);
        let named = self.collected.at(widget).map(|spot| spot.named.clone());
        if let Some(named) = named.filter(|_| is_users) {
            self.mark(named, Action::Edit, Phase::InProgress, session);
        }
        is_users
    }

    fn mark(&mut self, named: Target, action: Action, phase: Phase, session: &mut Session) {
        named.with_mark("", action, phase, |mark| self.resume.touch(session, mark));
        self.typing = (phase == Phase::InProgress).then_some(named);
    }

    /// Returns whether the frame on the screen shows another marker, or shows it in another way.
    pub(crate) fn is_old(&self, session: &mut Session) -> bool {
        let cue = self.resume.cue();
        let salience = cue.map_or(Salience::Hidden, Cue::salience);
        let has_card = cue.is_some_and(|cue| cue.card() != CardSize::None);
        self.salience != salience
            || self.has_card != has_card
            || session.scope(self.resume.scope()).marker() != self.resume.marker()
    }

    /// Locates the marked element among the widgets, and prepares what is drawn.
    pub(crate) fn lay_out(&mut self, session: &mut Session, content: &gtk::Widget, can_open: bool) -> News {
        self.read(content);
        let mut news = News { must_reread: self.resume.end(session), ..News::default() };
        self.go(&mut news, can_open);
        self.salience = self.resume.salience();
        let direction = match content.direction() {
            gtk::TextDirection::Rtl => Direction::RightToLeft,
            _ => Direction::LeftToRight,
        };
        let window = bounds(content, content).unwrap_or_else(|| Rect::new(0.0, 0.0, 0.0, 0.0));
        let sight = Sight {
            window,
            direction,
            scale: f32::from(u8::try_from(content.scale_factor()).unwrap_or(1)),
            speaker: self.speaker.as_deref(),
            may_cover: true,
            measure: &|words| Some(paint::tag_size(content, words)),
        };
        self.figure = self.resume.figure(&sight);
        let [notice, card] = self.resume.strip(session, &self.figure, &sight, can_open);
        self.has_card = card.is_some();
        news.words = notice.into_iter().chain(card).collect();
        news.announcement = self.resume.take_spoken(self.speaker.as_deref());
        self.is_shown = self.salience != Salience::Hidden || news.goes_on;
        news
    }

    /// Goes where the user wants to go.
    fn go(&mut self, news: &mut News, can_open: bool) {
        let Some(wanted) = self.resume.wanted().map(str::to_owned) else {
            self.requested = None;
            return;
        };
        news.goes_on = true;
        let spot = self.collected.spots.iter().find(|spot| spot.named.path == wanted);
        let list = self.lists.iter().find_map(|(list, _)| {
            let spot = self.collected.spot(crate::target::id(&list.upgrade()?))?;
            Some((list.clone(), self.resume.row_wanted(&spot.named.path)?))
        });
        news.way = match (spot, list) {
            (Some(spot), _) if spot.area.is_some() => Some(Way::Scroll(spot.widget.clone())),
            (Some(spot), _) if self.requested.as_deref() != Some(&wanted) => {
                Some(Way::Open(spot.widget.clone(), wanted.clone()))
            }
            (None, Some((list, row))) => Some(Way::Row(list, row)),
            (None, None) if can_open && self.requested.as_deref() != Some(&wanted) => Some(Way::Ask(wanted.clone())),
            _ => None,
        };
        if let Some(Way::Open(..) | Way::Ask(_)) = news.way {
            self.requested = Some(wanted);
        }
    }
}

fn action_of(spot: &Spot) -> Action {
    match spot.named.role.as_str() {
        "slider" => Action::Edit,
        "choice" => Action::Choose,
        _ => Action::Press,
    }
}

/// Tells the neutral part of a widget.
fn add(resume: &mut Resume, spot: &Spot) {
    let element = spot.named.element("", "");
    match spot.area {
        Some((rect, clip)) if spot.is_leaf => {
            resume.add(element, rect, clip);
        }
        area => {
            resume.add_unseen(element);
            // An arrow may stand between the elements of a group.
            if let Some((rect, clip)) = area {
                resume.add_region(&spot.named.path, rect, clip);
            }
        }
    }
}
