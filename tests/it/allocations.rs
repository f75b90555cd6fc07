//! What an autosave takes from the heap: on a busy heap, each allocation may wait for another thread.

use leftoff::{Saved, Section};

use crate::support::{APP, folder};

const FORM: Section<(String, u64)> = Section::new("form", 1);
/// The bound for one small section in a directory, after all buffers have grown.
const MOST: u64 = 10;

#[test]
fn autosave_of_one_small_section_makes_few_allocations() {
    let folder = folder::scratch();
    let mut session = leftoff::Session::builder(APP).dir(folder.path()).without_thread().open();
    let mut value = ("Ana".to_owned(), 0);
    let mut counts = Vec::new();
    for step in 0..40 {
        value.1 = step;
        session.mark("form/name");
        let info = allocation_counter::measure(|| {
            assert_eq!(session.autosave(|capture| capture.set(FORM, &value)).unwrap(), Saved::Written);
        });
        counts.push(info.count_total);
    }
    counts.sort_unstable();
    assert!(counts[counts.len() / 2] <= MOST, "{counts:?}");
}
