//! Records in a list that builds only its visible rows.

use std::time::Duration;

use gtk::glib::BoxedAnyObject;
use gtk::prelude::*;
use leftoff::backend::MemoryBackend;
use leftoff_gtk::{Drawn, mark};

use crate::Test;
use crate::support::*;

pub const TESTS: &[Test] = &[
    ("the_arrow_follows_a_record_to_another_row", moved),
    ("a_record_in_a_row_that_is_not_built_is_told_and_scrolled_to", far),
    ("a_record_that_is_gone_gets_no_arrow_at_another_record", gone),
];

fn list(memory: &MemoryBackend, ids: &[u32], later: Duration) -> Desk {
    let factory = gtk::SignalListItemFactory::new();
    factory.connect_setup(|_, item| {
        let item = item.downcast_ref::<gtk::ListItem>().unwrap();
        let row = gtk::Box::new(gtk::Orientation::Horizontal, 60);
        row.append(&gtk::Label::new(None));
        row.append(&gtk::Entry::new());
        item.set_child(Some(&row));
    });
    factory.connect_bind(|_, item| {
        let item = item.downcast_ref::<gtk::ListItem>().unwrap();
        let id = *item.item().and_downcast::<BoxedAnyObject>().unwrap().borrow::<u32>();
        let row = item.child().unwrap();
        row.first_child().and_downcast::<gtk::Label>().unwrap().set_text(&format!("Order {id}"));
        mark(&row, format!("orders/{id}")).label(format!("Order {id}")).role("row").record();
        let notes = row.last_child().unwrap();
        notes.set_widget_name(&format!("notes-{id}"));
        mark(&notes, format!("orders/{id}/notes")).label("Notes").breadcrumb([format!("Order {id}")]);
    });
    let mut store = gtk::gio::ListStore::new::<BoxedAnyObject>();
    store.extend(ids.iter().map(|id| BoxedAnyObject::new(*id)));
    let view = gtk::ListView::new(Some(gtk::NoSelection::new(Some(store))), Some(factory));
    view.set_widget_name("orders");
    let root = gtk::ScrolledWindow::builder().child(&view).build();
    let desk = Desk::built(open(memory, later), root.upcast());
    let ids = ids.to_vec();
    desk.arrow.add_list(&view, move |record| {
        let row = ids.iter().position(|id| id.to_string() == record)?;
        u32::try_from(row).ok()
    });
    desk.arrow.resume(|_| ());
    rest();
    desk
}

fn after(before: &[u32], now: &[u32]) -> Desk {
    let memory = MemoryBackend::new();
    let desk = list(&memory, before, Duration::ZERO);
    desk.click_on("notes-8");
    write("120");
    assert_eq!(desk.last().unwrap().0, "orders/8/notes");
    desk.kill();
    list(&memory, now, 42 * MINUTE)
}

fn moved() {
    let desk = after(&[7, 8, 9], &[10, 9, 8, 7]);
    assert_eq!(desk.pointed_at().as_deref(), Some("orders/8/notes"));
    let Drawn::Arrow { bounds, .. } = desk.arrow.drawn() else { panic!("no arrow") };
    let (field, level) = (desk.rect("notes-8"), f32::midpoint(bounds.min.y, bounds.max.y));
    assert!(field.min.y < level && level < field.max.y);
}

fn far() {
    let now: Vec<u32> = (100..1100).chain([8, 9]).collect();
    let desk = after(&[7, 8, 9], &now);
    assert!(matches!(desk.arrow.drawn(), Drawn::Bracket { around, .. } if around == "orders"));
    assert_eq!(desk.words().as_deref(), Some("“Notes” is in row 1001"));
    desk.choose("Continue");
    wait_for("the arrow", || desk.pointed_at().is_some());
    rest();
    assert!(
        matches!(desk.arrow.drawn(), Drawn::Arrow { element, is_off_screen: false, .. } if element == "orders/8/notes")
    );
}

fn gone() {
    let desk = after(&[7, 8, 9], &[7, 9]);
    assert_eq!(desk.pointed_at(), None);
    assert!(
        matches!(desk.arrow.drawn(), Drawn::Bracket { around, .. } if around == "orders/7"),
        "{:?}",
        desk.arrow.drawn()
    );
}
