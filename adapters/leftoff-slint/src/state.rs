//! What an arrow knows: the elements, what the user does with them, what is shown.

use leftoff::Session;
use leftoff::marker::cue::{CardSize, Cue, Salience};
use leftoff::marker::place::{Direction, Metrics, Rect};
use leftoff::resume::{CardText, Choice, Drawn, Figure, Pointer, Resume, Sight, Speaker};
use leftoff::time::Timestamp;
use slint::Color;

use crate::geometry::around;
use crate::host::{CardLists, Drawing};
use crate::paint::{self, Measured};
use crate::spot::{Spot, Touch, layout};

type RowOf = Box<dyn Fn(&str) -> Option<u32>>;

pub(crate) struct State {
    pub(crate) resume: Resume,
    pub(crate) direction: Direction,
    pub(crate) color: Option<Color>,
    pub(crate) speaker: Option<Box<Speaker>>,
    /// Lists that build only their visible rows, by path.
    pub(crate) lists: Vec<(String, RowOf)>,
    /// What the elements have said since the last question.
    pub(crate) said: Vec<Spot>,
    /// Of the frame, in the window, and the colour of the style.
    pub(crate) frame: Option<(Rect, Color)>,
    spots: Vec<Spot>,
    pub(crate) measured: Measured,
    pub(crate) figure: Figure,
    words: [Option<CardText>; 2],
    /// The element for which a page was requested.
    requested: Option<String>,
    /// There is something that may have to move.
    pub(crate) is_shown: bool,
    salience: Salience,
    has_card: bool,
}

/// The outcome of a look.
#[derive(Default)]
pub(crate) struct News {
    pub(crate) must_reread: bool,
    pub(crate) announcement: Option<String>,
    pub(crate) way: Option<Way>,
    /// There is more to do after the next layout.
    pub(crate) goes_on: bool,
}

/// How to go where the user wants to go.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Way {
    /// The view with this path scrolls its content by so much.
    Scroll(String, (f32, f32)),
    /// The program scrolls to this row of the list with this index.
    Row(usize, u32),
    /// The program opens the page of this element.
    Open(String),
}

impl State {
    pub(crate) fn new(scope: &str) -> Self {
        let mut resume = Resume::new(scope);
        resume.set_utc_offset(Timestamp::local_offset);
        Self {
            resume,
            direction: Direction::default(),
            color: None,
            speaker: None,
            lists: Vec::new(),
            said: Vec::new(),
            frame: None,
            spots: Vec::new(),
            measured: Measured::default(),
            figure: Figure::default(),
            words: [None, None],
            requested: None,
            is_shown: false,
            salience: Salience::Hidden,
            has_card: false,
        }
    }

    pub(crate) fn touch(&mut self, touch: &Touch, session: &mut Session) {
        touch.with_mark(|mark| self.resume.touch(session, mark));
    }

    /// Returns whether the window shows another marker, or shows it in another way.
    pub(crate) fn is_old(&self, session: &mut Session) -> bool {
        let cue = self.resume.cue();
        let salience = cue.map_or(Salience::Hidden, Cue::salience);
        let has_card = cue.is_some_and(|cue| cue.card() != CardSize::None);
        self.salience != salience
            || self.has_card != has_card
            || session.scope(self.resume.scope()).marker() != self.resume.marker()
    }

    /// Locates the marked element among those that have answered, and prepares what is drawn.
    pub(crate) fn lay_out(&mut self, session: &mut Session, frame: Rect, scale: f32, can_open: bool) -> News {
        self.spots = layout(std::mem::take(&mut self.said), frame);
        self.resume.begin();
        for spot in &self.spots {
            spot.add(&mut self.resume);
        }
        for (path, row_of) in &self.lists {
            self.resume.add_list(path, |record| row_of(record).map(u64::from));
        }
        let mut news = News { must_reread: self.resume.end(session), ..News::default() };
        self.go(&mut news, scale, can_open);
        self.salience = self.resume.salience();
        let (x, y) = (frame.min.x, frame.min.y);
        let window = Rect::new(0.0, 0.0, frame.max.x - x, frame.max.y - y);
        let sight = Sight {
            window,
            direction: self.direction,
            scale,
            speaker: self.speaker.as_deref(),
            may_cover: true,
            measure: &|words| self.measured.tag_size(words),
        };
        self.figure = self.resume.figure(&sight);
        self.words = self.resume.strip(session, &self.figure, &sight, can_open);
        let [_, card] = &self.words;
        self.has_card = card.is_some();
        news.announcement = self.resume.take_spoken(self.speaker.as_deref());
        self.is_shown = self.salience != Salience::Hidden || news.goes_on;
        news
    }

