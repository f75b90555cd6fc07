//! The form: its steps and fields, in this version of the program and in the next one.

use std::collections::BTreeMap;

/// The answers, by the path of their field.
pub(crate) type Form = BTreeMap<String, String>;

pub(crate) struct Field {
    /// The path of the field, meant to be permanent.
    pub(crate) path: &'static str,
    pub(crate) label: &'static str,
    /// The step, counted from zero.
    pub(crate) step: usize,
}

pub(crate) struct Step {
    pub(crate) path: &'static str,
    pub(crate) title: &'static str,
}

pub(crate) static STEPS: [Step; 3] = [
    Step { path: "trip", title: "Trip" },
    Step { path: "money", title: "Money" },
    Step { path: "approval", title: "Approval" },
];

static NOW: [Field; 8] = [
    Field { path: "trip/traveler", label: "Traveller", step: 0 },
    Field { path: "trip/destination", label: "Destination", step: 0 },
    Field { path: "trip/first-day", label: "First day", step: 0 },
    Field { path: "trip/last-day", label: "Last day", step: 0 },
    Field { path: "money/amount", label: "Amount", step: 1 },
    Field { path: "money/currency", label: "Currency", step: 1 },
    Field { path: "approval/approver", label: "Approver", step: 2 },
    Field { path: "approval/purpose", label: "Purpose", step: 2 },
];

/// The next version: another order; one new name, which the programmer declared ([`RENAMES`]); another new name, which
/// the programmer did not declare; and the purpose is no longer asked for.
static NEXT: [Field; 7] = [
    Field { path: "trip/first-day", label: "First day", step: 0 },
    Field { path: "trip/last-day", label: "Last day", step: 0 },
    Field { path: "trip/where-to", label: "Destination", step: 0 },
    Field { path: "trip/traveler", label: "Traveller", step: 0 },
    Field { path: "money/currency", label: "Currency", step: 1 },
    Field { path: "money/total-amount", label: "Amount", step: 1 },
    Field { path: "approval/approver", label: "Approver", step: 2 },
];

/// Old and new path.
pub(crate) const RENAMES: &[(&str, &str)] = &[("trip/destination", "trip/where-to")];

pub(crate) fn fields(is_next: bool) -> &'static [Field] {
    if is_next { &NEXT } else { &NOW }
}

/// Returns the index of the field with this path, or with the new name of it.
pub(crate) fn position(fields: &[Field], path: &str) -> Option<usize> {
    let find = |path: &str| fields.iter().position(|field| field.path == path);
    let renamed = || RENAMES.iter().find(|(old, _)| *old == path).and_then(|(_, new)| find(new));
    find(path).or_else(renamed)
}

/// Returns the label of the field with this path, in either version.
pub(crate) fn label(path: &str) -> Option<&'static str> {
    NOW.iter().chain(&NEXT).find(|field| field.path == path).map(|field| field.label)
}

/// Moves the answers of the previous version to their new paths.
pub(crate) fn migrate(form: &mut Form) {
    for (old, new) in RENAMES.iter().chain(&[("money/amount", "money/total-amount")]) {
        if let Some(answer) = form.remove(*old) {
            form.insert((*new).to_owned(), answer);
        }
    }
}

/// Returns a line for each answer in which the second form differs from the first, which is the user's.
#[cfg_attr(not(feature = "roam"), allow(dead_code, reason = "for the other devices"))]
pub(crate) fn differences(mine: &Form, theirs: &Form) -> Vec<String> {
    let said = |form: &Form, path: &str| match form.get(path).map(String::as_str) {
        None | Some("") => "empty".to_owned(),
        Some(answer) => answer.to_owned(),
    };
    let paths: std::collections::BTreeSet<&String> = mine.keys().chain(theirs.keys()).collect();
    let paths = paths.into_iter().filter(|path| said(mine, path) != said(theirs, path));
    let line =
        |path: &String| format!("{}: {} (here {})", label(path).unwrap_or(path), said(theirs, path), said(mine, path));
    paths.map(line).collect()
}

/// Returns what an answer looks like: FNV-1a, which stays the same in the next version of the program.
pub(crate) fn fingerprint(form: &Form, path: &str) -> u64 {
    let answer = form.get(path).map_or("", String::as_str);
    answer.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
