//! How far a value may go.

use super::Attributes;
use crate::path::is_within;

/// How far the value of a section may go: see [`Section::sensitivity`](crate::Section::sensitivity) and
/// [`Builder::scope_sensitivity`](crate::Builder::scope_sensitivity).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Sensitivity {
    /// Goes wherever the backend sends it.
    #[default]
    Public,
    /// Stays on this machine: mirrors, synchronisation and reports do not receive it.
    Local,
    /// Is stored only where the backend [seals](crate::backend::Backend::layers) what it stores. Elsewhere it is not stored,
    /// and [`Status::unsaved`](crate::Status::unsaved) names it, with [`ErrorKind::NotSealed`](crate::ErrorKind::NotSealed).
    /// It may leave the machine: what synchronisation sends is sealed.
    Sealed,
    /// [`Local`](Self::Local), and erased when the session is closed cleanly.
    ScrubbedAtClose,
    /// Is never stored, and a value that was stored before is removed. Marks of its elements have no text.
    Secret,
}

impl Sensitivity {
    /// Adds what this demands to what is demanded already.
    pub(crate) const fn add_to(self, mut attributes: Attributes) -> Attributes {
        match self {
            Self::Public => {}
            Self::Local => attributes.private = true,
            Self::Sealed => attributes.sealed = true,
            Self::ScrubbedAtClose => (attributes.private, attributes.erase_on_close) = (true, true),
            Self::Secret => (attributes.private, attributes.secret) = (true, true),
        }
        attributes
    }
}

/// The sensitivities of scopes.
#[derive(Debug, Clone, Default)]
pub(crate) struct ScopeRules(Vec<(Box<str>, Sensitivity)>);

impl ScopeRules {
    pub(crate) fn add(&mut self, scope: &str, is: Sensitivity) {
        self.0.push((scope.into(), is));
    }

    /// Returns what the scope demands, beside what a section demands. A scope covers those below it: `notes` also stands for
    /// `notes/7`.
    pub(crate) fn apply(&self, scope: &str, attributes: Attributes) -> Attributes {
        let covers = |of: &str| scope == of || (!of.is_empty() && is_within(scope, of));
        let rules = self.0.iter().filter(|(of, _)| covers(of));
        rules.fold(attributes, |attributes, (_, is)| is.add_to(attributes))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn is_secret(&self, scope: &str) -> bool {
        !self.0.is_empty() && self.apply(scope, Attributes::default()).secret
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scope_covers_those_below_it_and_adds_to_the_section() {
        let mut rules = ScopeRules::default();
        rules.add("notes", Sensitivity::Local);
        rules.add("notes/7", Sensitivity::Sealed);
        rules.add("", Sensitivity::Secret);
        let demands = |scope| rules.apply(scope, Attributes::default());
        assert_eq!(demands("notes"), Attributes { private: true, ..Attributes::default() });
        assert_eq!(demands("notes/7/a"), Attributes { private: true, sealed: true, ..Attributes::default() });
        assert_eq!(demands("notes2"), Attributes::default());
        assert!(rules.is_secret("") && !rules.is_secret("other"));
    }
}
