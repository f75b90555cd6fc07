//! `FileBackend` as a folder: who may use it, what its files are like, what a kill or a full disk leaves.

#[cfg(unix)]
mod unix;

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use leftoff::backend::{Backend, Error, FileBackend, FrameId, Generation};
use leftoff_testing::{Journal, Step};

use crate::child::{GENERATION, bytes, command};
use crate::support::child::{ears, hear};

fn id(index: u32) -> FrameId {
    FrameId { generation: GENERATION, index }
}

/// The message about the holder.
#[track_caller]
fn held(error: &std::io::Error) -> String {
    assert_eq!(error.kind(), ErrorKind::ResourceBusy);
    error.to_string()
}

fn process(id: u32) -> String {
    format!(", process {id}")
}

#[test]
fn a_second_holder_is_refused_and_told_who_the_first_is() {
    let scratch = crate::support::folder::scratch();
    let folder = scratch.path().join("a").join("b");
    let first = FileBackend::open(&folder).unwrap();
    let error = FileBackend::open(&folder).unwrap_err();
    let program = std::env::current_exe().unwrap().file_name().unwrap().to_str().unwrap().to_owned();
    let whole = format!("{} is in use by {program}{}", folder.display(), process(std::process::id()));
    assert!(held(&error).starts_with(&whole), "{error}");
    // Being refused changed nothing for the holder.
    first.create(id(0), b"x").unwrap();
    drop(first);
    assert_eq!(FileBackend::open(&folder).unwrap().read(id(0)).unwrap(), b"x");
}

#[test]
fn a_killed_holder_holds_no_more() {
    let scratch = crate::support::folder::scratch();
    let mut holder = command("hold", scratch.path()).spawn().unwrap();
    assert_eq!(hear(&mut ears(&mut holder)).as_deref(), Some("ready"));
    let error = FileBackend::open(scratch.path()).unwrap_err();
    assert!(held(&error).contains(&process(holder.id())), "{error}");
    holder.kill().unwrap();
    holder.wait().unwrap();
    let second = FileBackend::open(scratch.path()).unwrap();
    let error = FileBackend::open(scratch.path()).unwrap_err();
    assert!(held(&error).contains(&process(std::process::id())), "the dead holder's name is gone: {error}");
    drop(second);
}

#[test]
fn a_holder_that_left_no_name_is_still_respected() {
    let scratch = crate::support::folder::scratch();
    let _first = FileBackend::open(scratch.path()).unwrap();
    let planted: [&[u8]; 3] = [b"", b"\xff\xfe\0pid", b"pid many\nprogram \x1b[2Jx\n\nnoise"];
    for text in planted {
        fs::write(scratch.path().join("holder"), text).unwrap();
        let error = FileBackend::open(scratch.path()).unwrap_err();
        assert!(!held(&error).contains("process"), "{error}");
        assert!(!error.to_string().contains('\x1b'), "what others wrote must not reach a terminal as it is");
    }
}

#[test]
fn further_instances_get_slots_of_their_own() {
    let scratch = crate::support::folder::scratch();
    let first = FileBackend::open_slot(scratch.path()).unwrap();
    let second = FileBackend::open_slot(scratch.path()).unwrap();
    let third = FileBackend::open_slot(scratch.path()).unwrap();
    assert_eq!([first.slot(), second.slot(), third.slot()], [1, 2, 3]);
    second.create(id(0), b"of the second").unwrap();
    drop(second);
    let again = FileBackend::open_slot(scratch.path()).unwrap();
    assert_eq!((again.slot(), again.read(id(0)).unwrap()), (2, b"of the second".to_vec()));
    assert_eq!(first.generations().unwrap(), [], "a slot shows in no other");
    // All at once, each with the wait for the first slot.
    let rest: Vec<_> = std::thread::scope(|scope| {
        let opening: Vec<_> =
            (4..=FileBackend::MAX_SLOTS).map(|_| scope.spawn(|| FileBackend::open_slot(scratch.path()))).collect();
        opening.into_iter().map(|opening| opening.join().unwrap().unwrap()).collect()
    });
    let slots: BTreeSet<u32> = rest.iter().map(FileBackend::slot).collect();
    assert!(slots.into_iter().eq(4..=FileBackend::MAX_SLOTS));
    let error = FileBackend::open_slot(scratch.path()).unwrap_err();
    assert!(held(&error).starts_with(&format!("{} is in use", scratch.path().display())), "{error}");
    drop(rest);
}

