//! The card, and what its buttons do.

use std::cell::RefCell;
use std::rc::Rc;

use gtk::prelude::*;
use leftoff::Phase;
use leftoff::marker::cue::Salience;
use leftoff_gtk::{Drawn, Text};

use crate::Test;
use crate::support::*;

pub const TESTS: &[Test] = &[
    ("the_card_is_above_the_form_and_says_what_was_left_when", says),
    ("not_now_hides_the_marker_until_the_next_return", not_now),
    ("already_done_is_saved_with_the_element", done),
    ("undo_restore_quarantines_everything_and_offers_to_bring_it_back", undo),
    ("the_buttons_are_reached_by_the_keyboard", keyboard),
    ("the_card_is_announced_once_the_user_is_there", announced),
    ("continue_opens_the_page_of_a_stack_and_scrolls_to_the_element", page),
    ("continue_asks_the_program_for_a_page_that_is_not_built", asked),
    ("a_click_on_the_arrow_at_the_edge_scrolls_to_the_element", edge),
    ("escape_hides_the_marker", escape),
    ("the_texts_are_those_of_the_program", texts),
    ("a_call_is_the_reason_on_the_card", call),
];

fn back() -> Desk {
    Desk::after(leave_at_amount, &form(FORM), &form(FORM))
}

fn says() {
    let desk = back();
    let (lines, buttons) = desk.arrow.card();
    assert!(lines[0].starts_with("Amount · edited, not finished · 42 min ago"), "{lines:?}");
    assert_eq!(buttons, ["Not now", "Already done", "Undo restore", "Hide"]);
    let content = desk.root.parent().unwrap();
    let card = content.compute_bounds(&desk.arrow.widget()).unwrap();
    assert!(card.y() > 20.0, "the form begins below the card");
}

fn not_now() {
    let desk = back();
    desk.choose("Not now");
    assert_eq!((desk.arrow.drawn(), desk.buttons()), (Drawn::Nothing, vec![]));
    assert_eq!(desk.root.parent().unwrap().compute_bounds(&desk.arrow.widget()).unwrap().y(), 0.0);
    desk.arrow.take_back();
    rest();
    assert_eq!(desk.pointed_at().as_deref(), Some("form/amount"));
}

fn done() {
    let desk = back();
    desk.choose("Already done");
    assert_eq!(desk.arrow.drawn(), Drawn::Nothing);
    assert_eq!(desk.last().unwrap().3, Phase::Committed);
    assert_eq!(desk.arrow.resume(|resume| resume.salience()), Some(Salience::Hidden));
}

fn undo() {
    let desk = back();
    desk.choose("Undo restore");
    assert_eq!((desk.times_read.get(), desk.text("amount")), (1, String::new()));
    let (lines, _) = desk.arrow.card();
    assert!(lines[0].starts_with("What was restored is set aside, and kept."), "{lines:?}");
    desk.choose("Bring it back");
    assert_eq!((desk.times_read.get(), desk.text("amount")), (2, "7 and".to_owned()));
    assert!(!desk.buttons().contains(&"Bring it back".to_owned()));
}

fn keyboard() {
    let desk = back();
    // Backward from the first field.
    desk.find("name").grab_focus();
    key("shift+Tab");
    let focus = RootExt::focus(&desk.window).and_downcast::<gtk::Button>().expect("a button");
    assert_eq!(focus.label().as_deref(), Some("Hide"));
    key("space");
    assert_eq!((desk.arrow.drawn(), desk.buttons()), (Drawn::Nothing, vec![]));
}

fn announced() {
    let desk = back();
    let alerts = || {
        let role = |widget: &gtk::Widget| widget.property::<gtk::AccessibleRole>("accessible-role");
        let is_alert = |widget: &gtk::Widget| role(widget) == gtk::AccessibleRole::Alert;
        all(&desk.arrow.widget()).into_iter().filter(is_alert).collect::<Vec<_>>()
    };
    hand(&["mousemove", "5", "400"]);
    assert_eq!(alerts().len(), 1);
    hand(&["mousemove", "9", "400"]);
    assert_eq!(alerts().len(), 1);
}

fn pages() -> String {
    let long = form(FORM).replace("<interface>", "").replace("</interface>", "").replace("id='form'", "id='long'");
    // Higher than the window.
    let long = long.replace(
        "<property name='spacing'>16</property>",
        "<property name='spacing'>16</property><property name='margin-top'>900</property>",
    );
    format!(
        "<interface><object class='GtkStack' id='form'><property name='hhomogeneous'>1</property>\
         <child><object class='GtkStackPage'><property name='name'>first</property><property name='child'>\
         <object class='GtkEntry' id='other'><property name='valign'>start</property></object></property></object>\
         </child><child><object class='GtkStackPage'><property name='name'>second</property><property name='child'>\
         <object class='GtkScrolledWindow' id='scrolled'><property name='child'>{long}</property></object>\
         </property></object></child></object></interface>"
    )
}

