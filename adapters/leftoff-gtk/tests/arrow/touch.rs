//! What the user does is marked and saved, without a line in the program.

use std::time::Duration;

use gtk::prelude::*;
use leftoff::backend::MemoryBackend;
use leftoff::{Action, Phase, Session};

use crate::Test;
use crate::support::*;

pub const TESTS: &[Test] = &[
    ("a_field_is_marked_when_it_gets_the_focus_and_when_it_is_edited", fields),
    ("a_button_and_a_check_box_are_marked_when_they_are_pressed", buttons),
    ("a_field_without_a_name_takes_the_label_directly_before_it", captions),
    ("a_focus_that_the_program_sets_is_no_touch", focus_of_the_program),
    ("a_password_is_no_label_and_its_label_is_not_stored", passwords),
    ("text_in_a_field_without_a_name_survives_a_kill", unnamed),
    ("a_change_that_the_program_reports_survives_a_kill", reported),
    ("a_pasted_text_survives_a_kill", pasted),
];

fn fields() {
    let desk = Desk::of(Session::in_memory(), &form(FORM));
    assert_eq!(desk.last(), None);
    desk.click_on("amount");
    assert_eq!(desk.last(), touched("form/amount", "Amount", Action::Focus, Phase::Unknown));
    write("7");
    assert_eq!(desk.last(), touched("form/amount", "Amount", Action::Edit, Phase::InProgress));
    key("Left");
    assert_eq!(desk.last(), touched("form/amount", "Amount", Action::Edit, Phase::InProgress));
    key("Tab");
    assert_eq!(desk.last(), touched("form/due", "Due", Action::Focus, Phase::Unknown));
}

fn buttons() {
    let ui = form(FORM).replace(
        "</object></interface>",
        "<child><object class='GtkCheckButton' id='urgent'><property name='label'>_Urgent</property>\
         <property name='use-underline'>1</property></object></child></object></interface>",
    );
    let desk = Desk::of(Session::in_memory(), &ui);
    leftoff_gtk::describe(&desk.find("send")).done();
    desk.click_on("send");
    assert_eq!(desk.last(), touched("form/send", "Send", Action::Press, Phase::Committed));
    key("Tab");
    assert_eq!(desk.last(), touched("form/urgent", "Urgent", Action::Focus, Phase::Unknown));
    key("space");
    assert_eq!(desk.last(), touched("form/urgent", "Urgent", Action::Press, Phase::Unknown));
    assert!(desk.find("urgent").downcast::<gtk::CheckButton>().unwrap().is_active());
}

fn captions() {
    let label = |text: &str| gtk::Label::new(Some(text)).upcast::<gtk::Widget>();
    let entry = |id: &str| gtk::Entry::builder().name(id).build().upcast::<gtk::Widget>();
    let text = gtk::TextView::builder().name("text").height_request(60).width_request(200).build();
    let scrolled = gtk::ScrolledWindow::builder().child(&text).height_request(60).build();
    let grid = gtk::Grid::new();
    let other = gtk::Label::builder().label("Title").mnemonic_widget(&text).build();
    let cells = [
        (label("Name:"), 0, 0),
        (entry("name"), 1, 0),
        (entry("beside"), 2, 0),
        (label("Contents"), 0, 1),
        (scrolled.upcast(), 1, 1),
        (label("Zip"), 0, 3),
        (entry("zip"), 0, 4),
    ];
    for (widget, column, row) in &cells {
        grid.attach(widget, *column, *row, 1, 1);
    }
    let form = gtk::Box::new(gtk::Orientation::Vertical, 8);
    form.set_widget_name("form");
    let rest = [grid.upcast(), label("Town"), entry("town"), entry("country"), other.upcast(), entry("last")];
    for widget in rest {
        form.append(&widget);
    }
    let desk = Desk::built(Session::in_memory(), form.upcast());
    let named = |id: &str| {
        desk.click_on(id);
        write("7");
        desk.last().unwrap().1
    };
    let some = |label: &str| Some(label.to_owned());
    assert_eq!(named("name"), some("Name"));
    assert_eq!(named("beside"), None, "before it is a field");
    assert_eq!(named("text"), some("Title"), "the mnemonic label comes first");
    other_of(&desk.root).set_mnemonic_widget(None::<&gtk::Widget>);
    assert_eq!((named("name"), named("text")), (some("Name"), some("Contents")));
    assert_eq!((named("zip"), named("town"), named("country")), (some("Zip"), some("Town"), None));
    assert_eq!(named("last"), some("Title"));
}

