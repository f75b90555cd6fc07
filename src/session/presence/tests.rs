use super::*;
use crate::time::SystemClock;

fn marks() -> Marks {
    let rules = Rules { absence: Duration::MAX, renames: &[] };
    Marks::none(rules, Watch::new(now(), &SystemClock::new()))
}

fn now() -> Now {
    Now { wall: crate::time::Timestamp::from_millis(0), monotonic: Duration::ZERO }
}

fn touch(marks: &mut Marks, scope: &str) {
    marks.record(scope, &Mark::new("name"), now(), &SystemClock::new());
}

fn last(marks: &Marks) -> Option<u64> {
    marks.last().map(TrailEntry::seq)
}

#[test]
fn save_visits_only_the_scopes_that_were_touched_since_the_last_one() {
    let mut marks = marks();
    (0..1_000).for_each(|scope| touch(&mut marks, &format!("window/{scope}")));
    assert_eq!(marks.changed.len(), 1_000);
    marks.changed.clear();
    marks.trails.values_mut().for_each(Trail::mark_written);
    for _ in 0..100 {
        touch(&mut marks, "window/7");
        touch(&mut marks, "");
    }
    assert_eq!(marks.changed.iter().map(|scope| &**scope).collect::<Vec<_>>(), ["window/7", ""]);
}

#[test]
fn last_mark_is_the_newest_of_the_open_scopes_in_whatever_order_they_close() {
    let mut marks = marks();
    for scope in ["a", "b", "", "a", "c", "b", "a"] {
        touch(&mut marks, scope);
    }
    assert_eq!(last(&marks), Some(7));
    marks.close_scope("b");
    assert_eq!(last(&marks), Some(7));
    marks.close_scope("a");
    assert_eq!(last(&marks), Some(5), "c is the newest that is left");
    touch(&mut marks, "b");
    assert_eq!(last(&marks), Some(8), "opened once more");
    marks.close_scope("b");
    marks.close_scope("c");
    assert_eq!(last(&marks), Some(3), "the application itself");
}

#[test]
fn visits_grow_with_the_scopes_and_not_with_the_visits() {
    let mut marks = marks();
    for _ in 0..1_000 {
        for scope in ["a", "", "b"] {
            touch(&mut marks, scope);
        }
    }
    assert!(marks.visits.len() <= 2 * 3 + 16, "{}", marks.visits.len());
    marks.close_scope("b");
    assert_eq!(last(&marks), Some(2_999));
}
