//! Properties of widgets, saved and restored without closures of the program.

use std::cell::RefCell;
use std::rc::Rc;

use gtk::prelude::*;
use leftoff::Session;
use leftoff::backend::MemoryBackend;
use leftoff_gtk::Arrow;

use crate::Test;
use crate::support::*;

pub const TESTS: &[Test] = &[
    ("bound_properties_come_back_after_a_kill", killed),
    ("bound_properties_have_their_first_values_after_an_undone_restore", undone),
    ("a_password_and_a_property_without_a_stored_type_are_not_bound", misuse),
    ("a_dialog_that_its_user_closed_is_not_opened_again", dialog),
];

/// Widgets with values of all types that are stored.
struct Form {
    root: gtk::Box,
    text: gtk::TextView,
    urgent: gtk::CheckButton,
    zoom: gtk::Adjustment,
    kind: gtk::DropDown,
}

impl Form {
    fn new() -> Self {
        let text = gtk::TextView::builder().width_request(200).height_request(60).build();
        text.set_widget_name("text");
        let urgent = gtk::CheckButton::with_label("Urgent");
        let zoom = gtk::Adjustment::new(1.0, 0.0, 4.0, 0.5, 1.0, 0.0);
        let kind = gtk::DropDown::from_strings(&["letter", "invoice"]);
        let root = gtk::Box::new(gtk::Orientation::Vertical, 8);
        root.append(&text);
        root.append(&urgent);
        root.append(&gtk::Scale::new(gtk::Orientation::Horizontal, Some(&zoom)));
        root.append(&kind);
        Self { root, text, urgent, zoom, kind }
    }

    fn bind(&self, arrow: &Arrow) {
        arrow.bind("text", &self.text.buffer(), "text").bind("urgent", &self.urgent, "active");
        arrow.bind("zoom", &self.zoom, "value").bind("kind", &self.kind, "selected");
    }

    fn values(&self) -> (String, bool, f64, u32) {
        let text = self.text.buffer().property("text");
        (text, self.urgent.is_active(), self.zoom.value(), self.kind.selected())
    }
}

fn desk(memory: &MemoryBackend, later: std::time::Duration) -> (Desk, Form) {
    let form = Form::new();
    let desk = Desk::built(open(memory, later), form.root.clone().upcast());
    form.bind(&desk.arrow);
    rest();
    (desk, form)
}

/// The user has changed all values.
fn left() -> MemoryBackend {
    let memory = MemoryBackend::new();
    let (desk, form) = desk(&memory, std::time::Duration::ZERO);
    desk.click(form.text.upcast_ref());
    write("Dear Ana");
    desk.click(form.urgent.upcast_ref());
    form.zoom.set_value(2.5);
    form.kind.set_selected(1);
    desk.arrow.changed();
    rest();
    desk.kill();
    memory
}

fn killed() {
    let (_desk, form) = desk(&left(), 42 * MINUTE);
    assert_eq!(form.values(), ("Dear Ana".to_owned(), true, 2.5, 1));
}

fn undone() {
    let (desk, form) = desk(&left(), 42 * MINUTE);
    desk.choose("Undo restore");
    assert_eq!(form.values(), (String::new(), false, 1.0, 0));
}

fn misuse() {
    let (password, shown) = (gtk::PasswordEntry::new(), gtk::Entry::new());
    let root = gtk::Box::new(gtk::Orientation::Vertical, 4);
    root.append(&password);
    root.append(&shown);
    let desk = Desk::built(Session::in_memory(), root.clone().upcast());
    desk.arrow.bind("password", &password, "text").bind("pin", &shown, "text");
    desk.arrow.bind("none", &shown, "no-such-property").bind("align", &shown, "halign").bind("", &shown, "text");
    desk.click(password.upcast_ref());
    write("secret");
    desk.click(shown.upcast_ref());
    write("1");
    // The field that was bound is one for a secret now.
    shown.set_visibility(false);
    write("2");
    assert_eq!(desk.session.borrow().sections(), ["pin", "values"]);
    let pin = leftoff::Section::<String>::new("pin", 1);
    assert_eq!(desk.session.borrow_mut().get_or_default(pin), "1");
}

fn dialog() {
    let session = Rc::new(RefCell::new(Session::in_memory()));
    let open = || {
        let text = gtk::Entry::new();
        let window = gtk::Window::builder().child(&text).build();
        let arrow = Arrow::attach_scope(&window, "note", &session, |_| {});
        arrow.closes_scope().bind("text", &text, "text");
        window.present();
        text.set_text("Dear");
        arrow.changed();
        rest();
        (window, text)
    };
    // The program ends while the dialog is open.
    let (window, _) = open();
    window.destroy();
    rest();
    assert_eq!(session.borrow().scopes(), ["note"]);
    let (window, text) = open();
    assert_eq!(text.text(), "Dear");
    window.close();
    rest();
    assert_eq!(session.borrow().scopes(), [""; 0]);
}
