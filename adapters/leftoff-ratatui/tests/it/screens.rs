//! Screens as a user sees them, drawn into a buffer.

use std::time::Duration;

use leftoff::marker::anchor::{Anchor, Element, Elements};
use leftoff::marker::place::Direction;
use leftoff::time::Timestamp;
use leftoff::{Action, Mark, Marker};
use leftoff_ratatui::{Arrow, Shown};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Modifier};
use ratatui::widgets::Block;

pub(crate) const NOON: Timestamp = Timestamp::from_millis(12 * 3_600_000);

/// Left off two hours ago.
pub(crate) fn marker(path: &str) -> Marker {
    let mark = Mark::new(path).action(Action::Edit).label("Amount").breadcrumb(&["Money"]);
    let left = Timestamp::from_millis(10 * 3_600_000);
    Marker::from_marks("main", [(mark, left)], Some(Duration::from_secs(7200)), None).unwrap()
}

/// The rows of the screen, without the blanks at their ends.
pub(crate) fn rows(buffer: &Buffer) -> Vec<String> {
    let area = buffer.area;
    let row = |y| {
        let mut row = String::new();
        let mut x = area.left();
        while x < area.right() {
            let symbol = buffer[(x, y)].symbol();
            row.push_str(symbol);
            x += u16::try_from(ratatui::text::Span::raw(symbol).width()).unwrap().max(1);
        }
        row.trim_end().to_owned()
    };
    (area.top()..area.bottom()).map(row).collect()
}

type Paint<'a> = &'a dyn Fn(&mut Buffer, &mut Arrow);

/// One frame.
fn draw(arrow: &mut Arrow, (width, height): (u16, u16), marker: &Marker, paint: Paint<'_>) -> (Buffer, Shown) {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let mut shown = Shown::Nothing;
    terminal
        .draw(|frame| {
            arrow.begin(frame.area());
            paint(frame.buffer_mut(), arrow);
            shown = arrow.render(frame, Some(marker), NOON);
        })
        .unwrap();
    (terminal.backend().buffer().clone(), shown)
}

fn field(buffer: &mut Buffer, arrow: &mut Arrow, path: &str, text: &str, rect: Rect) {
    buffer.set_stringn(rect.x, rect.y, text, usize::from(rect.width), ratatui::style::Style::new());
    arrow.register(path, rect);
}

fn two_fields(buffer: &mut Buffer, arrow: &mut Arrow) {
    field(buffer, arrow, "money/amount", "Amount: 120", Rect::new(2, 1, 11, 1));
    field(buffer, arrow, "money/currency", "Currency: EUR", Rect::new(2, 3, 13, 1));
}

#[test]
fn an_arrow_stands_before_the_element_with_words_behind_it() {
    let (buffer, shown) = draw(&mut Arrow::new(), (40, 5), &marker("money/amount"), &two_fields);
    assert_eq!(rows(&buffer), ["", " ▶Amount: 120 you left off here", "", "  Currency: EUR", ""]);
    assert_eq!(shown, Shown::Arrow(Position::new(1, 1)));
}

#[test]
fn for_who_reads_from_right_to_left_it_stands_at_the_right() {
    let paint: Paint<'_> =
        &|buffer, arrow| field(buffer, arrow, "money/amount", "120 :Amount", Rect::new(27, 1, 11, 1));
    let mut arrow = Arrow::new().direction(Direction::RightToLeft);
    let (buffer, _) = draw(&mut arrow, (40, 3), &marker("money/amount"), paint);
    assert_eq!(rows(&buffer), ["", "         you left off here 120 :Amount◀", ""]);
    let middle: Paint<'_> =
        &|buffer, arrow| field(buffer, arrow, "money/amount", "120 :Amount", Rect::new(24, 1, 11, 1));
    let (buffer, _) = draw(&mut arrow, (60, 3), &marker("money/amount"), middle);
    assert_eq!(rows(&buffer)[1], "      you left off here 120 :Amount◀", "though there is room at the other side, too");
}

#[test]
fn a_terminal_without_unicode_gets_none() {
    let mut arrow = Arrow::new().ascii();
    let (buffer, _) = draw(&mut arrow, (40, 5), &marker("money/amount"), &two_fields);
    assert_eq!(rows(&buffer)[1], " >Amount: 120 you left off here");
    let region: Paint<'_> = &|buffer, arrow| field(buffer, arrow, "money/rest", "Rest", Rect::new(4, 2, 21, 1));
    let (buffer, _) = draw(&mut arrow, (40, 5), &marker("money/amount"), region);
    assert_eq!(
        rows(&buffer),
        ["", "   +- \"Amount\" was here -+", "   :Rest                 :", "   +---------------------+", ""]
    );
}