/// With a file in every place where a slot might be, so that whoever looks for one all the same finds none.
#[test]
fn a_place_that_cannot_be_used_is_no_reason_for_a_slot() {
    let scratch = crate::support::folder::scratch();
    let file = scratch.path().join("file");
    fs::write(&file, b"precious").unwrap();
    assert_eq!(FileBackend::open_slot(&file).unwrap_err().kind(), ErrorKind::NotADirectory);
    let sick = scratch.path().join("sick");
    fs::create_dir_all(sick.join("lock")).unwrap();
    FileBackend::open_slot(&sick).unwrap_err();
    assert!(!sick.join("slot-2").exists());
    let folder = scratch.path().join("folder");
    let first = FileBackend::open_slot(&folder).unwrap();
    fs::write(folder.join("slot-2"), b"precious").unwrap();
    let third = FileBackend::open_slot(&folder).unwrap();
    assert_eq!((first.slot(), third.slot()), (1, 3), "what is no folder is passed over");
    // A slot that is there and cannot be used is said to be that, and not passed over.
    drop(third);
    fs::remove_dir_all(folder.join("slot-3")).unwrap();
    fs::remove_file(folder.join("slot-2")).unwrap();
    fs::create_dir_all(folder.join("slot-2/lock")).unwrap();
    let error = FileBackend::open_slot(&folder).unwrap_err();
    assert!(error.to_string().contains("slot-2"), "{error}");
    assert!(!folder.join("slot-3").exists());
    let debug = format!("{first:?}");
    assert!(debug.contains("FileBackend") && debug.contains("folder"), "{debug}");
}

/// A holder that goes while the next one waits. Where the machine was so busy that it went too late, it counts for
/// nothing and is tried again.
#[test]
fn a_holder_that_is_just_going_is_waited_for() {
    let scratch = crate::support::folder::scratch();
    for _ in 0..200 {
        let first = FileBackend::open(scratch.path()).unwrap();
        let begun = Instant::now();
        let going = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(20));
            drop(first);
            begun.elapsed()
        });
        let second = FileBackend::open(scratch.path());
        let (opened, gone) = (begun.elapsed(), going.join().unwrap());
        match second {
            Ok(_) => return assert!(opened >= Duration::from_millis(20), "two at the same time"),
            Err(error) => {
                let was_busy = gone > Duration::from_millis(50) || opened > Duration::from_millis(200);
                assert!(was_busy, "gone after {gone:?}, and after {opened:?} {error} all the same");
            }
        }
    }
    panic!("200 times, the holder took more than 50 ms to go");
}

#[test]
fn a_generation_that_was_read_and_removed_is_read_no_more() {
    let scratch = crate::support::folder::scratch();
    let backend = FileBackend::open(scratch.path()).unwrap();
    let other = FrameId { generation: Generation { number: 9, writer: 9 }, index: 0 };
    backend.create(id(0), b"x").unwrap();
    backend.create(other, b"y").unwrap();
    assert_eq!((backend.read(id(0)).unwrap(), backend.read(other).unwrap()), (b"x".to_vec(), b"y".to_vec()));
    backend.remove(GENERATION).unwrap();
    assert!(matches!(backend.read(id(0)), Err(Error::NotFound(_))));
    assert_eq!(backend.read(other).unwrap(), b"y");
}

