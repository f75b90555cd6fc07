//! The strip above the content: the resume card, with the user's note, one line, and the steps before; and notices of
//! quarantined sections.

use iced_core::{Point, Rectangle, Size, text as core_text};
use leftoff::marker::cue::CardSize;
use leftoff::marker::place::Direction;
use leftoff::marker::resolve::Certainty;
use leftoff::marker::{Card, Message};
use leftoff::resume::{CardAction, Notice};

use crate::paint::{self, Colors, SMALL};
use crate::text::{self, Speaker, Text};

/// What a press on the strip asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    Dismiss,
    Do(CardAction),
    BringBack,
    PutOff,
}

/// The words of the card, or of a notice.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Words {
    /// With the size of the text, as a part of that of the program.
    lines: Vec<(String, f32)>,
    buttons: Vec<(String, Asked)>,
}

/// A notice and the card below each other, and where their parts are in a window of some width.
#[derive(Debug, Clone, Default)]
pub(crate) struct Strip {
    pub(crate) words: Vec<Words>,
    height: f32,
    /// In the order of the words.
    lines: Vec<Vec<Rectangle>>,
    buttons: Vec<Vec<Rectangle>>,
}

/// Around the contents of the card.
const PADDING: f32 = 8.0;
/// At the side where reading begins, for the border.
const START: f32 = 16.0;
const GAP: f32 = 6.0;
/// Beside the buttons, the text has at least this width; otherwise the buttons are below it.
const NARROW: f32 = 320.0;

impl Words {
    pub(crate) fn of(
        card: &Card,
        size: CardSize,
        offers: &[CardAction],
        untold: Option<Certainty>,
        speaker: Option<&Speaker>,
    ) -> Self {
        let is_open = size == CardSize::Open;
        let mut lines: Vec<(String, f32)> = Vec::new();
        let notes = text::lines(card, speaker, |message| matches!(message, Message::Note(_)));
        lines.extend(notes.into_iter().map(|note| (note, 1.0)));
        let fate = untold.map(|certainty| Text::Fact(&Message::Found(certainty)).said_by(speaker));
        let facts = [Some(text::place(card, speaker)), Some(text::details(card, speaker)), fate];
        let facts: Vec<String> = facts.into_iter().flatten().filter(|fact| !fact.is_empty()).collect();
        lines.push((facts.join(" · "), 1.0));
        if is_open {
            let (_, before) = card.trail().split_last().unzip();
            let steps = before.unwrap_or_default().iter().map(|line| text::step(line, speaker));
            let contents = text::lines(card, speaker, |message| matches!(message, Message::Detail(_)));
            lines.extend(steps.chain(contents).map(|line| (line, SMALL)));
        }
        let button = |action: &CardAction| {
            let text = match action {
                CardAction::Continue => Text::Continue,
                CardAction::NotNow => Text::NotNow,
                CardAction::Done => Text::AlreadyDone,
                CardAction::UndoRestore => Text::UndoRestore,
                _ => return None,
            };
            Some((text.said_by(speaker), Asked::Do(*action)))
        };
        let mut buttons: Vec<_> = offers.iter().filter_map(button).collect();
        buttons.push(("×".to_owned(), Asked::Dismiss));
        Self { lines, buttons }
    }

    /// Returns what the user is told of quarantined sections.
    pub(crate) fn of_notice(notice: Notice, speaker: Option<&Speaker>) -> Self {
        let buttons = match notice {
            Notice::OtherInstance => vec![(Text::Understood, Asked::PutOff)],
            _ => vec![(Text::BringBack, Asked::BringBack), (Text::Later, Asked::PutOff)],
        };
        let buttons = buttons.into_iter().map(|(text, asked)| (text.said_by(speaker), asked)).collect();
        Self { lines: vec![(Text::Notice(notice).said_by(speaker), 1.0)], buttons }
    }

