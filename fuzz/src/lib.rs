//! What the fuzz targets share: an allocator that counts, and the bound it is held to.

#[cfg(not(fuzzing))]
compile_error!("the library has its fuzz bodies only with `--cfg fuzzing`: use .ci/fuzz or cargo fuzz");

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

struct Counting;

/// Bytes allocated now, and the most there were since it was set back. The targets have one thread.
static NOW: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// Sound because it does nothing but pass on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grown(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Both exist for a moment.
        grown(size);
        NOW.fetch_sub(layout.size(), Relaxed);
        unsafe { System.realloc(memory, layout, size) }
    }
}

fn grown(by: usize) {
    let now = NOW.fetch_add(by, Relaxed) + by;
    MOST.fetch_max(now, Relaxed);
}

/// Runs `body` and panics if at any time it had more than `once` bytes and `each` for every byte of the input, what the
/// body needs for its own checking included.
pub fn bounded(data: &[u8], once: usize, each: usize, body: impl FnOnce(&[u8])) {
    let before = NOW.load(Relaxed);
    MOST.store(before, Relaxed);
    body(data);
    let most = MOST.load(Relaxed) - before;
    assert!(most <= once + each * data.len(), "{most} bytes allocated for an input of {}", data.len());
    report(most, data.len(), once);
}

/// With `FUZZ_ALLOCATION=1`, says how much it was for each byte whenever that is more than ever before.
fn report(most: usize, len: usize, once: usize) {
    static RECORD: AtomicUsize = AtomicUsize::new(0);
    static SMALL: AtomicUsize = AtomicUsize::new(0);
    static WANTED: std::sync::OnceLock<bool> = std::sync::OnceLock::new();
    if !WANTED.get_or_init(|| std::env::var_os("FUZZ_ALLOCATION").is_some()) {
        return;
    }
    let each = most.saturating_sub(once).div_ceil(len.max(1));
    let is_record = RECORD.fetch_max(each, Relaxed) < each;
    let is_small_record = len < 16 && SMALL.fetch_max(most, Relaxed) < most;
    if is_record || is_small_record {
        eprintln!("allocated {most} for {len}: {each} for each byte above {once}");
    }
}