    /// Goes where the user wants to go.
    fn go(&mut self, news: &mut News, scale: f32, can_open: bool) {
        let Some(wanted) = self.resume.wanted().map(str::to_owned) else {
            self.requested = None;
            return;
        };
        news.goes_on = true;
        let is_new = self.requested.as_deref() != Some(&wanted);
        let spot = self.spots.iter().find(|spot| spot.path == wanted && spot.is_shown());
        let row =
            (self.lists.iter().enumerate()).find_map(|(index, (path, _))| Some((index, self.resume.row_wanted(path)?)));
        news.way = match (spot, row) {
            (Some(spot), _) => self.scroll(spot, scale),
            (None, Some((list, row))) => u32::try_from(row).ok().map(|row| Way::Row(list, row)),
            (None, None) if can_open && is_new => Some(Way::Open(wanted.clone())),
            _ => None,
        };
        if let Some(Way::Open(_)) = news.way {
            self.requested = Some(wanted);
        }
    }

    /// Returns how far the innermost view around this element scrolls to it.
    fn scroll(&self, spot: &Spot, scale: f32) -> Option<Way> {
        let views = self.spots.iter().filter(|view| view.scrolls_to(&spot.path));
        let view = views.max_by_key(|view| view.path.len())?;
        let metrics = Metrics::pixels(scale);
        match self.resume.pointer(self.direction, &metrics) {
            Some(Pointer::Arrow { placement, .. }) => Some(Way::Scroll(view.path.clone(), placement.reveal)),
            _ => None,
        }
    }

    /// Returns the choice of this button, in the notice (0) or the card (1).
    pub(crate) fn choice(&self, block: i32, button: i32) -> Option<Choice> {
        let words = self.words.get(usize::try_from(block).ok()?)?.as_ref()?;
        words.buttons.get(usize::try_from(button).ok()?).map(|(_, choice)| *choice)
    }

    /// Returns the texts of the strip.
    pub(crate) fn card_lists(&self) -> CardLists {
        let [notice, card] = &self.words;
        let lines = |words: &Option<CardText>, is_small| -> Vec<String> {
            let lines = words.iter().flat_map(|words| &words.lines).filter(|line| line.is_small == is_small);
            lines.map(|line| line.text.clone()).collect()
        };
        let buttons = |words: &Option<CardText>| -> Vec<String> {
            words.iter().flat_map(|words| &words.buttons).map(|(name, _)| name.clone()).collect()
        };
        CardLists {
            notice_lines: lines(notice, false),
            notice_buttons: buttons(notice),
            lines: lines(card, false),
            small_lines: lines(card, true),
            buttons: buttons(card),
        }
    }

    /// Returns the shapes.
    pub(crate) fn drawing(&self, accent: Color) -> Drawing {
        let color = paint::readable_under_white(self.color.unwrap_or(accent));
        let mut drawing = Drawing {
            color,
            arrow: String::new(),
            is_bracket: false,
            outline: None,
            dashes: String::new(),
            words: None,
            edge: self.figure.edge().reduce(around),
        };
        match &self.figure.drawn {
            Drawn::Arrow { words, .. } => {
                if let Some(placement) = &self.figure.placement {
                    drawing.arrow = paint::triangle(placement.arrow);
                    drawing.outline = placement.outline.filter(|_| self.figure.has_outline);
                }
                drawing.words.clone_from(words);
            }
            Drawn::Bracket { rect, words, .. } => {
                drawing.is_bracket = true;
                drawing.outline = Some(*rect);
                drawing.dashes = paint::dashed(*rect);
                drawing.words.clone_from(words);
            }
            _ => {}
        }
        drawing
    }
}
