//! What sealing costs: one autosave of one field, one section of a large base, one passphrase.
//!
//! Prints medians; fails if sealing one frame of an autosave takes more than [`BUDGET`].
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_possible_truncation,
    reason = "a program to measure with"
)]

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use leftoff::backend::{Backend, FrameId, Generation, MemoryBackend};
use leftoff::{AppId, Section, Session};
use leftoff_seal::{Key, KeyRing, Sealed};

/// For the seal of an autosave of one field, at the median.
const BUDGET: Duration = Duration::from_micros(10);

const FIELD: Section<String> = Section::new("field", 1);

/// Returns the median time of a call.
fn median(rounds: usize, mut call: impl FnMut()) -> Duration {
    for _ in 0..rounds / 10 {
        call();
    }
    let mut times: Vec<_> = (0..rounds)
        .map(|_| {
            let start = Instant::now();
            call();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times.get(rounds / 2).copied().unwrap_or_default()
}

/// Returns the median of storing a frame of this length.
fn create(backend: &impl Backend, len: usize, rounds: usize) -> Duration {
    let bytes = vec![0x5a; len];
    let mut number = 0;
    median(rounds, || {
        number += 1;
        let generation = Generation { number, writer: 1 };
        backend.create(FrameId { generation, index: 0 }, black_box(&bytes)).unwrap();
        if number % 64 == 0 {
            (number - 63..=number).for_each(|number| backend.remove(Generation { number, writer: 1 }).unwrap());
        }
    })
}

/// Returns the median of an autosave of one field, as the application sees it.
fn autosave(backend: impl Backend) -> Duration {
    let mut session = Session::builder(AppId::new("com.example.cost")).backend(backend).without_thread().open();
    let (mut typed, mut at) = (String::from("call Ana about "), 0_u32);
    median(5_000, || {
        at += 1;
        typed.replace_range(5..8, ["Ana", "Bob", "Eve"].get(at as usize % 3).unwrap());
        session.mark("field");
        session.autosave(|capture| capture.set(FIELD, &typed)).unwrap();
    })
}

fn main() -> ExitCode {
    let ring = KeyRing::new(Key::random().unwrap());
    let sealed = || Sealed::new(MemoryBackend::new(), ring.clone());
    println!("{:>9}  {:>10}  {:>10}", "frame", "in memory", "sealed");
    let mut seal = Duration::ZERO;
    for (len, rounds) in
        [(100, 20_000), (175, 20_000), (1_000, 20_000), (10_000, 5_000), (1_000_000, 100), (9_000_000, 20)]
    {
        let (plain, with) = (create(&MemoryBackend::new(), len, rounds), create(&sealed(), len, rounds));
        println!("{len:>9}  {plain:>10.1?}  {with:>10.1?}");
        // The example of the format: one field, with its record.
        if len == 175 {
            seal = with.saturating_sub(plain);
        }
    }
    println!("autosave of one field: {:.1?}, sealed {:.1?}", autosave(MemoryBackend::new()), autosave(sealed()));

    let (backend, id) = (sealed(), FrameId { generation: Generation { number: 1, writer: 1 }, index: 0 });
    backend.create(id, &vec![0x5a; 9_000_000]).unwrap();
    let section = median(200, || drop(black_box(backend.read_range(id, 5_000_000..5_010_000).unwrap())));
    let all = median(20, || drop(black_box(backend.read(id).unwrap())));
    println!("of a base of 9 MB: one section of 10 kB {section:.1?}, everything {all:.1?}");

    #[cfg(feature = "passphrase")]
    {
        use leftoff_seal::{Cost, KeySlot};
        let slot = KeySlot::new(&Key::random().unwrap(), "correct horse", Cost::default()).unwrap();
        println!("passphrase: {:.0?}", median(5, || drop(slot.open("correct horse").unwrap())));
    }
    println!("seal of an autosave: {seal:.1?}, budget {BUDGET:.1?}");
    if seal > BUDGET { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