    /// Places lines and buttons from this height on, and returns the end.
    fn lay_out<R: core_text::Renderer>(
        &self,
        renderer: &R,
        window: Size,
        top: f32,
    ) -> (Vec<Rectangle>, Vec<Rectangle>, f32) {
        let size_of = |(words, _): &(String, Asked)| {
            let size = paint::measured(renderer, words, f32::INFINITY, SMALL);
            Size::new(size.width.ceil() + 16.0, size.height.ceil() + 6.0)
        };
        let sizes: Vec<Size> = self.buttons.iter().map(size_of).collect();
        let of_buttons = sizes.iter().map(|size| size.width + GAP).sum::<f32>();
        let room = (window.width - START - PADDING).max(1.0);
        let is_beside = room - of_buttons >= NARROW;
        let column = if is_beside { room - of_buttons } else { room };
        let (mut lines, mut y) = (Vec::new(), top + PADDING);
        for (words, part) in &self.lines {
            let size = paint::measured(renderer, words, column, *part);
            let size = Size::new(size.width.ceil(), size.height.ceil());
            // In a low window, the steps before would leave no room for the content.
            if !lines.is_empty() && y + size.height > window.height / 2.0 {
                break;
            }
            lines.push(Rectangle::new(Point::new(START, y), size));
            y += size.height + 2.0;
        }
        let start = if is_beside { window.width - PADDING + GAP - of_buttons } else { START };
        let (mut x, mut level) = (start, if is_beside { top + PADDING - 2.0 } else { y + 2.0 });
        let (mut buttons, mut end) = (Vec::new(), y - 2.0);
        for size in sizes {
            if x > start && x + size.width > window.width - PADDING {
                (x, level) = (start, level + size.height + GAP);
            }
            buttons.push(Rectangle::new(Point::new(x, level), size));
            x += size.width + GAP;
            end = end.max(level + size.height);
        }
        (lines, buttons, end + PADDING)
    }
}

impl Strip {
    /// Lays the strip out in a window of this size, and returns its height; zero without words.
    pub(crate) fn lay_out<R: core_text::Renderer>(&mut self, renderer: &R, window: Size, direction: Direction) -> f32 {
        (self.lines, self.buttons, self.height) = (Vec::new(), Vec::new(), 0.0);
        for words in self.words.iter().filter(|_| window.width.is_finite()) {
            let (mut lines, mut buttons, end) = words.lay_out(renderer, window, self.height);
            if direction == Direction::RightToLeft {
                for rect in lines.iter_mut().chain(&mut buttons) {
                    rect.x = window.width - rect.x - rect.width;
                }
            }
            self.lines.push(lines);
            self.buttons.push(buttons);
            self.height = end;
        }
        self.height
    }

    /// The height at the last layout.
    pub(crate) fn height(&self) -> f32 {
        self.height
    }

    /// Returns what is asked for at this point of the window.
    pub(crate) fn at(&self, origin: Point, point: Point) -> Option<Asked> {
        let point = Point::new(point.x - origin.x, point.y - origin.y);
        self.all_buttons().find(|(_, rect)| rect.contains(point)).map(|((_, asked), _)| *asked)
    }

    fn all_buttons(&self) -> impl Iterator<Item = (&(String, Asked), Rectangle)> {
        let both = self.words.iter().zip(&self.buttons);
        both.flat_map(|(words, rects)| words.buttons.iter().zip(rects.iter().copied()))
    }

    pub(crate) fn draw<R: core_text::Renderer>(
        &self,
        renderer: &mut R,
        room: Rectangle,
        colors: Colors,
        direction: Direction,
    ) {
        if self.height <= 0.0 {
            return;
        }
        paint::card(renderer, room, colors, direction == Direction::RightToLeft);
        let by = room.position() - Point::ORIGIN;
        for (words, rects) in self.words.iter().zip(&self.lines) {
            for ((line, part), rect) in words.lines.iter().zip(rects) {
                paint::write(renderer, line, *rect + by, *part, colors.text);
            }
        }
        for ((name, _), rect) in self.all_buttons() {
            paint::button(renderer, rect + by, name, colors);
        }
    }

    /// Returns the texts of the strip, for programs that show it elsewhere, and the names of its buttons.
    pub(crate) fn texts(&self) -> (Vec<&str>, Vec<(&str, Rectangle)>) {
        let lines = self.words.iter().flat_map(|words| &words.lines).map(|(line, _)| line.as_str()).collect();
        (lines, self.all_buttons().map(|((name, _), rect)| (name.as_str(), rect)).collect())
    }
}
