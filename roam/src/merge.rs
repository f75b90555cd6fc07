//! Merge functions of the application, and whether they keep their rules.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Merges two values of a section: see [`Roam::merge`](crate::Roam::merge). The first is the value that both were made from.
pub type Merge<T> = fn(Option<&T>, &T, &T) -> Option<T>;

/// The merge functions, by the name of their section.
#[derive(Default)]
pub(crate) struct Merges(BTreeMap<Box<str>, Box<dyn Any + Send>>);

impl fmt::Debug for Merges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Merges {
    pub(crate) fn insert<T: 'static>(&mut self, name: &str, merge: Merge<T>) {
        self.0.insert(name.into(), Box::new(merge));
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Returns the function for sections of this name and type.
    pub(crate) fn find<T: 'static>(&self, name: &str) -> Option<Merge<T>> {
        self.0.get(name)?.downcast_ref::<Merge<T>>().copied()
    }
}

/// A merge function that panicked, or whose result depends on more than the two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unruly;

/// Merges, and checks that the same comes out again, and with the values exchanged.
///
/// The panic hook of the application runs if the function panics, and with `panic = "abort"` the process ends.
pub(crate) fn checked<T: PartialEq>(
    merge: Merge<T>,
    base: Option<&T>,
    mine: &T,
    theirs: &T,
) -> Result<Option<T>, Unruly> {
    let run = |one: &T, other: &T| catch_unwind(AssertUnwindSafe(|| merge(base, one, other))).map_err(|_| Unruly);
    let merged = run(mine, theirs)?;
    let is_the_same = run(theirs, mine)? == merged && run(mine, theirs)? == merged;
    if is_the_same { Ok(merged) } else { Err(Unruly) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::atomic::{AtomicU32, Ordering};

    use proptest::prelude::*;

    use super::*;

    type Set = BTreeSet<u8>;

    /// Three-way: what either added, without what either removed.
    fn sets(base: Option<&Set>, mine: &Set, theirs: &Set) -> Option<Set> {
        let base = base?;
        let all = mine | theirs;
        Some(all.into_iter().filter(|of| !base.contains(of) || mine.contains(of) && theirs.contains(of)).collect())
    }

    proptest! {
        #[test]
        fn symmetric_function_is_used_in_either_order(base: Option<Set>, mine: Set, theirs: Set) {
            let merged = checked(sets, base.as_ref(), &mine, &theirs);
            prop_assert_eq!(&merged, &Ok(sets(base.as_ref(), &mine, &theirs)));
            prop_assert_eq!(merged, checked(sets, base.as_ref(), &theirs, &mine));
        }

        #[test]
        fn function_that_prefers_one_side_is_unruly_unless_both_are_equal(mine: Set, theirs: Set) {
            let merged = checked(|_, mine: &Set, _| Some(mine.clone()), None, &mine, &theirs);
            prop_assert_eq!(merged == Err(Unruly), mine != theirs);
        }
    }

    #[test]
    fn function_that_panics_or_counts_its_calls_is_unruly() {
        static CALLS: AtomicU32 = AtomicU32::new(0);
        assert_eq!(checked(|_, _: &u32, _| panic!("broken"), None, &1, &2), Err(Unruly));
        assert_eq!(checked(|_, _: &u32, _| Some(CALLS.fetch_add(1, Ordering::Relaxed)), None, &1, &2), Err(Unruly));
    }

    #[test]
    fn function_is_found_by_name_and_type_only() {
        let mut merges = Merges::default();
        merges.insert::<u32>("count", |_, mine, theirs| Some(*mine.max(theirs)));
        assert!(merges.has("count") && merges.find::<u32>("count").is_some());
        assert!(merges.find::<u64>("count").is_none() && merges.find::<u32>("other").is_none());
    }
}
