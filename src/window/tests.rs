//! Monitors that come and go.

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

fn area(x: i32, y: i32, width: u32, height: u32) -> Area {
    Area::new(x, y, width, height).unwrap()
}

fn monitor(name: &str, x: i32, y: i32, width: u32, height: u32, scale: f64) -> Monitor {
    Monitor::new(name, area(x, y, width, height), scale)
}

fn laptop() -> Monitor {
    monitor("eDP-1", 0, 0, 1440, 860, 1.0)
}

fn desk() -> Monitor {
    monitor("DP-2", 1440, 0, 2560, 1400, 1.0)
}

fn normal(x: i32, y: i32, width: u32, height: u32) -> Placement {
    Placement::new(area(x, y, width, height), Mode::Normal)
}

fn seen(placement: Placement, monitors: &[Monitor]) -> Geometry {
    let mut geometry = Geometry::default();
    assert!(geometry.observe(&placement, monitors));
    geometry
}

#[track_caller]
fn fitted(placement: Placement, before: &[Monitor], after: &[Monitor]) -> Option<(i32, i32, u32, u32)> {
    let area = seen(placement, before).fit(after)?.area()?;
    let ((x, y), (width, height)) = (area.position(), area.size());
    Some((x, y, width, height))
}

#[test]
fn numbers_that_no_window_can_have_are_refused() {
    for (x, y, width, height) in [
        (f64::NAN, 0.0, 640.0, 480.0),
        (0.0, f64::INFINITY, 640.0, 480.0),
        (0.0, f64::NEG_INFINITY, 640.0, 480.0),
        (0.0, 0.0, f64::NAN, 480.0),
        (0.0, 0.0, f64::INFINITY, 480.0),
        (0.0, 0.0, 0.0, 480.0),
        (0.0, 0.0, 640.0, -480.0),
        (0.0, 0.0, 640.0, 0.4),
        (1e9, 0.0, 640.0, 480.0),
        (0.0, 0.0, 640.0, 1e9),
        (f64::MAX, 0.0, 640.0, 480.0),
    ] {
        assert_eq!(Area::new(x, y, width, height), None, "{x} {y} {width} {height}");
    }
    assert_eq!(Placement::sized(0, 480, Mode::Normal), None);
    for scale in [f64::NAN, f64::INFINITY, 0.0, -1.0, 0.01, 1e6] {
        assert_eq!(Monitor::new("a", area(0, 0, 10, 10), scale).scale().to_string(), "1", "{scale}");
    }
    assert_eq!(monitor("a", 0, 0, 10, 10, 1.25).scale().to_string(), "1.25");
}

#[test]
fn same_monitors_in_any_order_give_the_same_area() {
    let there = normal(1600, 100, 2000, 1200);
    assert_eq!(seen(there, &[laptop(), desk()]).fit(&[desk(), laptop()]), Some(there));
    // Partly outside, because the user wants it so.
    for there in [normal(-500, 300, 800, 500), normal(1300, 830, 800, 500), normal(1000, 700, 4000, 4000)] {
        assert_eq!(seen(there, &[laptop(), desk()]).fit(&[laptop(), desk()]), Some(there));
    }
}

#[test]
fn window_of_a_monitor_that_is_gone_lies_on_the_nearest_one() {
    let both = [laptop(), desk()];
    assert_eq!(fitted(normal(1600, 100, 800, 600), &both, &[laptop()]), Some((640, 100, 800, 600)));
    assert_eq!(fitted(normal(3000, 1300, 2000, 1200), &both, &[laptop()]), Some((0, 0, 1440, 860)));
    let above = monitor("DP-3", 0, -1080, 1920, 1040, 1.0);
    assert_eq!(fitted(normal(100, -900, 800, 600), &[laptop(), above], &[laptop()]), Some((100, 0, 800, 600)));
    // Two are left: the nearer one, whatever the order.
    let third = monitor("DP-3", 4000, 0, 1920, 1040, 1.0);
    let three = [laptop(), desk(), third.clone()];
    let after = [laptop(), third];
    assert_eq!(fitted(normal(3000, 100, 800, 600), &three, &after), Some((4000, 100, 800, 600)));
}

