//! The next version of the program is another one, or the element is not in view.

use std::cell::RefCell;
use std::rc::Rc;

use leftoff_slint::Drawn;
use slint::ComponentHandle;

use crate::support::*;

#[test]
fn renamed_field_is_found_by_what_it_looks_like() {
    let now =
        &[("form/name", "Name", FIELD), ("form/sum", "Amount", FIELD), ("form/due", "Due", FIELD), FORM[3], FORM[4]];
    let desk = Desk::after(leave_at_amount, FORM, now);
    assert_eq!(desk.pointed_at().as_deref(), Some("form/sum"));
    assert_eq!(desk.words().as_deref(), Some("you left off here · moved"));
}

#[test]
fn field_that_has_moved_to_another_place_gets_the_arrow_there() {
    let desk = Desk::after(leave_at_amount, FORM, &[FORM[2], FORM[0], FORM[4], FORM[1]]);
    assert_eq!(desk.pointed_at().as_deref(), Some("form/amount"));
    let Drawn::Arrow { bounds, .. } = desk.arrow.drawn() else { panic!("it is there") };
    assert!(bounds.min.y > 190.0, "{bounds:?}");
}

#[test]
fn removed_field_leaves_a_bracket_around_its_neighbour() {
    let desk = Desk::after(leave_at_amount, FORM, &[FORM[0], FORM[2], FORM[3], FORM[4]]);
    let Drawn::Bracket { around, words, .. } = desk.arrow.drawn() else { panic!("{:?}", desk.arrow.drawn()) };
    assert_eq!(around, "form/name");
    assert!(words.unwrap().0.contains("came after this"));
    assert!(desk.app.global::<LeftOff>().get_is_bracket());
}

#[test]
fn removed_record_gets_no_arrow_at_another_record() {
    let rows = [("form/11", "Hotel", RECORD), ("form/12", "Hotel", RECORD), ("form/13", "Hotel", RECORD)];
    let leave = |desk: &Desk| {
        desk.click(1);
        desk.write("90");
    };
    assert_eq!(Desk::after(leave, &rows, &rows).pointed_at().as_deref(), Some("form/12"));
    // In its place is another record that looks the same.
    let desk = Desk::after(leave, &rows, &[rows[0], ("form/14", "Hotel", RECORD), rows[2]]);
    assert_eq!(desk.pointed_at(), None);
    assert!(matches!(desk.arrow.drawn(), Drawn::Bracket { .. }));
}

#[test]
fn continue_opens_the_page_and_the_arrow_is_there() {
    let desk = Desk::after(leave_at_amount, FORM, FORM);
    let opened = Rc::new(RefCell::new(Vec::new()));
    let (weak, paths) = (desk.app.as_weak(), Rc::clone(&opened));
    desk.arrow.on_open(move |path| {
        paths.borrow_mut().push(path.to_owned());
        weak.unwrap().set_page(0);
    });
    desk.app.set_page(1);
    pump();
    assert_eq!(desk.arrow.drawn(), Drawn::Nothing);
    desk.choose("Continue");
    assert_eq!(*opened.borrow(), ["form/amount"]);
    assert_eq!(desk.pointed_at().as_deref(), Some("form/amount"));
}

#[test]
fn field_that_is_scrolled_away_gets_an_arrow_at_the_edge_and_a_click_scrolls_there() {
    let mut items = vec![FORM[0]; 20];
    for (nth, item) in items.iter_mut().enumerate() {
        item.0 = format!("form/field-{nth}").leak();
        item.1 = format!("Field {nth}").leak();
    }
    let mut later = items.clone();
    let last = later.remove(1);
    later.push(last);
    let leave = |desk: &Desk| {
        desk.click(1);
        desk.write("x");
    };
    let desk = Desk::after(leave, &items, &later);
    assert!(matches!(desk.arrow.drawn(), Drawn::Arrow { is_off_screen: true, .. }), "{:?}", desk.arrow.drawn());
    let global = desk.app.global::<LeftOff>();
    assert!(global.get_can_follow());
    global.invoke_followed();
    pump();
    assert!(desk.app.get_scrolled() < -700.0, "{}", desk.app.get_scrolled());
    assert!(matches!(desk.arrow.drawn(), Drawn::Arrow { is_off_screen: false, .. }), "{:?}", desk.arrow.drawn());
}

#[test]
fn arrow_follows_its_field_when_the_layout_changes() {
    let desk = Desk::after(leave_at_amount, FORM, FORM);
    let Drawn::Arrow { bounds: before, .. } = desk.arrow.drawn() else { panic!("it is there") };
    show(&desk.app, &[FORM[0], FORM[2], FORM[3], FORM[1]]);
    pump();
    let Drawn::Arrow { bounds, .. } = desk.arrow.drawn() else { panic!("it is there") };
    assert!((bounds.min.y - before.min.y - 120.0).abs() < 1.0, "{before:?} {bounds:?}");
}

#[test]
fn arrow_covers_no_caption() {
    let desk = Desk::after(leave_at_amount, FORM, FORM);
    let side = || match desk.arrow.drawn() {
        Drawn::Arrow { bounds, .. } => bounds.min.x < 120.0,
        other => panic!("{other:?}"),
    };
    assert!(side(), "where reading begins");
    desk.app.set_has_caption(true);
    pump();
    assert!(!side(), "on the other side");
}
