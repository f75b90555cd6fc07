//! Goes to the element: opens its page, and scrolls.

use gtk::glib;
use gtk::prelude::*;

use crate::collect::{ancestors, bounds};

/// The next step on the way to the element.
#[derive(Debug, Clone)]
pub(crate) enum Way {
    /// It is on an open page.
    Scroll(glib::WeakRef<gtk::Widget>),
    /// It is on a page that is not open, with this path.
    Open(glib::WeakRef<gtk::Widget>, String),
    /// It is in this row of a list, which has not built it.
    Row(glib::WeakRef<gtk::Widget>, u64),
    /// Only the program can open its page.
    Ask(String),
}

/// Takes the step. Returns the path of an element whose page the program must open.
pub(crate) fn follow(way: &Way) -> Option<String> {
    match way {
        Way::Scroll(widget) => reveal(&widget.upgrade()?),
        Way::Open(widget, path) => {
            let is_opened = widget.upgrade().is_some_and(|widget| open(&widget));
            return (!is_opened).then(|| path.clone());
        }
        Way::Row(list, row) => {
            let row = u32::try_from(*row).ok()?;
            // In a list without that action, nothing happens.
            let _ = list.upgrade()?.activate_action("list.scroll-to-item", Some(&row.to_variant()));
        }
        Way::Ask(path) => return Some(path.clone()),
    }
    None
}

/// Opens the pages around a widget. Returns whether there was one to open.
fn open(widget: &gtk::Widget) -> bool {
    let mut is_opened = false;
    let mut inner = widget.clone();
    for outer in ancestors(widget).skip(1) {
        is_opened |= open_in(&outer, &inner);
        inner = outer;
    }
    // The contents of a closed expander have no parent.
    is_opened
}

fn open_in(outer: &gtk::Widget, inner: &gtk::Widget) -> bool {
    if let Some(notebook) = outer.parent().and_downcast::<gtk::Notebook>() {
        // The pages are in a stack inside the notebook.
        let page = notebook.page_num(inner);
        let is_closed = page.is_some() && notebook.current_page() != page;
        if is_closed {
            notebook.set_current_page(page);
        }
        return is_closed;
    }
    if let Some(revealer) = outer.downcast_ref::<gtk::Revealer>() {
        let is_closed = !revealer.reveals_child();
        revealer.set_reveal_child(true);
        return is_closed;
    }
    // A stack of GTK, or of another library.
    let is_stack = outer.find_property("visible-child").is_some_and(|property| {
        property.value_type() == gtk::Widget::static_type() && property.flags().contains(glib::ParamFlags::WRITABLE)
    });
    let is_closed = is_stack && !inner.is_child_visible();
    if is_closed {
        outer.set_property("visible-child", inner);
    }
    is_closed
}

/// Room above and below an element that was scrolled into view.
const MARGIN: f64 = 8.0;

/// Scrolls everything around a widget so that it is in view.
fn reveal(widget: &gtk::Widget) {
    // By how far the inner scrolls have moved it.
    let mut moved = (0.0, 0.0);
    for outer in ancestors(widget).skip(1) {
        let Some(scrolled) = outer.downcast_ref::<gtk::ScrolledWindow>() else { continue };
        let Some(rect) = bounds(widget, &outer) else { return };
        let size = (f64::from(rect.max.x - rect.min.x), f64::from(rect.max.y - rect.min.y));
        moved.0 += scroll(&scrolled.hadjustment(), f64::from(rect.min.x) - moved.0, size.0, outer.width());
        moved.1 += scroll(&scrolled.vadjustment(), f64::from(rect.min.y) - moved.1, size.1, outer.height());
    }
}

/// Scrolls along one axis, and returns by how far.
fn scroll(adjustment: &gtk::Adjustment, start: f64, length: f64, room: i32) -> f64 {
    let room = f64::from(room);
    let (before, after) = (start, start + length - room);
    if before >= 0.0 && after <= 0.0 {
        return 0.0;
    }
    let by = if before < 0.0 || length + MARGIN > room { before - MARGIN } else { after + MARGIN };
    let value = adjustment.value();
    adjustment.set_value(value + by);
    adjustment.value() - value
}
