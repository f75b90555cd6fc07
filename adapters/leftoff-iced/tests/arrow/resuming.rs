//! A state together with its session and its arrow.

use std::time::Duration;

use iced::widget::text_input;
use iced::{Element, Event, Point, window};
use iced_test::simulator;
use leftoff::backend::MemoryBackend;
use leftoff::{Saved, Section};
use leftoff_iced::{Drawn, Request, Resuming, mark};

use crate::support::{MINUTE, open};

const TEXT: Section<String> = Section::new("text", 1);

#[derive(Debug, Clone)]
enum Message {
    Typed(String),
    LeftOff(Request),
}

fn view(text: &Resuming<String>) -> Element<'_, Message> {
    text.wrap(mark("text", text_input("", text).on_input(Message::Typed)).label("Text"), Message::LeftOff)
}

fn update(text: &mut Resuming<String>, message: Message) -> Saved {
    match message {
        Message::Typed(typed) => **text = typed,
        Message::LeftOff(request) => text.answer(request),
    }
    text.autosave().unwrap()
}

/// The program draws a frame, and the user types a letter.
fn type_into(text: &mut Resuming<String>) {
    let messages: Vec<Message> = {
        let mut ui = simulator(view(text));
        ui.simulate([Event::Window(window::Event::RedrawRequested(std::time::Instant::now()))]);
        ui.point_at(Point::new(20.0, 10.0));
        ui.simulate(iced_test::simulator::click());
        ui.typewrite("x");
        ui.into_messages().collect()
    };
    for message in messages {
        update(text, message);
    }
}

#[test]
fn typed_text_comes_back_after_a_kill_with_the_arrow_at_its_field() {
    let memory = MemoryBackend::new();
    let mut text = Resuming::new(open(&memory, Duration::ZERO), TEXT);
    type_into(&mut text);
    // No close and no drop.
    std::mem::forget(text);
    let mut text = Resuming::new(open(&memory, 42 * MINUTE), TEXT);
    assert_eq!(*text, "x");
    let mut ui = simulator(view(&text));
    ui.simulate([Event::Window(window::Event::RedrawRequested(std::time::Instant::now()))]);
    drop(ui);
    assert!(matches!(text.arrow().drawn(), Drawn::Arrow { element, .. } if element == "text"));
}

#[test]
fn a_request_to_read_again_replaces_the_state() {
    let memory = MemoryBackend::new();
    let mut text = Resuming::new(open(&memory, Duration::ZERO), TEXT);
    type_into(&mut text);
    drop(text);
    let mut text = Resuming::new(open(&memory, 42 * MINUTE), TEXT);
    text.session().quarantine_all().unwrap();
    update(&mut text, Message::LeftOff(Request::ReadAgain));
    assert_eq!(*text, "");
    text.session().bring_back_all().unwrap();
    update(&mut text, Message::LeftOff(Request::ReadAgain));
    assert_eq!(*text, "x");
}

#[test]
fn a_state_in_memory_can_be_used_and_is_not_stored() {
    let mut text = Resuming::in_memory("x".to_owned());
    type_into(&mut text);
    assert_eq!(update(&mut text, Message::LeftOff(Request::Save)), Saved::Unchanged);
    assert!(format!("{text:?}").starts_with("Resuming { section: \"state\""), "{text:?}");
}
