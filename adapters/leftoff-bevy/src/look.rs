//! Looks at each layout: where the elements are, what is drawn there, and where the user wants to go.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;

use bevy_ecs::prelude::*;
use bevy_ui::prelude::Text;
use bevy_ui::{ComputedNode, Node, OverflowAxis, ScrollPosition};
use bevy_window::RequestRedraw;
use leftoff::marker::place::Metrics;
use leftoff::resume::{Pointer, Sight};

use crate::arrow::Arrow;
use crate::draw::{PADDING, Ruler};
use crate::nodes::{NodeDataItem, Nodes, View};
use crate::plugin::OpenPage;

/// Adds a node to the layout.
fn add(arrow: &mut Arrow, node: &NodeDataItem<'_, '_>, view: &View, containers: &HashSet<&str>) {
    let area = node.area(view.window);
    let Some(element) = node.element else {
        if let Some((rect, clip)) = area.filter(|_| node.is_text || node.is_field) {
            arrow.resume.add_obstacle(rect, clip);
        }
        return;
    };
    let path = element.0.path.as_str();
    let own = node.name().unwrap_or_default();
    let named = element.0.element(own, if node.is_field { "field" } else { "" });
    match area {
        Some((rect, clip)) if !containers.contains(path) => {
            arrow.resume.add(named, rect, clip);
        }
        area => {
            arrow.resume.add_unseen(named);
            // An arrow may stand between the elements of a group.
            if let Some((rect, clip)) = area {
                arrow.resume.add_region(path, rect, clip);
            }
        }
    }
}

/// Locates the marked element in this layout, and prepares what is drawn.
pub(crate) fn look(
    mut arrow: ResMut<Arrow>,
    nodes: Nodes,
    mut scrolls: Query<(&Node, &mut ScrollPosition)>,
    ruler: Query<(&Text, &ChildOf), With<Ruler>>,
    sizes: Query<&ComputedNode>,
    mut redraw: MessageWriter<RequestRedraw>,
    mut commands: Commands,
) {
    let arrow = &mut *arrow;
    let Some(view) = nodes.view() else { return };
    arrow.resume.begin();
    let elements = || nodes.stack.uinodes.iter().filter_map(|entity| nodes.get(*entity)?.element);
    let paths: Vec<&str> = elements().map(|element| element.0.path.as_str()).collect();
    let containers: HashSet<&str> =
        paths.iter().flat_map(|path| path.match_indices('/').filter_map(|(at, _)| path.get(..at))).collect();
    for range in &nodes.stack.partition {
        let members = nodes.stack.uinodes.get(range.clone()).unwrap_or_default();
        let mut members = members.iter().filter_map(|entity| nodes.get(*entity)).peekable();
        arrow.resume.set_layer(members.peek().map_or(0, NodeDataItem::layer));
        for node in members.filter(|node| !node.is_ours && node.is_in(&view)) {
            add(arrow, &node, &view, &containers);
        }
    }
    arrow.must_reread |= arrow.resume.end(&mut arrow.session);
    let goes_on = go(arrow, &nodes, &view, &mut scrolls, &mut commands);
    if let Ok((text, parent)) = ruler.single() {
        let size = sizes.get(parent.parent()).map(|node| node.size * node.inverse_scale_factor).unwrap_or_default();
        // Without a font, a text has no width.
        if !text.is_empty() && size.x > 2.0 * PADDING {
            arrow.measured.set(text, (size.x.ceil(), size.y.ceil()));
        }
    }
    let is_changed = prepare(arrow, &view);
    if is_changed || goes_on || arrow.due.frames > 0 || arrow.measured.missing.is_some() {
        // A program that draws on input only would not go on.
        redraw.write(RequestRedraw);
    }
}

/// Prepares what is drawn. Returns whether it is something else than before.
fn prepare(arrow: &mut Arrow, view: &View) -> bool {
    let Arrow { session, resume, look, measured, opens_pages, .. } = arrow;
    let missing = RefCell::new(None);
    let sight = Sight {
        window: view.window,
        direction: look.direction,
        scale: view.scale,
        speaker: look.speaker(),
        // The outline shows the element then.
        may_cover: false,
        measure: &|text| {
            let size = measured.get(text);
            if size.is_none() {
                missing.replace(Some(text.to_owned()));
            }
            size
        },
    };
    let figure = resume.figure(&sight);
    let strip = resume.strip(session, &figure, &sight, *opens_pages);
    if let Some(spoken) = resume.take_spoken(look.speaker()) {
        arrow.announcement = Some(spoken);
    }
    measured.missing = missing.into_inner();
    let is_changed = figure != arrow.figure || strip != arrow.strip;
    (arrow.figure, arrow.strip, arrow.scale) = (figure, strip, view.scale);
    is_changed
}

/// Goes where the user wants to go. Returns whether the next frame goes on with that.
fn go(
    arrow: &mut Arrow,
    nodes: &Nodes,
    view: &View,
    scrolls: &mut Query<(&Node, &mut ScrollPosition)>,
    commands: &mut Commands,
) -> bool {
    let Some(wanted) = arrow.resume.wanted().map(str::to_owned) else {
        arrow.requested = None;
        return false;
    };
    let is_wanted = |node: &NodeDataItem<'_, '_>| node.element.is_some_and(|element| element.0.path == wanted);
    let shown = nodes.stack.uinodes.iter().filter_map(|entity| nodes.get(*entity)).find(is_wanted);
    if let Some(node) = shown.filter(|node| node.area(view.window).is_some()) {
        let pointer = arrow.resume.pointer(arrow.look.direction, &Metrics::pixels(view.scale));
        if let Some(Pointer::Arrow { placement, .. }) = pointer {
            scroll(placement.reveal, node.entity, nodes, scrolls);
        }
    } else if arrow.opens_pages && arrow.requested.as_deref() != Some(&wanted) {
        commands.trigger(OpenPage { path: wanted.clone() });
        arrow.requested = Some(wanted);
    }
    true
}

/// Moves the contents of the innermost view that scrolls.
fn scroll(
    (right, down): (f32, f32),
    element: Entity,
    nodes: &Nodes,
    scrolls: &mut Query<(&Node, &mut ScrollPosition)>,
) {
    let is_done = Cell::new(false);
    for around in nodes.upward(element).skip(1).take_while(|_| !is_done.get()) {
        let Ok((node, mut position)) = scrolls.get_mut(around) else { continue };
        let overflow = node.overflow;
        if overflow.x == OverflowAxis::Scroll && right != 0.0 {
            position.0.x = (position.0.x - right).max(0.0);
            is_done.set(true);
        }
        if overflow.y == OverflowAxis::Scroll && down != 0.0 {
            position.0.y = (position.0.y - down).max(0.0);
            is_done.set(true);
        }
    }
}
