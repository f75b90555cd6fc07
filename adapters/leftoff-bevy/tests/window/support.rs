//! A form without a display: the layout, the input and the arrow are real; the keys and the pointer come from the tests.

use std::time::Duration;

use bevy_app::{App, Startup, TaskPoolPlugin, Update};
use bevy_asset::AssetPlugin;
use bevy_camera::visibility::{InheritedVisibility, Visibility};
use bevy_camera::{Camera, Camera2d, ComputedCameraValues, RenderTargetInfo};
use bevy_ecs::prelude::*;
use bevy_image::{ImagePlugin, TextureAtlasPlugin};
use bevy_input::keyboard::{Key, KeyCode, KeyboardInput};
use bevy_input::mouse::{MouseButton, MouseButtonInput};
use bevy_input::{ButtonState, InputPlugin};
use bevy_input_focus::{FocusCause, InputFocus, InputFocusPlugin};
use bevy_math::{UVec2, Vec2};
use bevy_text::{EditableText, TextEdit, TextPlugin};
use bevy_ui::prelude::*;
use bevy_ui::{ComputedNode, FlexDirection, UiGlobalTransform, UiPlugin};
use bevy_window::{PrimaryWindow, Window, WindowResolution};
use leftoff::backend::MemoryBackend;
use leftoff::marker::cue::CuePolicy;
use leftoff::marker::place::Rect;
use leftoff::{AppId, Section, Session};
use leftoff_bevy::{Arrow, LeftOff, LeftOffCard, LeftOffPlugin};
use serde::{Deserialize, Serialize};

pub(crate) const SIZE: UVec2 = UVec2::new(800, 600);

#[derive(Resource, Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Address {
    pub(crate) street: String,
    pub(crate) city: String,
}

pub(crate) const ADDRESS: Section<Address> = Section::new("address", 1);

/// The field with this caption.
#[derive(Component, Clone, Copy, PartialEq, Debug)]
pub(crate) enum Field {
    Street,
    City,
}

pub(crate) fn open(memory: &MemoryBackend) -> Session {
    Session::builder(AppId::new("com.example.address")).backend(memory.clone()).open()
}

/// However short the absence.
pub(crate) fn plugin(memory: &MemoryBackend) -> LeftOffPlugin {
    plugin_of(open(memory))
}

pub(crate) fn plugin_of(session: Session) -> LeftOffPlugin {
    let mut policy = CuePolicy::default();
    policy.quiet_below = Duration::ZERO;
    LeftOffPlugin::new(session).resource(ADDRESS).policy(policy)
}

/// A program with this interface, after its first layouts.
pub(crate) fn start<M>(plugin: LeftOffPlugin, interface: impl IntoSystem<(), (), M> + 'static) -> App {
    let mut app = bare();
    app.add_plugins(plugin);
    app.add_systems(Startup, IntoSystem::into_system(interface));
    app.add_systems(Update, (show, keep).chain());
    frames(&mut app, 6);
    app
}

/// A program with a window, without anything of this crate.
pub(crate) fn bare() -> App {
    let mut app = App::new();
    app.add_plugins((
        TaskPoolPlugin::default(),
        bevy_time::TimePlugin,
        AssetPlugin::default(),
        ImagePlugin::default(),
        TextureAtlasPlugin,
        InputPlugin,
        InputFocusPlugin,
        TextPlugin,
        UiPlugin,
    ));
    app.add_message::<bevy_window::CursorMoved>();
    app.add_systems(bevy_app::PostUpdate, propagate_visibility);
    let resolution = WindowResolution::new(SIZE.x, SIZE.y);
    app.world_mut().spawn((Window { resolution, ..Window::default() }, PrimaryWindow));
    let target = RenderTargetInfo { physical_size: SIZE, scale_factor: 1.0 };
    let computed = ComputedCameraValues { target_info: Some(target), ..ComputedCameraValues::default() };
    app.world_mut().spawn((Camera2d, Camera { computed, ..Camera::default() }));
    app
}

/// What Bevy's `VisibilityPlugin` does, which needs meshes.
fn propagate_visibility(
    mut nodes: Query<(Entity, &mut InheritedVisibility)>,
    visibilities: Query<&Visibility>,
    parents: Query<&ChildOf>,
) {
    for (entity, mut inherited) in &mut nodes {
        let mut upward = std::iter::once(entity).chain(parents.iter_ancestors(entity));
        let nearest = upward.find_map(|entity| match visibilities.get(entity) {
            Ok(Visibility::Hidden) => Some(InheritedVisibility::HIDDEN),
            Ok(Visibility::Visible) => Some(InheritedVisibility::VISIBLE),
            _ => None,
        });
        *inherited = nearest.unwrap_or(InheritedVisibility::VISIBLE);
    }
}

pub(crate) fn frames(app: &mut App, number: u8) {
    for _ in 0..number {
        app.update();
    }
}

fn show(address: Res<Address>, mut fields: Query<(&Field, &mut EditableText)>) {
    if !address.is_changed() {
        return;
    }
    for (field, mut text) in &mut fields {
        let value = match field {
            Field::Street => &address.street,
            Field::City => &address.city,
        };
        if text.value().to_string() != *value {
            *text = EditableText::new(value);
        }
    }
}

