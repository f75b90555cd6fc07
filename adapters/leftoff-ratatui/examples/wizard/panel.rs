//! Draws the way back, on the whole screen.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::{Modifier, Style, Stylize};
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{List, ListItem, ListState, Paragraph};

use crate::way::{Look, Row, RowKind, Way};

/// On a higher screen, a blank line is above each heading.
const HIGH: u16 = 16;
/// The blanks before a row, and before the further lines of one that is wrapped.
const INDENTS: [&str; 2] = ["  ", "    "];

pub(crate) fn draw(frame: &mut Frame, way: &Way) {
    let [head, body, foot] =
        Layout::vertical([Constraint::Length(1), Constraint::Min(1), Constraint::Length(1)]).areas(frame.area());
    let (title, keys) = match &way.look {
        Some(look) if look.changes.is_empty() => ("This state is as the form is now", "Esc back"),
        Some(_) => ("What would change", "Enter bring it back  Esc no"),
        None => ("The way back", "Tab next list  Enter go there  Esc back"),
    };
    frame.render_widget(Line::from(title).bold(), head);
    match &way.look {
        Some(look) => draw_look(frame, look, body),
        None => draw_list(frame, way, body),
    }
    match &way.trouble {
        Some(trouble) => frame.render_widget(format!("NOT BROUGHT BACK: {trouble}").bold(), foot),
        None => frame.render_widget(keys, foot),
    }
}

fn draw_look(frame: &mut Frame, look: &Look, area: Rect) {
    let lines: Vec<Line> = look.changes.iter().flat_map(|change| lines(change, area.width)).map(Line::from).collect();
    frame.render_widget(Paragraph::new(lines), area);
}

fn draw_list(frame: &mut Frame, way: &Way, area: Rect) {
    let items: Vec<Vec<Line>> = way.rows.iter().enumerate().map(|(index, row)| item(index, row, area)).collect();
    let heights: Vec<u16> = items.iter().map(|item| u16::try_from(item.len()).unwrap_or(u16::MAX)).collect();
    let list = List::new(items.into_iter().map(|lines| ListItem::new(Text::from(lines))))
        .highlight_style(Style::new().add_modifier(Modifier::REVERSED));
    let mut state = ListState::default().with_selected(Some(way.at));
    frame.render_stateful_widget(list, area, &mut state);
    // A terminal's screen reader reads the row with the cursor.
    let above: u16 = heights.iter().take(way.at).skip(state.offset()).sum();
    frame.set_cursor_position(Position::new(area.x, area.y.saturating_add(above)));
}

fn item(index: usize, row: &Row, area: Rect) -> Vec<Line<'static>> {
    if !matches!(row.kind, RowKind::Heading) {
        return lines(&row.text, area.width).into_iter().take(area.height.into()).map(Line::from).collect();
    }
    let blank = (index > 0 && area.height >= HIGH).then(Line::default);
    blank.into_iter().chain([Line::from(row.text.clone()).bold()]).collect()
}

/// Breaks the text between words.
fn lines(text: &str, width: u16) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = if lines.is_empty() { INDENTS[0] } else { INDENTS[1] }.to_owned();
        let mut is_empty = true;
        for word in paragraph.split_whitespace() {
            if !is_empty && Span::raw(format!("{line} {word}")).width() > usize::from(width) {
                lines.push(std::mem::replace(&mut line, INDENTS[1].to_owned()));
                is_empty = true;
            }
            if !is_empty {
                line.push(' ');
            }
            line.push_str(word);
            is_empty = false;
        }
        lines.push(line);
    }
    lines
}
