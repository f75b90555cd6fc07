//! What is a touch, what dismisses, what is said, and when the window may sleep.

use std::time::Duration;

use eframe::egui::{Key, Popup, Slider, Ui};
use egui_kittest::kittest::{NodeT, Queryable};
use egui_kittest::{Harness, Node};
use leftoff::backend::MemoryBackend;
use leftoff::marker::TrailEntry;
use leftoff::marker::cue::{FocusAdvice, Salience};
use leftoff::{Action, AppId, Phase, Session};
use leftoff_egui::{Arrow, Drawn, Target, Text};

use crate::app::Options;
use crate::support::{Desk, HERE, Place};

fn amount_left() -> Place {
    let place = Place::default();
    place.open(Options::default()).write("Amount", "1 200");
    place
}

fn is_shown(desk: &Desk) -> bool {
    desk.0.state().arrow.salience() != Salience::Hidden
}

/// What is marked, step by step.
fn trail(session: &mut Session) -> Vec<(String, Action)> {
    session.suspend(leftoff::Reason::Call).unwrap();
    let marker = session.wake().unwrap();
    marker.trail().iter().map(|entry| (entry.element().to_owned(), entry.action())).collect()
}

#[test]
fn esc_dismisses_and_the_way_back_stays() {
    let mut desk = amount_left().open(Options { ..Place::after(5) });
    desk.0.state_mut().arrow.on(leftoff::marker::cue::CueEvent::UserPresent);
    desk.press(Key::Escape); // Takes the keyboard from the field, as it always does.
    assert!(is_shown(&desk));
    desk.press(Key::Escape);
    assert!(!is_shown(&desk) && desk.pointed_at().is_none() && desk.painted_arrow().is_none());
    desk.0.key_press_modifiers(eframe::egui::Modifiers::COMMAND, Key::J);
    desk.0.run();
    assert!(is_shown(&desk) && desk.pointed_at().is_some() && desk.painted_arrow().is_some());
}

#[test]
fn the_keyboard_is_given_by_the_application_alone() {
    let desk = amount_left().open(Place::after(5));
    assert_eq!(desk.0.state().arrow.focus_advice(), Some(FocusAdvice::OnTarget));
    assert!(desk.0.get_by_label("Amount").is_focused(), "the invoice follows the advice");
    let place = Place::default();
    place.open(Options::default()).click("Send");
    let desk = place.open(Place::after(5));
    assert_eq!(desk.0.state().arrow.focus_advice(), Some(FocusAdvice::BesideTarget));
    assert!(desk.0.root().children_recursive().all(|node| !node.is_focused()), "no key sends it again");
    assert_eq!(desk.pointed_at().map(|(_, words)| words), Some("you finished this".to_owned()));
}

#[test]
fn tab_does_not_stop_at_the_arrow_or_its_words() {
    let mut desk = amount_left().open(Place::after(5));
    let mut stops = Vec::new();
    for _ in 0..12 {
        desk.press(Key::Tab);
        let focused = desk.0.root().children_recursive().find(Node::is_focused);
        stops.push(focused.and_then(|node| node.accesskit_node().label()).unwrap_or_default());
    }
    let known =
        ["Customer", "Amount", "Due date", "Cost centre", "Reference", "Urgent", "Notes", "Keep a copy", "Send"];
    let rest: Vec<_> = stops.iter().filter(|stop| !known.contains(&stop.as_str())).collect();
    assert!(
        rest.iter()
            .all(|stop| stop.is_empty() || ["Dismiss", "Continue", "Not now", "Already done"].contains(&stop.as_str())),
        "{rest:?}"
    );
}

#[test]
fn it_is_announced_once_politely_and_when_the_user_is_there() {
    let mut desk = amount_left().open(Place::after(42));
    assert_eq!(desk.announced(), None, "nobody is there yet");
    let mut said = Vec::new();
    let mut note = |desk: &Desk| {
        let now = desk.announced();
        if said.last() != Some(&now) {
            said.push(now);
        }
    };
    desk.stir();
    note(&desk);
    for field in ["Customer", "Due date", "Cost centre", "Reference", "Notes"] {
        desk.write(field, "7");
        note(&desk);
    }
    for _ in 0..80 {
        desk.0.hover_at(eframe::egui::pos2(600.0, 300.0));
        desk.0.step();
        note(&desk);
    }
    let [Some(words), rest @ ..] = &said[..] else { panic!("{said:?}") };
    assert!(words.contains("Amount") && words.contains("42 minutes"), "{words}");
    assert!(rest.iter().all(Option::is_none), "said again: {rest:?}");
}

#[test]
fn an_idle_window_sleeps_although_the_arrow_is_shown() {
    for options in [Place::after(5), Place::after(42), Options { reduced_motion: true, ..Place::after(5) }] {
        let mut desk = amount_left().open(options);
        desk.stir();
        // A caret blinks.
        desk.press(Key::Escape);
        assert!(is_shown(&desk) && desk.painted_arrow().is_some());
        desk.0.run();
        assert_eq!(desk.sleeps(), Duration::MAX);
    }
}

