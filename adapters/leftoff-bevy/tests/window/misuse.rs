//! Programs that lack something, or do what they should not.

use bevy_app::App;
use bevy_camera::visibility::Visibility;
use bevy_ecs::prelude::*;
use bevy_ui::prelude::*;
use leftoff::backend::MemoryBackend;
use leftoff_bevy::{Arrow, LeftOff, LeftOffCard};

use crate::draw::left_at_city;
use crate::support::{arrow, bare, column, form, frames, plugin, start};

#[test]
fn program_without_camera_and_window_does_not_panic() {
    let mut app = bare();
    app.add_plugins(plugin(&left_at_city()));
    let world = app.world_mut();
    let mut all = world.query_filtered::<Entity, Or<(With<bevy_window::Window>, With<bevy_camera::Camera>)>>();
    for entity in all.iter(world).collect::<Vec<_>>() {
        world.despawn(entity);
    }
    app.world_mut().run_system_cached(form).unwrap();
    frames(&mut app, 5);
}

#[test]
fn elements_with_one_path_two_cards_and_empty_paths_do_not_panic() {
    let memory = left_at_city();
    let strange = |mut commands: Commands| {
        let twice =
            || (Node { width: Val::Px(50.0), height: Val::Px(20.0), ..Node::default() }, LeftOff::new("address/city"));
        commands.spawn((
            column(),
            children![LeftOffCard, LeftOffCard, twice(), twice(), (Node::default(), LeftOff::new(""))],
        ));
    };
    let mut app = start(plugin(&memory), strange);
    frames(&mut app, 5);
    assert!(arrow(&mut app).resume().marker().is_some());
}

#[test]
fn closures_run_while_the_arrow_is_not_in_the_world() {
    let memory = MemoryBackend::new();
    let plugin = plugin(&memory).state(
        |world, _| assert!(world.get_resource::<Arrow>().is_none()),
        |world, _| assert!(world.get_resource::<Arrow>().is_none()),
    );
    let mut app: App = start(plugin, form);
    arrow(&mut app).changed();
    frames(&mut app, 3);
}

#[test]
fn node_that_is_hidden_has_no_arrow() {
    let memory = left_at_city();
    let hidden = |mut commands: Commands| {
        let city = (
            Node { width: Val::Px(50.0), height: Val::Px(20.0), ..Node::default() },
            LeftOff::new("address/city").label("City"),
        );
        commands.spawn((column(), children![(city, Visibility::Hidden)]));
    };
    let mut app = start(plugin(&memory), hidden);
    assert_eq!(*arrow(&mut app).drawn(), leftoff_bevy::Drawn::Nothing);
}
