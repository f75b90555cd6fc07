//! Scenes that are drawn by hand, and how long a place takes.

use std::hint::black_box;
use std::time::Instant;

use super::*;

fn scene(target: Rect) -> Scene {
    Scene { target, clip: Rect::new(0.0, 0.0, 400.0, 300.0), focus: None, direction: Direction::LeftToRight }
}

#[test]
fn nothing_and_what_is_not_finite_has_no_place() {
    let metrics = Metrics::pixels(1.0);
    let real = Rect::new(50.0, 50.0, 9.0, 9.0);
    assert!(place(&scene(real), &metrics, &[]).is_some());
    for rect in [Rect::default(), Rect::new(f32::NAN, 0.0, 9.0, 9.0), Rect::new(9.0, 9.0, -1.0, 9.0)] {
        assert_eq!(place(&scene(rect), &metrics, &[]), None);
        assert_eq!(place(&Scene { clip: rect, ..scene(real) }, &metrics, &[]), None);
    }
    let focus = Some(Point { x: f32::INFINITY, y: 0.0 });
    assert_eq!(place(&Scene { focus, ..scene(real) }, &metrics, &[]), None);
    let (far, opposite) = (Rect::new(f32::MIN, 0.0, 1e38, 9.0), Rect::new(2e38, 0.0, 1e38, 9.0));
    assert_eq!(place(&Scene { clip: far, ..scene(opposite) }, &metrics, &[]), None, "no number is the way there");
    for snap in [Snap::Pixels(0.0), Snap::Pixels(-1.0), Snap::Pixels(f32::NAN)] {
        assert_eq!(place(&scene(real), &Metrics { snap, ..metrics }, &[]), None);
    }
    for bad in
        [Metrics { length: 0.0, ..metrics }, Metrics { width: -1.0, ..metrics }, Metrics { air: -1.0, ..metrics }]
    {
        assert_eq!(place(&scene(real), &bad, &[]), None);
    }
}

#[test]
fn each_side_gives_way_to_the_next_that_covers_no_other() {
    let target = scene(Rect::new(150.0, 100.0, 100.0, 30.0));
    let neighbours = [(60.0, 100.0), (262.0, 100.0), (150.0, 60.0), (150.0, 150.0)];
    let neighbours = neighbours.map(|(x, y)| Rect::new(x, y, 80.0, 30.0));
    let side_among = |count| place(&target, &Metrics::pixels(1.0), &neighbours[..count]).unwrap().mode;
    let sides = [Side::Left, Side::Right, Side::Top, Side::Bottom, Side::Left].map(Mode::Beside);
    assert_eq!([0, 1, 2, 3, 4].map(side_among), sides, "the first again where none is free");
    // What has no size, as hidden widgets have, is covered by nothing.
    let hidden = [Rect::new(120.0, 110.0, 0.0, 0.0), Rect::new(120.0, 110.0, f32::NAN, 9.0)];
    assert_eq!(place(&target, &Metrics::pixels(1.0), &hidden).unwrap().mode, Mode::Beside(Side::Left));
}

#[test]
fn a_second_reveal_after_the_first_is_none() {
    // The focus is three quarters of a pixel off after the first, give or take what `f32` does not know.
    let scene = |x: f32, y: f32| Scene {
        target: Rect::new(135.0 + x, 267.5 + y, 40.0, 1422.0),
        clip: Rect { min: Point { x: 38.746, y: -259.0 }, max: Point { x: 71.246, y: -255.998 } },
        focus: Some(Point { x: 155.0 + x, y: 1575.74 + y }),
        direction: Direction::LeftToRight,
    };
    let (x, y) = place(&scene(0.0, 0.0), &Metrics::pixels(1.25), &[]).unwrap().reveal;
    assert_eq!(place(&scene(x, y), &Metrics::pixels(1.25), &[]).unwrap().reveal, (0.0, 0.0));
}

