//! Whatever is registered, and wherever.

use std::time::Duration;

use leftoff::marker::place::Direction;
use leftoff::time::Timestamp;
use leftoff::{Mark, Marker};
use leftoff_ratatui::{Arrow, Shown};
use proptest::prelude::*;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::widgets::Widget;

use crate::screens::{NOON, marker};

const PATHS: [&str; 6] = ["a", "a/b", "a/c", "a/c/d", "e", "f/g"];

#[derive(Debug, Clone)]
enum What {
    Element,
    Container,
    Lines { lines: (usize, usize), offset: usize },
    Known,
}

#[derive(Debug, Clone)]
struct Item {
    path: usize,
    what: What,
    rect: Rect,
    text: &'static str,
}

impl Item {
    /// The cells in which it must stay readable.
    fn seen(&self) -> Option<Rect> {
        match self.what {
            What::Element => Some(self.rect),
            What::Lines { lines: (start, end), offset } => {
                let (view, first) = (self.rect, start.max(offset) - offset);
                let height = end.saturating_sub(offset).min(view.height.into()).saturating_sub(first);
                let y = view.y.saturating_add(u16::try_from(first).unwrap_or(u16::MAX));
                Some(Rect { y, height: u16::try_from(height).unwrap(), ..view }.intersection(view))
            }
            _ => None,
        }
    }
}

fn rect() -> impl Strategy<Value = Rect> {
    let side = || prop_oneof![8 => 0_u16..14, 1 => any::<u16>()];
    (side(), side(), side(), side()).prop_map(|(x, y, width, height)| Rect {
        x,
        y,
        width: width.min(u16::MAX - x),
        height: height.min(u16::MAX - y),
    })
}

fn items() -> impl Strategy<Value = Vec<Item>> {
    let number = || prop_oneof![6 => 0_usize..20, 1 => any::<usize>()];
    let lines = ((number(), number()), number()).prop_map(|(lines, offset)| What::Lines { lines, offset });
    let what = prop_oneof![4 => Just(What::Element), 1 => Just(What::Container), 2 => lines, 1 => Just(What::Known)];
    let text = prop::sample::select(&["", "text", "東京都港区東京都港区", "│││││││││││││││", "a b c d e f g h i"][..]);
    let item =
        (0..PATHS.len(), what, rect(), text).prop_map(|(path, what, rect, text)| Item { path, what, rect, text });
    prop::collection::vec(item, 0..7)
}

/// Two days ago: with everything that there is to be drawn.
fn long_gone(path: &str) -> Marker {
    let mark = Mark::new(path).label("Betrag 金額 in Euro").note("call Ana");
    let left = Timestamp::from_millis(NOON.as_millis() - 172_800_000);
    Marker::from_marks("main", [(mark, left)], Some(Duration::from_secs(172_800)), None).unwrap()
}

fn paint(buffer: &mut Buffer, arrow: &mut Arrow, items: &[Item]) {
    for Item { path, what, rect, text } in items {
        let seen = rect.intersection(buffer.area);
        for y in seen.top()..seen.bottom() {
            buffer.set_stringn(seen.x, y, text, usize::from(seen.width), Style::new());
        }
        match *what {
            What::Element => arrow.register(PATHS[*path], *rect),
            What::Container => arrow.container(PATHS[*path], *rect),
            What::Lines { lines: (start, end), offset } => {
                arrow.register_lines(PATHS[*path], *rect, start..end, offset);
            }
            What::Known => arrow.known(PATHS[*path]),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn nothing_panics_and_nothing_outside_the_area_is_written(
        items in items(),
        screen in (0_u16..14, 0_u16..14),
        area in rect(),
        target in prop::sample::select(&["a/b", "a", "a/gone", "gone"][..]),
        settings in any::<(bool, bool)>(),
    ) {
        let mut arrow = Arrow::new();
        if settings.0 {
            arrow = arrow.ascii();
        }
        if settings.1 {
            arrow = arrow.direction(Direction::RightToLeft);
        }
        let mut buffer = Buffer::empty(Rect::new(0, 0, screen.0, screen.1));
        arrow.begin(area);
        paint(&mut buffer, &mut arrow, &items);
        let before = buffer.clone();
        let shown = arrow.draw(&mut buffer, Some(&long_gone(target)), NOON);
        let drawn = buffer.clone();
        let (bottom, line) = (Rect { y: area.bottom().saturating_sub(1), height: 1, ..area }, arrow.status_line());
        line.render(bottom.intersection(area), &mut buffer);
        if let Some(card) = arrow.card() {
            card.render(area, &mut buffer);
        }
        for at in before.area.positions().filter(|at| !area.contains(*at)) {
            prop_assert_eq!(&buffer[at], &before[at], "{:?} of {:?} is not in {:?}", at, shown, area);
        }
        // Nothing is taken but blanks and pieces of frames. Only an arrow at the edge may take one cell of a line.
        let taken = before.area.positions().filter(|at| drawn[*at].symbol() != before[*at].symbol());
        let lost: Vec<_> = taken.filter(|at| !matches!(before[*at].symbol(), " " | "│")).collect();
        match shown {
            Shown::Edge(at) => prop_assert!(lost.iter().all(|lost| *lost == at), "{lost:?} {shown:?}"),
            _ => prop_assert!(lost.is_empty(), "{lost:?} {shown:?}"),
        }
        // Half a wide character would be a hole in the line.
        let is_whole = |buffer: &Buffer, at: Position| {
            let is_wide = at.x > 0 && "東京都港区".contains(buffer[(at.x - 1, at.y)].symbol());
            !is_wide || buffer[at].symbol() == " "
        };
        for at in before.area.positions().filter(|at| is_whole(&before, *at)) {
            prop_assert!(is_whole(&buffer, at), "{at:?} {shown:?}");
        }
    }

    #[test]
    fn the_arrow_covers_no_element(items in items(), is_rtl in any::<bool>()) {
        let screen = Rect::new(0, 0, 14, 12);
        let direction = if is_rtl { Direction::RightToLeft } else { Direction::LeftToRight };
        let (mut buffer, mut arrow) = (Buffer::empty(screen), Arrow::new().direction(direction));
        arrow.begin(screen);
        paint(&mut buffer, &mut arrow, &items);
        let before = buffer.clone();
        let Shown::Arrow(at) = arrow.draw(&mut buffer, Some(&marker("a/b")), NOON) else { return Ok(()) };
        let covers = |item: &Item| item.seen().is_some_and(|seen| seen.contains(at));
        let target = items.iter().find(|item| PATHS[item.path] == "a/b" && !matches!(item.what, What::Known)).unwrap();
        // On the element itself only where nothing is free beside it, and then on a blank.
        let is_inside = target.rect.contains(at);
        prop_assert!(is_inside || !items.iter().any(covers), "{at:?} covers one of {items:?}");
        if is_inside {
            prop_assert!([Cell::EMPTY.symbol(), "│"].contains(&before[at].symbol()));
        }
    }
}
