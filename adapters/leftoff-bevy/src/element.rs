//! An element that the arrow may point at, and the node of the card.

use bevy_ecs::prelude::*;
use bevy_ui::{Display, FlexDirection, Node};
#[cfg(doc)]
use leftoff::Mark;
use leftoff::marker::anchor::KeyOrigin;
use leftoff::resume::Target;
use leftoff::{Action, Phase};

/// Names a UI node, so that the arrow can point at it; the user's touches of it are then marked.
///
/// The path leads from the window to the element, with a `/` between the names, as in [`Mark::new`]: `"address/city"`.
/// It stays the same in all versions and languages of the program. The component changes neither layout nor behaviour.
///
/// An entity whose path begins the path of another is the container of that one: a bracket is drawn around it if the
/// marked element in it is gone.
///
/// ```
/// use bevy_ecs::prelude::*;
/// use bevy_text::EditableText;
/// use bevy_ui::prelude::*;
/// use leftoff_bevy::LeftOff;
///
/// fn form(mut commands: Commands) {
///     commands.spawn((EditableText::new("Porto"), LeftOff::new("address/city").label("City")));
///     commands.spawn((Node::default(), LeftOff::new("address/send").label("Send").done()));
/// }
/// ```
#[derive(Component, Debug, Clone, PartialEq, Eq)]
pub struct LeftOff(pub(crate) Target);

impl LeftOff {
    /// Names an element by its path.
    pub fn new(path: impl Into<String>) -> Self {
        Self(Target::new(path))
    }

    /// Sets the element's name as the user sees it: in the card, and to locate the element after its path has changed.
    /// Default: the [`AccessibleLabel`](bevy_ui::prelude::AccessibleLabel) of the entity.
    ///
    /// Never pass the contents of a field. No text is read from fields.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.0.label = label.into();
        self
    }

    /// Sets the role, in your own terms: `"row"`, `"button"`. It also helps to locate the element. An
    /// [`EditableText`](bevy_text::EditableText) is a `"field"` by default.
    #[must_use]
    pub fn role(mut self, role: impl Into<String>) -> Self {
        self.0.role = role.into();
        self
    }

    /// Declares that the last name of the path is the id of a record: a row of a list, the invoice 42.
    ///
    /// **Call it for every record, always.** An undeclared record looks like a part of the program, which a new version
    /// may rename, so the arrow could point into another record.
    #[must_use]
    pub fn record(mut self) -> Self {
        self.0.origin = KeyOrigin::Data;
        self
    }

    /// Sets the action of a press or an edit. By default, a press is [`Action::Press`], and text is [`Action::Edit`].
    #[must_use]
    pub fn action(mut self, action: Action) -> Self {
        self.0.action = Some(action);
        self
    }

    /// Declares that the action finishes something: a form is sent. Sets [`Phase::Committed`].
    #[must_use]
    pub fn done(mut self) -> Self {
        self.0.phase = Some(Phase::Committed);
        self
    }

    /// Sets the breadcrumb, as [`Mark::breadcrumb`] does: the captions of page and group.
    #[must_use]
    pub fn breadcrumb<S: Into<String>>(mut self, captions: impl IntoIterator<Item = S>) -> Self {
        self.0.breadcrumb = captions.into_iter().map(Into::into).collect();
        self
    }

    /// Marks the element as secret, as [`Mark::sensitive`] does: a password, a PIN. Its label is not stored either.
    #[must_use]
    pub fn sensitive(mut self) -> Self {
        self.0.is_sensitive = true;
        self
    }
}

/// The node in which the card and the notices are shown: spawn one where they have their room, such as above the content.
///
/// It has no size while there is nothing to show, and its room is in the layout, so the card covers nothing. Without this
/// node, no card is shown.
///
/// ```
/// use bevy_ecs::prelude::*;
/// use bevy_ui::prelude::*;
/// use leftoff_bevy::LeftOffCard;
///
/// fn page(mut commands: Commands) {
///     let column = Node { flex_direction: FlexDirection::Column, ..Node::default() };
///     commands.spawn((column, children![LeftOffCard, Text::new("The page")]));
/// }
/// ```
#[derive(Component, Debug, Clone, Copy, Default)]
#[require(Node = Node { display: Display::None, flex_direction: FlexDirection::Column, ..Node::default() })]
pub struct LeftOffCard;
