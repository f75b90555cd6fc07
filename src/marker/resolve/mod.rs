//! Locates an element in a user interface that has changed, and rates the certainty.

mod compare;
mod evidence;
mod language;
mod matching;
mod numbers;
mod order;
mod own;
#[cfg(test)]
mod properties;
mod rename;
mod rows;
mod search;
mod side;
mod turn;
mod view;
mod weights;

pub use evidence::Evidence;

use super::anchor::{Anchor, UiTree};
use search::Search;

/// Locates anchored elements.
///
/// ```
/// use leftoff::marker::anchor::{Anchor, Element, Elements};
/// use leftoff::marker::resolve::{Certainty, Match, Relation, Resolver};
///
/// let field = |path, name| Element::new(path).role("text field").name(name);
/// let mut before = Elements::new();
/// before.add(field("invoice/amount", "Amount"));
/// before.add(field("invoice/date", "Date"));
/// let anchor = Anchor::take(&before, "invoice/amount").unwrap();
///
/// // The next release renames it, with or without a declared rename.
/// let mut after = Elements::new();
/// let total = after.add(field("invoice/total", "Amount"));
/// after.add(field("invoice/date", "Date"));
/// let told = Resolver::new().renames(&[("invoice/amount", "invoice/total")]).resolve(&anchor, &after);
/// assert_eq!((told.outcome(), told.certainty()), (Match::Exact(total), Certainty::Point));
/// let guessed = Resolver::new().resolve(&anchor, &after);
/// assert_eq!((guessed.outcome(), guessed.certainty()), (Match::Moved(total), Certainty::Moved));
///
/// // The element is gone.
/// after.clear();
/// let date = after.add(field("invoice/date", "Date"));
/// let gone = Resolver::new().resolve(&anchor, &after);
/// assert_eq!(gone.outcome(), Match::Nearest { node: date, relation: Relation::NextSibling });
/// assert_eq!(gone.certainty(), Certainty::Region);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Resolver<'a> {
    accept: f32,
    lead: f32,
    renames: &'a [(&'a str, &'a str)],
}

impl Default for Resolver<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'a> Resolver<'a> {
    /// The default of [`accept`](Self::accept).
    pub const DEFAULT_ACCEPT: f32 = 0.7;
    /// The default of [`lead`](Self::lead).
    pub const DEFAULT_LEAD: f32 = 0.05;

    /// Creates a resolver with the default thresholds and no renames.
    pub const fn new() -> Self {
        Self { accept: Self::DEFAULT_ACCEPT, lead: Self::DEFAULT_LEAD, renames: &[] }
    }

    /// Sets the minimum score of an accepted candidate, from 0 to 1. Default: [`DEFAULT_ACCEPT`](Self::DEFAULT_ACCEPT).
    ///
    /// A candidate that has only the position and a role of the element, and no name, key, label or contents of it, needs
    /// 0.1 more, and 0.15 more lead.
    #[must_use]
    pub const fn accept(mut self, score: f32) -> Self {
        self.accept = score;
        self
    }

    /// Sets the minimum lead over the runner-up of an accepted candidate, from 0 to 1. Default:
    /// [`DEFAULT_LEAD`](Self::DEFAULT_LEAD).
    #[must_use]
    pub const fn lead(mut self, lead: f32) -> Self {
        self.lead = lead;
        self
    }

    /// Sets the renames of elements and containers: (old path, new path), the oldest rename first.
    ///
    /// A rename also applies to everything inside the renamed container. `*` matches any one name: `("invoices/*/sum",
    /// "invoices/*/amount")`.
    #[must_use]
    pub const fn renames(mut self, renames: &'a [(&'a str, &'a str)]) -> Self {
        self.renames = renames;
        self
    }

    /// Locates the element in `tree`.
    pub fn resolve<T: UiTree>(&self, anchor: &Anchor, tree: &T) -> Resolution<T::Node> {
        Search::new(self, anchor, tree).run()
    }
}

/// The result of a search for an element: the outcome, its score, and the evidence.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolution<N> {
    outcome: Match<N>,
    score: f32,
    evidence: Vec<Evidence>,
    best: Option<Candidate<N>>,
}

/// An element that may be the one looked for.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Candidate<N> {
    /// The element.
    pub node: N,
    /// How well it matches, from 0 to 1.
    pub score: f32,
    /// By how much its score exceeds that of the next one.
    pub lead: f32,
}