#[test]
fn in_a_terminal_the_arrow_is_one_cell() {
    let row = Scene { clip: Rect::new(0.0, 0.0, 80.0, 24.0), ..scene(Rect::new(1.0, 5.0, 30.0, 1.0)) };
    let metrics = Metrics { label: (9.0, 1.0), ..Metrics::cells() };
    let placement = place(&row, &metrics, &[]).unwrap();
    assert_eq!((placement.mode, placement.bounds), (Mode::Beside(Side::Left), Rect::new(0.0, 5.0, 1.0, 1.0)));
    assert_eq!((placement.outline, placement.label), (Some(row.target), Some(Rect::new(31.0, 5.0, 9.0, 1.0))));
    // Of a tall element, the first row, or the one with the caret, wherever in its cell the caret is.
    let tall = Scene { target: Rect::new(1.0, 5.0, 30.0, 9.0), ..row };
    let row_of = |focus| place(&Scene { focus, ..tall }, &metrics, &[]).unwrap().bounds.min.y;
    assert_eq!(row_of(None), 5.0);
    assert_eq!([8.0, 8.5, 8.9, 30.0, 0.0].map(|y| row_of(Some(Point { x: 2.0, y }))), [8.0, 8.0, 8.0, 13.0, 5.0]);
    // The caret one row below what can be seen of a long text.
    let long = Scene { target: Rect::new(1.0, -5.0, 30.0, 90.0), ..row };
    let reveal_of = |y| place(&Scene { focus: Some(Point { x: 2.0, y }), ..long }, &metrics, &[]).unwrap().reveal.1;
    assert_eq!([0.0, 23.0, 24.0, 24.5, -1.0].map(reveal_of), [0.0, 0.0, -1.0, -1.0, 1.0]);
    // As wide as the terminal, in a terminal of one row: on its first cell.
    let full = Scene { target: Rect::new(0.0, 0.0, 80.0, 1.0), clip: Rect::new(0.0, 0.0, 80.0, 1.0), ..row };
    let inside = place(&full, &metrics, &[]).unwrap();
    assert_eq!((inside.mode, inside.bounds), (Mode::Inside(Side::Left), Rect::new(0.0, 0.0, 1.0, 1.0)));
}

#[test]
fn a_long_text_is_scrolled_to_its_caret_and_no_further() {
    let text = Rect::new(50.0, 400.0, 200.0, 2000.0);
    let reveal = |focus| place(&Scene { focus, ..scene(text) }, &Metrics::pixels(1.0), &[]).unwrap().reveal;
    assert_eq!(reveal(None), (0.0, -400.0), "its start");
    assert_eq!(reveal(Some(Point { x: 60.0, y: 420.0 })), (0.0, -400.0));
    assert_eq!(reveal(Some(Point { x: 60.0, y: 1400.0 })), (0.0, 300.0 - 12.0 - 1400.0), "room for the arrow below");
    assert_eq!(reveal(Some(Point { x: 60.0, y: 2400.0 })), (0.0, 300.0 - 2400.0), "its end, and nothing beyond");
    // Already in the middle of it: nothing to move.
    let read = Scene { target: Rect::new(50.0, -400.0, 200.0, 2000.0), ..scene(text) };
    assert_eq!(place(&read, &Metrics::pixels(1.0), &[]).unwrap().reveal, (0.0, 0.0));
}

/// `cargo test --release --lib -- --ignored --nocapture nanoseconds_of_a_place`
#[test]
#[ignore = "a measurement: of use only in a release build on a quiet machine"]
fn nanoseconds_of_a_place() {
    let mut random = Random(3);
    let cases: Vec<Case> = (0..10_000).map(|_| random.case()).collect();
    let measure = |what: &str, place: &dyn Fn(&Case) -> Option<Placement>| {
        let mut best = f64::MAX;
        for _ in 0..50 {
            let start = Instant::now();
            for case in &cases {
                black_box(place(black_box(case)));
            }
            best = best.min(start.elapsed().as_secs_f64() * 1e9 / 1e4);
        }
        println!("{what}: {best:.0} ns");
    };
    measure("any scene, up to three others", &Case::place);
    measure("any scene, no others", &|case| place(&case.scene, &case.metrics, &[]));
}
