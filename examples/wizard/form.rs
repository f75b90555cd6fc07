//! The form: its fields, their validation, and the output. This module does not depend on saving.
//!
//! The next version of the form is in `next.rs`.

use std::collections::BTreeMap;
use std::io::{self, Write};

use leftoff::marker::anchor::{Element, Elements};

/// The answers, by the path of their field.
pub(crate) type Form = BTreeMap<String, String>;

pub(crate) struct Field {
    /// The permanent path of the field. The user sees the label, which may change.
    pub(crate) path: &'static str,
    pub(crate) label: &'static str,
    pub(crate) page: Page,
    /// Completes "Amount wants …".
    pub(crate) wants: &'static str,
    /// Returns the normalised answer, or `None` for an invalid one.
    pub(crate) accept: fn(&str, &Form) -> Option<String>,
}

/// Number and title of a page.
pub(crate) type Page = (usize, &'static str);

pub(crate) const TRIP: Page = (1, "Trip");
pub(crate) const MONEY: Page = (2, "Money");
pub(crate) const APPROVAL: Page = (3, "Approval");

pub(crate) const PAGES: usize = 3;

#[rustfmt::skip]
pub(crate) static FIELDS: [Field; 8] = [
    Field { path: "trip/traveller", label: "Traveller", page: TRIP, wants: "a name", accept: words },
    Field { path: "trip/destination", label: "Destination", page: TRIP, wants: "a place", accept: words },
    Field { path: FIRST_DAY, label: "First day", page: TRIP, wants: "a date: YYYY-MM-DD", accept: date },
    Field { path: "trip/last-day", label: "Last day", page: TRIP, wants: "a date: YYYY-MM-DD, not before the first day", accept: last_day },
    Field { path: "money/amount", label: "Amount", page: MONEY, wants: "a positive amount such as 1200.50", accept: amount },
    Field { path: "money/currency", label: "Currency", page: MONEY, wants: "three letters such as EUR", accept: currency },
    Field { path: "approval/approver", label: "Approver", page: APPROVAL, wants: "a name", accept: words },
    Field { path: "approval/purpose", label: "Purpose", page: APPROVAL, wants: "a few words", accept: words },
];

pub(crate) static SUBMIT: Field =
    Field { path: "approval/submit", label: "Submit", page: APPROVAL, wants: "yes or no", accept: yes_or_no };

pub(crate) const FIRST_DAY: &str = "trip/first-day";

/// Returns the fields in the order in which they are asked, `SUBMIT` last.
pub(crate) fn with_submit(fields: &'static [Field]) -> impl Iterator<Item = &'static Field> {
    fields.iter().chain([&SUBMIT])
}

/// Returns the form as a user interface, in which a marked field can be located.
pub(crate) fn elements(fields: &'static [Field]) -> Elements {
    let mut elements = Elements::new();
    for field in with_submit(fields) {
        elements.add(Element::new(field.path).role("field").name(field.label));
    }
    elements
}

pub(crate) fn is_submitted(form: &Form) -> bool {
    form.get(SUBMIT.path).is_some_and(|answer| answer == "yes")
}

/// Returns the first field whose answer is missing or no longer consistent with the others.
pub(crate) fn first_lacking(fields: &[Field], form: &Form) -> Option<usize> {
    let is_fine = |field: &Field| form.get(field.path).is_some_and(|answer| (field.accept)(answer, form).is_some());
    fields.iter().position(|field| !is_fine(field))
}

/// Prints one line per field, with its sign.
pub(crate) fn print(
    out: &mut impl Write,
    fields: &'static [Field],
    form: &Form,
    sign: impl Fn(&str) -> char,
) -> io::Result<()> {
    for Field { path, label, .. } in with_submit(fields) {
        let answer = form.get(*path).map_or("", String::as_str);
        writeln!(out, "{}", format!("{} {:12} {answer}", sign(path), format!("{label}:")).trim_end())?;
    }
    Ok(())
}

pub(crate) fn words(text: &str, _: &Form) -> Option<String> {
    let fits = !text.is_empty() && text.len() <= 400 && !text.contains(char::is_control);
    fits.then(|| text.to_owned())
}

pub(crate) fn date(text: &str, _: &Form) -> Option<String> {
    let mut parts = text.splitn(3, '-').map(|part| part.parse::<u16>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u16::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    let exists = (1900..=9999).contains(&year) && (1..=days).contains(&day);
    exists.then(|| format!("{year:04}-{month:02}-{day:02}"))
}

pub(crate) fn last_day(text: &str, form: &Form) -> Option<String> {
    let last = date(text, form)?;
    form.get(FIRST_DAY).is_none_or(|first| *first <= last).then_some(last)
}

pub(crate) fn amount(text: &str, _: &Form) -> Option<String> {
    let text = text.replace(',', ".");
    let is_number = text.chars().all(|char| char.is_ascii_digit() || char == '.');
    let value = text.parse::<f64>().ok().filter(|_| is_number)?;
    (value > 0.0 && value < 1e12).then_some(text)
}

pub(crate) fn currency(text: &str, _: &Form) -> Option<String> {
    let fits = text.len() == 3 && text.chars().all(|char| char.is_ascii_alphabetic());
    fits.then(|| text.to_ascii_uppercase())
}

pub(crate) fn yes_or_no(text: &str, _: &Form) -> Option<String> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "y" => Some("yes".into()),
        "no" | "n" => Some("no".into()),
        _ => None,
    }
}
