//! An overlay of the content, such as the menu of a pick list: the root of the view does not hear of its events.

use std::cell::RefCell;

use iced_core::widget::Operation;
use iced_core::{Clipboard, Event, Layout, Shell, Size, layout, mouse, overlay, renderer};
use leftoff::Session;

use crate::arrow::Arrow;

pub(crate) struct Observed<'a, Message, Theme, Renderer> {
    content: overlay::Element<'a, Message, Theme, Renderer>,
    arrow: &'a Arrow,
    session: &'a RefCell<Session>,
}

impl<'a, Message, Theme, Renderer> Observed<'a, Message, Theme, Renderer>
where
    Message: 'a,
    Theme: 'a,
    Renderer: iced_core::Renderer + 'a,
{
    pub(crate) fn around(
        content: overlay::Element<'a, Message, Theme, Renderer>,
        arrow: &'a Arrow,
        session: &'a RefCell<Session>,
    ) -> overlay::Element<'a, Message, Theme, Renderer> {
        overlay::Element::new(Box::new(Self { content, arrow, session }))
    }
}

impl<Message, Theme, Renderer> overlay::Overlay<Message, Theme, Renderer> for Observed<'_, Message, Theme, Renderer>
where
    Renderer: iced_core::Renderer,
{
    fn layout(&mut self, renderer: &Renderer, bounds: Size) -> layout::Node {
        self.content.as_overlay_mut().layout(renderer, bounds)
    }

    fn draw(
        &self,
        renderer: &mut Renderer,
        theme: &Theme,
        style: &renderer::Style,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
    ) {
        self.content.as_overlay().draw(renderer, theme, style, layout, cursor);
    }

    fn operate(&mut self, layout: Layout<'_>, renderer: &Renderer, operation: &mut dyn Operation) {
        self.content.as_overlay_mut().operate(layout, renderer, operation);
    }

    fn update(
        &mut self,
        event: &Event,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        renderer: &Renderer,
        clipboard: &mut dyn Clipboard,
        shell: &mut Shell<'_, Message>,
    ) {
        if let (Ok(mut inner), Ok(mut session)) = (self.arrow.inner.try_borrow_mut(), self.session.try_borrow_mut()) {
            inner.note(event, &mut session);
        }
        self.content.as_overlay_mut().update(event, layout, cursor, renderer, clipboard, shell);
    }

    fn mouse_interaction(&self, layout: Layout<'_>, cursor: mouse::Cursor, renderer: &Renderer) -> mouse::Interaction {
        self.content.as_overlay().mouse_interaction(layout, cursor, renderer)
    }

    fn overlay<'b>(
        &'b mut self,
        layout: Layout<'b>,
        renderer: &Renderer,
    ) -> Option<overlay::Element<'b, Message, Theme, Renderer>> {
        let Self { content, arrow, session } = self;
        Some(Observed::around(content.as_overlay_mut().overlay(layout, renderer)?, arrow, session))
    }

    fn index(&self) -> f32 {
        self.content.as_overlay().index()
    }
}
