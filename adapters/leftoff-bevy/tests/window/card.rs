//! The card, and what its buttons do.

use bevy_app::App;
use bevy_ecs::prelude::*;
use bevy_input::keyboard::Key;
use bevy_ui::ComputedNode;
use bevy_ui::prelude::*;
use leftoff_bevy::{Drawn, LeftOffCard, OpenPage};

use crate::draw::left_at_city;
use crate::support::{
    Address, Field, arrow, button, choose, column, element, field, form, frames, key, kill, overlap, plugin, rect,
    start,
};

#[derive(Resource, Default)]
struct Opened(Vec<String>);

fn other_page(mut commands: Commands) {
    commands.spawn((column(), children![LeftOffCard, button("home/new", "New")]));
}

fn card_of(app: &mut App) -> Entity {
    let world = app.world_mut();
    world.query_filtered::<Entity, With<LeftOffCard>>().single(world).unwrap()
}

#[test]
fn card_has_its_room_in_the_layout() {
    let mut app = start(plugin(&left_at_city()), form);
    let card = card_of(&mut app);
    assert!(app.world().get::<ComputedNode>(card).unwrap().size.y > 20.0);
    let (lines, buttons) = {
        let arrow = arrow(&mut app).into_inner();
        let (lines, buttons) = arrow.card();
        (lines.join("\n"), buttons.join(","))
    };
    assert!(lines.contains("City"), "{lines}");
    assert!(buttons.contains("Hide"), "{buttons}");
    let (room, street) = (rect(&app, card), element(&mut app, "address/street"));
    assert!(!overlap(room, rect(&app, street)));
    choose(&mut app, "Hide");
    assert_eq!(app.world().get::<ComputedNode>(card).unwrap().size.y, 0.0);
    assert_eq!(*arrow(&mut app).drawn(), Drawn::Nothing);
}

#[test]
fn escape_hides_card_and_arrow() {
    let mut app = start(plugin(&left_at_city()), form);
    key(&mut app, Key::Escape);
    frames(&mut app, 2);
    assert_eq!(*arrow(&mut app).drawn(), Drawn::Nothing);
    assert_eq!(arrow(&mut app).card(), (Vec::new(), Vec::new()));
}

#[test]
fn continue_opens_the_page_of_the_field() {
    let memory = left_at_city();
    let mut app = start(plugin(&memory).opens_pages(), other_page);
    app.init_resource::<Opened>();
    app.add_observer(|open: On<OpenPage>, mut opened: ResMut<Opened>| opened.0.push(open.path.clone()));
    assert_eq!(*arrow(&mut app).drawn(), Drawn::Nothing);
    choose(&mut app, "Continue");
    assert_eq!(app.world().resource::<Opened>().0, ["address/city"]);
    let fields = |mut commands: Commands| {
        commands.spawn((column(), children![field("address/city", "City", Field::City)]));
    };
    app.world_mut().run_system_cached(fields).unwrap();
    frames(&mut app, 6);
    assert!(matches!(arrow(&mut app).drawn(), Drawn::Arrow { .. }));
}

#[test]
fn card_without_pages_has_no_dead_button() {
    let mut app = start(plugin(&left_at_city()), other_page);
    let mut arrow = arrow(&mut app);
    assert!(!arrow.card().1.contains(&"Continue"));
    assert!(arrow.resume().marker().is_some());
}

#[test]
fn undone_restore_comes_back() {
    let memory = left_at_city();
    let mut app = start(plugin(&memory), form);
    choose(&mut app, "Undo restore");
    frames(&mut app, 3);
    assert_eq!(*app.world().resource::<Address>(), Address::default());
    choose(&mut app, "Bring it back");
    frames(&mut app, 3);
    assert_eq!(app.world().resource::<Address>().city, "Porto");
    kill(app);
    let app = start(plugin(&memory), form);
    assert_eq!(app.world().resource::<Address>().city, "Porto");
}

#[test]
fn button_with_the_focus_is_pressed_by_the_enter_key() {
    let mut app = start(plugin(&left_at_city()), form);
    let world = app.world_mut();
    let mut texts = world.query::<(&Text, &ChildOf)>();
    let hide = texts.iter(world).find(|(text, _)| text.0 == "Hide").unwrap().1.parent();
    let mut focus = app.world_mut().resource_mut::<bevy_input_focus::InputFocus>();
    focus.set(hide, bevy_input_focus::FocusCause::Navigated);
    key(&mut app, Key::Enter);
    frames(&mut app, 2);
    assert_eq!(*arrow(&mut app).drawn(), Drawn::Nothing);
}

#[test]
fn announcement_is_a_live_region() {
    let mut app = start(plugin(&left_at_city()), form);
    key(&mut app, Key::Shift);
    frames(&mut app, 4);
    let world = app.world_mut();
    let mut nodes = world.query::<&bevy_a11y::AccessibilityNode>();
    let spoken = nodes.iter(world).find_map(|node| node.live().and(node.value()).map(str::to_owned));
    assert!(spoken.unwrap().contains("City"));
}
