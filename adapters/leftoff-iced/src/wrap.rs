//! The wrapper round the root of a view: hears of every event, and draws after the content.

use std::cell::{RefCell, RefMut};

use iced_core::time::Duration;
use iced_core::widget::{Operation, Tree};
use iced_core::{
    Clipboard, Element, Event, Layout, Length, Point, Rectangle, Shell, Size, Vector, Widget, layout, mouse, overlay,
    renderer, text as core_text, theme, window,
};
use leftoff::{Outcome, Session};

use crate::arrow::{Arrow, Inner, Request};
use crate::input;
use crate::observed::Observed;
use crate::paint::{self, Colors};

/// The time between two looks at whether the session has taken over from another instance.
const WAIT: Duration = Duration::from_secs(1);

pub(crate) struct Wrap<'a, Message, Theme, Renderer> {
    arrow: &'a Arrow,
    session: &'a RefCell<Session>,
    content: Element<'a, Message, Theme, Renderer>,
    on_request: Box<dyn Fn(Request) -> Message + 'a>,
}

impl<'a, Message, Theme, Renderer: core_text::Renderer> Wrap<'a, Message, Theme, Renderer> {
    pub(crate) fn new(
        arrow: &'a Arrow,
        session: &'a RefCell<Session>,
        content: Element<'a, Message, Theme, Renderer>,
        on_request: Box<dyn Fn(Request) -> Message + 'a>,
    ) -> Self {
        Self { arrow, session, content, on_request }
    }

    /// Returns both, unless the program is inside one of them: then the event passes unseen.
    fn both(&self) -> Option<(RefMut<'a, Inner>, RefMut<'a, Session>)> {
        Some((self.arrow.inner.try_borrow_mut().ok()?, self.session.try_borrow_mut().ok()?))
    }

    /// Before the content: presence, and what the marker itself takes. Returns whether the event was for the marker.
    fn before(&self, event: &Event, cursor: mouse::Cursor, origin: Point, shell: &mut Shell<'_, Message>) -> bool {
        let Some((mut inner, mut session)) = self.both() else { return false };
        if let Event::Window(window::Event::Rescaled(scale)) = event {
            inner.scale = *scale;
        }
        if inner.hear(event, &mut session) {
            shell.publish((self.on_request)(Request::ReadAgain));
        }
        let pressed = input::press(event, cursor).and_then(|point| inner.press(point, origin, &mut session));
        let Some(request) = pressed else { return false };
        shell.capture_event();
        shell.request_redraw();
        shell.publish((self.on_request)(request));
        true
    }

