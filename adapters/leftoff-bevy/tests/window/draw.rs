//! What is drawn after a restart, in the same and in a changed interface.

use bevy_app::App;
use bevy_camera::visibility::InheritedVisibility;
use bevy_ecs::prelude::*;
use bevy_picking::Pickable;
use bevy_text::EditableText;
use bevy_ui::ComputedNode;
use bevy_ui::prelude::*;
use leftoff::backend::MemoryBackend;
use leftoff::marker::place::Rect;
use leftoff_bevy::{Drawn, LeftOff, LeftOffCard};

use crate::support::{
    Field, SIZE, arrow, button, click, column, element, field, form, frames, kill, overlap, plugin, rect, start,
    type_into,
};

/// The state after a kill: the user was last at the city.
pub(crate) fn left_at_city() -> MemoryBackend {
    let memory = MemoryBackend::new();
    let mut app = start(plugin(&memory), form);
    type_into(&mut app, "address/street", "Rua Nova");
    type_into(&mut app, "address/city", "Porto");
    kill(app);
    memory
}

fn drawn(app: &mut App) -> Drawn {
    arrow(app).drawn().clone()
}

/// Returns the rectangles of all texts that the program shows: not those at the arrow.
fn texts(app: &mut App) -> Vec<Rect> {
    let world = app.world_mut();
    let mut texts = world.query_filtered::<(Entity, &InheritedVisibility, Option<&Pickable>), With<Text>>();
    let shown = texts.iter(world).filter(|(_, visibility, pickable)| visibility.get() && pickable.is_none());
    let entities: Vec<Entity> = shown.map(|(entity, ..)| entity).collect();
    entities.into_iter().map(|entity| rect(app, entity)).collect()
}

/// Returns the nodes with an image that are visible.
fn images(app: &mut App) -> Vec<(Rect, bool)> {
    let world = app.world_mut();
    let mut images = world.query::<(Entity, &ImageNode, &InheritedVisibility, &ComputedNode, Option<&Pickable>)>();
    let shown = images.iter(world).filter(|(_, _, visibility, node, _)| visibility.get() && !node.is_empty());
    let shown: Vec<_> = shown.map(|(entity, .., pickable)| (entity, pickable == Some(&Pickable::IGNORE))).collect();
    shown.into_iter().map(|(entity, is_passed)| (rect(app, entity), is_passed)).collect()
}

#[test]
fn arrow_is_beside_the_field_and_covers_no_text() {
    let mut app = start(plugin(&left_at_city()), form);
    let Drawn::Arrow { element: path, bounds, words, is_off_screen } = drawn(&mut app) else { panic!("it is there") };
    assert_eq!((path.as_str(), is_off_screen), ("address/city", false));
    assert_eq!(words.unwrap().0, "you left off here");
    let field = element(&mut app, "address/city");
    assert!(!overlap(bounds, rect(&app, field)));
    let images = images(&mut app);
    let [(image, is_passed)] = images[..] else { panic!("{images:?}") };
    // The edge of the image is outside the arrow.
    assert!(image.min.x <= bounds.min.x && image.max.y >= bounds.max.y, "{image:?} {bounds:?}");
    assert!(is_passed, "the pointer goes through the arrow");
    for text in texts(&mut app) {
        assert!(!overlap(text, bounds), "{bounds:?} covers {text:?}");
    }
}

#[test]
fn words_at_the_arrow_cover_no_text() {
    let mut app = start(plugin(&left_at_city()), form);
    let Drawn::Arrow { words: Some((_, room)), .. } = drawn(&mut app) else { panic!("there is room") };
    for text in texts(&mut app) {
        assert!(!overlap(text, room), "{room:?} covers {text:?}");
    }
}