impl<N: Copy> Resolution<N> {
    /// Returns the outcome.
    pub fn outcome(&self) -> Match<N> {
        self.outcome
    }

    /// Returns the score, from 0 to 1: 1 for [`Match::Exact`], 0 for [`Match::Gone`].
    pub fn score(&self) -> f32 {
        self.score
    }

    /// Returns the best candidate, accepted or not.
    ///
    /// Use it to choose thresholds. `None` if no candidate was searched for, and if there are several.
    pub fn best(&self) -> Option<Candidate<N>> {
        self.best
    }

    /// Returns the evidence, without user content, for a log.
    pub fn evidence(&self) -> &[Evidence] {
        &self.evidence
    }

    /// Returns the certainty, which determines what may be drawn.
    pub fn certainty(&self) -> Certainty {
        match self.outcome {
            Match::Exact(_) => Certainty::Point,
            Match::Moved(_) => Certainty::Moved,
            Match::Unrealized { .. } | Match::Nearest { .. } => Certainty::Region,
            Match::Gone => Certainty::Card,
        }
    }
}

/// The outcome of locating an element in the current user interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Match<N> {
    /// The element is here, under its old path.
    Exact(N),
    /// The element is here, in another position or under another name.
    Moved(N),
    /// The element exists, but its row has not been built: scroll there and resolve again.
    Unrealized {
        /// The list.
        container: N,
        /// The index of the row, from zero.
        index: u64,
    },
    /// The element cannot be identified; this node is where it was.
    Nearest {
        /// A neighbour or a container.
        node: N,
        /// The relation of the node to the element.
        relation: Relation,
    },
    /// Neither the element nor its surroundings exist.
    Gone,
}

/// The relation of an existing element to the missing one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Relation {
    /// The sibling before it, which the user had passed.
    PreviousSibling,
    /// The sibling after it.
    NextSibling,
    /// A container of the element.
    Ancestor {
        /// The number of levels up; 1 is the parent.
        levels: u16,
    },
    /// The common container of several equally likely candidates.
    CommonAncestor {
        /// The number of candidates.
        candidates: u16,
    },
}