#[test]
fn it_pulses_once_and_not_where_nothing_is_to_move() {
    let frames = |reduced_motion| {
        let place = Place::default();
        place.open(Options::default()).click("Urgent");
        let mut desk = place.open(Options { reduced_motion, ..Place::after(5) });
        desk.0.run();
        desk.0.hover_at(eframe::egui::pos2(630.0, 510.0));
        let first = desk.0.run();
        desk.0.hover_at(eframe::egui::pos2(631.0, 510.0));
        (first, desk.0.run())
    };
    let (still, _) = frames(true);
    let (moving, after) = frames(false);
    assert!(moving > still && after <= still, "{moving} {still} {after}");
    // A step is a quarter of a second.
    assert!(moving <= still + 4, "no longer than a second");
}

#[test]
fn it_is_quiet_at_the_target_and_gone_when_the_user_is_at_work() {
    let mut desk = amount_left().open(Place::after(42));
    desk.stir();
    assert_eq!(desk.0.state().arrow.salience(), Salience::Prominent);
    desk.write("Amount", "1 300");
    assert_eq!(desk.0.state().arrow.salience(), Salience::Quiet);
    assert!(desk.painted_arrow().is_some() && !desk.reads(HERE));
    for _ in 0..10 {
        for field in ["Customer", "Due date"] {
            desk.click(field);
        }
    }
    assert_eq!((desk.0.state().arrow.salience(), desk.painted_arrow()), (Salience::Hidden, None));
    assert_eq!(desk.pointed_at(), None);
}

struct Panel {
    session: Session,
    arrow: Arrow,
    number: f32,
    text: String,
    tick: bool,
}