#[test]
fn window_returns_when_its_monitor_does() {
    let (both, alone) = ([laptop(), desk()], [laptop()]);
    let at_work = normal(1600, 100, 2000, 1200);
    let mut geometry = seen(at_work, &both);
    let healed = geometry.fit(&alone).unwrap();
    for _ in 0..3 {
        assert!(!geometry.observe(&healed, &alone), "nobody moved it");
    }
    assert_eq!(geometry.fit(&both), Some(at_work));
    // Moved there by the user: each set of monitors has its own placement from then on.
    let on_the_train = normal(10, 20, 900, 700);
    assert!(geometry.observe(&on_the_train, &alone));
    assert!(!geometry.observe(&on_the_train, &alone));
    assert_eq!((geometry.fit(&alone), geometry.fit(&both)), (Some(on_the_train), Some(at_work)));
    // An unknown set follows the one used last.
    let hall = [laptop(), monitor("HDMI-1", -1920, 0, 1920, 1040, 1.0)];
    assert_eq!(geometry.fit(&hall), Some(on_the_train));
    assert!(geometry.observe(&at_work, &both));
    assert_eq!(geometry.fit(&hall).and_then(|there| there.area()), Some(area(0, 0, 1440, 860)));
}

#[test]
fn window_follows_its_monitor_to_another_place() {
    let moved = monitor("DP-2", -2560, 0, 2560, 1400, 1.0);
    assert_eq!(
        fitted(normal(1600, 100, 800, 600), &[laptop(), desk()], &[moved, laptop()]),
        Some((-2400, 100, 800, 600))
    );
    // Two of one model, which have one name: the nearer one.
    let model = |x| monitor("Dell", x, 0, 1000, 1000, 1.0);
    let there = normal(1100, 100, 300, 300);
    assert_eq!(fitted(there, &[model(0), model(1000)], &[model(-1000), model(1010)]), Some((1110, 100, 300, 300)));
    // Names that say nothing identify nothing.
    let nameless = |x| monitor("", x, 0, 1000, 1000, 1.0);
    assert_eq!(fitted(there, &[nameless(1000)], &[nameless(5000), nameless(900)]), Some((1100, 100, 300, 300)));
}

#[test]
fn apparent_size_stays_when_the_scale_changes() {
    let (before, after) = ([monitor("DP-2", 0, 0, 3840, 2100, 1.0)], [monitor("DP-2", 0, 0, 3840, 2100, 2.0)]);
    let there = normal(100, 50, 800, 600);
    assert_eq!(fitted(there, &before, &after), Some((200, 100, 1600, 1200)));
    assert_eq!(fitted(there, &after, &before), Some((50, 25, 400, 300)));
    let fine = monitor("eDP-1", 0, 0, 2880, 1720, 2.0);
    assert_eq!(fitted(there, &before, &[fine]), Some((100, 50, 1600, 1200)), "another monitor");
}

#[test]
fn rectangle_of_a_minimized_window_changes_nothing() {
    let both = [laptop(), desk()];
    let there = normal(1600, 100, 800, 600);
    let mut geometry = seen(there, &both);
    // As Windows reports it, and as toolkits convert it to logical units.
    for far in [-32_000, -25_600, -21_333, -16_000] {
        for mode in [Mode::Normal, Mode::Maximized] {
            assert!(!geometry.observe(&Placement::new(area(far, far, 160, 28), mode), &both));
        }
    }
    assert!(!geometry.observe(&normal(-32_000, -32_000, 160, 28), &[]));
    assert_eq!(geometry.fit(&both), Some(there));
    assert_eq!(Geometry::default().fit(&both), None);
}

#[test]
fn grip_is_brought_back_on_a_monitor() {
    for (there, healed) in [
        (normal(100, -20, 800, 600), (100, 0, 800, 600)),
        (normal(100, 850, 800, 600), (100, 260, 800, 600)),
        (normal(-750, 100, 800, 600), (0, 100, 800, 600)),
        (normal(1400, 100, 800, 600), (640, 100, 800, 600)),
    ] {
        assert_eq!(fitted(there, &[laptop()], &[laptop()]), Some(healed));
    }
}

