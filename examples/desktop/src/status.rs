//! The status line: whether it is safe to close, and how the start went.

use std::error::Error as _;

use eframe::egui::{self, Link, RichText, Ui};
use leftoff::{Error, ErrorKind, LastExit, Outcome, Session, Status};

use crate::clock::time_of_day;
use crate::sign::{self, Sign};
use crate::theme;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Safety {
    Safe,
    /// It will be safe shortly.
    Soon,
    Unsafe,
}

/// Returns the safety and its text. `refused` is the error of the last capture if the storage works, such as a text
/// that is too long.
pub(crate) fn safety(status: &Status, refused: Option<&Error>) -> (Safety, String) {
    if let Some(error) = &status.refused {
        // The message names the holder; otherwise the cause says more.
        let reason = if status.holder.is_some() { error.to_string() } else { why(error) };
        (Safety::Unsafe, format!("nothing is saved: {reason}"))
    } else if let Some((error, since)) = status.failing.as_ref().zip(status.failing_since) {
        (Safety::Unsafe, format!("cannot save since {}: {}", time_of_day(since), why(error)))
    } else if let Some(error) = refused {
        (Safety::Unsafe, format!("not all can be saved: {}", why(error)))
    } else if status.pending || !status.is_synced {
        (Safety::Soon, "saving…".to_owned())
    } else {
        let since = status.synced.or(status.written).map(time_of_day);
        (Safety::Safe, since.map_or_else(|| "safe to close".to_owned(), |at| format!("saved {at}, safe to close")))
    }
}

/// Returns the innermost cause, which describes what to do; the outer errors name paths that matter only to support.
pub(crate) fn why(error: &Error) -> String {
    match error.source() {
        Some(source) => source.to_string(),
        None => error.to_string(),
    }
}

/// Describes how the start went, while the window is open.
pub(crate) fn start_story(session: &Session) -> String {
    let exit = match session.last_exit() {
        LastExit::FirstStart => "first start".to_owned(),
        LastExit::Clean => "last time: closed normally".to_owned(),
        LastExit::Interrupted(reason) => format!("last time: left before {reason}"),
        LastExit::Panicked => "last time: crashed".to_owned(),
        LastExit::Crashed => "last time: crashed or was killed".to_owned(),
        LastExit::Rebooted => "last time: the computer went down".to_owned(),
        _ => "last time: unknown".to_owned(),
    };
    match session.outcome() {
        Outcome::Fresh | Outcome::Resumed => exit,
        Outcome::Recovered => format!("{exit}; everything is here"),
        Outcome::Quarantined => format!("{exit}; part of your work was not opened"),
        Outcome::Unread => format!("{exit}; part of your work is of another version, and kept"),
        Outcome::Damaged => format!("{exit}; something could not be read and is kept"),
        Outcome::NewerFormat => "a newer version saved last; its state is kept".to_owned(),
        // The status line shows it already.
        _ => String::new(),
    }
}

/// Returns whether the user asked what was restored; `asks`: whether there is an answer.
pub(crate) fn show(ui: &mut Ui, safety: Safety, line: &str, story: &str, asks: bool) -> bool {
    let palette = theme::palette(ui.visuals());
    let (mark, color) = match safety {
        Safety::Safe => (Sign::Done, palette.fine),
        Safety::Soon => (Sign::Wait, palette.weak),
        Safety::Unsafe => (Sign::Warning, palette.alarm_text),
    };
    egui::Sides::new()
        .shrink_left()
        .truncate()
        .show(
            ui,
            |ui| {
                sign::show(ui, mark, color);
                ui.label(RichText::new(line).color(color));
            },
            |ui| {
                let is_asked = asks && ui.add(Link::new(RichText::new("What was restored?").small())).clicked();
                ui.label(RichText::new(story).small().weak());
                is_asked
            },
        )
        .1
}

/// Returns whether another window holds the state.
pub(crate) fn is_taken(session: &Session) -> bool {
    let status = session.status();
    status.holder.is_some() || status.refused.is_some_and(|error| error.kind() == ErrorKind::Unavailable)
}