fn panel(draw: impl FnMut(&mut Ui, &mut Panel) + 'static) -> Harness<'static, Panel> {
    let session = Session::builder(AppId::new("org.example.test")).backend(MemoryBackend::new()).open();
    let panel = Panel { session, arrow: Arrow::new(), number: 7.0, text: String::new(), tick: false };
    let mut harness = Harness::builder().with_max_steps(60).build_ui_state(draw, panel);
    harness.run();
    harness
}

#[test]
fn a_touch_is_what_the_response_says() {
    let mut harness = panel(|ui, panel| {
        let name = ui.label("Text");
        let text = ui.text_edit_singleline(&mut panel.text).labelled_by(name.id);
        panel.arrow.mark(ui, Target::new("text").label("Text"), &text);
        let tick = ui.checkbox(&mut panel.tick, "Tick");
        panel.arrow.mark(ui, "tick", &tick);
        let press = ui.button("Press");
        panel.arrow.mark(ui, "press", &press);
        let choice = ui.button("Choice");
        panel.arrow.mark(ui, Target::new("choice").action(Action::Choose), &choice);
        _ = panel.arrow.show(ui.ctx(), &mut panel.session);
    });
    let text = |harness: &Harness<'static, Panel>| harness.get_by_label("Text").click();
    text(&harness);
    harness.run();
    harness.get_by_label("Text").type_text("a");
    harness.run();
    assert_eq!(harness.state().session.last_mark().unwrap().phase(), Phase::InProgress, "the caret is in it");
    for label in ["Tick", "Press", "Choice"] {
        harness.get_by_label(label).click();
        harness.run();
    }
    text(&harness);
    harness.run();
    let expected = [
        ("text", Action::Edit),
        ("tick", Action::Choose),
        ("press", Action::Press),
        ("choice", Action::Choose),
        ("text", Action::Focus),
    ];
    let expected = expected.map(|(path, kind)| (path.to_owned(), kind));
    let session = &mut harness.state_mut().session;
    assert_eq!(trail(session), expected);
    let phases: Vec<Phase> = session.marker().unwrap().trail().iter().map(TrailEntry::phase).collect();
    assert_eq!(phases, [Phase::Unknown; 5], "the caret has left the text");
}

#[test]
fn to_get_the_keyboard_is_not_to_do_what_the_target_says() {
    let mut harness = panel(|ui, panel| {
        let press = ui.button("Send");
        panel.arrow.mark(ui, Target::new("send").action(Action::Choose).done(), &press);
        _ = panel.arrow.show(ui.ctx(), &mut panel.session);
    });
    let mut after = |key| {
        harness.key_press(key);
        harness.run();
        let last = harness.state().session.last_mark().unwrap();
        (last.action(), last.phase())
    };
    assert_eq!(after(Key::Tab), (Action::Focus, Phase::Unknown), "nothing is sent yet");
    assert_eq!(after(Key::Enter), (Action::Choose, Phase::Committed));
}

#[test]
fn what_the_program_does_by_itself_is_no_touch() {
    let mut harness = panel(|ui, panel| {
        // Out of range: the slider sets it right, and says that it changed.
        panel.number = panel.number.max(70.0);
        let slider = ui.add(Slider::new(&mut panel.number, 0.0..=10.0).show_value(false).text("Number"));
        panel.arrow.mark(ui, "number", &slider);
        let name = ui.label("Text");
        let text = ui.text_edit_singleline(&mut panel.text).labelled_by(name.id);
        if ui.ctx().cumulative_frame_nr() == 2 {
            text.request_focus();
        }
        panel.arrow.mark(ui, "text", &text);
        _ = panel.arrow.show(ui.ctx(), &mut panel.session);
    });
    harness.run_steps(6);
    assert!(harness.get_by_label("Text").is_focused());
    assert!(harness.state().session.last_mark().is_none());
}

#[test]
fn an_open_popup_gets_esc_first() {
    let mut harness = panel(|ui, panel| {
        let press = ui.button("Press");
        panel.arrow.mark(ui, "press", &press);
        Popup::menu(&ui.button("Menu")).show(|ui| ui.label("Inside"));
        _ = panel.arrow.show(ui.ctx(), &mut panel.session);
    });
    harness.get_by_label("Press").click();
    harness.run();
    harness.state_mut().session.suspend(leftoff::Reason::Call).unwrap();
    harness.state_mut().session.wake();
    harness.get_by_label("Menu").click();
    harness.run();
    assert!(harness.query_by_label("Inside").is_some());
    let salience = |harness: &Harness<'static, Panel>| harness.state().arrow.salience();
    let before = salience(&harness);
    assert_ne!(before, Salience::Hidden);
    harness.key_press(Key::Escape);
    harness.run();
    assert!(harness.query_by_label("Inside").is_none());
    assert_eq!(salience(&harness), before);
    harness.key_press(Key::Escape);
    harness.run();
    assert_eq!(salience(&harness), Salience::Hidden);
}

#[test]
fn an_element_on_another_page_is_asked_for() {
    let mut harness = panel(|ui, panel| {
        panel.arrow.card(ui);
        ui.checkbox(&mut panel.tick, "Tick");
        if panel.tick {
            let name = ui.label("Text");
            let text = ui.text_edit_singleline(&mut panel.text).labelled_by(name.id);
            panel.arrow.mark(ui, "page/text", &text);
        }
        _ = panel.arrow.show(ui.ctx(), &mut panel.session);
        if panel.arrow.wanted() == Some("page/text") {
            panel.tick = true;
        }
    });
    let panel = harness.state_mut();
    panel.session.mark("page/text");
    panel.session.suspend(leftoff::Reason::Call).unwrap();
    panel.session.wake();
    harness.run();
    assert_eq!((harness.state().arrow.drawn(), harness.state().arrow.wanted()), (Some(&Drawn::Nothing), None));
    assert!(harness.query_by_label("Continue").is_none(), "the program has not said that it can");
    harness.state_mut().arrow.settings.opens_pages = true;
    harness.run();
    harness.get_by_label("Continue").click();
    harness.run();
    assert_eq!(harness.state().arrow.pointed_at(), Some("page/text"));
    assert_eq!(harness.state().arrow.wanted(), None);
}

#[test]
fn what_cannot_be_shown_is_not_asked_for_for_ever() {
    let mut harness = panel(|ui, panel| _ = panel.arrow.show(ui.ctx(), &mut panel.session));
    let panel = harness.state_mut();
    panel.session.mark("page/text");
    panel.session.suspend(leftoff::Reason::Call).unwrap();
    panel.session.wake();
    harness.run();
    harness.state_mut().arrow.take_me_back();
    harness.step();
    assert_eq!(harness.state().arrow.wanted(), Some("page/text"));
    harness.run();
    assert_eq!(harness.state().arrow.wanted(), None, "nobody is held on a page");
}

#[test]
fn it_speaks_the_language_of_the_application() {
    let mut harness = panel(|ui, panel| {
        let name = ui.label("Text");
        let text = ui.text_edit_singleline(&mut panel.text).labelled_by(name.id);
        panel.arrow.mark(ui, "text", &text);
        _ = panel.arrow.show(ui.ctx(), &mut panel.session);
    });
    let panel = harness.state_mut();
    panel.arrow.set_texts(|text| matches!(text, Text::Here { .. }).then(|| "hier waren Sie".to_owned()));
    panel.session.mark("text");
    panel.session.suspend(leftoff::Reason::Call).unwrap();
    panel.session.wake();
    harness.run();
    let node = harness.get_by_label("Text");
    assert_eq!(node.accesskit_node().description().as_deref(), Some("hier waren Sie"));
}

#[test]
fn absence_after_the_window_lost_the_focus_is_called_so() {
    let builder = Session::builder(AppId::new("com.example.invoice")).backend(MemoryBackend::new());
    let idle = Duration::from_millis(400);
    let mut desk = Desk::with(builder.idle_after(idle), Options::default(), eframe::egui::vec2(700.0, 500.0));
    desk.write("Amount", "1 200");
    desk.0.event(eframe::egui::Event::WindowFocused(false));
    desk.0.run();
    std::thread::sleep(2 * idle);
    desk.press(Key::Tab);
    let marker = desk.0.state().session.marker().unwrap();
    assert_eq!(marker.reason(), Some(&leftoff::Reason::FocusLost));
}