#[test]
fn no_color_is_changed_and_none_is_needed() {
    let paint: Paint<'_> = &|buffer, arrow| {
        buffer.set_style(buffer.area, (Color::Yellow, Color::Blue));
        buffer.set_style(Rect::new(14, 1, 9, 1), Modifier::HIDDEN);
        two_fields(buffer, arrow);
    };
    let (buffer, _) = draw(&mut Arrow::new(), (40, 5), &marker("money/amount"), paint);
    for (x, y) in [(1, 1), (2, 1), (12, 1), (14, 1)] {
        assert_eq!((buffer[(x, y)].fg, buffer[(x, y)].bg), (Color::Yellow, Color::Blue));
    }
    assert_eq!(buffer[(1, 1)].modifier, Modifier::BOLD | Modifier::REVERSED);
    assert_eq!(buffer[(2, 1)].modifier, Modifier::BOLD, "the element itself");
    assert_eq!(buffer[(14, 1)].modifier, Modifier::BOLD, "the words");
    assert_eq!(buffer[(2, 3)].modifier, Modifier::empty(), "its neighbour");
    // Where nothing has a colour, nothing gets one.
    let (buffer, _) = draw(&mut Arrow::new(), (40, 5), &marker("money/amount"), &two_fields);
    assert!(buffer.content.iter().all(|cell| (cell.fg, cell.bg) == (Color::Reset, Color::Reset)));
}

#[test]
fn it_goes_to_another_side_where_the_first_is_taken() {
    let labeled: Paint<'_> = &|buffer, arrow| {
        buffer.set_string(0, 1, "Amount:", ratatui::style::Style::new());
        field(buffer, arrow, "money/amount", "120", Rect::new(7, 1, 6, 1));
    };
    let (buffer, _) = draw(&mut Arrow::new(), (40, 3), &marker("money/amount"), labeled);
    assert_eq!(rows(&buffer), ["", "Amount:120   ◀ you left off here", ""]);
    let full: Paint<'_> = &|buffer, arrow| field(buffer, arrow, "money/amount", "0123456789", Rect::new(0, 1, 10, 1));
    let (buffer, _) = draw(&mut Arrow::new(), (10, 3), &marker("money/amount"), full);
    assert_eq!(rows(&buffer), ["▼", "0123456789", ""]);
}

#[test]
fn registered_row_has_arrow_and_words_behind_its_text_and_the_caret() {
    let row: Paint<'_> = &|buffer, arrow| field(buffer, arrow, "money/amount", "Amount: 120", Rect::new(0, 1, 40, 1));
    let (buffer, _) = draw(&mut Arrow::new(), (40, 2), &marker("money/amount"), row);
    assert_eq!(rows(&buffer), ["", "Amount: 120 ◀ you left off here"], "as the README says");
    let (buffer, _) = draw(&mut Arrow::new().direction(Direction::RightToLeft), (40, 2), &marker("money/amount"), row);
    assert_eq!(rows(&buffer)[1], "Amount: 120◀ you left off here", "the caret is before the text");
    let text: Paint<'_> = &|buffer, arrow| field(buffer, arrow, "money/amount", "Amount: 120", Rect::new(1, 1, 11, 1));
    let (buffer, _) = draw(&mut Arrow::new(), (40, 2), &marker("money/amount"), text);
    assert_eq!(rows(&buffer)[1], "▶Amount: 120 you left off here");
}

#[test]
fn arrow_and_words_in_a_row_leave_the_elements_inside_it_free() {
    let paint: Paint<'_> = &|buffer, arrow| {
        field(buffer, arrow, "list/7", "Hotel", Rect::new(0, 0, 40, 1));
        field(buffer, arrow, "list/7/notes", "", Rect::new(10, 0, 30, 1));
    };
    let (buffer, _) = draw(&mut Arrow::new(), (40, 1), &marker("list/7"), paint);
    assert_eq!(rows(&buffer), ["Hotel ◀"], "the words have no room before the notes");
}

#[test]
fn empty_row_has_the_arrow_behind_the_caret() {
    let paint: Paint<'_> = &|buffer, arrow| field(buffer, arrow, "list/7", "", Rect::new(0, 0, 40, 1));
    let (buffer, _) = draw(&mut Arrow::new(), (40, 1), &marker("list/7"), paint);
    assert_eq!(rows(&buffer), [" ◀ you left off here"]);
}