fn leave_on_the_second_page(desk: &Desk) {
    let stack = desk.root.clone().downcast::<gtk::Stack>().unwrap();
    stack.set_visible_child_name("second");
    rest();
    desk.find("scrolled").downcast::<gtk::ScrolledWindow>().unwrap().vadjustment().set_value(2000.0);
    rest();
    desk.click_on("amount");
    write("7");
}

fn page() {
    let desk = Desk::after(leave_on_the_second_page, &pages(), &pages());
    assert_eq!(desk.arrow.drawn(), Drawn::Nothing);
    assert!(!desk.arrow.card().0[0].contains("no longer"), "{:?}", desk.arrow.card());
    desk.choose("Continue");
    wait_for("the arrow", || desk.pointed_at().is_some());
    rest();
    let Drawn::Arrow { element, is_off_screen, .. } = desk.arrow.drawn() else { panic!("no arrow") };
    assert_eq!((element.as_str(), is_off_screen), ("form/scrolled/long/amount", false));
}

fn asked() {
    let memory = leftoff::backend::MemoryBackend::new();
    let desk = Desk::with(&memory, &form(FORM), std::time::Duration::ZERO);
    leave_at_amount(&desk);
    desk.kill();
    let root: gtk::Widget = gtk::Entry::new().upcast();
    let desk = Desk::built(open(&memory, 42 * MINUTE), root);
    assert!(!desk.buttons().contains(&"Continue".to_owned()));
    let asked = Rc::new(RefCell::new(Vec::new()));
    let of_open = Rc::clone(&asked);
    desk.arrow.on_open(move |path| of_open.borrow_mut().push(path.to_owned()));
    desk.arrow.resume(|_| ());
    rest();
    desk.choose("Continue");
    assert_eq!(*asked.borrow(), ["form/amount"]);
}

fn edge() {
    let desk = Desk::after(leave_on_the_second_page, &pages(), &pages());
    desk.root.clone().downcast::<gtk::Stack>().unwrap().set_visible_child_name("second");
    hand(&["mousemove", "5", "5"]);
    let Drawn::Arrow { bounds, is_off_screen, words, .. } = desk.arrow.drawn() else { panic!("no arrow") };
    assert!(is_off_screen);
    assert_eq!(words.unwrap().0, "Amount, further down");
    let content = desk.root.parent().unwrap();
    let top = content.compute_bounds(&desk.window).unwrap().y();
    let at = |from: f32, to: f32| f32::midpoint(from, to).round().to_string();
    let (x, y) = (at(bounds.min.x, bounds.max.x), at(top + bounds.min.y, top + bounds.max.y));
    hand(&["mousemove", &x, &y, "click", "1"]);
    assert!(matches!(desk.arrow.drawn(), Drawn::Arrow { is_off_screen: false, .. }), "{:?}", desk.arrow.drawn());
}

fn escape() {
    let desk = back();
    assert_ne!(desk.arrow.drawn(), Drawn::Nothing);
    key("Escape");
    assert_eq!((desk.arrow.drawn(), desk.buttons()), (Drawn::Nothing, vec![]));
}

fn texts() {
    let desk = back();
    desk.arrow.texts(|text| matches!(text, Text::NotNow).then(|| "Nicht jetzt".to_owned()));
    desk.arrow.resume(|_| ());
    rest();
    assert_eq!(desk.buttons(), ["Nicht jetzt", "Already done", "Undo restore", "Hide"]);
}

fn call() {
    let desk = Desk::of(leftoff::Session::in_memory(), &form(FORM));
    leave_at_amount(&desk);
    desk.arrow.suspend(leftoff::Reason::Call).unwrap();
    assert!(desk.pointed_at().is_none());
    desk.arrow.wake();
    hand(&["mousemove", "5", "400"]);
    hand(&["mousemove", "9", "400"]);
    wait_for("the arrow", || desk.pointed_at().is_some());
    let marker = desk.arrow.resume(|resume| resume.marker().map(|marker| marker.card(marker.at()).to_string()));
    assert!(marker.clone().flatten().is_some_and(|words| words.contains("before a call")), "{marker:?}");
}