/// The certainty of an outcome, from the most to the least certain; it determines what may be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// An arrow at the element.
    Point,
    /// An arrow with a note that the element has moved.
    Moved,
    /// A dashed bracket around a region.
    Region,
    /// Only the card, without a pointer.
    Card,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marker::anchor::testing::Plain;
    use crate::marker::anchor::{Element, ElementId, Elements, KeyOrigin, WINDOW};

    fn list(paths: &[&str]) -> Elements {
        let mut elements = Elements::new();
        for path in paths {
            elements.add(*path);
        }
        elements
    }

    /// Formats an outcome: its kind and its paths.
    fn told(elements: &Elements, outcome: Match<ElementId>) -> String {
        match outcome {
            Match::Exact(node) => format!("exact {}", elements.path(node)),
            Match::Moved(node) => format!("moved {}", elements.path(node)),
            Match::Unrealized { container, index } => format!("row {index} of {}", elements.path(container)),
            Match::Nearest { node, relation } => format!("{relation:?} {}", elements.path(node)),
            Match::Gone => "gone".into(),
        }
    }

    /// Takes an anchor of `path` in `before` and formats its outcome in `after`.
    fn taken(before: &[&str], path: &str, after: &[&str]) -> String {
        let anchor = Anchor::take(&list(before), path).unwrap();
        let after = list(after);
        told(&after, Resolver::new().resolve(&anchor, &after).outcome())
    }

    fn from_path(path: &str, after: &[&str]) -> String {
        let after = list(after);
        told(&after, Resolver::new().resolve(&Anchor::from_path(path), &after).outcome())
    }

    #[test]
    fn a_path_that_holds_is_exact_and_the_empty_one_is_the_scope() {
        assert_eq!(taken(&["a/b"], "a/b", &["c", "a/b"]), "exact a/b");
        assert_eq!(from_path("a/b", &["c", "a/b"]), "exact a/b");
        assert_eq!(from_path("a", &["c", "a/b"]), "exact a");
        assert_eq!((from_path("", &["a"]), taken(&["a"], "", &[])), ("exact ".into(), "exact ".into()));
    }

    #[test]
    fn another_word_for_the_user_and_for_the_program_is_another_element() {
        let form = |last: [&str; 2]| {
            let mut elements = Elements::new();
            for [path, name] in [["money/amount", "Amount"], last] {
                elements.add(Element::new(path).role("text field").name(name));
            }
            elements
        };
        let anchor = Anchor::take(&form(["money/currency", "Currency"]), "money/currency").unwrap();
        let left = |last| {
            let after = form(last);
            told(&after, Resolver::new().resolve(&anchor, &after).outcome())
        };
        assert_eq!(left(["money/cost-centre", "Cost centre"]), "PreviousSibling money/amount");
        assert_eq!(left(["money/coin", "Currency"]), "moved money/coin");
        assert_eq!(left(["money/currency-code", "Unit"]), "moved money/currency-code");
    }

    #[test]
    fn keys_are_walked_in_steps_of_the_depth() {
        let mut tree = Plain::new(&[(0, "a"), (1, "b"), (2, "c")]);
        (0..1_000).for_each(|row| _ = tree.push(3, &format!("x{row}"), "", ""));
        tree.push(3, "d", "", "");
        tree.answers = true;
        let anchor = Anchor::take(&tree, "a/b/c/d").unwrap();
        (tree.probed, tree.visited) = Default::default();
        let resolution = Resolver::new().resolve(&anchor, &tree);
        assert_eq!((resolution.outcome(), resolution.score()), (Match::Exact(1_004), 1.0));
        assert_eq!(resolution.evidence(), [Evidence::PathHolds]);
        assert_eq!((tree.probed.get(), tree.visited.get()), (4, 0));
    }

    #[test]
    fn a_duplicate_is_never_exact() {
        assert_eq!(from_path("a/b", &["a/b", "a/b"]), "Ancestor { levels: 1 } a");
        assert_eq!(from_path("b", &["b", "b"]), "gone");
        assert_eq!(Anchor::take(&list(&["a/b", "a/b"]), "a/b"), None);
        let elements = list(&["a/b", "a/b"]);
        let resolution = Resolver::new().resolve(&Anchor::from_path("a/b"), &elements);
        assert!(resolution.evidence().contains(&Evidence::DuplicateKey));
    }

    #[test]
    fn what_was_a_duplicate_is_not_exact_when_the_other_is_gone() {
        let mut before = Plain::new(&[(0, "page"), (1, "row"), (1, "row")]);
        before.names[3] = "second".into();
        let anchor = Anchor::of_node(&before, 3);
        let after = Plain::new(&[(0, "page"), (1, "row")]);
        let resolution = Resolver::new().resolve(&anchor, &after);
        assert!(!matches!(resolution.outcome(), Match::Exact(_)), "{resolution:?}");
        assert!(resolution.evidence().contains(&Evidence::DuplicateKey));
    }

    #[test]
    fn a_key_that_is_only_elsewhere_has_moved() {
        assert_eq!(taken(&["a/b"], "a/b", &["a/x", "c/b"]), "moved c/b");
        assert_eq!(from_path("a/b", &["a/x", "c/b"]), "moved c/b");
        assert_eq!(from_path("a/b", &["a/x", "c/b", "d/b"]), "Ancestor { levels: 1 } a");
        let elements = list(&["c/b"]);
        let strict = Resolver::new().accept(0.96).lead(0.05);
        assert_eq!(strict.resolve(&Anchor::from_path("a/b"), &elements).outcome(), Match::Gone);
    }

    #[test]
    fn what_is_in_another_record_is_another_element() {
        assert_eq!(from_path("invoice/42/amount", &["invoice/43/amount"]), "Ancestor { levels: 2 } invoice");
        assert_eq!(from_path("invoice/42/amount", &["archive/42/amount"]), "moved archive/42/amount");
        assert_eq!(from_path("invoices/42", &["customers/42"]), "gone");
        let row = |row| Element::new(row).origin(KeyOrigin::Data);
        let (mut before, mut after) = (Elements::new(), Elements::new());
        before.add(row("people/ana"));
        before.add("people/ana/phone");
        after.add(row("people/bo"));
        after.add("people/bo/phone");
        let anchor = Anchor::take(&before, "people/ana/phone").unwrap();
        let outcome = Resolver::new().resolve(&anchor, &after).outcome();
        assert_eq!(told(&after, outcome), "Ancestor { levels: 2 } people");
    }

    #[test]
    fn what_is_left_is_the_nearest_sibling_or_container() {
        let before = ["p/a", "p/b", "p/c", "p/d", "p/e"];
        assert_eq!(taken(&before, "p/c", &["p/a", "p/b", "p/d"]), "PreviousSibling p/b");
        assert_eq!(taken(&before, "p/c", &["p/a", "p/d"]), "NextSibling p/d");
        assert_eq!(taken(&before, "p/c", &["p/a", "p/e"]), "PreviousSibling p/a");
        assert_eq!(taken(&before, "p/c", &["p/x"]), "Ancestor { levels: 1 } p");
        assert_eq!(taken(&["p/q/a", "p/q/b"], "p/q/a", &["p/b"]), "Ancestor { levels: 2 } p");
        assert_eq!(taken(&["a", "b"], "a", &["b"]), "NextSibling b");
        assert_eq!(taken(&["a", "b"], "a", &["c"]), "gone");
    }

    #[test]
    fn renames_come_first() {
        let elements = list(&["y/new", "x/old"]);
        let resolver = Resolver::new().renames(&[("x/old", "x/new"), ("x", "y")]);
        let resolution = resolver.resolve(&Anchor::from_path("x/old"), &elements);
        assert_eq!(told(&elements, resolution.outcome()), "exact y/new");
        assert_eq!(resolution.evidence(), [Evidence::Renamed, Evidence::PathHolds]);
    }

    #[test]
    fn a_row_that_is_not_built_is_scrolled_to() {
        let mut tree = Plain::new(&[(0, "list"), (1, "#7"), (2, "amount")]);
        let anchor = Anchor::take(&tree, "list/7/amount").unwrap();
        tree = Plain::new(&[(0, "list")]);
        tree.unbuilt = Some((1, "7".into(), 12_345));
        let resolution = Resolver::new().resolve(&anchor, &tree);
        assert_eq!(resolution.outcome(), Match::Unrealized { container: 1, index: 12_345 });
        assert_eq!(resolution.certainty(), Certainty::Region);
    }

    #[test]
    fn nothing_is_looked_for_in_other_windows() {
        let window = |key| Element::new(key).role(WINDOW);
        let mut before = Elements::new();
        before.add(window("doc1"));
        before.add("doc1/form/amount");
        let anchor = Anchor::take(&before, "doc1/form/amount").unwrap();
        let mut after = Elements::new();
        after.add(window("doc2"));
        after.add("doc2/form/amount");
        let closed = Resolver::new().resolve(&anchor, &after);
        assert_eq!((closed.outcome(), closed.evidence()), (Match::Gone, &[Evidence::WindowClosed][..]));
        after.add(window("doc1"));
        after.add("doc1/form/date");
        let open = Resolver::new().resolve(&anchor, &after);
        assert_eq!(told(&after, open.outcome()), "Ancestor { levels: 1 } doc1/form");
        after.add("doc1/side/amount");
        let inside = Resolver::new().resolve(&anchor, &after);
        assert_eq!(told(&after, inside.outcome()), "moved doc1/side/amount");
        let renames = [("doc1", "doc9")];
        after.clear();
        after.add(window("doc9"));
        let amount = after.add("doc9/form/amount");
        assert_eq!(Resolver::new().renames(&renames).resolve(&anchor, &after).outcome(), Match::Exact(amount));
    }

    #[test]
    fn an_element_without_a_key_is_not_its_container() {
        let before = Plain::new(&[(0, "page"), (1, "first"), (1, ""), (1, "last")]);
        let anchor = Anchor::of_node(&before, 3);
        assert_eq!(anchor.path(), "page");
        let after = Plain::new(&[(0, "page"), (1, "last")]);
        let outcome = Resolver::new().resolve(&anchor, &after).outcome();
        assert_eq!(outcome, Match::Nearest { node: 2, relation: Relation::NextSibling });
        let after = Plain::new(&[(0, "page"), (1, "new")]);
        let outcome = Resolver::new().resolve(&anchor, &after).outcome();
        assert_eq!(outcome, Match::Nearest { node: 1, relation: Relation::Ancestor { levels: 1 } });
    }

    #[test]
    fn a_path_that_was_cut_leads_to_a_container_at_best() {
        let long = "x".repeat(1_000);
        let elements = list(&[&format!("{long}/{}", "y".repeat(22))]);
        let cut_off = Anchor::from_path(&format!("{long}/{}", "y".repeat(30)));
        let outcome = Resolver::new().resolve(&cut_off, &elements).outcome();
        assert_eq!(told(&elements, outcome), format!("Ancestor {{ levels: 1 }} {long}"));
    }
}