#[test]
fn field_without_room_beside_it_has_an_outline_only() {
    let memory = left_at_city();
    let crowded = |mut commands: Commands| {
        let wide = || Node { width: Val::Percent(100.0), height: Val::Px(30.0), ..Node::default() };
        let rows =
            Node { flex_direction: bevy_ui::FlexDirection::Column, width: Val::Percent(100.0), ..Node::default() };
        let city = LeftOff::new("address/city").label("City");
        commands.spawn((
            rows,
            children![
                (Text::new("Street"), wide()),
                (EditableText::default(), wide(), city, Field::City),
                (Text::new("Send"), wide()),
            ],
        ));
    };
    let mut app = start(plugin(&memory), crowded);
    let Drawn::Outline { element, .. } = drawn(&mut app) else { panic!("{:?}", drawn(&mut app)) };
    assert_eq!(element, "address/city");
    assert_eq!(images(&mut app), []);
}

#[test]
fn field_that_is_gone_leaves_a_bracket_at_its_neighbour() {
    let memory = left_at_city();
    let smaller = |mut commands: Commands| {
        commands.spawn((
            column(),
            children![field("address/street", "Street", Field::Street), button("address/send", "Send")],
        ));
    };
    let mut app = start(plugin(&memory), smaller);
    let Drawn::Bracket { around, .. } = drawn(&mut app) else { panic!("{:?}", drawn(&mut app)) };
    assert_eq!(around, "address/street");
}

#[test]
fn field_with_another_path_is_recognised() {
    let memory = left_at_city();
    let renamed = |mut commands: Commands| {
        commands.spawn((
            column(),
            children![
                LeftOffCard,
                field("address/town", "City", Field::City),
                field("address/street", "Street", Field::Street),
                button("address/send", "Send"),
            ],
        ));
    };
    let mut app = start(plugin(&memory), renamed);
    let Drawn::Arrow { element, words, .. } = drawn(&mut app) else { panic!("{:?}", drawn(&mut app)) };
    assert_eq!(element, "address/town");
    assert_eq!(words.unwrap().0, "you left off here · moved");
}

#[test]
fn click_on_the_arrow_at_the_edge_scrolls_to_the_field() {
    let memory = left_at_city();
    let long = |mut commands: Commands| {
        let view = Node { height: Val::Px(300.0), overflow: bevy_ui::Overflow::scroll_y(), ..column() };
        let space = Node { height: Val::Px(900.0), flex_shrink: 0.0, ..Node::default() };
        let city = Node { width: Val::Px(300.0), height: Val::Px(24.0), flex_shrink: 0.0, ..Node::default() };
        let named = LeftOff::new("address/city").label("City");
        commands.spawn((
            view,
            children![
                field("address/street", "Street", Field::Street),
                space,
                (EditableText::default(), city, named, Field::City),
            ],
        ));
    };
    let mut app = start(plugin(&memory), long);
    let Drawn::Arrow { bounds, is_off_screen: true, .. } = drawn(&mut app) else { panic!("{:?}", drawn(&mut app)) };
    click(&mut app, f32::midpoint(bounds.min.x, bounds.max.x), f32::midpoint(bounds.min.y, bounds.max.y));
    frames(&mut app, 4);
    let field = element(&mut app, "address/city");
    let Rect { min, max } = rect(&app, field);
    assert!(min.y >= 0.0 && max.y <= 300.0, "{min:?} {max:?}");
    assert!(matches!(drawn(&mut app), Drawn::Arrow { is_off_screen: false, .. }));
}

#[test]
fn arrow_comes_back_after_the_program_has_despawned_all_nodes() {
    let mut app = start(plugin(&left_at_city()), form);
    let world = app.world_mut();
    let mut roots = world.query_filtered::<Entity, (With<Node>, Without<ChildOf>)>();
    for root in roots.iter(world).collect::<Vec<_>>() {
        world.despawn(root);
    }
    frames(&mut app, 2);
    assert_eq!(images(&mut app), []);
    app.world_mut().run_system_cached(form).unwrap();
    frames(&mut app, 6);
    assert_eq!(images(&mut app).len(), 1);
}

#[test]
fn everything_that_is_drawn_is_in_the_window() {
    let mut app = start(plugin(&left_at_city()), form);
    let window = Rect::new(0.0, 0.0, f32::from(u16::try_from(SIZE.x).unwrap()), 600.0);
    for (image, _) in images(&mut app) {
        assert!(image.min.x >= window.min.x - 2.0 && image.max.x <= window.max.x + 2.0, "{image:?}");
    }
}
