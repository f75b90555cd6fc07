//! What counts as a touch.

use bevy_ecs::prelude::*;
use bevy_input_focus::{FocusCause, InputFocus};
use leftoff::backend::MemoryBackend;
use leftoff::{Action, Phase};
use leftoff_bevy::LeftOff;

use crate::support::{
    Field, arrow, button, click_on, column, element, field, focus, form, frames, kill, open, plugin, press, rect,
    start, type_into,
};

fn last(app: &mut bevy_app::App) -> Option<(String, Action, Phase)> {
    let mut arrow = arrow(app);
    let last = arrow.session().last_mark()?;
    Some((last.element().to_owned(), last.action(), last.phase()))
}

#[test]
fn keys_in_a_field_are_an_edit() {
    let memory = MemoryBackend::new();
    let mut app = start(plugin(&memory), form);
    type_into(&mut app, "address/street", "R");
    let edit = ("address/street".to_owned(), Action::Edit, Phase::InProgress);
    assert_eq!(last(&mut app), Some(edit));
}

#[test]
fn click_on_a_button_is_a_press_also_on_its_text() {
    let memory = MemoryBackend::new();
    let mut app = start(plugin(&memory), form);
    let send = element(&mut app, "address/send");
    let text = app.world().get::<Children>(send).unwrap()[0];
    click_on(&mut app, text);
    assert_eq!(last(&mut app), Some(("address/send".to_owned(), Action::Press, Phase::Unknown)));
}

#[test]
fn click_on_a_field_is_a_focus_and_beside_it_nothing() {
    let memory = MemoryBackend::new();
    let mut app = start(plugin(&memory), form);
    let city = element(&mut app, "address/city");
    let beside = rect(&app, city).max;
    crate::support::click(&mut app, beside.x + 20.0, beside.y - 5.0);
    assert_eq!(last(&mut app), None);
    click_on(&mut app, city);
    assert_eq!(last(&mut app), Some(("address/city".to_owned(), Action::Focus, Phase::Unknown)));
}

#[test]
fn focus_that_the_user_moves_is_a_touch_and_one_that_the_program_sets_is_not() {
    let memory = MemoryBackend::new();
    let mut app = start(plugin(&memory), form);
    let street = element(&mut app, "address/street");
    app.world_mut().resource_mut::<InputFocus>().set(street, FocusCause::Navigated);
    frames(&mut app, 3);
    assert_eq!(last(&mut app), None);
    focus(&mut app, "address/city");
    assert_eq!(last(&mut app), Some(("address/city".to_owned(), Action::Focus, Phase::Unknown)));
}

#[test]
fn press_that_finishes_is_committed_although_the_focus_follows() {
    let memory = MemoryBackend::new();
    let interface = |mut commands: Commands| {
        let node =
            bevy_ui::Node { width: bevy_ui::Val::Px(90.0), height: bevy_ui::Val::Px(30.0), ..Default::default() };
        commands.spawn((column(), children![(node, LeftOff::new("form/send").label("Send").done())]));
    };
    let mut app = start(plugin(&memory), interface);
    let send = element(&mut app, "form/send");
    let at = rect(&app, send).min;
    press(&mut app, at.x + 5.0, at.y + 5.0);
    // As Bevy's widgets do when they hear of the press.
    app.world_mut().resource_mut::<InputFocus>().set(send, FocusCause::Navigated);
    frames(&mut app, 2);
    assert_eq!(last(&mut app), Some(("form/send".to_owned(), Action::Press, Phase::Committed)));
}

#[test]
fn label_of_a_password_is_not_stored() {
    let memory = MemoryBackend::new();
    let interface = |mut commands: Commands| {
        let (text, node, name) = (
            bevy_text::EditableText::default(),
            bevy_ui::Node { width: bevy_ui::Val::Px(90.0), height: bevy_ui::Val::Px(30.0), ..Default::default() },
            LeftOff::new("login/pin").label("Secret label").sensitive(),
        );
        commands.spawn((column(), children![(text, node, name, Field::City)]));
    };
    let mut app = start(plugin(&memory), interface);
    type_into(&mut app, "login/pin", "1");
    assert_eq!(arrow(&mut app).session().last_mark().unwrap().label(), None);
    kill(app);
    let mut session = open(&memory);
    assert_eq!(session.marker().unwrap().label(), None);
    assert!(!format!("{:?}", session.marker()).contains("Secret label"));
    drop(session.close());
}

#[test]
fn dialog_above_an_element_takes_the_press() {
    let memory = MemoryBackend::new();
    let interface = |mut commands: Commands| {
        commands.spawn((column(), children![button("form/send", "Send"), field("form/city", "City", Field::City)]));
        let cover = bevy_ui::Node {
            position_type: bevy_ui::PositionType::Absolute,
            width: bevy_ui::Val::Percent(100.0),
            height: bevy_ui::Val::Percent(100.0),
            ..Default::default()
        };
        commands.spawn((cover, bevy_ui::GlobalZIndex(1)));
    };
    let mut app = start(plugin(&memory), interface);
    let send = element(&mut app, "form/send");
    click_on(&mut app, send);
    assert_eq!(last(&mut app), None);
}
