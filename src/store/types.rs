//! The type that a program uses for each section, and what the codec learned about its values.

use std::any::TypeId;
use std::sync::Arc;

use serde::Serialize;

use super::quick::QuickMap;
use crate::codec::Live;
use crate::error::{Error, ErrorKind};
use crate::section::Section;
use crate::sorted::{SortedMap, SortedSet};
use crate::sync::Mutex;

/// One type under one name. Scopes with the same section share it, because only the values differ between windows.
#[derive(Debug)]
struct Known {
    id: TypeId,
    type_name: &'static str,
    /// Index of what was learned about the type's values; sections of one type share it.
    learned: usize,
    /// Whether a value of it was read back in this launch.
    is_checked: bool,
    /// Whether the name is a constant of the program.
    is_constant: bool,
}

/// The index of a [`Known`].
pub(crate) type Use = usize;

type ByName = QuickMap<&'static str, Use>;

/// The types in use. Only the present process has these; the log contains the shape of each value with the value.
#[derive(Debug, Default)]
pub(crate) struct Types {
    known: Vec<Known>,
    /// `None` while a value is encoded, and until the first is.
    learned: Vec<Option<Box<Live>>>,
    by_type: SortedMap<TypeId, (usize, ByName)>,
    /// The sections of the empty scope; most applications have no other.
    own: ByName,
    scopes: QuickMap<Arc<str>, ByName>,
}

impl Types {
    /// Records that a section is used with its type.
    ///
    /// # Errors
    /// `InvalidSetting`: it was used with another type before.
    pub(crate) fn note<T>(&mut self, scope: &str, section: &Section<T>) -> Result<Use, Error> {
        let (name, id) = (section.name(), section.type_id());
        let of_scope = if scope.is_empty() { Some(&self.own) } else { self.scopes.get(scope) };
        let found = of_scope.and_then(|of_scope| of_scope.get(name)).and_then(|at| Some((*at, self.known.get(*at)?)));
        match found {
            Some((at, known)) if known.id == id => Ok(at),
            Some((_, known)) => Err(two_types(name, known.type_name, section.type_name())),
            None => {
                let at = self.add(scope, name, id, section.type_name());
                if let Some(known) = self.known.get_mut(at) {
                    known.is_constant |= !section.is_named();
                }
                Ok(at)
            }
        }
    }

    #[cold]
    fn add(&mut self, scope: &str, name: &'static str, id: TypeId, type_name: &'static str) -> Use {
        let Self { known, learned, by_type, own, scopes, .. } = self;
        let (learned, by_name) = by_type.get_or_insert(id, || {
            learned.push(None);
            (learned.len() - 1, ByName::default())
        });
        let at = *by_name.entry(name).or_insert_with(|| {
            known.push(Known { id, type_name, learned: *learned, is_checked: false, is_constant: false });
            known.len() - 1
        });
        let of_scope = if scope.is_empty() { own } else { scopes.entry(scope.into()).or_default() };
        of_scope.insert(name, at);
        at
    }

    /// Returns the names of sections that were used and are constants of the program.
    pub(crate) fn constants(&self) -> Vec<&'static str> {
        let names = self.by_type.values().flat_map(|(_, by_name)| by_name);
        let constants = names.filter(|(_, at)| self.known.get(**at).is_some_and(|known| known.is_constant));
        // A scope may use a name with another type.
        constants.map(|(name, _)| *name).collect::<SortedSet<_>>().into_iter().collect()
    }

    /// Forgets the types of a closed scope, because the next window of its name may be of another kind.
    pub(crate) fn close_scope(&mut self, scope: &str) {
        if scope.is_empty() {
            self.own.clear();
        } else {
            self.scopes.remove(scope);
        }
    }

    /// Takes out what was learned, and returns whether a value of the section was read back.
    fn take(&mut self, at: Use) -> (Option<Box<Live>>, bool) {
        let Some(known) = self.known.get(at) else { return Default::default() };
        (self.learned.get_mut(known.learned).and_then(Option::take), known.is_checked)
    }

    fn put(&mut self, at: Use, live: Box<Live>, is_checked: bool) {
        let Some(known) = self.known.get_mut(at) else { return };
        known.is_checked = is_checked;
        if let Some(learned) = self.learned.get_mut(known.learned) {
            *learned = Some(live);
        }
    }
}

#[cold]
fn two_types(name: &str, one: &str, other: &str) -> Error {
    let what = format!("section {name:?} is used with two types, {one} and {other}; rename one of the two sections");
    Error::new(ErrorKind::InvalidSetting, what)
}

/// Appends the stored form of `value`. In a debug build, the first value of a launch is read back.
///
/// What was learned is taken out meanwhile, so that no lock is held while the value's own code runs. If that code
/// panics, it is learned again.
///
/// # Errors
/// As for [`Types::note`], [`Section::encode`] and [`Section::check`].
pub(crate) fn encode<T: Serialize>(
    types: &Mutex<Types>,
    find: impl FnOnce(&mut Types) -> Result<Use, Error>,
    section: &Section<T>,
    value: &T,
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    let start = out.len();
    let (at, (live, mut is_checked)) = {
        let mut types = types.lock();
        let at = find(&mut types)?;
        (at, types.take(at))
    };
    let mut live = live.unwrap_or_default();
    let mut result = section.encode(value, &mut live, out);
    if cfg!(debug_assertions) && !is_checked && result.is_ok() {
        result = section.check(value, &mut live, out.get(start..).unwrap_or_default());
        is_checked = result.is_ok();
    }
    types.lock().put(at, live, is_checked);
    result
}