fn other_of(root: &gtk::Widget) -> gtk::Label {
    all(root)
        .into_iter()
        .filter_map(|widget| widget.downcast::<gtk::Label>().ok())
        .find(|label| label.text() == "Title")
        .unwrap()
}

fn focus_of_the_program() {
    let desk = Desk::of(Session::in_memory(), &form(FORM));
    desk.find("due").grab_focus();
    rest();
    assert_eq!(desk.last(), None);
    let due = desk.find("due").downcast::<gtk::Entry>().unwrap();
    due.set_text("set by the program");
    rest();
    assert_eq!(desk.last(), None);
}

fn passwords() {
    let ui = "<interface><object class='GtkBox' id='form'>\
              <child><object class='GtkPasswordEntry' id='pin'><property name='placeholder-text'>Secret PIN</property>\
              </object></child><child><object class='GtkEntry' id='key'><property name='visibility'>0</property>\
              <property name='placeholder-text'>Secret key</property></object></child></object></interface>";
    let desk = Desk::of(Session::in_memory(), ui);
    for (id, path) in [("pin", "form/pin"), ("key", "form/key")] {
        desk.click_on(id);
        write("hunter");
        assert_eq!(desk.last(), Some((path.to_owned(), None, Action::Edit, Phase::InProgress)));
        assert!(desk.session.borrow().last_mark().unwrap().is_sensitive());
    }
    // It stays secret while the user looks at it.
    desk.find("key").downcast::<gtk::Entry>().unwrap().set_visibility(true);
    desk.click_on("pin");
    desk.click_on("key");
    write("2");
    assert!(desk.session.borrow().last_mark().unwrap().is_sensitive());
    assert_eq!(desk.last().unwrap().1, None);
}

fn unnamed() {
    let ui = form(FORM).replace("<object class='GtkEntry' id='due'/>", "<object class='GtkEntry'/>");
    let ui = ui.replace("<property name='mnemonic-widget'>due</property>", "");
    let desk = Desk::after(
        |desk| {
            let unnamed = all(&desk.root).into_iter().filter(ObjectExt::is::<gtk::Entry>).last().unwrap();
            desk.click(&unnamed);
            write("kept");
            assert_eq!(desk.last(), None);
        },
        &ui,
        &ui,
    );
    let kept = all(&desk.root).into_iter().filter_map(|widget| widget.downcast::<gtk::Entry>().ok()).last().unwrap();
    assert_eq!(kept.text(), "kept");
}

fn reported() {
    let leave = |desk: &Desk| {
        desk.find("due").downcast::<gtk::Entry>().unwrap().set_text("by a timer");
        desk.arrow.changed();
        rest();
    };
    assert_eq!(Desk::after(leave, &form(FORM), &form(FORM)).text("due"), "by a timer");
}

fn pasted() {
    let memory = MemoryBackend::new();
    let desk = Desk::with(&memory, &form(FORM), Duration::ZERO);
    desk.window.clipboard().set_text("from elsewhere");
    desk.click_on("amount");
    key("ctrl+v");
    wait_for("the paste", || desk.text("amount") == "from elsewhere");
    assert_eq!(desk.last(), touched("form/amount", "Amount", Action::Edit, Phase::InProgress));
    desk.kill();
    assert_eq!(Desk::with(&memory, &form(FORM), MINUTE).text("amount"), "from elsewhere");
}