#[test]
fn what_is_not_a_folder_of_ours_is_refused_and_left_alone() {
    let scratch = crate::support::folder::scratch();
    let file = scratch.path().join("file");
    fs::write(&file, b"precious").unwrap();
    for path in [file.clone(), file.join("below")] {
        let error = FileBackend::open(&path).unwrap_err();
        assert!(error.to_string().contains("file"), "the path is named: {error}");
    }
    assert_eq!(FileBackend::open(&file).unwrap_err().kind(), ErrorKind::NotADirectory);
    assert_eq!(fs::read(&file).unwrap(), b"precious");
}

#[test]
fn names_of_another_form_are_neither_read_nor_touched() {
    let scratch = crate::support::folder::scratch();
    let foreign = ["notes.log", "0000000000000001-000000000000000A.log", "0000000000000001-0000000000000001.log.bak"];
    for name in foreign {
        fs::write(scratch.path().join(name), b"foreign").unwrap();
    }
    let backend = FileBackend::open(scratch.path()).unwrap();
    backend.create(id(0), b"ours").unwrap();
    assert_eq!(backend.list().unwrap(), [id(0)]);
    assert_eq!(backend.generations().unwrap(), [GENERATION]);
    backend.remove(GENERATION).unwrap();
    assert_eq!(backend.list().unwrap(), []);
    for name in foreign {
        assert_eq!(fs::read(scratch.path().join(name)).unwrap(), b"foreign");
    }
}

#[test]
fn a_generation_takes_frames_only_from_the_object_that_began_it_and_only_in_order() {
    let scratch = crate::support::folder::scratch();
    let backend = FileBackend::open(scratch.path()).unwrap();
    let create = |backend: &FileBackend, index| backend.create(id(index), b"x");
    assert!(matches!(create(&backend, 1), Err(Error::OutOfOrder)), "nothing was begun");
    create(&backend, 0).unwrap();
    assert!(matches!(create(&backend, 2), Err(Error::OutOfOrder)), "a gap");
    create(&backend, 1).unwrap();
    drop(backend);
    let backend = FileBackend::open(scratch.path()).unwrap();
    assert!(matches!(create(&backend, 1), Err(Error::Taken)));
    assert!(matches!(create(&backend, 2), Err(Error::OutOfOrder)), "an earlier launch's file is never written again");
    let other = |index| FrameId { generation: Generation { writer: 1, ..GENERATION }, index };
    backend.create(other(0), b"y").unwrap();
    backend.remove(other(0).generation).unwrap();
    assert!(matches!(backend.create(other(1), b"y"), Err(Error::OutOfOrder)), "removed under way");
    assert!(matches!(backend.read(other(0)), Err(Error::NotFound(_))));
    backend.sync().unwrap();
    assert_eq!(backend.list().unwrap(), [id(0), id(1)]);
}

#[test]
fn an_empty_log_is_a_generation_without_frames() {
    let scratch = crate::support::folder::scratch();
    fs::write(log(scratch.path()), b"").unwrap();
    let backend = FileBackend::open(scratch.path()).unwrap();
    assert_eq!(backend.generations().unwrap(), [GENERATION]);
    assert_eq!(backend.list().unwrap(), []);
    assert!(matches!(backend.read(id(0)), Err(Error::NotFound(_))));
    assert!(matches!(backend.create(id(0), b"x"), Err(Error::Taken)), "its name is taken");
}

/// What a kill cannot cut; and what costs the user's thread more than it must.
#[test]
fn a_frame_that_fits_a_page_is_one_write() {
    let (scratch, journal) = (crate::support::folder::scratch(), Journal::new());
    let backend = journal.open(scratch.path()).unwrap();
    backend.create(id(0), b"first").unwrap();
    for (index, len, writes) in [(1, 4_096 - 32, 1), (2, 4_096 - 31, 2), (3, 64 * 1024, 2), (4, 64 * 1024 + 1, 3)] {
        let before = journal.len();
        backend.create(id(index), &vec![1; len]).unwrap();
        let steps = journal.steps().split_off(before);
        assert!(steps.iter().all(|step| matches!(step, Step::Write(..))), "{steps:?}");
        assert_eq!(steps.len(), writes, "{len} bytes");
    }
}

