//! Which base a state is read from.

use super::*;

/// Two writers that do not know of each other may compact the same log, each as far as it has read it.
#[test]
fn the_base_that_covers_most_is_used_whatever_its_number() {
    let log = Log::default();
    log.launch(1, None, b"1");
    log.save(point(1, 2), b"2");
    log.base(2, point(1, 2), b"2");
    log.base(3, point(1, 1), b"1");
    // The point that only the base with the lower number covers.
    log.lose(point(1, 2));
    let loaded = log.load(point(1, 2));
    assert_eq!((log.text(&loaded), loaded.problems.len()), (b"2".to_vec(), 0));
    assert_eq!(loaded.chain.base, Some((generation(2), point(1, 2))));
}

/// Too many generations count only if no compaction finished lately: a long history is no reason to compact.
#[test]
fn log_is_crowded_by_many_generations_since_the_last_sealed_base() {
    let log = Log::default();
    let is_crowded = || Catalog::read(&log.0).unwrap().is_crowded().unwrap();
    let launches = |from: u64, to: u64| {
        for number in from..=to {
            log.launch(number, Some(end(number - 1)), b"1");
        }
    };
    launches(2, 65);
    assert!(!is_crowded());
    launches(66, 66);
    assert!(is_crowded());
    log.base(67, point(66, 1), b"1");
    assert!(is_crowded(), "without a seal, the base may not survive a power cut");
    log.add(point(67, 1), &Body::Seal(at(0)), b"");
    assert!(!is_crowded());
    launches(68, 98);
    assert!(!is_crowded());
    launches(99, 99);
    assert!(is_crowded());
    launches(100, 580);
    log.base(581, point(580, 1), b"1");
    log.add(point(581, 1), &Body::Seal(at(0)), b"");
    launches(582, 588);
    assert!(!is_crowded());
    launches(589, 589);
    assert!(is_crowded(), "no history has so many");
}
