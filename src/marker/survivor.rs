//! What is left of an element in the user interface of now.

/// What [`Marker::nearest_surviving`](super::Marker::nearest_surviving) found: where a pointer may be drawn.
///
/// ```
/// use leftoff::marker::Survivor;
/// use leftoff::time::Timestamp;
/// use leftoff::{Mark, Marker};
///
/// let mark = Mark::new("invoice/4/amount");
/// let marker = Marker::from_marks("main", [(mark, Timestamp::default())], None, None).unwrap();
/// assert_eq!(marker.nearest_surviving(["invoice/4/amount", "invoice/4/date"]), Survivor::Exact);
/// assert_eq!(
///     marker.nearest_surviving(["invoice/4/date"]),
///     Survivor::Ancestor { path: "invoice/4".into(), levels: 1 }
/// );
/// // Not "invoice/4": names are compared whole.
/// assert_eq!(
///     marker.nearest_surviving(["invoice/42/amount"]),
///     Survivor::Ancestor { path: "invoice".into(), levels: 2 }
/// );
/// assert_eq!(marker.nearest_surviving(["customer/7"]), Survivor::Gone);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Survivor {
    /// The element itself is there: an arrow may point at it. The scope itself (the empty path) is always there.
    Exact,
    /// Something around it is there: a bracket may show the region.
    Ancestor {
        /// The deepest path that is a key, or that leads to one.
        path: String,
        /// How many names the element's path is longer. Zero: the element is no key, but keys inside it are.
        levels: usize,
    },
    /// Nothing of it is there: words only.
    Gone,
}

pub(super) fn nearest(element: &str, keys: impl IntoIterator<Item = impl AsRef<str>>) -> Survivor {
    if element.is_empty() {
        return Survivor::Exact;
    }
    let mut deepest = "";
    for key in keys {
        let key = key.as_ref();
        if key == element {
            return Survivor::Exact;
        }
        let shared = shared_path(element, key);
        if shared.len() > deepest.len() {
            deepest = shared;
        }
    }
    if deepest.is_empty() {
        return Survivor::Gone;
    }
    let below = element.get(deepest.len()..).unwrap_or_default();
    Survivor::Ancestor { path: deepest.to_owned(), levels: below.matches('/').count() }
}

/// The longest front of `element` that ends with a whole name in both paths.
fn shared_path<'a>(element: &'a str, key: &str) -> &'a str {
    let same = element.bytes().zip(key.bytes()).take_while(|(one, other)| one == other).count();
    let ends_name = |path: &str| matches!(path.as_bytes().get(same), None | Some(b'/'));
    let end = if ends_name(element) && ends_name(key) {
        Some(same)
    } else {
        element.as_bytes().get(..same).and_then(|bytes| bytes.iter().rposition(|byte| *byte == b'/'))
    };
    end.and_then(|end| element.get(..end)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn path() -> impl Strategy<Value = String> {
        // Few and overlapping names, so that fronts are often equal and names are often fronts of each other.
        prop::collection::vec(prop_oneof!["4", "42", "a", "ä", ""], 0..5).prop_map(|names| names.join("/"))
    }

    /// Slow and obvious: every ancestor-or-self of the element, deepest first, against every key.
    fn by_definition(element: &str, keys: &[String]) -> Survivor {
        if element.is_empty() || keys.iter().any(|key| key == element) {
            return Survivor::Exact;
        }
        let names: Vec<&str> = element.split('/').collect();
        for levels in 0..names.len() {
            let ancestor = &names[..names.len() - levels];
            let path = ancestor.join("/");
            let leads_to = |key: &String| key.split('/').collect::<Vec<_>>().starts_with(ancestor);
            if !path.is_empty() && keys.iter().any(leads_to) {
                return Survivor::Ancestor { path, levels };
            }
        }
        Survivor::Gone
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn the_pass_finds_what_the_definition_says(element in path(), keys in prop::collection::vec(path(), 0..6)) {
            prop_assert_eq!(nearest(&element, &keys), by_definition(&element, &keys));
        }

        #[test]
        fn order_and_repetition_of_keys_do_not_matter(element in path(), keys in prop::collection::vec(path(), 0..6)) {
            let there_and_back = keys.iter().chain(keys.iter().rev());
            prop_assert_eq!(nearest(&element, there_and_back), nearest(&element, &keys));
        }

        #[test]
        fn a_key_that_is_there_is_always_exact(element in path(), keys in prop::collection::vec(path(), 0..6)) {
            prop_assert_eq!(nearest(&element, keys.iter().chain([&element])), Survivor::Exact);
        }
    }

    #[test]
    fn keys_are_looked_at_once_and_no_longer_than_needed() {
        let mut looked = 0;
        nearest("a", ["b", "a", "c"].iter().inspect(|_| looked += 1));
        assert_eq!(looked, 2);
    }
}
