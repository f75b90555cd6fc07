//! The strip above the content: the resume card, with the user's note, one line, and the steps before; and notices of
//! quarantined sections.

use iced_core::{Point, Rectangle, Size, text as core_text};
use leftoff::marker::place::Direction;
use leftoff::resume::{CardText, Choice, Line};

use crate::paint::{self, Colors, SMALL};

/// A notice and the card below each other, and where their parts are in a window of some width.
#[derive(Debug, Clone, Default)]
pub(crate) struct Strip {
    pub(crate) words: Vec<CardText>,
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

/// Places lines and buttons from this height on, and returns the end.
fn lay_out<R: core_text::Renderer>(
    words: &CardText,
    renderer: &R,
    window: Size,
    top: f32,
) -> (Vec<Rectangle>, Vec<Rectangle>, f32) {
    let size_of = |(name, _): &(String, Choice)| {
        let size = paint::measured(renderer, name, f32::INFINITY, SMALL);
        Size::new(size.width.ceil() + 16.0, size.height.ceil() + 6.0)
    };
    let sizes: Vec<Size> = words.buttons.iter().map(size_of).collect();
    let of_buttons = sizes.iter().map(|size| size.width + GAP).sum::<f32>();
    let room = (window.width - START - PADDING).max(1.0);
    let is_beside = room - of_buttons >= NARROW;
    let column = if is_beside { room - of_buttons } else { room };
    let (mut lines, mut y) = (Vec::new(), top + PADDING);
    for line in &words.lines {
        let size = paint::measured(renderer, &line.text, column, part_of(line));
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

/// The size of its text, as a part of that of the program.
fn part_of(line: &Line) -> f32 {
    if line.is_small { SMALL } else { 1.0 }
}

impl Strip {
    /// Lays the strip out in a window of this size, and returns its height; zero without words.
    pub(crate) fn lay_out<R: core_text::Renderer>(&mut self, renderer: &R, window: Size, direction: Direction) -> f32 {
        (self.lines, self.buttons, self.height) = (Vec::new(), Vec::new(), 0.0);
        for words in self.words.iter().filter(|_| window.width.is_finite()) {
            let (mut lines, mut buttons, end) = lay_out(words, renderer, window, self.height);
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

    /// Returns what is choice for at this point of the window.
    pub(crate) fn at(&self, origin: Point, point: Point) -> Option<Choice> {
        let point = Point::new(point.x - origin.x, point.y - origin.y);
        self.all_buttons().find(|(_, rect)| rect.contains(point)).map(|((_, choice), _)| *choice)
    }

    fn all_buttons(&self) -> impl Iterator<Item = (&(String, Choice), Rectangle)> {
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
            for (line, rect) in words.lines.iter().zip(rects) {
                paint::write(renderer, &line.text, *rect + by, part_of(line), colors.text);
            }
        }
        for ((name, _), rect) in self.all_buttons() {
            paint::button(renderer, rect + by, name, colors);
        }
    }

    /// Returns the texts of the strip, for programs that show it elsewhere, and the names of its buttons.
    pub(crate) fn texts(&self) -> (Vec<&str>, Vec<(&str, Rectangle)>) {
        let lines = self.words.iter().flat_map(|words| &words.lines).map(|line| line.text.as_str()).collect();
        (lines, self.all_buttons().map(|((name, _), rect)| (name.as_str(), rect)).collect())
    }
}
