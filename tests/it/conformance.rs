//! The conformance kit on everything that must pass it, and on backends made wrong on purpose.

use std::cell::Cell;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use leftoff::backend::{Backend, Error, FrameId, Generation, MemoryBackend};
use leftoff_testing::{Call, Faults, FaultyBackend, When, conformance};

use crate::wrong_backend::{Wrong, Wrong::*, WrongBackend};

#[allow(dead_code, reason = "only its backend is used here")]
#[path = "../../examples/custom_backend.rs"]
mod custom_backend;

#[test]
fn memory_conforms() {
    conformance(MemoryBackend::new, |backend| backend);
    conformance(MemoryBackend::new, |backend| backend.clone());
}

#[cfg(any(unix, windows))]
#[test]
fn files_conform() {
    use leftoff::backend::FileBackend;

    let (scratch, count) = (crate::support::folder::scratch(), Cell::new(0));
    let make = || {
        count.set(count.get() + 1);
        FileBackend::open(scratch.path().join(count.get().to_string())).unwrap()
    };
    conformance(make, |backend| {
        let folder = backend.dir().to_owned();
        drop(backend);
        FileBackend::open(folder).unwrap()
    });
}

#[test]
fn pointers_and_layers_conform() {
    conformance(|| Box::new(MemoryBackend::new()) as Box<dyn Backend>, |backend| backend);
    conformance(|| Arc::new(MemoryBackend::new()) as Arc<dyn Backend>, |backend| backend);
    conformance(|| FaultyBackend::new(MemoryBackend::new(), Faults::new()), |backend| backend);
}

#[cfg(unix)]
#[test]
fn the_example_of_a_custom_backend_conforms() {
    use custom_backend::OneFileEach;

    let (scratch, count) = (crate::support::folder::scratch(), Cell::new(0));
    let make = || {
        count.set(count.get() + 1);
        let folder = scratch.path().join(count.get().to_string());
        std::fs::create_dir(&folder).unwrap();
        OneFileEach(folder)
    };
    conformance(make, |OneFileEach(folder)| OneFileEach(folder));
}

/// Returns the kind of the `io::Error` inside.
fn kind(error: Error) -> io::ErrorKind {
    match error {
        Error::Unavailable(error) => error.kind(),
        error => panic!("{error:?}"),
    }
}

#[test]
fn faults_fail_the_calls_they_name_and_no_others() {
    let faults = Faults::new();
    let backend = FaultyBackend::new(MemoryBackend::new(), faults.clone());
    let generation = Generation { number: 1, writer: 1 };
    let create = |index| backend.create(FrameId { generation, index }, b"x").map_err(kind);
    faults.fail(Call::Create, When::Nth(2), io::ErrorKind::StorageFull);
    faults.fail(Call::Sync, When::From(2), io::ErrorKind::TimedOut);
    assert_eq!(create(0), Ok(()));
    assert_eq!(create(1), Err(io::ErrorKind::StorageFull));
    assert_eq!(create(1), Ok(()));
    let sync = || backend.sync().map_err(kind);
    assert_eq!([sync(), sync(), sync()], [Ok(()), Err(io::ErrorKind::TimedOut), Err(io::ErrorKind::TimedOut)]);
    faults.mend(Call::Sync);
    assert_eq!(sync(), Ok(()));
    faults.fail(Call::List, When::Always, io::ErrorKind::PermissionDenied);
    assert!(backend.list().is_err() && backend.frames(generation).is_err() && backend.generations().is_err());
    assert_eq!(backend.read_range(FrameId { generation, index: 1 }, 0..9).unwrap(), b"x");
    let calls = [Call::Create, Call::Sync, Call::List, Call::Read, Call::Remove].map(|call| faults.calls(call));
    assert_eq!(calls, [3, 4, 3, 1, 0]);
}

const ALL: [(Wrong, &str); 29] = [
    (OverwritesSilently, "nothing is overwritten"),
    (OverwritesAndComplains, "nothing is overwritten"),
    (KeepsTheLongerOne, "nothing is overwritten"),
    (ClaimsTakenAfterAThirdFrame, "creating"),
    (ForgetsTheWriter, "frames are listed in the order"),
    (TruncatesLargeReads, "byte for byte"),
    (LosesTheLastInList, "list shows"),
    (ListsTwice, "list shows"),
    (ListsStale, "list shows"),
    (ListsLexicographically, "frames are listed in the order"),
    (FramesLackOne, "frames of"),
    (GenerationsNewestFirst, "generations are not in order"),
    (GenerationsLackOne, "generations lack"),
    (PartialFrameVisible, "frames are whole at any moment"),
    (ListedBeforeItIsThere, "frames are whole at any moment"),
    (MissingIsEmpty, "what is not there is `NotFound`"),
    (MissingIsDamaged, "what is not there is `NotFound`"),
    (MissingIsUnavailable, "what is not there is `NotFound`"),
    (RangeFailsPastTheEnd, "a part of a frame is cut to its length"),
    (RangeOffByOne, "a part of a frame is cut to its length"),
    (RemovesTheNumber, "drops one generation, whole, and no other"),
    (RemovesTheFirstFrameOnly, "drops one generation, whole, and no other"),
    (RemoveComplains, "removing what is not there is no error"),
    (RemovalUndoneByReopen, "after the next start"),
    (ForgetsTheUnsynced, "the next start sees everything"),
    (TakenForgottenByReopen, "the next start sees everything, and its names stay taken"),
    (SyncComplainsWhenIdle, "`sync` changes nothing"),
    (SyncEatsEmptyFrames, "`sync` changes nothing"),
    (PrintsContent, "`Debug` prints nothing"),
];

#[test]
fn every_wrong_backend_is_caught_for_what_it_does_wrong() {
    let mut surprises = Vec::new();
    for (wrong, rule) in ALL {
        let run = || conformance(|| WrongBackend::new(wrong), WrongBackend::reopened);
        match catch_unwind(AssertUnwindSafe(run)) {
            Ok(()) => surprises.push(format!("{wrong:?} passed")),
            Err(caught) => {
                let message = caught.downcast_ref::<String>().unwrap();
                if !message.contains(rule) {
                    surprises.push(format!("{wrong:?} was caught for another reason: {message}"));
                }
            }
        }
    }
    assert!(surprises.is_empty(), "{surprises:#?}");
}
