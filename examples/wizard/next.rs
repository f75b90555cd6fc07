//! The next version of the form (`--next`): one field has another name, some have other positions, and one is gone.

use leftoff::{Migration, Section};
use serde::Deserialize;

use crate::form::{APPROVAL, FIRST_DAY, Field, Form, MONEY, TRIP, amount, currency, date, last_day, words};

/// The section of the answers in the next version.
pub(crate) const FORM: Section<Form> = Section::new("trip", 2).migrations(&[Migration::from::<FormV1>(1)]);

/// The answers of version 1.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct FormV1(Form);

/// Fields with a new name: a user who was interrupted at the old field is led to the new one. A field that only moved
/// to another page need not be listed; it is located by the last name of its path.
pub(crate) const RENAMES: &[(&str, &str)] = &[("approval/approver", "approval/manager")];

#[rustfmt::skip]
pub(crate) static FIELDS: [Field; 8] = [
    Field { path: "trip/purpose", label: "Purpose", page: TRIP, wants: "a few words", accept: words },
    Field { path: "trip/destination", label: "Destination", page: TRIP, wants: "a place", accept: words },
    Field { path: "trip/traveller", label: "Traveller", page: TRIP, wants: "a name", accept: words },
    Field { path: FIRST_DAY, label: "First day", page: TRIP, wants: "a date: YYYY-MM-DD", accept: date },
    Field { path: "trip/last-day", label: "Last day", page: TRIP, wants: "a date: YYYY-MM-DD, not before the first day", accept: last_day },
    Field { path: "money/amount", label: "Amount", page: MONEY, wants: "an amount and its currency such as 1200.50 EUR", accept: sum },
    Field { path: "money/cost-centre", label: "Cost centre", page: MONEY, wants: "a name or number", accept: words },
    Field { path: "approval/manager", label: "Manager", page: APPROVAL, wants: "a name", accept: words },
];

/// No answer is lost: the currency moves to its amount.
impl From<FormV1> for Form {
    fn from(FormV1(mut old): FormV1) -> Self {
        if let Some(currency) = old.remove("money/currency") {
            let amount = old.remove("money/amount").unwrap_or_default();
            old.insert("money/amount".into(), format!("{amount} {currency}").trim_start().into());
        }
        for (path, now) in [("approval/approver", "approval/manager"), ("approval/purpose", "trip/purpose")] {
            if let Some(answer) = old.remove(path) {
                old.insert(now.into(), answer);
            }
        }
        old
    }
}

fn sum(text: &str, form: &Form) -> Option<String> {
    let (number, code) = text.split_once(' ')?;
    Some(format!("{} {}", amount(number, form)?, currency(code.trim(), form)?))
}