    /// After the content: the focus may have moved, and it is known who took the event.
    fn after(
        &mut self,
        tree: &mut Tree,
        event: &Event,
        cursor: mouse::Cursor,
        (content, window): (Layout<'_>, Rectangle),
        renderer: &Renderer,
        shell: &mut Shell<'_, Message>,
    ) {
        let redraw = match event {
            Event::Window(window::Event::RedrawRequested(now)) => Some(*now),
            _ => None,
        };
        let press = input::press(event, cursor);
        if redraw.is_none() && press.is_none() && !input::edits(event) && !input::is_escape(event) {
            return self.follow(event, shell);
        }
        let Some((mut inner, mut session)) = self.both() else { return };
        let operate = |operation: &mut dyn Operation, wrap: &mut Self, tree: &mut Tree| {
            wrap.content.as_widget_mut().operate(tree, content, renderer, operation);
        };
        let mut collected = crate::collect::Collector::new(window);
        operate(&mut collected, self, tree);
        inner.collected = collected;
        let is_marked = inner.touches(event, press, shell.is_event_captured(), &mut session);
        if is_marked && shell.is_empty() {
            shell.publish((self.on_request)(Request::Save));
        }
        if input::is_escape(event) && !shell.is_event_captured() && inner.dismiss() {
            shell.capture_event();
            shell.request_redraw();
        }
        if let Some(now) = redraw {
            let news = inner.lay_out(&mut session, window, renderer);
            for request in news.requests {
                shell.publish((self.on_request)(request));
            }
            if let Some(mut reveal) = news.reveal {
                operate(&mut reveal, self, tree);
            }
            if news.is_layout_old {
                shell.invalidate_layout();
            }
            if news.goes_on {
                shell.request_redraw();
            }
            if session.outcome() == Outcome::ReadOnly {
                // Another instance may exit, and this one take over, without any input here.
                shell.request_redraw_at(now + WAIT);
            }
        }
        drop((inner, session));
        self.follow(event, shell);
    }

    /// Draws again if the event changed what is to be seen.
    fn follow(&self, event: &Event, shell: &mut Shell<'_, Message>) {
        if input::is_presence(event) && self.both().is_some_and(|(inner, mut session)| inner.is_old(&mut session)) {
            shell.request_redraw();
        }
    }
}

impl<Message, Theme, Renderer> Widget<Message, Theme, Renderer> for Wrap<'_, Message, Theme, Renderer>
where
    Theme: theme::Base,
    Renderer: core_text::Renderer,
{
    fn children(&self) -> Vec<Tree> {
        vec![Tree::new(&self.content)]
    }

    fn diff(&self, tree: &mut Tree) {
        tree.diff_children(std::slice::from_ref(&self.content));
    }

    fn size(&self) -> Size<Length> {
        self.content.as_widget().size()
    }

    fn layout(&mut self, tree: &mut Tree, renderer: &Renderer, limits: &layout::Limits) -> layout::Node {
        let width = limits.max().width;
        let height = self.arrow.inner.try_borrow_mut().map_or(0.0, |mut inner| {
            let direction = inner.direction;
            inner.strip.lay_out(renderer, limits.max(), direction)
        });
        let Some(tree) = tree.children.first_mut() else { return layout::Node::new(Size::ZERO) };
        let content = self.content.as_widget_mut().layout(tree, renderer, &limits.shrink(Size::new(0.0, height)));
        let size = content.size();
        let size = Size::new(if height > 0.0 { width } else { size.width }, size.height + height);
        layout::Node::with_children(size, vec![content.move_to(Point::new(0.0, height))])
    }

    fn operate(&mut self, tree: &mut Tree, layout: Layout<'_>, renderer: &Renderer, operation: &mut dyn Operation) {
        if let (Some(tree), Some(layout)) = (tree.children.first_mut(), layout.children().next()) {
            self.content.as_widget_mut().operate(tree, layout, renderer, operation);
        }
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
        if self.before(event, cursor, layout.position(), shell) {
            return;
        }
        let (Some(inner), Some(content)) = (tree.children.first_mut(), layout.children().next()) else { return };
        self.content.as_widget_mut().update(inner, event, content, cursor, renderer, clipboard, shell, viewport);
        // Below the card.
        let top = (content.position().y - viewport.y).max(0.0);
        let window = Rectangle { y: viewport.y + top, height: (viewport.height - top).max(0.0), ..*viewport };
        self.after(inner, event, cursor, (content, window), renderer, shell);
    }

    fn mouse_interaction(
        &self,
        tree: &Tree,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        viewport: &Rectangle,
        renderer: &Renderer,
    ) -> mouse::Interaction {
        let is_over = |point| self.arrow.inner.try_borrow().is_ok_and(|inner| inner.is_over(point, layout.position()));
        if cursor.position().is_some_and(is_over) {
            return mouse::Interaction::Pointer;
        }
        let (Some(tree), Some(layout)) = (tree.children.first(), layout.children().next()) else {
            return mouse::Interaction::None;
        };
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
        if let (Some(tree), Some(layout)) = (tree.children.first(), layout.children().next()) {
            self.content.as_widget().draw(tree, renderer, theme, style, layout, cursor, viewport);
        }
        let Ok(inner) = self.arrow.inner.try_borrow() else { return };
        let colors = Colors::of(theme, inner.color);
        // In the whole window: the arrow may be beside a content that is smaller.
        renderer.with_layer(*viewport, |renderer| {
            let strip = Rectangle { height: inner.strip.height(), ..layout.bounds() };
            inner.strip.draw(renderer, strip, colors, inner.direction);
            paint::figure(renderer, &inner.figure, colors);
        });
    }

    fn overlay<'b>(
        &'b mut self,
        tree: &'b mut Tree,
        layout: Layout<'b>,
        renderer: &Renderer,
        viewport: &Rectangle,
        translation: Vector,
    ) -> Option<overlay::Element<'b, Message, Theme, Renderer>> {
        let Self { arrow, session, content, .. } = self;
        let (tree, layout) = (tree.children.first_mut()?, layout.children().next()?);
        let overlay = content.as_widget_mut().overlay(tree, layout, renderer, viewport, translation)?;
        Some(Observed::around(overlay, arrow, session))
    }
}
