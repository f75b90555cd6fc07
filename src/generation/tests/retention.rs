//! What retention keeps and removes.

use crate::sorted::SortedSet;

use super::*;
use crate::frame::When;

const NOW: When = When { wall: Timestamp::from_millis(0), machine: None };

/// Six launches, each compacted, and a seventh.
fn chain_of_bases(log: &Log) {
    let mut parent = None;
    for number in (10..=60).step_by(10) {
        let text = number.to_string();
        log.launch(number, parent, text.as_bytes());
        log.base(number + 5, point(number, 1), text.as_bytes());
        parent = Some(end(number));
    }
    log.launch(70, parent, b"70");
}

fn tidied(launches: usize, bytes: impl Fn(&Log) -> u64) -> Vec<u64> {
    let log = Log::default();
    chain_of_bases(&log);
    let retention = Retention { launches, bytes: bytes(&log) };
    retain(&log.0, end(70), NOW, retention, &SortedSet::new(), &nobody_else(&log), || false).unwrap();
    log.numbers()
}

/// Everything stored existed when this process first looked.
fn nobody_else(log: &Log) -> Others {
    Others::new(0, &log.0.generations().unwrap(), &Loaded::default())
}

/// What the present state needs (70, 65), what gives the same state without its newest base (60, 55), and history.
#[test]
fn history_is_kept_for_so_many_launches_and_up_to_so_many_bytes() {
    let present = [55, 60, 65, 70];
    assert_eq!(tidied(0, |_| u64::MAX), present);
    assert_eq!(tidied(2, |_| u64::MAX), present, "which has these two anyway");
    assert_eq!(tidied(3, |_| u64::MAX), [45, 55, 60, 65, 70]);
    let all = [45, 55, 60, 65, 70];
    assert_eq!(tidied(9, |log| size_of(log, &all)), all, "just enough");
    assert_eq!(tidied(9, |log| size_of(log, &all) - 1), present, "not quite");
    assert_eq!(tidied(9, |_| 0), present, "whatever they take");
}

#[test]
fn the_newest_five_damaged_generations_are_kept() {
    let log = Log::default();
    (1..=7).for_each(|number| log.garbage(point(number, 0)));
    chain_of_bases(&log);
    let retention = Retention { launches: 0, bytes: 0 };
    retain(&log.0, end(70), NOW, retention, &SortedSet::new(), &nobody_else(&log), || false).unwrap();
    assert_eq!(log.numbers(), [3, 4, 5, 6, 7, 55, 60, 65, 70]);
}

#[test]
fn nothing_is_tidied_while_somebody_waits() {
    let log = Log::default();
    chain_of_bases(&log);
    let retention = Retention { launches: 0, bytes: 0 };
    retain(&log.0, end(70), NOW, retention, &SortedSet::new(), &nobody_else(&log), || true).unwrap();
    assert_eq!(log.numbers().len(), 13);
}

#[test]
fn a_launch_ends_where_no_process_goes_on_and_where_one_turned_back() {
    let log = Log::default();
    log.launch(1, None, b"1");
    log.launch(2, Some(end(1)), b"2");
    let goes_on = |parent| Body::Launch(Launch { continued: true, ..launch(Some(parent)) });
    log.add(point(3, 0), &goes_on(end(2)), b"");
    log.add(point(4, 0), &goes_on(point(1, 1)), b"");
    log.save(point(4, 1), b"4");
    let retention = Retention { launches: 9, bytes: 0 };
    let points =
        points(&mut Catalog::read(&log.0).unwrap(), generation(4), NOW, retention, &|| false).unwrap().unwrap();
    let points: Vec<_> = points.iter().map(|state| state.point).collect();
    assert_eq!(points, [point(2, 1), end(1)], "the third has what the second left");
}