fn keep(mut address: ResMut<Address>, fields: Query<(&Field, &EditableText), Changed<EditableText>>) {
    // The fields show it already.
    let address = address.bypass_change_detection();
    for (field, text) in &fields {
        let text = text.value().to_string();
        let value = match field {
            Field::Street => &mut address.street,
            Field::City => &mut address.city,
        };
        *value = text;
    }
}

/// A column below the card, with room for the arrow on the left.
pub(crate) fn column() -> Node {
    Node {
        flex_direction: FlexDirection::Column,
        width: Val::Percent(100.0),
        padding: UiRect::all(Val::Px(60.0)),
        row_gap: Val::Px(10.0),
        ..Node::default()
    }
}

pub(crate) fn field(path: &str, label: &str, field: Field) -> impl Bundle {
    let node = Node { width: Val::Px(300.0), height: Val::Px(24.0), ..Node::default() };
    (EditableText::default(), node, LeftOff::new(path).label(label), field)
}

pub(crate) fn button(path: &str, label: &str) -> impl Bundle {
    let node = Node { width: Val::Px(100.0), height: Val::Px(30.0), ..Node::default() };
    (node, LeftOff::new(path).label(label).role("button"), children![Text::new(label)])
}

/// Two fields with captions above them, and a button.
pub(crate) fn form(mut commands: Commands) {
    commands.spawn((
        column(),
        children![
            LeftOffCard,
            Text::new("Street"),
            field("address/street", "Street", Field::Street),
            Text::new("City"),
            field("address/city", "City", Field::City),
            button("address/send", "Send"),
        ],
    ));
}

/// Returns the element with this path.
pub(crate) fn element(app: &mut App, path: &str) -> Entity {
    let world = app.world_mut();
    let mut elements = world.query::<(Entity, &LeftOff)>();
    // The path is private; the debug form has it first.
    let is_it = |element: &LeftOff| format!("{element:?}").contains(&format!("path: {path:?}"));
    elements.iter(world).find(|(_, element)| is_it(element)).expect("the element is there").0
}

pub(crate) fn rect(app: &App, entity: Entity) -> Rect {
    let (node, transform) =
        (app.world().get::<ComputedNode>(entity).unwrap(), app.world().get::<UiGlobalTransform>(entity).unwrap());
    let (at, size) = (transform.affine().translation, node.size);
    Rect::new(at.x - size.x / 2.0, at.y - size.y / 2.0, size.x, size.y)
}

pub(crate) fn overlap(a: Rect, b: Rect) -> bool {
    a.min.x < b.max.x && b.min.x < a.max.x && a.min.y < b.max.y && b.min.y < a.max.y
}

pub(crate) fn window(app: &mut App) -> Entity {
    let world = app.world_mut();
    world.query_filtered::<Entity, With<PrimaryWindow>>().single(world).unwrap()
}

/// Presses a key, without text.
pub(crate) fn key(app: &mut App, logical_key: Key) {
    let window = window(app);
    let state = ButtonState::Pressed;
    let key_code = KeyCode::KeyA;
    app.world_mut().write_message(KeyboardInput { key_code, logical_key, state, text: None, repeat: false, window });
}

/// Moves the focus, as the user's keys do.
pub(crate) fn focus(app: &mut App, path: &str) {
    let entity = element(app, path);
    app.world_mut().resource_mut::<InputFocus>().set(entity, FocusCause::Navigated);
    key(app, Key::Tab);
    app.update();
}

/// Types into a field, as Bevy's widget does when it hears of keys.
pub(crate) fn type_into(app: &mut App, path: &str, text: &str) {
    focus(app, path);
    let entity = element(app, path);
    for letter in text.chars() {
        key(app, Key::Character(letter.to_string().into()));
        let insert = TextEdit::Insert(letter.to_string().into());
        app.world_mut().get_mut::<EditableText>(entity).unwrap().queue_edit(insert);
        app.update();
    }
    frames(app, 3);
}

/// Presses the pointer at this point of the window, in the next frame.
pub(crate) fn press(app: &mut App, x: f32, y: f32) {
    let window = window(app);
    app.world_mut().get_mut::<Window>(window).unwrap().set_cursor_position(Some(Vec2::new(x, y)));
    let state = ButtonState::Pressed;
    app.world_mut().write_message(MouseButtonInput { button: MouseButton::Left, state, window });
}

/// Presses and releases the pointer at this point of the window.
pub(crate) fn click(app: &mut App, x: f32, y: f32) {
    press(app, x, y);
    app.update();
    let (window, state) = (window(app), ButtonState::Released);
    app.world_mut().write_message(MouseButtonInput { button: MouseButton::Left, state, window });
    frames(app, 4);
}

pub(crate) fn click_on(app: &mut App, entity: Entity) {
    let Rect { min, max } = rect(app, entity);
    click(app, f32::midpoint(min.x, max.x), f32::midpoint(min.y, max.y));
}

/// Clicks the button of the card with this name.
pub(crate) fn choose(app: &mut App, name: &str) {
    let world = app.world_mut();
    let mut texts = world.query::<(Entity, &Text)>();
    let text = texts.iter(world).find(|(_, text)| text.0 == name).expect("the button is there").0;
    click_on(app, text);
}

pub(crate) fn arrow(app: &mut App) -> Mut<'_, Arrow> {
    app.world_mut().resource_mut::<Arrow>()
}

/// Forgets the program without closing its session: nothing of it runs afterwards, as after a kill.
pub(crate) fn kill(app: App) {
    std::mem::forget(app);
}
