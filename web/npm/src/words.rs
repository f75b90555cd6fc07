//! Words of the JavaScript side.

use leftoff::time::Timestamp;
use leftoff::{Action, Phase, Saved};

pub(crate) fn of_saved(saved: Saved) -> String {
    match saved {
        Saved::Unchanged => "unchanged",
        Saved::Off => "off",
        Saved::Pending => "pending",
        Saved::Written => "written",
        Saved::Synced => "synced",
        _ => "deferred",
    }
    .to_owned()
}

pub(crate) fn action(word: &str) -> Action {
    match word {
        "edit" => Action::Edit,
        "choose" => Action::Choose,
        "tick" => Action::Tick,
        "untick" => Action::Untick,
        "press" => Action::Press,
        "focus" => Action::Focus,
        "open" => Action::Open,
        "scroll" => Action::Scroll,
        _ => Action::Other,
    }
}

/// Only a text with the caret in it is unfinished.
pub(crate) fn phase(action: &str, unfinished: bool) -> Phase {
    if unfinished && action == "edit" { Phase::InProgress } else { Phase::Unknown }
}

pub(crate) fn now() -> Timestamp {
    #[allow(clippy::cast_possible_truncation, reason = "whole milliseconds, for some 285,000 years")]
    Timestamp::from_millis(js_sys::Date::now() as i64)
}

/// Of the user's time zone, at that time.
pub(crate) fn utc_offset(at: Timestamp) -> Option<i32> {
    let date = js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(milliseconds(at)));
    let minutes = date.get_timezone_offset();
    #[allow(clippy::cast_possible_truncation, reason = "whole minutes, less than a day")]
    minutes.is_finite().then_some(-(minutes as i32) * 60)
}

#[allow(clippy::cast_precision_loss, reason = "a date of JavaScript is such a number")]
fn milliseconds(at: Timestamp) -> f64 {
    at.as_millis() as f64
}
