//! The user comes back to another version of the program.

use leftoff_gtk::Drawn;

use crate::Test;
use crate::support::*;

pub const TESTS: &[Test] = &[
    ("a_renamed_field_is_found_by_its_label_and_called_moved", renamed),
    ("the_arrow_follows_a_field_to_another_row", reordered),
    ("a_removed_field_gets_a_bracket_around_its_neighbor", removed),
    ("a_form_that_is_gone_leaves_the_card", gone),
    ("arrow_and_words_cover_no_caption_and_no_field", covers_nothing),
    ("from_right_to_left_the_arrow_is_on_the_other_side", mirrored),
    ("the_marker_is_quiet_once_the_user_is_back", back),
    ("a_window_in_which_nothing_happens_draws_no_frames", still),
];

fn renamed() {
    let now = [("sum", "_Amount:"), ("color", "_Color"), ("name", "_Name"), ("due", "_Due")];
    let desk = Desk::after(leave_at_amount, &form(FORM), &form(&now));
    assert_eq!(desk.pointed_at().as_deref(), Some("form/sum"));
    assert_eq!(desk.words().as_deref(), Some("you left off here · moved"));
}

fn reordered() {
    let now = [FORM[2], FORM[0], FORM[1]];
    let desk = Desk::after(leave_at_amount, &form(FORM), &form(&now));
    assert_eq!(desk.pointed_at().as_deref(), Some("form/amount"));
    let Drawn::Arrow { bounds, .. } = desk.arrow.drawn() else { panic!("no arrow") };
    let field = desk.rect("amount");
    let level = f32::midpoint(bounds.min.y, bounds.max.y);
    assert!(field.min.y < level && level < field.max.y, "{bounds:?} is not level with {field:?}");
}

fn removed() {
    let now = [FORM[0], FORM[2]];
    let desk = Desk::after(leave_at_amount, &form(FORM), &form(&now));
    assert!(matches!(desk.arrow.drawn(), Drawn::Bracket { around, .. } if around == "form/name"));
    assert_eq!(desk.words().as_deref(), Some("“Amount” came after this"));
}

fn gone() {
    let now = form(&[("color", "_Color")]).replace("id='form'", "id='settings'");
    let now = now.replace("id='send'", "id='reset'").replace("_Send", "_Reset");
    let now = now.replace("<interface>", "<interface><object class='GtkBox' id='form'><child>");
    let now = now.replace("</interface>", "</child></object></interface>");
    // The name of the root is no longer a part of the path.
    let root: gtk::Box = gtk::Builder::from_string(&now).object("settings").unwrap();
    gtk::prelude::WidgetExt::unparent(&root);
    let memory = leftoff::backend::MemoryBackend::new();
    let desk = Desk::with(&memory, &form(FORM), std::time::Duration::ZERO);
    leave_at_amount(&desk);
    desk.kill();
    let desk = Desk::built(open(&memory, 42 * MINUTE), gtk::prelude::Cast::upcast(root));
    assert_eq!(desk.arrow.drawn(), Drawn::Nothing);
    let (lines, _) = desk.arrow.card();
    assert!(lines[0].starts_with("Amount") && lines[0].ends_with("it is no longer here"), "{lines:?}");
}

fn covers_nothing() {
    let desk = Desk::after(leave_at_amount, &form(FORM), &form(FORM));
    let Drawn::Arrow { bounds, words, .. } = desk.arrow.drawn() else { panic!("no arrow") };
    let (_, words) = words.expect("room for the words");
    let is_apart = |a: leftoff::marker::place::Rect, b: leftoff::marker::place::Rect| {
        a.max.x <= b.min.x || b.max.x <= a.min.x || a.max.y <= b.min.y || b.max.y <= a.min.y
    };
    let content = gtk::prelude::WidgetExt::parent(&desk.root).unwrap();
    for widget in all(&desk.root) {
        use gtk::prelude::*;
        if widget.is::<gtk::Entry>() || widget.is::<gtk::Label>() {
            let rect = widget.compute_bounds(&content).unwrap();
            let rect = leftoff::marker::place::Rect::new(rect.x(), rect.y(), rect.width(), rect.height());
            assert!(is_apart(rect, bounds) && is_apart(rect, words), "{widget:?} {rect:?}: {bounds:?} {words:?}");
        }
    }
    assert!(bounds.max.x <= desk.rect("amount").min.x, "before the field");
}

fn mirrored() {
    gtk::Widget::set_default_direction(gtk::TextDirection::Rtl);
    let desk = Desk::after(leave_at_amount, &form(FORM), &form(FORM));
    gtk::Widget::set_default_direction(gtk::TextDirection::Ltr);
    let Drawn::Arrow { bounds, .. } = desk.arrow.drawn() else { panic!("no arrow") };
    assert!(bounds.min.x >= desk.rect("amount").max.x, "{bounds:?} {:?}", desk.rect("amount"));
}

fn back() {
    let desk = Desk::after(leave_at_amount, &form(FORM), &form(FORM));
    desk.click_on("amount");
    write("!");
    assert_eq!((desk.pointed_at().as_deref(), desk.words()), (Some("form/amount"), None));
}

fn still() {
    use gtk::prelude::*;
    let desk = Desk::after(leave_at_amount, &form(FORM), &form(FORM));
    assert!(desk.pointed_at().is_some());
    let clock = desk.window.frame_clock().unwrap();
    let frames = std::rc::Rc::new(std::cell::Cell::new(0));
    let counted = std::rc::Rc::clone(&frames);
    let handler = clock.connect_after_paint(move |_| counted.set(counted.get() + 1));
    let start = std::time::Instant::now();
    while start.elapsed() < std::time::Duration::from_millis(1500) {
        rest();
    }
    clock.disconnect(handler);
    assert!(frames.get() <= 3, "{} frames", frames.get());
}