#[test]
fn a_frame_created_during_a_sync_is_synced_by_the_next_one() {
    let (scratch, journal) = (crate::support::folder::scratch(), Journal::new());
    let backend = Arc::new(journal.open(scratch.path()).unwrap());
    backend.create(id(0), b"before the sync").unwrap();
    let (writer, is_first) = (Arc::downgrade(&backend), AtomicBool::new(true));
    journal.after_each_step(move |step| {
        if matches!(step, Step::Sync(..)) && is_first.swap(false, Ordering::SeqCst) {
            writer.upgrade().unwrap().create(id(1), b"during the sync").unwrap();
        }
    });
    backend.sync().unwrap();
    let is_log = |path: &Path| path.extension().is_some_and(|extension| extension == "log");
    let is_write = |step: &Step| matches!(step, Step::Write(path, ..) if is_log(path));
    let written = journal.steps().iter().rposition(is_write).unwrap();
    backend.sync().unwrap();
    // Of the log: the file that names the newest log is synced, too.
    let covers = |step: &Step| matches!(step, Step::Sync(path, covers) if is_log(path) && *covers > written);
    assert!(journal.steps().iter().any(covers), "{:?}", journal.steps());
}

#[test]
fn a_closed_log_keeps_no_room() {
    let scratch = crate::support::folder::scratch();
    let backend = FileBackend::open(scratch.path()).unwrap();
    backend.create(id(0), &[1; 100]).unwrap();
    backend.sync().unwrap();
    let short = fs::metadata(log(scratch.path())).unwrap().len();
    assert_eq!(short, 16 + 32 + 100, "a log that is synced once may be at its end, and gets no room");
    backend.create(id(1), &[1; 100]).unwrap();
    backend.sync().unwrap();
    assert_eq!(
        fs::metadata(log(scratch.path())).unwrap().len(),
        16 + 2 * (32 + 104) - 4,
        "nor does a base with its seal"
    );
    backend.create(id(2), &[1; 100]).unwrap();
    backend.sync().unwrap();
    assert!(fs::metadata(log(scratch.path())).unwrap().len() >= 64 * 1024, "room for appends that change no size");
    drop(backend);
    assert_eq!(fs::metadata(log(scratch.path())).unwrap().len(), 16 + 3 * (32 + 104));
}

/// 40 kills while frames of every sort are written and synced, each after so many acknowledged frames. A frame that was
/// acknowledged is there; the one that was not is there or not; none is reported as damaged, because nothing was.
#[test]
fn a_kill_loses_no_frame_that_was_acknowledged_and_damages_none() {
    for kill in 0..40 {
        let scratch = crate::support::folder::scratch();
        let mut writer = command("write", scratch.path()).spawn().unwrap();
        let mut said = ears(&mut writer);
        assert_eq!(hear(&mut said).as_deref(), Some("ready"));
        // Three frames of each length at most.
        let acknowledged = kill % 25;
        let heard = (0..acknowledged).map_while(|_| hear(&mut said)).count();
        assert_eq!(heard, acknowledged, "the writer ended by itself");
        // Somewhere in what comes next; where, nobody relies on.
        std::thread::sleep(Duration::from_micros(137 * (kill as u64 % 8)));
        writer.kill().unwrap();
        writer.wait().unwrap();
        nothing_is_lost_or_damaged(scratch.path(), heard + std::iter::from_fn(|| hear(&mut said)).count());
    }
}

/// Checks what a killed writer left against how many frames it had acknowledged.
fn nothing_is_lost_or_damaged(folder: &Path, acknowledged: usize) {
    let backend = FileBackend::open(folder).unwrap();
    let frames = backend.frames(GENERATION).unwrap();
    assert!((acknowledged..=acknowledged + 1).contains(&frames.len()), "{} of {acknowledged}", frames.len());
    for index in frames {
        assert_eq!(backend.read(id(index)).unwrap(), bytes(index), "frame {index} of {acknowledged}");
    }
}

fn log(folder: &Path) -> std::path::PathBuf {
    folder.join(format!("{:016x}-{:016x}.log", GENERATION.number, GENERATION.writer))
}