#[test]
fn normal_area_survives_other_modes() {
    let both = [laptop(), desk()];
    let mut geometry = seen(normal(100, 50, 800, 600), &both);
    let whole = Placement::new(area(-8, -8, 1456, 876), Mode::Maximized);
    assert!(geometry.observe(&whole, &both));
    assert!(!geometry.observe(&whole, &both));
    let maximized = geometry.fit(&both).unwrap();
    assert_eq!((maximized.mode(), maximized.area()), (Mode::Maximized, Some(area(100, 50, 800, 600))));
    // Moved to the other monitor meanwhile.
    assert!(geometry.observe(&Placement::new(area(1440, 0, 2560, 1440), Mode::Fullscreen), &both));
    let full = geometry.fit(&both).unwrap();
    assert_eq!((full.mode(), full.area()), (Mode::Fullscreen, Some(area(1540, 50, 800, 600))));
    assert!(geometry.observe(&normal(1540, 50, 800, 600), &both));
    assert_eq!(geometry.fit(&both).map(|there| there.mode()), Some(Mode::Normal));
    // Maximised from the first moment on.
    let geometry = seen(whole, &both);
    assert_eq!(geometry.fit(&both).map(|there| there.mode()), Some(Mode::Maximized));
}

#[test]
fn where_the_system_places_windows_the_size_returns() {
    let there = Placement::sized(2000, 900, Mode::Maximized).unwrap();
    assert_eq!(seen(there, &[]).fit(&[]), Some(there));
    let fitted = seen(there, &[]).fit(&[laptop(), monitor("a", 0, 0, 800, 1000, 1.0)]).unwrap();
    assert_eq!((fitted.area(), fitted.size(), fitted.mode()), (None, (1440, 900), Mode::Maximized));
    let fitted = seen(normal(10, 10, 800, 600), &[laptop()]).fit(&[]).unwrap();
    assert_eq!((fitted.area(), fitted.size()), (None, (800, 600)));
    let mut geometry = seen(there, &[laptop()]);
    let smaller = Placement::sized(500, 400, Mode::Normal).unwrap();
    assert!(geometry.observe(&smaller, &[laptop()]));
    assert_eq!(geometry.fit(&[laptop()]), Some(smaller));
}

#[test]
fn oldest_sets_of_monitors_are_dropped() {
    let set = |number: u32| [monitor("DP-2", 0, 0, 1000 + number, 1000, 1.0)];
    let mut geometry = Geometry::default();
    for number in 0..20 {
        assert!(geometry.observe(&normal(i32::try_from(number).unwrap(), 0, 100, 100), &set(number)));
        // Used again and again, so it stays.
        assert_eq!(geometry.observe(&normal(0, 0, 100, 100), &set(0)), number > 0);
    }
    assert_eq!(geometry.known.len(), Geometry::MAX_SETS);
    assert_eq!(geometry.fit(&set(0)), Some(normal(0, 0, 100, 100)));
}

fn any_area(most: i32) -> impl Strategy<Value = Area> {
    let size = 1..=u32::try_from(most).unwrap();
    (-most..=most, -most..=most, size.clone(), size).prop_map(|(x, y, width, height)| area(x, y, width, height))
}

/// Few names, so that monitors are met again.
fn any_monitors(least: usize) -> impl Strategy<Value = Vec<Monitor>> {
    let scale = prop::sample::select(vec![0.5, 1.0, 1.25, 1.5, 2.0, 3.0]);
    let any = ("[abc]?", any_area(4000), scale);
    prop::collection::vec(any.prop_map(|(name, area, scale)| Monitor::new(&name, area, scale)), least..5)
}

fn any_placement(most: i32) -> impl Strategy<Value = Placement> {
    let mode = prop::sample::select(vec![Mode::Normal, Mode::Maximized, Mode::Fullscreen]);
    let sized = (any_area(most), mode.clone())
        .prop_map(|(area, mode)| Placement::sized(area.size().0, area.size().1, mode).unwrap());
    let placed = (any_area(most), mode).prop_map(|(area, mode)| Placement::new(area, mode));
    prop_oneof![1 => sized, 4 => placed]
}

