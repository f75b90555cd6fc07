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
