//! Draws the screen.

use leftoff::marker::anchor::Element;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::Stylize;
use ratatui::text::{Line, Text};

use crate::app::{App, Mode, now};
use crate::form::STEPS;
use crate::panel;

/// One column for the arrow, and one blank.
const GUTTER: u16 = 2;
/// The width of the labels.
const LABELS: u16 = 13;
/// The width of the answers.
const ANSWERS: u16 = 24;

const HINTS: &str = "Tab next  F5 the way back  F9 sleep  Ctrl-C leave";
/// The same with other devices.
const ROAMING_HINTS: &str = "Tab next  F2 devices  F5 the way back  F9 sleep  Ctrl-C leave";
/// The same for a narrow terminal.
const FEW_HINTS: &str = "F5 way back  F9 sleep  Ctrl-C leave";

/// In a lower terminal, the status line takes the row of the hints.
const LOW: u16 = 10;

pub(crate) fn draw(frame: &mut Frame, app: &mut App) {
    app.prepare();
    if matches!(app.mode, Mode::Asleep) {
        frame.render_widget(Text::raw("Asleep. Everything is kept.\nAny key wakes."), frame.area());
        return;
    }
    if let Mode::Way(way) = &app.mode {
        return panel::draw(frame, way);
    }
    let is_low = frame.area().height < LOW;
    let words = if is_low { 0 } else { app.arrow.status_height(frame.area().width) };
    let came = app.devices.height(&app.arrow, frame.area().width).min(frame.area().height.saturating_sub(4));
    let rows = [2, 1, came, words, 1].map(Constraint::Length);
    let rows = [rows[0], Constraint::Min(1), rows[2], rows[3], rows[4]];
    let [head, body, came, words, foot] = Layout::vertical(rows).areas(frame.area());
    let step = app.fields.get(app.at).map_or(0, |field| field.step);
    let title = STEPS.get(step).map_or("", |step| step.title);
    frame
        .render_widget(Line::from(format!("Trip request, step {} of {}: {title}", step + 1, STEPS.len())).bold(), head);

    // A field of the step on each second line, scrolled so that the focused field is visible.
    let first = app.fields.iter().position(|field| field.step == step).unwrap_or_default();
    let view = Rect {
        x: body.x + GUTTER.min(body.width),
        width: (LABELS + ANSWERS).min(body.width.saturating_sub(GUTTER)),
        ..body
    };
    let height = usize::from(view.height).max(1);
    let offset = ((app.at - first) * 2 + 1).saturating_sub(height);

    // All rows except the last ones, which are drawn after the arrow.
    app.arrow.begin(head.union(body));
    for (number, field) in app.fields.iter().enumerate() {
        let element = Element::new(field.path).role("field").name(field.label);
        if field.step != step {
            // The field exists, on another step.
            app.arrow.known(element);
            continue;
        }
        let line = (number - first) * 2;
        app.arrow.register_lines(element, view, line..line + 1, offset);
        let Some(row) = line.checked_sub(offset).filter(|row| *row < height) else { continue };
        let y = view.y.saturating_add(u16::try_from(row).unwrap_or(u16::MAX));
        let answer = app.form.get(field.path).map_or("", String::as_str);
        let label = format!("{:12} ", format!("{}:", field.label));
        let line = Line::from(vec![label.into(), answer.into()]);
        let end = u16::try_from(line.width()).unwrap_or(u16::MAX).min(view.width.saturating_sub(1));
        frame.render_widget(line, Rect { y, height: 1, ..view });
        if number == app.at {
            frame.set_cursor_position(Position::new(view.x + end, y));
        }
    }
    app.arrow.show(frame, &mut app.session, now());

    if let Some(card) = app.arrow.card() {
        frame.render_widget(card, body);
    }
    if let Some(card) = app.devices.card(&app.arrow) {
        frame.render_widget(card, came);
    }
    let line = app.arrow.status_line();
    let status = app.devices.status(&app.arrow);
    match (&app.trouble, &app.mode) {
        (_, Mode::Note(note)) => {
            frame.render_widget(note, foot);
            frame.set_cursor_position(note.cursor(foot));
        }
        (Some(trouble), _) => frame.render_widget(format!("NOT SAVED: {trouble}").bold(), foot),
        (None, _) if app.news.is_some() => frame.render_widget(app.news.as_deref(), foot),
        (None, _) if is_low && !line.is_empty() => frame.render_widget(line.clone(), foot),
        (None, _) if status.is_some() => frame.render_widget(status, foot),
        (None, _) if usize::from(foot.width) < HINTS.len() => frame.render_widget(FEW_HINTS, foot),
        (None, _) if app.devices.are_there() && usize::from(foot.width) >= ROAMING_HINTS.len() => {
            frame.render_widget(ROAMING_HINTS, foot);
        }
        (None, _) => frame.render_widget(HINTS, foot),
    }
    frame.render_widget(line, words);
}