/// The rule of the documentation, written a second time and in another way.
fn has_grip(area: Area, monitors: &[Monitor]) -> bool {
    let ((x, y), (width, height)) = (area.position(), area.size());
    monitors.iter().any(|monitor| {
        let ((left, top), (work_width, work_height)) = (monitor.work_area().position(), monitor.work_area().size());
        let wanted = |grip: u32, size: u32, work: u32| {
            let scaled = f64::from(grip) * monitor.scale();
            scaled.floor().min(f64::from(size)).min(f64::from(work))
        };
        let shown = |start: i32, len: u32, work: i32, work_len: u32| {
            let end = (f64::from(start) + f64::from(len)).min(f64::from(work) + f64::from(work_len));
            end - f64::from(start.max(work))
        };
        let strip = f64::from(Geometry::GRIP.1) * monitor.scale();
        #[expect(clippy::cast_sign_loss, clippy::cast_possible_truncation, reason = "a small number")]
        let strip = (strip.floor() as u32).min(height);
        shown(x, width, left, work_width) >= wanted(Geometry::GRIP.0, width, work_width)
            && shown(y, strip, top, work_height) >= wanted(Geometry::GRIP.1, height, work_height)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn every_fit_can_be_reached_and_is_final(
        acts in prop::collection::vec((any_placement(8000), any_monitors(0)), 1..12),
        now in any_monitors(1),
    ) {
        let mut geometry = Geometry::default();
        for (placement, monitors) in &acts {
            geometry.observe(placement, monitors);
        }
        let Some(there) = geometry.fit(&now) else { return Ok(()) };
        if let Some(area) = there.area() {
            prop_assert!(has_grip(area, &now), "{area:?} on {now:?}");
        }
        // The same at the next start, whether the program observes it or not.
        let before = geometry.clone();
        geometry.observe(&there, &now);
        prop_assert_eq!(geometry.fit(&now), Some(there));
        // Not moved: what it was recorded for is unchanged.
        for (_, monitors) in &acts {
            prop_assert_eq!(geometry.fit(monitors), before.fit(monitors));
        }
        let mut alone = Geometry::default();
        alone.observe(&there, &now);
        prop_assert_eq!(alone.fit(&now), Some(there));
    }

    #[test]
    fn same_monitors_give_what_was_observed(area in any_area(4000), monitors in any_monitors(1), turn: Index) {
        if !has_grip(area, &monitors) {
            return Ok(());
        }
        let there = Placement::new(area, Mode::Normal);
        let mut geometry = Geometry::default();
        geometry.observe(&there, &monitors);
        let mut turned = monitors;
        let by = turn.index(turned.len());
        turned.rotate_left(by);
        prop_assert_eq!(geometry.fit(&turned), Some(there));
    }

    #[test]
    fn no_stored_numbers_break_it(numbers: [i32; 8], sizes: [u32; 8], scales: [u32; 2], now in any_monitors(1)) {
        let size = |at: usize| NonZeroU32::new(sizes[at]).unwrap_or(NonZeroU32::MAX);
        let area = |at: usize| Area { x: numbers[at], y: numbers[at + 1], width: size(at), height: size(at + 1) };
        let scale = |at: usize| NonZeroU32::new(scales[at]).unwrap_or(NonZeroU32::MAX);
        let stored = |at: usize| Monitor { name: "a".into(), work_area: area(4 * at), scale: scale(at) };
        let placement = Placement::new(area(2), Mode::Maximized);
        let known = vec![Known { monitors: vec![stored(0), stored(1)], placement }];
        let mut geometry = Geometry { known };
        let there = geometry.fit(&now).unwrap();
        prop_assert!(has_grip(there.area().unwrap(), &now));
        geometry.observe(&Placement::new(area(6), Mode::Maximized), &[stored(1)]);
        let _ = geometry.fit(&[stored(0), stored(1)]);
    }

    #[test]
    fn a_geometry_is_stored_as_it_is(placement in any_placement(8000), monitors in any_monitors(1)) {
        const WINDOW: crate::Section<Geometry> = crate::Section::new("window", 1);
        let mut geometry = Geometry::default();
        geometry.observe(&placement, &monitors);
        prop_assert_eq!(WINDOW.round_trip(&geometry).unwrap(), geometry);
    }
}