#[test]
fn rows_of_a_list_are_the_visible_ones_and_the_marked_one() {
    let paint = |offset: usize| {
        move |buffer: &mut Buffer, arrow: &mut Arrow| {
            let view = Rect::new(0, 0, 40, 3);
            for (y, id) in (0..3).zip(10 + offset..) {
                buffer.set_string(0, y, format!("   task {id}"), ratatui::style::Style::new());
            }
            arrow.rows("task", view, offset, 10..40);
        }
    };
    let mut arrow = Arrow::new();
    let (buffer, _) = draw(&mut arrow, (40, 3), &marker("task/12"), &paint(1));
    assert_eq!(rows(&buffer), ["   task 11", "  ▶task 12  you left off here", "   task 13"]);
    let is_known = |id: u32| arrow.elements().find(&format!("task/{id}")).is_some();
    assert_eq!((10..40).filter(|id| is_known(*id)).collect::<Vec<u32>>(), [11, 12, 13]);
    for _ in 0..2 {
        // The second frame asks for the row of the marker that the first one has shown.
        draw(&mut arrow, (40, 3), &marker("task/32"), &paint(1));
    }
    assert_eq!(arrow.reveal(), 19);
    draw(&mut arrow, (40, 3), &marker("task/99"), &paint(1));
    assert_eq!(arrow.target(), None, "no such task");
}

#[test]
fn a_line_of_a_frame_makes_room_for_it() {
    let framed: Paint<'_> = &|buffer, arrow| {
        ratatui::widgets::Widget::render(Block::bordered(), Rect::new(0, 0, 12, 3), buffer);
        field(buffer, arrow, "money/amount", "0123456789", Rect::new(1, 1, 10, 1));
    };
    let (buffer, _) = draw(&mut Arrow::new(), (12, 3), &marker("money/amount"), framed);
    assert_eq!(rows(&buffer), ["┌──────────┐", "▶0123456789│", "└──────────┘"]);
}

#[test]
fn what_holds_the_element_is_ground_to_draw_on() {
    let paint: Paint<'_> = &|buffer, arrow| {
        arrow.container("money", Rect::new(0, 0, 40, 5));
        two_fields(buffer, arrow);
    };
    let (buffer, _) = draw(&mut Arrow::new(), (40, 5), &marker("money/amount"), paint);
    assert_eq!(rows(&buffer)[1], " ▶Amount: 120 you left off here");
}

#[test]
fn an_element_as_large_as_the_screen_is_marked_on_a_blank_or_as_a_whole() {
    let paint = |text: &'static str| {
        move |buffer: &mut Buffer, arrow: &mut Arrow| {
            field(buffer, arrow, "money/amount", text, Rect::new(0, 0, 10, 1));
        }
    };
    let (buffer, shown) = draw(&mut Arrow::new(), (10, 1), &marker("money/amount"), &paint("012345678"));
    assert_eq!((rows(&buffer)[0].as_str(), shown), ("012345678◀", Shown::Arrow(Position::new(9, 0))));
    let (buffer, shown) = draw(&mut Arrow::new(), (10, 1), &marker("money/amount"), &paint("0123456789"));
    assert_eq!((rows(&buffer)[0].as_str(), shown), ("0123456789", Shown::Emphasis));
    assert!(
        buffer.content.iter().all(|cell| cell.modifier == Modifier::BOLD | Modifier::UNDERLINED),
        "unlike a selection"
    );
    // The second half of a wide character is no blank.
    let (buffer, shown) = draw(&mut Arrow::new(), (10, 1), &marker("money/amount"), &paint("東京都港区"));
    assert_eq!((rows(&buffer)[0].as_str(), shown), ("東京都港区", Shown::Emphasis));
}

#[test]
fn a_narrow_screen_gets_the_arrow_and_no_words() {
    let (buffer, _) = draw(&mut Arrow::new(), (16, 4), &marker("money/amount"), &two_fields);
    assert_eq!(rows(&buffer), ["", " ▶Amount: 120", "", "  Currency: EUR"]);
    let (buffer, shown) = draw(&mut Arrow::new(), (1, 1), &marker("money/amount"), &|_, arrow| {
        arrow.register("money/amount", Rect::new(0, 0, 1, 1));
    });
    assert_eq!((rows(&buffer)[0].as_str(), shown), ("", Shown::Emphasis));
}

/// The element with its neighbours, as the version before had it.
fn anchored(path: &str, role: &str, name: &str) -> Marker {
    let mut elements = Elements::new();
    for (path, name) in [("money/approver", "Approver"), (path, name), ("money/currency", "Currency")] {
        elements.add(Element::new(path).role(role).name(name));
    }
    marker(path).with_anchor(Anchor::take(&elements, path).unwrap(), None)
}

