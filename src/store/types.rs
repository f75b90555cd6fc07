//! Which type a program uses each section as, and what was learned of its values.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use crate::codec::Live;
use crate::error::{Error, ErrorKind};
use crate::section::Section;
use crate::sync::Mutex;

/// One type under one name. The scopes that have such a section share it: what differs between windows are the values.
#[derive(Debug)]
struct Known {
    name: &'static str,
    id: TypeId,
    type_name: &'static str,
    live: Live,
    /// A value of it was read back in this launch.
    is_checked: bool,
}

/// The place of a [`Known`].
pub(crate) type Use = usize;

type ByName = BTreeMap<&'static str, Use>;

/// Only the present process knows this; the log has the shape of each value with the value.
#[derive(Debug, Default)]
pub(crate) struct Types {
    known: Vec<Known>,
    /// Those of the empty scope: most applications have no other.
    own: ByName,
    scopes: BTreeMap<Box<str>, ByName>,
}

impl Types {
    /// Notes that a section is used with its type.
    ///
    /// # Errors
    /// `InvalidSetting`: it was used with another one before.
    pub(crate) fn note<T, M>(&mut self, scope: &str, section: &Section<T, M>) -> Result<Use, Error> {
        let (name, id) = (section.name(), section.type_id());
        let by_name = if scope.is_empty() { Some(&self.own) } else { self.scopes.get(scope) };
        if let Some((at, known)) =
            by_name.and_then(|by_name| by_name.get(name)).and_then(|at| Some((*at, self.known.get(*at)?)))
        {
            return if known.id == id { Ok(at) } else { Err(two_types(name, known.type_name, section.type_name())) };
        }
        let found = self.known.iter().position(|known| known.id == id && known.name == name);
        let at = found.unwrap_or_else(|| {
            let type_name = section.type_name();
            self.known.push(Known { name, id, type_name, live: Live::default(), is_checked: false });
            self.known.len() - 1
        });
        let by_name = if scope.is_empty() { &mut self.own } else { self.scopes.entry(scope.into()).or_default() };
        by_name.insert(name, at);
        Ok(at)
    }

    /// A window was closed. The next one of its name may be of another kind.
    pub(crate) fn close_scope(&mut self, scope: &str) {
        if scope.is_empty() {
            self.own.clear();
        } else {
            self.scopes.remove(scope);
        }
    }
}

#[cold]
fn two_types(name: &str, one: &str, other: &str) -> Error {
    let what =
        format!("section {name:?} is used with two types, {one} and {other}; give one of them a name of its own");
    Error::new(ErrorKind::InvalidSetting, what)
}

/// Appends the stored form of `value`. In a debug build, the first one of a launch is read back.
///
/// What was learned is taken out meanwhile, so that nothing is locked while the value's own code runs. If that panics,
/// it is learned anew.
///
/// # Errors
/// As [`Section::encode`] and [`Section::check`].
pub(crate) fn encode<T: Serialize, M>(
    types: &Arc<Mutex<Types>>,
    at: Use,
    section: &Section<T, M>,
    value: &T,
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    let start = out.len();
    let taken = types.lock().known.get_mut(at).map(|known| (std::mem::take(&mut known.live), known.is_checked));
    let (mut live, mut is_checked) = taken.unwrap_or_default();
    let mut result = section.encode(value, &mut live, out);
    if cfg!(debug_assertions) && !is_checked && result.is_ok() {
        result = section.check(value, &mut live, out.get(start..).unwrap_or_default());
        is_checked = result.is_ok();
    }
    if let Some(known) = types.lock().known.get_mut(at) {
        (known.live, known.is_checked) = (live, is_checked);
    }
    result
}
