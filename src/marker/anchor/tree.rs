//! What the library asks of a user interface: a tree of elements, seen through a small trait.

use std::borrow::Cow;

/// Where the key of an element comes from, which is how far it can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum KeyOrigin {
    /// A person named the element: a field name, an `objectName`, an `android:id`.
    #[default]
    Authored,
    /// It is the id of a record: row `42` of a list. Says which one, never what kind.
    Data,
    /// A tool or a counter made it up (`label_7`): carries no identity, and is not used as one.
    Generated,
}

/// The name of an element among its siblings.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key<'a> {
    /// The name. One that contains `/` counts as several, one inside the other.
    pub text: Cow<'a, str>,
    /// Where it comes from.
    pub origin: KeyOrigin,
}

/// What a container knows of one of its children without building it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Probe<N> {
    /// It is here.
    Realized(N),
    /// It exists, but has not been built: row `index` of a virtual list.
    Unrealized {
        /// Its position in the list, from zero.
        index: u64,
    },
    /// Several children have this key, which is a mistake of the application.
    Ambiguous,
    /// There is none.
    Absent,
    /// The container cannot tell; its children are looked through.
    Unknown,
}

/// A user interface as it is now: elements with children, and what is known of each.
///
/// The *path* of an element is made of the keys of its ancestors and its own, outermost first, with `/` between them:
/// what [`Mark::new`](crate::Mark::new) takes. The root, elements without a key and those with a
/// [generated](KeyOrigin::Generated) one add nothing to it.
///
/// An application with a tree of its own implements it for that; one without fills
/// [`Elements`](crate::marker::anchor::Elements).
///
/// ```
/// use std::borrow::Cow;
///
/// use leftoff::marker::anchor::{Anchor, Key, KeyOrigin, UiTree};
/// use leftoff::marker::resolve::{Match, Resolver};
///
/// /// The application's own widgets, each with the place of its parent.
/// struct Widgets(Vec<(Option<usize>, &'static str, &'static str)>);
///
/// impl UiTree for Widgets {
///     type Node = usize;
///     fn root(&self) -> usize {
///         0
///     }
///     fn parent(&self, node: usize) -> Option<usize> {
///         self.0[node].0
///     }
///     fn children(&self, node: usize) -> impl Iterator<Item = usize> {
///         (0..self.0.len()).filter(move |child| self.0[*child].0 == Some(node))
///     }
///     fn key(&self, node: usize) -> Option<Key<'_>> {
///         let text = Cow::Borrowed(self.0[node].1);
///         (!text.is_empty()).then_some(Key { text, origin: KeyOrigin::Authored })
///     }
///     fn role(&self, node: usize) -> Cow<'_, str> {
///         Cow::Borrowed(self.0[node].2)
///     }
///     fn name(&self, _: usize) -> Option<Cow<'_, str>> {
///         None
///     }
/// }
///
/// let before = Widgets(vec![(None, "", "window"), (Some(0), "form", "box"), (Some(1), "amount", "text field")]);
/// let anchor = Anchor::take(&before, "form/amount").unwrap();
///
/// // The next release has a page around the form.
/// let after = Widgets(vec![
///     (None, "", "window"),
///     (Some(0), "page", "box"),
///     (Some(1), "form", "box"),
///     (Some(2), "amount", "text field"),
/// ]);
/// assert_eq!(Resolver::new().resolve(&anchor, &after).outcome(), Match::Moved(3));
/// ```
pub trait UiTree {
    /// Names an element while the tree is borrowed.
    type Node: Copy + Eq;

    /// The window, or what holds the windows.
    fn root(&self) -> Self::Node;
    /// What the element is in; `None` for the root.
    fn parent(&self, node: Self::Node) -> Option<Self::Node>;
    /// What is in the element, in the order in which it is read.
    fn children(&self, node: Self::Node) -> impl Iterator<Item = Self::Node>;
    /// Its name among its siblings.
    fn key(&self, node: Self::Node) -> Option<Key<'_>>;
    /// What it is, in the application's words: `"button"`, `"text field"`, `"QLineEdit"`. Empty if unknown. A window is
    /// [`Anchor::ROLE_WINDOW`](super::Anchor::ROLE_WINDOW).
    fn role(&self, node: Self::Node) -> Cow<'_, str>;
    /// The text the user sees on it, best as the id of a message, which is the same in every language.
    fn name(&self, node: Self::Node) -> Option<Cow<'_, str>>;
    /// Looks for a direct child by its key without going through all children, and without building it: for virtual lists, and
    /// for trees with an index.
    fn probe(&self, container: Self::Node, key: &str) -> Probe<Self::Node> {
        let _ = (container, key);
        Probe::Unknown
    }
}

pub(crate) const WINDOW: &str = "window";