#[test]
fn an_element_that_was_moved_is_said_to_be() {
    let paint: Paint<'_> = &|buffer, arrow| {
        buffer.set_string(2, 1, "Amount: 120", ratatui::style::Style::new());
        arrow.register(Element::new("sum/amount").role("field").name("Amount"), Rect::new(2, 1, 11, 1));
    };
    let (buffer, _) = draw(&mut Arrow::new(), (44, 3), &anchored("money/amount", "field", "Amount"), paint);
    assert_eq!(rows(&buffer)[1], " ▶Amount: 120 you left off here (moved)");
    let (buffer, _) = draw(&mut Arrow::new(), (20, 3), &anchored("money/amount", "field", "Amount"), paint);
    assert_eq!(rows(&buffer)[1], " ▶Amount: 120 moved");
}

#[test]
fn where_an_element_was_there_is_a_dashed_bracket() {
    let paint: Paint<'_> = &|buffer, arrow| {
        field(buffer, arrow, "money/currency", "Currency: EUR", Rect::new(2, 2, 24, 1));
        field(buffer, arrow, "money/rate", "Rate: 1", Rect::new(2, 3, 24, 1));
        field(buffer, arrow, "send", "Send", Rect::new(2, 6, 4, 1));
    };
    let (buffer, shown) = draw(&mut Arrow::new(), (40, 7), &marker("money/amount"), paint);
    let expected = [
        "",
        " ┌╌ “Amount” was here ╌╌╌╌┐",
        " ╎Currency: EUR           ╎",
        " ╎Rate: 1                 ╎",
        " └╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┘",
        "",
        "  Send",
    ];
    assert_eq!((rows(&buffer), shown), (expected.map(str::to_owned).to_vec(), Shown::Region(Rect::new(1, 1, 26, 4))));
}

#[test]
fn where_a_bracket_has_no_room_there_is_a_bar() {
    let paint: Paint<'_> = &|buffer, arrow| {
        buffer.set_string(0, 0, "Money", ratatui::style::Style::new());
        arrow.container("money", Rect::new(1, 1, 19, 2));
        field(buffer, arrow, "money/currency", "Currency: EUR", Rect::new(1, 1, 19, 1));
    };
    let (buffer, shown) = draw(&mut Arrow::new(), (20, 4), &marker("money/amount"), paint);
    assert_eq!(rows(&buffer), ["Money", "╎Currency: EUR", "╎", ""]);
    assert_eq!(shown, Shown::Region(Rect::new(0, 1, 1, 2)));
}

#[test]
fn for_who_reads_from_right_to_left_bar_and_words_are_at_the_right() {
    let crowded: Paint<'_> = &|buffer, arrow| {
        buffer.set_string(0, 0, "Money", ratatui::style::Style::new());
        field(buffer, arrow, "money/currency", "EUR :Currency", Rect::new(1, 1, 13, 1));
    };
    let mut arrow = Arrow::new().direction(Direction::RightToLeft);
    let (buffer, _) = draw(&mut arrow, (15, 3), &marker("money/amount"), crowded);
    assert_eq!(rows(&buffer), ["Money", " EUR :Currency╎", ""]);
    let free: Paint<'_> = &|buffer, arrow| field(buffer, arrow, "money/rest", "Rest", Rect::new(1, 1, 22, 1));
    let (buffer, _) = draw(&mut arrow, (24, 3), &marker("money/amount"), free);
    assert_eq!(rows(&buffer)[0], "┌╌╌ “Amount” was here ╌┐");
}

#[test]
fn a_private_field_that_is_gone_is_not_named() {
    let mark = Mark::new("login/pin").label("PIN").sensitive();
    let marker = Marker::from_marks("main", [(mark, NOON)], None, None).unwrap();
    let paint: Paint<'_> = &|buffer, arrow| field(buffer, arrow, "login/user", "User", Rect::new(1, 1, 22, 1));
    let (buffer, _) = draw(&mut Arrow::new(), (24, 3), &marker, paint);
    assert_eq!(rows(&buffer)[0], "┌╌ you were here ╌╌╌╌╌╌┐");
}

#[test]
fn what_is_gone_altogether_is_pointed_at_nowhere() {
    let paint: Paint<'_> = &|buffer, arrow| field(buffer, arrow, "search", "Search", Rect::new(2, 1, 10, 1));
    let mut arrow = Arrow::new();
    let (buffer, shown) = draw(&mut arrow, (40, 3), &marker("money/amount"), paint);
    assert_eq!((rows(&buffer), shown), (vec![String::new(), "  Search".into(), String::new()], Shown::Nothing));
    assert_eq!(arrow.target(), None);
}

