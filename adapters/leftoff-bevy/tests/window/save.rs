//! What is saved, and when.

use bevy_app::AppExit;
use leftoff::backend::MemoryBackend;
use leftoff::{AppId, LastExit, Outcome, Session};

use crate::support::{ADDRESS, Address, arrow, frames, kill, open, plugin, plugin_of, start, type_into};

#[test]
fn typed_text_is_there_after_a_kill() {
    let memory = MemoryBackend::new();
    let mut app = start(plugin(&memory), crate::support::form);
    type_into(&mut app, "address/city", "Porto");
    kill(app);
    let mut app = start(plugin(&memory), crate::support::form);
    assert_eq!(app.world().resource::<Address>().city, "Porto");
    let field = crate::support::element(&mut app, "address/city");
    let text = app.world().get::<bevy_text::EditableText>(field).unwrap().value().to_string();
    assert_eq!(text, "Porto", "the field shows it");
    assert_eq!(*arrow(&mut app).session().last_exit(), LastExit::Crashed);
}

#[test]
fn value_that_no_input_changed_is_saved_at_the_exit_and_the_session_closes() {
    let memory = MemoryBackend::new();
    let mut app = start(plugin(&memory), crate::support::form);
    app.world_mut().resource_mut::<Address>().street = "Rua Nova".to_owned();
    app.world_mut().write_message(AppExit::Success);
    app.update();
    // The runner would not go on; a program of one's own may.
    frames(&mut app, 2);
    kill(app);
    let mut session = open(&memory);
    assert_eq!(session.get_or_default(ADDRESS).street, "Rua Nova");
    assert_eq!(*session.last_exit(), LastExit::Clean);
}

#[test]
fn value_changed_by_a_task_is_saved_when_the_program_says_so() {
    let memory = MemoryBackend::new();
    let mut app = start(plugin(&memory), crate::support::form);
    app.world_mut().resource_mut::<Address>().street = "Rua Nova".to_owned();
    frames(&mut app, 3);
    arrow(&mut app).changed();
    frames(&mut app, 3);
    kill(app);
    assert_eq!(open(&memory).get_or_default(ADDRESS).street, "Rua Nova");
}

#[test]
fn frames_without_input_write_nothing() {
    let memory = MemoryBackend::new();
    let mut app = start(plugin(&memory), crate::support::form);
    app.world_mut().resource_mut::<Address>().street = "Rua Nova".to_owned();
    frames(&mut app, 10);
    kill(app);
    assert_eq!(open(&memory).get_or_default(ADDRESS).street, "");
}

#[test]
fn second_instance_takes_over_what_the_first_one_saved() {
    let dir = tempfile::tempdir().unwrap();
    let session = || Session::builder(AppId::new("com.example.address")).dir(dir.path()).open();
    let mut first = start(plugin_of(session()), crate::support::form);
    let mut second = start(plugin_of(session()), crate::support::form);
    assert_eq!(arrow(&mut second).session().outcome(), Outcome::ReadOnly);
    type_into(&mut first, "address/city", "Porto");
    drop(first);
    for _ in 0..400 {
        frames(&mut second, 1);
        std::thread::sleep(std::time::Duration::from_millis(10));
        if second.world().resource::<Address>().city == "Porto" {
            return;
        }
    }
    panic!("the second instance has not taken over");
}
