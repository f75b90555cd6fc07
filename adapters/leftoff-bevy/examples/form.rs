//! A form that survives a kill, without a display: the user types a city, the program is killed, and its next version, in
//! which the field has another path and the order is another, points at the field.
//!
//! In a program with a window, `DefaultPlugins` takes the place of the plug-ins in `support::bare`; the rest is the same.
#![allow(clippy::print_stdout, clippy::expect_used, clippy::unwrap_used, clippy::indexing_slicing)]

#[allow(dead_code)]
#[path = "../tests/window/support.rs"]
mod support;

use bevy_ecs::prelude::*;
use bevy_ui::prelude::*;
use leftoff::backend::MemoryBackend;
use leftoff_bevy::LeftOffCard;
use support::{Address, Field, arrow, button, column, field, form, kill, plugin, start, type_into};

fn main() {
    let memory = MemoryBackend::new();
    let mut app = start(plugin(&memory), form);
    type_into(&mut app, "address/street", "Rua Nova");
    type_into(&mut app, "address/city", "Porto");
    kill(app);

    let mut app = start(plugin(&memory), next_version);
    println!("{:?}", app.world().resource::<Address>());
    let arrow = arrow(&mut app).into_inner();
    println!("{:#?}", arrow.drawn());
    let (lines, buttons) = arrow.card();
    println!("{}\n[{}]", lines.join("\n"), buttons.join("] ["));
}

fn next_version(mut commands: Commands) {
    commands.spawn((
        column(),
        children![
            LeftOffCard,
            Text::new("City"),
            field("address/town", "City", Field::City),
            Text::new("Street"),
            field("address/street", "Street", Field::Street),
            button("address/send", "Send"),
        ],
    ));
}