#[test]
fn an_element_of_another_page_is_not_taken_for_one_that_was_removed() {
    let paint: Paint<'_> = &|buffer, arrow| {
        field(buffer, arrow, "money/currency", "Currency: EUR", Rect::new(2, 1, 13, 1));
        arrow.known("money/amount");
    };
    let mut arrow = Arrow::new();
    let (buffer, shown) = draw(&mut arrow, (40, 3), &marker("money/amount"), paint);
    assert_eq!(
        (rows(&buffer)[1].as_str(), shown, arrow.target()),
        ("  Currency: EUR", Shown::Nothing, Some("money/amount"))
    );
}

/// A list of 50 lines in a frame, of which five can be seen.
fn list(offset: usize) -> impl Fn(&mut Buffer, &mut Arrow) {
    move |buffer, arrow| {
        ratatui::widgets::Widget::render(Block::bordered(), Rect::new(0, 0, 20, 7), buffer);
        let view = Rect::new(2, 1, 17, 5);
        for row in 0..50 {
            arrow.register_lines(format!("mail/{row}").as_str(), view, row..row + 1, offset);
        }
        for (y, row) in (1..6).zip(offset..) {
            buffer.set_string(2, y, format!("mail {row} from Ana!"), ratatui::style::Style::new());
        }
    }
}

#[test]
fn what_is_scrolled_out_is_pointed_to_at_the_edge_and_can_be_scrolled_to() {
    let mut arrow = Arrow::new();
    let (buffer, shown) = draw(&mut arrow, (20, 7), &marker("mail/30"), &list(0));
    assert_eq!((rows(&buffer)[6].as_str(), arrow.reveal()), ("└─▼─26─────────────┘", 26));
    assert!(matches!(shown, Shown::Edge(Position { x: 2, y: 6 })), "{shown:?}");

    let (buffer, _) = draw(&mut arrow, (20, 7), &marker("mail/30"), &list(26));
    assert_eq!((rows(&buffer)[5].as_str(), arrow.reveal()), ("│▶mail 30 from Ana!│", 0));

    let (buffer, _) = draw(&mut arrow, (20, 7), &marker("mail/30"), &list(40));
    assert_eq!((rows(&buffer)[0].as_str(), arrow.reveal()), ("┌─▲─10─────────────┐", -10));
    assert_eq!(arrow.target(), Some("mail/30"));
}

#[test]
fn without_a_frame_the_arrow_at_the_edge_takes_the_last_cell_of_the_last_line() {
    let letters = |text: &'static str| {
        move |buffer: &mut Buffer, arrow: &mut Arrow| {
            for row in 0..9 {
                arrow.register_lines(format!("mail/{row}").as_str(), Rect::new(0, 0, 8, 3), row..row + 1, 0);
            }
            (0..3).for_each(|y| buffer.set_string(0, y, text, ratatui::style::Style::new()));
        }
    };
    let (buffer, _) = draw(&mut Arrow::new(), (8, 3), &marker("mail/8"), &letters("a letter"));
    assert_eq!(rows(&buffer), ["a letter", "a letter", "a lette▼"]);
    // Of a wide character, it takes both cells.
    let (buffer, _) = draw(&mut Arrow::new(), (8, 3), &marker("mail/8"), &letters("東京都港"));
    assert_eq!(rows(&buffer), ["東京都港", "東京都港", "東京都 ▼"]);
}

#[test]
fn marked_row_of_a_full_list_differs_from_the_selected_one_even_if_it_is_selected() {
    let full = |selected: u16| {
        move |buffer: &mut Buffer, arrow: &mut Arrow| {
            for y in 0..3 {
                let path = ["mail/1", "money/amount", "mail/3"][usize::from(y)];
                field(buffer, arrow, path, "a row as wide as all", Rect::new(0, y, 20, 1));
            }
            buffer.set_style(Rect::new(0, selected, 20, 1), Modifier::REVERSED | Modifier::BOLD);
        }
    };
    for selected in [0, 1] {
        let (buffer, shown) = draw(&mut Arrow::new(), (20, 3), &marker("money/amount"), &full(selected));
        assert_eq!(shown, Shown::Emphasis);
        let looks = [0, 1, 2].map(|y| buffer[(3, y)].modifier);
        assert!(looks[1] != looks[0] && looks[1] != looks[2], "{looks:?}");
        assert!(looks[1] != Modifier::REVERSED | Modifier::BOLD, "{looks:?}");
    }
}
