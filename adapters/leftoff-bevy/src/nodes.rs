//! The nodes of the window, from back to front.

use bevy_a11y::AccessibilityNode;
use bevy_camera::Camera;
use bevy_camera::visibility::InheritedVisibility;
use bevy_ecs::prelude::*;
use bevy_ecs::query::QueryData;
use bevy_ecs::system::SystemParam;
use bevy_math::Vec2;
use bevy_picking::Pickable;
use bevy_text::EditableText;
use bevy_ui::prelude::Text;
use bevy_ui::{
    CalculatedClip, ComputedNode, ComputedUiRenderTargetInfo, ComputedUiTargetCamera, DefaultUiCamera, GlobalZIndex,
    UiGlobalTransform, UiStack,
};
use bevy_window::{PrimaryWindow, Window};
use leftoff::marker::place::Rect;

use crate::draw::Ours;
use crate::element::LeftOff;
use crate::geometry;

/// A node, and what the arrow needs to know of it.
#[derive(QueryData)]
pub(crate) struct NodeData {
    pub(crate) entity: Entity,
    pub(crate) node: &'static ComputedNode,
    transform: &'static UiGlobalTransform,
    clip: Option<&'static CalculatedClip>,
    visibility: Option<&'static InheritedVisibility>,
    camera: &'static ComputedUiTargetCamera,
    target: &'static ComputedUiRenderTargetInfo,
    pickable: Option<&'static Pickable>,
    z: Option<&'static GlobalZIndex>,
    pub(crate) element: Option<&'static LeftOff>,
    pub(crate) accessible: Option<&'static AccessibilityNode>,
    pub(crate) is_text: Has<Text>,
    pub(crate) is_field: Has<EditableText>,
    pub(crate) is_ours: Has<Ours>,
}

#[derive(SystemParam)]
pub(crate) struct Nodes<'w, 's> {
    pub(crate) stack: Res<'w, UiStack>,
    all: Query<'w, 's, NodeData>,
    parents: Query<'w, 's, &'static ChildOf>,
    default_camera: DefaultUiCamera<'w, 's>,
    cameras: Query<'w, 's, &'static Camera>,
    windows: Query<'w, 's, &'static Window, With<PrimaryWindow>>,
}

/// The part of the window that a camera fills.
pub(crate) struct View {
    camera: Entity,
    pub(crate) window: Rect,
    pub(crate) scale: f32,
}

impl NodeDataItem<'_, '_> {
    /// Returns the rectangle and the visible part of the window around it; `None` for a node that is hidden, or on a part
    /// of the program that is.
    pub(crate) fn area(&self, window: Rect) -> Option<(Rect, Rect)> {
        let is_shown = self.visibility.is_some_and(|visibility| visibility.get()) && !self.node.is_empty();
        let clip = geometry::clip(window, self.clip, self.node.inverse_scale_factor).filter(|_| is_shown)?;
        Some((geometry::bounds(self.node, self.transform), clip))
    }

    /// The layer of what is in this node, if it begins a stack: dialogs and popups are above the page.
    pub(crate) fn layer(&self) -> usize {
        self.z.and_then(|z| usize::try_from(z.0).ok()).unwrap_or(0)
    }

    pub(crate) fn is_in(&self, view: &View) -> bool {
        self.camera.get() == Some(view.camera)
    }

    /// The name that the program has given it for screen readers. It is no text of a field.
    pub(crate) fn name(&self) -> Option<&str> {
        self.accessible.and_then(|node| node.label())
    }

    /// In physical pixels of the camera.
    fn contains(&self, point: Vec2) -> bool {
        let is_passed = self.pickable.is_some_and(|pickable| !pickable.should_block_lower && !pickable.is_hoverable);
        let is_shown = self.visibility.is_some_and(|visibility| visibility.get());
        is_shown
            && !is_passed
            && self.node.contains_point(*self.transform, point)
            && self.clip.is_none_or(|clip| clip.contains_point(point))
    }
}

impl Nodes<'_, '_> {
    pub(crate) fn get(&self, entity: Entity) -> Option<NodeDataItem<'_, '_>> {
        self.all.get(entity).ok()
    }

    /// Returns the view in which nodes without a camera of their own are shown; `None` before the first layout.
    pub(crate) fn view(&self) -> Option<View> {
        let camera = self.default_camera.get()?;
        let of_camera = |entity: &Entity| self.get(*entity).filter(|node| node.camera.get() == Some(camera));
        let node = self.stack.uinodes.iter().find_map(of_camera)?;
        let (size, scale) = (node.target.logical_size(), node.target.scale_factor());
        (size.min_element() > 0.0).then_some(View { camera, window: Rect::new(0.0, 0.0, size.x, size.y), scale })
    }

    /// Returns the entity, its parent, and so on.
    pub(crate) fn upward(&self, entity: Entity) -> impl Iterator<Item = Entity> {
        std::iter::once(entity).chain(self.parents.iter_ancestors(entity))
    }

    /// Returns the innermost element around an entity, or the entity itself.
    pub(crate) fn element_at(&self, entity: Entity) -> Option<NodeDataItem<'_, '_>> {
        self.upward(entity).filter_map(|entity| self.get(entity)).find(|node| node.element.is_some())
    }

    /// Returns the uppermost node under the pointer.
    pub(crate) fn under_pointer(&self) -> Option<Entity> {
        self.at(self.windows.single().ok()?.physical_cursor_position()?)
    }

    /// Returns the uppermost node at a touch, whose position is in logical pixels of the window.
    pub(crate) fn under_touch(&self, position: Vec2) -> Option<Entity> {
        self.at(position * self.windows.single().ok()?.scale_factor())
    }

    fn at(&self, point: Vec2) -> Option<Entity> {
        let view = self.view()?;
        let corner = self.cameras.get(view.camera).ok()?.physical_viewport_rect().map(|rect| rect.min.as_vec2());
        let point = point - corner.unwrap_or_default();
        let hit = |entity: &&Entity| self.get(**entity).is_some_and(|node| node.is_in(&view) && node.contains(point));
        self.stack.uinodes.iter().rev().find(hit).copied()
    }
}
