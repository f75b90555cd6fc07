//! An element that the arrow may point at: its path, and the wrapper that reports where it is.

use std::sync::Arc;

use iced_core::widget::{Operation, Tree, tree};
use iced_core::{
    Clipboard, Element, Event, Layout, Length, Rectangle, Shell, Size, Vector, Widget, layout, mouse, overlay, renderer,
};
#[cfg(doc)]
use leftoff::Mark;
use leftoff::marker::anchor::KeyOrigin;
use leftoff::resume::Target;
use leftoff::{Action, Phase};

/// Names a widget, so that the arrow can point at it; the user's touches of it are then marked.
///
/// The `path` leads from the window to the element, with a `/` between the names, as in [`Mark::new`]: `"form/name"`.
/// It stays the same in all versions and languages of the program. The wrapper changes neither layout nor behaviour.
///
/// ```
/// use iced::widget::{button, column, text_input};
/// use leftoff_iced::mark;
///
/// # #[derive(Clone)] enum Message { Name(String), Send }
/// # fn view(name: &str) -> iced::Element<'_, Message> {
/// column![
///     mark("form/name", text_input("", name).on_input(Message::Name)).label("Name"),
///     mark("form/send", button("Send").on_press(Message::Send)).label("Send").done(),
/// ]
/// # .into() }
/// ```
pub fn mark<'a, Message, Theme, Renderer>(
    path: impl Into<String>,
    content: impl Into<Element<'a, Message, Theme, Renderer>>,
) -> Marked<'a, Message, Theme, Renderer> {
    Marked { target: Arc::new(Target::new(path)), content: content.into() }
}

/// A named widget: see [`mark`].
#[must_use = "it is a widget, and shows nothing unless it is in the view"]
pub struct Marked<'a, Message, Theme, Renderer> {
    target: Arc<Target>,
    content: Element<'a, Message, Theme, Renderer>,
}

impl<Message, Theme, Renderer> Marked<'_, Message, Theme, Renderer> {
    fn set(mut self, change: impl FnOnce(&mut Target)) -> Self {
        change(Arc::make_mut(&mut self.target));
        self
    }

    /// Sets the element's name as the user sees it: in the card, and to locate the element after its path has changed.
    ///
    /// Never pass the contents of a field. No text is taken from the widgets themselves, because the text that a field
    /// reports is its value.
    pub fn label(self, label: impl Into<String>) -> Self {
        self.set(|target| target.label = label.into())
    }

    /// Sets the role, in your own terms: `"row"`, `"button"`. It also helps to locate the element. Widgets that take
    /// the keyboard are `"field"` by default.
    pub fn role(self, role: impl Into<String>) -> Self {
        self.set(|target| target.role = role.into())
    }

    /// Declares that the last name of the path is the id of a record: a row of a list, the invoice 42.
    ///
    /// **Call it for every record, always.** An undeclared record looks like a part of the program, which a new version
    /// may rename, so the arrow could point into another record.
    pub fn record(self) -> Self {
        self.set(|target| target.origin = KeyOrigin::Data)
    }

    /// Sets the action of a press or an edit. By default, a press is [`Action::Press`], and text is [`Action::Edit`].
    pub fn action(self, action: Action) -> Self {
        self.set(|target| target.action = Some(action))
    }

    /// Declares that the action finishes something: a form is sent. Sets [`Phase::Committed`].
    pub fn done(self) -> Self {
        self.set(|target| target.phase = Some(Phase::Committed))
    }

    /// Sets the breadcrumb, as [`Mark::breadcrumb`] does: the captions of page and group.
    pub fn breadcrumb<S: Into<String>>(self, captions: impl IntoIterator<Item = S>) -> Self {
        self.set(|target| target.breadcrumb = captions.into_iter().map(Into::into).collect())
    }

    /// Marks the element as secret, as [`Mark::sensitive`] does: a password, a PIN. Its label is not stored either.
    pub fn sensitive(self) -> Self {
        self.set(|target| target.is_sensitive = true)
    }
}

impl<Message, Theme, Renderer> std::fmt::Debug for Marked<'_, Message, Theme, Renderer> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Marked").field("path", &self.target.path).finish_non_exhaustive()
    }
}

/// Everything goes to the content, which keeps its place in the tree. Only operations see the element.
impl<Message, Theme, Renderer> Widget<Message, Theme, Renderer> for Marked<'_, Message, Theme, Renderer>
where
    Renderer: iced_core::Renderer,
{
    fn tag(&self) -> tree::Tag {
        self.content.as_widget().tag()
    }

    fn state(&self) -> tree::State {
        self.content.as_widget().state()
    }

    fn children(&self) -> Vec<Tree> {
        self.content.as_widget().children()
    }

    fn diff(&self, tree: &mut Tree) {
        self.content.as_widget().diff(tree);
    }

    fn size(&self) -> Size<Length> {
        self.content.as_widget().size()
    }

    fn size_hint(&self) -> Size<Length> {
        self.content.as_widget().size_hint()
    }

    fn layout(&mut self, tree: &mut Tree, renderer: &Renderer, limits: &layout::Limits) -> layout::Node {
        self.content.as_widget_mut().layout(tree, renderer, limits)
    }

    fn operate(&mut self, tree: &mut Tree, layout: Layout<'_>, renderer: &Renderer, operation: &mut dyn Operation) {
        operation.custom(None, layout.bounds(), &mut self.target);
        operation.traverse(&mut |operation| {
            self.content.as_widget_mut().operate(tree, layout, renderer, operation);
        });
    }

    fn update(
        &mut self,
        tree: &mut Tree,
        event: &Event,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        renderer: &Renderer,
        clipboard: &mut dyn Clipboard,
        shell: &mut Shell<'_, Message>,
        viewport: &Rectangle,
    ) {
        self.content.as_widget_mut().update(tree, event, layout, cursor, renderer, clipboard, shell, viewport);
    }

    fn mouse_interaction(
        &self,
        tree: &Tree,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        viewport: &Rectangle,
        renderer: &Renderer,
    ) -> mouse::Interaction {
        self.content.as_widget().mouse_interaction(tree, layout, cursor, viewport, renderer)
    }

    fn draw(
        &self,
        tree: &Tree,
        renderer: &mut Renderer,
        theme: &Theme,
        style: &renderer::Style,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        viewport: &Rectangle,
    ) {
        self.content.as_widget().draw(tree, renderer, theme, style, layout, cursor, viewport);
    }

    fn overlay<'b>(
        &'b mut self,
        tree: &'b mut Tree,
        layout: Layout<'b>,
        renderer: &Renderer,
        viewport: &Rectangle,
        translation: Vector,
    ) -> Option<overlay::Element<'b, Message, Theme, Renderer>> {
        self.content.as_widget_mut().overlay(tree, layout, renderer, viewport, translation)
    }
}

impl<'a, Message, Theme, Renderer> From<Marked<'a, Message, Theme, Renderer>> for Element<'a, Message, Theme, Renderer>
where
    Message: 'a,
    Theme: 'a,
    Renderer: iced_core::Renderer + 'a,
{
    fn from(marked: Marked<'a, Message, Theme, Renderer>) -> Self {
        Self::new(marked)
    }
}
